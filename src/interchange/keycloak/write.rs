//! A draft as Keycloak takes it in: a client of a partial import. No secret and no hash ever stands in it; Keycloak makes a
//! secret of its own.

use serde_json::{Map, Value, json};

use super::carried;
use crate::client::{AuthMethod, ClientDraft, ClientId, GrantType, Practice, Status, SubjectType};

/// What a file of a partial import begins with; clients follow, with commas between them.
pub const OPENING: &str = "{\"ifResourceExists\": \"SKIP\", \"clients\": [";
/// What it ends with.
pub const CLOSING: &str = "]}";

/// The longest name and description that Keycloak keeps, in characters.
const MOST_CHARACTERS: usize = 255;

/// A client as Keycloak has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The client.
    pub client: Value,
    /// The members that Keycloak has no place for: they stand in an attribute of the client, which it keeps.
    pub unsaid: Vec<String>,
}

/// Writes a client.
pub fn write(client_id: &ClientId, draft: &ClientDraft, status: Status) -> Written {
    let text = |text: &str| {
        let short: String = text.chars().take(MOST_CHARACTERS).collect();
        short.trim_end().to_owned()
    };
    let name = match draft.name.trim() {
        "" => client_id.as_str(),
        name => name,
    };
    let (name, notes) = (text(name), text(&draft.notes));
    let has = |grant| draft.has_grant(grant);
    let is_public = draft.token_endpoint_auth_method == AuthMethod::None;
    let (default, optional) = scopes(draft);
    let flag = |member: &str| draft.other_members.get(member) == Some(&Value::Bool(true));
    let mut client = json!({
        "clientId": client_id.as_str(),
        "name": name,
        "description": notes,
        "enabled": status == Status::Active,
        "protocol": "openid-connect",
        "publicClient": is_public,
        "bearerOnly": false,
        "standardFlowEnabled": has(GrantType::AuthorizationCode),
        "implicitFlowEnabled": has(GrantType::Implicit),
        "directAccessGrantsEnabled": has(GrantType::Password),
        "serviceAccountsEnabled": has(GrantType::ClientCredentials),
        "clientAuthenticatorType": authenticator(draft.token_endpoint_auth_method),
        "redirectUris": draft.redirect_uris,
        "webOrigins": draft.allowed_cors_origins,
        "fullScopeAllowed": does(draft, Practice::AllRoles),
        "consentRequired": flag("x_keycloak_consent_required"),
        "frontchannelLogout": flag("x_keycloak_frontchannel_logout"),
        "defaultClientScopes": default,
        "optionalClientScopes": optional,
        "protocolMappers": mappers(draft),
        "attributes": attributes(draft),
    });
    let addresses = [
        ("baseUrl", draft.client_uri.as_deref()),
        (
            "adminUrl",
            draft
                .other_members
                .get("x_keycloak_admin_url")
                .and_then(Value::as_str),
        ),
    ];
    for (member, address) in addresses {
        if let (Some(address), Some(members)) = (address, client.as_object_mut()) {
            members.insert(member.to_owned(), Value::from(address));
        }
    }
    let unsaid = carried::add_what_is_lost(&mut client, draft);
    Written { client, unsaid }
}

const fn authenticator(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost | AuthMethod::None => "client-secret",
        AuthMethod::PrivateKeyJwt => "client-jwt",
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => "client-x509",
    }
}

fn does(draft: &ClientDraft, practice: Practice) -> bool {
    draft.practices().any(|(known, _)| known == practice)
}

/// Scopes that it gets without asking, and those that it may ask for. `openid` is every client's.
fn scopes(draft: &ClientDraft) -> (Vec<&str>, Vec<&str>) {
    let offline_by_default = does(draft, Practice::OfflineByDefault);
    let scopes = draft
        .scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| *scope != "openid");
    scopes.partition(|scope| *scope == "offline_access" && offline_by_default)
}

