//! The page as it is written, and what may not get into it.

use super::*;
use crate::report::overview::CheckRow;

fn check(id: &str, last: char) -> CheckRow {
    CheckRow {
        id: id.into(),
        title: format!("The title of {id}"),
        last: (last != ' ').then_some(last),
        hints: 3,
        hints_taken: 0,
    }
}

fn unit(id: &str, kind: UnitKind, status: UnitStatus, letters: &str) -> UnitRow {
    UnitRow {
        id: id.into(),
        title: format!("What {id} is about"),
        kind,
        status,
        attempts: 0,
        checks: letters
            .chars()
            .enumerate()
            .map(|(place, last)| check(&format!("fact_{place}"), last))
            .collect(),
    }
}

fn page() -> Page {
    let passed = UnitStatus::Passed {
        revision: 2,
        after_attempts: 3,
        took_s: 7_500,
    };
    let tried = UnitStatus::Tried { passed: 1, of: 5 };
    let point = |at: i64, passed| Point {
        at: 1_795_000_000 + at,
        passed,
    };
    let journey = |runs, unsettled, verdicts: (u64, u64), curve: Vec<Point>| Journey {
        runs,
        unsettled,
        verdicts_passed: verdicts.0,
        verdicts_failed: verdicts.1,
        curve,
    };
    Page {
        title: "Backend Mastery".into(),
        workspace: "ws".into(),
        made_at: 1_795_613_999,
        version: "0.1.0".into(),
        weeks: vec![
            WeekRow {
                number: 1,
                id: "week-01-api-design".into(),
                title: "API & interface design".into(),
                units: vec![
                    unit("rest-api", UnitKind::Lab, passed, "ppp"),
                    unit("field-deprecation", UnitKind::Challenge, tried, "pfus "),
                ],
            },
            WeekRow {
                number: 2,
                id: "week-02-data".into(),
                title: "Data".into(),
                units: vec![unit("sql", UnitKind::Lab, UnitStatus::Planned, "")],
            },
        ],
        next: Some("mastery grade field-deprecation".into()),
        journeys: BTreeMap::from([
            (
                "rest-api".to_owned(),
                journey(
                    3,
                    0,
                    (6, 3),
                    vec![point(0, 1), point(3_600, 2), point(7_500, 3)],
                ),
            ),
            (
                "field-deprecation".to_owned(),
                journey(1, 1, (1, 1), vec![point(90_000, 1)]),
            ),
        ]),
        curve: vec![
            point(0, 1),
            point(3_600, 2),
            point(7_500, 3),
            point(90_000, 4),
        ],
    }
}

#[test]
fn a_page_of_progress() {
    insta::assert_snapshot!(page().html());
}

#[test]
fn nothing_was_graded_yet() {
    let mut page = page();
    page.journeys.clear();
    page.curve.clear();
    page.next = None;
    for week in &mut page.weeks {
        week.units = vec![unit(
            "rest-api",
            UnitKind::Lab,
            UnitStatus::NotStarted,
            "  ",
        )];
    }
    let html = page.html();
    assert!(html.contains("Nothing was graded yet."));
    assert!(html.contains("<dt>pass rate</dt><dd>none yet</dd>"));
    assert!(html.contains("<dt>checks passed</dt><dd>0 of 4</dd>"));
    assert!(!html.contains("<table>"));
}

#[test]
fn what_others_wrote_is_text_and_never_marks() {
    let evil = "<script>alert(1)</script><img src=x onerror='y'>\"&";
    let mut page = page();
    page.title = evil.into();
    page.workspace = evil.into();
    page.next = Some(evil.into());
    page.version = evil.into();
    for week in &mut page.weeks {
        week.title = evil.into();
        for unit in &mut week.units {
            unit.id = evil.into();
            unit.title = evil.into();
            for check in &mut unit.checks {
                check.id = evil.into();
                check.title = evil.into();
            }
        }
    }
    let journey = page.journeys.remove("rest-api").unwrap();
    page.journeys = BTreeMap::from([(evil.to_owned(), journey)]);
    let html = page.html();
    assert!(!html.contains("<script") && !html.contains("<img"));
    assert!(html.matches("&lt;script&gt;").count() > 20);
}

#[test]
fn a_page_needs_nothing_else() {
    let html = page().html();
    for outside in ["http", "url(", "@import", "<link", "<script", "src="] {
        let shown = html.replace("http-equiv", "");
        assert!(!shown.contains(outside), "{outside}");
    }
    // What is drawn is said, and every drawing with a meaning has a title.
    let drawings = html.matches("role=\"img\"").count();
    assert_eq!(drawings, 4, "a map, a curve, and one for each unit tried");
    assert!(html.contains("Week 1, API &amp; interface design: 4 of 8 checks passed, 1 failed, 1 unsettled, 1 skipped."));
    assert!(html.contains("<th scope=\"row\">rest-api</th>"));
}
