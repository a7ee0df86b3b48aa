//! The authorization endpoint's decision (OpenID Connect Core §3.1.2.3, §3.1.2.4): must the person sign in or be asked, or
//! can a code be issued?

use jiff::{SignedDuration, Timestamp};

use super::authorization_error::{AuthorizationErrorCode, Refusal};
use super::authorization_request::AuthorizationRequest;
use super::session::Session;

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

impl AuthorizationRequest {
    /// What comes next for the person who is signed in, if there is one. `begun_at` is when the request came first,
    /// `consented` what the person has allowed before, if they were asked.
    ///
    /// # Errors
    /// [`Refusal`], where `prompt=none` forbids what would be needed.
    pub fn next(
        &self,
        session: Option<&Session>,
        consented: Option<&[String]>,
        begun_at: Timestamp,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        if !session.is_some_and(|session| self.is_fresh(session, begun_at, now)) {
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
