//! The fault that is armed in this window's server: a banner over every screen for as long as it is, and a word when it
//! is not any more.

use std::time::{Duration, Instant};

use eframe::egui::{Context, Label, Rect, RichText, Role, Ui, UiBuilder, WidgetInfo, accesskit::Live, vec2};
use jiff::Timestamp;

use super::App;
use crate::desktop::screens::Action;
use crate::desktop::style::{self, Tone, palette, tokens::space};
use crate::desktop::time;
use crate::desktop::worker::{FaultOf, FaultState, FaultWork, Work};

/// How often is looked whether somebody has used it up.
const LOOK: Duration = Duration::from_secs(1);

/// What the window knows of faults.
#[derive(Default)]
pub(super) struct FaultWatch {
    state: FaultState,
    /// When it was looked last.
    looked_at: Option<Instant>,
    /// A look that was not answered yet: no second one is sent behind it.
    asked: Option<u64>,
}

impl App {
    /// Whether a banner stands over the window.
    pub(super) fn has_armed_fault(&self) -> bool {
        self.faults.state.armed.is_some()
    }

    /// Looks once a second whether the client has met its fault; only while one is armed.
    pub(super) fn watch_faults(&mut self, ctx: &Context) {
        if !self.has_armed_fault() {
            return;
        }
        let is_due = self.faults.looked_at.is_none_or(|at| at.elapsed() >= LOOK);
        if is_due && self.faults.asked.is_none() {
            self.look_at_faults();
        }
        ctx.request_repaint_after(LOOK);
    }

    /// Looks what is armed and what was used up. Returns the number of the look.
    pub(super) fn look_at_faults(&mut self) -> u64 {
        let number = self.send(Work::Fault(FaultWork::Look));
        self.faults.asked = Some(number);
        self.faults.looked_at = Some(Instant::now());
        number
    }

    /// Takes in what is armed now, and says what became of what was.
    pub(super) fn take_faults(&mut self, number: u64, state: FaultState) {
        self.faults.asked.take_if(|asked| *asked <= number);
        self.tokens.faults.take(number, state.clone());
        let before = std::mem::replace(&mut self.faults.state, state);
        let FaultState { armed, used } = &self.faults.state;
        let said = if used != &before.used && used.is_some() {
            used.as_ref().map(used_up)
        } else if armed.is_none() {
            before.armed.filter(has_ended).as_ref().map(forgotten)
        } else {
            None
        };
        if let Some(said) = said {
            self.say(said, Tone::Neutral);
        }
    }

    /// The server has stopped: what was armed in it has gone with it.
    pub(super) fn forget_faults(&mut self) {
        self.faults = FaultWatch::default();
        self.tokens.faults.take(0, FaultState::default());
    }

    /// What is armed and for whom, over the whole window.
    pub(super) fn banner_ui(&self, ui: &mut Ui, rect: Rect) -> Option<Action> {
        let of = self.faults.state.armed.as_ref()?;
        let colors = palette(ui);
        let inside = rect.shrink2(vec2(space::L, 0.0));
        let builder = UiBuilder::new().max_rect(inside);
        style::part(ui, "fault", rect, colors.danger, |ui| {
            ui.scope_builder(builder, |ui| {
                ui.horizontal_centered(|ui| {
                    let disarmed = style::at_right(ui, |ui| {
                        let disarmed = style::button(ui, "Disarm").clicked();
                        let left = of.armed.ends.as_second() - Timestamp::now().as_second();
                        ui.label(RichText::new(time::countdown(left)).color(colors.on_danger));
                        ui.with_layout(left_to_right(), |ui| told_ui(ui, of));
                        disarmed
                    });
                    disarmed.then(|| Action::send(Work::Fault(FaultWork::Disarm)))
                })
                .inner
            })
            .inner
        })
    }
}

fn left_to_right() -> eframe::egui::Layout {
    eframe::egui::Layout::left_to_right(eframe::egui::Align::Center)
}

/// What is armed, as an alert: whoever cannot see the banner is told too.
fn told_ui(ui: &mut Ui, of: &FaultOf) {
    let fault = of.armed.fault;
    let told = format!(
        "Armed for {}: {}. It ends with {}",
        of.client,
        fault.name(),
        fault.used_up_by().next()
    );
    let text = style::strong(ui, &told).color(palette(ui).on_danger);
    let response = ui.add(Label::new(text).truncate());
    response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, &told));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_live(Live::Assertive));
    response.on_hover_text(format!("{}.\n{}.", fault.what(), fault.then()));
}

fn used_up(of: &FaultOf) -> String {
    format!("{} has met its fault: {}", of.client, of.armed.fault.name())
}

fn forgotten(of: &FaultOf) -> String {
    format!(
        "The fault for {} has ended after 10 minutes without use: {}",
        of.client,
        of.armed.fault.name()
    )
}

/// Whether its time is over: otherwise somebody has taken it back, and knows.
fn has_ended(of: &FaultOf) -> bool {
    of.armed.ends <= Timestamp::now()
}
