//! `POST /login`: a person signs in on the page that `/authorize` showed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{HeaderMap, RETRY_AFTER};
use axum::http::{HeaderValue, Request, Response, StatusCode};

use super::answer::Remark;
use super::app::App;
use super::authorize::{self, Asked, continuation};
use super::browser::{Cookie, browser_of, comes_from_here, see_other, token};
use super::client_authentication::{answered, posted_form};
use super::device;
use super::pages::{self, SignIn, page_answer};
use super::refusal::Refusal;
use crate::client::Secret;
use crate::protocol::OAuthError;
use crate::protocol::interaction::{FormProof, Interaction, Matter};
use crate::protocol::metadata::{AUTHORIZE, DEVICE};
use crate::protocol::session::Session;
use crate::protocol::sign_in::SignInError;
use crate::registry::Client;

/// The endpoint's path, after the issuer's.
pub const PATH: &str = "/login";

/// One sentence for an unknown name and a wrong password.
const WRONG: &str = "The name or the password is wrong";

/// What a person signs in for.
pub struct Purpose {
    /// Whom they go on to.
    client: Arc<Client>,
    /// Where the browser goes on when all is done.
    path: &'static str,
    /// Who will probably sign in.
    login_hint: Option<String>,
    /// Where the form may lead besides here.
    leads_to: Option<String>,
}

impl From<&Asked> for Purpose {
    fn from(asked: &Asked) -> Self {
        Self {
            client: Arc::clone(&asked.client),
            path: AUTHORIZE,
            login_hint: asked.request.login_hint.clone(),
            leads_to: Some(asked.request.return_to.redirect_uri.clone()),
        }
    }
}

impl Purpose {
    /// To connect a device of a client.
    pub fn device(client: Arc<Client>) -> Self {
        Self {
            client,
            path: DEVICE,
            login_hint: None,
            leads_to: None,
        }
    }
}

/// Answers a posted sign-in.
pub async fn endpoint(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request).await)
}

async fn answer(app: &App, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let refused = |reason| Ok(pages::form_refused(app.issuer().as_str(), reason));
    if !comes_from_here(&head.headers, app.issuer()) {
        return refused("the form was sent from another origin");
    }
    let now = app.now();
    let sealed = form.get("interaction").unwrap_or_default();
    let Some(browser) = Cookie::Browser.read(&head.headers, app.issuer()) else {
        return refused("the browser sent no cookie of this server");
    };
    let proof = FormProof {
        step: PATH,
        browser: &browser,
        about: sealed,
    };
    if !app
        .interactions
        .is_csrf(proof, form.get("csrf").unwrap_or_default())
    {
        return refused("the form is not of this browser's page");
    }
    let Some(interaction) = app.interactions.open(sealed, now) else {
        return refused("its page is too old");
    };
    let purpose = match purpose(app, &interaction.about)? {
        Ok(purpose) => purpose,
        Err(answer) => return Ok(*answer),
    };

    let name = form.get("username").unwrap_or_default().to_owned();
    let password = Secret::new(form.get("password").unwrap_or_default().to_owned());
    let user = app.read(|registry| registry.user(&name))?;
    // One that this server made itself is known without hashing, and no name waits for it.
    let checked = if user.is_some() && app.test_passwords.take(&name, &password, now) {
        Ok(())
    } else {
        app.sign_in
            .check(app.authenticator(), &name, user.as_ref(), password, now)
            .await
    };
    match (checked, user) {
        (Ok(()), Some(user)) => {
            // A token of its own for each sign-in, so that none that was known before comes to count.
            let token = token()?;
            app.sessions().begin(&token, Session::of(&user, now), now);
            let mut answer = see_other(&continuation(app, purpose.path, sealed));
            Cookie::Session.set(&mut answer, app.issuer(), &token);
            answer
                .extensions_mut()
                .insert(Remark::about(&purpose.client.client_id));
            Ok(answer)
        }
        (Ok(()) | Err(SignInError::Wrong), _) => {
            let status = StatusCode::BAD_REQUEST;
            sign_in_page(app, &head.headers, &interaction, &purpose, Some(WRONG), status)
        }
        (Err(SignInError::Throttled(seconds)), _) => {
            let error = format!("Too many attempts for this name. Try again in {seconds} s");
            let status = StatusCode::TOO_MANY_REQUESTS;
            let page = sign_in_page(app, &head.headers, &interaction, &purpose, Some(&error), status);
            page.map(|mut page| {
                page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
                page
            })
        }
        (Err(SignInError::Busy), _) => Err(OAuthError::TemporarilyUnavailable {
            retry_after: 2,
            throttled: false,
        }
        .into()),
    }
}

/// What the sign-in is for, or the answer where it is for nothing any more.
fn purpose(app: &App, about: &Matter) -> Result<Result<Purpose, Box<Response<Body>>>, Refusal> {
    if let Matter::Device(code) = about {
        let found = device::find(app, code)?.filter(|found| found.is_awaited(app.now()));
        let page = || device::refused(app, "the code is over");
        return Ok(found
            .map(|found| Purpose::device(found.client))
            .ok_or_else(|| Box::new(page())));
    }
    Ok(match authorize::read(app, about)? {
        Ok(asked) => Ok(Purpose::from(&asked)),
        Err(refused) => Err(Box::new(authorize::told(app, refused))),
    })
}

/// The page to sign in on, with what went wrong the last time.
pub fn sign_in_page(
    app: &App,
    headers: &HeaderMap,
    interaction: &Interaction,
    purpose: &Purpose,
    error: Option<&str>,
    status: StatusCode,
) -> Result<Response<Body>, Refusal> {
    let (browser, is_new) = browser_of(app, headers)?;
    let sealed = app.interactions.seal(interaction);
    let proof = FormProof {
        step: PATH,
        browser: &browser,
        about: &sealed,
    };
    let page = SignIn {
        issuer: app.issuer().as_str(),
        client_name: &purpose.client.draft.name,
        action: &app.issuer().endpoint(PATH),
        interaction: &sealed,
        csrf: &app.interactions.csrf(proof),
        login_hint: purpose.login_hint.as_deref().unwrap_or_default(),
        error,
    };
    let remark = Remark {
        reason: error.map(str::to_owned),
        ..Remark::about(&purpose.client.client_id)
    };
    let mut answer = page_answer(status, &page, purpose.leads_to.as_deref(), remark);
    if is_new {
        Cookie::Browser.set(&mut answer, app.issuer(), &browser);
    }
    Ok(answer)
}
