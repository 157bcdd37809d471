//! The repository's files as the rules read them, and what a rule says about one.

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
};

use crate::source::Source;

/// Folders that hold what was built or fetched, never what was written.
const NOT_OURS: &[&str] = &[
    ".git",
    "target",
    "node_modules",
    "__pycache__",
    ".mastery-bench",
];

/// One file that is kept, by its path from the root with `/`.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// What a rule found, where, and why it matters.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

impl File {
    /// A file that exists only to show that a rule sees what it forbids.
    pub(crate) fn planted(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            file: self.path.clone(),
            line,
            what: what.into(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|found| found == extension)
    }

    /// Rust of the project itself, not a learner's starter or a reference solution.
    pub(crate) fn is_our_rust(&self) -> bool {
        self.has_extension("rs")
            && !self.path.starts_with("templates/")
            && !self.path.contains("/reference/")
    }

    /// The library and command code that is shipped.
    pub(crate) fn is_shipped_rust(&self) -> bool {
        self.is_our_rust()
            && self.name() != "build.rs"
            && (self.path.starts_with("src/") || self.path.starts_with("graders/"))
            && !["/tests/", "/examples/", "/benches/"]
                .iter()
                .any(|folder| self.path.contains(folder))
    }

    pub(crate) fn source(&self) -> Source {
        Source::read(&self.text)
    }

    /// Each line with its number, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }
}

/// Every text file below the root, in order.
pub(crate) fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeSet::new();
    walk(root, &mut found);
    let files: Vec<File> = found
        .into_iter()
        .filter_map(|path| {
            let text = fs::read_to_string(&path).ok()?; // what is not UTF-8 is no text of ours
            let path = path.strip_prefix(root).ok()?.to_str()?.to_owned();
            Some(File { path, text })
        })
        .collect();
    assert!(
        files.iter().any(|file| file.path == "src/lib.rs"),
        "the rules must see the sources, found {} files",
        files.len()
    );
    files
}

fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder of the repository can be listed");
    for entry in entries {
        let entry = entry.expect("an entry of the repository can be read");
        let name = entry.file_name();
        let kind = entry.file_type().expect("an entry has a type");
        let generated = name
            .to_str()
            .is_some_and(|name| NOT_OURS.contains(&name) || name.ends_with(".snap.new"));
        if generated {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), found);
        } else if kind.is_file() {
            found.insert(entry.path());
        }
    }
}

/// Fails with every finding, so that one run shows all that is to be mended.
pub(crate) fn none_of(findings: &[Finding]) {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(
        findings.is_empty(),
        "{} found:\n{}\n",
        findings.len(),
        lines.join("\n")
    );
}

/// Fails unless the rule finds something in the planted file and says `word` about it.
pub(crate) fn is_found(findings: &[Finding], word: &str) {
    assert!(
        findings
            .iter()
            .any(|finding| finding.to_string().contains(word)),
        "the rule does not see what was planted ({word}): {findings:?}"
    );
}
