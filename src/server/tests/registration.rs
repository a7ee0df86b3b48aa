//! Dynamic registration (RFC 7591), by section.

use axum::body::Body;
use jiff::SignedDuration;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Answer, Rig, random};
use crate::client::{ClientId, Secret};
use crate::protocol::opaque::OpaqueToken;
use crate::protocol::registration::{RegistrationMode, RegistrationPolicy};
use crate::registry::{Client, InitialToken, NewInitialToken, Registry, TokenLabel};
use crate::server::{Listen, Options, Server};

pub fn rig(mode: RegistrationMode) -> Rig {
    Rig::with(|options| options.registration.mode = mode)
}

/// A registered client as a client sees itself.
pub struct Own {
    pub client_id: ClientId,
    pub uri: String,
    pub token: String,
    pub json: Value,
}

impl Own {
    pub fn of(rig: &Rig, answer: &Answer) -> Self {
        let json = answer.json();
        let text = |name: &str| {
            json[name]
                .as_str()
                .unwrap_or_else(|| panic!("no {name} in {json}"))
                .to_owned()
        };
        let issuer = rig.server.issuer().as_str();
        Self {
            client_id: ClientId::parse(&text("client_id")).unwrap(),
            uri: text("registration_client_uri")
                .strip_prefix(issuer)
                .unwrap()
                .to_owned(),
            token: text("registration_access_token"),
            json,
        }
    }
}

impl Rig {
    pub fn dcr(&self, method: &str, uri: &str, token: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = self
            .request()
            .method(method)
            .uri(uri)
            .header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(body.into()).unwrap())
    }

    pub fn register(&self, token: Option<&str>, metadata: &Value) -> Answer {
        self.dcr("POST", "/register", token, metadata.to_string())
    }

    pub fn registered(&self, token: Option<&str>, metadata: &Value) -> Own {
        let answer = self.register(token, metadata);
        assert_eq!(answer.status, 201, "{}", answer.json());
        Own::of(self, &answer)
    }

    pub fn put(&self, own: &Own, metadata: &Value) -> Answer {
        self.dcr("PUT", &own.uri, Some(&own.token), metadata.to_string())
    }

    pub fn initial_token(
        &self,
        label: &str,
        change: impl FnOnce(&mut NewInitialToken),
    ) -> (String, InitialToken) {
        let token = OpaqueToken::new(&Zeroizing::new(random()));
        let mut new = NewInitialToken {
            hash: token.hash,
            label: TokenLabel::parse(label),
            scopes: None,
            uses: None,
            expires_at: self.now() + SignedDuration::from_hours(1),
        };
        change(&mut new);
        let kept = self.registry.create_initial_token(&new, &self.act()).unwrap();
        (token.text.expose().to_owned(), kept)
    }

    pub fn stored(&self, own: &Own) -> Client {
        self.registry.client(&own.client_id).unwrap().unwrap()
    }
}

pub fn portal() -> Value {
    json!({"client_name": "Portal", "redirect_uris": ["https://portal.example.com/callback"]})
}

pub fn with(metadata: Value, more: Value) -> Value {
    let mut metadata = metadata;
    let members = metadata.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    metadata
}

/// The registration as a change that changes nothing would send it.
pub fn as_change(own: &Own) -> Value {
    let mut metadata = own.json.clone();
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
        "client_secret",
    ] {
        metadata.as_object_mut().unwrap().remove(name);
    }
    metadata
}

#[test]
fn section_3_while_it_is_off_there_is_no_endpoint_and_no_document_names_one() {
    let rig = Rig::new();
    let documents = [
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    ];
    let endpoints =
        || documents.map(|path| rig.dcr("GET", path, None, "").json()["registration_endpoint"].clone());
    for (method, path) in [
        ("POST", "/register"),
        ("GET", "/register"),
        ("GET", "/register/a"),
        ("PUT", "/register/a"),
        ("DELETE", "/register/a"),
    ] {
        let answer = rig.dcr(method, path, Some("x"), portal().to_string());
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (404, "not_found"),
            "{method} {path}"
        );
    }
    assert_eq!(endpoints(), [Value::Null, Value::Null]);
    assert!(
        !rig.server
            .endpoints()
            .iter()
            .any(|endpoint| endpoint.contains("register"))
    );
    let set = |mode| {
        rig.server.set_registration(RegistrationPolicy {
            mode,
            ..Default::default()
        })
    };
    set(RegistrationMode::Open);
    let endpoint = json!(format!("{}/register", rig.server.issuer().as_str()));
    assert_eq!(endpoints(), [endpoint.clone(), endpoint]);
    assert!(
        rig.server
            .endpoints()
            .iter()
            .any(|endpoint| endpoint.ends_with("/register"))
    );
    let own = rig.registered(None, &portal());
    assert_eq!(rig.dcr("GET", "/register", None, "").status, 405);
    // Turned off again, what has registered is not reached either, and comes back with it.
    set(RegistrationMode::Off);
    assert_eq!(rig.dcr("GET", &own.uri, Some(&own.token), "").status, 404);
    set(RegistrationMode::Token);
    assert_eq!(rig.dcr("GET", &own.uri, Some(&own.token), "").status, 200);
}

