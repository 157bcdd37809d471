use super::*;

const ID: &str = "8ff1e85b5a1d0f3c5f4c7bbd2c2c1d6f0a9e8d7c";

fn started(kind: &str) -> String {
    let check = |id: &str, badge: bool| {
        format!(r#"{{"id":"{id}","title":"t","badge":{badge},"limit_ms":1}}"#)
    };
    format!(
        r#"{{"event":"run-started","format":1,"mastery":"0.1.0","lab":"rest-api","title":"t","revision":2,"contract":"blake3:00","seed":"7f3a91c204be5d10","language":"python","backend":null,"services":{{"kafka":"4.0 x"}},"kind":"{kind}","checks":[{},{},{}],"of":3,"began_at":1700000000,"at_ms":0}}"#,
        check("a_fact", false),
        check("b_fact", false),
        check("c_badge", true)
    )
}

fn finished(check: &str, verdict: &str) -> String {
    format!(
        r#"{{"event":"check-finished","check":"{check}","verdict":{verdict},"took_ms":1,"at_ms":1500}}"#
    )
}

fn ended(kind: &str) -> String {
    format!(
        r#"{{"event":"run-finished","kind":"{kind}","tally":{{"passed":0,"failed":0,"unsettled":0,"skipped":0}},"build_ms":0,"start_ms":0,"checks_ms":0,"stop_ms":0,"at_ms":1904}}"#
    )
}

fn story(lines: &[String]) -> Story {
    Story::read((lines.join("\n") + "\n").as_bytes()).unwrap()
}

const PASSED: &str = r#"{"is":"passed"}"#;
const UNSETTLED: &str = r#"{"is":"unsettled","why":"w"}"#;

#[test]
fn a_message_is_as_the_format_has_it_and_is_read_back() {
    let failed = r#"{"is":"failed","summary":"s","expected":"e","actual":"a"}"#;
    let story = story(&[
        started("full"),
        finished("a_fact", PASSED),
        finished("b_fact", failed),
        finished("c_badge", r#"{"is":"skipped","after":"b_fact"}"#),
        ended("full"),
    ]);
    let message = story.message();
    assert_eq!(
        message,
        "rest-api: 1 passed, 1 failed, 1 skipped\n\nKind: full\nSeed: 7f3a91c204be5d10\n\
         Lab-Revision: 2\nContract: blake3:00\nLanguage: python\nBackend: none\n\
         Services: kafka=4.0_x\nMastery: 0.1.0\n\
         Verdicts: a_fact=p b_fact=f c_badge=s:b_fact\nTook-Ms: 1904\n"
    );
    let read = AttemptSummary::read(ID.parse().unwrap(), 5, &message).unwrap();
    assert_eq!(
        (read.kind, read.revision, read.took_ms),
        (AttemptKind::Run(RunKind::Full), 2, 1904)
    );
    assert_eq!(read.services["kafka"], "4.0_x");
    assert_eq!(read.backend, None);
    assert_eq!(read.verdicts[2].after.as_deref(), Some("b_fact"));
    assert_eq!((read.tally().passed, read.tally().total()), (1, 3));
}

#[test]
fn only_a_full_run_to_its_end_with_every_required_check_passes() {
    let (a, b) = (finished("a_fact", PASSED), finished("b_fact", PASSED));
    let badge = finished("c_badge", UNSETTLED);
    let all = [a.clone(), b.clone(), badge];
    let run = |kind: &str, checks: &[String], end: &[String]| {
        story(&[&[started(kind)], checks, end].concat()).passes()
    };
    assert!(
        run("full", &all, &[ended("full")]),
        "a badge decides nothing"
    );
    assert!(!run("partial", &all, &[ended("partial")]));
    assert!(!run("full", &all, &[]), "it was killed before its end");
    assert!(!run("full", &all, &[ended("interrupted")]));
    assert!(
        !run("full", std::slice::from_ref(&a), &[ended("full")]),
        "b_fact is missing"
    );
    let unsettled = finished("b_fact", UNSETTLED);
    assert!(!run("full", &[a, unsettled], &[ended("full")]));
}

#[test]
fn a_torn_tape_is_an_interrupted_run() {
    let mut tape = [started("full"), finished("a_fact", PASSED)].join("\n");
    tape.push_str("\n{\"event\":\"check-fini");
    let story = Story::read(tape.as_bytes()).unwrap();
    assert_eq!(story.kind, RunKind::Interrupted);
    assert!(story.is_worth_keeping());
    assert!(story.message().starts_with("rest-api: 1 passed\n"));
    assert_eq!(story.ended_at(), 1_700_000_001);
    let begun = Story::read(started("full").as_bytes()).unwrap();
    assert!(!begun.is_worth_keeping());
    assert!(Story::read(b"\n{}\nnot json").is_none());
}

#[test]
fn what_a_newer_release_writes_is_passed_over() {
    let message = "x\n\nKind: full\nMood: good\nVerdicts: a=p b=z:q? c= d\nTook-Ms: soon\n";
    let read = AttemptSummary::read(ID.parse().unwrap(), 5, message).unwrap();
    let letters: Vec<char> = read.verdicts.iter().map(|told| told.letter).collect();
    assert_eq!(letters, ['p', 'z']);
    assert_eq!(read.tally().total(), 1);
    let rehearsal = AttemptSummary::read(ID.parse().unwrap(), 5, "x\n\nKind: rehearsal\n");
    assert_eq!(rehearsal.unwrap().kind, AttemptKind::Newer);
    let merge = AttemptSummary::read(ID.parse().unwrap(), 5, "x\n\nKind: merge\n");
    assert_eq!(merge, None);
}
