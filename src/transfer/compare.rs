//! A registry beside an export of another system: client by client, what stands here, what stands there, and in what they differ.
//! Nothing is changed.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::imported_secret::has_ended;
use super::{Difference, Source, SourceError, differences};
use crate::client::{ClientId, closed_set};
use crate::interchange::{ForeignClient, ForeignSecret, Format, Piece};
use crate::registry::{Client, Registry, RegistryError};

/// Clients between two questions whether to go on.
const PAGE: u64 = 500;

/// Members that are only for whoever keeps this registry: of a file that has none of it nothing can be concluded.
const OWN: [&str; 2] = ["labels", "notes"];

/// The member that says whether a client is switched on.
const STATUS: &str = "status";

closed_set! {
/// How a client here stands to the one there.
Stands {
    /// They are the same.
    Same = "same",
    /// They differ.
    Different = "different",
    /// It is in the registry and not in the file.
    OnlyHere = "only here",
    /// It is in the file and not in the registry.
    OnlyThere = "only there",
    /// The file has it so that it cannot be read, or once more.
    NotCompared = "not compared",
    /// The file has it, and it is nothing that is registered here.
    LeftOut = "left out",
}
}

impl Stands {
    /// Whether registry and file say the same of it, as far as both say anything.
    pub const fn agrees(self) -> bool {
        matches!(self, Self::Same | Self::LeftOut)
    }
}

/// One client of either.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Which of the file's places it is, from 0; none where the file has none of it.
    pub number: Option<u64>,
    /// How it stands.
    pub stands: Stands,
    /// Its identifier, as far as that can be seen.
    pub client_id: Option<String>,
    /// Its name, here if it is here.
    pub name: String,
    /// Where it stands in the file; empty where it does not.
    pub place: String,
    /// The part of the other system that it belongs to.
    pub realm: Option<String>,
    /// In what they differ: `before` is here, `after` is there. `status` and `client_secret` are among them; of a secret only is
    /// told that there is one, and only where the file tells of one.
    pub differences: Vec<Difference>,
    /// Why it is not compared, or left out.
    pub why: Option<String>,
}

/// What is compared with what.
pub struct Comparing<'a> {
    /// What is here.
    pub registry: &'a Registry,
    /// What is there.
    pub source: &'a Source,
    /// What it is.
    pub format: Format,
    /// The part of the other system whose clients are compared; none: those of all parts, of which the first counts where two
    /// have one of the same identifier.
    pub realm: Option<String>,
}

/// Why a comparison did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The registry cannot be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The file has no client of the realm that is wanted.
    #[error("No client of a realm {wanted} was found")]
    NoRealm {
        /// The one that is wanted.
        wanted: String,
        /// Those that there are.
        others: Vec<String>,
    },
    /// Somebody wanted it to stop.
    #[error("the comparison was stopped")]
    Stopped,
}

impl Comparing<'_> {
    /// Compares, with one moment of the registry. `tell` is told of the file's clients in their order, then of those that are
    /// only here; `go_on` is told how many were looked at, and says whether to go on.
    ///
    /// # Errors
    /// [`CompareError`] says what stood in the way.
    pub fn run(
        &self,
        now: Timestamp,
        tell: &mut dyn FnMut(Comparison),
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<(), CompareError> {
        self.registry.in_one_state(|registry| {
            let mut going = Going {
                registry,
                now,
                realm: self.realm.as_ref(),
                seen: HashMap::new(),
                other_realms: Vec::new(),
                number: 0,
                looked_at: 0,
                tell,
                go_on,
            };
            let mut failed = None;
            self.source.each(self.format, &mut |piece| {
                failed = going.piece(piece).err();
                failed.is_none()
            })?;
            match (failed, &self.realm) {
                (Some(failed), _) => Err(failed),
                (None, Some(wanted)) if going.seen.is_empty() => Err(CompareError::NoRealm {
                    wanted: wanted.clone(),
                    others: going.other_realms,
                }),
                (None, _) => going.only_here(),
            }
        })
    }
}

struct Going<'a> {
    registry: &'a Registry,
    now: Timestamp,
    realm: Option<&'a String>,
    /// Where each client stands in the file.
    seen: HashMap<ClientId, String>,
    other_realms: Vec<String>,
    /// Places of the file that were come to.
    number: u64,
    looked_at: u64,
    tell: &'a mut dyn FnMut(Comparison),
    go_on: &'a mut dyn FnMut(u64) -> bool,
}

