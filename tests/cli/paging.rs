//! `mastery progress --html`: one page, in a file of its own.

use std::fs;

use crate::{cast::Learner, transcript::attempt};

#[test]
fn a_page_is_written_replaced_and_never_put_over_something_else() {
    let learner = Learner::begun();
    attempt(&learner, 5, "full", "pfsu");
    attempt(&learner, 2, "full", "ppfs");
    let page = ["progress", "--html", "progress.html"];
    learner
        .says("ws", &page)
        .good()
        .tells(&["Written to progress.html."]);
    let path = learner.root.join("ws/progress.html");
    let first = fs::read_to_string(&path).unwrap();
    assert!(
        first.contains("<dt>checks passed</dt><dd>2 of 87</dd>"),
        "{first}"
    );
    assert!(
        first.contains("<dt>unsettled runs</dt><dd>1</dd>"),
        "{first}"
    );
    // Three of the five verdicts that were decided.
    assert!(first.contains("<dt>pass rate</dt><dd>60 %</dd>"), "{first}");
    attempt(&learner, 1, "full", "pppp");
    learner.says("ws", &page).good();
    let second = fs::read_to_string(&path).unwrap();
    assert!(second.contains("<dt>attempts</dt><dd>3</dd>"), "{second}");
    let theirs = learner.root.join("ws/notes.html");
    fs::write(&theirs, "mine").unwrap();
    let said = learner.says("ws", &["progress", "--html", "notes.html"]);
    said.ends(2)
        .tells(&["`notes.html` is there already", "--html -"]);
    assert_eq!(fs::read_to_string(&theirs).unwrap(), "mine");
    let nowhere = ["progress", "--html", "no/such/page.html"];
    learner
        .says("ws", &nowhere)
        .ends(2)
        .tells(&["There is no folder `no/such`", "mkdir -p no/such"]);
    let both = ["progress", "--html", "-", "--json"];
    learner.says("ws", &both).ends(2);
}

#[test]
fn an_empty_workspace_has_a_page_on_standard_output() {
    let learner = Learner::new();
    learner.says(".", &["init", "ws"]).good();
    let said = learner.says("ws", &["progress", "--html", "-"]).good();
    assert!(said.out.starts_with("<!doctype html>"), "{}", said.out);
    assert!(said.out.ends_with("</html>\n"), "{}", said.out);
    assert!(said.out.contains("Nothing was graded yet."), "{}", said.out);
}
