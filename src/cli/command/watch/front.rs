//! What is told while a lab is watched: runs as `mastery grade` tells them, and a line between two.

use std::{
    collections::BTreeMap,
    io::{self, Stdout},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use indicatif::ProgressDrawTarget;
use mastery_kit::process::Supervisor;

use crate::{
    app::{
        AppError,
        grade::GradeRequest,
        supply::BackendChoice,
        watch::{
            self as app, Course, Front, Stop, Watched,
            machine::{End, Said},
        },
    },
    cli::{
        command::grade::{after, imported_told, troubles},
        error::CommandError,
        ui::{Lines as _, Ui},
    },
    curriculum::{Curriculum, Unit},
    grading::progress::{Conclusion, Progress},
    report::{
        Reporter as _,
        plain::Plain,
        words::{Glyph, Line, Tone, counted, tally},
    },
    workspace::{ErrorKind, Workspace},
};

/// Grades and tells.
pub(super) struct Teller<'a> {
    pub(super) ui: &'a Ui,
    pub(super) workspace: &'a Workspace,
    pub(super) curriculum: &'a Curriculum,
    pub(super) unit: &'a Unit,
    pub(super) supervisor: Supervisor,
    pub(super) backend: BackendChoice,
    pub(super) verbose: bool,
    /// The lab's folder, as the learner would call it.
    pub(super) shown: &'a str,
    pub(super) told: Mutex<Told>,
}

/// What is known from the runs before.
#[derive(Default)]
pub(super) struct Told {
    /// The report of the run that goes on.
    plain: Option<Plain<Stdout>>,
    /// The checks that did not pass.
    open: Vec<String>,
    /// How each check ended, in the last run that was not cut off.
    verdicts: Option<BTreeMap<String, char>>,
    /// It was said that somebody else is at work.
    busy: bool,
}

impl Told {
    pub(super) fn before(open: Vec<String>) -> Mutex<Self> {
        Mutex::new(Self {
            open,
            ..Self::default()
        })
    }
}

impl Teller<'_> {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, saved: &[PathBuf], stop: &Stop) -> Result<(), AppError> {
        let grading = app::begin(self.workspace, self.curriculum, self.supervisor.clone())?;
        self.ui.warn(&imported_told(&grading.imported));
        if !saved.is_empty() {
            self.line(Tone::Accent, &format!("saved {}", listed(saved)));
        }
        let mut plain = Plain::new(io::stdout(), self.ui.out).verbose(self.verbose);
        if self.ui.watched {
            plain = plain.watched(ProgressDrawTarget::stderr());
        }
        let open = {
            let mut told = self.told();
            told.busy = false;
            told.plain = Some(plain);
            told.open.clone()
        };
        let request = GradeRequest {
            backend: self.backend,
            ..GradeRequest::default()
        };
        let course = Course {
            first: &open,
            stop: Some(stop),
        };
        let watched = grading.watched(self.unit, &request, course, &mut |at, event| {
            // One that was told to end has nothing more to say.
            if let Some(plain) = &mut self.told().plain {
                // A reader that went away is no reason to end: ^C does.
                plain.on_event(at, event).ok();
            }
        });
        self.told().plain = None;
        self.over(watched?);
        Ok(())
    }

    /// What stands below a run.
    fn over(&self, watched: Watched) {
        if watched.progress.conclusion() == Conclusion::Interrupted {
            return;
        }
        let verdicts: BTreeMap<String, char> = app::verdicts(&watched.progress);
        let open = app::not_passed(&watched.progress);
        let before = {
            let mut told = self.told();
            told.open = open;
            told.verdicts.replace(verdicts.clone())
        };
        if let Some(before) = before {
            self.ui.say(&self.changed(&before, &verdicts));
        }
        let unchanged = matches!(watched.kept, Ok(None));
        let sum = sum(&watched.progress);
        if let Some(graded) = watched.into_graded() {
            self.ui.say(&after(self.ui, &graded));
            self.ui.warn(&troubles(&graded));
        } else if unchanged {
            self.line(
                Tone::Dim,
                &format!("not kept again: {sum}, as in the last attempt"),
            );
        }
    }

    /// Which checks ended otherwise than the last time.
    fn changed(&self, before: &BTreeMap<String, char>, now: &BTreeMap<String, char>) -> String {
        let mut text = String::new();
        for (check, letter) in now {
            let was = before.get(check);
            let Some(glyph) =
                Glyph::from_letter(*letter).filter(|_| was.is_some_and(|was| was != letter))
            else {
                continue;
            };
            let word = match letter {
                'p' => "passes now",
                'f' => "fails now",
                'u' => "is unsettled now",
                _ => "is skipped now",
            };
            let line = Line::new()
                .then(glyph.tone(), glyph.text(self.ui.out.ascii))
                .then(Tone::Plain, format!(" {check} {word}"));
            text.line(line.render(self.ui.out));
        }
        text
    }

    fn line(&self, tone: Tone, text: &str) {
        let text = self.ui.out.show(text);
        let line = Line::new().then(tone, text).render(self.ui.out);
        self.ui.say(&format!("{line}\n"));
    }

    fn busy(&self, error: &AppError) -> bool {
        let AppError::Workspace(inner) = error else {
            return false;
        };
        if !matches!(inner.kind(), ErrorKind::Busy { .. }) {
            return false;
        }
        if !std::mem::replace(&mut self.told().busy, true) {
            self.line(
                Tone::Odd,
                &format!("{inner} The lab is graded when that is over."),
            );
        }
        true
    }
}

