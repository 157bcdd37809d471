//! What is asked of `git`, and what it says when it cannot.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, time::Duration};

use mastery_kit::process::{Environment, Finished, How, Launch, Supervisor, environment, redact};
use tokio::runtime::{Builder, Runtime};

use super::{SyncError, Target};
use crate::{
    app::{
        AppError,
        toolchain::{Found, GIT},
    },
    workspace::{INCOMING, Push, SHARED, Workspace},
};

/// How long one exchange may take; a slow line with thousands of attempts has it.
const LIMIT: Duration = Duration::from_mins(10);

/// Since this release git can fetch without writing `FETCH_HEAD`, which belongs to the learner.
const WITHOUT_FETCH_HEAD: (u32, u32) = (2, 29);

/// Settings of git's that decide how a remote is reached.
const REACHING: [&str; 6] = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
];

/// How a push ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    All,
    /// Somebody else was faster: fetch and join anew.
    Outrun,
}

/// Speaks with one remote.
pub(super) struct Speaker<'t> {
    folder: PathBuf,
    target: &'t Target,
    supervisor: Supervisor,
    runtime: Runtime,
    keeps_fetch_head: bool,
}

impl<'t> Speaker<'t> {
    pub(super) fn new(
        workspace: &Workspace,
        target: &'t Target,
        supervisor: &Supervisor,
    ) -> Result<Self, AppError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Runtime)?;
        let said = match runtime.block_on(GIT.look(supervisor, &workspace.root)) {
            Found::Good { version } => Ok(version),
            Found::TooOld { version } => Err(format!("{version} is too old")),
            Found::Missing => Err("it is not on PATH".to_owned()),
            Found::Broken { why } => Err(why),
        };
        let version = said.map_err(|said| SyncError::NoGit { said })?;
        let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
        let numbers = (
            numbers.next().unwrap_or(0_u32),
            numbers.next().unwrap_or(0_u32),
        );
        Ok(Self {
            folder: workspace.root.clone(),
            target,
            supervisor: supervisor.clone(),
            runtime,
            keeps_fetch_head: numbers >= WITHOUT_FETCH_HEAD,
        })
    }

    /// Brings the other side's refs, each under a name of ours.
    pub(super) fn fetch(&self) -> Result<(), AppError> {
        let mut words = vec!["fetch", "--quiet", "--no-tags", "--prune", "--refmap="];
        words.push("--no-recurse-submodules");
        if self.keeps_fetch_head {
            words.push("--no-write-fetch-head");
        }
        let refs = format!("+{SHARED}*:{INCOMING}*");
        words.extend(["--", self.target.for_git(), &refs]);
        let finished = self.git(&words)?;
        if finished.success() {
            return Ok(());
        }
        Err(self.failed(&finished).into())
    }

    /// Sends these refs. Each moves only if the other side still has what was fetched.
    pub(super) fn push(&self, pushes: &[Push]) -> Result<Pushed, AppError> {
        let mut words = vec!["push", "--porcelain", "--no-verify", "--no-follow-tags"];
        words.push("--recurse-submodules=no");
        let leases: Vec<String> = pushes
            .iter()
            .map(|push| format!("--force-with-lease={}:{}", push.name, push.expected))
            .collect();
        let refs: Vec<String> = pushes
            .iter()
            .map(|push| format!("{0}:{0}", push.name))
            .collect();
        words.extend(leases.iter().map(String::as_str));
        words.extend(["--", self.target.for_git()]);
        words.extend(refs.iter().map(String::as_str));
        let finished = self.git(&words)?;
        if finished.success() {
            return Ok(Pushed::All);
        }
        let said = finished.output.stdout.text();
        let rejected: Vec<&str> = said.lines().filter(|line| line.starts_with('!')).collect();
        let outrun = |line: &&str| {
            [
                "stale info",
                "fetch first",
                "failed to update ref",
                "cannot lock ref",
            ]
            .iter()
            .any(|sign| line.contains(sign))
        };
        match rejected.iter().find(|line| !outrun(line)) {
            None if !rejected.is_empty() => Ok(Pushed::Outrun),
            None => Err(self.failed(&finished).into()),
            Some(line) => {
                let why = line.rsplit('\t').next().unwrap_or(line);
                let why = why.trim_start_matches("[remote rejected] ");
                Err(SyncError::Declined {
                    remote: self.target.shown(),
                    said: redact(why.trim_matches(['(', ')'])),
                }
                .into())
            }
        }
    }

    fn git(&self, words: &[&str]) -> Result<Finished, AppError> {
        let settings = ["git", "-c", "gc.auto=0", "-c", "maintenance.auto=false"];
        let command = settings.iter().chain(words).map(|&word| word.to_owned());
        let mut launch = Launch::new("git", command.collect(), self.folder.clone());
        launch.environment = surroundings(std::env::vars_os());
        let run = self.supervisor.run(launch, None, LIMIT);
        self.runtime.block_on(run).map_err(|error| {
            let said = error.to_string().trim_end_matches('.').to_owned();
            SyncError::NoGit { said }.into()
        })
    }

    /// What git's last words mean.
    fn failed(&self, finished: &Finished) -> SyncError {
        let remote = self.target.shown();
        if let How::TooLong { limit } = finished.how {
            let said = format!("no end within {} minutes", limit.as_secs() / 60);
            return SyncError::Unreachable { remote, said };
        }
        let told = finished.output.stderr.text();
        judged(remote, &told)
    }
}

