//! `mastery week review`: the weekly review with what the record says filled in. The thinking is
//! left to the learner.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{
    AppError, clock,
    scope::{self, ScopeError, place},
    start::last_started,
};
use crate::{
    curriculum::{Curriculum, Found, Templates, Week},
    report::words::{counted, date, duration},
    workspace::{self, AttemptSummary, LabRecord, LayoutFile, Record, Workspace},
};

/// The template, in the workspace; the learner may have made it their own.
const TEMPLATE: &str = "utils/weekly-review-template.md";

/// What the learner writes into, below the week's folder.
const REVIEW: &str = "review.md";

/// A review, and whether it was there before.
#[derive(Debug)]
pub struct Review {
    pub week: String,
    pub path: PathBuf,
    pub is_new: bool,
    pub text: String,
}

/// Lays out the review of a week; one that is there is never touched.
pub fn review(
    workspace: &Workspace,
    curriculum: &Curriculum,
    here: &std::path::Path,
    named: Option<&str>,
) -> Result<Review, AppError> {
    let week = week(workspace, curriculum, here, named)?;
    let path = format!("{}/{REVIEW}", week.id);
    let text = filled(workspace, week)?;
    let file = LayoutFile {
        path: path.clone(),
        bytes: text.clone().into_bytes(),
        executable: false,
    };
    let is_new = workspace::create(workspace, &file)?;
    let text = if is_new {
        text
    } else {
        let there = workspace::read(workspace, &path)?.unwrap_or_default();
        String::from_utf8_lossy(&there).into_owned()
    };
    Ok(Review {
        week: week.id.to_string(),
        path: workspace.folder(&path),
        is_new,
        text,
    })
}

/// The week that was named, whose folder this is, or in which the learner is at work.
fn week<'c>(
    workspace: &Workspace,
    curriculum: &'c Curriculum,
    here: &std::path::Path,
    named: Option<&str>,
) -> Result<&'c Week, AppError> {
    let of_unit = |id: &str| {
        let mut weeks = curriculum.weeks().iter();
        weeks.find(|week| week.units.iter().any(|unit| unit.id.as_str() == id))
    };
    let week = if let Some(text) = named {
        match curriculum.find(text).map_err(ScopeError::Name)? {
            Found::Week(week) => Some(week),
            Found::Unit(unit) => of_unit(unit.id.as_str()),
            Found::Capstone(_) => return Err(ScopeError::Capstone.into()),
        }
    } else {
        let below = here.strip_prefix(&workspace.root).unwrap_or(here);
        let first = below.components().next();
        first
            .and_then(|part| curriculum.week(part.as_os_str().to_str()?))
            .or_else(|| of_unit(&last_started(workspace)?))
    };
    let week = match week {
        Some(week) => week,
        // The only started lab may tell as well.
        None => scope::to_grade(curriculum, &workspace.root, here, None, None)
            .ok()
            .and_then(|scope| of_unit(scope.units.first()?.id.as_str()))
            .ok_or(ScopeError::Nothing)?,
    };
    if week.units.iter().any(crate::curriculum::Unit::is_open) {
        Ok(week)
    } else {
        let id = week.id.to_string();
        Err(ScopeError::PlannedWeek { id }.into())
    }
}

/// A lab that was attempted.
struct Lab {
    id: String,
    checks: usize,
    attempts: Vec<AttemptSummary>,
    record: LabRecord,
}

