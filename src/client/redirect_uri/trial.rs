//! An address that failed, put to the test against a client: what the one matcher says of it, where it parts from the
//! nearest registered one, and what to do.

use super::{Comparison, Pasted, RedirectUri, Unread, nearest, problems, read, split_loopback};
use crate::client::{ApplicationType, ClientDraft, Finding, Fix, Rule};

/// What the matcher says of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is registered, character by character.
    Exact,
    /// It is registered but for its port, which may be any (RFC 8252 §7.3).
    AnyPort,
    /// It is registered, but the client encoded it twice.
    EncodedTwice,
    /// It is none of those that are registered.
    Differs,
    /// It is registered and breaks a rule, so that it never counts.
    Unsound(Rule),
    /// There is none that it could be.
    NoneRegistered,
}

impl Verdict {
    /// Whether the server takes the address.
    pub const fn matches(self) -> bool {
        matches!(self, Self::Exact | Self::AnyPort)
    }

    /// In a sentence.
    pub fn sentence(self) -> String {
        match self {
            Self::Exact => "It matches a registered redirect URI exactly".to_owned(),
            Self::AnyPort => {
                "It matches: the port of a loopback address may be any (RFC 8252 §7.3)".to_owned()
            }
            Self::EncodedTwice => "It is registered, but the application encodes it twice".to_owned(),
            Self::Differs => "It matches none of the registered redirect URIs".to_owned(),
            Self::Unsound(rule) => {
                format!(
                    "It is registered, but never counts: {}",
                    lower_first(rule.title())
                )
            }
            Self::NoneRegistered => "No redirect URI is registered for this client".to_owned(),
        }
    }
}

/// What would help.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// What to do, in sentences.
    pub advice: Vec<String>,
    /// The address to register, where one would help that no rule refuses.
    pub register: Option<String>,
    /// What the rules say against what was asked for.
    pub findings: Vec<Finding>,
}

/// An address, and what came of putting it to the test.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// What was pasted.
    pub pasted: Pasted,
    /// What the matcher says.
    pub verdict: Verdict,
    /// The nearest registered address beside it.
    pub nearest: Option<Comparison>,
    /// What would help.
    pub remedy: Remedy,
}

/// Puts what a person pasted to the test.
///
/// # Errors
/// [`Unread`], where it holds no address.
pub fn put_to_the_test(draft: &ClientDraft, text: &str) -> Result<Trial, Unread> {
    let pasted = match draft.redirect_uris.iter().find(|uri| *uri == text) {
        // What is registered is never taken for an answer of the server.
        Some(uri) => Pasted {
            address: uri.clone(),
            shape: super::Shape::Address,
            left_out: Vec::new(),
            encoded_twice: false,
        },
        None => read(text)?,
    };
    let sound: Vec<RedirectUri> = draft
        .redirect_uris
        .iter()
        .filter_map(|uri| RedirectUri::parse(uri).ok())
        .collect();
    let verdict = verdict(draft, &sound, &pasted);
    Ok(Trial {
        nearest: nearest(&sound, &pasted.address, draft.application_type),
        remedy: remedy(draft, verdict, &pasted),
        verdict,
        pasted,
    })
}

fn verdict(draft: &ClientDraft, sound: &[RedirectUri], pasted: &Pasted) -> Verdict {
    let address = pasted.address.as_str();
    let matching = super::find_match(sound, address, draft.application_type);
    match matching {
        Ok(_) if pasted.encoded_twice => Verdict::EncodedTwice,
        Ok(uri) if uri.as_str() == address => Verdict::Exact,
        Ok(_) => Verdict::AnyPort,
        Err(_) => {
            let is_there = draft.redirect_uris.iter().any(|uri| uri == address);
            let refusal = problems(address).into_iter().find(|rule| rule.refuses());
            match refusal.filter(|_| is_there) {
                Some(rule) => Verdict::Unsound(rule),
                None if sound.is_empty() => Verdict::NoneRegistered,
                None => Verdict::Differs,
            }
        }
    }
}

