//! A public key or a certificate in PEM (RFC 7468): the first that stands in the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_cert::Certificate;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::algorithm::{KeyKind, Material};
use super::keys::{Key, private};
use super::problem::{Problem, quoted};

/// What names a kind of key in a certificate (RFC 8017 §A.1, RFC 5480 §2.1.1, RFC 8410 §3).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const CURVES: [(ObjectIdentifier, KeyKind); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), KeyKind::P256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), KeyKind::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), KeyKind::P521),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), KeyKind::Secp256k1),
];

/// Reads the first block of a text.
///
/// # Errors
/// A [`Problem`] where that is neither a public key nor a certificate, and wherever a private key stands in the text.
pub(super) fn read(text: &str) -> Result<Key, Problem> {
    if text.contains("PRIVATE KEY") {
        return Err(private("This holds a private key, so nothing of it was kept"));
    }
    let (label, der) = first_block(text)?;
    let unreadable = |_| {
        Problem::unreadable(
            format!("What stands in the PEM is no {}", quoted(label)),
            "Copy the whole block again, its first and its last line too",
            "RFC 7468 §5, §13",
        )
    };
    match label {
        "PUBLIC KEY" => {
            let key = SubjectPublicKeyInfoOwned::from_der(&der).map_err(unreadable)?;
            of_info(&key)
        }
        "CERTIFICATE" => {
            let certificate = Certificate::from_der(&der).map_err(unreadable)?;
            of_info(certificate.tbs_certificate().subject_public_key_info())
        }
        "RSA PUBLIC KEY" => rsa(&der).ok_or_else(unusable),
        other => Err(Problem::unreadable(
            format!(
                "The PEM holds a {}, which no signature is checked with",
                quoted(other)
            ),
            "Paste a PUBLIC KEY or a CERTIFICATE",
            "RFC 7468 §5, §13",
        )),
    }
}

/// The label of the first block, and its bytes.
fn first_block(text: &str) -> Result<(&str, Vec<u8>), Problem> {
    let block = || {
        let (_, from_label) = text.split_once("-----BEGIN ")?;
        let (label, rest) = from_label.split_once("-----")?;
        let (body, _) = rest.split_once("-----END ")?;
        Some((label, body))
    };
    let (label, body) = block().ok_or_else(|| {
        Problem::unreadable(
            "This is no PEM",
            "Paste a block that begins with -----BEGIN PUBLIC KEY----- or -----BEGIN CERTIFICATE-----",
            "RFC 7468 §2",
        )
    })?;
    let body: String = body.split_ascii_whitespace().collect();
    let der = STANDARD.decode(body).map_err(|_| {
        Problem::unreadable(
            "What stands in the PEM is not base64",
            "Copy the whole block again, its first and its last line too",
            "RFC 7468 §2",
        )
    })?;
    Ok((label, der))
}

fn of_info(info: &SubjectPublicKeyInfoOwned) -> Result<Key, Problem> {
    let bytes = info.subject_public_key.raw_bytes();
    match info.algorithm.oid {
        RSA => rsa(bytes).ok_or_else(unusable),
        EC => {
            let curve = info.algorithm.parameters.as_ref();
            let curve = curve.and_then(|curve| curve.to_der().ok());
            let curve = curve.and_then(|der| ObjectIdentifier::from_der(&der).ok());
            let kind = CURVES.iter().find(|(oid, _)| Some(*oid) == curve);
            let (_, kind) = kind.ok_or_else(unusable)?;
            // Compressed points are not used in JOSE.
            let is_point = bytes.first() == Some(&4) && bytes.len() == 1 + 2 * kind.coordinate_bytes();
            is_point.then(|| of_point(*kind, bytes)).ok_or_else(unusable)
        }
        ED25519 if bytes.len() == KeyKind::Ed25519.coordinate_bytes() => {
            Ok(of_point(KeyKind::Ed25519, bytes))
        }
        _ => Err(unusable()),
    }
}

/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 §A.1.1).
fn rsa(der: &[u8]) -> Option<Key> {
    let mut reader = SliceReader::new(der).ok()?;
    let (n, e) = reader
        .sequence(|inner| {
            let n = UintRef::decode(inner)?;
            let e = UintRef::decode(inner)?;
            Ok::<_, x509_cert::der::Error>((n.as_bytes().to_vec(), e.as_bytes().to_vec()))
        })
        .ok()?;
    Some(Key {
        kid: None,
        alg: None,
        verifies: true,
        kind: KeyKind::Rsa,
        material: Material::Rsa { n, e },
    })
}

fn of_point(kind: KeyKind, bytes: &[u8]) -> Key {
    Key {
        kid: None,
        alg: None,
        verifies: true,
        kind,
        material: Material::Point(bytes.to_vec()),
    }
}

fn unusable() -> Problem {
    Problem::unreadable(
        "The PEM holds a key of a kind that is not used here",
        "Paste an RSA, EC (P-256, P-384, P-521, secp256k1) or Ed25519 key",
        "RFC 7518 §3.1",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::Keys;
    use crate::jwt::test_keys::{certificate, ec, ed25519, pem_of, rsa};

    #[test]
    fn a_public_key_of_each_kind_and_a_certificate_are_read() {
        for key in [ec("k"), rsa("k"), ed25519("k")] {
            let jwk = Keys::from_jwks(&key.jwk.to_string()).unwrap();
            let pem = Keys::from_pem(&format!("some text\n{}", pem_of(&key))).unwrap();
            assert_eq!(pem.keys[0].material, jwk.keys[0].material);
        }
        assert_eq!(Keys::from_pem(&certificate()).unwrap().describe(), "P-256");
    }

    #[test]
    fn what_is_no_public_key_in_pem_is_refused_in_a_sentence() {
        let block =
            |label: &str, body: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----");
        for (text, told) in [
            (String::new(), "no PEM"),
            ("-----BEGIN PUBLIC KEY-----".to_owned(), "no PEM"),
            (block("PUBLIC KEY", "*"), "not base64"),
            (block("PUBLIC KEY", "AAAA"), "is no PUBLIC KEY"),
            (block("CERTIFICATE", "AAAA"), "is no CERTIFICATE"),
            (block("RSA PUBLIC KEY", "AAAA"), "a kind that is not used here"),
            (block("DH PARAMETERS", "AAAA"), "a DH PARAMETERS"),
            (block("PRIVATE KEY", "AAAA"), "nothing of it was kept"),
            (certificate() + &block("EC PRIVATE KEY", "AAAA"), "private key"),
        ] {
            let problem = read(&text).unwrap_err();
            assert!(problem.what.contains(told), "{told}: {problem:?}");
        }
    }
}
