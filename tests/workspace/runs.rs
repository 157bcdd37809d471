//! Runs that were killed at every moment: nothing that was told is lost, and nothing kept twice.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Stdio},
};

use libtest_mimic::Trial;
use mastery::workspace::{
    ErrorKind, Fault, Imported, RunFolder, Workspace, attempts, import, keep, leftovers, lock,
    snapshot, tape_of,
};

use crate::cast::{PLACE, named, picture, repo, tape, tree_of, workspace};

pub(crate) fn trials() -> Vec<Trial> {
    crate::trials! { "runs":
        a_second_run_is_told_who_holds_the_workspace
        a_run_killed_after_its_tape_is_imported
        a_run_killed_after_its_commit_is_not_imported_twice
        a_run_killed_while_it_moved_its_ref_is_imported
        a_run_killed_midway_is_an_interrupted_attempt
        a_run_killed_before_its_first_check_is_nothing
        a_run_that_lives_is_no_leftover
        an_attempt_that_could_not_be_kept_is_imported_by_the_next_run
        the_last_ten_runs_stay_and_none_that_is_not_kept_goes
        git_does_not_see_the_folder
        a_link_in_its_place_is_refused
    }
}

const LETTERS: [(&str, char); 2] = [("a", 'p'), ("b", 'f')];

/// What the third process does: a run that comes as far as it is told, and waits to be killed.
pub(crate) fn play() {
    let role = std::env::var(crate::ROLE).unwrap();
    let (how_far, dir) = role.split_once(':').unwrap();
    let ws = Workspace::discover(Path::new(dir)).unwrap();
    let lock = lock(&ws, "mastery grade rest-api").unwrap();
    let mut run = RunFolder::create(&ws, &lock, "rest-api").unwrap();
    let work = snapshot(&ws, PLACE).unwrap();
    run.note_work(&work).unwrap();
    run.note_supervisor(std::process::id()).unwrap();
    let told = match how_far {
        "begun" => tape("killed", 7, 1, &[]),
        "midway" => [
            &tape("killed", 7, 1, &LETTERS)[..],
            b"{\"event\":\"check-fin",
        ]
        .concat(),
        _ => tape("full", 7, 1, &LETTERS),
    };
    fs::write(run.tape(), &told).unwrap();
    if how_far == "committed" {
        keep(&ws, Some(work.tree), &told).unwrap();
    }
    let mut out = std::io::stdout();
    out.write_all(b"as far as that\n").unwrap();
    out.flush().unwrap();
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// A run that has come that far.
fn run_until(how_far: &str, dir: &Path) -> Child {
    let home = std::env::var_os(crate::HOME).unwrap();
    let mut child = crate::again(Path::new(&home))
        .env(crate::ROLE, format!("{how_far}:{}", dir.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "as far as that\n");
    child
}

/// The same, killed there (SIGKILL).
fn killed(how_far: &str, dir: &Path) {
    let mut child = run_until(how_far, dir);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn import_all(ws: &Workspace) -> Vec<Imported> {
    let lock = lock(ws, "mastery grade").unwrap();
    let left = leftovers(ws).unwrap();
    left.into_iter()
        .map(|left| import(ws, &lock, left).unwrap())
        .collect()
}

fn a_second_run_is_told_who_holds_the_workspace() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let mut child = run_until("begun", &dir);
    let error = lock(&ws, "mastery grade").unwrap_err();
    let said = error.to_string();
    assert!(said.contains("`mastery grade rest-api`"), "{said}");
    assert!(said.contains(&format!("(pid {})", child.id())), "{said}");
    assert!(matches!(error.kind(), ErrorKind::Busy { .. }));
    assert_eq!(error.fault(), Fault::User);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(lock(&ws, "mastery grade").unwrap());
    lock(&ws, "mastery grade").unwrap();
}

fn a_run_killed_after_its_tape_is_imported() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    killed("told", &dir);
    // What is graded is what is kept, whatever was written since.
    fs::write(ws.folder(PLACE).join("app.py"), "written later").unwrap();
    let before = picture(&dir, &[".git/objects", ".git/refs/mastery", ".mastery"]);
    let left = leftovers(&ws).unwrap();
    assert_eq!((left.len(), left[0].lab.as_deref()), (1, Some("rest-api")));
    assert!(left[0].has_tape && left[0].living_supervisors().is_empty());
    let imported = import_all(&ws);
    let [
        Imported::Kept {
            lab,
            id,
            position: 1,
        },
    ] = imported.as_slice()
    else {
        panic!("{imported:?}");
    };
    assert_eq!(lab, "rest-api");
    assert_eq!(tape_of(&ws, *id).unwrap(), tape("full", 7, 1, &LETTERS));
    let repo = repo(&dir);
    let app = repo.revparse_single(&format!("{id}:work/app.py")).unwrap();
    assert_eq!(app.as_blob().unwrap().content(), b"print('hi')\n");
    assert_eq!(
        picture(&dir, &[".git/objects", ".git/refs/mastery", ".mastery"]),
        before
    );
    assert!(import_all(&ws).is_empty(), "once is enough");
    assert_eq!(attempts(&ws, "rest-api").unwrap().len(), 1);
}

fn a_run_killed_while_it_moved_its_ref_is_imported() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    killed("told", &dir);
    let refs = dir.join(".git/refs/mastery/attempts");
    fs::create_dir_all(&refs).unwrap();
    let lock = refs.join("rest-api.lock");
    fs::write(&lock, "").unwrap();
    // Almost as old as a lock of the living never gets.
    let almost = std::time::SystemTime::now() - std::time::Duration::from_millis(4900);
    let open = fs::File::options().write(true).open(&lock).unwrap();
    open.set_modified(almost).unwrap();
    let imported = import_all(&ws);
    assert!(
        matches!(imported.as_slice(), [Imported::Kept { position: 1, .. }]),
        "{imported:?}"
    );
    assert!(!lock.exists());
}

