//! `chancery client …`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Failure, GlobalArgs, Outcome, describe, duration, handover, input, output};
use crate::client::{ClientId, Finding, RuleSettings, Secret, Status};
use crate::interchange::rfc7591::{self, Metadata, RegistrationResponse};
use crate::registry::{Client, ListQuery, NewClient, NewSecret, Registry, RegistryError, generate_client_id};

/// Register, find and change clients
#[derive(Debug, Subcommand)]
#[command(after_help = CLIENT_HELP)]
pub(super) enum ClientCommand {
    /// Register a client and print its secret, this once
    #[command(after_help = [CREATE_HELP, CREATE_HELP_AFTER].concat())]
    Create(FileArgs),
    /// List clients
    #[command(after_help = LIST_HELP)]
    List(ListArgs),
    /// Show everything about a client, except its secrets, which nobody can
    #[command(after_help = SHOW_HELP)]
    Show(ShowArgs),
    /// Replace a client's metadata
    #[command(after_help = UPDATE_HELP)]
    Update(UpdateArgs),
    /// Switch a client off and end its tokens
    #[command(after_help = DISABLE_HELP)]
    Disable(IdArgs),
    /// Switch a client on again
    #[command(after_help = ENABLE_HELP)]
    Enable(IdArgs),
    /// Give a client a new secret and print it, this once
    #[command(after_help = ROTATE_HELP)]
    RotateSecret(RotateArgs),
    /// End all secrets and all tokens of a client now, because a secret leaked
    #[command(after_help = REVOKE_HELP)]
    RevokeSecrets(IdArgs),
    /// Write down what a client's developers need, or configuration for their framework, without the secret
    #[command(after_help = handover::HELP)]
    Handover(handover::HandoverArgs),
    /// Delete a client and end its tokens. Its record stays in the history
    #[command(after_help = DELETE_HELP)]
    Delete(IdArgs),
}

// A paragraph is one line here: clap breaks it as wide as the terminal is, and would break lines of ours once more.

const CREATE_HELP: &str = r#"FILE holds client metadata as JSON, with the names of RFC 7591 section 2:

  {
    "client_name": "Billing portal",
    "redirect_uris": ["https://billing.example.com/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "scope": "openid profile",
    "contacts": ["team-billing@example.com"]
  }

"#;

const CREATE_HELP_AFTER: &str = "\
and with names of this program: audience (a list), require_pkce, access_token_lifetime (seconds), notes, labels. \
client_id and client_secret are made here. They are printed with everything else as the response of RFC 7591 section \
3.2.1. The secret is kept as a hash only: store it now, it cannot be shown again.

Examples:
  chancery client create --file billing.json > registered.json
  chancery client create --file - < nightly.json | jq -r .client_secret";

const CLIENT_HELP: &str = "\
Examples:
  chancery client create --file billing.json
  chancery client list --search billing
  chancery client rotate-secret ID --overlap 7d";

const LIST_HELP: &str = "\
Under three characters, names and client IDs that begin with TEXT are found; otherwise whatever contains it in its \
name, client ID, redirect URIs, scopes, contacts or labels.

Examples:
  chancery client list --search billing
  chancery client list --json | jq -r '.[] | select(.standing == \"held\")'";

const SHOW_HELP: &str = "\
Examples:
  chancery client show ID
  chancery client show ID --json | jq .metadata";

const UPDATE_HELP: &str = "\
FILE holds the whole metadata, as for create: a member that is left out is taken away (RFC 7592 section 2.2). The \
status stays as it is. The response is printed; there is a secret in it only when leaving the authentication method \
\"none\" made one.

Example:
  chancery client show ID --json | jq '.metadata | .scope = \"read\"' |
    chancery client update ID --file -";

const DISABLE_HELP: &str = "\
Example:
  chancery client disable ID";

const ENABLE_HELP: &str = "\
Example:
  chancery client enable ID";

const ROTATE_HELP: &str = "\
The old secrets stay valid for the overlap, so that the new one can be rolled out meanwhile. If a secret leaked, use \
revoke-secrets first.

Examples:
  chancery client rotate-secret ID --overlap 7d | jq -r .client_secret
  chancery client rotate-secret ID --overlap 0";

const REVOKE_HELP: &str = "\
Example:
  chancery client revoke-secrets ID && chancery client rotate-secret ID";

const DELETE_HELP: &str = "\
Examples:
  chancery client delete ID
  chancery client delete ID --json > was.json";

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    /// Client metadata as JSON, at most 1 MB; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Print JSON, which it does anyway
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only clients found by this text
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    search: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = parse_id)]
    client_id: ClientId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = parse_id)]
    client_id: ClientId,
    #[command(flatten)]
    file: FileArgs,
}

