//! Dynamic registration as the Server screen keeps it in order: initial access tokens, and the sweep of clients that
//! registered themselves and that nobody uses.

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::ReplyBody;
use crate::protocol::opaque::OpaqueToken;
use crate::registry::{Act, DynamicClient, NewInitialToken, Registry, RegistryError, TokenLabel};
use crate::vault::VaultError;

/// An initial access token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// For people; its identifier where there is none.
    pub label: Option<TokenLabel>,
    /// How long it counts.
    pub life: SignedDuration,
    /// How many clients it may register; none: as many as come.
    pub uses: Option<u32>,
    /// The scopes that its clients may have at the most; none: it sets no bound of its own.
    pub scopes: Option<Vec<String>>,
}

/// The clients that a sweep would delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadClients {
    /// Days without use that were asked for.
    pub days: u32,
    /// Neither registered, changed nor used since then.
    pub since: Timestamp,
    /// The oldest first.
    pub clients: Vec<DynamicClient>,
}

/// A change of the registry.
#[derive(Debug)]
pub enum Registering {
    /// Make an initial access token.
    MakeToken(NewToken),
    /// Take one away.
    RevokeToken {
        /// Which.
        id: String,
    },
    /// Delete clients as they were listed.
    Sweep(DeadClients),
}

/// The dry run of a sweep.
pub(super) fn dead_clients(registry: &Registry, days: u32) -> Result<DeadClients, RegistryError> {
    let now = Timestamp::now();
    let since = now
        .checked_sub(SignedDuration::from_hours(24 * i64::from(days)))
        .unwrap_or(Timestamp::MIN);
    Ok(DeadClients {
        days,
        since,
        clients: registry.dead_dynamic_clients(since, now)?,
    })
}

/// Changes the registry. Returns what is said of it, or the token that is shown once.
pub(super) fn carry_out(
    registry: &Registry,
    registering: Registering,
    act: &Act,
) -> Result<ReplyBody, RegistryError> {
    Ok(match registering {
        Registering::MakeToken(new) => make_token(registry, new, act)?,
        Registering::RevokeToken { id } => {
            let revoked = registry.revoke_initial_token(&id, act)?;
            ReplyBody::Done(format!("{} registers no more clients", revoked.label))
        }
        Registering::Sweep(dead) => {
            let sweep = registry.sweep_dynamic_clients(&dead.clients, dead.since, act)?;
            let were = if sweep.deleted == 1 {
                "client was"
            } else {
                "clients were"
            };
            let mut said = format!("{} {were} deleted", sweep.deleted);
            if sweep.spared > 0 {
                said = format!(
                    "{said}, {} spared that came to life or changed meanwhile",
                    sweep.spared
                );
            }
            ReplyBody::Done(said)
        }
    })
}

fn make_token(registry: &Registry, new: NewToken, act: &Act) -> Result<ReplyBody, RegistryError> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut()).map_err(|_| RegistryError::Vault(VaultError::NoRandomness))?;
    let token = OpaqueToken::new(&random);
    let new = NewInitialToken {
        hash: token.hash,
        label: new.label,
        scopes: new.scopes,
        uses: new.uses,
        expires_at: act.at.checked_add(new.life).unwrap_or(act.at),
    };
    let kept = registry.create_initial_token(&new, act)?;
    Ok(ReplyBody::TokenMade(Box::new(kept), token.text))
}
