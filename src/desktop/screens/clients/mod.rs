//! The clients: the list at the left, the one that is looked at in the pane at the right.

mod approval;
mod detail;
mod pages;
mod selection;
mod summary;
mod table;
mod toolbar;

use eframe::egui::{Color32, Stroke, Ui};

pub use crate::reporting::history::words::grouped;
pub use approval::approval_ui;
pub use detail::{Detail, problems_text};
pub use pages::ClientList;
pub use selection::{Choice, Selection, UnderWay};
pub use summary::stop_ui;

use super::{Action, Rights};
use crate::client::make_visible;
use crate::desktop::pane::{beside, scrolled_pane_ui};
use crate::desktop::settings::Settings;
use crate::desktop::style::{self, tokens::size};
use crate::desktop::worker::{WhichClients, Workers};
use crate::registry::{Count, ListQuery};

/// The space before what stands above a pane.
const PANE_MARGIN: f32 = 12.0;

/// The state of the screen.
#[derive(Default)]
pub struct ClientsScreen {
    /// The list.
    pub list: ClientList,
    /// The client that is looked at.
    pub detail: Option<Detail>,
    /// Those that are selected, once they are more than one; then none is looked at.
    pub selection: Selection,
    /// Whether the search field takes the keyboard in the next frame.
    pub focus_search: bool,
}

impl ClientsScreen {
    /// Which clients can be written into a file: those that are selected first, then what the list finds, then all.
    pub fn export_choices(&self) -> Vec<(String, WhichClients)> {
        let mut choices = Vec::new();
        let selected = self.selection.by_name();
        if self.selection.is_many() {
            let clients = selected.iter().map(|client| client.client_id.clone()).collect();
            let label = format!("{} selected clients", selected.len());
            choices.push((label, WhichClients::These(clients)));
        } else if let Some(detail) = &self.detail {
            let client = &detail.client;
            let label = format!("{} only", make_visible(&client.draft.name));
            choices.push((label, WhichClients::These(vec![client.client_id.clone()])));
        }
        let found_by = self.list.found_by();
        if found_by != ListQuery::default() {
            let label = "As the list is searched and filtered".to_owned();
            choices.push((label, WhichClients::Found(Box::new(found_by))));
        }
        choices.push(("All clients".to_owned(), WhichClients::All));
        choices
    }

    /// Draws list and pane.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        settings: &Settings,
        rights: Rights,
    ) -> Option<Action> {
        let mut action = None;
        let (ground, fill) = (Color32::TRANSPARENT, style::palette(ui).pane);
        let whole = ui.max_rect();
        let (list, pane) = if self.selection.is_many() || self.detail.is_some() {
            let (list, pane) = beside(whole);
            (list, Some(pane))
        } else {
            (Some(whole), None)
        };
        let found_by = self.list.found_by();
        if let Some(rect) = list {
            action = style::part(ui, "list", rect, ground, |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                self.list_ui(ui, workers, settings, rights.change)
            });
        }
        if let Some(rect) = pane {
            let alone = list.is_none();
            let wanted = style::part(ui, "pane", rect, fill, |ui| self.pane_ui(ui, rights, alone));
            ui.painter().vline(
                rect.left(),
                rect.y_range(),
                Stroke::new(1.0, style::palette(ui).line),
            );
            action = action.or(wanted);
        }
        // Nothing is done to clients that another search has put out of sight.
        if self.list.found_by() != found_by {
            self.selection.clear();
        }
        action
    }

    /// The client that is looked at, or what is selected; alone, with a way back to the list.
    fn pane_ui(&mut self, ui: &mut Ui, rights: Rights, alone: bool) -> Option<Action> {
        let mut back = false;
        if alone {
            ui.horizontal(|ui| {
                ui.add_space(PANE_MARGIN);
                back = style::quiet_button(ui, "‹ Back to the list").clicked();
            });
        }
        if self.selection.is_many() {
            let wanted = scrolled_pane_ui(ui, "selection", |ui| {
                summary::summary_ui(ui, &self.selection, rights.change)
            });
            return back.then_some(Action::ClearSelection).or(wanted);
        }
        let wanted = self.detail.as_mut().and_then(|detail| detail.ui(ui, rights));
        back.then_some(Action::CloseClient).or(wanted)
    }

    fn list_ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        settings: &Settings,
        writable: bool,
    ) -> Option<Action> {
        let mut action = None;
        let focus_search = std::mem::take(&mut self.focus_search);
        let bar = toolbar::toolbar_ui(ui, &mut self.list, focus_search, writable);
        action = action.or(bar);
        if self.list.all == Some(Count::Exact(0)) {
            // Still asked, so that the first client shows as soon as there is one.
            self.list.want(0..1, workers);
            return action.or(empty_ui(ui, writable));
        }
        let row_height = if settings.dense_rows {
            size::ROW_DENSE
        } else {
            size::ROW
        };
        let looked_at = self.detail.as_ref().map(|detail| detail.client.client_id.clone());
        action.or(table::table_ui(
            ui,
            &mut self.list,
            workers,
            looked_at.as_ref(),
            &self.selection,
            row_height,
        ))
    }
}

/// A registry without clients: what this place is for, and the first step.
fn empty_ui(ui: &mut Ui, writable: bool) -> Option<Action> {
    let mut action = None;
    let text = "A client is an application that asks for tokens: a web server, a single-page application, a mobile app, a \
                service or a device. Register the first one, whose secret is shown once, or take over those that another \
                system exported.";
    style::empty_place(ui, "No clients yet", text);
    if writable {
        ui.vertical_centered(|ui| {
            if style::primary_button(ui, "Register the first client", true).clicked() {
                action = Some(Action::Run(crate::desktop::command::UiCommand::NewClient));
            }
            ui.add_space(8.0);
            if style::button(ui, "Import from another system…").clicked() {
                action = Some(Action::Run(crate::desktop::command::UiCommand::ImportClients));
            }
            ui.add_space(8.0);
            if style::quiet_button(ui, "Add sample clients to look around").clicked() {
                action = Some(Action::AddSamples);
            }
        });
    }
    action
}
