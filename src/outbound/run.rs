//! A whole grant as a client goes through it, one request after the other, each handed out as it was.

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::token_request::target_parameter;
use super::{
    AsClient, Authorization, Browser, DeviceAuthorization, Exchange, Metadata, NotAuthorized, OutboundError,
    Person, Place, ProofKey, Request, TokenAnswer, TokenGrant, TokenRequest, exchange,
};
use crate::client::Secret;
use crate::jwt::DecodedToken;

/// One thing that was done on the way to a token.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it was for, in few words.
    pub name: String,
    /// As it went over the wire; absent where somebody else's browser did it.
    pub exchange: Option<Exchange>,
}

/// Goes through grants for one client at one server.
pub struct Runner<'a, E> {
    /// The server.
    pub metadata: &'a Metadata,
    /// What the client presents; made anew for each request, since an assertion counts once.
    pub present: &'a mut dyn FnMut() -> Result<AsClient, E>,
    /// The key that tokens are to be bound to (RFC 9449), and what time it is.
    pub proof_key: Option<&'a ProofKey>,
    /// When the run takes place.
    pub now: Timestamp,
    /// Is given each step once it is done.
    pub seen: &'a mut dyn FnMut(Step),
}

impl<E: From<OutboundError>> Runner<'_, E> {
    /// Asks for tokens. The keys by which they are checked are fetched without a step.
    ///
    /// # Errors
    /// When there is no answer; a refusal is one.
    pub fn token(&mut self, request: &TokenRequest) -> Result<TokenAnswer, E> {
        let sent = request.request(&(self.present)()?, self.metadata);
        let mut answer = self.proven("Ask for tokens", sent, None)?;
        if let Some(nonce) = wanted_nonce(&answer) {
            // An assertion counts once, so that the client must present itself anew too.
            let sent = request.request(&(self.present)()?, self.metadata);
            answer = self.proven("Ask again with the nonce", sent, Some(&nonce))?;
        }
        Ok(TokenAnswer::read(answer, self.metadata)?)
    }

    /// Makes a request with a proof, where tokens are to be bound to a key.
    fn proven(&mut self, name: &str, mut request: Request, nonce: Option<&str>) -> Result<Exchange, E> {
        if let Some(key) = self.proof_key {
            key.prove(&mut request, nonce, self.now)?;
        }
        self.exchange(name, &request)
    }

    /// Pushes an authorization request (RFC 9126), and returns where the browser is sent with it.
    ///
    /// # Errors
    /// The outer one when there is no answer, or the server takes none; the inner one where it refused.
    pub fn push(&mut self, authorization: &Authorization) -> Result<Result<Url, NotAuthorized>, E> {
        let endpoint = &self.metadata.endpoints.pushed_authorization_request;
        let endpoint = self
            .metadata
            .required(endpoint, "pushed_authorization_request_endpoint")?;
        let parameters = authorization.parameters();
        let parameters: Vec<(&'static str, &str)> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let sent = (self.present)()?.post(endpoint, &parameters);
        let answer = self.exchange("Push the request", &sent)?;
        let body: Option<Value> = serde_json::from_slice(&answer.received_body).ok();
        let reference = body.as_ref().and_then(|body| body.get("request_uri")?.as_str());
        Ok(match reference {
            Some(reference) => Ok(authorization.pushed_url(self.metadata, reference)?),
            None => Err(NotAuthorized::of(&answer)),
        })
    }

    /// Walks the pages that an address leads to, as a person's browser would, and returns the address elsewhere that it
    /// was sent to.
    ///
    /// # Errors
    /// The outer one when there is no answer; the inner one tells the page on which it was left.
    pub fn walk(&mut self, address: &Url, person: &Person) -> Result<Result<Url, NotAuthorized>, E> {
        let place = self.walked(address, person)?;
        Ok(match place {
            Place::Away(url) => Ok(url),
            Place::Page(page) => Err(NotAuthorized::Page {
                heading: page.heading,
                text: page.text,
            }),
        })
    }

    fn walked(&mut self, address: &Url, person: &Person) -> Result<Place, E> {
        let mut browser = Browser::new(address);
        let mut seen = |name, exchange| {
            (self.seen)(Step {
                name,
                exchange: Some(exchange),
            });
        };
        Ok(browser.sign_in(address, person, &mut seen)?)
    }

    /// Redeems what a browser brought back.
    ///
    /// # Errors
    /// The outer one when there is no answer; the inner one where the browser brought no code.
    pub fn redeem(
        &mut self,
        authorization: &Authorization,
        came_to: &Url,
    ) -> Result<Result<TokenAnswer, NotAuthorized>, E> {
        let grant = match authorization.read(came_to, self.metadata) {
            Ok(grant) => grant,
            Err(not) => return Ok(Err(not)),
        };
        let answer = self.token(&TokenRequest {
            grant,
            // What was allowed, all of it.
            scope: None,
            audience: None,
        })?;
        let is_answer = |id_token: &DecodedToken| authorization.is_answered_by(&id_token.claims);
        if !answer.id_token.as_ref().is_none_or(is_answer) {
            return Ok(Err(NotAuthorized::Foreign(
                "The ID token has another nonce than the request: it is the answer to another one",
            )));
        }
        Ok(Ok(answer))
    }

    /// Begins as a device does (RFC 8628 §3.1).
    ///
    /// # Errors
    /// The outer one when there is no answer, or the server has no such endpoint; the inner one where it refused.
    pub fn begin_device(
        &mut self,
        scope: Option<&str>,
        audience: Option<&str>,
    ) -> Result<Result<DeviceAuthorization, NotAuthorized>, E> {
        let endpoint = &self.metadata.endpoints.device_authorization;
        let endpoint = self
            .metadata
            .required(endpoint, "device_authorization_endpoint")?;
        let mut parameters = Vec::new();
        parameters.extend(scope.map(|scope| ("scope", scope)));
        parameters.extend(audience.map(|audience| (target_parameter(audience), audience)));
        let sent = (self.present)()?.post(endpoint, &parameters);
        let answer = self.exchange("Begin on the device", &sent)?;
        Ok(DeviceAuthorization::read(&answer).ok_or_else(|| NotAuthorized::of(&answer)))
    }

    /// Types a device's code, signs in and allows it.
    ///
    /// # Errors
    /// The outer one when there is no answer; the inner one where the person did not get to the end: the page that they
    /// were left on.
    pub fn allow_device(
        &mut self,
        device: &DeviceAuthorization,
        person: &Person,
    ) -> Result<Result<(), NotAuthorized>, E> {
        const CONNECTED: &str = "Your device is connected";
        Ok(match self.walk(device.address(), person)? {
            Err(NotAuthorized::Page { heading, .. }) if heading == CONNECTED => Ok(()),
            Err(other) => Err(other),
            Ok(_) => Err(NotAuthorized::Foreign("The page for devices led elsewhere")),
        })
    }

    /// Asks for the tokens of a device.
    ///
    /// # Errors
    /// When there is no answer; that nobody has allowed it yet is one.
    pub fn poll(&mut self, device: &DeviceAuthorization) -> Result<TokenAnswer, E> {
        self.token(&TokenRequest {
            grant: TokenGrant::DeviceCode(device.device_code.clone()),
            scope: None,
            audience: None,
        })
    }

    /// Asks what a token is worth (RFC 7662).
    ///
    /// # Errors
    /// When there is no answer, or the server has no such endpoint.
    pub fn introspect(&mut self, token: &Secret) -> Result<Exchange, E> {
        let endpoint = &self.metadata.endpoints.introspection;
        let endpoint = self.metadata.required(endpoint, "introspection_endpoint")?;
        let sent = (self.present)()?.post_token(endpoint, token);
        self.exchange("Introspect", &sent)
    }

    /// Gives a token up (RFC 7009).
    ///
    /// # Errors
    /// When there is no answer, or the server has no such endpoint.
    pub fn revoke(&mut self, token: &Secret) -> Result<Exchange, E> {
        let endpoint = &self.metadata.endpoints.revocation;
        let endpoint = self.metadata.required(endpoint, "revocation_endpoint")?;
        let sent = (self.present)()?.post_token(endpoint, token);
        self.exchange("Revoke", &sent)
    }

    fn exchange(&mut self, name: &str, request: &Request) -> Result<Exchange, E> {
        let answer = exchange(request)?;
        (self.seen)(Step {
            name: name.to_owned(),
            exchange: Some(answer.clone()),
        });
        Ok(answer)
    }
}

/// The nonce that the server wants to see in the next proof (RFC 9449 §8).
fn wanted_nonce(answer: &Exchange) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.received_body).ok()?;
    let is_wanted = body.get("error")?.as_str()? == "use_dpop_nonce";
    let nonce = answer.received("dpop-nonce").next()?;
    is_wanted.then(|| nonce.to_owned())
}
