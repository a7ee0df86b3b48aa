//! What a client sees of a person: `sub` (OpenID Connect Core §8).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::client::{ClientDraft, SubjectType};

/// Makes subject identifiers, the same ones as long as the registry has its key file.
pub struct Subjects(hmac::Key);

impl Subjects {
    /// With a key that never leaves this program.
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The `sub` of a person for a client: the name, or for pairwise identifiers
    /// `base64url(HMAC-SHA256(key, sector NUL name))` (OpenID Connect Core §8.1).
    pub fn of(&self, user: &str, client: &ClientDraft) -> String {
        match client.subject_type {
            None | Some(SubjectType::Public) => user.to_owned(),
            Some(SubjectType::Pairwise) => {
                let text = format!("{}\0{user}", sector(client));
                URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, text.as_bytes()))
            }
        }
    }
}

/// The host that stands for the client and its kin.
fn sector(client: &ClientDraft) -> String {
    let address = client
        .sector_identifier_uri
        .as_ref()
        .or(client.redirect_uris.first());
    let host = address
        .and_then(|address| Url::parse(address).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    // A private-use scheme has no host; it stands for the one application that claims it.
    host.or_else(|| address.cloned()).unwrap_or_default()
}

impl std::fmt::Debug for Subjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subjects(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairwise(redirect_uri: &str, sector: Option<&str>) -> ClientDraft {
        ClientDraft {
            subject_type: Some(SubjectType::Pairwise),
            redirect_uris: vec![redirect_uri.to_owned()],
            sector_identifier_uri: sector.map(str::to_owned),
            ..ClientDraft::default()
        }
    }

    #[test]
    fn a_public_subject_is_the_name() {
        assert_eq!(Subjects::new(&[1; 32]).of("ada", &ClientDraft::default()), "ada");
    }

    #[test]
    fn a_pairwise_subject_is_shared_within_a_sector_only() {
        let subjects = Subjects::new(&[1; 32]);
        let one = subjects.of("ada", &pairwise("https://one.example/cb", None));
        assert_eq!(
            one,
            subjects.of("ada", &pairwise("https://one.example/other", None))
        );
        assert_ne!(one, subjects.of("ada", &pairwise("https://two.example/cb", None)));
        assert_ne!(one, subjects.of("eve", &pairwise("https://one.example/cb", None)));
        assert_ne!(
            one,
            Subjects::new(&[2; 32]).of("ada", &pairwise("https://one.example/cb", None))
        );
        let sector = Some("https://one.example/sector.json");
        assert_eq!(
            one,
            subjects.of("ada", &pairwise("https://two.example/cb", sector))
        );
    }
}
