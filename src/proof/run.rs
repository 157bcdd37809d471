//! One run of a variant: the very same plan and dispatcher as `mastery grade`, told to a buffer.

use std::time::{Duration, Instant};

use mastery_kit::{
    bench::{Check, Contract, Grader},
    process::{Limits, Supervisor},
    random::Seed,
    verdict::Verdict,
};

use super::{error::ProofError, foreign::Foreign, invented, lay::Laid, watch};
use crate::{
    app::{clock, planning},
    curriculum::{Isolation, Language, Templates, Unit},
    grading::{
        dispatcher,
        event::{BuildResult, GradeEvent, RunKind},
        plan::{Plan, PlannedRun, PlannedService, PortChoice},
        progress::{Conclusion, Progress},
    },
    report::{Reporter as _, plain::Plain, redact::Redactor, words::Style},
};

/// The width of every report that is kept or compared.
const WIDTH: u16 = 100;

/// What to run of a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which<'c> {
    /// As a learner's full run.
    Whole,
    /// This check, whatever it needs.
    Only(&'c str),
    /// Every check, whatever it needs: what each sees of a bug by itself.
    EachAlone,
}

/// One run, asked for.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) unit: &'a Unit,
    pub(super) grader: &'static Grader,
    pub(super) language: Language,
    pub(super) supervisor: &'a Supervisor,
    pub(super) seed: Seed,
    pub(super) which: Which<'a>,
    /// Where the lab's services come from.
    pub(super) services: &'a [PlannedService],
    /// We hold the program's port and answer there ourselves.
    pub(super) foreign_listener: bool,
}

/// What came of a run.
pub(super) struct Ran {
    pub(super) progress: Progress,
    /// The plain report, as a learner would read it.
    pub(super) report: String,
    /// The same with placeholders for what differs from run to run.
    pub(super) redacted: String,
    pub(super) took: Duration,
    /// `PORT=41873`: what every process of this run was started with.
    pub(super) marks: Vec<String>,
}

impl Ran {
    pub(super) fn was_interrupted(&self) -> bool {
        self.progress.conclusion() == Conclusion::Interrupted
    }
}

/// Runs a variant.
pub(super) fn run(laid: &mut Laid, ask: Ask<'_>) -> Result<Ran, ProofError> {
    let foreign = ask.foreign_listener.then(Foreign::listen).transpose();
    let foreign =
        foreign.map_err(|error| ProofError::bench("No port can be held on 127.0.0.1", error))?;
    let ports = match &foreign {
        Some(foreign) => PortChoice::Given(vec![foreign.port()]),
        None => PortChoice::System,
    };
    // A service that an earlier run had to start for itself lies there.
    std::fs::remove_dir_all(laid.scratch()).ok();
    let plan = plan(laid, ask, ports);
    let mut told = Plain::new(Vec::new(), Style::plain(WIDTH));
    let mut events = Vec::new();
    let mut marks = Vec::new();
    let begun = Instant::now();
    let progress = dispatcher::run(&plan, &mut |at, event| {
        note_marks(&plan, event, &mut marks);
        told.on_event(at, event).expect("a vector takes everything");
        if belongs_in_a_kept_text(event) {
            events.push((at, event.clone()));
        }
    })
    .map_err(|error| ProofError::bench("A run cannot be begun", error))?;
    laid.is_built |= progress.builds_done;
    Ok(Ran {
        progress,
        report: text(told),
        redacted: retold(&events, redactor(laid, ask.seed, &events)),
        took: begun.elapsed(),
        marks,
    })
}

fn text(told: Plain<Vec<u8>>) -> String {
    String::from_utf8_lossy(&told.into_inner()).into_owned()
}

