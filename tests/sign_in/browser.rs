//! As much of a browser as signing in needs: cookies, redirects within the server, and forms that are posted as they
//! stand.

use std::collections::BTreeMap;

use openidconnect::reqwest::blocking::{Client, Response};
use openidconnect::reqwest::header::{LOCATION, SET_COOKIE};
use openidconnect::reqwest::redirect::Policy;
use openidconnect::url::Url;

use crate::rig::{NAME, PASSWORD, Rig};

/// A browser that belongs to one server.
pub struct Browser {
    http: Client,
    cookies: BTreeMap<String, String>,
    issuer: String,
}

/// Where a browser has come to.
#[derive(Debug)]
pub enum Place {
    /// A page of the server.
    Page(Page),
    /// An address elsewhere, which was not visited.
    Away(Url),
}

/// A page that was shown.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: openidconnect::reqwest::header::HeaderMap,
    pub html: String,
}

/// The first form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Place {
    #[track_caller]
    pub fn page(self) -> Page {
        match self {
            Self::Page(page) => page,
            Self::Away(url) => panic!("the browser is at {url}"),
        }
    }

    /// The parameters of the answer to the client.
    #[track_caller]
    pub fn answer(self) -> BTreeMap<String, String> {
        match self {
            Self::Away(url) => url.query_pairs().into_owned().collect(),
            Self::Page(page) => panic!("the browser is still on a page: {} {}", page.status, page.html),
        }
    }
}

impl Page {
    #[track_caller]
    pub fn form(&self) -> Form {
        let start = self
            .html
            .find("<form")
            .unwrap_or_else(|| panic!("no form: {}", self.html));
        let form = &self.html[start..start + self.html[start..].find("</form>").unwrap()];
        let inputs = form.match_indices("<input").map(|(at, _)| &form[at..]);
        Form {
            action: attribute(form, "action").unwrap(),
            fields: inputs
                .map(|input| {
                    let value = attribute(input, "value").unwrap_or_default();
                    (attribute(input, "name").unwrap(), value)
                })
                .collect(),
        }
    }
}

impl Form {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(held, _)| held != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The value of an attribute of the first tag in a text.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = &tag[..tag.find('>')?];
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = &tag[start..start + tag[start..].find('"')?];
    let unescaped = [
        ("&#38;", "&"),
        ("&amp;", "&"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ];
    Some(
        unescaped
            .iter()
            .fold(value.to_owned(), |text, (from, to)| text.replace(from, to)),
    )
}

impl Browser {
    pub fn new(rig: &Rig) -> Self {
        Self {
            http: Client::builder().redirect(Policy::none()).build().unwrap(),
            cookies: BTreeMap::new(),
            issuer: rig.issuer().to_owned(),
        }
    }

    pub fn get(&mut self, url: &str) -> Place {
        let request = self.http.get(url).header("cookie", self.cookie_header());
        let response = request.send().unwrap();
        self.follow(response)
    }

    pub fn post(&mut self, form: &Form) -> Place {
        self.post_from(form, None)
    }

    pub fn post_from(&mut self, form: &Form, origin: Option<&str>) -> Place {
        let mut request = self
            .http
            .post(&form.action)
            .header("cookie", self.cookie_header());
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        let response = request.form(&form.fields).send().unwrap();
        assert!(
            response.headers().get(LOCATION).is_none() || response.status() == 303,
            "RFC 9700 §4.12: 303 after a POST"
        );
        self.follow(response)
    }

    /// Goes to an authorization request, signs in, says yes where it is asked.
    pub fn sign_in(&mut self, url: &str) -> Place {
        let mut place = self.get(url);
        for _ in 0..2 {
            let Place::Page(page) = &place else { break };
            let form = page.form();
            let is_sign_in = form.fields.iter().any(|(name, _)| name == "password");
            let form = if is_sign_in {
                form.with("username", NAME).with("password", PASSWORD)
            } else {
                form
            };
            place = self.post(&form);
        }
        place
    }

    /// What it holds of this server.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    fn follow(&mut self, mut response: Response) -> Place {
        loop {
            self.keep_cookies(&response);
            let Some(location) = response.headers().get(LOCATION) else {
                return Place::Page(Page {
                    status: response.status().as_u16(),
                    headers: response.headers().clone(),
                    html: response.text().unwrap(),
                });
            };
            let location = response.url().join(location.to_str().unwrap()).unwrap();
            if !location.as_str().starts_with(&format!("{}/", self.issuer)) {
                return Place::Away(location);
            }
            let request = self.http.get(location).header("cookie", self.cookie_header());
            response = request.send().unwrap();
        }
    }

    fn keep_cookies(&mut self, response: &Response) {
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            assert!(
                cookie.contains("; HttpOnly; SameSite=Lax"),
                "a cookie without its fences: {cookie}"
            );
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }
}
