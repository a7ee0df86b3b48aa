//! Clients' certificates, and the authorities that vouch for them.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SanType};
use serde_json::json;
use tokio_rustls::rustls::pki_types::CertificateDer;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::NOW;
use crate::client::{AuthMethod, ClientDraft};
use crate::protocol::client_certificate::{ClientAuthorities, ClientCertificate};

/// An authority that vouches for clients, and the key of all of them.
struct Organisation {
    pem: String,
    authorities: ClientAuthorities,
    signer: Issuer<'static, KeyPair>,
    clients: KeyPair,
}

static ORGANISATION: LazyLock<Option<Organisation>> = LazyLock::new(|| {
    let mut params = CertificateParams::new(Vec::<String>::new()).ok()?;
    params.distinguished_name.push(DnType::CommonName, "Organisation");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().ok()?;
    let base64 = STANDARD.encode(params.self_signed(&key).ok()?.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    Some(Organisation {
        authorities: ClientAuthorities::from_pem(pem.as_bytes()).ok()?,
        pem,
        signer: Issuer::new(params, key),
        clients: KeyPair::generate().ok()?,
    })
});

/// What a certificate names, and how a client is registered that must have the name of [`Name::registered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Dns,
    Uri,
    Email,
    Subject,
}

impl Name {
    const ALL: [Self; 4] = [Self::Dns, Self::Uri, Self::Email, Self::Subject];

    const fn registered(self) -> &'static str {
        match self {
            Self::Dns => "payroll.example.com",
            Self::Uri => "spiffe://example.com/payroll",
            Self::Email => "payroll@example.com",
            Self::Subject => "payroll",
        }
    }

    fn client(self) -> ClientDraft {
        let mut draft = client(AuthMethod::TlsClientAuth);
        let registered = self.registered().to_owned();
        match self {
            Self::Dns => draft.tls_client_auth_san_dns = Some(registered),
            Self::Uri => draft.tls_client_auth_san_uri = Some(registered),
            Self::Email => draft.tls_client_auth_san_email = Some(registered),
            Self::Subject => draft.tls_client_auth_subject_dn = Some(format!("CN={registered}")),
        }
        draft
    }

    fn certificate(self, text: &str) -> Option<ClientCertificate> {
        let organisation = ORGANISATION.as_ref()?;
        let mut params = CertificateParams::new(Vec::<String>::new()).ok()?;
        params.distinguished_name = DistinguishedName::new();
        let alternative = match self {
            Self::Dns => Some(SanType::DnsName(text.try_into().ok()?)),
            Self::Uri => Some(SanType::URI(text.try_into().ok()?)),
            Self::Email => Some(SanType::Rfc822Name(text.try_into().ok()?)),
            Self::Subject => None,
        };
        match alternative {
            Some(alternative) => params.subject_alt_names.push(alternative),
            None => params.distinguished_name.push(DnType::CommonName, text),
        }
        let certificate = params.signed_by(&organisation.clients, &organisation.signer);
        ClientCertificate::of(&[certificate.ok()?.der().clone()])
    }
}

fn client(method: AuthMethod) -> ClientDraft {
    ClientDraft {
        token_endpoint_auth_method: method,
        ..ClientDraft::default()
    }
}

/// A certificate in DER from a handshake, and a name in one that an authority has signed: no certificate is believed that
/// nobody signed; one that is registered is believed as it was registered to the last bit; and no name passes for another.
pub fn client_certificate(bytes: &[u8]) {
    let (Some(organisation), Ok(now)) = (&*ORGANISATION, Timestamp::from_second(NOW)) else {
        return;
    };
    let presented = |der: &[u8]| ClientCertificate::of(&[CertificateDer::from(der)]);
    let Some(certificate) = presented(bytes) else {
        return;
    };
    assert_eq!(
        certificate.thumbprint().as_slice(),
        digest(&SHA256, bytes).as_ref()
    );
    for name in Name::ALL {
        let proves = certificate.proves(&name.client(), &[], Some(&organisation.authorities), now);
        assert!(proves.is_err(), "nobody signed it");
    }
    let by_key = client(AuthMethod::SelfSignedTlsClientAuth);
    assert!(certificate.proves(&by_key, &[], None, now).is_err());
    let registered =
        json!({ "kty": "EC", "crv": "P-256", "x": "", "y": "", "x5c": [STANDARD.encode(bytes)] });
    let Ok(registered) = serde_json::from_value::<Jwk>(registered) else {
        return;
    };
    let registered = [registered];
    let proves = certificate.proves(&by_key, &registered, None, now).is_ok();
    let is_in_time = Certificate::from_der(bytes).is_ok_and(|read| {
        let validity = read.tbs_certificate().validity();
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        (seconds(validity.not_before)..=seconds(validity.not_after)).contains(&NOW.unsigned_abs())
    });
    assert_eq!(proves, is_in_time);
    let mut changed = bytes.to_vec();
    if let Some(last) = changed.last_mut() {
        *last ^= 1;
    }
    assert!(presented(&changed).is_none_or(|other| other.proves(&by_key, &registered, None, now).is_err()));
    assert!(
        certificate
            .proves(&client(AuthMethod::PrivateKeyJwt), &registered, None, now)
            .is_err()
    );
    if let Ok(text) = std::str::from_utf8(bytes) {
        names(text, organisation, now);
    }
}

fn names(text: &str, organisation: &Organisation, now: Timestamp) {
    let kinds = Name::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, kind.certificate(text)?)));
    for (kind, certificate) in kinds {
        for registered in Name::ALL {
            let proves = certificate.proves(&registered.client(), &[], Some(&organisation.authorities), now);
            let is_it = match kind {
                Name::Dns => text.eq_ignore_ascii_case(kind.registered()),
                _ => text == kind.registered(),
            };
            assert_eq!(
                proves.is_ok(),
                is_it && kind == registered,
                "{text:?} as {kind:?} for {registered:?}: {proves:?}"
            );
        }
    }
}

/// A file of authorities in PEM: nobody is let in by one that does not hold their authority, and whoever is let in by one
/// file is let in by it with more behind it.
pub fn client_authorities(bytes: &[u8]) {
    let (Some(organisation), Ok(now)) = (&*ORGANISATION, Timestamp::from_second(NOW)) else {
        return;
    };
    let Some(certificate) = Name::Dns.certificate(Name::Dns.registered()) else {
        return;
    };
    let lets_in = |authorities: &ClientAuthorities| {
        certificate
            .proves(&Name::Dns.client(), &[], Some(authorities), now)
            .is_ok()
    };
    match ClientAuthorities::from_pem(bytes) {
        Ok(authorities) => {
            assert!(!lets_in(&authorities));
            let text = String::from_utf8_lossy(bytes);
            assert!(text.contains("-----BEGIN CERTIFICATE-----"), "{text}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let with_ours = [organisation.pem.as_bytes(), bytes].concat();
    if let Ok(authorities) = ClientAuthorities::from_pem(&with_ours) {
        assert!(lets_in(&authorities));
    }
}
