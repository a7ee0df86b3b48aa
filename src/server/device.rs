//! `/device` (RFC 8628 §3.3): where a person types what a device shows, signs in, and answers for it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{HeaderMap, RETRY_AFTER};
use axum::http::{HeaderValue, Request, Response, StatusCode};
use jiff::Timestamp;

use super::answer::Remark;
use super::app::App;
use super::authorize::{continuation, grant_id, sealed_in};
use super::browser::{Cookie, browser_of, comes_from_here, see_other, signed_in};
use super::client_authentication::{answered, posted_form};
use super::consent::about;
use super::login::{Purpose, sign_in_page};
use super::pages::{AskedScope, Consent, Device, Trouble, page_answer};
use super::refusal::Refusal;
use crate::protocol::OAuthError;
use crate::protocol::device_authorization;
use crate::protocol::form::Form;
use crate::protocol::interaction::{FormProof, Interaction, Matter};
use crate::protocol::metadata::DEVICE;
use crate::protocol::session::Session;
use crate::protocol::user_code::UserCode;
use crate::registry::{
    Client, DeviceAnswer, DeviceAuthorization, Grant, Origin, Registry, RegistryError, TokenHash,
};

/// Where a yes goes, after the issuer's path.
pub const ALLOW_PATH: &str = "/device/allow";
/// Where a no goes.
pub const DENY_PATH: &str = "/device/deny";

/// What was typed stands on the page again, but no more of it than the field takes.
const LONGEST: usize = 40;

/// One sentence for a code that is mistyped, over, or answered (RFC 8628 §5.1).
const WRONG: &str = "This code is not valid. It may be mistyped, too old, or used already";

/// A device that a person has the code of, and whose it is.
pub struct Found {
    authorization: DeviceAuthorization,
    /// The client that runs on it.
    pub client: Arc<Client>,
}

impl Found {
    /// Whether a person can still answer.
    pub fn is_awaited(&self, now: Timestamp) -> bool {
        device_authorization::is_awaited(&self.authorization, &self.client, now)
    }
}

/// Finds the device that shows a code, whatever became of it.
///
/// # Errors
/// [`RegistryError`] when the registry cannot be read.
pub fn find(app: &App, code: &UserCode) -> Result<Option<Found>, RegistryError> {
    let hash = app.user_codes.hash(code);
    let Some(authorization) = app.read(|registry| registry.device_authorization_by_user_code(&hash))? else {
        return Ok(None);
    };
    let client = app.client(&authorization.client_id)?;
    Ok(client.map(|client| Found {
        authorization,
        client,
    }))
}

/// Shows the page to type the code on, or goes on with a code that was typed.
pub async fn get(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default();
    let headers = request.headers();
    answered(match sealed_in(query) {
        Some(sealed) => go_on(&app, headers, &sealed),
        // RFC 8628 §3.3.1: the code is there already, and the person compares it with the device's.
        None => code_page(&app, headers, &code_in(query), None, StatusCode::OK),
    })
}

/// Takes a code that was typed.
pub async fn post(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(typed(&app, request).await)
}

/// Answers a yes.
pub async fn allow(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request, true).await)
}

/// Answers a no.
pub async fn deny(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request, false).await)
}

/// The code of `verification_uri_complete`, as it is shown; empty for what is none.
fn code_in(query: &str) -> String {
    let form = Form::parse(query.as_bytes()).unwrap_or_default();
    let code = form.get("user_code").and_then(UserCode::parse);
    code.map(|code| code.to_string()).unwrap_or_default()
}

