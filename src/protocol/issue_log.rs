//! What was issued since the last write: gathered in memory, so that a token costs no transaction.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::client::ClientId;
use crate::registry::Issue;

/// Combinations of client, secret and scope held between two writes; more are written at once.
const MOST_GATHERED: usize = 4_096;

/// Last issue and latest `exp`, by client, secret and scope.
#[derive(Debug, Default)]
pub struct IssueLog {
    gathered: HashMap<Key, Times>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    client_id: ClientId,
    secret_id: Option<i64>,
    scope: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct Times {
    at: Timestamp,
    exp: Timestamp,
}

impl IssueLog {
    /// Notes a token. Tells whether the writer should be woken: at the first since the last write, and when full.
    pub fn note(
        &mut self,
        client_id: ClientId,
        secret_id: Option<i64>,
        scope: Option<String>,
        at: Timestamp,
        exp: Timestamp,
    ) -> bool {
        let was_empty = self.gathered.is_empty();
        let times = self
            .gathered
            .entry(Key {
                client_id,
                secret_id,
                scope,
            })
            .or_insert(Times { at, exp });
        times.at = times.at.max(at);
        times.exp = times.exp.max(exp);
        was_empty || self.is_full()
    }

    /// Whether it should be written without waiting.
    pub fn is_full(&self) -> bool {
        self.gathered.len() >= MOST_GATHERED
    }

    /// Takes what was gathered, to be written.
    pub fn take(&mut self) -> Vec<Issue> {
        std::mem::take(&mut self.gathered)
            .into_iter()
            .map(|(key, times)| Issue {
                client_id: key.client_id,
                secret_id: key.secret_id,
                scopes: key
                    .scope
                    .map(|scope| scope.split(' ').map(str::to_owned).collect())
                    .unwrap_or_default(),
                at: times.at,
                exp: times.exp,
            })
            .collect()
    }

    /// Puts back what could not be written, unless there is too much by now: last-used is worth less than memory.
    pub fn put_back(&mut self, issues: Vec<Issue>) {
        for issue in issues {
            if self.is_full() {
                return;
            }
            let scope = (!issue.scopes.is_empty()).then(|| issue.scopes.join(" "));
            self.note(issue.client_id, issue.secret_id, scope, issue.at, issue.exp);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn tokens_of_one_kind_are_one_entry_with_the_last_issue_and_the_latest_end() {
        let mut log = IssueLog::default();
        let id = ClientId::parse("a").unwrap();
        let scope = || Some("read write".to_owned());
        assert!(
            log.note(id.clone(), Some(1), scope(), at(5), at(605)),
            "the first wakes the writer"
        );
        assert!(!log.note(id.clone(), Some(1), scope(), at(3), at(3603)));
        let issues = log.take();
        assert_eq!(issues.len(), 1);
        assert_eq!((issues[0].at, issues[0].exp), (at(5), at(3603)));
        assert_eq!(issues[0].scopes, ["read", "write"]);
        assert!(log.take().is_empty());
        log.put_back(issues.clone());
        assert_eq!(log.take(), issues);
    }

    #[test]
    fn what_waits_to_be_written_is_bounded() {
        let mut log = IssueLog::default();
        for number in 0..5_000 {
            log.note(
                ClientId::parse(&number.to_string()).unwrap(),
                None,
                None,
                at(0),
                at(600),
            );
        }
        assert!(log.is_full());
        let issues = log.take();
        log.put_back(issues);
        assert_eq!(log.gathered.len(), MOST_GATHERED);
    }
}
