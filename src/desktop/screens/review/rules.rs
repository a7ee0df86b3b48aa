//! The rules: what each one is, how bad it is here, and the numbers and lists that they go by. What is changed counts once it
//! is saved.

mod page;
mod parameters;

use std::sync::Arc;

use eframe::egui::{FontId, Frame, Label, Margin, Rect, Ui, vec2};

use crate::audit::{AuditRule, Settings};
use crate::client::{Severity, Weight, make_visible};
use crate::desktop::dialogs::{Dialog, ImportSettingsDialog, SaveAsDialog, SaveFormat};
use crate::desktop::form::{severity_tone, text_field};
use crate::desktop::pane::list_and_pane_ui;
use crate::desktop::screens::Action;
use crate::desktop::screens::clients::grouped;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::size, tokens::space};
use crate::desktop::table::{Column, Spoken, Table, badge_cell, give_keyboard};
use crate::desktop::worker::{AuditRules, Content, Review, Workers, Write};
use parameters::Parameters;

/// Sets the table apart from others.
const SALT: &str = "rules";
/// The margin of the bar over the table.
const BAR_MARGIN: Margin = Margin {
    left: 20,
    right: 20,
    top: 0,
    bottom: 8,
};

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Rule,
    Title,
    Severity,
    Open,
}

const COLUMNS: [Column<Cell>; 4] = [
    Column {
        what: Cell::Rule,
        head: "Rule",
        width: 176.0,
        from: 0.0,
    },
    Column {
        what: Cell::Title,
        head: "What it is",
        width: 0.0,
        from: 500.0,
    },
    Column {
        what: Cell::Severity,
        head: "Severity here",
        width: 106.0,
        from: 0.0,
    },
    Column {
        what: Cell::Open,
        head: "Open",
        width: 60.0,
        from: 0.0,
    },
];

/// What stands in the pane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Rule(AuditRule),
    Parameters,
}

/// The state of the tab.
#[derive(Default)]
pub(super) struct RulesTab {
    stored: Arc<AuditRules>,
    /// As they are to be.
    draft: Settings,
    parameters: Parameters,
    search: String,
    shown: Option<Shown>,
    /// What in a file that was imported made no sense.
    imported: Vec<String>,
    /// Whether somebody else set the rules while something here was not saved.
    overtaken: bool,
    /// Whether it was asked to set everything back.
    sets_back: bool,
}

impl RulesTab {
    /// How the rules are set now.
    pub fn stored(&self) -> &AuditRules {
        &self.stored
    }

    /// Takes in how the rules are set. What was changed here and not saved stays.
    pub fn take(&mut self, rules: &Arc<AuditRules>) {
        let sets_back = self.sets_back && rules.settings == Settings::default();
        let is_new = rules.settings != self.stored.settings;
        let keeps = self.is_dirty() && rules.settings != self.draft && !sets_back;
        self.stored = rules.clone();
        if keeps {
            self.overtaken |= is_new;
        } else if is_new || self.overtaken || sets_back {
            self.discard();
        }
    }

    /// Takes over settings from a file, to be saved or not.
    pub fn import(&mut self, settings: Settings, troubles: Vec<String>) {
        self.parameters.follow(&settings);
        self.draft = settings;
        self.imported = troubles;
    }

    /// Whether something was changed and not saved.
    pub fn is_dirty(&self) -> bool {
        self.draft != self.stored.settings || self.parameters.problem().is_some()
    }

    fn discard(&mut self) {
        self.draft = self.stored.settings.clone();
        self.parameters.follow(&self.draft);
        self.imported.clear();
        self.overtaken = false;
        self.sets_back = false;
    }

