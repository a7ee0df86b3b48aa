//! `GET` and `POST /authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2.1): where a browser comes with a client's
//! request, signs in, is asked, and goes back with a code.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::HeaderMap;
use axum::http::{Request, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::answer::Remark;
use super::app::App;
use super::browser::{Cookie, browser_of, see_other, signed_in};
use super::client_authentication::{answered, random};
use super::login::{Purpose, sign_in_page};
use super::pages::{self, AskedScope, Consent, page_answer};
use super::refusal::Refusal;
use super::writer::NotWritten;
use super::{body, consent, par};
use crate::client::ClientId;
use crate::protocol::OAuthError;
use crate::protocol::authorization_error::{NotAuthorized, PageError, Refusal as RefusedRequest};
use crate::protocol::authorization_request::{self, Arrival, AuthorizationRequest};
use crate::protocol::authorize::{SignedIn, Step};
use crate::protocol::form::Form;
use crate::protocol::interaction::{FormProof, Interaction, Matter};
use crate::protocol::metadata::AUTHORIZE;
use crate::protocol::opaque::OpaqueToken;
use crate::protocol::pushed_request::{self, GONE};
use crate::protocol::session::Session;
use crate::registry::{AuthorizationCode, Client, Grant, Origin, Registry, RegistryError, TokenHash};

/// A code is redeemed at once. Seconds.
const CODE_LIFETIME: SignedDuration = SignedDuration::from_secs(60);
/// The parameter by which this server's own pages come back.
const INTERACTION: &str = "interaction";

/// Answers an authorization request in the query.
pub async fn get(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    answered(go_on_with(&app, request.headers(), query).await)
}

/// Answers one in the body. What is sound goes on with a GET: a browser sends this server's cookies along with that,
/// and not with another site's POST.
pub async fn post(State(app): State<Arc<App>>, request: Request<Body>) -> Response<Body> {
    let posted = async {
        let (head, body) = request.into_parts();
        if head.uri.query().is_some() {
            return Err(OAuthError::invalid_request(
                "Parameters belong in the request body, not in the URI.",
            )
            .into());
        }
        let bytes = body::form_bytes(&head.headers, body, app.limits.body)
            .await
            .map_err(Refusal::Said)?;
        // A body may hold bytes that stand in no address, so it is written anew; what cannot be read is told as it is.
        let form = Form::parse_with_repetitions(&bytes);
        let request = match &form {
            Ok(form) => form.encoded(),
            Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let is_pushed = form.is_ok_and(|form| !matches!(pushed_request::reference(&form), Ok(None)));
        let location = format!("{}?{request}", app.issuer().endpoint(AUTHORIZE));
        if is_pushed {
            return Ok(see_other(&location));
        }
        Ok(match read(&app, &Matter::Request(request))? {
            Ok(_) => see_other(&location),
            Err(refused) => told(&app, refused),
        })
    };
    answered(posted.await)
}

/// A request that was read, and whose it is.
pub struct Asked {
    /// What is wanted.
    pub request: AuthorizationRequest,
    /// By whom.
    pub client: Arc<Client>,
    /// The `sub` of the person who is meant, where it means somebody.
    meant: Option<String>,
    /// The hash of the reference, where it was pushed: it is answered once (RFC 9126 §7.3).
    pub pushed: Option<TokenHash>,
}

impl Asked {
    /// What is to be known of the person at the browser.
    pub fn of<'a>(&self, app: &App, session: &'a Session) -> SignedIn<'a> {
        let subject = app.subjects.of(&session.user, &self.client.draft);
        SignedIn {
            session,
            is_meant: self.meant.as_ref().is_none_or(|meant| *meant == subject),
        }
    }
}

/// A request that was refused, and the client that it names, where there is one of that identifier.
pub struct Refused {
    why: NotAuthorized,
    client_id: Option<ClientId>,
}

