//! What is kept when the program ends, however it ends.

use std::time::{Duration, Instant};

use eframe::egui::{Context, ViewportCommand};

use super::App;
use crate::desktop::dialogs::Dialog;
use crate::desktop::ending::EndRequest;
use crate::desktop::screens::Action;
use crate::desktop::settings::STORAGE_KEY;

/// How long settings must have stayed the same before they are written.
const SETTLED: Duration = Duration::from_millis(500);

impl App {
    /// Writes changed settings soon, and not only when the window closes: a program may be ended in other ways.
    pub(super) fn keep_settings(
        &mut self,
        ctx: &Context,
        storage: Option<&mut (dyn eframe::Storage + 'static)>,
    ) {
        if self.settings == self.kept {
            self.changed_at = None;
            return;
        }
        // What is typed is not written letter by letter.
        let passed = self.changed_at.get_or_insert_with(Instant::now).elapsed();
        if let Some(left) = SETTLED.checked_sub(passed).filter(|left| !left.is_zero()) {
            ctx.request_repaint_after(left);
            return;
        }
        self.changed_at = None;
        self.kept = self.settings.clone();
        if let Some(storage) = storage.filter(|_| self.keeps_settings) {
            eframe::set_value(storage, STORAGE_KEY, &self.settings);
            storage.flush();
        }
    }

    /// The window does not close over a secret that was not stored, nor over an import or unsaved changes without asking.
    pub(super) fn hold_the_door(&mut self, ctx: &Context) {
        if !ctx.input(|input| input.viewport().close_requested()) || self.may_close {
            return;
        }
        if let Some(Dialog::Secret(dialog)) = &mut self.dialog {
            dialog.held_back = true;
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
        } else if self.import.holds_the_door() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.dialog = Some(Dialog::Importing);
        } else if self.has_unsaved_changes() {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.dialog = Some(self.unsaved(Action::CloseWindow));
        }
    }

    /// Closes the window where the system wants the program to end: it will not wait for an answer.
    pub(super) fn close_if_told_to(&mut self, ctx: &Context) {
        if self.end.as_ref().is_some_and(EndRequest::is_made) && !self.may_close {
            self.may_close = true;
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use eframe::egui::{RawInput, ViewportEvent, ViewportId};

    use super::*;
    use crate::desktop::Settings;
    use crate::desktop::clipboard::TestClipboard;
    use crate::desktop::worker::Workers;

    #[derive(Default)]
    struct Kept {
        values: HashMap<String, String>,
        flushes: usize,
    }

    impl eframe::Storage for Kept {
        fn get_string(&self, key: &str) -> Option<String> {
            self.values.get(key).cloned()
        }
        fn set_string(&mut self, key: &str, value: String) {
            self.values.insert(key.to_owned(), value);
        }
        fn remove_string(&mut self, key: &str) {
            self.values.remove(key);
        }
        fn flush(&mut self) {
            self.flushes += 1;
        }
    }

    fn app(ctx: &Context) -> (App, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let workers = Workers::inline(&folder.path().join("registry.chancery"), "Tess Tester").unwrap();
        let clipboard = Box::new(TestClipboard::default());
        (App::new(ctx, workers, clipboard, Settings::default()), folder)
    }

    #[test]
    fn a_changed_setting_is_written_once_it_has_settled_and_not_again() {
        let ctx = Context::default();
        let (mut app, _folder) = app(&ctx);
        let mut kept = Kept::default();
        app.keep_settings(&ctx, Some(&mut kept));
        app.settings.dense_rows = true;
        app.keep_settings(&ctx, Some(&mut kept));
        assert_eq!(kept.flushes, 0, "it may still be being typed");
        app.changed_at = Instant::now().checked_sub(SETTLED);
        app.keep_settings(&ctx, Some(&mut kept));
        app.keep_settings(&ctx, Some(&mut kept));
        assert_eq!(kept.flushes, 1);
        let written: Settings = eframe::get_value(&kept, STORAGE_KEY).unwrap();
        assert!(written.dense_rows);
    }

    #[test]
    fn a_window_that_keeps_nothing_writes_nothing() {
        let ctx = Context::default();
        let (app, _folder) = app(&ctx);
        let mut app = app.keeping_nothing();
        let mut kept = Kept::default();
        app.settings.dense_rows = true;
        app.keep_settings(&ctx, Some(&mut kept));
        app.changed_at = Instant::now().checked_sub(SETTLED);
        app.keep_settings(&ctx, Some(&mut kept));
        eframe::App::save(&mut app, &mut kept);
        assert!(kept.flushes == 0 && kept.values.is_empty());
    }

    #[test]
    fn the_window_does_not_close_over_an_import_unasked() {
        let ctx = Context::default();
        let (mut app, _folder) = app(&ctx);
        app.import.begin_for_tests();
        let holds = |app: &mut App| {
            let mut input = RawInput::default();
            let root = input.viewports.entry(ViewportId::ROOT).or_default();
            root.events.push(ViewportEvent::Close);
            let mut output = ctx.run_ui(input, |_| app.hold_the_door(&ctx));
            output.textures_delta.clear();
            let commands = &output.viewport_output[&ViewportId::ROOT].commands;
            commands.contains(&ViewportCommand::CancelClose)
        };
        assert!(holds(&mut app));
        assert!(matches!(app.dialog, Some(Dialog::Importing)));
        app.perform(&ctx, Action::CloseDialog);
        assert!(app.import.holds_the_door(), "it goes on");
        assert!(holds(&mut app));
        app.perform(&ctx, Action::StopImportAndClose);
        assert!(!holds(&mut app) && app.dialog.is_none());
    }

    #[test]
    fn whoever_ends_the_program_from_outside_is_not_asked_anything() {
        let ctx = Context::default();
        let (app, _folder) = app(&ctx);
        let end = EndRequest::default();
        let mut app = app.with_end(end.clone());
        let mut closes = || {
            let mut output = ctx.run_ui(RawInput::default(), |_| app.close_if_told_to(&ctx));
            output.textures_delta.clear();
            let commands = &output.viewport_output[&ViewportId::ROOT].commands;
            commands.contains(&ViewportCommand::Close)
        };
        assert!(!closes());
        end.make();
        assert!(closes());
        assert!(!closes(), "once is enough");
        assert!(app.may_close, "no question holds the door");
    }
}
