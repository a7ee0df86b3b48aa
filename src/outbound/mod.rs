//! The only HTTP client. Bounded in time and size, and it follows no redirects.
//!
//! [`exchange`] makes one exchange with a server on loopback over plain HTTP and keeps the exact bytes that were sent and
//! received; it blocks, so it is for worker threads. [`Fetcher`] gets documents that registrations point to, over TLS.

mod assertion;
mod error;
mod exchange;
mod fetch;
mod recording;
mod shell_command;
mod token_request;

pub use assertion::{AssertionKey, is_pem, to_pem};
pub use error::OutboundError;
pub use exchange::{Exchange, Method, Request, exchange};
pub use fetch::Fetcher;
pub use shell_command::SecretInCurl;
pub use token_request::{Metadata, TokenAnswer, TokenRequest, discover, published_keys};
