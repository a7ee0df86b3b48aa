//! `chancery token --decode` and `--verify`: what a token says that comes from anywhere. Nothing of it is kept or sent.

use std::io::{BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Failure, GlobalArgs, Outcome, output};
use crate::jwt::{DecodedToken, Form, Keys, MOST_BYTES, MOST_KEYS_BYTES, Problem, SignatureCheck, decode};
use crate::outbound::{discover, published_keys};
use crate::protocol::Issuer;

/// The keys to verify with, where they are not this registry's or a server's.
#[derive(Debug, Args)]
pub(super) struct KeyFiles {
    /// Verify with the keys of a JWK set, or with one JWK
    #[arg(long, value_name = "FILE", requires = "verify", conflicts_with_all = ["decode", "pem", "issuer"])]
    jwks: Option<PathBuf>,
    /// Verify with a public key or a certificate in PEM
    #[arg(long, value_name = "FILE", requires = "verify", conflicts_with_all = ["decode", "issuer"])]
    pem: Option<PathBuf>,
}

/// Prints header and claims of the token on standard input. Its signature is not looked at.
pub(super) fn show() -> Outcome {
    let token = decode(&read()?, None);
    if token.form == Form::Signed {
        output::json(&json!({ "header": token.header, "claims": token.claims }))?;
    }
    tell(&token.problems, token.is_readable())
}

/// The same, and whether the token is good: signed with one of the keys, and in its time.
pub(super) fn verify(
    global: &GlobalArgs,
    issuer: Option<&Issuer>,
    files: &KeyFiles,
    now: Timestamp,
) -> Outcome {
    let text = read()?;
    let keys = keys(global, issuer, files, now)?;
    let token = decode(&text, Some(&keys));
    let problems = token.judged(now, None);
    if token.form == Form::Signed {
        print(&token, &problems, token.is_good(now, None))?;
    }
    tell(&problems, token.is_good(now, None))
}

fn print(token: &DecodedToken, problems: &[Problem], good: bool) -> Outcome {
    let key = match &token.signature {
        SignatureCheck::Good { kid, alg } => json!({ "kid": kid, "alg": alg }),
        SignatureCheck::Bad(_) | SignatureCheck::NotChecked => Value::Null,
    };
    let why_not = problems.first().filter(|_| !good).map(|problem| &problem.what);
    output::json(&json!({
        "header": token.header,
        "claims": token.claims,
        "verified": { "good": good, "key": key, "why_not": why_not },
    }))
}

/// Says what is to be said. The first problem is why the command fails, if it does.
fn tell(problems: &[Problem], good: bool) -> Outcome {
    let (failure, further) = match problems.split_first() {
        Some((first, further)) if !good => (Some(first), further),
        _ => (None, problems),
    };
    for problem in further {
        output::remark(&format!("{}. {}", problem.what, problem.advice));
    }
    match failure {
        Some(problem) => Err(Failure::new(
            format!("The token is not good: {}", problem.what),
            problem.advice,
        )),
        None => Ok(()),
    }
}

fn keys(
    global: &GlobalArgs,
    issuer: Option<&Issuer>,
    files: &KeyFiles,
    now: Timestamp,
) -> Result<Keys, Failure> {
    let of_file = |path: &Path, keys: fn(&str) -> Result<Keys, Problem>| {
        let text = file(path)?;
        keys(&text).map_err(|problem| Failure::new(problem.what, problem.advice))
    };
    if let Some(path) = &files.jwks {
        return of_file(path, Keys::from_jwks);
    }
    if let Some(path) = &files.pem {
        return of_file(path, Keys::from_pem);
    }
    if let Some(issuer) = issuer {
        return Ok(Keys::published(&published_keys(&discover(issuer.as_str())?)?));
    }
    let records = global.open()?.signing_keys()?;
    let published = records
        .into_iter()
        .filter(|record| record.retires_at.is_none_or(|end| now < end));
    let published: Vec<Value> = published.map(|record| record.public_jwk).collect();
    Ok(Keys::published(&json!({ "keys": published })))
}

/// A file of keys, read no further than any may be long. It may be a private key by mistake.
fn file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(MOST_KEYS_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| {
        Failure::new(
            format!("{} cannot be read: {error}", path.display()),
            "Give the path of a file with public keys",
        )
    })?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}

/// A line from a terminal; otherwise all that comes, and no more than shows that it is too long.
fn read() -> Result<Zeroizing<String>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
    let stdin = std::io::stdin();
    let read = if stdin.is_terminal() {
        output::remark("Paste the token, then press Enter");
        stdin
            .lock()
            .take(2 * MOST_BYTES as u64)
            .read_until(b'\n', &mut bytes)
    } else {
        stdin.lock().take(2 * MOST_BYTES as u64).read_to_end(&mut bytes)
    };
    read.map_err(|error| {
        Failure::new(
            format!("The token cannot be read from standard input: {error}"),
            "Give the token alone",
        )
    })?;
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
}
