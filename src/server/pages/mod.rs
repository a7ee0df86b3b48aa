//! The pages that people see: plain HTML without scripts, one form each. The templates stand beside this file, their
//! style in `assets/pages.css`.

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::answer::Remark;
use crate::client::redirect_uri::Mismatch;
use crate::protocol::authorization_error::PageError;

/// The style of every page. It stands in the page, so that a page is one answer.
pub const CSS: &str = include_str!("../../../assets/pages.css");

/// By its hash the style is allowed, and no other (CSP Level 3 §2.3.1).
static CSS_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(digest(&SHA256, CSS.as_bytes())));

/// Where a person signs in.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub struct SignIn<'a> {
    /// Who serves the page.
    pub issuer: &'a str,
    /// For whom the person signs in.
    pub client_name: &'a str,
    /// Where the form goes.
    pub action: &'a str,
    /// The sealed request.
    pub interaction: &'a str,
    /// The form's proof.
    pub csrf: &'a str,
    /// Who will probably sign in.
    pub login_hint: &'a str,
    /// What went wrong the last time.
    pub error: Option<&'a str>,
}

/// Where a person is asked.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// Who serves the page.
    pub issuer: &'a str,
    /// Who asks.
    pub client_name: &'a str,
    /// Whether it has its name from itself (RFC 7591 §5).
    pub registered_itself: bool,
    /// Who is asked.
    pub user: &'a str,
    /// For what.
    pub scopes: Vec<AskedScope<'a>>,
    /// At which resource servers.
    pub resources: &'a [String],
    /// Where the browser goes afterwards, without what is for the client alone. Nowhere where a device waits.
    pub returns_to: Option<&'a str>,
    /// What the device shows.
    pub user_code: Option<String>,
    /// Where a yes goes.
    pub action: &'a str,
    /// Where a no goes.
    pub deny_action: &'a str,
    /// The sealed request.
    pub interaction: &'a str,
    /// The form's proof.
    pub csrf: &'a str,
}

/// A scope in words.
pub struct AskedScope<'a> {
    /// The scope.
    pub name: &'a str,
    /// What it means.
    pub meaning: &'static str,
}

/// Where a person types what a device shows.
#[derive(Template)]
#[template(path = "device.html")]
pub struct Device<'a> {
    /// Who serves the page.
    pub issuer: &'a str,
    /// Where the form goes.
    pub action: &'a str,
    /// The form's proof.
    pub csrf: &'a str,
    /// The code that the page was opened with, or that was typed the last time.
    pub user_code: &'a str,
    /// What went wrong the last time.
    pub error: Option<&'a str>,
}

/// Where a person is asked whether to sign out.
#[derive(Template)]
#[template(path = "sign_out.html")]
pub struct SignOut<'a> {
    /// Who serves the page.
    pub issuer: &'a str,
    /// Who is signed in.
    pub user: &'a str,
    /// Who asks, if it is known.
    pub client_name: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What was asked, form-urlencoded.
    pub request: &'a str,
    /// The form's proof.
    pub csrf: &'a str,
}

/// What cannot be answered otherwise.
#[derive(Template)]
#[template(path = "trouble.html")]
pub struct Trouble<'a> {
    /// Who serves the page.
    pub issuer: &'a str,
    /// In few words.
    pub heading: &'a str,
    /// What happened.
    pub what: String,
    /// What is compared.
    pub facts: Vec<(String, String)>,
    /// What can be done.
    pub advice: &'a str,
}

impl<'a> AskedScope<'a> {
    /// The scopes of OpenID Connect Core §5.4 and §11 in words; another one speaks for itself.
    pub fn of(name: &'a str) -> Self {
        let meaning = match name {
            "openid" => "Know who you are",
            "profile" => "See your name and profile",
            "email" => "See your email address",
            "address" => "See your postal address",
            "phone" => "See your telephone number",
            "offline_access" => "Stay signed in while you are away",
            _ => "Use",
        };
        Self { name, meaning }
    }
}

