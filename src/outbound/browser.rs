//! As much of a browser as signing in at this server takes: cookies, redirects one by one, and pages with one form. Every
//! exchange that it makes is handed out, as it went over the wire.

use std::collections::BTreeMap;

use html5gum::{Token, Tokenizer};
use url::Url;

use super::as_client::append;
use super::{Exchange, Method, OutboundError, Request, exchange, mask};
use crate::client::Secret;

/// Redirects that are followed in a row.
const MOST_HOPS: usize = 8;
/// Pages that a person is led over at most: to type a device's code, to sign in, to be asked.
const MOST_PAGES: usize = 6;

/// A browser that visits one server and nobody else. It forgets everything when it is dropped.
pub struct Browser {
    server: Url,
    cookies: BTreeMap<String, Secret>,
}

/// Where a browser has come to.
#[derive(Debug)]
pub enum Place {
    /// A page of the server.
    Page(Page),
    /// An address elsewhere, which was not visited.
    Away(Url),
}

/// What a page says, and its form.
#[derive(Debug, Default)]
pub struct Page {
    /// Its heading.
    pub heading: String,
    /// All that it says, one line after the other.
    pub text: String,
    form: Option<Form>,
}

#[derive(Debug, Default)]
struct Form {
    action: String,
    fields: Vec<(String, Secret)>,
}

/// Who signs in, and with what.
#[derive(Clone, Debug)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The password.
    pub password: Secret,
}

impl Browser {
    /// A browser without cookies for the server at an address.
    pub fn new(server: &Url) -> Self {
        Self {
            server: server.clone(),
            cookies: BTreeMap::new(),
        }
    }

    /// Goes to an address, signs in where it is asked who is there, and says yes where it is asked whether that is allowed.
    /// `seen` is given each exchange and what it was for.
    ///
    /// # Errors
    /// [`OutboundError`].
    pub fn sign_in(
        &mut self,
        address: &Url,
        person: &Person,
        seen: &mut dyn FnMut(String, Exchange),
    ) -> Result<Place, OutboundError> {
        let mut place = self.go(Request::get_page(address.clone()), "Go there", seen)?;
        let mut has_signed_in = false;
        for _ in 0..MOST_PAGES {
            let Place::Page(Page { form: Some(form), .. }) = &place else {
                break;
            };
            let signs_in = form.has("password");
            if signs_in && has_signed_in {
                // The same page once more: it says what was wrong.
                break;
            }
            has_signed_in |= signs_in;
            let typed: &[(&str, &str)] = if signs_in {
                &[("username", &person.name), ("password", person.password.expose())]
            } else {
                &[]
            };
            let what = match (signs_in, form.has("user_code")) {
                (true, _) => format!("Sign in as {}", person.name),
                (false, true) => "Type the code".to_owned(),
                (false, false) => "Allow it".to_owned(),
            };
            let request = self.posted(form, typed)?;
            place = self.go(request, &what, seen)?;
        }
        Ok(place)
    }

    /// Follows an address until it shows a page or leads away.
    fn go(
        &mut self,
        mut request: Request,
        what: &str,
        seen: &mut dyn FnMut(String, Exchange),
    ) -> Result<Place, OutboundError> {
        let mut what = what.to_owned();
        for _ in 0..MOST_HOPS {
            let address = request.url.clone();
            if !self.cookies.is_empty() {
                request.headers.push(("Cookie", self.cookie_header()));
            }
            let answer = exchange(&request)?;
            self.keep_cookies(&answer);
            let location = answer.received("location").next().map(|to| address.join(to));
            let page = location.is_none().then(|| Page::read(&answer.received_body));
            seen(std::mem::replace(&mut what, "Follow".to_owned()), answer);
            if let Some(page) = page {
                return Ok(Place::Page(page));
            }
            match location {
                Some(Ok(to)) if to.origin() == self.server.origin() => request = Request::get_page(to),
                Some(Ok(to)) => return Ok(Place::Away(to)),
                _ => break,
            }
        }
        Err(OutboundError::Unexpected(
            mask::address(request.url.as_str()),
            "with redirects that lead nowhere".to_owned(),
        ))
    }

    fn posted(&self, form: &Form, typed: &[(&str, &str)]) -> Result<Request, OutboundError> {
        let action = self.server.join(&form.action);
        let action = action
            .ok()
            .filter(|action| action.origin() == self.server.origin());
        let action = action.ok_or_else(|| {
            let why = "with a form that leads elsewhere".to_owned();
            OutboundError::Unexpected(self.server.to_string(), why)
        })?;
        let mut body = String::with_capacity(4096);
        for (name, value) in &form.fields {
            if !typed.iter().any(|(typed, _)| typed == name) {
                append(&mut body, name, value.expose());
            }
        }
        for (name, value) in typed {
            append(&mut body, name, value);
        }
        let text = |text: &str| Secret::new(text.to_owned());
        Ok(Request {
            method: Method::Post,
            headers: vec![
                ("Accept", text("text/html")),
                ("Content-Type", text("application/x-www-form-urlencoded")),
                ("Origin", Secret::new(self.server.origin().ascii_serialization())),
            ],
            url: action,
            body: Secret::new(body),
        })
    }

