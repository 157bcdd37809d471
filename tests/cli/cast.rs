//! A learner with an empty home, and what their commands print.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

pub(crate) const LAB: &str = "week-01-api-design/labs/rest-api";

/// Somebody at a terminal of their own.
pub(crate) struct Learner {
    _home: tempfile::TempDir,
    pub(crate) root: PathBuf,
}

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Learner {
    /// A learner who has told git who they are.
    pub(crate) fn new() -> Self {
        let learner = Self::nameless();
        let identity = "[user]\n\tname = Ada\n\temail = ada@example.org\n";
        fs::write(learner.root.join(".gitconfig"), identity).unwrap();
        learner
    }

    /// A learner whom git does not know.
    pub(crate) fn nameless() -> Self {
        let home = tempfile::Builder::new()
            .prefix("learner é ")
            .tempdir()
            .unwrap();
        let root = home.path().canonicalize().unwrap();
        fs::create_dir(root.join("tmp")).unwrap();
        Self { _home: home, root }
    }

    /// A learner with a workspace and `rest-api` started in Python.
    pub(crate) fn begun() -> Self {
        let learner = Self::new();
        learner.says(".", &["init", "ws"]).good();
        learner.says("ws", &["start", "rest-api"]).good();
        learner
    }

    /// The same with a solution in place of the starter.
    pub(crate) fn solved() -> Self {
        let learner = Self::begun();
        learner.solve(&learner.root.join("ws"));
        learner
    }

    /// Puts the solution into a workspace.
    pub(crate) fn solve(&self, workspace: &Path) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("graders/rest-api/reference/python");
        assert!(workspace.starts_with(&self.root), "only what is theirs");
        for entry in fs::read_dir(from).unwrap().flatten() {
            if entry.path().is_file() {
                let to = workspace.join(LAB).join(entry.file_name());
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }

    pub(crate) fn lab(&self) -> PathBuf {
        self.root.join("ws").join(LAB)
    }

    /// Runs `mastery` in a folder below the home and waits for it.
    pub(crate) fn says(&self, folder: &str, args: &[&str]) -> Said {
        said(self.command(folder, args).output().unwrap())
    }

    /// Runs it in the background.
    pub(crate) fn begins(&self, folder: &str, args: &[&str]) -> std::process::Child {
        let mut command = self.command(folder, args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the binary under test is started as a shell does"
    )]
    pub(crate) fn command(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mastery"));
        command
            .args(args)
            .current_dir(self.root.join(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.root)
            .env("XDG_CONFIG_HOME", self.root.join("none"))
            .env("TMPDIR", self.root.join("tmp"))
            .env("NO_COLOR", "1")
            .env("COLUMNS", "80");
        command
    }

    /// Everything in `.git` that an attempt must leave as it is.
    pub(crate) fn git_state(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut open = vec![self.root.join("ws/.git")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.ends_with("objects") || path.ends_with("refs/mastery") {
                    continue;
                }
                if path.is_dir() {
                    open.push(path);
                } else {
                    files.push((path.clone(), fs::read(path).unwrap()));
                }
            }
        }
        files.sort();
        files
    }

    /// Processes that carry this learner's folder in their environment: what a run left behind.
    pub(crate) fn left_running(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}", self.root.join("tmp").display());
        let pids = fs::read_dir("/proc").unwrap().flatten();
        pids.filter(|entry| {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            let mut variables = environment.split(|byte| *byte == 0);
            variables.any(|variable| variable == mark.as_bytes())
        })
        .map(|entry| fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default())
        .filter(|line| !line.is_empty())
        .collect()
    }
}

pub(crate) fn said(output: std::process::Output) -> Said {
    Said {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("what is printed is UTF-8"),
        err: String::from_utf8(output.stderr).expect("what is printed is UTF-8"),
    }
}

impl Said {
    pub(crate) fn good(self) -> Self {
        self.ends(0)
    }

    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Asserts that each of these stands in what was printed, on either stream.
    pub(crate) fn tells(self, parts: &[&str]) -> Self {
        for part in parts {
            let there = self.out.contains(part) || self.err.contains(part);
            assert!(there, "{part:?} is not told in {self:#?}");
        }
        self
    }
}

/// Looks until something holds; the limit is generous, for machines that are busy.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    until_good(what, || if holds() { Ok(()) } else { Err(String::new()) });
}

/// The same; where it never comes, what was there in its place is told.
pub(crate) fn until_good(what: &str, mut look: impl FnMut() -> Result<(), String>) {
    let begun = Instant::now();
    while let Err(instead) = look() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "never: {what}\n{instead}"
        );
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
