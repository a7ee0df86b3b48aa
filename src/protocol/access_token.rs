//! JWT access tokens (RFC 9068). They are not stored: what lives is decided by signature, `exp`, the client and the
//! grant.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::Issuer;
use super::confirmation::Confirmation;
use super::fault::Signer;
use super::reason::{self, Circumstances, Reason, Source};
use super::signing_key::{KeysError, TokenKind};
use super::token_exchange::Exchanged;
use crate::client::GrantType;
use crate::client::lifetime::{self, MAX_ACCESS_TOKEN, access_token_lifetime};
use crate::registry::{Binding, Client};

/// The claims of an access token (RFC 9068 §2.2). Times are seconds since 1970.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    client_id: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    iat: i64,
    exp: i64,
    jti: uuid::fmt::Hyphenated,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_act: Option<&'a Value>,
}

/// What one access token says.
#[derive(Clone, Copy, Debug)]
pub struct AccessToken<'a> {
    /// Who issues it.
    pub issuer: &'a Issuer,
    /// To whom.
    pub client: &'a Client,
    /// On whose behalf, where a person takes part. Otherwise `sub` is the client itself (RFC 9068 §2.2).
    pub person: Option<Person<'a>>,
    /// What it takes over from the token that it was exchanged for (RFC 8693).
    pub exchanged: Option<&'a Exchanged>,
    /// What it is bound to.
    pub bound_to: Binding,
    /// For which resource server.
    pub audience: &'a str,
    /// For what, space-delimited; absent when for nothing in particular.
    pub scope: Option<&'a str>,
    /// When.
    pub now: Timestamp,
    /// 16 random bytes for its `jti`.
    pub random: [u8; 16],
}

/// A person in an access token.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// What the client sees of them.
    pub subject: &'a str,
    /// When they signed in (RFC 9068 §2.2.1).
    pub auth_time: Timestamp,
    /// The grant that the token dies with.
    pub grant_id: &'a str,
}

impl AccessToken<'_> {
    /// How long it lives, in seconds.
    pub fn lifetime(&self) -> u32 {
        let registered = access_token_lifetime(self.client.draft.access_token_lifetime);
        let left = self
            .exchanged
            .map(|exchanged| exchanged.ends.saturating_sub(self.now.as_second()).max(0));
        let left = left.and_then(|left| u32::try_from(left).ok());
        left.map_or(registered, |left| left.min(registered))
    }

    /// Signs it.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn sign(&self, signer: Signer<'_>) -> Result<String, KeysError> {
        let client_id = self.client.client_id.as_str();
        let other_client = self.exchanged.and_then(|exchanged| exchanged.client.as_deref());
        let iat = self.now.as_second();
        let claims = Claims {
            iss: self.issuer.as_str(),
            sub: self
                .person
                .map_or(other_client.unwrap_or(client_id), |person| person.subject),
            client_id,
            aud: self.audience,
            scope: self.scope,
            iat,
            exp: iat + i64::from(self.lifetime()),
            jti: uuid::Builder::from_random_bytes(self.random)
                .into_uuid()
                .hyphenated(),
            auth_time: self.person.map(|person| person.auth_time.as_second()),
            grant_id: self.person.map(|person| person.grant_id),
            cnf: Confirmation::of(&self.bound_to),
            act: self.exchanged.and_then(|exchanged| exchanged.act.as_ref()),
            may_act: self.exchanged.and_then(|exchanged| exchanged.may_act.as_ref()),
        };
        let claims =
            serde_json::to_vec(&claims).map_err(|_| KeysError::Unusable("the claims cannot be written"))?;
        signer.sign(TokenKind::AccessToken, &claims)
    }
}

/// Why a claim of an access token has the value that [`AccessToken::sign`] gave it; none for a claim that it does not write.
pub fn reason(claim: &str, of: &Circumstances<'_>) -> Option<Reason> {
    Some(match claim {
        "iss" => reason::of_issuer(of),
        "sub" => of_subject(of),
        "client_id" => Reason::new(
            Source::Registration,
            "authenticated",
            "The client that authenticated in the token request, or named itself there if it is public",
        )
        .decided_by("client_id"),
        "aud" => of_audience(of),
        "scope" => of_scope(of),
        "iat" => reason::of_issuing_time(),
        "exp" => of_end(of),
        // An honest token counts from when it was issued.
        "nbf" => reason::of_fault(),
        "jti" => Reason::new(
            Source::Generated,
            "unique",
            "Made at random for this token, which is revoked by it",
        ),
        "auth_time" => reason::of_sign_in(),
        "grant_id" => Reason::new(
            Source::Generated,
            "grant",
            "Made when the test user allowed the client something: when that ends, the token does",
        ),
        "cnf" => of_binding(of),
        "act" => Reason::new(
            Source::Request("actor_token"),
            "actor",
            "Who acts for the subject, by actor_token and by what the subject token said of actors before",
        ),
        "may_act" => Reason::new(
            Source::Request("subject_token"),
            "exchanged",
            "Taken over from the subject token, which says who may act for its subject",
        ),
        _ => return None,
    })
}

