//! Certificates of clients, made as an organisation's own authority or the client itself makes them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType, date_time_ymd,
};
use serde_json::{Value, json};

/// A certificate and its private key, in DER.
pub struct Identity {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
    public: Vec<u8>,
}

/// Whoever vouches for others.
pub struct Authority {
    pub pem: String,
    pub certificate: Vec<u8>,
    signer: Issuer<'static, KeyPair>,
}

pub fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().der().to_vec();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&certificate);
    Authority {
        pem: format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n"),
        certificate,
        signer: Issuer::new(params, key),
    }
}

impl Authority {
    /// A client's certificate with all names that a client may be registered by.
    pub fn client(&self) -> Identity {
        self.signed(|_| ())
    }

    pub fn expired(&self) -> Identity {
        self.signed(|params| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        })
    }

    pub fn of_a_server(&self) -> Identity {
        self.signed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth])
    }

    /// Its only other name is an address of five bytes, which is none.
    pub fn with_an_odd_address(&self) -> Identity {
        self.signed(|params| {
            params.subject_alt_names.clear();
            let names = vec![0x30, 7, 0x87, 5, 1, 2, 3, 4, 5];
            let extension = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 17], names);
            params.custom_extensions.push(extension);
        })
    }

    fn signed(&self, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new(vec!["payroll.example.com".to_owned()]).unwrap();
        let mut name = rcgen::DistinguishedName::new();
        name.push(
            DnType::CountryName,
            DnValue::PrintableString("DE".try_into().unwrap()),
        );
        name.push(DnType::OrganizationName, "Example, Org");
        name.push(DnType::CommonName, "payroll");
        params.distinguished_name = name;
        params.subject_alt_names.extend([
            SanType::URI("spiffe://example.com/payroll".try_into().unwrap()),
            SanType::IpAddress([10, 1, 2, 3].into()),
            SanType::Rfc822Name("payroll@example.com".try_into().unwrap()),
        ]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.signer).unwrap().der().to_vec();
        Identity::of(certificate, &key)
    }
}

/// A certificate that its own key has signed.
pub fn self_signed() -> Identity {
    of_own_key(&KeyPair::generate().unwrap())
}

fn of_own_key(key: &KeyPair) -> Identity {
    let params = CertificateParams::new(vec!["client.example.com".to_owned()]).unwrap();
    Identity::of(params.self_signed(key).unwrap().der().to_vec(), key)
}

impl Identity {
    fn of(certificate: Vec<u8>, key: &KeyPair) -> Self {
        Self {
            certificate,
            key: key.serialize_der(),
            public: key.public_key_raw().to_vec(),
        }
    }

    /// Another certificate of the same key.
    pub fn renewed(&self) -> Self {
        of_own_key(&KeyPair::try_from(self.key.as_slice()).unwrap())
    }

    /// What `x5t#S256` says of it (RFC 8705 §3.1).
    pub fn thumbprint(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.certificate);
        URL_SAFE_NO_PAD.encode(hash)
    }

    /// The public key (RFC 7518 §6.2).
    pub fn jwk(&self) -> Value {
        let (x, y) = self.public[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
    }
}
