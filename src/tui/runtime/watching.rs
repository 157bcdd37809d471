//! A watch, carried out by the machine of `app::watch`; keys take the place of signals and of Enter.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::sync::mpsc::{Receiver, Sender, error::TrySendError};

use super::{
    following::Following,
    jobs::{Tell, forwarding, kept},
    work::{Inside, broken},
};
use crate::{
    app::{
        AppError,
        grade::GradeRequest,
        scope::place,
        supply::Supply,
        warm::{self, Came, Means},
        watch::{
            self as app, Course, EndedBy, Front, Manner, Stop, Watched as Ran,
            machine::{End, Happening, Mode, Said},
        },
    },
    curriculum::Unit,
    grading::progress::Conclusion,
    tui::{
        model::{Kept, Unkept},
        msg::{Msg, Trouble, Watched},
    },
    workspace::ErrorKind,
};

/// How a watch is asked for a run, and ended.
#[derive(Clone)]
pub(super) struct Handle {
    tell: Sender<Happening>,
    /// Ends what comes before the watch: services that are brought up.
    stop: Arc<Stop>,
}

impl Handle {
    /// A watch that is to be begun, and where it hears what happens.
    pub(super) fn new() -> (Self, Receiver<Happening>) {
        let (tell, told) = app::channel();
        let stop = Arc::new(Stop::default());
        (Self { tell, stop }, told)
    }

    pub(super) fn nudge(&self) {
        self.send(Happening::Asked);
    }

    pub(super) fn end(&self) {
        self.stop.raise();
        self.send(Happening::Interrupted);
    }

    /// The screen must not wait: where there is no room, a thread does.
    fn send(&self, happening: Happening) {
        if let Err(TrySendError::Full(happening)) = self.tell.try_send(happening) {
            let tell = self.tell.clone();
            thread::spawn(move || drop(tell.blocking_send(happening)));
        }
    }
}

/// Watches a lab until it is ended.
pub(super) fn watch(
    inside: &Inside,
    lab: &str,
    (handle, told): (Handle, Receiver<Happening>),
    out: &Sender<Msg>,
) -> Result<(), Trouble> {
    let unit = inside.unit(lab)?;
    forwarding(out, |tell| {
        if !warmed(inside, unit, &handle.stop, &tell) {
            return Ok(());
        }
        let teller = Teller {
            inside,
            unit,
            open: Mutex::new(app::open_checks(&inside.workspace, unit)?),
            is_busy: AtomicBool::new(false),
            tell,
        };
        let manner = Manner {
            mode: Mode::Events,
            ended_by: EndedBy::Caller,
        };
        let channel = (handle.tell, told);
        app::watch(&inside.workspace, &place(unit), manner, channel, &teller)?;
        Ok(())
    })
}

/// Brings up what the lab needs and is not up; false when that was stopped. What cannot be had is
/// told, here and by each run.
fn warmed(inside: &Inside, unit: &Unit, stop: &Stop, tell: &Tell) -> bool {
    let up = warm::joinable(&inside.workspace);
    let is_up = |kind| up.iter().any(|one| one.kind == kind);
    if unit.services.iter().all(|kind| is_up(*kind)) {
        return !stop.is_raised();
    }
    let supply = Supply::here(inside.backend, inside.supervisor.clone());
    let means = Means {
        supply: &supply,
        exe: &inside.exe,
        stop: Some(stop),
    };
    let came = warm::up(&inside.workspace, &unit.services, means, &mut |step| {
        tell.say(Msg::Watch(Watched::Warming(step.told())));
    });
    match came {
        Ok(Came::Up(_)) => {}
        Ok(Came::Interrupted) => return false,
        Err(error) => tell.say(Msg::Failed(error.into())),
    }
    !stop.is_raised()
}

struct Teller<'a> {
    inside: &'a Inside,
    unit: &'a Unit,
    /// The checks that did not pass.
    open: Mutex<Vec<String>>,
    /// It was told that somebody else is at work.
    is_busy: AtomicBool,
    tell: Tell,
}

impl Teller<'_> {
    fn open(&self) -> MutexGuard<'_, Vec<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, told: Watched) {
        self.tell.say(Msg::Watch(told));
    }

    /// None: somebody else is at work in the workspace.
    fn run(&self, saved: &[PathBuf], stop: &Stop) -> Option<Result<Kept, Trouble>> {
        let inside = self.inside;
        let begun = app::begin(
            &inside.workspace,
            &inside.curriculum,
            inside.supervisor.clone(),
        );
        if begun.as_ref().is_err_and(is_busy) {
            if !self.is_busy.swap(true, Ordering::Relaxed) {
                self.told(Watched::Busy);
            }
            return None;
        }
        self.is_busy.store(false, Ordering::Relaxed);
        self.told(Watched::Begins(names(saved)));
        let ran = begun.and_then(|grading| {
            let request = GradeRequest {
                backend: inside.backend,
                ..GradeRequest::default()
            };
            let open = self.open().clone();
            let course = Course {
                first: &open,
                stop: Some(stop),
            };
            let mut tell = Following::new(&inside.workspace, self.tell.clone());
            grading.watched(self.unit, &request, course, &mut |at, event| {
                tell.event(at, event);
            })
        });
        Some(ran.map(|ran| self.over(ran)).map_err(Trouble::from))
    }

    fn over(&self, ran: Ran) -> Kept {
        if ran.progress.conclusion() == Conclusion::Interrupted {
            return Kept::none(Unkept::CutOff);
        }
        *self.open() = app::not_passed(&ran.progress);
        ran.into_graded()
            .map_or_else(|| Kept::none(Unkept::Same), kept)
    }
}

impl Front for Teller<'_> {
    fn say(&self, said: &Said) {
        self.told(match said {
            Said::Waiting => Watched::Waits,
            Said::Newer(saved) => Watched::Newer(names(saved)),
            // Whoever asked for it has said so.
            Said::Stopping => return,
            Said::Gone => Watched::Gone,
            Said::Back => Watched::Back,
            Said::Deaf => Watched::Aside(
                "File events do not come from this folder, so it is looked at every 250 ms."
                    .to_owned(),
            ),
            Said::Own(path) => Watched::Aside(format!(
                "{} changes whenever your program runs, so it counts as a save only between runs. \
                 A line in .gitignore leaves it out for good.",
                path.display()
            )),
        });
    }

    fn grade(&self, saved: &[PathBuf], stop: &Stop) -> End {
        // Without an end of this run the watch would wait for it for ever.
        let ran = catch_unwind(AssertUnwindSafe(|| self.run(saved, stop)))
            .unwrap_or_else(|panic| Some(Err(broken(panic.as_ref()))));
        match ran {
            Some(ran) => {
                self.tell.say(Msg::Graded(ran));
                End::Over
            }
            None => End::Busy,
        }
    }
}

fn is_busy(error: &AppError) -> bool {
    let AppError::Workspace(inner) = error else {
        return false;
    };
    matches!(inner.kind(), ErrorKind::Busy { .. })
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    let names = paths.iter().map(|path| path.display().to_string());
    names.collect()
}
