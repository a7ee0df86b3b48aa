//! Faults: one answer to one client that is wrong on purpose, so that its developer sees what the client does then.
//!
//! A fault is armed for one client and used up by its next token, request or poll. Whatever it spoils is never worth more
//! than what would have come without it: no time but `iat` and `nbf` lies later, no audience is anybody's, and no judge of
//! tokens knows of faults.

mod armed;
mod forgery;

pub use armed::{ArmedFault, Faults, LIFETIME};
pub use forgery::{AUDIENCE, Forgery, ISSUER, KEY_ID, Signer};

use std::time::Duration;

/// How much later a slow answer comes: longer than the five seconds that many HTTP clients wait, and less than the
/// fifteen that this program does.
pub const SLOW_ANSWER: Duration = Duration::from_secs(6);
/// What `Retry-After` says where the server seems to be unavailable. Seconds.
pub const RETRY_AFTER: u64 = 2;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The tokens have ended.
    Expired,
    /// The tokens do not count yet.
    NotYetValid,
    /// The tokens are another issuer's.
    WrongIssuer,
    /// The tokens are for nobody.
    WrongAudience,
    /// The tokens name a key that is not published.
    WrongKeyId,
    /// The tokens' signature is not right.
    BadSignature,
    /// The tokens are signed with a key that is published no more.
    RetiredKey,
    /// A device is told to ask less often.
    SlowDown,
    /// The server fails.
    ServerError,
    /// The server is unavailable for a moment.
    Unavailable,
    /// The answer takes long.
    SlowAnswer,
    /// There is no answer.
    DroppedConnection,
    /// The server's clock runs a day ahead.
    ClockAhead,
    /// The server's clock runs a day behind.
    ClockBehind,
}

/// What uses a fault up. Each needs the client itself: a stranger uses nothing up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedUpBy {
    /// Its next access token, and the ID token beside it.
    Token,
    /// Its next token request, as soon as it has authenticated.
    Request,
    /// The next poll of a device of it that waits.
    Poll,
}

/// One row of the table.
struct Entry {
    label: &'static str,
    name: &'static str,
    what: &'static str,
    then: &'static str,
    basis: &'static str,
    used_up_by: UsedUpBy,
}

impl Fault {
    /// Every fault, in the order in which they are offered.
    pub const ALL: [Self; 14] = [
        Self::Expired,
        Self::NotYetValid,
        Self::WrongIssuer,
        Self::WrongAudience,
        Self::WrongKeyId,
        Self::BadSignature,
        Self::RetiredKey,
        Self::SlowDown,
        Self::ServerError,
        Self::Unavailable,
        Self::SlowAnswer,
        Self::DroppedConnection,
        Self::ClockAhead,
        Self::ClockBehind,
    ];

