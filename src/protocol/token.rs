//! The token endpoint's decision, after the client has authenticated (RFC 6749 §3.2): what it is entitled to, and the
//! tokens for it.
//!
//! A code, a refresh token or an assertion must be spent first, on the one connection that writes; signing needs no
//! connection. So a request is decided in steps: [`decide`], what the [`Decision`] asks for, then [`issue`].

use std::borrow::Cow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::access_token::{AccessToken, Person};
use super::assertion::CheckedAssertion;
use super::dpop::DpopProof;
use super::fault::{Forgery, Signer};
use super::form::Form;
use super::id_token::IdToken;
use super::keys::SigningKeys;
use super::opaque::OpaqueToken;
use super::polls::Polls;
use super::resource::InvalidTarget;
use super::subject::Subjects;
use super::token_exchange::{self, Exchange, Exchanged};
use super::{
    Issuer, OAuthError, authorization_code, client_credentials, device_code, id_token, jwt_bearer,
    refresh_token,
};
use crate::client::lifetime::access_token_lifetime;
use crate::client::{AuthMethod, GrantType, Secret};
use crate::registry::{
    Binding, Client, Continuation, Grant, NewRefreshToken, Registry, RegistryError, TokenHash,
};

/// What tokens are issued with, besides the entitlement.
#[derive(Clone, Copy, Debug)]
pub struct Issuing<'a> {
    /// Who issues.
    pub issuer: &'a Issuer,
    /// With which keys.
    pub keys: &'a SigningKeys,
    /// What clients see of people.
    pub subjects: &'a Subjects,
    /// When.
    pub now: Timestamp,
    /// 16 random bytes for the access token's `jti`.
    pub random: [u8; 16],
    /// What the request has proven to hold: the access token is bound to it (RFC 9449 §5, RFC 8705 §3).
    pub bound_to: Binding,
    /// What is to be wrong about the tokens, on purpose.
    pub forgery: Option<&'a Forgery>,
}

/// What a client may have.
#[derive(Clone, Debug)]
pub struct Entitlement {
    /// On the strength of what a person allowed; absent where a client acts for itself.
    pub grant: Option<Grant>,
    /// For what.
    pub scopes: Vec<String>,
    /// At which resource server; the issuer itself where there is none.
    pub audience: Option<String>,
    /// What the ID token repeats.
    pub nonce: Option<String>,
    /// The next refresh token.
    pub refresh_token: Option<Secret>,
    /// What the access token takes over from the one that it was exchanged for.
    pub exchanged: Option<Box<Exchanged>>,
}

/// What follows from a request.
#[derive(Debug)]
pub enum Decision {
    /// Tokens can be issued.
    Entitled(Entitlement),
    /// Something must be spent for them.
    MustSpend(Claim),
    /// The claim's assertion must be checked with the client's keys, then the claim be spent.
    MustCheck(Claim),
    /// The tokens that the request brought must be judged.
    MustJudge(Exchange),
}

/// A request that must spend a code, a refresh token or an assertion, and its proof with it.
#[derive(Debug)]
pub struct Claim {
    pub(super) form: Form,
    pub(super) client: Arc<Client>,
    pub(super) now: Timestamp,
    pub(super) next: OpaqueToken,
    pub(super) proof: Option<DpopProof>,
    /// What the request has proven to hold.
    pub(super) proven: Binding,
    what: Spent,
}

#[derive(Debug)]
enum Spent {
    Code(TokenHash),
    RefreshToken(TokenHash),
    DeviceCode(TokenHash),
    /// An assertion that was not checked: worth nothing yet.
    Unchecked,
    Assertion(CheckedAssertion),
}

/// Why nothing came of spending.
#[derive(Debug)]
pub enum SpendError {
    /// It is not worth anything.
    Protocol(OAuthError),
    /// The registry could not be written.
    Registry(RegistryError),
}

