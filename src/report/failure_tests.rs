//! Failures as they are told.

use mastery_kit::verdict::Exchange;

use super::*;
use crate::report::sample;

fn shown(verdict: &Verdict, style: Style) -> String {
    let run = sample::run();
    let lines = full(&run, &run.checks[2], verdict, style);
    let lines: Vec<String> = lines.iter().map(|line| line.render(style)).collect();
    for line in &lines {
        assert_eq!(line.trim_end(), line, "trailing blanks");
    }
    lines.join("\n")
}

#[test]
fn a_decimal_that_drifted() {
    let verdict = Verdict::Failed(sample::drifted());
    insta::assert_snapshot!("drifted_80", shown(&verdict, Style::plain(80)));
    insta::assert_snapshot!("drifted_140", shown(&verdict, Style::plain(140)));
    insta::assert_snapshot!("drifted_40", shown(&verdict, Style::plain(40)));
    insta::assert_snapshot!("drifted_ascii", shown(&verdict, Style::ascii_only(80)));
}

#[test]
fn a_failure_on_the_wire() {
    let verdict = Verdict::Failed(sample::applied_twice());
    insta::assert_snapshot!("timeline_80", shown(&verdict, Style::plain(80)));
    insta::assert_snapshot!("timeline_140", shown(&verdict, Style::plain(140)));
    insta::assert_snapshot!("timeline_40", shown(&verdict, Style::plain(40)));
}

#[test]
fn a_program_that_died_within_a_check() {
    let verdict = Verdict::Failed(sample::died());
    insta::assert_snapshot!("died_in_check_80", shown(&verdict, Style::plain(80)));
}

#[test]
fn what_is_unsettled_does_not_count() {
    let error = BenchError::new("The machine stood still for 412 ms while time was taken.");
    insta::assert_snapshot!(shown(&Verdict::Unsettled(error.clone()), Style::plain(80)), @"
    ◌ decimals_do_not_drift · A price comes back as the number that was sent

      The machine stood still for 412 ms while time was taken.
      This is not about your program: it does not count, neither as passed nor as
      failed.
      what helps  mastery grade rest-api --only decimals_do_not_drift --seed 7f3a91c204be5d10
    ");
    let known = error.unlock("docker start mastery-kafka");
    insta::assert_snapshot!(shown(&Verdict::Unsettled(known), Style::plain(40)), @"
    ◌ decimals_do_not_drift · A price comes
      back as the number that was sent

      The machine stood still for 412 ms
      while time was taken.
      This is not about your program: it
      does not count, neither as passed nor
      as failed.
      what helps  docker start mastery-kafka
    ");
}

#[test]
fn whatever_a_program_sends_a_failure_stays_short() {
    let long = format!("a\u{1b}é\n {}", "日x ".repeat(800));
    let exchange = Exchange {
        request: format!("GET /{long} HTTP/1.1\r\nX: {long}\r\n\r\n{long}"),
        response: format!("HTTP/1.1 200 OK\r\nX-{long}: 1\r\n\r\n[\"{long}\"]"),
        at: Some(long.clone()),
        ended: Some(long.clone()),
        ..Exchange::default()
    };
    let moment = Moment {
        at_ms: u64::MAX,
        actor: long.clone(),
        text: long.clone(),
        mark: Some(long.clone()),
        left_out: 0,
    };
    let mismatch = Mismatch::new(&long, format!("{long}a"), format!("{long}b"))
        .with(Evidence::Exchange(exchange))
        .with(Evidence::Text { text: long.clone() })
        .with(Evidence::Timeline {
            moments: vec![moment; 100],
        });
    for columns in [1, 40, 140] {
        for style in [Style::plain(columns), Style::ascii_only(columns)] {
            let text = shown(&Verdict::Failed(mismatch.clone()), style);
            let rows = text.lines().count();
            assert!(rows < 1_500, "{rows} rows at {columns} columns");
        }
    }
}

#[test]
fn a_text_of_the_learner_is_never_obeyed() {
    let mismatch = Mismatch::new("You said \x1b[2J.", "\u{202e}a", "\u{9b}2Jb\r\n\0")
        .with(Evidence::Text {
            text: "\x07".into(),
        })
        .reproduce("echo \x1b]0;title\x07");
    let text = shown(&Verdict::Failed(mismatch), Style::plain(80));
    assert!(
        text.chars()
            .all(|letter| letter == '\n' || !letter.is_control()),
        "{text:?}"
    );
    assert!(
        !text.contains('\u{202e}') && text.contains("␛[2J"),
        "{text}"
    );
}

#[test]
fn the_source_of_a_rule_is_a_link_where_links_can_be_shown() {
    let run = sample::run();
    let style = Style {
        hyperlinks: true,
        ..Style::plain(100)
    };
    let verdict = Verdict::Failed(sample::drifted());
    let root = Path::new("/home/me/my course/rest-api");
    let lines = told(&run, &run.checks[2], &verdict, style, Some(root));
    let text: String = lines.iter().map(|line| line.render(style)).collect();
    assert!(
        text.contains(
            "\x1b]8;;file:///home/me/my%20course/rest-api/contract/orders.v2.md\x1b\\(contract"
        ),
        "{text}"
    );
}