fn a_run_killed_after_its_commit_is_not_imported_twice() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    killed("committed", &dir);
    let there = attempts(&ws, "rest-api").unwrap()[0].id;
    let imported = import_all(&ws);
    assert_eq!(
        imported,
        [Imported::AlreadyKept {
            lab: "rest-api".into(),
            id: there
        }]
    );
    assert_eq!(attempts(&ws, "rest-api").unwrap().len(), 1);
    assert!(leftovers(&ws).unwrap().is_empty());
}

fn a_run_killed_midway_is_an_interrupted_attempt() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    killed("midway", &dir);
    assert!(matches!(import_all(&ws)[..], [Imported::Kept { .. }]));
    let told = &attempts(&ws, "rest-api").unwrap()[0];
    assert_eq!(
        told.kind,
        mastery::workspace::AttemptKind::Run(mastery::grading::event::RunKind::Interrupted)
    );
    assert_eq!((told.tally().passed, told.tally().failed), (1, 1));
    let kept = tape_of(&ws, told.id).unwrap();
    assert!(kept.ends_with(b"}\n"), "the torn line is cut off");
    assert!(tree_of(&repo(&dir), &told.id.to_string()).contains_key("work/app.py"));
}

fn a_run_killed_before_its_first_check_is_nothing() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    killed("begun", &dir);
    assert_eq!(import_all(&ws), [Imported::Nothing]);
    assert!(attempts(&ws, "rest-api").unwrap().is_empty());
    assert!(leftovers(&ws).unwrap().is_empty());
}

fn a_run_that_lives_is_no_leftover() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let mut child = run_until("told", &dir);
    assert!(leftovers(&ws).unwrap().is_empty());
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(leftovers(&ws).unwrap().len(), 1);
}

fn an_attempt_that_could_not_be_kept_is_imported_by_the_next_run() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    {
        let lock = lock(&ws, "mastery grade").unwrap();
        let run = RunFolder::create(&ws, &lock, "rest-api").unwrap();
        fs::write(run.tape(), tape("full", 9, 1, &LETTERS)).unwrap();
        run.leave().unwrap();
    }
    // A folder whose run file is damaged is told by its tape.
    {
        let lock = lock(&ws, "mastery grade").unwrap();
        let run = RunFolder::create(&ws, &lock, "rest-api").unwrap();
        fs::write(run.tape(), tape("full", 10, 1, &LETTERS)).unwrap();
        fs::write(run.path().join("run.json"), "{").unwrap();
    }
    assert_eq!(import_all(&ws).len(), 2);
    assert_eq!(attempts(&ws, "rest-api").unwrap().len(), 2);
}

fn the_last_ten_runs_stay_and_none_that_is_not_kept_goes() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let lock = lock(&ws, "mastery grade").unwrap();
    let first = RunFolder::create(&ws, &lock, "rest-api").unwrap();
    let mut paths = Vec::new();
    for _ in 0..14 {
        let run = RunFolder::create(&ws, &lock, "rest-api").unwrap();
        paths.push(run.path().to_owned());
        assert!(run.logs().is_dir());
        run.close(None).unwrap();
    }
    assert!(first.path().exists(), "it is not kept yet");
    let left: Vec<bool> = paths.iter().map(|path| path.exists()).collect();
    assert_eq!(left, [vec![false; 4], vec![true; 10]].concat());
}

fn git_does_not_see_the_folder() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let lock = lock(&ws, "mastery grade").unwrap();
    RunFolder::create(&ws, &lock, "rest-api")
        .unwrap()
        .close(None)
        .unwrap();
    assert!(dir.join(".mastery/runs").is_dir());
    let gitignore = dir.join(".mastery/.gitignore");
    fs::write(&gitignore, "").unwrap();
    RunFolder::create(&ws, &lock, "rest-api").unwrap();
    assert_eq!(
        fs::read_to_string(&gitignore).unwrap(),
        "*\n",
        "it had been cut short"
    );
    let repo = repo(&dir);
    let mut options = git2::StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true);
    assert_eq!(repo.statuses(Some(&mut options)).unwrap().len(), 0);
}

fn a_link_in_its_place_is_refused() {
    let (_temporary, dir) = named();
    let ws = workspace(&dir);
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.join(".mastery")).unwrap();
    let error = lock(&ws, "mastery grade").unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}