/// A successful answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Debug, serde::Serialize)]
pub struct TokenResponse {
    /// The token.
    pub access_token: String,
    /// How it is presented (RFC 6750, RFC 9449 §5).
    pub token_type: &'static str,
    /// What it is, where it was exchanged for another (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// Its lifetime in seconds.
    pub expires_in: u32,
    /// For the next time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Who signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What it is for; told always, so that nobody need compare with what was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Reads the grant type, which must be there before anything else is worth doing.
///
/// # Errors
/// `invalid_request` when it is missing.
pub fn grant_type(form: &Form) -> Result<&str, OAuthError> {
    // RFC 6749 §5.2: invalid_request, the request is missing a required parameter; not unsupported_grant_type,
    // which is for one that is named.
    form.get("grant_type").ok_or(OAuthError::invalid_request(
        "The parameter grant_type is missing.",
    ))
}

/// Decides a request of an authenticated client, with the proof that came with it, and what that and the connection have
/// proven. `next` is asked for what becomes the refresh token, should there be one.
///
/// # Errors
/// [`OAuthError`], by RFC 6749 §5.2.
pub fn decide(
    form: Form,
    client: &Arc<Client>,
    proof: Option<DpopProof>,
    proven: Binding,
    next: impl FnOnce() -> Result<OpaqueToken, OAuthError>,
    now: Timestamp,
) -> Result<Decision, OAuthError> {
    let what = match GrantType::parse(grant_type(&form)?) {
        Some(GrantType::ClientCredentials) => {
            let entitlement = client_credentials::entitle(&form, client)?;
            is_bound_as_registered(client, &proven)?;
            return Ok(Decision::Entitled(entitlement));
        }
        Some(GrantType::TokenExchange) => {
            let exchange = token_exchange::read(form, client, proven, now)?;
            is_bound_as_registered(client, &proven)?;
            return Ok(Decision::MustJudge(exchange));
        }
        Some(GrantType::AuthorizationCode) => Spent::Code(authorization_code::read(&form, client)?),
        Some(GrantType::RefreshToken) => Spent::RefreshToken(refresh_token::read(&form, client)?),
        Some(GrantType::DeviceCode) => Spent::DeviceCode(device_code::read(&form, client)?),
        Some(GrantType::JwtBearer) => {
            jwt_bearer::read(&form, client)?;
            Spent::Unchecked
        }
        // Also for grants that this server knows from registrations and does not grant: the code says that the
        // server does not support it, unauthorized_client would say that another client might.
        _ => {
            return Err(OAuthError::UnsupportedGrantType(Cow::Borrowed(
                "This grant is not offered here. See grant_types_supported in the metadata.",
            )));
        }
    };
    is_bound_as_registered(client, &proven)?;
    let must_check = matches!(what, Spent::Unchecked);
    let claim = Claim {
        form,
        client: Arc::clone(client),
        now,
        next: next()?,
        proof,
        proven,
        what,
    };
    Ok(if must_check {
        Decision::MustCheck(claim)
    } else {
        Decision::MustSpend(claim)
    })
}

impl Claim {
    /// Whether there is something to spend yet: a device asks again and again while a person makes up their mind. To be
    /// asked before [`Claim::spend`], on a connection that only reads. `is_slowed` is asked whether a fault holds the device
    /// up.
    ///
    /// # Errors
    /// [`SpendError`].
    pub fn look(
        &self,
        registry: &Registry,
        polls: &Polls,
        is_slowed: impl FnMut() -> bool,
    ) -> Result<(), SpendError> {
        match &self.what {
            Spent::DeviceCode(code) => device_code::look(self, code, registry, polls, is_slowed),
            _ => Ok(()),
        }
    }

    /// The assertion to be checked.
    pub fn assertion(&self) -> &str {
        self.form.get(jwt_bearer::ASSERTION).unwrap_or_default()
    }

    /// The same claim, with an assertion that was checked, or why it does not count.
    ///
    /// # Errors
    /// `invalid_grant`.
    pub fn with(self, checked: Result<CheckedAssertion, &'static str>) -> Result<Self, OAuthError> {
        let checked = checked.map_err(jwt_bearer::refused)?;
        Ok(Self {
            what: Spent::Assertion(checked),
            ..self
        })
    }

    /// Spends what the request brought. A proof that was used before spends nothing.
    ///
    /// # Errors
    /// [`SpendError`].
    pub fn spend(&self, registry: &Registry) -> Result<Entitlement, SpendError> {
        if let Some(proof) = &self.proof {
            proof.use_once(registry)??;
        }
        match &self.what {
            Spent::Code(code) => authorization_code::redeem(self, code, registry),
            Spent::RefreshToken(token) => refresh_token::rotate(self, token, registry),
            Spent::DeviceCode(code) => device_code::redeem(self, code, registry),
            Spent::Assertion(assertion) => jwt_bearer::accept(self, assertion, registry),
            Spent::Unchecked => Err(jwt_bearer::refused("the assertion was not checked").into()),
        }
    }

    /// What the next refresh token is bound to (RFC 9449 §5, RFC 8705 §4): what a public client has proven. A confidential
    /// one proves who it is anyway, and may change its key.
    pub(super) fn binding(&self) -> Binding {
        match self.client.draft.token_endpoint_auth_method {
            AuthMethod::None => self.proven,
            _ => Binding::default(),
        }
    }

