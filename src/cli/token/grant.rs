//! The grants, one after the other request: as a client goes through them, with a person where one must sign in.

use std::io::IsTerminal;
use std::thread::sleep;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::{Ground, TokenArgs, credential};
use crate::cli::{Failure, output};
use crate::client::{ApplicationType, AuthMethod, ClientDraft, ClientId, Secret};
use crate::outbound::{
    AsClient, AssertionKey, Authorization, AuthorizationAsked, DeviceAuthorization, Metadata, NotAuthorized,
    Person, ProofKey, RANDOM, Runner, Step, TokenAnswer, TokenGrant, TokenRequest, is_pem,
};
use crate::server::{RedirectListener, RedirectListenerError, RunningServer, TestCredentialError};

/// How long a browser is waited for.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks whether it has come.
const PAUSE: Duration = Duration::from_millis(100);

/// A client at a server, and what it presents.
pub(super) struct Caller<'a> {
    pub(super) metadata: Metadata,
    pub(super) client_id: ClientId,
    pub(super) method: AuthMethod,
    pub(super) credential: Option<Secret>,
    /// Its registration, where it is registered here.
    pub(super) draft: Option<ClientDraft>,
    /// The key that its tokens are bound to, where they are registered to be.
    pub(super) proof_key: Option<ProofKey>,
    /// The command's own server, where it has one.
    pub(super) own_server: Option<&'a RunningServer>,
    /// Who runs the command.
    pub(super) by: String,
}

