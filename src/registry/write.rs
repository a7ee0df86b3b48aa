//! Changes of clients: register, save, switch on and off, delete.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value};

use super::client::{exists, get};
use super::error::Outcome;
use super::facets::Facets;
use super::history::Entry;
use super::judge::{Judgement, standing};
use super::{
    Act, Client, NewClient, NewSecret, Registry, RegistryError, action, consent, device, grant, json,
    pushed_request, review, search, secret, stored, time, time_if_any,
};
use crate::audit::AuditRule;
use crate::client::{ClientDraft, ClientId, Finding, Refusals, Status};

impl Registry {
    /// Registers a client.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a `client_id` that is taken; [`RegistryError::SecretNeeded`] and
    /// [`RegistryError::SecretUnfit`] where the secret does not go with the authentication method.
    pub fn create_client(&self, new: NewClient, act: &Act) -> Result<Client, RegistryError> {
        let NewClient {
            client_id,
            registration,
            secret,
            origin,
        } = new;
        match (registration.token_endpoint_auth_method.uses_secret(), &secret) {
            (true, None) => return Err(RegistryError::SecretNeeded),
            (false, Some(_)) => return Err(RegistryError::SecretUnfit),
            _ => {}
        }
        let draft = registration.into_draft();
        self.write(|db| {
            let row = Row {
                client_id: &client_id,
                draft: &draft,
                status: Status::Active,
                origin: origin.as_deref(),
            };
            let client = row.insert(db, secret.as_slice(), act)?;
            self.record(db, action::CREATE_CLIENT, None, client, act)
        })
    }

    /// Keeps a client of another system as it came, whether it keeps the rules or not: one that does not is *held*.
    ///
    /// # Errors
    /// [`RegistryError::AlreadyExists`] for a `client_id` that is taken.
    pub fn import_client(
        &self,
        client_id: &ClientId,
        draft: &ClientDraft,
        status: Status,
        secrets: &[NewSecret],
        origin: &str,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        self.write(|db| {
            let row = Row {
                client_id,
                draft,
                status,
                origin: Some(origin),
            };
            let client = row.insert(db, secrets, act)?;
            self.record(db, action::IMPORT_CLIENT, None, client, act)
        })
    }

    /// Saves a changed registration. What it refused before it may keep, but it may add nothing to that. An equal
    /// one changes nothing, and leaves no row in the history.
    ///
    /// A `first_secret` is needed where the new authentication method uses a secret, the old one did not, and none
    /// is live. Turning to `none` ends all secrets.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] when `expected_version` is not today's; [`RegistryError::Refused`] with the
    /// refusals that are new; [`RegistryError::SecretNeeded`], [`RegistryError::SecretUnfit`] and
    /// [`RegistryError::TooManySecrets`].
    pub fn update_client(
        &self,
        client_id: &ClientId,
        expected_version: u64,
        draft: ClientDraft,
        first_secret: Option<NewSecret>,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        let what = (action::UPDATE_CLIENT, "");
        self.update(client_id, expected_version, draft, first_secret, what, act)
    }

    /// Saves the registration that the mechanical change of a rule makes, and says in the history that it ended that rule's
    /// finding. All that holds for [`Registry::update_client`] holds here.
    ///
    /// # Errors
    /// As for [`Registry::update_client`].
    pub fn fix_client(
        &self,
        client_id: &ClientId,
        expected_version: u64,
        (rule, draft): (AuditRule, ClientDraft),
        first_secret: Option<NewSecret>,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        let note = format!("rule {}", rule.id());
        let what = (action::FIX_CLIENT, note.as_str());
        self.update(client_id, expected_version, draft, first_secret, what, act)
    }

    /// Saves the registration that a change of the history left, as a new change that says where it comes from. All that
    /// holds for [`Registry::update_client`] holds here; status and secrets stay as they are.
    ///
    /// # Errors
    /// As for [`Registry::update_client`].
    pub fn restore_client(
        &self,
        client_id: &ClientId,
        expected_version: u64,
        (seq, draft): (i64, ClientDraft),
        first_secret: Option<NewSecret>,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        let note = restored_note(seq);
        let what = (action::UPDATE_CLIENT, note.as_str());
        self.update(client_id, expected_version, draft, first_secret, what, act)
    }

