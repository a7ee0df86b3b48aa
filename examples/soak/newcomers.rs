//! Clients that register themselves, change their registration, and take it away (RFC 7591, RFC 7592).

use openidconnect::reqwest::Method;
use openidconnect::reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::http::{ask, http, text};
use crate::seen::Seen;
use crate::{Credentials, Registered, services};

/// One after another, so that there is never more than one.
pub fn register_themselves(registered: &Registered, seen: &Seen) {
    let http = http();
    let metadata =
        json!({ "client_name": "Newcomer", "grant_types": ["client_credentials"], "scope": "email" });
    while seen.goes_on() {
        let endpoint = format!("{}/register", registered.issuer);
        let send = |method, to: &str, token: &str, body| with_json(&http, seen, method, to, token, body);
        let (status, first) = send(
            Method::POST,
            &endpoint,
            &registered.initial_access_token,
            &metadata,
        );
        if status != 201 {
            seen.wrong("a client could not register itself");
            continue;
        }
        let client = Credentials {
            client_id: text(&first, "client_id").to_owned(),
            client_secret: text(&first, "client_secret").to_owned(),
        };
        let uri = text(&first, "registration_client_uri");
        let own = text(&first, "registration_access_token");
        let may_get_tokens =
            || ask(seen, services::token(&http, &registered.issuer, &client, "email")).0 == 200;
        seen.expect(may_get_tokens(), "a client that registered itself was not let in");

        let (_, read) = send(Method::GET, uri, own, &Value::Null);
        seen.expect(read["client_name"] == "Newcomer", "a registration was lost");
        let mut change = metadata.clone();
        change["client_id"] = json!(client.client_id);
        change["client_name"] = json!("Settled");
        let (status, changed) = send(Method::PUT, uri, own, &change);
        seen.expect(
            status == 200 && changed["client_name"] == "Settled",
            "a registration could not be changed",
        );
        let next = text(&changed, "registration_access_token");
        let (_, read) = send(Method::GET, uri, next, &Value::Null);
        seen.expect(read["client_name"] == "Settled", "a change was lost");
        seen.expect(
            send(Method::GET, uri, own, &Value::Null).0 == 401,
            "a registration access token outlived the next one's first use",
        );
        seen.expect(may_get_tokens(), "a secret was lost in a change");

        let (status, _) = send(Method::DELETE, uri, next, &Value::Null);
        seen.expect(status == 204, "a client could not delete itself");
        seen.expect(
            send(Method::GET, uri, next, &Value::Null).0 == 401,
            "a deleted registration lives",
        );
        seen.expect(!may_get_tokens(), "a deleted client was let in");
        seen.did("registrations");
    }
}

fn with_json(
    http: &Client,
    seen: &Seen,
    method: Method,
    to: &str,
    token: &str,
    body: &Value,
) -> (u16, Value) {
    let mut request = http.request(method, to).bearer_auth(token);
    if !body.is_null() {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    ask(seen, request)
}
