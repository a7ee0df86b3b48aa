//! A stored client, and how a row of the file becomes one.

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::error::{Fault, Outcome};
use super::judge::Judgement;
use super::{Registry, RegistryError, judge, time, time_if_any};
use crate::client::{
    ApplicationType, AuthMethod, ClientDraft, ClientId, Refusals, Registration, Secret, SecretHash, Selector,
    Standing, Status,
};
use crate::vault::VaultError;

/// A client as the registry holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its public identifier.
    pub client_id: ClientId,
    /// Its registration, whether it keeps the rules or not.
    pub draft: ClientDraft,
    /// Whether it is switched on.
    pub status: Status,
    /// Whether it breaks a rule marked *refuse*.
    pub held: bool,
    /// Grows with each change of the registration or the status; a save must name the one it read.
    pub version: u64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
    /// When it got a token last.
    pub last_used_at: Option<Timestamp>,
    /// Only tokens issued later than this count.
    pub tokens_valid_after: Option<Timestamp>,
    /// From which other system it came, or `dcr:` and how it registered itself: see [`super::Origin`].
    pub origin: Option<String>,
    /// Its secrets, the oldest first, those that have ended among them.
    pub secrets: Vec<SecretRecord>,
    /// Its row in the file.
    pub(super) row: i64,
}

impl Client {
    /// What it may do today.
    pub fn standing(&self) -> Standing {
        judge::standing(self.status, self.held)
    }

    /// Its registration, if it keeps the rules.
    ///
    /// # Errors
    /// [`Refusals`]: why it is held.
    pub fn registration(&self) -> Result<Registration, Refusals> {
        self.draft.clone().validate()
    }

    /// The secrets that count at a time, the oldest first.
    pub fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &SecretRecord> {
        self.secrets.iter().filter(move |secret| secret.is_live(now))
    }

    /// What the history keeps of it: the registration, the status, and of each secret its label and times.
    pub(super) fn record(&self) -> ClientRecord<'_> {
        ClientRecord::of(&self.draft, self.status, &self.secrets)
    }
}

/// What the history keeps of a client.
#[derive(Serialize)]
pub(super) struct ClientRecord<'a> {
    #[serde(flatten)]
    draft: &'a ClientDraft,
    status: Status,
    #[serde(serialize_with = "each_record")]
    secrets: &'a [SecretRecord],
}

impl<'a> ClientRecord<'a> {
    fn of(draft: &'a ClientDraft, status: Status, secrets: &'a [SecretRecord]) -> Self {
        Self {
            draft,
            status,
            secrets,
        }
    }
}

fn each_record<S: Serializer>(secrets: &&[SecretRecord], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(secrets.iter().map(SecretRecord::record))
}

/// What the history keeps of a client, as it is stored, and not judged.
pub(super) struct StoredClient {
    pub draft: ClientDraft,
    pub status: Status,
    secrets: Vec<SecretRecord>,
}

impl StoredClient {
    /// As [`Client::record`].
    pub fn record(&self) -> ClientRecord<'_> {
        ClientRecord::of(&self.draft, self.status, &self.secrets)
    }
}

/// A stored secret: never the secret itself.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretRecord {
    /// Its row.
    pub id: i64,
    /// The first characters of the secret, to find it by. None where it came from another system.
    pub selector: Option<Selector>,
    /// Its hash.
    pub hash: SecretHash,
    /// For people.
    pub label: String,
    /// Since when there is it.
    pub created_at: Timestamp,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
}

impl SecretRecord {
    /// Whether it counts at a time.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// What the history keeps of it: its label and its times.
    pub(super) fn record(&self) -> Value {
        json!({
            "label": self.label,
            "created_at": self.created_at.to_string(),
            "expires_at": self.expires_at.map(|time| time.to_string()),
            "revoked_at": self.revoked_at.map(|time| time.to_string()),
        })
    }
}

/// A secret to be stored.
#[derive(Clone, Debug)]
pub struct NewSecret {
    /// Its first characters; none only for one that came from another system.
    pub selector: Option<Selector>,
    /// Its hash.
    pub hash: SecretHash,
    /// For people.
    pub label: String,
    /// Until when it counts.
    pub expires_at: Option<Timestamp>,
    /// Whether it is shorter than 128 bits; only one that came from another system can be.
    pub is_weak: bool,
}

