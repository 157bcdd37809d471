//! The record cache: it tells what git tells, and is made anew when the refs moved otherwise.

use std::{fs, path::Path};

use libtest_mimic::Trial;
use mastery::workspace::{
    AttemptKind, AttemptSummary, Diary, Record, Workspace, keep, save, snapshot,
};

use crate::cast::{PLACE, named, repo, tape, workspace};

const LAB: &str = "rest-api";
const NAME: &str = "refs/mastery/attempts/rest-api";

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "diary":
        a_cache_tells_what_git_tells
        what_is_new_is_put_behind_what_is_known
        a_cache_that_is_damaged_or_of_another_time_is_made_anew
        a_pass_that_is_marked_elsewhere_is_seen
        a_saved_folder_has_a_number_and_counts_nowhere
        ten_thousand_attempts_are_read_from_the_cache
        without_a_place_for_the_cache_everything_is_told
    }
}

fn told(ws: &Workspace, kind: &str, seed: u64, verdicts: &[(&str, char)]) {
    keep(ws, None, &tape(kind, seed, 1, verdicts)).unwrap();
}

fn cache(dir: &Path) -> std::path::PathBuf {
    dir.join(".mastery/record/rest-api.jsonl")
}

/// What git alone says.
fn by_git(ws: &Workspace, dir: &Path) -> (Vec<AttemptSummary>, Record) {
    let read = || {
        fs::remove_file(cache(dir)).ok();
    };
    read();
    let attempts = Diary::open(ws, LAB).unwrap().all();
    read();
    (attempts, Record::read(ws).unwrap())
}

fn by_cache(ws: &Workspace) -> (Vec<AttemptSummary>, Record) {
    let attempts = Diary::open(ws, LAB).unwrap().all();
    (attempts, Record::read(ws).unwrap())
}

fn a_cache_tells_what_git_tells() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'p'), ("b", 'f')]);
    told(&ws, "partial", 2, &[("b", 's')]);
    told(&ws, "full", 3, &[("a", 'p'), ("b", 'p'), ("badge", 'u')]);
    told(&ws, "interrupted", 4, &[]);
    assert!(cache(&dir).is_file());
    let cached = by_cache(&ws);
    assert_eq!(cached, by_git(&ws, &dir));
    assert_eq!(cached.0[1].verdicts[0].after.as_deref(), Some("a"));
    let diary = Diary::open(&ws, LAB).unwrap();
    let numbers = |from| -> Vec<u32> { diary.until(from).map(|one| one.position).collect() };
    assert_eq!(numbers(u32::MAX), [4, 3, 2, 1]);
    assert_eq!(numbers(2), [2, 1]);
    assert_eq!(numbers(0), Vec::<u32>::new());
    assert_eq!(diary.attempt(3).unwrap().seed, format!("{:016x}", 3));
    assert!(diary.attempt(5).is_none() && diary.attempt(0).is_none());
    assert!(Diary::open(&ws, "never-tried").unwrap().is_empty());
}

fn what_is_new_is_put_behind_what_is_known() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    let old = fs::read(cache(&dir)).unwrap();
    told(&ws, "full", 2, &[("a", 'p')]);
    told(&ws, "full", 3, &[("a", 'p'), ("b", 'p')]);
    // As if two runs had been kept by a release that knows no cache.
    fs::write(cache(&dir), old).unwrap();
    let brought_on = by_cache(&ws);
    assert_eq!(brought_on.0.len(), 3);
    assert_eq!(brought_on, by_git(&ws, &dir));
}

fn a_cache_that_is_damaged_or_of_another_time_is_made_anew() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    told(&ws, "full", 2, &[("a", 'p')]);
    let expected = by_git(&ws, &dir);
    let good = fs::read(cache(&dir)).unwrap();
    let text = String::from_utf8(good.clone()).unwrap();
    let head = text.find('\n').unwrap();
    for damaged in [
        String::new(),
        "{".to_owned(),
        text[..head].to_owned(),
        text[..text.len() - 5].to_owned(),
        text.replace("\"format\":1", "\"format\":99"),
        format!("{}\n{}", &text[..head], "\0".repeat(text.len() - head - 1)),
    ] {
        fs::write(cache(&dir), &damaged).unwrap();
        assert_eq!(
            Diary::open(&ws, LAB).unwrap().all(),
            expected.0,
            "{damaged:?}"
        );
    }
    // The ref goes back to the first attempt, as after a fetch from another machine.
    let repo = repo(&dir);
    let tip = repo.find_reference(NAME).unwrap().peel_to_commit().unwrap();
    let first = tip.parent_id(0).unwrap();
    repo.reference(NAME, first, true, "").unwrap();
    assert_eq!(by_cache(&ws).0.len(), 1);
    assert_eq!(Record::read(&ws).unwrap().lab(LAB).unwrap().attempts, 1);
    repo.find_reference(NAME).unwrap().delete().unwrap();
    assert!(Diary::open(&ws, LAB).unwrap().is_empty());
    assert_eq!(Record::read(&ws).unwrap(), Record::default());
}

