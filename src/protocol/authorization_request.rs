//! An authorization request as it came (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1), read strictly against its client's
//! registration.

use super::authorization_error::{AuthorizationErrorCode, NotAuthorized, PageError, Refusal, ReturnTo};
use super::dpop::parse_thumbprint;
use super::form::Form;
use super::resource::{self, InvalidTarget};
use crate::client::redirect_uri::{RedirectUri, find_match};
use crate::client::{AuthMethod, ClientId, GrantType, Scope, Standing};
use crate::registry::{Client, KeyThumbprint};

/// The longest `state` or `nonce` that is carried, in bytes. The standards set no limit; memory does.
const MOST_CARRIED: usize = 4_096;
/// A code challenge is the base64url of a SHA-256 (RFC 7636 §4.2).
const CHALLENGE_LENGTH: usize = 43;

/// What `prompt` asks for (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Show nothing.
    pub none: bool,
    /// Sign in again.
    pub login: bool,
    /// Ask again.
    pub consent: bool,
}

/// How a request came to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// With the browser.
    ByBrowser,
    /// From the client, which has authenticated (RFC 9126).
    Pushed,
}

/// A sound request: whose it is and what it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// The client.
    pub client_id: ClientId,
    /// Where the answer goes.
    pub return_to: ReturnTo,
    /// Whether the request named the redirect URI itself.
    pub redirect_uri_named: bool,
    /// For what.
    pub scopes: Vec<String>,
    /// At which resource servers.
    pub resources: Vec<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// The S256 challenge.
    pub code_challenge: Option<String>,
    /// The key that the token request must prove (RFC 9449 §10).
    pub dpop_jkt: Option<KeyThumbprint>,
    /// What to show.
    pub prompt: Prompt,
    /// Seconds since the person signed in, at most.
    pub max_age: Option<u32>,
    /// Who will probably sign in.
    pub login_hint: Option<String>,
    /// An ID token of the person who is meant.
    pub id_token_hint: Option<String>,
    /// Whether the person is asked each time.
    pub always_asks: bool,
}

/// Finds out whose a request is, before anything else is looked at.
///
/// # Errors
/// [`PageError`].
pub fn client_id(form: &Form) -> Result<ClientId, PageError> {
    if form.is_repeated("client_id") {
        return Err(PageError::ClientId("stands in the request more than once"));
    }
    let text = form.get("client_id").ok_or(PageError::ClientId("is missing"))?;
    ClientId::parse(text).ok_or(PageError::UnknownClient)
}

/// Reads a request of a client.
///
/// # Errors
/// [`NotAuthorized`]: a page until the redirect URI is known to be the client's, a redirect from then on.
pub fn read(form: &Form, client: &Client, arrival: Arrival) -> Result<AuthorizationRequest, NotAuthorized> {
    match client.standing() {
        Standing::Active => {}
        Standing::Disabled => return Err(NotAuthorized::Page(PageError::NotActive("disabled"))),
        Standing::Held => return Err(NotAuthorized::Page(PageError::NotActive("held"))),
    }
    let redirect_uri = redirect_uri(form, client).map_err(NotAuthorized::Page)?;
    let state = form.get("state").filter(|state| can_be_carried(state));
    let return_to = ReturnTo {
        redirect_uri,
        state: state.filter(|_| !form.is_repeated("state")).map(str::to_owned),
    };
    let refuse = |(code, description)| {
        NotAuthorized::Refused(Refusal {
            return_to: return_to.clone(),
            code,
            description,
        })
    };
    sound_parameters(form).map_err(refuse)?;
    flow(form, client, arrival).map_err(refuse)?;
    let scopes = scopes(form, client).map_err(refuse)?;
    let is_openid = scopes.iter().any(|scope| scope == "openid");
    if is_openid && form.get("redirect_uri").is_none() {
        // OpenID Connect Core §3.1.2.1: redirect_uri is required there.
        let missing = "The parameter redirect_uri is missing; an OpenID request needs it.";
        return Err(refuse((AuthorizationErrorCode::InvalidRequest, missing)));
    }
    let resources = resource::asked(form, client)
        .map_err(|InvalidTarget(why)| refuse((AuthorizationErrorCode::InvalidTarget, why)))?;
    let code_challenge = code_challenge(form, client).map_err(refuse)?;
    let dpop_jkt = dpop_jkt(form).map_err(refuse)?;
    let prompt = prompt(form).map_err(refuse)?;
    let max_age = max_age(form).map_err(refuse)?;
    Ok(AuthorizationRequest {
        client_id: client.client_id.clone(),
        redirect_uri_named: form.get("redirect_uri").is_some(),
        always_asks: always_asks(client, &return_to.redirect_uri),
        return_to,
        scopes,
        resources: resources.into_iter().map(str::to_owned).collect(),
        nonce: form.get("nonce").map(str::to_owned),
        code_challenge,
        dpop_jkt,
        prompt,
        max_age,
        login_hint: form.get("login_hint").map(str::to_owned),
        id_token_hint: form.get("id_token_hint").map(str::to_owned),
    })
}

