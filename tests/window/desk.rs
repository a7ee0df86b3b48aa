//! The window as a test sees it: things have a role and a name, as for a screen reader; hands press, type and look.
//!
//! Each window has a registry of its own in a folder that goes with it, a clipboard that can be looked into, and
//! workers that do everything at once, so that what was asked for is done when a hand returns.

use std::path::{Path, PathBuf};

use chancery::client::{ClientDraft, ClientId, ClientKind, Secret};
use chancery::desktop::clipboard::TestClipboard;
use chancery::desktop::worker::{self, ChooseFile, Chosen, Fetch, OpenAddress, Workers};
use chancery::desktop::{App, Settings};
use chancery::outbound::OutboundError;
use chancery::registry::{Act, Client, ListQuery, NewClient, NewSecret, Registry};
use eframe::egui::accesskit::{Action as AccessAction, Toggled};
use eframe::egui::{
    Event, Key, Modifiers, OutputCommand, RawInput, Role, Theme, Vec2, ViewportCommand, ViewportEvent,
    ViewportId, vec2,
};
use egui_kittest::kittest::NodeT;
use egui_kittest::{Harness, Node};
use jiff::Timestamp;
use tempfile::TempDir;

/// A window over a registry of its own.
pub struct TestWindow {
    pub harness: Harness<'static, App>,
    pub clipboard: TestClipboard,
    pub folder: TempDir,
}

/// How a window is opened.
pub struct Opening {
    pub settings: Settings,
    pub size: Vec2,
    pub theme: Theme,
    pub read_only: bool,
    pub sign_offs: Option<PathBuf>,
    /// What lies at the URLs of clients.
    pub documents: Fetch,
    /// What is at the system's browser.
    pub browser: OpenAddress,
    /// How a file is chosen in the system's dialog.
    pub choose: ChooseFile,
}

impl Default for Opening {
    /// Without a server, which takes a moment and a port.
    fn default() -> Self {
        Self {
            settings: Settings {
                start_server: false,
                ..Settings::default()
            },
            size: vec2(1_380.0, 850.0),
            theme: Theme::Dark,
            read_only: false,
            sign_offs: None,
            documents: |url| Err(OutboundError::TooSlow(url.to_owned(), 5)),
            browser: |_| Err(std::io::Error::other("there is none")),
            choose: |_| Chosen::NoDialog,
        }
    }
}

impl Opening {
    /// With its server running.
    pub fn with_server() -> Self {
        Self {
            settings: Settings::default(),
            ..Self::default()
        }
    }

    /// Opens the window over a registry that is filled first.
    pub fn open(self, fill: impl FnOnce(&Registry)) -> TestWindow {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.chancery");
        fill(&Registry::open(&path, Timestamp::now()).unwrap());
        let clipboard = TestClipboard::default();
        let over = worker::Opening {
            path: path.clone(),
            read_only: self.read_only,
            sign_offs: self.sign_offs.into(),
        };
        let workers = Workers::inline_over(over, "Tess Tester")
            .unwrap()
            .fetching_by(self.documents)
            .opening_by(self.browser)
            .choosing_by(self.choose);
        let shared = clipboard.clone();
        let harness = Harness::builder()
            .with_size(self.size)
            .with_theme(self.theme)
            .with_max_steps(16)
            .build_eframe(|cc| App::new(&cc.egui_ctx, workers, Box::new(shared), self.settings));
        TestWindow {
            harness,
            clipboard,
            folder,
        }
    }
}

impl TestWindow {
    /// A window over an empty registry.
    pub fn new() -> Self {
        Self::over(|_| {})
    }

    /// A window over a registry that is filled first.
    pub fn over(fill: impl FnOnce(&Registry)) -> Self {
        Opening::default().open(fill)
    }

