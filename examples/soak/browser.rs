//! As much of a browser as people need here, and the forms that they fill.

use std::collections::BTreeMap;

use openidconnect::reqwest::Url;
use openidconnect::reqwest::blocking::{Client, Response};
use openidconnect::reqwest::redirect::Policy;

use crate::Registered;
use crate::seen::Seen;

pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
}

/// Where a browser has come to, after all forms on the way.
enum Place {
    /// A page without a form.
    Page(String),
    /// An address elsewhere.
    Away(Url),
}

impl Browser {
    pub fn new() -> Self {
        let http = Client::builder().redirect(Policy::none()).build();
        Self {
            http: http.unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// The code that a client gets which sends somebody to this address.
    pub fn code(&mut self, registered: &Registered, seen: &Seen, address: &str) -> Option<String> {
        let Place::Away(place) = self.follow(registered, seen, address)? else {
            return None;
        };
        let mut pairs = place.query_pairs();
        pairs
            .find(|(name, _)| name == "code")
            .map(|(_, code)| code.into_owned())
    }

    /// Whether the last page says so.
    pub fn reads(&mut self, registered: &Registered, seen: &Seen, address: &str, words: &str) -> bool {
        let place = self.follow(registered, seen, address);
        matches!(place, Some(Place::Page(page)) if page.contains(words))
    }

    /// The status of one page, without going on from it.
    pub fn status(&self, seen: &Seen, address: &str) -> u16 {
        let response = self.http.get(address).header("cookie", self.cookie()).send();
        let status = response.map_or(0, |response| response.status().as_u16());
        seen.expect(status < 500, "a page with status 5xx");
        status
    }

    /// Goes where it is sent, and fills the forms that it comes to.
    fn follow(&mut self, registered: &Registered, seen: &Seen, address: &str) -> Option<Place> {
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
                    return Some(Place::Away(next));
                }
                response = self.http.get(next).header("cookie", self.cookie()).send().ok()?;
                continue;
            }
            let page = response.text().ok()?;
            let Some((action, mut fields)) = form(&page) else {
                return Some(Place::Page(page));
            };
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
