//! Whether the token opens what it is for: a real request to a resource server, and each check of it.

use eframe::egui::text::LayoutJob;
use eframe::egui::{FontId, Key, Label, Rect, Response, Role, Sense, TextFormat, Ui, WidgetInfo, pos2, vec2};
use serde_json::Value;

use super::long_text::LongText;
use crate::client::Secret;
use crate::client::policy::RuleMethod;
use crate::desktop::command::UiCommand;
use crate::desktop::dialogs::{Dialog, ServerDialog};
use crate::desktop::form::text_field;
use crate::desktop::screens::Action;
use crate::desktop::screens::server::rows::Rows;
use crate::desktop::style::{self, Tone, palette, tokens::font, tokens::space};
use crate::desktop::worker::{AccessRequest, AccessResult, Read, Trouble, Work, Workers};
use crate::protocol::access::{Advice, Checked, Decision, Outcome, Place};
use crate::registry::ResourceServer;

/// The width of the method.
const METHOD: f32 = 96.0;
/// Where the words of a check begin, beside its name; and under it, where there is less room than this for both.
const WORDS: f32 = 164.0;
const WORDS_BELOW: f32 = 16.0;
const BESIDE: f32 = 350.0;

/// The token that is shown.
#[derive(Clone, Copy)]
pub struct TokenInHand<'a> {
    /// The access token.
    pub token: &'a str,
    /// What it says.
    pub claims: &'a Value,
}

/// The state of the part.
#[derive(Default)]
pub struct AccessPart {
    /// The resource servers.
    pub servers: Rows<ResourceServer>,
    form: AccessForm,
    asked: Option<u64>,
    result: Option<Result<Answered, Trouble>>,
}

/// What came of a request, and its bytes as they are shown, so that no frame writes them down anew.
struct Answered {
    result: AccessResult,
    wire: LongText,
}

/// What is asked for.
struct AccessForm {
    /// The slug that was chosen; until then that of the resource server that the token is for.
    chosen: Option<String>,
    method: RuleMethod,
    path: String,
}

impl Default for AccessForm {
    fn default() -> Self {
        Self {
            chosen: None,
            method: RuleMethod::Get,
            path: "/".to_owned(),
        }
    }
}

impl AccessPart {
    /// Another token is shown: what was found of the one before says nothing of it.
    pub fn forget(&mut self) {
        self.asked = None;
        self.result = None;
        self.form.chosen = None;
    }

    /// The registry changed.
    pub fn refresh(&mut self) {
        self.servers.refresh();
    }

    /// Takes an answer in, unless it is to a question that is no longer asked.
    pub fn take(&mut self, number: u64, result: Result<AccessResult, Trouble>) {
        if self.asked.take_if(|asked| *asked == number).is_some() {
            self.result = Some(result.map(|result| Answered {
                wire: LongText::new(Secret::new(wire(&result))),
                result,
            }));
        }
    }

    /// A question could not be answered, of which there has been news.
    pub fn failed(&mut self, number: u64) {
        self.servers.failed(number);
    }

    /// Draws the part for a token.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        workers: &mut Workers,
        token: TokenInHand<'_>,
        writable: bool,
    ) -> Option<Action> {
        style::pane_title(ui, "Check access");
        let servers = self.servers.ui(ui, workers, Read::ResourceServers)?;
        let for_it = servers
            .iter()
            .find(|server| is_for(token.claims, &server.identifier));
        if for_it.is_none() {
            let wanted = nobody_ui(ui, token.claims, servers, writable);
            if servers.is_empty() || wanted.is_some() {
                return wanted;
            }
        }
        let chosen = self.form.chosen.as_ref();
        let chosen = servers.iter().find(|server| Some(&server.slug) == chosen);
        let server = chosen.or(for_it).or(servers.first())?;
        match self.form.ui(ui, server, servers, self.asked.is_none()) {
            Some(Wanted::Other) => self.result = None,
            Some(Wanted::Check) => {
                let request = self.form.request(server, token);
                self.asked = Some(workers.send(Work::CheckAccess(Box::new(request))));
            }
            None => {}
        }
        match &mut self.result {
            None => None,
            Some(Err(trouble)) => {
                style::card(ui, Tone::Danger, |ui| {
                    ui.label(style::strong(ui, &trouble.what));
                    ui.label(style::second(ui, &trouble.advice));
                });
                None
            }
            Some(Ok(answered)) => result_ui(ui, answered, servers, writable),
        }
    }
}

/// What a person wants of the form.
enum Wanted {
    /// Another resource server.
    Other,
    /// To ask.
    Check,
}

