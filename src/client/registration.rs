//! A registration that keeps the rules, its identifier and its standing.

use std::fmt;
use std::ops::Deref;

use super::closed_set::closed_set;
use super::redirect_uri::RedirectUri;
use super::{ClientDraft, Finding, Scope};

/// The public identifier of a client (RFC 6749 §2.2): generated here as a UUID v4, or kept from another system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(String);

impl ClientId {
    /// The longest identifier that is kept, in characters.
    pub const MAX_LENGTH: usize = 512;

    /// A new identifier from 16 random bytes, as UUID v4 (RFC 9562 §5.4).
    pub fn generate(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid().to_string())
    }

    /// Reads an identifier: printable ASCII (RFC 6749 appendix A.1), not empty.
    pub fn parse(text: &str) -> Option<Self> {
        let printable = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        (!text.is_empty() && text.len() <= Self::MAX_LENGTH && printable).then(|| Self(text.to_owned()))
    }

    /// The identifier as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

closed_set! {
    /// Whether the admin has switched the client on.
    Status {
        /// On.
        Active = "active",
        /// Off.
        Disabled = "disabled",
    }
}

/// What a client may do today, derived from its status and its registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It authenticates.
    Active,
    /// It is switched off.
    Disabled,
    /// It breaks a rule marked *refuse*: shown, audited, exported, never authenticated, until put right.
    Held,
}

impl Standing {
    /// The word on the screen.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Disabled => "Disabled",
            Self::Held => "Held",
        }
    }
}

/// Why a draft is no registration: the findings that stand against saving it. Never empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusals(pub Vec<Finding>);

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "\n" };
            write!(f, "{gap}{}", finding.sentence())?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusals {}

/// A client registration that keeps every rule marked *refuse*. Made by [`ClientDraft::validate`] only; its
/// draft's fields are read through it.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    draft: ClientDraft,
    redirect_uris: Vec<RedirectUri>,
    scopes: Vec<Scope>,
}

impl Registration {
    pub(super) fn from_draft(mut draft: ClientDraft) -> Result<Self, Refusals> {
        draft.name = draft.name.trim().to_owned();
        let refusals: Vec<Finding> = draft.findings().into_iter().filter(Finding::refuses).collect();
        if !refusals.is_empty() {
            return Err(Refusals(refusals));
        }
        let redirect_uris = draft
            .redirect_uris
            .iter()
            .filter_map(|uri| RedirectUri::parse(uri).ok())
            .collect();
        let scopes = draft
            .scopes
            .iter()
            .filter_map(|scope| Scope::parse(scope))
            .collect();
        Ok(Self {
            draft,
            redirect_uris,
            scopes,
        })
    }

    /// The callback URLs, each known to be sound.
    pub fn redirect_uris(&self) -> &[RedirectUri] {
        &self.redirect_uris
    }

    /// The allowed scopes.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Back to a draft, to be changed and judged again.
    pub fn into_draft(self) -> ClientDraft {
        self.draft
    }
}

impl Deref for Registration {
    type Target = ClientDraft;

    fn deref(&self) -> &ClientDraft {
        &self.draft
    }
}