impl Caller<'_> {
    /// Goes through the grant that the arguments name.
    pub(super) fn ask(&self, args: &TokenArgs) -> Result<TokenAnswer, Failure> {
        let grant = match args.grant {
            Ground::ClientCredentials => TokenGrant::ClientCredentials,
            Ground::JwtBearer => TokenGrant::JwtBearer(self.assertion()?),
            Ground::RefreshToken => TokenGrant::RefreshToken(token_file(args)?),
            Ground::TokenExchange if args.issuer.is_none() => return Err(traded_in_elsewhere()),
            Ground::TokenExchange => TokenGrant::TokenExchange {
                subject_token: token_file(args)?,
                actor_token: args
                    .actor_token_file
                    .as_deref()
                    .map(credential::token_in)
                    .transpose()?,
            },
            Ground::AuthorizationCode => return self.authorize(args),
            Ground::DeviceCode => return self.connect_device(args),
        };
        let request = TokenRequest {
            grant,
            scope: args.scope.clone(),
            audience: args.audience.clone(),
        };
        self.with(|runner| runner.token(&request))
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut Runner<'_, Failure>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        work(&mut Runner {
            metadata: &self.metadata,
            present: &mut || self.present(),
            proof_key: self.proof_key.as_ref(),
            now: Timestamp::now(),
            seen: &mut |_: Step| {},
        })
    }

    fn present(&self) -> Result<AsClient, Failure> {
        Ok(AsClient {
            client_id: self.client_id.clone(),
            method: self.method,
            secret: match self.method {
                AuthMethod::PrivateKeyJwt => Some(self.assertion()?),
                // A private key is never sent.
                _ => self.credential.clone().filter(|credential| !is_pem(credential)),
            },
        })
    }

    /// Signs with the client's private key by the algorithm that it registered.
    fn assertion(&self) -> Result<Secret, Failure> {
        let key = self.credential.as_ref().ok_or_else(|| {
            Failure::new(
                format!(
                    "An assertion must be signed, and there is no key of {}",
                    self.client_id
                ),
                "Give the private key whose public half is registered in jwks on standard input, as PEM",
            )
        })?;
        let alg = self.draft.as_ref();
        let alg = alg.and_then(|draft| draft.token_endpoint_auth_signing_alg.as_deref());
        let key = AssertionKey::from_pem(key, alg)?;
        Ok(key.sign(
            &self.client_id,
            &self.metadata.issuer,
            Timestamp::now(),
            random()?,
        )?)
    }

    /// Who signs in, if a test user does.
    fn person(&self, args: &TokenArgs) -> Result<Option<Person>, Failure> {
        let Some(name) = args.sign_in_as.clone() else {
            return Ok(None);
        };
        let password = match (
            credential::from_environment(credential::PASSWORD),
            self.own_server,
        ) {
            (Some(password), _) => password,
            (None, Some(server)) => server.test_password(&name, &self.client_id, &self.by)?,
            (None, None) => {
                return Err(Failure::new(
                    format!("A running server needs the password of {name}"),
                    format!(
                        "Set {}, or leave --issuer out, so that the command signs {name} in at a server of its own",
                        credential::PASSWORD
                    ),
                ));
            }
        };
        Ok(Some(Person { name, password }))
    }

    fn authorize(&self, args: &TokenArgs) -> Result<TokenAnswer, Failure> {
        let person = self.person(args)?;
        let redirect_uri = self.redirect_uri(args, person.is_some())?;
        let Some(person) = person else {
            return self.authorize_in_browser(args, &redirect_uri);
        };
        let authorization = self.authorization(args, redirect_uri)?;
        let address = self.address(&authorization)?;
        let came_to = self.with(|runner| runner.walk(&address, &person))?;
        let answer = match came_to {
            Ok(came_to) => self.with(|runner| runner.redeem(&authorization, &came_to))?,
            Err(left) => Err(left),
        };
        answer.map_err(not_authorized)
    }

    fn authorize_in_browser(&self, args: &TokenArgs, redirect_uri: &str) -> Result<TokenAnswer, Failure> {
        let is_native = |draft: &ClientDraft| draft.application_type == ApplicationType::Native;
        // RFC 8252 §7.3: a native application chooses the port as it goes.
        let any_port = self.draft.as_ref().is_some_and(is_native);
        let listener = RedirectListener::start(redirect_uri, any_port)?;
        let authorization = self.authorization(args, listener.redirect_uri().to_owned())?;
        listener.expect(authorization.state());
        let address = self.address(&authorization)?;
        output::remark(&format!("Sign in there: {address}"));
        if std::io::stderr().is_terminal() {
            // Whoever has no browser here reads the address.
            let _ = open::that_detached(address.as_str());
        }
        let begun = Instant::now();
        let came_to = loop {
            if let Some(came_to) = listener.came() {
                break came_to;
            }
            if begun.elapsed() > PATIENCE {
                return Err(Failure::new(
                    "The browser did not come back within 5 minutes",
                    "Run the command again, and sign in on the page that it names",
                ));
            }
            sleep(PAUSE);
        };
        let answer = self.with(|runner| runner.redeem(&authorization, &came_to))?;
        answer.map_err(not_authorized)
    }

    /// As asked; or the first registered one, at which a browser can be waited for where one comes.
    fn redirect_uri(&self, args: &TokenArgs, walks: bool) -> Result<String, Failure> {
        let registered = self.draft.iter().flat_map(|draft| draft.redirect_uris.iter());
        let fits = |uri: &&String| walks || RedirectListener::can_wait_at(uri);
        let found = args.redirect_uri.as_ref().or(registered.clone().find(fits));
        found.cloned().ok_or_else(|| {
            Failure::new(
                format!("{} has no redirect URI at which this command could wait for a browser", self.client_id),
                "Sign in with --sign-in-as, name one with --redirect-uri, or register one such as http://127.0.0.1/callback",
            )
        })
    }

    fn authorization(&self, args: &TokenArgs, redirect_uri: String) -> Result<Authorization, Failure> {
        let registered = || Some(self.draft.as_ref()?.scopes.join(" ")).filter(|scope| !scope.is_empty());
        let asked = AuthorizationAsked {
            client_id: self.client_id.clone(),
            redirect_uri,
            scope: args.scope.clone().or_else(registered),
            audience: args.audience.clone(),
        };
        Ok(Authorization::new(asked, &random::<RANDOM>()?))
    }

    fn address(&self, authorization: &Authorization) -> Result<Url, Failure> {
        let pushes = |draft: &ClientDraft| draft.require_pushed_authorization_requests;
        if !self.draft.as_ref().is_some_and(pushes) {
            return Ok(authorization.url(&self.metadata)?);
        }
        self.with(|runner| runner.push(authorization))?
            .map_err(not_authorized)
    }

    fn connect_device(&self, args: &TokenArgs) -> Result<TokenAnswer, Failure> {
        let person = self.person(args)?;
        let (scope, audience) = (args.scope.as_deref(), args.audience.as_deref());
        let device = self.with(|runner| runner.begin_device(scope, audience))?;
        let device = device.map_err(not_authorized)?;
        match person {
            Some(person) => {
                let allowed = self.with(|runner| runner.allow_device(&device, &person))?;
                allowed.map_err(not_authorized)?;
                self.with(|runner| runner.poll(&device))
            }
            None => self.poll(&device),
        }
    }

    /// Asks again and again until somebody has answered (RFC 8628 §3.5).
    fn poll(&self, device: &DeviceAuthorization) -> Result<TokenAnswer, Failure> {
        output::remark(&format!("Allow it there: {}", device.address()));
        output::remark(&format!("The device shows {}", device.user_code));
        let mut interval = Duration::from_secs(device.interval);
        let begun = Instant::now();
        loop {
            sleep(interval);
            let answer = self.with(|runner| runner.poll(device))?;
            match answer.error() {
                // A server that never says that the code has ended is not asked for ever.
                _ if begun.elapsed().as_secs() > device.expires_in => return Ok(answer),
                Some("authorization_pending") => {}
                Some("slow_down") => interval += Duration::from_secs(5),
                _ => return Ok(answer),
            }
        }
    }
}

/// A server of the command's own has issued no token that could be traded in.
fn traded_in_elsewhere() -> Failure {
    Failure::new(
        "A token is traded in at the server that issued it",
        "Name that running server with --issuer",
    )
}

fn token_file(args: &TokenArgs) -> Result<Secret, Failure> {
    match &args.token_file {
        Some(path) => credential::token_in(path),
        None => Err(Failure::new(
            "This grant needs a token",
            "Name the file that it lies in with --token-file",
        )),
    }
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(TestCredentialError::Randomness)?;
    Ok(bytes)
}

fn not_authorized(not: NotAuthorized) -> Failure {
    match not {
        NotAuthorized::Refused { error, description } => Failure::new(
            format!("The server refused: {error}. {}", description.unwrap_or_default()),
            super::advice(Some(&error)),
        ),
        NotAuthorized::Foreign(why) => Failure::new(why, "Check that the issuer is the server you mean"),
        NotAuthorized::Page { heading, text } => {
            let lines: Vec<&str> = text.lines().collect();
            Failure::new(
                format!("{heading}: {}", lines.join(". ")),
                "Check the user, the client and its redirect URIs",
            )
        }
    }
}

impl From<RedirectListenerError> for Failure {
    fn from(error: RedirectListenerError) -> Self {
        Self::new(error.to_string(), error.advice())
    }
}
