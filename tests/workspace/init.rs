//! `init`: in every state in which a folder can be found.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use libtest_mimic::Trial;
use mastery::workspace::{Commit, ErrorKind, Fault, Git, Workspace, init};

use crate::cast::{
    commit_all, file, lay_out, layout, named, nameless, picture, repo, settings, tree_of,
};

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "init":
        a_new_workspace_is_one_commit_on_main
        a_second_init_changes_nothing
        without_an_identity_files_are_written_and_the_two_lines_told
        without_a_home_it_works
        an_existing_file_is_left_alone
        an_empty_repository_gets_the_first_commit
        a_repository_with_a_readme_and_a_licence_gets_a_commit
        a_dirty_repository_gets_files_and_no_commit
        a_detached_head_gets_files_and_no_commit
        a_rebase_under_way_gets_files_and_no_commit
        a_foreign_repository_gets_files_and_no_commit
        a_folder_inside_a_repository_gets_files_and_no_commit
        a_bare_repository_is_refused
        a_repositorys_own_folder_is_refused
        a_folder_of_a_workspace_is_refused
        a_link_on_the_way_writes_nothing
        a_file_in_the_place_of_the_folder_is_told
        a_folder_that_cannot_be_written_stays_as_it_was
        another_users_repository_is_explained
        outside_a_workspace_init_is_named
        a_workspace_is_found_from_within
    }
}

fn why(commit: &Commit) -> String {
    commit.why_not().unwrap_or("nothing was refused").to_owned()
}

/// Files were laid, and nothing of git's has changed.
fn only_files(dir: &Path, git_dir: &Path, reason: &str) {
    let before = picture(git_dir, &[]);
    let report = lay_out(dir);
    assert!(why(&report.commit).contains(reason), "{:?}", report.commit);
    assert!(!report.commit.hints().is_empty());
    assert_eq!(report.git, Git::Existing);
    assert_eq!(
        fs::read_to_string(dir.join("utils/setup.sh")).unwrap(),
        "#!/bin/sh\n"
    );
    assert_eq!(picture(git_dir, &[]), before);
}

fn a_new_workspace_is_one_commit_on_main() {
    let (_temporary, dir) = named();
    let dir = dir.join("new/workspace");
    let report = lay_out(&dir);
    assert_eq!(report.git, Git::Created);
    let created = [
        "README.md",
        "utils/setup.sh",
        "docs/architecture-decisions.md",
        "mastery.toml",
    ];
    assert_eq!(report.created, created);
    let repo = repo(&dir);
    let head = repo.head().unwrap();
    assert_eq!(head.name().unwrap(), "refs/heads/main");
    let commit = head.peel_to_commit().unwrap();
    assert_eq!(
        report.commit.id().unwrap().to_string(),
        commit.id().to_string()
    );
    assert_eq!(
        (commit.parent_count(), commit.author().name().unwrap()),
        (0, "Ada Lovelace")
    );
    let tree = tree_of(&repo, "HEAD");
    assert_eq!(tree.len(), 4);
    assert_eq!(
        (tree["utils/setup.sh"], tree["README.md"]),
        (0o100_755, 0o100_644)
    );
    assert!(repo.statuses(None).unwrap().is_empty());
    let text = fs::read_to_string(dir.join("mastery.toml")).unwrap();
    assert_eq!(
        text,
        "schema = 1\ncurriculum = \"backend-mastery\"\nlanguage = \"go\" # yours\n"
    );
}

fn a_second_init_changes_nothing() {
    let (_temporary, dir) = named();
    lay_out(&dir);
    let before = picture(&dir, &[]);
    let report = lay_out(&dir);
    assert!(report.nothing_changed());
    assert_eq!(report.already_there.len(), 4);
    assert_eq!(
        report.commit,
        Commit::None {
            why: None,
            hints: Vec::new()
        }
    );
    assert_eq!(picture(&dir, &[]), before);
}

fn without_an_identity_files_are_written_and_the_two_lines_told() {
    let (_temporary, dir) = nameless();
    let report = lay_out(&dir);
    assert_eq!(report.created.len(), 4);
    assert!(why(&report.commit).contains("does not know your name"));
    let hints = report.commit.hints();
    assert!(
        hints[0].starts_with("git config --global user.name "),
        "{hints:?}"
    );
    assert!(
        hints[1].starts_with("git config --global user.email "),
        "{hints:?}"
    );
    assert!(repo(&dir).head().is_err(), "there is no commit");
    assert!(repo(&dir).index().unwrap().is_empty());
}

