//! Where applications find the server, and the port it is to have.

use eframe::egui::{Frame, ScrollArea, Ui};

use super::address_layout;
use crate::desktop::form::{field_ui, text_field};
use crate::desktop::screens::Action;
use crate::desktop::screens::settings::address_ui;
use crate::desktop::style::{self, Tone, palette, tokens::SCREEN_MARGIN};
use crate::desktop::worker::ServerState;

/// The state of the part.
#[derive(Default)]
pub struct EndpointsPart {
    /// The port as it is being typed, while it differs from the one that is kept.
    typed: Option<String>,
    /// The port that was kept when the typing began. What is no port in the end leaves it.
    before: Option<u16>,
}

impl EndpointsPart {
    /// Draws the part.
    pub fn ui(&mut self, ui: &mut Ui, state: &ServerState, port: &mut u16) -> Option<Action> {
        let mut action = None;
        let scroll = ScrollArea::vertical().id_salt("endpoints").auto_shrink(false);
        scroll.show(ui, |ui| {
            Frame::new().inner_margin(SCREEN_MARGIN).show(ui, |ui| {
                ui.set_width(ui.available_width());
                if let ServerState::Running { endpoints, .. } = state {
                    for endpoint in endpoints {
                        let (label, copy) = names(endpoint);
                        let wanted = address_ui(ui, address_layout(ui), label, copy, endpoint);
                        action = action.take().or(wanted);
                    }
                } else {
                    let text = "The addresses stand here while the server runs";
                    ui.label(style::second(ui, text));
                }
                style::divider(ui);
                self.port_ui(ui, port);
            });
        });
        action
    }

    fn port_ui(&mut self, ui: &mut Ui, port: &mut u16) {
        field_ui(ui, address_layout(ui), "Port", |ui| {
            let mut text = self.typed.clone().unwrap_or_else(|| port.to_string());
            let entry = text_field(ui, "Port", &mut text, "9400");
            if entry.gained_focus() {
                self.before = Some(*port);
            }
            if entry.changed() {
                match parse_port(&text) {
                    Some(typed) => {
                        *port = typed;
                        self.typed = (text != typed.to_string()).then_some(text);
                    }
                    None => {
                        *port = self.before.unwrap_or(*port);
                        self.typed = Some(text);
                    }
                }
            }
            let is_port = self
                .typed
                .as_deref()
                .is_none_or(|typed| parse_port(typed).is_some());
            let note = if is_port {
                style::faint(
                    ui,
                    "Counts from the next start of the server. Where it is taken, a free one is used",
                )
            } else {
                let ink = Tone::Danger.text(palette(ui));
                let text = format!("A port is a number from 1 to 65535; {port} is kept");
                style::second(ui, text).color(ink)
            };
            ui.label(note);
        });
    }
}

/// The port that a text names. 0 is none: with it the system would choose.
fn parse_port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|port| *port != 0)
}

/// What an endpoint is called, and the name of its copy button. The server says which there are.
fn names(endpoint: &str) -> (&'static str, &'static str) {
    match endpoint {
        _ if endpoint.ends_with("/authorize") => ("Authorization endpoint", "Copy authorization endpoint"),
        _ if endpoint.ends_with("/par") => ("Pushed requests", "Copy pushed request endpoint"),
        _ if endpoint.ends_with("/device_authorization") => {
            ("Device authorization", "Copy device authorization endpoint")
        }
        _ if endpoint.ends_with("/device") => ("Device page", "Copy device page address"),
        _ if endpoint.ends_with("/introspect") => ("Introspection endpoint", "Copy introspection endpoint"),
        _ if endpoint.ends_with("/revoke") => ("Revocation endpoint", "Copy revocation endpoint"),
        _ if endpoint.ends_with("/userinfo") => ("UserInfo endpoint", "Copy UserInfo endpoint"),
        _ if endpoint.ends_with("/logout") => ("End session endpoint", "Copy end session endpoint"),
        _ if endpoint.ends_with("/register") => ("Registration endpoint", "Copy registration endpoint"),
        _ if endpoint.ends_with("/token") => ("Token endpoint", "Copy token endpoint"),
        _ if endpoint.ends_with("/jwks") => ("Public keys", "Copy public keys address"),
        _ if endpoint.ends_with("/.well-known/openid-configuration") => {
            ("OpenID configuration", "Copy OpenID configuration address")
        }
        _ if endpoint.contains("/.well-known/oauth-authorization-server") => {
            ("OAuth metadata", "Copy OAuth metadata address")
        }
        _ => ("Endpoint", "Copy endpoint"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_there_is_has_a_name_of_its_own() {
        let issuer = crate::protocol::Issuer::parse("http://127.0.0.1:9400").unwrap();
        let paths = [
            "/authorize",
            "/par",
            "/device_authorization",
            "/device",
            "/introspect",
            "/revoke",
            "/userinfo",
            "/logout",
            "/register",
            "/token",
            "/jwks",
            "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
        ];
        for path in paths {
            let (label, _) = names(&issuer.endpoint(path));
            assert_ne!(label, "Endpoint", "{path}");
            assert!(label.len() <= 23, "no room beside the address: {label}");
        }
    }

    #[test]
    fn a_port_is_a_number_from_1_to_65535() {
        assert_eq!(parse_port(" 9400 "), Some(9400));
        for text in ["", "0", "65536", "-1", "94 00", "http"] {
            assert_eq!(parse_port(text), None, "{text:?}");
        }
    }
}