#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = parse_id)]
    client_id: ClientId,
    /// How long the old secrets stay valid: 0 to 30d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration::parse_overlap)]
    overlap: SignedDuration,
    /// What the secret is for, to tell it from others
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    label: String,
    /// Print JSON, which it does anyway
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct IdArgs {
    /// The client ID
    #[arg(value_name = "ID", value_parser = parse_id)]
    client_id: ClientId,
    /// Print the client as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn parse_id(text: &str) -> Result<ClientId, String> {
    ClientId::parse(text).ok_or_else(|| "a client ID is 1 to 512 printable ASCII characters".to_owned())
}

impl ClientCommand {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        match self {
            Self::Create(args) => create(global, args),
            Self::List(args) => list(global, args),
            Self::Show(args) => show(global, args),
            Self::Update(args) => update(global, args),
            Self::Disable(args) => set_status(global, args, Status::Disabled),
            Self::Enable(args) => set_status(global, args, Status::Active),
            Self::RotateSecret(args) => rotate_secret(global, args),
            Self::RevokeSecrets(args) => revoke_secrets(global, args),
            Self::Handover(args) => args.run(global),
            Self::Delete(args) => delete(global, args),
        }
    }
}

const SECRET_LOST: &str =
    "The client has it all the same. Make another one with chancery client rotate-secret";

fn create(global: &GlobalArgs, args: &FileArgs) -> Outcome {
    let metadata = read_metadata(&args.file)?;
    let registration = metadata.draft.clone().validate()?;
    let registry = global.open_or_create()?;
    let (secret, stored) = generate_if(registration.token_endpoint_auth_method.uses_secret())?;
    let client_id = generate_client_id()?;
    let new = NewClient {
        client_id,
        registration,
        secret: stored,
        origin: None,
    };
    let client = registry.create_client(new, &global.act())?;
    if metadata.client_id.is_some() {
        output::remark("Left out: client_id, which is made here");
    }
    respond(&registry, &client, secret.as_ref(), &metadata)
}

fn update(global: &GlobalArgs, args: &UpdateArgs) -> Outcome {
    let metadata = read_metadata(&args.file.file)?;
    if metadata
        .client_id
        .as_deref()
        .is_some_and(|named| named != args.client_id.as_str())
    {
        return Err(Failure::new(
            "The client_id in the metadata is another client's",
            "Name the client that the file is about, or take client_id out of the file",
        ));
    }
    let registry = global.open()?;
    let before = find(&registry, &args.client_id)?;
    let act = global.act();
    let uses_secret = |method: crate::client::AuthMethod| method.uses_secret();
    let needs_secret = uses_secret(metadata.draft.token_endpoint_auth_method)
        && !uses_secret(before.draft.token_endpoint_auth_method)
        && before.live_secrets(act.at).next().is_none();
    let (secret, stored) = generate_if(needs_secret)?;
    let draft = metadata.draft.clone();
    let client = registry.update_client(&args.client_id, before.version, draft, stored, &act)?;
    respond(&registry, &client, secret.as_ref(), &metadata)
}

fn rotate_secret(global: &GlobalArgs, args: &RotateArgs) -> Outcome {
    let registry = global.open()?;
    let before = find(&registry, &args.client_id)?;
    let (secret, stored) = NewSecret::generate(args.label.as_str())?;
    let act = global.act();
    let end = act.at.checked_add(args.overlap).unwrap_or(act.at);
    let client = registry.rotate_secret(&args.client_id, stored, end, &act)?;
    let old = before
        .live_secrets(act.at)
        .map(|secret| secret.id)
        .collect::<Vec<_>>();
    // Some of them may have had an earlier end of their own.
    let old_end = client
        .secrets
        .iter()
        .filter(|secret| old.contains(&secret.id))
        .filter_map(|secret| secret.expires_at)
        .max();
    print_response(&client, Some(&secret), old_end)?;
    match old_end {
        Some(end) if end > act.at => output::remark(&format!("The old secrets count until {end}")),
        Some(_) => output::remark("The old secrets have ended"),
        None => output::remark("There was no old secret that counted"),
    }
    Ok(())
}

fn set_status(global: &GlobalArgs, args: &IdArgs, status: Status) -> Outcome {
    let registry = global.open()?;
    let before = find(&registry, &args.client_id)?;
    let client = registry.set_status(&args.client_id, before.version, status, &global.act())?;
    let done = match status {
        Status::Active if client.held => "is switched on, but held until it keeps the rules",
        Status::Active => "is switched on",
        Status::Disabled => "is switched off, and its tokens have ended",
    };
    tell(&registry, &client, args, done)
}

