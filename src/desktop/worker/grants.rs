//! Tokens on every ground, asked for over HTTP as any client asks: the only difference is what the client presents, and
//! who signs in.

mod caller;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{Opening, ReplyBody, TokenReasons, Trouble};
use crate::client::{ApplicationType, ClientId, Secret};
use crate::outbound::{Authorization, DeviceAuthorization, Person, ProofKey, TokenAnswer, TokenGrant};
use crate::protocol::explanation::Explanation;
use crate::server::{RedirectListener, RedirectListenerError, RunningServer};
use caller::{Caller, StepLog};

/// How long a browser is waited for.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// Shows an address in the system's browser. A parameter, so that tests have a browser of their own.
pub type OpenAddress = fn(&str) -> std::io::Result<()>;

/// Something that is done with tokens, in the name of a client.
#[derive(Debug)]
pub struct TokenRun {
    /// The client.
    pub client_id: ClientId,
    /// The secret or private key that the person pasted; otherwise a test credential of this window's server is used.
    pub pasted: Option<Secret>,
    /// Space-delimited; what is registered when absent.
    pub scope: Option<String>,
    /// The resource server; the client's first when absent.
    pub audience: Option<String>,
    /// On which ground.
    pub ground: Ground,
}

/// The ground on which a token is asked for, or what is done with one.
#[derive(Debug)]
pub enum Ground {
    /// The client acts for itself.
    ClientCredentials,
    /// Somebody signs in.
    AuthorizationCode {
        /// Where the browser goes back to.
        redirect_uri: String,
        /// Who signs in.
        by: SignInBy,
    },
    /// An earlier answer has a refresh token.
    RefreshToken(Secret),
    /// Somebody allows a device.
    DeviceCode(SignInBy),
    /// Another token is traded in.
    TokenExchange {
        /// Of whom the new token speaks.
        subject_token: Secret,
        /// Who acts, if that is said.
        actor_token: Option<Secret>,
    },
    /// The client signs an assertion.
    JwtBearer,
    /// Ask what a token is worth.
    Introspect(Secret),
    /// Give a token up.
    Revoke(Secret),
}

/// Who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInBy {
    /// A test user: the program walks the pages as a browser would.
    User(String),
    /// Whoever sits at the system's browser.
    Browser,
}

/// What came of it in the end.
#[derive(Debug)]
pub struct TokenResult {
    /// The client it was asked for.
    pub client_id: ClientId,
    /// The answer of the token endpoint; none where it was not asked.
    pub answer: Option<TokenAnswer>,
    /// The command that does the same again, with the test credential in it if a secret was one.
    pub command: Option<Secret>,
    /// Why it was refused, if it was.
    pub refused: Option<Refused>,
    /// Why each claim stands in the tokens.
    pub reasons: TokenReasons,
}

/// A refusal, as far as the server's owner can see into it. The answer says less.
#[derive(Clone, Debug, Default)]
pub struct Refused {
    /// The error code; for a page, its heading.
    pub code: String,
    /// The server's sentence for the developer.
    pub said: Option<String>,
    /// What the registration shows of the cause.
    pub explanation: Option<Explanation>,
    /// What the server noted of this very request.
    pub reason: Option<String>,
}

/// For whom the desk waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The address that somebody must go to.
    pub address: String,
    /// What they type there, where it is a device that waits.
    pub user_code: Option<String>,
    /// Until when.
    pub until: Timestamp,
}

/// The grants that wait for somebody, and the way to a browser.
pub(super) struct Grants {
    open_address: OpenAddress,
    pending: Option<Pending>,
    /// One for the whole time: refresh tokens of public clients are bound to it too (RFC 9449 §5).
    proof_key: Option<Arc<ProofKey>>,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            open_address: |address| open::that_detached(address),
            pending: None,
            proof_key: None,
        }
    }
}

/// A grant that somebody must do something for.
struct Pending {
    caller: Caller,
    waiting: Waiting,
    what: Awaited,
}

enum Awaited {
    Browser {
        listener: RedirectListener,
        authorization: Box<Authorization>,
    },
    Device(Polled),
}

/// A device that asks again and again (RFC 8628 §3.5).
struct Polled {
    device: Box<DeviceAuthorization>,
    interval: SignedDuration,
    next: Timestamp,
}

/// What is at hand for one run: the server of this window, the registry, and whom to tell of steps.
pub(super) struct Desk<'a> {
    pub(super) server: Option<&'a RunningServer>,
    pub(super) opening: &'a Opening,
    pub(super) by: &'a str,
    pub(super) tell: &'a mut dyn FnMut(ReplyBody),
}

impl Grants {
    /// The key that tokens of this window are bound to, where any are.
    pub(super) fn proof_key(&self) -> Option<&ProofKey> {
        self.proof_key.as_deref()
    }

