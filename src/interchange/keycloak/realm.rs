//! What of a realm decides about its clients. It is gathered on a first way through the file: it may stand behind them.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, Seek};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::IDENTIFIER;
use super::client::Kind;
use super::json::{Attributes, Flag, Word, Words};
use super::mappers::{ClaimOf, UserProfile, attribute_claims, audiences};
use super::policies::Policies;
use super::representation::{ScopeRepresentation, UserProfileRepresentation};
use crate::interchange::json_items::each_item;
use crate::interchange::json_walk::{Taken, Walk};
use crate::interchange::stuck::Stuck;

/// The most that one setting of a realm is read of, in bytes.
const MOST: usize = 1024 * 1024;

/// A realm's settings.
#[derive(Debug, Default)]
pub(super) struct Realm {
    /// Its name; none where the file is no export of a whole realm, so that nothing is known of it.
    pub name: Option<String>,
    /// The version of Keycloak.
    pub version: Option<String>,
    /// Whether the file could be read to its end.
    pub is_whole: bool,
    /// How often each list of clients stands there.
    lists: [usize; Kind::ALL.len()],
    /// Whether the object is one client, and no realm.
    pub is_client: bool,
    /// Whether the object asks a realm to take its clients in, as an export of this program does: which one is not known yet.
    pub is_request: bool,
    /// Settings that stand there more than once; the last one counts.
    pub repeated: Vec<String>,
    /// Settings that cannot be read, so that they count as what Keycloak has by default.
    pub unreadable: Vec<String>,
    /// Seconds, as everything here.
    pub access_token_lifespan: Option<i64>,
    pub implicit_lifespan: Option<i64>,
    pub sso_idle: Option<i64>,
    pub sso_max: Option<i64>,
    pub client_idle: Option<i64>,
    pub client_max: Option<i64>,
    pub has_offline_max: bool,
    pub revokes_refresh_token: bool,
    pub refresh_reuse: i64,
    pub signature_algorithm: Option<String>,
    /// Where Keycloak's pages are, if the realm says so.
    pub frontend_url: Option<String>,
    pub default_scopes: Option<Vec<String>>,
    pub optional_scopes: Option<Vec<String>>,
    /// Its scopes by name; none where the file does not have them.
    pub scopes: Option<BTreeMap<String, Scope>>,
    pub profile: UserProfile,
    pub policies: Policies,
    /// Clients that have one of the roles that a policy asks for, with those roles.
    pub client_roles: HashMap<String, Vec<String>>,
}

/// A scope of a realm.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Whether it is of OpenID Connect, and not of SAML.
    pub is_oidc: bool,
    /// Claims that say what stands in an attribute of the person.
    pub claims: Vec<ClaimOf>,
    /// Audiences that it puts into tokens.
    pub audiences: Vec<String>,
}

impl Realm {
    /// Whether the realm is in the file, so that what it does not say is as Keycloak has it by default.
    pub fn is_known(&self) -> bool {
        self.name.is_some()
    }

    /// Whether it has clients, under whatever name.
    pub fn has_clients(&self) -> bool {
        self.lists.iter().any(|count| *count > 0)
    }

