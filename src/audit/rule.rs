//! The rules that need facts beside the registration, as one table, and all rules together.

use std::fmt;

use crate::client::Severity::{High, Info, Low, Medium};
use crate::client::{Rule, Severity, closed_set};

closed_set! {
    /// A rule that needs more than one registration, by its fixed identifier.
    FactRule {
        /// An address of two clients.
        RedirShared = "redir-shared",
        /// A host that is not the organisation's.
        RedirForeignHost = "redir-foreign-host",
        /// Public, and yet a secret is kept for it.
        AuthPublicSecret = "auth-public-secret",
        /// Its last secret has ended.
        SecretExpired = "secret-expired",
        /// It has no secret, and needs one.
        SecretNone = "secret-none",
        /// Its last secret ends soon.
        SecretSoon = "secret-soon",
        /// A secret without an end that has been there for long.
        SecretOld = "secret-old",
        /// An overlap of secrets that does not end.
        SecretOverlapOpen = "secret-overlap-open",
        /// A secret that was replaced and is used.
        SecretOldInUse = "secret-old-in-use",
        /// A scope that is watched.
        ScopeSensitive = "scope-sensitive",
        /// A scope that nobody asks for.
        ScopeUnused = "scope-unused",
        /// Bearer tokens where much is at stake.
        PopMissing = "pop-missing",
        /// A client that nobody uses.
        ClientUnused = "client-unused",
        /// A client that registered itself and is dead.
        DcrOrphan = "dcr-orphan",
        /// Switched off, and its tokens live on.
        DisabledLiveTokens = "disabled-live-tokens",
        /// A name or an identifier like another one.
        ClientLookalike = "client-lookalike",
        /// Changed after somebody approved it.
        ChangedSinceReview = "changed-since-review",
        /// PKCE that protects nothing.
        PkcePlain = "pkce-plain",
        /// A secret that can be guessed.
        SecretWeak = "secret-weak",
        /// A public client's refresh tokens stay the same.
        RefreshStaticPublic = "refresh-static-public",
        /// Refresh tokens without an end.
        RefreshEndless = "refresh-endless",
        /// Offline access that nobody asked for.
        OfflineDefault = "offline-default",
        /// Tokens with every role of the person.
        ScopeFull = "scope-full",
        /// A claim that people write themselves.
        ClaimEditable = "claim-editable",
        /// An address that the other system never took.
        RedirNeverMatches = "redir-never-matches",
    }
}

/// One row of the table.
struct Entry {
    severity: Severity,
    title: &'static str,
    harm: &'static str,
    advice: &'static str,
    basis: &'static str,
}

impl FactRule {
    #[rustfmt::skip]
    const fn entry(self) -> Entry {
        const fn row(severity: Severity, title: &'static str, harm: &'static str, advice: &'static str, basis: &'static str) -> Entry {
            Entry { severity, title, harm, advice, basis }
        }
        match self {
            Self::RedirShared => row(Medium, "Redirect URI of two clients", "A code meant for one client is delivered to the other, which can try to redeem or inject it.", "Give each client an address of its own.", "RFC 9700 §4.1"),
            Self::RedirForeignHost => row(Medium, "Host outside the organisation", "Whoever owns the host receives the codes; a host that was given up can be bought by anybody.", "Remove the address, or add its host to the allowed ones.", "RFC 9700 §4.1"),
            Self::AuthPublicSecret => row(High, "Public client with a secret", "The secret stands in an application that cannot keep it, and software elsewhere may trust it.", "Revoke its secrets, or let the client authenticate.", "RFC 6749 §2.1"),
            Self::SecretExpired => row(High, "Every secret has ended", "The client can no longer authenticate, and somebody in a hurry will make a worse one.", "Rotate the secret, or disable the client if nobody misses it.", "RFC 7591 §3.2.1"),
            Self::SecretNone => row(Medium, "No secret", "The client cannot authenticate, and whoever waits for it may pass a secret on in a hurry.", "Rotate the secret, which makes a first one, or disable the client.", "RFC 6749 §2.3.1"),
            Self::SecretSoon => row(Medium, "The last secret ends soon", "On that day the client stops working.", "Rotate the secret while the old one still works.", "RFC 7591 §3.2.1"),
            Self::SecretOld => row(Low, "Old secret without an end", "A copy that leaked in all that time still works.", "Rotate the secret, and give the new one an end.", "RFC 9700 §2.5"),
            Self::SecretOverlapOpen => row(Medium, "Old secret that never ends", "A secret that was replaced, perhaps because it leaked, still works.", "Give the older secret an end, or rotate again with an overlap.", "RFC 6749 §2.3.1"),
            Self::SecretOldInUse => row(Medium, "Replaced secret still in use", "Some copy of the client still runs on the old secret, and stops when that ends; or it is not the client.", "Find who uses it, bring them to the new secret, then let the old one end.", "RFC 6749 §2.3.1"),
            Self::ScopeSensitive => row(Medium, "Watched scope", "The client can do what only few may.", "Take the scope out, or add the client to those that may have it.", "RFC 9700 §2.3"),
            Self::ScopeUnused => row(Low, "Scope that is not used", "Whoever takes the client over gets a right that nobody would miss.", "Take the scope out.", "RFC 9700 §2.3"),
            Self::PopMissing => row(Info, "Bearer tokens for a watched scope", "A token that is stolen works for the thief.", "Bind its access tokens to a key by DPoP or mutual TLS.", "RFC 9700 §2.2.1"),
            Self::ClientUnused => row(Medium, "Unused client", "Nobody would notice if somebody else used it.", "Disable it, and delete it when nobody has missed it.", "RFC 9700 §2.5"),
            Self::DcrOrphan => row(Low, "Abandoned registration", "An application that registered itself is gone; its registration still answers for it.", "Delete it.", "RFC 7592 §2.3"),
            Self::DisabledLiveTokens => row(High, "Disabled, with living tokens", "Resource servers that check tokens by themselves still accept them.", "Enable and disable the client again, which ends its tokens, and have resource servers introspect.", "RFC 7592 §2.3"),
            Self::ClientLookalike => row(Medium, "Looks like another one", "A person consents to, or a resource server trusts, the wrong one.", "Give it a name that cannot be mistaken, or delete the one that is not needed.", "RFC 9700 §4.15"),
            Self::ChangedSinceReview => row(Medium, "Changed since review", "What was signed off is no longer what is registered.", "Look at what changed, then approve the client again or restore what was approved.", "RFC 7592 §2.2"),
            Self::PkcePlain => row(High, "PKCE method plain", "Whoever sees the request knows the verifier, and can redeem the code.", "Allow S256 only.", "RFC 7636 §7.2"),
            Self::SecretWeak => row(High, "Secret that can be guessed", "A secret of less than 128 bits can be found by trying.", "Rotate the secret: those that are made here have 256 bits.", "RFC 6749 §10.10"),
            Self::RefreshStaticPublic => row(High, "Refresh tokens of a public client stay the same", "A copy of one works for as long as the first, and nobody notices.", "Rotate refresh tokens at each use, or bind them to a key.", "RFC 9700 §2.2.2"),
            Self::RefreshEndless => row(Medium, "Refresh tokens without an end", "A copy that leaked once works for ever.", "Let them end when they are not used, and after some time in any case.", "RFC 9700 §4.14"),
            Self::OfflineDefault => row(Medium, "Offline access by default", "Tokens outlive the session of people who never agreed to that.", "Let the client ask for offline_access, and the person allow it.", "OIDC Core §11"),
            Self::ScopeFull => row(Info, "Every role goes into the token", "A token that leaks from this client opens whatever its person may do anywhere.", "Give the client only the roles and scopes that it needs.", "RFC 9700 §2.3"),
            Self::ClaimEditable => row(High, "Claim that people write themselves", "Whoever may edit their own profile can pass for somebody else where the claim is trusted.", "Take the claim from an attribute that only admins may change.", "RFC 9700 §4.15"),
            Self::RedirNeverMatches => row(Low, "Redirect URI that never matches", "No address fits it, so nobody comes back through it, and whoever mends it in a hurry may open it wider than was meant.", "Register the exact address instead.", "RFC 6749 §3.1.2.3"),
        }
    }
}

