//! What a person sees while something is going on: one line at the bottom that is drawn anew.

use std::{io, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::{program::typed, words::Style};
use crate::grading::{event::GradeEvent, progress::Progress};

/// The line of what is running.
pub(super) struct Live {
    bar: ProgressBar,
    style: Style,
}

/// How often the sign turns.
const TURN: Duration = Duration::from_millis(100);

impl Live {
    pub(super) fn new(target: ProgressDrawTarget, style: Style) -> Self {
        let turning = if style.ascii {
            ["|", "/", "-", "\\", " "]
        } else {
            ["▸", "▹", "▸", "▹", " "]
        };
        let bar = ProgressBar::with_draw_target(None, target).with_finish(ProgressFinish::AndClear);
        let looks = ProgressStyle::with_template("  {spinner} {wide_msg} {prefix}  {elapsed}")
            .expect("a template of ours is well formed");
        bar.set_style(looks.tick_strings(&turning));
        Self { bar, style }
    }

    /// Says what is going on, and how far the run is.
    pub(super) fn doing(&self, what: &str, far: &str) {
        self.bar.set_message(self.style.show(what));
        self.bar.set_prefix(far.to_owned());
        self.bar.reset();
        self.bar.enable_steady_tick(TURN);
    }

    /// Writes settled lines above the running one.
    pub(super) fn above(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.bar.suspend(write)
    }

    /// Takes the line away.
    pub(super) fn rest(&self) {
        self.bar.disable_steady_tick();
        self.bar.finish_and_clear();
    }

    /// Says what the event is about, while it lasts.
    pub(super) fn follow(&self, event: &GradeEvent, progress: &Progress) {
        let far = || {
            let settled = progress.settled().count();
            format!("{} of {}", settled + 1, progress.checks.len())
        };
        match event {
            GradeEvent::BuildStarted { command, .. } => {
                self.doing(&format!("build    {}", typed(command)), "");
            }
            GradeEvent::ProgramStarting { program, .. } => {
                self.doing(&format!("program  {program}  starting"), "");
            }
            GradeEvent::CheckStarted { check } => self.doing(check, &far()),
            GradeEvent::ServiceStarting { service, .. } => {
                self.doing(&format!("service  {service}  starting"), "");
            }
            GradeEvent::SetupStarted { command } => {
                self.doing(&format!("setup    {}", typed(command)), "");
            }
            GradeEvent::Interrupted { .. } => self.doing("stopping", ""),
            GradeEvent::BuildFinished { .. }
            | GradeEvent::ServiceReady { .. }
            | GradeEvent::ServiceLost { .. }
            | GradeEvent::SetupFinished { .. }
            | GradeEvent::ProgramReady { .. }
            | GradeEvent::ProgramNotReady { .. }
            | GradeEvent::CheckFinished { .. }
            | GradeEvent::Held { .. }
            | GradeEvent::RunFinished { .. } => self.rest(),
            GradeEvent::RunStarted(_)
            | GradeEvent::ProgramOutput { .. }
            | GradeEvent::ProgramStopped { .. }
            | GradeEvent::ServiceStopped { .. }
            | GradeEvent::Note { .. }
            | GradeEvent::Unknown => {}
        }
    }
}
