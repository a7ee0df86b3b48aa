//! Public keys of other systems' files as JWKs (RFC 7517 §4, RFC 7518 §6), from PEM or from a certificate. A private key never
//! becomes one.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, UintRef};
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// What names a kind of key (RFC 8017 §A.1, RFC 5480 §2.1.1, RFC 8410 §3).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// The curves by the length of their points (RFC 7518 §6.2.1.1): the first byte, then two coordinates.
const CURVES: [(usize, &str); 3] = [(65, "P-256"), (97, "P-384"), (133, "P-521")];

/// The key of the first block of a text in PEM (RFC 7468): a public key, or the one of a certificate.
///
/// # Errors
/// Why there is none, as the rest of a sentence.
pub(super) fn of_pem(text: &str) -> Result<Value, &'static str> {
    if text.contains("PRIVATE KEY") {
        return Err("it is a private key");
    }
    let block = || {
        let (_, from_label) = text.split_once("-----BEGIN ")?;
        let (label, rest) = from_label.split_once("-----")?;
        let (body, _) = rest.split_once("-----END ")?;
        let body: String = body.split_ascii_whitespace().collect();
        Some((label, STANDARD.decode(body).ok()?))
    };
    let (label, der) = block().ok_or("it is no public key in PEM")?;
    let key = match label {
        "PUBLIC KEY" => SubjectPublicKeyInfoOwned::from_der(&der)
            .ok()
            .and_then(|key| of_info(&key)),
        "CERTIFICATE" => of_certificate(&der),
        "RSA PUBLIC KEY" => of_rsa(&der),
        _ => None,
    };
    key.ok_or("it is no RSA, EC or Ed25519 key that can be read")
}

/// The public key of a certificate (RFC 5280 §4.1).
pub(super) fn of_certificate(der: &[u8]) -> Option<Value> {
    let certificate = Certificate::from_der(der).ok()?;
    of_info(certificate.tbs_certificate().subject_public_key_info())
}

fn of_info(key: &SubjectPublicKeyInfoOwned) -> Option<Value> {
    let bytes = key.subject_public_key.as_bytes()?;
    match key.algorithm.oid {
        RSA => of_rsa(bytes),
        // RFC 5480 §2.2: an uncompressed point is 4, then both coordinates.
        EC => {
            let (length, curve) = CURVES.iter().find(|(length, _)| *length == bytes.len())?;
            let (x, y) = bytes.strip_prefix(&[4])?.split_at_checked((length - 1) / 2)?;
            Some(json!({"kty": "EC", "crv": curve, "x": encoded(x), "y": encoded(y)}))
        }
        ED25519 => Some(json!({"kty": "OKP", "crv": "Ed25519", "x": encoded(bytes)})),
        _ => None,
    }
}

/// RFC 8017 §A.1.1: a sequence of both numbers.
fn of_rsa(der: &[u8]) -> Option<Value> {
    let mut reader = SliceReader::new(der).ok()?;
    let numbers = reader.sequence(|sequence| -> Result<_, x509_cert::der::Error> {
        let modulus = UintRef::decode(sequence)?.as_bytes().to_vec();
        let exponent = UintRef::decode(sequence)?.as_bytes().to_vec();
        Ok((modulus, exponent))
    });
    let (modulus, exponent) = numbers.ok()?;
    Some(json!({"kty": "RSA", "n": encoded(&modulus), "e": encoded(&exponent)}))
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(label: &str, der: &[u8]) -> String {
        let body = STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    #[test]
    fn public_keys_of_every_kind_are_read_and_private_ones_are_not() {
        for (algorithm, kind, curve) in [
            (&rcgen::PKCS_ECDSA_P256_SHA256, "EC", "P-256"),
            (&rcgen::PKCS_ECDSA_P384_SHA384, "EC", "P-384"),
            (&rcgen::PKCS_ED25519, "OKP", "Ed25519"),
        ] {
            let pair = rcgen::KeyPair::generate_for(algorithm).unwrap();
            let certificate = rcgen::CertificateParams::default().self_signed(&pair).unwrap();
            let public = rcgen::PublicKeyData::subject_public_key_info(&pair);
            let key = of_pem(&pem("PUBLIC KEY", &public)).unwrap();
            assert_eq!(
                (key["kty"].as_str(), key["crv"].as_str()),
                (Some(kind), Some(curve))
            );
            assert_eq!(of_pem(&pem("CERTIFICATE", certificate.der())), Ok(key));
            let both = pem("PUBLIC KEY", &public) + &pem("PRIVATE KEY", pair.serialized_der());
            assert_eq!(of_pem(&both), Err("it is a private key"));
        }
        for nothing in [
            "",
            "nobody's",
            "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----",
            "-----BEGIN X-----\nAA==\n-----END X-----",
        ] {
            assert!(of_pem(nothing).is_err(), "{nothing}");
        }
    }
}
