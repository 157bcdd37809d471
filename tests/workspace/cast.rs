//! Workspaces, runs and what stands in their repositories.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use git2::Repository;
use mastery::workspace::{InitReport, LayoutFile, Settings, Workspace, init, scaffold};
use tempfile::TempDir;

pub(crate) const PLACE: &str = "week-01-api-design/labs/rest-api";

/// A temporary folder in which git knows Ada; blanks and letters beyond ASCII are on the way.
pub(crate) fn named() -> (TempDir, PathBuf) {
    folder("named")
}

/// A temporary folder in which git knows nobody.
pub(crate) fn nameless() -> (TempDir, PathBuf) {
    folder("nameless")
}

fn folder(kind: &str) -> (TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let path = temporary.path().join(kind).join("für Übung 1");
    fs::create_dir_all(&path).unwrap();
    let path = fs::canonicalize(path).unwrap();
    (temporary, path)
}

pub(crate) fn file(path: &str, text: &str) -> LayoutFile {
    LayoutFile {
        path: path.into(),
        bytes: text.into(),
        executable: path.starts_with("utils/setup"),
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        curriculum: "backend-mastery".into(),
        language: "go".into(),
        mirror: None,
        backend: None,
    }
}

pub(crate) fn layout() -> Vec<LayoutFile> {
    vec![
        file(
            "mastery.toml",
            "schema = 1\ncurriculum = \"x\"\nlanguage = \"python\" # yours\n",
        ),
        file("README.md", "Welcome.\n"),
        file("utils/setup.sh", "#!/bin/sh\n"),
        file("docs/architecture-decisions.md", "# Decisions\n"),
    ]
}

pub(crate) fn lay_out(dir: &Path) -> InitReport {
    init(dir, &settings(), &layout()).unwrap()
}

/// A workspace with a scaffolded lab.
pub(crate) fn workspace(dir: &Path) -> Workspace {
    lay_out(dir);
    let ws = Workspace::discover(dir).unwrap();
    scaffold(&ws, PLACE, &starter(), "Start rest-api").unwrap();
    ws
}

pub(crate) fn starter() -> Vec<LayoutFile> {
    vec![
        file("app.py", "print('hi')\n"),
        file("contract/orders.md", "# Orders\n"),
        file(".gitignore", "*.log\nbuild/\n"),
    ]
}

pub(crate) fn repo(dir: &Path) -> Repository {
    Repository::open(dir).unwrap()
}

/// The paths in a commit's tree, with their modes.
pub(crate) fn tree_of(repo: &Repository, spec: &str) -> BTreeMap<String, i32> {
    let tree = repo.revparse_single(spec).unwrap().peel_to_tree().unwrap();
    let mut paths = BTreeMap::new();
    tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        if entry.kind() != Some(git2::ObjectType::Tree) {
            let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
            paths.insert(format!("{folder}{name}"), entry.filemode());
        }
        git2::TreeWalkResult::Ok
    })
    .unwrap();
    paths
}

/// Every file below a folder with its bytes, except those that may change.
pub(crate) fn picture(dir: &Path, except: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    collect(dir, dir, except, &mut files);
    files
}

fn collect(root: &Path, dir: &Path, except: &[&str], files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if except.contains(&name.as_str()) {
            continue;
        }
        let meta = path.symlink_metadata().unwrap();
        if meta.is_dir() {
            collect(root, &path, except, files);
        } else if meta.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            files.insert(name, target.display().to_string().into_bytes());
        } else {
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Commits everything, as the learner would.
pub(crate) fn commit_all(repo: &Repository, subject: &str) -> git2::Oid {
    let mut index = repo.index().unwrap();
    index
        .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
        .unwrap();
    index.write().unwrap();
    let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
    let who = git2::Signature::now("Ada", "ada@example.com").unwrap();
    let parent = repo.head().ok().map(|head| head.peel_to_commit().unwrap());
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    repo.commit(Some("HEAD"), &who, &who, subject, &tree, &parents)
        .unwrap()
}

/// A tape: the checks with their letters, of which `a` and `b` are required and `badge` is not.
pub(crate) fn tape(kind: &str, seed: u64, revision: u32, verdicts: &[(&str, char)]) -> Vec<u8> {
    let checks = [("a", false), ("b", false), ("badge", true)].map(
        |(id, badge)| serde_json::json!({"id": id, "title": id, "badge": badge, "limit_ms": 1}),
    );
    let mut lines = vec![serde_json::json!({
        "event": "run-started", "format": 1, "mastery": "0.1.0", "lab": "rest-api", "title": "t",
        "revision": revision, "contract": "blake3:00", "seed": format!("{seed:016x}"),
        "language": "go", "backend": null, "services": {}, "kind": kind, "checks": checks,
        "of": 3, "began_at": 1_700_000_000 + seed * 60, "at_ms": 0,
    })];
    for (check, letter) in verdicts {
        let verdict = match letter {
            'p' => serde_json::json!({"is": "passed"}),
            'f' => {
                serde_json::json!({"is": "failed", "summary": "s", "expected": "e", "actual": "a"})
            }
            'u' => serde_json::json!({"is": "unsettled", "why": "w"}),
            _ => serde_json::json!({"is": "skipped", "after": "a"}),
        };
        lines.push(serde_json::json!({
            "event": "check-finished", "check": check, "verdict": verdict, "took_ms": 1, "at_ms": 900,
        }));
    }
    if kind != "killed" {
        lines.push(serde_json::json!({
            "event": "run-finished", "kind": kind,
            "tally": {"passed": 0, "failed": 0, "unsettled": 0, "skipped": 0},
            "build_ms": 0, "start_ms": 0, "checks_ms": 0, "stop_ms": 0, "at_ms": 1904,
        }));
    }
    let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    lines
        .concat()
        .replace("\"kind\":\"killed\"", "\"kind\":\"full\"")
        .into_bytes()
}
