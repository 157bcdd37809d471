//! `mastery watch`: save → verdict.
//!
//! [`machine`] decides when; here the folder is looked at, and each run is carried out on a thread of
//! its own, so that a save during it is seen. A run of code that was saved over is wound down rather
//! than let finish: newest wins, and its verdicts would be about a program that is no more.
//! Such a run is not kept. The others are kept when they tell something new ([`Grading::watched`]).
//! The workspace is locked for each run alone, so that between two of them `mastery grade --hold` can
//! be used in another terminal.

mod eyes;
mod happening;
pub mod machine;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    thread::Scope,
    time::Instant,
};

use mastery_kit::process::Supervisor;
use tokio::{
    runtime::Builder,
    sync::mpsc::{Receiver, Sender},
    time::timeout_at,
};

use self::{
    eyes::Eyes,
    machine::{Deed, End, Happening, Machine, Mode, Said, Sight},
};
pub use super::grade::Course;
use super::{
    AppError,
    grade::{GradeRequest, Graded, Grading, Listener},
};
pub use crate::grading::dispatcher::Stop;
use crate::{
    curriculum::{Curriculum, Unit},
    grading::{
        dispatcher::{Signals, next_of},
        event::RunKind,
        progress::{Conclusion, Progress},
    },
    workspace::{
        AttemptKind, AttemptSummary, Diary, Glance, Kept, LeftOut, Record, Told, Workspace, glance,
    },
};

/// More than ever stands in it: stirs that find it full say nothing new.
const ROOM: usize = 64;

/// Whoever carries runs out and tells of them.
pub trait Front: Sync {
    /// Tells what happens between runs.
    fn say(&self, said: &Said);
    /// Grades the lab after these were saved; `stop` ends the run. Called on a thread of its own,
    /// never twice at once.
    fn grade(&self, saved: &[PathBuf], stop: &Stop) -> End;
}

/// How a folder is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    pub mode: Mode,
    pub ended_by: EndedBy,
}

/// Who ends a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// ^C and its like, which are listened for here.
    Signals,
    /// Whoever has the channel, by [`Happening::Interrupted`]: signals are heard elsewhere.
    Caller,
}

/// Where happenings come from and go to.
pub fn channel() -> (Sender<Happening>, Receiver<Happening>) {
    tokio::sync::mpsc::channel(ROOM)
}

/// Watches the folder of a lab (`place`, relative to the workspace) until it is ended, with a run at
/// once and one for each save. Whether a run was cut off.
pub fn watch(
    workspace: &Workspace,
    place: &str,
    manner: Manner,
    (tell, told): (Sender<Happening>, Receiver<Happening>),
    front: &dyn Front,
) -> Result<bool, AppError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(AppError::Runtime)?;
    std::thread::scope(|scope| {
        let mode = manner.mode;
        let eyes = match mode {
            Mode::Events => Eyes::open(tell.clone()).ok(),
            Mode::Poll | Mode::Manual => None,
        };
        let deaf = mode == Mode::Events && eyes.is_none();
        let watching = Watching {
            workspace,
            place,
            scope,
            tell,
            front,
            eyes,
            seen: Glance::default(),
            stop: None,
        };
        runtime.block_on(watching.go(manner, deaf, told))
    })
}

struct Watching<'a, 'scope, 'env> {
    workspace: &'a Workspace,
    place: &'a str,
    scope: &'scope Scope<'scope, 'env>,
    tell: Sender<Happening>,
    front: &'env dyn Front,
    eyes: Option<Eyes>,
    seen: Glance,
    /// Ends the run that goes on.
    stop: Option<Arc<Stop>>,
}