impl AccessForm {
    fn ui(
        &mut self,
        ui: &mut Ui,
        server: &ResourceServer,
        servers: &[ResourceServer],
        is_free: bool,
    ) -> Option<Wanted> {
        style::field_label(ui, "Resource server");
        let mut chosen = Some(server.slug.clone());
        let combo = style::combo("Resource server", ui.available_width(), &server.identifier);
        combo.show_ui(ui, |ui| {
            for other in servers {
                style::choice_value(ui, &mut chosen, Some(other.slug.clone()), &other.identifier);
            }
        });
        if chosen.as_ref() != Some(&server.slug) {
            self.chosen = chosen;
            return Some(Wanted::Other);
        }
        ui.add_space(space::XS);
        let entry = ui.horizontal(|ui| {
            let combo = style::combo("Method", METHOD, self.method.as_str());
            combo.show_ui(ui, |ui| {
                for method in RuleMethod::ALL {
                    style::choice_value(ui, &mut self.method, *method, method.as_str());
                }
            });
            text_field(ui, "Path", &mut self.path, "/payroll/2026")
        });
        let problem = path_problem(self.path.trim());
        let note = match problem {
            Some(problem) => style::second(ui, problem).color(Tone::Danger.text(palette(ui))),
            None => style::faint(ui, format!("Below /resource/{} of this server", server.slug)),
        };
        ui.add(Label::new(note).wrap());
        ui.add_space(space::XS);
        let possible = problem.is_none() && is_free;
        let pressed = style::primary_button(ui, "Check access", possible).clicked();
        ui.add_space(space::XS);
        let wanted = possible && (pressed || entered(ui, &entry.inner));
        wanted.then_some(Wanted::Check)
    }

    fn request(&self, server: &ResourceServer, token: TokenInHand<'_>) -> AccessRequest {
        AccessRequest {
            token: Secret::new(token.token.to_owned()),
            is_bound: token.claims.pointer("/cnf/jkt").is_some(),
            slug: server.slug.clone(),
            method: self.method,
            path: self.path.trim().to_owned(),
        }
    }
}

/// Whether `aud` is or holds an identifier (RFC 7519 §4.1.3).
fn is_for(claims: &Value, identifier: &str) -> bool {
    audiences(claims).contains(&identifier)
}

fn audiences(claims: &Value) -> Vec<&str> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Why a path cannot be asked for. One that a resource server refuses can.
fn path_problem(path: &str) -> Option<&'static str> {
    let can_be_sent = |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '"' | '<' | '>');
    if !path.starts_with('/') {
        return Some("A path begins with a slash, such as /payroll/2026");
    }
    (!path.chars().all(can_be_sent)).then_some("Write the path as it stands in a URL: a space is %20")
}

/// No resource server is registered for the token's audience: it can be, with what the token says of it.
fn nobody_ui(ui: &mut Ui, claims: &Value, servers: &[ResourceServer], writable: bool) -> Option<Action> {
    let identifier = audiences(claims).first().copied().unwrap_or_default().to_owned();
    let mut add = false;
    style::card(ui, Tone::Warning, |ui| {
        let text = match identifier.as_str() {
            "" => "The token names no audience, so no resource server takes it".to_owned(),
            named => format!("No resource server is registered for {named}, the token's audience"),
        };
        ui.add(Label::new(style::second(ui, text)).wrap());
        add = writable && style::button(ui, UiCommand::AddResourceServer.label()).clicked();
    });
    ui.add_space(space::XS);
    let scope = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
    let scopes: Vec<&str> = scope.split_whitespace().collect();
    add.then(|| {
        let form = ServerDialog::add_resource_server(&identifier, &scopes, servers);
        Action::ask(Dialog::Server(form))
    })
}

/// The answer: the verdict, each check, what to change, and the bytes.
fn result_ui(
    ui: &mut Ui,
    answered: &mut Answered,
    servers: &[ResourceServer],
    writable: bool,
) -> Option<Action> {
    let Answered { result, wire } = answered;
    let mut action = None;
    ui.horizontal_wrapped(|ui| {
        let allowed = result.exchange.status == 200;
        let (word, tone) = if allowed {
            ("Allowed", Tone::Good)
        } else {
            ("Denied", Tone::Danger)
        };
        style::badge(ui, word, tone);
        let took = result.exchange.took.as_secs_f64() * 1_000.0;
        let status = result.exchange.received_head.lines().next().unwrap_or_default();
        ui.label(style::mono(ui, status));
        ui.label(style::faint(ui, format!("{took:.1}\u{a0}ms")));
    });
    if let Some(decision) = &result.decision {
        checks_ui(ui, decision);
        if let Some(advice) = &decision.advice {
            action = advice_ui(ui, advice, result, servers, writable);
        }
    }
    ui.add_space(space::XS);
    style::code_block(ui, |ui| wire.ui(ui));
    action
}