fn a_pass_that_is_marked_elsewhere_is_seen() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'p'), ("b", 'p')]);
    told(&ws, "full", 2, &[("a", 'p'), ("b", 'p'), ("badge", 'f')]);
    let passed = || Record::read(&ws).unwrap().lab(LAB).unwrap().passed.unwrap();
    assert_eq!((passed().position, passed().after_attempts), (1, 1));
    let second = Diary::open(&ws, LAB).unwrap().attempt(2).unwrap();
    let id = second.id.to_string().parse().unwrap();
    repo(&dir)
        .reference("refs/mastery/passed/rest-api", id, true, "")
        .unwrap();
    assert_eq!((passed().position, passed().after_attempts), (2, 2));
    assert_eq!(by_cache(&ws), by_git(&ws, &dir));
}

fn a_saved_folder_has_a_number_and_counts_nowhere() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    let work = snapshot(&ws, PLACE).unwrap().tree;
    assert_eq!(save(&ws, LAB, work, "kept before something").unwrap(), 2);
    let kept = keep(&ws, None, &tape("full", 3, 1, &[("a", 'p'), ("b", 'p')])).unwrap();
    assert_eq!((kept.position, kept.before.unwrap().position), (3, 1));
    let diary = Diary::open(&ws, LAB).unwrap();
    assert_eq!(diary.attempt(2).unwrap().kind, AttemptKind::Saved);
    let record = diary.record().unwrap();
    assert_eq!((record.attempts, record.last.position), (2, 3));
    assert_eq!(record.passed.unwrap().after_attempts, 2);
    assert_eq!(by_cache(&ws), by_git(&ws, &dir));
}

fn ten_thousand_attempts_are_read_from_the_cache() {
    const MANY: u32 = 10_000;
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let repo = repo(&dir);
    told(&ws, "full", 1, &[("a", 'f')]);
    let mut tip = repo.find_reference(NAME).unwrap().peel_to_commit().unwrap();
    for number in 2..=MANY {
        let time = git2::Time::new(1_700_000_000 + i64::from(number), 0);
        let who = git2::Signature::new("Ada", "ada@example.com", &time).unwrap();
        let letter = if number == 7_000 { 'p' } else { 'f' };
        let message = format!("x\n\nKind: full\nSeed: {number:016x}\nVerdicts: a={letter}\n");
        let id = repo
            .commit(None, &who, &who, &message, &tip.tree().unwrap(), &[&tip])
            .unwrap();
        tip = repo.find_commit(id).unwrap();
    }
    repo.reference(NAME, tip.id(), true, "").unwrap();
    let record = Record::read(&ws).unwrap();
    // Only the newest commit is left for git to read: what is told now comes from the cache.
    fs::rename(dir.join(".git/objects"), dir.join("gone")).unwrap();
    fs::create_dir(dir.join(".git/objects")).unwrap();
    assert_eq!(Record::read(&ws).unwrap(), record);
    let lab = record.lab(LAB).unwrap();
    assert_eq!((lab.attempts, lab.passed.unwrap().position), (MANY, 7_000));
    let diary = Diary::open(&ws, LAB).unwrap();
    assert_eq!(
        diary.attempt(7_000).unwrap().seed,
        format!("{:016x}", 7_000)
    );
    assert_eq!(diary.all().len(), 10_000);
}

fn without_a_place_for_the_cache_everything_is_told() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    fs::remove_dir_all(dir.join(".mastery")).ok();
    fs::write(dir.join(".mastery"), "a file in its place").unwrap();
    told(&ws, "full", 1, &[("a", 'f')]);
    told(&ws, "full", 2, &[("a", 'p')]);
    assert_eq!(Diary::open(&ws, LAB).unwrap().len(), 2);
    assert_eq!(Record::read(&ws).unwrap().lab(LAB).unwrap().attempts, 2);
}
