//! Why a program is not up, and whose fault that is.

use crate::{
    process::{ProgramHandle, StartError, ports::Holder, ready::NotReady},
    spec::RunSpec,
    verdict::{BenchError, Death, Evidence, Mismatch, Stream, Verdict},
};

/// Why a program is not up.
pub(super) enum Trouble {
    /// A verdict about it.
    Verdict(Verdict),
    /// Somebody took its port: worth another try.
    PortTaken(Verdict),
}

/// How many of its last lines a program shows that never became ready.
const LAST_LINES: usize = 20;

/// A start that did not end in readiness.
pub(super) fn trouble(spec: &RunSpec, program: &ProgramHandle, why: NotReady) -> Trouble {
    match why {
        NotReady::Bench(error) => Trouble::Verdict(Verdict::Unsettled(error)),
        NotReady::NotYours { .. } => {
            let error = BenchError::new(why.to_string()).unlock(
                "End the process that holds the port, or grade again: another port is chosen.",
            );
            Trouble::PortTaken(Verdict::Unsettled(error))
        }
        NotReady::Died(death) => Trouble::Verdict(Verdict::Failed(died_at_start(spec, *death))),
        NotReady::ListensElsewhere { .. }
        | NotReady::NeverListened { .. }
        | NotReady::NotHealthy { .. }
        | NotReady::LineNeverCame { .. } => {
            let wanted = spec.ready.as_ref().map(crate::spec::Ready::describe);
            let expected = format!(
                "{} within {} s (start_limit_s)",
                wanted.unwrap_or_default(),
                spec.start_limit.as_secs()
            );
            let lines = program.last_lines(LAST_LINES).join("\n");
            let mut mismatch = Mismatch::new(why.to_string(), expected, actual(&why));
            if !lines.is_empty() {
                mismatch = mismatch.with(Evidence::Log {
                    program: spec.name.clone(),
                    stream: Stream::Stdout,
                    text: lines,
                    lossy: false,
                });
            }
            Trouble::Verdict(Verdict::Failed(mismatch))
        }
    }
}

/// A program that cannot even be started.
pub(super) fn cannot_start(spec: &RunSpec, error: &StartError) -> Verdict {
    let expected = format!("`{}` can be started", spec.command.join(" "));
    Verdict::Failed(Mismatch::new(
        error.to_string(),
        expected,
        "it cannot be started",
    ))
}

fn died_at_start(spec: &RunSpec, death: Death) -> Mismatch {
    let summary = format!(
        "Your program `{}` {} after {} ms, before it was ready.",
        spec.name,
        death.exit.describe(),
        death.after_ms
    );
    let actual = death.exit.describe();
    Mismatch::new(summary, "it runs until it is told to end", actual).with(Evidence::Death(death))
}

fn actual(why: &NotReady) -> String {
    match why {
        NotReady::ListensElsewhere { found, .. } => {
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            format!("it listens on {}", found.join(", "))
        }
        NotReady::NeverListened { .. } => "it listens nowhere".to_owned(),
        NotReady::NotHealthy { seen, .. } => seen.clone(),
        NotReady::LineNeverCame { .. } => "the line never came".to_owned(),
        NotReady::NotYours {
            holder: Holder::Foreign { .. },
            ..
        } => "somebody else's port".to_owned(),
        NotReady::Died(_) | NotReady::NotYours { .. } | NotReady::Bench(_) => why.to_string(),
    }
}
