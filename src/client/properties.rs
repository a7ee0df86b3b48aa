//! What holds for whatever text a registration or a request brings. Each function is a row of
//! [`crate::fuzzing::TARGETS`] and panics where it finds its property broken.

use url::{Host, Url};

use super::policy::{Fit, PathPattern, PlainPath, UnclearPath};
use super::redirect_uri::{
    Cause, Piece, RedirectUri, Shape, Trial, Verdict, find_match, is_loopback, problems, put_to_the_test,
    read,
};
use super::{ApplicationType, ClientDraft, Scope};

/// A registered redirect URI and a requested one, a line each: a sound one hides no other host; the two match where they
/// are equal in every character, and for a native client where they are loopback literals that differ in the port alone.
pub fn redirect_uri(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (registered, requested) = text.split_once('\n').unwrap_or((text, text));
    assert_eq!(
        problems(registered).iter().all(|rule| !rule.refuses()),
        RedirectUri::parse(registered).is_ok()
    );
    let Ok(uri) = RedirectUri::parse(registered) else {
        return;
    };
    assert_eq!(uri.as_str(), registered);
    assert!(!registered.contains(['#', '\r', '\n', '\\', ' ', '\0']));
    if let Ok(url) = Url::parse(registered)
        && matches!(url.scheme(), "http" | "https")
    {
        assert!(
            url.username().is_empty() && url.password().is_none(),
            "{registered}"
        );
        assert!(url.scheme() == "https" || is_loopback(&url), "{registered}");
    }
    let is_same = registered == requested;
    assert_eq!(uri.matches(requested, ApplicationType::Web), is_same);
    let floats = differs_in_the_port_alone(registered, requested);
    assert!(
        !uri.matches(requested, ApplicationType::Native) || is_same || floats,
        "{registered} {requested}"
    );
    let registered = [uri];
    for application_type in [ApplicationType::Web, ApplicationType::Native] {
        let [uri] = &registered;
        match find_match(&registered, requested, application_type) {
            Ok(found) => assert!(found == uri && uri.matches(requested, application_type)),
            Err(mismatch) => {
                assert!(!uri.matches(requested, application_type));
                assert_eq!(mismatch.nearest.as_deref(), Some(uri.as_str()));
                assert_ne!(mismatch.registered, mismatch.requested, "what differs is told");
                assert!(
                    uri.as_str().contains(&mismatch.registered) && requested.contains(&mismatch.requested)
                );
            }
        }
    }
}

/// As a URL parser sees it (RFC 8252 §7.3).
fn differs_in_the_port_alone(one: &str, other: &str) -> bool {
    let without_port = |uri: &str| {
        let mut url = Url::parse(uri).ok()?;
        let is_literal = match url.host()? {
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
            Host::Domain(_) => false,
        };
        url.set_port(None).ok()?;
        (is_literal && url.scheme() == "http").then_some(url)
    };
    without_port(one).is_some_and(|one| Some(one) == without_port(other))
}

/// A registered redirect URI on the first line, and whatever a person pastes: the tester says what the matcher says, marks
/// as different exactly what differs, and offers to register only what no rule refuses.
pub fn redirect_trial(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (registered, pasted) = text.split_once('\n').unwrap_or((text, text));
    for application_type in [ApplicationType::Web, ApplicationType::Native] {
        let draft = ClientDraft {
            redirect_uris: vec![registered.to_owned()],
            application_type,
            ..ClientDraft::default()
        };
        if let Ok(trial) = put_to_the_test(&draft, pasted) {
            holds_together(&draft, &trial);
        }
        let sound = RedirectUri::parse(registered).is_ok();
        let verdict = put_to_the_test(&draft, registered).map(|trial| trial.verdict);
        assert!(
            registered.is_empty() || sound == (verdict == Ok(Verdict::Exact)),
            "{registered:?} {verdict:?}"
        );
    }
    let answer = format!("https://app.example.com/cb?code=Secret-{pasted}");
    if let Ok(read) = read(&answer) {
        assert!(
            !read.address.contains("Secret-") || read.shape == Shape::Request,
            "a code is never kept: {read:?}"
        );
    }
}

