//! Searching bytes for a secret in every form in which somebody could carry it away.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Characters at the beginning of a generated secret that are stored in clear, to find its hash by.
const SELECTOR: usize = 8;

/// The forms of a secret, with their names.
pub fn forms(secret: &str) -> Vec<(String, Vec<u8>)> {
    let plain = secret.as_bytes();
    let (first, second) = plain.split_at(plain.len() / 2);
    let reversed = |bytes: &[u8]| bytes.iter().rev().copied().collect::<Vec<u8>>();
    let hex: String = plain.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms: Vec<(String, Vec<u8>)> = [
        ("plain", plain.to_vec()),
        ("without its selector", plain[SELECTOR..].to_vec()),
        ("its first half", first.to_vec()),
        ("its second half", second.to_vec()),
        ("reversed", reversed(plain)),
        ("its first half reversed", reversed(first)),
        ("its second half reversed", reversed(second)),
        ("its halves exchanged", [second, first].concat()),
        ("in hexadecimal digits", hex.to_uppercase().into_bytes()),
        (
            "in UTF-16",
            secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    ]
    .map(|(name, bytes)| (name.to_owned(), bytes))
    .into();
    forms.push(("in small hexadecimal digits".to_owned(), hex.into_bytes()));
    for (name, engine) in [("base64", &STANDARD), ("base64url", &URL_SAFE)] {
        for offset in 0..3 {
            forms.push((
                format!("{name}, {offset} bytes in"),
                base64_inside(engine, plain, offset),
            ));
        }
    }
    forms
}

/// The characters of a base64 text that depend on the secret alone, wherever in the encoded bytes it begins.
fn base64_inside(engine: &impl Engine, plain: &[u8], offset: usize) -> Vec<u8> {
    let encoded = engine.encode([&vec![0; offset][..], plain].concat()).into_bytes();
    // Of the first group, whose bytes are not all ours, and of the last, which may be padded, nothing is kept.
    let begin = if offset == 0 { 0 } else { 4 };
    let end = (offset + plain.len()) / 3 * 4;
    encoded[begin..end].to_vec()
}

/// The form in which some bytes hold a secret.
pub fn found_in(secret: &str, bytes: &[u8]) -> Option<String> {
    let forms = forms(secret);
    // Most bytes begin no form; to ask each form at each of them would take minutes.
    let mut begins = [false; 256];
    for (_, form) in &forms {
        begins[usize::from(form[0])] = true;
    }
    let here = |rest: &[u8]| forms.iter().find(|(_, form)| rest.starts_with(form));
    let starts = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| begins[usize::from(**byte)]);
    starts
        .filter_map(|(at, _)| here(&bytes[at..]))
        .map(|(name, _)| name.clone())
        .next()
}

/// The files below a folder whose content or name holds a secret, and the form in which it does.
pub fn places(secret: &str, folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().as_encoded_bytes().to_vec();
        found.extend(found_in(secret, &name).map(|form| (path.clone(), form)));
        if path.is_dir() {
            found.extend(places(secret, &path));
        } else if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            found.extend(found_in(secret, &bytes).map(|form| (path, form)));
        }
    }
    found
}

#[test]
fn a_planted_secret_is_found_in_every_form_and_every_kind_of_file() {
    let secret = "Zx81kQ0aP7vN2mC4bR6tY8uI-9oL_3wE5sDfGhJ1kXz0cVbNmAq";
    for (form, bytes) in forms(secret) {
        for file in ["registry", "registry-wal", "deep/er/app.ron", "registry.key"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, b"nothing").unwrap();
            assert!(places(secret, folder.path()).is_empty());
            let around = [&[0, 159, 146, 150][..], &bytes, &[0xff; 7]].concat();
            std::fs::write(&path, around).unwrap();
            let found = places(secret, folder.path());
            assert!(found.iter().any(|(place, _)| *place == path), "{form} in {file}");
        }
    }
}

#[test]
fn a_planted_secret_is_found_in_an_authorization_header() {
    let secret = "Zx81kQ0aP7vN2mC4bR6tY8uI-9oL_3wE5sDfGhJ1kXz0cVbNmAq";
    for client_id in ["a", "ab", "abc", "abcd"] {
        let pair = STANDARD.encode(format!("{client_id}:{secret}"));
        let header = format!("authorization: Basic {pair}\r\n");
        assert!(found_in(secret, header.as_bytes()).is_some(), "{client_id}");
    }
    assert_eq!(found_in(secret, b"Zx81kQ0a"), None, "its selector is no secret");
}
