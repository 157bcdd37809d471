//! `curriculum` and `week review`.

use std::{fs, path::Path};

use crate::cast::Learner;

/// The texts of the course with `rest-api` at the next revision, and today's revision.
fn newer(learner: &Learner) -> (String, u32) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("curriculum");
    let to = learner.root.join("course");
    let mut open = vec![from.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let copy = to.join(path.strip_prefix(&from).unwrap());
            if path.is_dir() {
                open.push(path);
            } else {
                fs::create_dir_all(copy.parent().unwrap()).unwrap();
                fs::copy(path, copy).unwrap();
            }
        }
    }
    let lab = to.join("week-01-api-design/rest-api");
    let text = fs::read_to_string(lab.join("lab.toml")).unwrap();
    let (_, behind) = text.split_once("\nrevision = ").unwrap();
    let today = behind.split_whitespace().next().unwrap().parse().unwrap();
    let line = |revision: u32| format!("\nrevision = {revision}");
    let text = text.replacen(&line(today), &line(today + 1), 1);
    fs::write(lab.join("lab.toml"), text).unwrap();
    let brief = fs::read_to_string(lab.join("README.md")).unwrap();
    fs::write(lab.join("README.md"), format!("{brief}\nMore.\n")).unwrap();
    (to.display().to_string(), today)
}

#[test]
fn an_update_replaces_what_is_still_as_scaffolded_and_nothing_of_the_learners() {
    let learner = Learner::begun();
    let (course, today) = newer(&learner);
    let lab = learner.lab();
    let app = fs::read_to_string(lab.join("app.py")).unwrap();
    fs::write(lab.join("app.py"), format!("{app}# mine\n")).unwrap();
    let submission = fs::read_to_string(lab.join("submission.toml")).unwrap();
    fs::write(lab.join("submission.toml"), format!("# mine\n{submission}")).unwrap();
    fs::remove_file(lab.join("contract/requests.http")).unwrap();
    let before = learner.git_state();
    let update = ["--curriculum", &course, "curriculum", "update"];
    let dry = [&update[..], &["--dry-run"]].concat();
    let told = learner.transcript("ws", &[&dry, &update, &update]);
    insta::assert_snapshot!("update", told);
    assert_eq!(
        before,
        learner.git_state(),
        "nothing is committed or staged"
    );
    let read = |name: &str| fs::read_to_string(lab.join(name)).unwrap();
    assert!(read("BRIEF.md").ends_with("More.\n"));
    assert_eq!(read("app.py"), format!("{app}# mine\n"));
    assert_eq!(read("submission.toml"), format!("# mine\n{submission}"));
    let beside = format!(".r{}", today + 1);
    assert!(
        read(&format!("submission.toml{beside}")).contains(&format!("revision = {}", today + 1))
    );
    assert!(!lab.join("contract/requests.http").exists());
    assert!(!lab.join(format!("BRIEF.md{beside}")).exists());
}

#[test]
fn an_update_knows_what_was_scaffolded_before_this_release() {
    let learner = Learner::begun();
    let repo = git2::Repository::open(learner.root.join("ws")).unwrap();
    let name = "refs/mastery/scaffolded/rest-api";
    repo.find_reference(name).unwrap().delete().unwrap();
    let (course, _) = newer(&learner);
    learner
        .says("ws", &["--curriculum", &course, "curriculum", "update"])
        .good()
        .tells(&["BRIEF.md: replaced", "submission.toml: replaced"]);
}

#[test]
fn a_pass_stays_a_pass_after_an_update() {
    let learner = Learner::solved();
    learner.says("ws", &["grade"]).good();
    let (course, today) = newer(&learner);
    let passed = format!("passed at r{today}");
    let update = ["--curriculum", &course, "curriculum", "update", "rest-api"];
    learner
        .says("ws", &update)
        .good()
        .tells(&[&format!("{passed}, and stays passed")]);
    learner.says("ws", &["progress"]).good().tells(&[&passed]);
}

#[test]
fn the_course_is_listed_and_shown() {
    let learner = Learner::new();
    let told = learner.transcript(
        ".",
        &[
            &["curriculum", "list"],
            &["curriculum", "show", "week-05"],
            &["curriculum", "show", "rst-api"],
            &["curriculum", "update"],
        ],
    );
    let narrow = learner.narrow(".", "40", &["curriculum", "list"]);
    insta::assert_snapshot!("curriculum", format!("{told}{narrow}"));
    learner
        .says(".", &["curriculum", "show", "rest-api"])
        .good()
        .tells(&["decimals_do_not_drift", "contract/orders.v2.md#money"]);
    let json = learner.says(".", &["curriculum", "list", "--json"]).good();
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["weeks"].as_array().map(Vec::len), Some(7));
    learner.says(".", &["init", "ws"]).good();
    let none = learner.transcript(
        "ws",
        &[
            &["curriculum", "update"],
            &["curriculum", "update", "rest-api"],
            &["curriculum", "update", "grpc-service"],
        ],
    );
    insta::assert_snapshot!("update_nothing", none);
}

#[test]
fn a_weekly_review_is_filled_once_and_then_the_learners() {
    let learner = Learner::begun();
    learner.says("ws", &["grade"]).ends(1);
    learner
        .says("ws", &["grade", "--only", "v1_wire_is_frozen"])
        .good();
    let notes = learner.root.join("ws/week-01-api-design/notes.md");
    let text = fs::read_to_string(&notes).unwrap();
    let mine = text.replace(
        "## Surprises and their causes\n",
        "## Surprises and their causes\n\nOne.\nTwo.\n",
    );
    assert_ne!(text, mine);
    fs::write(notes, mine).unwrap();
    let review = learner.root.join("ws/week-01-api-design/review.md");
    let first = learner.transcript("ws", &[&["week", "review"], &["week", "review", "--print"]]);
    insta::assert_snapshot!("review", first);
    fs::write(&review, "mine\n").unwrap();
    let again = learner.transcript(
        "ws/week-01-api-design",
        &[&["week", "review"], &["week", "review", "--print"]],
    );
    insta::assert_snapshot!("review_again", again);
    assert_eq!(fs::read_to_string(&review).unwrap(), "mine\n");
}

#[test]
fn a_review_of_nothing_is_told_plainly() {
    let learner = Learner::new();
    let outside = learner.transcript(".", &[&["week", "review"]]);
    learner.says(".", &["init", "ws"]).good();
    let told = learner.transcript(
        "ws",
        &[
            &["week", "review"],
            &["week", "review", "week-05"],
            &["week", "review", "week-09"],
            &["week", "review", "trading-agent-backend"],
        ],
    );
    let narrow = learner.narrow("ws", "40", &["week", "review", "week-01"]);
    insta::assert_snapshot!("review_of_nothing", format!("{outside}{told}{narrow}"));
    // Nobody sits at a terminal: the editor is not started.
    let mut command = learner.command("ws", &["week", "review", "week-01"]);
    let said = crate::cast::said(command.env("EDITOR", "false").output().unwrap());
    said.good();
}
