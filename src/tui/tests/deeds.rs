//! What a message changes and what it asks for, as tables.

use super::cast::{NOW, history, press, texts, told, tutor, typed, until_check};
use crate::{
    report::{sample, words::Style},
    tui::{
        keys::KEYS,
        model::{Kept, LabTab, Model, Pane, Screen, Unkept},
        msg::{Cmd, Msg, Trouble},
        update::update,
    },
};

fn plain() -> Model {
    tutor(Style::plain(80))
}

fn lab(name: &str) -> String {
    name.to_owned()
}

#[test]
fn a_key_asks_for_what_its_screen_is_about() {
    let cases: [(&str, Vec<Cmd>, Screen); 9] = [
        ("enter", vec![Cmd::ReadLab(lab("rest-api"))], Screen::Lab),
        ("g", vec![Cmd::Grade(lab("rest-api"))], Screen::Run),
        (
            "e",
            vec![Cmd::Edit {
                lab: lab("rest-api"),
                file: None,
            }],
            Screen::Map,
        ),
        (
            "a",
            vec![Cmd::ReadHistory(lab("rest-api"))],
            Screen::History,
        ),
        ("v", vec![], Screen::Progress),
        ("?", vec![], Screen::Help),
        ("? esc", vec![], Screen::Map),
        ("q", vec![Cmd::Quit], Screen::Map),
        // Planned: there is nothing to grade, edit or look back on.
        ("down down g e a", vec![], Screen::Map),
    ];
    for (keys, cmds, screen) in cases {
        let mut model = plain();
        assert_eq!(press(&mut model, keys), cmds, "{keys}");
        assert_eq!(model.screen, screen, "{keys}");
    }
}

#[test]
fn the_map_is_walked_by_units_and_by_weeks() {
    let cases = [
        ("down", 1),
        ("up", 0),
        ("right", 3),
        ("right right", 7),
        ("right right right", 7),
        ("right down left", 3),
        ("right left", 0),
        ("end", 9),
        ("end home", 0),
    ];
    for (keys, selected) in cases {
        let mut model = plain();
        press(&mut model, keys);
        assert_eq!(model.selected, selected, "{keys}");
    }
}

#[test]
fn a_search_leads_to_the_lab_that_was_found() {
    let mut model = plain();
    press(&mut model, "/");
    typed(&mut model, "EXACTLY once");
    press(&mut model, "enter");
    assert_eq!(model.lab_here(), Some("kafka-producer-consumer"));
    assert_eq!(model.prompt, None);
    press(&mut model, "/");
    typed(&mut model, "q?g");
    assert_eq!(model.prompt.as_ref().unwrap().text, "q?g");
    press(&mut model, "back");
    assert_eq!(model.prompt.as_ref().unwrap().text, "q?");
    update(&mut model, Msg::Paste("two\nlines\u{1b}[31m".into()));
    assert_eq!(model.prompt.as_ref().unwrap().text, "q?twolines[31m");
    press(&mut model, "^c");
    assert_eq!(model.prompt, None);
}

#[test]
fn a_paste_that_nobody_asked_for_does_nothing() {
    let mut model = plain();
    assert_eq!(update(&mut model, Msg::Paste("q g q".into())), []);
    assert_eq!(model.screen, Screen::Map);
}

#[test]
fn a_run_is_stopped_once_and_killed_by_the_second() {
    let mut model = plain();
    press(&mut model, "g");
    told(&mut model, until_check("decimals_do_not_drift"));
    assert_eq!(press(&mut model, "^c"), [Cmd::Stop]);
    assert_eq!(press(&mut model, "^c"), [Cmd::Stop]);
    assert_eq!(model.screen, Screen::Run);
    let failed = Trouble {
        text: "x".into(),
        hints: Vec::new(),
    };
    update(&mut model, Msg::Graded(Err(failed)));
    // Nothing is left to stop: now it leads out.
    assert_eq!(press(&mut model, "^c"), [Cmd::Quit]);
}

#[test]
fn leaving_while_a_run_goes_on_is_asked_and_waits_for_its_end() {
    let mut model = plain();
    press(&mut model, "g");
    told(&mut model, until_check("decimals_do_not_drift"));
    assert_eq!(press(&mut model, "q"), []);
    assert_eq!(press(&mut model, "n"), []);
    assert!(!model.is_leaving);
    assert_eq!(press(&mut model, "q y"), [Cmd::Stop]);
    assert!(model.is_leaving);
    let kept = Kept {
        attempt: Some(4),
        unkept: None,
        was: None,
        passes: false,
        troubles: Vec::new(),
    };
    assert_eq!(update(&mut model, Msg::Graded(Ok(kept))), [Cmd::Quit]);
}

