//! The last requests, for the window and for standard error: what came and what was answered, never a secret.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use jiff::Timestamp;

use crate::client::ClientId;
use crate::protocol::access::Decision;
use crate::protocol::metadata;

/// Requests kept.
const KEPT: usize = 500;
/// What stands for a path that is none of an endpoint's.
const NO_ENDPOINT: &str = "(no endpoint)";

/// One request that was answered.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// Counts from 1 since the server's start.
    pub number: u64,
    /// When it was answered.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Where it came from.
    pub peer: SocketAddr,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// The client, if there is one of that identifier. What is no client_id may be a secret in the wrong place.
    pub client_id: Option<ClientId>,
    /// Why it was refused, for the server's owner.
    pub reason: Option<String>,
    /// What a resource server decided, check by check, where it was one that was asked.
    pub decision: Option<Arc<Decision>>,
}

impl fmt::Display for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} {} {} {}", self.at, self.status, self.method, self.path)?;
        if let Some(client_id) = &self.client_id {
            write!(f, " client {client_id}")?;
        }
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

/// Keeps the last requests.
#[derive(Debug, Default)]
pub struct RequestLog(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    entries: VecDeque<LoggedRequest>,
    count: u64,
}

impl RequestLog {
    /// Adds an entry and gives it its number.
    pub fn add(&self, mut entry: LoggedRequest) -> u64 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.count += 1;
        entry.number = kept.count;
        if kept.entries.len() == KEPT {
            kept.entries.pop_front();
        }
        kept.entries.push_back(entry);
        kept.count
    }

    /// The entries after a number, the oldest first; 0 for all that are kept.
    pub fn after(&self, number: u64) -> Vec<LoggedRequest> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.entries.partition_point(|entry| entry.number <= number);
        kept.entries.iter().skip(known).cloned().collect()
    }
}

/// A path as the log keeps it: an endpoint's, or that it is none. Somebody may have put a secret there.
pub fn known_path(path: &str, endpoints: &[String]) -> String {
    let is_known = |path: &str| path.len() > 1 && endpoints.iter().any(|url| url.ends_with(path));
    match path.rsplit_once('/') {
        _ if is_known(path) => path.to_owned(),
        // What stands there may be a token in the wrong place; the client is told beside it, if it is one.
        Some((above, _)) if above.ends_with(metadata::REGISTER) && is_known(above) => {
            format!("{above}/{{client_id}}")
        }
        // Which resource server it is, the endpoint tells, if it is one.
        _ => match path.split_once(&format!("{}/", metadata::RESOURCE)) {
            Some((above, _)) if is_known(&format!("{above}{}", metadata::RESOURCE)) => {
                format!("{above}{}/{{slug}}/…", metadata::RESOURCE)
            }
            _ => NO_ENDPOINT.to_owned(),
        },
    }
}

/// A method as the log keeps it: one of the registered ones, or that it is none of them.
pub fn known_method(method: &Method) -> &'static str {
    let known = [
        Method::GET,
        Method::POST,
        Method::HEAD,
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
        Method::PATCH,
    ];
    let names = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"];
    known
        .iter()
        .zip(names)
        .find(|(known, _)| *known == method)
        .map_or("(other)", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_known_paths_and_methods_is_kept() {
        let endpoints = [
            "http://127.0.0.1:9400/token".to_owned(),
            "http://127.0.0.1:9400/jwks".to_owned(),
            "http://127.0.0.1:9400/register".to_owned(),
            "http://127.0.0.1:9400/resource".to_owned(),
        ];
        for (path, kept) in [
            ("/token", "/token"),
            ("/token/secret", "(no endpoint)"),
            ("/register", "/register"),
            ("/register/s3cr3t", "/register/{client_id}"),
            ("/register/a/b", "(no endpoint)"),
            ("/resource/s3cr3t", "/resource/{slug}/…"),
            ("/resource/payroll/s3cr3t/resource/x", "/resource/{slug}/…"),
            ("/other/resource/payroll", "(no endpoint)"),
            ("/resources/payroll", "(no endpoint)"),
            ("/", "(no endpoint)"),
            ("", "(no endpoint)"),
        ] {
            assert_eq!(known_path(path, &endpoints), kept);
        }
        assert_eq!(known_method(&Method::POST), "POST");
        assert_eq!(known_method(&Method::from_bytes(b"S3CR3T").unwrap()), "(other)");
    }
}
