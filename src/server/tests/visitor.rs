//! A person with a browser, in process: cookies, redirects within the server, and the first form of each page.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;

use super::{Answer, Rig, random};
use crate::client::Secret;
use crate::registry::User;

pub const NAME: &str = "ada";
const PASSWORD: &str = "correct horse battery staple";

/// A browser of one person.
pub struct Visitor<'a> {
    pub rig: &'a Rig,
    pub cookies: BTreeMap<String, String>,
    /// Where the browser is, as a path.
    pub at: String,
}

/// The first form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// Reads the first form of a page.
    #[track_caller]
    pub fn of(page: &Answer) -> Self {
        let html = page.html();
        let form = html
            .split_once("<form")
            .unwrap_or_else(|| panic!("no form: {html}"))
            .1;
        let form = form.split_once("</form>").unwrap().0;
        let inputs = form.split("<input").skip(1);
        Self {
            action: attribute(form, "action"),
            fields: inputs
                .map(|input| (attribute(input, "name"), attribute(input, "value")))
                .collect(),
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(held, _)| held != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn to(mut self, action: &str) -> Self {
        self.action = action.to_owned();
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(held, _)| held == name)
    }
}

/// The value of an attribute of a tag that the text begins within.
fn attribute(tag: &str, name: &str) -> String {
    let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
    let value = tag.split_once(&format!(" {name}=\""));
    value
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or_else(String::new, |(value, _)| {
            value.replace("&#38;", "&").replace("&#39;", "'")
        })
}

impl<'a> Visitor<'a> {
    pub fn new(rig: &'a Rig) -> Self {
        let user = User {
            name: NAME.to_owned(),
            hash: Secret::new(PASSWORD.to_owned()).hash(random()).unwrap(),
            claims: Default::default(),
            created_at: rig.now(),
        };
        rig.registry.put_user(&user, &rig.act()).unwrap();
        Self::of(rig)
    }

    /// Another browser of the same person.
    pub fn of(rig: &'a Rig) -> Self {
        Self {
            rig,
            cookies: BTreeMap::new(),
            at: String::new(),
        }
    }

    /// Goes to a path or an address of the server, and on to where it leads within it.
    pub fn get(&mut self, target: &str) -> Answer {
        let mut answer = self.visit(target);
        while let Some(next) = self.own(&answer) {
            answer = self.visit(&next);
        }
        answer
    }

    /// Goes there and no further.
    pub fn visit(&mut self, target: &str) -> Answer {
        let issuer = self.rig.server.issuer().as_str();
        let path = target.strip_prefix(issuer).unwrap_or(target).to_owned();
        let request = self.rig.request().uri(&path).header("cookie", self.cookie());
        self.at = path;
        self.keep(request.body(Body::empty()).unwrap())
    }

    /// Posts a form, and goes on.
    pub fn post(&mut self, form: &Form) -> Answer {
        let answer = self.post_and_stay(form, None);
        match self.own(&answer) {
            Some(next) => self.get(&next),
            None => answer,
        }
    }

    /// Posts a form as a page of some origin would.
    pub fn post_and_stay(&mut self, form: &Form, origin: Option<&str>) -> Answer {
        let issuer = self.rig.server.issuer().as_str();
        let path = form.action.strip_prefix(issuer).unwrap_or(&form.action);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&form.fields)
            .finish();
        let mut request = self.rig.request().method("POST").uri(path);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        request = request.header("cookie", self.cookie());
        if let Some(origin) = origin {
            request = request.header("origin", origin);
        }
        self.keep(request.body(Body::from(body)).unwrap())
    }

    /// Posts the first form of each page, signing in where a page asks for that, until a page has none or the browser is
    /// sent away.
    pub fn go_on(&mut self, mut answer: Answer) -> Answer {
        for _ in 0..5 {
            if answer.status != 200 || !answer.html().contains("<form") {
                break;
            }
            let mut form = Form::of(&answer);
            if form.has("password") {
                form = form.with("username", NAME).with("password", PASSWORD);
            }
            answer = self.post(&form);
        }
        answer
    }

    fn cookie(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// Where an answer sends the browser within the server.
    fn own(&self, answer: &Answer) -> Option<String> {
        let issuer = self.rig.server.issuer().as_str();
        let path = answer.header("location").strip_prefix(issuer)?;
        path.starts_with('/').then(|| path.to_owned())
    }

    fn keep(&mut self, request: Request<Body>) -> Answer {
        let answer = self.rig.send(request);
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}
