//! A client at the server of this window: what it presents, what it asks, and what is said of the answers.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::{Desk, Ground, Refused, TokenReasons, TokenResult, TokenRun};
use crate::client::{AuthMethod, GrantType, Secret};
use crate::desktop::worker::{Opening, ReplyBody, Trouble};
use crate::outbound::{
    AsClient, AssertionKey, Authorization, AuthorizationAsked, Beforehand, ChanceryToken, Exchange, Metadata,
    NotAuthorized, ProofKey, RANDOM, Runner, SecretInCurl, ShellCommand, Step, TokenAnswer, TokenGrant,
    TokenRequest, discover, is_pem,
};
use crate::protocol::explanation::{Asked, Endpoint, explain, explain_page};
use crate::protocol::metadata as documents;
use crate::registry::Client;
use crate::server::{RunningServer, TestCredentialError};

/// A client, and what it presents.
pub(super) struct Caller {
    pub(super) client: Client,
    pub(super) scope: Option<String>,
    pub(super) audience: Option<String>,
    metadata: Metadata,
    credential: Option<Secret>,
    is_pasted: bool,
    /// The test user that signs in, if one does.
    user: Option<String>,
    /// The key that its tokens are bound to, where they are registered to be.
    proof_key: Option<Arc<ProofKey>>,
    /// By which grant, and with which redirect URI, where there is one.
    grant: Option<GrantType>,
    redirect_uri: Option<String>,
}

/// Where the steps of one run are told, and from where the last request came.
pub(super) struct StepLog<'a> {
    tell: &'a mut dyn FnMut(ReplyBody),
    last: Option<SocketAddr>,
    /// Where the last request went.
    endpoint: Endpoint,
    /// The error in the last answer, if it was one, and the server's sentence.
    refusal: Option<(String, Option<String>)>,
}

impl<'a> StepLog<'a> {
    pub(super) fn new(tell: &'a mut dyn FnMut(ReplyBody)) -> Self {
        Self {
            tell,
            last: None,
            endpoint: Endpoint::Token,
            refusal: None,
        }
    }

    fn step(&mut self, step: Step) {
        self.last = step.exchange.as_ref().and_then(|exchange| exchange.from);
        self.endpoint = step.exchange.as_ref().map(endpoint).unwrap_or_default();
        self.refusal = step.exchange.as_ref().and_then(refusal);
        (self.tell)(ReplyBody::Step(Box::new(step)));
    }

    /// A step that somebody else's browser does.
    pub(super) fn elsewhere(&mut self, name: &str) {
        self.endpoint = Endpoint::Authorize;
        (self.tell)(ReplyBody::Step(Box::new(Step {
            name: name.to_owned(),
            exchange: None,
        })));
    }
}

impl Caller {
    /// Whoever is to do a run, and the run's ground.
    pub(super) fn of(
        run: TokenRun,
        server: &RunningServer,
        desk: &Desk<'_>,
        proof_key: &Arc<ProofKey>,
    ) -> Result<(Ground, Self), Trouble> {
        let TokenRun {
            client_id,
            pasted,
            scope,
            audience,
            ground,
        } = run;
        let client = desk.opening.registry()?.client(&client_id)?;
        let client = client.ok_or_else(|| TestCredentialError::UnknownClient(client_id.clone()))?;
        let is_pasted = pasted.is_some();
        let caller = Self {
            metadata: discover(server.issuer().as_str())?,
            credential: match pasted {
                Some(pasted) => Some(pasted),
                None => server.test_credential(&client_id, desk.by)?,
            },
            user: ground.user().map(str::to_owned),
            proof_key: client
                .draft
                .dpop_bound_access_tokens
                .then(|| Arc::clone(proof_key)),
            grant: ground.grant_type(),
            redirect_uri: ground.redirect_uri().map(str::to_owned),
            client,
            scope,
            audience,
            is_pasted,
        };
        Ok((ground, caller))
    }

