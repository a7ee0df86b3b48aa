//! Where a report is saved, in which form, and what stands in it.

use std::path::Path;
use std::sync::Arc;

use crate::audit::FindingFilter;
use crate::audit::report::Format;
use crate::desktop::dialogs::{SaveAsDialog, SaveChoice, SaveFormat};
use crate::desktop::worker::{Content, ReportContent, Review};

const FORMATS: [(Format, &str, &str); 5] = [
    (Format::Html, "HTML, to read and to print", "html"),
    (Format::Sarif, "SARIF, for code scanning", "sarif"),
    (Format::Csv, "CSV, for a spreadsheet", "csv"),
    (Format::Json, "JSON, for programs and as a baseline", "json"),
    (Format::Text, "Plain text", "txt"),
];

/// Asks for it. `filtered` is what was found and how it is filtered.
pub(super) fn dialog(folder: &Path, filtered: Option<(Arc<Review>, FindingFilter)>) -> SaveAsDialog {
    let content = |only_open: bool, filtered: &Option<_>| {
        FORMATS.map(|(format, ..)| {
            Content::Report(ReportContent {
                format,
                only_open,
                filtered: filtered.clone(),
            })
        })
    };
    let choice = |label: &str, contents: [Content; 5]| SaveChoice {
        label: label.to_owned(),
        contents: contents.into(),
    };
    let mut choices = vec![
        choice("Open and accepted", content(false, &None)),
        choice("Open only", content(true, &None)),
    ];
    if filtered.is_some() {
        choices.push(choice("As filtered in the list", content(false, &filtered)));
    }
    let formats = FORMATS.iter().zip(content(false, &None));
    let formats = formats.map(|((_, label, extension), content)| SaveFormat {
        label,
        extension,
        content,
    });
    let about = "Every client is judged as it is now. The report says how the rules were set, which risks are accepted \
                 and why, and the length and the head of the history.";
    SaveAsDialog::new(
        folder,
        "chancery-audit",
        "Export report",
        about,
        formats.collect(),
    )
    .with_choices("Findings to report", choices)
}
