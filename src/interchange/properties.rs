//! What holds for whatever document is brought. Each function is a row of [`crate::fuzzing::TARGETS`] and panics where it
//! finds its property broken.

use serde_json::Value;

use super::{ExportFormat, Exporter, Format, read_json, rfc7591};
use crate::client::{ClientDraft, ClientId, Status};

/// JSON: what is read is what everybody else reads, and it writes back to what reads the same.
pub fn json(bytes: &[u8]) {
    let Ok(value) = read_json(bytes) else { return };
    let bare = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    assert_eq!(serde_json::from_slice::<Value>(bare).ok().as_ref(), Some(&value));
    assert_eq!(read_json(value.to_string().as_bytes()).as_ref(), Ok(&value));
}

/// A file of clients: whatever is in it, what is read of a client is what would be written of it and read again.
pub fn client_file(bytes: &[u8]) {
    for client in Format::Rfc7591
        .read_all(bytes)
        .unwrap_or_default()
        .into_iter()
        .flatten()
    {
        let mut metadata = rfc7591::write(&client.draft);
        metadata.insert("client_id".to_owned(), Value::from(client.client_id.as_str()));
        let written = Value::Object(metadata).to_string();
        let mut again = Format::Rfc7591.read_all(written.as_bytes()).unwrap_or_default();
        let again = again.pop().and_then(Result::ok);
        assert_eq!(
            again.as_ref().map(|again| (&again.client_id, &again.draft)),
            Some((&client.client_id, &client.draft)),
            "{written}"
        );
        assert!(again.is_some_and(|again| again.left_out.is_empty()), "{written}");
    }
}

/// Exports of Keycloak: see [`comes_back`].
pub fn keycloak_file(bytes: &[u8]) {
    comes_back(Format::Keycloak, bytes);
}

/// Files of Hydra: see [`comes_back`].
pub fn hydra_file(bytes: &[u8]) {
    comes_back(Format::Hydra, bytes);
}

/// Files of Authelia: see [`comes_back`].
pub fn authelia_file(bytes: &[u8]) {
    comes_back(Format::Authelia, bytes);
}

/// Files of Auth0: see [`comes_back`].
pub fn auth0_file(bytes: &[u8]) {
    comes_back(Format::Auth0, bytes);
}

/// Tables: see [`comes_back`].
pub fn csv_file(bytes: &[u8]) {
    comes_back(Format::Csv, bytes);
}

/// Whatever is in a file, what is read of a client comes back from every format that is written.
fn comes_back(format: Format, bytes: &[u8]) {
    let _whatever = Format::guess("clients", bytes);
    let clients = format.read_all(bytes).unwrap_or_default();
    for client in clients.into_iter().flatten() {
        for written in ExportFormat::ALL {
            assert_comes_back(*written, &client.client_id, &client.draft, Status::Disabled);
        }
    }
}

/// An export of one client is read as that client.
pub fn assert_comes_back(format: ExportFormat, client_id: &ClientId, draft: &ClientDraft, status: Status) {
    // What is filled in later is no client of Hydra's.
    if format == ExportFormat::Hydra && super::foreign::is_template(client_id.as_str()) {
        return;
    }
    let mut exporter = Exporter::new(format);
    let mut file = exporter.begin();
    file.extend(exporter.client(client_id, draft, status));
    file.extend(exporter.end());
    let read_as = Format::parse(format.as_str()).unwrap_or(Format::Rfc7591);
    let shown = String::from_utf8_lossy(&file);
    // What looks like a private key is not taken over, wherever it stands.
    if shown.contains("PRIVATE KEY-----") {
        return;
    }
    let mut read = read_as.read_all(&file).unwrap_or_default();
    // A partial import says nothing of its realm, which is remarked on.
    read.retain(|piece| !piece.as_ref().is_err_and(|none| none.is_left_out));
    assert_eq!(read.len(), 1, "{shown}");
    match read.pop() {
        Some(Ok(again)) => {
            assert_eq!((&again.client_id, &again.draft), (client_id, draft), "{shown}");
            if !draft.other_members.contains_key("x_status") {
                assert_eq!(again.status.unwrap_or(Status::Active), status, "{shown}");
            }
        }
        other => assert!(matches!(other, Some(Ok(_))), "{other:?}: {shown}"),
    }
}

/// Client metadata (RFC 7591 §2): what is read writes back to what reads the same, whether it is valid or not; what is
/// valid stays as it is, and raises no refusal when it is judged again.
pub fn client_metadata(bytes: &[u8]) {
    let Ok(metadata) = rfc7591::read(bytes) else {
        return;
    };
    let written = Value::Object(rfc7591::write(&metadata.draft)).to_string();
    let again = rfc7591::read(written.as_bytes());
    assert_eq!(again.as_ref().map(|again| &again.draft), Ok(&metadata.draft));
    assert!(again.is_ok_and(|again| again.ignored.is_empty() && again.client_id.is_none()));
    let findings = metadata.draft.findings();
    let refused = findings.iter().any(|finding| finding.rule.refuses());
    match metadata.draft.clone().validate() {
        Ok(registration) => {
            assert!(!refused);
            assert_eq!(*registration, metadata.draft);
        }
        Err(refusals) => assert!(refused && !refusals.0.is_empty() && !refusals.to_string().is_empty()),
    }
}
