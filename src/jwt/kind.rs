//! What a token is for, so that one kind is never taken for another (RFC 8725 §3.11, §3.12).

use serde_json::Value;

use super::problem::Problem;

/// A kind of JWT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a resource server (RFC 9068).
    AccessToken,
    /// For the client: who signed in (OpenID Connect Core §2).
    IdToken,
    /// For the client: who is signed out (OpenID Connect Back-Channel Logout §2.4).
    LogoutToken,
    /// That a key is held (RFC 9449 §4.2).
    DpopProof,
    /// An authorization request (RFC 9101 §4).
    RequestObject,
    /// An answer to introspection (RFC 9701 §5).
    Introspection,
    /// A security event (RFC 8417 §2).
    SecurityEvent,
    /// It does not say.
    Unnamed,
}

/// The media types that tell the kind; `application/` may stand before them (RFC 7515 §4.1.9).
const TYPES: [(&str, Kind); 7] = [
    ("at+jwt", Kind::AccessToken),
    ("id_token+jwt", Kind::IdToken),
    ("logout+jwt", Kind::LogoutToken),
    ("dpop+jwt", Kind::DpopProof),
    ("oauth-authz-req+jwt", Kind::RequestObject),
    ("token-introspection+jwt", Kind::Introspection),
    ("secevent+jwt", Kind::SecurityEvent),
];

impl Kind {
    /// What a token says to be, by its `typ`, or where that does not tell by claims that only ID tokens have.
    pub fn of(header: &Value, claims: &Value) -> Self {
        let typ = header.get("typ").and_then(Value::as_str).unwrap_or_default();
        let typ = typ.to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        if let Some((_, kind)) = TYPES.iter().find(|(name, _)| *name == typ) {
            return *kind;
        }
        let has = |name: &str| claims.get(name).is_some();
        let signs_in = has("auth_time") && !has("scope") && !has("client_id");
        if has("nonce") || has("at_hash") || has("c_hash") || signs_in {
            Self::IdToken
        } else {
            Self::Unnamed
        }
    }

    /// What it is called, with its article.
    pub const fn label(self) -> &'static str {
        match self {
            Self::AccessToken => "an access token",
            Self::IdToken => "an ID token",
            Self::LogoutToken => "a logout token",
            Self::DpopProof => "a DPoP proof",
            Self::RequestObject => "a request object",
            Self::Introspection => "an introspection response",
            Self::SecurityEvent => "a security event",
            Self::Unnamed => "a JWT that does not say what it is for",
        }
    }
}

/// What is to be said of a token's kind, with what it would have to be if that is known.
pub(super) fn problems(header: &Value, claims: &Value, expected: Option<Kind>) -> Option<Problem> {
    let (kind, expected) = (Kind::of(header, claims), expected?);
    match (expected, kind) {
        (expected, kind) if expected == kind => None,
        (Kind::AccessToken, Kind::Unnamed) => Some(Problem::remark(
            "The header does not say that this is an access token, so that another kind could be taken for one",
            "Have its issuer set typ to at+jwt",
            "RFC 9068 §2.1, RFC 8725 §3.11",
        )),
        (_, Kind::Unnamed) => None,
        (expected, kind) => Some(Problem::refusal(
            format!("This is {}, and not {}", kind.label(), expected.label()),
            "Use each kind for what it is for: an access token for the API, an ID token for the client alone",
            "RFC 8725 §3.11, §3.12",
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_says_what_it_is_by_its_typ_or_by_claims_that_only_id_tokens_have() {
        for (typ, claims, kind) in [
            ("at+jwt", json!({ "nonce": "n" }), Kind::AccessToken),
            ("application/AT+JWT", json!({}), Kind::AccessToken),
            ("dpop+jwt", json!({}), Kind::DpopProof),
            ("JWT", json!({ "at_hash": "h" }), Kind::IdToken),
            ("", json!({ "auth_time": 1 }), Kind::IdToken),
            ("JWT", json!({ "auth_time": 1, "scope": "a" }), Kind::Unnamed),
            ("JWT", json!({}), Kind::Unnamed),
        ] {
            assert_eq!(Kind::of(&json!({ "typ": typ }), &claims), kind, "{typ} {claims}");
        }
    }

    #[test]
    fn one_kind_does_not_pass_for_another() {
        let said = |typ: &str, expected| problems(&json!({ "typ": typ }), &json!({}), expected);
        assert_eq!(said("JWT", None), None);
        assert_eq!(said("at+jwt", Some(Kind::AccessToken)), None);
        assert_eq!(said("JWT", Some(Kind::IdToken)), None);
        assert!(!said("JWT", Some(Kind::AccessToken)).unwrap().refuses());
        let refused = said("at+jwt", Some(Kind::IdToken)).unwrap();
        assert_eq!(refused.what, "This is an access token, and not an ID token");
        assert!(refused.refuses());
    }
}
