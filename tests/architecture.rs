//! The invariants of `src/lib.rs`, held by reading the source. Each rule is followed by a test in which it finds a
//! planted breach, so that none of them can be one that never fails.

#[path = "architecture/bans.rs"]
mod bans;
#[path = "architecture/breach.rs"]
mod breach;
#[path = "architecture/layout.rs"]
mod layout;
#[path = "architecture/mention.rs"]
mod mention;
#[path = "architecture/secrets.rs"]
mod secrets;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/texts.rs"]
mod texts;

use std::path::Path;
use std::sync::LazyLock;

use bans::{Ban, banned, idle_exceptions};
use breach::Breach;
use source::House;

/// The source of this program, paths relative to `src/`, read once for all tests.
static HOUSE: LazyLock<House> = LazyLock::new(|| {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    House::read(&src, "").unwrap_or_else(|_| House::of([]))
});

fn hold(breaches: &[Breach]) {
    let told: String = breaches
        .iter()
        .map(|breach| format!("\n  src/{breach}"))
        .collect();
    assert!(
        breaches.is_empty(),
        "{} breaches of the architecture:{told}",
        breaches.len()
    );
}

/// The lines on which a rule finds something in one planted file. `lib.rs` and `client/secret.rs` stand beside it,
/// blameless.
fn planted(rule: impl Fn(&House) -> Vec<Breach>, path: &str, text: &str) -> Vec<usize> {
    let beside = [
        ("lib.rs", "//! | [`client`] | rules |"),
        ("client/secret.rs", "pub struct Secret(String);"),
    ];
    let beside = beside.into_iter().filter(|(other, _)| *other != path);
    let breaches = rule(&House::of(beside.chain([(path, text)])));
    breaches
        .iter()
        .filter(|breach| breach.path == path)
        .map(|breach| breach.line)
        .collect()
}

fn finds(ban: &Ban) -> impl Fn(&House) -> Vec<Breach> {
    move |house| banned(house, ban)
}

#[test]
fn the_checks_see_the_house() {
    let house = &*HOUSE;
    for path in ["lib.rs", "main.rs", "client/secret.rs"] {
        assert!(
            house
                .sources
                .iter()
                .any(|source| source.path == path && !source.all.is_empty()),
            "{path} was not read"
        );
    }
}

#[test]
fn client_and_audit_do_no_io_and_ask_for_no_time_or_randomness() {
    hold(&banned(&HOUSE, &bans::PURITY));
}

#[test]
fn io_time_and_randomness_are_found_however_they_are_imported() {
    let text = "use std::{fmt, fs::{self, File}};\n\
                use std::time::SystemTime;\n\
                fn id() -> Uuid { Uuid::new_v4() }\n\
                fn now() -> jiff::Timestamp { jiff::Timestamp::now() }\n\
                fn fine(now: jiff::Timestamp) {} // std::fs\n\
                const ALSO_FINE: &str = \"std::fs\";\n\
                #[cfg(test)] mod tests { use std::env; }\n\
                fn random() { getrandom::fill(&mut []); }";
    for path in ["client/scope.rs", "client.rs", "audit/report/html.rs"] {
        assert_eq!(
            planted(finds(&bans::PURITY), path, text),
            [1, 2, 3, 4, 8],
            "{path}"
        );
    }
    assert_eq!(planted(finds(&bans::PURITY), "registry/clients.rs", text), [0; 0]);
}

#[test]
fn the_time_of_day_is_a_parameter_below_the_server() {
    hold(&banned(&HOUSE, &bans::TIME_OF_DAY));
}

#[test]
fn a_clock_in_the_protocol_is_found() {
    let text = "fn issue() {\n    let now = Timestamp::now();\n}";
    assert_eq!(planted(finds(&bans::TIME_OF_DAY), "protocol/token.rs", text), [2]);
    assert_eq!(
        planted(finds(&bans::TIME_OF_DAY), "server/token.rs", text),
        [0; 0]
    );
}

#[test]
fn only_the_registry_names_sqlite() {
    hold(&banned(&HOUSE, &bans::SQLITE));
}

