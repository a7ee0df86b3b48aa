//! One key that signs, and the algorithms that this server signs with.

use std::fmt;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use serde_json::json;
use zeroize::Zeroizing;

use crate::registry::RegistryError;
use crate::vault::VaultError;

/// An algorithm that this server signs with (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits.
    Rs256,
    /// Ed25519.
    EdDsa,
}

/// What a token says it is, in its `typ` header, so that none passes for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token (RFC 9068 §2.1).
    AccessToken,
    /// An ID token (OpenID Connect Core §2).
    IdToken,
}

/// A key object, made once and used for each token.
pub struct SigningKey {
    kid: String,
    pair: Pair,
    access_token_header: String,
    id_token_header: String,
    random: SystemRandom,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// Why there are no keys to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// They could not be read or stored.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// They could not be sealed or opened.
    #[error("The signing keys cannot be opened: {0}")]
    Vault(#[from] VaultError),
    /// There are none yet, and the registry is only looked at.
    #[error("The registry has no signing keys yet, and is open read-only")]
    NoneYet,
    /// One was opened and is no key.
    #[error("A signing key cannot be used: {0}")]
    Unusable(&'static str),
}

impl KeysError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Registry(error) => error.advice(),
            Self::Vault(error) => error.advice().to_owned(),
            Self::NoneYet => "Start the server once without --read-only: that makes them".to_owned(),
            Self::Unusable(_) => "Restore the registry and its key file from a backup".to_owned(),
        }
    }
}

impl TokenKind {
    /// The value of `typ`.
    pub const fn typ(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::IdToken => "JWT",
        }
    }
}

impl SigningAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Es256, Self::Rs256, Self::EdDsa];

    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a registered name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// A new private key as PKCS #8.
    ///
    /// # Errors
    /// When the system cannot make one.
    pub fn generate(self) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let unusable = |_| KeysError::Unusable("the system could not make one");
        match self {
            Self::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(unusable)?;
                let pkcs8 = pair.to_pkcs8v1().map_err(unusable)?;
                Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
            }
            Self::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(unusable)?;
                let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(unusable)?;
                Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
            }
            Self::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(unusable)?;
                let pkcs8 = pair.to_pkcs8v1().map_err(unusable)?;
                Ok(Zeroizing::new(pkcs8.as_ref().to_vec()))
            }
        }
    }

    /// The public half of a private key, named by its thumbprint (RFC 7638).
    ///
    /// # Errors
    /// When it is no such key.
    pub fn public_jwk(self, pkcs8: &[u8]) -> Result<Jwk, KeysError> {
        let unreadable = || KeysError::Unusable("its public part cannot be read");
        let jwk = match self {
            Self::Es256 => Jwk::from_encoding_key(&EncodingKey::from_ec_der(pkcs8), Algorithm::ES256),
            Self::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| unreadable())?;
                let public = DecodingKey::from_rsa_der(pair.public_key().as_ref());
                Jwk::from_decoding_key(&public, Some(Algorithm::RS256))
            }
            Self::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(|_| unreadable())?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x });
                return Self::named(serde_json::from_value(jwk).map_err(|_| unreadable())?);
            }
        };
        Self::named(jwk.map_err(|_| unreadable())?)
    }

    fn named(mut jwk: Jwk) -> Result<Jwk, KeysError> {
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256);
        let kid = thumbprint.map_err(|_| KeysError::Unusable("its public part cannot be read"))?;
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_id = Some(kid);
        Ok(jwk)
    }
}

impl SigningKey {
    /// Opens a private key.
    ///
    /// # Errors
    /// When it is no key of this algorithm.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, kid: &str, pkcs8: &[u8]) -> Result<Self, KeysError> {
        let pair = match algorithm {
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8);
                Pair::Es256(pair.map_err(|_| KeysError::Unusable("it is not of P-256"))?)
            }
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8);
                Pair::Rs256(pair.map_err(|_| KeysError::Unusable("it is not of RSA"))?)
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8);
                Pair::EdDsa(pair.map_err(|_| KeysError::Unusable("it is not of Ed25519"))?)
            }
        };
        Ok(Self {
            kid: kid.to_owned(),
            pair,
            access_token_header: header(TokenKind::AccessToken, algorithm, kid),
            id_token_header: header(TokenKind::IdToken, algorithm, kid),
            random: SystemRandom::new(),
        })
    }

    /// Its name in tokens and in the published set (RFC 7517 §4.5).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm that it signs with.
    pub fn algorithm(&self) -> SigningAlgorithm {
        match &self.pair {
            Pair::Es256(_) => SigningAlgorithm::Es256,
            Pair::Rs256(_) => SigningAlgorithm::Rs256,
            Pair::EdDsa(_) => SigningAlgorithm::EdDsa,
        }
    }

    /// `base64url(header) "." base64url(claims) "." base64url(signature of what stands before)` (RFC 7515 §7.1).
    ///
    /// # Errors
    /// When the cryptographic library fails, which no input brings about.
    pub fn sign(&self, kind: TokenKind, claims: &[u8]) -> Result<String, KeysError> {
        let header = match kind {
            TokenKind::AccessToken => &self.access_token_header,
            TokenKind::IdToken => &self.id_token_header,
        };
        self.signed(header, claims)
    }

    /// The same under a name that is not the key's own: for a fault.
    ///
    /// # Errors
    /// As [`SigningKey::sign`].
    pub fn sign_as(&self, kid: &str, kind: TokenKind, claims: &[u8]) -> Result<String, KeysError> {
        self.signed(&header(kind, self.algorithm(), kid), claims)
    }

    fn signed(&self, header: &str, claims: &[u8]) -> Result<String, KeysError> {
        let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + 352);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let failed = |_| KeysError::Unusable("signing with it failed");
        let signature = match &self.pair {
            Pair::Es256(pair) => {
                let signature = pair.sign(&self.random, token.as_bytes()).map_err(failed)?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &self.random, token.as_bytes(), &mut signature)
                    .map_err(failed)?;
                URL_SAFE_NO_PAD.encode(signature)
            }
            Pair::EdDsa(pair) => URL_SAFE_NO_PAD.encode(pair.sign(token.as_bytes())),
        };
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

fn header(kind: TokenKind, algorithm: SigningAlgorithm, kid: &str) -> String {
    let header = json!({ "typ": kind.typ(), "alg": algorithm.as_str(), "kid": kid });
    URL_SAFE_NO_PAD.encode(header.to_string())
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid)
    }
}
