//! `chancery serve`.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::registration_token::{Scopes, parse_scopes};
use super::{Failure, GlobalArgs, Outcome, output};
use crate::outbound::Fetcher;
use crate::protocol::Issuer;
use crate::protocol::client_certificate::ClientAuthorities;
use crate::protocol::registration::RegistrationMode;
use crate::server::{
    Listen, OnRequest, Options, RunningServer, Server, ServerError, Tls, Trust, USUAL_ADDRESS,
};

/// Where clients with certificates come unless told otherwise.
const USUAL_MUTUAL_ADDRESS: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9401));

/// Request lines that wait for standard error. If nobody reads it, lines are lost rather than answers held up.
const LINES_WAITING: usize = 1_024;
/// How long the last of them may take when the server has ended.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Serve tokens to the registry's clients, until Ctrl+C
///
/// Plain HTTP, on this machine only, unless told otherwise. What it offers is told by its metadata, at
/// /.well-known/oauth-authorization-server.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct ServeArgs {
    /// Where to listen, a loopback address [default: 127.0.0.1:9400, or a free port if that is taken]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// The issuer of the tokens, where a proxy serves this address under another name [default: the address]
    #[arg(long, value_name = "URL", value_parser = Issuer::parse)]
    issuer: Option<Issuer>,
    /// Speak TLS, with a certificate of an authority that this registry makes for itself; says how to trust it
    #[arg(long)]
    tls: bool,
    /// Where clients come that authenticate with a certificate [default: 127.0.0.1:9401, or a free port]
    #[arg(long, value_name = "ADDRESS", requires = "tls")]
    mtls_listen: Option<SocketAddr>,
    /// The authorities, in PEM, whose word counts for tls_client_auth
    #[arg(long, value_name = "FILE", requires = "tls")]
    client_ca: Option<PathBuf>,
    /// Let other machines come, where --listen names an address that they reach
    #[arg(long, requires = "tls")]
    allow_remote: bool,
    /// Let a client's jwks_uri lie on this machine or in a private network
    #[arg(long)]
    allow_private_addresses: bool,
    /// Who may register clients by a request to /register
    #[arg(long, value_enum, value_name = "WHO", default_value_t)]
    registration: Registration,
    /// The scopes that such clients may have at the most, with spaces between [default: openid profile email
    /// offline_access]
    #[arg(long, value_name = "SCOPES", value_parser = parse_scopes)]
    dynamic_scopes: Option<Scopes>,
    /// Demand a nonce of this server in every DPoP proof (RFC 9449 §8)
    #[arg(long)]
    require_dpop_nonce: bool,
}

/// Who may register clients by a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Registration {
    /// Nobody
    #[default]
    Off,
    /// Whoever holds an initial access token: see chancery registration-token
    Token,
    /// Whoever can reach the server
    Open,
}

const HELP: &str = "\
Examples:
  chancery serve
  chancery serve --listen 127.0.0.1:0                on any free port
  chancery serve --issuer https://auth.example.com   behind a proxy with TLS
  chancery serve --registration token                clients register themselves
  chancery serve --tls                               with TLS and mutual TLS
  curl -u ID:SECRET -d grant_type=client_credentials http://127.0.0.1:9400/token

Each request is told in a line on standard error, without its secret.";

impl ServeArgs {
    pub(super) fn run(self, global: &GlobalArgs) -> Outcome {
        if global.read_only && self.registration != Registration::Off {
            return Err(Failure::new(
                "The registry is open read-only, so no client can be registered",
                "Leave out --read-only, or --registration",
            ));
        }
        let registry = global.open_or_create()?;
        let authority_file = with_ending(registry.path(), "authority.pem");
        let mut options = Options::new(registry, global.act().by);
        if let Some(address) = self.listen {
            options.listen = Listen::Only(address);
        }
        options.tls = self.tls_options()?;
        options.issuer = self.issuer;
        options.fetcher = Fetcher::new(self.allow_private_addresses);
        options.registration.mode = match self.registration {
            Registration::Off => RegistrationMode::Off,
            Registration::Token => RegistrationMode::Token,
            Registration::Open => RegistrationMode::Open,
        };
        if let Some(Scopes(scopes)) = self.dynamic_scopes {
            options.registration.scopes = scopes;
        }
        options.require_dpop_nonce = self.require_dpop_nonce;
        let (on_request, written) = request_lines()?;
        options.on_request = Some(on_request);
        let stopped = Stop::prepare()?;
        let server = Server::start(options)?;
        announce(&server, self.listen.is_none());
        if self.registration == Registration::Open {
            output::remark(
                "warning: whoever can reach this address can register clients. With --registration token they need a token",
            );
        }
        if let Some(trust) = server.trust() {
            tell_how_to_trust(trust, &authority_file)?;
        }
        stopped.wait();
        server.stop();
        // Unless nobody reads them.
        let _told = written.recv_timeout(LAST_LINES);
        output::remark("Chancery has stopped serving");
        Ok(())
    }
}