#[test]
fn only_the_server_names_axum() {
    hold(&banned(&HOUSE, &bans::AXUM));
}

#[test]
fn only_outbound_is_an_http_client() {
    hold(&banned(&HOUSE, &bans::HTTP_CLIENT));
}

#[test]
fn only_the_desktop_names_egui_and_the_clipboard() {
    hold(&banned(&HOUSE, &bans::WINDOW));
}

#[test]
fn a_library_in_the_wrong_room_is_found() {
    let cases: [(&Ban, &str, &str, &str); 5] = [
        (
            &bans::SQLITE,
            "use rusqlite::Connection;",
            "desktop/worker.rs",
            "registry/file.rs",
        ),
        (
            &bans::AXUM,
            "fn f() -> axum::Router { g() }",
            "protocol/token.rs",
            "server/mod.rs",
        ),
        (
            &bans::HTTP_CLIENT,
            "use hyper::{body::Bytes, client::conn};",
            "server/mod.rs",
            "outbound.rs",
        ),
        (
            &bans::WINDOW,
            "fn f(ui: &mut egui::Ui) {}",
            "audit/finding.rs",
            "desktop/app/ui.rs",
        ),
        (
            &bans::WINDOW,
            "use arboard::Clipboard;",
            "cli/client.rs",
            "desktop/clipboard.rs",
        ),
    ];
    for (ban, text, wrong, right) in cases {
        assert_eq!(planted(finds(ban), wrong, text), [1], "{text} in {wrong}");
        assert_eq!(planted(finds(ban), right, text), [0; 0], "{text} in {right}");
    }
}

#[test]
fn nothing_slow_runs_on_the_thread_that_draws() {
    hold(&banned(&HOUSE, &bans::SLOW));
}

#[test]
fn waiting_files_and_connections_in_a_screen_are_found() {
    let text = "fn ui(&mut self) {\n\
                    let registry = Registry::open(path);\n\
                    let reply = self.replies.recv();\n\
                    let fine = self.replies.try_recv();\n\
                    std::thread::sleep(a_while);\n\
                    let text = fs::read_to_string(path);\n\
                    let names = parts.join(\", \");\n\
                    worker.join();\n\
                }";
    assert_eq!(
        planted(finds(&bans::SLOW), "desktop/screens/clients.rs", text),
        [2, 3, 5, 6, 8]
    );
    for path in [
        "desktop/worker.rs",
        "desktop/worker/read.rs",
        "desktop/worker_write.rs",
        "cli/serve.rs",
    ] {
        assert_eq!(planted(finds(&bans::SLOW), path, text), [0; 0], "{path}");
    }
}

#[test]
fn a_secret_is_opened_only_where_it_must_be() {
    hold(&banned(&HOUSE, &bans::EXPOSED_SECRETS));
}

#[test]
fn a_secret_opened_elsewhere_is_found() {
    let text = "fn log(secret: &Secret) {\n    println!(\"{}\", secret.expose());\n    let open = Secret::expose;\n}";
    assert_eq!(
        planted(finds(&bans::EXPOSED_SECRETS), "registry/history.rs", text),
        [2, 3]
    );
    assert_eq!(
        planted(finds(&bans::EXPOSED_SECRETS), "client/secret.rs", text),
        [0; 0]
    );
}

#[test]
fn no_exception_outlives_its_reason() {
    hold(&idle_exceptions(&HOUSE, &bans::EXPOSED_SECRETS));
}

#[test]
fn an_exception_without_a_reason_is_found() {
    const BAN: Ban = Ban {
        what: &[".expose()"],
        inside: &[],
        except: &["client/secret", "cli"],
        instead: "",
    };
    let house = House::of([
        ("cli/token.rs", "fn f() { secret.expose(); }"),
        ("client/secret.rs", "fn g() {}"),
    ]);
    let idle: Vec<String> = idle_exceptions(&house, &BAN)
        .into_iter()
        .map(|breach| breach.path)
        .collect();
    assert_eq!(idle, ["client/secret"]);
}