/// The template with its lines of facts filled; lines that the learner took out stay out.
fn filled(workspace: &Workspace, week: &Week) -> Result<String, AppError> {
    let record = Record::read(workspace)?;
    let mut labs = Vec::new();
    for unit in &week.units {
        let id = unit.id.as_str();
        if let Some(record) = record.lab(id) {
            labs.push(Lab {
                id: id.to_owned(),
                checks: unit.checks.len(),
                attempts: workspace::attempts(workspace, id)?,
                record: record.clone(),
            });
        }
    }
    let planned = week.units.iter().filter(|unit| unit.is_open());
    let not_started: Vec<String> = planned
        .filter(|unit| !workspace.folder(&place(unit)).is_dir())
        .map(|unit| format!("`{}`: not started.", unit.id))
        .collect();
    let mut tallies: Vec<String> = labs.iter().map(from_to).collect();
    tallies.extend(not_started);
    let answers: [(&str, Vec<String>); 8] = [
        ("- Week:", vec![format!("{} ({})", week.title, week.id)]),
        ("- Date:", vec![today()]),
        ("- Checks passed and failed", tallies),
        ("- Attempts, and time", labs.iter().map(attempts).collect()),
        (
            "- The check that took longest",
            slowest(&labs).into_iter().collect(),
        ),
        (
            "- Checks that passed and later failed",
            labs.iter().flat_map(lost).collect(),
        ),
        (
            "- Anything unsettled",
            labs.iter().flat_map(unsettled).collect(),
        ),
        ("- Your notes", notes(workspace, week)?),
    ];
    Ok(fill(&template(workspace)?, &answers))
}

