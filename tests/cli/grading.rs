//! `grade` and `progress`.

use std::fs;

use crate::cast::Learner;

#[test]
fn a_starter_fails_honestly_and_a_solution_passes() {
    let learner = Learner::begun();
    let before = learner.git_state();
    let said = learner.says("ws", &["grade"]).ends(1);
    said.tells(&[
        "4 passed, 8 failed, 34 skipped",
        "attempt 1 kept",
        "reproduce",
        "hint 1 of 3",
    ]);
    assert_eq!(before, learner.git_state());
    learner
        .says("ws", &["progress"])
        .good()
        .tells(&["4 of 87 checks", "1 attempt"]);
    let solved = Learner::solved();
    solved
        .says("ws", &["grade"])
        .good()
        .tells(&["46 passed", "the lab is passed"]);
    solved
        .says("ws", &["progress"])
        .good()
        .tells(&["46 of 87 checks", "passed at r2"]);
    assert_eq!(solved.left_running(), Vec::<String>::new());
}

#[test]
fn one_check_can_be_named_by_its_beginning_and_a_seed_repeats_its_inputs() {
    let learner = Learner::begun();
    let seed = [
        "grade",
        "--only",
        "v1-wire",
        "--seed",
        "00000000000000aa",
        "--report",
        "json",
    ];
    let said = learner.says("ws", &seed).good();
    assert!(
        said.out.contains("\"seed\":\"00000000000000aa\""),
        "{}",
        said.out
    );
    let v2 = ["grade", "--only", "v2_orders", "--seed", "00000000000000aa"];
    let bodies = || {
        let said = learner.says("ws", &v2).ends(1);
        said.out
            .lines()
            .find(|line| line.contains("account_id"))
            .unwrap()
            .to_owned()
    };
    assert_eq!(bodies(), bodies());
}

#[test]
fn what_cannot_be_graded_is_told_plainly() {
    let learner = Learner::new();
    learner
        .says(".", &["grade"])
        .ends(2)
        .tells(&["mastery init"]);
    learner.says(".", &["init", "ws"]).good();
    learner
        .says("ws", &["grade", "rest-api"])
        .ends(2)
        .tells(&["mastery start rest-api"]);
    learner.says("ws", &["start", "rest-api"]).good();
    learner
        .says("ws", &["grade", "--only", "nothing"])
        .ends(2)
        .tells(&["no check `nothing`"]);
    learner
        .says("ws", &["grade", "--only", "v2_orders_can_be_red_back"])
        .ends(2)
        .tells(&["did you mean `v2_orders_can_be_read_back`"]);
    learner
        .says("ws", &["grade", "--seed", "7f3a"])
        .ends(2)
        .tells(&["sixteen digits"]);
    let two = ["grade", "--report", "json", "--report", "junit"];
    learner.says("ws", &two).ends(2).tells(&["Only one report"]);
}

#[test]
fn a_mistake_in_the_submission_is_shown_where_it_stands() {
    let learner = Learner::begun();
    let path = learner.lab().join("submission.toml");
    let good = fs::read_to_string(&path).unwrap();
    let cases = [
        (
            good.replace("lab = \"rest-api\"", "lab = \"grpc-service\""),
            "submission.toml:",
        ),
        (good.replace("ports = ", "prts = "), "Did you mean `ports`"),
        (
            good.replace("[[program]]", "[[program]"),
            "submission.toml:",
        ),
        (
            good.replace("[\"python3\", \"app.py\"]", "[]"),
            "submission.toml:",
        ),
        (good.replace("http:/healthz", "udp"), "submission.toml:"),
        (good.replace("schema = 1", "schema = 99"), "pdate mastery"),
    ];
    for (text, told) in cases {
        assert_ne!(text, good, "the case for {told} changes nothing");
        fs::write(&path, text).unwrap();
        learner.says("ws", &["grade"]).ends(2).tells(&[told]);
    }
}

#[test]
fn a_program_that_cannot_run_is_told_with_its_reason() {
    let learner = Learner::begun();
    let path = learner.lab().join("submission.toml");
    let good = fs::read_to_string(&path).unwrap();
    let with = |from: &str, to: &str| fs::write(&path, good.replace(from, to)).unwrap();
    with("\"python3\"", "\"no-such-program\"");
    learner
        .says("ws", &["grade"])
        .ends(1)
        .tells(&["no-such-program", "46 checks skipped"]);
    with("\"app.py\"", "\"gone.py\"");
    learner
        .says("ws", &["grade"])
        .ends(1)
        .tells(&["exited with code 2", "gone.py"]);
}

#[test]
fn a_build_that_fails_or_hangs_ends_before_the_program_is_started() {
    let learner = Learner::begun();
    let path = learner.lab().join("submission.toml");
    let good = fs::read_to_string(&path).unwrap();
    let with = |lines: &str| {
        let text = good.replace("[[program]]\n", &format!("[[program]]\n{lines}\n"));
        assert_ne!(text, good);
        fs::write(&path, text).unwrap();
    };
    with("build = ['sh', '-c', 'echo no such header; exit 3']");
    learner
        .says("ws", &["grade"])
        .ends(1)
        .tells(&["no such header", "code 3"]);
    with("build = ['sleep', '1000']\nbuild_limit_s = 1");
    learner
        .says("ws", &["grade"])
        .ends(1)
        .tells(&["build_limit_s"]);
    with("build = ['sh', '-c', 'yes | head -c 200000000; exit 1']");
    let said = learner.says("ws", &["grade"]).ends(1);
    assert!(
        said.out.len() < 100_000,
        "{} bytes were printed",
        said.out.len()
    );
}

#[test]
fn reports_for_machines_are_whole() {
    let learner = Learner::begun();
    let json = learner
        .says(
            "ws",
            &["grade", "--report", "json", "--report", "junit=r.xml"],
        )
        .ends(1);
    for line in json.out.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            event["event"].is_string() && event["at_ms"].is_u64(),
            "{line}"
        );
    }
    let xml = fs::read_to_string(learner.root.join("ws/r.xml")).unwrap();
    assert!(
        xml.starts_with("<?xml") && xml.contains("<failure"),
        "{xml}"
    );
    let progress = learner.says("ws", &["progress", "--json"]).good();
    let value: serde_json::Value = serde_json::from_str(&progress.out).unwrap();
    assert_eq!(value["format"], 1);
}