#[test]
fn a_secret_cannot_show_itself() {
    hold(&secrets::leaks_of_secret(&HOUSE));
}

#[test]
fn every_way_to_show_a_secret_is_found() {
    let text = "#[derive(Clone)]\n\
                pub struct Secret(Zeroizing<String>);\n\
                impl fmt::Debug for Secret { fn fmt(&self) {} }\n\
                impl fmt::Display for Secret { fn fmt(&self) {} }\n\
                impl From<Secret> for String { fn from(secret: Secret) -> Self {} }\n\
                impl<'de> Deserialize<'de> for Secret {}\n\
                impl AsRef<str> for super::Secret {}\n\
                #[derive(Debug, Serialize)] pub struct Selector(String);";
    assert_eq!(
        planted(secrets::leaks_of_secret, "client/secret.rs", text),
        [4, 5, 7]
    );
    let derived = "#[derive(Clone,\n    serde::Serialize)]\n#[must_use]\npub struct Secret(pub String);";
    assert_eq!(
        planted(secrets::leaks_of_secret, "client/secret.rs", derived),
        [2, 4]
    );
    let renamed = secrets::leaks_of_secret(&House::of([("client/secret.rs", "pub struct Hidden(String);")]));
    assert_eq!(renamed.len(), 1, "a check that no longer finds its type says so");
}

#[test]
fn no_arrow_runs_back_up() {
    hold(&layout::arrows(&HOUSE));
}

#[test]
fn an_arrow_back_up_is_found() {
    let cases: [(&str, &str, &[usize]); 8] = [
        ("client/scope.rs", "use crate::registry::Registry;", &[1]),
        ("client/scope.rs", "use super::super::registry::Registry;", &[1]),
        (
            "client/scope.rs",
            "use super::grant::Grant;\nuse crate::client::Rule;",
            &[],
        ),
        (
            "registry/clients.rs",
            "use crate::{client::Scope,\n    protocol::Token};",
            &[2],
        ),
        (
            "protocol/token.rs",
            "fn f() {\n    crate::server::start()\n}",
            &[2],
        ),
        (
            "server/token.rs",
            "use crate::protocol::token;\nuse crate::desktop;",
            &[2],
        ),
        ("desktop/app.rs", "use crate::{cli, server, registry};", &[]),
        ("helpers.rs", "pub fn f() {}", &[1]),
    ];
    for (path, text, lines) in cases {
        assert_eq!(planted(layout::arrows, path, text), lines, "{path}: {text}");
    }
}

#[test]
fn the_map_names_every_room_and_no_other() {
    hold(&layout::map(&HOUSE));
}

#[test]
fn a_room_missing_from_the_map_is_found_and_one_that_is_gone() {
    let map = "//! | room | for |\n//! | [`client`] | rules |\n//! | `vault` | keys |\npub mod client;\npub use client::Secret;";
    let house = House::of([("lib.rs", map), ("client/mod.rs", ""), ("helpers.rs", "")]);
    let lines: Vec<usize> = layout::map(&house).iter().map(|breach| breach.line).collect();
    assert_eq!(lines, [1, 3, 5]);
}

#[test]
fn colours_are_made_only_among_the_tokens() {
    hold(&banned(&HOUSE, &bans::COLOURS));
    hold(&texts::named_colours(&HOUSE));
}

#[test]
fn a_colour_elsewhere_is_found() {
    let text = "const A: Color32 = Color32::from_rgb(1, 2, 3);\n\
                const B: Color32 = egui::hex_color!(\"#ffffff\");\n\
                const C: Color32 = Color32::RED;\n\
                const D: Color32 = Color32::TRANSPARENT;";
    assert_eq!(
        planted(finds(&bans::COLOURS), "desktop/screens/clients.rs", text),
        [1, 2]
    );
    assert_eq!(
        planted(texts::named_colours, "desktop/screens/clients.rs", text),
        [3]
    );
    assert_eq!(
        planted(finds(&bans::COLOURS), "desktop/style/tokens.rs", text),
        [0; 0]
    );
    assert_eq!(
        planted(texts::named_colours, "desktop/style/tokens.rs", text),
        [0; 0]
    );
}