#[test]
fn section_3_2_1_everything_registered_is_told_and_the_secret_once() {
    let rig = rig(RegistrationMode::Open);
    let asked = with(
        portal(),
        json!({
            "grant_types": ["authorization_code", "refresh_token"],
            "client_name#ja": "ポータル",
            "client_uri": "https://portal.example.com",
            "contacts": ["a@example.com"],
            "software_id": "s-1",
            "software_version": "2",
            "post_logout_redirect_uris": ["https://portal.example.com/bye"],
            "logo_uri": null,
        }),
    );
    let answer = rig.register(None, &asked);
    assert_eq!(answer.status, 201);
    for (header, value) in [
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(answer.header(header), value);
    }
    let own = Own::of(&rig, &answer);
    for (name, value) in asked.as_object().unwrap() {
        let told = if value.is_null() { None } else { Some(value) };
        assert_eq!(own.json.get(name), told, "{name}");
    }
    for (name, value) in [
        ("client_id_issued_at", json!(rig.now().as_second())),
        ("client_secret_expires_at", json!(0)),
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("application_type", json!("web")),
        ("response_types", json!(["code"])),
        ("scope", json!("openid profile email offline_access")),
    ] {
        assert_eq!(own.json[name], value, "{name}");
    }
    let secret = Secret::new(own.json["client_secret"].as_str().unwrap().to_owned());
    assert_eq!(secret.expose().len(), Secret::LENGTH);
    let seen = rig.dcr("GET", &own.uri, Some(&own.token), "");
    assert_eq!(seen.status, 200);
    assert_eq!(seen.header("cache-control"), "no-store");
    let mut expected = own.json.clone();
    expected.as_object_mut().unwrap().remove("client_secret");
    assert_eq!(seen.json(), expected, "the same, without the secret");
    // And with it the client authenticates: the code is wrong, the client is not.
    let form = "grant_type=authorization_code&code=x&redirect_uri=https://portal.example.com/callback";
    let answer = rig.token(Some(&super::basic(&own.client_id, &secret)), form);
    assert_eq!(answer.error(), "invalid_grant");
}

#[test]
fn a_registry_that_is_open_read_only_registers_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry");
    // A first server makes the keys that the next one cannot.
    let mut options = Options::new(Registry::open(&path, jiff::Timestamp::now()).unwrap(), "tester");
    options.listen = Listen::AnyPort;
    Server::start(options).unwrap().stop();
    let rig = Rig::with(|options| {
        options.registration.mode = RegistrationMode::Open;
        options.registry = Registry::open_read_only(&path).unwrap();
    });
    assert_eq!(rig.register(None, &portal()).status, 404);
    assert!(
        !rig.server
            .endpoints()
            .iter()
            .any(|endpoint| endpoint.ends_with("/register"))
    );
}

