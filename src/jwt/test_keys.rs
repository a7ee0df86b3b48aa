//! Keys to sign with, for tests.

use std::sync::LazyLock;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P256K1_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING,
    ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
    RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{rsa, signature};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A key pair, and its public half as a JWK.
pub struct TestKey {
    pair: Pair,
    pub jwk: Value,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Rsa(&'static RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Made once: it takes a while.
static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key of P-256.
pub fn ec(kid: &str) -> TestKey {
    of_curve(kid, "ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
}

/// A key of each further curve, with its algorithm.
pub fn other_curves() -> Vec<(&'static str, TestKey)> {
    [
        ("ES384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
        ("ES512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING),
        ("ES256K", "secp256k1", &ECDSA_P256K1_SHA256_FIXED_SIGNING),
    ]
    .into_iter()
    .map(|(alg, curve, signing)| (alg, of_curve("k", alg, curve, signing)))
    .collect()
}

fn of_curve(kid: &str, alg: &str, curve: &str, signing: &'static EcdsaSigningAlgorithm) -> TestKey {
    let pair = EcdsaKeyPair::generate(signing).unwrap();
    let point = &pair.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let jwk =
        json!({ "kty": "EC", "crv": curve, "alg": alg, "kid": kid, "x": base64url(x), "y": base64url(y) });
    let pair = Pair::Ec(pair);
    TestKey { pair, jwk }
}

/// A key of RSA for every algorithm.
pub fn rsa(kid: &str) -> TestKey {
    let public: rsa::PublicKeyComponents<Vec<u8>> = RSA.public_key().into();
    let jwk = json!({ "kty": "RSA", "kid": kid, "n": base64url(public.n), "e": base64url(public.e) });
    let pair = Pair::Rsa(&RSA);
    TestKey { pair, jwk }
}

/// A key of Ed25519.
pub fn ed25519(kid: &str) -> TestKey {
    let pair = Ed25519KeyPair::generate().unwrap();
    let x = base64url(pair.public_key().as_ref());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": kid, "x": x });
    let pair = Pair::Ed25519(pair);
    TestKey { pair, jwk }
}

impl TestKey {
    /// A token with a header and a payload as they are written, signed by an algorithm, whatever the header says.
    pub fn sign_by(&self, alg: &str, header: &str, payload: &[u8]) -> String {
        let message = format!("{}.{}", base64url(header), base64url(payload));
        format!("{message}.{}", base64url(self.signature(alg, message.as_bytes())))
    }

    /// A token of this header and these claims, signed by the header's own algorithm.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let alg = header["alg"].as_str().unwrap_or_default();
        self.sign_by(alg, &header.to_string(), claims.to_string().as_bytes())
    }

    pub fn signature(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match alg {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut bytes = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, message, &mut bytes).unwrap();
                bytes
            }
        }
    }
}

fn block(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

/// The public half in PEM.
pub fn pem_of(key: &TestKey) -> String {
    let der: PublicKeyX509Der<'_> = match &key.pair {
        Pair::Ec(pair) => pair.public_key().as_der().unwrap(),
        Pair::Rsa(pair) => pair.public_key().as_der().unwrap(),
        Pair::Ed25519(pair) => pair.public_key().as_der().unwrap(),
    };
    block("PUBLIC KEY", der.as_ref())
}

/// A certificate of P-256 in PEM.
pub fn certificate() -> String {
    let params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    block("CERTIFICATE", params.self_signed(&key).unwrap().der())
}
