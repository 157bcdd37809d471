//! What is proved of a lab: references, starters, and the patches on a reference.

use std::{fs, path::Path};

use mastery_kit::bench::Grader;

use super::{checkout::Checkout, error::ProofError, head::Head};
use crate::curriculum::{Language, Templates, Unit, rules::Finding};

/// A program whose verdict is known beforehand.
#[derive(Clone, Debug)]
pub struct Variant {
    /// `key-header-ignored`, `reference-go`, `starter-python`: unique in its lab.
    pub name: String,
    pub language: Language,
    pub kind: VariantKind,
    /// Where it stands, as errors name it.
    pub file: String,
    /// On the reference of its language. Empty: it is a reference or a starter.
    pub diff: String,
    pub(super) diff_line: usize,
}

/// What must become of a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariantKind {
    /// Passes everything.
    Reference,
    /// Passes exactly the smoke checks.
    Starter { smoke: Vec<String> },
    /// Correct, though nobody would write it so: passes everything.
    Unusual { why: String },
    /// One planted bug, seen by the check it names.
    Mutant { breaks: String, caught_by: String },
    /// A badly behaved program: a clear verdict in bounded time.
    Manner(Manner),
}

/// How a program behaves badly, and what must come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    pub does: String,
    /// What must stand in the plain report.
    pub told: Vec<String>,
    pub ends: Ends,
    /// The bench itself holds the program's port, and answers there.
    pub foreign_listener: bool,
}

/// How a run with a bad manner ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ends {
    /// No check ran, and that is the program's fault.
    Skipped,
    /// This check failed, and none is unsettled.
    Failed(String),
    /// It could not be decided.
    Unsettled,
    Passed,
}

/// All variants of a lab, in the order in which they are proved.
pub fn variants(
    checkout: &Checkout,
    unit: &Unit,
    grader: &Grader,
) -> Result<Vec<Variant>, ProofError> {
    let mut found = Vec::new();
    let mut findings = Vec::new();
    let folder = checkout.grader(unit.id.as_str());
    for language in Language::ALL {
        let template = Templates::embedded().starter(unit.id.as_str(), language);
        if template.is_some() {
            let kind = VariantKind::Starter {
                smoke: unit.smoke.clone(),
            };
            let file = format!("templates/{}/{language}", unit.id);
            found.push(whole(format!("starter-{language}"), language, kind, file));
        }
    }
    for language in Language::ALL {
        let reference = folder.join("reference").join(language.as_str());
        if reference.is_dir() {
            let file = checkout.shown(&reference);
            let name = format!("reference-{language}");
            found.push(whole(name, language, VariantKind::Reference, file));
        }
    }
    for kind in ["unusual", "mutants", "manners"] {
        for (name, path) in patches(&folder.join(kind), checkout, &mut findings)? {
            let text = fs::read_to_string(&path)
                .map_err(|error| ProofError::bench(checkout.shown(&path), error))?;
            let head = Head::read(&checkout.shown(&path), &text);
            match read(kind, &name, head, grader) {
                Ok(variant) => found.push(variant),
                Err(wrong) => findings.extend(wrong),
            }
        }
    }
    twice(&found, &mut findings);
    without_reference(&found, &mut findings);
    if findings.is_empty() {
        Ok(found)
    } else {
        Err(ProofError::Variants(findings))
    }
}

fn whole(name: String, language: Language, kind: VariantKind, file: String) -> Variant {
    Variant {
        name,
        language,
        kind,
        file,
        diff: String::new(),
        diff_line: 0,
    }
}

/// The patches of a folder, by name. Anything else in it is told.
fn patches(
    folder: &Path,
    checkout: &Checkout,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(String, std::path::PathBuf)>, ProofError> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    let failed = |error| ProofError::bench(checkout.shown(folder), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match name.strip_suffix(".patch") {
            Some(name) => found.push((name.to_owned(), path.clone())),
            None => findings.push(Finding {
                file: checkout.shown(&path),
                line: None,
                what: "only NAME.patch files belong here".to_owned(),
            }),
        }
    }
    found.sort();
    Ok(found)
}

fn read(kind: &str, name: &str, mut head: Head, grader: &Grader) -> Result<Variant, Vec<Finding>> {
    let on = head.one("on").and_then(|(text, line)| {
        let language = text.parse::<Language>();
        if let Err(error) = &language {
            head.finding(Some(line), error.to_string());
        }
        language.ok()
    });
    let (read, known): (_, &[&str]) = match kind {
        "unusual" => (unusual(&mut head), &["unusual", "on"]),
        "mutants" => (mutant(&mut head, grader), &["breaks", "caught-by", "on"]),
        _ => (
            manner(&mut head, grader),
            &["manner", "told", "ends", "foreign-listener", "on"],
        ),
    };
    let (diff, diff_line) = (head.diff.clone(), head.diff_line);
    let findings = head.finish(known);
    match (read, on) {
        (Some(kind_read), Some(language)) if findings.is_empty() => Ok(Variant {
            name: name.to_owned(),
            language,
            kind: kind_read,
            file: format!("graders/{}/{kind}/{name}.patch", grader.lab),
            diff,
            diff_line,
        }),
        _ => Err(findings),
    }
}

fn unusual(head: &mut Head) -> Option<VariantKind> {
    let (why, _) = head.one("unusual")?;
    Some(VariantKind::Unusual { why })
}

fn mutant(head: &mut Head, grader: &Grader) -> Option<VariantKind> {
    let breaks = head.one("breaks");
    let (caught_by, line) = head.one("caught-by")?;
    is_check(head, grader, &caught_by, line);
    let (breaks, _) = breaks?;
    Some(VariantKind::Mutant { breaks, caught_by })
}

