//! Why the server does not start, in two halves: what happened, and what to do.

use std::io;
use std::net::SocketAddr;

use crate::client::{AuthMethod, ClientId};
use crate::protocol::certificate_authority::CertificateError;
use crate::protocol::signing_key::KeysError;
use crate::protocol::test_credentials::TestKeyError;
use crate::registry::RegistryError;

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Somebody else listens there.
    #[error("{0} is taken by another program")]
    PortTaken(SocketAddr),
    /// The address is not one of this machine's, or may not be used.
    #[error("The server cannot listen on {0}: {1}")]
    Listen(SocketAddr, io::Error),
    /// Plain HTTP goes over loopback only.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// A server that speaks TLS and says otherwise, or answers for no address in particular.
    #[error("{0} cannot be the issuer of a server that speaks TLS at its own address")]
    NotItsIssuer(String),
    /// There is no certificate to show.
    #[error(transparent)]
    Certificate(Box<CertificateError>),
    /// The certificate cannot be used.
    #[error("The server cannot speak TLS: {0}")]
    Tls(tokio_rustls::rustls::Error),
    /// The registry cannot be used.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There are no keys to sign with.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The system gives no random bytes.
    #[error("The operating system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
    /// The system gives no threads.
    #[error("The operating system gives no threads for the server: {0}")]
    Threads(io::Error),
}

impl ServerError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::PortTaken(_) => "Stop the other program, or choose another port".to_owned(),
            Self::Listen(..) => "Choose another address, such as 127.0.0.1:9400".to_owned(),
            Self::NotLoopback(_) => {
                "Secrets would cross the network in clear. Listen on 127.0.0.1 or [::1]; --tls with --allow-remote \
                 lets other machines in"
                    .to_owned()
            }
            Self::NotItsIssuer(_) => {
                "Name the URL by which clients come with --issuer, such as https://auth.example.com:9400".to_owned()
            }
            Self::Certificate(error) => error.advice(),
            Self::Tls(_) => "Report this: the program has made a certificate that it cannot use".to_owned(),
            Self::Registry(error) => error.advice(),
            Self::Keys(error) => error.advice(),
            Self::Randomness(_) | Self::Threads(_) => {
                "Close other programs or restart the machine".to_owned()
            }
        }
    }
}

/// Why no fault is armed.
#[derive(Debug, thiserror::Error)]
pub enum ArmError {
    /// There is no such client.
    #[error("There is no client {0}")]
    UnknownClient(ClientId),
    /// It is switched off.
    #[error("The client is disabled, so it gets no answer that a fault could spoil")]
    Disabled,
    /// It breaks rules.
    #[error("The client is held, so it gets no answer that a fault could spoil")]
    Held,
    /// Nothing would ever use it up.
    #[error("The client has no device that could be told to slow down")]
    NeverUsed,
    /// The key of the fault could not be made.
    #[error("The fault cannot be armed: {0}")]
    Key(#[from] KeysError),
    /// The client could not be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl ArmError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::UnknownClient(_) => "Choose a client of this registry".to_owned(),
            Self::Disabled => "Enable the client first".to_owned(),
            Self::Held => "Put its registration right first".to_owned(),
            Self::NeverUsed => "Add device code to its grants, or choose another fault".to_owned(),
            Self::Key(error) => error.advice(),
            Self::Registry(error) => error.advice(),
        }
    }
}

/// Why there is no test credential.
#[derive(Debug, thiserror::Error)]
pub enum TestCredentialError {
    /// There is no such client.
    #[error("There is no client {0}")]
    UnknownClient(ClientId),
    /// There is no such test user.
    #[error("There is no test user {0}")]
    UnknownUser(String),
    /// It is switched off.
    #[error("The client is disabled")]
    Disabled,
    /// It breaks rules.
    #[error("The client is held: its registration breaks rules")]
    Held,
    /// Its method has no test credential.
    #[error("There is no test credential for {0}")]
    Method(AuthMethod),
    /// There is no key pair to try it out with.
    #[error("There is no test credential: {0}")]
    Key(#[from] TestKeyError),
    /// The history could not be written.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The system gives no random bytes.
    #[error("The operating system gives no random bytes: {0}")]
    Randomness(getrandom::Error),
    /// The server is stopping.
    #[error("The server has stopped")]
    Stopped,
}

impl TestCredentialError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::UnknownClient(_) => "Choose a client of this registry".to_owned(),
            Self::UnknownUser(_) => {
                "Choose one of the test users on the Server screen, or add one".to_owned()
            }
            Self::Disabled => "Enable the client first".to_owned(),
            Self::Held => "Put its registration right first".to_owned(),
            Self::Key(TestKeyError::Key(error)) => error.advice(),
            Self::Method(_) | Self::Key(TestKeyError::Algorithm(_)) => {
                "Use the client's own credentials".to_owned()
            }
            Self::Registry(error) => error.advice(),
            Self::Randomness(_) => "Restart the machine".to_owned(),
            Self::Stopped => "Start the server again".to_owned(),
        }
    }
}
