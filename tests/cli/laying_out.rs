//! `init` and `start`.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::cast::{LAB, Learner, said};

#[test]
fn a_workspace_is_laid_out_and_committed_once() {
    let learner = Learner::new();
    learner
        .says(".", &["init", "ws", "--lang", "go"])
        .good()
        .tells(&["new git repository", "cd ws"]);
    let ws = learner.root.join("ws");
    for path in [
        "README.md",
        ".gitignore",
        "mastery.toml",
        "week-07-deployment/labs/README.md",
    ] {
        assert!(ws.join(path).is_file(), "{path}");
    }
    assert!(
        fs::read_to_string(ws.join("mastery.toml"))
            .unwrap()
            .contains("language = \"go\"")
    );
    let before = learner.git_state();
    learner
        .says(".", &["init", "ws"])
        .good()
        .tells(&["nothing was changed"]);
    assert_eq!(before, learner.git_state());
}

#[test]
fn a_file_that_is_there_is_never_touched() {
    let learner = Learner::new();
    fs::create_dir(learner.root.join("ws")).unwrap();
    fs::write(learner.root.join("ws/README.md"), "mine").unwrap();
    learner
        .says(".", &["init", "ws"])
        .good()
        .tells(&["stayed as they are"]);
    assert_eq!(
        fs::read_to_string(learner.root.join("ws/README.md")).unwrap(),
        "mine"
    );
}

#[test]
fn without_an_identity_files_are_written_and_the_commit_is_left_to_the_learner() {
    let learner = Learner::nameless();
    let parts = [
        "git config --global user.name",
        "git config --global user.email",
    ];
    learner.says(".", &["init", "ws"]).good().tells(&parts);
    assert!(learner.root.join("ws/mastery.toml").is_file());
    assert!(!learner.root.join("ws/.git/refs/heads/main").exists());
}

#[test]
fn without_a_home_a_workspace_can_be_made_and_graded() {
    let learner = Learner::new();
    let run = |folder: &str, args: &[&str]| {
        said(
            learner
                .command(folder, args)
                .env_remove("HOME")
                .output()
                .unwrap(),
        )
    };
    run(".", &["init", "ws"]).good();
    run("ws", &["start", "rest-api"]).good();
    run("ws", &["grade", "--only", "v1_wire_is_frozen"]).good();
}

#[test]
fn a_lab_is_scaffolded_and_then_only_completed() {
    let learner = Learner::begun();
    for path in [
        "BRIEF.md",
        "app.py",
        "contract/orders.v2.md",
        "submission.toml",
    ] {
        assert!(learner.lab().join(path).is_file(), "{path}");
    }
    let submission = fs::read_to_string(learner.lab().join("submission.toml")).unwrap();
    assert!(submission.contains("made_from = "), "{submission}");
    fs::write(learner.lab().join("app.py"), "mine").unwrap();
    fs::remove_file(learner.lab().join("contract/requests.http")).unwrap();
    learner
        .says("ws", &["start", "rest-api"])
        .good()
        .tells(&["1 file in", "stayed as they are"]);
    assert_eq!(
        fs::read_to_string(learner.lab().join("app.py")).unwrap(),
        "mine"
    );
    assert!(learner.lab().join("contract/requests.http").is_file());
}

#[test]
fn what_cannot_be_started_is_told_plainly() {
    let learner = Learner::new();
    learner
        .says(".", &["start", "rest-api"])
        .ends(2)
        .tells(&["mastery init"]);
    learner.says(".", &["init", "ws"]).good();
    let start = |args: &[&str]| learner.says("ws", &[&["start"], args].concat());
    start(&["grpc-service"])
        .ends(2)
        .tells(&["opens in a later release"]);
    start(&["week-05"])
        .ends(2)
        .tells(&["opens in a later release"]);
    start(&["rst-api"])
        .ends(2)
        .tells(&["did you mean `rest-api`"]);
    start(&["rest-api", "--lang", "cobol"])
        .ends(2)
        .tells(&["--lang other"]);
    assert!(!learner.root.join("ws").join(LAB).exists());
    start(&["week-01", "--lang", "other"])
        .good()
        .tells(&["fill in submission.toml"]);
}

#[test]
fn every_language_has_its_starter_and_what_it_lacks_here_is_said() {
    let learner = Learner::new();
    learner.says(".", &["init", "ws"]).good();
    let tools = learner.root.join("tools");
    fs::create_dir(&tools).unwrap();
    let with_node = |body: &str, words: &[&str]| {
        fs::write(tools.join("node"), format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(tools.join("node"), fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var("PATH").unwrap();
        learner
            .command("ws", words)
            .env("PATH", format!("{}:{path}", tools.display()))
            .output()
            .unwrap()
    };
    let node = |body| with_node(body, &["start", "rest-api", "--lang", "typescript"]);
    let old = said(node("echo v20.20.2"));
    old.good().tells(&[
        "(typescript)",
        "Node.js 20.20.2 is too old for this starter: install 22.22 or newer, https://nodejs.org/",
    ]);
    assert!(learner.lab().join("app.ts").is_file());
    let cannot =
        r#"[ "$1" = --version ] && { echo v20.20.2; exit; }; echo .ts is unknown >&2; exit 1"#;
    said(with_node(cannot, &["grade", "rest-api"]))
        .ends(1)
        .tells(&[".ts is unknown", "Node.js 20.20.2 is too old"]);
    let good = said(node("echo v22.22.0"));
    assert!(!good.out.contains("Node.js"), "{good:#?}");
    let broken = said(node("exit 3"));
    broken
        .good()
        .tells(&["Node.js is there, but broken: exited with code 3. Run `node --version`"]);

    learner.says(".", &["init", "other"]).good();
    learner
        .says("other", &["start", "rest-api", "--lang", "rust"])
        .good()
        .tells(&["(rust)"]);
    let lab = learner.root.join("other").join(LAB);
    assert!(lab.join("Cargo.toml").is_file() && lab.join("src/main.rs").is_file());
}

#[test]
fn a_symlink_out_of_the_workspace_is_not_followed() {
    let learner = Learner::new();
    learner.says(".", &["init", "ws"]).good();
    fs::create_dir(learner.root.join("elsewhere")).unwrap();
    let labs = learner.root.join("ws/week-01-api-design/labs");
    std::os::unix::fs::symlink(learner.root.join("elsewhere"), labs.join("rest-api")).unwrap();
    let said = learner.says("ws", &["start", "rest-api"]);
    assert_ne!(said.code, Some(0), "{said:#?}");
    assert_eq!(
        fs::read_dir(learner.root.join("elsewhere"))
            .unwrap()
            .count(),
        0
    );
}
