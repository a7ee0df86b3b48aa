//! TLS, on a port of its own for clients that authenticate with a certificate (RFC 8705): a browser that comes to the other
//! one is never asked for one.

use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};

use crate::protocol::certificate_authority::ServerCertificate;

/// How the two ports answer a handshake.
pub struct Acceptors {
    /// For everyone.
    pub usual: TlsAcceptor,
    /// Asks for a certificate.
    pub mutual: TlsAcceptor,
}

impl Acceptors {
    /// Both answer with the same certificate.
    ///
    /// # Errors
    /// When certificate and key do not go together.
    pub fn new(certificate: &ServerCertificate) -> Result<Self, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let anyone = AnyCertificate(provider.signature_verification_algorithms);
        let config = |verifier: Option<AnyCertificate>| -> Result<TlsAcceptor, Error> {
            let builder = ServerConfig::builder_with_provider(Arc::clone(&provider) as Arc<CryptoProvider>)
                .with_safe_default_protocol_versions()?;
            let builder = match verifier {
                Some(verifier) => builder.with_client_cert_verifier(Arc::new(verifier)),
                None => builder.with_no_client_auth(),
            };
            let chain = certificate
                .chain
                .iter()
                .map(|one| CertificateDer::from(one.clone()));
            let key = PrivatePkcs8KeyDer::from(certificate.key.to_vec());
            let mut config = builder.with_single_cert(chain.collect(), key.into())?;
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            Ok(TlsAcceptor::from(Arc::new(config)))
        };
        Ok(Self {
            usual: config(None)?,
            mutual: config(Some(anyone))?,
        })
    }
}

/// Lets every certificate in whose private key the peer proves to hold. Whose it is, is decided when a request says which
/// client it comes from: some registered a certificate that no authority vouches for.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyCertificate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
