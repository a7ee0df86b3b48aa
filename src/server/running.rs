//! A server that runs: what can be asked of it, and how it ends.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use jiff::Timestamp;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::watch;
use zeroize::Zeroizing;

use super::accept::{self, Door};
use super::app::{App, Entrance};
use super::client_keys::ClientKeys;
use super::readers::Readers;
use super::registration::Registrations;
use super::request_log::{LoggedRequest, RequestLog};
use super::secured::{Doorway, Secured, Trust};
use super::writer::Writer;
use super::{Listen, Options, ServerError, TestCredentialError};
use crate::client::{AuthMethod, ClientId, Secret, Standing};
use crate::protocol::Issuer;
use crate::protocol::client_authentication::{Authenticator, Seed};
use crate::protocol::dpop_nonce::Nonces;
use crate::protocol::fault::Faults;
use crate::protocol::interaction::Interactions;
use crate::protocol::keys::SigningKeys;
use crate::protocol::polls::Polls;
use crate::protocol::registration::RegistrationPolicy;
use crate::protocol::sign_in::SignIn;
use crate::protocol::subject::Subjects;
use crate::protocol::test_credentials::TestKey;
use crate::protocol::test_password::TestPasswords;
use crate::protocol::user_code::UserCodes;
use crate::registry::{Act, action};

/// Threads that answer, at most; each has a connection to the registry.
const MOST_WORKERS: usize = 4;

/// A running server. It ends when it is stopped or dropped.
pub struct RunningServer {
    address: SocketAddr,
    trust: Option<Trust>,
    pub(super) app: Arc<App>,
    stop: watch::Sender<bool>,
    serving: Option<JoinHandle<()>>,
    writing: Option<JoinHandle<()>>,
}

