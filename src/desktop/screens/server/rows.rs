//! Rows of the registry as a part of the screen shows them.

use eframe::egui::Ui;

use crate::desktop::table::waiting_ui;
use crate::desktop::worker::{Read, Workers};

/// Rows that are asked for when they are shown and something may have changed.
pub struct Rows<T> {
    rows: Option<Vec<T>>,
    /// Whether they were asked for since the registry changed last.
    current: bool,
    asked: Option<u64>,
    /// When they were asked for, by the window's own clock.
    since: f64,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self {
            rows: None,
            current: false,
            asked: None,
            since: 0.0,
        }
    }
}

impl<T> Rows<T> {
    /// The registry changed: the next showing asks for what is new.
    pub fn refresh(&mut self) {
        self.current = false;
    }

    /// Takes rows in, unless they answer a question that is no longer asked.
    pub fn take(&mut self, number: u64, rows: Vec<T>) {
        if self.asked.take_if(|asked| *asked == number).is_some() {
            self.rows = Some(rows);
        }
    }

    /// A question could not be answered. It is not asked again by itself.
    pub fn failed(&mut self, number: u64) {
        self.asked.take_if(|asked| *asked == number);
    }

    /// The rows, if they are there, without asking for them.
    pub fn known(&self) -> Option<&[T]> {
        self.rows.as_deref()
    }

    /// The rows, once they are there. Asks for them where they may have changed, and shows that they are waited for.
    pub fn ui(&mut self, ui: &mut Ui, workers: &mut Workers, read: Read) -> Option<&[T]> {
        if !self.current {
            self.current = true;
            self.since = ui.input(|input| input.time);
            self.asked = Some(workers.send(read));
        }
        if self.rows.is_none() && self.asked.is_some() {
            ui.vertical_centered(|ui| waiting_ui(ui, self.since));
        }
        self.rows.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_answer_is_dropped() {
        let mut rows = Rows {
            asked: Some(7),
            ..Rows::default()
        };
        rows.take(6, vec![1]);
        assert!(rows.rows.is_none());
        rows.take(7, vec![2]);
        assert_eq!(rows.rows.as_deref(), Some([2].as_slice()));
        rows.take(7, vec![3]);
        assert_eq!(rows.rows.as_deref(), Some([2].as_slice()));
    }
}
