//! The mouse: the wheel scrolls, a click selects, a second one opens, and the bar's keys are buttons.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::super::{
    keys::Deed,
    model::{Model, Screen},
    msg::Cmd,
    view::{self, Spot},
};

/// Rows that one step of the wheel is.
const WHEEL: usize = 3;

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what else a mouse can do means nothing here"
)]
pub(super) fn moused(model: &mut Model, mouse: MouseEvent) -> Vec<Cmd> {
    let deed = match mouse.kind {
        MouseEventKind::ScrollUp => Deed::Up,
        MouseEventKind::ScrollDown => Deed::Down,
        MouseEventKind::Down(MouseButton::Left) => return clicked(model, mouse),
        _ => return Vec::new(),
    };
    if model.question.is_some() {
        return Vec::new();
    }
    // What is selected goes one by one.
    let steps = match model.screen {
        Screen::Map | Screen::History => 1,
        Screen::Lab | Screen::Run | Screen::Comparison | Screen::Progress | Screen::Help => WHEEL,
    };
    for _ in 0..steps {
        super::act(model, deed);
    }
    Vec::new()
}

fn clicked(model: &mut Model, mouse: MouseEvent) -> Vec<Cmd> {
    let Some(spot) = view::spot(model, mouse.column, mouse.row) else {
        return Vec::new();
    };
    model.notice = None;
    match spot {
        Spot::Deed(deed) => super::act(model, deed),
        Spot::Row(place) if model.prompt.is_none() && model.question.is_none() => {
            if select(model, place) {
                super::open(model)
            } else {
                Vec::new()
            }
        }
        Spot::Row(_) => Vec::new(),
    }
}

/// Selects what was clicked; whether it was selected before.
fn select(model: &mut Model, place: usize) -> bool {
    let selected = match model.screen {
        Screen::Map => &mut model.selected,
        Screen::Lab => match &mut model.lab {
            Some(lab) => &mut lab.check,
            None => return false,
        },
        Screen::Run => match &mut model.run {
            Some(run) => &mut run.selected,
            None => return false,
        },
        Screen::History => match &mut model.diary {
            Some(diary) => &mut diary.selected,
            None => return false,
        },
        Screen::Comparison | Screen::Progress | Screen::Help => return false,
    };
    std::mem::replace(selected, place) == place
}
