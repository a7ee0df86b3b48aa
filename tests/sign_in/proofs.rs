//! Tokens that are bound to a key, and tokens in exchange for others: proofs signed as a client signs them.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chancery::client::{AuthMethod, GrantType};
use chancery::server::{Listen, Options, Server};
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use openidconnect::reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::flows::{post, request, tokens};
use crate::rig::{NAME, REDIRECT_URI, Rig, random};

/// A key that stays where it was made.
struct Key {
    private: EncodingKey,
    public: Jwk,
}

impl Key {
    fn new() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let pkcs8 = pair.to_pkcs8v1().unwrap();
        let private = EncodingKey::from_ec_der(pkcs8.as_ref());
        Self {
            public: Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap(),
            private,
        }
    }

    fn jkt(&self) -> String {
        self.public.thumbprint(ThumbprintHash::SHA256).unwrap()
    }

    /// `DPoP: …` for one request.
    fn proof(&self, method: &str, uri: &str, access_token: Option<&str>) -> String {
        let header = Header {
            typ: Some("dpop+jwt".to_owned()),
            jwk: Some(self.public.clone()),
            ..Header::new(Algorithm::ES256)
        };
        let mut claims = json!({
            "jti": URL_SAFE_NO_PAD.encode(random::<16>()),
            "htm": method,
            "htu": uri,
            "iat": Timestamp::now().as_second(),
        });
        if let Some(token) = access_token {
            claims["ath"] = json!(URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
        }
        jsonwebtoken::encode(&header, &claims, &self.private).unwrap()
    }
}

fn told(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().unwrap();
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_slice(&response.bytes().unwrap()).unwrap_or(Value::Null),
    )
}

fn ask(rig: &Rig, form: &[(&str, &str)], proof: Option<String>) -> (u16, Value) {
    let mut request = Client::new().post(format!("{}/token", rig.issuer())).form(form);
    if let Some(proof) = proof {
        request = request.header("DPoP", proof);
    }
    told(request)
}

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {json}"))
}

#[test]
fn whoever_steals_what_is_bound_to_a_key_has_nothing() {
    let rig = Rig::new();
    let client_id = rig.public_client();
    let (key, thiefs) = (Key::new(), Key::new());
    let endpoint = format!("{}/token", rig.issuer());
    let jkt = key.jkt();
    let more = [("dpop_jkt", jkt.as_str())];
    let redeem = |key: Option<&Key>| {
        let (url, verifier) = request(&rig, &client_id, &more);
        let answer = Browser::new(&rig).sign_in(&url).answer();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", client_id.as_str()),
            ("code", &answer["code"]),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ];
        ask(&rig, &form, key.map(|key| key.proof("POST", &endpoint, None)))
    };
    for key in [None, Some(&thiefs)] {
        let (status, refused) = redeem(key);
        assert_eq!(
            (status, &refused["error"]),
            (400, &json!("invalid_grant")),
            "a stolen code"
        );
    }
    let (status, tokens) = redeem(Some(&key));
    assert_eq!((status, &tokens["token_type"]), (200, &json!("DPoP")), "{tokens}");

    let access_token = text(&tokens, "access_token");
    let userinfo = format!("{}/userinfo", rig.issuer());
    let look = |scheme: &str, key: &Key| {
        let proof = key.proof("GET", &userinfo, Some(access_token));
        let request = Client::new()
            .get(&userinfo)
            .header("authorization", format!("{scheme} {access_token}"));
        told(request.header("DPoP", proof))
    };
    assert_eq!(look("DPoP", &key).1["sub"], NAME);
    for (scheme, key) in [("DPoP", &thiefs), ("Bearer", &key), ("Bearer", &thiefs)] {
        let (status, refused) = look(scheme, key);
        assert_eq!(
            (status, &refused["error"]),
            (401, &json!("invalid_token")),
            "a stolen token"
        );
    }

    let refresh = |token: &str, key: Option<&Key>| {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id.as_str()),
            ("refresh_token", token),
        ];
        ask(&rig, &form, key.map(|key| key.proof("POST", &endpoint, None)))
    };
    let refresh_token = text(&tokens, "refresh_token");
    for key in [None, Some(&thiefs)] {
        assert_eq!(
            refresh(refresh_token, key).1["error"],
            "invalid_grant",
            "a stolen refresh token"
        );
    }
    let (status, next) = refresh(refresh_token, Some(&key));
    assert_eq!((status, &next["token_type"]), (200, &json!("DPoP")), "{next}");
    assert_eq!(refresh(text(&next, "refresh_token"), Some(&key)).0, 200);
}

