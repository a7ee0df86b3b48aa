//! What people and the applications do that they sign in to.

use std::collections::BTreeMap;

use openidconnect::PkceCodeChallenge;
use openidconnect::reqwest::Url;
use openidconnect::reqwest::blocking::{Client, Response};
use openidconnect::reqwest::redirect::Policy;
use serde_json::Value;

use crate::prepare::REDIRECT_URI;
use crate::services::{ask, http};
use crate::{Registered, Seen, count};

/// Signs in once, then gets one code after another; each is redeemed, its refresh token rotated, and sometimes stolen.
pub fn sign_in_and_stay(registered: &Registered, seen: &Seen) {
    let (mut browser, back_channel) = (Browser::new(), http());
    let mut round = 0_u32;
    while seen.goes_on() {
        round += 1;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &registered.portal.client_id)
            .append_pair("redirect_uri", REDIRECT_URI)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid email")
            .append_pair("code_challenge", challenge.as_str())
            .append_pair("code_challenge_method", "S256")
            .finish();
        let address = format!("{}/authorize?{query}", registered.issuer);
        let Some(code) = browser.code(registered, seen, &address) else {
            seen.wrong("no code");
            continue;
        };
        count(&seen.signed_in);
        let exchange = |form: &[(&str, &str)]| {
            let request = back_channel.post(format!("{}/token", registered.issuer));
            let of = &registered.portal;
            ask(
                seen,
                request
                    .basic_auth(&of.client_id, Some(&of.client_secret))
                    .form(form),
            )
        };
        let redeem = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier.secret()),
        ];
        let (status, first) = exchange(&redeem);
        seen.expect(status == 200, "a code was lost");
        let mut tokens = first;
        for _ in 0..3 {
            tokens = refresh(seen, &exchange, &tokens);
        }
        let request = back_channel.get(format!("{}/userinfo", registered.issuer));
        let told = ask(seen, request.bearer_auth(text(&tokens, "access_token")));
        seen.expect(
            told.1["sub"] == registered.user.as_str(),
            "/userinfo does not know its token",
        );
        if round.is_multiple_of(10) {
            // A thief comes with the code: nothing is given, and what was given ends.
            seen.expect(exchange(&redeem).0 == 400, "a code was good twice");
            let stolen = [
                ("grant_type", "refresh_token"),
                ("refresh_token", text(&tokens, "refresh_token")),
            ];
            seen.expect(exchange(&stolen).0 == 400, "a stolen grant lives");
        }
    }
}

fn refresh(seen: &Seen, exchange: &impl Fn(&[(&str, &str)]) -> (u16, Value), tokens: &Value) -> Value {
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(tokens, "refresh_token")),
    ];
    let (status, next) = exchange(&form);
    seen.expect(status == 200, "a refresh token was lost");
    count(&seen.refreshed);
    next
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// As much of a browser as this needs.
struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let http = Client::builder().redirect(Policy::none()).build();
        Self {
            http: http.unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// Goes where it is sent, and fills the forms that it comes to, until it is sent away with a code.
    fn code(&mut self, registered: &Registered, seen: &Seen, address: &str) -> Option<String> {
        let mut response = self
            .http
            .get(address)
            .header("cookie", self.cookie())
            .send()
            .ok()?;
        for _ in 0..8 {
            seen.expect(response.status().as_u16() < 500, "a page with status 5xx");
            self.keep_cookies(&response);
            let location = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok());
            if let Some(location) = location {
                let next = Url::parse(location).ok()?;
                if !location.starts_with(&registered.issuer) {
                    let mut pairs = next.query_pairs();
                    return pairs
                        .find(|(name, _)| name == "code")
                        .map(|(_, code)| code.into_owned());
                }
                response = self.http.get(next).header("cookie", self.cookie()).send().ok()?;
                continue;
            }
            let page = response.text().ok()?;
            let (action, mut fields) = form(&page)?;
            for (name, value) in [("username", &registered.user), ("password", &registered.password)] {
                if let Some(field) = fields.iter_mut().find(|(held, _)| held == name) {
                    field.1.clone_from(value);
                }
            }
            response = self
                .http
                .post(action)
                .header("cookie", self.cookie())
                .form(&fields)
                .send()
                .ok()?;
        }
        None
    }

    fn keep_cookies(&mut self, response: &Response) {
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie
                .to_str()
                .unwrap_or_default()
                .split(';')
                .next()
                .unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }
}

/// The first form of a page: where it goes, and its fields.
fn form(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = &page[page.find("<form")?..];
    let form = &form[..form.find("</form>")?];
    let inputs = form.match_indices("<input").map(|(at, _)| &form[at..]);
    let fields = inputs.map(|input| {
        let value = attribute(input, "value").unwrap_or_default();
        (attribute(input, "name").unwrap_or_default(), value)
    });
    Some((attribute(form, "action")?, fields.collect()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = &tag[..tag.find('>')?];
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..];
    Some(
        value[..value.find('"')?]
            .replace("&#38;", "&")
            .replace("&amp;", "&"),
    )
}