/// The learner's environment with what reaches a remote, and no question that nobody could answer.
fn surroundings(inherited: impl Iterator<Item = (OsString, OsString)>) -> Environment {
    let inherited: Vec<(OsString, OsString)> = inherited.collect();
    let mut set = BTreeMap::from([
        ("GIT_TERMINAL_PROMPT".to_owned(), "0".to_owned()),
        // What git says is read below.
        ("LC_ALL".to_owned(), "C".to_owned()),
    ]);
    for (name, value) in &inherited {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
            continue;
        };
        if REACHING.contains(&name) || name.to_ascii_uppercase().ends_with("_PROXY") {
            set.insert(name.to_owned(), value.to_owned());
        }
    }
    environment(inherited, &set)
}

/// Signs in what git, curl and ssh say, the surest first.
const REFUSED: [&str; 8] = [
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied",
    "terminal prompts disabled",
    "Host key verification failed",
    "returned error: 401",
    "returned error: 403",
];
const UNREACHABLE: [&str; 8] = [
    "Could not resolve host",
    "Could not resolve hostname",
    "Connection refused",
    "Connection timed out",
    "Network is unreachable",
    "No route to host",
    "Failed to connect",
    "Connection reset",
];
const MISSING: [&str; 5] = [
    "does not appear to be a git repository",
    "not found",
    "does not exist",
    "is not a git command",
    "No such file or directory",
];

fn judged(remote: String, told: &str) -> SyncError {
    let has = |signs: &[&str]| signs.iter().any(|sign| told.contains(sign));
    // The line that says it, else the last one.
    let signs = [&REFUSED[..], &UNREACHABLE[..], &MISSING[..]].concat();
    let lines = || told.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines()
        .find(|line| signs.iter().any(|sign| line.contains(sign)))
        .or_else(|| lines().next_back())
        .unwrap_or("it said nothing");
    let line = line
        .trim_start_matches("fatal: ")
        .trim_start_matches("error: ")
        .trim_start_matches("remote: ");
    let said = redact(line.trim_end_matches('.'));
    if has(&REFUSED) {
        SyncError::Refused { remote, said }
    } else if has(&UNREACHABLE) {
        SyncError::Unreachable { remote, said }
    } else if has(&MISSING) {
        SyncError::Missing { remote, said }
    } else {
        SyncError::Git { remote, said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_told_apart() {
        let kind = |told: &str| judged("origin".to_owned(), told);
        let refused = "fatal: could not read Username for 'https://x': terminal prompts disabled\n";
        assert!(matches!(kind(refused), SyncError::Refused { .. }));
        let key = "git@x: Permission denied (publickey).\nfatal: Could not read from remote repository.\n";
        let SyncError::Refused { said, .. } = kind(key) else {
            panic!("{:?}", kind(key));
        };
        assert_eq!(said, "git@x: Permission denied (publickey)");
        let away = "fatal: unable to access 'https://a:b@x/': Could not resolve host: x\n";
        let SyncError::Unreachable { said, .. } = kind(away) else {
            panic!("{:?}", kind(away));
        };
        assert!(said.contains("a:***@x"), "{said}");
        let gone = "fatal: '/x' does not appear to be a git repository\n";
        assert!(matches!(kind(gone), SyncError::Missing { .. }));
        assert!(matches!(kind("fatal: bad object\n"), SyncError::Git { .. }));
    }

    #[test]
    fn a_hooks_settings_of_git_are_left_behind_and_the_way_out_is_kept() {
        let told = [
            ("GIT_DIR", "/x"),
            ("GIT_SSH_COMMAND", "ssh -i k"),
            ("https_proxy", "p"),
        ];
        let told = told.map(|(name, value)| (name.into(), value.into()));
        let here = surroundings(told.into_iter());
        assert_eq!(here.get("GIT_DIR"), None);
        assert_eq!(here.get("GIT_SSH_COMMAND"), Some("ssh -i k".as_ref()));
        assert_eq!(here.get("https_proxy"), Some("p".as_ref()));
        assert_eq!(here.get("GIT_TERMINAL_PROMPT"), Some("0".as_ref()));
    }
}
