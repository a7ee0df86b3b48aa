//! What holds for whatever headers come. Each function is a row of [`crate::fuzzing::TARGETS`] and panics where it finds
//! its property broken.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderName, ORIGIN, SET_COOKIE};
use axum::http::{HeaderValue, Request, Response};
use url::Url;

use super::browser::{self, Cookie};
use super::protected_resource::{self, Presented};
use super::{cors, host, logout};
use crate::client::{ClientDraft, Rule};
use crate::protocol::Issuer;
use crate::protocol::form::Form;
use crate::protocol::properties::CLIENTS;

const ISSUER: &str = "http://127.0.0.1:9400";

/// Headers of one name, a line each, as far as HTTP can carry them.
fn headers(name: &HeaderName, bytes: &[u8]) -> HeaderMap {
    let lines = bytes.split(|byte| *byte == b'\n');
    let values = lines.filter_map(|line| HeaderValue::from_bytes(line).ok());
    values.map(|value| (name.clone(), value)).collect()
}

/// Cookies: what is read is a token of ours that stands there once; what is set is read again beside whatever else a
/// browser sends.
pub fn cookies(bytes: &[u8]) {
    let Ok(issuer) = Issuer::parse(ISSUER) else { return };
    let sent = headers(&COOKIE, bytes);
    for (cookie, name) in [
        (Cookie::Browser, "chancery-browser-9400"),
        (Cookie::Session, "chancery-session-9400"),
    ] {
        let held = |headers: &HeaderMap| {
            let texts: Vec<String> = headers
                .values()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect();
            texts.join(";").matches(name).count()
        };
        if let Some(value) = cookie.read(&sent, &issuer) {
            assert!(
                value.len() == 43
                    && value
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
            );
            let pair = format!("{name}={value}");
            assert!(
                sent.values()
                    .any(|header| String::from_utf8_lossy(header.as_bytes()).contains(&pair))
            );
        }
        let token = "t".repeat(43);
        let mut answer = Response::new(Body::empty());
        cookie.set(&mut answer, &issuer, &token);
        let set = answer
            .headers()
            .get(SET_COOKIE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        assert!(set.contains("; HttpOnly; SameSite=Lax"));
        let mut beside = sent.clone();
        if let Ok(pair) = HeaderValue::from_str(set.split(';').next().unwrap_or_default()) {
            beside.append(COOKIE, pair);
        }
        let read = cookie.read(&beside, &issuer);
        assert!(held(&sent) > 0 || read == Some(token.clone()), "{read:?}");
        assert!(
            cookie.read(&sent, &issuer).is_none() || read.is_none(),
            "never one of two"
        );
    }
}

/// `Host` and `Origin` headers: a request passes for this server's own address alone, and a form for its own origin.
pub fn host_and_origin(bytes: &[u8]) {
    let Ok(issuer) = Issuer::parse(ISSUER) else { return };
    let mut request = Request::new(Body::empty());
    *request.headers_mut() = headers(&HOST, bytes);
    if host::check(&request, &issuer).is_ok() {
        let hosts: Vec<&[u8]> = request
            .headers()
            .get_all(HOST)
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        let host = hosts.concat();
        // RFC 3986 §3.2.3: a port may begin with zeros.
        let port = host.strip_prefix(b"127.0.0.1:").unwrap_or_default();
        let port = port
            .iter()
            .skip_while(|byte| **byte == b'0')
            .copied()
            .collect::<Vec<_>>();
        assert!(
            hosts.len() == 1 && port == b"9400",
            "{}",
            String::from_utf8_lossy(&host)
        );
    }
    let origins = headers(&ORIGIN, bytes);
    if browser::comes_from_here(&origins, &issuer) && !origins.is_empty() {
        let only: Vec<&[u8]> = origins.values().map(HeaderValue::as_bytes).collect();
        assert_eq!(only, [ISSUER.as_bytes()]);
    }
}

/// An `Authorization` header with a bearer or a bound token: the token is what stands after the scheme, and two headers
/// are none (RFC 6750 §2.1, RFC 9449 §7.1).
pub fn bearer(bytes: &[u8]) {
    let sent = headers(&AUTHORIZATION, bytes);
    let Ok(Some(Presented { scheme, token })) = protected_resource::in_header(&sent) else {
        return;
    };
    let lines: Vec<&[u8]> = sent.values().map(HeaderValue::as_bytes).collect();
    let line = lines.concat();
    let (named, rest) = line.split_at_checked(scheme.as_str().len()).unwrap_or_default();
    assert!(lines.len() == 1 && named.eq_ignore_ascii_case(scheme.as_str().as_bytes()));
    assert_eq!(rest.trim_ascii(), token.expose().as_bytes());
}

/// An `Origin` header of a page elsewhere: one is read where one stands there, as it stands there; and what a client may
/// list is what a browser writes of some page, and nothing else (RFC 6454 §6.2).
pub fn cors_origin(bytes: &[u8]) {
    let sent = headers(&ORIGIN, bytes);
    let read = cors::origin(&sent);
    let lines: Vec<&[u8]> = sent.values().map(HeaderValue::as_bytes).collect();
    match (&read, lines.as_slice()) {
        (Some(origin), [only]) => assert!(origin.as_bytes() == *only && *only != b"null"),
        (Some(_), _) => panic_at("an origin is read out of several", bytes),
        (None, [only]) => assert_eq!(*only, b"null"),
        (None, _) => {}
    }
    let Ok(listed) = std::str::from_utf8(bytes) else {
        return;
    };
    let draft = ClientDraft {
        allowed_cors_origins: vec![listed.to_owned()],
        ..ClientDraft::default()
    };
    let is_of_origins = |rule: Rule| matches!(rule, Rule::CorsStar | Rule::CorsInvalid);
    if !draft.findings().iter().any(|finding| is_of_origins(finding.rule)) {
        let written = Url::parse(listed).map(|url| url.origin().ascii_serialization());
        assert_eq!(written.as_deref().ok(), Some(listed));
        assert!(
            read.is_some_and(|origin| origin == listed),
            "a browser can send it"
        );
    }
}

/// The parameters of `/logout`: nobody is sent anywhere but to an address that the client registered, with `state` as it
/// came.
pub fn logout(bytes: &[u8]) {
    let Ok(form) = Form::parse(bytes) else { return };
    let asked = form.get("post_logout_redirect_uri");
    assert!(logout::location(&form, None).is_ok_and(|location| location.is_none()) == asked.is_none());
    for client in CLIENTS.iter() {
        let location = match logout::location(&form, Some(client)) {
            Ok(Some(location)) => location,
            Ok(None) => {
                assert_eq!(asked, None);
                continue;
            }
            Err(why) => {
                let registered = &client.draft.post_logout_redirect_uris;
                assert!(!why.is_empty() && registered.iter().all(|uri| Some(uri.as_str()) != asked));
                continue;
            }
        };
        let registered = asked.unwrap_or_default();
        assert!(
            client
                .draft
                .post_logout_redirect_uris
                .iter()
                .any(|uri| uri == registered)
        );
        let rest = location.strip_prefix(registered).unwrap_or("elsewhere");
        let Some(state) = form.get("state") else {
            assert_eq!(rest, "");
            continue;
        };
        let separator = if registered.contains('?') { '&' } else { '?' };
        let query = rest.strip_prefix(separator).unwrap_or_default();
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        assert_eq!(pairs, [("state".to_owned(), state.to_owned())]);
        assert!(HeaderValue::from_str(&location).is_ok(), "{location}");
    }
}

#[expect(clippy::panic, reason = "a property that does not hold panics")]
fn panic_at(what: &str, bytes: &[u8]) -> ! {
    panic!("{what}: {}", bytes.escape_ascii())
}
