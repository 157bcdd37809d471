//! Attempts: the diary, comparing two, playing a tape, bringing one back.

use super::super::{
    keys::Deed,
    model::{Diary, Model, Question, Run, Screen},
    msg::{Cmd, Trouble},
};
use crate::{
    grading::event::Stamped,
    report::{comparison::Comparison, history::History},
};

/// Opens the diary of the lab of this screen.
pub(super) fn open(model: &mut Model) -> Vec<Cmd> {
    let Some(lab) = model.lab_here().map(str::to_owned) else {
        return Vec::new();
    };
    if model.diary.as_ref().is_none_or(|diary| diary.lab != lab) {
        model.diary = Some(Diary::new(lab.clone()));
    }
    model.go(Screen::History);
    vec![Cmd::ReadHistory(lab)]
}

/// The diary was read.
pub(super) fn read(model: &mut Model, history: Result<Box<History>, Trouble>) -> Vec<Cmd> {
    match history {
        Ok(history) => {
            let diary = model.diary.as_mut();
            if let Some(diary) = diary.filter(|diary| diary.lab == history.lab) {
                diary.history = Some(history);
                let last = diary.rows().len().saturating_sub(1);
                diary.selected = diary.selected.min(last);
            }
        }
        Err(trouble) => model.trouble(trouble),
    }
    Vec::new()
}

/// Compares the selected attempt with the marked one, or with the one before.
pub(super) fn compare(model: &Model) -> Vec<Cmd> {
    let diary = model.diary.as_ref();
    let pair = diary.and_then(|diary| Some((diary.lab.clone(), diary.pair()?)));
    let cmd = pair.map(|(lab, (from, to))| Cmd::Compare {
        lab,
        from,
        to: Some(to),
    });
    cmd.into_iter().collect()
}

/// Two attempts were compared.
pub(super) fn compared(
    model: &mut Model,
    comparison: Result<Box<Comparison>, Trouble>,
) -> Vec<Cmd> {
    match comparison {
        Ok(comparison) => {
            model.comparison = Some(*comparison);
            model.go(Screen::Comparison);
        }
        Err(trouble) => model.trouble(trouble),
    }
    Vec::new()
}

/// What is done with the selected attempt.
pub(super) fn act(model: &mut Model, deed: Deed) -> Vec<Cmd> {
    let Some(diary) = &mut model.diary else {
        return Vec::new();
    };
    let Some(attempt) = diary.here().map(|row| row.attempt) else {
        return Vec::new();
    };
    let lab = diary.lab.clone();
    if deed == Deed::Mark {
        diary.marked = (diary.marked != Some(attempt)).then_some(attempt);
        Vec::new()
    } else if deed == Deed::WithFolder {
        vec![Cmd::Compare {
            lab,
            from: attempt,
            to: None,
        }]
    } else if deed == Deed::Replay {
        vec![Cmd::ReadTape { lab, attempt }]
    } else {
        model.question = Some(Question::Restore { lab, attempt });
        Vec::new()
    }
}

/// A tape was read: it is played on the run's screen.
pub(super) fn tape(
    model: &mut Model,
    lab: String,
    attempt: u32,
    tape: Result<Vec<Stamped>, Trouble>,
) -> Vec<Cmd> {
    match tape {
        // A run that began meanwhile is not put away.
        Ok(_) if model.is_busy() => {}
        Ok(tape) => {
            model.run = Some(Run::of_tape(lab, attempt, tape, model.clock));
            model.go(Screen::Run);
        }
        Err(trouble) => model.trouble(trouble),
    }
    Vec::new()
}

/// An attempt was brought back.
pub(super) fn restored(
    model: &mut Model,
    lab: String,
    told: Result<Vec<String>, Trouble>,
) -> Vec<Cmd> {
    model.ended(told, vec![Cmd::ReadHistory(lab), Cmd::ReadCourse])
}
