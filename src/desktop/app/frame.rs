//! Drawing: the navigation, the status bar, the screen, and the dialog over them.

use std::time::{Duration, Instant};

use eframe::egui::{
    Align, Align2, Button, Color32, FontId, Frame, Layout, Margin, Rect, RichText, Role, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{App, RegistryState};
use crate::desktop::access;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::Dialog;
use crate::desktop::screens::clients::{grouped, stop_ui};
use crate::desktop::screens::settings::settings_ui;
use crate::desktop::screens::{Action, Screen};
use crate::desktop::style::{self, Tone, palette, tokens::corner, tokens::font, tokens::size, tokens::space};
use crate::desktop::worker::ServerState;
use crate::registry::Count;

impl App {
    /// Draws everything. Returns what the person asked for.
    pub(super) fn frame_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let ctx = ui.ctx().clone();
        let has_dialog = self.dialog.is_some();
        let title = self.dialog.as_ref().map(Dialog::title);
        self.dialog_focus.begin(&ctx, title);
        let behind = ui
            .scope(|ui| {
                // What lies behind a dialog is out of reach for the keyboard and is not there for screen readers.
                if has_dialog {
                    ui.disable();
                    access::hide(ui);
                }
                self.window_ui(ui)
            })
            .inner;
        self.hovering_ui(&ctx);
        let focus = &mut self.dialog_focus;
        let asked = self.dialog.as_mut().and_then(|dialog| dialog.show(&ctx, focus));
        asked.or(behind.filter(|_| !has_dialog))
    }

    /// The navigation, the screen and the status bar, in the order in which the keyboard goes through them.
    fn window_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let colors = palette(ui);
        let mut whole = ui.max_rect();
        let mut disarmed = None;
        if self.has_armed_fault() {
            let (banner, below) = whole.split_top_bottom_at_y(whole.top() + size::BANNER);
            disarmed = self.banner_ui(ui, banner);
            whole = below;
        }
        let (above, bar) = whole.split_top_bottom_at_y(whole.bottom() - size::STATUS_BAR);
        let width = if above.width() < size::WINDOW_NARROW {
            size::NAVIGATION_NARROW
        } else {
            size::NAVIGATION
        };
        let (nav, screen) = above.split_left_right_at_x(above.left() + width);
        let went = style::part(ui, "navigation", nav, colors.pane, |ui| {
            let inside = nav.shrink2(vec2(10.0, 16.0));
            let builder = UiBuilder::new().max_rect(inside).layout(*ui.layout());
            ui.scope_builder(builder, |ui| self.navigation_ui(ui)).inner
        });
        // The screens stand on this ground and paint none of their own.
        let ground = if self.ground_is_cleared {
            Color32::TRANSPARENT
        } else {
            colors.ground
        };
        let wanted = style::part(ui, "screen", screen, ground, |ui| {
            let wanted = self.screen_ui(ui);
            self.notice_ui(ui);
            wanted
        });
        let asked = style::part(ui, "status", bar, colors.pane, |ui| {
            let inside = bar.shrink2(vec2(14.0, 0.0));
            let builder = UiBuilder::new().max_rect(inside).layout(*ui.layout());
            ui.scope_builder(builder, |ui| self.status_bar_ui(ui)).inner
        });
        let line = Stroke::new(1.0, colors.line);
        ui.painter().vline(nav.right(), nav.y_range(), line);
        ui.painter().hline(bar.x_range(), bar.top(), line);
        disarmed.or(went).or(wanted).or(asked)
    }

    fn screen_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        if let RegistryState::Closed(trouble) = &self.registry {
            style::empty_place(ui, &trouble.what, &trouble.advice);
            return self.closed_ui(ui);
        }
        let writable = self.is_writable();
        let path = match &self.registry {
            RegistryState::Open { path, .. } => Some(path.clone()),
            _ => None,
        };
        let rights = self.rights();
        let workers = self.workers.as_mut()?;
        if self.screen != Screen::Tokens {
            // What was pasted there is wiped as soon as it is left.
            self.tokens.close();
        }
        match (self.screen, &mut self.new_client) {
            (Screen::Clients, Some(new_client)) => new_client.ui(ui),
            (Screen::Clients, None) => self.clients.ui(ui, workers, &self.settings, rights),
            (Screen::Tokens, _) => self.tokens.ui(ui, workers, &self.server, writable),
            (Screen::Review, _) => self.review.ui(ui, workers, rights, self.history.broken_chain()),
            (Screen::History, _) => self.history.ui(ui, workers, writable),
            (Screen::Server, _) => {
                let settings = &mut self.settings;
                self.server_screen
                    .ui(ui, &self.server, workers, settings, writable)
            }
            (Screen::Compare, _) => self.compare.ui(ui, workers),
            (Screen::Import, _) => self.import.ui(ui, workers),
            (Screen::Settings, _) => {
                let before = self.settings.clone();
                let action = settings_ui(ui, &mut self.settings, path.as_deref());
                if self.settings != before {
                    ui.ctx().set_theme(self.settings.theme);
                    workers.set_name(self.settings.name());
                }
                action
            }
        }
    }

    /// What can be done without a registry.
    fn closed_ui(&self, ui: &mut Ui) -> Option<Action> {
        ui.vertical_centered(|ui| {
            let again = self.reopen.is_some() && style::primary_button(ui, "Try again", true).clicked();
            let quit = style::button(ui, "Quit").clicked();
            match (again, quit) {
                (true, _) => Some(Action::TryAgain),
                (_, true) => Some(Action::CloseWindow),
                _ => None,
            }
        })
        .inner
    }

    fn navigation_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let mut action = None;
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.add_space(10.0);
            logo(ui);
            let name = FontId::new(16.0, style::family(style::SEMIBOLD));
            ui.label(RichText::new("Chancery").font(name).color(palette(ui).text));
        });
        ui.add_space(space::S);
        for screen in Screen::ALL
            .into_iter()
            .filter(|screen| *screen != Screen::Settings)
        {
            if self.navigation_item_ui(ui, screen) {
                action = Some(Action::Go(screen));
            }
        }
        ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
            if self.navigation_item_ui(ui, Screen::Settings) {
                action = Some(Action::Go(Screen::Settings));
            }
        });
        action
    }

    /// One line of the navigation with its count. Returns whether it was pressed.
    fn navigation_item_ui(&self, ui: &mut Ui, screen: Screen) -> bool {
        let colors = palette(ui);
        let chosen = self.screen.of_navigation() == screen;
        let size = vec2(ui.available_width(), 34.0);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::Button, ui.is_enabled(), chosen, screen.name()));
        if chosen || response.hovered() {
            let ground = if chosen { colors.selected } else { colors.hovered };
            ui.painter().rect_filled(rect, corner::CONTROL, ground);
        }
        let ink = if chosen { colors.text } else { colors.second };
        let medium = FontId::new(font::BODY, style::family(style::MEDIUM));
        let at = pos2(rect.left() + 10.0, rect.center().y);
        ui.painter()
            .text(at, Align2::LEFT_CENTER, screen.name(), medium, ink);
        if chosen {
            ui.painter()
                .rect_filled(rect.with_max_x(rect.left() + 2.0), 1.0, colors.accent);
        }
        if response.has_focus() {
            let stroke = Stroke::new(1.5, colors.second);
            ui.painter()
                .rect_stroke(rect, corner::CONTROL, stroke, StrokeKind::Inside);
        }
        if let Some((count, color)) = self.navigation_count(ui, screen) {
            let at = pos2(response.rect.right() - 10.0, response.rect.center().y);
            let small = FontId::proportional(font::LABEL);
            ui.painter().text(at, Align2::RIGHT_CENTER, count, small, color);
        }
        let command = screen.command();
        let shortcut = command.shortcut_text(ui.ctx()).unwrap_or_default();
        let mut about = format!("{} ({shortcut})", command.tooltip());
        if screen == Screen::Review
            && let Some(urgent) = self.review.urgent().filter(|urgent| *urgent > 0)
        {
            about = format!("{}. {about}", urgent_text(urgent));
        }
        response.on_hover_text(about).clicked()
    }

    fn navigation_count(&self, ui: &Ui, screen: Screen) -> Option<(String, Color32)> {
        let colors = palette(ui);
        match screen {
            Screen::Clients => match self.clients.list.all? {
                Count::Exact(count) => Some((grouped(count), colors.faint)),
                Count::MoreThan(count) => Some((format!("{}+", grouped(count)), colors.faint)),
            },
            Screen::Review => {
                let urgent = self.review.urgent().filter(|urgent| *urgent > 0)?;
                Some((grouped(urgent as u64), colors.danger_text))
            }
            _ => None,
        }
    }

    fn status_bar_ui(&self, ui: &mut Ui) -> Option<Action> {
        let mut action = None;
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            match &self.registry {
                RegistryState::Opening => drop(ui.label(style::faint(ui, "Opening the registry…"))),
                RegistryState::Closed(_) => drop(ui.label(style::second(ui, "No registry"))),
                RegistryState::Open { path, read_only } => {
                    let name = path
                        .file_name()
                        .map(|name| name.to_string_lossy().into_owned())
                        .unwrap_or_default();
                    ui.label(style::mono(ui, name).color(palette(ui).second))
                        .on_hover_text(path.display().to_string());
                    if *read_only {
                        style::badge(ui, "Read only", Tone::Warning).on_hover_text(
                            "The registry as it was when this window opened. Nothing is written to it",
                        );
                    }
                }
            }
            let (tone, text) = match &self.server {
                ServerState::Running { issuer, .. } => (Tone::Good, format!("Server at {issuer}")),
                ServerState::Starting => (Tone::Warning, "Server starting…".to_owned()),
                ServerState::Stopped => (Tone::Neutral, "Server stopped".to_owned()),
                ServerState::Failed(_) => (Tone::Danger, "Server could not start".to_owned()),
            };
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 7.0;
                style::dot(ui, tone);
                ui.label(style::second(ui, text).size(font::LABEL));
            });
            if let Some((tone, text)) = self.history.chain() {
                let text = style::second(ui, text).size(font::LABEL);
                ui.label(text.color(tone.text(palette(ui))));
            }
            if let Some(urgent) = self.review.urgent().filter(|urgent| *urgent > 0) {
                let text = style::second(ui, urgent_text(urgent)).size(font::LABEL);
                ui.label(text.color(palette(ui).danger_text));
            }
            if let Some(under_way) = &self.clients.selection.under_way {
                ui.label(style::second(ui, under_way.told()).size(font::LABEL));
                // Beside what is selected there is one already.
                if self.screen != Screen::Clients || !self.clients.selection.is_many() {
                    action = stop_ui(ui, under_way);
                }
            }
            if let Some(told) = self.import.told().filter(|_| self.screen != Screen::Import) {
                ui.label(style::second(ui, told).size(font::LABEL));
            }
            if let Some(at) = self.clear_clipboard_at {
                let left = at.saturating_duration_since(Instant::now());
                let text = format!("Clipboard cleared in {} s", left.as_secs_f32().ceil());
                ui.label(style::second(ui, text).size(font::LABEL));
                ui.ctx().request_repaint_after(Duration::from_secs(1));
            }
            style::at_right(ui, |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                let command = UiCommand::CommandPalette;
                let label = Button::new(style::second(ui, command.label()).size(font::LABEL)).frame(false);
                if ui.add(label).on_hover_text(command.tooltip()).clicked() {
                    action = Some(Action::Run(command));
                }
                style::key_hint(ui, &command.shortcut_text(ui.ctx()).unwrap_or_default());
            });
        });
        action
    }

    /// What was just done, over the lower edge of the screen.
    fn notice_ui(&self, ui: &mut Ui) {
        let Some(notice) = &self.notice else { return };
        let colors = palette(ui);
        let area = eframe::egui::Area::new(eframe::egui::Id::unique("notice"))
            .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -(size::STATUS_BAR + 12.0)))
            .interactable(false)
            .order(eframe::egui::Order::Foreground);
        area.show(ui.ctx(), |ui| {
            Frame::new()
                .fill(colors.control)
                .stroke(Stroke::new(1.0, notice.tone.line(colors)))
                .corner_radius(corner::CARD)
                .shadow(ui.visuals().popup_shadow)
                .inner_margin(Margin::symmetric(14, 8))
                .show(ui, |ui| {
                    ui.set_max_width(460.0);
                    ui.horizontal(|ui| {
                        style::dot(ui, notice.tone);
                        ui.label(&notice.text);
                    });
                });
        });
    }
}

/// `3 critical or high findings open`.
fn urgent_text(urgent: usize) -> String {
    let plural = if urgent == 1 { "" } else { "s" };
    format!("{} critical or high finding{plural} open", grouped(urgent as u64))
}

/// The seal: a rounded square with a keyhole.
fn logo(ui: &mut Ui) {
    let colors = palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(18.0, 24.0), Sense::hover());
    let square = Rect::from_center_size(rect.center(), vec2(18.0, 18.0));
    ui.painter().rect_filled(square, 5.0, colors.accent);
    let keyhole = Rect::from_center_size(square.center(), vec2(6.0, 9.0));
    ui.painter().rect_filled(keyhole, 2.0, colors.on_accent);
}
