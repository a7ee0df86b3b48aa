//! Registering a client: a kind of application, a form, and what the audit would say of it, live beside it.

use std::sync::Arc;

use eframe::egui::{
    FontId, Frame, Galley, Grid, Label, Margin, Response, Role, ScrollArea, Sense, Stroke, StrokeKind,
    TextFormat, Ui, Vec2, WidgetInfo, text::LayoutJob, vec2,
};

use super::Action;
use super::clients::problems_text;
use crate::client::{ClientDraft, ClientKind};
use crate::desktop::form::{DraftForm, FieldLayout, findings_ui};
use crate::desktop::style::{self, palette, tokens::corner, tokens::font, tokens::size, tokens::space};

/// The least width of a card.
const CARD: f32 = 112.0;
/// The height of a card, unless what stands in it needs more.
const CARD_HEIGHT: f32 = 94.0;
/// The space around what stands in a card.
const CARD_MARGIN: Vec2 = vec2(13.0, 11.0);

/// The state of the screen.
pub struct NewClientScreen {
    /// The registration in the making.
    pub form: DraftForm,
    /// Whether it is being made right now.
    pub creating: Option<u64>,
    kind: ClientKind,
    /// Whether the name was given the keyboard at the start.
    settled: bool,
}

impl NewClientScreen {
    /// Starts from a draft.
    pub fn new(draft: ClientDraft) -> Self {
        Self {
            kind: draft.kind(),
            form: DraftForm::new(draft),
            creating: None,
            settled: false,
        }
    }

    /// Whether leaving would lose something.
    pub fn is_dirty(&self) -> bool {
        self.form.is_dirty()
    }

    /// The draft, if nothing stands against registering it.
    pub fn finish(&mut self) -> Option<ClientDraft> {
        self.form.finish_entries();
        (self.form.problems() == 0 && self.creating.is_none()).then(|| self.form.draft().clone())
    }

    /// Draws the screen: the form, what can be done with it, and what the audit would say, in the order in which the
    /// keyboard goes through them.
    pub fn ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let colors = palette(ui);
        let whole = ui.max_rect();
        let margin = Margin {
            left: 28,
            right: 28,
            top: 16,
            bottom: 12,
        };
        let aside = match whole.width() {
            // No room for it beside the form: it stands below.
            ..size::SIDE_BY_SIDE => 0.0,
            ..=1_000.0 => 288.0,
            _ => 360.0,
        };
        let (left, right) = whole.split_left_right_at_x(whole.right() - aside);
        let (body, bar) = left.split_top_bottom_at_y(left.bottom() - size::BAR);
        let wanted = style::part(ui, "form", body, colors.ground, |ui| {
            scrolled(ui, margin, |ui| {
                let wanted = self.form_ui(ui);
                if aside == 0.0 {
                    style::divider(ui);
                    self.aside_ui(ui);
                }
                wanted
            })
        });
        let decided = style::bottom_bar(ui, bar, 28.0, |ui| self.create_bar_ui(ui));
        if aside > 0.0 {
            style::part(ui, "before", right, colors.pane, |ui| {
                scrolled(ui, Margin::same(20), |ui| self.aside_ui(ui))
            });
            ui.painter()
                .vline(right.left(), right.y_range(), Stroke::new(1.0, colors.line));
        }
        wanted.or(decided)
    }

    fn form_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let mut action = None;
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            let text = style::label_text(ui, "Clients /");
            let back = eframe::egui::Button::new(text)
                .frame(false)
                .min_size(vec2(0.0, 18.0));
            if ui.add(back).accessible_name("Back to clients").clicked() {
                action = Some(Action::LeaveNewClient);
            }
        });
        style::title(ui, "New client");
        ui.add_space(10.0);
        ui.spacing_mut().item_spacing.y = space::S;
        self.kinds_ui(ui);
        ui.add_space(14.0);
        let layout = if ui.available_width() > 520.0 {
            FieldLayout::Beside
        } else {
            FieldLayout::Above
        };
        if !std::mem::replace(&mut self.settled, true) {
            self.form.focus("name");
        }
        self.form.ui(ui, layout);
        action
    }

    fn kinds_ui(&mut self, ui: &mut Ui) {
        let width = ui.available_width().min(788.0);
        let gap = 10.0;
        let card_width = |columns: usize| (width - gap * (columns - 1) as f32) / columns as f32;
        let fits = |columns: &usize| card_width(*columns) >= CARD;
        let columns = [5, 3, 2].into_iter().find(fits).unwrap_or(1);
        let card_width = card_width(columns);
        let cards: Vec<KindCard> = ClientKind::ALL
            .iter()
            .map(|kind| KindCard::new(ui, *kind, card_width))
            .collect();
        let height = cards.iter().map(KindCard::height).fold(CARD_HEIGHT, f32::max);
        ui.spacing_mut().item_spacing = vec2(gap, gap);
        for cards in cards.chunks(columns) {
            ui.horizontal(|ui| {
                for card in cards {
                    let size = vec2(card_width, height);
                    if card.ui(ui, size, self.kind == card.kind).clicked() {
                        self.kind = card.kind;
                        self.form.set_kind(card.kind);
                    }
                }
            });
        }
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
    }

    fn aside_ui(&mut self, ui: &mut Ui) {
        ui.set_width(ui.available_width());
        style::pane_title(ui, "Before you create it");
        ui.label(style::second(
            ui,
            "The same rules that the audit applies, as you type.",
        ));
        ui.add_space(4.0);
        let fix = findings_ui(ui, self.form.draft(), self.form.findings(), true);
        if let Some(fix) = fix {
            self.form.apply(&fix);
        }
        style::divider(ui);
        style::label(ui, "What the system will generate");
        let secret = if self.form.draft().token_endpoint_auth_method.uses_secret() {
            "256 bits, shown once, stored as Argon2id"
        } else {
            "None: it does not authenticate by one"
        };
        Grid::new("generated")
            .num_columns(2)
            .spacing(vec2(space::XL, space::S))
            .show(ui, |ui| {
                for (what, how) in [("Identifier", "UUID v4"), ("Secret", secret)] {
                    ui.label(style::second(ui, what));
                    ui.add(Label::new(how).wrap());
                    ui.end_row();
                }
            });
    }

    fn create_bar_ui(&mut self, ui: &mut Ui) -> Option<Action> {
        let problems = self.form.problems();
        let ready = problems == 0 && self.creating.is_none();
        let create = style::primary_button(ui, "Create client", ready).clicked();
        let cancel = style::button(ui, "Cancel").clicked();
        if self.creating.is_some() {
            ui.spinner();
        } else if problems > 0 {
            ui.label(style::second(ui, problems_text(problems)));
        }
        create
            .then_some(Action::Create)
            .or(cancel.then_some(Action::LeaveNewClient))
    }
}

