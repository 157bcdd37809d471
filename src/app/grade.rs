//! `mastery grade`: plan, run, keep the attempt.

use std::{fs, time::Duration};

use mastery_kit::{process::Supervisor, random::Seed, spec::RunSpec};

use super::{
    AppError,
    planning::{self, Ground},
    scope::place,
    sweep, toolchain,
};
use crate::{
    curriculum::{Curriculum, Unit},
    grading::{dispatcher, event::GradeEvent, plan::Plan, progress::Progress},
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

/// The right to grade in a workspace, held by one command at a time.
pub struct Grading<'w> {
    workspace: &'w Workspace,
    lock: RunLock,
    supervisor: Supervisor,
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
        let wants = &workspace.settings.curriculum;
        if *wants != curriculum.id().as_str() {
            let has = curriculum.id().to_string();
            return Err(AppError::OtherCurriculum {
                wants: wants.clone(),
                has,
            });
        }
        let lock = workspace::lock(workspace, "mastery grade")?;
        let imported = sweep::import(workspace, &lock)?;
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
        let lab = unit.id.as_str();
        let place = place(unit);
        let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
        let submission = Submission::read(self.workspace, &place, lab, &options)?;
        let snapshot = workspace::snapshot(self.workspace, &place)?;
        let mut builds = Builds::look(self, &submission, &snapshot, lab, &place)?;
        let mut folder = RunFolder::create(self.workspace, &self.lock, lab)?;
        folder.note_work(&snapshot)?;
        let ground = Ground {
            workspace: self.workspace,
            logs: folder.logs(),
            supervisor: self.supervisor.clone(),
        };
        let plan = planning::plan(ground, unit, &submission, request, builds.current());
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                folder.close(None)?;
                return Err(error);
            }
        };
        builds.forget()?;
        let (progress, tape_trouble) = run(&plan, &mut folder, listener)?;
        // A build that is not remembered is built again; the verdict stands whatever happens here.
        drop(builds.remember(&progress));
        let kept = self.keep(folder, &snapshot);
        Ok(Graded {
            progress,
            kept,
            left_out: snapshot.left_out,
            tape_trouble,
        })
    }

    /// The tape is on disk; now the commit. Left as it is when that fails: the next run imports it.
    fn keep(&self, folder: RunFolder, snapshot: &Snapshot) -> Result<Kept, AppError> {
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
    let progress = dispatcher::run(plan, &mut |at, event| {
        if let GradeEvent::ProgramReady { supervisor, .. } = event
            && let Err(error) = folder.note_supervisor(*supervisor)
        {
            trouble.get_or_insert_with(|| error.to_string());
        }
        let written = tape.as_mut().map(|tape| tape.on_event(at, event));
        if let Some(Err(error)) = written {
            trouble = Some(format!("The tape of this run cannot be written: {error}."));
            tape = None;
        }
        listener(at, event);
    })
    .map_err(AppError::Runtime)?;
    Ok((progress, trouble))
}

/// Which programs need no build: the tree, the lines and the toolchain are those of the last good one.
struct Builds {
    cache: BuildCache,
    programs: Vec<(String, BuildKey, bool)>,
}

impl Builds {
    fn look(
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

    fn current(&self) -> Vec<String> {
        self.programs
            .iter()
            .filter(|(.., good)| *good)
            .map(|(name, ..)| name.clone())
            .collect()
    }

    /// Before a build: one that is cut off must not count.
    fn forget(&mut self) -> Result<(), WorkspaceError> {
        for (name, _, good) in &self.programs {
            if !good {
                self.cache.forget(name)?;
            }
        }
        Ok(())
    }

    /// After the run: those that were built, when all were. No program is started before that.
    fn remember(&mut self, progress: &Progress) -> Result<(), WorkspaceError> {
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
