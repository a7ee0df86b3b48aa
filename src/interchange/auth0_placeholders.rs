//! What the deploy CLI of Auth0 fills in when it deploys: `##NAME##` within a text, and `@@NAME@@` in the place of any JSON.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::json_walk::Taken;

/// The text with a placeholder for JSON, `@@NAME@@`, in quotation marks: it is a text until somebody fills it in.
pub(super) fn with_placeholders(taken: Taken) -> Taken {
    let Taken::Text(text) = taken else { return taken };
    if memchr::memmem::find(text.bytes(), b"@@").is_none() {
        return Taken::Text(text);
    }
    let Ok(bare) = std::str::from_utf8(text.bytes()) else {
        return Taken::Text(text);
    };
    let mut quoted = Zeroizing::new(String::with_capacity(2 * bare.len()));
    let (mut in_string, mut is_escaped, mut at) = (false, false, 0);
    while let Some(c) = bare.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = bare.get(at..).unwrap_or_default();
        let name = rest.strip_prefix("@@").and_then(|rest| rest.split_once("@@"));
        if let Some((name, _)) = name.filter(|(name, _)| !in_string && is_name(name)) {
            quoted.push_str(&format!("\"@@{name}@@\""));
            at += name.len() + 4;
            continue;
        }
        in_string ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        quoted.push(c);
        at += c.len_utf8();
    }
    Taken::Text(text.replaced(Zeroizing::new(quoted.as_bytes().to_vec())))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Takes members out that are placeholders as a whole, where no text belongs or a text could be taken for something, and names
/// them.
pub(super) fn leave_out_placeholders(members: &mut Map<String, Value>) -> Vec<String> {
    let is_one = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let between = |mark| {
            text.strip_prefix(mark)
                .and_then(|rest: &str| rest.strip_suffix(mark))
        };
        between("@@").or_else(|| between("##")).is_some_and(is_name)
    };
    let names: Vec<String> = members
        .iter()
        .filter(|(name, value)| is_one(value) && !matches!(name.as_str(), "client_id" | "name"))
        .map(|(name, _)| name.clone())
        .collect();
    for name in &names {
        members.shift_remove(name);
    }
    names
}

/// Whether a text is filled in when it is deployed, as `##NAME##` or `@@NAME@@`.
pub(super) fn is_placeholder(text: &str) -> bool {
    ["##", "@@"].iter().any(|mark| {
        let name = text.split_once(mark).and_then(|(_, rest)| rest.split_once(mark));
        name.is_some_and(|(name, _)| is_name(name))
    })
}
