//! `report-problem` and `author replay`, and the report that editors read.

use std::{fs, path::Path};

use crate::cast::{Learner, said};

/// Every file below a folder, as text.
fn everything(folder: &Path) -> String {
    let mut text = String::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().flatten().map(|one| one.path()));
        } else {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    text
}

#[test]
fn a_problem_is_written_without_what_is_private_and_can_be_replayed() {
    let learner = Learner::begun();
    let app = learner.lab().join("app.py");
    let code = fs::read_to_string(&app).unwrap();
    let secret = "import os, sys\nprint('I am', os.environ['HOME'], os.environ['DEPLOY_TOKEN'], \
                  'ada.l@navy.mil', file=sys.stderr, flush=True)\n";
    let future = "from __future__ import annotations\n";
    let code = code.replacen(future, &format!("{future}{secret}"), 1);
    assert!(code.contains(secret));
    fs::write(&app, code).unwrap();
    fs::write(learner.lab().join("id_ed25519"), "very-private\n").unwrap();
    let run = |args: &[&str]| {
        let mut command = learner.command("ws", args);
        said(command.env("DEPLOY_TOKEN", "tok-f00ba4").output().unwrap())
    };
    run(&["grade", "--only", "v1_wire_is_frozen"]).good();
    let folder = learner.root.join("ws/.mastery/problems/rest-api-1");
    let told = run(&["report-problem", "1"]).good();
    told.tells(&[
        "Nothing was sent",
        "events.jsonl",
        "home folder (",
        "secret (",
    ]);
    for name in ["README.md", "problem.json", "events.jsonl", "machine.json"] {
        assert!(folder.join(name).is_file(), "{name}");
    }
    assert!(!folder.join("work").exists());
    let home = learner.root.display().to_string();
    let with_code = ["report-problem", "1", "--with-code", "--output", "out"];
    run(&with_code)
        .good()
        .tells(&["your code", "id_ed25519 (may hold secrets)"]);
    let out = learner.root.join("ws/out");
    assert!(out.join("work/app.py").is_file() && !out.join("work/id_ed25519").exists());
    for folder in [&folder, &out] {
        let text = everything(folder);
        for private in [
            &*home,
            "tok-f00ba4",
            "ada.l@navy.mil",
            "ada@example.org",
            "very-private",
        ] {
            assert!(
                !text.contains(private),
                "{private} is in {}",
                folder.display()
            );
        }
        assert!(
            text.contains("I am ~ [secret] [mail]"),
            "the program's line is told"
        );
    }
    let facts = fs::read_to_string(folder.join("problem.json")).unwrap();
    let facts: serde_json::Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(facts["lab"], "rest-api");
    assert_eq!(facts["verdicts"]["v1_wire_is_frozen"], "p");
    assert_eq!(facts["seed"].as_str().map(str::len), Some(16));
    learner
        .says(".", &["author", "replay", folder.to_str().unwrap()])
        .good()
        .tells(&["v1_wire_is_frozen", "1 passed"]);
    // Again: the same place, and nothing in it of before.
    run(&["report-problem", "1"]).good();
    run(&with_code).ends(2).tells(&["holds something already"]);
}

#[test]
fn what_cannot_be_reported_is_told_plainly() {
    let learner = Learner::begun();
    let outside = learner.transcript(".", &[&["report-problem", "1"]]);
    let none = learner.transcript(
        "ws",
        &[
            &["report-problem", "1"],
            &["report-problem", "0"],
            &["report-problem", "1", "grpc-service"],
            &["report-problem", "1", "rst-api"],
        ],
    );
    learner
        .says("ws", &["grade", "--only", "v1_wire_is_frozen"])
        .good();
    let beyond = learner.transcript("ws", &[&["report-problem", "7"]]);
    let mut narrow = learner.command("ws", &["report-problem", "1"]);
    let narrow = said(narrow.env("COLUMNS", "40").output().unwrap())
        .good()
        .out;
    let prose = narrow
        .lines()
        .filter(|line| !line.starts_with("  tar ") && !line.contains("://"));
    for line in prose {
        assert!(
            line.chars().count() <= 40,
            "{line:?} is wider than the terminal"
        );
    }
    fs::write(learner.root.join("empty"), "").unwrap();
    let replay = learner.transcript(
        ".",
        &[
            &["author", "replay", "empty"],
            &["author", "replay", "gone"],
        ],
    );
    insta::assert_snapshot!("report_problem", format!("{outside}{none}{beyond}{replay}"));
}

#[test]
fn an_editor_is_led_to_the_rule_and_to_the_line_of_a_trace() {
    let learner = Learner::begun();
    let args = [
        "grade",
        "--report",
        "problems",
        "--only",
        "decimals_do_not_drift",
    ];
    let rule = learner.transcript("ws", &[&args]);
    let app = learner.lab().join("app.py");
    let code = fs::read_to_string(&app).unwrap();
    fs::write(&app, format!("{code}\n)\n")).unwrap();
    let trace = learner.says("ws", &args).ends(1);
    let line = code.lines().count() + 2;
    let place = format!("week-01-api-design/labs/rest-api/app.py:{line}:1: error: ");
    assert!(trace.out.starts_with(&place), "{trace:#?}");
    let below = learner.says("ws/week-01-api-design", &args).ends(1);
    assert!(below.out.starts_with("labs/rest-api/app.py:"), "{below:#?}");
    insta::assert_snapshot!("problems", rule);
}