/// Any rule of the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditRule {
    /// One that needs only the registration: the form shows it too.
    Draft(Rule),
    /// One that needs facts beside it.
    Facts(FactRule),
}

impl AuditRule {
    /// Every rule, those of the form first.
    pub fn all() -> impl Iterator<Item = Self> {
        let of_drafts = Rule::ALL.iter().copied().map(Self::Draft);
        of_drafts.chain(FactRule::ALL.iter().copied().map(Self::Facts))
    }

    /// The rule of an identifier.
    pub fn parse(id: &str) -> Option<Self> {
        let of_draft = Rule::parse(id).map(Self::Draft);
        of_draft.or_else(|| FactRule::parse(id).map(Self::Facts))
    }

    /// Its fixed identifier.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Draft(rule) => rule.as_str(),
            Self::Facts(rule) => rule.as_str(),
        }
    }

    /// How bad it is, unless the client makes it worse or better.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Draft(rule) => rule.severity(),
            Self::Facts(rule) => rule.entry().severity,
        }
    }

    /// Whether a registration that breaks it cannot be saved.
    pub const fn refuses(self) -> bool {
        match self {
            Self::Draft(rule) => rule.refuses(),
            Self::Facts(_) => false,
        }
    }

    /// What it is, in a few words.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Draft(rule) => rule.title(),
            Self::Facts(rule) => rule.entry().title,
        }
    }

    /// The same, with whom else it is about.
    pub fn title_beside(self, other: Option<&str>) -> String {
        match other {
            Some(other) => format!("{} ({other})", self.title()),
            None => self.title().to_owned(),
        }
    }

    /// What it is, whom else it is about, and what could come of it.
    pub fn message(self, other: Option<&str>) -> String {
        format!("{}. {}", self.title_beside(other), self.harm())
    }

    /// What an attacker or an accident could do with it.
    pub const fn harm(self) -> &'static str {
        match self {
            Self::Draft(rule) => rule.harm(),
            Self::Facts(rule) => rule.entry().harm,
        }
    }

    /// What to do about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Draft(rule) => rule.advice(),
            Self::Facts(rule) => rule.entry().advice,
        }
    }

    /// The paragraph it rests on.
    pub const fn basis(self) -> &'static str {
        match self {
            Self::Draft(rule) => rule.basis(),
            Self::Facts(rule) => rule.entry().basis,
        }
    }
}

impl fmt::Display for AuditRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_an_identifier_of_its_own_and_says_what_it_does_and_what_ends_it() {
        let mut ids = std::collections::HashSet::new();
        for rule in AuditRule::all() {
            assert!(ids.insert(rule.id()), "{rule} stands twice in the table");
            assert!(!rule.title().ends_with('.'), "{rule}");
            for sentence in [rule.harm(), rule.advice()] {
                assert!(
                    sentence.ends_with('.') && sentence.len() > 8,
                    "{rule}: {sentence}"
                );
            }
            assert!(rule.basis().contains('§'), "{rule}");
        }
    }
}
