//! Whole runs as people read them.

use std::sync::{Arc, Mutex};

use indicatif::TermLike;

use super::*;
use crate::{
    grading::event::BuildResult,
    report::{sample, tape::replay, words::visible},
};

fn told(tape: &[Stamped], style: Style) -> String {
    let mut plain = Plain::new(Vec::new(), style);
    replay(tape, &mut plain).unwrap();
    let text = String::from_utf8(plain.into_inner()).unwrap();
    for line in text.lines() {
        assert_eq!(line.trim_end(), line, "trailing blanks");
    }
    if !style.colour && !style.hyperlinks {
        assert!(
            text.chars()
                .all(|letter| letter == '\n' || !letter.is_control())
        );
    }
    text
}

#[test]
fn a_run_at_every_width() {
    for columns in [40, 80, 140] {
        let text = told(&sample::tape(), Style::plain(columns));
        insta::assert_snapshot!(format!("run_{columns}"), text);
    }
}

#[test]
fn a_run_in_ascii() {
    let text = told(&sample::tape(), Style::ascii_only(80));
    assert!(text.is_ascii());
    insta::assert_snapshot!("run_ascii", text);
}

#[test]
fn a_run_in_colour_says_the_same() {
    let colour = Style {
        colour: true,
        ..Style::plain(80)
    };
    let text = told(&sample::tape(), colour);
    insta::assert_snapshot!("run_colour", visible(&text).replace('␊', "\n"));
    let mut bare = String::new();
    let mut within = false;
    for letter in text.chars() {
        match letter {
            '\x1b' => within = true,
            'm' if within => within = false,
            _ if within => {}
            _ => bare.push(letter),
        }
    }
    assert_eq!(bare, told(&sample::tape(), Style::plain(80)));
    let codes = text
        .split("\x1b[")
        .skip(1)
        .filter_map(|rest| rest.split('m').next());
    for code in codes {
        assert!(
            ["0", "1", "2", "31", "32", "33", "36"].contains(&code),
            "{code}"
        );
    }
}

#[test]
fn runs_without_a_check() {
    for columns in [40, 80, 140] {
        let style = Style::plain(columns);
        let text = told(&sample::died_before_ready(), style);
        insta::assert_snapshot!(format!("died_{columns}"), text);
    }
    let style = Style::plain(80);
    insta::assert_snapshot!("elsewhere", told(&sample::listens_elsewhere(), style));
    insta::assert_snapshot!("build_failed", told(&sample::did_not_build(), style));
    let mut tape = sample::did_not_build();
    tape[2].event = GradeEvent::BuildFinished {
        program: "api".into(),
        result: BuildResult::Unsettled {
            why: "The disk is full.".into(),
            unlock: Some("mastery doctor".into()),
        },
        took_ms: 3,
    };
    insta::assert_snapshot!("build_unsettled", told(&tape, style));
}

#[test]
fn a_run_that_is_held_tells_its_failure_once() {
    let text = told(&sample::held(), Style::plain(80));
    assert_eq!(text.matches("You answered 0.30000000000000004").count(), 1);
    insta::assert_snapshot!("held", text);
}

#[test]
fn output_stands_there_only_when_asked_for() {
    let quiet = told(&sample::tape(), Style::plain(80));
    assert!(!quiet.contains("half a li"));
    let mut plain = Plain::new(Vec::new(), Style::plain(80)).verbose(true);
    replay(&sample::tape(), &mut plain).unwrap();
    let text = String::from_utf8(plain.into_inner()).unwrap();
    let output: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("  api ┆"))
        .collect();
    assert_eq!(output[0], "  api ┆ POST /v2/orders ␛[32m201␛[0m");
    assert_eq!(output[1], "  api ┆ half a liPOST /v2/orders ␛[32m201␛[0m");
    assert_eq!(output.last(), Some(&"  api ┆ half a li"));
}

#[test]
fn a_redacted_run_differs_from_another_in_nothing() {
    let with = |port: &str, seed: &str| {
        let tape: Vec<u8> = sample::tape()
            .iter()
            .flat_map(|stamped| crate::report::json::line(stamped).unwrap())
            .collect();
        let tape = String::from_utf8(tape)
            .unwrap()
            .replace("41873", port)
            .replace("7f3a91c204be5d10", seed)
            .replace("\"took_ms\":84", "\"took_ms\":1840");
        let mut plain = Plain::new(Vec::new(), Style::plain(80)).redacted(Redactor::stable());
        replay(&crate::report::tape::read_tape(tape.as_bytes()), &mut plain).unwrap();
        String::from_utf8(plain.into_inner()).unwrap()
    };
    let text = with("41873", "7f3a91c204be5d10");
    assert_eq!(text, with("5000", "00000000000000aa"));
    insta::assert_snapshot!("redacted", text);
}

/// A terminal that keeps what was written to it.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<String>>);

impl TermLike for Screen {
    fn width(&self) -> u16 {
        60
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str("\n")
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap().push_str(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        self.write_str("<clear>")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_person_who_watches_sees_what_is_running() {
    let screen = Screen::default();
    let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
    let mut plain = Plain::new(Vec::new(), Style::plain(60)).watched(target);
    replay(&sample::tape(), &mut plain).unwrap();
    let settled = String::from_utf8(plain.into_inner()).unwrap();
    assert_eq!(settled, told(&sample::tape(), Style::plain(60)));
    let drawn = screen.0.lock().unwrap().clone();
    assert!(drawn.contains("program  api  starting"), "{drawn}");
    assert!(drawn.contains("decimals_do_not_drift"), "{drawn}");
    assert!(drawn.contains("3 of 5"), "{drawn}");
}
