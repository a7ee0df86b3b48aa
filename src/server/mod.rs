//! The authorization server on loopback: HTTP around [`crate::protocol`]'s decisions. One endpoint, one file.
//!
//! [`Server::start`] gives a [`RunningServer`] with threads of its own: `server` takes connections in and shares them out
//! among `server-work-N`, which answer; `server-write` owns the one connection that changes the registry; `hash-1` and
//! `hash-2` verify secrets.

mod accept;
mod answer;
mod app;
mod authorize;
mod body;
mod browser;
mod client_authentication;
mod client_configuration;
mod client_keys;
mod connections;
mod consent;
mod cors;
mod device;
mod device_authorization;
mod dpop;
mod error;
mod fault;
mod host;
mod introspect;
mod jwks;
mod login;
mod logout;
mod metadata;
mod pages;
mod par;
mod patience;
#[cfg(any(test, fuzzing))]
pub mod properties;
mod protected_resource;
mod readers;
mod redirect_listener;
mod refusal;
mod register;
mod registration;
mod request_log;
mod resource;
mod revoke;
mod running;
mod secured;
#[cfg(test)]
mod tests;
mod tls;
mod token;
mod userinfo;
mod writer;

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

pub use error::{ArmError, ServerError, TestCredentialError};
pub use redirect_listener::{RedirectListener, RedirectListenerError};
pub use request_log::LoggedRequest;
pub use running::RunningServer;
pub use secured::Trust;

use crate::outbound::Fetcher;
use crate::protocol::Issuer;
use crate::protocol::client_authentication::FAILURES;
use crate::protocol::client_certificate::ClientAuthorities;
use crate::protocol::fault::SLOW_ANSWER;
use crate::protocol::registration::RegistrationPolicy;
use crate::registry::Registry;

/// Tells the time. A parameter, so that tests can move it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Is told each answered request, on the thread that answered: it must return at once.
pub type OnRequest = Arc<dyn Fn(&LoggedRequest) + Send + Sync>;

/// Where the server listens unless told otherwise.
pub const USUAL_ADDRESS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9400));

/// How to serve.
pub struct Options {
    /// The registry; the server opens connections of its own beside this one and keeps this one for writing.
    pub registry: Registry,
    /// Where to listen.
    pub listen: Listen,
    /// The issuer, where it is not the address that the server listens on.
    pub issuer: Option<Issuer>,
    /// Whether it speaks TLS, and how.
    pub tls: Option<Tls>,
    /// Who starts the server, for the history.
    pub by: String,
    /// The clock.
    pub clock: Clock,
    /// Whom to tell of each request.
    pub on_request: Option<OnRequest>,
    /// What fetches the keys that clients keep at their `jwks_uri`.
    pub fetcher: Fetcher,
    /// Who may register clients by a request.
    pub registration: RegistrationPolicy,
    /// Whether a DPoP proof needs a nonce of this server (RFC 9449 §8). Otherwise only one that is sent must be right.
    pub require_dpop_nonce: bool,
    /// How much a peer may ask of it.
    pub(crate) limits: Limits,
}

/// How to serve over TLS, with a certificate that the registry's own authority vouches for.
#[derive(Debug)]
pub struct Tls {
    /// Where clients come that authenticate with a certificate (RFC 8705).
    pub mutual: Listen,
    /// Whose word counts for these: without it only certificates that are registered themselves.
    pub client_authorities: Option<ClientAuthorities>,
    /// Whether other machines may come.
    pub allow_remote: bool,
}

/// What one peer, or all of them together, may ask of the server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// A connection without a whole request head after this is closed, whether it never spoke, speaks slowly or rests
    /// between two requests.
    pub head: Duration,
    /// A body that is not whole after this is answered 408.
    pub body: Duration,
    /// A connection whose peer has not taken a whole answer after this is closed.
    pub answer: Duration,
    /// Connections at once; of more, those that rest longest are closed.
    pub connections: usize,
    /// Failed authentications of one client_id a minute; then 429.
    pub failures: u32,
    /// How late an answer comes that a fault holds up.
    pub slow_answer: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            connections: 512,
            failures: FAILURES,
            slow_answer: SLOW_ANSWER,
        }
    }
}

/// Where to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// There, and if that port is taken, on a free one.
    Preferably(SocketAddr),
    /// There or not at all.
    Only(SocketAddr),
    /// On any free port.
    AnyPort,
}

impl Options {
    /// The usual way: on [`USUAL_ADDRESS`] or a free port, which is then the issuer, by the system's clock.
    pub fn new(registry: Registry, by: impl Into<String>) -> Self {
        Self {
            registry,
            listen: Listen::Preferably(USUAL_ADDRESS),
            issuer: None,
            tls: None,
            by: by.into(),
            clock: Arc::new(Timestamp::now),
            on_request: None,
            fetcher: Fetcher::new(false),
            registration: RegistrationPolicy::default(),
            require_dpop_nonce: false,
            limits: Limits::default(),
        }
    }
}

/// The authorization server.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Starts to serve. Blocks while the registry is opened and, at the very first start, keys are made.
    ///
    /// # Errors
    /// [`ServerError`]; nothing runs then.
    pub fn start(options: Options) -> Result<RunningServer, ServerError> {
        RunningServer::start(options)
    }
}
