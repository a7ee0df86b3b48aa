//! What stands in the way of signing a client off: findings that stay open, or that it was changed before.

use eframe::egui::{Label, Ui};

use super::confirm::buttons_ui;
use super::conflict::{differences, versions_ui};
use crate::client::make_visible;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::findings::counts_text;
use crate::registry::Client;

/// Says what stays open.
pub fn despite_ui(ui: &mut Ui, client: &Client, open: &[usize; 5]) -> Option<Action> {
    let (are, them) = match open.iter().sum() {
        1_usize => ("finding stays", "it"),
        _ => ("findings stay", "them"),
    };
    let text = format!("{} {are} open.", counts_text(open));
    ui.add(Label::new(style::medium(ui, text)).wrap());
    let text = format!(
        "Approving says that you looked at the client as it is now, and ends no finding. Fix {them} or accept the risk first, \
         or approve the client as it is."
    );
    ui.add(Label::new(style::second(ui, text)).wrap());
    buttons_ui(ui, "Approve client", false, true, || {
        Action::ApproveDespiteFindings(Box::new(client.clone()))
    })
}

/// Draws both versions, where the one that was looked at is known.
pub fn unapproved_ui(ui: &mut Ui, seen: Option<&Client>, theirs: &Client) -> Option<Action> {
    let text = format!(
        "{} was changed elsewhere on {}, after you looked at it. It has not been approved.",
        make_visible(&theirs.draft.name),
        time::moment(theirs.updated_at)
    );
    ui.add(Label::new(style::second(ui, text)).wrap());
    ui.add_space(space::S);
    match seen.map(|seen| differences(&seen.draft, &theirs.draft)) {
        Some(none) if none.is_empty() => {
            let text = "Both versions say the same: it was changed, and changed back, or switched on or off.";
            ui.add(Label::new(style::second(ui, text)).wrap());
        }
        Some(differences) => versions_ui(ui, "As you saw it", differences),
        None => {
            ui.label(style::second(ui, "Look at it as it is now, and approve it then."));
        }
    }
    let mut action = None;
    style::row_at_right(ui, |ui| {
        if seen.is_some() && style::button(ui, "Approve as it is now").clicked() {
            action = Some(Action::Approve(Box::new(theirs.clone())));
        }
        if style::primary_button(ui, "Do not approve", true).clicked() {
            action = Some(Action::CloseDialog);
        }
    });
    action
}
