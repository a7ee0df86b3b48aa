//! The keyboard of a dialog: it begins on the dialog's first control, and goes back to where it was afterwards.

use eframe::egui::{Context, FocusDirection, Id, Ui};

/// Where the keyboard was before a dialog, and whether the dialog has it by now.
#[derive(Default)]
pub struct DialogFocus {
    /// The title of the dialog that was open in the last frame.
    open: Option<String>,
    before: Option<Id>,
    settled: bool,
}

impl DialogFocus {
    /// Takes note of the dialog that is open, before anything of the frame is drawn.
    pub fn begin(&mut self, ctx: &Context, open: Option<String>) {
        if open == self.open {
            // In the first frame without a dialog egui still keeps the keyboard from all that was behind it.
            if open.is_none()
                && let Some(id) = self.before.take()
            {
                ctx.memory_mut(|memory| memory.request_focus(id));
            }
            return;
        }
        match (&self.open, &open) {
            (None, Some(_)) if self.before.is_none() => {
                self.before = ctx.memory(|memory| memory.focused());
            }
            (Some(_), None) => ctx.request_repaint(),
            _ => {}
        }
        self.open = open;
        self.settled = false;
    }

    /// Gives the keyboard to the next control that is drawn, the first time a dialog is drawn to be seen.
    pub fn take(&mut self, ui: &Ui) {
        // The first pass of a dialog only measures it.
        if self.settled || ui.is_sizing_pass() {
            return;
        }
        self.settled = true;
        ui.memory_mut(|memory| {
            if let Some(id) = memory.focused() {
                memory.surrender_focus(id);
            }
            memory.move_focus(FocusDirection::Next);
        });
    }
}
