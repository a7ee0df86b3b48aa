//! What the endpoints share, and the way of one request through them.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use jiff::Timestamp;
use tower::ServiceExt;

use super::answer::{Remark, error_answer};
use super::client_keys::ClientKeys;
use super::readers::{Readers, Seen};
use super::registration::Registrations;
use super::request_log::{LoggedRequest, RequestLog, known_method, known_path};
use super::writer::Writer;
use super::{
    Clock, Limits, OnRequest, authorize, client_configuration, consent, cors, device, device_authorization,
    host, introspect, jwks, login, logout, metadata, par, register, registration, resource, revoke, token,
    userinfo,
};
use crate::client::ClientId;
use crate::protocol::client_authentication::Authenticator;
use crate::protocol::client_certificate::{ClientAuthorities, ClientCertificate};
use crate::protocol::dpop::thumbprint_text;
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::fault::Faults;
use crate::protocol::interaction::Interactions;
use crate::protocol::keys::SigningKeys;
use crate::protocol::polls::Polls;
use crate::protocol::session::Sessions;
use crate::protocol::sign_in::SignIn;
use crate::protocol::signing_key::KeysError;
use crate::protocol::subject::Subjects;
use crate::protocol::test_password::TestPasswords;
use crate::protocol::user_code::UserCodes;
use crate::protocol::{Issuer, metadata as documents};
use crate::registry::{Client, KeyThumbprint, Registry, RegistryError};

/// Everything that an endpoint may use.
pub struct App {
    pub(super) issuer: Issuer,
    /// The port for mutual TLS, and whose certificates count there.
    pub(super) mutual_tls: Option<MutualTls>,
    pub(super) authenticator: Authenticator,
    pub(super) readers: Readers,
    pub(super) writer: Writer,
    pub(super) clock: Clock,
    pub(super) on_request: Option<OnRequest>,
    pub(super) requests: RequestLog,
    pub(super) limits: Limits,
    pub(super) subjects: Subjects,
    pub(super) client_keys: ClientKeys,
    pub(super) nonces: Nonces,
    pub(super) interactions: Interactions,
    pub(super) sessions: Mutex<Sessions>,
    pub(super) sign_in: SignIn,
    pub(super) test_passwords: TestPasswords,
    pub(super) registrations: Registrations,
    pub(super) user_codes: UserCodes,
    pub(super) polls: Polls,
    pub(super) faults: Faults,
}

/// How clients come that authenticate with a certificate.
#[derive(Debug)]
pub struct MutualTls {
    /// Where.
    pub reached_as: Issuer,
    /// Who vouches for them.
    pub authorities: Option<ClientAuthorities>,
}

/// Where a request came from.
#[derive(Clone, Debug)]
pub struct Peer {
    /// From which address.
    pub address: SocketAddr,
    /// The certificate of its TLS handshake, if it showed one.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// Under which name a request came: the issuer, or the same at the port for mutual TLS.
#[derive(Clone, Debug)]
pub struct ReachedAs(pub Arc<Issuer>);

impl Peer {
    /// SHA-256 of the certificate that it showed (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> Option<KeyThumbprint> {
        self.certificate
            .as_ref()
            .map(|certificate| certificate.thumbprint())
    }

    /// The same as tokens carry it.
    pub fn thumbprint_text(&self) -> Option<String> {
        self.thumbprint().map(|thumbprint| thumbprint_text(&thumbprint))
    }
}

impl From<SocketAddr> for Peer {
    /// Without a certificate.
    fn from(address: SocketAddr) -> Self {
        Self {
            address,
            certificate: None,
        }
    }
}

impl App {
    /// The issuer.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The signing keys as the registry has them now. Where one that should be there is missing, a new one is being made.
    ///
    /// # Errors
    /// [`KeysError`] when they cannot be read or opened.
    pub fn keys(&self, now: Timestamp) -> Result<Arc<SigningKeys>, KeysError> {
        self.keys_of(&Seen::default(), now)
    }