    /// Shows addresses otherwise than in the system's browser.
    pub(super) fn open_by(&mut self, open_address: OpenAddress) {
        self.open_address = open_address;
    }

    /// Begins something, and ends what was waited for before.
    pub(super) fn run(&mut self, run: TokenRun, desk: &mut Desk<'_>) -> ReplyBody {
        self.pending = None;
        told(self.begin(run, desk))
    }

    /// Goes on with what is waited for, if that can be.
    pub(super) fn go_on(&mut self, desk: &mut Desk<'_>) -> ReplyBody {
        let Some(pending) = self.pending.take() else {
            return ReplyBody::Waits(None);
        };
        told(self.go_on_with(pending, desk))
    }

    /// Waits for nobody any more.
    pub(super) fn stop_waiting(&mut self) -> ReplyBody {
        self.pending = None;
        ReplyBody::Waits(None)
    }

    fn begin(&mut self, run: TokenRun, desk: &mut Desk<'_>) -> Result<ReplyBody, Trouble> {
        let server = desk.server.ok_or_else(not_running)?;
        let proof_key = match &self.proof_key {
            Some(key) => Arc::clone(key),
            None => Arc::clone(self.proof_key.insert(Arc::new(ProofKey::generate()?))),
        };
        let (ground, caller) = Caller::of(run, server, desk, &proof_key)?;
        let mut log = StepLog::new(desk.tell);
        match ground {
            Ground::ClientCredentials => caller.ask(TokenGrant::ClientCredentials, server, desk.opening, log),
            Ground::RefreshToken(token) => {
                caller.ask(TokenGrant::RefreshToken(token), server, desk.opening, log)
            }
            Ground::TokenExchange {
                subject_token,
                actor_token,
            } => {
                let grant = TokenGrant::TokenExchange {
                    subject_token,
                    actor_token,
                };
                caller.ask(grant, server, desk.opening, log)
            }
            Ground::JwtBearer => {
                let grant = TokenGrant::JwtBearer(caller.assertion()?);
                caller.ask(grant, server, desk.opening, log)
            }
            Ground::Introspect(token) => {
                caller.with(&mut log, |runner| runner.introspect(&token))?;
                Ok(caller.answered_without_token(server, &log))
            }
            Ground::Revoke(token) => {
                caller.with(&mut log, |runner| runner.revoke(&token))?;
                Ok(caller.answered_without_token(server, &log))
            }
            Ground::AuthorizationCode {
                redirect_uri,
                by: SignInBy::User(name),
            } => {
                let password = server.test_password(&name, &caller.client.client_id, desk.by)?;
                let person = Person { name, password };
                let authorization = caller.authorization(redirect_uri)?;
                let came = match caller.address(&authorization, &mut log)? {
                    Ok(address) => caller.with(&mut log, |runner| runner.walk(&address, &person))?,
                    Err(refused) => Err(refused),
                };
                match came {
                    Ok(came_to) => caller.redeem(&authorization, &came_to, server, desk.opening, log),
                    Err(left) => Ok(caller.not_authorized(left, server, &log)),
                }
            }
            Ground::AuthorizationCode {
                redirect_uri,
                by: SignInBy::Browser,
            } => self.open_browser(caller, redirect_uri, server, log),
            Ground::DeviceCode(by) => {
                let (scope, audience) = (caller.scope.as_deref(), caller.audience.as_deref());
                let begun = caller.with(&mut log, |runner| runner.begin_device(scope, audience))?;
                let device = match begun {
                    Ok(device) => device,
                    Err(refused) => return Ok(caller.not_authorized(refused, server, &log)),
                };
                match by {
                    SignInBy::User(name) => {
                        let password = server.test_password(&name, &caller.client.client_id, desk.by)?;
                        let person = Person { name, password };
                        let allowed =
                            caller.with(&mut log, |runner| runner.allow_device(&device, &person))?;
                        match allowed {
                            Ok(()) => caller.ask(
                                TokenGrant::DeviceCode(device.device_code),
                                server,
                                desk.opening,
                                log,
                            ),
                            Err(left) => Ok(caller.not_authorized(left, server, &log)),
                        }
                    }
                    SignInBy::Browser => {
                        self.show(device.address())?;
                        log.elsewhere("Allow it in the browser");
                        Ok(self.wait_for_device(caller, device))
                    }
                }
            }
        }
    }

