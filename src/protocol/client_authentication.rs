//! Whether a client is who it says it is (RFC 6749 §2.3), told alike in content and in time whatever is wrong.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::credentials::{Presented, Proof};
use super::hash_gate::HashGate;
use super::test_credentials::TestCredentials;
pub use super::throttle::FAILURES;
use super::throttle::Throttle;
use super::verified_secrets::{Recollection, VerifiedSecrets};
use crate::client::secret::{HashError, Verification, Work};
use crate::client::{AuthMethod, ClientId, Secret, SecretHash, Standing};
use crate::registry::{Client, SecretRecord};

/// Authenticates clients. One for each server; cheap to share.
///
/// # Invariants
/// - Every refusal costs exactly one Argon2id with today's parameters: for an unknown client, a disabled or held one,
///   the wrong method or no live secret it is spent on a decoy; after a cheaper hash from elsewhere what is left of it.
///   Only a hash from elsewhere that is dearer takes its own, longer time: that is how its owner wanted it, and to make
///   all others wait for it would let a stranger use the processor up sooner.
/// - A secret is compared with one stored hash at most, the one that its selector names.
#[derive(Clone, Debug)]
pub struct Authenticator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    gate: HashGate,
    decoy: SecretHash,
    remembered: Mutex<VerifiedSecrets>,
    throttle: Mutex<Throttle>,
    test_credentials: Mutex<TestCredentials>,
    work: AtomicU64,
}

/// The randomness that an authenticator starts from.
pub struct Seed {
    /// The key of its memory.
    pub memory_key: Zeroizing<[u8; 32]>,
    /// The key of its test credentials.
    pub test_key: Zeroizing<[u8; 32]>,
    /// What the decoy hashes.
    pub decoy: Zeroizing<[u8; Secret::ENTROPY]>,
    /// With which salt.
    pub decoy_salt: [u8; 16],
}

/// One attempt to authenticate.
#[derive(Debug)]
pub struct Attempt {
    /// What the request presents.
    pub presented: Presented,
    /// The client of that identifier, if there is one.
    pub client: Option<Arc<Client>>,
    /// Whether the request came over loopback, the only way that a test credential is taken.
    pub over_loopback: bool,
    /// The time.
    pub now: Timestamp,
    /// 16 random bytes, should the stored hash be renewed.
    pub salt: [u8; 16],
}

/// A client that is who it says it is.
#[derive(Debug)]
pub struct Authenticated {
    /// The client.
    pub client: Arc<Client>,
    /// By what.
    pub by: ProvenBy,
    /// A stronger hash to be stored in place of the one that verified.
    pub renewal: Option<HashRenewal>,
}

/// What proved it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProvenBy {
    /// A stored secret, by its row.
    Secret(i64),
    /// A test credential: it touches neither last-used nor scope use.
    TestCredential,
    /// A signed assertion.
    Assertion,
    /// A certificate in the TLS handshake.
    Certificate,
    /// Nothing: a public client only says who it is.
    Nothing,
}

/// The stored hash is weaker than today's, and here is a new one.
#[derive(Clone, Debug)]
pub struct HashRenewal {
    /// The secret's row.
    pub secret_id: i64,
    /// The hash that verified; the row is changed only if it still holds this one.
    pub from: SecretHash,
    /// The hash with today's parameters.
    pub to: SecretHash,
}

/// Why a client was not let in. The reasons are for the request log of the server's owner, never for the answer.
#[derive(Debug)]
pub enum AuthenticationError {
    /// Not let in. All these are one and the same to the client.
    Refused(&'static str),
    /// Too many failures for this client_id; whole seconds to wait.
    Throttled(u64),
    /// Too many hashes are waiting.
    Busy,
    /// Hashing failed.
    Hash(HashError),
}

impl Authenticator {
    /// Starts the hash threads and makes the decoy. Each client_id may fail `most_failures` times a minute, in a server
    /// [`FAILURES`].
    ///
    /// # Errors
    /// When the system gives no threads or no memory.
    pub fn start(seed: &Seed, most_failures: u32) -> std::io::Result<Self> {
        let decoy = Secret::generate(&seed.decoy)
            .hash(seed.decoy_salt)
            .map_err(std::io::Error::other)?;
        Ok(Self(Arc::new(Inner {
            gate: HashGate::start()?,
            decoy,
            remembered: Mutex::new(VerifiedSecrets::new(&seed.memory_key)),
            throttle: Mutex::new(Throttle::new(most_failures)),
            test_credentials: Mutex::new(TestCredentials::new(&seed.test_key)),
            work: AtomicU64::new(0),
        })))
    }

    /// Makes a secret good for this client, in this process, for one hour.
    pub fn admit_test_credential(&self, client_id: ClientId, secret: &Secret, now: Timestamp) {
        lock(&self.0.test_credentials).admit(client_id, secret, now);
    }

    /// Makes assertions signed with a key good for this client, in this process, for one hour.
    pub fn admit_test_key(&self, client_id: ClientId, public: Jwk, now: Timestamp) {
        lock(&self.0.test_credentials).admit_key(client_id, public, now);
    }

