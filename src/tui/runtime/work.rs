//! What is carried out: each on a thread of its own, so that the screen never waits.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::Arc,
    thread,
};

use mastery_kit::process::Supervisor;
use tokio::sync::mpsc::{Receiver, Sender};

use super::{
    Opening, jobs, read, update,
    watching::{self, Handle},
};
use crate::{
    app::{AppError, compare, supply::BackendChoice},
    curriculum::{Curriculum, Unit},
    grading::dispatcher::Stop,
    tui::{
        model::Model,
        msg::{Cmd, Msg, Trouble, Watched},
    },
    workspace::Workspace,
};

/// What every job may use.
pub(super) struct Inside {
    pub(super) workspace: Workspace,
    pub(super) curriculum: Curriculum,
    pub(super) supervisor: Supervisor,
    pub(super) backend: BackendChoice,
    /// This program, as something that can be started again.
    pub(super) exe: PathBuf,
}

impl From<Opening> for Inside {
    fn from(opening: Opening) -> Self {
        Self {
            workspace: opening.workspace,
            curriculum: opening.curriculum,
            supervisor: opening.supervisor,
            backend: opening.backend,
            exe: opening.exe,
        }
    }
}

impl Inside {
    pub(super) fn unit(&self, lab: &str) -> Result<&Unit, Trouble> {
        self.curriculum.unit(lab).ok_or_else(|| Trouble {
            text: format!("There is no lab `{lab}` in this course."),
            hints: Vec::new(),
        })
    }
}

impl From<AppError> for Trouble {
    fn from(error: AppError) -> Self {
        Self {
            text: error.to_string(),
            hints: error.hints(),
        }
    }
}

/// Whoever does the work.
pub(super) struct Crew {
    pub(super) inside: Arc<Inside>,
    out: Sender<Msg>,
    /// Ends the run that is going on.
    stop: Arc<Stop>,
    /// The watch that is going on, or the last one.
    watch: Option<Handle>,
}

impl Crew {
    pub(super) fn new(inside: Inside, out: Sender<Msg>) -> Self {
        Self {
            inside: Arc::new(inside),
            out,
            stop: Arc::new(Stop::default()),
            watch: None,
        }
    }

