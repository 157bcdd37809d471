//! Sizes nobody chose, and text from elsewhere.

use super::cast::{press, shown, told, tutor};
use crate::{
    grading::event::GradeEvent,
    report::{sample, words::Style},
    tui::{msg::Msg, update::update},
};

#[test]
fn no_size_of_a_terminal_is_too_small_to_be_drawn_on() {
    let mut model = tutor(Style::plain(80));
    let walks = ["", "enter", "esc g", "tab", "tab", "tab", "a", "esc v", "?"];
    for keys in walks {
        press(&mut model, keys);
        if keys == "esc g" {
            told(&mut model, sample::tape());
        }
        for (columns, rows) in [(1, 1), (20, 5), (19, 40), (40, 10), (300, 6), (21, 90)] {
            let screen = shown(&mut model, columns, rows);
            assert_eq!(screen.split('\n').count(), usize::from(rows));
        }
    }
}

#[test]
fn text_of_every_kind_stays_on_its_line_and_commands_nothing() {
    let mut model = tutor(Style::plain(80));
    press(&mut model, "g");
    told(&mut model, sample::tape().into_iter().take(5));
    let text = "注文 accepted\n\u{202e}txet neddih\nשלום עולם\n\u{1b}]52;c;aGk=\u{7}bell\u{7}\nbroken \u{fffd}\u{fffd} bytes\n\u{1b}[2Jtabs\there\n";
    let event = Box::new(GradeEvent::ProgramOutput {
        program: "api".into(),
        stream: mastery_kit::verdict::Stream::Stdout,
        text: text.into(),
        lossy: true,
        dropped: 0,
    });
    let at = std::time::Duration::from_secs(1);
    update(&mut model, Msg::Grade { at, event });
    press(&mut model, "tab tab tab");
    let screen = shown(&mut model, 80, 24);
    assert!(
        !screen.contains(['\u{1b}', '\u{7}', '\u{202e}']),
        "{screen}"
    );
    insta::assert_snapshot!("strange_text", screen);
    insta::assert_snapshot!("strange_text_wrapped", {
        press(&mut model, "w");
        shown(&mut model, 24, 16)
    });
}

#[test]
fn a_clock_that_jumps_moves_nothing_out_of_its_place() {
    let mut model = tutor(Style::plain(80));
    for now in [0, i64::MAX / 2, -5] {
        let at = std::time::Duration::from_secs(3);
        update(&mut model, Msg::Tick { at, now });
        assert!(shown(&mut model, 80, 24).contains("rest-api"));
    }
}
