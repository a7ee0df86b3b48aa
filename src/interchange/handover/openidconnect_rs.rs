//! The crate openidconnect: a module of Rust.

use super::text::{commented, fill, quoted_for_rust as quoted};
use super::{Facts, Flow, HandedFile, Handover};
use crate::client::AuthMethod;

/// Writes the module.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    let text = match facts.flow {
        Flow::SignIn if facts.is_openid() => sign_in(facts),
        Flow::Service => service(facts),
        Flow::SignIn => {
            let why = "openidconnect expects an ID token: register the scope openid, or use the crate oauth2";
            return Handover {
                remarks: vec![why.to_owned()],
                files: Vec::new(),
            };
        }
        Flow::Device | Flow::Other => return facts.unfit("openidconnect"),
    };
    Handover {
        remarks: remark(facts).into_iter().collect(),
        files: vec![HandedFile {
            name: "chancery.rs",
            text,
        }],
    }
}

fn sign_in(facts: &Facts<'_>) -> String {
    let redirect = facts
        .redirect
        .as_ref()
        .map_or("", |redirect| redirect.uri.as_str());
    let mut uses = vec![
        "AuthorizationCode",
        "ClientId",
        "CsrfToken",
        "IssuerUrl",
        "Nonce",
        "PkceCodeChallenge",
        "PkceCodeVerifier",
        "RedirectUrl",
        "Scope",
        "TokenResponse",
    ];
    // The crate adds it by itself.
    let scopes = scopes(facts, "openid");
    let mut parameters = Vec::new();
    parameters.extend(extra_resource(facts));
    if facts.asks_for_consent() {
        let prompt = "// offline_access is given no other way
.add_prompt(openidconnect::core::CoreAuthPrompt::Consent)";
        parameters.push(prompt.to_owned());
    }
    uses.extend(further_uses(facts.method));
    uses.sort_unstable();
    fill(
        include_str!("templates/sign_in.rs.txt"),
        &[
            ("about", &commented("//!", &about(facts, "how people sign in"))),
            ("crates", crates(facts.method)),
            ("uses", &wrapped(&uses)),
            ("issuer", &quoted(&facts.endpoints.issuer)),
            ("client_id", &quoted(facts.client_id)),
            ("redirect_uri", &quoted(redirect)),
            ("scopes", &scopes),
            ("parameters", &parameters.join("\n")),
            ("credential_parameter", credential_parameter(facts.method)),
            ("secret", secret(facts.method)),
            ("auth_type", auth_type(facts.method)),
            ("assertion_parameters", assertion_parameters(facts.method)),
            ("assertion", &assertion(facts)),
        ],
    )
}

fn service(facts: &Facts<'_>) -> String {
    let mut uses = vec!["ClientId", "IssuerUrl", "OAuth2TokenResponse", "Scope"];
    uses.extend(further_uses(facts.method));
    if facts.method == AuthMethod::PrivateKeyJwt {
        uses.push("CsrfToken");
    }
    uses.sort_unstable();
    let parameter = credential_parameter(facts.method).trim_end_matches(',');
    let comma_credential = if parameter.is_empty() {
        String::new()
    } else {
        format!(", {parameter}")
    };
    let auth_type = auth_type(facts.method);
    let auth_type = if auth_type.is_empty() {
        String::new()
    } else {
        format!("\n    {auth_type}")
    };
    fill(
        include_str!("templates/service.rs.txt"),
        &[
            (
                "about",
                &commented("//!", &about(facts, "how it gets its tokens")),
            ),
            ("crates", crates(facts.method)),
            ("uses", &uses.join(", ")),
            ("issuer", &quoted(&facts.endpoints.issuer)),
            ("client_id", &quoted(facts.client_id)),
            ("scopes", &scopes(facts, "")),
            ("comma_credential", &comma_credential),
            ("secret", secret(facts.method)),
            ("auth_type", &auth_type),
            ("parameters", &extra_resource(facts).unwrap_or_default()),
            ("assertion_parameters", assertion_parameters(facts.method)),
            ("assertion", &assertion(facts)),
        ],
    )
}