impl NewSecret {
    /// Makes a new secret from random bytes of the operating system, and what is stored of it.
    ///
    /// Slow on purpose, like [`Secret::hash`]. Never on the thread that draws.
    ///
    /// # Errors
    /// [`RegistryError`] when there are no random bytes, or no memory to hash with.
    pub fn generate(label: impl Into<String>) -> Result<(Secret, Self), RegistryError> {
        let mut random = Zeroizing::new([0; Secret::ENTROPY]);
        let mut salt = [0; 16];
        for bytes in [random.as_mut_slice(), &mut salt] {
            getrandom::fill(bytes).map_err(|_| RegistryError::Vault(VaultError::NoRandomness))?;
        }
        let secret = Secret::generate(&random);
        let hash = secret.hash(salt).map_err(RegistryError::NotHashed)?;
        let stored = Self {
            selector: secret.selector(),
            hash,
            label: label.into(),
            expires_at: None,
            is_weak: false,
        };
        Ok((secret, stored))
    }
}

/// A new identifier from random bytes of the operating system.
///
/// # Errors
/// [`RegistryError`] when there are none.
pub fn generate_client_id() -> Result<ClientId, RegistryError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| RegistryError::Vault(VaultError::NoRandomness))?;
    Ok(ClientId::generate(random))
}

/// A client to be registered.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// Its public identifier.
    pub client_id: ClientId,
    /// Its registration.
    pub registration: Registration,
    /// Its first secret, exactly where its authentication method uses one.
    pub secret: Option<NewSecret>,
    /// From which other system it comes.
    pub origin: Option<String>,
}

impl Registry {
    /// The client of an identifier.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn client(&self, client_id: &ClientId) -> Result<Option<Client>, RegistryError> {
        self.read_together(|db| find(db, client_id))
    }
}

/// The question for a client's row, in the order that [`read`] expects; made once, because `/token` asks it each time.
macro_rules! select_client {
    ($condition:literal) => {
        concat!(
            "SELECT id, client_id, name, metadata, status, version, created_at, updated_at, last_used_at,
                 tokens_valid_after, origin, application_type, token_endpoint_auth_method, grant_types,
                 response_types, scopes, audience, redirect_uris, post_logout_redirect_uris
             FROM client WHERE ",
            $condition
        )
    };
}

/// The client of an identifier.
pub(super) fn find(db: &Connection, client_id: &ClientId) -> Outcome<Option<Client>> {
    one_row(db, client_id, |row| read(db, row))
}

/// Whole clients in the order of their rows, those behind one.
pub(super) fn page(db: &Connection, after: i64, limit: u32) -> Outcome<Vec<Client>> {
    let mut clients = Vec::new();
    each_row(db, after, limit, |row| {
        clients.push(read(db, row)?);
        Ok(())
    })?;
    Ok(clients)
}

