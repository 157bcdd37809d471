//! The overview as it is read.

use super::*;

fn unit(id: &str, title: &str, status: UnitStatus) -> UnitRow {
    UnitRow {
        id: id.into(),
        title: title.into(),
        kind: UnitKind::Lab,
        status,
        attempts: 0,
        checks: Vec::new(),
    }
}

fn check(id: &str, last: char) -> CheckRow {
    CheckRow {
        id: id.into(),
        title: format!("The title of {id}, which is a whole sentence about a fact"),
        last: (last != ' ').then_some(last),
        hints: 3,
        hints_taken: u32::from(last == 'f') * 2,
    }
}

fn planned_week() -> WeekRow {
    WeekRow {
        number: 3,
        id: "week-03-concurrency".into(),
        title: "Concurrency & performance".into(),
        units: vec![
            unit("async-pipeline", "Ticks to bars", UnitStatus::Planned),
            UnitRow {
                kind: UnitKind::Challenge,
                ..unit("memory-leak", "A leak", UnitStatus::Planned)
            },
        ],
    }
}

fn overview() -> Overview {
    let tried = UnitRow {
        attempts: 7,
        checks: [
            ("v1_wire_is_frozen", 'p'),
            ("decimals_do_not_drift", 'f'),
            ("stale_write_is_refused", 's'),
            ("racing_writes_let_one_win", 'u'),
            ("new_check", ' '),
        ]
        .map(|(id, last)| check(id, last))
        .into(),
        ..unit(
            "rest-api",
            "Orders API, v1 beside v2",
            UnitStatus::Tried { passed: 1, of: 5 },
        )
    };
    let passed = UnitRow {
        attempts: 9,
        checks: vec![check("a", 'p'), check("b", 'f')],
        ..unit(
            "sql-optimization",
            "Plans that scale",
            UnitStatus::Passed {
                revision: 3,
                after_attempts: 4,
                took_s: 9000,
            },
        )
    };
    let challenge = UnitRow {
        kind: UnitKind::Challenge,
        ..unit(
            "field-deprecation",
            "Deprecate a field",
            UnitStatus::Planned,
        )
    };
    Overview {
        title: "Backend Mastery".into(),
        weeks: vec![
            WeekRow {
                number: 1,
                id: "week-01-api-design".into(),
                title: "API & interface design".into(),
                units: vec![
                    tried,
                    unit(
                        "grpc-service",
                        "A service with deadlines",
                        UnitStatus::NotStarted,
                    ),
                    challenge,
                ],
            },
            WeekRow {
                number: 2,
                id: "week-02-data-management".into(),
                title: "Data management".into(),
                units: vec![
                    passed,
                    unit("nosql-sharding", "Shards", UnitStatus::Started),
                ],
            },
            planned_week(),
        ],
        capstone: Some(UnitRow {
            kind: UnitKind::Capstone,
            ..unit(
                "trading-agent-backend",
                "Trading agent backend",
                UnitStatus::Planned,
            )
        }),
        next: Some("mastery grade rest-api --only decimals_do_not_drift".into()),
    }
}

fn shown(style: Style) -> String {
    let lines: Vec<String> = overview()
        .lines(style)
        .iter()
        .map(|line| line.render(style))
        .collect();
    for line in &lines {
        // A command is the one thing that is never broken.
        let copied = line.trim_start().starts_with("mastery ");
        assert!(copied || width(line) <= style.columns(), "too wide: {line}");
        assert_eq!(line.trim_end(), line);
    }
    lines.join("\n")
}

#[test]
fn progress_at_every_width() {
    insta::assert_snapshot!("overview_80", shown(Style::plain(80)));
    insta::assert_snapshot!("overview_40", shown(Style::plain(40)));
    insta::assert_snapshot!("overview_140", shown(Style::plain(140)));
    let ascii = shown(Style::ascii_only(80));
    assert!(ascii.is_ascii());
    insta::assert_snapshot!("overview_ascii", ascii);
}

#[test]
fn progress_as_json_carries_its_format() {
    let json: serde_json::Value = serde_json::from_str(&overview().to_json()).unwrap();
    assert_eq!(json["format"], 1);
    assert_eq!(json["weeks"][1]["units"][0]["status"]["is"], "passed");
    assert_eq!(json["weeks"][0]["units"][0]["checks"][1]["last"], "f");
}

#[test]
fn one_unit_is_shown_with_every_check_and_whole_titles() {
    let lines = overview().unit_lines("rest-api", Style::plain(60)).unwrap();
    let text: String = lines.iter().map(|line| line.text() + "\n").collect();
    insta::assert_snapshot!("unit_60", text);
    assert!(
        overview()
            .unit_lines("no-such-unit", Style::plain(60))
            .is_none()
    );
}
