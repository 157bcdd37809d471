//! The environment of the learner's program: their machine, our contract, nothing that misleads.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

/// Every name a lab's contract may set (`rules.md` 0.1). Inherited values never reach a program:
/// it would work on one machine only.
const CONTRACT: &[&str] = &[
    "ACCOUNTS_FILE",
    "ALLOWED_LATENESS_MS",
    "AUTH_ISSUER",
    "BAR_SINK_URL",
    "CACHE_CAPACITY",
    "CHECKPOINT_DIR",
    "DATABASE_URL",
    "DATA_FILE",
    "DEVICE_URL",
    "DLQ_TOPIC",
    "ENRICH_TIMEOUT_MS",
    "GRPC_PORT",
    "HOST",
    "JWKS_URL",
    "LEDGER_URL",
    "LLM_BASE_URL",
    "LOADER_TIMEOUT_MS",
    "LOADER_URL",
    "LOG_LEVEL",
    "MAIL_URL",
    "MAX_BACKLOG",
    "MAX_IN_FLIGHT",
    "OAUTH_CLIENTS_FILE",
    "ORIGIN_MAX_CONCURRENCY",
    "ORIGIN_URL",
    "PDP_URL",
    "PORT",
    "PUBLIC_BASE_URL",
    "PURGE_TOKEN",
    "REDIS_URL",
    "REF_DATA_URL",
    "RELEASE",
    "RETENTION_EVENTS",
    "RP_ID",
    "RP_ORIGIN",
    "SHARD_NODES",
    "STORE_DIR",
    "STORE_URL",
    "TICK_SOURCE_URL",
    "TOPIC",
    "VECTOR_URL",
    "VENUE_URL",
];

/// Families of names that would let the machine's settings decide over a check.
const REMOVED: &[&str] = &["GIT_", "PG", "KAFKA_", "OTEL_", "MASTERY_"];

/// What a program is started with, and which part of it is ours to show.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    all: BTreeMap<OsString, OsString>,
    set: BTreeMap<String, String>,
}

/// Builds a program's environment (decision 12): what was inherited without what misleads, then
/// `HOST=127.0.0.1`, then what the contract sets.
pub fn environment(
    inherited: impl IntoIterator<Item = (OsString, OsString)>,
    set: &BTreeMap<String, String>,
) -> Environment {
    let mut shown = set.clone();
    shown
        .entry("HOST".to_owned())
        .or_insert_with(|| "127.0.0.1".to_owned());
    let mut all: BTreeMap<OsString, OsString> = inherited
        .into_iter()
        .filter(|(name, _)| !is_removed(name))
        .collect();
    all.extend(
        shown
            .iter()
            .map(|(name, value)| (name.into(), value.into())),
    );
    Environment { all, set: shown }
}

fn is_removed(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.ends_with("_PROXY")
        || CONTRACT.contains(&name.as_str())
        || REMOVED.iter().any(|family| name.starts_with(family))
}

impl Environment {
    /// What we set, in order, passwords redacted: the only part that is shown or recorded.
    pub fn shown(&self) -> Vec<(String, String)> {
        self.set
            .iter()
            .map(|(name, value)| (name.clone(), redact(value)))
            .collect()
    }

    /// The value a program will see under this name.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.all.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All of it, for whoever starts the program.
    pub(crate) fn all(&self) -> &BTreeMap<OsString, OsString> {
        &self.all
    }
}

/// The text with the passwords of its URLs as `***`.
pub fn redact(value: &str) -> String {
    let mut told = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find("://") {
        let (scheme, after) = rest.split_at(start + 3);
        told.push_str(scheme);
        let authority = after
            .find(|c: char| "/?#,\"'".contains(c) || c.is_whitespace())
            .unwrap_or(after.len());
        // A password may itself hold an `@`; the last one ends it.
        match after[..authority].rsplit_once('@') {
            Some((who, host)) => {
                let name = who.split_once(':').map(|(name, _)| name);
                told.push_str(name.unwrap_or(who));
                if name.is_some() {
                    told.push_str(":***");
                }
                told.push('@');
                told.push_str(host);
            }
            None => told.push_str(&after[..authority]),
        }
        rest = &after[authority..];
    }
    told.push_str(rest);
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        pairs
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[test]
    fn the_machine_is_inherited_and_what_misleads_is_not() {
        let made = environment(
            pairs(&[
                ("PATH", "/bin"),
                ("CARGO_HOME", "/c"),
                ("LC_ALL", "C.UTF-8"),
                ("https_proxy", "http://proxy"),
                ("NO_PROXY", "*"),
                ("GIT_DIR", "/x"),
                ("PGHOST", "db"),
                ("KAFKA_OPTS", "-X"),
                ("OTEL_SERVICE_NAME", "me"),
                ("MASTERY_SEED", "1"),
                ("DATABASE_URL", "postgres://mine"),
                ("PORT", "8000"),
                ("HOST", "0.0.0.0"),
            ]),
            &BTreeMap::from([("PORT".to_owned(), "41873".to_owned())]),
        );
        let names: Vec<_> = made
            .all()
            .iter()
            .map(|(n, v)| format!("{}={}", n.display(), v.display()))
            .collect();
        assert_eq!(
            names,
            [
                "CARGO_HOME=/c",
                "HOST=127.0.0.1",
                "LC_ALL=C.UTF-8",
                "PATH=/bin",
                "PORT=41873"
            ]
        );
        assert_eq!(
            made.shown(),
            [
                ("HOST".to_owned(), "127.0.0.1".to_owned()),
                ("PORT".to_owned(), "41873".to_owned())
            ]
        );
    }

    #[test]
    fn what_a_contract_sets_wins_over_the_families_that_are_removed() {
        let set = BTreeMap::from([("MASTERY_TEST_HOOKS".to_owned(), "1".to_owned())]);
        let made = environment(pairs(&[("MASTERY_TEST_HOOKS", "0")]), &set);
        assert_eq!(made.get("MASTERY_TEST_HOOKS"), Some(OsStr::new("1")));
    }

    #[test]
    fn passwords_in_urls_are_never_shown() {
        for (given, told) in [
            (
                "postgres://u:p@w@h:5432/db?x=1",
                "postgres://u:***@h:5432/db?x=1",
            ),
            (
                "a=redis://:s3cret@h, b=http://u@h/p@q",
                "a=redis://:***@h, b=http://u@h/p@q",
            ),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80/"),
            ("no url: at all@", "no url: at all@"),
        ] {
            assert_eq!(redact(given), told);
        }
    }
}