impl RunningServer {
    pub(super) fn start(options: Options) -> Result<Self, ServerError> {
        let Options {
            registry,
            listen,
            issuer,
            tls,
            by,
            clock,
            on_request,
            fetcher,
            registration,
            require_dpop_nonce,
            limits,
        } = options;
        let registrations = Registrations::new(registration, !registry.is_read_only());
        let may_be_remote = tls.as_ref().is_some_and(|tls| tls.allow_remote);
        let (listener, address) = listen_on(listen, may_be_remote)?;
        let issuer = issuer.unwrap_or_else(|| match &tls {
            None => Issuer::of_address(address),
            Some(_) => Issuer::of_secure_address(address),
        });
        let at = clock();
        let secured = tls
            .map(|tls| Secured::new(tls, &registry, &issuer, &Act::new(&by, at)))
            .transpose()?;
        let keys = SigningKeys::open(&registry, &Act::new(&by, at))?;
        let authenticator = Authenticator::start(&seed()?, limits.failures).map_err(ServerError::Threads)?;
        let workers =
            std::thread::available_parallelism().map_or(2, |count| count.get().clamp(2, MOST_WORKERS));
        let readers = Readers::open(&registry, workers, keys)?;
        let subjects = Subjects::new(registry.vault().subject_key());
        let user_codes = UserCodes::new(registry.vault().user_code_key());
        let (writer, writing) =
            Writer::start(registry, by, Arc::clone(&clock)).map_err(ServerError::Threads)?;
        let (doorway, mutual_tls) = secured.map(Secured::split).unzip();
        let app = Arc::new(App {
            issuer,
            mutual_tls,
            authenticator,
            readers,
            writer,
            clock,
            on_request,
            requests: RequestLog::default(),
            limits,
            subjects,
            client_keys: ClientKeys::new(fetcher),
            nonces: Nonces::new(&process_key()?, require_dpop_nonce),
            interactions: Interactions::new(&process_key()?),
            sessions: Mutex::default(),
            sign_in: SignIn::default(),
            test_passwords: TestPasswords::new(&process_key()?),
            registrations,
            user_codes,
            polls: Polls::default(),
            faults: Faults::default(),
        });
        let (stop, stopped) = watch::channel(false);
        // Dropped, and so ended, where the last step fails.
        let mut running = Self {
            address,
            trust: doorway.as_ref().map(|doorway| doorway.trust.clone()),
            app: Arc::clone(&app),
            stop,
            serving: None,
            writing: Some(writing),
        };
        let serving = serve(listener, doorway, app, stopped, workers).map_err(ServerError::Threads)?;
        running.serving = Some(serving);
        Ok(running)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The issuer of its tokens.
    pub fn issuer(&self) -> &Issuer {
        &self.app.issuer
    }

    /// What clients must trust, where it speaks TLS.
    pub fn trust(&self) -> Option<&Trust> {
        self.trust.as_ref()
    }

    /// The URLs of its endpoints, for people.
    pub fn endpoints(&self) -> Vec<String> {
        super::app::endpoints(self.issuer(), self.app.registrations.are_on())
    }

    /// Decides anew who may register clients by a request. It counts from the next request on.
    pub fn set_registration(&self, policy: RegistrationPolicy) {
        self.app.registrations.set_policy(policy);
    }

    /// Makes a secret that this server, and no other, takes for this client for one hour, and says so in the history; for
    /// `private_key_jwt` a private key, as PEM, whose assertions it takes. `None` for a public client, which needs none.
    /// Waits for the registry: not for the thread that draws.
    ///
    /// # Errors
    /// [`TestCredentialError`].
    pub fn test_credential(
        &self,
        client_id: &ClientId,
        by: &str,
    ) -> Result<Option<Secret>, TestCredentialError> {
        let client = self.app.client(client_id)?;
        let client = client.ok_or_else(|| TestCredentialError::UnknownClient(client_id.clone()))?;
        match client.standing() {
            Standing::Active => {}
            Standing::Disabled => return Err(TestCredentialError::Disabled),
            Standing::Held => return Err(TestCredentialError::Held),
        }
        let draft = &client.draft;
        let (credential, public) = match draft.token_endpoint_auth_method {
            AuthMethod::None => return Ok(None),
            AuthMethod::PrivateKeyJwt => {
                let key = TestKey::generate(draft.token_endpoint_auth_signing_alg.as_deref())?;
                (key.private, Some(key.public))
            }
            method if method.uses_secret() => (random_secret()?, None),
            method => return Err(TestCredentialError::Method(method)),
        };
        let at = self.app.now();
        let note = format!("Good for one hour, at {} only", self.issuer().as_str());
        self.note_test(client_id, note, by, at)?;
        // Only what stands in the history is let in.
        let authenticator = &self.app.authenticator;
        match public {
            Some(public) => authenticator.admit_test_key(client_id.clone(), public, at),
            None => authenticator.admit_test_credential(client_id.clone(), &credential, at),
        }
        Ok(Some(credential))
    }

    /// Makes a password that this server, and no other, takes for a test user, once within a minute, so that a client can be
    /// tried out without anybody's own; and says so in the history of that client. Waits for the registry: not for the
    /// thread that draws.
    ///
    /// # Errors
    /// [`TestCredentialError`].
    pub fn test_password(
        &self,
        user: &str,
        client_id: &ClientId,
        by: &str,
    ) -> Result<Secret, TestCredentialError> {
        let known = self.app.read(|registry| registry.user(user))?;
        if known.is_none() {
            return Err(TestCredentialError::UnknownUser(user.to_owned()));
        }
        let password = random_secret()?;
        let at = self.app.now();
        let note = format!("Signs {user} in once, at {} only", self.issuer().as_str());
        self.note_test(client_id, note, by, at)?;
        self.app.test_passwords.admit(user.to_owned(), &password, at);
        Ok(password)
    }

    fn note_test(
        &self,
        client_id: &ClientId,
        note: String,
        by: &str,
        at: Timestamp,
    ) -> Result<(), TestCredentialError> {
        let by = by.to_owned();
        let act = Act::new(by, at);
        let noted = self
            .app
            .writer
            .note(client_id.clone(), action::ISSUE_TEST_CREDENTIAL, note, act);
        noted.map_err(|error| error.map_or(TestCredentialError::Stopped, TestCredentialError::Registry))
    }

    /// The last requests that were answered, the oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.requests_after(0)
    }

    /// Those of the last requests that came after a number.
    pub fn requests_after(&self, number: u64) -> Vec<LoggedRequest> {
        self.app.requests.after(number)
    }

    /// How many Argon2id with today's parameters have run: what refusals cost, for tests.
    pub fn hashes(&self) -> u64 {
        self.app.authenticator.hashes()
    }

