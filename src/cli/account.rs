//! The account of the operating system that this program runs under.

use std::sync::LazyLock;

/// The account, as the environment names it, else as the list of accounts does; `unknown` where neither knows. It is
/// looked up once: the window asks for it in each frame.
pub fn account() -> String {
    static ACCOUNT: LazyLock<String> = LazyLock::new(|| {
        from_environment()
            .or_else(from_accounts)
            .unwrap_or_else(|| "unknown".to_owned())
    });
    ACCOUNT.clone()
}

fn from_environment() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find_map(|name| super::parse_name(&name).ok())
}

/// A service, a container and a bare terminal may have none of these variables. On Linux the owner of the process's
/// own entry is its user; accounts that are not of this machine's file stay unknown.
#[cfg(target_os = "linux")]
fn from_accounts() -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let uid = std::fs::metadata("/proc/self").ok()?.uid();
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    super::parse_name(name_in(&accounts, uid)?).ok()
}

#[cfg(not(target_os = "linux"))]
fn from_accounts() -> Option<String> {
    None
}

/// The name beside a number: `name:password:uid:gid:…`, one account a line (passwd(5)).
#[cfg(any(target_os = "linux", test))]
fn name_in(accounts: &str, uid: u32) -> Option<&str> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let is_it = fields.nth(1)?.parse() == Ok(uid);
        is_it.then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_number() {
        let accounts = "root:x:0:0:root:/root:/bin/bash\n\
                        # a comment\n\
                        broken:x\n\
                        ada:x:1000:1000:Ada,,,:/home/ada:/bin/zsh\n\
                        +::::::\n";
        for (uid, name) in [(0, Some("root")), (1_000, Some("ada")), (1, None)] {
            assert_eq!(name_in(accounts, uid), name);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_runs_this_has_a_name_or_none_but_no_empty_one() {
        assert_ne!(from_accounts().as_deref(), Some(""));
        assert!(!account().is_empty());
    }
}
