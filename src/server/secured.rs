//! What a server needs that speaks TLS: its certificate, its second port, and what it tells people to trust.

use std::net::TcpListener;

use super::app::MutualTls;
use super::running::listen_on;
use super::tls::Acceptors;
use super::{ServerError, Tls};
use crate::protocol::Issuer;
use crate::protocol::certificate_authority::{CertificateAuthority, CertificateError};
use crate::registry::{Act, Registry};

/// What clients must trust to come in.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The authority's certificate in PEM.
    pub pem: String,
    /// Its SHA-256.
    pub fingerprint: String,
    /// For whom it vouches, in words.
    pub host: String,
    /// Where clients come that authenticate with a certificate.
    pub mutual: Issuer,
}

/// Everything, made before the server starts.
pub struct Secured {
    doorway: Doorway,
    mutual_tls: MutualTls,
}

/// The part that the accept loop needs.
pub struct Doorway {
    /// The port for mutual TLS.
    pub mutual: TcpListener,
    /// Under which name it answers there.
    pub reached_as: Issuer,
    /// How both ports shake hands.
    pub acceptors: Acceptors,
    /// What people are told.
    pub trust: Trust,
}

impl Secured {
    /// Opens the second port, and has a certificate made for the issuer's host.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn new(tls: Tls, registry: &Registry, issuer: &Issuer, act: &Act) -> Result<Self, ServerError> {
        if !issuer.is_https() || issuer.is_unspecified() {
            return Err(ServerError::NotItsIssuer(issuer.as_str().to_owned()));
        }
        let authority = CertificateAuthority::open(registry, issuer, act)?;
        let certificate = authority.vouch(issuer, act.at)?;
        let acceptors = Acceptors::new(&certificate).map_err(ServerError::Tls)?;
        let (mutual, address) = listen_on(tls.mutual, tls.allow_remote)?;
        let reached_as = issuer.at_port(address.port());
        Ok(Self {
            doorway: Doorway {
                mutual,
                reached_as: reached_as.clone(),
                acceptors,
                trust: Trust {
                    pem: authority.pem(),
                    fingerprint: authority.fingerprint(),
                    host: authority.host().to_owned(),
                    mutual: reached_as.clone(),
                },
            },
            mutual_tls: MutualTls {
                reached_as,
                authorities: tls.client_authorities,
            },
        })
    }

    /// For the accept loop, and for the endpoints.
    pub fn split(self) -> (Doorway, MutualTls) {
        (self.doorway, self.mutual_tls)
    }
}

impl From<CertificateError> for ServerError {
    fn from(error: CertificateError) -> Self {
        Self::Certificate(Box::new(error))
    }
}