    /// The key that this client may try out beside its own. To be asked for requests over loopback only.
    pub fn test_key(&self, client_id: &ClientId, now: Timestamp) -> Option<Jwk> {
        lock(&self.0.test_credentials).key(client_id, now).cloned()
    }

    /// How many Argon2id with today's parameters all the work was worth, rounded, so that a test can show what a refusal
    /// costs.
    pub fn hashes(&self) -> u64 {
        let work = self.0.work.load(Ordering::Relaxed);
        (work + Work::TODAYS.get() / 2) / Work::TODAYS.get()
    }

    /// Decides one attempt. Dropping the future gives the attempt up; it still counts as a failure.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate(&self, attempt: Attempt) -> Result<Authenticated, AuthenticationError> {
        let Attempt {
            presented,
            client,
            over_loopback,
            now,
            salt,
        } = attempt;
        let throttled_as = presented
            .client_id
            .as_ref()
            .map_or_else(String::new, |id| id.as_str().to_owned());
        let verdict = may_authenticate(client, &presented);
        let (candidate, secret, refusal) = match (verdict, presented.proof) {
            (Ok(client), Proof::Nothing) => {
                return Ok(Authenticated {
                    client,
                    by: ProvenBy::Nothing,
                    renewal: None,
                });
            }
            (Ok(client), Proof::Secret(_, secret)) => {
                if let Some(by) = self.0.known_without_hashing(&client, &secret, over_loopback, now) {
                    return Ok(Authenticated {
                        client,
                        by,
                        renewal: None,
                    });
                }
                match candidate(&client, &secret, now) {
                    Some(record) => (
                        Some((Arc::clone(&client), record.id, record.hash.clone())),
                        secret,
                        "wrong secret",
                    ),
                    None => (None, secret, "no live secret begins like this"),
                }
            }
            (Err(refusal), Proof::Secret(_, secret)) => (None, secret, refusal),
            (Err(refusal), Proof::Nothing | Proof::Unusable(_) | Proof::Assertion(_)) => {
                (None, Secret::new(String::new()), refusal)
            }
            // An assertion that was right did not come here.
            (Ok(_), Proof::Assertion(_)) => {
                (None, Secret::new(String::new()), "the assertion was not checked")
            }
            (Ok(_), Proof::Unusable(why)) => (None, Secret::new(String::new()), why),
        };
        lock(&self.0.throttle)
            .reserve(&throttled_as, now)
            .map_err(AuthenticationError::Throttled)?;
        let row = candidate.as_ref().map(|(_, id, hash)| (*id, hash.clone()));
        let outcome = match self.hash(row, secret, salt, now).await {
            Ok(outcome) => outcome,
            Err(error) => {
                // Nothing was decided, so nothing failed.
                lock(&self.0.throttle).release(&throttled_as);
                return Err(error);
            }
        };
        match (candidate, outcome) {
            (Some((client, id, hash)), Outcome::Right(renewed)) => {
                lock(&self.0.throttle).release(&throttled_as);
                let renewal = renewed.map(|to| HashRenewal {
                    secret_id: id,
                    from: hash,
                    to,
                });
                Ok(Authenticated {
                    client,
                    by: ProvenBy::Secret(id),
                    renewal,
                })
            }
            _ => Err(AuthenticationError::Refused(refusal)),
        }
    }

    /// Whether a password is a person's. Spends one Argon2id behind the same gate: on the stored hash, or on the decoy
    /// where there is none.
    ///
    /// # Errors
    /// [`AuthenticationError::Busy`] when too many hashes are waiting.
    pub async fn check_password(
        &self,
        stored: Option<SecretHash>,
        password: Secret,
    ) -> Result<bool, AuthenticationError> {
        let (reply, answer) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        let job = move || {
            let right = match &stored {
                Some(hash) => inner.verify(hash, &password) != Verification::Wrong,
                None => {
                    inner.verify(&inner.decoy, &password);
                    false
                }
            };
            let _ = reply.send(right);
        };
        self.0.gate.submit(job).map_err(|_| AuthenticationError::Busy)?;
        answer.await.map_err(|_| AuthenticationError::Busy)
    }

    /// Hashes a new secret with 16 random bytes of salt, behind the same gate.
    ///
    /// # Errors
    /// [`AuthenticationError::Busy`] when too many hashes are waiting, [`AuthenticationError::Hash`].
    pub async fn hash_secret(
        &self,
        secret: Secret,
        salt: [u8; 16],
    ) -> Result<SecretHash, AuthenticationError> {
        let (reply, answer) = oneshot::channel();
        let job = move || {
            let _whoever_hung_up = reply.send(secret.hash(salt));
        };
        self.0.gate.submit(job).map_err(|_| AuthenticationError::Busy)?;
        answer
            .await
            .map_err(|_| AuthenticationError::Busy)?
            .map_err(AuthenticationError::Hash)
    }

