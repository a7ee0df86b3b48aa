//! `id_token_hint` at the authorization endpoint (OpenID Connect Core §3.1.2.1): whom a request means.

use crate::browser::{Browser, Place};
use crate::flows::{request, tokens};
use crate::rig::{NAME, PASSWORD, Rig};

#[test]
fn only_the_person_of_the_hint_gets_a_code() {
    let rig = Rig::new();
    rig.user("grace", PASSWORD);
    let client_id = rig.public_client();
    let url = |more: &[(&str, &str)]| request(&rig, &client_id, more);
    let tokens = tokens(&rig, &client_id, &[]);
    let mut browser = Browser::new(&rig);
    assert!(browser.sign_in(&url(&[]).0).answer().contains_key("code"));
    let id_token = tokens["id_token"].as_str().unwrap();

    let hinted = [("id_token_hint", id_token)];
    let silent = [("id_token_hint", id_token), ("prompt", "none")];
    assert!(browser.get(&url(&hinted).0).answer().contains_key("code"));
    assert!(browser.get(&url(&silent).0).answer().contains_key("code"));

    let mut of_another = Browser::new(&rig);
    let page = of_another.get(&url(&[]).0).page();
    let asked = of_another.post(&page.form().with("username", "grace").with("password", PASSWORD));
    assert!(
        matches!(asked, Place::Page(_)),
        "and is asked, which nobody answers"
    );
    let silent = of_another.get(&url(&silent).0).answer();
    assert_eq!(silent["error"], "login_required");
    let page = of_another.get(&url(&hinted).0).page();
    assert!(page.html.contains("Password"), "somebody else must sign in");
    let again = page.form().with("username", "grace").with("password", PASSWORD);
    let stranger = of_another.post(&again).answer();
    assert_eq!(
        stranger["error"], "login_required",
        "OpenID Connect Core §3.1.2.1"
    );
    let page = of_another.get(&url(&hinted).0).page();
    let meant = page.form().with("username", NAME).with("password", PASSWORD);
    assert!(of_another.post(&meant).answer().contains_key("code"));

    let access_token = tokens["access_token"].as_str().unwrap();
    let (head, _) = id_token.rsplit_once('.').unwrap();
    let unsigned = format!("{head}.AAAA");
    for wrong in ["x", "a.b.c", access_token, &unsigned] {
        let refused = browser.get(&url(&[("id_token_hint", wrong)]).0).answer();
        assert_eq!(refused["error"], "invalid_request", "{wrong}");
    }
}