impl Watching<'_, '_, '_> {
    /// Watches to the end. A run that goes on when something fails is wound down, for nobody would
    /// hear ^C any more.
    async fn go(
        mut self,
        manner: Manner,
        deaf: bool,
        told: Receiver<Happening>,
    ) -> Result<bool, AppError> {
        let over = self.until_over(manner, deaf, told).await;
        if over.is_err()
            && let Some(stop) = &self.stop
        {
            stop.raise();
        }
        over
    }

    async fn until_over(
        &mut self,
        manner: Manner,
        deaf: bool,
        mut told: Receiver<Happening>,
    ) -> Result<bool, AppError> {
        let mut signals = match manner.ended_by {
            EndedBy::Signals => Some(Signals::new().map_err(AppError::Runtime)?),
            EndedBy::Caller => None,
        };
        let mut machine = Machine::new(manner.mode, Instant::now());
        let mut cut = None;
        // What is there now is what the first run is about.
        let (_, too_many) = self.look()?;
        if deaf || too_many {
            self.carry_out(&mut machine, Happening::Deaf, &mut cut)?;
        }
        self.carry_out(&mut machine, Happening::Asked, &mut cut)?;
        while cut.is_none() {
            let happening = {
                let next = async {
                    tokio::select! {
                        biased;
                        () = next_of(&mut signals) => Some(Happening::Interrupted),
                        happening = told.recv() => happening,
                    }
                };
                match machine.due() {
                    Some(due) => timeout_at(due.into(), next).await.ok().flatten(),
                    None => next.await,
                }
            };
            if let Some(happening) = happening {
                self.carry_out(&mut machine, happening, &mut cut)?;
            } else {
                let deeds = machine.wake(Instant::now());
                self.all(&mut machine, deeds, &mut cut)?;
            }
        }
        Ok(cut.unwrap_or_default())
    }

    fn carry_out(
        &mut self,
        machine: &mut Machine,
        happening: Happening,
        cut: &mut Option<bool>,
    ) -> Result<(), AppError> {
        let deeds = machine.on(Instant::now(), happening);
        self.all(machine, deeds, cut)
    }

    fn all(
        &mut self,
        machine: &mut Machine,
        deeds: Vec<Deed>,
        cut: &mut Option<bool>,
    ) -> Result<(), AppError> {
        for deed in deeds {
            match deed {
                Deed::Look => {
                    let (sight, deaf) = self.look()?;
                    if deaf {
                        self.carry_out(machine, Happening::Deaf, cut)?;
                    }
                    self.carry_out(machine, Happening::Looked(sight), cut)?;
                }
                Deed::Start(saved) => self.start(saved),
                Deed::Stop => {
                    if let Some(stop) = &self.stop {
                        stop.raise();
                    }
                }
                Deed::Tell(said) => self.front.say(&said),
                Deed::End { cut: was_cut } => *cut = Some(was_cut),
            }
        }
        Ok(())
    }

    /// What was saved since the last look, and whether events cannot be had.
    fn look(&mut self) -> Result<(Sight, bool), AppError> {
        let Some(mut now) = glance(self.workspace, self.place)? else {
            self.follow(&[]);
            return Ok((Sight::Gone, false));
        };
        let mut deaf = false;
        match self.follow(&now.folders) {
            Some(Ok(true)) => {
                // Between the look and the watch on a new folder nobody saw what was saved there.
                if let Some(again) = glance(self.workspace, self.place)? {
                    now = again;
                }
            }
            Some(Ok(false)) | None => {}
            Some(Err(_)) => {
                self.eyes = None;
                deaf = true;
            }
        }
        let saved = now.since(&self.seen);
        self.seen = now;
        Ok((Sight::There(saved), deaf))
    }

    fn follow(&mut self, folders: &[PathBuf]) -> Option<notify::Result<bool>> {
        Some(self.eyes.as_mut()?.follow(folders))
    }

    fn start(&mut self, saved: Vec<PathBuf>) {
        let stop = Arc::new(Stop::default());
        self.stop = Some(Arc::clone(&stop));
        let (front, tell) = (self.front, self.tell.clone());
        self.scope.spawn(move || {
            let end = front.grade(&saved, &stop);
            // Nobody listens once all is over.
            drop(tell.blocking_send(Happening::Ended(end)));
        });
    }
}