/// The page for a request that is never sent back to anyone. The remark says whose it was, where that is known.
pub fn not_authorized(issuer: &str, error: &PageError, remark: Remark) -> Response<Body> {
    let what = match error {
        PageError::Mismatch(mismatch) if mismatch.nearest.is_none() => {
            "The client has no redirect URI to go back to".to_owned()
        }
        PageError::Mismatch(mismatch) => {
            format!(
                "The redirect_uri is not registered: its {} differs",
                mismatch.part
            )
        }
        other => other.to_string(),
    };
    let page = Trouble {
        issuer,
        heading: "This sign-in cannot go on",
        facts: match error {
            PageError::Mismatch(mismatch) => mismatch_facts(mismatch),
            _ => Vec::new(),
        },
        advice: error.advice(),
        what,
    };
    let remark = remark.because(error.to_string());
    page_answer(StatusCode::BAD_REQUEST, &page, None, remark)
}

fn mismatch_facts(mismatch: &Mismatch) -> Vec<(String, String)> {
    let Some(nearest) = &mismatch.nearest else {
        return Vec::new();
    };
    let shown = |text: &str| {
        if text.is_empty() {
            "(none)".to_owned()
        } else {
            text.escape_debug().to_string()
        }
    };
    vec![
        ("Nearest registered".to_owned(), nearest.clone()),
        (
            format!("The {} registered", mismatch.part),
            shown(&mismatch.registered),
        ),
        (
            format!("The {} requested", mismatch.part),
            shown(&mismatch.requested),
        ),
    ]
}

/// A page whose form is too old, was changed, or comes from elsewhere.
pub fn form_refused(issuer: &str, reason: &'static str) -> Response<Body> {
    let page = Trouble {
        issuer,
        heading: "This page no longer counts",
        what: "It was open for too long, was answered already, is of another browser, or the server was started anew"
            .to_owned(),
        facts: Vec::new(),
        advice: "Go back to the application and sign in again from there",
    };
    page_answer(
        StatusCode::BAD_REQUEST,
        &page,
        None,
        Remark::default().because(reason),
    )
}

/// A page as an answer. `leads_to` is where its form may end up besides here: browsers hold a form's redirects against
/// `form-action` too.
pub fn page_answer(
    status: StatusCode,
    page: &impl Template,
    leads_to: Option<&str>,
    remark: Remark,
) -> Response<Body> {
    let html = page.render().unwrap_or_default();
    let mut answer = Response::new(Body::from(html));
    *answer.status_mut() = status;
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'{}; frame-ancestors 'none'; base-uri 'none'",
        *CSS_HASH,
        leads_to
            .and_then(source_of)
            .map(|source| format!(" {source}"))
            .unwrap_or_default(),
    );
    let fixed: [(HeaderName, &'static str); 5] = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let strictest = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    let policy = HeaderValue::try_from(policy).unwrap_or(strictest);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer.extensions_mut().insert(remark);
    answer
}

/// The source expression of an address (CSP Level 3 §2.3.1). An IPv6 host cannot be one, so its scheme stands for it.
fn source_of(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    let scheme = url.scheme();
    match url.host() {
        Some(url::Host::Domain(_) | url::Host::Ipv4(_)) if matches!(scheme, "http" | "https") => {
            Some(url.origin().ascii_serialization())
        }
        _ => Some(format!("{scheme}:")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_its_client_only() {
        for (uri, source) in [
            ("https://app.example.com/cb?x=1", "https://app.example.com"),
            ("http://127.0.0.1:8080/cb", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/cb", "http:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(source_of(uri).as_deref(), Some(source), "{uri}");
        }
    }

    #[test]
    fn what_a_request_brings_is_escaped() {
        let page = SignIn {
            issuer: "http://127.0.0.1:9400",
            client_name: "<script>alert(1)</script>",
            action: "/login",
            interaction: "\"><b>",
            csrf: "x",
            login_hint: "\" autofocus onfocus=\"alert(1)",
            error: None,
        };
        let html = page.render().unwrap();
        assert!(!html.contains("<script") && !html.contains("<b>") && !html.contains("onfocus=\"alert"));
    }
}
