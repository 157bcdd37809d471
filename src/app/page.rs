//! `mastery progress --html`: what the attempts come to over time, and the file the page goes into.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{AppError, clock, overview::overview};
use crate::{
    curriculum::{Curriculum, Unit},
    report::page::{Journey, MARK, Page, Point},
    workspace::{AttemptKind, AttemptSummary, Diary, Workspace},
};

/// More points than a drawing has room for are thinned out.
const POINTS: usize = 240;

/// How far into a file its mark is looked for.
const HEAD: u64 = 512;

/// Reads everything a page shows.
pub fn page(workspace: &Workspace, curriculum: &Curriculum) -> Result<Page, AppError> {
    let overview = overview(workspace, curriculum)?;
    let mut journeys = BTreeMap::new();
    let mut steps = Vec::new();
    for unit in curriculum.units() {
        let diary = Diary::open(workspace, unit.id.as_str())?;
        if diary.record().is_some() {
            let (journey, changes) = journey(unit, &diary.all());
            journeys.insert(unit.id.to_string(), journey);
            steps.extend(changes);
        }
    }
    let root = workspace.root.file_name().unwrap_or_default();
    Ok(Page {
        title: overview.title,
        workspace: root.to_string_lossy().into_owned(),
        made_at: clock::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        weeks: overview.weeks,
        next: overview.next,
        journeys,
        curve: together(steps),
    })
}

/// By how many checks more stood as passed in a unit after an attempt.
struct Change {
    at: i64,
    by: i64,
}

/// What a unit's attempts come to, and how each changed the sum. Checks the unit no longer has are
/// not counted; those it has under another name are.
fn journey(unit: &Unit, attempts: &[AttemptSummary]) -> (Journey, Vec<Change>) {
    let mut journey = Journey::default();
    let mut changes = Vec::new();
    let mut last: BTreeMap<&str, char> = BTreeMap::new();
    let mut stood = 0;
    let mut curve = Vec::new();
    let runs = attempts.iter().filter(|one| one.kind != AttemptKind::Saved);
    for attempt in runs {
        let tally = attempt.tally();
        journey.runs += 1;
        journey.unsettled += u32::from(tally.unsettled > 0);
        journey.verdicts_passed += u64::from(tally.passed);
        journey.verdicts_failed += u64::from(tally.failed);
        for told in &attempt.verdicts {
            let name = unit.current_name(&told.check);
            if unit.check(name).is_some() {
                last.insert(name, told.letter);
            }
        }
        let passed = last.values().filter(|letter| **letter == 'p').count();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        let by = i64::from(passed) - i64::from(stood);
        stood = passed;
        let at = attempt.at;
        changes.push(Change { at, by });
        curve.push(Point { at, passed });
    }
    journey.curve = thinned(&curve);
    (journey, changes)
}

/// All units' changes as one curve, by their time.
fn together(mut changes: Vec<Change>) -> Vec<Point> {
    changes.sort_by_key(|change| change.at);
    let mut stands: i64 = 0;
    let points: Vec<Point> = changes
        .into_iter()
        .map(|Change { at, by }| {
            stands += by;
            let passed = u32::try_from(stands.max(0)).unwrap_or(u32::MAX);
            Point { at, passed }
        })
        .collect();
    thinned(&points)
}

/// At most [`POINTS`] of them, evenly taken, with the first and the last.
fn thinned(points: &[Point]) -> Vec<Point> {
    if points.len() <= POINTS {
        return points.to_vec();
    }
    let last = points.len() - 1;
    let taken = (0..POINTS).map(|place| points[place * last / (POINTS - 1)]);
    taken.collect()
}

