//! `kill -9` at random moments loses nothing that was confirmed, and leaves nothing half done.
//!
//! Two writers are killed: the program itself, as a script runs it, and a process that writes through the registry,
//! as the window does, without a pause between two changes. The seed is printed; `CHANCERY_KILL_SEED` repeats it.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "in a test, failing loudly is the point, in its helpers too"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use chancery::client::secret::Verification;
use chancery::client::{ClientDraft, ClientId, ClientKind, Secret, SecretHash, Status};
use chancery::registry::{
    Act, Client, HistoryQuery, ListQuery, NewClient, NewSecret, Registry, generate_client_id,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// How often each of the two writers is killed.
const ROUNDS: usize = 60;
/// Where the writer that is killed finds its registry.
const WRITES_TO: &str = "CHANCERY_TEST_WRITES_TO";

/// Numbers that look random and come again from the same seed (SplitMix64).
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = match std::env::var("CHANCERY_KILL_SEED") {
            Ok(given) => given.parse().unwrap(),
            Err(_) => u64::from_le_bytes(random()),
        };
        println!("CHANCERY_KILL_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// A moment before a time is up.
    fn moment(&mut self, whole: Duration) -> Duration {
        let micros = u64::try_from(whole.as_micros()).unwrap();
        Duration::from_micros(self.below(micros.max(1)))
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn open(path: &Path) -> Registry {
    Registry::open(path, Timestamp::now()).unwrap()
}

fn client(registry: &Registry, client_id: &ClientId) -> Option<Client> {
    registry.client(client_id).unwrap()
}

fn verifies(client: &Client, secret: &str) -> bool {
    let secret = Secret::new(secret.to_owned());
    let mut live = client.live_secrets(Timestamp::now());
    live.any(|stored| {
        stored.selector == secret.selector() && stored.hash.verify(&secret) != Verification::Wrong
    })
}

/// Everything that must hold of a file after any kill, whatever was confirmed.
fn assert_whole(registry: &Registry) {
    let report = registry.check().unwrap();
    assert!(report.is_sound(), "{:#?}", report.lines);
    assert_eq!(report.chain.broken_at, None);
    let rows = registry
        .list_clients(&ListQuery {
            limit: 10_000,
            ..ListQuery::default()
        })
        .unwrap();
    for row in rows {
        let client = client(registry, &row.client_id).unwrap();
        assert!(!client.secrets.is_empty(), "{} has no secret", row.client_id);
        // The latest change and its row of the history are one transaction, so they say the same.
        let latest = HistoryQuery {
            client: Some(row.client_id.clone()),
            limit: 1,
            ..HistoryQuery::default()
        };
        let written = registry.history(&latest).unwrap().remove(0).after.unwrap();
        let mut kept = serde_json::to_value(&client.draft).unwrap();
        kept["status"] = json!(client.status);
        kept["secrets"] = written["secrets"].clone();
        assert_eq!(written, kept, "{}", row.client_id);
        let listed = written["secrets"].as_array().unwrap().len();
        assert_eq!(listed, client.secrets.len(), "{}", row.client_id);
    }
}

/// The command line, one command a process.
struct CommandLine {
    path: PathBuf,
    /// The secrets that were printed, by client. The older ones of a client stay valid for an hour.
    confirmed: BTreeMap<ClientId, Vec<String>>,
}

impl CommandLine {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
        command
            .env_clear()
            .env("HOME", self.path.parent().unwrap())
            .arg("--registry")
            .arg(&self.path)
            .args(["--as", "writer", "client"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// Begins to register a client, or now and then to rotate the secret of one.
    fn begin(&self, round: usize, chance: &mut Chance) -> Child {
        let few_secrets: Vec<&ClientId> = self
            .confirmed
            .iter()
            .filter(|(_, secrets)| secrets.len() < 3)
            .map(|(client_id, _)| client_id)
            .collect();
        if !few_secrets.is_empty() && chance.below(3) == 0 {
            let chosen = few_secrets[chance.below(few_secrets.len() as u64) as usize];
            return self
                .command(&["rotate-secret", chosen.as_str(), "--overlap", "1h"])
                .spawn()
                .unwrap();
        }
        let mut child = self.command(&["create", "--file", "-"]).spawn().unwrap();
        let metadata = json!({
            "client_name": format!("Round {round}"), "grant_types": ["client_credentials"], "scope": "read",
            "audience": ["https://api.example.com"], "contacts": ["a@example.com"],
        });
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(metadata.to_string().as_bytes()).unwrap();
        child
    }

    /// Notes what was printed whole. Returns whether anything was.
    fn note(&mut self, printed: &[u8]) -> bool {
        let Ok(response) = serde_json::from_slice::<Value>(printed) else {
            return false;
        };
        let client_id = ClientId::parse(response["client_id"].as_str().unwrap()).unwrap();
        let secret = response["client_secret"].as_str().unwrap().to_owned();
        self.confirmed.entry(client_id).or_default().push(secret);
        true
    }
}

#[test]
fn no_client_and_no_secret_that_the_command_line_printed_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut line = CommandLine {
        path: folder.path().join("registry.chancery"),
        confirmed: BTreeMap::new(),
    };
    let mut chance = Chance::new();
    let (mut confirmed, mut cut_short) = (0, 0);
    // How long a command takes here and now; it follows what is seen, so that about half of the kills come too late.
    let mut usual = Duration::from_millis(200);
    for round in 0..ROUNDS {
        let begun = Instant::now();
        let mut child = line.begin(round, &mut chance);
        let moment = chance.moment(usual * 2);
        while begun.elapsed() < moment && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_micros(200));
        }
        let took = begun.elapsed();
        child.kill().unwrap();
        let printed = child.wait_with_output().unwrap().stdout;
        if line.note(&printed) {
            confirmed += 1;
            usual = (usual + took) / 2;
        } else {
            cut_short += 1;
            usual += usual / 20;
        }
        // The first to open the file after a kill finds what the killed one left, and brings it in order.
        let registry = open(&line.path);
        for client_id in line.confirmed.keys() {
            assert!(
                client(&registry, client_id).is_some(),
                "{client_id} is lost in round {round}"
            );
        }
        assert_eq!(registry.verify_chain().unwrap().broken_at, None, "round {round}");
    }
    println!("{confirmed} confirmed, {cut_short} cut short");
    assert!(
        confirmed >= 5 && cut_short >= 5,
        "the kills come too early or too late"
    );
    let registry = open(&line.path);
    assert_whole(&registry);
    for (client_id, secrets) in &line.confirmed {
        let client = client(&registry, client_id).unwrap();
        assert!(!client.held && client.status == Status::Active);
        for secret in secrets {
            assert!(
                verifies(&client, secret),
                "a printed secret of {client_id} is not valid"
            );
        }
    }
}

/// A secret whose hash costs next to nothing, so that the writer spends its time writing.
fn cheap_secret() -> (Secret, NewSecret) {
    let secret = Secret::generate(&Zeroizing::new(random()));
    let params = Params::new(8, 1, 1, None).unwrap();
    let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_with_salt(secret.expose().as_bytes(), &random::<16>())
        .unwrap();
    let stored = NewSecret {
        is_weak: false,
        selector: secret.selector(),
        hash: SecretHash::parse(&hash.to_string()).unwrap(),
        label: "cheap".to_owned(),
        expires_at: None,
    };
    (secret, stored)
}

fn draft(name: &str) -> ClientDraft {
    let mut draft = ClientKind::Service.preset();
    draft.name = name.to_owned();
    draft.scopes = vec!["read".to_owned()];
    draft
}

/// Says in one line that something is on the disk.
fn confirm(what: &str, client_id: &ClientId, value: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(format!("{what} {client_id} {value}\n").as_bytes())
        .unwrap();
    stdout.flush().unwrap();
}

/// Not a test of its own: the process that [`nothing_that_was_confirmed_between_two_changes_is_lost_by_a_kill`] kills.
/// Run otherwise it has nothing to write to, and returns at once.
#[test]
fn the_writer_that_is_killed() {
    let Ok(path) = std::env::var(WRITES_TO) else {
        return;
    };
    let registry = open(Path::new(&path));
    let act = || Act::new("writer", Timestamp::now());
    loop {
        let client_id = generate_client_id().unwrap();
        let (secret, stored) = cheap_secret();
        let new = NewClient {
            client_id: client_id.clone(),
            registration: draft("New").validate().unwrap(),
            secret: Some(stored),
            origin: None,
        };
        registry.create_client(new, &act()).unwrap();
        confirm("created", &client_id, secret.expose());

        let (secret, stored) = cheap_secret();
        let in_an_hour = Timestamp::from_second(Timestamp::now().as_second() + 3_600).unwrap();
        registry
            .rotate_secret(&client_id, stored, in_an_hour, &act())
            .unwrap();
        confirm("rotated", &client_id, secret.expose());

        let version = client(&registry, &client_id).unwrap().version;
        let renamed = registry
            .update_client(&client_id, version, draft("Renamed"), None, &act())
            .unwrap();
        confirm("renamed", &client_id, "Renamed");

        let disabled = registry
            .set_status(&client_id, renamed.version, Status::Disabled, &act())
            .unwrap();
        confirm("disabled", &client_id, "-");

        if random::<1>()[0] & 1 == 0 {
            registry
                .delete_client(&client_id, disabled.version, &act())
                .unwrap();
            confirm("deleted", &client_id, "-");
        }
    }
}

/// What was confirmed of one client.
#[derive(Default)]
struct Confirmed {
    secrets: Vec<String>,
    renamed: bool,
    disabled: bool,
    deleted: bool,
}

/// Starts the writer, kills it at a random moment after its first confirmed change, and returns what it confirmed.
fn kill_the_writer(path: &Path, moment: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_writer_that_is_killed", "--nocapture"])
        .env(WRITES_TO, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = Vec::new();
    while !lines.iter().any(|line: &String| line.contains("created ")) {
        let mut line = String::new();
        assert_ne!(
            stdout.read_line(&mut line).unwrap(),
            0,
            "the writer ended by itself"
        );
        lines.push(line);
    }
    sleep(moment);
    child.kill().unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    child.wait().unwrap();
    lines.extend(rest.split_inclusive('\n').map(str::to_owned));
    // A line that was cut off confirms nothing.
    lines.retain(|line| line.ends_with('\n'));
    lines
}

#[test]
fn nothing_that_was_confirmed_between_two_changes_is_lost_by_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.chancery");
    drop(open(&path));
    let mut chance = Chance::new();
    let mut changes = 0;
    for round in 0..ROUNDS {
        let lines = kill_the_writer(&path, chance.moment(Duration::from_millis(150)));
        let mut confirmed: BTreeMap<ClientId, Confirmed> = BTreeMap::new();
        let mut last = None;
        for line in &lines {
            // The test runner's own words may stand before the first of ours on the same line.
            let words: Vec<&str> = line.split_whitespace().collect();
            let [.., what, client_id, value] = words.as_slice() else {
                continue;
            };
            let known = matches!(*what, "created" | "rotated" | "renamed" | "disabled" | "deleted");
            let Some(client_id) = ClientId::parse(client_id).filter(|_| known) else {
                continue;
            };
            changes += 1;
            last = Some(client_id.clone());
            let state = confirmed.entry(client_id).or_default();
            match *what {
                "created" | "rotated" => state.secrets.push((*value).to_owned()),
                "renamed" => state.renamed = true,
                "disabled" => state.disabled = true,
                _ => state.deleted = true,
            }
        }
        let registry = open(&path);
        for (client_id, state) in &confirmed {
            let Some(found) = client(&registry, client_id) else {
                // The change that was under way may have been the deletion.
                let under_way = state.disabled && last.as_ref() == Some(client_id);
                assert!(state.deleted || under_way, "{client_id} is lost in round {round}");
                continue;
            };
            assert!(!state.deleted, "{client_id} is back in round {round}");
            assert!(!state.renamed || found.draft.name == "Renamed", "round {round}");
            assert!(
                !state.disabled || found.status == Status::Disabled,
                "round {round}"
            );
            for secret in &state.secrets {
                assert!(
                    verifies(&found, secret),
                    "a secret of {client_id} is lost in round {round}"
                );
            }
        }
        assert_eq!(registry.verify_chain().unwrap().broken_at, None, "round {round}");
    }
    println!("{changes} changes confirmed");
    assert!(
        changes >= 2 * ROUNDS,
        "the writer is killed before it has written"
    );
    assert_whole(&open(&path));
}
