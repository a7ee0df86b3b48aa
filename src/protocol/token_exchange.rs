//! Token exchange (RFC 8693): an access token of this server for another one, for the next service down the line.
//!
//! # Who may exchange what
//!
//! Whoever gets hold of a token must not be able to make more of it. So:
//!
//! - Only confidential clients that are registered for the grant exchange tokens (§2.1).
//! - A client exchanges a token that was issued to it, one whose audience is its own `client_id`, and one for a resource
//!   server that it introspects for: the service that was called. Any other token is none of its business.
//! - An actor token must have been issued to the client itself: it says who acts, and the client cannot say so of others.
//! - A token that is bound to a key is exchanged only by whoever proves that key in the same request.
//! - The new token is for a resource server of the client's own registration, for scopes that both the subject token and
//!   the registration have, and never lives longer than the tokens it came from. It ends with their grant, or with the
//!   tokens of the client that it speaks of.
//! - `may_act` is obeyed and handed on; who acted before is handed on in `act` (§4.1, §4.4).
//!
//! Subject and actor tokens are access tokens of this server. ID tokens are not taken: they carry no grant, so that what
//! came of one could not end with it.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::confirmation::Confirmation;
use super::form::Form;
use super::jws::Verified;
use super::keys::SigningKeys;
use super::living_token::{self, LivingToken};
use super::token::{Entitlement, unauthorized};
use super::{Issuer, OAuthError, resource};
use crate::client::{AuthMethod, GrantType, Scope};
use crate::registry::{Binding, Client, Registry, RegistryError};

/// An OAuth 2.0 access token (§3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// A JWT (§3), which access tokens are here.
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// Tokens of a longer chain are refused: each exchange makes a token longer.
const MOST_ACTORS: usize = 8;

/// A request that was read, before its tokens are judged.
#[derive(Debug)]
pub struct Exchange {
    form: Form,
    client: Arc<Client>,
    proven: Binding,
    now: Timestamp,
    issued_token_type: &'static str,
}

/// What a new token takes over from the one that it was exchanged for.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchanged {
    /// The client that it speaks of, where that is not a person (`sub`).
    pub client: Option<String>,
    /// When it ends at the latest, in seconds since 1970.
    pub ends: i64,
    /// Who acts, and who acted before (§4.1).
    pub act: Option<Value>,
    /// Who may act (§4.4).
    pub may_act: Option<Value>,
    /// What is told of its type (§2.2.1).
    pub issued_token_type: &'static str,
}

/// Why nothing was exchanged.
#[derive(Debug)]
pub struct NotExchanged {
    /// What the client learns: the same for whatever is wrong with a token, and for one that is none of its business.
    pub error: OAuthError,
    /// What the server's owner learns beyond that.
    pub reason: Option<String>,
}

/// Reads a request of an authenticated client.
///
/// # Errors
/// `unauthorized_client`, `invalid_request`.
pub fn read(
    form: Form,
    client: &Arc<Client>,
    proven: Binding,
    now: Timestamp,
) -> Result<Exchange, OAuthError> {
    if client.draft.token_endpoint_auth_method == AuthMethod::None {
        // §2.1: without client authentication, whoever has stolen a token could have it exchanged.
        return Err(unauthorized("Token exchange is for confidential clients only."));
    }
    if !client.draft.has_grant(GrantType::TokenExchange) {
        return Err(unauthorized("The client is not registered for token exchange."));
    }
    for (token, kind) in [
        ("subject_token", "subject_token_type"),
        ("actor_token", "actor_token_type"),
    ] {
        match (form.get(token), form.get(kind)) {
            (None, None) if token == "actor_token" => {}
            (Some(_), Some(ACCESS_TOKEN | JWT)) => {}
            (Some(_), Some(_)) => {
                return Err(OAuthError::invalid_request(
                    "Only access tokens of this server are exchanged: the token type must end in access_token or jwt.",
                ));
            }
            _ => {
                return Err(OAuthError::invalid_request(
                    "A token and its type go together: subject_token with subject_token_type, and actor_token with \
                     actor_token_type where there is one.",
                ));
            }
        }
    }
    let issued_token_type = match form.get("requested_token_type") {
        None | Some(ACCESS_TOKEN) => ACCESS_TOKEN,
        Some(JWT) => JWT,
        Some(_) => {
            return Err(OAuthError::invalid_request(
                "The requested_token_type is not issued here: ask for one that ends in access_token or jwt.",
            ));
        }
    };
    Ok(Exchange {
        form,
        client: Arc::clone(client),
        proven,
        now,
        issued_token_type,
    })
}

