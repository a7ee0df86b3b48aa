//! Every grant that a client may use, gone through in the window: by a test user whose pages the program walks, and by
//! somebody at a browser.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use chancery::client::{AuthMethod, ClientDraft, ClientKind, GrantType, Secret};
use chancery::outbound::{Browser, Person, Place};
use chancery::registry::{HistoryQuery, Registry, User, UserName};
use eframe::egui::Role;
use jsonwebtoken::dangerous::insecure_decode;
use serde_json::{Map, Value};

use crate::desk::{Opening, TestWindow, good_draft, register, somebody};

pub const PASSWORD: &str = "correct horse battery";

/// A registry with a test user, and one client, which is chosen at the desk.
pub fn at_the_desk(draft: ClientDraft) -> TestWindow {
    at_a_desk(Opening::with_server(), draft)
}

fn at_a_desk(opening: Opening, draft: ClientDraft) -> TestWindow {
    let name = draft.name.clone();
    let mut window = opening.open(|registry| {
        add_user(registry, "ada");
        register(registry, "app", draft);
    });
    window.go("Tokens");
    window.click(Role::ComboBox, "Client");
    window.click(Role::ListBoxOption, &name);
    window
}

fn add_user(registry: &Registry, name: &str) {
    let password = Secret::new(PASSWORD.to_owned());
    let act = somebody();
    let user = User::new(UserName::parse(name).unwrap(), &password, Map::new(), act.at).unwrap();
    registry.put_user(&user, &act).unwrap();
}

pub fn web_application() -> ClientDraft {
    let mut draft = good_draft(ClientKind::Web, "Shop");
    draft.scopes = ["openid", "profile", "read", "offline_access"]
        .map(str::to_owned)
        .to_vec();
    draft.set_grant(GrantType::RefreshToken, true);
    draft
}

pub fn with_grant(grant: GrantType) -> ClientDraft {
    let mut draft = good_draft(ClientKind::Service, "Payroll export");
    draft.set_grant(grant, true);
    draft
}

/// The claims of the access token.
pub fn claims(window: &mut TestWindow) -> Value {
    assert!(window.can_press("Copy access token"), "{}", window.outline());
    window.press_to_copy("Copy access token");
    let token = window.clipboard.text().unwrap();
    insecure_decode::<Value>(&token).unwrap().claims
}

fn steps(window: &TestWindow) -> Vec<String> {
    let controls = window.controls().into_iter().map(|(_, name, _)| name);
    controls.filter(|name| name.starts_with("Step ")).collect()
}

#[test]
fn a_test_user_signs_in_and_every_step_on_the_way_is_shown() {
    let mut window = at_the_desk(web_application());
    assert_eq!(window.value(Role::ComboBox, "Grant"), "Authorization code");
    assert_eq!(window.value(Role::ComboBox, "Sign in as"), "ada");
    window.press("Request token");
    assert_eq!(claims(&mut window)["sub"], "ada");
    let steps = steps(&window);
    let names: Vec<&str> = steps
        .iter()
        .map(|step| step.split(": ").nth(1).unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "Go there GET /authorize 200",
            "Sign in as ada POST /login 303",
            "Follow GET /authorize 200",
            "Allow it POST /consent 303",
            "Ask for tokens POST /token 200",
        ]
    );
    window.click(Role::Button, &steps[1]);
    for shown in ["username=ada", "password=••••••••", "Cookie: ", "csrf=••••••••"]
    {
        assert!(window.shows(shown), "{shown} is missing:\n{}", window.outline());
    }
    assert!(!window.shows("csrf=ey"), "{}", window.outline());
    window.click(Role::Button, &steps[3]);
    assert!(window.shows("code=••••••••"), "{}", window.outline());
    assert!(!window.shows(PASSWORD), "nobody's own password was needed");
    let query = HistoryQuery {
        limit: 100,
        ..HistoryQuery::default()
    };
    let history = window.registry().history(&query).unwrap();
    assert!(
        history
            .iter()
            .any(|row| row.note.starts_with("Signs ada in once, at "))
    );
}