    /// Draws the tab.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        review: Option<&Review>,
        workers: &Workers,
        writable: bool,
    ) -> Option<Action> {
        let is_looking = self.shown.is_some();
        let list_ui = |tab: &mut Self, ui: &mut Ui| {
            let action = tab.bar_ui(ui, workers, writable);
            tab.table_ui(ui, review);
            action
        };
        let pane_ui = |tab: &mut Self, ui: &mut Ui| {
            let mut close = false;
            match tab.shown {
                Some(Shown::Rule(rule)) => {
                    let open = open_of(review, rule);
                    page::page_ui(ui, rule, open, &mut tab.draft, writable, &mut close);
                }
                Some(Shown::Parameters) => {
                    close = parameters::head_ui(ui);
                    tab.parameters.ui(ui, &mut tab.draft, writable);
                }
                None => {}
            }
            if close {
                tab.close_pane(ui);
            }
        };
        let (listed, _) = list_and_pane_ui(ui, "rule", self, is_looking, list_ui, pane_ui);
        listed.flatten()
    }

    /// Looks at no rule any more.
    pub fn close(&mut self) {
        self.shown = None;
    }

    fn close_pane(&mut self, ui: &Ui) {
        if let Some(Shown::Rule(rule)) = self.shown.take()
            && let Some(index) = self.found().iter().position(|found| *found == rule)
        {
            give_keyboard(ui, SALT, index);
        }
    }

    /// The rules that fit what is searched for.
    fn found(&self) -> Vec<AuditRule> {
        let words = self.search.trim().to_lowercase();
        let fits = |rule: &AuditRule| {
            let text = format!("{} {} {}", rule.id(), rule.title(), rule.detects()).to_lowercase();
            words.split_whitespace().all(|word| text.contains(word))
        };
        AuditRule::all().filter(fits).collect()
    }

    fn bar_ui(&mut self, ui: &mut Ui, workers: &Workers, writable: bool) -> Option<Action> {
        let mut action = None;
        Frame::new().inner_margin(BAR_MARGIN).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                let room = vec2(200.0, size::CONTROL);
                ui.allocate_ui(room, |ui| {
                    text_field(ui, "Search rules", &mut self.search, "Search rules")
                });
                let shows = self.shown == Some(Shown::Parameters);
                if style::toggle_chip(ui, "Parameters and lists", shows, Tone::Good).clicked() {
                    self.shown = (!shows).then_some(Shown::Parameters);
                }
                action = self.files_ui(ui, workers, writable);
            });
            self.save_ui(ui, writable, &mut action);
            self.banners_ui(ui);
        });
        action
    }

    fn files_ui(&mut self, ui: &mut Ui, workers: &Workers, writable: bool) -> Option<Action> {
        let mut action = None;
        if writable && style::button(ui, "Import settings…").clicked() {
            let dialog = ImportSettingsDialog::new(workers.usual_folder());
            action = Some(Action::ask(Dialog::ImportSettings(Box::new(dialog))));
        }
        if style::button(ui, "Export settings…").clicked() {
            let json = serde_json::to_string_pretty(&self.draft.to_json()).unwrap_or_default();
            let format = SaveFormat {
                label: "JSON",
                extension: "json",
                content: Content::Text {
                    text: json + "\n",
                    told: "the audit settings".to_owned(),
                },
            };
            let about = "Severities, parameters, allowed hosts and watched scopes as they stand on the screen, for another \
                         registry or to be kept.";
            let folder = workers.usual_folder();
            let dialog = SaveAsDialog::new(folder, "audit-settings", "Export settings", about, vec![format]);
            action = Some(Action::ask(Dialog::SaveAs(Box::new(dialog))));
        }
        if writable && style::button(ui, "Back to the defaults…").clicked() {
            self.sets_back = true;
            action = Some(Action::ask(Dialog::DefaultRules));
        }
        action
    }

    /// What can be done about what was changed, once something was.
    fn save_ui(&mut self, ui: &mut Ui, writable: bool, action: &mut Option<Action>) {
        if !writable || !self.is_dirty() {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            let problem = self.parameters.problem();
            if style::primary_button(ui, "Save rules", problem.is_none()).clicked() && problem.is_none() {
                *action = Some(Action::send(Write::AuditSettings(Box::new(self.draft.clone()))));
            }
            if style::button(ui, "Discard").clicked() {
                self.discard();
            }
            let text = problem.unwrap_or_else(|| {
                "Not saved yet: the audit and the forms go by what was saved last".to_owned()
            });
            ui.label(style::second(ui, text));
        });
    }

    /// What of the settings makes no sense, and whom saving would overwrite.
    fn banners_ui(&self, ui: &mut Ui) {
        let say = |ui: &mut Ui, heading: &str, troubles: &[String]| {
            ui.add_space(space::XS);
            style::card(ui, Tone::Warning, |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add(Label::new(style::medium(ui, heading)).wrap());
                for trouble in troubles.iter().take(8) {
                    ui.add(Label::new(style::second(ui, make_visible(trouble))).wrap());
                }
                if let Some(more) = troubles.len().checked_sub(8).filter(|more| *more > 0) {
                    ui.label(style::second(ui, format!("and {more} more")));
                }
            });
        };
        if self.overtaken {
            let heading = "Somebody else set the rules meanwhile. Saving puts yours in their place; Discard shows theirs";
            say(ui, heading, &[]);
        }
        if !self.imported.is_empty() {
            let heading =
                "Not everything in the file could be used; the rest is on the screen, and not saved yet";
            say(ui, heading, &self.imported);
        }
        if !self.stored.troubles.is_empty() {
            let heading =
                "Not everything in the stored settings makes sense; saving the rules puts that right";
            say(ui, heading, &self.stored.troubles);
        }
    }

    fn table_ui(&mut self, ui: &mut Ui, review: Option<&Review>) {
        let found = self.found();
        if found.is_empty() {
            return style::empty_place(
                ui,
                "Nothing fits",
                "No rule has these words in its name or in what it looks for.",
            );
        }
        let table = Table {
            salt: SALT,
            name: "Rules of the audit",
            columns: &COLUMNS,
            count: found.len(),
            selected: found
                .iter()
                .position(|rule| self.shown == Some(Shown::Rule(*rule))),
            row_height: size::ROW_DENSE,
            sorted: None,
        };
        let draft = &self.draft;
        let said = |index: usize| {
            let rule = found.get(index);
            rule.map(|rule| spoken(*rule, draft, open_of(review, *rule)))
                .unwrap_or_default()
        };
        let pressed = table.ui(ui, said, |ui, cell, what, index: usize| {
            if let Some(rule) = found.get(index) {
                cell_ui(ui, cell, what, *rule, draft, open_of(review, *rule));
            }
        });
        if let Some(rule) = pressed.chosen.and_then(|index: usize| found.get(index)) {
            self.shown = Some(Shown::Rule(*rule));
        }
    }
}