    /// Stops: no new connections, what is under way may end within three seconds, what was gathered is written.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.stop.send(true);
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
        // Only now: the last answers have been given.
        if let Some(writing) = self.writing.take() {
            self.app.writer.stop();
            let _ = writing.join();
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for RunningServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunningServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

pub(super) fn listen_on(
    listen: Listen,
    may_be_remote: bool,
) -> Result<(TcpListener, SocketAddr), ServerError> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (address, otherwise) = match listen {
        Listen::Only(address) => (address, None),
        Listen::Preferably(address) => (address, Some(SocketAddr::new(address.ip(), 0))),
        Listen::AnyPort => (free, None),
    };
    if !address.ip().is_loopback() && !may_be_remote {
        return Err(ServerError::NotLoopback(address));
    }
    let failed = |error| listening_failed(listen, error);
    let listener = match (TcpListener::bind(address), otherwise) {
        (Ok(listener), _) => listener,
        (Err(_), Some(free)) => TcpListener::bind(free).map_err(failed)?,
        (Err(error), None) => return Err(failed(error)),
    };
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn listening_failed(listen: Listen, error: std::io::Error) -> ServerError {
    let address = match listen {
        Listen::Only(address) | Listen::Preferably(address) => address,
        Listen::AnyPort => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    };
    match error.kind() {
        std::io::ErrorKind::AddrInUse => ServerError::PortTaken(address),
        _ => ServerError::Listen(address, error),
    }
}

fn random_secret() -> Result<Secret, TestCredentialError> {
    let mut random = Zeroizing::new([0; Secret::ENTROPY]);
    getrandom::fill(random.as_mut()).map_err(TestCredentialError::Randomness)?;
    Ok(Secret::generate(&random))
}

/// What pages are sealed and nonces made with: of this process only, so that none outlives its server.
fn process_key() -> Result<Zeroizing<[u8; 32]>, ServerError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut()).map_err(ServerError::Randomness)?;
    Ok(key)
}

fn seed() -> Result<Seed, ServerError> {
    let mut seed = Seed {
        memory_key: Zeroizing::new([0; 32]),
        test_key: Zeroizing::new([0; 32]),
        decoy: Zeroizing::new([0; Secret::ENTROPY]),
        decoy_salt: [0; 16],
    };
    let parts: [&mut [u8]; 4] = [
        seed.memory_key.as_mut(),
        seed.test_key.as_mut(),
        seed.decoy.as_mut(),
        &mut seed.decoy_salt,
    ];
    for part in parts {
        getrandom::fill(part).map_err(ServerError::Randomness)?;
    }
    Ok(seed)
}

/// Runs the accept loop on a thread that can be joined from anywhere, and the connections on threads of their own.
///
/// Each of these has a runtime to itself. One that is shared wakes a second thread for most requests, so that it may
/// steal what the first has done by then: that costs more than the whole of a token but its signature.
fn serve(
    listener: TcpListener,
    doorway: Option<Doorway>,
    app: Arc<App>,
    stopped: watch::Receiver<bool>,
    workers: usize,
) -> std::io::Result<JoinHandle<()>> {
    let limits = app.limits;
    let entrance = Entrance::new(app);
    let mut ways = Vec::new();
    match doorway {
        None => ways.push((listener, None, entrance)),
        Some(doorway) => {
            ways.push((
                doorway.mutual,
                Some(doorway.acceptors.mutual),
                entrance.at(doorway.reached_as),
            ));
            ways.push((listener, Some(doorway.acceptors.usual), entrance));
        }
    }
    for (listener, ..) in &ways {
        listener.set_nonblocking(true)?;
    }
    let runtime = one_thread()?;
    let (quit, quits) = watch::channel(());
    let workers: Vec<(Handle, JoinHandle<()>)> = (0..workers)
        .map(|number| work(number, quits.clone()))
        .collect::<Result<_, _>>()?;
    std::thread::Builder::new()
        .name("server".to_owned())
        .spawn(move || {
            let (handles, threads): (Vec<_>, Vec<_>) = workers.into_iter().unzip();
            runtime.block_on(async {
                // What the system has given already is taken into this runtime without fail.
                let doors = ways.into_iter().filter_map(|(listener, tls, entrance)| {
                    let listener = tokio::net::TcpListener::from_std(listener).ok()?;
                    Some(Door {
                        listener,
                        tls,
                        entrance,
                    })
                });
                accept::serve(doors.collect(), limits, stopped, handles).await;
            });
            drop(quit);
            for thread in threads {
                let _ = thread.join();
            }
        })
}

/// A thread that answers what is given to its runtime, until the other end of `quits` is dropped.
fn work(number: usize, mut quits: watch::Receiver<()>) -> std::io::Result<(Handle, JoinHandle<()>)> {
    let runtime = one_thread()?;
    let handle = runtime.handle().clone();
    let thread = std::thread::Builder::new()
        .name(format!("server-work-{number}"))
        .spawn(move || {
            let _ = runtime.block_on(quits.changed());
        })?;
    Ok((handle, thread))
}

fn one_thread() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
