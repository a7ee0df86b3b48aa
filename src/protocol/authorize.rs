//! The authorization endpoint's decision (OpenID Connect Core §3.1.2.3, §3.1.2.4): must the person sign in or be asked, or
//! can a code be issued?

use jiff::{SignedDuration, Timestamp};

use super::authorization_error::{AuthorizationErrorCode, Refusal};
use super::authorization_request::AuthorizationRequest;
use super::id_token;
use super::keys::SigningKeys;
use super::session::Session;
use super::signing_key::TokenKind;
use super::{Issuer, OAuthError};
use crate::client::ClientDraft;

/// What must happen before there is a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person signs in.
    SignIn,
    /// The person is asked.
    Ask,
    /// Nothing: the code may be issued.
    Issue,
}

/// The person at the browser.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn<'a> {
    /// Since when.
    pub session: &'a Session,
    /// Whether it is whom the request means, should it mean somebody.
    pub is_meant: bool,
}

impl AuthorizationRequest {
    /// The `sub` of the person that the request means, by the `id_token_hint` (OpenID Connect Core §3.1.2.1). The time
    /// of that token may be over: it only says who.
    ///
    /// # Errors
    /// [`Refusal`] for what is no ID token of this server.
    pub fn meant(&self, keys: &SigningKeys, issuer: &Issuer) -> Result<Option<String>, Refusal> {
        let Some(hint) = &self.id_token_hint else {
            return Ok(None);
        };
        let verified = keys.verify(hint, TokenKind::IdToken).ok();
        let ours = verified.filter(|token| token.text("iss") == Some(issuer.as_str()));
        let subject = ours.and_then(|token| token.text("sub").map(str::to_owned));
        subject.map(Some).ok_or_else(|| {
            let why = "The id_token_hint is no ID token of this server.";
            self.refuse(AuthorizationErrorCode::InvalidRequest, why)
        })
    }

    /// Whether the ID token that it asks for can be signed: told before anybody signs in for it.
    ///
    /// # Errors
    /// [`Refusal`] for an algorithm that there is no key for.
    pub fn can_be_signed(&self, client: &ClientDraft, keys: &SigningKeys) -> Result<(), Refusal> {
        let is_openid = self.scopes.iter().any(|scope| scope == "openid");
        match id_token::key(client, keys) {
            Err(OAuthError::InvalidRequest(_)) if is_openid => {
                let why = "The client's id_token_signed_response_alg is none that this server has a key for.";
                Err(self.refuse(AuthorizationErrorCode::UnauthorizedClient, why))
            }
            // A key that is being made will be there by then.
            _ => Ok(()),
        }
    }

    /// What comes next for the person who is signed in, if there is one. `begun_at` is when the request came first,
    /// `consented` what the person has allowed before, if they were asked.
    ///
    /// # Errors
    /// [`Refusal`], where `prompt=none` forbids what would be needed, or somebody signed in who was not meant.
    pub fn next(
        &self,
        signed_in: Option<SignedIn<'_>>,
        consented: Option<&[String]>,
        begun_at: Timestamp,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        let stranger = signed_in.filter(|person| !person.is_meant);
        if stranger.is_some_and(|person| person.session.auth_time >= begun_at) {
            let why = "Somebody signed in whom the id_token_hint does not mean.";
            return Err(self.refuse(AuthorizationErrorCode::LoginRequired, why));
        }
        let is_fresh = |person: SignedIn<'_>| person.is_meant && self.is_fresh(person.session, begun_at, now);
        if !signed_in.is_some_and(is_fresh) {
            let why = "The person must sign in.";
            return self.unless_silent(Step::SignIn, AuthorizationErrorCode::LoginRequired, why);
        }
        // Whoever was never asked has allowed nothing, not even a client that names no scope.
        let is_covered = consented.is_some_and(|held| {
            let asked = self.scopes_to_ask(consented);
            asked.iter().all(|scope| held.contains(scope))
        });
        if self.always_asks || self.prompt.consent || !is_covered {
            let why = "The person must be asked.";
            return self.unless_silent(Step::Ask, AuthorizationErrorCode::ConsentRequired, why);
        }
        Ok(Step::Issue)
    }

    /// The scopes that the person is asked for. To stay signed in is asked for only where the request insists on
    /// asking, or it was allowed before (OpenID Connect Core §11).
    pub fn scopes_to_ask(&self, consented: Option<&[String]>) -> Vec<String> {
        let stays = self.prompt.consent
            || consented
                .unwrap_or_default()
                .iter()
                .any(|scope| scope == "offline_access");
        let asked = self
            .scopes
            .iter()
            .filter(|scope| stays || *scope != "offline_access");
        asked.cloned().collect()
    }

    /// The person said no.
    pub fn denied(&self) -> Refusal {
        self.refuse(
            AuthorizationErrorCode::AccessDenied,
            "The person did not allow it.",
        )
    }

    /// Something inside failed.
    pub fn failed(&self) -> Refusal {
        self.refuse(
            AuthorizationErrorCode::ServerError,
            "The server could not answer. Its own messages say why.",
        )
    }

    /// Whether a sign-in is recent enough for this request.
    fn is_fresh(&self, session: &Session, begun_at: Timestamp, now: Timestamp) -> bool {
        let since_begun = session.auth_time >= begun_at;
        let by_age = self.max_age.is_none_or(|seconds| {
            now.duration_since(session.auth_time) <= SignedDuration::from_secs(seconds.into())
        });
        since_begun || (!self.prompt.login && by_age)
    }

    fn unless_silent(
        &self,
        step: Step,
        code: AuthorizationErrorCode,
        description: &'static str,
    ) -> Result<Step, Refusal> {
        if self.prompt.none {
            Err(self.refuse(code, description))
        } else {
            Ok(step)
        }
    }

    fn refuse(&self, code: AuthorizationErrorCode, description: &'static str) -> Refusal {
        Refusal {
            return_to: self.return_to.clone(),
            code,
            description,
        }
    }
}
