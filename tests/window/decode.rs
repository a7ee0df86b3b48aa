//! A token from anywhere: pasted, verified, compared, and gone when the view is left.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chancery::client::ClientKind;
use chancery::protocol::signing_key::{SigningAlgorithm, SigningKey, TokenKind};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{Key, Role, vec2};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::desk::{Opening, TestWindow, good_draft, holds, register};
use crate::grants;

const FIELD: Role = Role::MultilineTextInput;

/// A key of somebody else's, and its public half.
struct Elsewhere {
    key: SigningKey,
    jwk: Value,
}

impl Elsewhere {
    fn new() -> Self {
        let algorithm = SigningAlgorithm::Es256;
        let pkcs8 = algorithm.generate().unwrap();
        let jwk = serde_json::to_value(algorithm.public_jwk(&pkcs8).unwrap()).unwrap();
        let kid = jwk["kid"].as_str().unwrap();
        let key = SigningKey::from_pkcs8(algorithm, kid, &pkcs8).unwrap();
        Self { key, jwk }
    }

    fn token(&self, more: Value) -> String {
        let now = Timestamp::now().as_second();
        let mut claims = json!({ "iss": "https://elsewhere.example", "aud": "shop", "sub": "ada", "iat": now, "exp": now + 581 });
        let members = claims.as_object_mut().unwrap();
        members.extend(more.as_object().unwrap().clone());
        let claims = claims.to_string();
        self.key.sign(TokenKind::AccessToken, claims.as_bytes()).unwrap()
    }

    /// The public half as `SubjectPublicKeyInfo`: what stands before the point is the same for all keys of P-256.
    fn pem(&self) -> String {
        const BEFORE: [u8; 26] = [
            0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
            0x3d, 3, 1, 7, 3, 0x42, 0,
        ];
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(self.jwk[name].as_str().unwrap()).unwrap();
        let der = [&BEFORE[..], &[4], &coordinate("x"), &coordinate("y")].concat();
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(der)
        )
    }
}

fn unsigned(header: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.AAAA", part(header), part(&json!({ "sub": "ada" })))
}

fn decoder(mut window: TestWindow) -> TestWindow {
    window.go("Tokens");
    window.press("Decode a token");
    assert_eq!(
        window.focused().as_deref(),
        Some("Token"),
        "what is pasted comes in at once"
    );
    window
}

fn assert_shows(window: &TestWindow, told: &[&str]) {
    for text in told {
        assert!(window.shows(text), "{text} is missing:\n{}", window.outline());
    }
}

#[test]
fn a_token_from_anywhere_is_decoded_and_verified_with_pasted_keys() {
    let elsewhere = Elsewhere::new();
    let mut window = decoder(Opening::with_server().open(|_| ()));
    assert_shows(&window, &["No token yet"]);
    window.paste_into(
        "Token",
        &format!("Bearer {}", elsewhere.token(json!({ "x": "y" }))),
    );
    assert_shows(
        &window,
        &[
            "This is an access token",
            "Signature invalid",
            "ends in",
            "None of the keys has the name",
            "Compare iss in its claims",
            "What stands before the token in an Authorization header was left out",
            "header.alg",
            "https://elsewhere.example",
            "Issuer: who signed the token",
            "in 9 min",
        ],
    );
    window.choose("Keys", "Pasted JWKS");
    window.paste_into("JWKS", &json!({ "keys": [elsewhere.jwk] }).to_string());
    assert_shows(&window, &["Signature valid", "P-256 · ES256 · "]);
    window.choose("Keys", "Pasted PEM");
    assert!(window.shows("Signature not checked"), "{}", window.outline());
    window.paste_into("PEM", &elsewhere.pem());
    assert_shows(&window, &["Signature valid", "P-256"]);
    window.paste_over("PEM", &Elsewhere::new().pem());
    assert_shows(
        &window,
        &["Signature invalid", "The key did not make this signature"],
    );
    window.choose("Keys", "Pasted JWKS");
    let mut private = elsewhere.jwk.clone();
    private["d"] = "AAAA".into();
    window.paste_over("JWKS", &private.to_string());
    assert_shows(
        &window,
        &[
            "private or a symmetric key, so nothing of it was kept",
            "Take it out of the clipboard",
        ],
    );
    window.click(Role::Row, "aud");
    assert_shows(&window, &["Audience: who may accept it", "RFC 7519 §4.1.3"]);
}