impl Front for Teller<'_> {
    fn say(&self, said: &Said) {
        let (tone, text) = match said {
            Said::Waiting => (Tone::Dim, "Waiting for a save.".to_owned()),
            Said::Newer(saved) => (
                Tone::Accent,
                format!(
                    "saved {} during the run: it ends, and the newest is graded",
                    listed(saved)
                ),
            ),
            Said::Stopping => (Tone::Odd, "Stopping. ^C again kills at once.".to_owned()),
            Said::Gone => (
                Tone::Odd,
                format!(
                    "{} is not there any more. It is graded when it is back; ^C ends.",
                    self.shown
                ),
            ),
            Said::Back => (Tone::Accent, format!("{} is there again.", self.shown)),
            Said::Deaf => (
                Tone::Odd,
                "File events do not come from this folder, so it is looked at every 250 ms."
                    .to_owned(),
            ),
            Said::Own(path) => (
                Tone::Odd,
                format!(
                    "{} changes whenever your program runs, so it counts as a save only between runs. \
                     A line in .gitignore leaves it out for good.",
                    path.display()
                ),
            ),
        };
        // Whatever is said during a run ends its report, or stands above its live line.
        let mut told = self.told();
        match said {
            Said::Newer(_) | Said::Stopping | Said::Gone => told.plain = None,
            Said::Waiting | Said::Back | Said::Deaf | Said::Own(_) => {}
        }
        let line = Line::new().then(tone, self.ui.out.show(&text));
        match &mut told.plain {
            // The reader may have gone away.
            Some(plain) => drop(plain.aside(&line)),
            None => self.ui.say(&format!("{}\n", line.render(self.ui.out))),
        }
    }

    fn grade(&self, saved: &[PathBuf], stop: &Stop) -> End {
        match self.run(saved, stop) {
            Ok(()) => End::Over,
            Err(error) if self.busy(&error) => End::Busy,
            Err(error) => {
                CommandError::from(error).tell(self.ui);
                End::Over
            }
        }
    }
}

fn sum(progress: &Progress) -> String {
    progress
        .finished
        .map_or_else(String::new, |finished| tally(&finished.tally))
}

/// A few names, and how many more there are.
fn listed(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let name = |path: &PathBuf| Path::new(path).display().to_string();
    let names: Vec<String> = paths.iter().take(SHOWN).map(name).collect();
    let names = names.join(", ");
    match paths.len().saturating_sub(SHOWN) {
        0 => names,
        more => format!("{names} and {} more", counted(more as u64, "file")),
    }
}