impl Exchange {
    /// Judges the tokens that the request brought, and what the client may have for them.
    ///
    /// # Errors
    /// [`NotExchanged`]: `invalid_request` for a token that does not live or is not the client's to exchange (§2.2.2);
    /// `invalid_scope`, `invalid_target`. [`RegistryError`] when the registry cannot be read.
    pub fn entitle(
        &self,
        keys: &SigningKeys,
        issuer: &Issuer,
        registry: &Registry,
    ) -> Result<Result<Entitlement, NotExchanged>, RegistryError> {
        let living = |name: &str| match self.form.get(name) {
            None => Ok(None),
            Some(token) => living_token::access_token(token, keys, issuer, registry, self.now).map(Some),
        };
        let subject = match living("subject_token")? {
            Some(Ok(subject)) => subject,
            Some(Err(dead)) => return Ok(Err(DEAD_SUBJECT.because(dead.to_string()))),
            None => return Ok(Err(DEAD_SUBJECT.into())),
        };
        if !self.may_exchange(&subject, registry)? {
            return Ok(Err(DEAD_SUBJECT.because("it is not this client's business")));
        }
        let actor = match living("actor_token")? {
            None => None,
            Some(Ok(actor)) if actor.client.client_id == self.client.client_id => Some(actor),
            Some(Ok(_)) => return Ok(Err(DEAD_ACTOR.because("it was issued to another client"))),
            Some(Err(dead)) => return Ok(Err(DEAD_ACTOR.because(dead.to_string()))),
        };
        Ok(self
            .entitlement(subject, actor.as_ref())
            .map_err(NotExchanged::from))
    }

    fn may_exchange(&self, subject: &LivingToken, registry: &Registry) -> Result<bool, RegistryError> {
        Ok(subject.token.is_for(self.client.client_id.as_str())
            || subject.concerns(&self.client, registry)?)
    }

    fn entitlement(
        &self,
        subject: LivingToken,
        actor: Option<&LivingToken>,
    ) -> Result<Entitlement, OAuthError> {
        let actor = actor.map(|actor| &actor.token);
        for token in [Some(&subject.token), actor].into_iter().flatten() {
            self.holds_the_key_of(token)?;
        }
        self.may_act(&subject.token, actor)?;
        let act = acting(&subject.token, actor)?;
        let ends = [Some(&subject.token), actor]
            .into_iter()
            .flatten()
            .filter_map(|token| token.seconds("exp"))
            .min();
        let sub = subject.token.text("sub");
        Ok(Entitlement {
            scopes: self.scopes(&subject.token)?,
            audience: resource::audience(&self.form, &self.client, &[])?.map(str::to_owned),
            nonce: None,
            refresh_token: None,
            exchanged: Some(Box::new(Exchanged {
                client: sub.filter(|_| subject.grant.is_none()).map(str::to_owned),
                ends: ends.unwrap_or_default(),
                act,
                may_act: subject.token.claims.get("may_act").cloned(),
                issued_token_type: self.issued_token_type,
            })),
            grant: subject.grant,
        })
    }

    /// A stolen token that is bound to a key must not become one that is not (RFC 9449 §6, RFC 8705 §3).
    fn holds_the_key_of(&self, token: &Verified) -> Result<(), OAuthError> {
        let Some(cnf) = token.claims.get("cnf") else {
            return Ok(());
        };
        let proven = Confirmation::of(&self.proven).map(|proven| json!(proven));
        if proven.as_ref() == Some(cnf) {
            return Ok(());
        }
        Err(OAuthError::invalid_request(
            "A token of the request is bound to a key or a certificate, and the request does not prove to hold it.",
        ))
    }