impl Refused {
    /// On a page of this server.
    pub fn on_page(error: PageError) -> Self {
        Self {
            why: NotAuthorized::Page(error),
            client_id: None,
        }
    }

    /// A client's.
    fn of(self, client_id: &ClientId) -> Self {
        Self {
            client_id: Some(client_id.clone()),
            ..self
        }
    }
}

/// A request's parameters, or the page's or the client's answer to them.
pub fn read(app: &App, about: &Matter) -> Result<Result<Asked, Refused>, Refusal> {
    let page = |error| Ok(Err(Refused::on_page(error)));
    let (text, pushed) = match about {
        Matter::Request(request) => (request.clone(), None),
        Matter::PushedRequest(hash) => match app.read(|registry| registry.pushed_request(hash))? {
            Some(request) => (request.parameters, Some(*hash)),
            None => return page(GONE),
        },
        Matter::Device(_) => return page(PageError::Malformed("it is about a device")),
    };
    let form = match Form::parse_with_repetitions(text.as_bytes()) {
        Ok(form) => form,
        Err(_) => {
            return page(PageError::Malformed(
                "it is not form-urlencoded in UTF-8, or too long",
            ));
        }
    };
    let client_id = match authorization_request::client_id(&form) {
        Ok(client_id) => client_id,
        Err(error) => return page(error),
    };
    let seen = app.client_and_keys(&client_id)?;
    let Some(client) = seen.client.clone() else {
        return page(PageError::UnknownClient);
    };
    let refused = |why| Refused {
        why,
        client_id: Some(client_id.clone()),
    };
    let arrival = pushed.map_or(Arrival::ByBrowser, |_| Arrival::Pushed);
    let request = match authorization_request::read(&form, &client, arrival) {
        Ok(request) => request,
        Err(why) => return Ok(Err(refused(why))),
    };
    let keys = app.keys_of(&seen, app.now())?;
    let signed = request.can_be_signed(&client.draft, &keys);
    let meant = signed.and_then(|()| request.meant(&keys, app.issuer()));
    Ok(match meant {
        Ok(meant) => Ok(Asked {
            request,
            client,
            meant,
            pushed,
        }),
        Err(why) => Err(refused(NotAuthorized::Refused(why))),
    })
}

async fn go_on_with(app: &App, headers: &HeaderMap, query: String) -> Result<Response<Body>, Refusal> {
    let now = app.now();
    let sealed = sealed_in(&query);
    let is_of_a_page = sealed.is_some();
    let interaction = match sealed {
        None => match par::open(app, &query, now).await? {
            par::Opened::Sealed(sealed) => return Ok(see_other(&continuation(app, AUTHORIZE, &sealed))),
            par::Opened::Refused(error) => return Ok(told(app, Refused::on_page(error))),
            par::Opened::NotPushed => Interaction {
                about: Matter::Request(query),
                begun_at: now,
            },
        },
        Some(sealed) => match app.interactions.open(&sealed, now) {
            Some(interaction) if !app.interactions.is_answered(&interaction) => interaction,
            _ => {
                return Ok(pages::form_refused(
                    app.issuer().as_str(),
                    "its page is too old, was changed, or was answered already",
                ));
            }
        },
    };
    let asked = match read(app, &interaction.about)? {
        Ok(asked) => asked,
        Err(refused) => return Ok(told(app, refused)),
    };
    let Asked { request, client, .. } = &asked;
    let signed_in = signed_in(app, headers)?;
    let consented = match &signed_in {
        None => None,
        Some((session, _)) => app.read(|registry| {
            registry.consented_scopes(&session.user, &client.client_id, &request.resources)
        })?,
    };
    let session = signed_in.as_ref().map(|(session, _)| session);
    let person = session.map(|session| asked.of(app, session));
    let step = request.next(person, consented.as_deref(), interaction.begun_at, now);
    match (step, session) {
        (Err(refused), _) => send_back(app, &refused, &asked).await,
        (Ok(Step::SignIn), _) | (Ok(_), None) => {
            let purpose = Purpose::from(&asked);
            sign_in_page(app, headers, &interaction, &purpose, None, StatusCode::OK)
        }
        (Ok(Step::Ask), Some(session)) => consent_page(
            app,
            headers,
            &interaction,
            &asked,
            &session.user,
            consented.as_deref(),
        ),
        (Ok(Step::Issue), Some(_)) if is_of_a_page && !is_first_answer(app, &asked, &interaction, now) => Ok(
            pages::form_refused(app.issuer().as_str(), "it was answered already"),
        ),
        (Ok(Step::Issue), Some(session)) => {
            let scopes = request.scopes_to_ask(consented.as_deref());
            let (user, auth_time) = (session.user.clone(), session.auth_time);
            issue_code(app, asked, scopes, user, auth_time, |_| Ok(())).await
        }
    }
}

