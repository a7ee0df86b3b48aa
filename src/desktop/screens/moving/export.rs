//! Where clients are written for another system, in which format, and which ones.

use std::path::Path;

use crate::desktop::dialogs::{SaveAsDialog, SaveChoice, SaveFormat};
use crate::desktop::worker::{ClientsContent, Content, WhichClients};
use crate::interchange::ExportFormat;

/// Asks for it; at first the first of the choices.
pub fn export_dialog(folder: &Path, choices: Vec<(String, WhichClients)>) -> SaveAsDialog {
    let content = |format: ExportFormat, which: &WhichClients| {
        Content::Clients(ClientsContent {
            format,
            which: which.clone(),
        })
    };
    let formats = ExportFormat::ALL.iter().map(|format| SaveFormat {
        label: label(*format),
        extension: format.ending(),
        content: content(*format, &WhichClients::All),
    });
    let choices = choices.into_iter().map(|(label, which)| SaveChoice {
        label,
        contents: ExportFormat::ALL
            .iter()
            .map(|format| content(*format, &which))
            .collect(),
    });
    let about = "Registrations as they are now, with their client IDs, for another system or for this one elsewhere. Never a \
                 secret or a hash of one: each client gets a new secret there.";
    SaveAsDialog::new(folder, "clients", "Export clients", about, formats.collect())
        .with_choices("Clients to export", choices.collect())
}

/// What a format is called.
fn label(format: ExportFormat) -> &'static str {
    match format {
        ExportFormat::Rfc7591 => "RFC 7591, for any system",
        ExportFormat::Keycloak => "Keycloak, for a partial import of a realm",
        ExportFormat::Hydra => "Ory Hydra, for hydra import client",
        ExportFormat::Csv => "CSV, for a spreadsheet",
    }
}