#[test]
fn tokens_are_refreshed_asked_about_and_given_up() {
    let mut window = at_the_desk(web_application());
    window.press("Request token");
    let first = claims(&mut window);
    window.press("Introspect");
    assert!(
        window.shows("\"active\": true") && window.shows("Step 6: Introspect"),
        "{}",
        window.outline()
    );
    window.press("Refresh");
    let second = claims(&mut window);
    assert_eq!(first["sub"], second["sub"]);
    assert_ne!(first["jti"], second["jti"]);
    window.press("Refresh");
    assert_ne!(
        claims(&mut window)["jti"],
        second["jti"],
        "the newest refresh token is used"
    );
    window.press("Revoke");
    window.press("Introspect");
    assert!(window.shows("\"active\": false"), "{}", window.outline());
}

#[test]
fn a_refresh_token_that_is_pasted_is_as_good_and_once_only() {
    let mut window = at_the_desk(web_application());
    window.press("Request token");
    window.press("Show secrets");
    let shown = window.everything_shown();
    let member = shown.split("\"refresh_token\": \"").nth(1).unwrap();
    let token = member.split('"').next().unwrap().to_owned();
    window.choose("Grant", "Refresh token");
    window.paste_into("Refresh token", &token);
    window.press("Request token");
    assert_eq!(claims(&mut window)["sub"], "ada");
    assert!(window.shows("refresh_token=••••••••") && !window.shows(&token));
    window.press("Request token");
    assert!(window.shows("invalid_grant"), "{}", window.outline());
    assert!(!window.can_press("Copy access token"));
}

#[test]
fn a_public_client_gets_its_tokens_by_pkce_and_cannot_introspect() {
    let mut draft = good_draft(ClientKind::SinglePage, "Shop front");
    draft.scopes = vec!["openid".to_owned()];
    let mut window = at_the_desk(draft);
    window.press("Request token");
    assert_eq!(claims(&mut window)["client_id"], "app");
    assert!(window.shows("code_verifier=••••••••"), "{}", window.outline());
    assert!(!window.can_press("Introspect") && window.can_press("Revoke"));
}

#[test]
fn tokens_are_bound_to_a_key_where_they_are_registered_to_be_and_refreshed_with_it() {
    let mut draft = good_draft(ClientKind::SinglePage, "Shop front");
    draft.scopes = vec!["openid".to_owned()];
    draft.dpop_bound_access_tokens = true;
    draft.set_grant(GrantType::RefreshToken, true);
    let mut window = at_the_desk(draft);
    window.press("Request token");
    let first = claims(&mut window);
    assert!(first["cnf"]["jkt"].is_string(), "{first}");
    assert!(window.shows("DPoP: ••••••••"), "{}", window.outline());
    window.press("Refresh");
    let second = claims(&mut window);
    assert_eq!(first["cnf"], second["cnf"]);
    assert_ne!(first["jti"], second["jti"]);
    window.press_to_copy("Copy as curl");
    let command = window.clipboard.text().unwrap();
    assert!(command.starts_with("chancery token app "), "{command}");
}

#[test]
fn the_command_for_what_a_shell_cannot_do_does_the_same_again() {
    let mut draft = web_application();
    draft
        .redirect_uris
        .push("https://app.example.com/silent".to_owned());
    draft.require_pushed_authorization_requests = true;
    let mut window = at_the_desk(draft);
    window.replace("Scope", "openid read");
    window.choose("Redirect URI", "https://app.example.com/silent");
    window.press("Request token");
    let first = claims(&mut window);
    window.press_to_copy("Copy as curl");
    let command = window.clipboard.text().unwrap();
    assert!(
        command.contains("--redirect-uri https://app.example.com/silent"),
        "{command}"
    );
    let program = env!("CARGO_BIN_EXE_chancery");
    let shell = std::process::Command::new("sh")
        .args(["-c", &command.replacen("chancery", program, 1)])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let token = String::from_utf8_lossy(&shell.stdout);
    assert!(
        !token.is_empty(),
        "{command}: {}",
        String::from_utf8_lossy(&shell.stderr)
    );
    let second = insecure_decode::<Value>(token.trim()).unwrap().claims;
    assert_eq!(
        (&first["sub"], &first["scope"]),
        (&second["sub"], &second["scope"])
    );
}

#[test]
fn a_client_that_must_push_its_requests_pushes_them() {
    let mut draft = web_application();
    draft.require_pushed_authorization_requests = true;
    let mut window = at_the_desk(draft);
    window.press("Request token");
    assert_eq!(claims(&mut window)["sub"], "ada");
    assert!(
        steps(&window)[0].contains("Push the request POST /par 201"),
        "{:?}",
        steps(&window)
    );
}

