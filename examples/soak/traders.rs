//! Services that exchange the tokens they are called with for others, for the next service (RFC 8693).

use crate::http::{ask, http, text};
use crate::prepare::LEDGER;
use crate::seen::Seen;
use crate::{Credentials, Registered, services};

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// One call after another is passed on; then its token is given up, and is worth nothing any more.
pub fn exchange_tokens(registered: &Registered, seen: &Seen) {
    let http = http();
    let (caller, trader) = (&registered.caller, &registered.trader);
    let of_own = |of: &Credentials| {
        let request = services::token(&http, &registered.issuer, of, "read:ledger");
        text(&ask(seen, request).1, "access_token").to_owned()
    };
    let post = |of: &Credentials, path: &str, form: &[(&str, &str)]| {
        let request = http.post(format!("{}{path}", registered.issuer));
        let request = request.basic_auth(&of.client_id, Some(&of.client_secret));
        ask(seen, request.form(form))
    };
    while seen.goes_on() {
        let (subject, actor) = (of_own(caller), of_own(trader));
        let exchange = || {
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", subject.as_str()),
                ("subject_token_type", ACCESS_TOKEN),
                ("actor_token", actor.as_str()),
                ("actor_token_type", ACCESS_TOKEN),
                ("resource", LEDGER),
            ];
            post(trader, "/token", &form)
        };
        let (status, answer) = exchange();
        seen.expect(status == 200, "a token was not exchanged");
        let token = ("token", text(&answer, "access_token"));
        let (_, told) = post(trader, "/introspect", &[token]);
        seen.expect(told["active"] == true, "an exchanged token was lost");
        seen.expect(
            told["sub"] == caller.client_id.as_str() && told["act"]["sub"] == trader.client_id.as_str(),
            "an exchanged token speaks of another, or another acts",
        );
        let (status, _) = post(caller, "/revoke", &[("token", &subject)]);
        seen.expect(status == 200, "a subject token could not be revoked");
        seen.expect(
            exchange().1["error"] == "invalid_request",
            "a revoked token was exchanged",
        );
        seen.did("exchanges");
    }
}
