//! A course made by hand, and how far somebody is in it.

use std::collections::BTreeMap;

use super::cast::NOW;
use crate::{
    grading::event::Tally,
    report::{
        overview::{CheckRow, Overview, UnitKind, UnitRow, UnitStatus, WeekRow},
        sample,
    },
    tui::model::{Course, Entry, Tried, UnitText},
};

fn unit(id: &str, title: &str, kind: UnitKind, status: UnitStatus) -> UnitRow {
    UnitRow {
        id: id.into(),
        title: title.into(),
        kind,
        status,
        attempts: 0,
        checks: Vec::new(),
    }
}

fn planned(id: &str, title: &str) -> UnitRow {
    unit(id, title, UnitKind::Lab, UnitStatus::Planned)
}

fn challenge(id: &str, title: &str) -> UnitRow {
    unit(id, title, UnitKind::Challenge, UnitStatus::Planned)
}

fn tried() -> UnitRow {
    let status = UnitStatus::Tried { passed: 2, of: 5 };
    let mut unit = unit(
        "rest-api",
        "Orders API, v1 beside v2",
        UnitKind::Lab,
        status,
    );
    unit.attempts = 3;
    let last = [Some('p'), Some('p'), Some('f'), Some('u'), None];
    let checks = sample::run().checks.into_iter().zip(last);
    unit.checks = checks
        .map(|(check, last)| CheckRow {
            id: check.id,
            title: check.title,
            last,
            hints: check.hints,
            hints_taken: u32::from(last == Some('f')),
        })
        .collect();
    unit
}

fn week(number: u32, id: &str, title: &str, units: Vec<UnitRow>) -> WeekRow {
    WeekRow {
        number,
        id: id.into(),
        title: title.into(),
        units,
    }
}

fn overview() -> Overview {
    let passed = UnitStatus::Passed {
        revision: 1,
        after_attempts: 4,
        took_s: 7_260,
    };
    let mut kafka = unit(
        "kafka-producer-consumer",
        "Every fill changes a position exactly once",
        UnitKind::Lab,
        UnitStatus::NotStarted,
    );
    kafka.checks = tried().checks;
    for check in &mut kafka.checks {
        (check.last, check.hints_taken) = (None, 0);
    }
    let mut grpc = unit("grpc-service", "Market data in gRPC", UnitKind::Lab, passed);
    grpc.checks = tried().checks[..3].to_vec();
    grpc.attempts = 4;
    for check in &mut grpc.checks {
        (check.last, check.hints_taken) = (Some('p'), 0);
    }
    Overview {
        title: "Backend Mastery".into(),
        weeks: vec![
            week(
                1,
                "week-01-api-design",
                "API & interface design",
                vec![
                    tried(),
                    grpc,
                    challenge("field-deprecation", "A field goes, nobody notices"),
                ],
            ),
            week(
                2,
                "week-02-data-management",
                "Data management",
                vec![
                    planned("sql-optimization", "Queries under load"),
                    planned("nosql-sharding", "Shards"),
                    planned("vector-db-rag", "Retrieval"),
                    challenge("query-under-50ms", "Fifty milliseconds"),
                ],
            ),
            week(
                4,
                "week-04-distributed-systems",
                "Distributed systems & messaging",
                vec![
                    kafka,
                    planned("service-mesh-demo", "A mesh"),
                    challenge("duplication-after-retry", "A retry too many"),
                ],
            ),
        ],
        capstone: Some(unit(
            "trading-agent-backend",
            "Trading agent backend",
            UnitKind::Capstone,
            UnitStatus::Planned,
        )),
        next: Some("rest-api: decimals_do_not_drift".into()),
    }
}

pub(super) fn tally(passed: u32, failed: u32, unsettled: u32) -> Tally {
    Tally {
        passed,
        failed,
        unsettled,
        skipped: 0,
    }
}

pub(super) fn course() -> Course {
    let text = |goal: &str, component: &str, services: &[&str]| UnitText {
        goal: goal.into(),
        component: Some(component.into()),
        services: services.iter().map(|&name| name.into()).collect(),
    };
    let run = |hours: i64, tally| Tried {
        at: NOW - hours * 3_600,
        tally,
        is_full: true,
    };
    let entry = |lab: &str, check: Option<&str>, text: &str| Entry {
        lab: lab.into(),
        check: check.map(str::to_owned),
        text: text.into(),
    };
    Course {
        overview: overview(),
        is_read: true,
        texts: BTreeMap::from([
            (
                "rest-api".to_owned(),
                text(
                    "Ship a second version of an API beside the first, over the same orders, and retire the first politely.",
                    "api/orders",
                    &[],
                ),
            ),
            (
                "grpc-service".to_owned(),
                text("Stream market data.", "api/market-data", &[]),
            ),
            (
                "kafka-producer-consumer".to_owned(),
                text(
                    "Stay right through crashes.",
                    "engine/positions",
                    &["kafka", "postgres"],
                ),
            ),
        ]),
        tried: BTreeMap::from([
            (
                "rest-api".to_owned(),
                vec![
                    run(30, tally(1, 4, 0)),
                    run(5, tally(1, 3, 1)),
                    run(2, tally(2, 2, 1)),
                ],
            ),
            ("grpc-service".to_owned(), vec![run(50, tally(3, 0, 0))]),
        ]),
        entries: vec![
            entry("rest-api", None, "Orders API, v1 beside v2"),
            entry(
                "rest-api",
                Some("decimals_do_not_drift"),
                "A price comes back as the number that was sent",
            ),
            entry(
                "rest-api",
                Some("decimals_do_not_drift"),
                "hint 1: What type does your language give 0.1 + 0.2?",
            ),
            entry(
                "kafka-producer-consumer",
                None,
                "Every fill changes a position exactly once",
            ),
        ],
    }
}
