//! The documents by which a client finds everything else (RFC 8414, OpenID Connect Discovery).

use serde_json::{Value, json};

use super::Issuer;
use crate::client::{AuthMethod, GrantType};

/// The token endpoint's path, after the issuer's.
pub const TOKEN: &str = "/token";
/// The path of the public keys, after the issuer's.
pub const JWKS: &str = "/jwks";
/// RFC 8414 §3: stands *before* the issuer's path.
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
/// OpenID Connect Discovery §4: stands *after* the issuer's path.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";

/// The methods by which clients authenticate here today.
pub const AUTH_METHODS: [AuthMethod; 2] = [AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost];
/// The grants given here today.
pub const GRANTS: [GrantType; 1] = [GrantType::ClientCredentials];

/// Authorization server metadata (RFC 8414 §2): exactly what works, no more.
pub fn oauth(issuer: &Issuer) -> Value {
    json!({
        "issuer": issuer.as_str(),
        "token_endpoint": issuer.endpoint(TOKEN),
        "jwks_uri": issuer.endpoint(JWKS),
        // Required by RFC 8414 §2; empty, because there is no authorization endpoint to send them to.
        "response_types_supported": [],
        "grant_types_supported": GRANTS,
        "token_endpoint_auth_methods_supported": AUTH_METHODS,
    })
}

/// OpenID provider metadata (OpenID Connect Discovery §3): the same, and the members that are required there. The key
/// for RS256 is published; no ID token is issued yet, and without `authorization_endpoint` none can be asked for.
pub fn openid(issuer: &Issuer) -> Value {
    let mut document = oauth(issuer);
    if let Some(members) = document.as_object_mut() {
        members.insert("subject_types_supported".to_owned(), json!(["public"]));
        members.insert(
            "id_token_signing_alg_values_supported".to_owned(),
            json!(["RS256"]),
        );
    }
    document
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
        let document = openid(&issuer);
        assert_eq!(document["grant_types_supported"], json!(["client_credentials"]));
        assert_eq!(
            document["token_endpoint_auth_methods_supported"],
            json!(["client_secret_basic", "client_secret_post"])
        );
        for absent in [
            "authorization_endpoint",
            "userinfo_endpoint",
            "registration_endpoint",
            "introspection_endpoint",
        ] {
            assert!(document.get(absent).is_none(), "{absent}");
        }
    }
}
