//! What differs between two records, line by line. The review shows what ends a finding in the same way.

use eframe::egui::{Label, Ui};
use serde_json::Value;

use crate::client::make_visible;
use crate::desktop::style::{self, palette};

/// One line of a diff.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// The field that the lines below it belong to.
    Field(String),
    /// What stands there.
    Kept(String),
    /// What is gone, or should go.
    Gone(String),
    /// What has come, or should.
    Come(String),
}

/// Shows lines on the ground of code.
pub fn diff_ui(ui: &mut Ui, lines: &[Line]) {
    let colors = palette(ui);
    style::code_block(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for line in lines {
            let (text, color) = match line {
                Line::Field(name) => (name.clone(), colors.faint),
                Line::Kept(value) => (value.clone(), colors.text),
                Line::Gone(value) => (format!("- {value}"), colors.danger_text),
                Line::Come(value) => (format!("+ {value}"), colors.good),
            };
            ui.add(Label::new(style::mono(ui, text).color(color)).wrap());
        }
    });
}

/// What differs between two records, field by field; lists element by element. A record that is absent has no fields.
pub fn diff(before: Option<&Value>, after: Option<&Value>) -> Vec<Line> {
    let (before, after) = (members(before), members(after));
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in before.iter().chain(&after) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut lines = Vec::new();
    for name in names {
        let of = |members: &[(&str, &Value)]| {
            let found = members.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| elements(value)).unwrap_or_default()
        };
        let (old, new) = (of(&before), of(&after));
        if old == new {
            continue;
        }
        let is_moved = old.iter().all(|element| new.contains(element))
            && new.iter().all(|element| old.contains(element));
        let gone = old.iter().filter(|element| is_moved || !new.contains(element));
        let come = new.iter().filter(|element| is_moved || !old.contains(element));
        lines.push(Line::Field(name.to_owned()));
        lines.extend(gone.cloned().map(Line::Gone));
        lines.extend(come.cloned().map(Line::Come));
    }
    lines
}

fn members(record: Option<&Value>) -> Vec<(&str, &Value)> {
    match record {
        None => Vec::new(),
        Some(Value::Object(members)) => members
            .iter()
            .map(|(name, value)| (name.as_str(), value))
            .collect(),
        Some(other) => vec![("value", other)],
    }
}

/// The elements of a list, or the one value; nothing where there is nothing to show.
fn elements(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![make_visible(text)],
        Value::Array(values) => values.iter().flat_map(elements).collect(),
        other => vec![make_visible(&other.to_string())],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_compared_element_by_element() {
        let before = json!({"name": "Billing", "scopes": ["openid", "email"], "notes": ""});
        let after = json!({"name": "Billing", "scopes": ["openid", "profile"], "require_pkce": true});
        let scopes = Line::Field("scopes".to_owned());
        let pkce = [
            Line::Field("require_pkce".to_owned()),
            Line::Come("true".to_owned()),
        ];
        let [field, come] = pkce;
        let (email, profile) = (Line::Gone("email".to_owned()), Line::Come("profile".to_owned()));
        assert_eq!(
            diff(Some(&before), Some(&after)),
            [scopes, email, profile, field, come]
        );
        assert!(diff(Some(&before), Some(&before)).is_empty());
    }

    #[test]
    fn what_came_to_be_is_all_plus_and_what_went_all_minus() {
        let record = json!({"name": "A\u{202e}B", "contacts": []});
        let field = || Line::Field("name".to_owned());
        assert_eq!(
            diff(None, Some(&record)),
            [field(), Line::Come("A<U+202E>B".to_owned())]
        );
        assert_eq!(
            diff(Some(&record), None),
            [field(), Line::Gone("A<U+202E>B".to_owned())]
        );
    }

    #[test]
    fn another_order_shows_both_orders() {
        let (before, after) = (json!({"audience": ["a", "b"]}), json!({"audience": ["b", "a"]}));
        assert_eq!(diff(Some(&before), Some(&after)).len(), 5);
    }
}