    fn update(
        &self,
        client_id: &ClientId,
        expected_version: u64,
        mut draft: ClientDraft,
        first_secret: Option<NewSecret>,
        (action, note): (&str, &str),
        act: &Act,
    ) -> Result<Client, RegistryError> {
        draft.name = draft.name.trim().to_owned();
        self.write(|db| {
            let before = expect(db, client_id, expected_version)?;
            if draft == before.draft && first_secret.is_none() {
                return Ok(before);
            }
            new_refusals(&before.draft, &draft)?;
            let uses_secret = draft.token_endpoint_auth_method.uses_secret();
            if let Some(secret) = &first_secret {
                if !uses_secret {
                    return Err(RegistryError::SecretUnfit.into());
                }
                secret::insert(db, &before, secret, act.at)?;
            } else if uses_secret
                && !before.draft.token_endpoint_auth_method.uses_secret()
                && before.live_secrets(act.at).next().is_none()
            {
                return Err(RegistryError::SecretNeeded.into());
            }
            if draft.token_endpoint_auth_method == crate::client::AuthMethod::None {
                secret::end_all(db, before.row, act.at)?;
            }
            save(db, &before, &draft, before.status, act)?;
            let after = get(db, client_id)?;
            self.record_noting(db, action, Some(&before), after, note, act)
        })
    }

    /// Switches a client on or off. Switching off ends its tokens. The status it has already changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] when `expected_version` is not today's.
    pub fn set_status(
        &self,
        client_id: &ClientId,
        expected_version: u64,
        status: Status,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        self.write(|db| {
            let before = expect(db, client_id, expected_version)?;
            if status == before.status {
                return Ok(before);
            }
            save(db, &before, &before.draft, status, act)?;
            let action = match status {
                Status::Active => action::ENABLE_CLIENT,
                Status::Disabled => {
                    end_tokens(db, before.row, act)?;
                    action::DISABLE_CLIENT
                }
            };
            self.record(db, action, Some(&before), get(db, client_id)?, act)
        })
    }

    /// Deletes a client and ends its tokens. Its whole record stays in the history, and is returned.
    ///
    /// # Errors
    /// [`RegistryError::Conflict`] when `expected_version` is not today's.
    pub fn delete_client(
        &self,
        client_id: &ClientId,
        expected_version: u64,
        act: &Act,
    ) -> Result<Client, RegistryError> {
        self.write(|db| {
            let before = expect(db, client_id, expected_version)?;
            search::forget(db, before.row)?;
            db.prepare_cached("DELETE FROM client WHERE id = ?1")?
                .execute([before.row])?;
            let entry = Entry::of_client(action::DELETE_CLIENT, client_id, &before.draft.name);
            Entry {
                before: Some(before.record()),
                ..entry
            }
            .append(db, &self.vault, act)?;
            Ok(before)
        })
    }

    /// Writes the history's row for a change that was just made, and returns the client as it is now.
    pub(super) fn record(
        &self,
        db: &Connection,
        action: &str,
        before: Option<&Client>,
        after: Client,
        act: &Act,
    ) -> Outcome<Client> {
        self.record_noting(db, action, before, after, "", act)
    }

    /// The same with something else to say of it.
    fn record_noting(
        &self,
        db: &Connection,
        action: &str,
        before: Option<&Client>,
        after: Client,
        note: &str,
        act: &Act,
    ) -> Outcome<Client> {
        let entry = Entry {
            before: before.map(Client::record),
            after: Some(after.record()),
            note,
            ..Entry::of_client(action, &after.client_id, &after.draft.name)
        };
        entry.append(db, &self.vault, act)?;
        Ok(after)
    }
}

/// What a restored registration has first in its note.
const RESTORED: &str = "restored from change ";

/// The note of a change that brings back what an earlier one left.
pub fn restored_note(seq: i64) -> String {
    format!("{RESTORED}{seq}")
}

