//! What must have come of a run: one pure function for each proof.

use mastery_kit::verdict::Verdict;

use super::variant::Ends;
use crate::grading::{
    event::{BuildResult, DIED_THREE_TIMES},
    progress::{Conclusion, Obstacle, Progress},
};

/// What is wrong with a run, as sentences. Empty: the proof holds.
pub(super) type Wrong = Vec<String>;

/// Reference and unusual: every check passed.
pub(super) fn all_passed(progress: &Progress) -> Wrong {
    let mut wrong = not_begun(progress);
    if wrong.is_empty() {
        let others = progress
            .settled()
            .filter(|(_, verdict, _)| **verdict != Verdict::Passed);
        wrong.extend(others.map(|(check, verdict, _)| {
            format!("`{}` {}, but this is correct.", check.id, word(verdict))
        }));
        wrong.extend(unrun(progress));
    }
    wrong
}

/// Starter: exactly the smoke checks passed; the others Failed, or Skipped after a Failed need, or after
/// the third death, which ends a run (decision 3).
pub(super) fn starter(progress: &Progress, smoke: &[String]) -> Wrong {
    let mut wrong = not_begun(progress);
    if !wrong.is_empty() {
        return wrong;
    }
    let failed: Vec<&str> = progress
        .settled()
        .filter(|(_, verdict, _)| matches!(verdict, Verdict::Failed(_)))
        .map(|(check, ..)| check.id.as_str())
        .collect();
    for (check, verdict, _) in progress.settled() {
        let is_smoke = smoke.contains(&check.id);
        let honest = match verdict {
            Verdict::Passed => is_smoke,
            Verdict::Failed(_) => !is_smoke,
            Verdict::Skipped { after } => {
                !is_smoke && (after == DIED_THREE_TIMES || failed.contains(&after.as_str()))
            }
            Verdict::Unsettled(_) => false,
        };
        if !honest {
            let id = &check.id;
            let declared = if is_smoke {
                "a smoke check"
            } else {
                "no smoke check"
            };
            wrong.push(format!("`{id}` {}, and it is {declared}.", word(verdict)));
        }
    }
    wrong.extend(unrun(progress));
    wrong
}

/// Mutant: the named check Failed; Unsettled does not count.
pub(super) fn caught(progress: &Progress, caught_by: &str) -> Wrong {
    let mut wrong = not_begun(progress);
    if wrong.is_empty() {
        match verdict_of(progress, caught_by) {
            Some(Verdict::Failed(_)) => {}
            Some(verdict) => wrong.push(format!("`{caught_by}` {} on it.", word(verdict))),
            None => wrong.push(format!("`{caught_by}` did not run.")),
        }
    }
    wrong
}

/// Bad manner: it ends as its head says, and the report says what must be told.
pub(super) fn manner(progress: &Progress, report: &str, ends: &Ends, told: &[String]) -> Wrong {
    let mut wrong = Wrong::new();
    let unsettled = || {
        progress
            .settled()
            .find(|(_, verdict, _)| matches!(verdict, Verdict::Unsettled(_)))
    };
    match ends {
        Ends::Passed => wrong.extend(all_passed(progress)),
        Ends::Failed(check) => {
            wrong.extend(caught(progress, check));
            if let Some((check, verdict, _)) = unsettled() {
                wrong.push(format!("`{}` {}.", check.id, word(verdict)));
            }
            wrong.extend(unrun(progress));
        }
        Ends::Skipped => {
            wrong.extend(progress.settled().filter_map(|(check, verdict, _)| {
                let skipped = matches!(verdict, Verdict::Skipped { .. });
                (!skipped).then(|| format!("`{}` {}; no check can run.", check.id, word(verdict)))
            }));
            if progress.conclusion() != Conclusion::Failed {
                let so = format!("{:?}", progress.conclusion());
                wrong.push(format!("The run is {so}, not Failed."));
            }
        }
        Ends::Unsettled => {
            if progress.conclusion() != Conclusion::Unsettled {
                let so = format!("{:?}", progress.conclusion());
                wrong.push(format!("The run is {so}, not Unsettled."));
            }
        }
    }
    let untold = told.iter().filter(|text| !report.contains(text.as_str()));
    wrong.extend(untold.map(|text| format!("The report does not say `{text}`.")));
    wrong
}

