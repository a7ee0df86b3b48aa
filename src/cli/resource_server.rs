//! `chancery resource-server …`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Failure, GlobalArgs, Outcome, describe, input, output};
use crate::client::policy::{AccessPolicy, PathPattern, PolicyRule, RequiredClaim, RuleMethod};
use crate::client::resource::propose_slug;
use crate::client::{ClientId, Scope, json_in_words, read_json};
use crate::registry::{Registry, RegistryError, ResourceServer};

/// The longest file that is read, in bytes: more than the largest policy takes.
const MOST_BYTES: usize = 1024 * 1024;
/// What stands for every method, as in the history.
const ANY_METHOD: &str = "any";

/// Register, find and change the resource servers that tokens are for
#[derive(Debug, Subcommand)]
#[command(after_help = RESOURCE_SERVER_HELP)]
pub(super) enum ResourceServerCommand {
    /// Register a resource server
    #[command(after_help = [ADD_HELP, ADD_HELP_AFTER].concat())]
    Add(AddArgs),
    /// List resource servers
    #[command(after_help = LIST_HELP)]
    List(ListArgs),
    /// Show everything about a resource server
    #[command(after_help = SHOW_HELP)]
    Show(IdArgs),
    /// Replace everything about a resource server but its identifier
    #[command(after_help = UPDATE_HELP)]
    Update(UpdateArgs),
    /// Remove a resource server. Clients keep its identifier in their audience
    #[command(after_help = REMOVE_HELP)]
    Remove(RemoveArgs),
}

// A paragraph is one line here: clap breaks it as wide as the terminal is, and would break lines of ours once more.

const RESOURCE_SERVER_HELP: &str = "\
ID is an identifier or a slug.

Examples:
  chancery resource-server add --file payroll.json
  chancery resource-server list
  chancery resource-server remove payroll";

const ADD_HELP: &str = r#"FILE holds one JSON object:

  {
    "identifier": "https://payroll.example.com",
    "slug": "payroll",
    "scopes": ["payroll:read", "payroll:write"],
    "introspecting_client": "CLIENT_ID",
    "policy": [
      { "method": "GET", "path": "/payroll/*", "scopes": ["payroll:read"] },
      { "method": "any", "path": "/payroll/**", "scopes": ["payroll:write"],
        "claims": ["client_id=CLIENT_ID"] }
    ]
  }

"#;

const ADD_HELP_AFTER: &str = "\
identifier is what stands in the aud of tokens, to the letter. slug is its name in /resource/SLUG/… of the server; where \
it is left out, one is made. introspecting_client is the client that may introspect its tokens (RFC 7662). Everything \
but identifier may be left out.

