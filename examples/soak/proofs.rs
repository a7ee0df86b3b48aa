//! Clients whose tokens are bound to a key (RFC 9449), and whoever has stolen such a token.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use openidconnect::reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::http::{ask, http, text};
use crate::people::request;
use crate::prepare::{REDIRECT_URI, random};
use crate::seen::Seen;
use crate::{Registered, services};

/// A key that stays where it was made.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// The public key, its members in the order of RFC 7638 §3.2.
    fn jwk(&self) -> Value {
        // RFC 5480 §2.2: an uncompressed point is 4, then both coordinates.
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        json!({ "crv": "P-256", "kty": "EC", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    }

    fn thumbprint(&self) -> String {
        hash(&self.jwk().to_string())
    }

    /// The proof of one request (§4.2).
    fn proof(&self, method: &str, uri: &str, access_token: Option<&str>) -> String {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk() });
        let mut claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(random::<16>()),
            "htm": method,
            "htu": uri,
            "iat": Timestamp::now().as_second(),
        });
        if let Some(token) = access_token {
            claims["ath"] = json!(hash(token));
        }
        let encoded = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()))
}

/// A service's tokens and a person's, by turns, each with a new key.
pub fn prove_possession(registered: &Registered, seen: &Seen) {
    let (mut browser, http) = (Browser::new(), http());
    while seen.goes_on() {
        let key = Key::new();
        for _ in 0..5 {
            bind_a_services_token(&key, registered, &http, seen);
        }
        bind_a_persons_tokens(&key, registered, &mut browser, &http, seen);
    }
}

fn bind_a_services_token(key: &Key, registered: &Registered, http: &Client, seen: &Seen) {
    let of = &registered.service;
    let proof = key.proof("POST", &format!("{}/token", registered.issuer), None);
    let with_proof = || {
        let request = services::token(http, &registered.issuer, of, "read:payroll");
        ask(seen, request.header("DPoP", &proof))
    };
    let (status, answer) = with_proof();
    seen.expect(
        status == 200 && answer["token_type"] == "DPoP",
        "a bound token was not given",
    );
    seen.expect(
        with_proof().1["error"] == "invalid_dpop_proof",
        "a proof was good twice",
    );
    let request = http.post(format!("{}/introspect", registered.issuer));
    let request = request.basic_auth(&of.client_id, Some(&of.client_secret));
    let (_, told) = ask(seen, request.form(&[("token", text(&answer, "access_token"))]));
    seen.expect(
        told["active"] == true && told["cnf"]["jkt"] == key.thumbprint(),
        "a token's key was lost",
    );
    seen.did("bound tokens");
}

fn bind_a_persons_tokens(
    key: &Key,
    registered: &Registered,
    browser: &mut Browser,
    http: &Client,
    seen: &Seen,
) {
    let (token, userinfo) = (
        format!("{}/token", registered.issuer),
        format!("{}/userinfo", registered.issuer),
    );
    let client_id = ("client_id", registered.application.as_str());
    let (query, verifier) = request(client_id.1, &[("dpop_jkt", &key.thumbprint())]);
    let address = format!("{}/authorize?{query}", registered.issuer);
    let Some(code) = browser.code(registered, seen, &address) else {
        return;
    };
    let exchange = |key: Option<&Key>, form: &[(&str, &str)]| {
        let request = http.post(&token).form(form);
        ask(
            seen,
            proven(request, key.map(|key| key.proof("POST", &token, None))),
        )
    };
    let redeem = [
        client_id,
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", &verifier),
    ];
    let (status, first) = exchange(Some(key), &redeem);
    seen.expect(status == 200, "a code for a key was lost");
    let refresh = |key: Option<&Key>, tokens: &Value| {
        let refresh_token = ("refresh_token", text(tokens, "refresh_token"));
        exchange(key, &[client_id, ("grant_type", "refresh_token"), refresh_token])
    };
    let thief = Key::new();
    for stolen in [None, Some(&thief)] {
        seen.expect(
            refresh(stolen, &first).1["error"] == "invalid_grant",
            "a stolen refresh token was good",
        );
    }
    let (status, tokens) = refresh(Some(key), &first);
    seen.expect(status == 200, "a bound refresh token was lost");
    let access_token = text(&tokens, "access_token");
    let look = |scheme: &str, key: &Key| {
        let proof = key.proof("GET", &userinfo, Some(access_token));
        let request = http
            .get(&userinfo)
            .header("authorization", format!("{scheme} {access_token}"));
        ask(seen, proven(request, Some(proof)))
    };
    seen.expect(
        look("DPoP", key).1["sub"] == registered.user.as_str(),
        "/userinfo does not know its bound token",
    );
    seen.expect(
        look("DPoP", &thief).0 == 401 && look("Bearer", key).0 == 401,
        "a stolen bound token was good",
    );
    seen.did("bound sign-ins");
}

fn proven(request: RequestBuilder, proof: Option<String>) -> RequestBuilder {
    match proof {
        Some(proof) => request.header("DPoP", proof),
        None => request,
    }
}
