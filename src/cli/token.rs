//! `chancery token`.

use std::io::{BufRead, IsTerminal, Read};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::{Failure, GlobalArgs, Outcome, output, pasted_token};
use crate::client::{AuthMethod, ClientId, Secret};
use crate::jwt::SignatureCheck;
use crate::outbound::{AssertionKey, OutboundError, TokenAnswer, TokenRequest, discover, is_pem};
use crate::protocol::Issuer;
use crate::registry::Client;
use crate::server::{Listen, Options, RunningServer, Server, ServerError, TestCredentialError};

/// Where a secret is looked for first.
const VARIABLE: &str = "CHANCERY_CLIENT_SECRET";
/// The longest secret that is read from standard input, in bytes.
const MOST_BYTES: u64 = 64 * 1024;
/// How long an optional secret is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// Get a token by client credentials, through a real /token, or look at one
///
/// The secret comes from CHANCERY_CLIENT_SECRET or, if that is empty, from the first line of standard input. For a client
/// of private_key_jwt its private key comes from there instead, as PEM (PKCS #8). With neither, the command serves by
/// itself on a free port and uses a test credential, which needs no secret and ends with it.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct TokenArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = super::client::parse_id, required_unless_present_any = ["decode", "verify"])]
    client_id: Option<ClientId>,
    /// Print what a token on standard input says, without looking at its signature
    #[arg(long, conflicts_with_all = ["client_id", "scope", "audience", "issuer", "verify"])]
    decode: bool,
    /// Print what a token on standard input says; exit status 1 unless a key of this registry, of --issuer, --jwks or --pem
    /// has signed it and it is in its time
    #[arg(long, conflicts_with_all = ["client_id", "scope", "audience"])]
    verify: bool,
    #[command(flatten)]
    keys: pasted_token::KeyFiles,
    /// What the token should be for, space-delimited [default: all that the client is registered for]
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// The resource server it should be for [default: the client's first]
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// A running server; needs the secret or private key
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
  secret-store get nightly | chancery token ID --issuer http://127.0.0.1:9400
  chancery token ID --issuer http://127.0.0.1:9400 < private-key.pem
  chancery token ID | chancery token --verify
  xclip -out | chancery token --decode
  xclip -out | chancery token --verify --jwks keys.json";

impl TokenArgs {
    pub(super) fn run(self, global: &GlobalArgs) -> Outcome {
        match self.client_id.clone() {
            Some(client_id) => self.request(client_id, global),
            None if self.verify => {
                pasted_token::verify(global, self.issuer.as_ref(), &self.keys, Timestamp::now())
            }
            None => pasted_token::show(),
        }
    }

    fn request(self, client_id: ClientId, global: &GlobalArgs) -> Outcome {
        let given = given_credential(self.issuer.is_some())?;
        let client = self.client(&client_id, global)?;
        let method = method(client.as_ref(), given.as_ref());
        if given.as_ref().is_some_and(is_pem) && method != AuthMethod::PrivateKeyJwt {
            return Err(Failure::new(
                format!("{client_id} authenticates by {method}, not by a private key"),
                "Check the client ID. Nothing was sent",
            ));
        }
        // Kept until the token is there.
        let mut own_server = None;
        let (issuer, credential) = match (self.issuer, given) {
            (Some(_), None) if method.uses_secret() || method == AuthMethod::PrivateKeyJwt => {
                return Err(needed(&client_id, method));
            }
            (Some(issuer), given) => (issuer, given),
            (None, given) => {
                let server = own_server.insert(serve(global)?);
                let credential = match given {
                    Some(given) => Some(given),
                    None => test_credential(server, &client_id, &global.act().by)?,
                };
                (server.issuer().clone(), credential)
            }
        };
        let secret = match (credential, method) {
            (Some(key), AuthMethod::PrivateKeyJwt) => {
                let alg = client.and_then(|client| client.draft.token_endpoint_auth_signing_alg);
                let key = AssertionKey::from_pem(&key, alg.as_deref())?;
                Some(key.sign(&client_id, issuer.as_str(), Timestamp::now(), random()?)?)
            }
            (credential, _) => credential,
        };
        let request = TokenRequest {
            client_id,
            method,
            secret,
            scope: self.scope,
            audience: self.audience,
        };
        let answer = request.send(&discover(issuer.as_str())?)?;
        print(&answer, self.json)
    }

    /// The client as it is registered here; at another issuer's it need not be.
    fn client(&self, client_id: &ClientId, global: &GlobalArgs) -> Result<Option<Client>, Failure> {
        if self.issuer.is_some() && !global.path()?.exists() {
            return Ok(None);
        }
        match (global.open()?.client(client_id)?, &self.issuer) {
            (None, None) => Err(TestCredentialError::UnknownClient(client_id.clone()).into()),
            (found, _) => Ok(found),
        }
    }
}

/// The registered method; for a client that is not registered here, the usual one for what was given.
fn method(client: Option<&Client>, given: Option<&Secret>) -> AuthMethod {
    match client {
        Some(client) => client.draft.token_endpoint_auth_method,
        // A private key is never sent.
        None if given.is_some_and(is_pem) => AuthMethod::PrivateKeyJwt,
        None => AuthMethod::ClientSecretBasic,
    }
}

fn needed(client_id: &ClientId, method: AuthMethod) -> Failure {
    let what = match method {
        AuthMethod::PrivateKeyJwt => "private key",
        _ => "secret",
    };
    Failure::new(
        format!("A running server needs the {what} of {client_id}"),
        format!("Set {VARIABLE}, give it on standard input, or leave --issuer out to use a test credential"),
    )
}

fn random() -> Result<[u8; 16], Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(TestCredentialError::Randomness)?;
    Ok(bytes)
}

/// From the environment, or from standard input unless that is a terminal, where it would be shown as it is typed.
///
/// Where the command can do without, a standard input that is open and silent, as some schedulers leave it, is not
/// waited for longer than [`PATIENCE`].
fn given_credential(needed: bool) -> Result<Option<Secret>, Failure> {
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
            "No secret or key given: a server of this command's own at {issuer} took a test credential. Its issuer is gone when \
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
            "Check the secret or private key, and with chancery client show that the client is active. A lost secret can be replaced with \
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
