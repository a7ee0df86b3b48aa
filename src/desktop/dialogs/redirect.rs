//! The redirect tester: the address that failed, held against what is registered.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{FontId, Label, Stroke, Ui};

use crate::client::redirect_uri::{
    Comparison, Difference, Pasted, Piece, Remedy, Shape, Trial, Unread, put_to_the_test,
};
use crate::client::{ClientId, make_visible};
use crate::desktop::form::{pasted_field, severity_tone};
use crate::desktop::screens::{Action, FormChange};
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::space};
use crate::registry::Client;

/// What stands before the two addresses, as wide as the longer one.
const SIDES: [&str; 2] = ["Registered ", "Requested  "];

/// The dialog.
pub struct RedirectDialog {
    client: Box<Client>,
    can_add: bool,
    text: String,
    came: Result<Trial, Unread>,
}

impl RedirectDialog {
    /// Asks for the address, to be tried with a client as it is registered. `can_add`: whether it can be changed.
    pub fn new(client: Client, can_add: bool) -> Self {
        Self {
            client: Box::new(client),
            can_add,
            text: String::new(),
            came: Err(Unread::Nothing),
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let name = &self.client.draft.name;
        let text = format!("Paste the address that failed, and see what {name} has registered in its place.");
        ui.label(style::second(ui, text));
        ui.add_space(space::S);
        style::field_label(ui, "Address that failed");
        let hint = "https://app.example.com/callback";
        if pasted_field(ui, "Address that failed", &mut self.text, hint).changed() {
            self.put_to_the_test();
        }
        match &self.came {
            Err(unread) => {
                ui.label(style::faint(ui, unread.sentence()));
            }
            Ok(trial) => trial_ui(ui, trial),
        }
        ui.add_space(space::M);
        let register = self
            .came
            .as_ref()
            .ok()
            .and_then(|trial| trial.remedy.register.clone());
        buttons_ui(ui, &self.client.client_id, register, self.can_add)
    }

    /// What the server had added goes from the field too: a code in it is nobody's to keep.
    fn put_to_the_test(&mut self) {
        self.came = put_to_the_test(&self.client.draft, &self.text);
        if let Ok(trial) = &self.came
            && (trial.pasted.shape != Shape::Address || !trial.pasted.left_out.is_empty())
        {
            self.text.clone_from(&trial.pasted.address);
        }
    }
}

fn trial_ui(ui: &mut Ui, trial: &Trial) {
    if let Some(told) = told_of(&trial.pasted) {
        ui.add(Label::new(style::faint(ui, told)).wrap());
    }
    ui.add_space(space::S);
    let (word, tone) = if trial.verdict.matches() {
        ("Matches", Tone::Good)
    } else {
        ("Does not match", Tone::Danger)
    };
    ui.horizontal_wrapped(|ui| {
        style::badge(ui, word, tone);
        ui.label(style::strong(ui, trial.verdict.sentence()));
    });
    if let Some(nearest) = &trial.nearest {
        style::code_block(ui, |ui| addresses_ui(ui, nearest));
        for difference in nearest.differences() {
            difference_ui(ui, &difference);
        }
    }
    remedy_ui(ui, &trial.remedy);
}

/// Where the address was found, and what was left out of it.
fn told_of(pasted: &Pasted) -> Option<String> {
    let found = match pasted.shape {
        Shape::Address => None,
        Shape::Request => Some("Found in redirect_uri of the request"),
        Shape::Callback => Some("Found where the browser ended"),
        Shape::Text => Some("The first address in the text"),
    };
    let left_out = match pasted.left_out.as_slice() {
        [] => None,
        names => Some(format!("left out what a server adds: {}", names.join(", "))),
    };
    match (found, left_out) {
        (Some(found), Some(left_out)) => Some(format!("{found}; {left_out}")),
        (Some(found), None) => Some(found.to_owned()),
        (None, left_out) => left_out,
    }
}

/// Both addresses, one under the other; what differs is coloured and underlined.
fn addresses_ui(ui: &mut Ui, nearest: &Comparison) {
    let pieces = shown_pieces(&nearest.pieces);
    let font = FontId::monospace(font::MONO);
    let letter = ui.fonts_mut(|fonts| fonts.glyph_width(&font, ' '));
    let widest = |piece: &Shown| piece.text.iter().map(|text| text.chars().count()).max();
    let letters: usize = pieces.iter().filter_map(widest).sum();
    // Where the aligned lines would break, they are not aligned.
    let fits = (SIDES[0].len() + letters) as f32 * letter <= ui.available_width();
    let colors = palette(ui);
    let plain = TextFormat::simple(font.clone(), colors.text);
    let marked = TextFormat {
        underline: Stroke::new(1.0, colors.danger_text),
        ..TextFormat::simple(font.clone(), colors.danger_text)
    };
    for (side, words) in SIDES.into_iter().enumerate() {
        let mut job = LayoutJob::default();
        job.append(words, 0.0, TextFormat::simple(font.clone(), colors.faint));
        for piece in &pieces {
            let text = piece.text.get(side).map_or("", String::as_str);
            let format = if piece.differs { &marked } else { &plain };
            job.append(text, 0.0, format.clone());
            if fits {
                let room = widest(piece).unwrap_or_default() - text.chars().count();
                job.append(&" ".repeat(room), 0.0, plain.clone());
            }
        }
        ui.add(Label::new(job).wrap().selectable(true));
    }
}

/// A piece of both addresses as it is fit to be shown.
struct Shown {
    text: [String; 2],
    differs: bool,
}

fn shown_pieces(pieces: &[Piece]) -> Vec<Shown> {
    let shown = |piece: &Piece| Shown {
        text: [make_visible(&piece.registered), make_visible(&piece.requested)],
        differs: piece.differs,
    };
    pieces.iter().map(shown).collect()
}

fn difference_ui(ui: &mut Ui, difference: &Difference) {
    let shown = |text: &str| {
        if text.is_empty() {
            "none".to_owned()
        } else {
            make_visible(text)
        }
    };
    let (registered, requested) = (shown(&difference.registered), shown(&difference.requested));
    let text = format!(
        "The {} differs: registered {registered}, requested {requested}",
        difference.part.name()
    );
    ui.add(Label::new(style::medium(ui, text)).wrap());
    for cause in &difference.causes {
        ui.add(Label::new(style::second(ui, cause.sentence())).wrap());
    }
}

fn remedy_ui(ui: &mut Ui, remedy: &Remedy) {
    ui.add_space(space::S);
    style::label(ui, "What to do");
    for advice in &remedy.advice {
        ui.add(Label::new(make_visible(advice)).wrap());
    }
    for finding in &remedy.findings {
        let (word, tone) = if finding.refuses() {
            ("Refused", Tone::Danger)
        } else {
            (finding.severity.label(), severity_tone(finding.severity))
        };
        ui.horizontal_wrapped(|ui| {
            style::badge(ui, word, tone);
            let text = format!("{}. {}", finding.rule.title(), finding.rule.harm());
            ui.label(style::second(ui, text));
        });
    }
}

fn buttons_ui(ui: &mut Ui, client_id: &ClientId, register: Option<String>, can_add: bool) -> Option<Action> {
    style::row_at_right(ui, |ui| {
        let close = style::button(ui, "Close").clicked();
        let Some(uri) = register else {
            return close.then_some(Action::CloseDialog);
        };
        let copy = style::button(ui, "Copy what to register")
            .on_hover_text(&uri)
            .clicked();
        let add = can_add && style::primary_button(ui, "Add to this client", true).clicked();
        match (close, copy, add) {
            (true, _, _) => Some(Action::CloseDialog),
            (_, true, _) => Some(Action::CopyText(uri)),
            (_, _, true) => {
                let change = FormChange::AddRedirectUri(uri);
                Some(Action::ChangeForm(client_id.clone(), change))
            }
            _ => None,
        }
    })
}
