//! Clients in and out of files of other systems.

use std::path::PathBuf;

use eframe::egui::{Align2, Context, FontId, LayerId, Order};

use super::App;
use crate::desktop::dialogs::Dialog;
use crate::desktop::screens::Screen;
use crate::desktop::screens::moving::export_dialog;
use crate::desktop::style::{self, Tone, tokens::font};
use crate::desktop::worker::{Details, ReplyBody, Trouble};

impl App {
    /// Goes to the screen that takes clients of a file over.
    pub(super) fn open_import(&mut self) {
        self.import.open();
        self.screen = Screen::Import;
    }

    /// Looks at no client of a file any more; where none was looked at, leaves the screen.
    pub(super) fn close_moving(&mut self) {
        let closed = match self.screen {
            Screen::Import => self.import.close(),
            Screen::Compare => self.compare.close(),
            _ => return,
        };
        if !closed {
            self.screen = Screen::Clients;
        }
    }

    /// Asks where clients are to be written, and which.
    pub(super) fn ask_for_export(&mut self) {
        let Some(workers) = &self.workers else { return };
        let choices = self.clients.export_choices();
        let dialog = export_dialog(workers.usual_folder(), choices);
        self.dialog = Some(Dialog::SaveAs(Box::new(dialog)));
    }

    /// Looks at a file or folder that was dropped on the window.
    pub(super) fn take_dropped(&mut self, ctx: &Context) {
        let dropped: Vec<PathBuf> = ctx.input(|input| {
            let files = input.raw.dropped_files.iter();
            files.map(|file| file.path().to_owned()).collect()
        });
        let Some(first) = dropped.first() else { return };
        if self.dialog.is_some() {
            self.say(
                "Close the dialog first, then drop the file again".to_owned(),
                Tone::Warning,
            );
            return;
        }
        if !self.is_writable() {
            return self.say_why_nothing_changes();
        }
        self.import.look_at(first);
        self.screen = Screen::Import;
        if dropped.len() > 1 {
            let text = "Only the first file is looked at. Drop their folder to import all of them";
            self.say(text.to_owned(), Tone::Warning);
        }
    }

    /// Says what becomes of a file that is held over the window.
    pub(super) fn hovering_ui(&self, ctx: &Context) {
        let is_hovered = ctx.input(|input| !input.raw.hovered_files.is_empty());
        if !is_hovered || self.dialog.is_some() || !self.is_writable() {
            return;
        }
        let dark = ctx.global_style().visuals.dark_mode;
        let colors = if dark {
            &style::tokens::DARK
        } else {
            &style::tokens::LIGHT
        };
        let layer = LayerId::new(Order::Foreground, eframe::egui::Id::unique("hovering"));
        let painter = ctx.layer_painter(layer);
        let whole = ctx.content_rect();
        painter.rect_filled(whole, 0.0, colors.backdrop);
        let medium = FontId::new(font::TITLE, style::family(style::MEDIUM));
        painter.text(
            whole.center(),
            Align2::CENTER_CENTER,
            "Drop it to import its clients",
            medium,
            colors.text,
        );
    }

    /// Takes in what there is to know of a client of a file, on the screen that asked for it.
    fn take_details(&mut self, number: u64, details: Result<Option<Box<Details>>, Trouble>) {
        if self.compare.asked_for(number) {
            self.compare.take_details(number, details);
        } else {
            self.import.take_details(number, details);
        }
    }

    /// Takes in what came of a file of another system.
    pub(super) fn take_of_moving(&mut self, number: u64, body: ReplyBody) {
        match body {
            ReplyBody::Previewed(previewed) => self.import.take_previewed(number, previewed),
            ReplyBody::Compared(compared) => self.compare.take(number, compared),
            ReplyBody::Details(details) => self.take_details(number, details),
            ReplyBody::Reached(reached) => {
                self.compare.take_reached(number, reached);
                self.import.take_reached(number, reached);
                if let Some(Dialog::UndoImport(dialog)) = &mut self.dialog {
                    dialog.take_reached(number, reached);
                }
            }
            ReplyBody::ImportDone(outcome) => {
                self.import.take_done(number, outcome);
                if matches!(self.dialog, Some(Dialog::Importing)) {
                    // There is nothing left to ask.
                    self.dialog = None;
                }
                self.refresh_all();
                if self.screen != Screen::Import {
                    self.say(
                        "The import has ended. Import… shows what came of it".to_owned(),
                        Tone::Good,
                    );
                }
            }
            ReplyBody::ImportRun(number, run) => {
                if let Some(Dialog::UndoImport(dialog)) = &mut self.dialog {
                    dialog.take_run(number, run);
                }
            }
            ReplyBody::ImportUndone(report) => {
                if let Some(Dialog::UndoImport(dialog)) = &mut self.dialog {
                    if report.as_ref().is_ok_and(|report| report.stopped == 0) {
                        self.import.take_undone(dialog.number());
                    }
                    dialog.take_undone(number, report);
                }
                self.refresh_all();
            }
            _ => {}
        }
    }
}
