//! Clients that authenticate with a certificate in the TLS handshake (RFC 8705): whose it is, and the tokens that are bound
//! to it.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{RootCertStore, crypto};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use crate::client::{AuthMethod, ClientDraft};
use crate::registry::KeyThumbprint;

/// A certificate whose private key the peer has proven to hold: the handshake checks that. Nothing else of it is believed
/// yet.
#[derive(Clone, Debug)]
pub struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
}

/// The authorities whose word counts for `tls_client_auth`.
#[derive(Clone, Debug)]
pub struct ClientAuthorities(Arc<dyn ClientCertVerifier>);

/// Why a file of authorities cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientAuthoritiesError {
    /// It holds none.
    #[error("The file has no certificate in PEM")]
    None,
    /// One of them is no authority.
    #[error("A certificate in the file cannot be used: {0}")]
    Unusable(String),
}

impl ClientAuthorities {
    /// Reads certificates from PEM (RFC 7468).
    ///
    /// # Errors
    /// [`ClientAuthoritiesError`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, ClientAuthoritiesError> {
        let unusable = |why: String| ClientAuthoritiesError::Unusable(why);
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots
                .add(certificate)
                .map_err(|error| unusable(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(ClientAuthoritiesError::None);
        }
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .map(Self)
            .map_err(|error| unusable(error.to_string()))
    }
}

impl ClientCertificate {
    /// What a peer presented: its certificate, and those that lead to an authority.
    pub fn of(chain: &[CertificateDer<'_>]) -> Option<Self> {
        let chain: Vec<_> = chain.iter().map(|one| one.clone().into_owned()).collect();
        (!chain.is_empty()).then_some(Self { chain })
    }

    /// What `x5t#S256` carries (RFC 8705 §3.1): `SHA-256(DER)`.
    pub fn thumbprint(&self) -> KeyThumbprint {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, self.own()).as_ref());
        thumbprint
    }

    /// Whether it authenticates a client, by the method that the client registered. `keys` are those that it registered.
    ///
    /// # Errors
    /// Why not, for the server's owner.
    pub fn proves(
        &self,
        client: &ClientDraft,
        keys: &[Jwk],
        authorities: Option<&ClientAuthorities>,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let certificate =
            Certificate::from_der(self.own()).map_err(|_| "the client's certificate cannot be read")?;
        is_in_time(&certificate, now)?;
        match client.token_endpoint_auth_method {
            AuthMethod::SelfSignedTlsClientAuth => {
                let is_registered = keys.iter().any(|key| self.is_of(key, &certificate));
                is_registered
                    .then_some(())
                    .ok_or("the certificate is none of those in the client's keys (jwks or jwks_uri)")
            }
            AuthMethod::TlsClientAuth => {
                let authorities = authorities
                    .ok_or("no authority for clients' certificates is trusted here (--client-ca)")?;
                self.is_vouched_for(authorities, now)?;
                names(&certificate, client)
                    .then_some(())
                    .ok_or("the certificate's subject is not the registered one")
            }
            _ => Err("a certificate is not the method the client registered"),
        }
    }

    /// A key is the certificate's where its `x5c` holds that very certificate, or, without one, where it is the same public
    /// key (RFC 8705 §2.2).
    fn is_of(&self, key: &Jwk, certificate: &Certificate) -> bool {
        match key.common.x509_chain.as_ref().and_then(|chain| chain.first()) {
            Some(registered) => STANDARD.decode(registered).is_ok_and(|held| held == self.own()),
            None => is_public_key(key, certificate),
        }
    }

    fn is_vouched_for(&self, authorities: &ClientAuthorities, now: Timestamp) -> Result<(), &'static str> {
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let (own, others) = self.chain.split_first().ok_or("there is no certificate")?;
        let verified = authorities.0.verify_client_cert(own, others, now);
        verified
            .map(drop)
            .map_err(|_| "no authority that is trusted here (--client-ca) vouches for the certificate")
    }

    fn own(&self) -> &[u8] {
        self.chain.first().map(|own| own.as_ref()).unwrap_or_default()
    }
}

