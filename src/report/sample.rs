//! Runs written by hand, for the tests of reports: tapes without a bench.

use std::collections::BTreeMap;

use mastery_kit::verdict::{
    BenchError, Death, Evidence, Exchange, Exit, Mismatch, Moment, Stream, Verdict,
};

use crate::grading::event::{
    BuildResult, GradeEvent, PlannedCheck, Rule, RunKind, RunStarted, Stamped, Tally,
};

const SEED: &str = "7f3a91c204be5d10";

fn planned(id: &str, title: &str) -> PlannedCheck {
    PlannedCheck {
        id: id.into(),
        title: title.into(),
        badge: false,
        rule: Some(Rule {
            text: "money is a decimal string, never a float".into(),
            source: "contract/orders.v2.md#money".into(),
        }),
        first_hint: Some("What type does your language give 0.1 + 0.2?".into()),
        hints: 3,
        limit_ms: 10_000,
    }
}

pub(crate) fn run() -> RunStarted {
    RunStarted {
        format: 1,
        mastery: "0.1.0".into(),
        lab: "rest-api".into(),
        title: "Orders API, v1 beside v2".into(),
        revision: 1,
        contract: "blake3:00ff".into(),
        seed: SEED.into(),
        language: "python".into(),
        backend: None,
        services: BTreeMap::new(),
        fresh: false,
        kind: RunKind::Full,
        checks: vec![
            planned("v1_wire_is_frozen", "v1 stays as it is"),
            planned(
                "v2_orders_can_be_read_back",
                "An order made in v2 reads back in v2",
            ),
            planned(
                "decimals_do_not_drift",
                "A price comes back as the number that was sent",
            ),
            planned(
                "concurrent_same_key_creates_one",
                "One key makes one order, however many race",
            ),
            planned(
                "stale_write_is_refused",
                "A write on an old version is refused",
            ),
        ],
        of: 5,
        began_at: 1_790_000_000,
    }
}

pub(crate) fn drifted() -> Mismatch {
    let body = r#"{"account_id":"ACC-204417","instrument":{"symbol":"QXVB"},"side":"buy","quantity":"12","limit_price":{"amount":"0.3","currency":"USD"},"time_in_force":"day"}"#;
    let answer = r#"{"id":"01JD0W3ZJ4Q8N1S9T6X2V5B7KC","account_id":"ACC-204417","instrument":{"symbol":"QXVB"},"side":"buy","quantity":"12","limit_price":{"amount":"0.30000000000000004","currency":"USD"},"time_in_force":"day","status":"new","created_at":"2026-01-02T03:04:05.678Z"}"#;
    Mismatch::new(
        "You answered 0.30000000000000004 where 0.3 was created.",
        "0.3",
        "0.30000000000000004",
    )
    .with(Evidence::Exchange(Exchange {
        number: 17,
        to: "127.0.0.1:41873".into(),
        request: format!("POST /v2/orders HTTP/1.1\r\nHost: 127.0.0.1:41873\r\nContent-Type: application/json\r\nIdempotency-Key: k17\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        response: "HTTP/1.1 201 Created\r\nLocation: /v2/orders/01JD0W3ZJ4Q8N1S9T6X2V5B7KC\r\nContent-Length: 0\r\n\r\n".into(),
        took_ms: 2,
        ..Exchange::default()
    }))
    .with(Evidence::Exchange(Exchange {
        number: 18,
        to: "127.0.0.1:41873".into(),
        request: "GET /v2/orders/01JD0W3ZJ4Q8N1S9T6X2V5B7KC HTTP/1.1\r\nHost: 127.0.0.1:41873\r\n\r\n".into(),
        response: format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"1\"\r\n\r\n{answer}"),
        at: Some("/limit_price/amount".into()),
        took_ms: 1,
        ..Exchange::default()
    }))
    .reproduce("curl -s 127.0.0.1:41873/v2/orders -H 'Idempotency-Key: k17' -d @.mastery/last/17.json")
}

