//! What killed runs left behind: found by who owned them, and kept as attempts after all.

use std::{fs, path::PathBuf};

use super::{
    ObjectId, Result, RunLock, Workspace, WorkspaceError, attempt, repository,
    runs::{self, RunFile},
    summary::Story,
};

/// The folder of a run whose process ended without keeping it.
#[derive(Debug)]
pub struct Leftover {
    pub path: PathBuf,
    pub lab: Option<String>,
    /// The process that ran it.
    pub pid: Option<u32>,
    /// Seconds since 1970; 0 when it is not known.
    pub began_at: i64,
    /// There is a tape to be imported.
    pub has_tape: bool,
    run: Option<RunFile>,
}

/// What became of a leftover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    Kept {
        lab: String,
        id: ObjectId,
        position: u32,
    },
    /// It had been committed; only the note of it was missing.
    AlreadyKept { lab: String, id: ObjectId },
    /// No check had ended: nothing was told that could be lost.
    Nothing,
}

impl Leftover {
    /// Where its services kept what they needed; to be removed once they have ended.
    pub fn scratch(&self) -> PathBuf {
        runs::scratch_in(&self.path)
    }

    /// Supervisors of that run which still live, told from later processes with their numbers.
    pub fn living_supervisors(&self) -> Vec<u32> {
        let supervisors = self.run.iter().flat_map(|run| &run.supervisors);
        supervisors
            .filter(|mark| mark.is_alive())
            .map(|mark| mark.pid)
            .collect()
    }
}

/// The runs that were not kept and that nobody runs any more, the oldest first.
pub fn leftovers(ws: &Workspace) -> Result<Vec<Leftover>> {
    let mut leftovers = Vec::new();
    for path in runs::folders(ws)? {
        let run = RunFile::read(&path);
        let is_running = run
            .as_ref()
            .is_some_and(|run| !run.left && run.owner.is_alive());
        if is_running || runs::is_kept(&path) {
            continue;
        }
        leftovers.push(Leftover {
            lab: run.as_ref().map(|run| run.lab.clone()),
            pid: run.as_ref().map(|run| run.owner.pid),
            began_at: run.as_ref().map_or(0, |run| run.began_at),
            has_tape: runs::tape_in(&path).exists(),
            path,
            run,
        });
    }
    Ok(leftovers)
}

/// Keeps a leftover as an attempt, with the code as it was graded: as what its tape says, or as
/// interrupted when the run did not come to its end. Importing twice changes nothing.
pub fn import(ws: &Workspace, _lock: &RunLock, leftover: Leftover) -> Result<Imported> {
    let Leftover { path, run, .. } = leftover;
    let mut tape = match fs::read(runs::tape_in(&path)) {
        Ok(tape) => tape,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(WorkspaceError::disk("read", runs::tape_in(&path), error)),
    };
    // The line that was being written when it was killed.
    let whole = tape.iter().rposition(|&byte| byte == b'\n');
    tape.truncate(whole.map_or(0, |newline| newline + 1));
    let Some(story) = Story::read(&tape).filter(Story::is_worth_keeping) else {
        runs::mark_kept(&path, None)?;
        return Ok(Imported::Nothing);
    };
    let lab = story.started.lab.clone();
    let repo = repository::of(ws)?;
    let imported = if let Some(id) = attempt::find(&repo, &story, &tape)? {
        attempt::finish_of_killed(&repo, &story, id)?;
        Imported::AlreadyKept { lab, id }
    } else {
        // A snapshot of long ago may have been collected by git.
        let work = run
            .and_then(|run| run.work)
            .filter(|work| repo.find_tree(work.0).is_ok());
        let kept = attempt::keep_of_killed(ws, work, &tape)?;
        Imported::Kept {
            lab,
            id: kept.id,
            position: kept.position,
        }
    };
    if let Imported::Kept { id, .. } | Imported::AlreadyKept { id, .. } = &imported {
        runs::mark_kept(&path, Some(*id))?;
    }
    Ok(imported)
}