    /// What its button is called.
    pub fn label(self) -> &'static str {
        self.entry().label
    }

    /// What it is called within a sentence.
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// What it does, in a sentence.
    pub fn what(self) -> &'static str {
        self.entry().what
    }

    /// What a good client, or the resource server that it calls, does then.
    pub fn then(self) -> &'static str {
        self.entry().then
    }

    /// The standard and its paragraph.
    pub fn basis(self) -> &'static str {
        self.entry().basis
    }

    /// What uses it up.
    pub fn used_up_by(self) -> UsedUpBy {
        self.entry().used_up_by
    }

    /// What the request log says of the request that used it up.
    pub fn remark(self) -> String {
        format!("fault: {}", self.name())
    }

    fn entry(self) -> Entry {
        let of_token = |label, name, what, then, basis| Entry {
            label,
            name,
            what,
            then,
            basis,
            used_up_by: UsedUpBy::Token,
        };
        let of_request = |label, name, what, then, basis| Entry {
            used_up_by: UsedUpBy::Request,
            ..of_token(label, name, what, then, basis)
        };
        match self {
            Self::Expired => of_token(
                "Expired",
                "expired token",
                "The tokens ended an hour ago, whatever expires_in says",
                "The resource server refuses it with invalid_token; the client gets a new one and repeats its call once",
                "RFC 7519 §4.1.4, RFC 6750 §3.1",
            ),
            Self::NotYetValid => of_token(
                "Not yet valid",
                "not yet valid token",
                "The tokens count from the last second of their life only, by nbf",
                "Whoever is shown it refuses it before nbf, with a few minutes of leeway at most",
                "RFC 7519 §4.1.5",
            ),
            Self::WrongIssuer => of_token(
                "Wrong issuer",
                "wrong issuer",
                "The tokens say that https://fault.invalid issued them; the signature is right",
                "Whoever is shown it takes tokens of the issuer that it knows and of no other, however they are signed",
                "RFC 9068 §4, RFC 8725 §3.8, OpenID Connect Core §3.1.3.7",
            ),
            Self::WrongAudience => of_token(
                "Wrong audience",
                "wrong audience",
                "The tokens are for urn:chancery:fault, which is nobody; the signature is right",
                "The resource server refuses what is not for it, and the client an ID token that is not",
                "RFC 9068 §4, RFC 8725 §3.9, OpenID Connect Core §3.1.3.7",
            ),
            Self::WrongKeyId => of_token(
                "Wrong key ID",
                "wrong key ID",
                "The tokens name a key that is not published (kid); the published one has signed them",
                "Whoever is shown it fetches the keys once more, and then refuses it without trying the others",
                "RFC 7515 §4.1.4, OpenID Connect Core §10.1.1",
            ),
            Self::BadSignature => of_token(
                "Bad signature",
                "broken signature",
                "One bit of the tokens' signature is wrong",
                "Whoever is shown it refuses it, and believes no claim of it",
                "RFC 7515 §5.2, RFC 8725 §3.3",
            ),
            Self::RetiredKey => of_token(
                "Retired key",
                "retired key",
                "The tokens are signed, well and truly, with a key that is not published any more",
                "Whoever is shown it fetches the keys once more, and refuses it since its key has gone",
                "OpenID Connect Core §10.1.1, RFC 7517 §5",
            ),
            Self::SlowDown => Entry {
                used_up_by: UsedUpBy::Poll,
                ..of_token(
                    "Slow down",
                    "slow_down",
                    "The next poll of a device gets slow_down, and its interval grows by 5 s",
                    "The device waits 5 s longer between two polls from then on, and goes on asking",
                    "RFC 8628 §3.5",
                )
            },
            Self::ServerError => of_request(
                "500",
                "an answer of 500",
                "The next request gets 500 Internal Server Error; nothing is spent by it",
                "The client says that the server failed, and repeats the request after pauses that grow, a few times",
                "RFC 9110 §15.6.1",
            ),
            Self::Unavailable => of_request(
                "503",
                "an answer of 503",
                "The next request gets 503 Service Unavailable with Retry-After: 2; nothing is spent by it",
                "The client waits for as long as Retry-After says, then repeats the request",
                "RFC 9110 §15.6.4, §10.2.3",
            ),
            Self::SlowAnswer => of_request(
                "Slow answer",
                "slow answer",
                "The next request is answered 6 s late, and rightly",
                "The client has a time-out of its own, shows that it waits, and does not ask a second time meanwhile",
                "RFC 9112 §9.5",
            ),
            Self::DroppedConnection => of_request(
                "Dropped connection",
                "dropped connection",
                "The next request gets no answer: the connection is closed; nothing is spent by it",
                "The client says so, and repeats a POST by itself only where it knows that nothing came of the first",
                "RFC 9110 §9.2.2, RFC 9112 §9.5",
            ),
            Self::ClockAhead => of_token(
                "Clock ahead",
                "clock ahead",
                "The tokens were issued tomorrow, by iat; they end as they would have otherwise",
                "Whoever is shown it refuses what comes from the future, and says that a clock is wrong",
                "RFC 7519 §4.1.6, OpenID Connect Core §3.1.3.7",
            ),
            Self::ClockBehind => of_token(
                "Clock behind",
                "clock behind",
                "The tokens were issued yesterday, by iat, and ended then",
                "Whoever is shown it refuses it; the client does not ask without end for another one, and says that a clock \
                 is wrong",
                "RFC 7519 §4.1.4, §4.1.6",
            ),
        }
    }
}

impl UsedUpBy {
    /// How the banner says it: `It ends with …`.
    pub const fn next(self) -> &'static str {
        match self {
            Self::Token => "the next token",
            Self::Request => "the next token request",
            Self::Poll => "the next poll of a device",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_says_what_comes_of_it_by_which_paragraph() {
        let (mut labels, mut names) = (HashSet::new(), HashSet::new());
        for fault in Fault::ALL {
            assert!(labels.insert(fault.label()), "{}", fault.label());
            assert!(names.insert(fault.name()), "{}", fault.name());
            assert!(fault.basis().contains('§'), "{fault:?}");
            for sentence in [fault.what(), fault.then()] {
                assert!(
                    sentence.starts_with(char::is_uppercase) && !sentence.ends_with('.'),
                    "{fault:?}: {sentence}"
                );
            }
        }
    }

    #[test]
    fn what_is_said_of_a_fault_is_what_it_does() {
        assert!(Fault::WrongIssuer.what().contains(ISSUER));
        assert!(Fault::WrongAudience.what().contains(AUDIENCE));
        let seconds = format!("{} s late", SLOW_ANSWER.as_secs());
        assert!(Fault::SlowAnswer.what().contains(&seconds));
        assert!(
            Fault::Unavailable
                .what()
                .contains(&format!("Retry-After: {RETRY_AFTER}"))
        );
    }
}