#[test]
fn sql_stands_only_in_the_registry() {
    hold(&texts::sql_elsewhere(&HOUSE));
}

#[test]
fn sql_elsewhere_is_found() {
    let text = "const A: &str = \"SELECT id FROM client\";\n\
                const B: &str = r#\"\n  DELETE FROM client\"#;\n\
                const C: &str = \"Select a client, or RESELECT one\";\n\
                // SELECT in a comment\n\
                fn f() { g(\"(UPDATE client SET name = ?1)\") }";
    assert_eq!(
        planted(texts::sql_elsewhere, "desktop/worker.rs", text),
        [1, 2, 6]
    );
    assert_eq!(planted(texts::sql_elsewhere, "registry/clients.rs", text), [0; 0]);
    let stray = House {
        others: vec![
            "server/users.sql".to_owned(),
            "registry/schema/001.sql".to_owned(),
        ],
        ..House::of([])
    };
    assert_eq!(texts::sql_elsewhere(&stray).len(), 1);
}

#[test]
fn answers_are_broken_on_purpose_in_the_windows_own_server_only() {
    hold(&banned(&HOUSE, &bans::FAULTS));
    hold(&idle_exceptions(&HOUSE, &bans::FAULTS));
}

#[test]
fn a_fault_that_is_armed_by_a_command_is_found() {
    let text = "fn serve(server: &RunningServer) {\n    server.arm(client_id, Fault::Expired);\n}";
    assert_eq!(planted(finds(&bans::FAULTS), "cli/serve.rs", text), [2]);
    assert_eq!(
        planted(finds(&bans::FAULTS), "desktop/worker/fault.rs", text),
        [0; 0]
    );
}

#[test]
fn threads_have_names_and_channels_are_bounded() {
    hold(&banned(&HOUSE, &bans::UNNAMED_THREADS));
    hold(&banned(&HOUSE, &bans::UNBOUNDED_CHANNELS));
}

#[test]
fn an_unnamed_thread_and_an_unbounded_channel_are_found() {
    let text = "fn f() {\n    std::thread::spawn(g);\n    let (to, from) = mpsc::channel();\n    let fine = mpsc::sync_channel(8);\n}";
    assert_eq!(
        planted(finds(&bans::UNNAMED_THREADS), "desktop/worker.rs", text),
        [2]
    );
    assert_eq!(
        planted(finds(&bans::UNBOUNDED_CHANNELS), "desktop/worker.rs", text),
        [3]
    );
}

#[test]
fn every_file_fits_in_a_head() {
    hold(&layout::long_files(&HOUSE));
}

#[test]
fn a_file_of_too_many_lines_is_found() {
    assert_eq!(
        planted(layout::long_files, "client/long.rs", &"fn f() {}\n".repeat(501)),
        [501]
    );
    assert_eq!(
        planted(layout::long_files, "client/short.rs", &"fn f() {}\n".repeat(500)),
        [0; 0]
    );
}

#[test]
fn nothing_is_left_for_later_and_every_test_runs() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut breaches = texts::left_for_later(&HOUSE);
    for folder in ["../tests/", "../benches/", "../examples/"] {
        let beside = House::read(&root.join("src").join(folder), folder);
        breaches.extend(
            beside
                .map(|house| texts::left_for_later(&house))
                .unwrap_or_default(),
        );
    }
    hold(&breaches);
}

#[test]
fn work_left_for_later_is_found() {
    let text = concat!(
        "fn f() { to",
        "do!() }\n",
        "fn g() { unimple",
        "mented!(\"later\") }\n",
        "#[test]\n#[ig",
        "nore = \"slow\"]\nfn h() {}\n",
        "#[cfg_attr(miri, ig",
        "nore)]\nfn i() {}\n",
        "// TO",
        "DO: think\n",
        "let ignore = false; // nothing to do\n",
    );
    let mut lines = planted(texts::left_for_later, "client/scope.rs", text);
    lines.sort_unstable();
    assert_eq!(lines, [1, 2, 4, 6, 8]);
}
