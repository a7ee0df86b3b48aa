//! Above the list: its title, the search, the filters, and the one thing to do next.

use eframe::egui::{Align, Frame, Layout, TextEdit, Ui, vec2};

use super::{ClientList, grouped};
use crate::client::{ClientType, GrantType, Standing};
use crate::desktop::command::UiCommand;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, tokens::SCREEN_MARGIN, tokens::size};
use crate::registry::Count;

/// The width of a filter, in points.
const FILTER: f32 = 104.0;
/// From this width on all buttons stand beside the title.
const ALL_BUTTONS: f32 = 640.0;
/// From this width on four filters stand beside each other.
const FOUR_FILTERS: f32 = 380.0;

const STANDINGS: [Standing; 3] = [Standing::Active, Standing::Disabled, Standing::Held];

/// Draws it.
pub fn toolbar_ui(ui: &mut Ui, list: &mut ClientList, focus_search: bool, writable: bool) -> Option<Action> {
    let mut action = None;
    Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
        let is_wide = ui.available_width() >= ALL_BUTTONS;
        ui.horizontal(|ui| {
            style::title(ui, "Clients");
            if let Some(count) = list.found.or(list.all) {
                ui.label(style::second(ui, count_text(count)));
            }
            action = style::row_at_right(ui, |ui| {
                let others = if is_wide {
                    others_ui(ui, writable)
                } else {
                    more_ui(ui, writable)
                };
                let new = writable.then(|| new_client_ui(ui)).flatten();
                others.or(new)
            });
        });
        ui.add_space(12.0);
        // A narrow list has its filters below the search.
        if ui.available_width() < 680.0 {
            search_ui(ui, list, focus_search, ui.available_width());
            ui.add_space(8.0);
            ui.horizontal(|ui| filters_ui(ui, list));
        } else {
            ui.horizontal(|ui| {
                let filters = 4.0 * (FILTER + ui.spacing().item_spacing.x);
                search_ui(ui, list, focus_search, ui.available_width() - filters);
                filters_ui(ui, list);
            });
        }
    });
    action
}

/// The one thing to do next. A registry that is open read-only takes no new clients.
fn new_client_ui(ui: &mut Ui) -> Option<Action> {
    let command = UiCommand::NewClient;
    let shortcut = command.shortcut_text(ui.ctx()).unwrap_or_default();
    let tooltip = format!("{} ({shortcut})", command.tooltip());
    let button = style::primary_button(ui, command.label(), true).on_hover_text(tooltip);
    button.clicked().then_some(Action::Run(command))
}

/// What else brings clients in and out.
fn others_ui(ui: &mut Ui, writable: bool) -> Option<Action> {
    let mut action = None;
    for command in others(writable) {
        let button = style::button(ui, command.label()).on_hover_text(command.tooltip());
        if button.clicked() {
            action = Some(Action::Run(command));
        }
    }
    action
}

/// The same in a menu, where a narrow list has no room for them.
fn more_ui(ui: &mut Ui, writable: bool) -> Option<Action> {
    let mut action = None;
    style::more_button(ui, "More actions", "What else brings clients in and out", |ui| {
        for command in others(writable) {
            if style::menu_item(ui, command.label(), command.tooltip()).clicked() {
                action = Some(Action::Run(command));
            }
        }
    });
    action
}

fn others(writable: bool) -> impl Iterator<Item = UiCommand> {
    const OTHERS: [UiCommand; 4] = [
        UiCommand::AddByUrl,
        UiCommand::ImportClients,
        UiCommand::ExportClients,
        UiCommand::CompareClients,
    ];
    let fits = move |command: &UiCommand| writable || !command.edits();
    OTHERS.into_iter().filter(fits)
}

fn count_text(count: Count) -> String {
    match count {
        Count::Exact(number) => grouped(number),
        Count::MoreThan(number) => format!("{}+", grouped(number)),
    }
}

fn search_ui(ui: &mut Ui, list: &mut ClientList, focus_search: bool, width: f32) {
    let mut text = list.query().text.clone();
    let hint = "Search by name, client ID, redirect URI, scope, owner";
    let edit = TextEdit::singleline(&mut text)
        .id_salt("search")
        .hint_text(style::faint(ui, hint))
        .desired_width(width)
        .min_size(vec2(0.0, size::CONTROL))
        .align(eframe::egui::Align2::LEFT_CENTER)
        .margin(vec2(10.0, 6.0));
    let search = ui.add(edit).accessible_name("Search clients");
    if text.is_empty() && !search.has_focus() && search.rect.width() > 420.0 {
        let corner = search.rect.shrink2(vec2(6.0, 0.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut hint = ui.new_child(eframe::egui::UiBuilder::new().max_rect(corner).layout(layout));
        style::key_hint(
            &mut hint,
            &UiCommand::SearchClients
                .shortcut_text(ui.ctx())
                .unwrap_or_default(),
        );
    }
    if focus_search {
        search.request_focus();
    }
    if search.changed() {
        list.set_query(|query| query.text = text);
    }
}

/// The filters in one row, or in two where four of them have no room beside each other.
fn filters_ui(ui: &mut Ui, list: &mut ClientList) {
    if ui.available_width() < FOUR_FILTERS {
        ui.vertical(|ui| {
            ui.horizontal(|ui| {
                let width = filter_width(ui, 2);
                client_filters_ui(ui, list, width);
            });
            ui.horizontal(|ui| {
                let width = filter_width(ui, 2);
                more_filters_ui(ui, list, width);
            });
        });
    } else {
        let width = filter_width(ui, 4);
        client_filters_ui(ui, list, width);
        more_filters_ui(ui, list, width);
    }
}

fn filter_width(ui: &Ui, beside: u8) -> f32 {
    let gaps = f32::from(beside - 1) * ui.spacing().item_spacing.x;
    FILTER.min((ui.available_width() - gaps) / f32::from(beside))
}

fn client_filters_ui(ui: &mut Ui, list: &mut ClientList, width: f32) {
    let status = list.query().status;
    if let Some(chosen) = style::filter_ui(ui, width, "Status", status, STANDINGS, Standing::label) {
        list.set_query(|query| query.status = chosen);
    }
    let client_type = list.query().client_type;
    let types = ClientType::ALL.iter().copied();
    if let Some(chosen) = style::filter_ui(ui, width, "Type", client_type, types, type_label) {
        list.set_query(|query| query.client_type = chosen);
    }
}

fn more_filters_ui(ui: &mut Ui, list: &mut ClientList, width: f32) {
    let grant = list.query().grant;
    let grants = GrantType::ALL.iter().copied();
    if let Some(chosen) = style::filter_ui(ui, width, "Grant", grant, grants, GrantType::label) {
        list.set_query(|query| query.grant = chosen);
    }
    // Whether a client registered itself.
    let dynamic = list.query().dynamic.then_some(());
    if let Some(chosen) = style::filter_ui(ui, width, "Origin", dynamic, [()], |()| "Dynamic") {
        list.set_query(|query| query.dynamic = chosen.is_some());
    }
}

fn type_label(client_type: ClientType) -> &'static str {
    match client_type {
        ClientType::Public => "Public",
        ClientType::Confidential => "Confidential",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (100_000, "100,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
