//! What this server knows of a browser: its cookies, and whether a form comes from one of its own pages.

use axum::body::Body;
use axum::http::header::{COOKIE, HeaderMap, ORIGIN, SET_COOKIE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::app::App;
use super::client_authentication::random;
use crate::protocol::session::Session;
use crate::protocol::{Issuer, OAuthError};
use crate::registry::{RegistryError, User};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Marks the browser, so that a form counts in the browser that it was shown in.
    Browser,
    /// Finds the session.
    Session,
}

impl Cookie {
    /// Cookies ignore ports (RFC 6265 §8.5): the name carries it, so that two servers on one machine keep apart.
    fn name(self, issuer: &Issuer) -> String {
        let what = match self {
            Self::Browser => "browser",
            Self::Session => "session",
        };
        format!("chancery-{what}-{}", issuer.port())
    }

    /// Its value in a request, if it comes exactly once.
    pub fn read(self, headers: &HeaderMap, issuer: &Issuer) -> Option<String> {
        let name = self.name(issuer);
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(held, _)| *held == name)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(only), None) if is_token(only) => Some(only.to_owned()),
            _ => None,
        }
    }

    /// Sets it for as long as the browser is open.
    pub fn set(self, answer: &mut Response<Body>, issuer: &Issuer, value: &str) {
        self.write(answer, issuer, value, "");
    }

    /// Takes it away.
    pub fn clear(self, answer: &mut Response<Body>, issuer: &Issuer) {
        self.write(answer, issuer, "", "; Max-Age=0");
    }

    fn write(self, answer: &mut Response<Body>, issuer: &Issuer, value: &str, more: &str) {
        let path = if issuer.path().is_empty() {
            "/"
        } else {
            issuer.path()
        };
        let secure = if issuer.is_https() { "; Secure" } else { "" };
        let name = self.name(issuer);
        let cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{more}");
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// What [`token`] makes.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == 43 && text.bytes().all(allowed)
}

/// A new value for a cookie: 256 random bits.
///
/// # Errors
/// `server_error` when there are none.
pub fn token() -> Result<String, OAuthError> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// The mark of a browser, and whether it is new to it.
///
/// # Errors
/// As [`token`].
pub fn browser_of(app: &App, headers: &HeaderMap) -> Result<(String, bool), OAuthError> {
    match Cookie::Browser.read(headers, app.issuer()) {
        Some(browser) => Ok((browser, false)),
        None => Ok((token()?, true)),
    }
}

/// Whether a form was sent from a page of this server, as far as the browser says. A page with
/// `Referrer-Policy: no-referrer` sends `Origin: null` (Fetch, append a request Origin header); then only the browser's
/// own word for it counts.
pub fn comes_from_here(headers: &HeaderMap, issuer: &Issuer) -> bool {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next().map(HeaderValue::as_bytes), origins.next()) {
        (None, None) => site.is_none_or(|site| site == b"same-origin"),
        (Some(b"null"), None) => site == Some(b"same-origin"),
        (Some(origin), None) => {
            origin == issuer.origin().as_bytes() && site.is_none_or(|site| site == b"same-origin")
        }
        _ => false,
    }
}

/// Who is signed in with a browser, and in what session.
///
/// # Errors
/// [`RegistryError`] when the registry cannot be read.
pub fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<(Session, User)>, RegistryError> {
    let Some(token) = Cookie::Session.read(headers, app.issuer()) else {
        return Ok(None);
    };
    let Some(session) = app.sessions().find(&token, app.now()).cloned() else {
        return Ok(None);
    };
    let user = app.read(|registry| registry.user(&session.user))?;
    // A user who was removed, or has another password, is signed in no more.
    Ok(user
        .filter(|user| session.is_of(user))
        .map(|user| (session, user)))
}

/// Sends the browser on, with a GET whatever it came with (RFC 9700 §4.12).
pub fn see_other(location: &str) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SEE_OTHER;
    for (name, value) in [
        (axum::http::header::CACHE_CONTROL, "no-store"),
        (axum::http::header::REFERRER_POLICY, "no-referrer"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    match HeaderValue::try_from(in_ascii(location)) {
        Ok(location) => drop(
            answer
                .headers_mut()
                .insert(axum::http::header::LOCATION, location),
        ),
        // There is no such character left.
        Err(_) => *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR,
    }
    answer
}

/// An address as a header may carry it: what is not visible ASCII is percent-encoded (RFC 3987 §3.1), so that a registered
/// address in other letters is gone to, and none can end the header.
fn in_ascii(location: &str) -> String {
    let mut ascii = String::with_capacity(location.len());
    for byte in location.bytes() {
        if byte.is_ascii_graphic() {
            ascii.push(char::from(byte));
        } else {
            ascii.push_str(&format!("%{byte:02X}"));
        }
    }
    ascii
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_form_from_elsewhere_is_known() {
        let issuer = Issuer::parse("http://127.0.0.1:9400").unwrap();
        for (pairs, here) in [
            (vec![], true),
            (vec![(ORIGIN, "http://127.0.0.1:9400")], true),
            (
                vec![(ORIGIN, "http://127.0.0.1:9400"), (SEC_FETCH_SITE, "same-origin")],
                true,
            ),
            (vec![(ORIGIN, "null"), (SEC_FETCH_SITE, "same-origin")], true),
            (vec![(ORIGIN, "null")], false),
            (vec![(ORIGIN, "null"), (SEC_FETCH_SITE, "cross-site")], false),
            (vec![(ORIGIN, "https://evil.example")], false),
            (vec![(ORIGIN, "http://localhost:9400")], false),
            (
                vec![
                    (ORIGIN, "http://127.0.0.1:9400"),
                    (ORIGIN, "https://evil.example"),
                ],
                false,
            ),
            (vec![(SEC_FETCH_SITE, "cross-site")], false),
        ] {
            assert_eq!(comes_from_here(&headers(&pairs), &issuer), here, "{pairs:?}");
        }
    }

    #[test]
    fn an_address_in_other_letters_is_gone_to_and_none_ends_the_header() {
        let answer = see_other("https://app.example.com/r\u{fc}ck\r\nSet-Cookie: a=b");
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let location = &answer.headers()["location"];
        assert_eq!(
            location,
            "https://app.example.com/r%C3%BCck%0D%0ASet-Cookie:%20a=b"
        );
    }

    #[test]
    fn a_cookie_counts_when_it_comes_once_and_whole() {
        let issuer = Issuer::parse("http://127.0.0.1:9400").unwrap();
        let token = "a".repeat(43);
        let read = |header: &str| {
            let mut headers = HeaderMap::new();
            headers.append(COOKIE, HeaderValue::try_from(header).unwrap());
            Cookie::Session.read(&headers, &issuer)
        };
        assert_eq!(
            read(&format!("x=y; chancery-session-9400={token}")),
            Some(token.clone())
        );
        assert_eq!(read(&format!("chancery-session-9401={token}")), None);
        assert_eq!(
            read(&format!(
                "chancery-session-9400={token}; chancery-session-9400={token}"
            )),
            None
        );
        assert_eq!(read("chancery-session-9400=short"), None);
    }
}