#[test]
fn a_proof_counts_once_among_all_servers_over_one_file() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client(|draft| {
        draft.set_grant(GrantType::ClientCredentials, true);
        draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
    });
    let mut options = Options::new(rig.registry.another().unwrap(), "tester");
    options.listen = Listen::AnyPort;
    options.issuer = Some(rig.server.issuer().clone());
    let second = Server::start(options).unwrap();
    let authority = rig.issuer().strip_prefix("http://").unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id.as_str()),
        ("client_secret", secret.expose()),
        ("scope", "read:payroll"),
    ];
    let proof = Key::new().proof("POST", &format!("{}/token", rig.issuer()), None);
    let ask = |address: &str, proof: &str| {
        let request = Client::new().post(format!("http://{address}/token"));
        told(
            request
                .header("host", authority)
                .header("DPoP", proof)
                .form(&form),
        )
    };
    let (first, other) = (authority.to_owned(), second.address().to_string());
    assert_eq!(ask(&first, &proof).0, 200);
    for address in [&first, &other] {
        assert_eq!(ask(address, &proof).1["error"], "invalid_dpop_proof", "{address}");
    }
    let proof = Key::new().proof("POST", &format!("{}/token", rig.issuer()), None);
    assert_eq!(
        ask(&other, &proof).0,
        200,
        "the second server takes proofs of its own"
    );
    assert_eq!(ask(&first, &proof).1["error"], "invalid_dpop_proof");
}

#[test]
fn what_a_service_got_in_exchange_ends_when_the_person_takes_the_consent_back() {
    let rig = Rig::new();
    let (service, secret) = rig.client(|draft| {
        draft.grant_types = vec![GrantType::TokenExchange];
        draft.response_types.clear();
        draft.redirect_uris.clear();
        draft.post_logout_redirect_uris.clear();
        draft.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
        draft.audience = vec!["https://ledger.example.com".to_owned()];
    });
    let server = chancery::registry::ResourceServer {
        identifier: "https://payroll.example.com".to_owned(),
        slug: "payroll".to_owned(),
        scopes: Vec::new(),
        introspecting_client: Some(service.clone()),
        policy: chancery::client::policy::AccessPolicy::default(),
    };
    rig.registry.put_resource_server(&server, &rig.act()).unwrap();
    let portal = rig.public_client();
    let subject = tokens(&rig, &portal, &[]);
    let kind = "urn:ietf:params:oauth:token-type:access_token";
    let credentials = [
        ("client_id", service.as_str()),
        ("client_secret", secret.expose()),
    ];
    let exchange = |token: &str| {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", token),
            ("subject_token_type", kind),
        ];
        post(&rig, "/token", &[&credentials[..], &form[..]].concat())
    };
    let (status, exchanged) = exchange(text(&subject, "access_token"));
    assert_eq!(
        (status, &exchanged["issued_token_type"]),
        (200, &json!(kind)),
        "{exchanged}"
    );
    let token = text(&exchanged, "access_token").to_owned();
    let introspect = || {
        post(
            &rig,
            "/introspect",
            &[&credentials[..], &[("token", &token)]].concat(),
        )
        .1
    };
    let seen = introspect();
    assert_eq!(
        (&seen["sub"], &seen["aud"]),
        (&json!(NAME), &json!("https://ledger.example.com"))
    );
    rig.registry.withdraw_consent(NAME, &portal, &rig.act()).unwrap();
    assert_eq!(introspect(), json!({ "active": false }));
    assert_eq!(
        exchange(text(&subject, "access_token")).1["error"],
        "invalid_request"
    );
}
