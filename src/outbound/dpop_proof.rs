//! The client's side of DPoP (RFC 9449 §4): a proof that whoever sends a request holds a key.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{OutboundError, Request};
use crate::client::Secret;

/// A key that tokens are bound to, on P-256. It lives in memory only.
pub struct ProofKey {
    pair: EcdsaKeyPair,
    public: Value,
}

impl ProofKey {
    /// Makes a key.
    ///
    /// # Errors
    /// When the cryptographic library fails, which no input brings about.
    pub fn generate() -> Result<Self, OutboundError> {
        let failed = |_| OutboundError::Key("none could be made for DPoP");
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?;
        // An uncompressed point: 4, then both coordinates of 32 bytes (SEC 1 §2.3.3).
        let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
        let (x, y) = point.split_at(point.len() / 2);
        let public = json!({
            "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
        });
        Ok(Self { pair, public })
    }

    /// Adds the proof of a request to it (§4.2), with the server's nonce where there is one (§8).
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn prove(
        &self,
        request: &mut Request,
        nonce: Option<&str>,
        now: Timestamp,
    ) -> Result<(), OutboundError> {
        let nonce = nonce.map(|nonce| ("nonce", nonce.to_owned()));
        self.prove_that(request, nonce, now)
    }

    /// Adds the proof of a request to what an access token opens (§7).
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn prove_with_token(
        &self,
        request: &mut Request,
        token: &Secret,
        now: Timestamp,
    ) -> Result<(), OutboundError> {
        let ath = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.expose().as_bytes()));
        self.prove_that(request, Some(("ath", ath)), now)
    }

    fn prove_that(
        &self,
        request: &mut Request,
        further: Option<(&str, String)>,
        now: Timestamp,
    ) -> Result<(), OutboundError> {
        let failed = |_| OutboundError::Key("signing a DPoP proof failed");
        let mut jti = [0; 16];
        rand::fill(&mut jti).map_err(failed)?;
        let mut address = request.url.clone();
        // §4.2: htu is without query and fragment.
        address.set_query(None);
        let mut claims = json!({
            "htm": request.method.as_str(), "htu": address.as_str(), "iat": now.as_second(), "jti": URL_SAFE_NO_PAD.encode(jti),
        });
        if let (Some((name, value)), Some(claims)) = (further, claims.as_object_mut()) {
            claims.insert(name.to_owned(), json!(value));
        }
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.public });
        let mut proof = URL_SAFE_NO_PAD.encode(header.to_string());
        proof.push('.');
        proof.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = self
            .pair
            .sign(&SystemRandom::new(), proof.as_bytes())
            .map_err(failed)?;
        proof.push('.');
        proof.push_str(&URL_SAFE_NO_PAD.encode(signature));
        request.headers.retain(|(name, _)| *name != "DPoP");
        request.headers.push(("DPoP", Secret::new(proof)));
        Ok(())
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(redacted)")
    }
}
