use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use serde_json::json;
use zeroize::Zeroizing;

use super::*;
use crate::protocol::signing_key::SigningAlgorithm;
use crate::registry::Registry;

const URI: &str = "https://auth.example.com/tenant/token";
const NOW: i64 = 1_800_000_000;

/// A client's key for proofs.
pub(crate) struct ProofKey {
    pkcs8: Vec<u8>,
    algorithm: SigningAlgorithm,
    pub jwk: Value,
}

impl ProofKey {
    pub fn new() -> Self {
        Self::of(SigningAlgorithm::Es256)
    }

    pub fn of(algorithm: SigningAlgorithm) -> Self {
        let pkcs8 = algorithm.generate().unwrap().to_vec();
        let mut jwk = serde_json::to_value(algorithm.public_jwk(&pkcs8).unwrap()).unwrap();
        for name in ["kid", "use", "alg"] {
            jwk.as_object_mut().unwrap().remove(name);
        }
        Self {
            pkcs8,
            algorithm,
            jwk,
        }
    }

    /// What `cnf` and `dpop_jkt` carry.
    pub fn jkt(&self) -> String {
        let jwk: Jwk = serde_json::from_value(self.jwk.clone()).unwrap();
        jwk.thumbprint(ThumbprintHash::SHA256).unwrap()
    }

    pub fn header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.algorithm.as_str(), "jwk": self.jwk })
    }

    /// Signs whatever is said.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    pub fn sign_text(&self, header: &str, claims: &str) -> String {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let (key, algorithm) = match self.algorithm {
            SigningAlgorithm::Es256 => (EncodingKey::from_ec_der(&self.pkcs8), Algorithm::ES256),
            SigningAlgorithm::EdDsa => (EncodingKey::from_ed_der(&self.pkcs8), Algorithm::EdDSA),
            SigningAlgorithm::Rs256 => unreachable!("no test signs with RSA"),
        };
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// A proof with everything in it, and some of it changed: `null` takes a claim out.
    pub fn proof(&self, claims: Value, changes: Value) -> String {
        self.sign(&self.header(), &changed(claims, changes))
    }
}

pub(crate) fn changed(mut value: Value, changes: Value) -> Value {
    for (name, change) in changes.as_object().unwrap() {
        match change {
            Value::Null => drop(value.as_object_mut().unwrap().remove(name)),
            change => value[name] = change.clone(),
        }
    }
    value
}

