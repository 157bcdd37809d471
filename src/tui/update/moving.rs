//! Moving about: what is selected, and how far a text is scrolled.

use super::super::{
    keys::Deed,
    model::{Lab, LabTab, Model, Pane, Run, Screen},
    view,
};

/// Lines that stay in view when a page is turned.
const OVERLAP: usize = 2;

/// Moves what the screen is about.
pub(super) fn go(model: &mut Model, deed: Deed) {
    match model.screen {
        Screen::Map => on_the_map(model, deed),
        Screen::Lab => in_the_lab(model, deed),
        Screen::Run => in_the_run(model, deed),
        Screen::History => {
            if let Some(diary) = &mut model.diary {
                let count = diary.rows().len();
                diary.selected = stepped(diary.selected, count, deed);
            }
        }
        Screen::Comparison | Screen::Progress | Screen::Help => {
            let (lines, rows) = view::text_size(model);
            model.top = scrolled(model.top, lines, rows, deed);
        }
    }
}

/// After a resize nothing is scrolled beyond its end.
pub(super) fn keep_in_view(model: &mut Model) {
    let (lines, rows) = view::text_size(model);
    let last = lines.saturating_sub(rows);
    model.top = model.top.min(last);
    if let Some(lab) = &mut model.lab {
        lab.top = lab.top.min(last);
    }
    if let Some(run) = &mut model.run {
        run.top = run.top.min(last);
    }
}

fn on_the_map(model: &mut Model, deed: Deed) {
    let count = model.course.units().count();
    if deed == Deed::Left || deed == Deed::Right {
        let forward = deed == Deed::Right;
        if let Some(place) = model.course.week_beside(model.selected, forward) {
            model.selected = place;
        }
        return;
    }
    model.selected = stepped(model.selected, count, deed);
}

fn in_the_lab(model: &mut Model, deed: Deed) {
    let (lines, rows) = view::text_size(model);
    let Some(lab) = &mut model.lab else {
        return;
    };
    if deed == Deed::NextPane || deed == Deed::PreviousPane {
        lab.tab = neighbour(&lab.tabs(), &lab.tab, deed == Deed::NextPane).unwrap_or(lab.tab);
        lab.top = 0;
    } else if deed == Deed::NextOf || deed == Deed::PreviousOf {
        turn_file(lab, deed == Deed::NextOf);
    } else if lab.tab == LabTab::Checks {
        let count = lab.texts.as_ref().map_or(0, |texts| texts.checks.len());
        if deed == Deed::PageUp || deed == Deed::PageDown {
            lab.top = scrolled(lab.top, lines, rows, deed);
        } else {
            lab.check = stepped(lab.check, count, deed);
            lab.top = 0;
        }
    } else {
        lab.top = scrolled(lab.top, lines, rows, deed);
    }
}

fn turn_file(lab: &mut Lab, forward: bool) {
    let count = lab.texts.as_ref().map_or(0, |texts| texts.contract.len());
    if count > 0 {
        let step = if forward { 1 } else { count - 1 };
        lab.file = (lab.file + step) % count;
        lab.top = 0;
    }
}

fn in_the_run(model: &mut Model, deed: Deed) {
    let (lines, rows) = view::text_size(model);
    let Some(run) = &mut model.run else {
        return;
    };
    if deed == Deed::NextPane || deed == Deed::PreviousPane {
        let panes = run.panes();
        if let Some(next) = neighbour(&panes, &run.pane, deed == Deed::NextPane) {
            run.show(next);
        }
        return;
    }
    if let Pane::Log(program) = &run.pane {
        let program = program.clone();
        in_the_log(run, &program, rows, deed);
    } else if deed == Deed::NextOf || deed == Deed::PreviousOf {
        turn_failure(run, deed == Deed::NextOf);
    } else if run.pane == Pane::Checks {
        let count = run.rows();
        run.selected = stepped(run.selected, count, deed);
        run.top = 0;
    } else {
        run.top = scrolled(run.top, lines, rows, deed);
    }
}

/// Goes to the next failure, round and round.
fn turn_failure(run: &mut Run, forward: bool) {
    let here = run.selected;
    let next = if forward {
        let behind = run.failures().find(|place| *place > here);
        behind.or_else(|| run.failures().next())
    } else {
        let before = run.failures().rev().find(|place| *place < here);
        before.or_else(|| run.failures().next_back())
    };
    if let Some(next) = next {
        run.selected = next;
        if run.pane != Pane::Checks {
            run.show(Pane::Check);
        }
        run.beside = Pane::Check;
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whoever calls has chosen the deeds that move"
)]
fn in_the_log(run: &mut Run, program: &str, rows: usize, deed: Deed) {
    let Some(log) = run.log(program) else {
        return;
    };
    if deed == Deed::NextOf || deed == Deed::PreviousOf {
        let found = run
            .view
            .search
            .as_ref()
            .and_then(|text| log.find(text, run.view.up, deed == Deed::NextOf));
        run.view.up = found.unwrap_or(run.view.up);
        return;
    }
    // A log is read from its end: up is further from it.
    let last = log.len().saturating_sub(rows.min(log.len()));
    let page = rows.saturating_sub(OVERLAP).max(1);
    let up = run.view.up;
    run.view.up = match deed {
        Deed::Up => up + 1,
        Deed::Down => up.saturating_sub(1),
        Deed::PageUp => up + page,
        Deed::PageDown => up.saturating_sub(page),
        Deed::First => last,
        Deed::Last => 0,
        _ => up,
    }
    .min(last.max(up));
}

/// The place before or behind, in a list that ends.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whoever calls has chosen the deeds that move"
)]
pub(super) fn stepped(place: usize, count: usize, deed: Deed) -> usize {
    let last = count.saturating_sub(1);
    match deed {
        Deed::Up => place.saturating_sub(1),
        Deed::Down => (place + 1).min(last),
        Deed::PageUp => place.saturating_sub(10),
        Deed::PageDown => (place + 10).min(last),
        Deed::First => 0,
        Deed::Last => last,
        _ => place.min(last),
    }
}

/// The first line shown of so many, in so many rows.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whoever calls has chosen the deeds that move"
)]
fn scrolled(top: usize, lines: usize, rows: usize, deed: Deed) -> usize {
    let last = lines.saturating_sub(rows);
    let page = rows.saturating_sub(OVERLAP).max(1);
    // Beyond the end means: at the end.
    let top = top.min(last);
    match deed {
        Deed::Up => top.saturating_sub(1),
        Deed::Down => top + 1,
        Deed::PageUp => top.saturating_sub(page),
        Deed::PageDown => top.saturating_add(page),
        Deed::First => 0,
        Deed::Last => last,
        _ => top,
    }
    .min(last)
}

/// What stands beside something in a round.
fn neighbour<T: Clone + PartialEq>(all: &[T], here: &T, forward: bool) -> Option<T> {
    let place = all.iter().position(|one| one == here)?;
    let step = if forward { 1 } else { all.len() - 1 };
    all.get((place + step) % all.len()).cloned()
}