impl Going<'_> {
    fn piece(&mut self, piece: Piece) -> Result<(), CompareError> {
        let number = self.number;
        self.number += 1;
        let client = match piece {
            Ok(client) => client,
            Err(unreadable) => {
                (self.tell)(Comparison {
                    number: Some(number),
                    stands: if unreadable.is_left_out {
                        Stands::LeftOut
                    } else {
                        Stands::NotCompared
                    },
                    client_id: unreadable.client,
                    name: unreadable.called.unwrap_or_default(),
                    place: unreadable.place,
                    realm: None,
                    differences: Vec::new(),
                    why: Some(unreadable.what),
                });
                return Ok(());
            }
        };
        if self
            .realm
            .is_some_and(|wanted| client.realm.as_ref() != Some(wanted))
        {
            let other = client.realm.filter(|realm| !self.other_realms.contains(realm));
            self.other_realms.extend(other);
            return Ok(());
        }
        if client.request.is_some() {
            (self.tell)(Comparison {
                number: Some(number),
                client_id: None,
                why: Some(ForeignClient::IS_REQUEST.to_owned()),
                ..Comparison::of_file(&client, Stands::NotCompared)
            });
            return self.looked_at();
        }
        let told = match self.seen.get(&client.client_id) {
            Some(first) => Comparison {
                why: Some(format!(
                    "Its client_id came before, in {first}, and that one counts"
                )),
                ..Comparison::of_file(&client, Stands::NotCompared)
            },
            None => match self.registry.client(&client.client_id)? {
                Some(here) => Comparison::of_both(&here, &client, self.now),
                None => Comparison::of_file(&client, Stands::OnlyThere),
            },
        };
        let place = || place_of(&client);
        self.seen.entry(client.client_id.clone()).or_insert_with(place);
        (self.tell)(Comparison {
            number: Some(number),
            ..told
        });
        self.looked_at()
    }

    /// Tells of the clients that the file does not have.
    fn only_here(&mut self) -> Result<(), CompareError> {
        let seen: HashSet<ClientId> = std::mem::take(&mut self.seen).into_keys().collect();
        let mut going = Ok(());
        let registry = self.registry;
        registry.each_address(|client_id, draft| {
            if seen.contains(client_id) || going.is_err() {
                return;
            }
            (self.tell)(Comparison {
                number: None,
                stands: Stands::OnlyHere,
                client_id: Some(client_id.to_string()),
                name: draft.name.clone(),
                place: String::new(),
                realm: None,
                differences: Vec::new(),
                why: None,
            });
            going = self.looked_at();
        })?;
        going
    }

    fn looked_at(&mut self) -> Result<(), CompareError> {
        self.looked_at += 1;
        if self.looked_at.is_multiple_of(PAGE) && !(self.go_on)(self.looked_at) {
            return Err(CompareError::Stopped);
        }
        Ok(())
    }
}

impl Comparison {
    /// Whether it differs in what an import leaves as it is here: whether the client is switched on.
    pub fn differs_in_status(&self) -> bool {
        self.differences.iter().any(|one| one.member == STATUS)
    }

    /// What is said of the client in one place of a file, if it is the first of its identifier.
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be read.
    pub fn of_piece(
        registry: &Registry,
        piece: &Piece,
        now: Timestamp,
    ) -> Result<Option<Self>, RegistryError> {
        let Ok(there) = piece else { return Ok(None) };
        let here = registry.client(&there.client_id)?;
        Ok(Some(match here {
            Some(here) => Self::of_both(&here, there, now),
            None => Self::of_file(there, Stands::OnlyThere),
        }))
    }

    fn of_file(client: &ForeignClient, stands: Stands) -> Self {
        Self {
            number: None,
            stands,
            client_id: Some(client.client_id.to_string()),
            name: client.draft.name.clone(),
            place: client.place.clone(),
            realm: client.realm.clone(),
            differences: Vec::new(),
            why: None,
        }
    }

    fn of_both(here: &Client, there: &ForeignClient, now: Timestamp) -> Self {
        let mut found = differences(&here.draft, &there.draft);
        found.retain(|one| one.after.is_some() || !OWN.contains(&one.member.as_str()));
        let text = |text: &str| Some(Value::from(text));
        if let Some(status) = there.status.filter(|status| *status != here.status) {
            found.push(Difference {
                member: STATUS.to_owned(),
                before: text(here.status.as_str()),
                after: text(status.as_str()),
            });
        }
        let method = here.draft.token_endpoint_auth_method;
        // Of a mask or of a foreign digest nobody can say whether it is the secret that is known here.
        let has_secret_there = match &there.secret {
            ForeignSecret::Plain(_, ends) | ForeignSecret::Hashed(_, ends) => !has_ended(*ends, now),
            ForeignSecret::Absent | ForeignSecret::Unusable(_) => false,
        };
        if has_secret_there && method.uses_secret() && here.live_secrets(now).next().is_none() {
            found.push(Difference {
                member: "client_secret".to_owned(),
                before: None,
                after: text("there is one"),
            });
        }
        Self {
            name: here.draft.name.clone(),
            differences: found,
            ..Self::of_file(there, Stands::Same)
        }
        .judged()
    }

    fn judged(mut self) -> Self {
        if !self.differences.is_empty() {
            self.stands = Stands::Different;
        }
        self
    }

    /// The comparison of one client, as JSON.
    pub fn to_json(&self) -> Value {
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|one| json!({"member": one.member, "here": one.before, "there": one.after}))
            .collect();
        json!({
            "result": self.stands.as_str(),
            "client_id": self.client_id,
            "client_name": self.name,
            "realm": self.realm,
            "place": self.place,
            "differences": differences,
            "why": self.why,
        })
    }
}

fn place_of(client: &ForeignClient) -> String {
    match &client.realm {
        Some(realm) => format!("{}, realm {realm}", client.place),
        None => client.place.clone(),
    }
}