fn claims() -> Value {
    json!({ "jti": "1", "htm": "POST", "htu": URI, "iat": NOW })
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn nonces(demanded: bool) -> Nonces {
    Nonces::new(&Zeroizing::new([7; 32]), demanded)
}

fn judge(proof: &str) -> Result<DpopProof, OAuthError> {
    judge_with(proof, None, &nonces(false))
}

fn judge_with(proof: &str, access_token: Option<&str>, nonces: &Nonces) -> Result<DpopProof, OAuthError> {
    let request = ProvenRequest {
        method: "POST",
        uri: URI,
        access_token,
    };
    check(proof, &request, nonces, now())
}

#[test]
fn a_proof_tells_the_key_it_is_of() {
    for algorithm in [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa] {
        let key = ProofKey::of(algorithm);
        let proof = judge(&key.proof(claims(), json!({}))).unwrap();
        assert_eq!(thumbprint_text(&proof.jkt), key.jkt());
        assert!(!proof.has_nonce);
    }
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    // RFC 9449 §6.1, figure 9: the key of the proofs in its examples.
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA" });
    let jwk: Jwk = serde_json::from_value(jwk).unwrap();
    let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
    assert_eq!(thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(
        thumbprint_text(&parse_thumbprint(&thumbprint).unwrap()),
        thumbprint
    );
    for wrong in [
        "",
        "x",
        &thumbprint[1..],
        &format!("{thumbprint}="),
        &thumbprint.replace('4', "+"),
    ] {
        assert_eq!(parse_thumbprint(wrong), None, "{wrong}");
    }
}

#[test]
fn the_uri_is_compared_as_rfc_3986_normalises_it() {
    let key = ProofKey::new();
    for (htu, same) in [
        (URI, true),
        ("HTTPS://AUTH.Example.com:443/tenant/token", true),
        ("https://auth.example.com/tenant/./x/../token", true),
        ("https://auth.example.com/%74enant/token", true),
        ("https://auth.example.com/tenant/token?x=1#y", true),
        ("https://auth.example.com/tenant/token/", false),
        ("https://auth.example.com/TENANT/token", false),
        ("https://auth.example.com/tenant%2Ftoken", false),
        ("https://auth.example.com/tenant/token%", false),
        ("https://auth.example.com/%%74enant/token", false),
        ("https://auth.example.com:8443/tenant/token", false),
        ("http://auth.example.com/tenant/token", false),
        ("https://auth.example.com.evil.example/tenant/token", false),
        ("https://auth.example.com@evil.example/tenant/token", false),
        ("https://me@auth.example.com/tenant/token", false),
        ("https://auth.example.com\\tenant\\token", false),
        (" https://auth.example.com/tenant/token", false),
        ("https://auth.example.com/tenant/tok\ten", false),
        ("https://auth.example.com/tenant/token\0", false),
        ("//auth.example.com/tenant/token", false),
        ("/tenant/token", false),
        ("", false),
    ] {
        let judged = judge(&key.proof(claims(), json!({ "htu": htu })));
        assert_eq!(judged.is_ok(), same, "{htu:?}: {judged:?}");
    }
}

#[test]
fn each_claim_that_is_not_right_refuses_the_proof() {
    let key = ProofKey::new();
    for changes in [
        json!({ "jti": null }),
        json!({ "jti": "" }),
        json!({ "jti": 1 }),
        json!({ "jti": "x".repeat(257) }),
        json!({ "htm": null }),
        json!({ "htm": "GET" }),
        json!({ "htm": "post" }),
        json!({ "htu": null }),
        json!({ "htu": 1 }),
        json!({ "htu": [URI] }),
        json!({ "iat": null }),
        json!({ "iat": NOW - 61 }),
        json!({ "iat": NOW + 61 }),
        json!({ "iat": i64::MIN }),
        json!({ "iat": 1e300 }),
        json!({ "iat": "now" }),
    ] {
        let judged = judge(&key.proof(claims(), changes.clone()));
        assert_eq!(judged.unwrap_err().code(), "invalid_dpop_proof", "{changes}");
    }
    for changes in [
        json!({ "iat": NOW - 60 }),
        json!({ "iat": NOW + 60 }),
        json!({ "iat": NOW as f64 + 0.5 }),
        json!({ "jti": "\0" }),
        json!({ "jti": "x".repeat(256) }),
        json!({ "exp": NOW - 1, "nbf": NOW + 1, "ath": "x" }),
    ] {
        let judged = judge(&key.proof(claims(), changes.clone()));
        assert!(judged.is_ok(), "{changes}: {judged:?}");
    }
}

#[test]
fn each_header_that_is_not_right_refuses_the_proof() {
    let (key, other) = (ProofKey::new(), ProofKey::of(SigningAlgorithm::EdDsa));
    let private = |member: &str, value: &str| {
        let mut jwk = key.jwk.clone();
        jwk[member] = json!(value);
        json!({ "jwk": jwk })
    };
    for changes in [
        json!({ "typ": null }),
        json!({ "typ": "JWT" }),
        json!({ "typ": "at+jwt" }),
        json!({ "typ": "DPOP+JWT" }),
        json!({ "alg": null }),
        json!({ "alg": "none" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "ES512" }),
        json!({ "alg": "RS256" }),
        json!({ "alg": "EdDSA" }),
        json!({ "jwk": null }),
        json!({ "jwk": "key" }),
        json!({ "jwk": {} }),
        json!({ "jwk": [key.jwk] }),
        json!({ "jwk": other.jwk }),
        json!({ "jwk": { "kty": "oct", "k": "c2VjcmV0" } }),
        private("d", "c2VjcmV0"),
        private("k", "c2VjcmV0"),
        private("use", "enc"),
        private("alg", "ES384"),
        private("x", "AAAA"),
        private("crv", "P-384"),
        json!({ "crit": ["exp"] }),
    ] {
        let header = changed(key.header(), changes.clone());
        let judged = judge(&key.sign(&header, &claims()));
        assert_eq!(judged.unwrap_err().code(), "invalid_dpop_proof", "{changes}");
    }
    // What the key is called says nothing.
    let header = changed(key.header(), json!({ "kid": "any" }));
    assert!(judge(&key.sign(&header, &claims())).is_ok());
}

#[test]
fn what_is_no_single_signed_token_is_no_proof() {
    let key = ProofKey::new();
    let good = key.proof(claims(), json!({}));
    let parts: Vec<&str> = good.split('.').collect();
    let unsigned = {
        let header = changed(key.header(), json!({ "alg": "none" })).to_string();
        format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), parts[1])
    };
    let shared = {
        let header = changed(key.header(), json!({ "alg": "HS256" })).to_string();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), parts[1]);
        let secret = EncodingKey::from_secret(key.jwk.to_string().as_bytes());
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, Algorithm::HS256).unwrap();
        format!("{message}.{signature}")
    };
    let twice = {
        let jwk = &key.jwk;
        let header = format!(r#"{{"typ":"dpop+jwt","alg":"ES256","jwk":{jwk},"jwk":{jwk}}}"#);
        key.sign_text(&header, &claims().to_string())
    };
    for proof in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "\0".to_owned(),
        "a.b.c".to_owned(),
        unsigned,
        shared,
        twice,
        key.sign_text("{}", "{}"),
        key.sign_text(&key.header().to_string(), "[]"),
        key.sign_text(&key.header().to_string(), "1"),
        format!("{good}, {good}"),
        format!("{good}.x"),
        format!("{good}="),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(86)),
        format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode("{}"), parts[2]),
        "x".repeat(1 << 20),
        format!("{}.{}", "x".repeat(1 << 20), good),
        key.proof(claims(), json!({ "padding": "x".repeat(1 << 20) })),
    ] {
        let judged = judge(&proof);
        let told: String = proof.chars().take(60).collect();
        assert_eq!(judged.unwrap_err().code(), "invalid_dpop_proof", "{told:?}");
    }
}

