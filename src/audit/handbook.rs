//! Every rule as documentation: for people in Markdown, for a terminal, and for programs. All of it comes from the one table.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{AuditRule, Parameter, Settings, example};
use crate::client::Weight;

/// The document of all rules, in Markdown. It is of the table alone, and the same for every registry.
pub fn markdown() -> String {
    let mut text = String::from(INTRODUCTION);
    for rule in AuditRule::all() {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "| [{}](#{}) | {} | {} | {} |",
            rule.id(),
            rule.id(),
            rule.title(),
            rule.severity(),
            saved(rule)
        );
    }
    text.push_str(PARAMETERS);
    for parameter in Parameter::ALL {
        let (least, most) = parameter.range();
        let _ = writeln!(
            text,
            "| `{parameter}` | {} | {} | {least} to {most} |",
            parameter.label(),
            parameter.default()
        );
    }
    text.push_str(LISTS);
    for rule in AuditRule::all() {
        text.push_str(&page(rule));
    }
    text
}

const INTRODUCTION: &str = "\
# The rules of the audit

<!-- Written by `cargo run --example audit_rules`. Change the table in src, then write it again. -->

Each rule has a fixed identifier. How bad its findings are, and whether it speaks at all, can be set for one registry in the
window under Review, Rules; a rule that refuses a registration can weigh less, and refuses as before. The examples are what is
changed in a sound registration, as a JSON merge patch (RFC 7396); a member `facts` holds what else is known of the client, in
days from today. They are the tests of the rules.

| Rule | What it is | Severity | A registration that breaks it |
|---|---|---|---|
";

const PARAMETERS: &str = "
## Parameters

| Parameter | What it is | Unless it is set | Range |
|---|---|---|---|
";

const LISTS: &str = "
Beside them stand two lists: the allowed hosts, which `redir-foreign-host` goes by, and the watched scopes, which
`scope-sensitive` and `pop-missing` go by. Both are empty at first.

## The rules one by one
";

const fn saved(rule: AuditRule) -> &'static str {
    if rule.refuses() {
        "is refused"
    } else {
        "is saved, and told of"
    }
}

fn page(rule: AuditRule) -> String {
    let example = example(rule);
    let parameter = rule.parameter().map_or_else(String::new, |parameter| {
        format!("- Parameter: `{parameter}`, {}\n", parameter.default())
    });
    format!(
        "\n### {id}\n\n{title}. {detects}\n\n- Severity: {severity}\n- A registration that breaks it {saved}\n{parameter}\
         - Why: {harm}\n- What ends it: {advice}\n- Basis: {basis}\n\nBreaks it:\n\n```json\n{fails}\n```\n\nKeeps it:\n\n\
         ```json\n{passes}\n```\n",
        id = rule.id(),
        title = rule.title(),
        detects = rule.detects(),
        severity = rule.severity(),
        saved = saved(rule),
        harm = rule.harm(),
        advice = rule.advice(),
        basis = rule.basis(),
        fails = shortened(&example.fails),
        passes = shortened(&example.passes),
    )
}

/// The longest example that is shown whole, in characters.
const LONGEST: usize = 400;

/// An example to be read: one that is long by its nature is cut where that was understood.
pub fn shortened(example: &str) -> String {
    let length = example.chars().count();
    if length <= LONGEST {
        return example.to_owned();
    }
    let start: String = example.chars().take(120).collect();
    format!("{start}… ({length} characters)")
}

/// The rules as a table for a terminal, with how bad they are by some settings.
pub fn text_table(settings: &Settings) -> String {
    let mut text = String::new();
    for rule in AuditRule::all() {
        let refuses = if rule.refuses() { "refuses" } else { "" };
        let line = format!(
            "{:<24} {:<9} {refuses:<8} {}",
            rule.id(),
            here(rule, settings),
            rule.title()
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The rules for programs: each with everything that documents it, and how bad it is by some settings.
pub fn json_table(settings: &Settings) -> Value {
    let rules: Vec<Value> = AuditRule::all()
        .map(|rule| {
            let example = example(rule);
            let patch = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
            json!({
                "id": rule.id(),
                "title": rule.title(),
                "severity": here(rule, settings),
                "default_severity": rule.severity().as_str(),
                "refuses": rule.refuses(),
                "detects": rule.detects(),
                "harm": rule.harm(),
                "advice": rule.advice(),
                "basis": rule.basis(),
                "parameter": rule.parameter().map(Parameter::as_str),
                "fails": patch(&example.fails),
                "passes": patch(&example.passes),
            })
        })
        .collect();
    json!({ "rules": rules })
}

/// How bad a rule is by some settings, in a word.
fn here(rule: AuditRule, settings: &Settings) -> &'static str {
    settings
        .weight(rule)
        .map_or(rule.severity().as_str(), Weight::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Rule, Severity};

    #[test]
    fn the_document_is_what_the_table_says() {
        let kept = include_str!("../../docs/audit-rules.md");
        assert!(
            kept == markdown(),
            "docs/audit-rules.md is not what the table says. Write it again: cargo run --example audit_rules"
        );
    }

    #[test]
    fn every_rule_says_what_it_looks_for() {
        for rule in AuditRule::all() {
            let detects = rule.detects();
            assert!(detects.ends_with('.') && detects.len() > 15, "{rule}: {detects}");
        }
    }

    #[test]
    fn the_tables_tell_how_bad_a_rule_is_here() {
        let mut settings = Settings::default();
        let rule = AuditRule::Draft(Rule::AuthPost);
        settings
            .set_weight(rule, Some(Weight::As(Severity::High)))
            .unwrap();
        let text = text_table(&settings);
        let line = text.lines().find(|line| line.starts_with("auth-post ")).unwrap();
        assert!(line.contains(" high "), "{line}");
        assert!(text.lines().all(|line| line.is_ascii()), "{text}");
        let table = json_table(&settings);
        let rules = table["rules"].as_array().unwrap();
        assert_eq!(rules.len(), AuditRule::all().count());
        let told = rules.iter().find(|told| told["id"] == "auth-post").unwrap();
        assert_eq!(
            (&told["severity"], &told["default_severity"]),
            (&"high".into(), &"low".into())
        );
        assert!(
            rules
                .iter()
                .all(|rule| rule["fails"].is_object() && rule["passes"].is_object())
        );
    }
}
