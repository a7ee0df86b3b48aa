//! `POST /consent` and `POST /consent/deny`: a person answers the page that `/authorize` showed.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response};

use super::app::App;
use super::authorize::{self, Asked, continuation, is_first_answer, issue_code, send_back};
use super::browser::{Cookie, comes_from_here, see_other, signed_in};
use super::client_authentication::{answered, posted_form};
use super::pages;
use super::refusal::Refusal;
use crate::protocol::authorize::Step;
use crate::protocol::interaction::FormProof;
use crate::protocol::metadata::AUTHORIZE;

/// Where a yes goes, after the issuer's path.
pub const PATH: &str = "/consent";
/// Where a no goes.
pub const DENY_PATH: &str = "/consent/deny";

/// What a consent form is about: one request, and one person.
pub fn about(sealed: &str, user: &str) -> String {
    format!("{sealed}\0{user}")
}

/// Answers a yes.
pub async fn allow(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request, true).await)
}

/// Answers a no.
pub async fn deny(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    answered(answer(&app, request, false).await)
}

async fn answer(app: &App, request: Request<Body>, allowed: bool) -> Result<Response<Body>, Refusal> {
    let (head, form) = posted_form(app, request).await?;
    let refused = |reason| Ok(pages::form_refused(app.issuer().as_str(), reason));
    if !comes_from_here(&head.headers, app.issuer()) {
        return refused("the form was sent from another origin");
    }
    let now = app.now();
    let sealed = form.get("interaction").unwrap_or_default().to_owned();
    let Some(interaction) = app.interactions.open(&sealed, now) else {
        return refused("its page is too old or was changed");
    };
    let Some((session, user)) = signed_in(app, &head.headers)? else {
        return Ok(see_other(&continuation(app, AUTHORIZE, &sealed)));
    };
    let browser = Cookie::Browser
        .read(&head.headers, app.issuer())
        .unwrap_or_default();
    let about = about(&sealed, &user.name);
    // One proof for both answers: they stand on one page.
    let proof = FormProof {
        step: PATH,
        browser: &browser,
        about: &about,
    };
    if !app
        .interactions
        .is_csrf(proof, form.get("csrf").unwrap_or_default())
    {
        return refused("the form is not of this browser's page");
    }
    let asked = match authorize::read(app, &interaction.about)? {
        Ok(asked) => asked,
        Err(refused) => return Ok(authorize::told(app, refused)),
    };
    let person = asked.of(app, &session);
    let Asked { request, client, .. } = &asked;
    if !allowed {
        if !is_first_answer(app, &asked, &interaction, now) {
            return refused("it was answered already");
        }
        return send_back(app, &request.denied(), &asked).await;
    }
    let consented =
        app.read(|registry| registry.consented_scopes(&user.name, &client.client_id, &request.resources))?;
    match request.next(Some(person), consented.as_deref(), interaction.begun_at, now) {
        Ok(Step::Ask | Step::Issue) => {}
        // The sign-in has become too old for this request meanwhile.
        Ok(Step::SignIn) => return Ok(see_other(&continuation(app, AUTHORIZE, &sealed))),
        Err(refused) => return send_back(app, &refused, &asked).await,
    }
    if !is_first_answer(app, &asked, &interaction, now) {
        return refused("it was answered already");
    }
    let scopes = request.scopes_to_ask(consented.as_deref());
    let (name, client_id) = (user.name.clone(), client.client_id.clone());
    let (allowed, resources) = (scopes.clone(), request.resources.clone());
    issue_code(
        app,
        asked,
        scopes,
        user.name,
        session.auth_time,
        move |registry| registry.give_consent(&name, &client_id, &allowed, &resources, now),
    )
    .await
}
