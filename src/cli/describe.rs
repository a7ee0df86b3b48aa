//! Clients as JSON and as text.

use serde_json::{Map, Value, json};

use super::output::visible;
use crate::client::{Finding, GrantType, RuleSettings, Standing};
use crate::interchange::rfc7591;
use crate::registry::{Client, ClientRow, SecretRecord};

/// The heads of the list.
pub(super) const HEADS: [&str; 6] = ["CLIENT ID", "NAME", "KIND", "GRANTS", "LAST USED", "STATUS"];

/// One row of the list as text.
pub(super) fn cells(row: &ClientRow) -> Vec<String> {
    let grants: Vec<_> = row.grant_types.iter().map(|grant| grant.short()).collect();
    vec![
        row.client_id.to_string(),
        row.name.clone(),
        row.kind.short().to_owned(),
        grants.join(", "),
        row.last_used_at.map_or_else(
            || "never".to_owned(),
            |time| time.strftime("%Y-%m-%d %H:%M").to_string(),
        ),
        row.standing.label().to_owned(),
    ]
}

/// One row of the list as JSON.
pub(super) fn row(row: &ClientRow) -> Value {
    json!({
        "client_id": row.client_id.as_str(),
        "client_name": row.name,
        "kind": row.kind.as_str(),
        "grant_types": row.grant_types.iter().map(|grant| GrantType::as_str(*grant)).collect::<Vec<_>>(),
        "last_used_at": row.last_used_at.map(|time| time.to_string()),
        "standing": standing(row.standing),
        "worst_finding": row.worst.map(|severity| severity.as_str()),
    })
}

/// Everything about a client. Of its secrets there is nothing but labels and times.
/// How bad its findings are, the registry's settings say.
pub(super) fn client(client: &Client, settings: &RuleSettings) -> Value {
    json!({
        "client_id": client.client_id.as_str(),
        "standing": standing(client.standing()),
        "status": client.status.as_str(),
        "type": client.draft.client_type().as_str(),
        "kind": client.draft.kind().as_str(),
        "version": client.version,
        "created_at": client.created_at.to_string(),
        "updated_at": client.updated_at.to_string(),
        "last_used_at": client.last_used_at.map(|time| time.to_string()),
        "tokens_valid_after": client.tokens_valid_after.map(|time| time.to_string()),
        "origin": client.origin,
        "metadata": rfc7591::write(&client.draft),
        "secrets": client.secrets.iter().map(secret).collect::<Vec<_>>(),
        "findings": client.draft.findings_by(settings).iter().map(finding).collect::<Vec<_>>(),
    })
}

/// What a client was that is deleted now.
pub(super) fn deleted_client(client: &Client, settings: &RuleSettings) -> Value {
    let mut described = self::client(client, settings);
    if let Some(members) = described.as_object_mut() {
        members.insert("standing".to_owned(), Value::from("deleted"));
        members.insert("deleted".to_owned(), Value::from(true));
    }
    described
}

fn standing(standing: Standing) -> String {
    standing.label().to_lowercase()
}

fn secret(secret: &SecretRecord) -> Value {
    json!({
        "label": secret.label,
        "created_at": secret.created_at.to_string(),
        "expires_at": secret.expires_at.map(|time| time.to_string()),
        "revoked_at": secret.revoked_at.map(|time| time.to_string()),
        "last_used_at": secret.last_used_at.map(|time| time.to_string()),
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.as_str(),
        "severity": finding.severity.as_str(),
        "refuses": finding.refuses(),
        "field": finding.field,
        "value": finding.value,
        "sentence": finding.sentence(),
    })
}

/// A description as lines of text: members of members are indented, what is absent is left out.
pub(super) fn as_text(described: &Value) -> String {
    let mut text = String::new();
    if let Value::Object(members) = described {
        write_members(&mut text, members, "");
    }
    text
}

fn write_members(text: &mut String, members: &Map<String, Value>, indent: &str) {
    for (name, value) in members {
        let name = visible(name);
        match value {
            Value::Null => {}
            Value::Object(inner) => {
                text.push_str(&format!("{indent}{name}:\n"));
                write_members(text, inner, &format!("{indent}  "));
            }
            Value::Array(items) if items.is_empty() => {}
            Value::Array(items) => {
                text.push_str(&format!("{indent}{name}:\n"));
                for item in items {
                    write_item(text, item, indent);
                }
            }
            value => text.push_str(&format!("{indent}{name}: {}\n", plain(value))),
        }
    }
}

fn write_item(text: &mut String, item: &Value, indent: &str) {
    match item {
        Value::Object(members) => {
            let parts: Vec<_> = members
                .iter()
                .filter(|(_, value)| !value.is_null() && *value != "")
                .map(|(name, value)| format!("{}: {}", visible(name), plain(value)))
                .collect();
            text.push_str(&format!("{indent}  - {}\n", parts.join(", ")));
        }
        item => text.push_str(&format!("{indent}  - {}\n", plain(item))),
    }
}

/// A value in one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text).replace('\n', " "),
        value => visible(&value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_leaves_out_what_is_absent_and_shows_no_control_characters() {
        let described = json!({
            "name": "a\u{1b}b", "none": null, "empty": [], "list": ["x", 1], "inner": {"flag": true},
            "items": [{"label": "", "at": "now"}],
        });
        assert_eq!(
            as_text(&described),
            "name: a<U+001B>b\nlist:\n  - x\n  - 1\ninner:\n  flag: true\nitems:\n  - at: now\n"
        );
    }
}
