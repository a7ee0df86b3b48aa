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
fn a_byte_order_mark_is_nothing_to_stumble_over() {
    let machine = Machine::new();
    let output = import(&machine, "\u{feff}{\"client_id\":\"a\"}", &[]);
    assert_eq!(results(&output), ["held"]);
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