    /// What the registry keeps of the tokens that follow.
    pub(super) fn continuation(&self, refresh_token: Option<NewRefreshToken>) -> Continuation {
        let lifetime = access_token_lifetime(self.client.draft.access_token_lifetime);
        let lifetime = SignedDuration::from_secs(lifetime.into());
        Continuation {
            refresh_token,
            access_token_ends: self.now.saturating_add(lifetime).unwrap_or(Timestamp::MAX),
        }
    }
}

/// Whether tokens for a client can be signed: looked at before anything is spent for them.
///
/// # Errors
/// `temporarily_unavailable` while a key is being made; `invalid_request` for an algorithm that there is no key for.
pub fn can_be_issued(client: &Client, keys: &SigningKeys) -> Result<(), OAuthError> {
    if keys.access_tokens().is_none() {
        return Err(WITHOUT_KEY);
    }
    let signs_people_in = [GrantType::AuthorizationCode, GrantType::DeviceCode];
    if signs_people_in.iter().any(|grant| client.draft.has_grant(*grant)) {
        id_token::key(&client.draft, keys)?;
    }
    Ok(())
}

/// A missing key is being made.
pub(super) const WITHOUT_KEY: OAuthError = OAuthError::TemporarilyUnavailable {
    retry_after: 2,
    throttled: false,
};

/// Signs the tokens.
///
/// # Errors
/// As [`can_be_issued`]; `server_error` when signing fails.
pub fn issue(
    entitlement: &Entitlement,
    client: &Client,
    issuing: &Issuing<'_>,
) -> Result<TokenResponse, OAuthError> {
    let scope = (!entitlement.scopes.is_empty()).then(|| entitlement.scopes.join(" "));
    let grant = entitlement.grant.as_ref();
    let subject = grant.map(|grant| issuing.subjects.of(&grant.user, &client.draft));
    let person = grant.zip(subject.as_deref()).map(|(grant, subject)| Person {
        subject,
        auth_time: grant.auth_time,
        grant_id: &grant.id,
    });
    let token = AccessToken {
        issuer: issuing.issuer,
        client,
        person,
        audience: entitlement.audience.as_deref().unwrap_or(issuing.issuer.as_str()),
        scope: scope.as_deref(),
        exchanged: entitlement.exchanged.as_deref(),
        bound_to: issuing.bound_to,
        now: issuing.now,
        random: issuing.random,
    };
    let key = issuing.keys.access_tokens().ok_or(WITHOUT_KEY)?;
    let signer = Signer {
        key,
        forgery: issuing.forgery,
    };
    let access_token = token.sign(signer).map_err(|_| OAuthError::ServerError)?;
    // An exchange is no sign-in: nobody is told who signed in by it.
    let is_openid =
        entitlement.exchanged.is_none() && entitlement.scopes.iter().any(|scope| scope == "openid");
    let id_token = match person.filter(|_| is_openid) {
        None => None,
        Some(person) => {
            let token = IdToken {
                issuer: issuing.issuer,
                client,
                person,
                nonce: entitlement.nonce.as_deref(),
                access_token: &access_token,
                now: issuing.now,
            };
            Some(token.sign(issuing.keys, issuing.forgery)?)
        }
    };
    Ok(TokenResponse {
        expires_in: token.lifetime(),
        access_token,
        token_type: if issuing.bound_to.jkt.is_some() {
            "DPoP"
        } else {
            "Bearer"
        },
        issued_token_type: entitlement
            .exchanged
            .as_ref()
            .map(|exchanged| exchanged.issued_token_type),
        refresh_token: entitlement
            .refresh_token
            .as_ref()
            .map(|token| token.expose().to_owned()),
        id_token,
        scope,
    })
}

/// RFC 6749 §5.2 in so many words: the authenticated client is not authorized to use this grant type.
pub(super) fn unauthorized(why: &'static str) -> OAuthError {
    OAuthError::UnauthorizedClient(Cow::Borrowed(why))
}

/// RFC 9449 §5.2 and RFC 8705 §3.4: a client whose tokens are bound to a key never gets a bearer token. The proof is
/// what the request lacks, hence `invalid_request`.
fn is_bound_as_registered(client: &Client, proven: &Binding) -> Result<(), OAuthError> {
    let draft = &client.draft;
    if draft.tls_client_certificate_bound_access_tokens && proven.x5t_s256.is_none() {
        return Err(OAuthError::invalid_request(
            "The client's tokens are bound to its certificate (tls_client_certificate_bound_access_tokens): come with it \
             to the token endpoint of mtls_endpoint_aliases.",
        ));
    }
    if draft.dpop_bound_access_tokens && proven.jkt.is_none() {
        return Err(OAuthError::invalid_request(
            "The client's tokens are bound to a key (dpop_bound_access_tokens): send a DPoP proof.",
        ));
    }
    Ok(())
}

impl From<InvalidTarget> for OAuthError {
    fn from(InvalidTarget(why): InvalidTarget) -> Self {
        Self::InvalidTarget(Cow::Borrowed(why))
    }
}

impl From<OAuthError> for SpendError {
    fn from(error: OAuthError) -> Self {
        Self::Protocol(error)
    }
}

impl From<RegistryError> for SpendError {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}