fn remedy(draft: &ClientDraft, verdict: Verdict, pasted: &Pasted) -> Remedy {
    let told = |advice: &str| Remedy {
        advice: vec![advice.to_owned()],
        register: None,
        findings: Vec::new(),
    };
    match verdict {
        Verdict::Exact | Verdict::AnyPort => {
            told("The address is not what failed. Look at the request in the list on the Server screen")
        }
        Verdict::EncodedTwice => {
            told("Have the application encode redirect_uri once, as its library does by itself")
        }
        Verdict::Unsound(_) | Verdict::Differs | Verdict::NoneRegistered => {
            let mut remedy = unregistered(draft, &pasted.address);
            if pasted.encoded_twice {
                let advice = "The application encodes redirect_uri twice: have it do so once";
                remedy.advice.insert(0, advice.to_owned());
            }
            remedy
        }
    }
}

/// What would help where the address is not registered: registering it, or one that breaks no rule in its place.
fn unregistered(draft: &ClientDraft, address: &str) -> Remedy {
    let wanted = without_port(draft, address);
    let findings = findings_against(draft, &wanted);
    let Some(refusal) = findings.iter().find(|finding| finding.refuses()) else {
        let advice = if wanted == address {
            format!("Register {wanted}, or have the application send the address that is registered")
        } else {
            format!("Register {wanted} without a port: a native client may then choose any (RFC 8252 §7.3)")
        };
        return Remedy {
            advice: vec![advice],
            register: Some(wanted),
            findings,
        };
    };
    let mut advice = vec![format!("It cannot be registered. {}", refusal.rule.advice())];
    let known = draft
        .redirect_uris
        .iter()
        .any(|uri| RedirectUri::parse(uri).is_ok());
    let instead = mended(draft, &wanted);
    advice.push(match &instead {
        Some(uri) if draft.redirect_uris.contains(uri) => {
            format!("Have the application send {uri}, which is registered")
        }
        Some(uri) if known => {
            format!("Have the application send an address that is registered, or {uri}, and register that")
        }
        Some(uri) => format!("Have the application send {uri}, and register that"),
        None => "Have the application send an address that is registered".to_owned(),
    });
    let register = instead.filter(|uri| !draft.redirect_uris.contains(uri));
    Remedy {
        advice,
        register,
        findings,
    }
}

/// A loopback address of a native client is registered without its port.
fn without_port(draft: &ClientDraft, address: &str) -> String {
    match split_loopback(address) {
        Some((host, rest)) if draft.application_type == ApplicationType::Native => {
            format!("http://{host}{rest}")
        }
        _ => address.to_owned(),
    }
}

/// What the validator would say of one more redirect URI that it does not say of the others.
fn findings_against(draft: &ClientDraft, uri: &str) -> Vec<Finding> {
    let mut with = draft.clone();
    with.redirect_uris.retain(|other| other != uri);
    let before = with.findings();
    with.redirect_uris.push(uri.to_owned());
    let mut findings = with.findings();
    findings.retain(|finding| finding.field == "redirect_uris" && !before.contains(finding));
    findings
}

/// The address after the changes that end what refuses it, as far as they are mechanical and put another in its place.
fn mended(draft: &ClientDraft, address: &str) -> Option<String> {
    let mut uri = address.to_owned();
    // Each change ends one rule; an address breaks few.
    for _ in 0..4 {
        let findings = findings_against(draft, &uri);
        let refusals: Vec<&Finding> = findings.iter().filter(|finding| finding.refuses()).collect();
        if refusals.is_empty() {
            return Some(uri);
        }
        uri = refusals.into_iter().find_map(|finding| match &finding.fix {
            Some(Fix::ReplaceRedirectUri { to, .. }) => Some(to.clone()),
            _ => None,
        })?;
    }
    None
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

#[cfg(test)]
#[path = "trial_tests.rs"]
mod tests;
