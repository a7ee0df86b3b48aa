//! Devices that wait for a person to allow them (RFC 8628): what they asked for, what was answered, and how a device code
//! is spent once.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::client::get;
use super::error::{Fault, Outcome};
use super::grant::{begin, end, find_grant, go_on};
use super::{Continuation, Grant, Registry, RegistryError, Spending, TokenHash, json, stored, time};
use crate::client::ClientId;

/// What a device asked for, and how that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceAuthorization {
    /// The client that runs on the device.
    pub client_id: ClientId,
    /// For what.
    pub scopes: Vec<String>,
    /// At which resource servers; none when the request named none.
    pub resources: Vec<String>,
    /// Until when a person can answer, and the device can collect the answer.
    pub expires_at: Timestamp,
    /// What the person said.
    pub answer: DeviceAnswer,
}

/// What became of a device's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceAnswer {
    /// Nobody has answered yet.
    Awaited,
    /// A person allowed it.
    Allowed,
    /// A person did not, or took it back.
    Denied,
    /// The device has collected its tokens.
    Spent,
}

/// A stored request, and the grant that came of it.
struct Found {
    authorization: DeviceAuthorization,
    grant: Option<String>,
}

impl Registry {
    /// Keeps what a device asks for, under the hashes of its two codes. Says whether it is kept: it is not where `most` of
    /// its client's wait already, nor where the user code is taken.
    ///
    /// # Errors
    /// [`RegistryError::NotFound`] when the client is gone; [`RegistryError`] when the file cannot be written.
    pub fn begin_device_authorization(
        &self,
        device_code: &TokenHash,
        user_code: &TokenHash,
        authorization: &DeviceAuthorization,
        most: u32,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        self.write(|db| {
            let client = get(db, &authorization.client_id)?;
            let waiting: u32 = db
                .prepare_cached(
                    "SELECT count(*) FROM device_authorization
                     WHERE client = ?1 AND expires_at > ?2 AND answer IS NULL",
                )?
                .query_row(params![client.row, stored(now)], |row| row.get(0))?;
            if waiting >= most {
                return Ok(false);
            }
            let inserted = db
                .prepare_cached(
                    "INSERT INTO device_authorization (device_code, user_code, client, scopes, resources, expires_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                )?
                .execute(params![
                    device_code,
                    user_code,
                    client.row,
                    json(&authorization.scopes)?,
                    json(&authorization.resources)?,
                    stored(authorization.expires_at),
                ])?;
            Ok(inserted == 1)
        })
    }

    /// What the device with this device code asked for.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn device_authorization(
        &self,
        device_code: &TokenHash,
    ) -> Result<Option<DeviceAuthorization>, RegistryError> {
        self.read(|db| Ok(find(db, "device_code", device_code)?.map(|found| found.authorization)))
    }

    /// What the device that shows this user code asked for.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be read.
    pub fn device_authorization_by_user_code(
        &self,
        user_code: &TokenHash,
    ) -> Result<Option<DeviceAuthorization>, RegistryError> {
        self.read(|db| Ok(find(db, "user_code", user_code)?.map(|found| found.authorization)))
    }