fn verdict_of<'p>(progress: &'p Progress, id: &str) -> Option<&'p Verdict> {
    let mut settled = progress.settled();
    settled.find_map(|(check, verdict, _)| (check.id == id).then_some(verdict))
}

/// Why no check could run, as a fault of the variant.
fn not_begun(progress: &Progress) -> Wrong {
    let why = match &progress.stopped_before {
        None => return Wrong::new(),
        Some(Obstacle::Service { service, error }) => {
            format!("No {service}, unsettled: {}", error.why)
        }
        Some(Obstacle::Build { result, .. } | Obstacle::Setup { result }) => match result {
            BuildResult::Failed { why, last_lines } => {
                format!(
                    "Its build or setup failed: {why}.\n{}",
                    last_lines.join("\n")
                )
            }
            BuildResult::Unsettled { why, .. } => format!("Its build or setup is unsettled: {why}"),
            BuildResult::Built | BuildResult::Cached => return Wrong::new(),
        },
        Some(Obstacle::Program { verdict, .. }) => match verdict {
            Verdict::Failed(mismatch) => format!("It is not ready: {}", mismatch.summary),
            Verdict::Unsettled(error) => format!("It is not ready, unsettled: {}", error.why),
            Verdict::Passed | Verdict::Skipped { .. } => "It is not ready.".to_owned(),
        },
    };
    vec![why]
}

fn unrun(progress: &Progress) -> Option<String> {
    let ran = progress.settled().count();
    (ran < progress.checks.len() || ran == 0)
        .then(|| format!("{ran} of {} checks were settled.", progress.checks.len()))
}

/// What became of a check, with the reason.
pub(super) fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Failed(mismatch) => format!("failed ({})", mismatch.summary),
        Verdict::Unsettled(error) => format!("is unsettled ({})", error.why),
        Verdict::Skipped { after } => format!("was skipped after {after}"),
    }
}

/// One letter for each verdict, as in an attempt's trailers.
pub(super) fn letter(verdict: &Verdict) -> char {
    match verdict {
        Verdict::Passed => 'p',
        Verdict::Failed(_) => 'f',
        Verdict::Unsettled(_) => 'u',
        Verdict::Skipped { .. } => 's',
    }
}

#[cfg(test)]
mod tests {
    use mastery_kit::verdict::{BenchError, Mismatch};

    use super::*;
    use crate::grading::{
        event::{PlannedCheck, RunKind, Tally},
        progress::{CheckState, Finished, Step},
    };

    fn failed() -> Verdict {
        Verdict::Failed(Mismatch::new("You answered 1.", "2", "1"))
    }

    fn unsettled() -> Verdict {
        Verdict::Unsettled(BenchError::new("The machine stood still."))
    }

    fn skipped(after: &str) -> Verdict {
        Verdict::Skipped {
            after: after.to_owned(),
        }
    }

    fn ran(verdicts: &[(&str, Verdict)]) -> Progress {
        let check = |id: &str| PlannedCheck {
            id: id.to_owned(),
            title: String::new(),
            badge: false,
            rule: None,
            first_hint: None,
            hints: 0,
            limit_ms: 0,
        };
        let state = |(id, verdict): &(&str, Verdict)| CheckState {
            check: check(id),
            step: Step::Settled {
                verdict: verdict.clone(),
                took_ms: 1,
            },
        };
        Progress {
            checks: verdicts.iter().map(state).collect(),
            finished: Some(Finished {
                kind: RunKind::Full,
                tally: Tally::default(),
                build_ms: 0,
                start_ms: 0,
                checks_ms: 0,
                stop_ms: 0,
            }),
            ..Progress::default()
        }
    }

