//! What a client, or a person, presents at the command line: never among its arguments, where other users of the machine
//! could read it.

use std::io::{BufRead, IsTerminal, Read};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::cli::Failure;
use crate::client::Secret;
use crate::server::ServerError;

/// Where a client's secret is looked for first.
pub(super) const SECRET: &str = "CHANCERY_CLIENT_SECRET";
/// Where the password of a test user is looked for.
pub(super) const PASSWORD: &str = "CHANCERY_USER_PASSWORD";
/// The longest secret or token that is read, in bytes.
const MOST_BYTES: u64 = 64 * 1024;
/// How long an optional secret is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// What an environment variable holds, if anything.
pub(super) fn from_environment(variable: &str) -> Option<Secret> {
    let text = std::env::var(variable).ok()?;
    (!text.is_empty()).then(|| Secret::new(text))
}

/// A token that lies in a file, alone on its first line.
///
/// # Errors
/// When the file cannot be read, or is empty.
pub(super) fn token_in(path: &Path) -> Result<Secret, Failure> {
    let cannot = |why: String| {
        Failure::new(
            format!("The token in {} cannot be read: {why}", path.display()),
            "Write the token alone into a file that only you can read, and name that",
        )
    };
    let file = std::fs::File::open(path).map_err(|error| cannot(error.to_string()))?;
    let mut text = zeroize::Zeroizing::new(String::with_capacity(4096));
    std::io::BufReader::new(file.take(MOST_BYTES))
        .read_line(&mut text)
        .map_err(|error| cannot(error.to_string()))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(cannot("it begins with an empty line".to_owned()));
    }
    Ok(Secret::new(token.to_owned()))
}

/// From the environment, or from standard input unless that is a terminal, where it would be shown as it is typed.
///
/// Where the command can do without, a standard input that is open and silent, as some schedulers leave it, is not
/// waited for longer than [`PATIENCE`].
pub(super) fn given(needed: bool) -> Result<Option<Secret>, Failure> {
    if let Some(secret) = from_environment(SECRET) {
        return Ok(Some(secret));
    }
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let (reply, answer) = sync_channel(1);
    std::thread::Builder::new()
        .name("standard-input".to_owned())
        .spawn(move || reply.send(secret_or_key()))
        .map_err(|error| Failure::from(ServerError::Threads(error)))?;
    let line = if needed {
        answer.recv().ok()
    } else {
        answer.recv_timeout(PATIENCE).ok()
    };
    line.unwrap_or(Ok(None)).map_err(|error| {
        Failure::new(
            format!("The secret cannot be read from standard input: {error}"),
            "Give it as one line of UTF-8, or give none with </dev/null",
        )
    })
}

/// The first line, or all lines of a private key.
fn secret_or_key() -> std::io::Result<Option<Secret>> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(4096));
    let mut input = std::io::stdin().lock().take(MOST_BYTES);
    input.read_line(&mut text)?;
    if text.starts_with("-----BEGIN") {
        while !text.contains("-----END") && input.read_line(&mut text)? > 0 {}
    }
    let secret = text.trim_end_matches(['\r', '\n']);
    Ok((!secret.is_empty()).then(|| Secret::new(secret.to_owned())))
}