pub(crate) fn applied_twice() -> Mismatch {
    let moment = |at_ms, actor: &str, text: &str, mark: Option<&str>| Moment {
        at_ms,
        actor: actor.into(),
        text: text.into(),
        mark: mark.map(str::to_owned),
        left_out: 0,
    };
    Mismatch::new(
        "Account ACC-204417 holds 36 QXVB; the fills say 24. One fill was applied twice.",
        "v_positions(ACC-204417, QXVB).qty = 24",
        "36",
    )
    .with(Evidence::Timeline {
        moments: vec![
            moment(0, "topic", "400 fills in 6 partitions, f-0192 is offset 31 of partition 2", None),
            moment(412, "positions", "COMMIT for f-0192 seen by the database", Some("applied")),
            moment(412, "bench", "answer withheld, program killed (SIGKILL)", None),
            moment(431, "group", "dead member removed, offset of partition 2 is 31", None),
            moment(544, "positions", "UPDATE … qty = qty + 12   COMMIT", Some("applied again")),
            moment(12_907, "bench", "sentinel of account ACC-204417 visible", None),
        ],
    })
    .with(Evidence::Text {
        text: "The offset is committed after the database, so the event comes back; nothing remembers that it was applied.".into(),
    })
    .reproduce("kcat -b 127.0.0.1:39211 -t orders.events.v1 -p 2 -o 31 -c 1")
}

