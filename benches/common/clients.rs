//! A registry with as many clients as a large organisation has, the same in each run.

use chancery::client::{ClientDraft, ClientId, ClientKind, Status};
use chancery::registry::{Act, Issue, Registry};
use jiff::Timestamp;

/// Numbers that look random and are the same in each run (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// At least 0 and below the end.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of them.
    pub fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        let index = self.below(items.len() as u64);
        items[usize::try_from(index).unwrap()]
    }

    /// A client ID.
    pub fn id(&mut self) -> ClientId {
        let mut random = [0; 16];
        random[..8].copy_from_slice(&self.next().to_le_bytes());
        random[8..].copy_from_slice(&self.next().to_le_bytes());
        ClientId::generate(random)
    }
}

const TEAMS: [&str; 16] = [
    "Billing",
    "Payroll",
    "Warehouse",
    "Shipping",
    "Inventory",
    "Identity",
    "Search",
    "Reports",
    "Partner",
    "Mobile",
    "Gateway",
    "Ledger",
    "Archive",
    "Support",
    "Fleet",
    "Catalogue",
];
const PARTS: [&str; 8] = [
    "portal",
    "service",
    "console",
    "worker",
    "app",
    "importer",
    "dashboard",
    "agent",
];
const STAGES: [&str; 4] = ["production", "staging", "test", "sandbox"];

/// A registration such as an organisation has thousands of. Devices all sort to the end of the alphabet, and held ones
/// are few: the worst cases of a filter.
pub fn sample(dice: &mut Dice, number: u64) -> (ClientDraft, Status) {
    let kind = match dice.below(100) {
        0..40 => ClientKind::Web,
        40..55 => ClientKind::SinglePage,
        55..65 => ClientKind::Native,
        65..95 => ClientKind::Service,
        _ => ClientKind::Device,
    };
    let (team, part, stage) = (dice.one_of(&TEAMS), dice.one_of(&PARTS), dice.one_of(&STAGES));
    let mut draft = kind.preset();
    draft.name = match kind {
        ClientKind::Device => format!("Zone display {number}"),
        _ => format!("{team} {part} {stage} {number}"),
    };
    let host = format!("{part}-{number}.{}.example.com", team.to_lowercase());
    if chancery::client::needs_redirect_uri(&draft.grant_types) {
        let scheme = if dice.below(1000) == 0 { "http" } else { "https" };
        draft.redirect_uris = vec![
            format!("{scheme}://{host}/oauth/callback"),
            format!("https://{host}/silent-renew"),
        ];
        draft.post_logout_redirect_uris = vec![format!("https://{host}/signed-out")];
    }
    draft.scopes = vec![
        "openid".to_owned(),
        format!("{}:read", team.to_lowercase()),
        "profile".to_owned(),
    ];
    draft.audience = vec![format!("https://api.{}.example.com", team.to_lowercase())];
    draft.contacts = vec![format!("team-{}@example.com", team.to_lowercase())];
    draft.labels = vec![stage.to_owned()];
    (
        draft,
        if dice.below(20) == 0 {
            Status::Disabled
        } else {
            Status::Active
        },
    )
}

/// A moment, some seconds after the benchmark's beginning of time.
pub fn now(seconds: u64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds.cast_signed()).unwrap()
}

/// Registers that many clients, of which two in three were used.
pub fn fill(registry: &Registry, clients: u64) {
    let mut dice = Dice(7);
    for thousand in 0..clients / 1000 {
        registry
            .in_one_commit(|registry| {
                let mut issues = Vec::new();
                for number in thousand * 1000..(thousand + 1) * 1000 {
                    let (draft, status) = sample(&mut dice, number);
                    let client_id = dice.id();
                    let act = Act::new("bench", now(number));
                    registry.import_client(&client_id, &draft, status, &[], "bench", &act)?;
                    if dice.below(3) > 0 {
                        let at = now(dice.below(10_000_000));
                        issues.push(Issue {
                            client_id,
                            secret_id: None,
                            scopes: draft.scopes,
                            at,
                            exp: at,
                        });
                    }
                }
                registry.record_issues(&issues)
            })
            .unwrap();
    }
}
