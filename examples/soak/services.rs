//! What clients do that act for themselves, rightly and wrongly.

use openidconnect::reqwest::blocking::{Client, RequestBuilder};

use crate::http::{ask, http};
use crate::seen::Seen;
use crate::{Credentials, Registered};

/// A request for a token of a client's own.
pub fn token(http: &Client, issuer: &str, of: &Credentials, scope: &str) -> RequestBuilder {
    http.post(format!("{issuer}/token"))
        .basic_auth(&of.client_id, Some(&of.client_secret))
        .form(&[("grant_type", "client_credentials"), ("scope", scope)])
}

/// One token after another.
pub fn ask_for_tokens(registered: &Registered, seen: &Seen) {
    let http = http();
    while seen.goes_on() {
        let (status, answer) = ask(
            seen,
            token(&http, &registered.issuer, &registered.service, "read:payroll"),
        );
        seen.expect(
            status == 200 && answer["access_token"].is_string(),
            "a token was not given",
        );
        seen.did("tokens");
    }
}

/// Tokens are looked at, given up, and looked at again.
pub fn look_at_tokens(registered: &Registered, seen: &Seen) {
    let (http, of) = (http(), &registered.service);
    while seen.goes_on() {
        let (_, answer) = ask(seen, token(&http, &registered.issuer, of, "read:payroll"));
        let Some(access_token) = answer["access_token"].as_str() else {
            continue;
        };
        let with_it = |path: &str| {
            let request = http.post(format!("{}{path}", registered.issuer));
            let request = request.basic_auth(&of.client_id, Some(&of.client_secret));
            ask(seen, request.form(&[("token", access_token)]))
        };
        seen.expect(with_it("/introspect").1["active"] == true, "a token was lost");
        seen.expect(with_it("/revoke").0 == 200, "a token could not be revoked");
        seen.expect(
            with_it("/introspect").1["active"] == false,
            "a revoked token lives",
        );
        seen.did("tokens looked at");
    }
}

/// Somebody guesses at a secret, of another client than the one that must be let in.
pub fn guess_secrets(registered: &Registered, seen: &Seen) {
    let http = http();
    while seen.goes_on() {
        let wrong = Credentials {
            client_id: "nobody".to_owned(),
            client_secret: "guess".to_owned(),
        };
        let (status, _) = ask(seen, token(&http, &registered.issuer, &wrong, "read:payroll"));
        seen.expect(matches!(status, 401 | 429), "a guess was not refused");
        seen.did("hostile connections");
    }
}
