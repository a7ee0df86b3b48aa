//! What `work` does: hashing, the server, tokens over HTTP, the audit of all clients.

use jiff::Timestamp;

use super::access::{self, AccessRequest};
use super::document::{self, Fetch};
use super::fault::{FaultDesk, FaultWork};
use super::grants::{self, Grants, OpenAddress, TokenRun};
use super::review::Reviewer;
use super::upkeep::{self, Preparation};
use super::{Fixing, Opening, ReplyBody, Restoring, Trouble, Write};
use crate::client::{ClientDraft, ClientId};
use crate::outbound::OutboundError;
use crate::protocol::registration::RegistrationPolicy;
use crate::registry::{NewClient, NewSecret, generate_client_id};
use crate::server::{self, Listen, RunningServer, Server, ServerError, TestCredentialError};

/// Something that takes time.
#[derive(Debug)]
pub enum Work {
    /// Judge a draft, make identifier and secret, and register it.
    Create(Box<ClientDraft>),
    /// The same for a client to look around with: its secret is shown to nobody.
    AddSample(Box<ClientDraft>),
    /// Keep a draft that leaves `none`: it gets its first secret.
    SaveWithFirstSecret {
        /// Whose.
        client_id: ClientId,
        /// The version that was changed.
        version: u64,
        /// The registration.
        draft: Box<ClientDraft>,
        /// The change that the form was filled from, by its number.
        restored_from: Option<i64>,
    },
    /// Bring back an earlier version of a registration that has a secret, to a client that has none.
    RestoreWithFirstSecret(Box<Restoring>),
    /// Make a further secret.
    Rotate {
        /// Whose.
        client_id: ClientId,
        /// How long the older ones stay valid, in seconds.
        overlap: i64,
    },
    /// Start the server.
    StartServer {
        /// The port it is to listen on, unless that is taken.
        port: u16,
        /// Who may register clients by a request.
        registration: RegistrationPolicy,
    },
    /// Decide anew who may register clients by a request, while it runs.
    SetRegistration(RegistrationPolicy),
    /// Stop it.
    StopServer,
    /// Get a token, or do something with one.
    Token(Box<TokenRun>),
    /// Look whether somebody has done what a token waits for.
    GoOn,
    /// Wait for nobody any more.
    StopWaiting,
    /// Ask a resource server of this window's server for something.
    CheckAccess(Box<AccessRequest>),
    /// What the server was asked lately.
    Requests,
    /// Arm a fault in the server, or look after it.
    Fault(FaultWork),
    /// Fetch a client ID metadata document.
    FetchDocument(String),
    /// Judge every client. Those that did not change are judged again where that is asked for, and from time to time.
    Review {
        /// Whether everything is to be judged again.
        whole: bool,
    },
    /// Make the change that ends a finding, where a client that has no secret gets one by it.
    FixWithFirstSecret(Box<Fixing>),
    /// Hash a password or make a key, and keep it.
    Prepare(Box<Preparation>),
}

impl Work {
    /// Whether it leads to a change of the registry that the person asked for. What a token needs is the server's affair.
    pub(super) const fn edits(&self) -> bool {
        matches!(
            self,
            Self::Create(_)
                | Self::AddSample(_)
                | Self::SaveWithFirstSecret { .. }
                | Self::RestoreWithFirstSecret(_)
                | Self::Rotate { .. }
                | Self::Prepare(_)
        )
    }
}

/// What the server is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerState {
    /// It is about to start.
    Starting,
    /// It answers.
    Running {
        /// The issuer, which is also its address.
        issuer: String,
        /// The addresses of its endpoints.
        endpoints: Vec<String>,
        /// The port that was taken, where it listens on another one.
        taken: Option<u16>,
    },
    /// It was stopped.
    Stopped,
    /// It could not start.
    Failed(Trouble),
}

/// What follows from a piece of work.
pub(super) enum Outcome {
    /// It is done.
    Reply(Box<ReplyBody>),
    /// The registry must be changed.
    Then(Box<Write>),
}

impl Outcome {
    fn reply(body: ReplyBody) -> Self {
        Self::Reply(Box::new(body))
    }
}

impl From<Result<Write, Trouble>> for Outcome {
    fn from(made: Result<Write, Trouble>) -> Self {
        match made {
            Ok(write) => Self::Then(Box::new(write)),
            Err(trouble) => Self::reply(ReplyBody::Failed(trouble)),
        }
    }
}

/// The state of the `work` thread: the server that it runs, and what it has judged.
pub(super) struct Desk {
    opening: Opening,
    server: Option<RunningServer>,
    /// The port that was taken when it started.
    taken: Option<u16>,
    reviewer: Reviewer,
    faults: FaultDesk,
    fetch: Fetch,
    grants: Grants,
}

impl Desk {
    pub(super) fn new(opening: Opening) -> Self {
        Self {
            reviewer: Reviewer::over(&opening),
            opening,
            server: None,
            taken: None,
            faults: FaultDesk::default(),
            fetch: document::fetch,
            grants: Grants::default(),
        }
    }

    /// Fetches otherwise than over the network.
    pub(super) fn fetch_by(&mut self, fetch: Fetch) {
        self.fetch = fetch;
    }

    /// Shows addresses otherwise than in the system's browser.
    pub(super) fn open_by(&mut self, open_address: OpenAddress) {
        self.grants.open_by(open_address);
    }