    /// Spends one Argon2id behind the gate, on the row's hash or on the decoy.
    async fn hash(
        &self,
        row: Option<(i64, SecretHash)>,
        secret: Secret,
        salt: [u8; 16],
        now: Timestamp,
    ) -> Result<Outcome, AuthenticationError> {
        let (reply, answer) = oneshot::channel();
        let inner = Arc::clone(&self.0);
        let job = move || {
            // Whoever hung up while waiting is not worth 19 MiB.
            if !reply.is_closed() {
                let _ = reply.send(inner.compare(row, &secret, salt, now));
            }
        };
        self.0.gate.submit(job).map_err(|_| AuthenticationError::Busy)?;
        answer
            .await
            .map_err(|_| AuthenticationError::Busy)?
            .map_err(AuthenticationError::Hash)
    }
}

enum Outcome {
    Right(Option<SecretHash>),
    Wrong,
}

impl Inner {
    /// Whether the memory or a test credential says yes. Costs microseconds, and is never throttled.
    fn known_without_hashing(
        self: &Arc<Self>,
        client: &Client,
        secret: &Secret,
        over_loopback: bool,
        now: Timestamp,
    ) -> Option<ProvenBy> {
        if let Some(record) = candidate(client, secret, now) {
            let recollection = lock(&self.remembered).recall(record.id, &record.hash, secret, now);
            if recollection == Recollection::RightButAgeing {
                self.verify_again(record, secret, now);
            }
            if recollection != Recollection::Unknown {
                return Some(ProvenBy::Secret(record.id));
            }
        }
        let admitted = over_loopback && lock(&self.test_credentials).admits(&client.client_id, secret, now);
        admitted.then_some(ProvenBy::TestCredential)
    }

    /// Renews an entry of the memory beside the answer. Where the gate is full, a later request asks again.
    fn verify_again(self: &Arc<Self>, record: &SecretRecord, secret: &Secret, now: Timestamp) {
        let (inner, id, hash, secret) = (Arc::clone(self), record.id, record.hash.clone(), secret.clone());
        let job = move || {
            if inner.verify(&hash, &secret) != Verification::Wrong {
                lock(&inner.remembered).remember(id, hash, &secret, now);
            }
        };
        if self.gate.submit(job).is_err() {
            lock(&self.remembered).renew_later(record.id);
        }
    }

    /// On a hash thread: is the secret the row's?
    fn compare(
        &self,
        row: Option<(i64, SecretHash)>,
        secret: &Secret,
        salt: [u8; 16],
        now: Timestamp,
    ) -> Result<Outcome, HashError> {
        let Some((id, hash)) = row else {
            self.verify(&self.decoy, secret);
            return Ok(Outcome::Wrong);
        };
        // Another request may have brought the same secret while this one waited: a client that starts with many
        // connections pays once.
        if lock(&self.remembered).recall(id, &hash, secret, now) != Recollection::Unknown {
            return Ok(Outcome::Right(None));
        }
        let verification = self.verify(&hash, secret);
        if verification == Verification::Wrong {
            // A hash from elsewhere may be cheaper than today's: its refusal must not be faster than others.
            self.count(hash.work().fill_up(secret));
            return Ok(Outcome::Wrong);
        }
        lock(&self.remembered).remember(id, hash, secret, now);
        let renewed = (verification == Verification::RightButWeak)
            .then(|| secret.hash(salt))
            .transpose()?;
        Ok(Outcome::Right(renewed))
    }

    fn verify(&self, hash: &SecretHash, secret: &Secret) -> Verification {
        let verification = hash.verify(secret);
        self.count(hash.work());
        verification
    }

    fn count(&self, work: Work) {
        self.work.fetch_add(work.get(), Ordering::Relaxed);
    }
}

/// Everything but the secret: the client exists, is active, not held, and uses the method it registered.
fn may_authenticate(client: Option<Arc<Client>>, presented: &Presented) -> Result<Arc<Client>, &'static str> {
    let used = match &presented.proof {
        Proof::Unusable(why) => return Err(why),
        Proof::Assertion(_) => return Err("the assertion was not checked"),
        Proof::Secret(method, _) => *method,
        Proof::Nothing => AuthMethod::None,
    };
    let client = client.ok_or(match presented.client_id {
        Some(_) => "no client of this identifier",
        None => "no client_id",
    })?;
    match client.standing() {
        Standing::Active => {}
        Standing::Disabled => return Err("the client is disabled"),
        Standing::Held => return Err("the client is held: its registration breaks rules"),
    }
    if client.draft.token_endpoint_auth_method == used {
        return Ok(client);
    }
    Err(match used {
        AuthMethod::None => "no credentials, and the client is not public",
        AuthMethod::ClientSecretBasic => "client_secret_basic is not the method the client registered",
        _ => "client_secret_post is not the method the client registered",
    })
}

/// The one stored secret that this one may be: the live one of its selector, else the live one without a selector.
fn candidate<'a>(client: &'a Client, secret: &Secret, now: Timestamp) -> Option<&'a SecretRecord> {
    let selector = secret.selector();
    let live = || client.secrets.iter().filter(|record| record.is_live(now));
    live()
        .find(|record| record.selector.is_some() && record.selector == selector)
        .or_else(|| live().find(|record| record.selector.is_none()))
}

/// What these mutexes guard is right after every statement, so that a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(redacted)")
    }
}
