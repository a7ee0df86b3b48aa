//! `chancery registration-token …`: initial access tokens (RFC 7591 §1.2).

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Failure, GlobalArgs, Outcome, duration, output};
use crate::client::Scope;
use crate::protocol::opaque::OpaqueToken;
use crate::registry::{InitialToken, NewInitialToken, TokenLabel};

/// Make, list and revoke initial access tokens, by which applications register themselves
#[derive(Debug, Subcommand)]
#[command(after_help = HELP)]
pub(super) enum RegistrationTokenCommand {
    /// Make an initial access token and print it, this once
    #[command(after_help = CREATE_HELP)]
    Create(CreateArgs),
    /// List initial access tokens, those that have ended too
    #[command(after_help = LIST_HELP)]
    List(ListArgs),
    /// Take an initial access token away. The clients that it registered stay
    #[command(after_help = REVOKE_HELP)]
    Revoke(RevokeArgs),
}

const HELP: &str = "\
Examples:
  chancery registration-token create --uses 1
  chancery registration-token list";

const CREATE_HELP: &str = "\
Whoever holds the token may register clients at /register, while a server runs with --registration token or open. It \
is kept as a hash only: store it now, it cannot be shown again. The history names what is registered with it as \
dcr:LABEL.

Examples:
  TOKEN=$(chancery registration-token create --ttl 1h --uses 1)
  chancery registration-token create --label ci --scope \"openid profile\"
  curl -H \"Authorization: Bearer $TOKEN\" --json @client.json \\
    http://127.0.0.1:9400/register";

const LIST_HELP: &str = "\
Example:
  chancery registration-token list --json | jq -r '.[].id'";

const REVOKE_HELP: &str = "\
Example:
  chancery registration-token revoke ID";

/// The longest life of an initial access token.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// How long it counts: up to 366d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_ttl)]
    ttl: SignedDuration,
    /// How many clients it may register [default: as many as come]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    uses: Option<u32>,
    /// The scopes that its clients may have at the most, with spaces between; the server's list bounds them too
    #[arg(long, value_name = "SCOPES", value_parser = parse_scopes)]
    scope: Option<Scopes>,
    /// What the history calls it [default: its ID]
    #[arg(long, value_name = "TEXT", value_parser = parse_label)]
    label: Option<TokenLabel>,
}

/// Scopes on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scopes(pub Vec<String>);

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// The ID, as list shows it
    #[arg(value_name = "ID")]
    id: String,
}

impl RegistrationTokenCommand {
    pub(super) fn run(self, global: &GlobalArgs) -> Outcome {
        match self {
            Self::Create(args) => create(args, global),
            Self::List(args) => list(&args, global),
            Self::Revoke(args) => revoke(&args, global),
        }
    }
}

fn create(args: CreateArgs, global: &GlobalArgs) -> Outcome {
    let registry = global.open_or_create()?;
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(random.as_mut()).map_err(|error| {
        Failure::new(
            format!("The operating system gives no random bytes: {error}"),
            "Restart the machine",
        )
    })?;
    let token = OpaqueToken::new(&random);
    let act = global.act();
    let new = NewInitialToken {
        hash: token.hash,
        label: args.label,
        scopes: args.scope.map(|scopes| scopes.0),
        uses: args.uses,
        expires_at: act.at.checked_add(args.ttl).unwrap_or(act.at),
    };
    let kept = registry.create_initial_token(&new, &act)?;
    let if_lost = format!(
        "Take it away with chancery registration-token revoke {} and make another one",
        kept.id
    );
    output::secret(token.text.expose(), &if_lost)?;
    output::remark(&format!(
        "ID {}, label {}, until {}, {}, scopes: {}",
        kept.id,
        kept.label,
        in_seconds(kept.expires_at),
        uses(&kept),
        scopes(&kept)
    ));
    Ok(())
}

fn list(args: &ListArgs, global: &GlobalArgs) -> Outcome {
    let tokens = global.open()?.initial_tokens()?;
    let now = Timestamp::now();
    if args.json {
        return output::json(
            &tokens
                .iter()
                .map(|token| described(token, now))
                .collect::<Value>(),
        );
    }
    if tokens.is_empty() {
        output::remark(
            "There are no initial access tokens. Make one with chancery registration-token create",
        );
        return Ok(());
    }
    let cells: Vec<Vec<String>> = tokens
        .iter()
        .map(|token| {
            vec![
                token.id.clone(),
                token.label.clone(),
                state(token, now).to_owned(),
                in_seconds(token.expires_at),
                uses(token),
                scopes(token),
            ]
        })
        .collect();
    let heads = ["ID", "LABEL", "STATE", "UNTIL", "USES", "SCOPES"];
    output::bytes(output::table(&heads, &cells).as_bytes())
}

fn revoke(args: &RevokeArgs, global: &GlobalArgs) -> Outcome {
    let revoked = global.open()?.revoke_initial_token(&args.id, &global.act())?;
    output::line(&output::visible(&format!(
        "{} ({}) is revoked",
        revoked.label, revoked.id
    )))
}

fn described(token: &InitialToken, now: Timestamp) -> Value {
    json!({
        "id": token.id,
        "label": token.label,
        "state": state(token, now),
        "scopes": token.scopes,
        "uses": token.uses,
        "used": token.used,
        "last_used_at": token.last_used_at.map(|time| time.to_string()),
        "created_at": token.created_at.to_string(),
        "expires_at": token.expires_at.to_string(),
    })
}

fn state(token: &InitialToken, now: Timestamp) -> &'static str {
    match token.is_living(now) {
        true => "living",
        false if token.expires_at <= now => "expired",
        false => "used up",
    }
}

fn uses(token: &InitialToken) -> String {
    match token.uses {
        None => format!("{} used, no bound", token.used),
        Some(uses) => format!("{} of {uses} used", token.used),
    }
}

fn scopes(token: &InitialToken) -> String {
    match &token.scopes {
        None => "those of the server".to_owned(),
        Some(scopes) => scopes.join(" "),
    }
}

fn in_seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}

fn parse_ttl(text: &str) -> Result<SignedDuration, String> {
    let ttl = duration::parse(text)?;
    if ttl.is_zero() || ttl > LONGEST {
        return Err("a token counts for 1s to 366d".to_owned());
    }
    Ok(ttl)
}

/// Reads scopes with spaces between them (RFC 6749 §3.3).
pub(super) fn parse_scopes(text: &str) -> Result<Scopes, String> {
    let mut scopes: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if Scope::parse(word).is_none() {
            return Err(format!(
                "{word:?} is no scope; a scope is printable ASCII without quotes and backslashes"
            ));
        }
        if !scopes.iter().any(|known| known == word) {
            scopes.push(word.to_owned());
        }
    }
    Ok(Scopes(scopes))
}

fn parse_label(text: &str) -> Result<TokenLabel, String> {
    TokenLabel::parse(text)
        .ok_or_else(|| "a label is 1 to 60 characters of one line, and not the word open".to_owned())
}
