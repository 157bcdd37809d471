//! `init` in a repository that was there: what the learner has is never committed to.

use std::{fs, path::Path};

use git2::{Repository, RepositoryInitOptions, Signature};

use crate::cast::Learner;

/// A repository on `main` with one commit of one file.
fn repository(root: &Path, file: &str) -> Repository {
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").external_template(false);
    let repo = Repository::init_opts(root, &options).unwrap();
    fs::write(root.join(file), "mine\n").unwrap();
    let mut index = repo.index().unwrap();
    index.add_path(Path::new(file)).unwrap();
    index.write().unwrap();
    let who = Signature::now("Ada", "ada@example.org").unwrap();
    {
        let tree = repo.find_tree(index.write_tree().unwrap()).unwrap();
        repo.commit(Some("HEAD"), &who, &who, "Mine", &tree, &[])
            .unwrap();
    }
    repo
}

/// Lays a workspace into `ws`, which must say why it did not commit and leave `.git` as it was.
fn is_laid_out_without_a_commit(learner: &Learner, told: &str) {
    let before = learner.git_state();
    learner
        .says(".", &["init", "ws"])
        .good()
        .tells(&[told, "nothing was committed"]);
    assert!(learner.root.join("ws/mastery.toml").is_file());
    assert_eq!(before, learner.git_state());
}

#[test]
fn a_repository_of_something_else_gets_files_and_no_commit() {
    let learner = Learner::new();
    repository(&learner.root.join("ws"), "main.c");
    is_laid_out_without_a_commit(&learner, "already holds something else");
}

#[test]
fn a_repository_with_changes_gets_files_and_no_commit() {
    let learner = Learner::new();
    repository(&learner.root.join("ws"), "README.md");
    fs::write(learner.root.join("ws/README.md"), "changed\n").unwrap();
    is_laid_out_without_a_commit(&learner, "changes that are not committed");
}

#[test]
fn a_detached_head_gets_files_and_no_commit() {
    let learner = Learner::new();
    let repo = repository(&learner.root.join("ws"), "README.md");
    let tip = repo.head().unwrap().target().unwrap();
    repo.set_head_detached(tip).unwrap();
    is_laid_out_without_a_commit(&learner, "HEAD is detached");
}

#[test]
fn a_bare_repository_is_refused_and_left_as_it_is() {
    let learner = Learner::new();
    let root = learner.root.join("store");
    Repository::init_bare(&root).unwrap();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&root)
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        names.sort();
        names
    };
    let before = names();
    learner
        .says(".", &["init", "store"])
        .ends(2)
        .tells(&["is a bare git repository"]);
    assert_eq!(before, names());
}

#[test]
fn a_clean_repository_of_ones_own_is_committed_to() {
    let learner = Learner::new();
    let repo = repository(&learner.root.join("ws"), "README.md");
    let before = repo.head().unwrap().target();
    learner.says(".", &["init", "ws"]).good();
    let tip = repo.head().unwrap().peel_to_commit().unwrap();
    assert_eq!(tip.parent_id(0).ok(), before);
}