impl ServeArgs {
    fn tls_options(&self) -> Result<Option<Tls>, Failure> {
        if !self.tls {
            return Ok(None);
        }
        let client_authorities = match &self.client_ca {
            None => None,
            Some(file) => {
                let unusable = |why: String| {
                    Failure::new(
                        format!("{}: {why}", file.display()),
                        "Name a file with the certificates of authorities in PEM",
                    )
                };
                let pem = std::fs::read(file).map_err(|error| unusable(error.to_string()))?;
                Some(ClientAuthorities::from_pem(&pem).map_err(|error| unusable(error.to_string()))?)
            }
        };
        Ok(Some(Tls {
            mutual: self
                .mtls_listen
                .map_or(Listen::Preferably(USUAL_MUTUAL_ADDRESS), Listen::Only),
            client_authorities,
            allow_remote: self.allow_remote,
        }))
    }
}

/// Writes the authority's certificate beside the registry: it is public, and clients are given a file.
fn tell_how_to_trust(trust: &Trust, file: &Path) -> Outcome {
    std::fs::write(file, &trust.pem).map_err(|error| {
        Failure::new(
            format!("{} cannot be written: {error}", file.display()),
            "Make room, or take the write protection away",
        )
    })?;
    let file = file.display();
    output::remark(&format!(
        "  {} for clients that authenticate with a certificate",
        trust.mutual.as_str()
    ));
    output::remark(&format!(
        "To trust it, give clients the certificate of its authority, which vouches for {} and for nothing else:",
        trust.host
    ));
    output::remark(&format!("  {file}"));
    output::remark(&format!("  SHA-256 {}", trust.fingerprint));
    output::remark(&format!("  curl --cacert {file}"));
    output::remark(&format!(
        "  NODE_EXTRA_CA_CERTS={file}  SSL_CERT_FILE={file}  REQUESTS_CA_BUNDLE={file}"
    ));
    output::remark(&format!(
        "  Debian: sudo cp {file} /usr/local/share/ca-certificates/chancery.crt && sudo update-ca-certificates"
    ));
    Ok(())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

fn announce(server: &RunningServer, usual: bool) {
    output::remark(&format!("Chancery serves {}", server.issuer().as_str()));
    if usual && server.address() != USUAL_ADDRESS {
        output::remark(&format!("  {USUAL_ADDRESS} is taken, so this is another port"));
    }
    let own = [
        Issuer::of_address(server.address()),
        Issuer::of_secure_address(server.address()),
    ];
    if !own.contains(server.issuer()) {
        output::remark(&format!("  listening on {}", server.address()));
    }
    for endpoint in server.endpoints() {
        output::remark(&format!("  {endpoint}"));
    }
}

/// Writes request lines on a thread of their own: an answer waits for no terminal. Tells when the last one is written, after
/// the server has ended.
fn request_lines() -> Result<(OnRequest, Receiver<()>), Failure> {
    let (lines, waiting) = sync_channel::<String>(LINES_WAITING);
    let (done, written) = sync_channel(1);
    std::thread::Builder::new()
        .name("request-lines".to_owned())
        .spawn(move || {
            waiting.into_iter().for_each(|line| output::remark(&line));
            let _ = done.send(());
        })
        .map_err(|error| Failure::from(ServerError::Threads(error)))?;
    let on_request: OnRequest = Arc::new(move |request| {
        let _lost_when_full = lines.try_send(request.to_string());
    });
    Ok((on_request, written))
}

/// The signals that end the server. They are caught before it starts, so that none is missed.
struct Stop {
    runtime: tokio::runtime::Runtime,
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Stop {
    fn prepare() -> Result<Self, Failure> {
        let failed = |error| Failure::from(ServerError::Threads(error));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        #[cfg(unix)]
        let signals = {
            use tokio::signal::unix::{SignalKind, signal};
            let _within = runtime.enter();
            [
                signal(SignalKind::interrupt()).map_err(failed)?,
                signal(SignalKind::terminate()).map_err(failed)?,
            ]
        };
        Ok(Self {
            runtime,
            #[cfg(unix)]
            signals,
        })
    }

    #[cfg(unix)]
    fn wait(self) {
        let [mut interrupt, mut terminate] = self.signals;
        self.runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
    }

    #[cfg(not(unix))]
    fn wait(self) {
        let _no_more_signals = self.runtime.block_on(tokio::signal::ctrl_c());
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::new(error.to_string(), error.advice())
    }
}