/// What the file is for. The module is given the secret by whoever calls it.
fn about(facts: &Facts<'_>, what: &str) -> Vec<String> {
    let mut lines = facts.about(what);
    if facts.method.uses_secret() {
        lines.truncate(1);
        lines.push(
            "Call it with the secret from the environment, as in std::env::var(\"CHANCERY_CLIENT_SECRET\")"
                .to_owned(),
        );
    }
    lines
}

fn crates(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::PrivateKeyJwt => ", jsonwebtoken 11 and serde_json",
        _ => "",
    }
}

fn further_uses(method: AuthMethod) -> &'static [&'static str] {
    match method {
        AuthMethod::ClientSecretBasic => &["ClientSecret"],
        AuthMethod::ClientSecretPost => &["AuthType", "ClientSecret"],
        _ => &[],
    }
}

/// Names in lines that are not too long.
fn wrapped(names: &[&str]) -> String {
    let mut lines = vec![String::new()];
    for name in names {
        if lines.last().is_some_and(|line| line.len() + name.len() > 100) {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            let gap = if line.is_empty() { "" } else { " " };
            line.push_str(&format!("{gap}{name},"));
        }
    }
    lines.join("\n")
}

fn scopes(facts: &Facts<'_>, except: &str) -> String {
    let scopes = facts.draft.scopes.iter().filter(|scope| *scope != except);
    scopes.map(|scope| quoted(scope)).collect::<Vec<_>>().join(", ")
}

fn extra_resource(facts: &Facts<'_>) -> Option<String> {
    let (name, value) = facts.resource()?;
    Some(format!(".add_extra_param(\"{name}\", {})", quoted(value)))
}

fn credential_parameter(method: AuthMethod) -> &'static str {
    if method.uses_secret() {
        "secret: String,"
    } else {
        ""
    }
}

fn secret(method: AuthMethod) -> &'static str {
    if method.uses_secret() {
        "Some(ClientSecret::new(secret))"
    } else {
        "None"
    }
}

fn auth_type(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretPost => ".set_auth_type(AuthType::RequestBody)",
        _ => "",
    }
}

fn assertion_parameters(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::PrivateKeyJwt => {
            ".add_extra_param(\n    \
                 \"client_assertion_type\",\n    \
                 \"urn:ietf:params:oauth:client-assertion-type:jwt-bearer\",\n\
             )\n\
             .add_extra_param(\"client_assertion\", assertion(issuer)?)"
        }
        _ => "",
    }
}

/// The function that signs an assertion, where the client authenticates so.
fn assertion(facts: &Facts<'_>) -> String {
    if facts.method != AuthMethod::PrivateKeyJwt {
        return String::new();
    }
    let algorithm = facts.assertion_algorithm();
    let from = match algorithm.get(..2) {
        Some("RS" | "PS") => "from_rsa_pem",
        Some("Ed") => "from_ed_pem",
        _ => "from_ec_pem",
    };
    let text = fill(ASSERTION, &[("algorithm", algorithm), ("from", from)]);
    text.trim_end().to_owned()
}

const ASSERTION: &str = r#"
/// Signs with the private key, which the file holds as PEM (RFC 7523 §3).
fn assertion(issuer: &str) -> Result<String, Box<dyn Error>> {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)?
        .as_secs();
    let claims = serde_json::json!({
        "iss": CLIENT_ID,
        "sub": CLIENT_ID,
        "aud": issuer,
        "iat": now,
        "exp": now + 60,
        "jti": CsrfToken::new_random().secret(),
    });
    let pem = std::fs::read(std::env::var("CHANCERY_PRIVATE_KEY_FILE")?)?;
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::@{algorithm});
    let key = jsonwebtoken::EncodingKey::@{from}(&pem)?;
    Ok(jsonwebtoken::encode(&header, &claims, &key)?)
}
"#;

fn remark(facts: &Facts<'_>) -> Option<String> {
    if facts.flow != Flow::SignIn {
        return None;
    }
    if facts.draft.require_pushed_authorization_requests {
        let told = "It must push its requests (RFC 9126), which openidconnect does by push_authorization_request only";
        return Some(told.to_owned());
    }
    facts.port_remark("REDIRECT_URI")
}
