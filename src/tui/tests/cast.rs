//! A course and a learner, made by hand, and what a model looks like.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::{Terminal, backend::TestBackend};

use super::course::{course, tally};
use crate::{
    grading::event::{GradeEvent, Rule, Stamped, Tally},
    report::{
        code::{FileChange, FileKind, Part},
        comparison::{CheckPair, Comparison, Side},
        hint::Hint,
        history::{AttemptRow, CodeExtent, History, PassRow, VerdictChange},
        sample,
        words::Style,
    },
    tui::{
        model::{CheckTold, LabTexts, Model},
        msg::{Cmd, Msg},
        update::update,
        view::view,
    },
};

pub(super) const NOW: i64 = 1_790_007_200;

pub(super) fn texts() -> LabTexts {
    let checks = sample::run().checks.into_iter();
    LabTexts {
        brief: Some(include_str!("../markdown/sample.md").to_owned()),
        week: Some("# Week 1\n\nDesign APIs that are robust.\n".to_owned()),
        contract: vec![
            (
                "orders.v2.md".to_owned(),
                "# Orders, version 2\n\n## Money\n\nMoney is a decimal string, never a float.\n"
                    .to_owned(),
            ),
            (
                "requests.http".to_owned(),
                "POST /v2/orders HTTP/1.1\nIdempotency-Key: k17\n\n{\"side\": \"buy\"}\n"
                    .to_owned(),
            ),
        ],
        checks: checks
            .map(|check| CheckTold {
                taken: check
                    .first_hint
                    .into_iter()
                    .filter(|_| check.id == "decimals_do_not_drift")
                    .collect(),
                id: check.id,
                title: check.title,
                rule: Rule {
                    text: "money is a decimal string, never a float".into(),
                    source: "contract/orders.v2.md#money".into(),
                },
                hints: check.hints,
            })
            .collect(),
    }
}

pub(super) fn history() -> History {
    let row = |attempt: u32, hours: i64, kind: &str, tally| AttemptRow {
        attempt,
        id: format!("{attempt:040x}"),
        at: NOW - hours * 3_600,
        kind: kind.into(),
        passes: false,
        seed: if kind == "saved" {
            String::new()
        } else {
            "7f3a91c204be5d10".into()
        },
        language: "python".into(),
        revision: 1,
        took_ms: 1_904,
        tally,
        changes: vec![VerdictChange {
            check: "v2_orders_can_be_read_back".into(),
            from: 'f',
            to: 'p',
        }],
        code: Some(CodeExtent {
            files: 2,
            added: 41,
            removed: 7,
        }),
    };
    History {
        lab: "rest-api".into(),
        attempts: 4,
        passed: Some(PassRow {
            attempt: 1,
            revision: 1,
            after_attempts: 1,
            took_s: 0,
        }),
        rows: vec![
            row(4, 2, "full", tally(2, 2, 1)),
            row(3, 5, "partial", tally(1, 0, 0)),
            row(2, 6, "saved", Tally::default()),
            row(1, 30, "full", tally(1, 4, 0)),
        ],
        older: None,
    }
}

pub(super) fn comparison() -> Comparison {
    let side = |number: u32| Side {
        name: format!("attempt {number}"),
        short: number.to_string(),
        note: None,
    };
    let pair = |id: &str, from, to| CheckPair {
        id: id.into(),
        from: Some(from),
        to: Some(to),
    };
    Comparison {
        lab: "rest-api".into(),
        from: side(3),
        to: side(4),
        checks: vec![
            pair("v1_wire_is_frozen", 'p', 'p'),
            pair("decimals_do_not_drift", 'f', 'p'),
            pair("stale_write_is_refused", 'p', 'f'),
        ],
        files: vec![FileChange {
            path: "app.py".into(),
            kind: FileKind::Changed,
            binary: false,
            added: 1,
            removed: 1,
            hunks: vec![Part {
                before: 3,
                after: 3,
                lines: vec![
                    (' ', "def price(amount):".to_owned()),
                    ('-', "    return float(amount)".to_owned()),
                    ('+', "    return Decimal(amount)".to_owned()),
                ],
            }],
        }],
    }
}

