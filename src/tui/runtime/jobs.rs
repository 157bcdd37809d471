//! The jobs that do more than read.

use std::{
    sync::mpsc::{SyncSender, sync_channel},
    thread,
    time::Duration,
};

use tokio::sync::mpsc::Sender;

use super::{following::Following, work::Inside};
use crate::{
    app::{
        grade::{Course, GradeRequest, Graded, Grading},
        hint, restore, run,
        start::{self, Starter},
        toolchain,
    },
    grading::{dispatcher::Stop, event::GradeEvent},
    report::{hint::Hint, words::counted},
    tui::{
        model::{Kept, Unkept},
        msg::{Msg, Trouble},
    },
};

/// Events that may wait on their way out of a run.
const WAITING: usize = 64;

pub(super) fn started(inside: &Inside, lab: &str) -> Result<Vec<String>, Trouble> {
    let unit = inside.unit(lab)?;
    let wanted = &inside.workspace.settings.language;
    let starter = Starter::parse(wanted).map_err(|text| Trouble {
        text,
        hints: vec!["`language` in mastery.toml says which one is used.".to_owned()],
    })?;
    let laid = start::start(&inside.workspace, &inside.curriculum, unit, starter)?;
    start::remember(&inside.workspace, unit);
    let made = counted(laid.report.created.len() as u64, "file");
    let mut told = vec![format!("{made} in {} ({})", laid.place, starter.as_str())];
    if let Starter::Language(language) = starter {
        let lack = toolchain::lack(language, &inside.supervisor, &inside.workspace.root)?;
        told.extend(lack);
    }
    Ok(told)
}

pub(super) fn graded(
    inside: &Inside,
    lab: &str,
    stop: &Stop,
    out: &Sender<Msg>,
) -> Result<Kept, Trouble> {
    let unit = inside.unit(lab)?;
    let grading = Grading::begin(
        &inside.workspace,
        &inside.curriculum,
        inside.supervisor.clone(),
    )?;
    let request = GradeRequest {
        backend: inside.backend,
        ..GradeRequest::default()
    };
    let course = Course {
        stop: Some(stop),
        ..Course::default()
    };
    let graded = forwarding(out, |tell| {
        let mut tell = Following::new(&inside.workspace, tell);
        grading.unit_on(unit, &request, course, &mut |at, event| {
            tell.event(at, event);
        })
    })?;
    Ok(kept(graded))
}

/// Services and programs, up until `stop` is raised.
pub(super) fn served(
    inside: &Inside,
    lab: &str,
    stop: &Stop,
    out: &Sender<Msg>,
) -> Result<Kept, Trouble> {
    let unit = inside.unit(lab)?;
    let grading = run::begin(
        &inside.workspace,
        &inside.curriculum,
        inside.supervisor.clone(),
    )?;
    forwarding(out, |tell| {
        let mut tell = Following::new(&inside.workspace, tell);
        grading.serve(unit, inside.backend, Some(stop), &mut |at, event| {
            tell.event(at, event);
        })
    })?;
    Ok(Kept::none(Unkept::Served))
}

/// Where a run tells what it does.
#[derive(Clone)]
pub(super) struct Tell(SyncSender<Msg>);

impl Tell {
    pub(super) fn say(&self, msg: Msg) {
        if self.0.send(msg).is_err() {
            // The other end lives as long as whoever tells.
        }
    }

    pub(super) fn event(&self, at: Duration, event: &GradeEvent) {
        let event = Box::new(event.clone());
        self.say(Msg::Grade { at, event });
    }
}

/// A run tells its events from within a runtime of its own, where a channel of tokio must not be
/// waited for; so they go through one that may.
pub(super) fn forwarding<T>(out: &Sender<Msg>, job: impl FnOnce(Tell) -> T) -> T {
    let (sender, told) = sync_channel(WAITING);
    thread::scope(move |scope| {
        scope.spawn(move || {
            for msg in told {
                if out.blocking_send(msg).is_err() {
                    // The tutor was left; what is told now is for nobody, and is taken anyway.
                }
            }
        });
        job(Tell(sender))
    })
}

/// What became of the attempt.
pub(super) fn kept(graded: Graded) -> Kept {
    let mut troubles: Vec<String> = graded.tape_trouble.into_iter().collect();
    match graded.kept {
        Ok(kept) => Kept {
            attempt: Some(kept.position),
            unkept: None,
            was: kept.before.map(|before| before.tally()),
            passes: kept.passed,
            troubles,
        },
        Err(error) => {
            troubles.push(format!(
                "The attempt could not be kept as a commit: {error} The verdict stands; the next run tries again."
            ));
            Kept {
                attempt: None,
                unkept: None,
                was: None,
                passes: false,
                troubles,
            }
        }
    }
}

pub(super) fn hinted(inside: &Inside, lab: &str, check: &str) -> Result<Hint, Trouble> {
    let request = hint::HintRequest {
        check: Some(check),
        again: false,
        lab_words: &format!(" --lab {lab}"),
    };
    let unit = inside.unit(lab)?;
    Ok(hint::hint(
        &inside.workspace,
        &inside.curriculum,
        unit,
        &request,
    )?)
}

pub(super) fn restored(inside: &Inside, lab: &str, attempt: u32) -> Result<Vec<String>, Trouble> {
    let unit = inside.unit(lab)?;
    let outcome = restore::restore(&inside.workspace, unit, attempt, &inside.supervisor)?;
    let before = outcome.before;
    if before == restore::Before::Same {
        return Ok(vec![format!(
            "{} is as in attempt {attempt} already; nothing was changed.",
            outcome.place
        )]);
    }
    let written = counted(outcome.done.written as u64, "file");
    let removed = counted(outcome.done.removed as u64, "file");
    let mut told = vec![format!(
        "{} is as in attempt {attempt} again: {written} written, {removed} removed.",
        outcome.place
    )];
    match before {
        restore::Before::Saved(saved) => {
            told.push(format!("What was there is kept as attempt {saved}."));
        }
        restore::Before::Is(same) => told.push(format!("What was there is attempt {same}.")),
        restore::Before::Nothing | restore::Before::Same => {}
    }
    Ok(told)
}
