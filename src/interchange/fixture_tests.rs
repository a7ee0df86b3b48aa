//! Files with the oddities of each format, and what is read of them, looked at by a person: `tests/interchange/FORMAT/NAME`
//! and beside it `NAME.read`. `CHANCERY_RENEW=1` writes the latter anew.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use super::*;

#[test]
fn every_odd_file_is_read_as_somebody_found_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interchange");
    let mut wrong = Vec::new();
    for format in [
        Format::Keycloak,
        Format::Hydra,
        Format::Authelia,
        Format::Auth0,
        Format::Csv,
    ] {
        let mut files: Vec<_> = std::fs::read_dir(folder.join(format.as_str()))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_none_or(|ending| ending != "read"))
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{format}");
        for file in files {
            let read = told(format, &std::fs::read(&file).unwrap());
            let expected = file.with_added_extension("read");
            if std::env::var_os("CHANCERY_RENEW").is_some() {
                std::fs::write(&expected, &read).unwrap();
            } else if std::fs::read_to_string(&expected).ok() != Some(read.clone()) {
                wrong.push(format!("{}:\n{read}", file.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "Look at what is read, and if it is right, renew with CHANCERY_RENEW=1:\n{}",
        wrong.join("\n")
    );
}

fn told(format: Format, bytes: &[u8]) -> String {
    let pieces = match format.read_all(bytes) {
        Ok(pieces) => pieces,
        Err(stuck) => return format!("of no use, {}: {stuck}\n", stuck.place()),
    };
    pieces.iter().map(told_of_piece).collect()
}

fn told_of_piece(piece: &Piece) -> String {
    let client = match piece {
        Ok(client) => client,
        Err(none) => {
            let kind = if none.is_left_out { "left out" } else { "refused" };
            return format!("{kind}, {}, {:?}: {none}\n\n", none.place, none.client);
        }
    };
    let mut text = format!("{}, {}\n", client.client_id, client.place);
    for part in [&client.realm, &client.system_version].into_iter().flatten() {
        writeln!(text, "  of {part}").unwrap();
    }
    if let Some(status) = client.status {
        writeln!(text, "  {status}").unwrap();
    }
    let secret = match &client.secret {
        ForeignSecret::Absent => "absent".to_owned(),
        ForeignSecret::Plain(_, until) => format!("in clear, until {until:?}"),
        ForeignSecret::Hashed(_, until) => format!("hashed, until {until:?}"),
        ForeignSecret::Unusable(why) => (*why).to_owned(),
    };
    writeln!(text, "  secret: {secret}").unwrap();
    let untold = [Value::Null, Value::from(""), Value::Array(Vec::new())];
    for (name, value) in rfc7591::write(&client.draft) {
        if !untold.contains(&value) {
            writeln!(text, "  {name}: {value}").unwrap();
        }
    }
    for changed in &client.changed {
        writeln!(
            text,
            "  taken over otherwise: {}, {}",
            changed.member, changed.how
        )
        .unwrap();
    }
    for left in &client.left_out {
        writeln!(text, "  left out: {}, because {}", left.member, left.why).unwrap();
    }
    text.push('\n');
    text
}
