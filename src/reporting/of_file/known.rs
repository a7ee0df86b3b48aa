//! What is known of a file once it was read: whom its clients have beside them, and what was found of each by itself.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use super::FileReportError;
use crate::audit::report::{NotJudged, PassedOver};
use crate::audit::{AuditFinding, AuditRule, Facts, Neighbours, SecretFacts, Settings, Traits, judge};
use crate::client::{ClientDraft, ClientId, Finding, MEMBERS, Rule, Severity, Status};
use crate::interchange::{ForeignClient, ForeignSecret, Format, Piece};

/// What is known of the whole file.
pub(super) struct Known {
    /// By the part of the other system.
    pub realms: HashMap<Option<String>, Neighbours>,
    pub not_judged: NotJudged,
    /// What was found of each client by itself, in the file's order; none where it was too much.
    pub kept: Option<Vec<(Option<String>, Judged)>>,
    most_kept: usize,
    /// How much is kept, in bytes: a file's texts can be long.
    weight: usize,
    /// The versions of the other system that the file tells.
    versions: BTreeSet<String>,
    /// Parts of the other system that are not wanted.
    other_realms: Vec<String>,
    /// The clients, by their place among all, whose identifier came before in their realm.
    doubles: HashSet<u64>,
}

impl Known {
    pub fn new(most_kept: usize) -> Self {
        Self {
            realms: HashMap::new(),
            not_judged: NotJudged::default(),
            kept: (most_kept > 0).then(Vec::new),
            most_kept,
            weight: 0,
            versions: BTreeSet::new(),
            other_realms: Vec::new(),
            doubles: HashSet::new(),
        }
    }

    /// Takes a piece of the file in, by its number. Returns one that is not going to be judged.
    pub fn take(&mut self, number: u64, met: Met) -> Option<PassedOver> {
        match met {
            Met::OfOtherRealm(realm) => {
                self.other_realms
                    .extend(realm.filter(|realm| !self.other_realms.contains(realm)));
                None
            }
            Met::NotJudged(not_judged) => Some(not_judged),
            Met::Client(client) => self.take_client(number, *client),
        }
    }

    fn take_client(&mut self, number: u64, client: MetClient) -> Option<PassedOver> {
        let MetClient {
            client_id,
            realm,
            version,
            traits,
            place,
            judged,
        } = client;
        self.versions
            .extend(version.filter(|version| !self.versions.contains(version)));
        let neighbours = self.realms.entry(realm.clone()).or_default();
        if neighbours.has(&client_id) {
            self.doubles.insert(number);
            return Some(PassedOver {
                place,
                client: Some(client_id.to_string()),
                why: "Its client_id came before, and that one counts".to_owned(),
                is_no_client: false,
            });
        }
        neighbours.set_traits(&client_id, traits);
        if let (Some(kept), Some(judged)) = (&mut self.kept, judged) {
            self.weight += judged.size();
            kept.push((realm, judged));
        }
        if self.weight > self.most_kept {
            self.kept = None;
        }
        None
    }

    /// Whether a client's identifier came before.
    pub fn is_double(&self, number: u64) -> bool {
        self.doubles.contains(&number)
    }

    /// Whether the file has what is wanted of it.
    pub fn fits(&self, realm: Option<&String>, clients: &[ClientId]) -> Result<(), FileReportError> {
        if let Some(wanted) = realm
            && self.realms.is_empty()
        {
            return Err(FileReportError::NoRealm {
                wanted: wanted.clone(),
                others: self.other_realms.clone(),
            });
        }
        let is_there = |id| self.realms.values().any(|neighbours| neighbours.has(id));
        match clients.iter().find(|id| !is_there(id)) {
            Some(missing) => Err(FileReportError::NoClient(missing.clone())),
            None => Ok(()),
        }
    }

    /// The other system in a few words.
    pub fn system(&self, format: Format) -> String {
        let names = std::iter::once(format.to_string()).chain(self.versions.iter().take(3).cloned());
        names.collect::<Vec<_>>().join(" ")
    }
}

/// A piece of the file on the first way.
pub(super) enum Met {
    Client(Box<MetClient>),
    OfOtherRealm(Option<String>),
    NotJudged(PassedOver),
}

/// A client on the first way.
pub(super) struct MetClient {
    client_id: ClientId,
    realm: Option<String>,
    version: Option<String>,
    traits: Traits,
    place: String,
    judged: Option<Judged>,
}

impl Met {
    /// From a piece, of the realm that is wanted if one is.
    pub fn of(
        piece: Piece,
        wanted: Option<&String>,
        judge: impl FnOnce(&ForeignClient) -> Option<Judged>,
    ) -> Self {
        match piece {
            Ok(client) if wanted.is_some() && client.realm.as_ref() != wanted => {
                Self::OfOtherRealm(client.realm)
            }
            Ok(client) => Self::Client(Box::new(MetClient {
                traits: Traits::of(&client.client_id, &client.draft),
                judged: judge(&client),
                client_id: client.client_id,
                realm: client.realm,
                version: client.system_version,
                place: client.place,
            })),
            Err(unreadable) => Self::NotJudged(PassedOver {
                place: unreadable.place,
                client: unreadable.client,
                why: unreadable.what,
                is_no_client: unreadable.is_left_out,
            }),
        }
    }
}