async fn typed(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    if let Err(reason) = is_own(app, &head.headers, &form, DEVICE, "") {
        return Ok(refused(app, reason));
    }
    let now = app.now();
    let text: String = form
        .get("user_code")
        .unwrap_or_default()
        .chars()
        .take(LONGEST)
        .collect();
    let user = signed_in(app, &head.headers)?.map(|(session, _)| session.user);
    if let Err(seconds) = app.user_codes.reserve(user.as_deref(), now) {
        let error = format!("Too many codes were tried. Try again in {seconds} s");
        let status = StatusCode::TOO_MANY_REQUESTS;
        let mut page = code_page(app, &head.headers, &text, Some(&error), status)?;
        page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        return Ok(page);
    }
    let found = match UserCode::parse(&text) {
        Some(code) => find(app, &code)?.map(|found| (code, found)),
        None => None,
    };
    let Some((code, found)) = found.filter(|(_, found)| found.is_awaited(now)) else {
        return code_page(app, &head.headers, &text, Some(WRONG), StatusCode::BAD_REQUEST);
    };
    app.user_codes.release(user.as_deref());
    let sealed = app.interactions.seal(&Interaction {
        about: Matter::Device(code),
        begun_at: now,
    });
    let mut answer = see_other(&continuation(app, DEVICE, &sealed));
    answer
        .extensions_mut()
        .insert(Remark::about(&found.client.client_id));
    Ok(answer)
}

/// What comes next for a device whose code was typed: each time anew, so that the page can be loaded again.
fn go_on(app: &App, headers: &HeaderMap, sealed: &str) -> Result<Response<Body>, Refusal> {
    let now = app.now();
    let Some(interaction) = app.interactions.open(sealed, now) else {
        return Ok(refused(app, "its page is too old or was changed"));
    };
    let Matter::Device(code) = &interaction.about else {
        return Ok(refused(app, "its page is not about a device"));
    };
    let Some(found) = find(app, code)? else {
        return Ok(refused(app, "the code is over"));
    };
    match found.authorization.answer {
        DeviceAnswer::Allowed | DeviceAnswer::Spent => {
            return Ok(done(
                app,
                "Your device is connected",
                "You can go back to your device",
            ));
        }
        DeviceAnswer::Denied => {
            return Ok(done(
                app,
                "Your device is not connected",
                "You did not allow it. You can close this page",
            ));
        }
        DeviceAnswer::Awaited if !found.is_awaited(now) => return Ok(refused(app, "the code is over")),
        DeviceAnswer::Awaited => {}
    }
    match signed_in(app, headers)? {
        Some((session, _)) => ask(app, headers, &interaction, code, &found, &session.user),
        None => {
            let purpose = Purpose::device(found.client);
            sign_in_page(app, headers, &interaction, &purpose, None, StatusCode::OK)
        }
    }
}

async fn answer(app: &App, request: Request<Body>, allowed: bool) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let now = app.now();
    let sealed = form.get("interaction").unwrap_or_default();
    let Some(Interaction {
        about: Matter::Device(code),
        ..
    }) = app.interactions.open(sealed, now)
    else {
        return Ok(refused(app, "its page is too old or was changed"));
    };
    let further = continuation(app, DEVICE, sealed);
    let Some((session, user)) = signed_in(app, &head.headers)? else {
        return Ok(see_other(&further));
    };
    // One proof for both answers: they stand on one page.
    if let Err(reason) = is_own(app, &head.headers, &form, ALLOW_PATH, &about(sealed, &user.name)) {
        return Ok(refused(app, reason));
    }
    // Where somebody has answered meanwhile, or it is too late, the page that follows says so.
    let Some(found) = find(app, &code)?.filter(|found| found.is_awaited(now)) else {
        return Ok(see_other(&further));
    };
    let mut answer = see_other(&further);
    let remark = Remark::about(&found.client.client_id);
    answer.extensions_mut().insert(remark);
    let hash = app.user_codes.hash(&code);
    if allowed {
        keep_grant(app, hash, grant(found.authorization, &session, now)?).await?;
    } else {
        app.writer()
            .run(move |registry| registry.deny_device(&hash, now))
            .await??;
    }
    Ok(answer)
}

/// What a person allows a device.
fn grant(authorization: DeviceAuthorization, session: &Session, now: Timestamp) -> Result<Grant, OAuthError> {
    Ok(Grant {
        id: grant_id()?,
        client_id: authorization.client_id,
        user: session.user.clone(),
        scopes: authorization.scopes,
        resources: authorization.resources,
        nonce: None,
        auth_time: session.auth_time,
        created_at: now,
    })
}

