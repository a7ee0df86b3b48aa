//! In the pane's place while many clients are selected: how many, which, and what can be done to all of them.

use eframe::egui::{Label, Sense, Ui, accesskit::Live, vec2};

use super::grouped;
use super::selection::{MOST, Selection, UnderWay};
use super::table::standing_tone;
use crate::client::Standing;
use crate::desktop::dialogs::Dialog;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::worker::{ClientAct, Seen, Stop, Write};

/// How many clients are named.
pub const NAMED: usize = 10;

/// Draws it.
pub fn summary_ui(ui: &mut Ui, selection: &Selection, writable: bool) -> Option<Action> {
    let clients = selection.by_name();
    let clear = head_ui(ui, &clients);
    if selection.cut {
        let text = format!(
            "No more than {} can be selected at once. Act on these first, or narrow the list by a search",
            grouped(MOST as u64)
        );
        style::card(ui, Tone::Warning, |ui| ui.label(style::second(ui, text)));
    }
    ui.add_space(space::XS);
    let action = acts_ui(ui, selection, &clients, writable);
    if let Some(outcome) = &selection.outcome {
        ui.add_space(space::XS);
        let tone = if outcome.is_whole() {
            Tone::Good
        } else {
            Tone::Warning
        };
        style::card(ui, tone, |ui| {
            ui.add(Label::new(outcome.told()).wrap());
            if !outcome.changed.is_empty() {
                let text = "What was changed elsewhere was left as it is. Look at it first, or do it again";
                ui.label(style::second(ui, text));
            }
        });
    }
    style::divider(ui);
    named_ui(ui, &clients);
    action.or(clear)
}

fn head_ui(ui: &mut Ui, clients: &[&Seen]) -> Option<Action> {
    let mut clear = false;
    ui.horizontal(|ui| {
        let title = style::pane_title(ui, &format!("{} clients selected", grouped(clients.len() as u64)));
        // Said by a screen reader while the keyboard stays on the rows.
        ui.ctx()
            .accesskit_node_builder(title.id, |node| node.set_live(Live::Polite));
        style::at_right(ui, |ui| {
            clear = style::quiet_button(ui, "Clear selection")
                .on_hover_text("Escape")
                .clicked();
        });
    });
    ui.label(style::second(ui, standings_text(clients)));
    clear.then_some(Action::ClearSelection)
}

/// How many of each standing: `8 active · 3 disabled`.
fn standings_text(clients: &[&Seen]) -> String {
    let counted = [Standing::Active, Standing::Disabled, Standing::Held].map(|standing| {
        let count = clients
            .iter()
            .filter(|client| client.standing == standing)
            .count();
        (count, standing.label().to_lowercase())
    });
    let there = counted.iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = there
        .map(|(count, word)| format!("{} {word}", grouped(*count as u64)))
        .collect();
    words.join(" · ")
}

/// What can be done to all of them. Read-only, that is to copy.
fn acts_ui(ui: &mut Ui, selection: &Selection, clients: &[&Seen], writable: bool) -> Option<Action> {
    let mut action = None;
    let all = || clients.iter().map(|client| (*client).clone()).collect::<Vec<_>>();
    let any_disabled = clients.iter().any(|client| client.standing == Standing::Disabled);
    let any_on = clients.iter().any(|client| client.standing != Standing::Disabled);
    let is_idle = selection.under_way.is_none();
    ui.horizontal_wrapped(|ui| {
        if writable {
            ui.add_enabled_ui(is_idle && any_disabled, |ui| {
                let enable = style::button(ui, "Enable").accessible_name("Enable clients");
                if enable.clicked() {
                    let (act, clients, stop) = (ClientAct::Enable, all(), Stop::default());
                    action = Some(Action::send(Write::Each { act, clients, stop }));
                }
            });
            ui.add_enabled_ui(is_idle && any_on, |ui| {
                let disable = style::button(ui, "Disable…").accessible_name("Disable clients…");
                if disable.clicked() {
                    action = Some(Action::ask(Dialog::each(ClientAct::Disable, all())));
                }
            });
        }
        let copy = style::button(ui, "Copy IDs").accessible_name("Copy client IDs");
        if copy.on_hover_text("One client ID a line").clicked() {
            let ids: Vec<&str> = clients.iter().map(|client| client.client_id.as_str()).collect();
            action = Some(Action::CopyText(ids.join("\n")));
        }
        if writable {
            ui.add_enabled_ui(is_idle, |ui| {
                let delete = style::danger_button(ui, "Delete…").accessible_name("Delete clients…");
                if delete.clicked() {
                    action = Some(Action::ask(Dialog::each(ClientAct::Delete, all())));
                }
            });
        }
    });
    if let Some(under_way) = &selection.under_way {
        action = action.or(progress_ui(ui, under_way));
    }
    action
}

