//! `private_key_jwt`: what an assertion must be, and that it counts once (RFC 7523 §3).

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Answer, Rig};
use crate::client::{AuthMethod, ClientId, GrantType};
use crate::protocol::signing_key::SigningAlgorithm;

/// A client's own key.
struct Key {
    pkcs8: Vec<u8>,
    jwk: Value,
}

impl Key {
    fn new() -> Self {
        let pkcs8 = SigningAlgorithm::Es256.generate().unwrap().to_vec();
        let jwk = SigningAlgorithm::Es256.public_jwk(&pkcs8).unwrap();
        Self {
            jwk: serde_json::to_value(jwk).unwrap(),
            pkcs8,
        }
    }

    fn kid(&self) -> String {
        self.jwk["kid"].as_str().unwrap().to_owned()
    }

    fn sign(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_ec_der(&self.pkcs8)).unwrap()
    }
}

fn rig_with(key: &Key) -> (Rig, ClientId) {
    let rig = Rig::new();
    let (client_id, _) = rig.client("service with a key", |draft| {
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.jwks = Some(json!({ "keys": [key.jwk] }));
    });
    (rig, client_id)
}

fn header(key: &Key) -> Header {
    Header {
        kid: Some(key.kid()),
        ..Header::new(Algorithm::ES256)
    }
}

fn claims(rig: &Rig, client_id: &ClientId, jti: &str) -> Value {
    let now = rig.now().as_second();
    json!({
        "iss": client_id.as_str(), "sub": client_id.as_str(), "aud": rig.server.issuer().as_str(),
        "iat": now, "exp": now + 60, "jti": jti,
    })
}

fn ask(rig: &Rig, assertion: &str) -> Answer {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    rig.token(
        None,
        &format!("grant_type=client_credentials&client_assertion_type={kind}&client_assertion={assertion}"),
    )
}

#[test]
fn an_assertion_counts_once() {
    let key = Key::new();
    let (rig, client_id) = rig_with(&key);
    let assertion = key.sign(&header(&key), &claims(&rig, &client_id, "1"));
    let answer = ask(&rig, &assertion);
    assert_eq!(answer.status, 200, "{:?}", answer.json());
    assert_eq!(answer.claims()["client_id"], client_id.as_str());
    assert_eq!(ask(&rig, &assertion).error(), "invalid_client");
    // RFC 7523 §3, RFC 9126 §2: each of these names this server.
    for (path, jti) in [("/token", "2"), ("/par", "2b")] {
        let mut claims = claims(&rig, &client_id, jti);
        claims["aud"] = json!([rig.server.issuer().endpoint(path)]);
        let assertion = key.sign(&header(&key), &claims);
        assert_eq!(ask(&rig, &assertion).status, 200, "{path}");
    }
    let without_kid = key.sign(&Header::new(Algorithm::ES256), &claims(&rig, &client_id, "3"));
    assert_eq!(ask(&rig, &without_kid).status, 200);
}

/// RFC 9126 §2, RFC 8628 §3.1: the same way at each endpoint where a client authenticates, and once at all of them.
#[test]
fn an_assertion_counts_once_where_requests_are_pushed_and_devices_begin() {
    let key = Key::new();
    let rig = Rig::new();
    let (client_id, _) = rig.client("portal with a key", |draft| {
        super::par::portal(draft);
        draft.set_grant(GrantType::DeviceCode, true);
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.jwks = Some(json!({ "keys": [key.jwk] }));
    });
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    for (path, other, status) in [
        ("/par", "/device_authorization", 201),
        ("/device_authorization", "/par", 200),
    ] {
        let assertion = key.sign(&header(&key), &claims(&rig, &client_id, path));
        let request = super::par::request(
            &client_id,
            &[("client_assertion", &assertion), ("client_assertion_type", kind)],
        );
        let answer = rig.post(path, None, &request);
        assert_eq!(answer.status, status, "{path}: {}", answer.html());
        for replayed in [path, other] {
            assert_eq!(
                rig.post(replayed, None, &request).error(),
                "invalid_client",
                "{replayed}"
            );
        }
        if path == "/par" {
            let reference = answer.json()["request_uri"].as_str().unwrap().to_owned();
            let hash = crate::protocol::opaque::hash(&reference);
            let kept = rig.registry.pushed_request(&hash).unwrap().unwrap();
            assert!(!kept.parameters.contains("assertion"), "{}", kept.parameters);
        }
    }
}

#[test]
fn an_assertion_that_is_not_right_is_refused_like_every_wrong_secret() {
    let (key, other) = (Key::new(), Key::new());
    let (rig, client_id) = rig_with(&key);
    let now = rig.now().as_second();
    let changed = |name: &str, value: Value| {
        let mut claims = claims(&rig, &client_id, name);
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value,
        }
        key.sign(&header(&key), &claims)
    };
    let good = claims(&rig, &client_id, "good");
    // HS256 keyed with the public key, and no signature at all (RFC 8725 §2.1).
    let confused = {
        let header = Header {
            kid: Some(key.kid()),
            ..Header::new(Algorithm::HS256)
        };
        let public = key.jwk.to_string();
        jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(public.as_bytes())).unwrap()
    };
    let unsigned = {
        use base64::Engine;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&good.to_string()))
    };
    let critical = Header {
        crit: Some(vec!["exp".to_owned()]),
        ..header(&key)
    };
    for (name, assertion) in [
        ("another's key", other.sign(&header(&other), &good)),
        ("another's key under this kid", other.sign(&header(&key), &good)),
        ("HS256", confused),
        ("none", unsigned),
        ("crit", key.sign(&critical, &good)),
        ("iss", changed("iss", json!("other"))),
        ("no iss", changed("iss", Value::Null)),
        ("aud", changed("aud", json!("https://other.example.com"))),
        ("no aud", changed("aud", Value::Null)),
        ("expired", changed("exp", json!(now))),
        ("no exp", changed("exp", Value::Null)),
        ("far exp", changed("exp", json!(now + 86_401))),
        ("nbf", changed("nbf", json!(now + 61))),
        ("iat", changed("iat", json!(now + 61))),
        ("no jti", changed("jti", Value::Null)),
        ("long jti", changed("jti", json!("x".repeat(257)))),
        ("no token", "x".to_owned()),
        (
            "no signature",
            format!("{}.", key.sign(&header(&key), &good).rsplit_once('.').unwrap().0),
        ),
    ] {
        let before = rig.server.hashes();
        let answer = ask(&rig, &assertion);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, "invalid_client"),
            "{name}"
        );
        assert_eq!(
            rig.server.hashes() - before,
            1,
            "{name}: every refusal costs one hash"
        );
    }
    assert_eq!(
        ask(&rig, &key.sign(&header(&key), &good)).status,
        200,
        "none of them has used the jti up"
    );
}

#[test]
fn a_client_authenticates_by_its_registered_method_and_algorithm_only() {
    let key = Key::new();
    let rig = Rig::new();
    let (with_secret, _) = rig.client("secret", |draft| draft.jwks = Some(json!({ "keys": [key.jwk] })));
    let assertion = key.sign(&header(&key), &claims(&rig, &with_secret, "1"));
    assert_eq!(ask(&rig, &assertion).error(), "invalid_client");
    let (other_alg, _) = rig.client("other algorithm", |draft| {
        draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        draft.token_endpoint_auth_signing_alg = Some("PS256".to_owned());
        draft.jwks = Some(json!({ "keys": [key.jwk] }));
    });
    let assertion = key.sign(&header(&key), &claims(&rig, &other_alg, "1"));
    assert_eq!(ask(&rig, &assertion).error(), "invalid_client");
}