    fn open_browser(
        &mut self,
        caller: Caller,
        redirect_uri: String,
        server: &RunningServer,
        mut log: StepLog<'_>,
    ) -> Result<ReplyBody, Trouble> {
        // RFC 8252 §7.3: a native application chooses the port as it goes.
        let any_port = caller.client.draft.application_type == ApplicationType::Native;
        let listener = RedirectListener::start(&redirect_uri, any_port)?;
        let authorization = caller.authorization(listener.redirect_uri().to_owned())?;
        listener.expect(authorization.state());
        let address = match caller.address(&authorization, &mut log)? {
            Ok(address) => address,
            Err(refused) => return Ok(caller.not_authorized(refused, server, &log)),
        };
        self.show(&address)?;
        log.elsewhere("Sign in in the browser");
        let waiting = Waiting::at(address.to_string(), None, PATIENCE);
        let what = Awaited::Browser {
            listener,
            authorization: Box::new(authorization),
        };
        Ok(self.wait(Pending {
            caller,
            waiting,
            what,
        }))
    }

    fn show(&self, address: &Url) -> Result<(), Trouble> {
        (self.open_address)(address.as_str()).map_err(|error| no_browser(&error))
    }

    fn wait_for_device(&mut self, caller: Caller, device: DeviceAuthorization) -> ReplyBody {
        let seconds = |seconds: u64| SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let interval = seconds(device.interval);
        let waiting = Waiting::at(
            device.address().to_string(),
            Some(device.user_code.clone()),
            seconds(device.expires_in),
        );
        let polled = Polled {
            device: Box::new(device),
            interval,
            next: later(Timestamp::now(), interval),
        };
        self.wait(Pending {
            caller,
            waiting,
            what: Awaited::Device(polled),
        })
    }

    fn wait(&mut self, pending: Pending) -> ReplyBody {
        let waiting = pending.waiting.clone();
        self.pending = Some(pending);
        ReplyBody::Waits(Some(waiting))
    }

    fn go_on_with(&mut self, pending: Pending, desk: &mut Desk<'_>) -> Result<ReplyBody, Trouble> {
        let server = desk.server.ok_or_else(not_running)?;
        let mut log = StepLog::new(desk.tell);
        let now = Timestamp::now();
        match &pending.what {
            Awaited::Browser {
                listener,
                authorization,
            } => match listener.came() {
                Some(came_to) => {
                    log.elsewhere("The browser came back");
                    let caller = &pending.caller;
                    return caller.redeem(authorization, &came_to, server, desk.opening, log);
                }
                None if now >= pending.waiting.until => return Err(nobody_came()),
                None => {}
            },
            Awaited::Device(polled) if now >= polled.next => return self.poll(pending, server, desk, now),
            Awaited::Device(_) => {}
        }
        Ok(self.wait(pending))
    }

    fn poll(
        &mut self,
        mut pending: Pending,
        server: &RunningServer,
        desk: &mut Desk<'_>,
        now: Timestamp,
    ) -> Result<ReplyBody, Trouble> {
        let Awaited::Device(polled) = &mut pending.what else {
            return Ok(self.wait(pending));
        };
        let mut log = StepLog::new(desk.tell);
        let answer = pending
            .caller
            .with(&mut log, |runner| runner.poll(&polled.device))?;
        match answer.error() {
            // RFC 8628 §3.5: five seconds more from then on.
            Some("slow_down") => {
                polled.interval = polled.interval.saturating_add(SignedDuration::from_secs(5))
            }
            Some("authorization_pending") => {}
            _ => {
                let grant = TokenGrant::DeviceCode(polled.device.device_code.clone());
                let command = pending.caller.command(&grant, desk.opening)?;
                return Ok(pending.caller.answered(answer, command, server, &log));
            }
        }
        polled.next = later(now, polled.interval);
        Ok(self.wait(pending))
    }
}

impl Waiting {
    fn at(address: String, user_code: Option<String>, patience: SignedDuration) -> Self {
        Self {
            address,
            user_code,
            until: later(Timestamp::now(), patience),
        }
    }
}

fn told(came: Result<ReplyBody, Trouble>) -> ReplyBody {
    came.unwrap_or_else(|trouble| ReplyBody::Token(Box::new(Err(trouble))))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn not_running() -> Trouble {
    Trouble {
        what: "The server is not running, so nobody can issue a token".to_owned(),
        advice: "Start it on the Server screen.".to_owned(),
    }
}

fn no_browser(error: &std::io::Error) -> Trouble {
    Trouble {
        what: format!("The browser could not be opened: {error}"),
        advice: "Set a browser in the system's settings, or sign in as a test user".to_owned(),
    }
}

fn nobody_came() -> Trouble {
    Trouble {
        what: "The browser did not come back within 5 minutes".to_owned(),
        advice: "Request the token again, and sign in on the page that opens".to_owned(),
    }
}

impl From<RedirectListenerError> for Trouble {
    fn from(error: RedirectListenerError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice().to_owned(),
        }
    }
}