policy holds rules, whose order means nothing. method is GET, POST, PUT, PATCH, DELETE or any. In path, * is one \
segment, and /** at the end is that path and everything below. scopes and claims are what the token must have, all of \
it; a claim is written name=value. The rule with the most specific path decides; what no rule fits is denied.

Examples:
  chancery resource-server add --file payroll.json
  chancery resource-server add --file - < payroll.json";

const LIST_HELP: &str = "\
With --json, a list of the objects that add reads.

Example:
  chancery resource-server list --json | jq -r '.[].identifier'";

const SHOW_HELP: &str = "\
With --json, the object that add and update read.

Examples:
  chancery resource-server show payroll
  chancery resource-server show payroll --json > payroll.json";

const UPDATE_HELP: &str = "\
FILE holds the whole resource server, as for add: what is left out is taken away, but identifier and slug stay as they \
are where they are left out. An identifier stays for ever, since tokens carry it.

Example:
  chancery resource-server show payroll --json > payroll.json
  chancery resource-server update payroll --file payroll.json";

const REMOVE_HELP: &str = "\
Example:
  chancery resource-server remove payroll";

#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The resource server as JSON, at most 1 MB; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct IdArgs {
    /// The identifier or the slug
    #[arg(value_name = "ID")]
    id: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// The identifier or the slug
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    file: AddArgs,
}

#[derive(Debug, Args)]
pub(super) struct RemoveArgs {
    /// The identifier or the slug
    #[arg(value_name = "ID")]
    id: String,
}

impl ResourceServerCommand {
    /// Does it.
    pub(super) fn run(&self, global: &GlobalArgs) -> Outcome {
        match self {
            Self::Add(args) => add(args, global),
            Self::List(args) => list(args, global),
            Self::Show(args) => show(args, global),
            Self::Update(args) => update(args, global),
            Self::Remove(args) => remove(args, global),
        }
    }
}

/// A resource server as it is written in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    identifier: Option<String>,
    slug: Option<String>,
    #[serde(default)]
    scopes: Vec<String>,
    introspecting_client: Option<String>,
    #[serde(default)]
    policy: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    method: Option<String>,
    path: String,
    #[serde(default)]
    scopes: Vec<String>,
    #[serde(default)]
    claims: Vec<String>,
}

impl Written {
    /// The resource server that is meant, if there can be one.
    fn read(self, identifier: String, slug: String) -> Result<ResourceServer, String> {
        let introspecting_client = match self.introspecting_client.as_deref() {
            None | Some("") => None,
            Some(id) => Some(ClientId::parse(id).ok_or_else(|| format!("{id:?} is no client ID"))?),
        };
        let rules: Result<Vec<PolicyRule>, String> = self.policy.into_iter().map(WrittenRule::read).collect();
        let server = ResourceServer {
            identifier,
            slug,
            scopes: without_repetition(self.scopes),
            introspecting_client,
            policy: AccessPolicy::new(rules?).map_err(|problem| problem.to_string())?,
        };
        server.problem().map_or(Ok(server), Err)
    }
}

impl WrittenRule {
    fn read(self) -> Result<PolicyRule, String> {
        let of_rule = |problem: String| format!("The rule for {}: {problem}", self.path);
        let method = match self.method.as_deref() {
            None | Some(ANY_METHOD) => None,
            Some(text) => {
                let method = RuleMethod::ALL.iter().find(|method| method.as_str() == text);
                Some(*method.ok_or_else(|| {
                    let known: Vec<&str> = RuleMethod::ALL.iter().map(|method| method.as_str()).collect();
                    of_rule(format!(
                        "{text} is no method, which is {} or any",
                        known.join(", ")
                    ))
                })?)
            }
        };
        let path = PathPattern::parse(&self.path).map_err(|error| of_rule(error.to_string()))?;
        if let Some(odd) = self.scopes.iter().find(|scope| Scope::parse(scope).is_none()) {
            return Err(of_rule(format!("{odd} is no scope")));
        }
        let claim = |text: &String| {
            RequiredClaim::parse(text)
                .ok_or_else(|| of_rule(format!("{text} is no claim: write name=value, without spaces")))
        };
        let claims: Result<Vec<RequiredClaim>, String> = self.claims.iter().map(claim).collect();
        Ok(PolicyRule {
            method,
            path,
            claims: claims?,
            scopes: without_repetition(self.scopes),
        })
    }
}

fn without_repetition(words: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        if !once.contains(&word) {
            once.push(word);
        }
    }
    once
}

fn add(args: &AddArgs, global: &GlobalArgs) -> Outcome {
    let mut written = read_file(&args.file)?;
    let identifier = written.identifier.take().unwrap_or_default();
    let registry = global.open_or_create()?;
    let act = global.act();
    let server = registry.in_one_commit(|registry| {
        let all = registry.resource_servers()?;
        if all.iter().any(|other| other.identifier == identifier) {
            return Err(RegistryError::AlreadyExists {
                what: "resource server",
                name: identifier,
            });
        }
        let slug = written.slug.take().unwrap_or_else(|| {
            let taken: Vec<String> = all.into_iter().map(|other| other.slug).collect();
            propose_slug(&identifier, &taken)
        });
        let server = written.read(identifier, slug).map_err(RegistryError::Unfit)?;
        registry.put_resource_server(&server, &act)?;
        Ok(server)
    })?;
    tell(
        &server,
        args.json,
        &format!("answers at /resource/{}/", server.slug),
    )
}

fn update(args: &UpdateArgs, global: &GlobalArgs) -> Outcome {
    let mut written = read_file(&args.file.file)?;
    let registry = global.open()?;
    let act = global.act();
    let server = registry.in_one_commit(|registry| {
        let before = find(registry, &args.id)?;
        let named = written.identifier.take();
        if named.is_some_and(|named| named != before.identifier) {
            return Err(RegistryError::Unfit(format!(
                "The identifier of {} cannot be changed, since tokens carry it: register another resource server",
                before.identifier
            )));
        }
        let slug = written.slug.take().unwrap_or(before.slug);
        let server = written
            .read(before.identifier, slug)
            .map_err(RegistryError::Unfit)?;
        registry.put_resource_server(&server, &act)?;
        Ok(server)
    })?;
    tell(&server, args.file.json, "was saved")
}

fn remove(args: &RemoveArgs, global: &GlobalArgs) -> Outcome {
    let registry = global.open()?;
    let act = global.act();
    let identifier = registry.in_one_commit(|registry| {
        let identifier = find(registry, &args.id)?.identifier;
        registry.remove_resource_server(&identifier, &act)?;
        Ok::<_, RegistryError>(identifier)
    })?;
    output::line(&output::visible(&format!("{identifier} is removed")))
}

fn list(args: &ListArgs, global: &GlobalArgs) -> Outcome {
    let servers = global.open()?.resource_servers()?;
    if args.json {
        return output::json(&servers.iter().map(described).collect::<Value>());
    }
    if servers.is_empty() {
        output::remark("No resource servers. Register one with chancery resource-server add --file FILE");
        return Ok(());
    }
    let cells: Vec<Vec<String>> = servers.iter().map(cells).collect();
    output::bytes(output::table(&["SLUG", "IDENTIFIER", "RULES", "SCOPES"], &cells).as_bytes())
}

fn show(args: &IdArgs, global: &GlobalArgs) -> Outcome {
    let described = described(&find(&global.open()?, &args.id)?);
    if args.json {
        output::json(&described)
    } else {
        output::bytes(describe::as_text(&described).as_bytes())
    }
}

/// The one of this identifier, or else of this slug.
fn find(registry: &Registry, id: &str) -> Result<ResourceServer, RegistryError> {
    let all = registry.resource_servers()?;
    let by_identifier = all.iter().find(|server| server.identifier == id);
    let found = by_identifier.or_else(|| all.iter().find(|server| server.slug == id));
    found.cloned().ok_or_else(|| RegistryError::NotFound {
        what: "resource server",
        name: id.to_owned(),
    })
}

fn cells(server: &ResourceServer) -> Vec<String> {
    vec![
        server.slug.clone(),
        server.identifier.clone(),
        server.policy.rules().len().to_string(),
        server.scopes.join(" "),
    ]
}

/// Everything about it, as it can be read again.
fn described(server: &ResourceServer) -> Value {
    let rule = |rule: &PolicyRule| {
        let claims: Vec<String> = rule.claims.iter().map(ToString::to_string).collect();
        json!({
            "method": rule.method.map_or(ANY_METHOD, RuleMethod::as_str),
            "path": rule.path.as_str(),
            "scopes": rule.scopes,
            "claims": claims,
        })
    };
    json!({
        "identifier": server.identifier,
        "slug": server.slug,
        "scopes": server.scopes,
        "introspecting_client": server.introspecting_client.as_ref().map(ClientId::as_str),
        "policy": server.policy.rules().iter().map(rule).collect::<Vec<_>>(),
    })
}

/// Says what was done, or prints what is kept.
fn tell(server: &ResourceServer, as_json: bool, done: &str) -> Outcome {
    if as_json {
        return output::json(&described(server));
    }
    output::line(&output::visible(&format!("{} {done}", server.identifier)))
}

/// Reads a file or standard input, never more than is allowed.
fn read_file(file: &Path) -> Result<Written, Failure> {
    let bytes = input::bytes(file, MOST_BYTES)?;
    if bytes.len() > MOST_BYTES {
        return Err(Failure::new(
            "The resource server is larger than 1 MB",
            "A resource server has 200 scopes, 100 rules and 64 KB of rules at most",
        ));
    }
    let none = |error: String| {
        Failure::new(
            format!("This is no resource server: {error}"),
            "Write it as {\"identifier\": \"https://api.example.com\", \"scopes\": [\"read\"]}; \
             chancery resource-server add --help shows all its members",
        )
    };
    // A member that stands there twice is read otherwise by others.
    let value = read_json(&bytes).map_err(|error| none(error.to_string()))?;
    serde_json::from_value(value).map_err(|error| none(json_in_words(&error)))
}