#[test]
fn a_signal_leaves_at_once_or_after_the_run() {
    let mut model = plain();
    assert_eq!(update(&mut model, Msg::Ended), [Cmd::Quit]);
    press(&mut model, "g");
    assert_eq!(update(&mut model, Msg::Ended), [Cmd::Stop]);
    assert!(model.is_leaving);
}

#[test]
fn a_second_run_waits_for_the_first() {
    let mut model = plain();
    press(&mut model, "g");
    assert_eq!(press(&mut model, "esc"), []);
    assert_eq!(model.screen, Screen::Map);
    // It leads back to the one that goes on.
    assert_eq!(press(&mut model, "g"), []);
    assert_eq!(model.screen, Screen::Run);
}

#[test]
fn events_that_come_late_belong_to_no_other_run() {
    let mut model = plain();
    press(&mut model, "a");
    update(&mut model, Msg::History(Ok(Box::new(history()))));
    update(
        &mut model,
        Msg::Tape {
            lab: lab("rest-api"),
            attempt: 4,
            tape: Ok(Vec::new()),
        },
    );
    told(&mut model, sample::tape());
    assert!(model.run.as_ref().unwrap().progress.run.is_none());
}

#[test]
fn what_a_run_kept_can_be_looked_back_on_before_the_record_is_read() {
    let reads = [Cmd::ReadHistory(lab("rest-api"))];
    for (attempt, cmds) in [(Some(1), &reads[..]), (None, &[])] {
        let mut model = plain();
        for week in &mut model.course.overview.weeks {
            week.units.iter_mut().for_each(|unit| unit.attempts = 0);
        }
        press(&mut model, "g");
        assert_eq!(press(&mut model, "a"), []);
        let kept = Kept {
            attempt,
            ..Kept::none(Unkept::Same)
        };
        update(&mut model, Msg::Graded(Ok(kept)));
        assert_eq!(press(&mut model, "a"), cmds);
    }
}

#[test]
fn failures_are_gone_through_round_and_round_and_copied() {
    let mut model = plain();
    press(&mut model, "g");
    told(&mut model, sample::tape());
    let selected = |model: &Model| model.run.as_ref().unwrap().selected;
    assert_eq!(selected(&model), 2);
    press(&mut model, "n");
    assert_eq!(selected(&model), 3);
    press(&mut model, "n");
    assert_eq!(selected(&model), 2);
    press(&mut model, "p");
    assert_eq!(selected(&model), 3);
    let line = "mastery grade rest-api --only decimals_do_not_drift --seed 7f3a91c204be5d10 --hold";
    assert_eq!(press(&mut model, "n y"), [Cmd::Copy(line.into())]);
    assert_eq!(
        press(&mut model, "h"),
        [Cmd::TakeHint {
            lab: lab("rest-api"),
            check: lab("decimals_do_not_drift"),
        }]
    );
}

#[test]
fn whoever_reads_a_log_further_up_goes_on_reading_the_same_lines() {
    let mut model = plain();
    press(&mut model, "g");
    told(&mut model, until_check("decimals_do_not_drift"));
    press(&mut model, "tab tab tab");
    assert_eq!(model.run.as_ref().unwrap().pane, Pane::Log(lab("api")));
    let text: String = (0..100)
        .map(|line| format!("line {line}\n"))
        .collect::<Vec<_>>()
        .concat();
    let mut printed = |text: &str| {
        let event = Box::new(crate::grading::event::GradeEvent::ProgramOutput {
            program: lab("api"),
            stream: mastery_kit::verdict::Stream::Stdout,
            text: text.into(),
            lossy: false,
            dropped: 0,
        });
        let at = std::time::Duration::from_secs(2);
        update(&mut model, Msg::Grade { at, event });
        press(&mut model, "")
    };
    printed(&text);
    let up = |model: &Model| model.run.as_ref().unwrap().view.up;
    assert_eq!(up(&model), 0);
    press(&mut model, "up up");
    assert_eq!(up(&model), 2);
    let event = Box::new(crate::grading::event::GradeEvent::ProgramOutput {
        program: lab("api"),
        stream: mastery_kit::verdict::Stream::Stdout,
        text: "three\nmore\nlines\n".into(),
        lossy: false,
        dropped: 0,
    });
    let at = std::time::Duration::from_secs(2);
    update(&mut model, Msg::Grade { at, event });
    assert_eq!(up(&model), 5);
    press(&mut model, "f");
    assert_eq!(up(&model), 0);
    press(&mut model, "/");
    typed(&mut model, "line 42");
    press(&mut model, "enter");
    assert_eq!(up(&model), 60);
    press(&mut model, "/");
    typed(&mut model, "never printed");
    press(&mut model, "enter");
    assert!(model.notice.is_some());
    press(&mut model, "w");
    assert!(model.run.as_ref().unwrap().view.wraps);
}