    /// Does something as this client.
    pub(super) fn with<T>(
        &self,
        log: &mut StepLog<'_>,
        work: impl FnOnce(&mut Runner<'_, Trouble>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        work(&mut Runner {
            metadata: &self.metadata,
            present: &mut || self.present(),
            proof_key: self.proof_key.as_deref(),
            now: Timestamp::now(),
            seen: &mut |step| log.step(step),
        })
    }

    fn present(&self) -> Result<AsClient, Trouble> {
        let method = self.client.draft.token_endpoint_auth_method;
        Ok(AsClient {
            client_id: self.client.client_id.clone(),
            method,
            secret: match method {
                AuthMethod::PrivateKeyJwt => Some(self.assertion()?),
                // A private key is never sent.
                _ => self.credential.clone().filter(|credential| !is_pem(credential)),
            },
        })
    }

    /// Signs with the client's private key by the algorithm that it registered.
    pub(super) fn assertion(&self) -> Result<Secret, Trouble> {
        let key = self.credential.as_ref().ok_or_else(|| Trouble {
            what: "An assertion must be signed, and the client has no key here".to_owned(),
            advice: "Authenticate with a pasted private key whose public half is registered in jwks"
                .to_owned(),
        })?;
        let alg = self.client.draft.token_endpoint_auth_signing_alg.as_deref();
        let key = AssertionKey::from_pem(key, alg)?;
        Ok(key.sign(
            &self.client.client_id,
            &self.metadata.issuer,
            Timestamp::now(),
            random()?,
        )?)
    }

    /// Asks for tokens, and tells what came.
    pub(super) fn ask(
        &self,
        grant: TokenGrant,
        server: &RunningServer,
        opening: &Opening,
        mut log: StepLog<'_>,
    ) -> Result<ReplyBody, Trouble> {
        let request = self.request(grant);
        let answer = self.with(&mut log, |runner| runner.token(&request))?;
        // The next one is had for the newest refresh token.
        let grant = match (request.grant, answer.refresh_token()) {
            (TokenGrant::RefreshToken(_), Some(next)) => {
                TokenGrant::RefreshToken(Secret::new(next.to_owned()))
            }
            (grant, _) => grant,
        };
        let command = self.command(&grant, opening)?;
        Ok(self.answered(answer, command, server, &log))
    }

    fn request(&self, grant: TokenGrant) -> TokenRequest {
        // What a person allowed is asked for as it was allowed.
        let is_fixed = matches!(
            grant,
            TokenGrant::DeviceCode(_) | TokenGrant::AuthorizationCode { .. }
        );
        TokenRequest {
            grant,
            scope: self.scope.clone().filter(|_| !is_fixed),
            audience: self.audience.clone().filter(|_| !is_fixed),
        }
    }

    /// A new authorization request of this client.
    pub(super) fn authorization(&self, redirect_uri: String) -> Result<Authorization, Trouble> {
        let asked = AuthorizationAsked {
            client_id: self.client.client_id.clone(),
            redirect_uri,
            scope: self.scope.clone(),
            audience: self.audience.clone(),
        };
        Ok(Authorization::new(asked, &random::<RANDOM>()?))
    }

    /// Where a browser begins: with the request itself, or with a reference to it where it must be pushed.
    pub(super) fn address(
        &self,
        authorization: &Authorization,
        log: &mut StepLog<'_>,
    ) -> Result<Result<Url, NotAuthorized>, Trouble> {
        if self.client.draft.require_pushed_authorization_requests {
            return self.with(log, |runner| runner.push(authorization));
        }
        Ok(Ok(authorization.url(&self.metadata)?))
    }

    /// Redeems what a browser brought back, and tells what came.
    pub(super) fn redeem(
        &self,
        authorization: &Authorization,
        came_to: &Url,
        server: &RunningServer,
        opening: &Opening,
        mut log: StepLog<'_>,
    ) -> Result<ReplyBody, Trouble> {
        let answer = self.with(&mut log, |runner| runner.redeem(authorization, came_to))?;
        match answer {
            Err(not) => Ok(self.not_authorized(not, server, &log)),
            Ok(answer) => {
                let again = self.authorization(authorization.redirect_uri().to_owned())?;
                let command = self.command_after(&again, opening)?;
                Ok(self.answered(answer, command, server, &log))
            }
        }
    }

    /// The command that does the same again.
    pub(super) fn command(&self, grant: &TokenGrant, opening: &Opening) -> Result<Secret, Trouble> {
        let request = self.request(grant.clone());
        let beforehand = match (grant, &self.metadata.endpoints.device_authorization) {
            (TokenGrant::DeviceCode(_), Some(endpoint)) => Beforehand::Device {
                endpoint,
                scope: self.scope.as_deref(),
                audience: self.audience.as_deref(),
            },
            _ => Beforehand::Nothing,
        };
        self.told_to_a_shell(&request, beforehand, opening)
    }

    fn command_after(&self, again: &Authorization, opening: &Opening) -> Result<Secret, Trouble> {
        let request = self.request(again.grant_to_come());
        let url = again.url(&self.metadata)?;
        self.told_to_a_shell(&request, Beforehand::Authorize(&url), opening)
    }

    /// A shell cannot sign, and what must be pushed or proven is more than a few lines of it.
    fn told_to_a_shell(
        &self,
        request: &TokenRequest,
        beforehand: Beforehand<'_>,
        opening: &Opening,
    ) -> Result<Secret, Trouble> {
        let draft = &self.client.draft;
        let signs = draft.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt
            || request.grant.grant_type() == GrantType::JwtBearer
            || draft.dpop_bound_access_tokens;
        let pushes =
            draft.require_pushed_authorization_requests && matches!(beforehand, Beforehand::Authorize(_));
        let client = AsClient {
            client_id: self.client.client_id.clone(),
            method: draft.token_endpoint_auth_method,
            secret: self.credential.clone(),
        };
        let command = ShellCommand {
            client: &client,
            request,
            metadata: &self.metadata,
            beforehand,
        };
        if signs || pushes {
            // A token is traded in at the server that issued it.
            let is_here = self.is_pasted || request.grant.grant_type() == GrantType::TokenExchange;
            return Ok(command.chancery_token(&ChanceryToken {
                registry: &opening.path,
                running: is_here.then_some(self.metadata.issuer.as_str()),
                sign_in_as: self.user.as_deref(),
                redirect_uri: self.redirect_uri.as_deref(),
                scope: self.scope.as_deref(),
                audience: self.audience.as_deref(),
            }));
        }
        Ok(command.curl(match &self.credential {
            Some(secret) if !self.is_pasted => SecretInCurl::Given(secret),
            _ => SecretInCurl::Asked,
        }))
    }

    /// What is told of an answer of the token endpoint.
    pub(super) fn answered(
        &self,
        answer: TokenAnswer,
        command: Secret,
        server: &RunningServer,
        log: &StepLog<'_>,
    ) -> ReplyBody {
        let refused = answer.error().map(|code| {
            let said = answer.error_description();
            self.refused(code, said, log.endpoint, server, log)
        });
        self.result(Some(answer), Some(command), refused)
    }

    /// What is told where the last answer has no token in it.
    pub(super) fn answered_without_token(&self, server: &RunningServer, log: &StepLog<'_>) -> ReplyBody {
        let refused = log
            .refusal
            .as_ref()
            .map(|(code, said)| self.refused(code, said.as_deref(), log.endpoint, server, log));
        self.result(None, None, refused)
    }

    /// The browser brought no code.
    pub(super) fn not_authorized(
        &self,
        not: NotAuthorized,
        server: &RunningServer,
        log: &StepLog<'_>,
    ) -> ReplyBody {
        let refused = match not {
            NotAuthorized::Refused { error, description } => {
                self.refused(&error, description.as_deref(), log.endpoint, server, log)
            }
            NotAuthorized::Foreign(why) => Refused {
                code: "The answer does not count".to_owned(),
                said: Some(why.to_owned()),
                ..Refused::default()
            },
            NotAuthorized::Page { heading, text } => {
                let reason = self.reason(server, log);
                let asked = self.asked(Endpoint::Authorize, reason.as_deref());
                Refused {
                    said: Some(text),
                    explanation: explain_page(&self.client, asked),
                    reason,
                    code: heading,
                }
            }
        };
        self.result(None, None, Some(refused))
    }

    fn result(
        &self,
        answer: Option<TokenAnswer>,
        command: Option<Secret>,
        refused: Option<Refused>,
    ) -> ReplyBody {
        let reasons = answer.as_ref().zip(self.grant).map(|(answer, grant)| {
            let (scope, audience) = (self.scope.as_deref(), self.audience.as_deref());
            TokenReasons::of(
                answer,
                &self.metadata.issuer,
                &self.client,
                grant,
                scope,
                audience,
            )
        });
        ReplyBody::Token(Box::new(Ok(TokenResult {
            reasons: reasons.unwrap_or_default(),
            client_id: self.client.client_id.clone(),
            answer,
            command,
            refused,
        })))
    }

    fn refused(
        &self,
        code: &str,
        said: Option<&str>,
        endpoint: Endpoint,
        server: &RunningServer,
        log: &StepLog<'_>,
    ) -> Refused {
        let reason = self.reason(server, log);
        let asked = self.asked(endpoint, reason.as_deref().or(said));
        Refused {
            code: code.to_owned(),
            said: said.map(str::to_owned),
            explanation: explain(code, &self.client, asked, Timestamp::now()),
            reason,
        }
    }

    fn asked<'a>(&'a self, endpoint: Endpoint, noted: Option<&'a str>) -> Asked<'a> {
        Asked {
            endpoint,
            grant: self.grant,
            scope: self.scope.as_deref(),
            audience: self.audience.as_deref(),
            redirect_uri: self.redirect_uri.as_deref(),
            noted,
        }
    }

    /// What the server noted of the last request.
    fn reason(&self, server: &RunningServer, log: &StepLog<'_>) -> Option<String> {
        let from = log.last?;
        let requests = server.requests();
        let mut latest_first = requests.into_iter().rev();
        latest_first
            .find(|request| request.peer == from)
            .and_then(|request| request.reason)
    }
}

