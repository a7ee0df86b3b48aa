//! ID tokens (OpenID Connect Core §2): who signed in, told to the client.

use aws_lc_rs::digest::{SHA256, SHA512, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;

use super::access_token::Person;
use super::fault::{Forgery, Signer};
use super::keys::SigningKeys;
use super::reason::{self, Circumstances, Reason, Source};
use super::signing_key::{SigningAlgorithm, SigningKey, TokenKind};
use super::token::WITHOUT_KEY;
use super::{Issuer, OAuthError};
use crate::client::ClientDraft;
use crate::registry::Client;

/// An ID token is read once, at sign-in. Seconds.
const LIFETIME: i64 = 10 * 60;

/// Times are seconds since 1970.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    amr: [&'static str; 1],
    at_hash: String,
}

/// What one ID token says.
#[derive(Clone, Copy, Debug)]
pub struct IdToken<'a> {
    /// Who issues it.
    pub issuer: &'a Issuer,
    /// To whom.
    pub client: &'a Client,
    /// Who signed in.
    pub person: Person<'a>,
    /// What the request brought.
    pub nonce: Option<&'a str>,
    /// The access token that it comes with.
    pub access_token: &'a str,
    /// When.
    pub now: Timestamp,
}

/// The algorithm and the key that a client's ID tokens are signed with: RS256 unless it registered another (OpenID
/// Connect Dynamic Client Registration §2).
///
/// # Errors
/// `invalid_request` for an algorithm that there is no key for; `temporarily_unavailable` while one is being made.
pub fn key<'a>(
    client: &ClientDraft,
    keys: &'a SigningKeys,
) -> Result<(SigningAlgorithm, &'a SigningKey), OAuthError> {
    let algorithm = match client.id_token_signed_response_alg.as_deref() {
        None => Some(SigningAlgorithm::Rs256),
        Some(name) => SigningAlgorithm::parse(name),
    };
    let found = algorithm.and_then(|algorithm| Some((algorithm, keys.signing(algorithm)?)));
    match algorithm {
        // These two are there from the first start; one that is missing was taken away, and another is being made.
        Some(SigningAlgorithm::Es256 | SigningAlgorithm::Rs256) => found.ok_or(WITHOUT_KEY),
        _ => found.ok_or(OAuthError::invalid_request(
            "The server has no key for the client's id_token_signed_response_alg.",
        )),
    }
}

impl IdToken<'_> {
    /// Signs it, and has wrong about it what a fault wants.
    ///
    /// # Errors
    /// As [`key`]; `server_error` when signing fails.
    pub fn sign(&self, keys: &SigningKeys, forgery: Option<&Forgery>) -> Result<String, OAuthError> {
        let (algorithm, key) = key(&self.client.draft, keys)?;
        let iat = self.now.as_second();
        let claims = Claims {
            iss: self.issuer.as_str(),
            sub: self.person.subject,
            aud: self.client.client_id.as_str(),
            exp: iat + LIFETIME,
            iat,
            auth_time: self.person.auth_time.as_second(),
            nonce: self.nonce,
            // RFC 8176 §2: a password. There is no other way to sign in here, and no authentication context class.
            amr: ["pwd"],
            at_hash: at_hash(algorithm, self.access_token),
        };
        let claims = serde_json::to_vec(&claims).map_err(|_| OAuthError::ServerError)?;
        let signer = Signer { key, forgery };
        signer
            .sign(TokenKind::IdToken, &claims)
            .map_err(|_| OAuthError::ServerError)
    }
}

/// Why a claim of an ID token has the value that [`IdToken::sign`] gave it; none for a claim that it does not write.
pub fn reason(claim: &str, of: &Circumstances<'_>) -> Option<Reason> {
    Some(match claim {
        "iss" => reason::of_issuer(of),
        "sub" => reason::of_person(of.draft()),
        "nbf" => reason::of_fault(),
        "aud" if of.text("aud") != Some(of.client.client_id.as_str()) => reason::of_fault(),
        "aud" => Reason::new(
            Source::Registration,
            "client",
            "The client that asked: an ID token is for nobody else",
        )
        .decided_by("client_id"),
        "exp" if of.seconds("exp") != of.seconds("iat").map(|iat| iat + LIFETIME) => reason::of_fault(),
        "exp" => Reason::new(
            Source::Server,
            "10 minutes, always",
            "10 minutes after it was issued: an ID token is read once, at sign-in",
        ),
        "iat" => reason::of_issuing_time(),
        "auth_time" => reason::of_sign_in(),
        "nonce" => Reason::new(
            Source::Request("nonce"),
            "asked",
            "Repeated from the authorization request, by which the client knows its own",
        ),
        "amr" => Reason::new(
            Source::Person,
            "password",
            "How the test user signed in: by password, the one way there is here",
        ),
        "at_hash" => Reason::new(
            Source::Generated,
            "access token",
            "Half the hash of the access token that it came with, by the hash that goes with its signature \
             (id_token_signed_response_alg)",
        )
        .decided_by("id_token_signed_response_alg"),
        _ => return None,
    })
}

/// The left half of the hash that goes with the signature's algorithm (OpenID Connect Core §3.1.3.6).
fn at_hash(algorithm: SigningAlgorithm, access_token: &str) -> String {
    let hash = match algorithm {
        SigningAlgorithm::Es256 | SigningAlgorithm::Rs256 => digest(&SHA256, access_token.as_bytes()),
        // Ed25519 hashes with SHA-512.
        SigningAlgorithm::EdDsa => digest(&SHA512, access_token.as_bytes()),
    };
    let bytes = hash.as_ref();
    let (left, _) = bytes.split_at(bytes.len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}