fn death() -> Death {
    Death {
        program: "api".into(),
        exit: Exit::Code { code: 1 },
        after_ms: 92,
        command: vec!["python3".into(), "app.py".into()],
        directory: "week-01-api-design/labs/rest-api".into(),
        env: [
            ("PORT", "41873"),
            ("HOST", "127.0.0.1"),
            ("MASTERY_TEST_HOOKS", "1"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into(),
        last_lines: [
            "Traceback (most recent call last):",
            "  File \"app.py\", line 12, in <module>",
            "KeyError: 'PROT' \u{1b}[31mred\u{1b}[0m",
        ]
        .map(str::to_owned)
        .into(),
        log: Some(".mastery/runs/0007/api.stderr.log".into()),
    }
}

pub(crate) fn died() -> Mismatch {
    Mismatch::new(
        "Your program exited with code 1 while POST /v2/orders was waiting for its answer.",
        "an answer",
        "the connection was reset",
    )
    .with(Evidence::Death(death()))
}

fn stamped(events: Vec<GradeEvent>) -> Vec<Stamped> {
    let mut at_ms = 0;
    let stamp = |event| {
        at_ms += 95;
        Stamped { event, at_ms }
    };
    events.into_iter().map(stamp).collect()
}

fn begin() -> Vec<GradeEvent> {
    let build: Vec<String> = ["python", "-m", "compileall", "-q", "."]
        .map(str::to_owned)
        .into();
    vec![
        GradeEvent::RunStarted(Box::new(run())),
        GradeEvent::BuildStarted {
            program: "api".into(),
            command: build,
        },
        GradeEvent::BuildFinished {
            program: "api".into(),
            result: BuildResult::Cached,
            took_ms: 0,
        },
        GradeEvent::ProgramStarting {
            program: "api".into(),
            command: death().command,
            directory: death().directory,
            env: death().env,
        },
    ]
}

fn finished(kind: RunKind, tally: Tally) -> GradeEvent {
    GradeEvent::RunFinished {
        kind,
        tally,
        build_ms: 0,
        start_ms: 84,
        checks_ms: 1_700,
        stop_ms: 104,
    }
}

/// A run with one check of every kind.
pub(crate) fn tape() -> Vec<Stamped> {
    let mut events = begin();
    events.push(GradeEvent::ProgramReady {
        program: "api".into(),
        address: "127.0.0.1:41873".into(),
        pid: 4711,
        supervisor: 4710,
        looked_at: "GET /healthz".into(),
        took_ms: 84,
    });
    let unsettled = BenchError::new("The machine stood still for 412 ms while time was taken.");
    let verdicts = [
        Verdict::Passed,
        Verdict::Passed,
        Verdict::Failed(drifted()),
        Verdict::Unsettled(unsettled),
        Verdict::Skipped {
            after: "v2_orders_can_be_read_back".into(),
        },
    ];
    let mut tally = Tally::default();
    for (check, verdict) in run().checks.into_iter().zip(verdicts) {
        tally.count(&verdict);
        events.push(GradeEvent::CheckStarted {
            check: check.id.clone(),
        });
        if matches!(verdict, Verdict::Failed(_)) {
            events.push(GradeEvent::Note {
                text: "3 of 40 answers came only after a second.".into(),
                check: Some(check.id.clone()),
            });
        }
        events.push(GradeEvent::ProgramOutput {
            program: "api".into(),
            stream: Stream::Stderr,
            text: "POST /v2/orders \u{1b}[32m201\u{1b}[0m\nhalf a li".into(),
            lossy: false,
            dropped: 0,
        });
        events.push(GradeEvent::CheckFinished {
            check: check.id,
            verdict,
            took_ms: 44,
        });
    }
    events.push(GradeEvent::ProgramStopped {
        program: "api".into(),
        forced: true,
        survivors: vec!["sleep (pid 4712)".into()],
        took_ms: 104,
    });
    events.push(finished(RunKind::Full, tally));
    stamped(events)
}

/// A run whose program died before it was ready.
pub(crate) fn died_before_ready() -> Vec<Stamped> {
    let mut events = begin();
    let mismatch = Mismatch::new("The program exited with code 1.", "", "");
    events.push(GradeEvent::ProgramNotReady {
        program: "api".into(),
        verdict: Verdict::Failed(mismatch.with(Evidence::Death(death()))),
        took_ms: 92,
    });
    events.extend(skipped());
    stamped(events)
}

/// A run whose program listens elsewhere.
pub(crate) fn listens_elsewhere() -> Vec<Stamped> {
    let mut events = begin();
    let mismatch = Mismatch::new(
        "The program listens on [::1]:41873, where only IPv6 clients find it.",
        "127.0.0.1:41873",
        "[::1]:41873",
    );
    events.push(GradeEvent::ProgramNotReady {
        program: "api".into(),
        verdict: Verdict::Failed(mismatch),
        took_ms: 30_000,
    });
    events.extend(skipped());
    stamped(events)
}

/// A run whose build failed.
pub(crate) fn did_not_build() -> Vec<Stamped> {
    let mut events = begin();
    events.truncate(2);
    events.push(GradeEvent::BuildFinished {
        program: "api".into(),
        result: BuildResult::Failed {
            why: "The build exited with code 1.".into(),
            last_lines: vec!["app.py:3: SyntaxError: '(' was never closed".into()],
        },
        took_ms: 3_210,
    });
    events.extend(skipped());
    stamped(events)
}

fn skipped() -> Vec<GradeEvent> {
    let mut tally = Tally::default();
    let mut events = Vec::new();
    for check in run().checks {
        let verdict = Verdict::Skipped {
            after: "the program never became ready".into(),
        };
        tally.count(&verdict);
        events.push(GradeEvent::CheckFinished {
            check: check.id,
            verdict,
            took_ms: 0,
        });
    }
    events.push(finished(RunKind::Full, tally));
    events
}

/// A run that is held at its failure, then ended by ^C.
pub(crate) fn held() -> Vec<Stamped> {
    let tape = tape();
    let failed = |stamped: &Stamped| {
        matches!(
            &stamped.event,
            GradeEvent::CheckFinished {
                verdict: Verdict::Failed(_),
                ..
            }
        )
    };
    let end = tape.iter().position(failed).expect("a check failed");
    let mut events: Vec<_> = tape.into_iter().take(end + 1).map(|it| it.event).collect();
    events.push(GradeEvent::Held {
        check: "decimals_do_not_drift".into(),
        addresses: [("api".to_owned(), "http://127.0.0.1:41873".to_owned())].into(),
    });
    events.push(GradeEvent::Interrupted { kill: false });
    let tally = Tally {
        passed: 2,
        failed: 1,
        ..Tally::default()
    };
    events.push(finished(RunKind::Interrupted, tally));
    stamped(events)
}