#[test]
fn each_hostile_paste_is_told_in_a_sentence() {
    let mut window = decoder(TestWindow::new());
    let deep = URL_SAFE_NO_PAD.encode(format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000)));
    let twice = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","alg":"ES256"}"#);
    let good = Elsewhere::new().token(json!({}));
    let (header, rest) = good.split_once('.').unwrap();
    for (pasted, told) in [
        ("Lorem ipsum, dolor", "it holds characters that no token has"),
        ("a.b.c", "none of its parts can be read"),
        (
            &unsigned(&json!({ "alg": "none" })),
            "Nobody has signed this token",
        ),
        (
            &unsigned(&json!({ "alg": "HS256" })),
            "HS256 signs with a shared secret",
        ),
        (&format!("{twice}.{rest}"), "\"alg\" is there twice"),
        (&format!("{header}.{deep}.AAAA"), "nested deeper than 127 levels"),
        (
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.a.b.c.d",
            "This token is encrypted (JWE)",
        ),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "a GitHub token"),
        (&"x".repeat(100_000), "longer than 64 KB"),
        (&"{\"a\":".repeat(20_000), "longer than 64 KB"),
        (&"eyJ".repeat(10 * 1024 * 1024 / 3), "longer than 64 KB"),
    ] {
        window.paste_over("Token", pasted);
        assert!(window.shows(told), "{told}:\n{}", window.outline());
        assert!(!window.shows("Signature valid"));
        assert!(
            window.everything_shown().len() < 40_000,
            "what is long is not laid out: {told}"
        );
    }
    assert!(
        window.value(FIELD, "Token").is_empty(),
        "ten megabytes are not kept"
    );
    window.press("Clear token");
    assert_shows(&window, &["No token yet"]);
}

#[test]
fn a_long_token_is_decoded_whole_and_its_beginning_shown() {
    let elsewhere = Elsewhere::new();
    let mut window = decoder(TestWindow::new());
    let long = elsewhere.token(json!({ "long": "z".repeat(40_000) }));
    window.choose("Keys", "Pasted JWKS");
    let mut keys: Vec<Value> = (0..499).map(|_| Elsewhere::new().jwk).collect();
    keys.push(elsewhere.jwk.clone());
    window.paste_into("JWKS", &json!({ "keys": keys }).to_string());
    window.paste_into("Token", &long);
    assert_shows(&window, &["Signature valid", "500 keys", "KB, all of them read"]);
    assert!(
        window.value(FIELD, "Token").len() < 400,
        "only its beginning is laid out"
    );
    window.click(Role::Row, "long");
    assert!(window.everything_shown().len() < 40_000);
    window.focus("Token");
    window.key(Key::Backspace);
    assert_eq!(window.value(FIELD, "Token"), "", "a key that deletes empties it");
}

#[test]
fn the_tokens_of_a_pasted_response_can_be_looked_at() {
    let elsewhere = Elsewhere::new();
    let (access, id) = (
        elsewhere.token(json!({})),
        elsewhere.token(json!({ "nonce": "n-1" })),
    );
    let mut window = decoder(TestWindow::new());
    let response = json!({ "access_token": access, "id_token": id, "expires_in": 600 });
    window.paste_into("Token", &serde_json::to_string_pretty(&response).unwrap());
    assert_shows(&window, &["This is a token response", "access_token, id_token"]);
    window.press("Use ID token");
    assert_shows(&window, &["n-1", "The ID token of the response"]);
}

#[test]
fn two_tokens_are_compared_claim_by_claim() {
    let mut window = grants::at_the_desk(grants::web_application());
    window.press("Request token");
    let first = grants::claims(&mut window);
    window.press("Compare…");
    assert_eq!(window.focused().as_deref(), Some("Second token"));
    assert_eq!(window.value(FIELD, "Token"), "The access token from the desk");
    assert_shows(&window, &["Signature valid", first["jti"].as_str().unwrap()]);
    let other = Elsewhere::new().token(json!({ "exp": first["exp"].as_i64().unwrap() + 300, "x": 1 }));
    window.paste_into("Second token", &other);
    assert_shows(
        &window,
        &["Comparison", "members differ", "First token", "Second token"],
    );
    let said = |window: &TestWindow, member: &str| {
        let rows = window.nodes(Role::Row, member);
        let row = rows
            .first()
            .unwrap_or_else(|| panic!("no {member}:\n{}", window.outline()));
        use egui_kittest::kittest::NodeT;
        row.accesskit_node().description().unwrap_or_default()
    };
    assert!(said(&window, "header.alg").starts_with("same, ES256"));
    assert!(said(&window, "iss").starts_with("differs, "));
    assert!(
        said(&window, "exp").starts_with("5 min later, "),
        "{}",
        said(&window, "exp")
    );
    assert!(said(&window, "jti").starts_with("only in the first"));
    assert!(said(&window, "x").starts_with("only in the second"));
    window.click(Role::CheckBox, "Compare with another token");
    assert!(!window.shows("Comparison"), "{}", window.outline());
    window.press("Back to the desk");
    assert!(window.can_press("Copy access token"));
}

