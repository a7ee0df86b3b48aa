//! What speaks against a token in its header (RFC 7515 §4.1), whoever signed it.

use serde_json::Value;

use super::algorithm::Algorithm;
use super::problem::{Problem, quoted};

/// Keys that come along with a token, or lie where it says (RFC 7515 §4.1.2 to §4.1.6).
const KEYS: [(&str, &str); 4] = [
    ("jwk", "brings a key along (jwk)"),
    ("x5c", "brings a certificate along (x5c)"),
    ("jku", "says where its keys lie (jku)"),
    ("x5u", "says where its certificate lies (x5u)"),
];
/// The longest `kid` that is not odd.
const MOST_KID: usize = 200;

/// Everything that is to be said of a header, of a token with or without a signature.
pub(super) fn problems(header: &Value, is_unsigned: bool) -> Vec<Problem> {
    if !header.is_object() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    problems.extend(of_algorithm(header.get("alg"), is_unsigned));
    problems.extend(of_extensions(header));
    problems.extend(of_kid(header.get("kid")));
    for (member, does) in KEYS {
        if header.get(member).is_some() {
            problems.push(Problem::remark(
                format!("The header {does}: it was neither fetched nor trusted"),
                "Anybody can write that: take keys from the issuer's own metadata only",
                "RFC 8725 §3.10, RFC 7515 §10",
            ));
        }
    }
    if header
        .get("cty")
        .and_then(Value::as_str)
        .is_some_and(|cty| cty.eq_ignore_ascii_case("JWT"))
    {
        problems.push(Problem::remark(
            "The header says that the payload is a token itself (cty)",
            "Decode the inner token too",
            "RFC 7519 §5.2",
        ));
    }
    problems
}

fn of_algorithm(alg: Option<&Value>, is_unsigned: bool) -> Option<Problem> {
    let Some(alg) = alg.and_then(Value::as_str) else {
        return Some(Problem::refusal(
            "The header names no algorithm (alg)",
            "Accept it nowhere: a token says how it was signed",
            "RFC 7515 §4.1.1",
        ));
    };
    if alg.eq_ignore_ascii_case("none") {
        let and_yet = if is_unsigned {
            ""
        } else {
            ", and what stands in the signature's place means nothing"
        };
        return Some(Problem::refusal(
            format!(
                "Nobody has signed this token: its algorithm is {}{and_yet}",
                quoted(alg)
            ),
            "Accept it nowhere, whatever it says",
            "RFC 8725 §3.1, §3.2",
        ));
    }
    if is_unsigned {
        return Some(Problem::refusal(
            "The signature is missing",
            "Copy the token again, to its last letter; if it stays so, accept it nowhere",
            "RFC 8725 §3.3",
        ));
    }
    if matches!(alg, "HS256" | "HS384" | "HS512") {
        return Some(Problem::refusal(
            format!(
                "{alg} signs with a shared secret. Whoever took a public key for that secret could have made this token"
            ),
            "Have its issuer sign with a private key, by ES256, RS256 or EdDSA",
            "RFC 8725 §3.1, §2.1",
        ));
    }
    Algorithm::parse(alg).is_none().then(|| {
        Problem::refusal(
            format!(
                "The algorithm {} is none that signatures are checked with here",
                quoted(alg)
            ),
            "Have its issuer sign by ES256, RS256 or EdDSA",
            "RFC 8725 §3.2",
        )
    })
}

fn of_extensions(header: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    if header.get("b64") == Some(&Value::Bool(false)) {
        problems.push(Problem::unreadable(
            "The payload is not encoded (b64), which a JWT may not have",
            "Have its issuer leave b64 out",
            "RFC 7797 §7",
        ));
    }
    if let Some(crit) = header.get("crit") {
        let names = crit.as_array().map(Vec::as_slice).unwrap_or_default();
        let names: Vec<String> = names
            .iter()
            .filter_map(Value::as_str)
            .map(quoted)
            .take(8)
            .collect();
        let which = match names.as_slice() {
            [] => "something (crit)".to_owned(),
            some => format!("{} (crit)", some.join(", ")),
        };
        problems.push(Problem::refusal(
            format!("The header demands that {which} be understood, and it is not understood here"),
            "Refuse it wherever that is not understood",
            "RFC 7515 §4.1.11",
        ));
    }
    if header.get("zip").is_some() {
        problems.push(Problem::refusal(
            "The header says that the token is compressed (zip), which a signed one cannot be",
            "Have its issuer leave zip out",
            "RFC 7516 §4.1.3",
        ));
    }
    problems
}

/// A `kid` is compared with the names of known keys here. Elsewhere it ends in a path or a query.
fn of_kid(kid: Option<&Value>) -> Option<Problem> {
    let kid = kid?;
    let Some(kid) = kid.as_str() else {
        return Some(Problem::refusal(
            "The header's kid is no text",
            "Accept it nowhere",
            "RFC 7515 §4.1.4",
        ));
    };
    let is_odd = kid.len() > MOST_KID
        || kid.contains("..")
        || kid.contains(['\'', '"', ';', '|', '`', '$', '<', '>', '\\', '\0', '\n', '\r'])
        || kid.starts_with('/')
        || kid.contains("--");
    is_odd.then(|| {
        Problem::remark(
            format!("The kid reads like a path, a query or a command: {}", quoted(kid)),
            "Look a key up only among those that are known, and never put a kid into a path or a query",
            "RFC 8725 §3.10",
        )
    })
}