/// Signs ada in at an address, and visits where that leads, as somebody at a browser would.
fn somebody_at_the_browser(address: &str) -> std::io::Result<()> {
    let address = address.to_owned();
    std::thread::Builder::new()
        .name("browser".to_owned())
        .spawn(move || {
            let person = Person {
                name: "ada".to_owned(),
                password: Secret::new(PASSWORD.to_owned()),
            };
            let address = url::Url::parse(&address).unwrap();
            let place = Browser::new(&address).sign_in(&address, &person, &mut |_, _| {});
            if let Ok(Place::Away(url)) = place {
                let mut stream = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).unwrap();
                let target = format!("{}?{}", url.path(), url.query().unwrap_or_default());
                let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                stream.write_all(request.as_bytes()).unwrap();
                stream.read_to_end(&mut Vec::new()).unwrap();
            }
        })?;
    Ok(())
}

/// Lets the window look again until something stands on it.
#[track_caller]
fn wait_for(window: &mut TestWindow, seconds: u64, is_there: impl Fn(&TestWindow) -> bool) {
    let begun = Instant::now();
    while !is_there(window) {
        assert!(
            begun.elapsed() < Duration::from_secs(seconds),
            "{}",
            window.outline()
        );
        std::thread::sleep(Duration::from_millis(50));
        for _ in 0..5 {
            window.harness.step();
        }
    }
}

fn with_a_browser() -> Opening {
    Opening {
        browser: somebody_at_the_browser,
        ..Opening::with_server()
    }
}

#[test]
fn somebody_signs_in_at_the_systems_browser_which_comes_back_to_loopback() {
    let mut draft = good_draft(ClientKind::Native, "Desk app");
    draft.redirect_uris = vec!["http://127.0.0.1/callback".to_owned()];
    draft.scopes = vec!["openid".to_owned()];
    let mut window = at_a_desk(with_a_browser(), draft);
    window.choose("Sign in as", "The system's browser");
    window.press("Request token");
    wait_for(&mut window, 20, |window| window.can_press("Copy access token"));
    assert_eq!(claims(&mut window)["sub"], "ada");
    assert!(window.shows("code_verifier=••••••••"), "{}", window.outline());
}

#[test]
fn the_browser_comes_back_to_an_address_that_is_registered_without_a_path() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut draft = good_draft(ClientKind::SinglePage, "Shop front");
    draft.redirect_uris = vec![format!("http://127.0.0.1:{port}")];
    draft.scopes = vec!["openid".to_owned()];
    let mut window = at_a_desk(with_a_browser(), draft);
    window.choose("Sign in as", "The system's browser");
    window.press("Request token");
    wait_for(&mut window, 20, |window| window.can_press("Copy access token"));
    assert_eq!(claims(&mut window)["sub"], "ada");
}

#[test]
fn whoever_turns_to_another_client_holds_no_port_any_longer() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut draft = good_draft(ClientKind::SinglePage, "Shop front");
    draft.redirect_uris = vec![format!("http://{address}/callback")];
    let idle = Opening {
        browser: |_| Ok(()),
        ..Opening::with_server()
    };
    let mut window = at_a_desk(idle, draft);
    register(
        &window.registry(),
        "other",
        good_draft(ClientKind::Service, "Payroll export"),
    );
    window.choose("Sign in as", "The system's browser");
    window.press("Request token");
    assert!(TcpStream::connect(address).is_ok(), "somebody waits there");
    window.click(Role::ComboBox, "Client");
    window.type_text("Pay");
    window.click(Role::ListBoxOption, "Payroll export");
    assert!(TcpStream::connect(address).is_err(), "{}", window.outline());
    assert!(window.can_press("Request token"));
}

#[test]
fn nobody_waits_for_a_browser_longer_than_is_wanted_and_where_none_can_come() {
    let mut draft = good_draft(ClientKind::Native, "Desk app");
    draft.redirect_uris = vec![
        "http://127.0.0.1/callback".to_owned(),
        "com.example.desk:/cb".to_owned(),
    ];
    let idle = Opening {
        browser: |_| Ok(()),
        ..Opening::with_server()
    };
    let mut window = at_a_desk(idle, draft.clone());
    window.choose("Sign in as", "The system's browser");
    window.press("Request token");
    assert!(window.shows("Sign in in the browser that has opened") && !window.can_press("Request token"));
    window.press_to_copy("Copy address").unwrap();
    window.press("Stop waiting");
    assert!(window.can_press("Request token") && !window.shows("Sign in in the browser"));
    window.choose("Redirect URI", "com.example.desk:/cb");
    assert!(window.shows("nobody can wait for it"), "{}", window.outline());
    window.press("Request token");
    assert!(
        window.shows("is not an address on loopback over plain HTTP"),
        "{}",
        window.outline()
    );

    let mut window = at_a_desk(Opening::with_server(), draft);
    window.choose("Sign in as", "The system's browser");
    window.press("Request token");
    assert!(
        window.shows("The browser could not be opened: there is none"),
        "{}",
        window.outline()
    );
}

