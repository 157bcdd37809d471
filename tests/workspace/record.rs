//! The record: a fold of messages, over everything that was ever attempted.

use libtest_mimic::Trial;
use mastery::{
    grading::event::RunKind,
    workspace::{AttemptKind, Record, Workspace, attempts, keep},
};

use crate::cast::{named, repo, tape, workspace};

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "record":
        a_lab_is_told_from_its_attempts
        attempts_joined_by_a_merge_are_told_by_their_time
        commits_of_newer_releases_are_passed_over
        five_hundred_attempts_are_told
        an_empty_workspace_has_an_empty_record
    }
}

fn told(ws: &Workspace, kind: &str, seed: u64, verdicts: &[(&str, char)]) {
    keep(ws, None, &tape(kind, seed, 1, verdicts)).unwrap();
}

fn a_lab_is_told_from_its_attempts() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'p'), ("b", 'f')]);
    told(&ws, "partial", 2, &[("b", 'p')]);
    told(&ws, "full", 3, &[("a", 'p'), ("b", 'p'), ("badge", 'u')]);
    told(&ws, "interrupted", 4, &[("a", 'f')]);
    let record = Record::read(&ws).unwrap();
    let lab = record.lab("rest-api").unwrap();
    assert_eq!(lab.attempts, 4);
    assert_eq!(
        (lab.last.position, lab.last.kind),
        (4, AttemptKind::Run(RunKind::Interrupted))
    );
    assert_eq!((lab.best.position, lab.best.tally().passed), (3, 2));
    let pass = lab.passed.unwrap();
    assert_eq!(
        (pass.after_attempts, pass.revision, pass.took_s),
        (3, 1, 120)
    );
    assert_eq!(pass.at, 1_700_000_000 + 180 + 1);
    let letters: String = lab.checks.values().collect();
    assert_eq!(letters, "fpu", "a failed again, b passed, badge unsettled");
    assert_eq!(record.labs.len(), 1);
}

fn attempts_joined_by_a_merge_are_told_by_their_time() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    let repo = repo(&dir);
    let name = "refs/mastery/attempts/rest-api";
    let fork = repo.find_reference(name).unwrap().target().unwrap();
    told(&ws, "full", 2, &[("a", 'f')]);
    told(&ws, "full", 4, &[("a", 'f')]);
    let here = repo.find_reference(name).unwrap().target().unwrap();
    repo.reference(name, fork, true, "another machine").unwrap();
    told(&ws, "full", 3, &[("a", 'f')]);
    let there = repo.find_reference(name).unwrap().target().unwrap();
    let (here, there) = (
        repo.find_commit(here).unwrap(),
        repo.find_commit(there).unwrap(),
    );
    let who = git2::Signature::now("Ada", "ada@example.com").unwrap();
    let message = "rest-api: joined\n\nKind: merge\n";
    let tree = here.tree().unwrap();
    repo.commit(Some(name), &who, &who, message, &tree, &[&there, &here])
        .unwrap();
    told(&ws, "full", 5, &[("a", 'p')]);
    let attempts = attempts(&ws, "rest-api").unwrap();
    let order: Vec<(u32, &str)> = attempts
        .iter()
        .map(|attempt| (attempt.position, &attempt.seed[15..]))
        .collect();
    assert_eq!(order, [(1, "1"), (2, "2"), (3, "3"), (4, "4"), (5, "5")]);
}

fn commits_of_newer_releases_are_passed_over() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    let repo = repo(&dir);
    let name = "refs/mastery/attempts/rest-api";
    let tip = repo.find_reference(name).unwrap().peel_to_commit().unwrap();
    let who = git2::Signature::now("Ada", "ada@example.com").unwrap();
    let message = "rest-api: x\n\nKind: rehearsal\nMood: fine\nVerdicts: a=z:? b=p\n";
    repo.commit(
        Some(name),
        &who,
        &who,
        message,
        &tip.tree().unwrap(),
        &[&tip],
    )
    .unwrap();
    let record = Record::read(&ws).unwrap();
    let lab = record.lab("rest-api").unwrap();
    assert_eq!((lab.attempts, lab.last.kind), (2, AttemptKind::Newer));
    assert_eq!((lab.checks["a"], lab.checks["b"]), ('z', 'p'));
    assert_eq!(lab.passed, None);
}

fn five_hundred_attempts_are_told() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let repo = repo(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    let name = "refs/mastery/attempts/rest-api";
    let mut tip = repo.find_reference(name).unwrap().peel_to_commit().unwrap();
    let verdicts: Vec<String> = (0..12)
        .map(|n| format!("a_check_with_a_long_name_{n}=p"))
        .collect();
    for number in 2..=500_u32 {
        let time = git2::Time::new(1_700_000_000 + i64::from(number), 0);
        let who = git2::Signature::new("Ada", "ada@example.com", &time).unwrap();
        let message = format!(
            "rest-api: 12 passed\n\nKind: full\nSeed: {number:016x}\nLab-Revision: 1\nContract: c\n\
             Language: go\nBackend: none\nServices: none\nMastery: 0.1.0\nVerdicts: {}\nTook-Ms: 9\n",
            verdicts.join(" ")
        );
        let id = repo
            .commit(None, &who, &who, &message, &tip.tree().unwrap(), &[&tip])
            .unwrap();
        tip = repo.find_commit(id).unwrap();
    }
    repo.reference(name, tip.id(), true, "").unwrap();
    let record = Record::read(&ws).unwrap();
    let lab = record.lab("rest-api").unwrap();
    assert_eq!((lab.attempts, lab.checks.len()), (500, 13));
    assert_eq!(lab.passed.unwrap().after_attempts, 2);
    assert_eq!(lab.last.seed, format!("{:016x}", 500));
}

fn an_empty_workspace_has_an_empty_record() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    assert_eq!(Record::read(&ws).unwrap(), Record::default());
    std::fs::remove_dir_all(dir.join(".git")).unwrap();
    let error = Record::read(&ws).unwrap_err();
    assert!(
        error.to_string().contains("is in no git repository"),
        "{error}"
    );
    assert!(error.hints()[0].starts_with("git init"));
}
