//! `hint`, `history`, `diff`, `restore` and `solution`, as whole transcripts.

use std::fs;

use crate::{
    cast::{LAB, Learner},
    transcript::{Session, attempt},
};

const LAB_FOLDER: &str = "ws/week-01-api-design/labs/rest-api";

/// A learner with a few attempts behind them: the code changed from one to the next.
fn with_attempts() -> Learner {
    let learner = Learner::begun();
    let app = learner.lab().join("store.py");
    let text = fs::read_to_string(&app).unwrap();
    attempt(&learner, 30, "full", "pffs");
    fs::write(&app, format!("# kept in memory\n{text}")).unwrap();
    attempt(&learner, 5, "full", "ppfs");
    attempt(&learner, 4, "partial", "  f");
    fs::write(&app, format!("# kept in memory\nLIMIT = 50\n{text}")).unwrap();
    attempt(&learner, 2, "full", "fppf");
    learner
}

#[test]
fn hints_climb_a_ladder_that_is_remembered() {
    let learner = with_attempts();
    let mut session = Session::new(&learner);
    session
        .types("hint")
        .types("hint --again")
        .types("hint")
        .types("hint")
        .types("hint")
        .types("hint decimals --lab rest-api")
        .types_in(LAB_FOLDER, "hint decimals-do-not-drift");
    insta::assert_snapshot!("hints", session.shown());
    let said = learner.says("ws", &["progress", "--json"]).good();
    let value: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let checks = value["weeks"][0]["units"][0]["checks"].as_array().unwrap();
    let taken = |id: &str| {
        let check = checks.iter().find(|check| check["id"] == id).unwrap();
        (
            check["hints_taken"].as_u64().unwrap(),
            check["hints"].as_u64().unwrap(),
        )
    };
    assert_eq!(taken("v1_wire_is_frozen"), (3, 3));
    assert_eq!(taken("decimals_do_not_drift"), (2, 3));
    assert_eq!(taken("one_store_two_views"), (0, 3));
    learner
        .says("ws", &["progress"])
        .good()
        .tells(&["4 attempts, 5 hints"]);
    learner
        .says("ws", &["progress", "rest-api"])
        .good()
        .tells(&["3 of 3 hints taken", "2 of 3 hints taken"]);
}

#[test]
fn a_hint_on_nothing_says_what_there_is() {
    let learner = Learner::begun();
    let mut session = Session::new(&learner);
    session
        .types_in(".", "hint")
        .types("hint")
        .types("hint v1_wire_is_frozzen")
        .types("hint v")
        .types("hint survives_a_crash --lab rest-api")
        .types("hint v1_wire --again")
        .types("hint --lab grpc-service")
        .types("hint --lab rst-api")
        .types("hint --lab week-01");
    attempt(&learner, 1, "full", "pppp");
    session.types("hint");
    let mut narrow = Session::of(&learner, "40");
    narrow
        .types("hint decimals")
        .types("hint --lab grpc-service");
    let shown = session.shown() + &narrow.shown();
    insta::assert_snapshot!("hints_refused", shown);
}

#[test]
fn a_history_is_read_page_by_page() {
    let learner = with_attempts();
    let mut session = Session::new(&learner);
    session
        .types("history")
        .types("history rest-api --limit 2")
        .types("history rest-api --before 2")
        .types("history rest-api --before 1");
    fs::write(learner.lab().join("store.py"), "# all anew\n").unwrap();
    attempt(&learner, 1, "full", "pppp");
    session.types("history -n 1");
    let mut narrow = Session::of(&learner, "40");
    narrow.types("history --limit 2");
    insta::assert_snapshot!("history", session.shown() + &narrow.shown());
    let said = learner
        .says("ws", &["history", "--json", "--limit", "2"])
        .good();
    let value: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        (&value["format"], &value["attempts"]),
        (&1.into(), &5.into())
    );
    assert_eq!(
        (&value["older"], &value["passed"]["attempt"]),
        (&3.into(), &5.into())
    );
    let row = &value["rows"][1];
    assert_eq!(
        (&row["attempt"], &row["tally"]["failed"]),
        (&4.into(), &2.into())
    );
    assert_eq!(row["changes"].as_array().unwrap().len(), 3, "{row:#}");
    assert_eq!(row["code"]["added"], 1);
}

