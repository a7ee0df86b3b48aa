//! Files that are not what they should be.

use serde_json::json;

use crate::machine::{Machine, stderr};
use crate::{import, report, results};

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let good = r#"{"client_id":"good","client_name":"Good","grant_types":["client_credentials"],"contacts":["a@example.com"]}"#;
    for (bad, named) in [
        (
            r#"{"client_id":"bad","client_name":"a","client_name":"b"}"#,
            "there twice",
        ),
        (r#"{"client_id":"bad","redirect_uris":[null]}"#, "redirect_uris"),
        (r#"{"client_id":"bad","redirect_uris":{}}"#, "redirect_uris"),
        (r#"{"client_id":"bad","client_secret":7}"#, "client_secret"),
        (r#"{"client_id":"bad","grant_types":{{ grants }}}"#, "template"),
        (r#"{"client_id":"good","client_name":"Other"}"#, "came before"),
        (r#"{"client_name":"nobody"}"#, "no client_id"),
        (r#"{"client_id":""}"#, "client_id"),
        (
            r#"{"client_id":"__CLIENT_ID__","client_name":"a"}"#,
            "name of a variable",
        ),
        ("7", "not a JSON object"),
        (
            &format!(
                "{{\"client_id\":\"bad\",\"x_deep\":{}{}}}",
                "[".repeat(200),
                "]".repeat(200)
            ),
            "line 3",
        ),
        (
            &format!(
                "{{\"client_id\":\"bad\",\"notes\":\"{}\"}}",
                "a".repeat(1024 * 1024)
            ),
            "1 MB",
        ),
    ] {
        let machine = Machine::new();
        let output = import(&machine, &format!("[\n{good},\n{bad}]"), &[]);
        assert_eq!(output.status.code(), Some(1), "{bad:.80}");
        let mut results = results(&output);
        results.sort();
        assert_eq!(results, ["new", "refused"]);
        let report = report(&output);
        let refused = report["clients"]
            .as_array()
            .unwrap()
            .iter()
            .find(|client| client["result"] == "refused")
            .unwrap();
        assert_eq!(refused["place"], "line 3");
        assert!(refused["why"].to_string().contains(named), "{bad:.80}: {refused}");
        assert!(
            bad.contains("\"bad\"") == (refused["client_id"] == "bad"),
            "{refused}"
        );
    }
}

#[test]
fn a_file_that_is_cut_off_gives_what_is_whole_and_says_so() {
    let machine = Machine::new();
    let whole = json!([{"client_id": "a", "client_name": "A", "token_endpoint_auth_method": "none",
        "redirect_uris": ["https://a.example.com/cb"]}, {"client_id": "b"}])
    .to_string();
    let output = import(&machine, &whole[..whole.len() - 6], &[]);
    assert_eq!(
        results(&output).iter().filter(|result| *result == "new").count(),
        1
    );
    assert!(report(&output).to_string().contains("cut off"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_file_of_no_use_is_a_sentence_with_advice() {
    let machine = Machine::new();
    for (bytes, named) in [(&b"\xff\xfe{\0}\0"[..], "UTF-16"), (b"", "empty")] {
        std::fs::write(machine.path("bad.json"), bytes).unwrap();
        let output = machine.run(&["import", "--format", "rfc7591", "bad.json"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(named), "{}", stderr(&output));
    }
    let output = machine.run(&["import", "--format", "rfc7591", "missing.json"]);
    assert!(
        stderr(&output).contains("missing.json cannot be read"),
        "{}",
        stderr(&output)
    );
    std::fs::write(machine.path("bad.json"), b"{}").unwrap();
    let output = machine.run(&["import", "bad.json"]);
    assert!(
        stderr(&output).contains("--format rfc7591"),
        "{}",
        stderr(&output)
    );
    assert_eq!(
        machine
            .run(&["import", "--format", "nonsense", "bad.json"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_packed_file_is_called_so_and_an_empty_one_is_no_success_in_any_format() {
    let machine = Machine::new();
    std::fs::write(machine.path("packed.json"), b"\x1f\x8b\x08\0\0").unwrap();
    let output = machine.run(&["import", "packed.json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is packed"), "{}", stderr(&output));
    std::fs::write(machine.path("empty.yaml"), b"\n").unwrap();
    for format in ["keycloak", "rfc7591", "hydra", "authelia", "auth0", "csv"] {
        let output = machine.run(&["import", "--format", format, "empty.yaml"]);
        assert_eq!(output.status.code(), Some(1), "{format}: {}", stderr(&output));
    }
}

#[test]
fn what_stands_in_a_file_forges_no_line_and_does_nothing_to_a_terminal() {
    let machine = Machine::new();
    let client = r#"[{"client_id": "x\n::error::owned", "client_name": "a\u009b31m"}]"#;
    std::fs::write(machine.path("a.json"), client).unwrap();
    for command in [
        &["import", "--json", "a.json"][..],
        &["audit", "--input", "a.json"],
    ] {
        let output = machine.run(command);
        for told in [&output.stdout, &output.stderr] {
            let told = String::from_utf8_lossy(told);
            assert!(!told.contains("\n::error") && !told.contains('\u{9b}'), "{told}");
        }
    }
}

#[test]
fn a_name_of_any_length_can_be_listed() {
    let machine = Machine::new();
    let client = format!(
        r#"{{"client_id": "long", "client_name": "{}"}}"#,
        "n".repeat(70_000)
    );
    std::fs::write(machine.path("long.json"), client).unwrap();
    machine.run(&["import", "long.json"]);
    let output = machine.run(&["client", "list"]);
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn utf_16_without_a_mark_is_called_so() {
    let text = "[{\"client_id\": \"a\"}]";
    for bytes in [
        text.encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ] {
        let machine = Machine::new();
        std::fs::write(machine.path("bad.json"), bytes).unwrap();
        for format in ["rfc7591", "keycloak", "hydra", "auth0", "authelia", "csv"] {
            let output = machine.run(&["import", "--format", format, "bad.json"]);
            assert!(
                stderr(&output).contains("UTF-16"),
                "{format}: {}",
                stderr(&output)
            );
        }
        let output = machine.run(&["import", "bad.json"]);
        assert!(stderr(&output).contains("UTF-16"), "{}", stderr(&output));
    }
}

#[test]
fn a_long_line_is_told_with_the_column() {
    let machine = Machine::new();
    let padding = "x".repeat(300);
    let file = format!(
        r#"[{{"client_id": "a", "notes": "{padding}"}}, {{"client_id": "b", "redirect_uris": {{}}}}, 7"#
    );
    let output = import(&machine, &file, &[]);
    let report = report(&output);
    let places: Vec<&str> = report["clients"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| client["place"].as_str().unwrap())
        .collect();
    let mut places = places.clone();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "line 1",
            "line 1, column 335",
            "line 1, column 376",
            "line 1, column 377"
        ]
    );
}

#[test]
fn what_is_no_client_is_not_called_one() {
    let machine = Machine::new();
    let realms =
        json!([{"realm": "staff", "enabled": true, "clients": 7}, {"realm": "shop", "enabled": true}, 5]);
    std::fs::write(machine.path("realms.json"), realms.to_string()).unwrap();
    let output = machine.run(&["import", "realms.json"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!told.contains("a client without a name"), "{told}");
    assert!(
        told.contains("refused  The realm staff") && told.contains("left out The realm shop"),
        "{told}"
    );
}

#[test]
fn a_request_is_not_taken_over_and_says_how_it_is_registered() {
    let machine = Machine::new();
    let request = json!({"client_name": "Shop", "redirect_uris": ["https://shop.example.com/"]});
    for _ in 0..2 {
        let output = import(&machine, &request.to_string(), &["--update"]);
        assert_eq!(results(&output), ["refused"]);
        let report = report(&output);
        let told = &report["clients"][0];
        assert_eq!(
            (&told["client_id"], &told["client_name"]),
            (&json!(null), &json!("Shop"))
        );
        assert!(
            told["why"].to_string().contains("chancery client create"),
            "{told}"
        );
    }
    assert_eq!(machine.done(&["client", "list", "--json"]).trim(), "[]");
    std::fs::write(machine.path("requests.json"), request.to_string()).unwrap();
    let output = machine.run(&["import", "requests.json"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("refused  Shop  [requests.json, line 1]"), "{told}");
    let output = machine.run(&["compare", "--with", "requests.json"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("Shop") && told.contains("no client_id"), "{told}");
}

#[test]
fn a_byte_order_mark_is_nothing_to_stumble_over() {
    let machine = Machine::new();
    let output = import(&machine, "\u{feff}{\"client_id\":\"a\"}", &[]);
    assert_eq!(results(&output), ["held"]);
}

#[test]
fn a_file_of_a_folder_that_cannot_be_read_does_not_keep_the_others_out() {
    let machine = Machine::new();
    std::fs::create_dir(machine.path("folder")).unwrap();
    let wide: Vec<u8> = r#"{"client_id":"b"}"#.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(machine.path("folder/a.json"), r#"{"client_id":"a"}"#).unwrap();
    std::fs::write(machine.path("folder/b.json"), wide).unwrap();
    std::fs::write(machine.path("folder/c.json"), r#"[{"client_id":"c"}, "#).unwrap();
    let output = machine.run(&["import", "--json", "folder"]);
    assert_eq!(output.status.code(), Some(1));
    let found = results(&output);
    assert_eq!(
        found.iter().filter(|result| *result == "held").count(),
        2,
        "{found:?}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("UTF-16"));
}

#[test]
fn a_file_that_cannot_be_read_does_not_keep_the_others_out() {
    let machine = Machine::new();
    std::fs::write(machine.path("good.json"), r#"{"client_id":"a"}"#).unwrap();
    let output = machine.run(&[
        "import",
        "--format",
        "rfc7591",
        "--json",
        "missing.json",
        "good.json",
        "gone.json",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(results(&output), ["held"]);
    let said = stderr(&output);
    assert!(
        said.contains("missing.json") && said.contains("gone.json"),
        "{said}"
    );
}