    /// The registry file.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("registry.chancery")
    }

    /// Somebody else's connection to the same registry.
    pub fn registry(&self) -> Registry {
        Registry::open(&self.path(), Timestamp::now()).unwrap()
    }

    /// The one client of a name, as the file has it.
    pub fn stored(&self, name: &str) -> Client {
        let query = ListQuery {
            limit: 100,
            ..ListQuery::default()
        };
        let registry = self.registry();
        let rows = registry.list_clients(&query).unwrap();
        let mut named = rows.iter().filter(|row| row.name == name);
        let row = named
            .next()
            .unwrap_or_else(|| panic!("no client {name:?} in the file"));
        assert!(named.next().is_none(), "two clients {name:?}");
        registry.client(&row.client_id).unwrap().unwrap()
    }

    // What is there.

    fn all(&self) -> impl Iterator<Item = Node<'_>> {
        self.harness.root().children_recursive()
    }

    /// Everything of a role and a name.
    pub fn nodes(&self, role: Role, name: &str) -> Vec<Node<'_>> {
        let named =
            |node: &Node<'_>| node.accesskit_node().role() == role && name_of(node).as_deref() == Some(name);
        self.all().filter(named).collect()
    }

    /// The one thing of a role and a name that can be used now.
    pub fn find(&self, role: Role, name: &str) -> Node<'_> {
        let mut usable = self.nodes(role, name).into_iter().filter(is_enabled);
        match (usable.next(), usable.next()) {
            (Some(node), None) => node,
            (None, _) => panic!("no {role:?} {name:?} can be used:\n{}", self.outline()),
            (Some(_), Some(_)) => panic!("two {role:?} {name:?} can be used:\n{}", self.outline()),
        }
    }

    /// Whether something of a role and a name can be used now.
    pub fn can_use(&self, role: Role, name: &str) -> bool {
        self.nodes(role, name).iter().any(is_enabled)
    }

    /// Whether a button can be pressed now.
    pub fn can_press(&self, name: &str) -> bool {
        self.can_use(Role::Button, name)
    }

    /// Whether a text stands anywhere: in a name, a value or a description.
    pub fn shows(&self, text: &str) -> bool {
        self.everything_shown().contains(text)
    }

    /// Every name, value and description there is.
    pub fn everything_shown(&self) -> String {
        let said = |node: Node<'_>| {
            let node = node.accesskit_node();
            [node.label(), node.value(), node.description()]
        };
        self.all()
            .flat_map(said)
            .flatten()
            .collect::<Vec<String>>()
            .join("\n")
    }

    /// The title of the dialog that is open.
    pub fn dialog(&self) -> Option<String> {
        let dialogs = self
            .all()
            .filter(|node| node.accesskit_node().role() == Role::Dialog);
        dialogs.filter_map(|node| name_of(&node)).next()
    }

    /// Everything that can be used now and takes the keyboard: its role, its name, its description.
    pub fn controls(&self) -> Vec<(Role, String, String)> {
        let takes_keyboard =
            |node: &Node<'_>| node.accesskit_node().data().supports_action(AccessAction::Focus);
        let control = |node: Node<'_>| {
            let inner = node.accesskit_node();
            (
                inner.role(),
                name_of(&node).unwrap_or_default(),
                inner.description().unwrap_or_default(),
            )
        };
        self.all()
            .filter(|node| is_enabled(node) && takes_keyboard(node))
            .map(control)
            .collect()
    }

    /// The clients of the list, from top to bottom.
    pub fn rows(&self) -> Vec<String> {
        let rows = self
            .all()
            .filter(|node| node.accesskit_node().role() == Role::Row);
        let mut placed: Vec<(f32, String)> = rows
            .map(|row| (row.rect().top(), name_of(&row).unwrap_or_default()))
            .collect();
        placed.sort_by(|one, other| one.0.total_cmp(&other.0));
        placed.into_iter().map(|(_, name)| name).collect()
    }

    /// What stands in a field, or is chosen in a combo box.
    pub fn value(&self, role: Role, name: &str) -> String {
        self.find(role, name).value().unwrap_or_default()
    }

    /// Whether something is ticked or chosen.
    pub fn is_on(&self, role: Role, name: &str) -> bool {
        let node = self.find(role, name);
        let node = node.accesskit_node();
        node.toggled() == Some(Toggled::True) || node.is_selected() == Some(true)
    }

    /// The name of what the keyboard is on.
    pub fn focused(&self) -> Option<String> {
        self.all().find(Node::is_focused).and_then(|node| name_of(&node))
    }

    /// All that a screen reader finds, for whoever must see why a test fails. Nothing long enough to be a secret.
    pub fn outline(&self) -> String {
        let mut lines = String::new();
        for node in self.all() {
            let inner = node.accesskit_node();
            let said = [inner.label(), inner.value(), inner.description()];
            if said.iter().all(Option::is_none) || inner.role() == Role::TextRun {
                continue;
            }
            let [name, value, description] =
                said.map(|text| text.unwrap_or_default().chars().take(40).collect::<String>());
            let marks = [(inner.is_disabled(), "disabled"), (inner.is_focused(), "focused")];
            let marks: Vec<&str> = marks
                .into_iter()
                .filter_map(|(holds, mark)| holds.then_some(mark))
                .collect();
            lines.push_str(&format!(
                "  {:?} {name:?} {value:?} {description:?} {}\n",
                inner.role(),
                marks.join(" ")
            ));
        }
        lines
    }

    // What a person does.

    /// Lets everything settle.
    pub fn settle(&mut self) {
        self.harness.run();
    }

    /// Brings something into view and clicks on it.
    pub fn click(&mut self, role: Role, name: &str) {
        self.find(role, name).scroll_to_me();
        self.settle();
        self.find(role, name).click();
        self.settle();
    }

    /// Presses a button.
    pub fn press(&mut self, name: &str) {
        self.click(Role::Button, name);
    }

    /// Goes to a screen.
    pub fn go(&mut self, screen: &str) {
        self.press(screen);
    }

    /// Looks at a client of the list.
    pub fn open_client(&mut self, name: &str) {
        self.click(Role::Row, name);
    }

    /// Puts the keyboard into a field.
    pub fn focus(&mut self, name: &str) {
        let role = [Role::TextInput, Role::PasswordInput, Role::MultilineTextInput]
            .into_iter()
            .find(|role| self.can_use(*role, name))
            .unwrap_or(Role::TextInput);
        self.click(role, name);
        assert_eq!(self.focused().as_deref(), Some(name));
    }

    /// Types where the keyboard is, letter by letter.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.harness.event(Event::Text(letter.to_string()));
        }
        self.settle();
    }

    /// Hands over what came in while one slow frame was drawn, as eframe does: all of it together.
    pub fn after_a_slow_frame(&mut self, events: Vec<Event>) {
        let mut input = RawInput {
            events,
            ..RawInput::default()
        };
        loop {
            let ctx = self.harness.ctx.clone();
            eframe::App::raw_input_hook(self.harness.state_mut(), &ctx, &mut input);
            if input.events.is_empty() {
                break;
            }
            self.harness.input_mut().events.append(&mut input.events);
            self.harness.step();
        }
        self.settle();
    }

    /// Types into a field.
    pub fn type_into(&mut self, name: &str, text: &str) {
        self.focus(name);
        self.type_text(text);
    }

    /// Pastes into a field.
    pub fn paste_into(&mut self, name: &str, text: &str) {
        self.focus(name);
        self.harness.event(Event::Paste(text.to_owned()));
        self.settle();
    }

    /// Pastes in place of what stands in a field.
    pub fn paste_over(&mut self, name: &str, text: &str) {
        self.focus(name);
        self.ctrl(Key::A);
        self.harness.event(Event::Paste(text.to_owned()));
        self.settle();
    }

    /// Empties a field and types something else.
    pub fn replace(&mut self, name: &str, text: &str) {
        self.focus(name);
        self.ctrl(Key::A);
        self.type_text(text);
    }

    /// Types into a field that adds to a list, and presses Enter.
    pub fn add(&mut self, name: &str, value: &str) {
        self.type_into(name, value);
        self.key(Key::Enter);
    }

    /// Presses a key.
    pub fn key(&mut self, key: Key) {
        self.harness.key_press(key);
        self.settle();
    }

    /// Presses a key with Control.
    pub fn ctrl(&mut self, key: Key) {
        self.harness.key_press_modifiers(Modifiers::COMMAND, key);
        self.settle();
    }

    /// Chooses in a combo box.
    pub fn choose(&mut self, combo: &str, choice: &str) {
        self.click(Role::ComboBox, combo);
        self.click(Role::ListBoxOption, choice);
    }

    /// Presses a button and returns what it put on the ordinary clipboard.
    pub fn press_to_copy(&mut self, name: &str) -> Option<String> {
        self.find(Role::Button, name).scroll_to_me();
        self.settle();
        self.find(Role::Button, name).click();
        self.harness.step();
        let copied =
            self.harness
                .output()
                .platform_output
                .commands
                .iter()
                .find_map(|command| match command {
                    OutputCommand::CopyText(text) => Some(text.clone()),
                    _ => None,
                });
        self.settle();
        copied
    }

    /// Asks the window to close, as the window manager does. Returns whether it does.
    pub fn asks_to_close(&mut self) -> bool {
        let root = self
            .harness
            .input_mut()
            .viewports
            .get_mut(&ViewportId::ROOT)
            .unwrap();
        root.events.push(ViewportEvent::Close);
        self.harness.step();
        let held = self
            .viewport_commands()
            .any(|command| *command == ViewportCommand::CancelClose);
        self.harness
            .input_mut()
            .viewports
            .get_mut(&ViewportId::ROOT)
            .unwrap()
            .events
            .clear();
        self.settle();
        !held
    }

    pub fn viewport_commands(&self) -> impl Iterator<Item = &ViewportCommand> {
        self.harness.output().viewport_output[&ViewportId::ROOT]
            .commands
            .iter()
    }
}

