//! A request as HTTP text (RFC 9112), to be kept or sent on: with names in the place of what is worth something.

use super::{Exchange, mask};

impl Exchange {
    /// The request as it was sent, with `{{name}}` in the place of each secret, token and code. Its length is left out,
    /// which whoever sends it again has to tell anew.
    pub fn http_text(&self) -> String {
        let head = self.head_in_clear().expose();
        let mut lines = head.split("\r\n");
        let first = lines.next().map(request_line).unwrap_or_default();
        let headers = lines.filter(|line| !line.is_empty()).filter_map(header);
        let lines: Vec<String> = std::iter::once(first).chain(headers).collect();
        let body = mask::form_with(self.body_in_clear().expose(), placeholder);
        format!("{}\r\n\r\n{body}", lines.join("\r\n"))
    }
}

/// What stands in the place of a value; people and programs know it from templates.
fn placeholder(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

fn request_line(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.split_once('?') {
        Some((path, query)) => format!("{path}?{}", mask::form_with(query, placeholder)),
        None => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A header without what authenticates; none where there is no use for it any more.
fn header(line: &str) -> Option<String> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim();
    let scheme = || value.split_whitespace().next().unwrap_or_default();
    let value = match name.to_ascii_lowercase().as_str() {
        "content-length" => return None,
        "authorization" if scheme().eq_ignore_ascii_case("basic") => {
            // What is encoded are both, each form-urlencoded before (RFC 6749 §2.3.1).
            format!(
                "{} {}",
                scheme(),
                placeholder("base64 of client_id:client_secret")
            )
        }
        "authorization" => format!("{} {}", scheme(), placeholder("access_token")),
        "dpop" => placeholder("dpop_proof"),
        "cookie" => placeholder("cookie"),
        _ => value.to_owned(),
    };
    Some(format!("{name}: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_something_has_its_name_in_its_place() {
        for (sent, text) in [
            (
                "Authorization: Basic czNjcmV0",
                "Authorization: Basic {{base64 of client_id:client_secret}}",
            ),
            (
                "Authorization: DPoP s3cret",
                "Authorization: DPoP {{access_token}}",
            ),
            ("DPoP: s3cret", "DPoP: {{dpop_proof}}"),
            ("Cookie: session=s3cret", "Cookie: {{cookie}}"),
            ("Accept: application/json", "Accept: application/json"),
        ] {
            assert_eq!(header(sent).as_deref(), Some(text));
        }
        assert_eq!(header("Content-Length: 12"), None);
        assert_eq!(
            request_line("GET /authorize?client_id=a&interaction=s3cret HTTP/1.1"),
            "GET /authorize?client_id=a&interaction={{interaction}} HTTP/1.1"
        );
        assert_eq!(
            mask::form_with("grant_type=client_credentials&client_secret=s3cret", placeholder),
            "grant_type=client_credentials&client_secret={{client_secret}}"
        );
    }
}
