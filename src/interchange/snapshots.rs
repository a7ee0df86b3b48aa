//! What is read of files, told as plain text and held against what somebody has looked at: for the tests of all formats.
//!
//! Each file of `tests/interchange/FORMAT` has one of the same name beside it that ends in `.txt`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ForeignClient, ForeignSecret, Format, Piece};
use crate::client::ClientDraft;

/// Set to write what is expected anew; then look at it with `git diff`.
const RENEW: &str = "CHANCERY_RENEW";

/// Reads every file of a format's folder, and compares.
pub(super) fn check(format: Format) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/interchange")
        .join(format.as_str());
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| file.extension().is_none_or(|ending| ending != "txt"));
    files.sort();
    assert!(!files.is_empty(), "{} has no files", folder.display());
    let mut others = Vec::new();
    for file in files {
        let read = match format.read_all(&std::fs::read(&file).unwrap()) {
            Ok(pieces) => pieces.iter().map(describe).collect::<Vec<_>>().join("\n"),
            Err(stuck) => format!("{stuck}\n"),
        };
        let expected = file.with_extension("txt");
        if std::env::var_os(RENEW).is_some() {
            std::fs::write(&expected, &read).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != read {
            others.push(format!("{}:\n{read}", expected.display()));
        }
    }
    assert!(
        others.is_empty(),
        "This was read, and something else is expected. Write it anew with {RENEW}=1 and look at the difference:\n{}",
        others.join("\n")
    );
}

/// One piece, in lines.
fn describe(piece: &Piece) -> String {
    match piece {
        Ok(client) => client_lines(client),
        Err(unreadable) => {
            let client = unreadable.client.as_deref().unwrap_or("somebody");
            let what = if unreadable.is_left_out {
                "left out"
            } else {
                "refused"
            };
            format!(
                "{what}: {client} ({})\n    {}\n",
                unreadable.place, unreadable.what
            )
        }
    }
}

fn client_lines(client: &ForeignClient) -> String {
    let realm = client
        .realm
        .as_deref()
        .map(|realm| format!(", realm {realm}"))
        .unwrap_or_default();
    let version = client
        .system_version
        .as_deref()
        .map(|version| format!(", version {version}"))
        .unwrap_or_default();
    let mut text = format!("{} ({}{realm}{version})\n", client.client_id, client.place);
    let mut line = |line: String| writeln!(text, "    {line}").unwrap();
    line(format!("status: {:?}", client.status));
    let secret = match &client.secret {
        ForeignSecret::Absent => "none".to_owned(),
        // What it is stands in the file; here it must not.
        ForeignSecret::Plain(_, until) => format!("in clear, until {until:?}"),
        ForeignSecret::Hashed(_, until) => format!("as a hash, until {until:?}"),
        ForeignSecret::Unusable(why) => format!("not usable: {why}"),
    };
    line(format!("secret: {secret}, made at {:?}", client.secret_made_at));
    let (members, usual) = (members(&client.draft), members(&ClientDraft::default()));
    for (name, value) in members
        .iter()
        .filter(|(name, value)| usual.get(name.as_str()) != Some(value))
    {
        line(format!("{name}: {value}"));
    }
    for (name, value) in usual
        .iter()
        .filter(|(name, _)| !members.contains_key(name.as_str()))
    {
        line(format!("{name}: absent, not {value}"));
    }
    for changed in &client.changed {
        line(format!("changed: {}, {}", changed.member, changed.how));
    }
    for left in &client.left_out {
        line(format!("left out: {}, because {}", left.member, left.why));
    }
    text
}

fn members(draft: &ClientDraft) -> serde_json::Map<String, Value> {
    match serde_json::to_value(draft).unwrap() {
        Value::Object(members) => members,
        _ => unreachable!("a draft is an object"),
    }
}
