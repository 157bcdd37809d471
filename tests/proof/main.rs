//! Graders proved: one named test for each variant, on one seed, and what holds for a lab as a whole.

mod bench;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use libtest_mimic::{Arguments, Failed, Trial};
use mastery::{
    app::toolchain,
    curriculum::{Curriculum, Language},
    proof::{Checkout, Keeping, Lab, Proved, Variant, VariantKind, told},
};
use mastery_kit::process::Supervisor;

/// Set to keep what is told now: `MASTERY_ACCEPT=1 cargo test --test proof`.
const ACCEPT: &str = "MASTERY_ACCEPT";

/// Behind a lab's id: what holds for it once its variants do.
const WHOLE: &str = "::as_a_whole";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = match trials() {
        Ok(trials) => trials,
        // A variant that cannot be read is one failed test, not none.
        Err(why) => vec![Trial::test("variants_can_be_read", move || {
            Err(Failed::from(why))
        })],
    };
    trials.push(Trial::test(
        "bench::breaks_without_blame",
        bench::breaks_without_blame,
    ));
    // Most of a proof is waiting, so two share this machine; bad manners eat memory and time on purpose,
    // and what a lab is as a whole is known when the others are through.
    let (alone, together): (Vec<Trial>, Vec<Trial>) = trials.into_iter().partition(|trial| {
        let name = trial.name();
        name.contains("::manner::") || name.ends_with(WHOLE) || name.starts_with("bench::")
    });
    let at_once = |threads| Arguments {
        test_threads: arguments.test_threads.or(Some(threads)),
        ..arguments.clone()
    };
    let together = libtest_mimic::run(&at_once(2), together);
    let alone = libtest_mimic::run(&at_once(1), alone);
    if together.has_failed() {
        return together.exit_code();
    }
    alone.exit_code()
}

/// The languages whose toolchain is missing here, with a line that says so. In CI none may be.
fn lacking(checkout: &Checkout) -> Result<Vec<(Language, String)>, String> {
    if std::env::var_os("CI").is_some() {
        return Ok(Vec::new());
    }
    let supervisor = Supervisor::new(PathBuf::from(env!("CARGO_BIN_EXE_mastery")));
    let mut lacking = Vec::new();
    for language in Language::ALL {
        let lack = toolchain::lack(language, &supervisor, checkout.root());
        if let Some(lack) = lack.map_err(|error| error.to_string())? {
            lacking.push((language, lack));
        }
    }
    Ok(lacking)
}

/// Everything tests share, for as long as they run.
struct Course {
    checkout: Checkout,
    curriculum: Curriculum,
}

impl Course {
    fn lab(&self, id: &str) -> Result<Lab<'_>, String> {
        let exe = PathBuf::from(env!("CARGO_BIN_EXE_mastery"));
        let keeping = Keeping {
            fresh: true,
            accept: std::env::var_os(ACCEPT).is_some(),
            ..Keeping::default()
        };
        Lab::open(&self.checkout, &self.curriculum, id, exe, keeping)
            .map_err(|error| error.to_string())
    }
}

#[expect(clippy::print_stdout, reason = "a skipped test says why")]
fn trials() -> Result<Vec<Trial>, String> {
    let checkout =
        Checkout::find(Path::new(env!("CARGO_MANIFEST_DIR"))).map_err(|error| error.to_string())?;
    let curriculum = Curriculum::open(&checkout.curriculum()).map_err(|error| error.to_string())?;
    let course = Arc::new(Course {
        checkout,
        curriculum,
    });
    let lacking = lacking(&course.checkout)?;
    for (language, lack) in &lacking {
        println!("skipped here: variants in {language}. {lack}");
    }
    let mut trials = Vec::new();
    for grader in mastery_graders::GRADERS {
        let needs_services = course
            .curriculum
            .unit(grader.lab)
            .is_some_and(|unit| !unit.services.is_empty());
        if needs_services {
            println!(
                "skipped here: the variants of {} need services; `mastery author prove --lab {}` proves them",
                grader.lab, grader.lab
            );
            continue;
        }
        for variant in course.lab(grader.lab)?.variants() {
            let name = format!("{}::{}::{}", grader.lab, kind(variant), variant.name);
            let (course, of_trial) = (Arc::clone(&course), variant.clone());
            let prove = move || {
                let lab = course.lab(grader.lab)?;
                let proved = lab
                    .prove(&of_trial, &lab.seeds(1))
                    .map_err(|error| error.to_string())?;
                holds(&proved)
            };
            let skipped = lacking
                .iter()
                .any(|(language, _)| *language == variant.language);
            trials.push(Trial::test(name, prove).with_ignored_flag(skipped));
        }
        let course = Arc::clone(&course);
        let whole = move || {
            let lab = course.lab(grader.lab)?;
            holds(&lab.overall().map_err(|error| error.to_string())?)
        };
        trials.push(Trial::test(format!("{}{WHOLE}", grader.lab), whole));
    }
    Ok(trials)
}

fn kind(variant: &Variant) -> &'static str {
    match variant.kind {
        VariantKind::Reference => "reference",
        VariantKind::Starter { .. } => "starter",
        VariantKind::Unusual { .. } => "unusual",
        VariantKind::Mutant { .. } => "mutant",
        VariantKind::Manner(_) => "manner",
    }
}

fn holds(all: &[Proved]) -> Result<(), Failed> {
    let faults: Vec<String> = all
        .iter()
        .flat_map(|proved| {
            let claim = format!("{}: {}\n", proved.proof.as_str(), proved.subject);
            let faults = proved.faults.iter();
            faults.map(move |fault| format!("{claim}{}", told::fault_text(fault)))
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Failed::from(faults.join("\n")))
    }
}
