//! What scopes tell of a person (OpenID Connect Core §5.4).

use serde_json::{Map, Value};

/// Each scope and the claims that it stands for.
const BY_SCOPE: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

/// Claims that this server makes itself and takes from nobody.
const RESERVED: [&str; 17] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "client_id",
    "scope",
    "cnf",
];

/// Whether this server makes a claim itself, so that it is never told as a test user has it.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// The claims of a test user that these scopes tell. Those that belong to no scope are told with `openid`: whoever gave
/// them to a test user wants them seen.
pub fn told(claims: &Map<String, Value>, scopes: &[&str]) -> Map<String, Value> {
    let is_told = |name: &str| {
        let by = BY_SCOPE.iter().find(|(_, names)| names.contains(&name));
        let scope = by.map_or("openid", |(scope, _)| scope);
        !is_reserved(name) && scopes.contains(&scope)
    };
    claims
        .iter()
        .filter(|(name, _)| is_told(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The names of all claims that may be told, for the metadata.
pub fn supported() -> Vec<&'static str> {
    let of_scopes = BY_SCOPE.iter().flat_map(|(_, names)| names.iter().copied());
    [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "amr",
        "at_hash",
    ]
    .into_iter()
    .chain(of_scopes)
    .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_scope_tells_its_own_claims_and_nobody_can_be_made_another() {
        let claims = json!({
            "sub": "somebody else", "name": "Ada", "email": "ada@example.com", "email_verified": true,
            "phone_number": "1", "roles": ["admin"], "client_id": "x"
        });
        let claims = claims.as_object().unwrap();
        let names = |scopes: &[&str]| told(claims, scopes).keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&["openid"]), ["roles"]);
        assert_eq!(names(&["openid", "profile"]), ["name", "roles"]);
        assert_eq!(names(&["openid", "email"]), ["email", "email_verified", "roles"]);
        assert_eq!(names(&["read"]), [""; 0]);
    }
}
