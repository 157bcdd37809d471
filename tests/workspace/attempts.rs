//! Attempts: commits that leave everything of the learner's byte-identical.

use std::{fs, path::Path};

use libtest_mimic::Trial;
use mastery::workspace::{Workspace, attempts, keep, snapshot, tape_of};

use crate::cast::{PLACE, named, nameless, picture, repo, tape, tree_of, workspace};

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "attempts":
        nothing_of_yours_changes
        an_attempt_is_the_folder_and_the_tape
        attempts_follow_each_other
        without_an_identity_mastery_signs
        the_first_pass_of_a_revision_is_marked
        attempts_kept_at_once_are_all_kept
        a_lock_left_by_a_killed_process_is_removed
        a_tape_that_names_no_lab_is_refused
    }
}

fn keep_one(ws: &Workspace, tape: &[u8]) -> mastery::workspace::Kept {
    let work = snapshot(ws, PLACE).unwrap();
    keep(ws, Some(work.tree), tape).unwrap()
}

fn nothing_of_yours_changes() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let repo = repo(&dir);
    fs::write(ws.folder(PLACE).join("app.py"), "staged").unwrap();
    let mut index = repo.index().unwrap();
    index.add_path(&Path::new(PLACE).join("app.py")).unwrap();
    index.write().unwrap();
    fs::write(ws.folder(PLACE).join("app.py"), "changed again").unwrap();
    repo.branch(
        "mine",
        &repo.head().unwrap().peel_to_commit().unwrap(),
        false,
    )
    .unwrap();
    let may_change = [".git/objects", ".git/refs/mastery", ".mastery"];
    let before = picture(&dir, &may_change);
    keep_one(&ws, &tape("full", 1, 1, &[("a", 'p'), ("b", 'p')]));
    keep_one(&ws, &tape("partial", 2, 1, &[("a", 'f')]));
    assert_eq!(picture(&dir, &may_change), before);
    let refs: Vec<String> = repo
        .references_glob("refs/mastery/*")
        .unwrap()
        .map(|reference| reference.unwrap().name().unwrap().to_owned())
        .collect();
    assert_eq!(
        refs,
        [
            "refs/mastery/attempts/rest-api",
            "refs/mastery/passed/rest-api",
            "refs/mastery/scaffolded/rest-api"
        ]
    );
}

fn an_attempt_is_the_folder_and_the_tape() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let told = tape("full", 3, 1, &[("a", 'p'), ("b", 'f'), ("badge", 's')]);
    let kept = keep_one(&ws, &told);
    assert_eq!((kept.position, kept.passed, kept.before), (1, false, None));
    let tree = tree_of(&repo(&dir), &kept.id.to_string());
    let names: Vec<&str> = tree.keys().map(String::as_str).collect();
    let work = ["work/.gitignore", "work/app.py", "work/contract/orders.md"];
    assert_eq!(names, ["events.jsonl", work[0], work[1], work[2]]);
    assert_eq!(tape_of(&ws, kept.id).unwrap(), told);
    let commit = repo(&dir)
        .find_commit(kept.id.to_string().parse().unwrap())
        .unwrap()
        .message()
        .unwrap()
        .to_owned();
    let expected =
        "rest-api: 1 passed, 1 failed, 1 skipped\n\nKind: full\nSeed: 0000000000000003\n";
    assert!(commit.starts_with(expected), "{commit}");
    assert!(
        commit.ends_with("Verdicts: a=p b=f badge=s:a\nTook-Ms: 1904\n"),
        "{commit}"
    );
}

fn attempts_follow_each_other() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let first = keep_one(&ws, &tape("full", 1, 1, &[("a", 'f')]));
    let second = keep_one(&ws, &tape("full", 2, 1, &[("a", 'p')]));
    assert_eq!((first.position, second.position), (1, 2));
    assert_eq!(second.before.unwrap().id, first.id);
    let told = attempts(&ws, "rest-api").unwrap();
    let seeds: Vec<&str> = told.iter().map(|attempt| &attempt.seed[14..]).collect();
    assert_eq!(seeds, ["01", "02"]);
    assert_eq!(told[1].at, 1_700_000_000 + 120 + 1, "when the run ended");
    assert!(attempts(&ws, "never-tried").unwrap().is_empty());
}

