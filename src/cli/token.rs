//! `chancery token`.

use std::io::{BufRead, IsTerminal, Read};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::{Failure, GlobalArgs, Outcome, output};
use crate::client::{AuthMethod, ClientId, Secret};
use crate::outbound::{OutboundError, SignatureCheck, TokenAnswer, TokenRequest, discover};
use crate::protocol::Issuer;
use crate::server::{Listen, Options, RunningServer, Server, ServerError, TestCredentialError};

/// Where a secret is looked for first.
const VARIABLE: &str = "CHANCERY_CLIENT_SECRET";
/// The longest secret that is read from standard input, in bytes.
const MOST_BYTES: u64 = 64 * 1024;
/// How long an optional secret is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Get a token by client credentials, through a real /token
///
/// The secret comes from CHANCERY_CLIENT_SECRET or, if that is empty, from the first line of standard input. With
/// neither, the command serves by itself on a free port and uses a test credential, which needs no secret and ends
/// with it.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct TokenArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = super::client::parse_id)]
    client_id: ClientId,
    /// What the token should be for, space-delimited [default: all that the client is registered for]
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// The resource server it should be for [default: the client's first]
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// A running server; needs the secret
    #[arg(long, value_name = "URL", value_parser = Issuer::parse)]
    issuer: Option<Issuer>,
    /// Print the whole response of the token endpoint
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples:
  curl -H \"Authorization: Bearer $(chancery token ID)\" https://api.example.com/
  chancery token ID --scope \"read write\" --json
  secret-store get nightly | chancery token ID --issuer http://127.0.0.1:9400";

impl TokenArgs {
    pub(super) fn run(self, global: &GlobalArgs) -> Outcome {
        let secret = given_secret(self.issuer.is_some())?;
        let method = self.method(global)?;
        // Kept until the token is there.
        let mut own_server = None;
        let (issuer, secret) = match self.issuer {
            Some(issuer) => {
                if secret.is_none() && method.uses_secret() {
                    return Err(Failure::new(
                        format!("A running server needs the secret of {}", self.client_id),
                        format!(
                            "Set {VARIABLE}, give it on standard input, or leave --issuer out to use a test credential"
                        ),
                    ));
                }
                (issuer, secret)
            }
            None => {
                let server = own_server.insert(serve(global)?);
                let secret = match secret {
                    Some(secret) => Some(secret),
                    None => test_credential(server, &self.client_id, &global.act().by)?,
                };
                (server.issuer().clone(), secret)
            }
        };
        let request = TokenRequest {
            client_id: self.client_id,
            method,
            secret,
            scope: self.scope,
            audience: self.audience,
        };
        let answer = request.send(&discover(issuer.as_str())?)?;
        print(&answer, self.json)
    }

    /// The registered method; at another issuer's, for a client that is not registered here, the usual one.
    fn method(&self, global: &GlobalArgs) -> Result<AuthMethod, Failure> {
        if self.issuer.is_some() && !global.path()?.exists() {
            return Ok(AuthMethod::ClientSecretBasic);
        }
        match (global.open()?.client(&self.client_id)?, &self.issuer) {
            (Some(client), _) => Ok(client.draft.token_endpoint_auth_method),
            (None, Some(_)) => Ok(AuthMethod::ClientSecretBasic),
            (None, None) => Err(TestCredentialError::UnknownClient(self.client_id.clone()).into()),
        }
    }
}

/// From the environment, or from standard input unless that is a terminal, where it would be shown as it is typed.
///
/// Where the command can do without, a standard input that is open and silent, as some schedulers leave it, is not
/// waited for longer than [`PATIENCE`].
fn given_secret(needed: bool) -> Result<Option<Secret>, Failure> {
    if let Ok(secret) = std::env::var(VARIABLE)
        && !secret.is_empty()
    {
        return Ok(Some(Secret::new(secret)));
    }
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let (reply, answer) = sync_channel(1);
    std::thread::Builder::new()
        .name("standard-input".to_owned())
        .spawn(move || reply.send(first_line()))
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

fn first_line() -> std::io::Result<Option<Secret>> {
    let mut line = zeroize::Zeroizing::new(String::with_capacity(256));
    std::io::stdin().lock().take(MOST_BYTES).read_line(&mut line)?;
    let secret = line.trim_end_matches(['\r', '\n']);
    Ok((!secret.is_empty()).then(|| Secret::new(secret.to_owned())))
}

fn serve(global: &GlobalArgs) -> Result<RunningServer, Failure> {
    let mut options = Options::new(global.open()?, global.act().by);
    options.listen = Listen::AnyPort;
    Ok(Server::start(options)?)
}

fn test_credential(
    server: &RunningServer,
    client_id: &ClientId,
    by: &str,
) -> Result<Option<Secret>, Failure> {
    let secret = server.test_credential(client_id, by)?;
    if secret.is_some() {
        let issuer = server.issuer().as_str();
        output::remark(&format!(
            "No secret given: a server of this command's own at {issuer} took a test credential. Its issuer is gone when \
             the command ends, so that nobody can fetch its keys there"
        ));
    }
    Ok(secret)
}

fn print(answer: &TokenAnswer, json: bool) -> Outcome {
    let Some(token) = answer.access_token() else {
        let code = answer.error().unwrap_or("an answer that is no token response");
        let sentence = answer.error_description().unwrap_or_default();
        return Err(Failure::new(
            format!(
                "The token endpoint refused with status {}: {code}. {sentence}",
                answer.exchange.status
            ),
            advice(answer.error()),
        ));
    };
    if let Some(SignatureCheck::Bad(why)) = answer.token.as_ref().map(|token| &token.signature) {
        return Err(Failure::new(
            format!("The token's signature does not hold: {why}"),
            "Check that the issuer is the server you mean",
        ));
    }
    match &answer.response {
        Some(response) if json => output::json(response),
        _ => {
            remark_on(answer.token.as_ref().map(|token| &token.claims));
            output::line(token)
        }
    }
}

/// What the token says, in a line for the person who asked.
fn remark_on(claims: Option<&Value>) {
    let Some(claims) = claims else { return };
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("none")
            .to_owned()
    };
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let lifetime = time("exp").zip(time("iat")).map_or(0, |(exp, iat)| exp - iat);
    output::remark(&format!(
        "aud {}, scope {}, good for {lifetime} s",
        text("aud"),
        text("scope")
    ));
}

fn advice(error: Option<&str>) -> &'static str {
    match error {
        Some("invalid_client") => {
            "Check the secret, and with chancery client show that the client is active. A lost secret can be replaced with \
             chancery client rotate-secret"
        }
        Some("invalid_scope") => {
            "Ask for scopes that the client is registered for, or change it with chancery client update"
        }
        Some("invalid_target") => {
            "Ask for an audience that the client is registered for, or change it with chancery client update"
        }
        Some("unauthorized_client") => {
            "Add client_credentials to its grant_types with chancery client update"
        }
        _ => "See the server's own messages",
    }
}

impl From<OutboundError> for Failure {
    fn from(error: OutboundError) -> Self {
        Self::new(error.to_string(), error.advice())
    }
}

impl From<TestCredentialError> for Failure {
    fn from(error: TestCredentialError) -> Self {
        Self::new(error.to_string(), error.advice())
    }
}
