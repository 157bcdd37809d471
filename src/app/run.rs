//! `mastery run`: the lab's services and the learner's programs, up until ^C. Nothing is checked and
//! no attempt is kept.

use std::time::Duration;

use mastery_kit::process::Supervisor;

use super::{
    AppError,
    grade::{Builds, GradeRequest, Grading, Listener, note_supervisor},
    planning::{self, Ground},
    scope::place,
    supply::{BackendChoice, Supply},
};
use crate::{
    curriculum::{Curriculum, Unit},
    grading::{
        dispatcher::{self, Stop},
        event::GradeEvent,
        progress::{Conclusion, Progress},
    },
    workspace::{self, RunFolder, Submission, Workspace},
};

/// Takes the workspace for a run without checks.
pub fn begin<'w>(
    workspace: &'w Workspace,
    curriculum: &Curriculum,
    supervisor: Supervisor,
) -> Result<Grading<'w>, AppError> {
    Grading::begin_as("mastery run", workspace, curriculum, supervisor)
}

impl Grading<'_> {
    /// Starts everything of one unit and keeps it up until `stop` is raised, or without one until ^C.
    /// [`Conclusion::Passed`] is: it was up.
    pub fn serve(
        &self,
        unit: &Unit,
        backend: BackendChoice,
        stop: Option<&Stop>,
        listener: &mut Listener<'_>,
    ) -> Result<Conclusion, AppError> {
        let (lab, place) = (unit.id.as_str(), place(unit));
        let options: Vec<&str> = unit.options.iter().map(String::as_str).collect();
        let submission = Submission::read(self.workspace, &place, lab, &options)?;
        let snapshot = workspace::snapshot(self.workspace, &place)?;
        let mut builds = Builds::look(self, &submission, &snapshot, lab, &place)?;
        let supply = Supply::here(backend, self.supervisor.clone());
        // A keeper does not end what is used.
        let (services, _using) = supply.plan_in(self.workspace, &unit.services)?;
        let mut folder = RunFolder::create(self.workspace, &self.lock, lab)?;
        let ground = Ground {
            workspace: self.workspace,
            logs: folder.logs(),
            supervisor: self.supervisor.clone(),
            scratch: folder.scratch(),
            services,
        };
        let request = GradeRequest::default();
        let planned = planning::plan(ground, unit, &submission, &request, builds.current());
        let mut plan = match planned {
            Ok(plan) => plan,
            Err(error) => {
                folder.close(None)?;
                return Err(error);
            }
        };
        plan.checks.clear();
        plan.serve = true;
        builds.forget()?;
        let mut seen = Seen::default();
        let mut listener = |at: Duration, event: &GradeEvent| {
            // One that is not written down ends by itself when we do.
            note_supervisor(&mut folder, event).ok();
            seen.look(event);
            listener(at, event);
        };
        let progress =
            dispatcher::run_until(&plan, stop, &mut listener).map_err(AppError::Runtime)?;
        seen.interrupted |= stop.is_some_and(Stop::is_raised);
        // A build that is not remembered is built again.
        builds.remember(&progress).ok();
        folder.close(None)?;
        Ok(seen.conclusion(&progress))
    }
}

/// What the events of a run without checks come to.
#[derive(Default)]
struct Seen {
    up: bool,
    interrupted: bool,
}

impl Seen {
    fn look(&mut self, event: &GradeEvent) {
        self.up |= matches!(event, GradeEvent::Held { .. });
        self.interrupted |= matches!(event, GradeEvent::Interrupted { .. });
    }

    fn conclusion(&self, progress: &Progress) -> Conclusion {
        match progress.conclusion() {
            // Nothing stood in the way, and still it never was up.
            Conclusion::Passed if !self.up && self.interrupted => Conclusion::Interrupted,
            Conclusion::Passed if !self.up => Conclusion::Unsettled,
            conclusion @ (Conclusion::Passed
            | Conclusion::Failed
            | Conclusion::Unsettled
            | Conclusion::Interrupted) => conclusion,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::grading::event::{RunKind, Tally};

    fn ended(events: &[GradeEvent]) -> Conclusion {
        let (mut seen, mut progress) = (Seen::default(), Progress::default());
        let over = GradeEvent::RunFinished {
            kind: RunKind::Full,
            tally: Tally::default(),
            build_ms: 0,
            start_ms: 0,
            checks_ms: 0,
            stop_ms: 0,
        };
        for event in events.iter().chain([&over]) {
            seen.look(event);
            progress.apply(event);
        }
        seen.conclusion(&progress)
    }

    #[test]
    fn only_what_was_up_has_done_what_was_asked() {
        let held = GradeEvent::Held {
            check: String::new(),
            addresses: BTreeMap::new(),
        };
        let stop = GradeEvent::Interrupted { kill: false };
        assert_eq!(ended(&[held, stop.clone()]), Conclusion::Passed);
        assert_eq!(ended(&[stop]), Conclusion::Interrupted);
        assert_eq!(ended(&[]), Conclusion::Unsettled);
    }
}
