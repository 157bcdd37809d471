//! What is carried out: each on a thread of its own, so that the screen never waits.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    thread,
};

use mastery_kit::process::Supervisor;
use tokio::sync::mpsc::{Receiver, Sender};

use super::{Opening, jobs, read, update};
use crate::{
    app::{AppError, compare, scope::place, supply::BackendChoice},
    curriculum::{Curriculum, Unit},
    grading::dispatcher::Stop,
    tui::{
        editor::{self, Editor},
        model::Model,
        msg::{Cmd, Msg, Trouble},
    },
    workspace::{SUBMISSION, Submission, Workspace},
};

/// What every job may use.
pub(super) struct Inside {
    pub(super) workspace: Workspace,
    pub(super) curriculum: Curriculum,
    pub(super) supervisor: Supervisor,
    pub(super) backend: BackendChoice,
}

impl From<Opening> for Inside {
    fn from(opening: Opening) -> Self {
        Self {
            workspace: opening.workspace,
            curriculum: opening.curriculum,
            supervisor: opening.supervisor,
            backend: opening.backend,
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
    inside: Arc<Inside>,
    out: Sender<Msg>,
    /// Ends the run that is going on.
    stop: Arc<Stop>,
}

impl Crew {
    pub(super) fn new(inside: Inside, out: Sender<Msg>) -> Self {
        Self {
            inside: Arc::new(inside),
            out,
            stop: Arc::new(Stop::default()),
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
            Cmd::Stop => self.stop.raise(),
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
            // These need the terminal, and are done where it is held.
            Cmd::Edit { .. } | Cmd::Copy(_) | Cmd::Quit => {}
        }
    }

    /// Does something on a thread of its own. A panic of ours is told like any trouble.
    fn work(
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

    /// Which editor opens a file of a lab, and the lab's folder.
    pub(super) fn editor(
        &self,
        lab: &str,
        file: Option<&str>,
    ) -> Result<(Editor, PathBuf), Trouble> {
        let unit = self.inside.unit(lab)?;
        let workspace = &self.inside.workspace;
        let folder = workspace.folder(&place(unit));
        if !folder.is_dir() {
            return Err(Trouble {
                text: format!("The folder of `{lab}` is not there."),
                hints: vec![format!("`mastery start {lab}` lays it out.")],
            });
        }
        let file = match file {
            Some(file) if folder.join(file).is_file() => file.to_owned(),
            Some(_) | None => main_file(workspace, unit).unwrap_or_else(|| SUBMISSION.to_owned()),
        };
        let setting = ["VISUAL", "EDITOR"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|setting| !setting.trim().is_empty());
        let editor =
            setting.and_then(|setting| editor::editor(&setting, &folder, &folder.join(file)));
        match editor {
            Some(editor) => Ok((editor, folder)),
            None => Err(Trouble {
                text: "No editor is known: neither $VISUAL nor $EDITOR names one.".to_owned(),
                hints: vec!["`export EDITOR=vim`, or hx, nano, code, zed, …".to_owned()],
            }),
        }
    }

    /// Starts an editor and waits for it; one with a window of its own is not waited for by anybody.
    pub(super) fn edit(&self, editor: Editor, folder: PathBuf) {
        self.work(|failed| Msg::Edited(Err(failed)), move |_, _| {
            let (program, args) = editor.argv.split_first().expect("an editor has a name");
            let trouble = |why: String| Trouble {
                text: format!("The editor `{program}` {why}."),
                hints: vec!["`$VISUAL` or `$EDITOR` says which one is used.".to_owned()],
            };
            #[expect(
                clippy::disallowed_methods,
                reason = "an editor has the terminal as we have it, so it stays in our process group"
            )]
            let mut command = std::process::Command::new(program);
            command.args(args).current_dir(folder);
            if !editor.in_terminal {
                command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            }
            match command.status() {
                Ok(status) if status.success() => Ok(Msg::Edited(Ok(()))),
                Ok(status) => Err(trouble(format!("ended with {status}"))),
                Err(error) => Err(trouble(format!("could not be started: {error}"))),
            }
        });
    }

    /// Ends a run that is still going on when the tutor is left, and waits until its attempt is kept.
    pub(super) fn wind_down(&self, model: &mut Model, inbox: &mut Receiver<Msg>) {
        if model.is_grading() && !model.is_leaving {
            self.stop.raise();
        }
        while model.is_grading() {
            match inbox.blocking_recv() {
                Some(msg @ Msg::Graded(_)) => drop(update(model, msg)),
                Some(_) => {}
                None => return,
            }
        }
    }
}

/// A panic, as trouble.
fn broken(panic: &(dyn Any + Send)) -> Trouble {
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

/// The file that the lab's program is started from.
fn main_file(workspace: &Workspace, unit: &Unit) -> Option<String> {
    let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
    let place = place(unit);
    let submission = Submission::read(workspace, &place, unit.id.as_str(), &options).ok()?;
    let folder = workspace.folder(&place);
    let words = submission
        .programs
        .iter()
        .flat_map(|program| &program.command);
    let is_source = |word: &&String| {
        let path = folder.join(word);
        path.is_file() && path.extension().is_some()
    };
    words.into_iter().find(is_source).cloned()
}
