//! openid-client for Node: a module that the application imports.

use super::text::{commented, fill, quoted_for_script as quoted};
use super::{Facts, Flow, HandedFile, Handover};
use crate::client::AuthMethod;

/// Writes the module.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    let (template, what) = match facts.flow {
        Flow::SignIn => (include_str!("templates/sign_in.mjs"), "how people sign in"),
        Flow::Service => (include_str!("templates/service.mjs"), "how it gets its tokens"),
        Flow::Device => (include_str!("templates/device.mjs"), "how people connect it"),
        Flow::Other => return facts.unfit("openid-client"),
    };
    let redirect = facts
        .redirect
        .as_ref()
        .map_or("", |redirect| redirect.uri.as_str());
    let scope = (!facts.scope.is_empty()).then(|| format!("scope: {},", quoted(&facts.scope)));
    let resource = facts
        .resource()
        .map(|(name, value)| format!("{name}: {},", quoted(value)));
    let signed = facts.method == AuthMethod::PrivateKeyJwt;
    let openid = |text: &'static str| if facts.is_openid() { text } else { "" };
    let build = if facts.draft.require_pushed_authorization_requests {
        "await client.buildAuthorizationUrlWithPAR"
    } else {
        "client.buildAuthorizationUrl"
    };
    let prompt = if facts.asks_for_consent() {
        "prompt: 'consent', // offline_access is given no other way"
    } else {
        ""
    };
    let text = fill(
        template,
        &[
            ("about", &commented("//", &facts.about(what))),
            (
                "imports",
                if signed {
                    "import { readFile } from 'node:fs/promises'"
                } else {
                    ""
                },
            ),
            ("client_id", &quoted(facts.client_id)),
            ("redirect_uri", &quoted(redirect)),
            ("key", &key(facts)),
            ("issuer", &quoted(&facts.endpoints.issuer)),
            ("authentication", authentication(facts.method)),
            ("options", options(facts)),
            ("build", build),
            ("scope", &scope.unwrap_or_default()),
            ("resource", &resource.unwrap_or_default()),
            ("prompt", prompt),
            ("keep_nonce", openid(", nonce: client.randomNonce()")),
            ("nonce", openid("nonce: kept.nonce,")),
            (
                "expected_nonce",
                openid("expectedNonce: kept.nonce,\nidTokenExpected: true,"),
            ),
        ],
    );
    Handover {
        remarks: facts.port_remark("redirectUri").into_iter().collect(),
        files: vec![HandedFile {
            name: "chancery.mjs",
            text,
        }],
    }
}

fn authentication(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::ClientSecretBasic => "client.ClientSecretBasic(process.env.CHANCERY_CLIENT_SECRET)",
        AuthMethod::ClientSecretPost => "client.ClientSecretPost(process.env.CHANCERY_CLIENT_SECRET)",
        AuthMethod::PrivateKeyJwt => "client.PrivateKeyJwt({ key, kid: jwk.kid })",
        AuthMethod::TlsClientAuth | AuthMethod::SelfSignedTlsClientAuth => "client.TlsClientAuth()",
        AuthMethod::None => "client.None()",
    }
}

/// Plain http is for loopback.
fn options(facts: &Facts<'_>) -> &'static str {
    if facts.is_http() {
        "{ execute: [client.allowInsecureRequests] }, // on loopback only"
    } else {
        ""
    }
}

/// Reads the private key where the client signs assertions.
fn key(facts: &Facts<'_>) -> String {
    if facts.method != AuthMethod::PrivateKeyJwt {
        return String::new();
    }
    let algorithm = import_algorithm(facts.assertion_algorithm());
    format!(
        "const jwk = JSON.parse(await readFile(process.env.CHANCERY_PRIVATE_KEY_FILE, 'utf8'))\n\
         const key = await crypto.subtle.importKey('jwk', jwk, {algorithm}, false, ['sign'])\n"
    )
}

/// The algorithm in the words of Web Cryptography.
pub(super) fn import_algorithm(algorithm: &str) -> &'static str {
    match algorithm {
        "ES384" => "{ name: 'ECDSA', namedCurve: 'P-384' }",
        "RS256" => "{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }",
        "RS384" => "{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }",
        "RS512" => "{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }",
        "PS256" => "{ name: 'RSA-PSS', hash: 'SHA-256' }",
        "PS384" => "{ name: 'RSA-PSS', hash: 'SHA-384' }",
        "PS512" => "{ name: 'RSA-PSS', hash: 'SHA-512' }",
        "EdDSA" => "{ name: 'Ed25519' }",
        _ => "{ name: 'ECDSA', namedCurve: 'P-256' }",
    }
}
