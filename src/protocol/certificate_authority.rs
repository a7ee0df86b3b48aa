//! The authority that vouches for this server's own certificate, so that a developer trusts one file and every start of
//! the server with it. It is made once and may vouch for one host only (RFC 5280 §4.2.1.10): whoever stole its key could
//! pass for nobody else.

use std::net::IpAddr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer as Signer, KeyPair, KeyUsagePurpose, NameConstraints,
    PKCS_ECDSA_P256_SHA256, SanType, date_time_ymd,
};
use x509_cert::der::pem::{LineEnding, encode_string};
use zeroize::Zeroizing;

use super::Issuer;
use crate::registry::{Act, CertificateAuthorityRecord, Registry, RegistryError};
use crate::vault::VaultError;

/// What stands for all addresses of the loopback interface and their name.
const LOOPBACK: &str = "loopback";
/// As long as a registry is likely to be used.
const LIFE_OF_AUTHORITY: SignedDuration = SignedDuration::from_hours(24 * 3_650);
/// Longer than a server runs without a new start, and not so long that a client refuses it (825 days are the most).
const LIFE_OF_CERTIFICATE: SignedDuration = SignedDuration::from_hours(24 * 397);
/// Clocks differ.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// An authority that can vouch for its host.
pub struct CertificateAuthority {
    record: CertificateAuthorityRecord,
    signer: Signer<'static, KeyPair>,
}

/// A certificate of the server and its private key, in DER.
pub struct ServerCertificate {
    /// The server's certificate, then its authority's.
    pub chain: Vec<Vec<u8>>,
    /// PKCS #8.
    pub key: Zeroizing<Vec<u8>>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The authority could not be read or kept.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Its key could not be sealed or opened.
    #[error("The key of the certificate authority cannot be opened: {0}")]
    Vault(#[from] VaultError),
    /// The cryptographic library failed, or the host is nothing that a certificate can name.
    #[error("No certificate can be made: {0}")]
    Unusable(#[from] rcgen::Error),
}

impl CertificateError {
    /// What to do about it.
    pub fn advice(&self) -> String {
        match self {
            Self::Registry(error) => error.advice(),
            Self::Vault(error) => error.advice().to_owned(),
            Self::Unusable(_) => {
                "Choose an issuer whose host is an IP address or a DNS name, such as https://127.0.0.1:9400"
                    .to_owned()
            }
        }
    }
}

impl CertificateAuthority {
    /// Opens the authority for an issuer's host, and makes it where there is none.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn open(registry: &Registry, issuer: &Issuer, act: &Act) -> Result<Self, CertificateError> {
        let host = host_of(issuer);
        let record = match registry.certificate_authority(&host)? {
            Some(record) => record,
            None => {
                let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
                let certificate = params(&host, act.at)?.self_signed(&key)?;
                let pkcs8 = Zeroizing::new(key.serialize_der());
                let new = CertificateAuthorityRecord {
                    sealed: registry.vault().seal(&sealed_as(&host), &pkcs8)?,
                    certificate: certificate.der().to_vec(),
                    created_at: act.at,
                    host,
                };
                registry.insert_first_certificate_authority(&new, act)?
            }
        };
        let pkcs8 = registry
            .vault()
            .unseal(&sealed_as(&record.host), &record.sealed)?;
        let key = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8.as_slice().into(), &PKCS_ECDSA_P256_SHA256)?;
        let signer = Signer::new(params(&record.host, record.created_at)?, key);
        Ok(Self { record, signer })
    }

