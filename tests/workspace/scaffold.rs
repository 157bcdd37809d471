//! `scaffold`: adds what is missing, and commits just that.

use std::{fs, path::Path};

use libtest_mimic::Trial;
use mastery::workspace::{Commit, ErrorKind, Workspace, scaffold};

use crate::cast::{
    PLACE, commit_all, file, lay_out, named, nameless, picture, repo, starter, tree_of,
};

/// What was laid out is remembered in a ref of ours; everything else of the repository stays.
const MAY_CHANGE: [&str; 2] = ["objects", "refs/mastery"];

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "scaffold":
        just_the_new_files_are_committed
        again_only_what_is_missing_is_added
        what_you_staged_stays_staged
        a_staged_version_of_yours_is_not_committed
        nothing_is_committed_into_a_state_of_yours
        nothing_is_committed_into_a_larger_repository
        an_index_that_is_locked_is_no_error
        a_place_that_leaves_the_workspace_is_refused
    }
}

fn start(ws: &Workspace) -> mastery::workspace::ScaffoldReport {
    scaffold(ws, PLACE, &starter(), "Start rest-api").unwrap()
}

fn open(dir: &Path) -> Workspace {
    lay_out(dir);
    Workspace::discover(dir).unwrap()
}

fn just_the_new_files_are_committed() {
    let (_temporary, dir) = named();
    let ws = open(&dir);
    fs::write(dir.join("README.md"), "changed by you").unwrap();
    fs::write(dir.join("notes.txt"), "untracked").unwrap();
    let report = start(&ws);
    assert_eq!(
        report.created,
        ["app.py", "contract/orders.md", ".gitignore"]
    );
    let repo = repo(&dir);
    let commit = repo.head().unwrap().peel_to_commit().unwrap();
    assert_eq!(
        report.commit.id().unwrap().to_string(),
        commit.id().to_string()
    );
    assert_eq!(commit.summary().unwrap(), Some("Start rest-api"));
    let (before, after) = (tree_of(&repo, "HEAD~1"), tree_of(&repo, "HEAD"));
    assert_eq!(after.len(), before.len() + 3);
    assert!(after.contains_key(&format!("{PLACE}/app.py")));
    let readme = repo.revparse_single("HEAD:README.md").unwrap();
    assert_eq!(readme.as_blob().unwrap().content(), b"Welcome.\n");
    let statuses = repo.statuses(None).unwrap();
    let changed: Vec<String> = statuses
        .iter()
        .map(|e| e.path().unwrap().to_owned())
        .collect();
    assert_eq!(changed, ["README.md", "notes.txt"]);
}

fn again_only_what_is_missing_is_added() {
    let (_temporary, dir) = named();
    let ws = open(&dir);
    start(&ws);
    fs::write(dir.join(PLACE).join("app.py"), "my solution").unwrap();
    fs::remove_file(dir.join(PLACE).join("contract/orders.md")).unwrap();
    let report = start(&ws);
    assert_eq!(report.created, ["contract/orders.md"]);
    assert_eq!(report.kept, ["app.py"]);
    assert_eq!(report.same, [".gitignore"]);
    assert_eq!(
        fs::read_to_string(dir.join(PLACE).join("app.py")).unwrap(),
        "my solution"
    );
    let before = picture(&dir, &[]);
    let report = start(&ws);
    assert_eq!(
        report.commit,
        Commit::None {
            why: None,
            hints: Vec::new()
        }
    );
    assert_eq!(picture(&dir, &[]), before);
}

fn what_you_staged_stays_staged() {
    let (_temporary, dir) = named();
    let ws = open(&dir);
    let repo = repo(&dir);
    fs::write(dir.join("README.md"), "staged by you").unwrap();
    let mut index = repo.index().unwrap();
    index.add_path(Path::new("README.md")).unwrap();
    index.write().unwrap();
    assert!(start(&ws).commit.id().is_some());
    let status = repo.status_file(Path::new("README.md")).unwrap();
    assert_eq!(status, git2::Status::INDEX_MODIFIED);
    assert_eq!(repo.statuses(None).unwrap().len(), 1);
}

