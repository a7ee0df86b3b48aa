//! What holds for whatever is pasted as a token or as keys.

use serde_json::{Value, json};

use super::{Form, Keys, SignatureCheck, compare, decode, tokens_of_response};
use crate::client::jwks::holds_private_key;

/// The example of RFC 7515 §A.3: a token, and the key that made its signature.
const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn right_keys() -> Keys {
    Keys::published(&json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": X, "y": Y }] }))
}

/// A pasted token: whatever it is, there is an answer; nobody forges one; and only what can be read in one way is readable.
pub fn pasted_token(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let decoded = decode(&text, Some(&right_keys()));
    if matches!(decoded.signature, SignatureCheck::Good { .. }) {
        assert_eq!(decoded.claims.get("iss"), Some(&Value::from("joe")), "{text}");
        assert!(decoded.is_readable());
    }
    if decoded.is_readable() {
        assert!(decoded.header.is_object() && decoded.claims.is_object(), "{text}");
    } else {
        assert!(
            !decoded.problems.is_empty(),
            "{text} is unreadable and nothing is said"
        );
    }
    let response = decoded.form == Form::Response;
    assert!(!response || !tokens_of_response(&text).is_empty(), "{text}");
    for problem in &decoded.problems {
        assert!(!problem.what.is_empty() && !problem.advice.is_empty() && problem.what.len() < 2_000);
    }
    let compared = compare(&decoded.claims, &decoded.header);
    assert!(
        compared
            .iter()
            .all(|difference| difference.first.is_some() || difference.second.is_some())
    );
}

/// Pasted keys: a private one is never taken, and a signature holds with the key that made it and with no other.
pub fn pasted_keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let set: Option<Value> = serde_json::from_str(&text).ok();
    for (read, is_private) in [
        (
            Keys::from_jwks(&text),
            set.is_some_and(|set| holds_private_key(&set)),
        ),
        (Keys::from_pem(&text), text.contains("PRIVATE KEY")),
    ] {
        let keys = match read {
            Ok(keys) => keys,
            Err(problem) => {
                assert!(!problem.what.is_empty() && !problem.advice.is_empty());
                continue;
            }
        };
        assert!(
            !is_private && !keys.is_empty() && !keys.describe().is_empty(),
            "{text}"
        );
        if matches!(decode(TOKEN, Some(&keys)).signature, SignatureCheck::Good { .. }) {
            let right = right_keys().keys.remove(0).material;
            assert!(keys.keys.iter().any(|key| key.material == right), "{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_standard_verifies() {
        let decoded = decode(TOKEN, Some(&right_keys()));
        assert_eq!(
            decoded.signature,
            SignatureCheck::Good {
                kid: None,
                alg: "ES256"
            }
        );
        pasted_token(TOKEN.as_bytes());
    }
}
