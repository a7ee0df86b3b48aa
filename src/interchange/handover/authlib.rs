//! Authlib: a Python module on its session for requests.

use super::text::{commented, fill, quoted};
use super::{Facts, Flow, HandedFile, Handover};
use crate::client::AuthMethod;

/// Writes the module.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    let (template, what) = match facts.flow {
        Flow::SignIn => (include_str!("templates/sign_in.py"), "how people sign in"),
        Flow::Service => (include_str!("templates/service.py"), "how it gets its tokens"),
        Flow::Device => (include_str!("templates/device.py"), "how people connect it"),
        Flow::Other => return facts.unfit("Authlib"),
    };
    let redirect = facts
        .redirect
        .as_ref()
        .map_or("", |redirect| redirect.uri.as_str());
    let resource = facts
        .resource()
        .map(|(name, value)| format!("{name}={},", quoted(value)));
    let openid = |text: &'static str| if facts.is_openid() { text } else { "" };
    let prompt = if facts.asks_for_consent() {
        "prompt=\"consent\",  # offline_access is given no other way"
    } else {
        ""
    };
    let text = fill(
        template,
        &[
            ("about", &commented("#", &facts.about(what))),
            ("imports", imports(facts.method)),
            ("openid_imports", &further_imports(facts)),
            ("issuer", &quoted(&facts.endpoints.issuer)),
            ("token_endpoint", &quoted(&facts.endpoints.token)),
            ("device_endpoint", &quoted(&facts.endpoints.device_authorization)),
            ("client_id", &quoted(facts.client_id)),
            ("redirect_uri", &quoted(redirect)),
            ("scope", &quoted(&facts.scope)),
            ("credential", credential(facts.method)),
            ("method", &quoted(facts.method.as_str())),
            ("register", &register(facts)),
            ("resource", &resource.unwrap_or_default()),
            ("prompt", prompt),
            ("keep_nonce", openid(", \"nonce\": generate_token(24)")),
            ("nonce", openid("nonce=kept[\"nonce\"],")),
            ("and_claims", openid(", and the claims of the person")),
            ("claims", openid(CLAIMS)),
            (
                "return",
                if facts.is_openid() {
                    "return tokens, claims"
                } else {
                    "return tokens"
                },
            ),
            ("device_auth", device_authentication(facts.method)),
        ],
    );
    Handover {
        remarks: remark(facts).into_iter().collect(),
        files: vec![HandedFile {
            name: "chancery.py",
            text,
        }],
    }
}

fn imports(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => "import os\n",
        AuthMethod::PrivateKeyJwt => "import json\nimport os\nimport pathlib\n",
        _ => "",
    }
}

fn further_imports(facts: &Facts<'_>) -> String {
    let mut imports = Vec::new();
    if facts.method == AuthMethod::PrivateKeyJwt {
        imports.push("from authlib.oauth2.rfc7523 import PrivateKeyJWT");
    }
    if facts.flow == Flow::SignIn && facts.is_openid() {
        imports.push("from joserfc import jwt");
    }
    if facts.method == AuthMethod::PrivateKeyJwt {
        imports.push("from joserfc.jwk import import_key");
    }
    if facts.flow == Flow::SignIn && facts.is_openid() {
        imports.push("from joserfc.jwk import KeySet");
    }
    imports.join("\n")
}

fn credential(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => {
            "os.environ[\"CHANCERY_CLIENT_SECRET\"],"
        }
        AuthMethod::PrivateKeyJwt => {
            "import_key(json.loads(pathlib.Path(os.environ[\"CHANCERY_PRIVATE_KEY_FILE\"]).read_text())),"
        }
        _ => "",
    }
}

/// Has the session sign assertions, where the client authenticates so.
fn register(facts: &Facts<'_>) -> String {
    if facts.method != AuthMethod::PrivateKeyJwt {
        return String::new();
    }
    let audience = quoted(&facts.endpoints.issuer);
    let algorithm = quoted(facts.assertion_algorithm());
    format!("session.register_client_auth_method(PrivateKeyJWT({audience}, alg={algorithm}))")
}

/// The first request of a device is not one of the session's.
fn device_authentication(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic => ", auth=(CLIENT_ID, os.environ[\"CHANCERY_CLIENT_SECRET\"])",
        _ => "",
    }
}

/// What is checked of an ID token (OpenID Connect Core §3.1.3.7).
const CLAIMS: &str = r#"keys = KeySet.import_key_set(requests.get(METADATA["jwks_uri"], timeout=10).json())
claims = jwt.decode(tokens["id_token"], keys, algorithms=METADATA["id_token_signing_alg_values_supported"]).claims
jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": ISSUER},
    aud={"essential": True, "value": CLIENT_ID},
    nonce={"essential": True, "value": kept["nonce"]},
    exp={"essential": True},
).validate(claims)"#;

fn remark(facts: &Facts<'_>) -> Option<String> {
    if facts.draft.require_pushed_authorization_requests && facts.flow == Flow::SignIn {
        return Some(
            "It must push its requests (RFC 9126), which Authlib does not: post them to the endpoint, then send request_uri"
                .to_owned(),
        );
    }
    facts.port_remark("REDIRECT_URI")
}
