//! Whether one of the known keys made a signature. Each way in which it is not so has its own sentence.

use serde_json::Value;

use super::algorithm::Algorithm;
use super::compact::Parts;
use super::keys::{Key, LEAST_RSA_BITS};
use super::problem::{Problem, quoted};
use super::{Keys, SignatureCheck};

const NOT_THIS_ISSUER: &str =
    "Compare iss in its claims with the issuer that you mean, and take the keys that this issuer publishes";
const ACCEPT_NOWHERE: &str = "Accept it nowhere: whoever sent it has changed it or made it up";

/// Checks the signature of a token whose header nothing speaks against.
pub(super) fn check(parts: &Parts<'_>, header: &Value, signature: &[u8], keys: &Keys) -> SignatureCheck {
    let name = header.get("alg").and_then(Value::as_str).unwrap_or_default();
    let kid = header.get("kid").and_then(Value::as_str);
    match Algorithm::parse(name) {
        None => SignatureCheck::NotChecked,
        Some(algorithm) => {
            let checked = candidates(algorithm, kid, keys)
                .and_then(|candidates| is_well_formed(algorithm, signature).map(|()| candidates))
                .and_then(|candidates| made_by(candidates, algorithm, parts, signature));
            match checked {
                Ok(key) => SignatureCheck::Good {
                    kid: key.kid.clone(),
                    alg: algorithm.name,
                },
                Err(problem) => SignatureCheck::Bad(problem),
            }
        }
    }
}

/// The keys that may have made it: those of its `kid`, or all where it names none or they have no names; of these, those
/// that are for its algorithm.
fn candidates<'a>(algorithm: &Algorithm, kid: Option<&str>, keys: &'a Keys) -> Result<Vec<&'a Key>, Problem> {
    if keys.is_empty() {
        return Err(Problem::refusal(
            "There is no key to check the signature with",
            "Give the keys of the token's issuer",
            "RFC 8725 §3.3",
        ));
    }
    let is_named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
    let mut named: Vec<&Key> = keys.keys.iter().filter(is_named).collect();
    if named.is_empty() {
        // A key in PEM has no name, and is tried whatever the token calls it.
        named = keys.keys.iter().filter(|key| key.kid.is_none()).collect();
    }
    let Some(first) = named.first().copied() else {
        return Err(Problem::refusal(
            format!(
                "None of the keys has the name {}",
                quoted(kid.unwrap_or_default())
            ),
            NOT_THIS_ISSUER,
            "RFC 8725 §3.3, §3.8",
        ));
    };
    let fitting: Vec<&Key> = named.into_iter().filter(|key| key.takes(algorithm)).collect();
    if fitting.is_empty() {
        return Err(Problem::refusal(
            format!(
                "The header says {}, but the key is for another algorithm: {}",
                algorithm.name,
                first.describe()
            ),
            "Accept it nowhere: the algorithm is the key's, not what the token says",
            "RFC 8725 §3.1",
        ));
    }
    let verifying: Vec<&Key> = fitting.iter().copied().filter(|key| key.verifies).collect();
    if verifying.is_empty() {
        return Err(Problem::refusal(
            "The key is not meant for signatures (use, key_ops)",
            NOT_THIS_ISSUER,
            "RFC 7517 §4.2, §4.3",
        ));
    }
    let short = verifying
        .iter()
        .find_map(|key| key.rsa_bits().filter(|bits| *bits < LEAST_RSA_BITS));
    match short {
        Some(bits) if verifying.len() == 1 => Err(Problem::refusal(
            format!("The RSA key has {bits} bits, and 2,048 are the fewest"),
            "Have its issuer sign with a longer key",
            "RFC 8725 §3.5, RFC 7518 §3.3",
        )),
        _ => Ok(verifying),
    }
}

/// What can be seen of a signature without a key (RFC 8725 §3.4).
fn is_well_formed(algorithm: &Algorithm, signature: &[u8]) -> Result<(), Problem> {
    let Some(bytes) = algorithm.signature_bytes() else {
        return Ok(());
    };
    if signature.len() != bytes {
        let is_der = algorithm.is_ecdsa() && signature.first() == Some(&0x30);
        return Err(if is_der {
            Problem::refusal(
                format!(
                    "The signature is in DER, and {} writes r and s in {bytes} bytes",
                    algorithm.name
                ),
                "Have its issuer write r and s one after the other",
                "RFC 7518 §3.4",
            )
        } else {
            Problem::refusal(
                format!(
                    "The signature has {} bytes, and one by {} has {bytes}",
                    signature.len(),
                    algorithm.name
                ),
                "Copy the token again, to its last letter; if it stays so, accept it nowhere",
                "RFC 7518 §3.4, RFC 8037 §3.1",
            )
        });
    }
    let (r, s) = signature.split_at(bytes / 2);
    let is_zero = |number: &[u8]| number.iter().all(|byte| *byte == 0);
    if algorithm.is_ecdsa() && (is_zero(r) || is_zero(s)) {
        return Err(Problem::refusal(
            "A number of the signature is zero, which a careless reader takes for a signature of anything",
            ACCEPT_NOWHERE,
            "RFC 8725 §3.4",
        ));
    }
    Ok(())
}

fn made_by<'a>(
    candidates: Vec<&'a Key>,
    algorithm: &Algorithm,
    parts: &Parts<'_>,
    signature: &[u8],
) -> Result<&'a Key, Problem> {
    let message = format!("{}.{}", parts.header, parts.claims);
    let tried = candidates.len();
    let mut candidates = candidates.into_iter();
    let first = candidates.clone().next().and_then(|key| key.kid.clone());
    let made = candidates.find(|key| algorithm.holds(&key.material, message.as_bytes(), signature));
    made.ok_or_else(|| {
        let whose = match (tried, first) {
            (1, Some(kid)) => format!("The key {} did not make this signature", quoted(&kid)),
            (1, None) => "The key did not make this signature".to_owned(),
            (several, _) => format!("None of the {several} keys for this algorithm made this signature"),
        };
        Problem::refusal(whose, ACCEPT_NOWHERE, "RFC 8725 §3.3")
    })
}
