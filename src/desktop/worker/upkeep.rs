//! What the Server screen keeps in order: test users, what they allowed, and the keys that sign. Their hashes and private
//! parts stay with the threads that need them; the window gets the rest.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::access;
use super::{Opening, ReplyBody, Trouble, Write};
use crate::client::{ClientId, Secret, SecretHash};
use crate::protocol::keys::SigningKeys;
use crate::protocol::signing_key::{KeysError, SigningAlgorithm};
use crate::registry::{Act, Registry, RegistryError, ResourceServer, SigningKeyRecord, User, UserName};

/// A test user as the window shows one.
#[derive(Clone, Debug, PartialEq)]
pub struct TestUser {
    /// The name to sign in with.
    pub name: String,
    /// What is told of the person.
    pub claims: Map<String, Value>,
    /// Since when there is one of this name.
    pub created_at: Timestamp,
}

/// A signing key as the window shows one.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedKey {
    /// Its name in tokens and in the published key set.
    pub kid: String,
    /// Its algorithm, such as `ES256`.
    pub alg: String,
    /// The public key as published.
    pub public_jwk: Value,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// Until when it is published, where it has an end.
    pub retires_at: Option<Timestamp>,
}

impl From<User> for TestUser {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            claims: user.claims,
            created_at: user.created_at,
        }
    }
}

impl From<SigningKeyRecord> for PublishedKey {
    fn from(key: SigningKeyRecord) -> Self {
        Self {
            kid: key.kid,
            alg: key.alg,
            public_jwk: key.public_jwk,
            created_at: key.created_at,
            retires_at: key.retires_at,
        }
    }
}

/// What takes time before the registry is changed: a password is hashed, or a key is made.
#[derive(Debug)]
pub enum Preparation {
    /// For a new test user.
    User {
        /// The name.
        name: UserName,
        /// The password.
        password: Secret,
        /// What is told of the person.
        claims: Map<String, Value>,
    },
    /// For a test user that there is.
    Password {
        /// The name.
        name: UserName,
        /// The password.
        password: Secret,
    },
    /// A key that signs from now on; the older one stays published for a while.
    Key(SigningAlgorithm),
    /// The same for each algorithm that there is a key of.
    EveryKey,
    /// The same in place of a key that is not to be trusted any more.
    KeyInPlaceOf {
        /// The algorithm of both.
        algorithm: SigningAlgorithm,
        /// The key that goes.
        kid: String,
    },
}

/// A change of the registry.
#[derive(Debug)]
pub enum Upkeep {
    /// Keep a new test user.
    AddUser(Box<User>),
    /// Give a test user another password.
    SetPassword {
        /// The name.
        name: String,
        /// The hash of the password.
        hash: SecretHash,
    },
    /// Tell something else of a test user.
    SetClaims {
        /// The name.
        name: String,
        /// What is told.
        claims: Map<String, Value>,
    },
    /// Take a test user away, with what came of signing in.
    RemoveUser(String),
    /// Withdraw what a test user allowed a client.
    WithdrawConsent {
        /// The name.
        user: String,
        /// The client.
        client_id: ClientId,
        /// What people call it.
        client_name: String,
    },
    /// Keep a resource server.
    PutResourceServer {
        /// As it is to be.
        server: Box<ResourceServer>,
        /// As it was looked at; none for a new one.
        before: Option<Box<ResourceServer>>,
    },
    /// Take a resource server away.
    RemoveResourceServer(String),
    /// Have new keys sign.
    AddKeys(Vec<SigningKeyRecord>),
    /// Take a key away at once.
    RemoveKey {
        /// Which.
        kid: String,
        /// What signs in its place, where it was the one that signs.
        instead: Option<Box<SigningKeyRecord>>,
    },
}

