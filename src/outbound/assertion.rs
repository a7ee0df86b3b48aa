//! The client's side of `private_key_jwt`: an assertion signed with its private key (RFC 7523 §2.2, OpenID Connect
//! Core §9).

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::OutboundError;
use crate::client::{ClientId, Secret};

/// The value of `client_assertion_type` (RFC 7523 §2.2).
pub(super) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How long an assertion is good for, in seconds: it is sent at once.
const LIFETIME: i64 = 60;
/// What stands round a private key in PEM (RFC 7468 §10).
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Characters on a line of PEM (RFC 7468 §2).
const LINE: usize = 64;
/// What a key signs with where the registration names no algorithm. One kind of key fits each.
const USUAL: [&str; 4] = ["ES256", "ES384", "RS256", "EdDSA"];

/// A client's private key, and the algorithm that it signs with.
pub struct AssertionKey {
    alg: &'static str,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ed25519(Ed25519KeyPair),
}

/// Whether a text is meant as a key in PEM, readable or not, and so no shared secret.
pub fn is_pem(text: &Secret) -> bool {
    text.expose().trim_start().starts_with("-----BEGIN")
}

/// Writes a private key (PKCS #8, RFC 5958) as PEM (RFC 7468 §10).
pub fn to_pem(pkcs8: &[u8]) -> Secret {
    let encoded = Zeroizing::new(STANDARD.encode(pkcs8));
    // As long as it will be, so that growing leaves no copies behind.
    let mut pem = String::with_capacity(encoded.len() + encoded.len() / LINE + BEGIN.len() + END.len() + 4);
    pem.push_str(BEGIN);
    for (at, character) in encoded.chars().enumerate() {
        if at % LINE == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push('\n');
    pem.push_str(END);
    pem.push('\n');
    Secret::new(pem)
}

impl AssertionKey {
    /// Reads a private key as PEM. It signs with the registered algorithm, or with the usual one of its kind.
    ///
    /// # Errors
    /// [`OutboundError::Key`] when it is none, or does not go with the algorithm.
    pub fn from_pem(pem: &Secret, registered: Option<&str>) -> Result<Self, OutboundError> {
        let pkcs8 = decoded(pem.expose())?;
        let Some(registered) = registered else {
            let usual = USUAL.into_iter().find_map(|alg| Self::opened(alg, &pkcs8));
            return usual.ok_or(OutboundError::Key(
                "it is none of P-256, P-384, RSA of 2048 bits or more, or Ed25519",
            ));
        };
        Self::opened(registered, &pkcs8).ok_or(OutboundError::Key(
            "it does not go with the client's token_endpoint_auth_signing_alg",
        ))
    }

    fn opened(alg: &str, pkcs8: &[u8]) -> Option<Self> {
        let ec = |curve| EcdsaKeyPair::from_pkcs8(curve, pkcs8).ok().map(Pair::Ec);
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let pair = RsaKeyPair::from_pkcs8(pkcs8).ok()?;
            Some(Pair::Rsa(pair, encoding))
        };
        let (alg, pair) = match alg {
            "ES256" => ("ES256", ec(&ECDSA_P256_SHA256_FIXED_SIGNING)),
            "ES384" => ("ES384", ec(&ECDSA_P384_SHA384_FIXED_SIGNING)),
            "RS256" => ("RS256", rsa(&RSA_PKCS1_SHA256)),
            "RS384" => ("RS384", rsa(&RSA_PKCS1_SHA384)),
            "RS512" => ("RS512", rsa(&RSA_PKCS1_SHA512)),
            "PS256" => ("PS256", rsa(&RSA_PSS_SHA256)),
            "PS384" => ("PS384", rsa(&RSA_PSS_SHA384)),
            "PS512" => ("PS512", rsa(&RSA_PSS_SHA512)),
            "EdDSA" => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8);
                ("EdDSA", pair.ok().map(Pair::Ed25519))
            }
            _ => return None,
        };
        Some(Self { alg, pair: pair? })
    }

    /// Signs that this is the client, for one issuer and one use (RFC 7523 §3): `iss` and `sub` are the client, `aud` is
    /// the issuer, `jti` is 128 random bits.
    ///
    /// # Errors
    /// When the cryptographic library fails, which no input brings about.
    pub fn sign(
        &self,
        client_id: &ClientId,
        issuer: &str,
        now: Timestamp,
        jti: [u8; 16],
    ) -> Result<Secret, OutboundError> {
        let now = now.as_second();
        let claims = json!({
            "iss": client_id.as_str(), "sub": client_id.as_str(), "aud": issuer,
            "jti": URL_SAFE_NO_PAD.encode(jti), "iat": now, "exp": now.saturating_add(LIFETIME),
        });
        let header = json!({ "typ": "JWT", "alg": self.alg });
        let mut assertion = URL_SAFE_NO_PAD.encode(header.to_string());
        assertion.push('.');
        assertion.push_str(&URL_SAFE_NO_PAD.encode(claims.to_string()));
        let failed = |_| OutboundError::Key("signing with it failed");
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, assertion.as_bytes()).map_err(failed)?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, assertion.as_bytes(), &mut signature)
                    .map_err(failed)?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Pair::Ed25519(pair) => URL_SAFE_NO_PAD.encode(pair.sign(assertion.as_bytes())),
        };
        assertion.push('.');
        assertion.push_str(&signature);
        Ok(Secret::new(assertion))
    }
}

