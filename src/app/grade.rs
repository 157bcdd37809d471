//! `mastery grade`: plan, run, keep the attempt.

use std::{fs, time::Duration};

use mastery_kit::{process::Supervisor, random::Seed, spec::RunSpec};

use super::{
    AppError,
    planning::{self, Ground},
    scope::place,
    supply::{BackendChoice, Supply},
    sweep, toolchain,
};
use crate::{
    curriculum::{Curriculum, Unit},
    grading::{
        dispatcher::{self, Stop},
        event::GradeEvent,
        plan::Plan,
        progress::Progress,
    },
    report::{Reporter as _, tape::Tape},
    workspace::{
        self, BuildCache, BuildKey, Imported, Kept, LeftOut, RunFolder, RunLock, Snapshot,
        Submission, Workspace, WorkspaceError,
    },
};

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct GradeRequest {
    /// Only these checks, without their needs.
    pub only: Vec<String>,
    pub seed: Option<Seed>,
    pub fail_fast: bool,
    pub hold: bool,
    /// Where services run.
    pub backend: BackendChoice,
}

/// A run and what became of its attempt.
#[derive(Debug)]
pub struct Graded {
    pub progress: Progress,
    /// The attempt. A failure to keep it never changes the verdict.
    pub kept: Result<Kept, AppError>,
    /// Files of the lab that are not part of the attempt.
    pub left_out: Vec<LeftOut>,
    /// The tape could not be written, so there may be less in the attempt than happened.
    pub tape_trouble: Option<String>,
}

/// How a run goes, beyond what is asked for.
#[derive(Clone, Copy, Default)]
pub struct Course<'c> {
    /// Checks that come before the others, in their order. A need that has not run yet holds no
    /// check back.
    pub first: &'c [String],
    /// Who ends it; otherwise signals do.
    pub stop: Option<&'c Stop>,
}

/// A run that is over, before its attempt is kept.
pub(super) struct Done {
    pub(super) progress: Progress,
    pub(super) folder: RunFolder,
    pub(super) snapshot: Snapshot,
    pub(super) tape_trouble: Option<String>,
}

/// The right to grade in a workspace, held by one command at a time.
pub struct Grading<'w> {
    pub(super) workspace: &'w Workspace,
    pub(super) lock: RunLock,
    pub(super) supervisor: Supervisor,
    /// What killed runs had left, now imported and swept.
    pub imported: Vec<Imported>,
}

/// Whoever is told the events of a run.
pub type Listener<'l> = dyn FnMut(Duration, &GradeEvent) + 'l;

impl<'w> Grading<'w> {
    /// Takes the workspace's lock; sweeps and imports what killed runs left.
    pub fn begin(
        workspace: &'w Workspace,
        curriculum: &Curriculum,
        supervisor: Supervisor,
    ) -> Result<Self, AppError> {
        Self::begin_as("mastery grade", workspace, curriculum, supervisor)
    }

    /// The same for another command, which whoever waits for the lock is told of.
    pub(super) fn begin_as(
        command: &str,
        workspace: &'w Workspace,
        curriculum: &Curriculum,
        supervisor: Supervisor,
    ) -> Result<Self, AppError> {
        let wants = &workspace.settings.curriculum;
        if *wants != curriculum.id().as_str() {
            let has = curriculum.id().to_string();
            return Err(AppError::OtherCurriculum {
                wants: wants.clone(),
                has,
            });
        }
        let lock = workspace::lock(workspace, command)?;
        let imported = sweep::import(workspace, &lock, &supervisor)?;
        Ok(Self {
            workspace,
            lock,
            supervisor,
            imported,
        })
    }

    /// Grades one unit and keeps the attempt.
    pub fn unit(
        &self,
        unit: &Unit,
        request: &GradeRequest,
        listener: &mut Listener<'_>,
    ) -> Result<Graded, AppError> {
        self.unit_on(unit, request, Course::default(), listener)
    }

    /// The same on a course of the caller's: whoever ends the run by a key, not by a signal.
    pub fn unit_on(
        &self,
        unit: &Unit,
        request: &GradeRequest,
        course: Course<'_>,
        listener: &mut Listener<'_>,
    ) -> Result<Graded, AppError> {
        let done = self.carry_out(unit, request, course, listener)?;
        let kept = self.keep(done.folder, &done.snapshot);
        Ok(Graded {
            progress: done.progress,
            kept,
            left_out: done.snapshot.left_out,
            tape_trouble: done.tape_trouble,
        })
    }

