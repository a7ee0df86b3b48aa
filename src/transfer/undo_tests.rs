use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Came, Entry, Importer, Source, UndoReport, undo};
use crate::client::{ClientId, Status};
use crate::interchange::Format;
use crate::registry::{Act, Client, HistoryQuery, Registry};

struct Desk {
    registry: Registry,
    _folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let registry = Registry::open(&folder.path().join("r.chancery"), act(0).at).unwrap();
        Self {
            registry,
            _folder: folder,
        }
    }

    /// Imports, at a second, and returns what came of each, and the number of the import.
    fn import(
        &self,
        second: i64,
        clients: &Value,
        change: impl FnOnce(&mut Importer<'_>),
    ) -> (Vec<Entry>, Option<i64>) {
        let mut importer = Importer::new(Some(&self.registry), act(second));
        importer.update = true;
        importer.name = "clients.json".to_owned();
        change(&mut importer);
        let source = Source::of_bytes(Zeroizing::new(clients.to_string().into_bytes()));
        let mut entries = Vec::new();
        importer
            .import(
                &source,
                Format::Rfc7591,
                &mut |entry| entries.push(entry),
                &mut |_| true,
            )
            .unwrap();
        (entries, importer.run())
    }

    fn undo(&self, second: i64, number: Option<i64>) -> UndoReport {
        undo(&self.registry, number.unwrap(), &act(second), &mut |_, _| true).unwrap()
    }

    fn client(&self, id: &str) -> Option<Client> {
        self.registry.client(&ClientId::parse(id).unwrap()).unwrap()
    }

    fn rows(&self) -> usize {
        self.registry
            .history(&HistoryQuery {
                limit: 100,
                ..HistoryQuery::default()
            })
            .unwrap()
            .len()
    }
}

fn act(second: i64) -> Act {
    Act::new(
        "Ada Admin",
        Timestamp::from_second(1_800_000_000 + second).unwrap(),
    )
}

fn service(id: &str, secret: &str) -> Value {
    json!({"client_id": id, "client_name": id, "grant_types": ["client_credentials"], "response_types": [],
        "scope": "read", "client_secret": secret})
}

const FIRST: &str = "first-secret-of-this-client-0123456789abcdef";
const SECOND: &str = "second-secret-of-this-client-0123456789abcde";

#[test]
fn what_an_import_brought_goes_and_what_it_changed_is_what_it_was() {
    let desk = Desk::new();
    desk.import(1, &json!([service("a", FIRST)]), |_| {});
    let before = desk.client("a").unwrap();
    let mut changed = service("a", SECOND);
    changed["client_name"] = json!("Another name");
    let (entries, number) = desk.import(2, &json!([changed, service("b", FIRST)]), |_| {});
    assert_eq!(
        entries.iter().map(|entry| entry.came).collect::<Vec<_>>(),
        [Came::Changed, Came::New]
    );
    let run = desk.registry.import_run(number.unwrap()).unwrap().unwrap();
    assert_eq!(
        (run.clients, run.source.as_str(), run.undone_at),
        (2, "clients.json", None)
    );
    let rows = desk.rows();
    let report = desk.undo(3, number);
    assert_eq!((report.removed, report.put_back, report.left.len()), (1, 1, 0));
    assert_eq!(desk.rows(), rows + 2, "one change each");
    assert!(desk.client("b").is_none());
    let after = desk.client("a").unwrap();
    assert_eq!((&after.draft, after.status), (&before.draft, before.status));
    let live: Vec<_> = after.live_secrets(act(4).at).map(|secret| &secret.hash).collect();
    assert_eq!(
        live,
        [&before.secrets[0].hash],
        "the one that it had counts, the one that came does not"
    );
    let run = desk.registry.import_run(number.unwrap()).unwrap().unwrap();
    assert_eq!(run.undone_at, Some(act(3).at));
    // A second time there is nothing to do.
    let rows = desk.rows();
    assert_eq!(desk.undo(5, number), UndoReport::default());
    assert_eq!(desk.rows(), rows);
    assert!(desk.registry.verify_chain().unwrap().broken_at.is_none());
}

#[test]
fn what_was_changed_since_is_left_and_named_and_imports_are_undone_one_after_the_other() {
    let desk = Desk::new();
    let (_, one) = desk.import(
        1,
        &json!([service("a", FIRST), service("b", FIRST), service("c", FIRST)]),
        |_| {},
    );
    let mut changed = service("a", FIRST);
    changed["scope"] = json!("read write");
    let (_, two) = desk.import(2, &json!([changed]), |_| {});
    let b = desk.client("b").unwrap();
    desk.registry
        .set_status(&b.client_id, b.version, Status::Disabled, &act(3))
        .unwrap();
    let report = desk.undo(4, two);
    assert_eq!((report.removed, report.put_back), (0, 1));
    let report = desk.undo(5, one);
    assert_eq!(
        report.removed, 2,
        "that of the second import counts as unchanged once it is undone"
    );
    assert_eq!(report.left, [(b.client_id, "b".to_owned())]);
    assert!(desk.client("a").is_none() && desk.client("c").is_none() && desk.client("b").is_some());
}

#[test]
fn a_client_that_the_import_made_public_has_its_secrets_again() {
    let desk = Desk::new();
    let mut web = json!({"client_id": "w", "client_name": "w", "redirect_uris": ["https://w.example.com/cb"],
        "client_secret": FIRST});
    desk.import(1, &json!([web]), |_| {});
    let public = web.as_object_mut().unwrap();
    public.shift_remove("client_secret");
    public.insert("token_endpoint_auth_method".to_owned(), json!("none"));
    let (_, number) = desk.import(2, &json!([web]), |_| {});
    assert_eq!(desk.client("w").unwrap().live_secrets(act(3).at).count(), 0);
    desk.undo(3, number);
    let client = desk.client("w").unwrap();
    assert!(client.draft.token_endpoint_auth_method.uses_secret());
    assert_eq!(client.live_secrets(act(4).at).count(), 1);
}

#[test]
fn only_what_was_picked_is_imported_and_nothing_gets_no_number() {
    let desk = Desk::new();
    let clients = json!([service("a", FIRST), service("b", FIRST)]);
    let only = |id: &str| HashSet::from([ClientId::parse(id).unwrap()]);
    let (entries, number) = desk.import(1, &clients, |importer| importer.only = Some(only("b").into()));
    assert_eq!((entries.len(), number), (1, Some(1)));
    assert!(desk.client("a").is_none() && desk.client("b").is_some());
    let (_, number) = desk.import(2, &clients, |importer| importer.only = Some(only("b").into()));
    assert_eq!(number, None);
    let (entries, number) = desk.import(3, &clients, |importer| {
        (importer.dry_run, importer.keep_drafts) = (true, true);
    });
    assert_eq!(number, None);
    assert!(entries[0].draft.as_deref().unwrap().contains("client_name"));
}

#[test]
fn an_undo_that_is_stopped_says_how_many_are_left_and_can_be_gone_on_with() {
    let desk = Desk::new();
    let (_, number) = desk.import(1, &json!([service("a", FIRST), service("b", FIRST)]), |_| {});
    let stopped = undo(&desk.registry, number.unwrap(), &act(2), &mut |_, _| false).unwrap();
    assert_eq!((stopped.stopped, stopped.removed), (2, 0));
    assert_eq!(desk.undo(3, number).removed, 2);
}
