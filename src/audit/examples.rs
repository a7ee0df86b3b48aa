//! For each rule a client that breaks it and one that keeps it. They are the rules' tests, and show a reader what is meant.

use super::{AuditRule, FactRule};
use crate::client::Rule;

/// What is changed in a sound registration, as a JSON merge patch (RFC 7396) over the members of
/// [`crate::client::ClientDraft`]. A member `facts` holds what else is known of the client, in days from today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Breaks the rule.
    pub fails: String,
    /// Comes close, and keeps it.
    pub passes: String,
}

fn of(fails: &str, passes: &str) -> Example {
    Example {
        fails: fails.to_owned(),
        passes: passes.to_owned(),
    }
}

fn uri(fails: &str, passes: &str) -> Example {
    Example {
        fails: format!(r#"{{"redirect_uris": ["{fails}"]}}"#),
        passes: format!(r#"{{"redirect_uris": ["{passes}"]}}"#),
    }
}

fn many(member: &str, fails: usize, passes: usize) -> Example {
    let list = |count: usize| {
        let values: Vec<String> = (0..count)
            .map(|n| format!(r#""https://billing.example.com/{n}""#))
            .collect();
        format!(r#"{{"{member}": [{}]}}"#, values.join(", "))
    };
    Example {
        fails: list(fails),
        passes: list(passes),
    }
}

/// The examples of a rule.
pub fn example(rule: AuditRule) -> Example {
    match rule {
        AuditRule::Draft(rule) => of_draft(rule),
        AuditRule::Facts(rule) => of_facts(rule),
    }
}

#[rustfmt::skip]
fn of_draft(rule: Rule) -> Example {
    const KEY: &str = r#"{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "a"}"#;
    match rule {
        Rule::NameMissing => of(r#"{"name": "  "}"#, r#"{"name": "B"}"#),
        Rule::TextUnsafe => of(r#"{"name": "pay\u202elap"}"#, r#"{"name": "Rechnungen für alle", "notes": "two\nlines"}"#),
        Rule::TextTooLong => Example {
            fails: format!(r#"{{"name": "{}"}}"#, "n".repeat(201)),
            passes: format!(r#"{{"name": "{}"}}"#, "n".repeat(200)),
        },
        Rule::UriPassword => of(r#"{"post_logout_redirect_uris": ["https://ada:hunter2@billing.example.com/bye"]}"#, r#"{"post_logout_redirect_uris": ["https://billing.example.com/bye?by=ada:hunter2@billing"]}"#),
        Rule::ListTooLong => many("labels", 201, 200),
        Rule::RedirNone => of(r#"{"redirect_uris": []}"#, r#"{"redirect_uris": [], "grant_types": ["client_credentials"], "response_types": []}"#),
        Rule::RedirAny => uri("*", "https://billing.example.com/callback"),
        Rule::RedirHostWildcard => uri("https://*.example.com/callback", "https://billing.example.com/callback"),
        Rule::RedirPathWildcard => uri("https://billing.example.com/*", "https://billing.example.com/"),
        Rule::RedirHttp => uri("http://billing.example.com/callback", "http://127.0.0.1/callback"),
        Rule::RedirNotAbsolute => uri("/callback", "com.example.billing:/callback"),
        Rule::RedirTemplate => uri("https://app.${DOMAIN}/callback", "https://app.example.com/callback"),
        Rule::RedirFragment => uri("https://billing.example.com/#callback", "https://billing.example.com/callback?page=1"),
        Rule::RedirUserinfo => uri("https://good.example@evil.example/callback", "https://good.example/@evil.example"),
        Rule::RedirBadScheme => uri("javascript:alert(1)", "com.example.billing:/callback"),
        Rule::RedirOutOfBand => uri("urn:ietf:wg:oauth:2.0:oob", "com.example.billing:/callback"),
        Rule::RedirCustomScheme => uri("billing:/callback", "https://billing.example.com/callback"),
        Rule::RedirLocalhostName => uri("http://localhost/callback", "http://127.0.0.1/callback"),
        Rule::RedirLoopbackWeb => of(r#"{"redirect_uris": ["http://127.0.0.1/callback"]}"#, r#"{"redirect_uris": ["http://127.0.0.1/callback"], "application_type": "native"}"#),
        Rule::RedirMixedEnv => of(r#"{"redirect_uris": ["https://billing.example.com/callback", "https://staging.billing.example.com/callback"]}"#, r#"{"redirect_uris": ["https://billing.example.com/callback", "https://payroll.example.com/callback"]}"#),
        Rule::RedirMany => many("redirect_uris", 21, 20),
        Rule::RedirAmbiguous => uri("https://Billing.example.com/callback", "https://billing.example.com/Callback"),
        Rule::LogoutUriBad => of(r#"{"post_logout_redirect_uris": ["/bye"]}"#, r#"{"post_logout_redirect_uris": ["https://billing.example.com/bye"]}"#),
        Rule::PkcePublic => of(r#"{"token_endpoint_auth_method": "none", "require_pkce": false}"#, r#"{"token_endpoint_auth_method": "none"}"#),
        Rule::PkceConfidential => of(r#"{"require_pkce": false}"#, "{}"),
        Rule::GrantImplicit => of(r#"{"grant_types": ["authorization_code", "implicit"], "response_types": ["code", "token"]}"#, "{}"),
        Rule::GrantPassword => of(r#"{"grant_types": ["authorization_code", "password"]}"#, "{}"),
        Rule::GrantResponseMismatch => of(r#"{"response_types": []}"#, r#"{"response_types": ["code"]}"#),
        Rule::GrantRefreshAlone => of(r#"{"grant_types": ["client_credentials", "refresh_token"], "response_types": [], "redirect_uris": []}"#, r#"{"grant_types": ["authorization_code", "refresh_token"]}"#),
        Rule::GrantCcPublic => of(r#"{"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "token_endpoint_auth_method": "none"}"#, r#"{"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": []}"#),
        Rule::GrantCcMixed => of(r#"{"grant_types": ["authorization_code", "client_credentials"]}"#, r#"{"grant_types": ["client_credentials"], "response_types": []}"#),
        Rule::GrantExchangePublic => of(r#"{"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"], "token_endpoint_auth_method": "none"}"#, r#"{"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"]}"#),
        Rule::GrantJwtBearerKeyless => of(r#"{"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"], "token_endpoint_auth_method": "client_secret_basic", "jwks_uri": null}"#, r#"{"grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"]}"#),
        Rule::CcUserScopes => of(r#"{"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": []}"#, r#"{"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "scopes": ["read:invoices"]}"#),
        Rule::AuthNativeSecret => of(r#"{"application_type": "native", "token_endpoint_auth_method": "client_secret_basic"}"#, r#"{"application_type": "native", "token_endpoint_auth_method": "none"}"#),
        Rule::AuthSharedSecret => of(r#"{"token_endpoint_auth_method": "client_secret_basic"}"#, r#"{"token_endpoint_auth_method": "private_key_jwt"}"#),
        Rule::AuthPost => of(r#"{"token_endpoint_auth_method": "client_secret_post"}"#, r#"{"token_endpoint_auth_method": "client_secret_basic"}"#),
        Rule::JwksMissing => of(r#"{"jwks_uri": null}"#, "{}"),
        Rule::JwksBoth => of(&format!(r#"{{"jwks": {{"keys": [{KEY}]}}}}"#), &format!(r#"{{"jwks": {{"keys": [{KEY}]}}, "jwks_uri": null}}"#)),
        Rule::JwksSyntax => of(r#"{"jwks": {"keys": "none"}, "jwks_uri": null}"#, &format!(r#"{{"jwks": {{"keys": [{KEY}]}}, "jwks_uri": null}}"#)),
        Rule::JwksUriHttp => of(r#"{"jwks_uri": "http://billing.example.com/jwks"}"#, r#"{"jwks_uri": "https://billing.example.com/jwks"}"#),
        Rule::JwksPrivate => of(r#"{"jwks": {"keys": [{"kty": "oct", "k": "AA"}]}, "jwks_uri": null}"#, &format!(r#"{{"jwks": {{"keys": [{KEY}]}}, "jwks_uri": null}}"#)),
        Rule::JwksWeak => of(&format!(r#"{{"jwks": {{"keys": [{KEY}, {KEY}]}}, "jwks_uri": null}}"#), &format!(r#"{{"jwks": {{"keys": [{KEY}]}}, "jwks_uri": null}}"#)),
        Rule::TlsSubject => of(r#"{"token_endpoint_auth_method": "tls_client_auth"}"#, r#"{"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": "billing.example.com"}"#),
        Rule::AlgNone => of(r#"{"id_token_signed_response_alg": "none"}"#, r#"{"id_token_signed_response_alg": "ES256"}"#),
        Rule::AlgHsIdToken => of(r#"{"id_token_signed_response_alg": "HS256"}"#, r#"{"id_token_signed_response_alg": "RS256"}"#),
        Rule::TtlLong => of(r#"{"access_token_lifetime": 901}"#, r#"{"access_token_lifetime": 900}"#),
        Rule::ScopeSyntax => of(r#"{"scopes": ["two words"]}"#, r#"{"scopes": ["one:word"]}"#),
        Rule::AudienceSyntax => of(r#"{"audience": ["https://api.example.com/#x"]}"#, r#"{"audience": ["https://api.example.com/"]}"#),
        Rule::AudNone => of(r#"{"audience": []}"#, r#"{"audience": ["payroll"]}"#),
        Rule::AudWide => of(r#"{"audience": ["a", "b", "c", "d", "e", "f"]}"#, r#"{"audience": ["a", "b", "c", "d", "e"]}"#),
        Rule::CorsStar => of(r#"{"allowed_cors_origins": ["*"]}"#, r#"{"allowed_cors_origins": ["https://billing.example.com"]}"#),
        Rule::CorsInvalid => of(r#"{"allowed_cors_origins": ["https://billing.example.com/"]}"#, r#"{"allowed_cors_origins": ["https://billing.example.com"]}"#),
        Rule::PairwiseNoSector => of(r#"{"subject_type": "pairwise", "redirect_uris": ["https://a.example/cb", "https://b.example/cb"]}"#, r#"{"subject_type": "pairwise"}"#),
        Rule::OwnerMissing => of(r#"{"contacts": []}"#, "{}"),
        Rule::MetaUri => of(r#"{"logo_uri": "http://billing.example.com/logo.png"}"#, r#"{"logo_uri": "https://billing.example.com/logo.png"}"#),
    }
}

#[rustfmt::skip]
fn of_facts(rule: FactRule) -> Example {
    match rule {
        FactRule::RedirShared => of(r#"{"facts": {"other": {"name": "Payroll"}}}"#, r#"{"facts": {"other": {"name": "Payroll", "redirect_uris": ["https://payroll.example.com/callback"]}}}"#),
        FactRule::RedirForeignHost => of(r#"{"facts": {"allowed_hosts": ["example.org"]}}"#, r#"{"facts": {"allowed_hosts": ["example.com"]}}"#),
        FactRule::AuthPublicSecret => of(r#"{"token_endpoint_auth_method": "none", "facts": {"secrets": [{"made": 3}]}}"#, r#"{"token_endpoint_auth_method": "none", "facts": {"secrets": [{"made": 3, "ended": 1}]}}"#),
        FactRule::SecretExpired => of(r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 90, "ended": 1}]}}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 90, "ended": 1}, {"made": 2}]}}"#),
        FactRule::SecretSoon => of(r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 3, "ends": 29}]}}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 3, "ends": 31}]}}"#),
        FactRule::SecretOld => of(r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 366}]}}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 365}]}}"#),
        FactRule::SecretOverlapOpen => of(r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 90}, {"made": 2}]}}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 90, "ends": 7}, {"made": 2}]}}"#),
        FactRule::SecretOldInUse => of(r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 90, "ends": 7, "used": 1}, {"made": 2}]}}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 90, "ends": 7, "used": 3}, {"made": 2, "used": 1}]}}"#),
        FactRule::ScopeSensitive => of(r#"{"facts": {"watched": {"read:invoices": ["another"]}}}"#, r#"{"facts": {"watched": {"read:invoices": ["billing"]}}}"#),
        FactRule::ScopeUnused => of(r#"{"facts": {"made": 200, "used": 1, "scopes": {"openid": 1, "read:invoices": 91}}}"#, r#"{"facts": {"made": 200, "used": 1, "scopes": {"openid": 1, "read:invoices": 90}}}"#),
        FactRule::PopMissing => of(r#"{"facts": {"watched": {"read:invoices": ["billing"]}}}"#, r#"{"dpop_bound_access_tokens": true, "facts": {"watched": {"read:invoices": ["billing"]}}}"#),
        FactRule::ClientUnused => of(r#"{"facts": {"made": 200, "used": 91}}"#, r#"{"facts": {"made": 200, "used": 90, "scopes": {"openid": 90, "read:invoices": 90}}}"#),
        FactRule::DcrOrphan => of(r#"{"facts": {"made": 91, "origin": "dcr:partners"}}"#, r#"{"facts": {"made": 91, "origin": "dcr:partners", "tokens": 1}}"#),
        FactRule::DisabledLiveTokens => of(r#"{"facts": {"disabled": true, "tokens": 1}}"#, r#"{"facts": {"disabled": true}}"#),
        FactRule::ChangedSinceReview => of(r#"{"scopes": ["openid", "read:invoices", "admin"], "facts": {"approved": true}}"#, r#"{"notes": "Called", "facts": {"approved": true}}"#),
        FactRule::PkcePlain => of(r#"{"x_practices": ["plain-pkce"]}"#, r#"{"x_practices": []}"#),
        FactRule::SecretWeak => of(r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 3, "weak": true}]}}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"secrets": [{"made": 9, "ended": 1, "weak": true}, {"made": 3}]}}"#),
        FactRule::SecretNone => of(r#"{"token_endpoint_auth_method": "client_secret_basic"}"#, r#"{"token_endpoint_auth_method": "client_secret_basic", "facts": {"disabled": true}}"#),
        FactRule::RefreshStaticPublic => of(r#"{"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"], "x_practices": ["static-refresh"]}"#, r#"{"grant_types": ["authorization_code", "refresh_token"], "x_practices": ["static-refresh"]}"#),
        FactRule::RefreshEndless => of(r#"{"grant_types": ["authorization_code", "refresh_token"], "x_practices": ["endless-refresh"]}"#, r#"{"x_practices": ["endless-refresh"]}"#),
        FactRule::OfflineDefault => of(r#"{"x_practices": ["offline-default"]}"#, r#"{"scopes": ["openid", "offline_access"]}"#),
        FactRule::ScopeFull => of(r#"{"x_practices": ["all-roles"]}"#, "{}"),
        FactRule::RedirNeverMatches => of(r#"{"redirect_uris": ["https://*.example.com/*"], "facts": {"origin": "keycloak 26.0.0"}}"#, r#"{"redirect_uris": ["https://billing.example.com/*"], "facts": {"origin": "keycloak 26.0.0"}}"#),
        FactRule::ClaimEditable => of(r#"{"x_practices": ["editable-claim: department"]}"#, "{}"),
        FactRule::ClientLookalike => of(r#"{"facts": {"other": {"name": "Bi11ing p0rtal", "redirect_uris": []}}}"#, r#"{"facts": {"other": {"name": "Billing mobile", "redirect_uris": []}}}"#),
    }
}

#[cfg(test)]
#[path = "examples_tests.rs"]
mod tests;
