//! A run: asked for, told, stopped, looked at.

use std::time::Duration;

use super::super::{
    keys::{self, Deed},
    model::{Aim, Kept, LabTab, Model, Pane, Run, Screen, Standing},
    msg::{Cmd, Trouble},
};
use crate::{grading::event::GradeEvent, report::hint::Hint};

/// Grades the lab of this screen.
pub(super) fn grade(model: &mut Model) -> Vec<Cmd> {
    let Some(lab) = model.lab_here().map(str::to_owned) else {
        return Vec::new();
    };
    if model.watch.is_some() {
        model.go(Screen::Run);
        return vec![Cmd::Nudge];
    }
    model.run = Some(Run::new(lab.clone(), model.clock));
    model.go(Screen::Run);
    vec![Cmd::Grade(lab)]
}

/// Starts the programs of the lab of this screen, with what they need, and checks nothing.
pub(super) fn serve(model: &mut Model) -> Vec<Cmd> {
    let Some(lab) = model.lab_here().map(str::to_owned) else {
        return Vec::new();
    };
    model.run = Some(Run::served(lab.clone(), model.clock));
    model.go(Screen::Run);
    vec![Cmd::Serve(lab)]
}

/// An event of the run that is going on.
pub(super) fn event(model: &mut Model, at: Duration, event: GradeEvent) -> Vec<Cmd> {
    if let Some(run) = model.run.as_mut().filter(|run| run.is_live()) {
        if matches!(event, GradeEvent::RunStarted(_)) {
            run.began = model.clock.saturating_sub(at);
        }
        run.apply(at, event);
    }
    Vec::new()
}

/// The run is over.
pub(super) fn graded(model: &mut Model, kept: Result<Kept, Trouble>) -> Vec<Cmd> {
    let Some(run) = model.run.as_mut().filter(|run| run.is_live()) else {
        return Vec::new();
    };
    let lab = run.lab.clone();
    run.over = Some(kept.clone());
    if kept.is_err() {
        // Why there is no run stands there, also when the notice is gone.
        run.show(Pane::Report);
    }
    if model.is_leaving && model.watch.is_none() {
        return vec![Cmd::Quit];
    }
    match kept {
        Ok(kept) if kept.troubles.is_empty() => {}
        Ok(kept) => model.trouble(Trouble {
            text: kept.troubles.join(" "),
            hints: Vec::new(),
        }),
        Err(trouble) => model.trouble(trouble),
    }
    let mut cmds = vec![Cmd::ReadCourse];
    cmds.extend(super::map::services(model));
    if model.lab.as_ref().is_some_and(|open| open.id == lab) {
        cmds.push(Cmd::ReadLab(lab));
    }
    cmds
}

/// Asks the run, or the watch it belongs to, to end: once winds down, twice kills.
pub(super) fn stop(model: &mut Model) -> Vec<Cmd> {
    let run = model.run.as_mut().filter(|run| run.is_live());
    let is_running = run.is_some();
    if let Some(run) = run {
        run.stops += 1;
    }
    if let Some(watch) = &mut model.watch {
        watch.standing = Standing::Stopping;
        return vec![Cmd::StopWatch];
    }
    is_running.then_some(Cmd::Stop).into_iter().collect()
}

/// Shows the selected check in full.
pub(super) fn open_check(model: &mut Model) {
    if let Some(run) = model.run.as_mut().filter(|run| run.aim == Aim::Grade) {
        run.show(Pane::Check);
    }
}

/// Copies the line that shows the failure again, or the selected address.
pub(super) fn copy(model: &mut Model) -> Vec<Cmd> {
    let line = model.run.as_ref().and_then(Run::to_copy);
    let Some(line) = line else {
        return Vec::new();
    };
    model.tell(format!("Copied: {line}"));
    vec![Cmd::Copy(line)]
}

/// Asks for the next hint on the check that is looked at.
pub(super) fn hint(model: &mut Model) -> Vec<Cmd> {
    let check = keys::check_to_hint(model).map(str::to_owned);
    let lab = model.lab_here().map(str::to_owned);
    match (lab, check) {
        (Some(lab), Some(check)) => vec![Cmd::TakeHint { lab, check }],
        (_, _) => Vec::new(),
    }
}

/// A hint was taken.
pub(super) fn hinted(model: &mut Model, hint: Result<Box<Hint>, Trouble>) -> Vec<Cmd> {
    let hint = match hint {
        Ok(hint) => hint,
        Err(trouble) => {
            model.trouble(trouble);
            return Vec::new();
        }
    };
    if model.screen == Screen::Run
        && let Some(run) = &mut model.run
    {
        run.hint = Some(hint);
        run.show(Pane::Hint);
    }
    // What was taken stands on the lab's screen.
    let mut cmds = vec![Cmd::ReadCourse];
    if let Some(lab) = &mut model.lab {
        if model.screen == Screen::Lab && lab.tab == LabTab::Checks {
            lab.top = usize::MAX;
        }
        cmds.push(Cmd::ReadLab(lab.id.clone()));
    }
    cmds
}

/// How the run is looked at.
pub(super) fn look(model: &mut Model, deed: Deed) {
    let Some(run) = &mut model.run else {
        return;
    };
    if deed == Deed::Follow {
        run.view.up = 0;
    } else if deed == Deed::Wrap {
        run.view.wraps = !run.view.wraps;
    } else if deed == Deed::AtOnce {
        play(run, Duration::MAX);
    }
}

/// Time went on.
pub(super) fn tick(model: &mut Model) {
    let clock = model.clock;
    let Some(run) = &mut model.run else {
        return;
    };
    let since = clock.saturating_sub(run.began);
    if run.replay.is_some() {
        play(run, since);
    } else if run.is_live() && run.progress.run.is_some() {
        run.at = run.at.max(since);
    }
}

/// Plays a tape up to this time.
fn play(run: &mut Run, until: Duration) {
    let Some(mut replay) = run.replay.take() else {
        return;
    };
    let due = |at_ms: u64| Duration::from_millis(at_ms) <= until;
    while let Some(next) = replay.rest.pop_front_if(|next| due(next.at_ms)) {
        run.apply(Duration::from_millis(next.at_ms), next.event);
    }
    if replay.rest.is_empty() {
        return;
    }
    run.at = run.at.max(until);
    run.replay = Some(replay);
}