    /// A server's cookies, each without what fences it (RFC 6265 §5.2). One that ends at once is forgotten.
    fn keep_cookies(&mut self, answer: &Exchange) {
        for cookie in answer.received("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else {
                continue;
            };
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name.trim());
            } else {
                let value = Secret::new(value.trim().to_owned());
                self.cookies.insert(name.trim().to_owned(), value);
            }
        }
    }

    fn cookie_header(&self) -> Secret {
        let mut header = String::with_capacity(1024);
        for (name, value) in &self.cookies {
            if !header.is_empty() {
                header.push_str("; ");
            }
            header.push_str(name);
            header.push('=');
            header.push_str(value.expose());
        }
        Secret::new(header)
    }
}

impl Form {
    fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }
}

impl Page {
    /// Reads the first form of a page, and what the page says. Bytes that are no HTML make a page without either.
    pub fn read(html: &[u8]) -> Self {
        let mut page = Self::default();
        let mut inside = Inside::default();
        for token in Tokenizer::new(html).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let attribute = |name: &str| {
                        let value = tag.attributes.get(name.as_bytes())?;
                        Some(String::from_utf8_lossy(value).into_owned())
                    };
                    match tag.name.as_slice() {
                        b"form" if page.form.is_none() => {
                            inside.form = true;
                            page.form = Some(Form {
                                action: attribute("action").unwrap_or_default(),
                                fields: Vec::new(),
                            });
                        }
                        b"input" if inside.form => {
                            let name = attribute("name").unwrap_or_default();
                            let value = Secret::new(attribute("value").unwrap_or_default());
                            if let Some(form) = &mut page.form {
                                form.fields.push((name, value));
                            }
                        }
                        b"h1" => inside.heading = true,
                        b"main" => inside.main = true,
                        b"label" | b"button" | b"dl" => inside.control = true,
                        _ => {}
                    }
                }
                Token::EndTag(tag) => match tag.name.as_slice() {
                    b"form" => inside.form = false,
                    b"h1" => inside.heading = false,
                    b"main" => inside.main = false,
                    b"label" | b"button" | b"dl" => inside.control = false,
                    _ => {}
                },
                Token::String(text) => page.take(&String::from_utf8_lossy(&text), &inside),
                _ => {}
            }
        }
        page
    }

    fn take(&mut self, text: &str, inside: &Inside) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() || !inside.main || inside.control {
            return;
        }
        if inside.heading {
            self.heading.push_str(&text);
            return;
        }
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&text);
    }
}

/// What the tokens that come next stand in.
#[derive(Default)]
struct Inside {
    main: bool,
    heading: bool,
    form: bool,
    /// Words of the form, and not of the page.
    control: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_its_heading_its_words_and_its_first_form() {
        let page = Page::read(
            br#"<title>Sign in</title><style>main { color: red }</style><main><h1>Sign in</h1><p>to <strong>Shop</strong></p>
            <form method="post" action="/login?a=1&amp;b=2"><input type="hidden" name="csrf" value="a&#34;b">
            <label>Name</label><input name="username"><button>Sign in</button></form>
            <form action="/other"><input name="other"></form></main><footer>Chancery</footer>"#,
        );
        assert_eq!(
            (page.heading.as_str(), page.text.as_str()),
            ("Sign in", "to\nShop")
        );
        let form = page.form.unwrap();
        assert_eq!(form.action, "/login?a=1&b=2");
        let fields: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()))
            .collect();
        assert_eq!(fields, [("csrf", "a\"b"), ("username", "")]);
    }

    #[test]
    fn what_is_no_page_has_nothing_to_fill_in() {
        for odd in [
            "",
            "<form",
            "<<<>>>",
            "{\"error\":\"x\"}",
            "<input name=a>",
            "\u{0}",
        ] {
            assert!(Page::read(odd.as_bytes()).form.is_none(), "{odd:?}");
        }
    }

    #[test]
    fn a_form_that_leads_elsewhere_is_not_posted() {
        let browser = Browser::new(&Url::parse("http://127.0.0.1:9400").unwrap());
        for action in [
            "https://evil.example/login",
            "//evil.example",
            "http://127.0.0.1:9401/login",
        ] {
            let form = Form {
                action: action.to_owned(),
                fields: Vec::new(),
            };
            assert!(browser.posted(&form, &[]).is_err(), "{action}");
        }
    }
}
