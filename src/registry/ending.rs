//! What ends and when: secrets, registered keys, the server's own keys, accepted risks.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use super::error::Outcome;
use super::{Registry, RegistryError, stored, time};
use crate::audit::calendar::{Ending, EndingKind, key_ends};
use crate::client::ClientId;

impl Registry {
    /// Everything whose end is known, the earliest first. Of what is past only that is told which somebody is waiting for: the
    /// last secret and the keys of clients that are switched on, and accepted risks.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn endings(&self, now: Timestamp) -> Result<Vec<Ending>, RegistryError> {
        self.read_together(|db| {
            let mut endings = secrets(db, now)?;
            endings.extend(client_keys(db)?);
            endings.extend(signing_keys(db, now)?);
            endings.extend(accepted_risks(db)?);
            endings.sort_by(|one, other| {
                let key = |ending: &Ending| (ending.at, ending.kind);
                key(one).cmp(&key(other))
            });
            Ok(endings)
        })
    }
}

/// The secrets that still count and have an end; of a client whose secrets have all ended, the last of them.
fn secrets(db: &Connection, now: Timestamp) -> Outcome<Vec<Ending>> {
    let mut statement = db.prepare_cached(
        "SELECT client.client_id, client.name, secret.label, secret.expires_at, secret.id, secret.created_at
         FROM client_secret AS secret JOIN client ON client.id = secret.client
         WHERE secret.revoked_at IS NULL AND secret.expires_at IS NOT NULL AND client.status = 'active'
           AND (secret.expires_at > ?1 OR NOT EXISTS (
             SELECT 1 FROM client_secret AS other WHERE other.client = secret.client AND other.revoked_at IS NULL
               AND (other.expires_at IS NULL OR (other.expires_at, other.id) > (secret.expires_at, secret.id))))",
    )?;
    let mut rows = statement.query([stored(now)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(client) = client(row)? else { continue };
        let mut label: String = row.get(2)?;
        if label.is_empty() {
            label = format!("made {}", time(row.get(5)?)?.strftime("%Y-%m-%d"));
        }
        found.push(Ending {
            kind: EndingKind::Secret,
            at: time(row.get(3)?)?,
            client: Some(client),
            label,
            id: row.get::<_, i64>(4)?.to_string(),
        });
    }
    Ok(found)
}

/// The registered keys whose end they say themselves, or their certificates.
fn client_keys(db: &Connection) -> Outcome<Vec<Ending>> {
    // Few clients have keys by value: the text is looked through before it is read.
    let mut statement = db.prepare_cached(
        "SELECT client_id, name, metadata FROM client WHERE status = 'active' AND instr(metadata, '\"jwks\"') > 0",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(client) = client(row)? else { continue };
        let metadata: Value = serde_json::from_str(&row.get::<_, String>(2)?)?;
        let Some(jwks) = metadata.get("jwks") else {
            continue;
        };
        let ends = key_ends(jwks).into_iter();
        found.extend(ends.map(|(kid, at)| Ending {
            kind: EndingKind::ClientKey,
            at,
            client: Some(client.clone()),
            id: kid.clone(),
            label: kid,
        }));
    }
    Ok(found)
}

/// The signing keys that are to go.
fn signing_keys(db: &Connection, now: Timestamp) -> Outcome<Vec<Ending>> {
    let mut statement =
        db.prepare_cached("SELECT kid, alg, retires_at FROM signing_key WHERE retires_at > ?1")?;
    let mut rows = statement.query([stored(now)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (kid, alg): (String, String) = (row.get(0)?, row.get(1)?);
        found.push(Ending {
            kind: EndingKind::SigningKey,
            at: time(row.get(2)?)?,
            client: None,
            label: format!("{alg} {kid}"),
            id: kid,
        });
    }
    Ok(found)
}

/// The accepted risks: after their end their findings are back.
fn accepted_risks(db: &Connection) -> Outcome<Vec<Ending>> {
    let mut statement = db.prepare_cached(
        "SELECT client.client_id, client.name, rule, until, field, value
         FROM accepted_risk JOIN client ON client.id = accepted_risk.client",
    )?;
    let mut rows = statement.query(params![])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(client) = client(row)? else { continue };
        let (rule, field, value): (String, String, String) = (row.get(2)?, row.get(4)?, row.get(5)?);
        let label = match value.as_str() {
            "" => rule.clone(),
            value => format!("{rule}: {value}"),
        };
        found.push(Ending {
            kind: EndingKind::AcceptedRisk,
            at: time(row.get(3)?)?,
            client: Some(client),
            label,
            id: serde_json::json!([rule, field, value]).to_string(),
        });
    }
    Ok(found)
}

/// From `client_id, name`. A row that another program gave an identifier that is none is told by the check of the file.
fn client(row: &Row<'_>) -> Outcome<Option<(ClientId, String)>> {
    let client_id: String = row.get(0)?;
    let name = row.get(1)?;
    Ok(ClientId::parse(&client_id).map(|client_id| (client_id, name)))
}
