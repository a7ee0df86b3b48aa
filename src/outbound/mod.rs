//! The only HTTP client: one exchange at a time, with the exact bytes that were sent and received.
//!
//! For worker threads: every call blocks. Plain HTTP to loopback only, no redirects, bounded in time and size.

mod decode;
mod error;
mod exchange;
mod recording;
mod token_request;

pub use decode::{DecodedToken, SignatureCheck, decode};
pub use error::OutboundError;
pub use exchange::{Exchange, Method, Request, exchange};
pub use token_request::{Metadata, SecretInCurl, TokenAnswer, TokenRequest, discover};