fn plan(laid: &Laid, ask: Ask<'_>, ports: PortChoice) -> Plan {
    let (unit, lab) = (ask.unit, ask.unit.id.as_str());
    let templates = Templates::embedded();
    let programs = laid.submission.programs.clone();
    let limits = programs
        .iter()
        .map(|program| laid.submission.build_limit(&program.name));
    let names = || {
        programs
            .iter()
            .map(|program| program.name.clone())
            .collect()
    };
    Plan {
        lab: unit.id.clone(),
        title: unit.title.clone(),
        revision: unit.revision,
        contract: Contract::new(templates.contract(lab)),
        contract_hash: templates.contract_hash(lab),
        language: ask.language.to_string(),
        seed: ask.seed,
        kind: match ask.which {
            Which::Whole => RunKind::Full,
            Which::Only(_) | Which::EachAlone => RunKind::Partial,
        },
        checks: chosen(ask),
        of: u32::try_from(ask.grader.checks.len()).unwrap_or(u32::MAX),
        build_limit: limits.max().unwrap_or(Duration::from_mins(10)),
        current_builds: if laid.is_built { names() } else { Vec::new() },
        programs,
        setup: laid.submission.setup.clone(),
        services: ask.services.to_vec(),
        topics: planning::topics(unit),
        outside: unit.outside.clone(),
        fresh: unit.isolation == Isolation::Check,
        directory: laid.directory(),
        shown_directory: laid.place.clone(),
        environment: unit.env.clone(),
        logs: laid.logs(),
        scratch: laid.scratch(),
        workspace: laid.root().display().to_string(),
        supervisor: ask.supervisor.clone(),
        limits: Limits::default(),
        ports,
        fail_fast: false,
        hold: false,
        serve: false,
        began_at: clock::now(),
    }
}

fn chosen(ask: Ask<'_>) -> Vec<PlannedRun> {
    let wanted = |check: &&Check| match ask.which {
        Which::Whole | Which::EachAlone => true,
        Which::Only(id) => check.id == id,
    };
    let checks: &'static [Check] = ask.grader.checks;
    checks
        .iter()
        .filter(wanted)
        .map(|check| PlannedRun {
            check,
            told: planning::told(ask.unit, check),
            obeys_needs: ask.which == Which::Whole,
        })
        .collect()
}

/// What a program prints is without end, and whether it was built anew depends on the run before.
fn belongs_in_a_kept_text(event: &GradeEvent) -> bool {
    let builds_well = matches!(
        event,
        GradeEvent::BuildStarted { .. }
            | GradeEvent::BuildFinished {
                result: BuildResult::Built | BuildResult::Cached,
                ..
            }
    );
    !builds_well && !matches!(event, GradeEvent::ProgramOutput { .. })
}

/// The report once more, with placeholders.
fn retold(events: &[(Duration, GradeEvent)], redactor: Redactor) -> String {
    let mut plain = Plain::new(Vec::new(), Style::plain(WIDTH)).redacted(redactor);
    for (at, event) in events {
        plain
            .on_event(*at, event)
            .expect("a vector takes everything");
    }
    text(plain)
}

/// Makes two runs on one seed read the same: what the program invented becomes a placeholder
/// wherever it is said.
fn redactor(laid: &Laid, seed: Seed, events: &[(Duration, GradeEvent)]) -> Redactor {
    let root = laid.root().display().to_string();
    let mut redactor = Redactor::stable()
        .replace(root, "WORKSPACE")
        .replace(seed.to_string(), "SEED");
    if let Some(own) = watch::own_name() {
        redactor = redactor.replace(format!("{own} (pid"), "[bench] (pid");
    }
    for (_, event) in events {
        if let GradeEvent::CheckFinished {
            verdict: Verdict::Failed(mismatch),
            ..
        } = event
        {
            for (literal, placeholder) in invented::of(mismatch) {
                redactor = redactor.replace(literal, placeholder);
            }
        }
    }
    redactor
}

/// The ports a program was given stand in the environment of all its children.
fn note_marks(plan: &Plan, event: &GradeEvent, marks: &mut Vec<String>) {
    if let GradeEvent::ProgramStarting { program, env, .. } = event {
        let spec = plan.programs.iter().find(|spec| spec.name == *program);
        let ports = spec.map_or(&[][..], |spec| &spec.ports);
        let given = env.iter().filter(|(name, _)| ports.contains(name));
        marks.extend(given.map(|(name, value)| format!("{name}={value}")));
    }
}