/// RFC 6749 appendix A.5 has only printable ASCII in a `state`. Letters of other scripts do no harm; a line break might,
/// where the client writes it into a header or a log.
fn can_be_carried(value: &str) -> bool {
    value.len() <= MOST_CARRIED && !value.chars().any(char::is_control)
}

/// A code, and the sentence for the client's developer.
pub(super) type Objection = (AuthorizationErrorCode, &'static str);

/// The registered address that is meant.
fn redirect_uri(form: &Form, client: &Client) -> Result<String, PageError> {
    if form.is_repeated("redirect_uri") {
        return Err(PageError::RedirectUri("stands in the request more than once"));
    }
    let draft = &client.draft;
    let registered: Vec<RedirectUri> = draft
        .redirect_uris
        .iter()
        .filter_map(|uri| RedirectUri::parse(uri).ok())
        .collect();
    match (form.get("redirect_uri"), registered.as_slice()) {
        (Some(asked), _) => find_match(&registered, asked, draft.application_type)
            .map(|_| asked.to_owned())
            .map_err(|mismatch| PageError::Mismatch(Box::new(mismatch))),
        // RFC 6749 §3.1.2.3: only where exactly one is registered may it be left out.
        (None, [only]) => Ok(only.as_str().to_owned()),
        (None, _) => Err(PageError::RedirectUri("is missing")),
    }
}

/// What holds for every parameter.
fn sound_parameters(form: &Form) -> Result<(), Objection> {
    use AuthorizationErrorCode as Code;
    if form.has_repetition() {
        // RFC 6749 §3.1: parameters must not be included more than once.
        return Err((
            Code::InvalidRequest,
            "A parameter stands in the request more than once.",
        ));
    }
    for name in ["state", "nonce"] {
        if form.get(name).is_some_and(|value| !can_be_carried(value)) {
            return Err((
                Code::InvalidRequest,
                "A state and a nonce have at most 4096 bytes, and no control characters.",
            ));
        }
    }
    for (name, code, description) in [
        (
            "request",
            Code::RequestNotSupported,
            "Request objects are not supported.",
        ),
        (
            "request_uri",
            Code::RequestUriNotSupported,
            "Request URIs are not supported.",
        ),
        (
            "registration",
            Code::RegistrationNotSupported,
            "Registrations in a request are not supported.",
        ),
    ] {
        if form.get(name).is_some() {
            return Err((code, description));
        }
    }
    Ok(())
}

/// Whether this flow is offered, and the client's.
fn flow(form: &Form, client: &Client, arrival: Arrival) -> Result<(), Objection> {
    use AuthorizationErrorCode as Code;
    let draft = &client.draft;
    match form.get("response_type") {
        None => return Err((Code::InvalidRequest, "The parameter response_type is missing.")),
        Some("code") => {}
        // RFC 9700 §2.1.2: no tokens in the front channel, whatever a registration says.
        Some(_) => {
            return Err((
                Code::UnsupportedResponseType,
                "Only the response type code is supported.",
            ));
        }
    }
    if !draft.has_grant(GrantType::AuthorizationCode)
        || !draft.response_types.iter().any(|held| held == "code")
    {
        let why = "The client is not registered for the authorization code grant.";
        return Err((Code::UnauthorizedClient, why));
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err((Code::InvalidRequest, "Only the response mode query is supported."));
    }
    if draft.require_pushed_authorization_requests && arrival != Arrival::Pushed {
        // RFC 9126 §4, §6: such a client's requests count only when pushed.
        let why = "The client is registered to push its requests: send this one to the \
            pushed_authorization_request_endpoint first.";
        return Err((Code::InvalidRequest, why));
    }
    Ok(())
}

/// What was asked, if all of it is registered. Without the parameter: everything but staying signed in
/// (RFC 6749 §3.3).
///
/// # Errors
/// `invalid_scope`.
pub(super) fn scopes(form: &Form, client: &Client) -> Result<Vec<String>, Objection> {
    let registered = &client.draft.scopes;
    let Some(asked) = form.get("scope") else {
        let all = registered
            .iter()
            .filter(|scope| *scope != "offline_access" && *scope != "openid");
        return Ok(all.cloned().collect());
    };
    let invalid = |why| (AuthorizationErrorCode::InvalidScope, why);
    let asked = Scope::parse_list(asked).ok_or(invalid(
        "The scope must be scope values with exactly one space between two.",
    ))?;
    let mut granted = Vec::with_capacity(asked.len());
    for scope in asked {
        if !registered.iter().any(|held| held == scope.as_str()) {
            return Err(invalid(
                "The scope goes beyond what the client is registered for.",
            ));
        }
        granted.push(scope.as_str().to_owned());
    }
    Ok(granted)
}

/// The PKCE challenge: S256 or nothing, and nothing only where the registration of a confidential client says so
/// (RFC 7636, RFC 9700 §2.1.1).
fn code_challenge(form: &Form, client: &Client) -> Result<Option<String>, Objection> {
    let invalid = |why| (AuthorizationErrorCode::InvalidRequest, why);
    let is_public = client.draft.token_endpoint_auth_method == AuthMethod::None;
    let Some(challenge) = form.get("code_challenge") else {
        if form.get("code_challenge_method").is_some() {
            return Err(invalid("The parameter code_challenge is missing."));
        }
        if is_public || client.draft.require_pkce {
            return Err(invalid(
                "PKCE is required: send code_challenge and code_challenge_method=S256.",
            ));
        }
        return Ok(None);
    };
    // RFC 7636 §4.3: without the parameter the method is plain, which shows the verifier to whoever sees the request.
    if form.get("code_challenge_method") != Some("S256") {
        return Err(invalid(
            "Only the code challenge method S256 is supported, and it must be named.",
        ));
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if challenge.len() != CHALLENGE_LENGTH || !challenge.bytes().all(allowed) {
        return Err(invalid(
            "The code_challenge is not the base64url of a SHA-256 without padding.",
        ));
    }
    Ok(Some(challenge.to_owned()))
}

fn dpop_jkt(form: &Form) -> Result<Option<KeyThumbprint>, Objection> {
    let Some(text) = form.get("dpop_jkt") else {
        return Ok(None);
    };
    parse_thumbprint(text).map(Some).ok_or((
        AuthorizationErrorCode::InvalidRequest,
        "The dpop_jkt is not the base64url of a SHA-256 without padding.",
    ))
}

fn prompt(form: &Form) -> Result<Prompt, Objection> {
    let invalid = |why| (AuthorizationErrorCode::InvalidRequest, why);
    let mut prompt = Prompt::default();
    let words = form.get("prompt").unwrap_or_default();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        match word {
            "none" => prompt.none = true,
            // There is one account in a browser: to choose another is to sign in again.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => {
                return Err(invalid(
                    "The prompt is none of none, login, consent and select_account.",
                ));
            }
        }
    }
    if prompt.none && (prompt.login || prompt.consent) {
        return Err(invalid("prompt=none stands alone."));
    }
    Ok(prompt)
}

fn max_age(form: &Form) -> Result<Option<u32>, Objection> {
    let Some(text) = form.get("max_age") else {
        return Ok(None);
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().map(Some).ok_or((
        AuthorizationErrorCode::InvalidRequest,
        "max_age is not a number of seconds.",
    ))
}

/// Anyone may say that it is a public client; only a claimed https address shows that it is this one
/// (RFC 8252 §8.6).
fn always_asks(client: &Client, redirect_uri: &str) -> bool {
    client.draft.token_endpoint_auth_method == AuthMethod::None && !redirect_uri.starts_with("https://")
}