#[test]
fn the_hash_of_the_access_token_goes_with_the_token() {
    let key = ProofKey::new();
    // RFC 9449 §7.1: the token and the hash of its example.
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let ath = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    for (ath, right) in [
        (json!(ath), true),
        (json!(format!("{ath}=")), false),
        (json!("x"), false),
        (json!(1), false),
        (Value::Null, false),
    ] {
        let proof = key.proof(claims(), json!({ "ath": ath }));
        assert_eq!(
            judge_with(&proof, Some(token), &nonces(false)).is_ok(),
            right,
            "{ath}"
        );
    }
}

#[test]
fn a_nonce_must_be_right_and_be_there_where_it_is_demanded() {
    let key = ProofKey::new();
    let good = nonces(false).current(now());
    let code = |nonce: Value, demanded: bool| {
        let proof = key.proof(claims(), json!({ "nonce": nonce }));
        judge_with(&proof, None, &nonces(demanded)).map_or_else(|error| error.code(), |_| "")
    };
    for (nonce, allowed, demanded) in [
        (Value::Null, "", "use_dpop_nonce"),
        (json!(good), "", ""),
        (json!("x"), "use_dpop_nonce", "use_dpop_nonce"),
        (json!(""), "use_dpop_nonce", "use_dpop_nonce"),
        (json!(1), "use_dpop_nonce", "use_dpop_nonce"),
    ] {
        assert_eq!(code(nonce.clone(), false), allowed, "{nonce}");
        assert_eq!(code(nonce.clone(), true), demanded, "{nonce}");
    }
    let refused = judge_with(&key.proof(claims(), json!({})), None, &nonces(true)).unwrap_err();
    assert_eq!(refused, OAuthError::UseDpopNonce(good));
}