fn a_staged_version_of_yours_is_not_committed() {
    let (_temporary, dir) = named();
    let ws = open(&dir);
    let repo = repo(&dir);
    let app = dir.join(PLACE).join("app.py");
    fs::create_dir_all(app.parent().unwrap()).unwrap();
    fs::write(&app, "staged, then deleted").unwrap();
    let mut index = repo.index().unwrap();
    index.add_path(&Path::new(PLACE).join("app.py")).unwrap();
    index.write().unwrap();
    fs::remove_file(&app).unwrap();
    let before = picture(repo.path(), &MAY_CHANGE);
    let report = start(&ws);
    assert!(
        report
            .commit
            .why_not()
            .unwrap()
            .contains("staged another version")
    );
    assert_eq!(picture(repo.path(), &MAY_CHANGE), before);
}

fn nothing_is_committed_into_a_state_of_yours() {
    let (_temporary, dir) = named();
    let ws = open(&dir);
    let repo = repo(&dir);
    let id = repo.head().unwrap().target().unwrap();
    repo.set_head_detached(id).unwrap();
    let before = picture(repo.path(), &MAY_CHANGE);
    let report = start(&ws);
    assert!(
        report
            .commit
            .why_not()
            .unwrap()
            .contains("HEAD is detached")
    );
    assert_eq!(report.created.len(), 3);
    assert_eq!(picture(repo.path(), &MAY_CHANGE), before);

    let (_temporary, dir) = nameless();
    let report = start(&open(&dir));
    assert!(
        report
            .commit
            .why_not()
            .unwrap()
            .contains("does not know your name")
    );
}

fn nothing_is_committed_into_a_larger_repository() {
    let (_temporary, outer) = named();
    let repo = git2::Repository::init(&outer).unwrap();
    fs::write(outer.join("main.c"), "int main;").unwrap();
    commit_all(&repo, "first");
    let ws = open(&outer.join("course"));
    let before = picture(repo.path(), &MAY_CHANGE);
    let report = start(&ws);
    assert!(
        report
            .commit
            .why_not()
            .unwrap()
            .contains("larger repository")
    );
    assert_eq!(picture(repo.path(), &MAY_CHANGE), before);

    let (_temporary, foreign) = named();
    let repo = git2::Repository::init(&foreign).unwrap();
    fs::write(foreign.join("main.c"), "int main;").unwrap();
    commit_all(&repo, "first");
    let report = start(&open(&foreign));
    assert!(
        report
            .commit
            .why_not()
            .unwrap()
            .contains("workspace itself is not committed")
    );
}

fn an_index_that_is_locked_is_no_error() {
    let (_temporary, dir) = named();
    let ws = open(&dir);
    fs::write(dir.join(".git/index.lock"), "").unwrap();
    let report = start(&ws);
    assert_eq!(report.created.len(), 3);
    let why = report.commit.why_not().unwrap();
    assert!(why.contains("holds the repository's index"), "{why}");
    assert_eq!(
        repo(&dir)
            .head()
            .unwrap()
            .peel_to_commit()
            .unwrap()
            .parent_count(),
        0
    );
}

fn a_place_that_leaves_the_workspace_is_refused() {
    let (_temporary, dir) = named();
    let ws = open(&dir.join("ws"));
    for place in ["../outside", "/tmp/outside", "a/../../b", ".git"] {
        let error = scaffold(&ws, place, &starter(), "s").unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnsafePath { .. }),
            "{place}: {error}"
        );
    }
    let error = scaffold(&ws, PLACE, &[file("../../../../x", "")], "s").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnsafePath { .. }),
        "{error}"
    );
    std::os::unix::fs::symlink(&dir, dir.join("ws/week-01-api-design")).unwrap();
    let error = scaffold(&ws, PLACE, &starter(), "s").unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert!(!dir.join("labs").exists());
}