/// Whether the client gets its answer by this, and not a second one. What was pushed is spent with its code.
pub fn is_first_answer(app: &App, asked: &Asked, interaction: &Interaction, now: Timestamp) -> bool {
    asked.pushed.is_some() || app.interactions.answer(interaction, now)
}

/// The sealed interaction with which this server's own pages come back; it stands alone.
pub fn sealed_in(query: &str) -> Option<String> {
    let sealed = query.strip_prefix(INTERACTION)?.strip_prefix('=')?;
    (!sealed.contains('&')).then(|| sealed.to_owned())
}

/// Where a page sends the browser to go on with an interaction.
pub fn continuation(app: &App, path: &str, sealed: &str) -> String {
    format!("{}?{INTERACTION}={sealed}", app.issuer().endpoint(path))
}

/// The page or the redirect that a refused request gets. The server's owner learns whose it was.
pub fn told(app: &App, refused: Refused) -> Response<Body> {
    let Refused { why, client_id } = refused;
    let remark = client_id.as_ref().map(Remark::about).unwrap_or_default();
    match why {
        NotAuthorized::Page(error) => pages::not_authorized(app.issuer().as_str(), &error, remark),
        NotAuthorized::Refused(refused) => sent_back_with(app, &refused, remark),
    }
}

/// Sends a refusal to the client. A pushed request is answered with it.
pub async fn send_back(
    app: &App,
    refused: &RefusedRequest,
    asked: &Asked,
) -> Result<Response<Body>, Refusal> {
    if let Some(hash) = asked.pushed {
        let taken = app
            .writer()
            .run(move |registry| registry.take_pushed_request(&hash))
            .await??;
        if !taken {
            return Ok(told(app, Refused::on_page(GONE).of(&asked.client.client_id)));
        }
    }
    Ok(sent_back_with(
        app,
        refused,
        Remark::about(&asked.client.client_id),
    ))
}

fn sent_back_with(app: &App, refused: &RefusedRequest, remark: Remark) -> Response<Body> {
    let mut answer = see_other(&location(app, refused));
    answer
        .extensions_mut()
        .insert(remark.because(refused.to_string()));
    answer
}

fn location(app: &App, refused: &RefusedRequest) -> String {
    let answer = [
        ("error", refused.code.as_str()),
        ("error_description", refused.description),
    ];
    refused.return_to.with(&answer, app.issuer().as_str())
}