pub fn a_device() -> ClientDraft {
    let mut draft = good_draft(ClientKind::Device, "Television");
    draft.scopes = vec!["read".to_owned()];
    draft
}

#[test]
fn a_device_is_allowed_by_a_test_user() {
    let mut window = at_the_desk(a_device());
    assert_eq!(window.value(Role::ComboBox, "Grant"), "Device code");
    window.press("Request token");
    assert_eq!(claims(&mut window)["sub"], "ada");
    let steps = steps(&window);
    assert!(
        steps[0].contains("Begin on the device POST /device_authorization 200"),
        "{steps:?}"
    );
    assert!(
        steps
            .iter()
            .any(|step| step.contains("Type the code POST /device 303")),
        "{steps:?}"
    );
    assert!(
        steps.last().unwrap().contains("Ask for tokens POST /token 200"),
        "{steps:?}"
    );
}

#[test]
fn a_device_is_allowed_by_somebody_at_a_browser_while_it_asks_again_and_again() {
    let mut window = at_a_desk(with_a_browser(), a_device());
    window.choose("Sign in as", "The system's browser");
    window.press("Request token");
    assert!(
        window.shows("Allow the device in the browser"),
        "{}",
        window.outline()
    );
    let code = window.press_to_copy("Copy code").unwrap();
    assert!(window.shows(&code));
    wait_for(&mut window, 30, |window| window.can_press("Copy access token"));
    assert_eq!(claims(&mut window)["sub"], "ada");
}

#[test]
fn a_token_is_traded_for_another() {
    let mut window = at_the_desk(with_grant(GrantType::TokenExchange));
    window.press("Request token");
    window.press_to_copy("Copy access token");
    let subject = window.clipboard.text().unwrap();
    window.choose("Grant", "Token exchange");
    window.paste_into("Subject token", &subject);
    window.replace("Scope", "read");
    window.press("Request token");
    let claims = claims(&mut window);
    assert_eq!(
        (&claims["sub"], &claims["scope"]),
        (&"app".into(), &"read".into())
    );
    assert!(window.shows("subject_token=••••••••"), "{}", window.outline());
    assert!(window.shows("issued_token_type"));
}

#[test]
fn a_client_that_signs_trades_an_assertion_for_a_token() {
    let mut draft = with_grant(GrantType::JwtBearer);
    draft.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    draft.jwks_uri = Some("https://app.example.com/jwks".to_owned());
    let mut window = at_the_desk(draft);
    window.choose("Grant", "JWT bearer");
    window.press("Request token");
    assert_eq!(claims(&mut window)["sub"], "app");
    assert!(
        window.shows("assertion=••••••••") && window.shows("client_assertion=••••••••"),
        "{}",
        window.outline()
    );
}

#[test]
fn a_grant_that_is_not_registered_is_offered_to_be_seen_refused() {
    let mut window = at_the_desk(good_draft(ClientKind::Service, "Payroll export"));
    window.choose("Grant", "Device code");
    assert!(
        window.shows("Device code is not among this client's grants, so it will be refused"),
        "{}",
        window.outline()
    );
    window.press("Request token");
    assert!(window.shows("unauthorized_client") && !window.can_press("Copy access token"));
}

#[test]
fn where_nobody_can_sign_in_that_is_said_before() {
    let mut window = Opening::with_server().open(|registry| {
        register(registry, "app", web_application());
    });
    window.go("Tokens");
    window.click(Role::ComboBox, "Client");
    window.click(Role::ListBoxOption, "Shop");
    assert!(window.shows("There is no test user yet"), "{}", window.outline());
}

#[test]
fn a_refusal_leads_to_the_field_that_is_to_change() {
    let mut window = at_the_desk(good_draft(ClientKind::Service, "Payroll export"));
    window.replace("Scope", "read beyond");
    window.press("Request token");
    window.press("Open client");
    assert_eq!(
        window.focused().as_deref(),
        Some("Add scope"),
        "{}",
        window.outline()
    );
}