/// How many findings of a rule are open; none before the first audit.
fn open_of(review: Option<&Review>, rule: AuditRule) -> Option<u64> {
    review.map(|review| review.open_by_rule.get(&rule).copied().unwrap_or(0))
}

/// How bad a rule is by some settings; none: it is off.
fn severity_here(rule: AuditRule, settings: &Settings) -> Option<Severity> {
    match settings.weight(rule) {
        None => Some(rule.severity()),
        Some(Weight::As(severity)) => Some(severity),
        Some(Weight::Off) => None,
    }
}

/// The word and the tone for how bad a rule is.
fn badge(severity: Option<Severity>) -> (&'static str, Tone) {
    severity.map_or(("Off", Tone::Neutral), |severity| {
        (severity.label(), severity_tone(severity))
    })
}

fn spoken(rule: AuditRule, settings: &Settings, open: Option<u64>) -> Spoken {
    let (word, _) = badge(severity_here(rule, settings));
    let set = if settings.weight(rule).is_some() {
        ", set here"
    } else {
        ""
    };
    let open = open.map_or(String::new(), |open| format!(", {} open", grouped(open)));
    Spoken {
        name: format!("{rule}: {}", rule.title()),
        cells: format!("{word}{set}{open}"),
        ..Spoken::default()
    }
}

fn cell_ui(ui: &Ui, cell: Rect, what: Cell, rule: AuditRule, settings: &Settings, open: Option<u64>) {
    let colors = palette(ui);
    let body = FontId::proportional(font::BODY);
    match what {
        Cell::Rule => {
            style::cell(ui, cell, rule.id(), FontId::monospace(font::MONO), colors.second);
        }
        Cell::Title => {
            style::cell(ui, cell, rule.title(), body, colors.text);
        }
        Cell::Severity => {
            let (word, tone) = badge(severity_here(rule, settings));
            badge_cell(ui, cell, word, tone);
            if settings.weight(rule).is_some() {
                let at = Rect::from_min_max(cell.min + vec2(66.0, 0.0), cell.max);
                style::cell(ui, at, "set", FontId::proportional(font::LABEL), colors.faint);
            }
        }
        Cell::Open => {
            let text = open.map(grouped).unwrap_or_default();
            let ink = if open == Some(0) {
                colors.faint
            } else {
                colors.text
            };
            style::cell(ui, cell, &text, body, ink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Parameter;

    fn rules(days: u32) -> Arc<AuditRules> {
        let mut rules = AuditRules::default();
        rules.settings.set_parameter(Parameter::UnusedDays, days).unwrap();
        Arc::new(rules)
    }

    #[test]
    fn what_was_not_saved_stays_when_somebody_else_sets_the_rules_and_that_is_told() {
        let mut tab = RulesTab::default();
        tab.take(&rules(30));
        assert!(!tab.is_dirty());
        assert_eq!(tab.draft.unused_days, 30);
        tab.draft.unused_days = 45;
        tab.take(&rules(60));
        assert!(tab.is_dirty() && tab.overtaken);
        assert_eq!(tab.draft.unused_days, 45);
        tab.take(&rules(45));
        assert!(!tab.is_dirty() && !tab.overtaken, "it is what was saved");
    }

    #[test]
    fn setting_everything_back_takes_what_was_not_saved_too() {
        let mut tab = RulesTab::default();
        tab.take(&rules(30));
        tab.draft.unused_days = 45;
        tab.sets_back = true;
        tab.take(&Arc::default());
        assert!(!tab.is_dirty());
        assert_eq!(tab.draft, Settings::default());
    }
}
