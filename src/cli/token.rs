//! `chancery token`.

mod credential;
mod grant;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::Value;

use super::{Failure, GlobalArgs, Outcome, output, pasted_token};
use crate::client::{AuthMethod, ClientId, GrantType, Secret};
use crate::jwt::SignatureCheck;
use crate::outbound::{OutboundError, ProofKey, TokenAnswer, discover, is_pem};
use crate::protocol::Issuer;
use crate::registry::Client;
use crate::server::{Listen, Options, RunningServer, Server, TestCredentialError};
use grant::Caller;

/// Get a token through a real /token, on any ground that the client is registered for, or look at one
///
/// The secret comes from CHANCERY_CLIENT_SECRET or, if that is empty, from the first line of standard input. For a client
/// of private_key_jwt its private key comes from there instead, as PEM (PKCS #8). With neither, the command serves by
/// itself on a free port and uses a test credential, which needs no secret and ends with it.
///
/// Where somebody must sign in, --sign-in-as walks the pages as that test user would: at the command's own server without a
/// password, elsewhere with the one in CHANCERY_USER_PASSWORD. Without it a person goes to the address that is shown.
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
    /// On which ground
    #[arg(long, value_enum, default_value_t = Ground::ClientCredentials)]
    grant: Ground,
    /// What the token should be for, space-delimited [default: all that the client is registered for]
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// The resource server it should be for [default: the client's first]
    #[arg(long, value_name = "AUDIENCE")]
    audience: Option<String>,
    /// The test user who signs in, for authorization_code and device_code [default: somebody at a browser]
    #[arg(long, value_name = "NAME")]
    sign_in_as: Option<String>,
    /// Where the browser goes back to, for authorization_code [default: the first that is registered and fits]
    #[arg(long, value_name = "URI")]
    redirect_uri: Option<String>,
    /// The file with the refresh token, or with the access token that is traded in by token_exchange
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The file with the access token of whoever acts, for token_exchange
    #[arg(long, value_name = "FILE")]
    actor_token_file: Option<PathBuf>,
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
  chancery token ID --grant authorization_code --sign-in-as ada --json
  chancery token ID --grant refresh_token --token-file refresh-token
  chancery token ID --grant device_code
  secret-store get nightly | chancery token ID --issuer http://127.0.0.1:9400
  chancery token ID --issuer http://127.0.0.1:9400 < private-key.pem
  chancery token ID | chancery token --verify
  xclip -out | chancery token --decode
  xclip -out | chancery token --verify --jwks keys.json";

/// The grants by their short names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Ground {
    /// The client acts for itself
    ClientCredentials,
    /// Somebody signs in
    AuthorizationCode,
    /// An earlier answer has a refresh token
    RefreshToken,
    /// Somebody allows a device
    DeviceCode,
    /// Another access token is traded in
    TokenExchange,
    /// The client signs an assertion
    JwtBearer,
}

impl From<Ground> for GrantType {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::ClientCredentials => Self::ClientCredentials,
            Ground::AuthorizationCode => Self::AuthorizationCode,
            Ground::RefreshToken => Self::RefreshToken,
            Ground::DeviceCode => Self::DeviceCode,
            Ground::TokenExchange => Self::TokenExchange,
            Ground::JwtBearer => Self::JwtBearer,
        }
    }
}

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
        let client = self.client(&client_id, global)?;
        let given = self.given(client.as_ref())?;
        let method = method(client.as_ref(), given.as_ref());
        let is_signed_with = self.grant == Ground::JwtBearer && method == AuthMethod::None;
        if given.as_ref().is_some_and(is_pem) && method != AuthMethod::PrivateKeyJwt && !is_signed_with {
            return Err(Failure::new(
                format!("{client_id} authenticates by {method}, not by a private key"),
                "Check the client ID. Nothing was sent",
            ));
        }
        let own_server = match self.issuer {
            Some(_) => None,
            None => Some(serve(global)?),
        };
        let needs = method.uses_secret() || method == AuthMethod::PrivateKeyJwt;
        let credential = match (given, &own_server) {
            (Some(given), _) => Some(given),
            (None, Some(server)) => test_credential(server, &client_id, &global.act().by)?,
            (None, None) if needs => return Err(needed(&client_id, method)),
            (None, None) => None,
        };
        let issuer = own_server.as_ref().map(RunningServer::issuer);
        let issuer = issuer.or(self.issuer.as_ref()).map_or("", Issuer::as_str);
        let is_bound = |client: &Client| client.draft.dpop_bound_access_tokens;
        let proof_key = match &client {
            Some(client) if is_bound(client) => Some(ProofKey::generate()?),
            _ => None,
        };
        let caller = Caller {
            proof_key,
            metadata: discover(issuer)?,
            client_id,
            method,
            credential,
            draft: client.map(|client| client.draft),
            own_server: own_server.as_ref(),
            by: global.act().by,
        };
        print(&caller.ask(&self)?, self.json)
    }

    /// What the client presents, if it is given. One that is known to present nothing is not asked for it: what stands on
    /// standard input is then somebody else's, and must not be sent.
    fn given(&self, client: Option<&Client>) -> Result<Option<Secret>, Failure> {
        let registered = client.map(|client| client.draft.token_endpoint_auth_method);
        let presents = |method: AuthMethod| method.uses_secret() || method == AuthMethod::PrivateKeyJwt;
        let is_wanted = registered.is_none_or(presents) || self.grant == Ground::JwtBearer;
        if is_wanted {
            return credential::given(self.issuer.is_some());
        }
        Ok(None)
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
        format!(
            "Set {}, give it on standard input, or leave --issuer out to use a test credential",
            credential::SECRET
        ),
    )
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
            "Add the grant to its grant_types with chancery client update, or ask on another ground"
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
