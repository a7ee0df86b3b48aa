//! Seals signing keys and keys the history's chain, under one 32-byte key file beside the registry.
//!
//! The key file is the root of derived keys (HKDF-SHA256, RFC 5869): one seals private keys with AES-256-GCM, one makes
//! the MACs of the history, one the subject identifiers that tell no two clients the same, one the MACs that stand for
//! user codes. Whoever has only the registry file can neither sign tokens nor rewrite its past. A key file is
//! made once, with a new registry; a missing one is an error, never a new key.

mod error;
mod key_file;

use std::fmt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

pub use error::VaultError;
pub use key_file::key_path;

/// Length of the root key and of each derived key, in bytes.
const KEY_LEN: usize = 32;

/// The opened key file.
pub struct Vault {
    sealing: LessSafeKey,
    chain: hmac::Key,
    subjects: Zeroizing<[u8; KEY_LEN]>,
    user_codes: Zeroizing<[u8; KEY_LEN]>,
    check: String,
}

impl Vault {
    /// Makes a new key file with 32 random bytes, for its owner alone, and opens it. The file and its folder are
    /// on the disk when this returns.
    ///
    /// # Errors
    /// [`VaultError::Exists`] where there is a file already, which is left as it is.
    pub fn create(path: &Path) -> Result<Self, VaultError> {
        let mut root = Zeroizing::new([0; KEY_LEN]);
        aws_lc_rs::rand::fill(root.as_mut()).map_err(|_| VaultError::NoRandomness)?;
        key_file::write_new(path, &root)?;
        Self::of(&root)
    }

    /// Opens an existing key file.
    ///
    /// # Errors
    /// [`VaultError::Missing`] when there is none; others when it cannot be read or is no key file.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        Self::of(&*key_file::read(path)?)
    }

    /// Takes away what a process that was killed while it made a key file has left in the folder of this one.
    pub fn clear_left_overs(path: &Path) {
        if let Some(folder) = path.parent() {
            key_file::clear_left_overs(folder);
        }
    }

    /// Seals bytes: `nonce || AES-256-GCM(sealing key, nonce, aad, plain) || tag`, with a random nonce of 12 bytes.
    ///
    /// `aad` names what is sealed, such as a key's `kid`; the same name opens it again.
    ///
    /// # Errors
    /// [`VaultError::NoRandomness`] when the operating system gives none.
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_LEN];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| VaultError::NoRandomness)?;
        let mut body = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
        body.extend_from_slice(plain);
        self.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut *body)
            .map_err(|_| VaultError::Unsealable)?;
        Ok([nonce.as_slice(), body.as_slice()].concat())
    }

    /// Opens what [`Vault::seal`] sealed under the same name.
    ///
    /// # Errors
    /// [`VaultError::Unsealable`] when it was sealed with another key, under another name, or was changed.
    pub fn unseal(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(VaultError::Unsealable)?;
        let mut body = Zeroizing::new(body.to_vec());
        let plain_len = self
            .sealing
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut body)
            .map_err(|_| VaultError::Unsealable)?
            .len();
        body.truncate(plain_len);
        Ok(body)
    }

    /// HMAC-SHA256 under the chain key.
    pub fn chain_mac(&self, bytes: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.chain, bytes);
        let mut mac = [0; 32];
        mac.copy_from_slice(tag.as_ref());
        mac
    }

    /// The key of pairwise subject identifiers: as long as the key file is the same, so are they.
    pub fn subject_key(&self) -> &[u8; KEY_LEN] {
        &self.subjects
    }

    /// The key under which user codes are stored: they are short enough to be found by trying otherwise (RFC 8628 §5.1).
    pub fn user_code_key(&self) -> &[u8; KEY_LEN] {
        &self.user_codes
    }

    /// What a registry keeps to know its own key file again. It says nothing about the key.
    pub fn check_value(&self) -> &str {
        &self.check
    }

    fn of(root: &[u8; KEY_LEN]) -> Result<Self, VaultError> {
        let root = Salt::new(HKDF_SHA256, b"chancery vault 1").extract(root);
        let sealing = derive(&root, b"sealing")?;
        let chain = derive(&root, b"history chain")?;
        let subjects = derive(&root, b"pairwise subjects")?;
        let user_codes = derive(&root, b"user codes")?;
        let check = derive(&root, b"key check")?;
        Ok(Self {
            sealing: LessSafeKey::new(
                UnboundKey::new(&AES_256_GCM, sealing.as_slice()).map_err(|_| VaultError::Unsealable)?,
            ),
            chain: hmac::Key::new(hmac::HMAC_SHA256, chain.as_slice()),
            subjects,
            user_codes,
            check: hex(check.as_slice()),
        })
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(sealed)")
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One derived key: `HKDF-Expand(root, purpose, 32)`.
fn derive(root: &Prk, purpose: &[u8]) -> Result<Zeroizing<[u8; KEY_LEN]>, VaultError> {
    struct Length;
    impl KeyType for Length {
        fn len(&self) -> usize {
            KEY_LEN
        }
    }
    let mut key = Zeroizing::new([0; KEY_LEN]);
    root.expand(&[purpose], Length)
        .and_then(|okm| okm.fill(key.as_mut()))
        .map_err(|_| VaultError::Unsealable)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(folder: &tempfile::TempDir, name: &str) -> Vault {
        Vault::create(&folder.path().join(name)).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_again_under_the_same_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(&folder, "a.key");
        let sealed = vault.seal(b"kid-1", b"private key").unwrap();
        assert_eq!(
            vault.unseal(b"kid-1", &sealed).unwrap().as_slice(),
            b"private key"
        );
        assert!(vault.unseal(b"kid-2", &sealed).is_err());
        assert!(!sealed.windows(7).any(|part| part == b"private"));
    }

    #[test]
    fn a_changed_or_cut_seal_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(&folder, "a.key");
        let sealed = vault.seal(b"kid", b"private key").unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(vault.unseal(b"kid", &changed).is_err(), "byte {position}");
            assert!(
                vault.unseal(b"kid", &sealed[..position]).is_err(),
                "{position} bytes"
            );
        }
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(&folder, "a.key");
        assert_ne!(
            vault.seal(b"kid", b"same").unwrap(),
            vault.seal(b"kid", b"same").unwrap()
        );
    }

    #[test]
    fn a_key_file_gives_the_same_keys_each_time_and_another_one_others() {
        let folder = tempfile::tempdir().unwrap();
        let first = vault(&folder, "a.key");
        let other = vault(&folder, "b.key");
        let again = Vault::open(&folder.path().join("a.key")).unwrap();
        assert_eq!(first.chain_mac(b"row"), again.chain_mac(b"row"));
        assert_eq!(first.check_value(), again.check_value());
        assert_ne!(first.chain_mac(b"row"), other.chain_mac(b"row"));
        assert_ne!(first.check_value(), other.check_value());
        assert!(
            other
                .unseal(b"kid", &first.seal(b"kid", b"key").unwrap())
                .is_err()
        );
    }
}