    /// Grades one unit; what becomes of its run folder is the caller's to say.
    pub(super) fn carry_out(
        &self,
        unit: &Unit,
        request: &GradeRequest,
        course: Course<'_>,
        listener: &mut Listener<'_>,
    ) -> Result<Done, AppError> {
        let lab = unit.id.as_str();
        let place = place(unit);
        let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
        let submission = Submission::read(self.workspace, &place, lab, &options)?;
        let snapshot = workspace::snapshot(self.workspace, &place)?;
        let mut builds = Builds::look(self, &submission, &snapshot, lab, &place)?;
        let mut folder = RunFolder::create(self.workspace, &self.lock, lab)?;
        folder.note_work(&snapshot)?;
        let supply = Supply::here(request.backend, self.supervisor.clone());
        // A keeper does not end what is used.
        let (services, _using) = supply.plan_in(self.workspace, &unit.services)?;
        let ground = Ground {
            workspace: self.workspace,
            logs: folder.logs(),
            supervisor: self.supervisor.clone(),
            scratch: folder.scratch(),
            services,
        };
        let plan = planning::plan(ground, unit, &submission, request, builds.current());
        let mut plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                folder.close(None)?;
                return Err(error);
            }
        };
        plan.checks
            .sort_by_key(|planned| !course.first.iter().any(|id| id == planned.check.id));
        builds.forget()?;
        let (progress, tape_trouble) = run(&plan, course.stop, &mut folder, listener)?;
        // A build that is not remembered is built again; the verdict stands whatever happens here.
        drop(builds.remember(&progress));
        Ok(Done {
            progress,
            folder,
            snapshot,
            tape_trouble,
        })
    }

    /// The tape is on disk; now the commit. Left as it is when that fails: the next run imports it.
    pub(super) fn keep(&self, folder: RunFolder, snapshot: &Snapshot) -> Result<Kept, AppError> {
        let path = folder.tape();
        let kept = fs::read(&path)
            .map_err(|error| AppError::Io {
                doing: "Reading",
                path,
                error,
            })
            .and_then(|tape| Ok(workspace::keep(self.workspace, Some(snapshot.tree), &tape)?));
        // What happens to the run folder now changes nothing: at worst the next run finds it and
        // sees that the attempt is there, or imports it.
        let after = match &kept {
            Ok(kept) => folder.close(Some(kept.id)),
            Err(_) => folder.leave(),
        };
        drop(after);
        kept
    }
}

/// Carries the plan out; the tape is told first.
fn run(
    plan: &Plan,
    stop: Option<&Stop>,
    folder: &mut RunFolder,
    listener: &mut Listener<'_>,
) -> Result<(Progress, Option<String>), AppError> {
    let path = folder.tape();
    let mut tape = Some(Tape::create(&path).map_err(|error| AppError::Io {
        doing: "Writing",
        path: path.clone(),
        error,
    })?);
    let mut trouble = None;
    let mut listener = |at: Duration, event: &GradeEvent| {
        if let Err(error) = note_supervisor(folder, event) {
            trouble.get_or_insert_with(|| error.to_string());
        }
        let written = tape.as_mut().map(|tape| tape.on_event(at, event));
        if let Some(Err(error)) = written {
            trouble = Some(format!("The tape of this run cannot be written: {error}."));
            tape = None;
        }
        listener(at, event);
    };
    let progress = dispatcher::run_until(plan, stop, &mut listener);
    Ok((progress.map_err(AppError::Runtime)?, trouble))
}

/// Writes down whom the next run has to end should this one be killed.
pub(super) fn note_supervisor(
    folder: &mut RunFolder,
    event: &GradeEvent,
) -> Result<(), WorkspaceError> {
    if let GradeEvent::ProgramReady { supervisor, .. }
    | GradeEvent::ServiceReady {
        supervisor: Some(supervisor),
        ..
    } = event
    {
        folder.note_supervisor(*supervisor)?;
    }
    Ok(())
}

/// Which programs need no build: the tree, the lines and the toolchain are those of the last good one.
pub(super) struct Builds {
    cache: BuildCache,
    programs: Vec<(String, BuildKey, bool)>,
}

impl Builds {
    pub(super) fn look(
        grading: &Grading<'_>,
        submission: &Submission,
        snapshot: &Snapshot,
        lab: &str,
        place: &str,
    ) -> Result<Self, AppError> {
        let cache = BuildCache::open(grading.workspace, lab);
        let folder = grading.workspace.folder(place);
        let built: Vec<&RunSpec> = submission
            .programs
            .iter()
            .filter(|program| !program.build.is_empty())
            .collect();
        let words = built
            .iter()
            .flat_map(|program| &program.build)
            .filter_map(|line| line.first());
        let toolchain = toolchain::identity(words, &grading.supervisor, &folder)?;
        let programs = built
            .into_iter()
            .map(|program| {
                let key = BuildKey::new(snapshot, &program.build, &toolchain);
                let there = program
                    .command
                    .first()
                    .is_none_or(|word| !word.contains('/') || folder.join(word).is_file());
                let good = there && cache.is_good(&program.name, &key);
                (program.name.clone(), key, good)
            })
            .collect();
        Ok(Self { cache, programs })
    }

    pub(super) fn current(&self) -> Vec<String> {
        self.programs
            .iter()
            .filter(|(.., good)| *good)
            .map(|(name, ..)| name.clone())
            .collect()
    }

    /// Before a build: one that is cut off must not count.
    pub(super) fn forget(&mut self) -> Result<(), WorkspaceError> {
        for (name, _, good) in &self.programs {
            if !good {
                self.cache.forget(name)?;
            }
        }
        Ok(())
    }

    /// After the run: those that were built, when all were. No program is started before that.
    pub(super) fn remember(&mut self, progress: &Progress) -> Result<(), WorkspaceError> {
        if !progress.builds_done {
            return Ok(());
        }
        for (name, key, good) in &self.programs {
            if !good {
                self.cache.remember(name, key)?;
            }
        }
        Ok(())
    }
}