pub(super) fn hint() -> Hint {
    Hint {
        check: "decimals_do_not_drift".into(),
        title: "A price comes back as the number that was sent".into(),
        rule: Rule {
            text: "money is a decimal string, never a float".into(),
            source: "contract/orders.v2.md#money".into(),
        },
        last: Some("failed in attempt 3".into()),
        first: 2,
        rungs: vec!["A binary float has no 0.3; a decimal type does.".into()],
        of: 3,
        next: None,
    }
}

/// The tutor with its record read.
pub(super) fn tutor(style: Style) -> Model {
    let mut model = Model::new(course(), style, 24, None);
    update(
        &mut model,
        Msg::Tick {
            at: Duration::ZERO,
            now: NOW,
        },
    );
    model
}

/// Presses keys one after the other; what is to be done comes out.
pub(super) fn press(model: &mut Model, keys: &str) -> Vec<Cmd> {
    let mut cmds = Vec::new();
    for word in keys.split(' ').filter(|word| !word.is_empty()) {
        let (code, held) = match word {
            "up" => (KeyCode::Up, KeyModifiers::NONE),
            "down" => (KeyCode::Down, KeyModifiers::NONE),
            "left" => (KeyCode::Left, KeyModifiers::NONE),
            "right" => (KeyCode::Right, KeyModifiers::NONE),
            "enter" => (KeyCode::Enter, KeyModifiers::NONE),
            "esc" => (KeyCode::Esc, KeyModifiers::NONE),
            "tab" => (KeyCode::Tab, KeyModifiers::NONE),
            "home" => (KeyCode::Home, KeyModifiers::NONE),
            "end" => (KeyCode::End, KeyModifiers::NONE),
            "pageup" => (KeyCode::PageUp, KeyModifiers::NONE),
            "pagedown" => (KeyCode::PageDown, KeyModifiers::NONE),
            "back" => (KeyCode::Backspace, KeyModifiers::NONE),
            "^c" => (KeyCode::Char('c'), KeyModifiers::CONTROL),
            one => (
                KeyCode::Char(one.chars().next().unwrap()),
                KeyModifiers::NONE,
            ),
        };
        cmds.extend(update(model, Msg::Key(KeyEvent::new(code, held))));
    }
    cmds
}

/// Types a text, letter by letter.
pub(super) fn typed(model: &mut Model, text: &str) {
    for letter in text.chars() {
        let key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
        update(model, Msg::Key(key));
    }
}

/// Tells a tape as a run that is going on.
pub(super) fn told(model: &mut Model, tape: impl IntoIterator<Item = Stamped>) {
    for Stamped { event, at_ms } in tape {
        let at = Duration::from_millis(at_ms);
        model.clock = at;
        let event = Box::new(event);
        update(model, Msg::Grade { at, event });
    }
}

/// The tape up to the start of a check.
pub(super) fn until_check(check: &str) -> Vec<Stamped> {
    let tape = sample::tape();
    let begins = |stamped: &Stamped| matches!(&stamped.event, GradeEvent::CheckStarted { check: id } if id == check);
    let end = tape.iter().position(begins).unwrap();
    tape.into_iter().take(end + 1).collect()
}

/// What a terminal of this size shows.
pub(super) fn shown(model: &mut Model, columns: u16, rows: u16) -> String {
    update(model, Msg::Resize { columns, rows });
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| view(model, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| {
        let mut text = String::new();
        let mut skip = 0;
        for x in 0..columns {
            // A wide letter has two cells; the second holds nothing of its own.
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = crate::report::words::width(symbol).saturating_sub(1);
            text.push_str(symbol);
        }
        text.trim_end().to_owned()
    };
    (0..rows).map(row).collect::<Vec<_>>().join("\n")
}