/// A client with what was found of it by itself, as small as that can be kept.
pub(super) struct Judged {
    client_id: ClientId,
    name: Box<str>,
    redirect_uris: Box<[Box<str>]>,
    findings: Box<[Small]>,
}

/// A finding that nobody accepted and that is about nobody else.
struct Small {
    rule: AuditRule,
    severity: Severity,
    field: &'static str,
    value: Option<Box<str>>,
}

impl Judged {
    /// Judges a client.
    pub fn of(client: &ForeignClient, format: Format, settings: &Settings, now: Timestamp) -> Self {
        let small = |finding: AuditFinding| Small {
            rule: finding.rule,
            severity: finding.severity,
            field: finding.field,
            value: finding.value.map(Into::into),
        };
        let findings = judge_alone(client, format, settings, now);
        Self {
            client_id: client.client_id.clone(),
            name: client.draft.name.as_str().into(),
            redirect_uris: client
                .draft
                .redirect_uris
                .iter()
                .map(|uri| uri.as_str().into())
                .collect(),
            findings: findings.into_iter().map(small).collect(),
        }
    }

    /// What it takes of the memory, in bytes.
    fn size(&self) -> usize {
        let uris: usize = self
            .redirect_uris
            .iter()
            .map(|uri| size_of_val(uri) + uri.len())
            .sum();
        let values = self.findings.iter().filter_map(|small| small.value.as_ref());
        let values: usize = values.map(|value| value.len()).sum();
        let texts = self.client_id.as_str().len() + self.name.len();
        size_of::<(Option<String>, Self)>() + texts + uris + size_of_val(&*self.findings) + values
    }

    /// The client with what others must know of it, and its findings.
    pub fn open(self) -> (ClientId, ClientDraft, Vec<AuditFinding>) {
        let draft = ClientDraft {
            name: self.name.into(),
            redirect_uris: self.redirect_uris.into_iter().map(Into::into).collect(),
            ..ClientDraft::default()
        };
        let large = |small: Small| AuditFinding {
            rule: small.rule,
            severity: small.severity,
            field: small.field,
            value: small.value.map(Into::into),
            other: None,
            fix: None,
            accepted: None,
            known: false,
        };
        let findings = self.findings.into_iter().map(large).collect();
        (self.client_id, draft, findings)
    }
}

/// What the rules say of a client that stands in no registry, and knows nobody.
fn judge_alone(
    client: &ForeignClient,
    format: Format,
    settings: &Settings,
    now: Timestamp,
) -> Vec<AuditFinding> {
    let secrets: Vec<SecretFacts> = secret_of(client, now).into_iter().collect();
    let origin = match &client.system_version {
        Some(version) => format!("{format} {version}"),
        None => format.to_string(),
    };
    let facts = Facts {
        client_id: &client.client_id,
        draft: &client.draft,
        status: client.status.unwrap_or(Status::Active),
        origin: Some(&origin),
        created_at: now,
        last_used_at: None,
        tokens_until: None,
        secrets: &secrets,
        scopes_used: &[],
        approval: None,
        acceptances: &[],
        version: 1,
        is_registered: false,
    };
    let mut findings = judge(&facts, &Neighbours::default(), settings, now);
    findings.extend(password_findings(client, settings));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

/// Passwords that stood in addresses of the file, which are taken out as it is read. For redirect URIs there is a rule already
/// that goes by the user name.
fn password_findings(client: &ForeignClient, settings: &Settings) -> Vec<AuditFinding> {
    let members = client.passwords.iter().map(String::as_str);
    let fields = members
        .filter(|member| *member != "redirect_uris")
        .map(|member| match member {
            "client_name" => "name",
            "scope" => "scopes",
            other => {
                let known = MEMBERS.iter().find(|known| **known == other);
                known.copied().unwrap_or("other_members")
            }
        });
    let found = fields.map(|field| Finding::new(Rule::UriPassword, field).into());
    found.filter_map(|finding| settings.weighed(finding)).collect()
}

/// What the file tells of its secret. One that only could not be taken over, a mask or another system's hash, is one too.
fn secret_of(client: &ForeignClient, now: Timestamp) -> Option<SecretFacts> {
    let (is_weak, expires_at) = match &client.secret {
        ForeignSecret::Absent => return None,
        ForeignSecret::Plain(secret, expires_at) => (secret.is_weak(), *expires_at),
        ForeignSecret::Hashed(_, expires_at) => (false, *expires_at),
        ForeignSecret::Unusable(_) => (false, None),
    };
    Some(SecretFacts {
        label: "in the file".to_owned(),
        created_at: client.secret_made_at.unwrap_or(now),
        expires_at,
        revoked_at: None,
        last_used_at: None,
        is_weak,
    })
}