/// Visits the rows of clients in their order, those behind one: the first column is the row's number, and
/// [`read_for_audit`] reads the rest.
pub(super) fn each_row(
    db: &Connection,
    after: i64,
    limit: u32,
    mut visit: impl FnMut(&Row<'_>) -> Outcome<()>,
) -> Outcome<()> {
    let mut statement = db.prepare_cached(select_client!("id > ?1 ORDER BY id LIMIT ?2"))?;
    let mut rows = statement.query([after, i64::from(limit)])?;
    while let Some(row) = rows.next()? {
        visit(row)?;
    }
    Ok(())
}

/// Reads the row of one client, as [`each_row`] visits it.
pub(super) fn one_row<T>(
    db: &Connection,
    client_id: &ClientId,
    read: impl FnOnce(&Row<'_>) -> Outcome<T>,
) -> Outcome<Option<T>> {
    let mut statement = db.prepare_cached(select_client!("client_id = ?1"))?;
    let mut rows = statement.query([client_id.as_str()])?;
    rows.next()?.map(read).transpose()
}

/// Whether an identifier is taken.
pub(super) fn exists(db: &Connection, client_id: &ClientId) -> Outcome<bool> {
    Ok(db
        .prepare_cached("SELECT 1 FROM client WHERE client_id = ?1")?
        .exists([client_id.as_str()])?)
}

/// The client of an identifier that should exist.
pub(super) fn get(db: &Connection, client_id: &ClientId) -> Outcome<Client> {
    find(db, client_id)?.ok_or_else(|| not_found(client_id).into())
}

pub(super) fn not_found(client_id: &ClientId) -> RegistryError {
    RegistryError::NotFound {
        what: "client",
        name: client_id.to_string(),
    }
}

/// What a client is judged by.
pub(super) struct Unjudged {
    pub status: Status,
    pub draft: ClientDraft,
    pub origin: Option<String>,
}

/// The status, the registration and the origin in a row.
pub(super) fn load_draft(db: &Connection, row: i64) -> Outcome<Unjudged> {
    let mut statement = db.prepare_cached(select_client!("id = ?1"))?;
    let mut rows = statement.query([row])?;
    let row = rows
        .next()?
        .ok_or_else(|| Fault::Content(format!("client row {row} is gone")))?;
    Ok(Unjudged {
        status: named(row, 4, Status::parse)?,
        draft: read_draft(row)?,
        origin: row.get(10)?,
    })
}

/// Visits every client in the order of their rows, with its row and identifier. One whose content makes no sense is visited
/// with what is wrong with it.
pub(super) fn for_each(
    db: &Connection,
    mut visit: impl FnMut(i64, &str, Result<StoredClient, String>) -> Outcome<()>,
) -> Outcome<()> {
    let mut statement = db.prepare(select_client!("TRUE ORDER BY id"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, client_id): (i64, String) = (row.get(0)?, row.get(1)?);
        let client = match read_unjudged(db, id, row) {
            Ok(client) => Ok(client),
            Err(Fault::Content(unreadable)) => Err(unreadable),
            Err(fault) => return Err(fault),
        };
        visit(id, &client_id, client)?;
    }
    Ok(())
}

fn read_unjudged(db: &Connection, id: i64, row: &Row<'_>) -> Outcome<StoredClient> {
    Ok(StoredClient {
        draft: read_draft(row)?,
        status: named(row, 4, Status::parse)?,
        secrets: secrets_of(db, id)?,
    })
}

fn read(db: &Connection, row: &Row<'_>) -> Outcome<Client> {
    let mut client = read_for_audit(row)?;
    // Not as it is stored: see judge.rs.
    client.held = Judgement::of(&client.draft).held;
    client.secrets = secrets_of(db, client.row)?;
    Ok(client)
}

/// A client without its secrets, and not judged: the audit judges it itself.
pub(super) fn read_for_audit(row: &Row<'_>) -> Outcome<Client> {
    let id = row.get(0)?;
    let last_used_at: i64 = row.get(8)?;
    let version: i64 = row.get(5)?;
    Ok(Client {
        client_id: client_id(row, 1)?,
        held: false,
        draft: read_draft(row)?,
        status: named(row, 4, Status::parse)?,
        version: u64::try_from(version).map_err(|_| unknown("version", &version.to_string()))?,
        created_at: time(row.get(6)?)?,
        updated_at: time(row.get(7)?)?,
        last_used_at: time_if_any((last_used_at != 0).then_some(last_used_at))?,
        tokens_valid_after: time_if_any(row.get(9)?)?,
        origin: row.get(10)?,
        secrets: Vec::new(),
        row: id,
    })
}

/// A registration from its columns and from the metadata that holds every other member.
fn read_draft(row: &Row<'_>) -> Outcome<ClientDraft> {
    Ok(ClientDraft {
        name: row.get(2)?,
        application_type: named(row, 11, ApplicationType::parse)?,
        token_endpoint_auth_method: named(row, 12, AuthMethod::parse)?,
        grant_types: list(row, 13)?,
        response_types: list(row, 14)?,
        scopes: list(row, 15)?,
        audience: list(row, 16)?,
        redirect_uris: list(row, 17)?,
        post_logout_redirect_uris: list(row, 18)?,
        ..list(row, 3)?
    })
}

/// A stored identifier.
pub(super) fn client_id(row: &Row<'_>, column: usize) -> Outcome<ClientId> {
    named(row, column, ClientId::parse)
}

/// A stored JSON value.
pub(super) fn list<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Outcome<T> {
    Ok(serde_json::from_str(
        row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?,
    )?)
}

/// A stored name of a closed set.
fn named<T>(row: &Row<'_>, column: usize, parse: impl FnOnce(&str) -> Option<T>) -> Outcome<T> {
    let name = row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?;
    parse(name).ok_or_else(|| unknown(row.as_ref().column_name(column).unwrap_or("a column"), name))
}

fn unknown(what: &str, value: &str) -> Fault {
    Fault::Content(format!("it has a client whose {what} is {value:?}"))
}

fn secrets_of(db: &Connection, client: i64) -> Outcome<Vec<SecretRecord>> {
    let mut statement = db.prepare_cached(
        "SELECT id, selector, client_secret_hash, label, created_at, expires_at, revoked_at, last_used_at
         FROM client_secret WHERE client = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([client])?;
    let mut secrets = Vec::new();
    while let Some(row) = rows.next()? {
        let hash: String = row.get(2)?;
        secrets.push(SecretRecord {
            id: row.get(0)?,
            selector: row
                .get::<_, Option<String>>(1)?
                .as_deref()
                .and_then(Selector::parse),
            hash: SecretHash::parse(&hash)
                .ok_or_else(|| Fault::Content("it has a secret whose hash is no Argon2id hash".to_owned()))?,
            label: row.get(3)?,
            created_at: time(row.get(4)?)?,
            expires_at: time_if_any(row.get(5)?)?,
            revoked_at: time_if_any(row.get(6)?)?,
            last_used_at: time_if_any(row.get(7)?)?,
        });
    }
    Ok(secrets)
}