fn without_a_home_it_works() {
    let home = tempfile::tempdir().unwrap();
    let output = crate::again(home.path())
        .env_remove("HOME")
        .args([
            "--exact",
            "init::without_an_identity_files_are_written_and_the_two_lines_told",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("1 passed"), "{said}");
}

fn an_existing_file_is_left_alone() {
    let (_temporary, dir) = named();
    fs::write(dir.join("README.md"), "mine").unwrap();
    fs::write(dir.join("secret.txt"), "not yours to commit").unwrap();
    let report = lay_out(&dir);
    assert_eq!(report.already_there, ["README.md"]);
    assert_eq!(fs::read_to_string(dir.join("README.md")).unwrap(), "mine");
    let tree = tree_of(&repo(&dir), "HEAD");
    assert!(
        !tree.contains_key("README.md") && !tree.contains_key("secret.txt"),
        "{tree:?}"
    );
}

fn an_empty_repository_gets_the_first_commit() {
    let (_temporary, dir) = named();
    git2::Repository::init(&dir).unwrap();
    let report = lay_out(&dir);
    assert_eq!(report.git, Git::Existing);
    assert!(report.commit.id().is_some(), "{:?}", report.commit);
}

fn a_repository_with_a_readme_and_a_licence_gets_a_commit() {
    let (_temporary, dir) = named();
    let repo = git2::Repository::init(&dir).unwrap();
    fs::write(dir.join("README.md"), "# mine").unwrap();
    fs::write(dir.join("LICENSE"), "MIT").unwrap();
    let first = commit_all(&repo, "first");
    let report = lay_out(&dir);
    let commit = repo.head().unwrap().peel_to_commit().unwrap();
    assert_eq!(commit.parent_id(0).unwrap(), first);
    assert_eq!(
        report.commit.id().unwrap().to_string(),
        commit.id().to_string()
    );
    assert!(repo.statuses(None).unwrap().is_empty());
}

fn a_dirty_repository_gets_files_and_no_commit() {
    let (_temporary, dir) = named();
    let repo = git2::Repository::init(&dir).unwrap();
    fs::write(dir.join("README.md"), "# mine").unwrap();
    commit_all(&repo, "first");
    fs::write(dir.join("README.md"), "# changed").unwrap();
    only_files(&dir, repo.path(), "not committed");
    assert_eq!(
        fs::read_to_string(dir.join("README.md")).unwrap(),
        "# changed"
    );
}

fn a_detached_head_gets_files_and_no_commit() {
    let (_temporary, dir) = named();
    let repo = git2::Repository::init(&dir).unwrap();
    fs::write(dir.join("README.md"), "# mine").unwrap();
    let id = commit_all(&repo, "first");
    repo.set_head_detached(id).unwrap();
    only_files(&dir, repo.path(), "HEAD is detached");
}

fn a_rebase_under_way_gets_files_and_no_commit() {
    let (_temporary, dir) = named();
    let repo = git2::Repository::init(&dir).unwrap();
    fs::write(dir.join("README.md"), "# mine").unwrap();
    commit_all(&repo, "first");
    fs::create_dir(repo.path().join("rebase-merge")).unwrap();
    fs::write(repo.path().join("rebase-merge/interactive"), "").unwrap();
    only_files(&dir, repo.path(), "in the middle of a rebase");
}

fn a_foreign_repository_gets_files_and_no_commit() {
    let (_temporary, dir) = named();
    let repo = git2::Repository::init(&dir).unwrap();
    fs::write(dir.join("main.c"), "int main;").unwrap();
    commit_all(&repo, "first");
    only_files(&dir, repo.path(), "already holds something else");
}

fn a_folder_inside_a_repository_gets_files_and_no_commit() {
    let (_temporary, outer) = named();
    let repo = git2::Repository::init(&outer).unwrap();
    let dir = outer.join("course");
    fs::create_dir(&dir).unwrap();
    only_files(&dir, repo.path(), "part of the repository");
    assert!(!dir.join(".git").exists());
}

fn a_bare_repository_is_refused() {
    let (_temporary, dir) = named();
    git2::Repository::init_bare(&dir).unwrap();
    let before = picture(&dir, &[]);
    let error = init(&dir, &settings(), &layout()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Bare { .. }), "{error}");
    assert_eq!(error.fault(), Fault::User);
    assert_eq!(picture(&dir, &[]), before);
}

fn a_repositorys_own_folder_is_refused() {
    let (_temporary, dir) = named();
    git2::Repository::init(&dir).unwrap();
    let before = picture(&dir, &[]);
    let error = init(&dir.join(".git/hooks"), &settings(), &layout()).unwrap_err();
    assert!(
        error.to_string().contains("repository's own folder"),
        "{error}"
    );
    assert_eq!(picture(&dir, &[]), before);
}