#[test]
fn a_history_of_nothing_says_what_there_is() {
    let learner = Learner::begun();
    let mut session = Session::new(&learner);
    session
        .types_in(".", "history")
        .types("history")
        .types("history grpc-service")
        .types("history rst-api")
        .types("history rest-api --limit 0");
    insta::assert_snapshot!("history_refused", session.shown());
}

#[test]
fn ten_thousand_attempts_are_told_a_page_at_a_time() {
    let learner = Learner::begun();
    attempt(&learner, 200, "full", "ffff");
    let repo = git2::Repository::open(learner.root.join("ws")).unwrap();
    let name = "refs/mastery/attempts/rest-api";
    let mut tip = repo.find_reference(name).unwrap().peel_to_commit().unwrap();
    let begun = tip.time().seconds();
    for number in 2..=10_000_i64 {
        let at = git2::Time::new(begun + number * 60, 0);
        let who = git2::Signature::new("Ada", "ada@example.org", &at).unwrap();
        let message = format!(
            "x\n\nKind: full\nSeed: {number:016x}\nLanguage: go\nVerdicts: {}=f\n",
            crate::transcript::CHECKS[0]
        );
        let tree = tip.tree().unwrap();
        let id = repo
            .commit(None, &who, &who, &message, &tree, &[&tip])
            .unwrap();
        tip = repo.find_commit(id).unwrap();
    }
    repo.reference(name, tip.id(), true, "").unwrap();
    let said = learner.says("ws", &["history"]).good();
    assert!(said.out.lines().count() < 60, "{}", said.out);
    said.tells(&["10000 attempts", "mastery history rest-api --before 9981"]);
    learner
        .says("ws", &["progress"])
        .good()
        .tells(&["10000 attempts"]);
    let all = learner.says("ws", &["history", "--json", "--all"]).good();
    let value: serde_json::Value = serde_json::from_str(&all.out).unwrap();
    assert_eq!(value["rows"].as_array().unwrap().len(), 10_000);
    assert_eq!(value["older"], serde_json::Value::Null);
    learner
        .says("ws", &["history", "--before", "3"])
        .good()
        .tells(&["0000000000000002"]);
    let page = learner.says("ws", &["progress", "--html", "-"]).good();
    assert!(page.out.contains("<dt>attempts</dt><dd>10000</dd>"));
    assert!(page.out.len() < 100_000, "{} bytes", page.out.len());
}

#[test]
fn two_attempts_stand_side_by_side() {
    let learner = with_attempts();
    let mut session = Session::new(&learner);
    session
        .types("diff 1..4")
        .types("diff 2..3 rest-api")
        .types("diff 3..");
    fs::remove_file(learner.lab().join("web.py")).unwrap();
    session.types("diff 4..");
    let mut narrow = Session::of(&learner, "40");
    narrow.types("diff 1..2");
    let mut wide = Session::of(&learner, "140");
    wide.types("diff 1..4");
    let shown = session.shown() + &narrow.shown() + &wide.shown();
    insta::assert_snapshot!("diff", shown);
}

#[test]
fn what_cannot_be_compared_is_told_plainly() {
    let learner = Learner::begun();
    let mut session = Session::new(&learner);
    session.types_in(".", "diff 1..2").types("diff 1..2");
    attempt(&learner, 1, "full", "pppf");
    session
        .types("diff 1..7")
        .types("diff 0..1")
        .types("diff 1")
        .types("diff rest-api")
        .types("diff 1.. grpc-service");
    fs::remove_dir_all(learner.lab()).unwrap();
    session.types("diff 1.. rest-api");
    insta::assert_snapshot!("diff_refused", session.shown());
}

