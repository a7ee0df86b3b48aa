//! `application/x-www-form-urlencoded`, read strictly (RFC 6749 appendix B).

use zeroize::Zeroizing;

use crate::client::Secret;

/// More parameters than any request of the protocols has.
const MOST_PARAMETERS: usize = 64;

/// The parameters of one request. Any value may be a secret, so all are kept as such.
#[derive(Debug, Default)]
pub struct Form {
    parameters: Vec<(String, Secret)>,
    repeated: Vec<String>,
}

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A percent sign without two hex digits, or bytes that are not UTF-8.
    #[error("The request body is not application/x-www-form-urlencoded in UTF-8.")]
    Malformed,
    /// RFC 6749 §3.2: parameters must not be included more than once.
    #[error("A parameter stands in the request more than once.")]
    Repeated,
    /// A request of tens of thousands of parameters is an attack.
    #[error("The request has too many parameters.")]
    TooMany,
}

impl Form {
    /// Reads a body. A parameter without a value counts as omitted (RFC 6749 §3.2). Only `resource` (RFC 8707 §2)
    /// and `audience` (RFC 8693 §2.1) may come more than once.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn parse(body: &[u8]) -> Result<Self, FormError> {
        let form = Self::parse_with_repetitions(body)?;
        if form.has_repetition() {
            return Err(FormError::Repeated);
        }
        Ok(form)
    }

    /// Reads what must be answered even where a parameter comes more than once: the authorization endpoint tells the
    /// client so by redirect (RFC 6749 §4.1.2.1).
    ///
    /// # Errors
    /// [`FormError`], never [`FormError::Repeated`].
    pub fn parse_with_repetitions(body: &[u8]) -> Result<Self, FormError> {
        let mut form = Self::default();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if form.parameters.len() == MOST_PARAMETERS {
                return Err(FormError::TooMany);
            }
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default()).ok_or(FormError::Malformed)?;
            let value = decode(halves.next().unwrap_or_default()).ok_or(FormError::Malformed)?;
            let repeatable = matches!(name.as_str(), "resource" | "audience");
            if !repeatable && form.parameters.iter().any(|(earlier, _)| *earlier == *name) {
                form.repeated.push(name.to_string());
            }
            form.parameters.push((name.to_string(), value_of(value)));
        }
        Ok(form)
    }

    /// The value of a parameter that may come once. An empty one counts as omitted.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The parameters as they came, written anew: an address may hold this (RFC 6749 appendix B).
    pub fn encoded(&self) -> String {
        self.encoded_without(&[])
    }

    /// The same without some of them.
    pub fn encoded_without(&self, left_out: &[&str]) -> String {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.parameters {
            if !left_out.contains(&name.as_str()) {
                encoded.append_pair(name, value.expose());
            }
        }
        encoded.finish()
    }

    /// Whether a parameter that may come once came again.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// Whether any did.
    pub fn has_repetition(&self) -> bool {
        !self.repeated.is_empty()
    }

    /// The values of a parameter that may come several times.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.parameters
            .iter()
            .filter(move |(held, _)| held == name)
            .map(|(_, value)| value.expose())
            .filter(|value| !value.is_empty())
    }
}

fn value_of(mut text: Zeroizing<String>) -> Secret {
    Secret::new(std::mem::take(&mut *text))
}

/// Decodes one name, value or half of a Basic credential: `+` is a space, `%XX` a byte, the whole UTF-8.
pub fn decode(encoded: &[u8]) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(encoded.len()));
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(std::mem::take(&mut *bytes))
        .ok()
        .map(Zeroizing::new)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_is_read_strictly() {
        for (body, error) in [
            ("scope=a&scope=b", FormError::Repeated),
            ("scope=&scope=a", FormError::Repeated),
            ("sc%6fpe=a&scope=b", FormError::Repeated),
            ("a=%", FormError::Malformed),
            ("a=%4", FormError::Malformed),
            ("a=%zz", FormError::Malformed),
            ("a=%ff", FormError::Malformed),
            ("%=a", FormError::Malformed),
        ] {
            assert_eq!(Form::parse(body.as_bytes()).unwrap_err(), error, "{body}");
        }
        let many: String = (0..65).map(|number| format!("p{number}=1&")).collect();
        assert_eq!(Form::parse(many.as_bytes()).unwrap_err(), FormError::TooMany);
    }

    #[test]
    fn values_are_decoded_and_empty_ones_count_as_omitted() {
        let form = Form::parse(b"scope=a+b%2Bc&&empty=&bare&resource=x&resource=y").unwrap();
        assert_eq!(form.get("scope"), Some("a b+c"));
        assert_eq!(form.get("empty"), None);
        assert_eq!(form.get("bare"), None);
        assert_eq!(form.get("absent"), None);
        assert_eq!(form.all("resource").collect::<Vec<_>>(), ["x", "y"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Form::parse(&body);
            let _ = decode(&body);
        }

        #[test]
        fn what_a_client_encodes_comes_back(value in "\\PC{0,60}") {
            let encoded: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let decoded = decode(encoded.as_bytes()).unwrap();
            prop_assert_eq!(decoded.as_str(), value);
        }
    }
}
