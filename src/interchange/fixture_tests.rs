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

const PASSWORD: &str = "hunter2";

/// A client with a password in each of its addresses, as each format has them.
fn files_with_passwords() -> [(Format, String); 6] {
    let uri = |path: &str| format!("https://ada:{PASSWORD}@app.example.com/{path}");
    let metadata = serde_json::json!({
        "client_id": "a", "client_name": "A", "redirect_uris": [uri("cb")], "post_logout_redirect_uris": [uri("bye")],
        "client_uri": uri(""), "logo_uri": uri("logo"), "jwks_uri": uri("jwks"), "x_team": uri("team"),
        "backchannel_logout_uri": uri("back"), "grant_types": ["authorization_code"], "response_types": ["code"],
    });
    let keycloak = serde_json::json!({"realm": "r", "clients": [{
        "clientId": "a", "description": uri("notes"), "rootUrl": uri(""), "baseUrl": "/home", "adminUrl": uri("admin"),
        "redirectUris": [uri("cb"), "/relative"], "webOrigins": [uri("")],
        "attributes": {"post.logout.redirect.uris": format!("{}##{}", uri("bye"), uri("bye2")), "logoUri": uri("logo"),
            "backchannel.logout.url": uri("back"), "jwks.url": uri("jwks"), "use.jwks.url": "true"},
    }]});
    let authelia = format!(
        "identity_providers:\n  oidc:\n    clients:\n      - client_id: a\n        redirect_uris: ['{}']\n        sector_identifier_uri: '{}'\n",
        uri("cb"),
        uri("sector"),
    );
    let auth0 = serde_json::json!([{"client_id": "a", "name": "A", "callbacks": [uri("cb")], "allowed_logout_urls": [uri("bye")],
        "web_origins": [uri("")], "initiate_login_uri": uri("login"), "grant_types": ["authorization_code"]}]);
    let csv = format!(
        "client_id,client_name,redirect_uris,x_team\na,A,{},{}\n",
        uri("cb"),
        uri("team")
    );
    [
        (Format::Rfc7591, metadata.to_string()),
        (Format::Hydra, metadata.to_string()),
        (Format::Keycloak, keycloak.to_string()),
        (Format::Authelia, authelia),
        (Format::Auth0, auth0.to_string()),
        (Format::Csv, csv),
    ]
}

#[test]
fn a_password_in_an_address_comes_through_no_door() {
    for (format, file) in files_with_passwords() {
        let pieces = format.read_all(file.as_bytes()).unwrap();
        assert!(!format!("{pieces:?}").contains(PASSWORD), "{format}: {pieces:?}");
        let client = pieces.into_iter().next().unwrap().unwrap();
        let kept = "https://ada@app.example.com/cb".to_owned();
        assert!(client.draft.redirect_uris.contains(&kept), "{format}: {client:?}");
        let mut named = client.left_out.iter().map(|left| left.member.as_str());
        assert!(
            named.any(|member| member == "a password in redirect_uris"),
            "{format}: {client:?}"
        );
        let found = client.draft.findings();
        assert!(
            found
                .iter()
                .any(|finding| finding.rule == crate::client::Rule::RedirUserinfo),
            "{format}"
        );
        let mut found_later = Vec::new();
        format
            .find(
                &mut std::io::Cursor::new(file.as_bytes()),
                &Beside::default(),
                &mut |unread| {
                    found_later.push(unread.read());
                    true
                },
            )
            .unwrap();
        assert!(!format!("{found_later:?}").contains(PASSWORD), "{format}");
    }
}

#[test]
fn a_password_that_an_older_version_kept_is_in_no_export() {
    let uri = || format!("https://ada:{PASSWORD}@app.example.com/cb");
    let mut draft = crate::client::ClientDraft {
        name: "A".to_owned(),
        redirect_uris: vec![uri()],
        client_uri: Some(uri()),
        ..crate::client::ClientDraft::default()
    };
    draft
        .other_members
        .insert("x_keycloak_admin_url".to_owned(), uri().into());
    for format in ExportFormat::ALL {
        let mut exporter = Exporter::new(*format);
        let client_id = crate::client::ClientId::parse("a").unwrap();
        let written = exporter.client(&client_id, &draft, crate::client::Status::Active);
        let written = String::from_utf8(written).unwrap();
        assert!(
            written.contains("https://ada@app.example.com/cb") && !written.contains(PASSWORD),
            "{written}"
        );
        let withheld: Vec<&str> = exporter.withheld().keys().map(String::as_str).collect();
        assert_eq!(withheld, ["client_uri", "redirect_uris", "x_keycloak_admin_url"]);
    }
}