    /// Does a piece of work. What happens on the way to its end is told at once.
    pub(super) fn carry_out(&mut self, work: Work, by: &str, tell: &mut dyn FnMut(ReplyBody)) -> Outcome {
        let grants = &mut self.grants;
        let mut desk = grants::Desk {
            server: self.server.as_ref(),
            opening: &self.opening,
            by,
            tell,
        };
        match work {
            Work::Create(draft) => create(*draft).into(),
            Work::AddSample(draft) => create(*draft).map(without_secret).into(),
            Work::SaveWithFirstSecret {
                client_id,
                version,
                draft,
                restored_from,
            } => {
                let made = NewSecret::generate("First secret").map_err(Trouble::from);
                made.map(|(secret, row)| Write::Save {
                    client_id,
                    version,
                    draft,
                    first_secret: Some((row, secret)),
                    restored_from,
                })
                .into()
            }
            Work::RestoreWithFirstSecret(restoring) => {
                let made = NewSecret::generate("First secret").map_err(Trouble::from);
                made.map(|(secret, row)| Write::Restore {
                    restoring,
                    first_secret: Some((row, secret)),
                })
                .into()
            }
            Work::FixWithFirstSecret(fixing) => {
                let made = NewSecret::generate("First secret").map_err(Trouble::from);
                made.map(|(secret, row)| Write::Fix {
                    fixing,
                    first_secret: Some((row, secret)),
                })
                .into()
            }
            Work::Rotate { client_id, overlap } => {
                let made = NewSecret::generate("Rotated secret").map_err(Trouble::from);
                made.map(|(secret, new)| Write::Rotate {
                    client_id,
                    new,
                    secret,
                    overlap,
                })
                .into()
            }
            Work::StartServer { port, registration } => {
                Outcome::reply(ReplyBody::Server(self.start_server(port, registration, by)))
            }
            Work::SetRegistration(policy) => {
                if let Some(server) = &self.server {
                    server.set_registration(policy);
                }
                Outcome::reply(ReplyBody::Server(self.server_state()))
            }
            Work::StopServer => {
                self.server = None;
                Outcome::reply(ReplyBody::Server(ServerState::Stopped))
            }
            Work::Token(run) => Outcome::reply(grants.run(*run, &mut desk)),
            Work::GoOn => Outcome::reply(grants.go_on(&mut desk)),
            Work::StopWaiting => Outcome::reply(grants.stop_waiting()),
            Work::CheckAccess(request) => {
                let result = access::check(self.server.as_ref(), grants.proof_key(), &request);
                Outcome::reply(ReplyBody::Access(Box::new(result)))
            }
            Work::Requests => {
                let requests = self
                    .server
                    .as_ref()
                    .map(RunningServer::requests)
                    .unwrap_or_default();
                Outcome::reply(ReplyBody::Requests(requests))
            }
            Work::Fault(wanted) => {
                let (faults, server) = (&mut self.faults, self.server.as_ref());
                Outcome::reply(faults.carry_out(wanted, server, &self.opening))
            }
            Work::Prepare(preparation) => upkeep::prepare(*preparation, &self.opening, by).into(),
            Work::FetchDocument(url) => {
                let came = document::look(&url, self.fetch, &self.opening);
                Outcome::reply(ReplyBody::document(url, came))
            }
            Work::Review { whole } => {
                let registry = self.opening.registry();
                let now = Timestamp::now();
                match registry.and_then(|registry| self.reviewer.review(&registry, whole, now)) {
                    Ok(review) => Outcome::reply(ReplyBody::Reviewed(review)),
                    Err(error) => Outcome::reply(error.into()),
                }
            }
        }
    }

    fn start_server(&mut self, port: u16, registration: RegistrationPolicy, by: &str) -> ServerState {
        if self.server.is_none() {
            let started = self
                .opening
                .registry()
                .map_err(Trouble::from)
                .and_then(|registry| {
                    let mut options = server::Options::new(registry, by);
                    let mut wanted = server::USUAL_ADDRESS;
                    wanted.set_port(port);
                    options.listen = Listen::Preferably(wanted);
                    options.registration = registration;
                    Server::start(options).map_err(|error: ServerError| error.into())
                });
            match started {
                Ok(server) => {
                    self.taken = Some(port).filter(|port| server.address().port() != *port);
                    self.server = Some(server);
                }
                Err(trouble) => return ServerState::Failed(trouble),
            }
        }
        self.server_state()
    }

    fn server_state(&self) -> ServerState {
        match &self.server {
            Some(server) => ServerState::Running {
                issuer: server.issuer().as_str().to_owned(),
                endpoints: server.endpoints(),
                taken: self.taken,
            },
            None => ServerState::Stopped,
        }
    }
}

impl From<ServerError> for Trouble {
    fn from(error: ServerError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice().to_string(),
        }
    }
}

impl From<TestCredentialError> for Trouble {
    fn from(error: TestCredentialError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice().to_string(),
        }
    }
}

impl From<OutboundError> for Trouble {
    fn from(error: OutboundError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice().to_string(),
        }
    }
}

fn create(draft: ClientDraft) -> Result<Write, Trouble> {
    let registration = draft.validate().map_err(|refusals| Trouble {
        what: refusals.to_string(),
        advice: "Solve what is marked, then create the client.".to_owned(),
    })?;
    let (secret, row) = if registration.token_endpoint_auth_method.uses_secret() {
        NewSecret::generate("First secret").map(|(secret, row)| (Some(secret), Some(row)))?
    } else {
        (None, None)
    };
    let client = NewClient {
        client_id: generate_client_id()?,
        registration,
        secret: row,
        origin: None,
    };
    Ok(Write::Create {
        client: Box::new(client),
        secret,
    })
}

/// Forgets the secret that would be shown.
fn without_secret(write: Write) -> Write {
    match write {
        Write::Create { client, .. } => Write::Create { client, secret: None },
        other => other,
    }
}
