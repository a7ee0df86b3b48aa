//! As much of a browser as people need here, and the forms that they fill.

use std::collections::BTreeMap;

use openidconnect::reqwest::Url;
use openidconnect::reqwest::blocking::{Client, RequestBuilder, Response};
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
        let outcome = match self.follow(registered, address) {
            Ok(Place::Away(place)) => {
                let mut pairs = place.query_pairs();
                let code = pairs.find(|(name, _)| name == "code");
                code.map(|(_, code)| code.into_owned())
                    .ok_or_else(|| format!("no code but {:?}", place.query().unwrap_or_default()))
            }
            Ok(Place::Page(page)) => Err(format!("no code but the page {}", heading(&page))),
            Err(why) => Err(why),
        };
        outcome.map_err(|why| seen.wrong(&why)).ok()
    }

    /// Whether the last page says so.
    pub fn reads(&mut self, registered: &Registered, seen: &Seen, address: &str, words: &str) -> bool {
        let outcome = match self.follow(registered, address) {
            Ok(Place::Page(page)) if page.contains(words) => Ok(()),
            Ok(Place::Page(page)) => Err(format!("the page {}", heading(&page))),
            Ok(Place::Away(_)) => Err("a person was sent away".to_owned()),
            Err(why) => Err(why),
        };
        outcome.map_err(|why| seen.wrong(&why)).is_ok()
    }

    /// The status of one page, without going on from it.
    pub fn status(&self, seen: &Seen, address: &str) -> u16 {
        let response = self.http.get(address).header("cookie", self.cookie()).send();
        let status = response.map_or(0, |response| response.status().as_u16());
        seen.expect(status < 500, "a page with status 5xx");
        status
    }

    /// Goes where it is sent, and fills the forms that it comes to.
    fn follow(&mut self, registered: &Registered, address: &str) -> Result<Place, String> {
        let mut response = self.send(self.http.get(address))?;
        for _ in 0..8 {
            let location = response
                .headers()
                .get("location")
                .and_then(|value| value.to_str().ok());
            if let Some(location) = location {
                let next = Url::parse(location).map_err(|error| format!("a person was sent to {error}"))?;
                if !location.starts_with(&registered.issuer) {
                    return Ok(Place::Away(next));
                }
                response = self.send(self.http.get(next))?;
                continue;
            }
            let page = response
                .text()
                .map_err(|error| format!("a page that ended: {error:?}"))?;
            let Some((action, mut fields)) = form(&page) else {
                return Ok(Place::Page(page));
            };
            for (name, value) in [("username", &registered.user), ("password", &registered.password)] {
                if let Some(field) = fields.iter_mut().find(|(held, _)| held == name) {
                    field.1.clone_from(value);
                }
            }
            response = self.send(self.http.post(action).form(&fields))?;
        }
        Err("the pages never ended".to_owned())
    }

    fn send(&mut self, request: RequestBuilder) -> Result<Response, String> {
        let response = request.header("cookie", self.cookie()).send();
        let response =
            response.map_err(|error| format!("no page: {:?}", std::error::Error::source(&error)))?;
        let status = response.status().as_u16();
        if status >= 500 {
            return Err(format!("a page with status {status}"));
        }
        self.keep_cookies(&response);
        Ok(response)
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

fn heading(page: &str) -> &str {
    let start = page.find("<h1").map_or(0, |at| at + 3);
    let heading = &page[start..];
    &heading[..heading.find("</h1>").unwrap_or(0)]
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