fn mappers(draft: &ClientDraft) -> Vec<Value> {
    let mut mappers: Vec<Value> = draft
        .audience
        .iter()
        .map(|audience| {
            json!({
                "name": format!("audience {audience}"),
                "protocol": "openid-connect",
                "protocolMapper": "oidc-audience-mapper",
                "config": {"included.custom.audience": audience, "access.token.claim": "true", "id.token.claim": "false"},
            })
        })
        .collect();
    if draft.subject_type == Some(SubjectType::Pairwise) {
        let sector = draft.sector_identifier_uri.as_deref().unwrap_or_default();
        mappers.push(json!({
            "name": "pairwise subjects",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-sha256-pairwise-sub-mapper",
            "config": {"sectorIdentifierUri": sector},
        }));
    }
    mappers
}

fn attributes(draft: &ClientDraft) -> Map<String, Value> {
    let mut attributes = Map::new();
    let mut set = |name: &str, text: String| drop(attributes.insert(name.to_owned(), Value::from(text)));
    let has = |grant| draft.has_grant(grant);
    let refreshes = has(GrantType::RefreshToken);
    let for_people = draft.grant_types.iter().any(|grant| grant.involves_user());
    for (name, is_so) in [
        ("use.refresh.tokens", refreshes),
        ("client_credentials.use_refresh_token", refreshes && !for_people),
        (
            "oauth2.device.authorization.grant.enabled",
            has(GrantType::DeviceCode),
        ),
        ("oidc.ciba.grant.enabled", has(GrantType::Ciba)),
        ("standard.token.exchange.enabled", has(GrantType::TokenExchange)),
        (
            "oauth2.jwt.authorization.grant.enabled",
            has(GrantType::JwtBearer),
        ),
        ("dpop.bound.access.tokens", draft.dpop_bound_access_tokens),
        (
            "tls.client.certificate.bound.access.tokens",
            draft.tls_client_certificate_bound_access_tokens,
        ),
        (
            "require.pushed.authorization.requests",
            draft.require_pushed_authorization_requests,
        ),
        ("use.jwks.url", draft.jwks_uri.is_some()),
        (
            "use.jwks.string",
            draft.jwks.is_some() && draft.jwks_uri.is_none(),
        ),
    ] {
        set(name, is_so.to_string());
    }
    if draft.require_pkce {
        set("pkce.code.challenge.method", "S256".to_owned());
    } else if does(draft, Practice::PlainPkce) {
        set("pkce.code.challenge.method", "plain".to_owned());
    }
    // An empty one would stand for the redirect URIs.
    set(
        "post.logout.redirect.uris",
        match draft.post_logout_redirect_uris.as_slice() {
            [] => "-".to_owned(),
            uris => uris.join("##"),
        },
    );
    let other = |member: &str| {
        draft
            .other_members
            .get(member)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let seconds = |seconds: Option<u32>| seconds.map(|seconds| seconds.to_string());
    for (name, text) in [
        ("jwks.url", draft.jwks_uri.clone()),
        (
            "jwks.string",
            draft
                .jwks
                .as_ref()
                .filter(|_| draft.jwks_uri.is_none())
                .map(Value::to_string),
        ),
        ("x509.subjectdn", draft.tls_client_auth_subject_dn.clone()),
        (
            "token.endpoint.auth.signing.alg",
            draft.token_endpoint_auth_signing_alg.clone(),
        ),
        (
            "id.token.signed.response.alg",
            draft.id_token_signed_response_alg.clone(),
        ),
        ("access.token.lifespan", seconds(draft.access_token_lifetime)),
        (
            "client.session.idle.timeout",
            seconds(draft.refresh_token_idle_lifetime),
        ),
        (
            "client.session.max.lifespan",
            seconds(draft.refresh_token_absolute_lifetime),
        ),
        ("logoUri", draft.logo_uri.clone()),
        ("policyUri", draft.policy_uri.clone()),
        ("tosUri", draft.tos_uri.clone()),
        (
            "backchannel.logout.url",
            other("x_keycloak_backchannel_logout_uri"),
        ),
        (
            "frontchannel.logout.url",
            other("x_keycloak_frontchannel_logout_uri"),
        ),
    ] {
        if let Some(text) = text {
            set(name, text);
        }
    }
    attributes
}
