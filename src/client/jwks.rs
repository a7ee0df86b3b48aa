//! A client's public keys (RFC 7517): only public halves, strong enough, each with an identifier of its own.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::Rule;

/// Members that only a private or a symmetric key has (RFC 7518 §6.2.2, §6.3.2, §6.4).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The fewest bits of an RSA modulus (RFC 7518 §3.3).
const LEAST_RSA_BITS: usize = 2_048;

/// Every rule that a JWK set breaks, each once.
pub fn problems(jwks: &Value) -> Vec<Rule> {
    if holds_private_key(jwks) {
        return vec![Rule::JwksPrivate];
    }
    let Some(keys) = jwks.get("keys").and_then(Value::as_array) else {
        return vec![Rule::JwksSyntax];
    };
    if keys.is_empty() {
        return vec![Rule::JwksMissing];
    }
    if !keys.iter().all(is_public_key) {
        return vec![Rule::JwksSyntax];
    }
    let mut seen = HashSet::new();
    let repeated = keys
        .iter()
        .filter_map(|key| text(key, "kid"))
        .any(|kid| !seen.insert(kid));
    let short = keys
        .iter()
        .any(|key| rsa_bits(key).is_some_and(|bits| bits < LEAST_RSA_BITS));
    if repeated || short {
        vec![Rule::JwksWeak]
    } else {
        Vec::new()
    }
}

/// Whether a private or symmetric key stands anywhere in a value, however deep: it must never be stored.
pub fn holds_private_key(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            let is_key = members.contains_key("kty");
            let private = PRIVATE_MEMBERS.iter().any(|member| members.contains_key(*member));
            let symmetric = members.get("kty").and_then(Value::as_str) == Some("oct");
            (is_key && (private || symmetric)) || members.values().any(holds_private_key)
        }
        Value::Array(values) => values.iter().any(holds_private_key),
        _ => false,
    }
}

/// One line about each key, for the form: `RSA 2048 · RS256 · 2024-key`.
pub fn describe(jwks: &Value) -> Vec<String> {
    let keys = jwks.get("keys").and_then(Value::as_array);
    keys.into_iter().flatten().map(describe_key).collect()
}

fn describe_key(key: &Value) -> String {
    let kind = match (
        text(key, "kty").unwrap_or("unknown"),
        rsa_bits(key),
        text(key, "crv"),
    ) {
        (kty, Some(bits), _) => format!("{kty} {bits}"),
        (kty, None, Some(curve)) => format!("{kty} {curve}"),
        (kty, None, None) => kty.to_owned(),
    };
    let parts = [Some(kind.as_str()), text(key, "alg"), text(key, "kid")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn is_public_key(key: &Value) -> bool {
    match text(key, "kty") {
        Some("RSA") => rsa_bits(key).is_some() && text(key, "e").is_some(),
        Some("EC") => text(key, "crv").is_some() && text(key, "x").is_some() && text(key, "y").is_some(),
        Some("OKP") => text(key, "crv").is_some() && text(key, "x").is_some(),
        _ => false,
    }
}

/// The bits of an RSA modulus, leading zeros not counted.
fn rsa_bits(key: &Value) -> Option<usize> {
    let modulus = URL_SAFE_NO_PAD.decode(text(key, "n")?).ok()?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let leading = modulus.get(first)?.leading_zeros() as usize;
    Some((modulus.len() - first) * 8 - leading)
}

fn text<'a>(key: &'a Value, member: &str) -> Option<&'a str> {
    key.get(member).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(bytes: usize, kid: &str) -> Value {
        json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(vec![0xff; bytes]), "e": "AQAB", "kid": kid})
    }

    #[test]
    fn each_bad_key_set_breaks_its_own_rule() {
        for (jwks, expected) in [
            (json!({"keys": [rsa(256, "a")]}), vec![]),
            (
                json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}),
                vec![],
            ),
            (json!({"keys": [rsa(128, "a")]}), vec![Rule::JwksWeak]),
            (
                json!({"keys": [rsa(256, "a"), rsa(256, "a")]}),
                vec![Rule::JwksWeak],
            ),
            (json!({"keys": []}), vec![Rule::JwksMissing]),
            (
                json!({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AA"}]}),
                vec![Rule::JwksPrivate],
            ),
            (
                json!({"keys": [{"kty": "oct", "k": "AA"}]}),
                vec![Rule::JwksPrivate],
            ),
            (
                json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"}),
                vec![Rule::JwksPrivate],
            ),
            (json!({"keys": "none"}), vec![Rule::JwksSyntax]),
            (json!({"keys": [{"kty": "RSA"}]}), vec![Rule::JwksSyntax]),
            (json!([]), vec![Rule::JwksSyntax]),
        ] {
            assert_eq!(problems(&jwks), expected, "{jwks}");
        }
    }

    #[test]
    fn a_key_is_described_by_kind_strength_and_identifier() {
        assert_eq!(
            describe(&json!({"keys": [rsa(256, "2026-key")]})),
            ["RSA 2048 · 2026-key"]
        );
    }
}
