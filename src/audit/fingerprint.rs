//! What makes a finding this one, whenever it is found.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;

use super::{AuditFinding, AuditRule};
use crate::client::ClientId;

/// Stands for a finding: the rule, the client, the field and the value. Not the words, not the severity, not the client's
/// name: they may change, and it is the same finding. Written, it is 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// That of a finding on a client.
    pub fn of(client_id: &ClientId, finding: &AuditFinding) -> Self {
        Self::of_parts(finding.rule, client_id, finding.field, finding.value.as_deref())
    }

    /// That of a finding on a client of a part of another system, in whose other parts another client may have its identifier.
    pub fn in_realm(realm: Option<&str>, client_id: &ClientId, finding: &AuditFinding) -> Self {
        let (rule, field, value) = (finding.rule, finding.field, finding.value.as_deref());
        Self::of_parts_in(realm, rule, client_id, field, value)
    }

    /// As [`of_parts`](Self::of_parts), in a part of another system.
    pub fn of_parts_in(
        realm: Option<&str>,
        rule: AuditRule,
        client_id: &ClientId,
        field: &str,
        value: Option<&str>,
    ) -> Self {
        match realm {
            None => Self::of_parts(rule, client_id, field, value),
            Some(realm) => {
                let parts = json!([rule.id(), client_id.as_str(), field, value, realm]);
                Self::over(parts.to_string().as_bytes())
            }
        }
    }

    /// That of a finding of which only these four are known.
    pub fn of_parts(rule: AuditRule, client_id: &ClientId, field: &str, value: Option<&str>) -> Self {
        let parts = json!([rule.id(), client_id.as_str(), field, value]);
        Self::over(parts.to_string().as_bytes())
    }

    fn over(bytes: &[u8]) -> Self {
        let digest = digest(&SHA256, bytes);
        Self(digest.as_ref().first_chunk().copied().unwrap_or_default())
    }

    /// As it is written, in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_nothing_else_is() {
        let one = Fingerprint::over(b"one");
        assert_eq!(Fingerprint::parse(&one.to_string()), Some(one));
        assert_eq!(Fingerprint::parse(&one.to_string().to_uppercase()), Some(one));
        for text in ["", "00", &"g".repeat(64), &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(Fingerprint::parse(text), None, "{text}");
        }
    }
}