fn scrolled<R>(ui: &mut Ui, margin: Margin, add_contents: impl FnOnce(&mut Ui) -> R) -> R {
    let scroll = ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let framed = Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_width(ui.available_width());
            add_contents(ui)
        });
        framed.inner
    });
    scroll.inner
}

/// A kind of application, laid out for a width.
struct KindCard {
    kind: ClientKind,
    title: Arc<Galley>,
    text: Arc<Galley>,
}

impl KindCard {
    fn new(ui: &Ui, kind: ClientKind, width: f32) -> Self {
        let colors = palette(ui);
        let lay_out = |text: &str, font, color| {
            let format = TextFormat::simple(font, color);
            let mut job = LayoutJob::single_section(text.to_owned(), format);
            job.wrap.max_width = width - 2.0 * CARD_MARGIN.x;
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let semibold = FontId::new(13.0, style::family(style::SEMIBOLD));
        let small = FontId::proportional(font::LABEL);
        Self {
            kind,
            title: lay_out(kind.label(), semibold, colors.text),
            text: lay_out(kind.description(), small, colors.second),
        }
    }

    /// The least height in which title and text stand apart.
    fn height(&self) -> f32 {
        self.title.size().y + space::S + self.text.size().y + 2.0 * CARD_MARGIN.y
    }

    fn ui(&self, ui: &mut Ui, size: Vec2, chosen: bool) -> Response {
        let colors = palette(ui);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        let name = self.kind.label();
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), chosen, name));
        let (fill, line) = match (chosen, response.hovered()) {
            (true, _) => (colors.selected, colors.accent),
            (false, true) => (colors.control_hovered, colors.line),
            (false, false) => (colors.pane, colors.line),
        };
        let line = Stroke::new(1.0, line);
        ui.painter()
            .rect(rect, corner::CARD, fill, line, StrokeKind::Inside);
        style::focus_ring(ui, &response);
        let room = rect.shrink2(CARD_MARGIN);
        let below = room.left_bottom() - vec2(0.0, self.text.size().y);
        for (at, galley) in [(room.min, &self.title), (below, &self.text)] {
            ui.painter().galley(at, Arc::clone(galley), colors.text);
        }
        response
    }
}