fn revoke_secrets(global: &GlobalArgs, args: &IdArgs) -> Outcome {
    let registry = global.open()?;
    let client = registry.revoke_secrets(&args.client_id, &global.act())?;
    tell(
        &registry,
        &client,
        args,
        "has no live secret and no live token any more",
    )
}

fn delete(global: &GlobalArgs, args: &IdArgs) -> Outcome {
    let registry = global.open()?;
    let before = find(&registry, &args.client_id)?;
    let client = registry.delete_client(&args.client_id, before.version, &global.act())?;
    if args.json {
        return output::json(&describe::deleted_client(&client, &rules(&registry)?));
    }
    tell(
        &registry,
        &client,
        args,
        "is deleted; its record stays in the history",
    )
}

fn show(global: &GlobalArgs, args: &ShowArgs) -> Outcome {
    let registry = global.open()?;
    let client = find(&registry, &args.client_id)?;
    let described = describe::client(&client, &rules(&registry)?);
    if args.json {
        output::json(&described)
    } else {
        output::bytes(describe::as_text(&described).as_bytes())
    }
}

fn list(global: &GlobalArgs, args: &ListArgs) -> Outcome {
    const PAGE: u32 = 1000;
    let registry = global.open()?;
    // A list is made once and must be right, so it waits for what a window does beside its work.
    while !registry.is_read_only() && registry.judge_some()? {}
    let mut query = ListQuery {
        text: args.search.clone(),
        limit: PAGE,
        ..ListQuery::default()
    };
    let mut rows = Vec::new();
    loop {
        let page = registry.list_clients(&query)?;
        let is_last = page.len() < PAGE as usize;
        query.after = page.last().map(|row| row.cursor(query.sort));
        rows.extend(page);
        if is_last {
            break;
        }
    }
    if args.json {
        return output::json(&rows.iter().map(describe::row).collect::<Value>());
    }
    if rows.is_empty() {
        output::remark("No clients");
        return Ok(());
    }
    let cells: Vec<_> = rows.iter().map(describe::cells).collect();
    output::bytes(output::table(&describe::HEADS, &cells).as_bytes())
}

/// The client of an identifier, which must exist.
pub(super) fn find(registry: &Registry, client_id: &ClientId) -> Result<Client, Failure> {
    let missing = || RegistryError::NotFound {
        what: "client",
        name: client_id.to_string(),
    };
    Ok(registry.client(client_id)?.ok_or_else(missing)?)
}

/// A new secret and what is stored of it, where one is needed.
fn generate_if(needed: bool) -> Result<(Option<Secret>, Option<NewSecret>), Failure> {
    Ok(if needed {
        NewSecret::generate("").map(|(secret, stored)| (Some(secret), Some(stored)))?
    } else {
        (None, None)
    })
}

/// Reads client metadata from a file or from standard input, never more than is allowed.
fn read_metadata(file: &Path) -> Result<Metadata, Failure> {
    Ok(rfc7591::read(&input::bytes(file, rfc7591::MAX_BYTES)?)?)
}

/// Prints the response of a registration, and to standard error what is worth a remark.
fn respond(registry: &Registry, client: &Client, secret: Option<&Secret>, metadata: &Metadata) -> Outcome {
    print_response(client, secret, None)?;
    if !metadata.ignored.is_empty() {
        output::remark(&format!(
            "Left out, because nobody may set them or they are unknown: {}",
            metadata.ignored.join(", ")
        ));
    }
    for finding in client.draft.findings_by(&rules(registry)?) {
        output::remark(&remark(&finding));
    }
    Ok(())
}

/// How bad each rule is in this registry; what in its settings makes no sense is told.
fn rules(registry: &Registry) -> Result<RuleSettings, Failure> {
    Ok(super::audit::settings(registry)?.rules)
}

fn remark(finding: &Finding) -> String {
    format!("{}: {}", finding.severity.label(), finding.sentence())
}

fn print_response(client: &Client, secret: Option<&Secret>, old_end: Option<Timestamp>) -> Outcome {
    let response = RegistrationResponse {
        client_id: &client.client_id,
        secret,
        issued_at: client.created_at,
        secret_expires_at: None,
        previous_secrets_expire_at: old_end,
        draft: &client.draft,
        configuration: None,
    };
    output::secret(&response.to_json(), SECRET_LOST)
}

/// Says what was done to a client, or prints it.
fn tell(registry: &Registry, client: &Client, args: &IdArgs, done: &str) -> Outcome {
    if args.json {
        return output::json(&describe::client(client, &rules(registry)?));
    }
    output::line(&output::visible(&format!(
        "{} ({}) {done}",
        client.draft.name, client.client_id
    )))
}
