//! Clients of a registry out of it, in the format of another system.

use std::collections::BTreeMap;
use std::io::Write;

use crate::client::ClientId;
use crate::interchange::{ExportFormat, Exporter};
use crate::registry::{Client, ListQuery, Place, Registry, RegistryError, SortKey};

/// Clients that are read at once.
const PAGE: u32 = 500;

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct ExportWish {
    /// In which format.
    pub format: ExportFormat,
    /// These clients only, in this order; none: all that `text` finds.
    pub clients: Vec<ClientId>,
    /// Those that a search finds; empty: all.
    pub text: String,
}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// How many clients.
    pub clients: u64,
    /// The members that the format has no place for, and of how many clients. See [`ExportFormat::what_of_the_rest`].
    pub unsaid: BTreeMap<String, u64>,
    /// The members whose addresses were written without a password that stands in them, and of how many clients.
    pub withheld: BTreeMap<String, u64>,
}

/// Why an export did not come to its end. What was written until then is no whole file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The registry cannot be read, or a client is not in it.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It cannot be written.
    #[error("the file cannot be written: {0}")]
    Out(#[from] std::io::Error),
    /// Somebody wanted it to stop.
    #[error("the export was stopped")]
    Stopped,
}

/// Writes clients of a registry, of one moment whatever others write meanwhile, never a secret or a hash of one. `go_on` is told
/// how many were written, and says whether to go on.
///
/// # Errors
/// [`ExportError`] says what stood in the way.
pub fn export(
    registry: &Registry,
    wish: &ExportWish,
    out: &mut dyn Write,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Exported, ExportError> {
    registry.in_one_state(|registry| {
        let mut exporter = Exporter::new(wish.format);
        out.write_all(&exporter.begin())?;
        each_page(registry, wish, &mut |clients| {
            for client in clients {
                let written = exporter.client(&client.client_id, &client.draft, client.status);
                out.write_all(&written)?;
            }
            if go_on(exporter.clients()) {
                Ok(())
            } else {
                Err(ExportError::Stopped)
            }
        })?;
        out.write_all(&exporter.end())?;
        out.flush()?;
        Ok(Exported {
            clients: exporter.clients(),
            unsaid: exporter.unsaid().clone(),
            withheld: exporter.withheld().clone(),
        })
    })
}

type Visit<'a> = dyn FnMut(Vec<Client>) -> Result<(), ExportError> + 'a;

fn each_page(registry: &Registry, wish: &ExportWish, visit: &mut Visit<'_>) -> Result<(), ExportError> {
    if !wish.clients.is_empty() {
        return each_named(registry, wish, visit);
    }
    if !wish.text.trim().is_empty() {
        return each_found(registry, wish, visit);
    }
    let mut place = Place::default();
    loop {
        let (clients, next) = registry.clients_from(place, PAGE)?;
        let is_last = clients.len() < PAGE as usize;
        visit(clients)?;
        if is_last {
            return Ok(());
        }
        place = next;
    }
}

fn each_named(registry: &Registry, wish: &ExportWish, visit: &mut Visit<'_>) -> Result<(), ExportError> {
    for client_id in &wish.clients {
        let client = registry
            .client(client_id)?
            .ok_or_else(|| RegistryError::NotFound {
                what: "client",
                name: client_id.to_string(),
            })?;
        visit(vec![client])?;
    }
    Ok(())
}

fn each_found(registry: &Registry, wish: &ExportWish, visit: &mut Visit<'_>) -> Result<(), ExportError> {
    let mut query = ListQuery {
        text: wish.text.clone(),
        limit: PAGE,
        ..ListQuery::default()
    };
    loop {
        let rows = registry.list_clients(&query)?;
        let mut clients = Vec::with_capacity(rows.len());
        for row in &rows {
            clients.extend(registry.client(&row.client_id)?);
        }
        visit(clients)?;
        match rows.last() {
            Some(last) if rows.len() == PAGE as usize => query.after = Some(last.cursor(SortKey::Name)),
            _ => return Ok(()),
        }
    }
}