fn is_in_time(certificate: &Certificate, now: Timestamp) -> Result<(), &'static str> {
    let validity = certificate.tbs_certificate().validity();
    let seconds =
        |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let now = now.as_second();
    if now < seconds(validity.not_before) {
        return Err("the client's certificate is not yet valid");
    }
    if now > seconds(validity.not_after) {
        return Err("the client's certificate has expired");
    }
    Ok(())
}

/// Whether the certificate is of the one subject that is registered (RFC 8705 §2.1.2).
fn names(certificate: &Certificate, client: &ClientDraft) -> bool {
    let tbs = certificate.tbs_certificate();
    if let Some(registered) = &client.tls_client_auth_subject_dn {
        return Name::from_str(registered).is_ok_and(|name| is_same_name(&name, tbs.subject()));
    }
    let alternatives = match tbs.get_extension::<SubjectAltName>() {
        Ok(Some((_, names))) => names.0,
        _ => return false,
    };
    let is = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => {
            let registered = client.tls_client_auth_san_dns.as_deref();
            registered.is_some_and(|registered| registered.eq_ignore_ascii_case(name.as_str()))
        }
        GeneralName::UniformResourceIdentifier(uri) => {
            client.tls_client_auth_san_uri.as_deref() == Some(uri.as_str())
        }
        GeneralName::Rfc822Name(mail) => client.tls_client_auth_san_email.as_deref() == Some(mail.as_str()),
        GeneralName::IpAddress(octets) => {
            let registered = client.tls_client_auth_san_ip.as_deref();
            let registered = registered.and_then(|ip| ip.parse::<IpAddr>().ok());
            // Two that are none are not the same address.
            registered.is_some_and(|registered| address(octets.as_bytes()) == Some(registered))
        }
        _ => false,
    };
    alternatives.iter().any(is)
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    }
}

/// The same attributes with the same text in the same order. How a text is encoded does not matter: RFC 4514, in which it
/// is registered, does not say it.
fn is_same_name(registered: &Name, presented: &Name) -> bool {
    let parts = |name: &Name| -> Vec<Vec<(String, Vec<u8>)>> {
        let of_rdn = |rdn: &x509_cert::name::RelativeDistinguishedName| {
            let mut parts: Vec<_> = rdn
                .iter()
                .map(|part| (part.oid.to_string(), part.value.value().to_vec()))
                .collect();
            parts.sort();
            parts
        };
        name.iter_rdn().map(of_rdn).collect()
    };
    let registered = parts(registered);
    !registered.is_empty() && registered == parts(presented)
}

/// Whether a certificate's public key is a registered one.
fn is_public_key(key: &Jwk, certificate: &Certificate) -> bool {
    let public = certificate.tbs_certificate().subject_public_key_info();
    let Some(bytes) = public.subject_public_key.as_bytes() else {
        return false;
    };
    let is = |text: &str, bytes: &[u8]| URL_SAFE_NO_PAD.decode(text).is_ok_and(|held| held == bytes);
    match &key.algorithm {
        // RFC 5480 §2.2: an uncompressed point is 4, then both coordinates.
        AlgorithmParameters::EllipticCurve(point) => match bytes.split_first() {
            Some((4, both)) => {
                let (x, y) = both.split_at(both.len() / 2);
                is(&point.x, x) && is(&point.y, y)
            }
            _ => false,
        },
        AlgorithmParameters::RSA(registered) => {
            let presented = Jwk::from_decoding_key(&DecodingKey::from_rsa_der(bytes), None);
            presented.is_ok_and(|presented| {
                matches!(&presented.algorithm, AlgorithmParameters::RSA(key)
                    if key.n == registered.n && key.e == registered.e)
            })
        }
        AlgorithmParameters::OctetKeyPair(pair) => is(&pair.x, bytes),
        _ => false,
    }
}
