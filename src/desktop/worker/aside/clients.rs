//! Clients as a file for another system.

use super::Progress;
use super::content::{Fault, Writing};
use crate::client::ClientId;
use crate::desktop::screens::clients::grouped;
use crate::interchange::ExportFormat;
use crate::registry::{Count, ListQuery, Registry, RegistryError};
use crate::transfer::{self, ExportError, ExportWish};

/// Rows that are looked up at once.
const PAGE: u32 = 1_000;

/// Clients in the format of another system, never with a secret.
#[derive(Clone, Debug)]
pub struct ClientsContent {
    /// In which format.
    pub format: ExportFormat,
    /// Which ones.
    pub which: WhichClients,
}

/// Which clients of the registry.
#[derive(Clone, Debug)]
pub enum WhichClients {
    /// All.
    All,
    /// Those that a list finds.
    Found(Box<ListQuery>),
    /// These.
    These(Vec<ClientId>),
}

/// Writes them. Returns how many, and what the format has no place for.
pub(super) fn write(content: &ClientsContent, writing: &mut Writing<'_>) -> Result<String, Fault> {
    let registry = (writing.open)()?;
    let clients = match &content.which {
        WhichClients::All => Vec::new(),
        WhichClients::Found(query) => found(&registry, query)?,
        WhichClients::These(clients) => clients.clone(),
    };
    let is_of_some = !matches!(content.which, WhichClients::All);
    if is_of_some && clients.is_empty() {
        return Err(Fault::Nothing);
    }
    let all = match is_of_some {
        true => clients.len() as u64,
        false => match registry.count_clients(&ListQuery::default())? {
            Count::Exact(count) | Count::MoreThan(count) => count,
        },
    };
    let wish = ExportWish {
        format: content.format,
        clients,
        text: String::new(),
    };
    let Writing {
        out, stop, progress, ..
    } = writing;
    let mut go_on = |clients: u64| {
        progress(Progress {
            share: clients as f32 / all.max(1) as f32,
            told: told(clients),
        });
        !stop.is_asked()
    };
    match transfer::export(&registry, &wish, *out, &mut go_on) {
        Ok(exported) => {
            let mut said = told(exported.clients);
            if !exported.withheld.is_empty() {
                let members: Vec<&str> = exported.withheld.keys().map(String::as_str).collect();
                said = format!(
                    "{said} (a password stood in {}; it was left out)",
                    members.join(", ")
                );
            }
            if !exported.unsaid.is_empty() {
                let members: Vec<&str> = exported.unsaid.keys().map(String::as_str).collect();
                let rest = content.format.what_of_the_rest();
                said = format!("{said} (of some, {} {rest})", members.join(", "));
            }
            Ok(said)
        }
        Err(ExportError::Registry(error)) => Err(Fault::Registry(error)),
        Err(ExportError::Out(error)) => Err(Fault::Disk(error)),
        Err(ExportError::Stopped) => Err(Fault::Stopped),
    }
}

/// The identifiers of what a list finds, in its order.
fn found(registry: &Registry, query: &ListQuery) -> Result<Vec<ClientId>, RegistryError> {
    let mut query = ListQuery {
        limit: PAGE,
        skip: 0,
        after: None,
        ..query.clone()
    };
    let mut clients = Vec::new();
    loop {
        let rows = registry.list_clients(&query)?;
        let is_last = rows.len() < PAGE as usize;
        query.after = rows.last().map(|row| row.cursor(query.sort));
        clients.extend(rows.into_iter().map(|row| row.client_id));
        if is_last {
            return Ok(clients);
        }
    }
}

fn told(clients: u64) -> String {
    let plural = if clients == 1 { "" } else { "s" };
    format!("{} client{plural}", grouped(clients))
}
