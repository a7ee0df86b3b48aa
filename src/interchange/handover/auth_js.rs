//! Auth.js, also known as NextAuth: a provider, and the route that Next.js wants.

use super::openid_client::import_algorithm;
use super::text::{commented, fill, quoted_for_script as quoted};
use super::{Facts, Flow, HandedFile, Handover, Redirect};
use crate::client::AuthMethod;

/// The path at which Auth.js itself waits in Next.js.
const CALLBACK: &str = "/api/auth/callback/chancery";

/// Writes provider and route.
pub(super) fn write(facts: &Facts<'_>) -> Handover {
    if facts.flow != Flow::SignIn {
        return facts.unfit("Auth.js");
    }
    let place = Place::of(facts.redirect.as_ref());
    Handover {
        remarks: remark(facts, place.as_ref()).into_iter().collect(),
        files: vec![provider(facts, place.as_ref()), route(place.as_ref())],
    }
}

/// What the callback's path says: where Auth.js lives, and what the provider is called there.
struct Place {
    base: String,
    id: String,
}

impl Place {
    /// Auth.js waits at `BASE/callback/ID` and nowhere else.
    fn of(redirect: Option<&Redirect>) -> Option<Self> {
        let redirect = redirect.filter(|redirect| redirect.origin.is_some())?;
        let (base, id) = redirect.path.rsplit_once("/callback/")?;
        let is_plain = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/'))
        };
        let fits =
            base.starts_with('/') && !id.is_empty() && !id.contains('/') && is_plain(base) && is_plain(id);
        (fits && !redirect.uri.contains('?')).then(|| Self {
            base: base.to_owned(),
            id: id.to_owned(),
        })
    }
}

fn provider(facts: &Facts<'_>, place: Option<&Place>) -> HandedFile {
    let base = place.filter(|place| place.base != "/api/auth");
    let base = base.map(|place| format!("basePath: {},", quoted(&place.base)));
    let secret = if facts.method.uses_secret() {
        "clientSecret: process.env.CHANCERY_CLIENT_SECRET,"
    } else {
        ""
    };
    let openid = facts.is_openid();
    let signed = facts.method == AuthMethod::PrivateKeyJwt;
    let text = fill(
        include_str!("templates/auth.ts"),
        &[
            ("about", &commented("//", &facts.about("how people sign in"))),
            (
                "imports",
                if signed {
                    "import { readFile } from \"node:fs/promises\""
                } else {
                    ""
                },
            ),
            ("key", &key(facts)),
            ("base_path", &base.unwrap_or_default()),
            ("id", &quoted(place.map_or("chancery", |place| &place.id))),
            ("name", &quoted(&facts.draft.name)),
            ("type", if openid { "\"oidc\"" } else { "\"oauth\"" }),
            ("issuer", &quoted(&facts.endpoints.issuer)),
            ("client_id", &quoted(facts.client_id)),
            ("client_secret", secret),
            ("method", &quoted(facts.method.as_str())),
            ("authorization_url", &authorization_url(facts)),
            ("parameters", &parameters(facts)),
            ("token", &token(facts)),
            (
                "checks",
                if openid {
                    "[\"pkce\", \"state\", \"nonce\"]"
                } else {
                    "[\"pkce\", \"state\"]"
                },
            ),
        ],
    );
    HandedFile {
        name: "auth.ts",
        text,
    }
}

/// What only OpenID Connect discovers is spelled out without it.
fn authorization_url(facts: &Facts<'_>) -> String {
    if facts.is_openid() {
        String::new()
    } else {
        format!("url: {}, ", quoted(&facts.endpoints.authorization))
    }
}

fn parameters(facts: &Facts<'_>) -> String {
    let mut parameters = vec![format!("scope: {}", quoted(&facts.scope))];
    parameters.extend(
        facts
            .resource()
            .map(|(name, value)| format!("{name}: {}", quoted(value))),
    );
    if facts.asks_for_consent() {
        parameters.push("prompt: \"consent\"".to_owned());
    }
    parameters.join(", ")
}

fn token(facts: &Facts<'_>) -> String {
    let mut members = Vec::new();
    if !facts.is_openid() {
        members.push(format!("url: {}", quoted(&facts.endpoints.token)));
    }
    if facts.method == AuthMethod::PrivateKeyJwt {
        members.push("clientPrivateKey: { key, kid: jwk.kid }".to_owned());
    }
    if members.is_empty() {
        String::new()
    } else {
        format!("token: {{ {} }},", members.join(", "))
    }
}

fn key(facts: &Facts<'_>) -> String {
    if facts.method != AuthMethod::PrivateKeyJwt {
        return String::new();
    }
    let algorithm = import_algorithm(facts.assertion_algorithm()).replace('\'', "\"");
    format!(
        "const jwk = JSON.parse(await readFile(process.env.CHANCERY_PRIVATE_KEY_FILE ?? \"\", \"utf8\"))\n\
         const key = await crypto.subtle.importKey(\"jwk\", jwk, {algorithm}, false, [\"sign\"])\n"
    )
}

fn route(place: Option<&Place>) -> HandedFile {
    let base = place.map_or("/api/auth", |place| &place.base);
    let path = format!("app{base}/[...nextauth]/route.ts");
    HandedFile {
        name: "route.ts",
        text: fill(include_str!("templates/route.ts"), &[("path", &path)]),
    }
}

fn remark(facts: &Facts<'_>, place: Option<&Place>) -> Option<String> {
    let redirect = facts.redirect.as_ref().filter(|_| place.is_none())?;
    let to = match &redirect.origin {
        Some(origin) => format!("{origin}{CALLBACK}"),
        None => format!("an https address that ends in {CALLBACK}"),
    };
    Some(format!(
        "Auth.js waits at …/callback/ID only, which {} is not: register {to}",
        redirect.uri
    ))
}
