//! The authorities that vouch for the server's own certificates: certificate in clear, private key sealed by the vault.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Value, json};

use super::error::Outcome;
use super::history::Entry;
use super::{Act, Registry, RegistryError, action, stored, time};

/// An authority as the registry holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateAuthorityRecord {
    /// The host whose certificates it may sign.
    pub host: String,
    /// Its own certificate: X.509 in DER.
    pub certificate: Vec<u8>,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// Since when there is it.
    pub created_at: Timestamp,
}

impl CertificateAuthorityRecord {
    /// SHA-256 of the certificate, as browsers and `openssl x509 -fingerprint -sha256` write it.
    pub fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, &self.certificate);
        let bytes: Vec<String> = hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }

    /// What the history keeps: nothing of the private key, not even sealed.
    fn record(&self) -> Value {
        json!({
            "host": self.host,
            "sha256_fingerprint": self.fingerprint(),
            "created_at": self.created_at.to_string(),
        })
    }
}

const SELECT: &str = "SELECT host, certificate, sealed, created_at FROM certificate_authority";

impl Registry {
    /// The authority for a host, if there is one.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn certificate_authority(
        &self,
        host: &str,
    ) -> Result<Option<CertificateAuthorityRecord>, RegistryError> {
        self.read(|db| find(db, host))
    }

    /// Keeps the first authority of a host, and returns the one that counts: another process that started at the same
    /// moment may have been quicker.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn insert_first_certificate_authority(
        &self,
        authority: &CertificateAuthorityRecord,
        act: &Act,
    ) -> Result<CertificateAuthorityRecord, RegistryError> {
        self.write(|db| {
            if let Some(first) = find(db, &authority.host)? {
                return Ok(first);
            }
            db.prepare_cached(
                "INSERT INTO certificate_authority (host, certificate, sealed, created_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                authority.host,
                authority.certificate,
                authority.sealed,
                stored(authority.created_at)
            ])?;
            let entry = Entry::of_other(action::CREATE_CERTIFICATE_AUTHORITY, &authority.host);
            // As it is stored, which is to the microsecond.
            let kept = find(db, &authority.host)?;
            Entry {
                after: kept.as_ref().map(CertificateAuthorityRecord::record),
                ..entry
            }
            .append(db, &self.vault, act)?;
            Ok(kept.unwrap_or_else(|| authority.clone()))
        })
    }
}

/// What the history would keep of each, by its name.
pub(super) fn records(db: &Connection) -> Outcome<Vec<(String, Value)>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} ORDER BY host"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let one = read(row)?;
        found.push((one.host.clone(), one.record()));
    }
    Ok(found)
}

fn find(db: &Connection, host: &str) -> Outcome<Option<CertificateAuthorityRecord>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE host = ?1"))?;
    statement
        .query_row([host], |row| Ok(read(row)))
        .optional()?
        .transpose()
}

fn read(row: &Row<'_>) -> Outcome<CertificateAuthorityRecord> {
    Ok(CertificateAuthorityRecord {
        host: row.get(0)?,
        certificate: row.get(1)?,
        sealed: row.get(2)?,
        created_at: time(row.get(3)?)?,
    })
}
