//! What a request presents as client authentication, before anyone is asked whether it is right (RFC 6749 §2.3).

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::OAuthError;
use super::assertion::{self, ASSERTION_TYPE};
use super::form::{Form, decode};
use crate::client::{AuthMethod, ClientId, Secret};

/// Some clients leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Who a request says it is, and how it means to prove that.
#[derive(Debug)]
pub struct Presented {
    /// The identifier, if it is one.
    pub client_id: Option<ClientId>,
    /// The proof.
    pub proof: Proof,
}

/// A means of proof. At most one stands in a request.
#[derive(Debug)]
pub enum Proof {
    /// A shared secret, by `client_secret_basic` or `client_secret_post`.
    Secret(AuthMethod, Secret),
    /// A signed assertion, by `private_key_jwt`. Held like a secret: until its end it is as good as one.
    Assertion(Secret),
    /// None: right for public clients only.
    Nothing,
    /// Something that cannot be right: another scheme, a header that cannot be decoded.
    Unusable(&'static str),
}

/// Finds the credentials of a request in its `Authorization` headers and its form.
///
/// # Errors
/// `invalid_request` when the request uses more than one method, or names two clients (RFC 6749 §2.3, §5.2).
pub fn presented(authorization: &[&[u8]], form: &Form) -> Result<Presented, OAuthError> {
    let in_body = form.get("client_id");
    let posted = form.get("client_secret");
    let assertion = form
        .get("client_assertion")
        .or_else(|| form.get("client_assertion_type"));
    let methods = authorization.len() + usize::from(posted.is_some()) + usize::from(assertion.is_some());
    if authorization.len() > 1 {
        return Err(OAuthError::invalid_request(
            "Send one Authorization header: the request has more of them.",
        ));
    }
    if methods > 1 {
        // RFC 6749 §5.2 names this case: the request utilizes more than one mechanism for authenticating the client.
        return Err(OAuthError::invalid_request(
            "Use one client authentication method: the Authorization header or parameters in the body, not both.",
        ));
    }
    if let Some(header) = authorization.first() {
        let found = from_header(header);
        if let (Some(header_id), Some(body_id)) = (&found.client_id, in_body)
            && header_id.as_str() != body_id
        {
            // Not invalid_client: which of the two is meant cannot be known, the request contradicts itself.
            return Err(OAuthError::invalid_request(
                "client_id in the body is not the client of the Authorization header.",
            ));
        }
        return Ok(found);
    }
    if assertion.is_some() {
        return asserted(form);
    }
    let proof = match posted {
        Some(secret) => Proof::Secret(AuthMethod::ClientSecretPost, Secret::new(secret.to_owned())),
        None => Proof::Nothing,
    };
    Ok(Presented {
        client_id: in_body.and_then(ClientId::parse),
        proof,
    })
}

/// Reads a client assertion. The client is who it says it is from; a `client_id` beside it must say the same
/// (RFC 7521 §4.2).
fn asserted(form: &Form) -> Result<Presented, OAuthError> {
    let in_body = form.get("client_id");
    let (Some(assertion), Some(ASSERTION_TYPE)) =
        (form.get("client_assertion"), form.get("client_assertion_type"))
    else {
        return Ok(Presented {
            client_id: in_body.and_then(ClientId::parse),
            proof: Proof::Unusable("client_assertion and its client_assertion_type do not stand together"),
        });
    };
    let client_id = assertion::claimed_client_id(assertion);
    if let (Some(claimed), Some(in_body)) = (&client_id, in_body)
        && claimed.as_str() != in_body
    {
        return Err(OAuthError::invalid_request(
            "client_id in the body is not the client of the assertion.",
        ));
    }
    Ok(Presented {
        client_id,
        proof: Proof::Assertion(Secret::new(assertion.to_owned())),
    })
}

/// Reads `Basic base64(client_id ":" client_secret)`, both parts form-urlencoded (RFC 6749 §2.3.1, RFC 7617 §2).
fn from_header(header: &[u8]) -> Presented {
    let unusable = |why| Presented {
        client_id: None,
        proof: Proof::Unusable(why),
    };
    let Some(encoded) = strip_scheme(header) else {
        return unusable("the Authorization scheme is not Basic");
    };
    let Ok(credentials) = BASE64.decode(encoded).map(Zeroizing::new) else {
        return unusable("the Basic credentials are not base64");
    };
    let mut parts = credentials.splitn(2, |byte| *byte == b':');
    let (Some(client_id), Some(secret)) = (parts.next(), parts.next()) else {
        return unusable("the Basic credentials have no colon");
    };
    let (Some(client_id), Some(mut secret)) = (decode(client_id), decode(secret)) else {
        return unusable("the Basic credentials are not form-urlencoded UTF-8");
    };
    let proof = Proof::Secret(
        AuthMethod::ClientSecretBasic,
        Secret::new(std::mem::take(&mut *secret)),
    );
    Presented {
        client_id: ClientId::parse(&client_id),
        proof,
    }
}

/// The scheme is compared without case (RFC 9110 §11.1); one or more spaces follow it.
fn strip_scheme(header: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = header.split_at_checked(5)?;
    let credentials = rest.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"basic") && rest.first() == Some(&b' ') && !credentials.is_empty())
        .then_some(credentials)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn basic(credentials: &str) -> Vec<u8> {
        format!(
            "Basic {}",
            base64::engine::general_purpose::STANDARD.encode(credentials)
        )
        .into_bytes()
    }

    fn of(header: Option<&[u8]>, body: &str) -> Result<Presented, OAuthError> {
        let form = Form::parse(body.as_bytes()).unwrap();
        presented(header.as_slice(), &form)
    }

    #[test]
    fn basic_credentials_are_form_urlencoded_parts() {
        for (credentials, id, secret) in [
            ("a:b", "a", "b"),
            ("a:b:c", "a", "b:c"),
            (
                "https%3A%2F%2Fa.example:p%26ss+word",
                "https://a.example",
                "p&ss word",
            ),
            ("a:", "a", ""),
        ] {
            let found = of(Some(&basic(credentials)), "").unwrap();
            assert_eq!(found.client_id.unwrap().as_str(), id);
            let Proof::Secret(AuthMethod::ClientSecretBasic, found) = found.proof else {
                panic!("{credentials}")
            };
            assert_eq!(found.expose(), secret);
        }
        let found = of(Some(b"bAsIc  YTpi"), "client_id=a").unwrap();
        assert!(
            matches!(found.proof, Proof::Secret(..)),
            "scheme without case, more than one space, client_id repeated"
        );
        let found = of(Some(b"Basic YTpiYg"), "").unwrap();
        assert!(matches!(found.proof, Proof::Secret(..)), "padding left out");
    }

    #[test]
    fn what_cannot_be_right_is_unusable() {
        let unusable: [&[u8]; 8] = [
            b"",
            b"Basic",
            b"Basic ",
            b"BasicYTpi",
            b"Basic !!",
            b"Basic YWI=",
            b"Bearer YTpi",
            b"Basic YTolenp6",
        ];
        for header in unusable {
            let found = of(Some(header), "client_id=a").unwrap();
            assert!(
                matches!(found.proof, Proof::Unusable(_)),
                "{:?}",
                String::from_utf8_lossy(header)
            );
        }
        assert!(matches!(
            of(None, "client_id=a&client_assertion=x.y.z").unwrap().proof,
            Proof::Unusable(_)
        ));
    }

    #[test]
    fn the_body_carries_post_and_none() {
        let found = of(None, "client_id=a&client_secret=b%2B").unwrap();
        assert!(
            matches!(found.proof, Proof::Secret(AuthMethod::ClientSecretPost, secret) if secret.expose() == "b+")
        );
        assert!(matches!(of(None, "client_id=a").unwrap().proof, Proof::Nothing));
        assert!(matches!(
            of(None, "client_id=a&client_secret=").unwrap().proof,
            Proof::Nothing
        ));
        assert!(of(None, "").unwrap().client_id.is_none());
        assert!(of(None, "client_id=%00").unwrap().client_id.is_none());
    }

    #[test]
    fn two_methods_or_two_clients_in_one_request_are_refused() {
        let header = basic("a:b");
        for body in [
            "client_secret=b",
            "client_id=a&client_secret=b",
            "client_assertion=x",
            "client_id=other",
        ] {
            assert_eq!(
                of(Some(&header), body).unwrap_err().code(),
                "invalid_request",
                "{body}"
            );
        }
        assert_eq!(
            of(None, "client_id=a&client_secret=b&client_assertion=x")
                .unwrap_err()
                .code(),
            "invalid_request"
        );
        let two: [&[u8]; 2] = [&header, &header];
        assert_eq!(
            presented(&two, &Form::default()).unwrap_err().code(),
            "invalid_request"
        );
        let told = format!("{:?}", presented(&two, &Form::default()).unwrap_err());
        assert!(
            told.contains("one Authorization header") && !told.contains("body"),
            "{told}"
        );
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(header in prop::collection::vec(any::<u8>(), 0..120)) {
            let _ = of(Some(&header), "");
            let mut basic = b"Basic ".to_vec();
            basic.extend(header);
            let _ = of(Some(&basic), "");
        }

        #[test]
        fn what_a_client_sends_comes_back(id in "[ -~]{1,40}", secret in "\\PC{0,60}") {
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let found = of(Some(&basic(&format!("{}:{}", encode(&id), encode(&secret)))), "").unwrap();
            prop_assert_eq!(found.client_id.map(|found| found.to_string()), Some(id));
            let Proof::Secret(_, found) = found.proof else { return Err(TestCaseError::fail("no secret")) };
            prop_assert_eq!(found.expose(), secret);
        }
    }
}
