//! Every screen, at 80×24 and at 140×40.

use super::cast::{
    comparison, hint, history, press, shown, texts, told, tutor, typed, until_check,
};
use crate::{
    report::{sample, words::Style},
    tui::{
        model::{Kept, Model, Notice},
        msg::{Msg, Trouble},
        update::update,
    },
};

fn both(name: &str, model: &mut Model) {
    insta::assert_snapshot!(format!("{name}_80"), shown(model, 80, 24));
    insta::assert_snapshot!(format!("{name}_140"), shown(model, 140, 40));
}

fn plain() -> Model {
    tutor(Style::plain(80))
}

fn in_lab() -> Model {
    let mut model = plain();
    press(&mut model, "enter");
    update(
        &mut model,
        Msg::Lab {
            lab: "rest-api".into(),
            texts: Box::new(texts()),
        },
    );
    model
}

fn graded() -> Model {
    let mut model = plain();
    press(&mut model, "g");
    told(&mut model, sample::tape());
    update(
        &mut model,
        Msg::Graded(Ok(Kept {
            attempt: Some(4),
            unkept: None,
            was: Some(crate::grading::event::Tally {
                passed: 1,
                failed: 4,
                ..Default::default()
            }),
            passes: false,
            troubles: Vec::new(),
        })),
    );
    model
}

fn looking_back() -> Model {
    let mut model = plain();
    press(&mut model, "a");
    update(&mut model, Msg::History(Ok(Box::new(history()))));
    model
}

#[test]
fn the_map_is_a_road_with_the_selected_unit_below() {
    let mut model = plain();
    both("map", &mut model);
    model.course.is_read = false;
    insta::assert_snapshot!("map_before_the_record", shown(&mut model, 80, 24));
    model.course.is_read = true;
    press(&mut model, "right right");
    insta::assert_snapshot!("map_of_week_4", shown(&mut model, 80, 24));
}

#[test]
fn a_search_lists_what_has_every_word() {
    let mut model = plain();
    press(&mut model, "/");
    typed(&mut model, "rest price");
    both("search", &mut model);
}

#[test]
fn a_lab_is_its_brief_checks_contract_and_week() {
    let mut model = in_lab();
    both("lab_brief", &mut model);
    press(&mut model, "tab");
    both("lab_checks", &mut model);
    press(&mut model, "tab");
    both("lab_contract", &mut model);
    press(&mut model, "n");
    insta::assert_snapshot!("lab_contract_file", shown(&mut model, 80, 24));
}

#[test]
fn a_run_is_watched_while_its_checks_settle() {
    let mut model = plain();
    press(&mut model, "g");
    both("run_planning", &mut model);
    told(&mut model, until_check("concurrent_same_key_creates_one"));
    both("run_live", &mut model);
    press(&mut model, "tab tab tab");
    both("run_log", &mut model);
}

#[test]
fn a_settled_run_leads_to_its_first_failure() {
    let mut model = graded();
    both("run_over", &mut model);
    press(&mut model, "enter");
    both("run_failure", &mut model);
    press(&mut model, "pagedown");
    insta::assert_snapshot!("run_failure_below", shown(&mut model, 80, 24));
    press(&mut model, "n");
    both("run_unsettled", &mut model);
    press(&mut model, "p y");
    insta::assert_snapshot!("run_copied", shown(&mut model, 80, 24));
    update(&mut model, Msg::Hint(Ok(Box::new(hint()))));
    both("run_hint", &mut model);
    press(&mut model, "tab");
    both("run_report", &mut model);
}

#[test]
fn a_run_that_never_came_to_its_checks_says_why() {
    let mut model = plain();
    press(&mut model, "g");
    told(&mut model, sample::died_before_ready());
    press(&mut model, "tab tab");
    both("run_died", &mut model);
}

#[test]
fn attempts_are_a_diary_and_two_stand_side_by_side() {
    let mut model = looking_back();
    both("history", &mut model);
    press(&mut model, "down down m up up");
    insta::assert_snapshot!("history_marked", shown(&mut model, 80, 24));
    press(&mut model, "r");
    both("history_restore", &mut model);
    press(&mut model, "n");
    update(&mut model, Msg::Comparison(Ok(Box::new(comparison()))));
    both("comparison", &mut model);
}

#[test]
fn a_tape_is_played_on_the_screen_of_the_run() {
    let mut model = looking_back();
    let tape = Ok(sample::tape());
    update(
        &mut model,
        Msg::Tape {
            lab: "rest-api".into(),
            attempt: 4,
            tape,
        },
    );
    let at = std::time::Duration::from_millis(900);
    update(
        &mut model,
        Msg::Tick {
            at,
            now: super::cast::NOW,
        },
    );
    both("replay", &mut model);
    press(&mut model, "o");
    insta::assert_snapshot!("replay_at_once", shown(&mut model, 80, 24));
}

#[test]
fn progress_and_keys_are_pages() {
    let mut model = plain();
    press(&mut model, "v");
    both("progress", &mut model);
    press(&mut model, "?");
    both("help", &mut model);
}

#[test]
fn what_is_told_and_what_went_wrong_stands_above_the_bar() {
    let mut model = plain();
    model.notice = Some(Notice::Told(vec![
        "41 files in week-01-api-design/labs/rest-api (python)".into(),
    ]));
    insta::assert_snapshot!("notice", shown(&mut model, 80, 24));
    model.trouble(Trouble {
        text: "Another `mastery grade` is at work in this workspace (pid 4711).".into(),
        hints: vec!["Wait until it is done, or end it.".into()],
    });
    insta::assert_snapshot!("trouble", shown(&mut model, 80, 24));
}

#[test]
fn without_colour_in_ascii_and_in_a_small_place_everything_can_be_read() {
    type Make = fn() -> Model;
    let all: [(&str, Make); 4] = [
        ("map", plain),
        ("lab", in_lab),
        ("run", graded),
        ("history", looking_back),
    ];
    for (name, make) in all {
        let mut model = make();
        insta::assert_snapshot!(format!("{name}_40"), shown(&mut model, 40, 10));
        model.style.ascii = true;
        let ascii = shown(&mut model, 80, 24);
        assert!(ascii.is_ascii(), "{ascii}");
        insta::assert_snapshot!(format!("{name}_ascii"), ascii);
    }
}