#[test]
fn section_1_2_the_token_mode_asks_for_an_initial_access_token_that_counts() {
    let rig = rig(RegistrationMode::Token);
    let (token, kept) = rig.initial_token("ci", |new| new.uses = Some(2));
    let (short, _) = rig.initial_token("short", |new| {
        new.expires_at = rig.now() + SignedDuration::from_secs(60)
    });
    let none = rig.register(None, &portal());
    assert_eq!(
        (none.status.as_u16(), none.header("www-authenticate")),
        (401, "Bearer realm=\"chancery\"")
    );
    assert_eq!(none.json(), json!({}), "RFC 6750 §3.1: no token, no error code");
    let refused = |token: &str| {
        let answer = rig.register(Some(token), &portal());
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (401, "invalid_token")
        );
        assert!(
            answer
                .header("www-authenticate")
                .contains("error=\"invalid_token\"")
        );
    };
    refused("unknown");
    refused("");
    let own = rig.registered(Some(&token), &portal());
    // What is refused for its metadata spends no use.
    assert_eq!(
        rig.register(Some(&token), &json!({"redirect_uris": []})).status,
        400
    );
    refused(&own.token);
    rig.registered(Some(&token), &portal());
    refused(&token);
    rig.registered(Some(&short), &portal());
    rig.pass(61);
    refused(&short);
    let used = rig.registry.initial_tokens().unwrap();
    assert_eq!(used.iter().find(|token| token.id == kept.id).unwrap().used, 2);
    let (revoked, kept) = rig.initial_token("revoked", |_| ());
    rig.registry.revoke_initial_token(&kept.id, &rig.act()).unwrap();
    refused(&revoked);
    let twice = rig
        .request()
        .method("POST")
        .uri("/register")
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {revoked}"))
        .header("authorization", format!("Bearer {revoked}"));
    let answer = rig.send(twice.body(Body::from(portal().to_string())).unwrap());
    assert_eq!(
        (answer.status.as_u16(), answer.error().as_str()),
        (400, "invalid_request")
    );
}

#[test]
fn a_client_gets_scopes_of_the_list_and_of_its_token_only() {
    let rig = Rig::with(|options| {
        options.registration.mode = RegistrationMode::Token;
        options.registration.scopes.push("read:orders".to_owned());
    });
    let (wide, _) = rig.initial_token("wide", |_| ());
    let (narrow, _) = rig.initial_token("narrow", |new| {
        new.scopes = Some(vec!["openid".to_owned(), "admin".to_owned()])
    });
    let both = ["authorization_code", "refresh_token"];
    for (token, more, scope) in [
        (
            &wide,
            json!({"grant_types": both}),
            Some("openid profile email offline_access read:orders"),
        ),
        (&wide, json!({}), Some("openid profile email read:orders")),
        (
            &wide,
            json!({"scope": "read:orders openid"}),
            Some("read:orders openid"),
        ),
        (&wide, json!({"scope": ""}), Some("")),
        (&wide, json!({"scope": "admin"}), None),
        (&narrow, json!({}), Some("openid")),
        (&narrow, json!({"scope": "profile"}), None),
        // Of its token, and not of the list.
        (&narrow, json!({"scope": "admin"}), None),
        (
            &wide,
            json!({"grant_types": ["client_credentials"], "redirect_uris": []}),
            Some("read:orders"),
        ),
    ] {
        let answer = rig.register(Some(token), &with(portal(), more.clone()));
        match scope {
            Some(scope) => assert_eq!(
                answer.json()["scope"].as_str().unwrap_or_default(),
                scope,
                "{more}"
            ),
            None => {
                assert_eq!(
                    (answer.status.as_u16(), answer.error().as_str()),
                    (400, "invalid_client_metadata"),
                    "{more}"
                );
                let says = answer.json()["error_description"].as_str().unwrap().to_owned();
                assert!(says.starts_with("scope "), "{says}");
            }
        }
    }
}

#[test]
fn client_credentials_are_never_had_where_anybody_can_register() {
    let service = json!({"client_name": "S", "grant_types": ["client_credentials"]});
    let rig = rig(RegistrationMode::Open);
    let (token, _) = rig.initial_token("ci", |_| ());
    for token in [None, Some(token.as_str())] {
        let answer = rig.register(token, &service);
        assert_eq!(
            (answer.status.as_u16(), answer.error().as_str()),
            (400, "invalid_client_metadata")
        );
    }
    let own = rig.registered(None, &portal());
    rig.server.set_registration(RegistrationPolicy {
        mode: RegistrationMode::Token,
        ..Default::default()
    });
    assert_eq!(rig.register(Some(&token), &service).status, 201);
    let change = with(
        as_change(&own),
        json!({"grant_types": ["authorization_code", "client_credentials"]}),
    );
    assert_eq!(
        rig.put(&own, &change).status,
        400,
        "who came in open stays without"
    );
}

#[test]
fn a_client_without_a_name_is_called_by_its_identifier() {
    let rig = rig(RegistrationMode::Open);
    let own = rig.registered(
        None,
        &json!({"redirect_uris": ["https://portal.example.com/callback"]}),
    );
    assert_eq!(own.json["client_name"], own.client_id.as_str());
}
