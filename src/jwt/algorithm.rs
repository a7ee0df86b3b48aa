//! The algorithms that signatures are checked with (RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2, RFC 9864 §2.2), and the
//! kind of key that each takes.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256K1_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED,
    ED25519, EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};

/// A kind of public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyKind {
    Rsa,
    P256,
    P384,
    P521,
    Secp256k1,
    Ed25519,
}

/// The public half of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Material {
    /// Modulus and exponent, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point, or the 32 bytes of Ed25519.
    Point(Vec<u8>),
}

/// An algorithm that can be checked.
pub(super) struct Algorithm {
    pub name: &'static str,
    pub kind: KeyKind,
    check: Check,
}

enum Check {
    Rsa(&'static RsaParameters),
    Ecdsa(&'static EcdsaVerificationAlgorithm),
    EdDsa,
}

const fn rsa(name: &'static str, parameters: &'static RsaParameters) -> Algorithm {
    Algorithm {
        name,
        kind: KeyKind::Rsa,
        check: Check::Rsa(parameters),
    }
}

const fn ecdsa(
    name: &'static str,
    kind: KeyKind,
    algorithm: &'static EcdsaVerificationAlgorithm,
) -> Algorithm {
    Algorithm {
        name,
        kind,
        check: Check::Ecdsa(algorithm),
    }
}

const fn ed25519(name: &'static str) -> Algorithm {
    Algorithm {
        name,
        kind: KeyKind::Ed25519,
        check: Check::EdDsa,
    }
}

/// Never `none`, and never one with a shared secret (RFC 8725 §3.1, §3.2).
static ALL: [Algorithm; 12] = [
    ecdsa("ES256", KeyKind::P256, &ECDSA_P256_SHA256_FIXED),
    ecdsa("ES384", KeyKind::P384, &ECDSA_P384_SHA384_FIXED),
    ecdsa("ES512", KeyKind::P521, &ECDSA_P521_SHA512_FIXED),
    ecdsa("ES256K", KeyKind::Secp256k1, &ECDSA_P256K1_SHA256_FIXED),
    rsa("RS256", &RSA_PKCS1_2048_8192_SHA256),
    rsa("RS384", &RSA_PKCS1_2048_8192_SHA384),
    rsa("RS512", &RSA_PKCS1_2048_8192_SHA512),
    rsa("PS256", &RSA_PSS_2048_8192_SHA256),
    rsa("PS384", &RSA_PSS_2048_8192_SHA384),
    rsa("PS512", &RSA_PSS_2048_8192_SHA512),
    ed25519("EdDSA"),
    ed25519("Ed25519"),
];

impl Algorithm {
    /// The algorithm of a registered name. Names are case-sensitive (RFC 7515 §4.1.1).
    pub fn parse(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|algorithm| algorithm.name == name)
    }

    /// The bytes of a signature, where all have as many.
    pub fn signature_bytes(&self) -> Option<usize> {
        match self.kind {
            KeyKind::Rsa => None,
            kind => Some(2 * kind.coordinate_bytes()),
        }
    }

    /// Whether it is the same under another name: EdDSA with this curve has two (RFC 9864 §2.2).
    pub fn is_another_name_of(&self, other: &Self) -> bool {
        self.kind == KeyKind::Ed25519 && other.kind == KeyKind::Ed25519
    }

    /// Whether a signature is made of two numbers, `r` and `s` (RFC 7518 §3.4).
    pub fn is_ecdsa(&self) -> bool {
        matches!(self.check, Check::Ecdsa(_))
    }

    /// Whether a key made a signature.
    pub fn holds(&self, key: &Material, message: &[u8], signature: &[u8]) -> bool {
        match (&self.check, key) {
            (Check::Rsa(parameters), Material::Rsa { n, e }) => RsaPublicKeyComponents { n, e }
                .verify(parameters, message, signature)
                .is_ok(),
            (Check::Ecdsa(algorithm), Material::Point(point)) => UnparsedPublicKey::new(*algorithm, point)
                .verify(message, signature)
                .is_ok(),
            (Check::EdDsa, Material::Point(point)) => UnparsedPublicKey::new(&ED25519, point)
                .verify(message, signature)
                .is_ok(),
            _ => false,
        }
    }
}

impl KeyKind {
    /// What it is called: `RSA`, or the name of its curve.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa => "RSA",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
            Self::Ed25519 => "Ed25519",
        }
    }

    /// The bytes of a coordinate (RFC 7518 §6.2.1.2); of Ed25519 half a signature's, and all of the key's.
    pub const fn coordinate_bytes(self) -> usize {
        match self {
            Self::Rsa => 0,
            Self::P256 | Self::Secp256k1 | Self::Ed25519 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The kind of a curve (RFC 7518 §7.6, RFC 8037 §5, RFC 8812 §3.1).
    pub fn of_curve(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521, Self::Secp256k1, Self::Ed25519]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}