fn manner(head: &mut Head, grader: &Grader) -> Option<VariantKind> {
    let does = head.one("manner");
    let told = head.all("told").into_iter().map(|(text, _)| text).collect();
    let foreign = head.optional("foreign-listener");
    if let Some((value, line)) = &foreign
        && value != "yes"
    {
        head.finding(Some(*line), "`foreign-listener` is `yes` or left out");
    }
    let (text, line) = head.one("ends")?;
    let ends = match text.split_once(' ') {
        None if text == "skipped" => Ends::Skipped,
        None if text == "unsettled" => Ends::Unsettled,
        None if text == "passed" => Ends::Passed,
        Some(("failed", check)) => {
            is_check(head, grader, check, line);
            Ends::Failed(check.to_owned())
        }
        _ => {
            head.finding(
                Some(line),
                format!("`{text}` is none of skipped, failed CHECK, unsettled, passed"),
            );
            return None;
        }
    };
    Some(VariantKind::Manner(Manner {
        does: does?.0,
        told,
        ends,
        foreign_listener: foreign.is_some(),
    }))
}

fn is_check(head: &mut Head, grader: &Grader, id: &str, line: usize) {
    if grader.checks.iter().all(|check| check.id != id) {
        let ids = grader.checks.iter().map(|check| check.id);
        let near = crate::curriculum::suggest(id, ids);
        let near = near.map(|near| format!("; did you mean `{near}`?"));
        let near = near.unwrap_or_default();
        head.finding(
            Some(line),
            format!("`{id}` is no check of `{}`{near}", grader.lab),
        );
    }
}

/// Names are said on the command line and become files in `said/`.
fn twice(found: &[Variant], findings: &mut Vec<Finding>) {
    for (at, variant) in found.iter().enumerate() {
        if let Some(first) = found[..at].iter().find(|one| one.name == variant.name) {
            findings.push(Finding {
                file: variant.file.clone(),
                line: None,
                what: format!("its name is taken by {}", first.file),
            });
        }
    }
}

fn without_reference(found: &[Variant], findings: &mut Vec<Finding>) {
    let has = |language| {
        found
            .iter()
            .any(|variant| variant.kind == VariantKind::Reference && variant.language == language)
    };
    for variant in found.iter().filter(|variant| !variant.diff.is_empty()) {
        if !has(variant.language) {
            findings.push(Finding {
                file: variant.file.clone(),
                line: None,
                what: format!(
                    "there is no reference in {} it could change",
                    variant.language
                ),
            });
        }
    }
}

impl Variant {
    /// The check that must see it, of a mutant.
    pub fn caught_by(&self) -> Option<&str> {
        match &self.kind {
            VariantKind::Mutant { caught_by, .. } => Some(caught_by),
            VariantKind::Reference
            | VariantKind::Starter { .. }
            | VariantKind::Unusual { .. }
            | VariantKind::Manner(_) => None,
        }
    }

    /// What it is, in one line.
    pub fn about(&self) -> String {
        match &self.kind {
            VariantKind::Reference => format!("the reference in {}", self.language),
            VariantKind::Starter { .. } => format!("the starter in {}", self.language),
            VariantKind::Unusual { why } => why.clone(),
            VariantKind::Mutant { breaks, .. } => breaks.clone(),
            VariantKind::Manner(manner) => manner.does.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use mastery_kit::bench::{Check, CheckKind};

    use super::*;

    const CHECKS: &[Check] = &[Check {
        id: "a_fact_holds",
        limit: std::time::Duration::from_secs(1),
        needs: &[],
        env: &[],
        kind: CheckKind::Required,
        run: |_| Box::pin(async { Ok(()) }),
    }];
    const GRADER: Grader = Grader {
        lab: "a-lab",
        checks: CHECKS,
    };
    const DIFF: &str = "\ndiff --git a/x b/x\n";

    fn of(kind: &str, head: &str) -> Result<Variant, Vec<String>> {
        let head = Head::read("f", &format!("{head}{DIFF}"));
        read(kind, "v", head, &GRADER).map_err(|all| all.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_manner_says_how_it_ends_and_what_is_told() {
        let read = of(
            "manners",
            "manner: dies\ntold: code 3\ntold: KeyError: 'X'\nends: failed a_fact_holds\non: python\n",
        );
        let manner = Manner {
            does: "dies".to_owned(),
            told: vec!["code 3".to_owned(), "KeyError: 'X'".to_owned()],
            ends: Ends::Failed("a_fact_holds".to_owned()),
            foreign_listener: false,
        };
        assert_eq!(read.unwrap().kind, VariantKind::Manner(manner));
    }

    #[test]
    fn a_check_nobody_knows_is_told_with_the_nearest() {
        let told = of("mutants", "breaks: x\ncaught-by: a_fact_hold\non: go\n").unwrap_err();
        assert_eq!(
            told,
            ["f:2: `a_fact_hold` is no check of `a-lab`; did you mean `a_fact_holds`?"]
        );
    }

    #[test]
    fn other_endings_and_languages_are_refused() {
        let told = of("manners", "manner: x\nends: badly\non: cobol\n").unwrap_err();
        assert!(told[0].starts_with("f:2: `badly` is none of"), "{told:?}");
        assert!(told[1].starts_with("f:3:"), "{told:?}");
        let told = of("unusual", "unusual: x\ntold: y\non: go\n").unwrap_err();
        assert_eq!(told, ["f:2: `told` is none of unusual, on"]);
    }
}