#[test]
fn a_restore_keeps_what_was_there_and_touches_nothing_else() {
    let learner = with_attempts();
    let store = learner.lab().join("store.py");
    fs::write(&store, "# not committed, not graded\n").unwrap();
    fs::write(learner.lab().join("notes.txt"), "mine\n").unwrap();
    fs::write(learner.root.join("ws/README.md"), "my own words\n").unwrap();
    let before = learner.git_state();
    let mut session = Session::new(&learner);
    session.types("restore rest-api 1");
    assert!(
        !fs::read_to_string(&store)
            .unwrap()
            .contains("# kept in memory")
    );
    assert!(!learner.lab().join("notes.txt").exists());
    session
        .types("restore rest-api 1")
        .types("restore rest-api 5");
    assert_eq!(
        fs::read_to_string(&store).unwrap(),
        "# not committed, not graded\n"
    );
    assert_eq!(
        fs::read_to_string(learner.lab().join("notes.txt")).unwrap(),
        "mine\n"
    );
    session
        .types("restore rest-api 4")
        .types("history --limit 2");
    assert_eq!(before, learner.git_state());
    let readme = learner.root.join("ws/README.md");
    assert_eq!(fs::read_to_string(readme).unwrap(), "my own words\n");
    insta::assert_snapshot!("restore", session.shown());
    learner
        .says("ws", &["progress"])
        .good()
        .tells(&["4 attempts"]);
}

#[test]
fn what_cannot_be_restored_is_told_plainly() {
    let learner = Learner::begun();
    let mut session = Session::new(&learner);
    session
        .types_in(".", "restore rest-api 1")
        .types("restore rest-api 1");
    fs::write(learner.lab().join("local.env"), "TOKEN=old\n").unwrap();
    attempt(&learner, 1, "full", "pppf");
    session
        .types("restore rest-api 9")
        .types("restore rest-api first")
        .types("restore rest-api")
        .types("restore grpc-service 1");
    // From now on git ignores it, so no attempt has what it holds.
    fs::write(learner.lab().join(".gitignore"), "*.env\n").unwrap();
    fs::write(learner.lab().join("local.env"), "TOKEN=new\n").unwrap();
    session.types("restore rest-api 1");
    let env = fs::read_to_string(learner.lab().join("local.env")).unwrap();
    assert_eq!(env, "TOKEN=new\n");
    let mut narrow = Session::of(&learner, "40");
    narrow.types("restore rest-api 9");
    let shown = session.shown() + &narrow.shown();
    insta::assert_snapshot!("restore_refused", shown);
    fs::remove_dir_all(learner.lab()).unwrap();
    learner
        .says("ws", &["restore", "rest-api", "1"])
        .good()
        .tells(&["as in attempt 1 again"]);
    assert!(learner.root.join("ws").join(LAB).join("app.py").is_file());
}

#[test]
fn a_solution_is_shown_after_a_pass_and_not_before() {
    let learner = Learner::solved();
    let mut session = Session::new(&learner);
    session
        .types_in(".", "solution rest-api")
        .types("solution rest-api")
        .types("solution grpc-service");
    attempt(&learner, 3, "full", "pppf");
    session.types("solution rest-api");
    attempt(&learner, 2, "partial", "pppp");
    learner
        .says("ws", &["solution", "rest-api"])
        .ends(2)
        .tells(&["is not passed yet"]);
    attempt(&learner, 1, "full", "pppp");
    session.types("solution rest-api --lang cobol");
    let web = learner.lab().join("web.py");
    let text = fs::read_to_string(&web).unwrap();
    let first = text.lines().next().unwrap();
    fs::write(&web, text.replacen(first, "# my own beginning", 1)).unwrap();
    session.types("solution rest-api");
    insta::assert_snapshot!("solution", session.shown());
    let go = learner
        .says("ws", &["solution", "rest-api", "--lang", "go"])
        .good();
    assert!(go.out.contains("package main") && go.out.contains("only yours"));
    for hidden in ["mastery_kit", "fn v1_wire_is_frozen", "Bench"] {
        assert!(!go.out.contains(hidden), "{hidden} is the grader's");
    }
}
