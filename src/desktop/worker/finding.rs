//! What stands beside a finding that is looked at: its client as it is now, the sign-off, and how its field came to be so.

use jiff::Timestamp;
use serde_json::Value;

use super::ReplyBody;
use crate::audit::Approval;
use crate::client::ClientId;
use crate::registry::{Client, HistoryQuery, HistoryRow, Registry, RegistryError};

/// Changes of a field that are looked up.
pub const FIELD_CHANGES: u32 = 20;

/// What stands beside a finding.
#[derive(Debug)]
pub struct Beside {
    /// The client as it is now; none where it is gone.
    pub client: Option<Client>,
    /// Its sign-off.
    pub approval: Option<Approval>,
    /// The changes of the field concerned, the newest first; at most [`FIELD_CHANGES`].
    pub changes: Vec<FieldChange>,
}

/// A change of one field.
#[derive(Debug)]
pub struct FieldChange {
    /// What was done, with the whole records.
    pub row: HistoryRow,
    /// What stood in the field.
    pub before: Option<Value>,
    /// What stands in it since.
    pub after: Option<Value>,
}

/// Looks it up.
pub(super) fn carry_out(
    registry: &Registry,
    client_id: &ClientId,
    field: &str,
) -> Result<ReplyBody, RegistryError> {
    let rows = registry.history(&HistoryQuery {
        client: Some(client_id.clone()),
        field: Some(field.to_owned()),
        limit: FIELD_CHANGES,
        ..HistoryQuery::default()
    })?;
    let changes = rows.into_iter().map(|row| FieldChange {
        before: only(row.before.as_ref(), field),
        after: only(row.after.as_ref(), field),
        row,
    });
    Ok(ReplyBody::Beside(Box::new(Beside {
        client: registry.client(client_id)?,
        approval: registry.approval(client_id)?,
        changes: changes.collect(),
    })))
}

/// A record of one field.
fn only(record: Option<&Value>, field: &str) -> Option<Value> {
    let value = record?.get(field)?.clone();
    Some(serde_json::json!({ field: value }))
}

/// What is kept beside the findings.
#[derive(Debug)]
pub enum FilterChange {
    /// Keep a filter, in the place of the one of the same name.
    Keep {
        /// What it is called.
        name: String,
        /// The filter.
        filter: Value,
    },
    /// Forget a filter.
    Delete {
        /// What it is called.
        name: String,
    },
}

/// Keeps or forgets a filter.
pub(super) fn change_filter(
    registry: &Registry,
    change: FilterChange,
    now: Timestamp,
) -> Result<ReplyBody, RegistryError> {
    let told = match change {
        FilterChange::Keep { name, filter } => {
            registry.save_review_filter(&name, &filter, now)?;
            format!("The filter {name} was saved")
        }
        FilterChange::Delete { name } => {
            registry.delete_review_filter(&name)?;
            format!("The filter {name} was deleted")
        }
    };
    Ok(ReplyBody::Done(told))
}