/// Writes a page into a file in one step. A file that is there is replaced when it is such a page,
/// and otherwise left as it is: the name may have been a slip.
pub fn write(path: &Path, page: &str) -> Result<(), AppError> {
    // A link stays one: what it leads to is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |error| AppError::Io {
        doing: "Writing",
        path: path.to_owned(),
        error,
    };
    let there = match is_page(&target) {
        Ok(true) => true,
        Ok(false) => {
            let path = path.to_owned();
            return Err(AppError::NotOurPage { path });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    let folder = folder_of(&target);
    if !folder.is_dir() {
        return Err(AppError::NoPlace { folder });
    }
    let mut file = tempfile::Builder::new()
        .prefix(".mastery-")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(page.as_bytes()).map_err(failed)?;
    let put = if there {
        file.persist(&target)
    } else {
        // Nobody made one meanwhile.
        file.persist_noclobber(&target)
    };
    put.map(drop).map_err(|error| failed(error.error))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

/// Whether a file may be replaced: it is a page that was made here, or empty.
fn is_page(path: &Path) -> io::Result<bool> {
    if !fs::metadata(path)?.is_file() {
        return Ok(false);
    }
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head.is_empty() || String::from_utf8_lossy(&head).contains(MARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_replaces_a_page_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("progress.html");
        let page = format!("<!doctype html>\n{MARK}\none");
        write(&path, &page).unwrap();
        write(&path, &page.replace("one", "two")).unwrap();
        assert!(fs::read_to_string(&path).unwrap().ends_with("two"));
        let theirs = folder.path().join("notes.html");
        fs::write(&theirs, "<p>mine</p>").unwrap();
        let refused = write(&theirs, &page).unwrap_err();
        assert!(matches!(refused, AppError::NotOurPage { .. }), "{refused}");
        assert_eq!(fs::read_to_string(&theirs).unwrap(), "<p>mine</p>");
        let at_folder = write(folder.path(), &page).unwrap_err();
        assert!(matches!(at_folder, AppError::NotOurPage { .. }));
        // A link stays a link.
        let link = folder.path().join("link.html");
        std::os::unix::fs::symlink("progress.html", &link).unwrap();
        write(&link, &page.replace("one", "three")).unwrap();
        assert!(link.is_symlink());
        assert!(fs::read_to_string(&path).unwrap().ends_with("three"));
        // Nothing is left beside them.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        assert!(write(&folder.path().join("no/such.html"), &page).is_err());
    }

    #[test]
    fn ten_thousand_attempts_make_a_page_of_one_screen() {
        let curriculum = Curriculum::embedded().unwrap();
        let unit = curriculum.unit("rest-api").unwrap();
        let checks: Vec<&str> = unit.checks.iter().map(|check| check.id.as_str()).collect();
        let attempt = |number: usize| {
            let kind = ["full", "partial", "interrupted", "saved"][number % 4];
            let letter = ["p", "f", "u"][number % 3];
            serde_json::from_value::<AttemptSummary>(serde_json::json!({
                "id": "0".repeat(40), "position": number + 1, "at": 1_790_000_000 + number * 60,
                "kind": kind, "seed": "", "revision": 1, "contract": "", "language": "python",
                "backend": null, "services": {}, "mastery": "0.1.0", "took_ms": 5,
                "verdicts": [format!("{}={letter}", checks[number % checks.len()]), "gone=p"],
            }))
            .unwrap()
        };
        let attempts: Vec<AttemptSummary> = (0..10_000).map(attempt).collect();
        let (journey, changes) = journey(unit, &attempts);
        assert_eq!((journey.runs, journey.unsettled), (7_500, 2_500));
        // Half of the verdicts are on a check that is no more: those on attempts count, it does not.
        assert_eq!(
            (journey.verdicts_passed, journey.verdicts_failed),
            (10_000, 2_500)
        );
        assert_eq!(journey.pass_rate(), Some(80));
        let most = journey
            .curve
            .iter()
            .map(|point| point.passed)
            .max()
            .unwrap();
        assert!((1..=checks.len()).contains(&usize::try_from(most).unwrap()));
        assert_eq!(
            (journey.curve.len(), together(changes).len()),
            (POINTS, POINTS)
        );
    }

    #[test]
    fn many_points_are_thinned_out_and_the_ends_stay() {
        let points: Vec<Point> = (0..10_000)
            .map(|n| Point {
                at: n.into(),
                passed: n,
            })
            .collect();
        let few = thinned(&points);
        assert_eq!(few.len(), POINTS);
        assert_eq!((few[0], few[POINTS - 1]), (points[0], points[9_999]));
        assert_eq!(thinned(&points[..5]), points[..5]);
    }

    #[test]
    fn units_add_up_by_their_time() {
        let change = |at, by| Change { at, by };
        let curve = together(vec![change(10, 3), change(30, -1), change(20, 2)]);
        let point = |at, passed| Point { at, passed };
        assert_eq!(curve, [point(10, 3), point(20, 5), point(30, 4)]);
    }
}