fn consent_page(
    app: &App,
    headers: &HeaderMap,
    interaction: &Interaction,
    asked: &Asked,
    user: &str,
    consented: Option<&[String]>,
) -> Result<Response<Body>, Refusal> {
    let Asked { request, client, .. } = asked;
    let (browser, is_new) = browser_of(app, headers)?;
    let sealed = app.interactions.seal(interaction);
    let about = consent::about(&sealed, user);
    let proof = FormProof {
        step: consent::PATH,
        browser: &browser,
        about: &about,
    };
    let scopes = request.scopes_to_ask(consented);
    let redirect_uri = &request.return_to.redirect_uri;
    let page = Consent {
        issuer: app.issuer().as_str(),
        client_name: &client.draft.name,
        registered_itself: Origin::of(client).is_some(),
        user,
        scopes: scopes.iter().map(|scope| AskedScope::of(scope)).collect(),
        resources: &request.resources,
        returns_to: redirect_uri.split(['?', '#']).next(),
        user_code: None,
        action: &app.issuer().endpoint(consent::PATH),
        deny_action: &app.issuer().endpoint(consent::DENY_PATH),
        interaction: &sealed,
        csrf: &app.interactions.csrf(proof),
    };
    let remark = Remark::about(&client.client_id);
    let mut answer = page_answer(StatusCode::OK, &page, Some(redirect_uri), remark);
    if is_new {
        Cookie::Browser.set(&mut answer, app.issuer(), &browser);
    }
    Ok(answer)
}

/// An identifier for a new grant.
///
/// # Errors
/// `server_error` when there are no random bytes.
pub fn grant_id() -> Result<String, OAuthError> {
    let id = uuid::Builder::from_random_bytes(random()?).into_uuid();
    Ok(id.hyphenated().to_string())
}

/// Keeps a new grant with a code for it, and sends the browser back with the code. `also` is written with it, before it.
///
/// A pushed request is answered with it: where it was answered before, there is no second code.
pub async fn issue_code(
    app: &App,
    asked: Asked,
    scopes: Vec<String>,
    user: String,
    auth_time: Timestamp,
    also: impl FnOnce(&Registry) -> Result<(), RegistryError> + Send + 'static,
) -> Result<Response<Body>, Refusal> {
    let now = app.now();
    let Asked { request, pushed, .. } = asked;
    let code = OpaqueToken::new(&Zeroizing::new(random()?));
    let grant = Grant {
        id: grant_id()?,
        client_id: request.client_id.clone(),
        user,
        scopes,
        resources: request.resources.clone(),
        nonce: request.nonce.clone(),
        auth_time,
        created_at: now,
    };
    let bound = AuthorizationCode {
        redirect_uri: request
            .redirect_uri_named
            .then(|| request.return_to.redirect_uri.clone()),
        code_challenge: request.code_challenge.clone(),
        dpop_jkt: request.dpop_jkt,
        expires_at: now.saturating_add(CODE_LIFETIME).unwrap_or(now),
    };
    let hash = code.hash;
    let kept = app
        .writer()
        .run(move |registry| {
            registry.in_one_commit(|registry| -> Result<bool, RegistryError> {
                if let Some(pushed) = &pushed
                    && !registry.take_pushed_request(pushed)?
                {
                    return Ok(false);
                }
                also(registry)?;
                registry.begin_grant(&grant, &hash, &bound)?;
                Ok(true)
            })
        })
        .await;
    let in_words = |error: &RegistryError| format!("{error}. {}", error.advice());
    let failed = match kept {
        Ok(Ok(true)) => None,
        Ok(Ok(false)) => return Ok(told(app, Refused::on_page(GONE).of(&request.client_id))),
        Ok(Err(error)) => Some(in_words(&error)),
        Err(NotWritten::Commit(error)) => Some(in_words(&error)),
        Err(NotWritten::QueueFull) => Some("too many changes wait to be written".to_owned()),
    };
    if let Some(reason) = failed {
        // RFC 6749 §4.1.2.1: the client is told, as the browser is on its way to it.
        let mut answer = see_other(&location(app, &request.failed()));
        answer
            .extensions_mut()
            .insert(Remark::about(&request.client_id).because(reason));
        return Ok(answer);
    }
    let location = request
        .return_to
        .with(&[("code", code.text.expose())], app.issuer().as_str());
    let mut answer = see_other(&location);
    answer.extensions_mut().insert(Remark::about(&request.client_id));
    Ok(answer)
}