#[test]
fn attempts_are_compared_played_and_brought_back() {
    let compare = |from, to| Cmd::Compare {
        lab: lab("rest-api"),
        from,
        to,
    };
    let restore = Cmd::Restore {
        lab: lab("rest-api"),
        attempt: 3,
    };
    let play = Cmd::ReadTape {
        lab: lab("rest-api"),
        attempt: 4,
    };
    let cases: [(&str, Vec<Cmd>); 9] = [
        ("enter", vec![compare(3, Some(4))]),
        ("m down down down enter", vec![compare(1, Some(4))]),
        ("m m down enter", vec![compare(2, Some(3))]),
        ("end enter", vec![]),
        ("d", vec![compare(4, None)]),
        ("t", vec![play]),
        // A folder that was saved has no tape.
        ("down down t", vec![]),
        ("down r n", vec![]),
        ("down r y", vec![restore]),
    ];
    for (keys, cmds) in cases {
        let mut model = plain();
        press(&mut model, "a");
        update(&mut model, Msg::History(Ok(Box::new(history()))));
        assert_eq!(press(&mut model, keys), cmds, "{keys}");
    }
}

#[test]
fn a_tape_is_played_in_its_own_time_or_at_once() {
    let mut model = plain();
    press(&mut model, "a");
    update(&mut model, Msg::History(Ok(Box::new(history()))));
    let tape = sample::tape();
    let all = tape.len();
    update(
        &mut model,
        Msg::Tape {
            lab: lab("rest-api"),
            attempt: 4,
            tape: Ok(tape),
        },
    );
    let rest = |model: &Model| {
        let replay = model.run.as_ref().unwrap().replay.as_ref();
        replay.map_or(0, |replay| replay.rest.len())
    };
    assert_eq!(rest(&model), all);
    assert!(model.moves());
    for (at_ms, left) in [(94, all), (95, all - 1), (300, all - 3)] {
        let at = std::time::Duration::from_millis(at_ms);
        update(&mut model, Msg::Tick { at, now: NOW });
        assert_eq!(rest(&model), left, "at {at_ms} ms");
    }
    press(&mut model, "o");
    assert_eq!(rest(&model), 0);
    assert!(!model.moves());
    assert!(model.run.as_ref().unwrap().progress.finished.is_some());
}

#[test]
fn a_lab_is_read_and_edited_where_one_is() {
    let mut model = plain();
    press(&mut model, "enter");
    update(
        &mut model,
        Msg::Lab {
            lab: lab("rest-api"),
            texts: Box::new(texts()),
        },
    );
    let edit = |file: Option<&str>| Cmd::Edit {
        lab: lab("rest-api"),
        file: file.map(str::to_owned),
    };
    assert_eq!(press(&mut model, "e"), [edit(Some("BRIEF.md"))]);
    assert_eq!(press(&mut model, "tab e"), [edit(None)]);
    let here = model.lab.as_ref().unwrap();
    assert_eq!(here.check_here().unwrap().id, "decimals_do_not_drift");
    assert_eq!(
        press(&mut model, "tab n e"),
        [edit(Some("contract/requests.http"))]
    );
    press(&mut model, "tab tab");
    assert_eq!(model.lab.as_ref().unwrap().tab, LabTab::Brief);
}

#[test]
fn a_lab_that_was_not_started_is_started_and_read_anew() {
    let mut model = plain();
    press(&mut model, "right right enter");
    assert_eq!(press(&mut model, "g e"), []);
    let kafka = lab("kafka-producer-consumer");
    assert_eq!(press(&mut model, "s"), [Cmd::Start(kafka.clone())]);
    let told = Ok(vec!["12 files".to_owned()]);
    let lab = kafka.clone();
    assert_eq!(
        update(&mut model, Msg::Started { lab, told }),
        [Cmd::ReadCourse, Cmd::ReadLab(kafka)]
    );
}

#[test]
fn every_key_says_what_it_does_and_no_two_of_one_place_are_told_alike() {
    for key in KEYS {
        assert!(!key.told.is_empty() && !key.presses.is_empty());
        assert!(key.shown.1.is_ascii(), "{}", key.shown.1);
        let twins = KEYS.iter().filter(|other| {
            other.told == key.told && other.on.iter().any(|place| key.on.contains(place))
        });
        assert_eq!(twins.count(), 1, "{}", key.told);
    }
}