/// Each check in one row: a dot, its name, and why.
fn checks_ui(ui: &mut Ui, decision: &Decision) {
    let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.y, 0.0);
    for checked in &decision.checks {
        check_ui(ui, checked);
    }
    ui.spacing_mut().item_spacing.y = spacing;
    ui.add_space(space::XS);
}

fn check_ui(ui: &mut Ui, checked: &Checked) {
    let colors = palette(ui);
    let (tone, word) = match checked.outcome {
        Outcome::Passed => (Tone::Good, "passed"),
        Outcome::Failed => (Tone::Danger, "failed"),
        Outcome::NotReached => (Tone::Neutral, "not reached"),
    };
    let ink = match checked.outcome {
        Outcome::Passed => colors.second,
        Outcome::Failed => colors.danger_text,
        Outcome::NotReached => colors.faint,
    };
    let is_beside = ui.available_width() >= BESIDE;
    let (left, above) = if is_beside {
        (WORDS, 0.0)
    } else {
        (WORDS_BELOW, font::LINE)
    };
    let mut format = TextFormat::simple(FontId::proportional(font::BODY), ink);
    format.line_height = Some(font::LINE);
    let mut job = LayoutJob::single_section(checked.reason.clone(), format);
    job.wrap.max_width = ui.available_width() - left;
    let words = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let height = above + words.size().y + space::S;
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let name = format!("{}, {word}: {}", checked.check.label(), checked.reason);
    response.widget_info(|| WidgetInfo::labeled(Role::Row, true, &name));
    let top = row.top() + space::XS;
    let middle = top + font::LINE / 2.0;
    ui.painter()
        .circle_filled(pos2(row.left() + 4.0, middle), 3.5, tone.dot(colors));
    let end = if is_beside {
        row.left() + left - space::S
    } else {
        row.right()
    };
    let label = Rect::from_x_y_ranges(row.left() + WORDS_BELOW..=end, top..=top + font::LINE);
    let medium = FontId::new(font::BODY, style::family(style::MEDIUM));
    style::cell(ui, label, checked.check.label(), medium, colors.text);
    ui.painter()
        .galley(pos2(row.left() + left, top + above), words, ink);
}

/// What to change, and the way there.
fn advice_ui(
    ui: &mut Ui,
    advice: &Advice,
    result: &AccessResult,
    servers: &[ResourceServer],
    writable: bool,
) -> Option<Action> {
    let mut action = None;
    style::card(ui, Tone::Warning, |ui| {
        ui.add(Label::new(style::second(ui, &advice.text)).wrap());
        if let Some(field) = advice.field {
            ui.horizontal(|ui| {
                ui.label(style::faint(ui, "Field"));
                ui.label(style::mono(ui, field));
            });
        }
        match (advice.place, &result.client_id) {
            (Place::Client, Some(client_id)) => {
                if style::button(ui, "Open its client").clicked() {
                    action = Some(Action::Open(client_id.clone()));
                }
            }
            (Place::ResourceServer, _) => {
                let server = servers.iter().find(|server| server.slug == result.slug);
                if let Some(server) = server.filter(|_| writable)
                    && style::button(ui, "Edit resource server…").clicked()
                {
                    let form = ServerDialog::edit_resource_server(server, servers);
                    action = Some(Action::ask(Dialog::Server(form)));
                }
            }
            (Place::Client | Place::Request, _) => {}
        }
    });
    action
}

/// The request as it was sent, and of the answer what a client goes by, both with the token masked.
fn wire(result: &AccessResult) -> String {
    let exchange = &result.exchange;
    let head = exchange.received_head.trim_end();
    let is_told = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        line.starts_with("HTTP/") || name.eq_ignore_ascii_case("www-authenticate")
    };
    let told: Vec<&str> = head.split("\r\n").filter(is_told).collect();
    let body = exchange.body_for_people(false);
    format!(
        "{}\n\n{}\n\n{body}",
        exchange.masked_head().trim_end().replace("\r\n", "\n"),
        told.join("\n")
    )
}

/// Whether Enter was pressed in a field of one line.
fn entered(ui: &Ui, entry: &Response) -> bool {
    entry.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_sent_as_it_is_written_or_not_at_all() {
        for good in ["/", "/a/../b", "/a//b", "/a%2Fb?x=1", "/a;b"] {
            assert_eq!(path_problem(good), None, "{good}");
        }
        for bad in ["", "a", "/a b", "/a#b", "/\u{e9}", "/a\nb"] {
            assert!(path_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_token_is_for_each_of_its_audiences() {
        assert!(is_for(&json!({ "aud": "a" }), "a") && is_for(&json!({ "aud": ["b", "a"] }), "a"));
        assert!(!is_for(&json!({ "aud": "ab" }), "a") && !is_for(&json!({}), "a"));
    }
}
