//! `GET` and `POST /logout` (OpenID Connect RP-Initiated Logout §2): the session of the browser ends.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::http::{Request, Response, StatusCode};

use super::answer::Remark;
use super::app::App;
use super::body;
use super::browser::{Cookie, comes_from_here, see_other, signed_in, token};
use super::client_authentication::{answered, posted_form};
use super::pages::{self, SignOut, Trouble, page_answer};
use super::refusal::Refusal;
use crate::client::{ClientId, Standing};
use crate::protocol::form::Form;
use crate::protocol::interaction::FormProof;
use crate::protocol::signing_key::TokenKind;
use crate::registry::Client;

/// Where a yes goes, after the issuer's path.
pub const CONFIRM_PATH: &str = "/logout/confirm";

/// Answers a request in the query.
pub async fn get(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    answered(answer(&app, request.headers(), &query))
}

/// Answers one in the body.
pub async fn post(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    match body::form_bytes(&head.headers, body, app.limits.body).await {
        Ok(bytes) => answered(answer(&app, &head.headers, &String::from_utf8_lossy(&bytes))),
        Err(refused) => *refused,
    }
}

/// Answers the page on which a person was asked.
pub async fn confirm(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    let confirmed = async {
        let (head, form) = posted_form(&app, request).await?;
        let asked = form.get("request").unwrap_or_default();
        let browser = Cookie::Browser
            .read(&head.headers, app.issuer())
            .unwrap_or_default();
        let proof = FormProof {
            step: CONFIRM_PATH,
            browser: &browser,
            about: asked,
        };
        let is_ours = comes_from_here(&head.headers, app.issuer())
            && app
                .interactions
                .is_csrf(proof, form.get("csrf").unwrap_or_default());
        if !is_ours {
            let reason = "the form is not of this browser's page";
            return Ok(pages::form_refused(app.issuer().as_str(), reason));
        }
        match read(&app, asked)? {
            Ok(asked) => Ok(end(&app, &head.headers, &asked)),
            Err(why) => Ok(refused(&app, why)),
        }
    };
    answered(confirmed.await)
}

/// What is asked for, judged.
struct Asked {
    /// Who asks, as far as that is known.
    client: Option<Arc<Client>>,
    /// For whom, where an ID token says so.
    subject: Option<String>,
    /// Where to go afterwards: a registered address, with `state`.
    location: Option<String>,
}

fn answer(app: &App, headers: &HeaderMap, request: &str) -> Result<Response<Body>, Refusal> {
    let asked = match read(app, request)? {
        Ok(asked) => asked,
        Err(why) => return Ok(refused(app, why)),
    };
    let Some((session, _)) = signed_in(app, headers)? else {
        return Ok(end(app, headers, &asked));
    };
    let is_theirs = match (&asked.client, &asked.subject) {
        (Some(client), Some(subject)) => app.subjects.of(&session.user, &client.draft) == *subject,
        _ => false,
    };
    if is_theirs {
        return Ok(end(app, headers, &asked));
    }
    // §2: without a hint of the current session anyone may have sent the browser here, so the person is asked.
    let known = Cookie::Browser.read(headers, app.issuer());
    let browser = match &known {
        Some(browser) => browser.clone(),
        None => token()?,
    };
    let proof = FormProof {
        step: CONFIRM_PATH,
        browser: &browser,
        about: request,
    };
    let page = SignOut {
        issuer: app.issuer().as_str(),
        user: &session.user,
        client_name: asked.client.as_ref().map(|client| client.draft.name.as_str()),
        action: &app.issuer().endpoint(CONFIRM_PATH),
        request,
        csrf: &app.interactions.csrf(proof),
    };
    let mut answer = page_answer(StatusCode::OK, &page, asked.location.as_deref(), remark(&asked));
    if known.is_none() {
        Cookie::Browser.set(&mut answer, app.issuer(), &browser);
    }
    Ok(answer)
}