    /// Whether the subject lets the actor act: every member of `may_act` is one of the actor's claims (§4.4). Without an
    /// actor token the client itself acts.
    fn may_act(&self, subject: &Verified, actor: Option<&Verified>) -> Result<(), OAuthError> {
        let Some(may_act) = subject.claims.get("may_act") else {
            return Ok(());
        };
        let mut client = Map::new();
        for name in ["sub", "client_id"] {
            client.insert(name.to_owned(), json!(self.client.client_id.as_str()));
        }
        client.extend(
            subject
                .claims
                .get("iss")
                .map(|iss| ("iss".to_owned(), iss.clone())),
        );
        let claims = actor.map_or(&client, |actor| &actor.claims);
        let named = may_act.as_object().filter(|named| !named.is_empty());
        if named.is_some_and(|named| named.iter().all(|(name, value)| claims.get(name) == Some(value))) {
            return Ok(());
        }
        Err(OAuthError::invalid_request(
            "The subject token's may_act names another actor.",
        ))
    }

    /// What was asked, if both the subject token and the registration have it; all that both have when nothing was
    /// asked. There is no refresh token, so that nobody stays signed in by an exchange.
    fn scopes(&self, subject: &Verified) -> Result<Vec<String>, OAuthError> {
        let held: Vec<&str> = subject
            .text("scope")
            .unwrap_or_default()
            .split(' ')
            .filter(|scope| *scope != "offline_access")
            .filter(|scope| {
                self.client
                    .draft
                    .scopes
                    .iter()
                    .any(|registered| registered == scope)
            })
            .collect();
        let Some(asked) = self.form.get("scope") else {
            return Ok(held.into_iter().map(str::to_owned).collect());
        };
        let invalid = |why| OAuthError::InvalidScope(std::borrow::Cow::Borrowed(why));
        let asked = Scope::parse_list(asked).ok_or(invalid(
            "The scope must be scope values with exactly one space between two.",
        ))?;
        if asked.iter().all(|scope| held.contains(&scope.as_str())) {
            return Ok(asked.iter().map(|scope| scope.as_str().to_owned()).collect());
        }
        Err(invalid(
            "The scope goes beyond what the subject token and the client's registration both have.",
        ))
    }
}

/// Who acts, with who acted before within (§4.1). An exchange without an actor token changes nothing of it.
fn acting(subject: &Verified, actor: Option<&Verified>) -> Result<Option<Value>, OAuthError> {
    let before = subject.claims.get("act");
    let Some(actor) = actor else {
        return Ok(before.cloned());
    };
    let chain = std::iter::successors(before, |act| act.get("act"));
    if chain.count() >= MOST_ACTORS {
        return Err(OAuthError::invalid_request(
            "The subject token has passed through too many actors.",
        ));
    }
    let mut act = Map::new();
    for name in ["iss", "sub", "client_id"] {
        act.extend(
            actor
                .claims
                .get(name)
                .map(|value| (name.to_owned(), value.clone())),
        );
    }
    act.extend(before.map(|before| ("act".to_owned(), before.clone())));
    Ok(Some(Value::Object(act)))
}

impl From<OAuthError> for NotExchanged {
    fn from(error: OAuthError) -> Self {
        Self { error, reason: None }
    }
}

impl OAuthError {
    fn because(self, reason: impl Into<String>) -> NotExchanged {
        let reason = format!("{}: {} ({})", self.code(), self.description(), reason.into());
        NotExchanged {
            error: self,
            reason: Some(reason),
        }
    }
}

/// §2.2.2: `invalid_request`, where either token is invalid for any reason or unacceptable.
const DEAD_SUBJECT: OAuthError =
    OAuthError::invalid_request("The subject token does not live, or is not the client's to exchange.");
const DEAD_ACTOR: OAuthError =
    OAuthError::invalid_request("The actor token does not live, or was not issued to the client.");