/// How far an act is, and the way to stop it.
fn progress_ui(ui: &mut Ui, under_way: &UnderWay) -> Option<Action> {
    let stop = ui.horizontal(|ui| {
        ui.label(style::second(ui, under_way.told()));
        style::at_right(ui, |ui| stop_ui(ui, under_way))
    });
    let (bar, _) = ui.allocate_exact_size(vec2(ui.available_width(), 3.0), Sense::hover());
    let colors = palette(ui);
    ui.painter().rect_filled(bar, 1.5, colors.line);
    let done = bar.with_max_x(bar.left() + bar.width() * under_way.share());
    ui.painter().rect_filled(done, 1.5, colors.accent);
    stop.inner
}

/// Stops an act before the next client.
pub fn stop_ui(ui: &mut Ui, under_way: &UnderWay) -> Option<Action> {
    let is_asked = under_way.stop.is_asked();
    let word = if is_asked { "Stopping…" } else { "Stop" };
    let stop = ui.add_enabled_ui(!is_asked, |ui| {
        style::button(ui, word).on_hover_text("Those it has not come to stay as they are")
    });
    stop.inner.clicked().then_some(Action::StopEach)
}

/// The first of them by name, and how many more.
fn named_ui(ui: &mut Ui, clients: &[&Seen]) {
    let spacing = ui.spacing_mut();
    (spacing.item_spacing.y, spacing.interact_size.y) = (space::XS, 22.0);
    for client in clients.iter().take(NAMED) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::S;
            style::dot(ui, standing_tone(client.standing));
            ui.add(Label::new(&client.name).truncate());
        });
    }
    if let Some(more) = clients.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let text = format!("and {} more", grouped(more as u64));
        ui.label(style::second(ui, text).color(palette(ui).faint));
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;
    use egui_kittest::kittest::Queryable;

    use super::*;
    use crate::client::ClientId;

    fn selection() -> Selection {
        let mut selection = Selection::default();
        for (number, standing) in [Standing::Active, Standing::Disabled].into_iter().enumerate() {
            let name = format!("Client {number}");
            let client_id = ClientId::parse(&format!("c{number}")).unwrap();
            selection.insert_seen(Seen {
                client_id,
                name,
                version: 1,
                standing,
            });
        }
        selection
    }

    #[test]
    fn what_is_under_way_says_how_far_it_is_and_can_be_stopped_once() {
        let mut selection = selection();
        let stop = Stop::default();
        selection.under_way = Some(UnderWay {
            number: 7,
            act: ClientAct::Disable,
            done: 0,
            all: 300,
            stop: stop.clone(),
        });
        selection.take_progress(6, 200);
        selection.take_progress(7, 12);
        let mut harness = Harness::new_ui_state(
            |ui, selection: &mut Selection| {
                style::install(ui.ctx());
                if let Some(Action::StopEach) = summary_ui(ui, selection, true) {
                    selection.stop();
                }
            },
            selection,
        );
        harness.get_by_label("Disabling 12 of 300");
        harness.get_by_label("Stop").click();
        harness.run();
        assert!(stop.is_asked());
        harness.get_by_label("Stopping…");
        assert!(harness.query_by_label("Stop").is_none());
    }

    #[test]
    fn where_nothing_can_be_changed_there_is_only_copying() {
        for writable in [true, false] {
            let harness = Harness::new_ui(move |ui| {
                style::install(ui.ctx());
                drop(summary_ui(ui, &selection(), writable));
            });
            for name in ["Enable clients", "Disable clients…", "Delete clients…"] {
                assert_eq!(harness.query_by_label(name).is_some(), writable, "{name}");
            }
            for name in ["Copy client IDs", "Clear selection"] {
                assert!(harness.query_by_label(name).is_some(), "{name}");
            }
        }
    }
}
