//! The documents by which a client finds everything else (RFC 8414, OpenID Connect Discovery).

use serde_json::{Map, Value, json};

use super::signing_key::SigningAlgorithm;
use super::{Issuer, claims, jws};
use crate::client::{AuthMethod, GrantType};

/// The token endpoint's path, after the issuer's.
pub const TOKEN: &str = "/token";
/// The authorization endpoint's path.
pub const AUTHORIZE: &str = "/authorize";
/// The path of the public keys, after the issuer's.
pub const JWKS: &str = "/jwks";
/// RFC 8414 §3: stands *before* the issuer's path.
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
/// OpenID Connect Discovery §4: stands *after* the issuer's path.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// The introspection endpoint's path.
pub const INTROSPECT: &str = "/introspect";
/// The revocation endpoint's path.
pub const REVOKE: &str = "/revoke";
/// The UserInfo endpoint's path.
pub const USERINFO: &str = "/userinfo";
/// The end session endpoint's path.
pub const LOGOUT: &str = "/logout";

/// The methods by which clients authenticate here today.
pub const AUTH_METHODS: [AuthMethod; 4] = [
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::None,
];
/// The grants given here today.
pub const GRANTS: [GrantType; 3] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
];

/// Authorization server metadata (RFC 8414 §2): exactly what works, no more.
pub fn oauth(issuer: &Issuer) -> Value {
    let confidential = AUTH_METHODS.iter().filter(|method| **method != AuthMethod::None);
    let confidential: Vec<&AuthMethod> = confidential.collect();
    let signed: Vec<String> = jws::OF_CLIENTS.iter().map(|alg| format!("{alg:?}")).collect();
    json!({
        "issuer": issuer.as_str(),
        "authorization_endpoint": issuer.endpoint(AUTHORIZE),
        "token_endpoint": issuer.endpoint(TOKEN),
        "jwks_uri": issuer.endpoint(JWKS),
        "introspection_endpoint": issuer.endpoint(INTROSPECT),
        "revocation_endpoint": issuer.endpoint(REVOKE),
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANTS,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
        "token_endpoint_auth_signing_alg_values_supported": signed,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": signed,
        "revocation_endpoint_auth_methods_supported": AUTH_METHODS,
        "revocation_endpoint_auth_signing_alg_values_supported": signed,
        "authorization_response_iss_parameter_supported": true,
    })
}

/// OpenID provider metadata (OpenID Connect Discovery §3): the same, and what OpenID Connect adds. ID tokens can be
/// signed with these algorithms.
pub fn openid(issuer: &Issuer, algorithms: impl Iterator<Item = SigningAlgorithm>) -> Value {
    let mut document = oauth(issuer);
    let algorithms: Vec<&str> = algorithms.map(SigningAlgorithm::as_str).collect();
    let more = json!({
        "userinfo_endpoint": issuer.endpoint(USERINFO),
        "end_session_endpoint": issuer.endpoint(LOGOUT),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": algorithms,
        "claims_supported": claims::supported(),
        "claim_types_supported": ["normal"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    if let (Some(members), Value::Object(more)) = (document.as_object_mut(), more) {
        members.extend(more);
    }
    document
}

/// Adds what a document says where clients can authenticate with certificates (RFC 8705 §3.3, §5): the endpoints as they
/// are reached at the port that asks for one. `by_authority` tells whether there is an authority whose word counts.
pub fn tell_mutual_tls(document: &mut Value, issuer: &Issuer, reached_as: &Issuer, by_authority: bool) {
    let Some(members) = document.as_object_mut() else {
        return;
    };
    let mut aliases = Map::new();
    for name in [
        "token_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
        "userinfo_endpoint",
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
    ] {
        let path = members
            .get(name)
            .and_then(Value::as_str)
            .and_then(|url| url.strip_prefix(issuer.as_str()));
        if let Some(path) = path {
            aliases.insert(name.to_owned(), json!(reached_as.endpoint(path)));
        }
    }
    members.insert("mtls_endpoint_aliases".to_owned(), aliases.into());
    members.insert(
        "tls_client_certificate_bound_access_tokens".to_owned(),
        json!(true),
    );
    let methods = [AuthMethod::SelfSignedTlsClientAuth, AuthMethod::TlsClientAuth];
    let methods = methods.iter().take(if by_authority { 2 } else { 1 });
    for name in ["token", "introspection", "revocation"] {
        let supported = members.get_mut(&format!("{name}_endpoint_auth_methods_supported"));
        if let Some(supported) = supported.and_then(Value::as_array_mut) {
            supported.extend(methods.clone().map(|method| json!(method)));
        }
    }
}

/// Where the RFC 8414 document of an issuer stands, as a path.
pub fn oauth_path(issuer: &Issuer) -> String {
    format!("{OAUTH_METADATA}{}", issuer.path())
}

/// The same as a URL.
pub fn oauth_url(issuer: &Issuer) -> String {
    format!("{}{}", issuer.origin(), oauth_path(issuer))
}

/// Where the OpenID document of an issuer stands, as a path.
pub fn openid_path(issuer: &Issuer) -> String {
    format!("{}{OPENID_CONFIGURATION}", issuer.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_with_a_path_has_its_documents_where_the_standards_put_them() {
        let issuer = Issuer::parse("https://auth.example.com/tenant").unwrap();
        assert_eq!(
            oauth_path(&issuer),
            "/.well-known/oauth-authorization-server/tenant"
        );
        assert_eq!(openid_path(&issuer), "/tenant/.well-known/openid-configuration");
        assert_eq!(
            oauth(&issuer)["token_endpoint"],
            "https://auth.example.com/tenant/token"
        );
    }

    #[test]
    fn the_documents_promise_only_what_works() {
        let issuer = Issuer::parse("http://127.0.0.1:9400").unwrap();
        let document = openid(&issuer, [SigningAlgorithm::Rs256].into_iter());
        assert_eq!(
            document["grant_types_supported"],
            json!(["authorization_code", "refresh_token", "client_credentials"])
        );
        assert_eq!(
            document["id_token_signing_alg_values_supported"],
            json!(["RS256"])
        );
        for absent in [
            "registration_endpoint",
            "device_authorization_endpoint",
            "pushed_authorization_request_endpoint",
        ] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
    }
}
