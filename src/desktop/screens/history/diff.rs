//! What differs between two records, drawn line by line.

use std::sync::Arc;

use eframe::egui::{Align, FontSelection, Label, Ui, WidgetText};

use crate::desktop::style::{self, palette};
pub use crate::reporting::history::diff::{Line, diff};

/// Shows lines on the ground of code.
pub fn diff_ui(ui: &mut Ui, lines: &[Line]) {
    let colors = palette(ui);
    style::code_block(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for line in lines {
            let (text, color) = match line {
                Line::Field(name) => (name.clone(), colors.faint),
                Line::Kept(value) => (value.clone(), colors.text),
                Line::Marked(value) => (format!("› {value}"), colors.warning_text),
                Line::Gone(value) => (format!("- {value}"), colors.danger_text),
                Line::Come(value) => (format!("+ {value}"), colors.good),
            };
            let text: WidgetText = style::mono(ui, text).color(color).into();
            let job = text.into_layout_job(ui.style(), FontSelection::Default, Align::Min);
            let mut job = Arc::unwrap_or_clone(job);
            // An address goes on in the line of its sign, and breaks where that ends; sentences break between words.
            let value = job.text.trim_start_matches(['+', '-', ' ']);
            job.wrap.break_anywhere = !value.contains(' ');
            ui.add(Label::new(job).wrap());
        }
    });
}
