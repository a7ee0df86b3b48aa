//! The only HTTP client. Bounded in time and size, and it follows no redirects but a [`Browser`]'s within one server.
//!
//! [`exchange`] makes one exchange with a server on loopback over plain HTTP and keeps the exact bytes that were sent and
//! received; it blocks, so it is for worker threads. A [`Runner`] goes through a whole grant with it, as a client does.
//! [`Fetcher`] gets documents that registrations point to, over TLS.

mod as_client;
mod assertion;
mod authorization;
mod browser;
mod device;
mod dpop_proof;
mod env_file;
mod error;
mod exchange;
mod fetch;
mod http_text;
mod mask;
mod metadata;
mod recording;
mod run;
mod shell_command;
mod token_request;

pub use as_client::AsClient;
pub use assertion::{AssertionKey, is_pem, to_pem};
pub use authorization::{Authorization, AuthorizationAsked, NotAuthorized, RANDOM};
pub use browser::{Browser, Page, Person, Place};
pub use device::DeviceAuthorization;
pub use dpop_proof::ProofKey;
pub use env_file::EnvFile;
pub use error::OutboundError;
pub use exchange::{Exchange, Method, Request, exchange, exchange_at};
pub use fetch::Fetcher;
pub use metadata::{Endpoints, Metadata, discover, published_keys};
pub use run::{Runner, Step};
pub use shell_command::{Beforehand, ChanceryToken, SecretInCurl, ShellCommand};
pub use token_request::{TokenAnswer, TokenGrant, TokenRequest, target_parameter};