#[test]
fn a_proof_is_told_from_every_other_one_by_key_and_jti() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("registry"), now()).unwrap();
    let (key, other) = (ProofKey::new(), ProofKey::new());
    let first = |key: &ProofKey, changes: Value| {
        let proof = judge(&key.proof(claims(), changes)).unwrap();
        proof.use_once(&registry).unwrap().is_ok()
    };
    assert!(first(&key, json!({})));
    assert!(!first(&key, json!({})));
    assert!(
        !first(&key, json!({ "iat": NOW + 1 })),
        "the jti is used up, whatever else it says"
    );
    assert!(first(&key, json!({ "jti": "2" })));
    assert!(first(&other, json!({})), "nobody uses up another's jti");
}

#[test]
fn a_used_proof_is_kept_as_long_as_it_could_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::open(&folder.path().join("registry"), now()).unwrap();
    let text = ProofKey::new().proof(claims(), json!({ "iat": NOW + 60 }));
    let request = ProvenRequest {
        method: "POST",
        uri: URI,
        access_token: None,
    };
    let judged = |after: i64| {
        let now = Timestamp::from_millisecond(NOW * 1_000 + after).unwrap();
        registry.sweep(now).unwrap();
        check(&text, &request, &nonces(false), now)
    };
    assert!(judged(0).unwrap().use_once(&registry).unwrap().is_ok());
    let last = judged(120_999).unwrap();
    assert!(last.use_once(&registry).unwrap().is_err(), "to the last moment");
    assert!(judged(121_000).is_err());
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_refused(text in "\\PC{0,200}") {
        prop_assert!(judge(&text).is_err());
    }

    #[test]
    fn any_bytes_in_three_parts_are_refused(
        header in prop::collection::vec(any::<u8>(), 0..100),
        claims in prop::collection::vec(any::<u8>(), 0..100),
        signature in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let parts = [header, claims, signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert!(judge(&parts.join(".")).is_err());
    }

    #[test]
    fn whatever_a_key_signs_is_a_proof_only_if_it_says_what_it_must(
        name in prop::sample::select(vec!["jti", "htm", "htu", "iat", "nonce", "other"]),
        value in json_value(),
    ) {
        let key = ProofKey::new();
        let judged = judge(&key.proof(claims(), json!({ name: value })));
        let harmless = match name {
            "other" => true,
            "jti" => value.as_str().is_some_and(|jti| !jti.is_empty()),
            "nonce" => value.is_null(),
            // Nothing arbitrary is this method, this address or this time.
            _ => false,
        };
        prop_assert_eq!(judged.is_ok(), harmless, "{}: {}", name, value);
    }

    #[test]
    fn no_header_member_of_any_kind_makes_trouble(
        name in prop::sample::select(vec!["typ", "alg", "jwk", "kid", "crit", "x5c"]),
        value in json_value(),
    ) {
        let key = ProofKey::new();
        let header = changed(key.header(), json!({ name: value }));
        if let Err(error) = judge(&key.sign(&header, &claims())) {
            prop_assert_eq!(error.code(), "invalid_dpop_proof");
        }
    }

    #[test]
    fn a_normalised_uri_is_its_own_normal_form(path in "(/[a-zA-Z0-9%~.-]{0,8}){0,4}") {
        if let Some(once) = normalised(&format!("https://a.example{path}")) {
            prop_assert_eq!(normalised(&once), Some(once.clone()));
        }
    }
}