/// Whether a change of this note brought something back.
pub fn is_restored_note(note: &str) -> bool {
    note.starts_with(RESTORED)
}

/// The client as it is now, if it is still the version that the caller has seen.
fn expect(db: &Connection, client_id: &ClientId, expected_version: u64) -> Outcome<Client> {
    let client = get(db, client_id)?;
    if client.version == expected_version {
        Ok(client)
    } else {
        Err(RegistryError::Conflict {
            theirs: Box::new(client),
        }
        .into())
    }
}

/// A save may keep the refusals that were there before, and may add none.
///
/// # Errors
/// [`RegistryError::Refused`] with those that are new.
pub fn new_refusals(before: &ClientDraft, after: &ClientDraft) -> Result<(), RegistryError> {
    let refusals = |draft: &ClientDraft| draft.findings().into_iter().filter(Finding::refuses);
    let known: Vec<Finding> = refusals(before).collect();
    let is_known = |new: &Finding| {
        known
            .iter()
            .any(|old| old.rule == new.rule && old.field == new.field && old.value == new.value)
    };
    let added: Vec<Finding> = refusals(after).filter(|finding| !is_known(finding)).collect();
    if added.is_empty() {
        Ok(())
    } else {
        Err(RegistryError::Refused(Refusals(added)))
    }
}

/// From now on only tokens that are issued later count.
pub(super) fn end_tokens(db: &Connection, row: i64, act: &Act) -> Outcome<()> {
    db.prepare_cached("UPDATE client SET tokens_valid_after = ?2, updated_at = ?2 WHERE id = ?1")?
        .execute(params![row, stored(act.at)])?;
    device::forget_client(db, row)?;
    pushed_request::forget_client(db, row)?;
    grant::end_of_client(db, row)
}

/// Everything that is derived from a registration and kept in its row.
struct Derived {
    name_key: String,
    facets: Facets,
    judgement: Judgement,
    metadata: String,
}

impl Derived {
    fn of(db: &Connection, draft: &ClientDraft, status: Status, origin: Option<&str>) -> Outcome<Self> {
        let judgement = Judgement::by(draft, &review::rule_settings(db)?);
        let facets = Facets::of(draft, standing(status, judgement.held)).and(Facets::origin(origin));
        Ok(Self {
            name_key: name_key(&draft.name),
            facets,
            judgement,
            metadata: metadata(draft)?,
        })
    }
}

/// The name as it is sorted: without regard to case and accents, and no longer than an index likes.
pub(super) fn name_key(name: &str) -> String {
    const LIMIT: usize = 200;
    search::fold(name.trim()).chars().take(LIMIT).collect()
}

/// Every member that has no column of its own, as one JSON object.
fn metadata(draft: &ClientDraft) -> Outcome<String> {
    const COLUMNS: [&str; 9] = [
        "name",
        "application_type",
        "token_endpoint_auth_method",
        "grant_types",
        "response_types",
        "scopes",
        "audience",
        "redirect_uris",
        "post_logout_redirect_uris",
    ];
    let mut members = match serde_json::to_value(draft)? {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    members.retain(|name, _| !COLUMNS.contains(&name.as_str()));
    json(&members)
}

/// A client's row to be.
struct Row<'a> {
    client_id: &'a ClientId,
    draft: &'a ClientDraft,
    status: Status,
    origin: Option<&'a str>,
}

