//! Why an exchange did not come about, in two halves: what happened, and what to do.

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address is no URL with a host.
    #[error("{0:?} is not a URL")]
    NotAUrl(String),
    /// Only plain HTTP is spoken so far.
    #[error("{0} is not http. This version speaks plain HTTP to loopback only")]
    NotHttp(String),
    /// Documents of registrations come over TLS only.
    #[error("{0} is not https")]
    NotHttps(String),
    /// The other end is not who it should be, or does not speak TLS.
    #[error("{0} cannot be reached securely: {1}")]
    NotSecure(String, String),
    /// An address that only this machine or its network can reach.
    #[error("{0} is on this machine or in a private network")]
    Private(String),
    /// Plain HTTP goes to this machine only.
    #[error("{0} is not on this machine. Plain HTTP would show the secret to the network")]
    NotLoopback(String),
    /// Nobody answers there.
    #[error("Nobody answers at {0}: {1}")]
    NoConnection(String, String),
    /// Somebody was there and said nothing.
    #[error("{0} closed the connection without an answer")]
    NoAnswer(String),
    /// It took too long.
    #[error("{0} did not answer within {1} s")]
    TooSlow(String, u64),
    /// The answer is too large.
    #[error("The answer of {0} is larger than {1} KB")]
    TooLarge(String, usize),
    /// The answer is no HTTP.
    #[error("{0} did not answer in HTTP: {1}")]
    NotUnderstood(String, String),
    /// The answer is not what it should be.
    #[error("{0} answered {1}")]
    Unexpected(String, String),
    /// A private key that cannot sign.
    #[error("The private key cannot be used: {0}")]
    Key(&'static str),
    /// The operating system refused.
    #[error("The request could not be made: {0}")]
    System(String),
}

impl OutboundError {
    /// What to do about it where a document of a client was fetched.
    pub const fn advice_for_document(&self) -> &'static str {
        match self {
            Self::NotAUrl(_) => "Write it as https://app.example.com/client.json",
            Self::Private(_) => {
                "Use a public address, or import it by command with --allow-private-addresses"
            }
            Self::NoConnection(..) => "Check the host and port, and that this machine is on the network",
            Self::TooLarge(..) | Self::NotUnderstood(..) | Self::Unexpected(..) => {
                "Check that the client's metadata lies at exactly this address, in at most 256 KB; redirects are not followed"
            }
            other => other.advice(),
        }
    }

    /// What to do about it.
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::NotAUrl(_) => "Write it as http://127.0.0.1:9400",
            Self::NotHttp(_) | Self::NotLoopback(_) => {
                "Use an issuer on loopback, such as http://127.0.0.1:9400, or the copied curl command"
            }
            Self::NotHttps(_) => "Write an address that begins with https://",
            Self::NotSecure(..) => {
                "Check the certificate of the other end, and that this machine trusts its authority"
            }
            Self::Private(_) => "Use a public address, or start the server with --allow-private-addresses",
            Self::NoConnection(..) => "Start the server, or check the issuer's host and port",
            Self::NoAnswer(_) => {
                "Try again; where the request must not be carried out twice, look first whether it was"
            }
            Self::TooSlow(..) => "Check that the server is well, then try again",
            Self::TooLarge(..) | Self::NotUnderstood(..) | Self::Unexpected(..) => {
                "Check that the issuer is an authorization server"
            }
            Self::Key(_) => {
                "Give the key that belongs to the client's jwks as PEM (PKCS #8), which begins with -----BEGIN PRIVATE KEY-----. \
                 openssl pkcs8 -topk8 -nocrypt -in FILE writes it so"
            }
            Self::System(_) => "Close other programs, then try again",
        }
    }
}
