//! What can hold a credential. It is left out of what is kept of another system's members, and named.

use serde_json::{Map, Value};

/// Private members of a JSON Web Key (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Whether a member of another system can hold a credential, by its name or by that of anything in it. A password in an address
/// is taken out of it later: see [`crate::client::password`].
pub fn can_hold_credential(name: &str, value: &Value) -> bool {
    is_telling(name)
        || match value {
            Value::String(text) => text.contains("PRIVATE KEY-----"),
            Value::Array(items) => items.iter().any(|item| can_hold_credential("", item)),
            Value::Object(members) => {
                is_private_key(members)
                    || members
                        .iter()
                        .any(|(name, value)| can_hold_credential(name, value))
            }
            _ => false,
        }
}

fn is_telling(name: &str) -> bool {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_ascii_lowercase()
        // The grant has its name from what it is about, and is none.
        .replace("clientcredentials", "");
    [
        "secret",
        "password",
        "passwd",
        "passphrase",
        "credential",
        "privatekey",
        "apikey",
    ]
    .iter()
    .any(|telling| plain.contains(telling))
        || plain.ends_with("token")
}

fn is_private_key(members: &Map<String, Value>) -> bool {
    members.contains_key("kty") && PRIVATE_MEMBERS.iter().any(|name| members.contains_key(*name))
}

/// Takes the private members out of the keys of a JWK Set, and says whether there were any.
pub fn take_private_parts(jwks: &mut Value) -> bool {
    let mut any = false;
    let keys = jwks.get_mut("keys").and_then(Value::as_array_mut);
    for key in keys.into_iter().flatten().filter_map(Value::as_object_mut) {
        let before = key.len();
        key.retain(|name, _| !PRIVATE_MEMBERS.contains(&name.as_str()));
        any |= key.len() != before;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_credential_is_known_by_its_name_at_any_depth() {
        for (name, value) in [
            ("x_client_secret", json!("a")),
            ("x_apiKey", json!("a")),
            ("x_registration_access_token", json!("a")),
            ("x_a", json!({"b": [{"Password": "c"}]})),
            ("x_a", json!("-----BEGIN RSA PRIVATE KEY-----")),
            ("x_a", json!({"kty": "EC", "d": "x"})),
        ] {
            assert!(can_hold_credential(name, &value), "{name}: {value}");
        }
        for (name, value) in [
            ("x_team", json!("a")),
            // Addresses are kept, without their passwords.
            ("x_a", json!({"b": "postgres://u:p@db.example.com/h"})),
            ("x_a", json!("https://u@example.com:8443/a:b@c")),
            ("x_client_credentials_lifespan", json!("1h")),
            ("x_a", json!({"d": 1, "tokens_per_day": 4})),
        ] {
            assert!(!can_hold_credential(name, &value), "{name}: {value}");
        }
    }
}