/// The name of a node; a label's name is its text.
pub fn name_of(node: &Node<'_>) -> Option<String> {
    let node = node.accesskit_node();
    if node.role() == Role::Label {
        node.value()
    } else {
        node.label()
    }
}

pub fn is_enabled(node: &Node<'_>) -> bool {
    !node.accesskit_node().is_disabled()
}

/// A registration that nothing is to be said against, of a kind.
pub fn good_draft(kind: ClientKind, name: &str) -> ClientDraft {
    let mut draft = kind.preset();
    draft.name = name.to_owned();
    draft.scopes = vec!["read".to_owned(), "write".to_owned()];
    draft.audience = vec!["https://api.example.com".to_owned()];
    draft.contacts = vec!["team@example.com".to_owned()];
    if chancery::client::needs_redirect_uri(&draft.grant_types) {
        draft.redirect_uris = vec!["https://app.example.com/callback".to_owned()];
    }
    draft
}

/// The act of somebody else.
pub fn somebody() -> Act {
    Act::new("Somebody Else", Timestamp::now())
}

/// Registers a client without the window. Returns its secret, where it has one.
pub fn register(registry: &Registry, client_id: &str, draft: ClientDraft) -> Option<Secret> {
    let uses_secret = draft.token_endpoint_auth_method.uses_secret();
    let (secret, stored) = uses_secret
        .then(|| NewSecret::generate("First secret").unwrap())
        .unzip();
    let new = NewClient {
        client_id: ClientId::parse(client_id).unwrap(),
        registration: draft.validate().unwrap(),
        secret: stored,
        origin: None,
    };
    registry.create_client(new, &somebody()).unwrap();
    secret
}

/// Whether a file of a folder or below it holds some bytes.
pub fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .any(|path| {
            if path.is_dir() {
                holds(&path, bytes)
            } else {
                std::fs::read(&path)
                    .unwrap()
                    .windows(bytes.len())
                    .any(|part| part == bytes)
            }
        })
}
