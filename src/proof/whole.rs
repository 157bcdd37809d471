//! What holds for a lab as a whole, whatever its variants do on a seed, and its kill matrix.

use std::{collections::BTreeSet, time::Instant};

use mastery_kit::verdict::millis;

use super::{
    error::ProofError,
    event::{Fault, ProofKind, Proved},
    judge,
    lab::{ALONE, Lab},
    matrix::{self, KillMatrix, Row},
    run::Which,
    seeds::FIXED,
    stage::Stage,
    variant::{Variant, VariantKind},
};

impl Lab<'_> {
    /// What holds for the lab as a whole, whatever its variants do on a seed.
    pub fn overall(&self) -> Result<Vec<Proved>, ProofError> {
        let mut all: Vec<Proved> = self
            .grader
            .checks
            .iter()
            .map(|check| self.earns_its_place(check.id))
            .collect();
        all.push(self.nothing_stale()?);
        all.push(self.matrix_is_current());
        Ok(all)
    }

    fn earns_its_place(&self, check: &str) -> Proved {
        let mut proved = Proved::without_runs(ProofKind::EarnsItsPlace, check);
        let catches = |variant: &&Variant| variant.caught_by() == Some(check);
        let number = self.variants.iter().filter(catches).count();
        if number == 0 {
            proved.faults.push(Fault {
                seed: None,
                what: format!("No mutant names `{check}` as its catcher, so it is decoration."),
                report: None,
                again: self.again(),
            });
        }
        proved
    }

    fn nothing_stale(&self) -> Result<Proved, ProofError> {
        let mut proved = Proved::without_runs(ProofKind::NothingStale, "said/");
        let told = |variant: &&Variant| {
            matches!(
                variant.kind,
                VariantKind::Mutant { .. } | VariantKind::Manner(_)
            )
        };
        let names: BTreeSet<&str> = self
            .variants
            .iter()
            .filter(told)
            .map(|variant| variant.name.as_str())
            .collect();
        for file in self.said.stale(&names)? {
            proved.faults.push(Fault {
                seed: None,
                what: format!("{file} belongs to no mutant and no manner."),
                report: None,
                again: format!("{} --accept", self.again()),
            });
        }
        Ok(proved)
    }

    /// The kept matrix names the catchers that the mutants name.
    fn matrix_is_current(&self) -> Proved {
        let path = self.checkout.kill_matrix(self.unit.id.as_str());
        let shown = self.checkout.shown(&path);
        let mut proved = Proved::without_runs(ProofKind::KillMatrix, shown.clone());
        let catchers: Vec<(&str, &str)> = self
            .variants
            .iter()
            .filter_map(|variant| Some((variant.name.as_str(), variant.caught_by()?)))
            .collect();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let differences = matrix::differences(&text, &catchers);
        if !differences.is_empty() {
            proved.faults.push(Fault {
                seed: None,
                what: differences.join("\n"),
                report: None,
                again: format!("{} --kill-matrix {shown}", self.again()),
            });
        }
        proved
    }

    /// One row of the kill matrix: every check by itself, on the fixed seed.
    pub fn kills(&self, variant: &Variant) -> Result<(Row, Proved), ProofError> {
        let _running = ALONE.read();
        let begun = Instant::now();
        let mut stage = Stage::new(self, variant)?;
        let mut proved = Proved::without_runs(ProofKind::KillMatrix, stage.name());
        proved.runs = 1;
        let caught_by = variant.caught_by().unwrap_or_default().to_owned();
        let key = stage.key(Which::EachAlone, FIXED, "matrix");
        let letters = if let Some(letters) = self.kept.get(&key) {
            proved.kept = 1;
            letters
        } else {
            let ran = stage.run(Which::EachAlone, FIXED)?;
            let wrong = judge::caught(&ran.progress, &caught_by);
            let settled = ran.progress.settled();
            let letters: String = settled
                .map(|(_, verdict, _)| judge::letter(verdict))
                .collect();
            if wrong.is_empty() {
                self.kept.put(&key, &letters);
            } else {
                proved.faults.push(stage.fault(FIXED, &wrong, Some(&ran)));
            }
            letters
        };
        proved.took_ms = millis(begun.elapsed());
        let row = Row {
            mutant: variant.name.clone(),
            caught_by,
            letters: letters.chars().collect(),
        };
        Ok((row, proved))
    }

    /// The matrix of these rows.
    pub fn matrix(&self, rows: Vec<Row>) -> KillMatrix {
        KillMatrix {
            lab: self.unit.id.to_string(),
            seed: FIXED.to_string(),
            checks: self
                .grader
                .checks
                .iter()
                .map(|check| check.id.to_owned())
                .collect(),
            rows,
        }
    }
}