fn template(workspace: &Workspace) -> Result<String, AppError> {
    if let Some(bytes) = workspace::read(workspace, TEMPLATE)?
        && !bytes.is_empty()
    {
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let files = Templates::embedded().workspace();
    let own = files.into_iter().find(|file| file.path == TEMPLATE);
    let own = own.expect("the template is built in: the curriculum's rules ask for it");
    Ok(String::from_utf8_lossy(&own.bytes).into_owned())
}

/// Puts answers behind the lines that ask: one on the line, several below it.
fn fill(template: &str, answers: &[(&str, Vec<String>)]) -> String {
    let mut text = String::new();
    let mut lines = template.lines().peekable();
    while let Some(line) = lines.next() {
        // What tells to copy the template is no part of a copy.
        if line.starts_with("Copy this to ") {
            lines.next_if(|line| line.is_empty());
            continue;
        }
        text.push_str(line);
        let asked = answers.iter().find(|(begin, _)| line.starts_with(begin));
        match asked.map(|(_, answers)| answers.as_slice()) {
            None => {}
            Some([]) => text.push_str(" none"),
            Some([one]) => {
                text.push(' ');
                text.push_str(one);
            }
            Some(several) => {
                for one in several {
                    text.push_str("\n  - ");
                    text.push_str(one);
                }
            }
        }
        text.push('\n');
    }
    text
}

/// The first attempt beside where each check stands now, in whatever attempt it was last.
fn from_to(lab: &Lab) -> String {
    let told = |passed: u64, failed: u64| format!("{passed} passed, {failed} failed");
    let first = lab.attempts.first().map(AttemptSummary::tally);
    let first = first.map_or_else(String::new, |tally| {
        told(tally.passed.into(), tally.failed.into())
    });
    let checks = counted(lab.checks as u64, "check");
    if lab.attempts.len() == 1 {
        return format!("`{}` ({checks}): {first}.", lab.id);
    }
    let stand = |letter: char| {
        lab.record
            .checks
            .values()
            .filter(move |last| **last == letter)
    };
    let now = told(stand('p').count() as u64, stand('f').count() as u64);
    format!(
        "`{}` ({checks}): {first} at the start; {now} at the end.",
        lab.id
    )
}

fn attempts(lab: &Lab) -> String {
    let count = counted(u64::from(lab.record.attempts), "attempt");
    match &lab.record.passed {
        Some(pass) => format!(
            "`{}`: {count}; passed at attempt {}, {} after the first.",
            lab.id,
            pass.after_attempts,
            duration(pass.took_s.saturating_mul(1000))
        ),
        None => format!("`{}`: {count}; not passed yet.", lab.id),
    }
}

/// The check with the longest way from its first failure to its next pass.
fn slowest(labs: &[Lab]) -> Option<String> {
    let mut longest: Option<(i64, String)> = None;
    for lab in labs {
        let mut failing: BTreeMap<&str, i64> = BTreeMap::new();
        for attempt in &lab.attempts {
            for told in &attempt.verdicts {
                if told.letter == 'f' {
                    failing.entry(&told.check).or_insert(attempt.at);
                } else if told.letter == 'p'
                    && let Some(since) = failing.remove(told.check.as_str())
                {
                    let took = attempt.at - since;
                    if longest.as_ref().is_none_or(|(most, _)| took > *most) {
                        longest = Some((took, format!("`{}` of `{}`", told.check, lab.id)));
                    }
                }
            }
        }
    }
    longest.map(|(took, check)| {
        let ms = u64::try_from(took).unwrap_or(0).saturating_mul(1000);
        format!("{check}, {} from its first failure.", duration(ms))
    })
}

fn lost(lab: &Lab) -> Vec<String> {
    let mut passed = BTreeSet::new();
    let mut lost = Vec::new();
    for attempt in &lab.attempts {
        for told in &attempt.verdicts {
            if told.letter == 'p' {
                passed.insert(told.check.as_str());
            } else if told.letter == 'f' && passed.remove(told.check.as_str()) {
                lost.push(format!(
                    "`{}` of `{}`, in attempt {}.",
                    told.check, lab.id, attempt.position
                ));
            }
        }
    }
    lost
}

fn unsettled(lab: &Lab) -> Vec<String> {
    let mut times: BTreeMap<&str, u64> = BTreeMap::new();
    for told in lab.attempts.iter().flat_map(|attempt| &attempt.verdicts) {
        if told.letter == 'u' {
            *times.entry(&told.check).or_default() += 1;
        }
    }
    let told = |(check, n): (&str, u64)| {
        format!("`{check}` of `{}`, in {}.", lab.id, counted(n, "attempt"))
    };
    times.into_iter().map(told).collect()
}

/// The headings of the week's notes under which something is written.
fn notes(workspace: &Workspace, week: &Week) -> Result<Vec<String>, AppError> {
    let path = format!("{}/notes.md", week.id);
    let bytes = workspace::read(workspace, &path)?.unwrap_or_default();
    let own = Templates::embedded().week();
    let own = own.iter().find(|file| file.path == "notes.md");
    let blank = own.map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    let blank = blank.unwrap_or_default();
    let scaffold: BTreeSet<&str> = blank.lines().map(str::trim).collect();
    let mut written: Vec<(String, u64)> = Vec::new();
    for line in String::from_utf8_lossy(&bytes).lines() {
        let line = line.trim();
        if let Some(heading) = line.strip_prefix("## ") {
            written.push((heading.to_owned(), 0));
        } else if !line.is_empty()
            && !scaffold.contains(line)
            && let Some((_, lines)) = written.last_mut()
        {
            *lines += 1;
        }
    }
    written.retain(|(_, lines)| *lines > 0);
    let told = |(heading, lines): (String, u64)| format!("{heading}: {}.", counted(lines, "line"));
    Ok(written.into_iter().map(told).collect())
}

/// The day it is for the learner: `2026-11-25`.
fn today() -> String {
    date(clock::now() + workspace::clock_offset() * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_facts_in_our_template_is_filled() {
        let files = Templates::embedded().workspace();
        let own = files.iter().find(|file| file.path == TEMPLATE).unwrap();
        let template = String::from_utf8_lossy(&own.bytes).into_owned();
        for begin in [
            "- Week:",
            "- Date:",
            "- Checks passed and failed",
            "- Attempts, and time",
            "- The check that took longest",
            "- Checks that passed and later failed",
            "- Anything unsettled",
            "- Your notes",
        ] {
            let line = template.lines().find(|line| line.starts_with(begin));
            assert!(line.is_some(), "no line begins with {begin:?}");
        }
    }

    #[test]
    fn one_answer_stands_on_its_line_and_several_below() {
        let answers = [("- A", vec!["x".to_owned()]), ("- B", Vec::new())];
        assert_eq!(
            fill("# T\n- A:\n- B:\n- C:\n", &answers),
            "# T\n- A: x\n- B: none\n- C:\n"
        );
        let two = [("- A", vec!["x".to_owned(), "y".to_owned()])];
        assert_eq!(fill("- A:\n", &two), "- A:\n  - x\n  - y\n");
    }
}
