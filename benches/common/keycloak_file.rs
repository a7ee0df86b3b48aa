//! An export of one large realm, as Keycloak writes it, the same in each run.

use std::io::{Result, Write};

use serde_json::{Value, json};

/// What stands before the clients of a realm, as far as tools that review one ask for it.
fn realm() -> Value {
    let scope = |name: &str| {
        json!({
            "id": format!("scope-{name}"),
            "name": name,
            "protocol": "openid-connect",
            "attributes": {"include.in.token.scope": "true", "display.on.consent.screen": "true"},
            "protocolMappers": [],
        })
    };
    let scopes = [
        "web-origins",
        "acr",
        "profile",
        "roles",
        "basic",
        "email",
        "address",
        "phone",
        "offline_access",
    ];
    json!({
        "id": "large",
        "realm": "large",
        "displayName": "A large organisation",
        "notBefore": 0,
        "defaultSignatureAlgorithm": "RS256",
        "revokeRefreshToken": true,
        "refreshTokenMaxReuse": 0,
        "accessTokenLifespan": 300,
        "accessTokenLifespanForImplicitFlow": 900,
        "ssoSessionIdleTimeout": 1800,
        "ssoSessionMaxLifespan": 36000,
        "offlineSessionIdleTimeout": 2_592_000,
        "offlineSessionMaxLifespanEnabled": false,
        "offlineSessionMaxLifespan": 5_184_000,
        "enabled": true,
        "sslRequired": "external",
        "bruteForceProtected": true,
        "registrationAllowed": false,
        "verifyEmail": true,
        "rememberMe": false,
        "roles": {"realm": [], "client": {}},
        "groups": [],
        "scopeMappings": [],
        "clientScopeMappings": {},
        "clientScopes": scopes.map(scope),
        "defaultDefaultClientScopes": ["web-origins", "acr", "profile", "roles", "basic", "email"],
        "defaultOptionalClientScopes": ["address", "phone", "offline_access"],
        "identityProviders": [],
        "identityProviderMappers": [],
        "components": {},
        "attributes": {"frontendUrl": ""},
        "keycloakVersion": "26.1.2",
        "clientProfiles": {"profiles": []},
        "clientPolicies": {"policies": []},
    })
}

/// The representation of a client: web applications, single-page ones and services, one in a thousand with an old redirect.
pub fn client(number: u64, with_secret: bool) -> Value {
    let kind = number % 10;
    let (is_public, is_service) = (kind >= 7, kind < 3);
    let host = format!("https://app-{number}.team-{}.example.com", number % 97);
    let callback = match number % 1000 {
        0 => format!("http://old-{number}.example.com/*"),
        _ => format!("{host}/oauth/callback"),
    };
    let redirects = if is_service {
        Vec::new()
    } else {
        vec![callback, format!("{host}/silent-renew")]
    };
    let mut client = json!({
        "id": format!("00000000-0000-4000-8000-{number:012}"),
        "clientId": format!("app-{number}"),
        "name": format!("Application {number} of team {}", number % 97),
        "description": "",
        "rootUrl": if is_service { String::new() } else { host.clone() },
        "adminUrl": "",
        "baseUrl": "",
        "surrogateAuthRequired": false,
        "enabled": true,
        "alwaysDisplayInConsole": false,
        "clientAuthenticatorType": "client-secret",
        "redirectUris": redirects,
        "webOrigins": if is_service { vec![] } else { vec![host.clone()] },
        "notBefore": 0,
        "bearerOnly": false,
        "consentRequired": false,
        "standardFlowEnabled": !is_service,
        "implicitFlowEnabled": false,
        "directAccessGrantsEnabled": number.is_multiple_of(5),
        "serviceAccountsEnabled": is_service,
        "publicClient": is_public,
        "frontchannelLogout": true,
        "protocol": "openid-connect",
        "attributes": {
            "oidc.ciba.grant.enabled": "false",
            "backchannel.logout.session.required": "true",
            "oauth2.device.authorization.grant.enabled": "false",
            "display.on.consent.screen": "false",
            "backchannel.logout.revoke.offline.tokens": "false",
            "post.logout.redirect.uris": "+",
            "pkce.code.challenge.method": if number.is_multiple_of(2) { "S256" } else { "" },
        },
        "authenticationFlowBindingOverrides": {},
        "fullScopeAllowed": number.is_multiple_of(4),
        "nodeReRegistrationTimeout": -1,
        "defaultClientScopes": ["web-origins", "acr", "profile", "roles", "basic", "email"],
        "optionalClientScopes": ["address", "phone", "offline_access"],
    });
    if let (true, false, Some(members)) = (with_secret, is_public, client.as_object_mut()) {
        members.insert("secret".to_owned(), format!("{number:032x}").into());
    }
    client
}

/// Writes an export with so many clients, indented as Keycloak does.
///
/// # Errors
/// Where it cannot be written.
pub fn write_export(out: &mut dyn Write, clients: u64, with_secrets: bool) -> Result<()> {
    let head = serde_json::to_string_pretty(&realm())?;
    let head = head.trim_end().trim_end_matches('}').trim_end();
    write!(out, "{head},\n  \"clients\": [")?;
    for number in 0..clients {
        let text = serde_json::to_string_pretty(&client(number, with_secrets))?.replace('\n', "\n    ");
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}\n    {text}")?;
    }
    out.write_all(b"\n  ]\n}\n")?;
    out.flush()
}