fn of_subject(of: &Circumstances<'_>) -> Reason {
    if of.claims.get("auth_time").is_some() {
        return reason::of_person(of.draft());
    }
    if of.text("sub") != Some(of.client.client_id.as_str()) {
        return Reason::new(
            Source::Request("subject_token"),
            "exchanged",
            "The client that the subject token spoke of: no person takes part",
        );
    }
    let why = "The client itself: no person takes part";
    Reason::new(Source::Registration, "client, no person", why).decided_by("client_id")
}

fn of_audience(of: &Circumstances<'_>) -> Reason {
    let registered = &of.draft().audience;
    let first = registered.first().map(String::as_str);
    let aud = of.text("aud");
    for parameter in ["resource", "audience"] {
        if of.asked(parameter).is_some_and(|asked| Some(asked) == aud) {
            return Reason::new(
                Source::Request(parameter),
                "asked, registered",
                format!("Asked for by {parameter}, and among the client's audience"),
            );
        }
    }
    if aud == first {
        let why = "No resource was asked for, so it is the first of the client's audience";
        return Reason::new(Source::Registration, "registered first", why).decided_by("audience");
    }
    if registered.is_empty() && aud == Some(of.issuer) {
        let why = "No resource was asked for, and the client has no audience, so it is the issuer";
        return Reason::new(Source::Server, "none registered", why).decided_by("audience");
    }
    if !registered.iter().any(|held| Some(held.as_str()) == aud) {
        return reason::of_fault();
    }
    Reason::new(
        Source::Request("resource"),
        "asked before",
        "Asked for by resource when the test user allowed it, and among the client's audience",
    )
}

fn of_scope(of: &Circumstances<'_>) -> Reason {
    if of.asked("scope").is_some() {
        return Reason::new(
            Source::Request("scope"),
            "asked, registered",
            "Asked for by scope, and among the client's scopes",
        );
    }
    match of.grant {
        GrantType::TokenExchange => Reason::new(
            Source::Request("subject_token"),
            "exchanged",
            "No scope was asked for, so it is all that both the subject token and the client's scopes have",
        )
        .decided_by("scopes"),
        GrantType::RefreshToken => Reason::new(
            Source::Request("refresh_token"),
            "granted before",
            "No scope was asked for, so it is all that the test user allowed",
        ),
        _ => Reason::new(
            Source::Registration,
            "all registered",
            "No scope was asked for, so it is all of the client's scopes that need not be asked for by name",
        )
        .decided_by("scopes"),
    }
}

fn of_end(of: &Circumstances<'_>) -> Reason {
    let registered = of.draft().access_token_lifetime;
    let lifetime = access_token_lifetime(registered);
    let issued = of
        .seconds("exp")
        .zip(of.seconds("iat"))
        .map(|(exp, iat)| exp - iat);
    if of.grant == GrantType::TokenExchange && issued.is_some_and(|issued| issued < i64::from(lifetime)) {
        return Reason::new(
            Source::Request("subject_token"),
            "exchanged",
            "A token that was exchanged ends with the ones that it came from, at the latest",
        );
    }
    if issued != Some(lifetime.into()) {
        return reason::of_fault();
    }
    let length = lifetime::describe(lifetime.into());
    let reason = match registered {
        None => Reason::new(
            Source::Server,
            format!("{length}, default"),
            format!("{length} after it was issued, as long as access_token_lifetime is not registered"),
        ),
        Some(longer) if longer > MAX_ACCESS_TOKEN => Reason::new(
            Source::Registration,
            format!("{length}, cut"),
            format!("access_token_lifetime is longer than any access token of this server lives: {length}"),
        ),
        Some(_) => Reason::new(
            Source::Registration,
            format!("{length}, client"),
            format!("{length} after it was issued (access_token_lifetime)"),
        ),
    };
    reason.decided_by("access_token_lifetime")
}

fn of_binding(of: &Circumstances<'_>) -> Reason {
    let is_of_proof = of.claims.get("cnf").is_some_and(|cnf| cnf.get("jkt").is_some());
    if is_of_proof {
        let why = "The thumbprint of the key of the request's DPoP proof: the token is worth nothing without that key";
        Reason::new(Source::Request("DPoP"), "DPoP proof", why)
    } else {
        let why = "The thumbprint of the certificate that the client connected with: the token is worth nothing without it";
        Reason::new(Source::Request("certificate"), "certificate", why)
    }
}