impl Row<'_> {
    /// Writes it, and returns the client that it is now, without reading it again.
    fn insert(&self, db: &Connection, secrets: &[NewSecret], act: &Act) -> Outcome<Client> {
        if exists(db, self.client_id)? {
            let name = self.client_id.to_string();
            return Err(RegistryError::AlreadyExists { what: "client", name }.into());
        }
        let (draft, tokens_valid_after) = (self.draft, deleted_at(db, self.client_id)?);
        let derived = Derived::of(db, draft, self.status, self.origin)?;
        db.prepare_cached(
            "INSERT INTO client (client_id, name, name_key, facets, worst, held, type, kind, status, version,
                 created_at, updated_at, tokens_valid_after, origin, application_type, token_endpoint_auth_method,
                 grant_types, response_types, scopes, audience, redirect_uris, post_logout_redirect_uris, metadata)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                 ?20, ?21)",
        )?
        .execute(params![
            self.client_id.as_str(),
            draft.name,
            derived.name_key,
            derived.facets.bits(),
            derived.judgement.worst_stored(),
            derived.judgement.held,
            draft.client_type().as_str(),
            draft.kind().as_str(),
            self.status.as_str(),
            stored(act.at),
            tokens_valid_after,
            self.origin,
            draft.application_type.as_str(),
            draft.token_endpoint_auth_method.as_str(),
            json(&draft.grant_types)?,
            json(&draft.response_types)?,
            json(&draft.scopes)?,
            json(&draft.audience)?,
            json(&draft.redirect_uris)?,
            json(&draft.post_logout_redirect_uris)?,
            derived.metadata,
        ])?;
        let row = db.last_insert_rowid();
        search::index(db, row, self.client_id, draft, derived.facets)?;
        let now = time(stored(act.at))?;
        let mut client = Client {
            client_id: self.client_id.clone(),
            draft: draft.clone(),
            status: self.status,
            held: derived.judgement.held,
            version: 1,
            created_at: now,
            updated_at: now,
            last_used_at: None,
            tokens_valid_after: time_if_any(tokens_valid_after)?,
            origin: self.origin.map(str::to_owned),
            secrets: Vec::new(),
            row,
        };
        for secret in secrets {
            let stored = secret::insert(db, &client, secret, act.at)?;
            client.secrets.push(stored);
        }
        Ok(client)
    }
}

/// When a client of this identifier was deleted: tokens of that one are none of its successor's.
fn deleted_at(db: &Connection, client_id: &ClientId) -> Outcome<Option<i64>> {
    // The action stands in the text: as a value that is bound, SQLite would plan anew at each question, because there is an
    // index of only such rows.
    let question =
        "SELECT at FROM history WHERE client_id = ?1 AND action = 'delete-client' ORDER BY seq DESC LIMIT 1";
    Ok(db
        .prepare_cached(question)?
        .query_row([client_id.as_str()], |row| row.get(0))
        .optional()?)
}

/// Writes a registration and a status over a client's row.
pub(super) fn save(
    db: &Connection,
    before: &Client,
    draft: &ClientDraft,
    status: Status,
    act: &Act,
) -> Outcome<()> {
    let derived = Derived::of(db, draft, status, before.origin.as_deref())?;
    db.prepare_cached(
        "UPDATE client SET name = ?2, name_key = ?3, facets = ?4, worst = ?5, held = ?6, type = ?7, kind = ?8,
             status = ?9, version = version + 1, updated_at = ?10, application_type = ?11,
             token_endpoint_auth_method = ?12, grant_types = ?13, response_types = ?14, scopes = ?15,
             audience = ?16, redirect_uris = ?17, post_logout_redirect_uris = ?18, metadata = ?19
         WHERE id = ?1",
    )?
    .execute(params![
        before.row,
        draft.name,
        derived.name_key,
        derived.facets.bits(),
        derived.judgement.worst_stored(),
        derived.judgement.held,
        draft.client_type().as_str(),
        draft.kind().as_str(),
        status.as_str(),
        stored(act.at),
        draft.application_type.as_str(),
        draft.token_endpoint_auth_method.as_str(),
        json(&draft.grant_types)?,
        json(&draft.response_types)?,
        json(&draft.scopes)?,
        json(&draft.audience)?,
        json(&draft.redirect_uris)?,
        json(&draft.post_logout_redirect_uris)?,
        derived.metadata,
    ])?;
    if draft.redirect_uris != before.draft.redirect_uris || draft.name != before.draft.name {
        // People said yes to a client of that name that lives at those addresses.
        consent::forget_client(db, before.row)?;
    }
    search::forget(db, before.row)?;
    search::index(db, before.row, &before.client_id, draft, derived.facets)
}
