//! How this window behaves, for this person on this machine. Never in the registry file.

use eframe::egui::ThemePreference;
use serde::{Deserialize, Serialize};

use crate::protocol::registration::{DYNAMIC_SCOPES, RegistrationMode, RegistrationPolicy};

/// The key under which eframe keeps the settings.
pub const STORAGE_KEY: &str = "settings";

/// What a person can choose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Dark, light, or as the system is.
    pub theme: ThemePreference,
    /// Seconds until a copied secret is cleared from the clipboard.
    pub clipboard_seconds: u64,
    /// Who is named in the history; the account of the operating system when empty.
    pub your_name: String,
    /// Rows of 32 points in place of 40.
    pub dense_rows: bool,
    /// Whether the server starts with the window.
    pub start_server: bool,
    /// The port on this machine that it listens on, unless that is taken.
    pub port: u16,
    /// Who may register clients by a request to this window's server. It is this person's, not the registry's: a copy of
    /// the file opens nothing elsewhere. That everybody may is asked about for one window, and ends with it.
    pub registration: RegistrationMode,
    /// The scopes that such clients may have at the most, with spaces between.
    pub dynamic_scopes: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemePreference::Dark,
            clipboard_seconds: 30,
            your_name: String::new(),
            dense_rows: false,
            start_server: true,
            port: crate::server::USUAL_ADDRESS.port(),
            registration: RegistrationMode::Off,
            dynamic_scopes: DYNAMIC_SCOPES.join(" "),
        }
    }
}

impl Settings {
    /// As a new window takes them over from the last one: what was allowed there to everybody, on one file, is not allowed
    /// here.
    #[must_use]
    pub fn for_a_new_window(mut self) -> Self {
        if self.registration == RegistrationMode::Open {
            self.registration = RegistrationMode::Off;
        }
        self
    }

    /// The times until clearing that are offered, in seconds.
    pub const CLIPBOARD_CHOICES: [u64; 4] = [10, 30, 60, 120];

    /// What the window's server is to do about dynamic registration.
    pub fn registration_policy(&self) -> RegistrationPolicy {
        RegistrationPolicy {
            mode: self.registration,
            scopes: self
                .dynamic_scopes
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
        }
    }

    /// Who is named in the history.
    pub fn name(&self) -> String {
        let typed = self.your_name.trim();
        if typed.is_empty() {
            crate::cli::account()
        } else {
            typed.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_registration_ends_with_its_window() {
        let with = |registration| Settings {
            registration,
            ..Settings::default()
        };
        for (kept, taken) in [
            (RegistrationMode::Open, RegistrationMode::Off),
            (RegistrationMode::Token, RegistrationMode::Token),
            (RegistrationMode::Off, RegistrationMode::Off),
        ] {
            assert_eq!(with(kept).for_a_new_window().registration, taken);
        }
    }
}
