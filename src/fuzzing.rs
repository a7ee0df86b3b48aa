//! What must hold for whatever bytes come from outside, as one table. Each row is a target of `cargo fuzz` in the folder
//! `fuzz/`, and on every `cargo test` a test over its seeds, over changes to them and over random bytes.
//!
//! Compiled for these two only. The properties stand beside the code that they are about.

use crate::audit::properties as audit;
use crate::client::properties as client;
use crate::interchange::properties as interchange;
use crate::jwt::properties as jwt;
use crate::protocol::properties as protocol;
use crate::server::properties as server;

/// What holds for any bytes. It panics where it does not.
pub type Property = fn(&[u8]);

/// Every property, by the name of its target.
pub const TARGETS: [(&str, Property); 40] = [
    ("assertion", protocol::assertion),
    ("audit_settings", audit::audit_settings),
    ("auth0_file", interchange::auth0_file),
    ("authelia_file", interchange::authelia_file),
    ("authority", protocol::authority),
    ("authorization_request", protocol::authorization_request),
    ("baseline", audit::baseline),
    ("bearer", server::bearer),
    ("client_authorities", protocol::client_authorities),
    ("client_certificate", protocol::client_certificate),
    ("client_file", interchange::client_file),
    ("client_keys", protocol::client_keys),
    ("client_metadata", interchange::client_metadata),
    ("cookies", server::cookies),
    ("cors_origin", server::cors_origin),
    ("credentials", protocol::credentials),
    ("csv_file", interchange::csv_file),
    ("dpop_proof", protocol::dpop_proof),
    ("finding_filter", audit::finding_filter),
    ("form", protocol::form),
    ("host_and_origin", server::host_and_origin),
    ("hydra_file", interchange::hydra_file),
    ("interaction", protocol::interaction),
    ("json", interchange::json),
    ("jws", protocol::jws),
    ("key_expiry", audit::key_expiry),
    ("keycloak_file", interchange::keycloak_file),
    ("logout", server::logout),
    ("pasted_keys", jwt::pasted_keys),
    ("pasted_token", jwt::pasted_token),
    ("pkce", protocol::pkce),
    ("pushed_request", protocol::pushed_request),
    ("redirect_trial", client::redirect_trial),
    ("redirect_uri", client::redirect_uri),
    ("registration", protocol::registration),
    ("resource_path", client::resource_path),
    ("scope", client::scope),
    ("sign_offs", audit::sign_offs),
    ("token_exchange", protocol::token_exchange),
    ("user_code", protocol::user_code),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use proptest::prelude::*;
    use proptest::sample::{Index, select};
    use proptest::test_runner::{Config, TestError, TestRunner};

    use super::*;

    /// Changes for each target on every run.
    const CASES: u32 = 1_000;

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
    }

    fn names_in(folder: &Path) -> BTreeSet<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let folder = folder("corpus").join(target);
        names_in(&folder)
            .iter()
            .map(|name| std::fs::read(folder.join(name)).unwrap())
            .collect()
    }

    #[test]
    fn every_property_is_a_target_with_seeds_and_every_target_a_property() {
        let table: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(table.len(), TARGETS.len(), "two of one name");
        let programs = names_in(&folder("fuzz_targets"));
        let programs: BTreeSet<String> = programs.iter().map(|name| name.replace(".rs", "")).collect();
        assert_eq!(programs, table);
        assert_eq!(names_in(&folder("corpus")), table);
        let manifest = std::fs::read_to_string(folder("Cargo.toml")).unwrap();
        for name in &table {
            assert!(
                manifest.contains(&format!("name = \"{name}\"")),
                "{name} in fuzz/Cargo.toml"
            );
            assert!(!seeds(name).is_empty(), "{name} has no seeds");
            let program = std::fs::read_to_string(folder("fuzz_targets").join(format!("{name}.rs"))).unwrap();
            assert!(program.contains(&format!("properties::{name}(")), "{name}");
        }
    }

    /// Pieces that mean something to one parser or another.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let known: [&[u8]; 20] = [
            b"&",
            b"=",
            b"%",
            b"%00",
            b"+",
            b"\n",
            b"\r\n",
            b"\0",
            b":",
            b"@",
            b"//",
            b"..",
            b"#",
            b"?",
            b"\"",
            b"{",
            b"]",
            b"-1",
            "\u{e9}".as_bytes(),
            b"\xff",
        ];
        prop_oneof![
            select(known.map(<[u8]>::to_vec).to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
            Just(vec![b'a'; 300]),
        ]
    }

    /// A seed with up to five places in it replaced.
    fn changed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
        let change = (any::<Index>(), 0..4_usize, pieces());
        (select(seeds), proptest::collection::vec(change, 0..6)).prop_map(|(mut bytes, changes)| {
            for (place, removed, piece) in changes {
                let begin = place.index(bytes.len() + 1);
                let end = bytes.len().min(begin + removed);
                bytes.splice(begin..end, piece);
            }
            bytes
        })
    }

    #[test]
    fn every_property_holds_for_its_seeds_for_changes_to_them_and_for_random_bytes() {
        for (name, property) in TARGETS {
            let inputs = prop_oneof![
                1 => select(seeds(name)),
                8 => changed(seeds(name)),
                1 => proptest::collection::vec(any::<u8>(), 0..200),
            ];
            for seed in seeds(name) {
                property(&seed);
            }
            let config = Config {
                failure_persistence: None,
                ..Config::with_cases(CASES)
            };
            let held = TestRunner::new(config).run(&inputs, |bytes| {
                property(&bytes);
                Ok(())
            });
            if let Err(TestError::Fail(why, bytes)) = &held {
                panic!("{name}: {why} for {}", bytes.escape_ascii());
            }
            assert!(held.is_ok(), "{name}: {held:?}");
        }
    }
}
