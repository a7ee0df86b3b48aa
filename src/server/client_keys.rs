//! The keys that clients sign their assertions with: registered by value, or fetched from their `jwks_uri` and kept for
//! five minutes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::interchange::read_json;
use crate::outbound::{Fetcher, OutboundError};
use crate::protocol::assertion::keys_of;
use crate::registry::Client;

/// Fetched keys count this long.
const KEPT: SignedDuration = SignedDuration::from_mins(5);
/// A signature that no kept key made may be of a new key: but keys are not fetched again sooner than this.
const SOONEST: SignedDuration = SignedDuration::from_secs(10);
/// Addresses kept.
const MOST_KEPT: usize = 1_000;
/// Fetches at once.
const AT_ONCE: usize = 4;

/// Finds clients' keys.
#[derive(Debug)]
pub struct ClientKeys {
    fetcher: Fetcher,
    kept: Mutex<HashMap<String, Fetched>>,
    at_once: Semaphore,
}

#[derive(Clone, Debug)]
struct Fetched {
    at: Timestamp,
    /// Why there are none is kept too: an address that does not answer is not asked at each request.
    keys: Result<Arc<[Jwk]>, OutboundError>,
}

impl ClientKeys {
    /// Finds keys by value, and fetches others with this.
    pub fn new(fetcher: Fetcher) -> Self {
        Self {
            fetcher,
            kept: Mutex::default(),
            at_once: Semaphore::new(AT_ONCE),
        }
    }

    /// A client's keys. `newest` asks for ones fetched a moment ago, because those kept did not fit.
    ///
    /// # Errors
    /// [`OutboundError`] when they cannot be fetched.
    pub async fn of(
        &self,
        client: &Client,
        newest: bool,
        now: Timestamp,
    ) -> Result<Arc<[Jwk]>, OutboundError> {
        let draft = &client.draft;
        let Some(jwks_uri) = draft.jwks_uri.as_deref().filter(|_| draft.jwks.is_none()) else {
            return Ok(draft.jwks.as_ref().map(keys_of).unwrap_or_default().into());
        };
        let most_age = if newest { SOONEST } else { KEPT };
        if let Some(kept) = self.kept(jwks_uri, most_age, now) {
            return kept.keys;
        }
        let _place = self.at_once.acquire().await;
        // Whoever waited for a place may find that somebody else has fetched them.
        if let Some(kept) = self.kept(jwks_uri, most_age, now) {
            return kept.keys;
        }
        let keys = self.fetcher.fetch(jwks_uri).await.and_then(|bytes| {
            // RFC 7517 §5: a JWK set is an object with the member keys, an array.
            let document = serde_json::from_slice(&bytes).ok();
            let document =
                document.filter(|document: &Value| document.get("keys").is_some_and(Value::is_array));
            let no_set = || OutboundError::Unexpected(jwks_uri.to_owned(), "with no JWK set".to_owned());
            Ok(keys_of(&document.ok_or_else(no_set)?).into())
        });
        let fetched = Fetched { at: now, keys };
        self.keep(jwks_uri, fetched.clone());
        fetched.keys
    }

    /// Another document of a client's, as JSON. Not kept.
    ///
    /// # Errors
    /// [`OutboundError`] when it cannot be fetched, or is no JSON.
    pub async fn document(&self, url: &str) -> Result<Value, OutboundError> {
        let _place = self.at_once.acquire().await;
        let bytes = self.fetcher.fetch(url).await?;
        read_json(&bytes).map_err(|_| OutboundError::Unexpected(url.to_owned(), "no JSON".to_owned()))
    }

    fn kept(&self, jwks_uri: &str, most_age: SignedDuration, now: Timestamp) -> Option<Fetched> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let fetched = kept.get(jwks_uri)?;
        let most_age = if fetched.keys.is_ok() { most_age } else { SOONEST };
        (now >= fetched.at && now.duration_since(fetched.at) < most_age).then(|| fetched.clone())
    }

    fn keep(&self, jwks_uri: &str, fetched: Fetched) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(jwks_uri.to_owned(), fetched);
    }
}