impl Ground {
    /// The test user that signs in, if one does.
    fn user(&self) -> Option<&str> {
        match self {
            Self::AuthorizationCode {
                by: super::SignInBy::User(name),
                ..
            }
            | Self::DeviceCode(super::SignInBy::User(name)) => Some(name),
            _ => None,
        }
    }
}

impl Ground {
    /// The grant by which tokens are asked for, if they are.
    fn grant_type(&self) -> Option<GrantType> {
        match self {
            Self::ClientCredentials => Some(GrantType::ClientCredentials),
            Self::AuthorizationCode { .. } => Some(GrantType::AuthorizationCode),
            Self::RefreshToken(_) => Some(GrantType::RefreshToken),
            Self::DeviceCode(_) => Some(GrantType::DeviceCode),
            Self::TokenExchange { .. } => Some(GrantType::TokenExchange),
            Self::JwtBearer => Some(GrantType::JwtBearer),
            Self::Introspect(_) | Self::Revoke(_) => None,
        }
    }

    /// Where a browser is to go back to, if one takes part.
    fn redirect_uri(&self) -> Option<&str> {
        match self {
            Self::AuthorizationCode { redirect_uri, .. } => Some(redirect_uri),
            _ => None,
        }
    }
}

/// The endpoint that a request went to. The pages on the way of a browser are all `/authorize`'s.
fn endpoint(exchange: &Exchange) -> Endpoint {
    let head = exchange.masked_head();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    let endpoints = [
        (documents::TOKEN, Endpoint::Token),
        (documents::PAR, Endpoint::PushedRequest),
        (documents::DEVICE_AUTHORIZATION, Endpoint::DeviceAuthorization),
        (documents::INTROSPECT, Endpoint::Introspect),
        (documents::REVOKE, Endpoint::Revoke),
    ];
    let found = endpoints.into_iter().find(|(name, _)| path.ends_with(name));
    found.map_or(Endpoint::Authorize, |(_, endpoint)| endpoint)
}

/// The error in an answer, if it is one, and the server's sentence (RFC 6749 §5.2).
fn refusal(answer: &Exchange) -> Option<(String, Option<String>)> {
    let body: Value = serde_json::from_slice(&answer.received_body).ok()?;
    let member = |name: &str| Some(body.get(name)?.as_str()?.to_owned());
    Some((member("error")?, member("error_description")))
}

fn random<const N: usize>() -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(TestCredentialError::Randomness)?;
    Ok(bytes)
}