/// Judges a request. The inner error is a sentence for a page: whoever asks so is not gone back to.
fn read(app: &App, request: &str) -> Result<Result<Asked, &'static str>, Refusal> {
    let Ok(form) = Form::parse(request.as_bytes()) else {
        return Ok(Err("The request cannot be read, or has a parameter twice"));
    };
    let hint = match form.get("id_token_hint") {
        None => None,
        // Its time may be over: it only says who is meant (§2).
        Some(hint) => match app.keys(app.now())?.verify(hint, TokenKind::IdToken) {
            Ok(hint) if hint.text("iss") == Some(app.issuer().as_str()) => Some(hint),
            _ => return Ok(Err("The id_token_hint is no ID token of this server")),
        },
    };
    let audience = hint.as_ref().and_then(|hint| hint.text("aud"));
    let client_id = form.get("client_id").or(audience);
    if audience.is_some() && client_id != audience {
        return Ok(Err("The client_id is not that of the id_token_hint"));
    }
    let client = match client_id.map(ClientId::parse) {
        None => None,
        Some(None) => return Ok(Err("No client is registered under this client_id")),
        Some(Some(client_id)) => match app.client(&client_id)? {
            Some(client) => Some(client),
            None => return Ok(Err("No client is registered under this client_id")),
        },
    };
    let location = match location(&form, client.as_deref()) {
        Ok(location) => location,
        Err(why) => return Ok(Err(why)),
    };
    Ok(Ok(Asked {
        client,
        subject: hint.and_then(|hint| hint.text("sub").map(str::to_owned)),
        location,
    }))
}

/// Where a request goes afterwards, if it says so.
pub(super) fn location(form: &Form, client: Option<&Client>) -> Result<Option<String>, &'static str> {
    let Some(uri) = form.get("post_logout_redirect_uri") else {
        return Ok(None);
    };
    let Some(client) = client else {
        return Err("A post_logout_redirect_uri needs an id_token_hint or a client_id to go with it");
    };
    // §3: exactly one of those registered; and nobody is sent to a client that is switched off.
    let mut registered = client.draft.post_logout_redirect_uris.iter();
    if !registered.any(|held| held == uri) || client.standing() != Standing::Active {
        return Err("The post_logout_redirect_uri is not registered for this client");
    }
    Ok(Some(with_state(uri, form.get("state"))))
}

fn with_state(uri: &str, state: Option<&str>) -> String {
    let Some(state) = state else {
        return uri.to_owned();
    };
    let state: String = form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let separator = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{separator}state={state}")
}

/// Ends the session, if there is one, and goes where was asked.
fn end(app: &App, headers: &HeaderMap, asked: &Asked) -> Response<Body> {
    if let Some(token) = Cookie::Session.read(headers, app.issuer()) {
        app.sessions().end(&token);
    }
    let mut answer = match &asked.location {
        Some(location) => see_other(location),
        None => {
            let page = Trouble {
                issuer: app.issuer().as_str(),
                heading: "You are signed out",
                what: "This browser is no longer signed in here".to_owned(),
                facts: Vec::new(),
                advice: "",
            };
            page_answer(StatusCode::OK, &page, None, Remark::default())
        }
    };
    answer.extensions_mut().insert(remark(asked));
    Cookie::Session.clear(&mut answer, app.issuer());
    answer
}

fn refused(app: &App, why: &'static str) -> Response<Body> {
    let page = Trouble {
        issuer: app.issuer().as_str(),
        heading: "This sign-out cannot go on",
        what: why.to_owned(),
        facts: Vec::new(),
        advice: "Send a post_logout_redirect_uri that is registered, with the id_token_hint of the sign-in",
    };
    let remark = Remark::default().because(why);
    page_answer(StatusCode::BAD_REQUEST, &page, None, remark)
}

fn remark(asked: &Asked) -> Remark {
    let client = asked.client.as_ref();
    client
        .map(|client| Remark::about(&client.client_id))
        .unwrap_or_default()
}
