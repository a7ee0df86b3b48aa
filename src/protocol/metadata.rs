//! The documents by which a client finds everything else (RFC 8414, OpenID Connect Discovery).

use serde_json::{Map, Value, json};

use super::signing_key::SigningAlgorithm;
use super::{Issuer, claims, dpop, jws};
use crate::client::{AuthMethod, GrantType};
use crate::interchange::handover::Endpoints;

/// The token endpoint's path, after the issuer's.
pub const TOKEN: &str = "/token";
/// The authorization endpoint's path.
pub const AUTHORIZE: &str = "/authorize";
/// The path at which clients push their authorization requests (RFC 9126 §2).
pub const PAR: &str = "/par";
/// The path at which devices begin (RFC 8628 §3.1).
pub const DEVICE_AUTHORIZATION: &str = "/device_authorization";
/// The path of the page on which people type what a device shows (RFC 8628 §3.3).
pub const DEVICE: &str = "/device";
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
/// The path above the registered resource servers, each under its slug.
pub const RESOURCE: &str = "/resource";
/// The client registration endpoint's path (RFC 7591 §3).
pub const REGISTER: &str = "/register";

/// The methods by which clients authenticate here today.
pub const AUTH_METHODS: [AuthMethod; 4] = [
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::None,
];
/// The grants given here today.
pub const GRANTS: [GrantType; 6] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::DeviceCode,
    GrantType::TokenExchange,
    GrantType::JwtBearer,
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
        "pushed_authorization_request_endpoint": issuer.endpoint(PAR),
        "require_pushed_authorization_requests": false,
        "device_authorization_endpoint": issuer.endpoint(DEVICE_AUTHORIZATION),
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
        "dpop_signing_alg_values_supported": dpop::algorithms(),
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

/// The same addresses as they are handed to a client's developers.
pub fn endpoints(issuer: &Issuer) -> Endpoints {
    Endpoints {
        issuer: issuer.as_str().to_owned(),
        is_placeholder: false,
        authorization: issuer.endpoint(AUTHORIZE),
        token: issuer.endpoint(TOKEN),
        pushed_authorization_request: issuer.endpoint(PAR),
        device_authorization: issuer.endpoint(DEVICE_AUTHORIZATION),
        jwks: issuer.endpoint(JWKS),
        userinfo: issuer.endpoint(USERINFO),
        end_session: issuer.endpoint(LOGOUT),
        introspection: issuer.endpoint(INTROSPECT),
        revocation: issuer.endpoint(REVOKE),
        configuration: issuer.endpoint(OPENID_CONFIGURATION),
    }
}

/// Adds what a document says while clients can register themselves (RFC 8414 §2, OpenID Connect Discovery §3).
pub fn tell_registration(document: &mut Value, issuer: &Issuer) {
    if let Some(members) = document.as_object_mut() {
        members.insert(
            "registration_endpoint".to_owned(),
            json!(issuer.endpoint(REGISTER)),
        );
    }
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
    let methods = certificate_methods(by_authority);
    for name in ["token", "introspection", "revocation"] {
        let supported = members.get_mut(&format!("{name}_endpoint_auth_methods_supported"));
        if let Some(supported) = supported.and_then(Value::as_array_mut) {
            supported.extend(methods.clone().map(|method| json!(method)));
        }
    }
}

/// The methods by which clients authenticate with certificates (RFC 8705 §2), the second where there are authorities to
/// vouch for them.
pub fn certificate_methods(by_authority: bool) -> impl Iterator<Item = AuthMethod> + Clone {
    let methods = [AuthMethod::SelfSignedTlsClientAuth, AuthMethod::TlsClientAuth];
    methods.into_iter().take(if by_authority { 2 } else { 1 })
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
            json!([
                "authorization_code",
                "refresh_token",
                "client_credentials",
                "urn:ietf:params:oauth:grant-type:device_code",
                "urn:ietf:params:oauth:grant-type:token-exchange",
                "urn:ietf:params:oauth:grant-type:jwt-bearer"
            ])
        );
        assert_eq!(
            document["device_authorization_endpoint"],
            "http://127.0.0.1:9400/device_authorization"
        );
        assert_eq!(
            document["id_token_signing_alg_values_supported"],
            json!(["RS256"])
        );
        // RFC 9126 §5: what was pushed is taken whatever request_uri_parameter_supported says of other addresses.
        assert_eq!(
            document["pushed_authorization_request_endpoint"],
            "http://127.0.0.1:9400/par"
        );
        assert_eq!(document["require_pushed_authorization_requests"], false);
        assert_eq!(document["request_uri_parameter_supported"], false);
        assert!(document.get("registration_endpoint").is_none());
        assert_eq!(
            document["dpop_signing_alg_values_supported"],
            json!([
                "ES256", "ES384", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "EdDSA"
            ]),
            "RFC 9449 §5.1: asymmetric ones only"
        );
    }
}
