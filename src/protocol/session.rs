//! Who is signed in with which browser. Kept in memory: the sessions of a server end with it.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};

use crate::client::SecretHash;
use crate::registry::User;

/// A session ends this long after its sign-in.
const LIFETIME: SignedDuration = SignedDuration::from_hours(8);
/// Sessions held; the oldest give way.
const MOST_SESSIONS: usize = 10_000;

/// A person who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The name of the test user.
    pub user: String,
    /// When.
    pub auth_time: Timestamp,
    /// The hash of the password then: another password ends the session.
    password: SecretHash,
}

/// All sessions of one server, found by the SHA-256 of what the browser holds.
#[derive(Debug, Default)]
pub struct Sessions(HashMap<[u8; 32], Session>);

impl Session {
    /// Somebody has just signed in.
    pub fn of(user: &User, now: Timestamp) -> Self {
        Self {
            user: user.name.clone(),
            auth_time: now,
            password: user.hash.clone(),
        }
    }

    /// Whether it still counts for the user as the registry has them now.
    pub fn is_of(&self, user: &User) -> bool {
        self.user == user.name && self.password == user.hash
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now < self.auth_time || now.duration_since(self.auth_time) >= LIFETIME
    }
}

impl Sessions {
    /// Begins a session for the browser that holds this token.
    pub fn begin(&mut self, token: &str, session: Session, now: Timestamp) {
        if self.0.len() >= MOST_SESSIONS {
            self.0.retain(|_, session| !session.is_over(now));
        }
        if self.0.len() >= MOST_SESSIONS {
            let oldest = self.0.iter().min_by_key(|(_, session)| session.auth_time);
            let oldest = oldest.map(|(key, _)| *key);
            oldest.and_then(|key| self.0.remove(&key));
        }
        self.0.insert(key(token), session);
    }

    /// The session of the browser that holds this token.
    pub fn find(&self, token: &str, now: Timestamp) -> Option<&Session> {
        self.0.get(&key(token)).filter(|session| !session.is_over(now))
    }

    /// Ends the session of the browser that holds this token.
    pub fn end(&mut self, token: &str) {
        self.0.remove(&key(token));
    }
}

fn key(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    key
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::client::Secret;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn user(salt: u8) -> User {
        User {
            name: "ada".to_owned(),
            hash: Secret::new("password".to_owned()).hash([salt; 16]).unwrap(),
            claims: Map::new(),
            created_at: at(0),
        }
    }

    #[test]
    fn a_session_is_found_by_its_token_until_its_end() {
        let mut sessions = Sessions::default();
        sessions.begin("token", Session::of(&user(1), at(0)), at(0));
        assert!(sessions.find("token", at(8 * 3600 - 1)).is_some());
        assert!(sessions.find("token", at(8 * 3600)).is_none());
        assert!(sessions.find("another", at(1)).is_none());
        sessions.end("token");
        assert!(sessions.find("token", at(1)).is_none());
    }

    #[test]
    fn a_new_password_ends_a_session() {
        let session = Session::of(&user(1), at(0));
        assert!(session.is_of(&user(1)));
        assert!(!session.is_of(&user(2)));
    }

    #[test]
    fn the_number_of_sessions_is_bounded_and_the_oldest_goes_first() {
        let mut sessions = Sessions::default();
        let user = user(1);
        for number in 0..i64::try_from(MOST_SESSIONS).unwrap() + 5 {
            sessions.begin(&number.to_string(), Session::of(&user, at(number)), at(number));
        }
        assert_eq!(sessions.0.len(), MOST_SESSIONS);
        assert!(sessions.find("4", at(10_010)).is_none());
        assert!(sessions.find("5", at(10_010)).is_some());
    }
}
