//! What a client registration **is**: its fields, the rules it must keep, and the secret it holds; and what the resource
//! servers behind its audience ask of its tokens.
//!
//! Pure: no files, no network, no clock and no randomness of its own; time and random bytes are passed in.
//! Data flows one way: a form, a file or a request fills a [`ClientDraft`]; [`ClientDraft::validate`] turns it
//! into a [`Registration`] or into the [`Refusals`] that say why not. The same findings serve the form, the
//! import, dynamic registration and the audit.

mod auth_method;
mod closed_set;
mod draft;
mod finding;
mod fix;
mod grant;
mod json_words;
pub mod jwks;
pub mod lifetime;
mod member;
pub mod password;
mod placeholder;
pub mod policy;
mod practice;
mod preset;
#[cfg(any(test, fuzzing))]
pub mod properties;
pub mod redirect_uri;
mod registration;
pub mod resource;
mod rule;
mod rule_settings;
mod scope;
pub mod secret;
mod strict_json;
mod validate;

pub use auth_method::AuthMethod;
pub(crate) use closed_set::closed_set;
pub use draft::{ApplicationType, ClientDraft, ClientType, SubjectType};
pub use finding::{Finding, Severity};
pub use fix::Fix;
pub use grant::{GrantType, default_response_types, needs_redirect_uri};
pub use json_words::{json_in_words, json_in_words_at};
pub use member::MEMBERS;
pub use placeholder::{holds_placeholder, is_placeholder};
pub use practice::Practice;
pub use preset::ClientKind;
pub use registration::{ClientId, Refusals, Registration, Standing, Status};
pub use rule::Rule;
pub use rule_settings::{RuleSettings, Weight, can_weigh};
pub use scope::Scope;
pub use secret::{HashError, Secret, SecretHash, Selector, Verification};
pub use strict_json::{NotJson, read_json, read_json_at};
pub use validate::{has_unsafe_characters, make_visible};