    /// A new certificate for the issuer's host.
    ///
    /// # Errors
    /// [`CertificateError::Unusable`].
    pub fn vouch(&self, issuer: &Issuer, now: Timestamp) -> Result<ServerCertificate, CertificateError> {
        let names = if self.record.host == LOOPBACK {
            ["127.0.0.1", "::1", "localhost"].map(str::to_owned).to_vec()
        } else {
            vec![bare_host(issuer)]
        };
        let mut certificate = CertificateParams::new(names)?;
        if let Ok(address) = bare_host(issuer).parse::<IpAddr>() {
            let name = SanType::IpAddress(address);
            if !certificate.subject_alt_names.contains(&name) {
                certificate.subject_alt_names.push(name);
            }
        }
        certificate.distinguished_name = named("Chancery");
        certificate.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        certificate.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        certificate.use_authority_key_identifier_extension = true;
        set_life(&mut certificate, now, LIFE_OF_CERTIFICATE);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let signed = certificate.signed_by(&key, &self.signer)?;
        Ok(ServerCertificate {
            chain: vec![signed.der().to_vec(), self.record.certificate.clone()],
            key: Zeroizing::new(key.serialize_der()),
        })
    }

    /// Its own certificate as others keep it (RFC 7468).
    pub fn pem(&self) -> String {
        encode_string("CERTIFICATE", LineEnding::LF, &self.record.certificate).unwrap_or_default()
    }

    /// SHA-256 of its certificate.
    pub fn fingerprint(&self) -> String {
        self.record.fingerprint()
    }

    /// For whom it vouches, in words.
    pub fn host(&self) -> &str {
        if self.record.host == LOOPBACK {
            "this machine's loopback addresses"
        } else {
            &self.record.host
        }
    }
}

/// What the certificate of an authority says. The same for the same host and time.
fn params(host: &str, from: Timestamp) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.distinguished_name = named(&format!("Chancery authority for {host}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    set_life(&mut params, from, LIFE_OF_AUTHORITY);
    let subtree =
        |address: IpAddr, prefix| GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, prefix));
    let nothing = [
        GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
        GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
    ];
    let [no_v4, no_v6] = nothing;
    // A kind of name that no permitted subtree is of would be permitted whole (RFC 5280 §4.2.1.10).
    let (permitted_subtrees, excluded_subtrees) = match host.parse::<IpAddr>() {
        _ if host == LOOPBACK => {
            let addresses = [
                subtree([127, 0, 0, 0].into(), 8),
                subtree(std::net::Ipv6Addr::LOCALHOST.into(), 128),
            ];
            let name = GeneralSubtree::DnsName("localhost".to_owned());
            ([addresses.as_slice(), &[name]].concat(), Vec::new())
        }
        Ok(address @ IpAddr::V4(_)) => {
            let no_name = GeneralSubtree::DnsName(String::new());
            (vec![subtree(address, 32)], vec![no_v6, no_name])
        }
        Ok(address @ IpAddr::V6(_)) => {
            let no_name = GeneralSubtree::DnsName(String::new());
            (vec![subtree(address, 128)], vec![no_v4, no_name])
        }
        Err(_) => (vec![GeneralSubtree::DnsName(host.to_owned())], vec![no_v4, no_v6]),
    };
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees,
        excluded_subtrees,
    });
    Ok(params)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// Sets from when to when it is good, in whole days.
fn set_life(params: &mut CertificateParams, from: Timestamp, life: SignedDuration) {
    let day = |time: Timestamp| {
        let date = time.to_zoned(TimeZone::UTC).date();
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        date_time_ymd(date.year().into(), part(date.month()), part(date.day()))
    };
    params.not_before = day(from.saturating_sub(BEFORE).unwrap_or(from));
    params.not_after = day(from.saturating_add(life).unwrap_or(from));
}

/// The name under which the registry keeps an authority.
fn host_of(issuer: &Issuer) -> String {
    if issuer.is_loopback() {
        LOOPBACK.to_owned()
    } else {
        bare_host(issuer)
    }
}

/// The host without the brackets of an IPv6 address.
fn bare_host(issuer: &Issuer) -> String {
    issuer
        .host()
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned()
}

fn sealed_as(host: &str) -> Vec<u8> {
    format!("certificate authority {host}").into_bytes()
}