    /// What is to be known of it beside its clients, each as what it has.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        let is_empty = !self.has_clients() && self.is_known() && self.is_whole;
        let repeated = self.repeated.join(", ");
        let unreadable = self.unreadable.join(", ");
        [
            is_empty.then(|| "no clients in this file".to_owned()),
            (!repeated.is_empty())
                .then(|| format!("{repeated} twice; the last one counts, as for every reader of JSON")),
            (!unreadable.is_empty()).then(|| {
                format!(
                    "{unreadable}, which cannot be read; what Keycloak has by default counts, and what is judged by it may be wrong"
                )
            }),
        ]
        .into_iter()
        .flatten()
    }

    /// How often a list of clients stands there; the last one counts.
    pub fn lists_of(&self, kind: Kind) -> usize {
        let [clients, applications, oauth_clients] = self.lists;
        match kind {
            Kind::Client => clients,
            Kind::Application => applications,
            Kind::OauthClient => oauth_clients,
        }
    }

    /// Whether the version is at least one; none where it is not known.
    pub fn is_at_least(&self, major: u32, minor: u32) -> Option<bool> {
        let version = self.version.as_deref()?;
        let mut numbers = version.split(|c: char| !c.is_ascii_digit());
        let own_major = numbers.next()?.parse::<u32>().ok()?;
        let own_minor = numbers.next().and_then(|number| number.parse().ok());
        Some((own_major, own_minor.unwrap_or(0)) >= (major, minor))
    }

    /// Reads the object that comes next, and goes past its clients.
    ///
    /// # Errors
    /// [`Stuck`] where the file cannot be read on. What was read until then is kept.
    pub fn read<R: BufRead + Seek>(&mut self, walk: &mut Walk<R>) -> Result<(), Stuck> {
        walk.eat(b'{')?;
        self.read_members(walk, true)
    }

    /// Goes on past a list of clients that was found behind something that cannot be read.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_on<R: BufRead + Seek>(&mut self, walk: &mut Walk<R>) -> Result<(), Stuck> {
        walk.skip()?;
        let lists = self.lists;
        let read = self.read_members(walk, false);
        self.lists = lists;
        read
    }

    fn read_members<R: BufRead + Seek>(
        &mut self,
        walk: &mut Walk<R>,
        mut is_first: bool,
    ) -> Result<(), Stuck> {
        let mut seen = Vec::new();
        while let Some(member) = walk.next_member(is_first)? {
            is_first = false;
            if !self.read_member(&member, walk)? {
                walk.skip()?;
                continue;
            }
            if seen.contains(&member) {
                self.repeated.push(member);
            } else {
                seen.push(member);
            }
        }
        Ok(())
    }

    /// Whether the member was read.
    fn read_member<R: BufRead + Seek>(&mut self, member: &str, walk: &mut Walk<R>) -> Result<bool, Stuck> {
        if let Some(kind) = Kind::of_list(member) {
            let [clients, applications, oauth_clients] = &mut self.lists;
            *match kind {
                Kind::Client => clients,
                Kind::Application => applications,
                Kind::OauthClient => oauth_clients,
            } += 1;
            if walk.is_watching() && walk.eat(b'[')? {
                each_item(walk, 0, &[IDENTIFIER], &mut |_, _| true)?;
            } else {
                walk.skip()?;
            }
            return Ok(true);
        }
        match member {
            "clientId" => {
                self.is_client = true;
                walk.skip()?;
            }
            "ifResourceExists" => {
                self.is_request = true;
                walk.skip()?;
            }
            "realm" => {
                self.name = self
                    .take::<Word, _>(member, walk)?
                    .0
                    .filter(|name| !name.is_empty())
            }
            "keycloakVersion" => self.version = self.take::<Word, _>(member, walk)?.get().map(str::to_owned),
            "accessTokenLifespan" => self.access_token_lifespan = self.number(member, walk)?,
            "accessTokenLifespanForImplicitFlow" => self.implicit_lifespan = self.number(member, walk)?,
            "ssoSessionIdleTimeout" => self.sso_idle = self.number(member, walk)?,
            "ssoSessionMaxLifespan" => self.sso_max = self.number(member, walk)?,
            "clientSessionIdleTimeout" => self.client_idle = self.number(member, walk)?,
            "clientSessionMaxLifespan" => self.client_max = self.number(member, walk)?,
            "offlineSessionMaxLifespanEnabled" => {
                self.has_offline_max = self.take::<Flag, _>(member, walk)?.or(false)
            }
            "revokeRefreshToken" => {
                self.revokes_refresh_token = self.take::<Flag, _>(member, walk)?.or(false)
            }
            "refreshTokenMaxReuse" => self.refresh_reuse = self.number(member, walk)?.unwrap_or(0),
            "defaultSignatureAlgorithm" => {
                self.signature_algorithm = self.take::<Word, _>(member, walk)?.get().map(str::to_owned);
            }
            "defaultDefaultClientScopes" => self.default_scopes = self.texts(member, walk)?,
            "defaultOptionalClientScopes" => self.optional_scopes = self.texts(member, walk)?,
            "attributes" => {
                let attributes = self.take(member, walk)?;
                self.read_attributes(&attributes);
            }
            "clientScopes" => self.read_scopes(walk)?,
            "clientPolicies" => {
                let policies = self.take(member, walk)?;
                self.policies.read_policies(policies);
            }
            "clientProfiles" => {
                let profiles = self.take(member, walk)?;
                self.policies.read_profiles(profiles);
            }
            "components" => self.read_components(walk)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A setting. One that cannot be read counts as absent, and is told: the clients are what is wanted.
    fn take<T: DeserializeOwned + Default, R: BufRead + Seek>(
        &mut self,
        member: &str,
        walk: &mut Walk<R>,
    ) -> Result<T, Stuck> {
        let read = taken(walk)?;
        if read.is_none() {
            self.unreadable(member);
        }
        Ok(read.unwrap_or_default())
    }

    fn number<R: BufRead + Seek>(&mut self, member: &str, walk: &mut Walk<R>) -> Result<Option<i64>, Stuck> {
        let word: Word = self.take(member, walk)?;
        let number = word.get().and_then(|text| text.trim().parse().ok());
        if word.get().is_some() && number.is_none() {
            self.unreadable(member);
        }
        Ok(number)
    }

    fn texts<R: BufRead + Seek>(
        &mut self,
        member: &str,
        walk: &mut Walk<R>,
    ) -> Result<Option<Vec<String>>, Stuck> {
        let words: Words = self.take(member, walk)?;
        let texts = || words.texts().map(str::to_owned).collect();
        Ok(words.0.is_some().then(texts))
    }

    fn unreadable(&mut self, member: &str) {
        if !self.unreadable.iter().any(|known| known == member) {
            self.unreadable.push(member.to_owned());
        }
    }

    fn read_attributes(&mut self, attributes: &Attributes) {
        let frontend = attributes.get("frontendUrl");
        self.frontend_url = frontend.map(|url| url.trim_end_matches('/').to_owned());
        self.profile.is_on = self.profile.is_on || attributes.is("userProfileEnabled");
        // In some versions they stand here, as texts.
        let seconds = |name: &str| attributes.number(name);
        self.client_idle = self.client_idle.or(seconds("clientSessionIdleTimeout"));
        self.client_max = self.client_max.or(seconds("clientSessionMaxLifespan"));
        if let Some(text) = attributes.get("client-policies.policies") {
            self.policies
                .read_policies(serde_json::from_str(text).unwrap_or_default());
        }
        if let Some(text) = attributes.get("client-policies.profiles") {
            self.policies
                .read_profiles(serde_json::from_str(text).unwrap_or_default());
        }
    }

    fn read_scopes<R: BufRead + Seek>(&mut self, walk: &mut Walk<R>) -> Result<(), Stuck> {
        if !walk.eat(b'[')? {
            return walk.skip();
        }
        let mut scopes = BTreeMap::new();
        let mut is_first = true;
        while walk.next_item(is_first)? {
            is_first = false;
            let text = walk.take(MOST)?;
            let scope: Option<ScopeRepresentation<'_>> = read_taken(&text);
            if scope.is_none() {
                self.unreadable("clientScopes");
            }
            let scope = scope.unwrap_or_default();
            let Some(name) = scope.name.get() else { continue };
            let protocol = scope.protocol.get().unwrap_or("openid-connect");
            let read = Scope {
                is_oidc: protocol == "openid-connect",
                claims: attribute_claims(&scope.mappers).collect(),
                audiences: audiences(&scope.mappers),
            };
            scopes.insert(name.to_owned(), read);
        }
        self.scopes = Some(scopes);
        Ok(())
    }

    /// Components hold keys and passwords: only the one that says who may edit which attribute is looked at.
    fn read_components<R: BufRead + Seek>(&mut self, walk: &mut Walk<R>) -> Result<(), Stuck> {
        if !walk.eat(b'{')? {
            return walk.skip();
        }
        let mut is_first = true;
        while let Some(member) = walk.next_member(is_first)? {
            is_first = false;
            if member != "org.keycloak.userprofile.UserProfileProvider" {
                walk.skip()?;
                continue;
            }
            let components: Vec<Component> = taken(walk)?.unwrap_or_default();
            let config = components.first().map(|component| &component.config);
            if let Some(text) = config.and_then(|config| config.get("kc.user.profile.config")) {
                let profile = serde_json::from_str::<UserProfileRepresentation>(text);
                self.profile.read(profile.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Reads, on a way of its own, which clients have the roles that a policy asks for.
    pub fn read_roles<R: BufRead + Seek>(&mut self, walk: &mut Walk<R>) -> Result<(), Stuck> {
        let wanted = self.policies.roles_asked_for();
        each_member(walk, "roles", &mut |walk| {
            each_member(walk, "client", &mut |walk| {
                if !walk.eat(b'{')? {
                    return walk.skip();
                }
                let mut is_first = true;
                while let Some(client) = walk.next_member(is_first)? {
                    is_first = false;
                    let roles: super::json::List<super::representation::RoleRepresentation> =
                        taken(walk)?.unwrap_or_default();
                    let names = roles.iter().filter_map(|role| role.name.get());
                    let held: Vec<String> = names
                        .filter(|name| wanted.contains(*name))
                        .map(str::to_owned)
                        .collect();
                    if !held.is_empty() {
                        self.client_roles.insert(client, held);
                    }
                }
                Ok(())
            })
        })
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Component {
    config: Attributes,
}

/// Goes through the object that comes next, and to one of its members; the others are passed over.
fn each_member<R: BufRead + Seek>(
    walk: &mut Walk<R>,
    wanted: &str,
    visit: &mut dyn FnMut(&mut Walk<R>) -> Result<(), Stuck>,
) -> Result<(), Stuck> {
    let wants = |member: &str| (member == wanted).then_some(());
    each_wanted(walk, &wants, &mut |(), walk| visit(walk))
}

/// Is at a member that is wanted, and goes past it.
type VisitMember<'v, W, R> = dyn FnMut(W, &mut Walk<R>) -> Result<(), Stuck> + 'v;

/// Goes through the object that comes next, and to the members that are wanted; the others are passed over.
pub(super) fn each_wanted<R: BufRead + Seek, W>(
    walk: &mut Walk<R>,
    wants: &dyn Fn(&str) -> Option<W>,
    visit: &mut VisitMember<'_, W, R>,
) -> Result<(), Stuck> {
    if !walk.eat(b'{')? {
        return walk.skip();
    }
    let mut is_first = true;
    while let Some(member) = walk.next_member(is_first)? {
        is_first = false;
        match wants(&member) {
            Some(wanted) => visit(wanted, walk)?,
            None => walk.skip()?,
        }
    }
    Ok(())
}

/// A value, where it can be read.
fn taken<T: DeserializeOwned, R: BufRead + Seek>(walk: &mut Walk<R>) -> Result<Option<T>, Stuck> {
    Ok(read_taken(&walk.take(MOST)?))
}

fn read_taken<'a, T: Deserialize<'a>>(taken: &'a Taken) -> Option<T> {
    match taken {
        Taken::Text(text) => serde_json::from_slice(text.bytes()).ok(),
        Taken::TooLarge(_) => None,
    }
}
