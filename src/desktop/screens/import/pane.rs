//! One client of a file: what would come or came of it, and field by field what it is and becomes.

use eframe::egui::{Label, Ui};
use serde_json::Value;

use super::entry::can_pick;
use crate::client::{ClientId, make_visible};
use crate::desktop::screens::history::diff::{diff, diff_ui};
use crate::desktop::screens::moving::{Looking, Sort, both, head_ui};
use crate::desktop::style::{self, Tone, tokens::space};
use crate::desktop::worker::{Details, Line};
use crate::transfer::{Came, Entry};

/// What a person wants of it.
pub enum Wish {
    /// Look at it no more.
    Close,
    /// See it in the registry.
    Open(ClientId),
}

/// Draws it. Before the import it can be picked, changed clients only where those may change; afterwards it can be opened.
pub fn entry_ui(
    ui: &mut Ui,
    line: &Line<Came>,
    looking: &Looking,
    picked: Option<(&mut bool, bool)>,
) -> Option<Wish> {
    let mut wish = None;
    let is_done = picked.is_none();
    if head_ui(ui, line) {
        wish = Some(Wish::Close);
    }
    if let Some((picked, update)) = picked {
        if can_pick(line, update) {
            style::checkbox(ui, picked, "Import this client");
        } else if line.sort == Came::Changed {
            let text = "It is registered here with other values. \
                Tick Change clients that are there already to import it.";
            ui.add(Label::new(style::second(ui, text)).wrap());
        }
    } else if let Some(client_id) = line.client_id.as_deref().and_then(ClientId::parse)
        && !matches!(line.sort, Came::Refused | Came::LeftOut)
        && style::button(ui, "Open client").clicked()
    {
        wish = Some(Wish::Open(client_id));
    }
    let Some(Details::Entry(entry)) = looking.ui(ui) else {
        return wish;
    };
    if entry.came != line.sort {
        ui.add_space(space::S);
        let text = format!(
            "The registry changed since the file was looked at: this client is {} by now.",
            entry.came.label().to_lowercase()
        );
        style::card(ui, Tone::Warning, |ui| ui.add(Label::new(text).wrap()));
    }
    why_ui(ui, entry, is_done);
    fields_ui(ui, entry, is_done);
    notes_ui(ui, entry);
    wish
}

/// Why it is held, refused or left out.
fn why_ui(ui: &mut Ui, entry: &Entry, is_done: bool) {
    if entry.why.is_empty() {
        return;
    }
    ui.add_space(space::S);
    style::card(ui, entry.came.tone(), |ui| {
        for why in entry.why.iter().flat_map(|why| why.lines()) {
            ui.add(Label::new(make_visible(why)).wrap());
        }
        let advice = match (entry.came, is_done) {
            (Came::Held, false) => "It is kept, and gets no token until it is put right.",
            (Came::Held, true) => "It gets no token until it is put right.",
            (Came::Refused, _) => "It is not taken over.",
            _ => "",
        };
        if !advice.is_empty() {
            ui.add(Label::new(style::second(ui, advice)).wrap());
        }
    });
}

fn fields_ui(ui: &mut Ui, entry: &Entry, is_done: bool) {
    let (heading, lines) = match (&entry.draft, entry.came) {
        _ if !entry.differences.is_empty() => {
            let (before, after) = both(&entry.differences);
            let heading = match (entry.came, is_done) {
                (Came::Changed, true) => "What changed",
                (Came::Changed, false) => "What would change",
                _ => "How it differs",
            };
            (heading, diff(Some(&before), Some(&after)))
        }
        (Some(draft), Came::New | Came::Held) => {
            let record: Option<Value> = serde_json::from_str(draft).ok();
            ("What it is in the file", diff(None, record.as_ref()))
        }
        _ => return,
    };
    style::divider(ui);
    style::label(ui, heading);
    diff_ui(ui, &lines);
}

/// What else there is to know of it.
fn notes_ui(ui: &mut Ui, entry: &Entry) {
    let part = |ui: &mut Ui, heading: &str, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        ui.add_space(space::S);
        style::label(ui, heading);
        for line in lines {
            ui.add(Label::new(style::second(ui, make_visible(&line))).wrap());
        }
    };
    part(ui, "Kept", entry.kept.clone());
    let resolved = entry.resolved.iter();
    let resolved = resolved.map(|changed| format!("{}: {}", changed.member, changed.how));
    part(ui, "Taken over otherwise", resolved.collect());
    let left_out = entry.left_out.iter();
    let left_out = left_out.map(|left| format!("{}, because {}", left.member, left.why));
    part(ui, "Left out", left_out.collect());
    if entry.rotate {
        ui.add_space(space::S);
        style::card(ui, Tone::Warning, |ui| {
            ui.label(style::medium(ui, "Rotate"));
            let text = "It has no secret that could be kept. Make one with Rotate secret… once it is here.";
            ui.add(Label::new(style::second(ui, text)).wrap());
        });
    }
}
