//! When a key does something: one that would do nothing is not shown.

use crate::{
    report::overview::UnitStatus,
    tui::model::{LabTab, Model, Pane, Run, Screen, Standing},
};

pub(super) fn always(_: &Model) -> bool {
    true
}

pub(super) fn has_unit(model: &Model) -> bool {
    model.course.unit_at(model.selected).is_some()
}

pub(super) fn can_open_check(model: &Model) -> bool {
    let run = model.run.as_ref();
    run.is_some_and(|run| run.pane != Pane::Check && run.state_here().is_some())
}

pub(super) fn has_failure(model: &Model) -> bool {
    model
        .run
        .as_ref()
        .is_some_and(|run| run.failures().next().is_some())
}

pub(super) fn can_copy(model: &Model) -> bool {
    let run = model.run.as_ref();
    run.is_some_and(|run| run.to_copy().is_some())
}

pub(super) fn has_files(model: &Model) -> bool {
    let lab = model.lab.as_ref();
    let lab = lab.filter(|lab| lab.tab == LabTab::Contract);
    let texts = lab.and_then(|lab| lab.texts.as_ref());
    texts.is_some_and(|texts| texts.contract.len() > 1)
}

pub(super) fn has_links(model: &Model) -> bool {
    let lab = model.lab.as_ref();
    lab.is_some_and(|lab| !lab.links().is_empty())
}

pub(super) fn has_search(model: &Model) -> bool {
    let run = model.run.as_ref();
    run.is_some_and(|run| run.view.search.is_some())
}

pub(super) fn is_scrolled(model: &Model) -> bool {
    model.run.as_ref().is_some_and(|run| run.view.up > 0)
}

pub(super) fn is_replaying(model: &Model) -> bool {
    model.run.as_ref().is_some_and(|run| run.replay.is_some())
}

pub(super) fn can_start(model: &Model) -> bool {
    let unit = model.lab_here().and_then(|lab| model.course.unit(lab));
    unit.is_some_and(|unit| unit.status == UnitStatus::NotStarted)
}

pub(super) fn can_edit(model: &Model) -> bool {
    model
        .lab_here()
        .is_some_and(|lab| model.course.is_started(lab))
}

pub(super) fn can_grade(model: &Model) -> bool {
    match &model.watch {
        Some(watch) => watch.standing == Standing::Waiting && model.lab_here() == Some(&watch.lab),
        None => can_begin(model),
    }
}

/// Nothing else of ours goes on, and the lab is there.
pub(super) fn can_begin(model: &Model) -> bool {
    can_edit(model) && !model.is_busy()
}

pub(super) fn is_watching(model: &Model) -> bool {
    model.watch.is_some()
}

/// The check that a hint would be about.
pub(crate) fn check_to_hint(model: &Model) -> Option<&str> {
    match model.screen {
        Screen::Lab => {
            let check = model.lab.as_ref()?.check_here()?;
            (check.hints > 0).then_some(check.id.as_str())
        }
        Screen::Run => {
            let (check, _) = model.run.as_ref()?.failure_here()?;
            (check.hints > 0).then_some(check.id.as_str())
        }
        Screen::Map | Screen::History | Screen::Comparison | Screen::Progress | Screen::Help => {
            None
        }
    }
}

pub(super) fn can_hint(model: &Model) -> bool {
    check_to_hint(model).is_some()
}

/// There is something to look back on. The record is read behind a run's back: what the run kept
/// counts at once, or a quick key would be lost.
pub(super) fn has_attempts(model: &Model) -> bool {
    let Some(lab) = model.lab_here() else {
        return false;
    };
    let run = model.run.as_ref().filter(|run| run.lab == lab);
    let unit = model.course.unit(lab);
    unit.is_some_and(|unit| unit.attempts > 0) || run.is_some_and(Run::is_kept)
}

pub(super) fn has_attempt(model: &Model) -> bool {
    model
        .diary
        .as_ref()
        .is_some_and(|diary| diary.here().is_some())
}

pub(super) fn has_pair(model: &Model) -> bool {
    model
        .diary
        .as_ref()
        .is_some_and(|diary| diary.pair().is_some())
}

pub(super) fn has_attempt_and_folder(model: &Model) -> bool {
    has_attempt(model) && can_edit(model)
}

pub(super) fn has_tape(model: &Model) -> bool {
    let here = model.diary.as_ref().and_then(|diary| diary.here());
    here.is_some_and(|row| row.kind != "saved") && !model.is_busy()
}

pub(super) fn can_restore(model: &Model) -> bool {
    has_attempt(model) && !model.is_grading()
}