/// Keeps a grant until the device comes for it, and remembers the consent with it, so that it can be withdrawn like any
/// other. Where somebody has answered before, it is none.
async fn keep_grant(app: &App, user_code: TokenHash, grant: Grant) -> Result<(), Refusal> {
    let keep = move |registry: &Registry| {
        let now = grant.created_at;
        if registry.allow_device(&user_code, &grant, now)? {
            registry.give_consent(
                &grant.user,
                &grant.client_id,
                &grant.scopes,
                &grant.resources,
                now,
            )?;
        }
        Ok::<_, RegistryError>(())
    };
    Ok(app
        .writer()
        .run(move |registry| registry.in_one_commit(keep))
        .await??)
}

/// Whether a form was posted from a page of this server in this browser. The error says why not, for the server's owner.
fn is_own(app: &App, headers: &HeaderMap, form: &Form, step: &str, about: &str) -> Result<(), &'static str> {
    if !comes_from_here(headers, app.issuer()) {
        return Err("the form was sent from another origin");
    }
    let browser = Cookie::Browser.read(headers, app.issuer());
    let browser = browser.ok_or("the browser sent no cookie of this server")?;
    let proof = FormProof {
        step,
        browser: &browser,
        about,
    };
    let posted = form.get("csrf").unwrap_or_default();
    if app.interactions.is_csrf(proof, posted) {
        Ok(())
    } else {
        Err("the form is not of this browser's page")
    }
}

fn code_page(
    app: &App,
    headers: &HeaderMap,
    user_code: &str,
    error: Option<&str>,
    status: StatusCode,
) -> Result<Response<Body>, Refusal> {
    let (browser, is_new) = browser_of(app, headers)?;
    let proof = FormProof {
        step: DEVICE,
        browser: &browser,
        about: "",
    };
    let page = Device {
        issuer: app.issuer().as_str(),
        action: &app.issuer().endpoint(DEVICE),
        csrf: &app.interactions.csrf(proof),
        user_code,
        error,
    };
    let remark = Remark {
        reason: error.map(str::to_owned),
        ..Remark::default()
    };
    let mut answer = page_answer(status, &page, None, remark);
    if is_new {
        Cookie::Browser.set(&mut answer, app.issuer(), &browser);
    }
    Ok(answer)
}

/// The person is asked each time: the code may have come from anyone (RFC 8628 §5.4).
fn ask(
    app: &App,
    headers: &HeaderMap,
    interaction: &Interaction,
    code: &UserCode,
    found: &Found,
    user: &str,
) -> Result<Response<Body>, Refusal> {
    let (browser, is_new) = browser_of(app, headers)?;
    let sealed = app.interactions.seal(interaction);
    let about = about(&sealed, user);
    let proof = FormProof {
        step: ALLOW_PATH,
        browser: &browser,
        about: &about,
    };
    let Found {
        authorization,
        client,
    } = found;
    let page = Consent {
        issuer: app.issuer().as_str(),
        client_name: &client.draft.name,
        registered_itself: Origin::of(client).is_some(),
        user,
        scopes: authorization
            .scopes
            .iter()
            .map(|scope| AskedScope::of(scope))
            .collect(),
        resources: &authorization.resources,
        returns_to: None,
        user_code: Some(code.to_string()),
        action: &app.issuer().endpoint(ALLOW_PATH),
        deny_action: &app.issuer().endpoint(DENY_PATH),
        interaction: &sealed,
        csrf: &app.interactions.csrf(proof),
    };
    let mut answer = page_answer(StatusCode::OK, &page, None, Remark::about(&client.client_id));
    if is_new {
        Cookie::Browser.set(&mut answer, app.issuer(), &browser);
    }
    Ok(answer)
}

fn done(app: &App, heading: &str, what: &str) -> Response<Body> {
    let page = Trouble {
        issuer: app.issuer().as_str(),
        heading,
        what: what.to_owned(),
        facts: Vec::new(),
        advice: "",
    };
    page_answer(StatusCode::OK, &page, None, Remark::default())
}

/// The page for what leads to no device any more.
pub fn refused(app: &App, reason: &'static str) -> Response<Body> {
    let page = Trouble {
        issuer: app.issuer().as_str(),
        heading: "This page no longer counts",
        what: "It was open for too long, its code is over, or it was not opened in this browser".to_owned(),
        facts: Vec::new(),
        advice: "Have your device show a new code, and type that one",
    };
    let remark = Remark::default().because(reason);
    page_answer(StatusCode::BAD_REQUEST, &page, None, remark)
}
