//! Questions before something that cannot be taken back.

use eframe::egui::{Key, Response, Slider, Ui};

use crate::client::ClientId;
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::space};
use crate::desktop::worker::{ClientAct, Trouble, Work, Write};
use crate::registry::Client;

/// Deleting asks for the name.
pub fn delete_ui(ui: &mut Ui, client: &Client, typed: &mut String) -> Option<Action> {
    let name = &client.draft.name;
    let text = "Its secrets and tokens end at once and the client can no longer authenticate. The history keeps its last \
                state. To switch it off for a while, disable it instead.";
    ui.label(style::second(ui, text));
    ui.add_space(space::S);
    style::label(ui, &format!("Type {name} to confirm"));
    let entry = text_field(ui, "Name to confirm", typed, "");
    let confirmed = typed.trim() == name.trim();
    let delete = || {
        Action::send(Write::Act {
            act: ClientAct::Delete,
            seen: Box::new(client.clone()),
        })
    };
    if entered(ui, &entry, confirmed) {
        return Some(delete());
    }
    buttons_ui(ui, "Delete client", true, confirmed, delete)
}

/// Rotating asks how long both secrets are valid.
pub fn rotate_ui(ui: &mut Ui, client_id: &ClientId, name: &str, overlap_days: &mut u32) -> Option<Action> {
    let text = format!(
        "{name} gets a new secret, shown once. The secrets it has now stay valid for as long as you say, so that \
                        it can change over without an outage."
    );
    ui.label(style::second(ui, text));
    ui.add_space(space::S);
    style::label(ui, "Both valid for");
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 360.0;
        ui.visuals_mut().widgets.inactive.bg_fill = style::palette(ui).line;
        let days = Slider::new(overlap_days, 0..=30)
            .suffix(" days")
            .trailing_fill(true);
        ui.add(days).accessible_name("Overlap in days");
    });
    if *overlap_days == 0 {
        ui.label(style::second(
            ui,
            "The old secret ends at once. Requests with it fail until the new one is in place.",
        ));
    }
    let overlap = i64::from(*overlap_days) * 86_400;
    let rotate = || {
        Action::send(Work::Rotate {
            client_id: client_id.clone(),
            overlap,
        })
    };
    buttons_ui(ui, "Rotate secret", false, true, rotate)
}

/// Revoking is for leaks.
pub fn revoke_ui(ui: &mut Ui, client_id: &ClientId, name: &str) -> Option<Action> {
    let text = format!(
        "For a secret that has leaked. Every secret of {name} ends now, and with them every token it holds. It \
                        fails until it gets a new secret by Rotate secret… and uses that."
    );
    ui.label(style::second(ui, text));
    let revoke = || Action::send(Write::RevokeSecrets(client_id.clone()));
    buttons_ui(ui, "Revoke all secrets now", true, true, revoke)
}

/// Turning public ends all secrets.
pub fn turn_public_ui(ui: &mut Ui, name: &str, save: &Write) -> Option<Action> {
    let text = format!(
        "{name} will authenticate by none, and all its secrets end now. This is right for an application that \
                        runs in a browser or on a person's device."
    );
    ui.label(style::second(ui, text));
    let (client_id, version, draft, restored_from) = match save {
        Write::Save {
            client_id,
            version,
            draft,
            restored_from,
            ..
        } => (client_id.clone(), *version, draft.clone(), *restored_from),
        _ => return Some(Action::CloseDialog),
    };
    let save = || {
        Action::send(Write::Save {
            client_id,
            version,
            draft,
            first_secret: None,
            restored_from,
        })
    };
    buttons_ui(ui, "End secrets and save", true, true, save)
}

/// Setting the rules back ends what somebody decided about them.
pub fn default_rules_ui(ui: &mut Ui) -> Option<Action> {
    let text = "Severities and parameters are as the table has them again, nothing is off, and there are neither allowed hosts \
                nor watched scopes. What was decided until now stays in the history.";
    ui.label(style::second(ui, text));
    let save = || Action::send(Write::AuditSettings(Box::default()));
    buttons_ui(ui, "Set back", true, true, save)
}

/// Leaving with something typed.
pub fn unsaved_ui(ui: &mut Ui, then: &mut Box<Action>, can_save: bool) -> Option<Action> {
    ui.label(style::second(ui, "What you changed here has not been saved."));
    ui.add_space(space::M);
    style::row_at_right(ui, |ui| {
        let back = style::button(ui, "Cancel").clicked();
        let leave = style::danger_button(ui, "Leave without saving").clicked();
        let save = can_save && style::primary_button(ui, "Save changes", true).clicked();
        if !leave && !save {
            return back.then_some(Action::CloseDialog);
        }
        let then = std::mem::replace(then, Box::new(Action::CloseDialog));
        Some(if save {
            Action::SaveAndThen(then)
        } else {
            Action::LeaveUnsaved(then)
        })
    })
}

/// Closing the window over an import.
pub fn importing_ui(ui: &mut Ui) -> Option<Action> {
    let text = "Clients that are imported by now stay, each of them whole. Import the file again to go on, or take them back \
                with Undo import… in History.";
    ui.label(style::second(ui, text));
    ui.add_space(space::M);
    style::row_at_right(ui, |ui| {
        let stop = style::danger_button(ui, "Stop and close").clicked();
        let keep = style::primary_button(ui, "Keep importing", true).clicked();
        match (keep, stop) {
            (true, _) => Some(Action::CloseDialog),
            (_, true) => Some(Action::StopImportAndClose),
            _ => None,
        }
    })
}

/// What did not work.
pub fn trouble_ui(ui: &mut Ui, trouble: &Trouble) -> Option<Action> {
    ui.label(style::medium(ui, &trouble.what));
    ui.label(style::second(ui, &trouble.advice));
    ui.add_space(space::M);
    let close = style::primary_button(ui, "Close", true);
    close.clicked().then_some(Action::CloseDialog)
}

/// Whether Enter was pressed in a field that confirms, and what stands in it does. If not, it keeps the keyboard.
pub fn entered(ui: &Ui, entry: &Response, confirmed: bool) -> bool {
    let entered = entry.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if entered && !confirmed {
        entry.request_focus();
    }
    entered && confirmed
}

/// The way back first, then the act: for the eye and for the keyboard.
pub(super) fn buttons_ui(
    ui: &mut Ui,
    act: &str,
    dangerous: bool,
    possible: bool,
    action: impl FnOnce() -> Action,
) -> Option<Action> {
    ui.add_space(space::M);
    style::row_at_right(ui, |ui| {
        let back = style::button(ui, "Cancel");
        let acted = if dangerous {
            ui.add_enabled_ui(possible, |ui| style::danger_button(ui, act))
                .inner
        } else {
            style::primary_button(ui, act, possible)
        };
        if acted.clicked() {
            return Some(action());
        }
        back.clicked().then_some(Action::CloseDialog)
    })
}