fn without_an_identity_mastery_signs() {
    let (_temporary, dir) = nameless();
    let ws = workspace(&dir);
    let kept = keep_one(&ws, &tape("full", 1, 1, &[("a", 'p')]));
    let repo = repo(&dir);
    let commit = repo
        .find_commit(kept.id.to_string().parse().unwrap())
        .unwrap();
    assert_eq!(commit.author().email().unwrap(), "mastery@localhost");
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let kept = keep_one(&ws, &tape("full", 1, 1, &[("a", 'p')]));
    let repo = crate::cast::repo(&dir);
    let commit = repo
        .find_commit(kept.id.to_string().parse().unwrap())
        .unwrap();
    assert_eq!(commit.author().email().unwrap(), "ada@example.com");
}

fn the_first_pass_of_a_revision_is_marked() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let repo = repo(&dir);
    let marked = || {
        let reference = repo.find_reference("refs/mastery/passed/rest-api").ok()?;
        Some(reference.target().unwrap().to_string())
    };
    let all = [("a", 'p'), ("b", 'p'), ("badge", 'u')];
    keep_one(&ws, &tape("partial", 1, 1, &all));
    keep_one(&ws, &tape("full", 2, 1, &[("a", 'p'), ("b", 'u')]));
    assert_eq!(marked(), None);
    let first = keep_one(&ws, &tape("full", 3, 1, &all));
    assert!(first.passed);
    assert_eq!(marked(), Some(first.id.to_string()));
    keep_one(&ws, &tape("full", 4, 1, &all));
    assert_eq!(marked(), Some(first.id.to_string()), "the first pass stays");
    let newer = keep_one(&ws, &tape("full", 5, 2, &all));
    assert_eq!(
        marked(),
        Some(newer.id.to_string()),
        "a newer revision is passed"
    );
    keep_one(&ws, &tape("full", 6, 2, &[("a", 'f')]));
    assert_eq!(
        marked(),
        Some(newer.id.to_string()),
        "nothing learnt is taken away"
    );
}

fn attempts_kept_at_once_are_all_kept() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    std::thread::scope(|scope| {
        for seed in 0..8 {
            let ws = &ws;
            scope.spawn(move || keep(ws, None, &tape("full", seed, 1, &[("a", 'f')])).unwrap());
        }
    });
    assert_eq!(attempts(&ws, "rest-api").unwrap().len(), 8);
}

fn a_lock_left_by_a_killed_process_is_removed() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    keep_one(&ws, &tape("full", 1, 1, &[("a", 'f')]));
    let lock = dir.join(".git/refs/mastery/attempts/rest-api.lock");
    fs::write(&lock, "").unwrap();
    let error = keep(&ws, None, &tape("full", 2, 1, &[("a", 'f')])).unwrap_err();
    assert!(
        error.to_string().contains("another process holds"),
        "{error}"
    );
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    fs::File::options()
        .write(true)
        .open(&lock)
        .unwrap()
        .set_modified(old)
        .unwrap();
    assert_eq!(
        keep_one(&ws, &tape("full", 2, 1, &[("a", 'f')])).position,
        2
    );
    assert!(!lock.exists());
}

fn a_tape_that_names_no_lab_is_refused() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let text = String::from_utf8(tape("full", 1, 1, &[("a", 'p')])).unwrap();
    let bad = text.replace("\"lab\":\"rest-api\"", "\"lab\":\"../../heads/main\"");
    assert_ne!(bad, text);
    let error = keep(&ws, None, bad.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("../../heads/main"), "{error}");
    assert!(keep(&ws, None, b"no tape").is_err());
}