/// A run of `mastery watch`, and what became of it.
#[derive(Debug)]
pub struct Watched {
    pub progress: Progress,
    /// The attempt; none where this run told nothing that the last one had not.
    pub kept: Result<Option<Kept>, AppError>,
    pub left_out: Vec<LeftOut>,
    pub tape_trouble: Option<String>,
}

impl Watched {
    /// What `mastery grade` would have come to, where the attempt was to be kept.
    pub fn into_graded(self) -> Option<Graded> {
        Some(Graded {
            progress: self.progress,
            kept: self.kept.transpose()?,
            left_out: self.left_out,
            tape_trouble: self.tape_trouble,
        })
    }
}

/// Takes the workspace for one run of a watch.
pub fn begin<'w>(
    workspace: &'w Workspace,
    curriculum: &Curriculum,
    supervisor: Supervisor,
) -> Result<Grading<'w>, AppError> {
    Grading::begin_as("mastery watch", workspace, curriculum, supervisor)
}

/// The checks of a lab that did not pass when they ran last: they come first.
pub fn open_checks(workspace: &Workspace, unit: &Unit) -> Result<Vec<String>, AppError> {
    let record = Record::read(workspace)?;
    let Some(lab) = record.lab(unit.id.as_str()) else {
        return Ok(Vec::new());
    };
    let open = lab.checks.iter().filter(|(_, letter)| **letter != 'p');
    Ok(open.map(|(check, _)| check.clone()).collect())
}

impl Grading<'_> {
    /// Grades one unit on a fresh seed, its course as given. It is kept as a
    /// full run like any other when its verdicts are not those of the last one (decision 8), and not
    /// at all when it was cut off.
    pub fn watched(
        &self,
        unit: &Unit,
        request: &GradeRequest,
        course: Course<'_>,
        listener: &mut Listener<'_>,
    ) -> Result<Watched, AppError> {
        let done = self.carry_out(unit, request, course, listener)?;
        let kept = if self.is_news(unit, &done.progress)? {
            self.keep(done.folder, &done.snapshot).map(Some)
        } else {
            // What cannot be taken away now is met by the next run.
            drop(done.folder.close(None));
            Ok(None)
        };
        Ok(Watched {
            progress: done.progress,
            kept,
            left_out: done.snapshot.left_out,
            tape_trouble: done.tape_trouble,
        })
    }

    fn is_news(&self, unit: &Unit, progress: &Progress) -> Result<bool, AppError> {
        if progress.conclusion() == Conclusion::Interrupted {
            return Ok(false);
        }
        let diary = Diary::open(self.workspace, unit.id.as_str())?;
        let full = |one: &AttemptSummary| one.kind == AttemptKind::Run(RunKind::Full);
        let last = diary.until(u32::MAX).find(full);
        Ok(last.is_none_or(|last| {
            last.revision != unit.revision || letters(last.verdicts) != verdicts(progress)
        }))
    }
}

fn letters(verdicts: Vec<Told>) -> BTreeMap<String, char> {
    let pairs = verdicts.into_iter().map(|told| (told.check, told.letter));
    pairs.collect()
}

/// How each check of a run ended, as a letter.
pub fn verdicts(progress: &Progress) -> BTreeMap<String, char> {
    let settled = progress.settled();
    letters(
        settled
            .map(|(check, verdict, _)| Told::of(&check.id, verdict))
            .collect(),
    )
}

/// The checks of a run that did not pass, for the next one.
pub fn not_passed(progress: &Progress) -> Vec<String> {
    let open = verdicts(progress)
        .into_iter()
        .filter(|(_, letter)| *letter != 'p');
    open.map(|(check, _)| check).collect()
}

/// How a folder is called in a sentence: relative to where one stands.
pub fn shown(folder: &Path, here: &Path) -> String {
    let below = folder.strip_prefix(here).unwrap_or(folder);
    if below.as_os_str().is_empty() {
        "this folder".to_owned()
    } else {
        below.display().to_string()
    }
}