#[test]
fn what_was_pasted_leaves_no_trace_and_is_gone_when_the_view_is_left() {
    let token = Elsewhere::new().token(json!({}));
    let mut window = decoder(TestWindow::new());
    let paste = |window: &mut TestWindow| {
        window.paste_into("Token", &token);
        assert!(window.shows("https://elsewhere.example"));
    };
    paste(&mut window);
    let field = window.harness.ctx.memory(|memory| memory.focused()).unwrap();
    let state = TextEditState::load(&window.harness.ctx, field).unwrap();
    for text in [token.as_str(), ""] {
        let now = (Default::default(), text.to_owned());
        assert!(!state.undoer().has_undo(&now) && !state.undoer().has_redo(&now));
    }
    window.ctrl(Key::A);
    for event in [eframe::egui::Event::Copy, eframe::egui::Event::Cut] {
        window.harness.event(event);
        window.harness.step();
        let commands = &window.harness.output().platform_output.commands;
        assert!(commands.is_empty(), "{commands:?}");
    }
    window.settle();
    assert_eq!(window.clipboard.text(), None);
    let part = &token.as_bytes()[..60];
    assert!(!holds(window.folder.path(), part), "it was written down");

    let is_gone = |window: &mut TestWindow| {
        window.press("Decode a token");
        assert_eq!(window.value(FIELD, "Token"), "");
        assert!(!window.shows("https://elsewhere.example") && window.shows("No token yet"));
    };
    window.press("Back to the desk");
    is_gone(&mut window);
    paste(&mut window);
    window.key(Key::Escape);
    is_gone(&mut window);
    paste(&mut window);
    window.go("Clients");
    window.go("Tokens");
    is_gone(&mut window);
}

#[test]
fn the_decoder_is_reached_and_used_by_keyboard_alone() {
    let mut window = TestWindow::new();
    window.ctrl(Key::K);
    window.type_text("decode a");
    window.key(Key::Enter);
    assert_eq!(window.focused().as_deref(), Some("Token"));
    window
        .harness
        .event(eframe::egui::Event::Paste(Elsewhere::new().token(json!({}))));
    window.settle();
    let mut seen = Vec::new();
    for _ in 0..8 {
        window.key(Key::Tab);
        seen.extend(window.focused());
    }
    for name in ["Keys", "Compare with another token"] {
        assert!(seen.iter().any(|held| held == name), "{name}: {seen:?}");
    }
    let row = seen.iter().find(|name| name.starts_with("header."));
    assert!(row.is_some(), "the table is a stop: {seen:?}");
    window.key(Key::Escape);
    assert!(!window.can_press("Back to the desk"), "{}", window.outline());
}

#[test]
fn both_tokens_of_a_sign_in_are_shown_with_the_reason_of_each_claim() {
    let mut window = grants::at_the_desk(grants::web_application());
    window.press("Request token");
    assert_shows(
        &window,
        &["Signature valid", "10 minutes, default", "asked, registered"],
    );
    window.click(Role::Row, "scope");
    assert_shows(&window, &["Asked for by scope, and among the client's scopes"]);
    window.click(Role::Tab, "ID token");
    assert!(window.is_on(Role::Tab, "ID token"));
    assert_shows(
        &window,
        &["Signature valid", "at_hash", "password", "10 minutes, always"],
    );
    window.click(Role::Row, "sub");
    assert_shows(&window, &["The name of the test user who signed in"]);
    window.press("Copy ID token");
    let copied = window.clipboard.text().unwrap();
    window.click(Role::Tab, "Access token");
    window.press("Compare…");
    window.paste_into("Second token", &copied);
    assert_shows(&window, &["only in the second", "members differ"]);
}

#[test]
fn in_the_smallest_window_and_enlarged_everything_has_room() {
    for (size, zoom) in [
        (vec2(880.0, 560.0), 1.0),
        (vec2(1_024.0, 700.0), 1.5),
        (vec2(1_380.0, 850.0), 1.0),
    ] {
        let mut window = decoder(
            Opening {
                size,
                ..Opening::default()
            }
            .open(|registry| {
                register(
                    registry,
                    "payroll",
                    good_draft(ClientKind::Service, "Payroll export"),
                );
            }),
        );
        window.harness.ctx.set_zoom_factor(zoom);
        window.settle();
        window.paste_into(
            "Token",
            &Elsewhere::new().token(json!({ "long": "z".repeat(3_000) })),
        );
        window.click(Role::CheckBox, "Compare with another token");
        window.paste_into("Second token", &Elsewhere::new().token(json!({})));
        let width = size.x / zoom;
        for (role, name) in [
            (FIELD, "Token"),
            (FIELD, "Second token"),
            (Role::ComboBox, "Keys"),
            (Role::Button, "Back to the desk"),
            (Role::Button, "Clear token"),
        ] {
            let rect = window.find(role, name).rect();
            assert!(
                rect.left() >= 0.0 && rect.right() <= width - 10.0,
                "{name} at {size} × {zoom}: {rect}"
            );
        }
    }
}