/// Hashes, or makes a key. Never on the thread that draws.
pub(super) fn prepare(preparation: Preparation, opening: &Opening, by: &str) -> Result<Write, Trouble> {
    let act = Act::new(by, Timestamp::now());
    let key = |algorithm| -> Result<SigningKeyRecord, KeysError> {
        SigningKeys::prepare(&opening.registry()?, algorithm, &act)
    };
    let upkeep = match preparation {
        Preparation::User {
            name,
            password,
            claims,
        } => Upkeep::AddUser(Box::new(User::new(name, &password, claims, act.at)?)),
        Preparation::Password { name, password } => {
            let user = User::new(name, &password, Map::new(), act.at)?;
            Upkeep::SetPassword {
                name: user.name,
                hash: user.hash,
            }
        }
        Preparation::Key(algorithm) => Upkeep::AddKeys(vec![key(algorithm)?]),
        Preparation::EveryKey => {
            let algorithms = that_sign(&opening.registry()?)?;
            let keys: Result<Vec<_>, _> = algorithms.into_iter().map(key).collect();
            Upkeep::AddKeys(keys?)
        }
        Preparation::KeyInPlaceOf { algorithm, kid } => Upkeep::RemoveKey {
            kid,
            instead: Some(Box::new(key(algorithm)?)),
        },
    };
    Ok(Write::Upkeep(upkeep))
}

/// Changes the registry. Returns what is said of it.
pub(super) fn carry_out(registry: &Registry, upkeep: Upkeep, act: &Act) -> Result<ReplyBody, RegistryError> {
    let said = match upkeep {
        Upkeep::AddUser(user) => {
            registry.in_one_commit(|registry| {
                // Another window may have been quicker, and its user keeps the password that it was given there.
                if registry.user(&user.name)?.is_some() {
                    return Err(RegistryError::AlreadyExists {
                        what: "test user",
                        name: user.name.clone(),
                    });
                }
                registry.put_user(&user, act)
            })?;
            format!("{} can sign in now", user.name)
        }
        Upkeep::SetPassword { name, hash } => {
            change_user(registry, &name, act, |user| user.hash = hash)?;
            format!("{name} has a new password")
        }
        Upkeep::SetClaims { name, claims } => {
            change_user(registry, &name, act, |user| user.claims = claims)?;
            format!("The claims of {name} were saved")
        }
        Upkeep::RemoveUser(name) => {
            registry.remove_user(&name, act)?;
            format!("{name} was removed")
        }
        Upkeep::WithdrawConsent {
            user,
            client_id,
            client_name,
        } => {
            registry.withdraw_consent(&user, &client_id, act)?;
            format!("{client_name} has to ask {user} again")
        }
        Upkeep::PutResourceServer { server, before } => {
            return Ok(access::put(registry, &server, before.as_deref(), act));
        }
        Upkeep::RemoveResourceServer(identifier) => {
            registry.remove_resource_server(&identifier, act)?;
            format!("{identifier} was removed")
        }
        Upkeep::AddKeys(keys) => {
            registry.in_one_commit(|registry| {
                keys.iter()
                    .try_for_each(|key| SigningKeys::replace(registry, key, act))
            })?;
            match keys.as_slice() {
                [key] => format!("A new {} key signs from now on", key.alg),
                keys => format!("{} new keys sign from now on", keys.len()),
            }
        }
        Upkeep::RemoveKey { kid, instead } => {
            registry.in_one_commit(|registry| {
                if let Some(key) = &instead {
                    SigningKeys::replace(registry, key, act)?;
                }
                registry.remove_signing_key(&kid, act)
            })?;
            "The key was removed: what it signed is refused".to_owned()
        }
    };
    Ok(ReplyBody::Done(said))
}

/// The algorithms that there is a key of to sign with.
fn that_sign(registry: &Registry) -> Result<Vec<SigningAlgorithm>, Trouble> {
    let mut algorithms = Vec::new();
    for key in registry.signing_keys()? {
        let algorithm = SigningAlgorithm::parse(&key.alg).filter(|_| key.retires_at.is_none());
        algorithms.extend(algorithm.filter(|algorithm| !algorithms.contains(algorithm)));
    }
    if algorithms.is_empty() {
        return Err(Trouble {
            what: "There are no signing keys yet".to_owned(),
            advice: "Start the server: its first start makes them.".to_owned(),
        });
    }
    Ok(algorithms)
}

/// Changes one part of a test user and leaves the other as it is in the registry now.
fn change_user(
    registry: &Registry,
    name: &str,
    act: &Act,
    change: impl FnOnce(&mut User),
) -> Result<(), RegistryError> {
    registry.in_one_commit(|registry| {
        let mut user = registry.user(name)?.ok_or_else(|| RegistryError::NotFound {
            what: "test user",
            name: name.to_owned(),
        })?;
        change(&mut user);
        registry.put_user(&user, act)
    })
}

impl From<KeysError> for Trouble {
    fn from(error: KeysError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice(),
        }
    }
}
