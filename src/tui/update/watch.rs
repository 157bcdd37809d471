//! A watch: begun, told, asked for a run, ended.

use super::super::{
    model::{Kept, Model, Run, Screen, Standing, Unkept, Watch},
    msg::{Cmd, Trouble, Watched},
};

/// Begins to watch the lab of this screen; leads to the watch that goes on; ends it where it is
/// looked at.
pub(super) fn turn(model: &mut Model) -> Vec<Cmd> {
    if model.watch.is_some() {
        if model.screen == Screen::Run {
            return super::run::stop(model);
        }
        model.go(Screen::Run);
        return Vec::new();
    }
    let Some(lab) = model.lab_here().map(str::to_owned) else {
        return Vec::new();
    };
    model.watch = Some(Watch::new(lab.clone()));
    model.run = Some(Run::new(lab.clone(), model.clock));
    model.go(Screen::Run);
    vec![Cmd::Watch(lab)]
}

/// Something came of the watch.
pub(super) fn told(model: &mut Model, told: Watched) -> Vec<Cmd> {
    let Some(watch) = &mut model.watch else {
        return Vec::new();
    };
    // Whoever asked it to end is told nothing else.
    let is_stopping = watch.standing == Standing::Stopping;
    let mut stands = |standing| {
        if !is_stopping {
            watch.standing = standing;
        }
    };
    match told {
        Watched::Warming(text) => stands(Standing::Warming(text)),
        Watched::Waits => stands(Standing::Waiting),
        Watched::Newer(saved) => stands(Standing::Renewing(saved)),
        Watched::Busy => stands(Standing::Busy),
        Watched::Gone => stands(Standing::Gone),
        Watched::Back => stands(Standing::Grading(Vec::new())),
        Watched::Begins(saved) => {
            watch.saves += u32::from(!saved.is_empty());
            stands(Standing::Grading(saved));
            begin(model);
            // What came up for the watch stays up.
            return super::map::services(model);
        }
        Watched::Aside(text) => model.tell(text),
        Watched::Over(over) => return ended(model, over),
    }
    Vec::new()
}

/// The next run; the one that was asked for with the watch itself has its place already.
fn begin(model: &mut Model) {
    let lab = model.watch.as_ref().map(|watch| &watch.lab);
    let (Some(lab), Some(run)) = (lab, &model.run) else {
        return;
    };
    let is_fresh = run.is_live() && run.events.is_empty();
    if !is_fresh {
        model.run = Some(if run.lab == *lab && run.replay.is_none() {
            run.again(model.clock)
        } else {
            Run::new(lab.clone(), model.clock)
        });
    }
}

fn ended(model: &mut Model, over: Result<(), Trouble>) -> Vec<Cmd> {
    model.watch = None;
    let mut cmds = Vec::new();
    if model.is_grading() {
        // It was ended before its run came to anything.
        let kept = over.clone().map(|()| Kept::none(Unkept::CutOff));
        cmds = super::run::graded(model, kept);
    }
    if model.is_leaving {
        return vec![Cmd::Quit];
    }
    match over {
        Ok(()) => model.tell("The watch is over."),
        Err(trouble) => model.trouble(trouble),
    }
    cmds
}