    fn not_ready(verdict: Verdict) -> Progress {
        let mut progress = ran(&[("a", skipped("the program never became ready"))]);
        progress.stopped_before = Some(Obstacle::Program {
            program: "api".to_owned(),
            verdict,
        });
        progress
    }

    #[test]
    fn a_reference_may_not_miss_one_check() {
        assert_eq!(all_passed(&ran(&[("a", Verdict::Passed)])), Wrong::new());
        let told = all_passed(&ran(&[("a", Verdict::Passed), ("b", failed())]));
        assert_eq!(told, ["`b` failed (You answered 1.), but this is correct."]);
        assert_eq!(all_passed(&ran(&[])), ["0 of 0 checks were settled."]);
        assert_eq!(
            all_passed(&not_ready(failed())),
            ["It is not ready: You answered 1."]
        );
    }

    #[test]
    fn a_starter_passes_its_smoke_checks_and_nothing_else() {
        let smoke = ["a".to_owned()];
        let honest = ran(&[("a", Verdict::Passed), ("b", failed()), ("c", skipped("b"))]);
        assert_eq!(starter(&honest, &smoke), Wrong::new());
        let dies = ran(&[
            ("a", Verdict::Passed),
            ("b", failed()),
            ("c", skipped(DIED_THREE_TIMES)),
        ]);
        assert_eq!(starter(&dies, &smoke), Wrong::new());
        for dishonest in [
            ran(&[("a", failed())]),
            ran(&[("a", Verdict::Passed), ("b", Verdict::Passed)]),
            ran(&[("a", Verdict::Passed), ("b", unsettled())]),
            ran(&[
                ("a", Verdict::Passed),
                ("b", skipped("the program never became ready")),
            ]),
            ran(&[("a", skipped(DIED_THREE_TIMES))]),
        ] {
            assert_eq!(starter(&dishonest, &smoke).len(), 1);
        }
    }

    #[test]
    fn a_mutant_must_fail_its_check_and_unsettled_is_no_catch() {
        assert_eq!(caught(&ran(&[("a", failed())]), "a"), Wrong::new());
        assert_eq!(
            caught(&ran(&[("a", Verdict::Passed)]), "a"),
            ["`a` passed on it."]
        );
        assert_eq!(
            caught(&ran(&[("a", unsettled())]), "a"),
            ["`a` is unsettled (The machine stood still.) on it."]
        );
        assert_eq!(caught(&ran(&[("b", failed())]), "a"), ["`a` did not run."]);
    }

    #[test]
    fn a_manner_ends_as_said_and_its_report_tells_it() {
        let told = ["code 3".to_owned()];
        let died = not_ready(failed());
        assert_eq!(
            manner(&died, "… code 3 …", &Ends::Skipped, &told),
            Wrong::new()
        );
        assert_eq!(
            manner(&died, "…", &Ends::Skipped, &told),
            ["The report does not say `code 3`."]
        );
        assert_eq!(manner(&died, "", &Ends::Unsettled, &[]).len(), 1);
        let foreign = not_ready(unsettled());
        assert_eq!(manner(&foreign, "", &Ends::Unsettled, &[]), Wrong::new());
        assert_eq!(manner(&foreign, "", &Ends::Skipped, &[]).len(), 1);
        let failed_in_a = Ends::Failed("a".to_owned());
        let one = ran(&[("a", failed()), ("b", Verdict::Passed)]);
        assert_eq!(manner(&one, "", &failed_in_a, &[]), Wrong::new());
        let two = ran(&[("a", failed()), ("b", unsettled())]);
        assert_eq!(manner(&two, "", &failed_in_a, &[]).len(), 1);
    }
}
