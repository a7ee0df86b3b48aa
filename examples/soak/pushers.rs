//! Applications that push their authorization requests (RFC 9126).

use crate::Registered;
use crate::browser::Browser;
use crate::http::{ask, http, text};
use crate::people::request;
use crate::prepare::REDIRECT_URI;
use crate::seen::Seen;

/// One sign-in after another, each by a reference that is good once.
pub fn push_requests(registered: &Registered, seen: &Seen) {
    let (mut browser, back_channel) = (Browser::new(), http());
    let of = &registered.portal;
    let post = |path: &str| {
        let request = back_channel.post(format!("{}{path}", registered.issuer));
        request.basic_auth(&of.client_id, Some(&of.client_secret))
    };
    while seen.goes_on() {
        let (query, verifier) = request(&of.client_id, &[]);
        let pushed = post("/par")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(query);
        let (status, answer) = ask(seen, pushed);
        if status != 201 {
            seen.wrong("a request could not be pushed");
            continue;
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &of.client_id)
            .append_pair("request_uri", text(&answer, "request_uri"))
            .finish();
        let address = format!("{}/authorize?{query}", registered.issuer);
        let Some(code) = browser.code(registered, seen, &address) else {
            continue;
        };
        seen.expect(
            browser.status(seen, &address) == 400,
            "a pushed request was good twice",
        );
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", &verifier),
        ];
        let (status, _) = ask(seen, post("/token").form(&form));
        seen.expect(status == 200, "the code of a pushed request was lost");
        seen.did("pushed requests");
    }
}