impl std::fmt::Debug for AssertionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AssertionKey({})", self.alg)
    }
}

/// The PKCS #8 in a PEM. A field of one line turns the line breaks of what is pasted into spaces, so that white space
/// counts nowhere inside.
fn decoded(pem: &str) -> Result<Zeroizing<Vec<u8>>, OutboundError> {
    let pem = pem.trim();
    let within = pem.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let within = within.ok_or(OutboundError::Key(match pem {
        _ if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") => "it is under a password",
        _ if pem.contains("BEGIN RSA PRIVATE KEY") || pem.contains("BEGIN EC PRIVATE KEY") => {
            "it is not in PKCS #8, but in an older form"
        }
        _ if pem.contains("BEGIN PUBLIC KEY") => "it is a public key",
        _ => "it is no PEM",
    }))?;
    let mut base64 = Zeroizing::new(String::with_capacity(within.len()));
    base64.extend(
        within
            .chars()
            .filter(|character| !character.is_ascii_whitespace()),
    );
    let pkcs8 = STANDARD.decode(base64.as_bytes());
    pkcs8
        .map(Zeroizing::new)
        .map_err(|_| OutboundError::Key("it is no base64 between its first and last line"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p256() -> Vec<u8> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        pair.to_pkcs8v1().unwrap().as_ref().to_vec()
    }

    fn read(text: &str, alg: Option<&str>) -> Result<AssertionKey, OutboundError> {
        AssertionKey::from_pem(&Secret::new(text.to_owned()), alg)
    }

    #[test]
    fn a_key_is_read_as_written_and_as_pasted_into_one_line() {
        let pem = to_pem(&p256()).expose().to_owned();
        assert!(pem.lines().all(|line| line.len() <= LINE) && pem.ends_with("-----\n"));
        for text in [
            pem.clone(),
            pem.replace('\n', " "),
            pem.replace('\n', "\r\n"),
            format!("\n {pem}\n"),
        ] {
            assert_eq!(read(&text, None).unwrap().alg, "ES256", "{text}");
            assert!(is_pem(&Secret::new(text)));
        }
        assert!(!is_pem(&Secret::new("secret".to_owned())));
    }

    #[test]
    fn what_is_no_key_is_told_apart() {
        let pem = to_pem(&p256()).expose().to_owned();
        for (text, alg, told) in [
            (String::new(), None, "no PEM"),
            ("secret".to_owned(), None, "no PEM"),
            (pem.replace("PRIVATE KEY", "RSA PRIVATE KEY"), None, "older form"),
            (
                pem.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
                None,
                "password",
            ),
            (pem.replace("PRIVATE KEY", "PUBLIC KEY"), None, "public key"),
            (pem.replace("\nM", "\n!"), None, "no base64"),
            (pem.replace("\nM", "\nN"), None, "none of P-256"),
            (format!("{BEGIN}\n{END}"), None, "none of P-256"),
            (pem.clone(), Some("PS256"), "does not go with"),
            (pem.clone(), Some("ES384"), "does not go with"),
            (pem.clone(), Some("HS256"), "does not go with"),
        ] {
            let error = read(&text, alg).unwrap_err();
            assert!(error.to_string().contains(told), "{told}: {error}");
            assert!(error.advice().contains("PKCS #8"));
        }
    }
}
