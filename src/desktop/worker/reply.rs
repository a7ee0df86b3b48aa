//! What the threads answer.

use std::path::PathBuf;
use std::sync::Arc;

use super::{
    AccessResult, AllAccepted, AppliedFile, AuditRules, Beside, Chosen, ClientAct, Compared, DeadClients,
    Decision, Decoded, Details, Document, EachResult, Exported, FaultState, FindingsView, Fixing,
    ImportOutcome, Previewed, Progress, PublishedKey, Reached, Restoring, Review, ServerState, TestUser,
    TokenResult, Waiting,
};
use crate::audit::Approval;
use crate::audit::calendar::Ending;
use crate::client::{ClientId, Secret};
use crate::outbound::Step;
use crate::registry::{
    ChainReport, Client, ClientRow, Consent, Count, FindingCount, HistoryClient, HistoryRow, ImportRun,
    InitialToken, OpenToOthers, Registry, RegistryError, ResourceServer, SavedRequest,
};
use crate::server::LoggedRequest;
use crate::transfer::UndoReport;

/// What came of a command.
#[derive(Debug)]
pub struct Reply {
    /// The number of the command; 0 for news that nobody asked for.
    pub number: u64,
    /// The answer.
    pub body: ReplyBody,
}

/// The answers there are.
#[derive(Debug)]
pub enum ReplyBody {
    /// The registry is open.
    RegistryOpen {
        /// Its file.
        path: PathBuf,
        /// Whether it can only be looked at.
        read_only: bool,
    },
    /// Others than its owner had access to these of its files until it was opened, or have it still where it is read-only.
    OpenToOthers(Vec<OpenToOthers>),
    /// The registry cannot be opened.
    RegistryClosed(Trouble),
    /// One page of the list.
    Page {
        /// Which page, from 0.
        page: usize,
        /// Its rows.
        rows: Vec<ClientRow>,
    },
    /// How many rows the list has, and how many clients there are in all.
    Counted {
        /// Rows that the query finds.
        found: Count,
        /// Clients in the registry.
        all: Count,
    },
    /// One client, or none of that identifier.
    Client(Box<Option<Client>>),
    /// The rows of a part of the list that is to be selected.
    Range(Vec<ClientRow>),
    /// A client as a picker wants it.
    Picked(Vec<ClientRow>),
    /// Changes, the newest first.
    History(Vec<HistoryRow>),
    /// The client of a change as it is now; none where it is gone.
    HistoryClient(Box<Option<Client>>),
    /// Clients that the history may tell of.
    HistoryClients(Vec<HistoryClient>),
    /// People who stand in the history.
    HistoryPeople(Vec<String>),
    /// Whether the chain of the history is whole.
    ChainVerified(ChainReport),
    /// What the rules say of every client.
    Reviewed(Arc<Review>),
    /// The findings as they are wanted.
    Findings(FindingsView),
    /// Whom people tell about clients of which something was found.
    Owners(Vec<String>),
    /// What stands beside the finding that is looked at.
    Beside(Box<Beside>),
    /// The filters of the findings that are kept, by name: each as it stands in the registry.
    ReviewFilters(Vec<(String, String)>),
    /// Whether it was written down how many findings are open today.
    FindingsCounted(Result<(), Trouble>),
    /// The sign-off of a client.
    Approval(ClientId, Option<Box<Approval>>),
    /// Somebody else saved the client before a change that was to end a finding.
    FixOvertaken {
        /// What was not done.
        fixing: Box<Fixing>,
        /// The client as it is.
        theirs: Box<Client>,
    },
    /// A client came to be, or changed; with the secret that is shown once, where one was made.
    Kept {
        /// What was done.
        deed: Deed,
        /// The client as it is now.
        client: Box<Client>,
        /// The secret.
        secret: Option<Secret>,
    },
    /// A client is gone.
    Deleted(ClientId, String),
    /// How many clients an act on many has come to, or how many risks.
    EachProgress(usize),
    /// What came of the wish to take many risks; none where it was stopped: then nothing was kept.
    AllAccepted(Option<AllAccepted>),
    /// What came of an act on many clients.
    EachDone(Box<EachResult>),
    /// Somebody else saved the client first.
    Conflict(Box<Client>),
    /// Somebody else changed the client before something else than a save was done to it.
    Overtaken {
        /// What was not done.
        act: ClientAct,
        /// The client as it was looked at.
        seen: Box<Client>,
        /// The client as it is.
        theirs: Box<Client>,
    },
    /// Somebody else saved the client before an earlier version of it was restored.
    RestoreOvertaken {
        /// What was not done.
        restoring: Box<Restoring>,
        /// The client as it is.
        theirs: Box<Client>,
    },
    /// Somebody else changed the client before it was signed off: this is what it is. It was not signed off.
    ApprovalOvertaken(Box<Client>),
    /// A decision cannot be kept where sign-offs are kept.
    NotKept {
        /// Which.
        decision: Box<Decision>,
        /// Where it was to be kept, if that was typed.
        place: Option<String>,
        /// Why not.
        trouble: Trouble,
    },
    /// What came of the decisions of a file.
    SignOffs(Result<Box<AppliedFile>, Trouble>),
    /// It was not done.
    Failed(Trouble),
    /// Another window, a server or a command changed the registry.
    ChangedElsewhere,
    /// The server started, stopped, or could not.
    Server(ServerState),
    /// Something that was done on the way to a token.
    Step(Box<Step>),
    /// Somebody must do something before there is a token; nobody need any more.
    Waits(Option<Waiting>),
    /// A token, or the answer in its place.
    Token(Box<Result<TokenResult, Trouble>>),
    /// What is armed in the server, and what was used up.
    Fault(Box<FaultState>),
    /// What the server was asked lately.
    Requests(Vec<LoggedRequest>),
    /// What people call clients; one that is gone is not among them.
    ClientNames(Vec<(ClientId, String)>),
    /// The names of the test users.
    UserNames(Vec<String>),
    /// What pasted tokens say.
    Decoded(Box<Decoded>),
    /// The test users, by name.
    Users(Vec<TestUser>),
    /// What they allowed, by user and client.
    Consents(Vec<Consent>),
    /// The resource servers, by identifier.
    ResourceServers(Vec<ResourceServer>),
    /// A resource server was kept, and what is said of it; or why it was not.
    ResourceServerKept(Result<String, Trouble>),
    /// What a resource server answered, check by check.
    Access(Box<Result<AccessResult, Trouble>>),
    /// The signing keys, the oldest first.
    SigningKeys(Vec<PublishedKey>),
    /// The initial access tokens, the newest first.
    InitialTokens(Vec<InitialToken>),
    /// The token requests that are saved for a client, by name.
    SavedRequests(Vec<SavedRequest>),
    /// How the rules of the audit are set.
    AuditSettings(Arc<AuditRules>),
    /// What ends and when, the earliest first.
    Endings(Vec<Ending>),
    /// How many findings were open, day by day, the oldest first.
    FindingCounts(Vec<FindingCount>),
    /// The text of a file, or why it cannot be read.
    FileRead(Result<String, Trouble>),
    /// An initial access token was made, which is shown once.
    TokenMade(Box<InitialToken>, Secret),
    /// The clients that a sweep would delete.
    DeadClients(DeadClients),
    /// What lies at a URL, or why that cannot be used.
    Document(String, Box<Result<Document, Trouble>>),
    /// A file was chosen in the system's dialog, or none.
    Chosen(Chosen),
    /// How far a file is.
    ExportProgress(Progress),
    /// What became of a file.
    Exported(Result<Exported, Trouble>),
    /// What an import would do, or why that cannot be found out.
    Previewed(Result<Box<Previewed>, Trouble>),
    /// How far something is that goes from client to client.
    Reached(Reached),
    /// What came of an import.
    ImportDone(Result<Box<ImportOutcome>, Trouble>),
    /// What a comparison says, or why there is none.
    Compared(Result<Box<Compared>, Trouble>),
    /// What a file and the registry say of one client of a file, or why that cannot be found out; none where it was no longer
    /// wanted.
    Details(Result<Option<Box<Details>>, Trouble>),
    /// What came of undoing one.
    ImportUndone(Result<UndoReport, Trouble>),
    /// An import by its number; none where there is none.
    ImportRun(i64, Option<ImportRun>),
    /// Something of the server's was changed, and what is said of it.
    Done(String),
}

/// What was done to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was registered.
    Created,
    /// Its registration changed.
    Saved,
    /// A finding on it was ended.
    Fixed,
    /// An earlier version of its registration was restored.
    Restored,
    /// It was switched on or off.
    Switched,
    /// It got a further secret.
    Rotated,
    /// All its secrets ended.
    Revoked,
}

/// What happened, and what to do about it; fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What happened.
    pub what: String,
    /// What to do.
    pub advice: String,
}

impl ReplyBody {
    /// Tells who else had access to a registry that was just opened, if anybody had.
    pub(super) fn of_others(registry: &Registry) -> Option<Self> {
        let found = registry.found_open_to_others();
        (!found.is_empty()).then(|| Self::OpenToOthers(found.to_vec()))
    }
}

impl From<RegistryError> for Trouble {
    fn from(error: RegistryError) -> Self {
        Self {
            what: error.to_string(),
            advice: error.advice().to_string(),
        }
    }
}

impl From<RegistryError> for ReplyBody {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Conflict { theirs } => Self::Conflict(theirs),
            other => Self::Failed(other.into()),
        }
    }
}