fn a_folder_of_a_workspace_is_refused() {
    let (_temporary, dir) = named();
    lay_out(&dir);
    let before = picture(&dir, &[]);
    let error = init(&dir.join("docs/new"), &settings(), &layout()).unwrap_err();
    assert!(
        error.to_string().contains("is inside the workspace"),
        "{error}"
    );
    assert_eq!(picture(&dir, &[]), before);
    assert!(
        !dir.join("docs/new").exists(),
        "the folder that was made is gone"
    );
}

fn a_link_on_the_way_writes_nothing() {
    let (_temporary, dir) = named();
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.join("docs")).unwrap();
    let error = init(&dir, &settings(), &layout()).unwrap_err();
    assert!(
        error.to_string().contains("`docs`: it is a symbolic link"),
        "{error}"
    );
    assert!(!dir.join("README.md").exists() && !dir.join(".git").exists());
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

fn a_file_in_the_place_of_the_folder_is_told() {
    let (_temporary, dir) = named();
    fs::write(dir.join("here"), "").unwrap();
    for target in ["here", "here/below"] {
        let error = init(&dir.join(target), &settings(), &layout()).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::InTheWay { .. }),
            "{error}"
        );
    }
}

/// Rights do not bind root, so a name that no file system takes stands for the full disk.
fn a_folder_that_cannot_be_written_stays_as_it_was() {
    let (_temporary, dir) = named();
    let mut files = layout();
    files.push(file(&"x".repeat(300), ""));
    let error = init(&dir.join("new"), &settings(), &files).unwrap_err();
    assert_eq!(error.fault(), Fault::Bench);
    assert!(!dir.join("new").exists());

    let locked = dir.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_err() {
        let error = init(&locked, &settings(), &layout()).unwrap_err();
        assert_eq!(error.fault(), Fault::Bench);
        assert!(error.to_string().contains("permission denied"), "{error}");
        assert_eq!(fs::read_dir(&locked).unwrap().count(), 0);
    }
    // procfs takes no folders from anybody.
    if Path::new("/proc/self").exists() {
        let error = init(Path::new("/proc/new"), &settings(), &layout()).unwrap_err();
        assert_eq!(error.fault(), Fault::Bench);
        assert!(
            error
                .to_string()
                .starts_with("Could not make the folder /proc/new"),
            "{error}"
        );
    }
}

/// Only root can give a folder away; elsewhere there is nothing to try.
fn another_users_repository_is_explained() {
    let (_temporary, dir) = named();
    lay_out(&dir);
    let is_given = std::os::unix::fs::chown(&dir, Some(4711), None).is_ok()
        && std::os::unix::fs::chown(dir.join(".git"), Some(4711), None).is_ok();
    if is_given {
        let error = init(&dir, &settings(), &layout()).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::NotYours { .. }),
            "{error}"
        );
        let hints = error.hints().join("\n");
        assert!(hints.contains("safe.directory"), "{hints}");
        assert!(hints.contains(&dir.display().to_string()), "{hints}");
    }
}

fn outside_a_workspace_init_is_named() {
    let (_temporary, dir) = named();
    let error = Workspace::discover(&dir).unwrap_err();
    assert!(
        error.to_string().contains("is not in a workspace"),
        "{error}"
    );
    assert!(error.hints()[0].contains("mastery init"));
    assert_eq!(error.fault(), Fault::User);
}

fn a_workspace_is_found_from_within() {
    let (_temporary, dir) = named();
    lay_out(&dir);
    let ws = Workspace::discover(&dir.join("docs")).unwrap();
    assert_eq!(
        (ws.root.as_path(), ws.settings.language.as_str()),
        (dir.as_path(), "go")
    );
    assert_eq!(ws.place(&dir.join("docs")).as_deref(), Some("docs"));
    assert_eq!(ws.place(&dir).as_deref(), Some(""));
    assert_eq!(ws.place(&dir.join("not/yet")).as_deref(), Some("not/yet"));
    assert_eq!(ws.place(Path::new("/")), None);
    assert_eq!(ws.place(&dir.join("../..")), None);
    fs::write(dir.join("mastery.toml"), "schema = 1\ncurriculm = \"x\"\n").unwrap();
    let error = Workspace::discover(&dir).unwrap_err().to_string();
    assert!(
        error.contains("mastery.toml:2:1") && error.contains("Did you mean"),
        "{error}"
    );
}
