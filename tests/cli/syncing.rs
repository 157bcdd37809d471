//! `sync`: attempts travel between machines, and none is lost.

use std::{
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use git2::Repository;

use crate::cast::Learner;

const ONE: [&str; 4] = ["grade", "rest-api", "--only", "v1_wire_is_frozen"];

/// A learner with a workspace, the same on a second machine, and a remote both know as origin.
fn two_machines() -> Learner {
    let learner = Learner::begun();
    let root = &learner.root;
    Repository::init_bare(root.join("remote.git")).unwrap();
    let first = Repository::open(root.join("ws")).unwrap();
    let second = Repository::clone(root.join("ws").to_str().unwrap(), root.join("ws2")).unwrap();
    let remote = root.join("remote.git");
    first.remote("origin", remote.to_str().unwrap()).unwrap();
    second
        .remote_set_url("origin", remote.to_str().unwrap())
        .unwrap();
    learner
}

/// The refs of a repository below `refs/mastery`, each with what it points at.
fn kept(repository: &Path) -> Vec<(String, String)> {
    let repository = Repository::open(repository).unwrap();
    let references = repository.references_glob("refs/mastery*").unwrap();
    let mut kept: Vec<(String, String)> = references
        .map(|reference| {
            let reference = reference.unwrap();
            let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
            (name, reference.target().unwrap().to_string())
        })
        .collect();
    kept.sort();
    kept
}

#[test]
fn attempts_of_two_machines_are_joined_and_none_is_lost() {
    let learner = two_machines();
    learner.says("ws", &ONE).good();
    let before = learner.git_state();
    let first = learner.transcript("ws", &[&["sync"], &["sync"]]);
    assert_eq!(before, learner.git_state(), "only refs/mastery moved");
    learner.says("ws2", &ONE).good();
    learner.says("ws2", &ONE).good();
    let second = learner.transcript("ws2", &[&["sync"], &["sync", "origin"]]);
    let third = learner.transcript("ws", &[&["sync"], &["progress", "rest-api"]]);
    insta::assert_snapshot!("sync", format!("{first}{second}{third}"));
    let everywhere = kept(&learner.root.join("remote.git"));
    assert_eq!(everywhere, kept(&learner.root.join("ws")));
    assert_eq!(everywhere, kept(&learner.root.join("ws2")));
    learner
        .says("ws", &["progress"])
        .good()
        .tells(&["3 attempts"]);
    // The branches of neither went along.
    let remote = Repository::open(learner.root.join("remote.git")).unwrap();
    assert_eq!(remote.branches(None).unwrap().count(), 0);
}

#[test]
fn of_two_passes_the_first_counts_on_both_machines() {
    let learner = two_machines();
    learner.says("ws", &ONE).good();
    let first = Repository::open(learner.root.join("ws")).unwrap();
    let attempt = |repo: &Repository| {
        let name = "refs/mastery/attempts/rest-api";
        repo.find_reference(name).unwrap().target().unwrap()
    };
    let mark = |repo: &Repository| {
        repo.reference("refs/mastery/passed/rest-api", attempt(repo), true, "")
            .unwrap();
    };
    mark(&first);
    learner.says("ws2", &ONE).good();
    let second = Repository::open(learner.root.join("ws2")).unwrap();
    mark(&second);
    let earlier = attempt(&first);
    learner.says("ws2", &["sync"]).good();
    learner.says("ws", &["sync"]).good();
    learner.says("ws2", &["sync"]).good();
    for repo in [&first, &second] {
        let passed = repo.find_reference("refs/mastery/passed/rest-api").unwrap();
        let commits = [
            first.find_commit(earlier),
            first.find_commit(attempt(&second)),
        ];
        let [Ok(one), Ok(_)] = commits else {
            panic!("both machines have both attempts")
        };
        let time = |id| first.find_commit(id).unwrap().time().seconds();
        assert!(time(passed.target().unwrap()) <= one.time().seconds());
    }
    assert_eq!(
        kept(&learner.root.join("ws")),
        kept(&learner.root.join("ws2"))
    );
}

#[test]
fn what_stands_in_the_way_of_a_sync_is_told_plainly() {
    let learner = Learner::begun();
    let outside = learner.transcript(".", &[&["sync"]]);
    let commands: [&[&str]; 4] = [
        &["sync"],
        &["sync", "origin"],
        &["sync", "/nowhere/mastery.git"],
        &["sync", "ssh://127.0.0.1:1/x.git"],
    ];
    let none = learner.transcript("ws", &commands[..3]);
    let repo = Repository::open(learner.root.join("ws")).unwrap();
    let gone = learner.root.join("gone.git");
    repo.remote("origin", gone.to_str().unwrap()).unwrap();
    repo.remote("away", "http://ada:hunter2@127.0.0.1:1/x.git")
        .unwrap();
    let missing = learner.transcript("ws", &[&["sync"], &["sync", "orgin"], &["sync", "away"]]);
    let narrow = learner.narrow("ws", "40", &["sync"]);
    insta::assert_snapshot!("sync_refused", format!("{outside}{none}{missing}{narrow}"));
    assert!(!missing.contains("hunter2"));
}

#[test]
fn a_remote_that_wants_a_password_or_takes_nothing_is_told_plainly() {
    let learner = two_machines();
    learner.says("ws", &ONE).good();
    let hook = learner.root.join("remote.git/hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    let before = kept(&learner.root.join("ws"));
    let declined = learner.transcript("ws", &[&["sync"]]);
    assert_eq!(before, kept(&learner.root.join("ws")));
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/x.git", server.local_addr().unwrap());
    let guard = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut head = [0; 4096];
        let read = stream.read(&mut head).unwrap();
        assert!(head[..read].starts_with(b"GET /x.git/info/refs"));
        let answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\
                      Content-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let refused = learner.transcript("ws", &[&["sync", &address]]);
    guard.join().unwrap();
    insta::assert_snapshot!("sync_declined", format!("{declined}{refused}"));
}