    /// A person allows a device: keeps the grant until the device comes for it. Says whether it counts: only the first
    /// answer does, and only in time.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn allow_device(
        &self,
        user_code: &TokenHash,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        self.write(|db| {
            let Some(expires_at) = awaited(db, user_code, now)? else {
                return Ok(false);
            };
            begin(db, grant, expires_at)?;
            db.prepare_cached(
                "UPDATE device_authorization SET answer = 'allowed', grant = ?2 WHERE user_code = ?1",
            )?
            .execute(params![user_code, grant.id])?;
            Ok(true)
        })
    }

    /// A person does not allow a device. Says whether it counts, as [`Registry::allow_device`] does.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written.
    pub fn deny_device(&self, user_code: &TokenHash, now: Timestamp) -> Result<bool, RegistryError> {
        self.write(|db| {
            if awaited(db, user_code, now)?.is_none() {
                return Ok(false);
            }
            db.prepare_cached("UPDATE device_authorization SET answer = 'denied' WHERE user_code = ?1")?
                .execute([user_code])?;
            Ok(true)
        })
    }

    /// Spends the device code of a device that was allowed. A second time ends the grant. What `decide` refuses stays as
    /// it was; another client's request changes nothing.
    ///
    /// # Errors
    /// [`RegistryError`] when the file cannot be written; then nothing was spent.
    pub fn spend_device_code<T, E>(
        &self,
        device_code: &TokenHash,
        client_id: &ClientId,
        now: Timestamp,
        decide: impl FnOnce(&Grant) -> Result<(Continuation, T), E>,
    ) -> Result<Spending<T, E>, RegistryError> {
        self.write(|db| {
            let found = find(db, "device_code", device_code)?;
            let Some(Found { authorization, grant }) =
                found.filter(|found| found.authorization.client_id == *client_id)
            else {
                return Ok(Spending::Unknown);
            };
            if authorization.answer == DeviceAnswer::Spent {
                if let Some(grant) = grant {
                    end(db, &grant)?;
                }
                return Ok(Spending::Replayed);
            }
            if authorization.answer != DeviceAnswer::Allowed || authorization.expires_at <= now {
                return Ok(Spending::Unknown);
            }
            let grant = grant.map(|id| find_grant(db, &id)).transpose()?.flatten();
            let Some(grant) = grant else {
                return Ok(Spending::Unknown);
            };
            match decide(&grant) {
                Err(refused) => Ok(Spending::Refused(refused)),
                Ok((next, made)) => {
                    db.prepare_cached(
                        "UPDATE device_authorization SET answer = 'spent' WHERE device_code = ?1",
                    )?
                    .execute([device_code])?;
                    go_on(db, &grant.id, &next, now)?;
                    Ok(Spending::Done(grant, made))
                }
            }
        })
    }
}

/// Forgets every device of a client that still waits, by the client's row.
pub(super) fn forget_client(db: &Connection, client: i64) -> Outcome<()> {
    db.prepare_cached("DELETE FROM device_authorization WHERE client = ?1")?
        .execute([client])?;
    Ok(())
}

/// Until when a user code can be answered, if it still can.
fn awaited(db: &Connection, user_code: &TokenHash, now: Timestamp) -> Outcome<Option<Timestamp>> {
    let found = find(db, "user_code", user_code)?.map(|found| found.authorization);
    let awaited = found.filter(|found| found.answer == DeviceAnswer::Awaited && now < found.expires_at);
    Ok(awaited.map(|found| found.expires_at))
}

fn find(db: &Connection, column: &'static str, hash: &TokenHash) -> Outcome<Option<Found>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT client_id, device_authorization.scopes, resources, expires_at, answer, grant
         FROM device_authorization JOIN client ON client.id = device_authorization.client WHERE {column} = ?1"
    ))?;
    let mut rows = statement.query([hash])?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let client_id: String = row.get(0)?;
    let scopes: String = row.get(1)?;
    let resources: String = row.get(2)?;
    let answer: Option<String> = row.get(4)?;
    let grant: Option<String> = row.get(5)?;
    let answer = match (answer.as_deref(), &grant) {
        (None, _) => DeviceAnswer::Awaited,
        (Some("allowed"), Some(_)) => DeviceAnswer::Allowed,
        (Some("spent"), _) => DeviceAnswer::Spent,
        // What was allowed and has no grant any more was taken back.
        (Some(_), _) => DeviceAnswer::Denied,
    };
    let authorization = DeviceAuthorization {
        client_id: ClientId::parse(&client_id)
            .ok_or_else(|| Fault::Content(format!("it has a device of client {client_id:?}")))?,
        scopes: serde_json::from_str(&scopes)?,
        resources: serde_json::from_str(&resources)?,
        expires_at: time(row.get(3)?)?,
        answer,
    };
    Ok(Some(Found { authorization, grant }))
}