    /// Begins what was asked for; what comes of it is a message.
    #[expect(
        clippy::too_many_lines,
        reason = "an arm for each command, and each is a thread"
    )]
    pub(super) fn begin(&mut self, cmd: Cmd) {
        match cmd {
            Cmd::ReadCourse => self.work(
                |failed| Msg::Course(Err(failed)),
                |inside, _| Ok(Msg::Course(Ok(Box::new(read::course(inside)?)))),
            ),
            Cmd::ReadLab(lab) => self.work(Msg::Failed, move |inside, _| {
                let texts = Box::new(read::lab(inside, inside.unit(&lab)?));
                Ok(Msg::Lab { lab, texts })
            }),
            Cmd::ReadServices => self.work(Msg::Failed, |inside, _| {
                Ok(Msg::Services(read::services(inside)))
            }),
            Cmd::Start(lab) => {
                let named = lab.clone();
                self.work(
                    move |failed| Msg::Started {
                        lab: named,
                        told: Err(failed),
                    },
                    move |inside, _| {
                        let told = Ok(jobs::started(inside, &lab)?);
                        Ok(Msg::Started { lab, told })
                    },
                );
            }
            Cmd::Grade(lab) => {
                self.stop = Arc::new(Stop::default());
                let stop = Arc::clone(&self.stop);
                self.work(
                    |failed| Msg::Graded(Err(failed)),
                    move |inside, out| Ok(Msg::Graded(Ok(jobs::graded(inside, &lab, &stop, out)?))),
                );
            }
            Cmd::Serve(lab) => {
                self.stop = Arc::new(Stop::default());
                let stop = Arc::clone(&self.stop);
                self.work(
                    |failed| Msg::Graded(Err(failed)),
                    move |inside, out| Ok(Msg::Graded(Ok(jobs::served(inside, &lab, &stop, out)?))),
                );
            }
            Cmd::Stop => self.stop.raise(),
            Cmd::Watch(lab) => {
                let (handle, told) = Handle::new();
                self.watch = Some(handle.clone());
                self.work(
                    |failed| Msg::Watch(Watched::Over(Err(failed))),
                    move |inside, out| {
                        watching::watch(inside, &lab, (handle, told), out)?;
                        Ok(Msg::Watch(Watched::Over(Ok(()))))
                    },
                );
            }
            Cmd::Nudge => {
                if let Some(watch) = &self.watch {
                    watch.nudge();
                }
            }
            Cmd::StopWatch => {
                if let Some(watch) = &self.watch {
                    watch.end();
                }
            }
            Cmd::TakeHint { lab, check } => {
                self.work(
                    |failed| Msg::Hint(Err(failed)),
                    move |inside, _| {
                        Ok(Msg::Hint(Ok(Box::new(jobs::hinted(inside, &lab, &check)?))))
                    },
                );
            }
            Cmd::ReadHistory(lab) => {
                self.work(
                    |failed| Msg::History(Err(failed)),
                    move |inside, _| Ok(Msg::History(Ok(Box::new(read::history(inside, &lab)?)))),
                );
            }
            Cmd::Compare { lab, from, to } => {
                self.work(
                    |failed| Msg::Comparison(Err(failed)),
                    move |inside, _| {
                        let between = compare::Between { from, to };
                        let unit = inside.unit(&lab)?;
                        let compared = compare::compare(&inside.workspace, unit, between)?;
                        Ok(Msg::Comparison(Ok(Box::new(compared))))
                    },
                );
            }
            Cmd::ReadTape { lab, attempt } => {
                let named = lab.clone();
                let failed = move |failed| Msg::Tape {
                    lab: named,
                    attempt,
                    tape: Err(failed),
                };
                self.work(failed, move |inside, _| {
                    let tape = Ok(read::tape(inside, &lab, attempt)?);
                    Ok(Msg::Tape { lab, attempt, tape })
                });
            }
            Cmd::Restore { lab, attempt } => {
                let named = lab.clone();
                self.work(
                    move |failed| Msg::Restored {
                        lab: named,
                        told: Err(failed),
                    },
                    move |inside, _| {
                        let told = Ok(jobs::restored(inside, &lab, attempt)?);
                        Ok(Msg::Restored { lab, told })
                    },
                );
            }
            Cmd::OpenLink(address) => self.open_link(address),
            // These need the terminal, and are done where it is held.
            Cmd::Edit { .. } | Cmd::Copy(_) | Cmd::Quit => {}
        }
    }

    /// Does something on a thread of its own. A panic of ours is told like any trouble.
    pub(super) fn work(
        &self,
        failed: impl FnOnce(Trouble) -> Msg + Clone + Send + 'static,
        job: impl FnOnce(&Inside, &Sender<Msg>) -> Result<Msg, Trouble> + Send + 'static,
    ) {
        let (inside, out) = (Arc::clone(&self.inside), self.out.clone());
        let not_begun = failed.clone();
        let thread = thread::Builder::new().name("job of the tutor".to_owned());
        let begun = thread.spawn(move || {
            let done = catch_unwind(AssertUnwindSafe(|| job(&inside, &out)));
            let msg = match done {
                Ok(Ok(msg)) => msg,
                Ok(Err(trouble)) => failed(trouble),
                Err(panic) => failed(broken(panic.as_ref())),
            };
            if out.blocking_send(msg).is_err() {
                // The tutor was left meanwhile.
            }
        });
        if let Err(error) = begun {
            let trouble = Trouble {
                text: format!("This machine gives no thread to work on: {error}."),
                hints: Vec::new(),
            };
            if self.out.try_send(not_begun(trouble)).is_err() {
                // There is more to tell than can be told.
            }
        }
    }

    /// Ends a run or a watch that is still going on when the tutor is left, and waits until its
    /// attempt is kept.
    pub(super) fn wind_down(&self, model: &mut Model, inbox: &mut Receiver<Msg>) {
        if model.is_busy() && !model.is_leaving {
            match &self.watch {
                Some(watch) if model.watch.is_some() => watch.end(),
                Some(_) | None => self.stop.raise(),
            }
        }
        while model.is_busy() {
            match inbox.blocking_recv() {
                Some(msg @ (Msg::Graded(_) | Msg::Watch(_))) => drop(update(model, msg)),
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// A panic, as trouble.
pub(super) fn broken(panic: &(dyn Any + Send)) -> Trouble {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
    Trouble {
        text: format!(
            "Bug in mastery: {}",
            words.unwrap_or_else(|| "a panic without words".to_owned())
        ),
        hints: vec!["`mastery report-problem` collects what is needed to mend it.".to_owned()],
    }
}