    /// The same for a request that has looked at the registry already: what it saw then is as good.
    ///
    /// # Errors
    /// As [`App::keys`].
    pub fn keys_of(&self, seen: &Seen, now: Timestamp) -> Result<Arc<SigningKeys>, KeysError> {
        let keys = match seen.keys.as_ref().filter(|keys| keys.hold_at(now)) {
            Some(keys) => Arc::clone(keys),
            None => self.readers.keys(now)?,
        };
        if !keys.are_complete() {
            self.writer.make_missing_keys(now);
        }
        Ok(keys)
    }

    /// Who decides client authentication.
    pub fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    /// Who changes the registry.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// Whether some active client lists an origin of web pages.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be read.
    pub fn lists_origin(&self, origin: &str) -> Result<bool, RegistryError> {
        self.readers.lists_origin(origin)
    }

    /// The client as the registry has it now.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be read.
    pub fn client(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, RegistryError> {
        Ok(self.client_and_keys(client_id)?.client)
    }

    /// The client and, where one look shows them too, the signing keys.
    ///
    /// # Errors
    /// As [`App::client`].
    pub fn client_and_keys(&self, client_id: &ClientId) -> Result<Seen, RegistryError> {
        self.readers.client(client_id, self.now())
    }

    /// Reads the registry as it is now.
    ///
    /// # Errors
    /// [`RegistryError`] when it cannot be read.
    pub fn read<T>(
        &self,
        work: impl FnOnce(&Registry) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        self.readers.read(work)
    }

    /// Who is signed in.
    pub fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // Each change of it is one statement, so that a panic elsewhere leaves nothing half done.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request's way: for whom it is, to its endpoint, into the log.
#[derive(Clone)]
pub struct Entrance {
    app: Arc<App>,
    /// The issuer, or the same at the port for mutual TLS.
    reached_as: Arc<Issuer>,
    router: Router,
    endpoints: Arc<[String]>,
}

impl Entrance {
    /// The endpoints of one issuer, under its path.
    pub fn new(app: Arc<App>) -> Self {
        let path = app.issuer.path();
        let for_listed_origins = Router::new()
            .route(&format!("{path}{}", documents::TOKEN), post(token::endpoint))
            .route(&format!("{path}{}", documents::PAR), post(par::endpoint))
            .route(
                &format!("{path}{}", documents::DEVICE_AUTHORIZATION),
                post(device_authorization::endpoint),
            )
            .route(
                &format!("{path}{}", documents::INTROSPECT),
                post(introspect::endpoint),
            )
            .route(&format!("{path}{}", documents::REVOKE), post(revoke::endpoint))
            .route(
                &format!("{path}{}", documents::USERINFO),
                get(userinfo::endpoint).post(userinfo::endpoint),
            )
            .method_not_allowed_fallback(method_not_allowed)
            .layer(from_fn_with_state(Arc::clone(&app), cors::for_listed_origins));
        let resource = format!("{path}{}/{{slug}}", documents::RESOURCE);
        let resources = Router::new()
            .route(&resource, any(resource::endpoint))
            .route(&format!("{resource}/"), any(resource::endpoint))
            .route(&format!("{resource}/{{*path}}"), any(resource::endpoint))
            .layer(from_fn_with_state(
                Arc::clone(&app),
                cors::for_listed_origins_by_any_method,
            ));
        let registering = Router::new()
            .route(
                &format!("{path}{}", documents::REGISTER),
                post(register::endpoint),
            )
            .route(
                &format!("{path}{}/{{client_id}}", documents::REGISTER),
                get(client_configuration::get)
                    .put(client_configuration::put)
                    .delete(client_configuration::delete),
            )
            .method_not_allowed_fallback(method_not_allowed)
            .layer(from_fn_with_state(Arc::clone(&app), registration::only_while_on));
        let router = Router::new()
            .route(
                &format!("{path}{}", documents::AUTHORIZE),
                get(authorize::get).post(authorize::post),
            )
            .route(
                &format!("{path}{}", documents::LOGOUT),
                get(logout::get).post(logout::post),
            )
            .route(&format!("{path}{}", logout::CONFIRM_PATH), post(logout::confirm))
            .route(&format!("{path}{}", login::PATH), post(login::endpoint))
            .route(&format!("{path}{}", consent::PATH), post(consent::allow))
            .route(&format!("{path}{}", consent::DENY_PATH), post(consent::deny))
            .route(
                &format!("{path}{}", documents::DEVICE),
                get(device::get).post(device::post),
            )
            .route(&format!("{path}{}", device::ALLOW_PATH), post(device::allow))
            .route(&format!("{path}{}", device::DENY_PATH), post(device::deny))
            .route(
                &format!("{path}{}", documents::JWKS),
                get(jwks::endpoint).options(metadata::preflight),
            )
            .route(
                &documents::oauth_path(&app.issuer),
                get(metadata::oauth).options(metadata::preflight),
            )
            .route(
                &documents::openid_path(&app.issuer),
                get(metadata::openid).options(metadata::preflight),
            )
            .method_not_allowed_fallback(method_not_allowed)
            .merge(for_listed_origins)
            .merge(registering)
            .merge(resources)
            .fallback(not_found)
            .with_state(Arc::clone(&app));
        let mut endpoints = endpoints(&app.issuer, true);
        endpoints.push(app.issuer.endpoint(documents::RESOURCE));
        Self {
            reached_as: Arc::new(app.issuer.clone()),
            app,
            router,
            endpoints: endpoints.into(),
        }
    }

    /// The same at another port, under whose name alone it answers there.
    pub fn at(&self, reached_as: Issuer) -> Self {
        Self {
            reached_as: Arc::new(reached_as),
            ..self.clone()
        }
    }

    /// Answers one request.
    pub async fn serve(self, mut request: Request<Body>, peer: Peer) -> Result<Response<Body>, Infallible> {
        let start = Instant::now();
        let address = peer.address;
        let method = known_method(request.method()).to_owned();
        let path = known_path(request.uri().path(), &self.endpoints);
        request.extensions_mut().insert(peer);
        request
            .extensions_mut()
            .insert(ReachedAs(Arc::clone(&self.reached_as)));
        let mut answer = match host::check(&request, &self.reached_as) {
            Ok(()) => self.router.oneshot(request).await?,
            Err(refusal) => *refusal,
        };
        let Remark {
            client_id,
            reason,
            path: told_path,
            decision,
            ..
        } = answer.extensions_mut().remove().unwrap_or_default();
        let mut entry = LoggedRequest {
            number: 0,
            at: self.app.now(),
            took: start.elapsed(),
            peer: address,
            method,
            path: told_path.unwrap_or(path),
            status: answer.status().as_u16(),
            client_id,
            reason,
            decision,
        };
        match &self.app.on_request {
            None => {
                self.app.requests.add(entry);
            }
            Some(tell) => {
                entry.number = self.app.requests.add(entry.clone());
                tell(&entry);
            }
        }
        Ok(answer)
    }
}

/// There is nothing here.
pub async fn not_found() -> Response<Body> {
    error_answer(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is no endpoint at this path.",
    )
}

/// The router adds `Allow` (RFC 9110 §15.5.6).
async fn method_not_allowed() -> Response<Body> {
    error_answer(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        "This endpoint does not answer this method. See the Allow header.",
    )
}

/// The URLs of an issuer's endpoints, with that of registration where it is on.
pub fn endpoints(issuer: &Issuer, registers: bool) -> Vec<String> {
    let mut endpoints = vec![
        issuer.endpoint(documents::AUTHORIZE),
        issuer.endpoint(documents::PAR),
        issuer.endpoint(documents::DEVICE_AUTHORIZATION),
        issuer.endpoint(documents::DEVICE),
        issuer.endpoint(documents::TOKEN),
        issuer.endpoint(documents::INTROSPECT),
        issuer.endpoint(documents::REVOKE),
        issuer.endpoint(documents::USERINFO),
        issuer.endpoint(documents::LOGOUT),
        issuer.endpoint(documents::JWKS),
        documents::oauth_url(issuer),
        issuer.endpoint(documents::OPENID_CONFIGURATION),
    ];
    if registers {
        endpoints.push(issuer.endpoint(documents::REGISTER));
    }
    endpoints
}