fn holds_together(draft: &ClientDraft, trial: &Trial) {
    let address = trial.pasted.address.as_str();
    let sound: Vec<RedirectUri> = draft
        .redirect_uris
        .iter()
        .filter_map(|uri| RedirectUri::parse(uri).ok())
        .collect();
    let matched = find_match(&sound, address, draft.application_type);
    let says_so = trial.verdict.matches() || trial.verdict == Verdict::EncodedTwice;
    assert_eq!(matched.is_ok(), says_so, "{trial:?}");
    if let Some(nearest) = &trial.nearest {
        let whole = |side: fn(&Piece) -> &str| nearest.pieces.iter().map(side).collect::<String>();
        assert_eq!(whole(|piece| &piece.registered), nearest.registered);
        assert_eq!(whole(|piece| &piece.requested), address);
        let differences = nearest.differences();
        assert_eq!(differences.is_empty(), matched.is_ok(), "{trial:?}");
        let first = differences.first().map(|first| first.part.name());
        assert_eq!(first, matched.err().map(|mismatch| mismatch.part));
        for difference in &differences {
            assert_ne!(difference.registered, difference.requested);
            let _words: Vec<String> = difference.causes.iter().map(Cause::sentence).collect();
        }
    }
    if let Some(uri) = &trial.remedy.register {
        assert!(problems(uri).iter().all(|rule| !rule.refuses()), "{uri}");
        assert!(!draft.redirect_uris.contains(uri), "{uri}");
    }
}

/// A scope parameter: what is read stands there, is of the standard's characters (RFC 6749 §3.3), each value once, and
/// reads the same again.
pub fn scope(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Some(scopes) = Scope::parse_list(text) else {
        return;
    };
    let words: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
    assert_eq!(Scope::parse_list(&words.join(" ")).as_ref(), Some(&scopes));
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    for (at, word) in words.iter().enumerate() {
        assert!(!word.is_empty() && word.bytes().all(allowed), "{text:?}");
        assert!(
            text.split(' ').any(|other| other == *word)
                && words.iter().position(|other| other == word) == Some(at)
        );
    }
}

/// A pattern of paths and the path of a request, a line each: a path that is read means the same to a URL parser, names
/// no folder above, and reads the same again once it is written anew; one that fits a pattern begins as the pattern does.
pub fn resource_path(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (pattern, asked) = text.split_once('\n').unwrap_or((text, text));
    let pattern = PathPattern::parse(pattern);
    if let Ok(pattern) = &pattern {
        assert!(PathPattern::parse(pattern.as_str()).as_ref() == Ok(pattern));
    }
    let Ok(path) = PlainPath::parse(asked) else {
        return;
    };
    let segments = path.segments();
    let url = Url::parse(&format!("http://127.0.0.1{asked}"));
    assert_eq!(
        url.as_ref().map(Url::path),
        Ok(asked),
        "a URL parser mends nothing"
    );
    let inner = segments.get(..segments.len() - 1).unwrap_or_default();
    assert!(inner.iter().all(|segment| !segment.is_empty()), "{asked:?}");
    for segment in segments {
        assert!(!segment.contains(['/', '\\', '?', '#', '%', ';', '\0']) && !segment.ends_with('.'));
        let encoded: String = segment.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let again = PlainPath::parse(&format!("/{encoded}"));
        let is_same = again
            .as_ref()
            .is_ok_and(|again| again.segments() == std::slice::from_ref(segment));
        assert!(is_same || again == Err(UnclearPath::TooLong), "{segment:?}");
    }
    let Ok(pattern) = pattern else { return };
    let literal = pattern
        .as_str()
        .split('/')
        .skip(1)
        .take_while(|part| !part.contains('*'));
    let begins = |(part, segment): (&str, &String)| {
        let part = PlainPath::parse(&format!("/{part}"));
        part.is_ok_and(|part| part.segments() == std::slice::from_ref(segment))
    };
    if pattern.fit(&path) == Some(Fit::Exactly) {
        assert!(literal.clone().count() <= segments.len());
        assert!(
            literal.zip(segments).all(begins),
            "{} {asked:?}",
            pattern.as_str()
        );
        let wide = pattern.as_str().ends_with("/**");
        assert!(wide || pattern.as_str().split('/').count() == segments.len() + 1);
    }
}
