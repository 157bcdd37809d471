//! The house rules for authors: what must hold between texts, templates and graders.
//!
//! What a command relies on is checked whenever a curriculum is opened; what only an author can
//! mend, and a learner would merely stumble over, is checked here.

mod folders;
mod lab;
mod links;

use std::fmt;

use mastery_kit::bench::Grader;

use super::{Curriculum, Status, Templates, Week, error::visible};

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Relative to the repository, or below the directory given.
    pub file: String,
    pub line: Option<usize>,
    pub what: String,
}

/// Every broken rule, by file. Empty: the course can be given to learners.
pub fn check(curriculum: &Curriculum, graders: &[Grader]) -> Vec<Finding> {
    check_with(curriculum, graders, Templates::embedded())
}

fn check_with(curriculum: &Curriculum, graders: &[Grader], templates: Templates) -> Vec<Finding> {
    let mut findings = Findings::default();
    index(curriculum, &mut findings);
    for week in curriculum.weeks() {
        week_texts(curriculum, week, &mut findings);
    }
    for unit in curriculum.units() {
        let grader = graders.iter().find(|grader| grader.lab == unit.id.as_str());
        let lab = lab::Lab::new(curriculum, unit, templates);
        lab.texts(&mut findings);
        match unit.status {
            Status::Planned => lab.planned(grader, &mut findings),
            Status::Open => {
                lab.open(&mut findings);
                lab.agrees_with(grader, &mut findings);
                links::check(&lab, &mut findings);
            }
        }
    }
    folders::curriculum(curriculum, &mut findings);
    folders::templates(curriculum, graders, templates, &mut findings);
    findings.0.sort();
    findings.0
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, file: impl AsRef<str>, line: Option<usize>, what: impl AsRef<str>) {
        self.0.push(Finding {
            file: visible(file.as_ref()),
            line,
            what: visible(what.as_ref()),
        });
    }

    /// A title: there, and no sentence.
    fn title(&mut self, file: &str, line: Option<usize>, of: &str, title: &str) {
        self.text(file, line, &format!("the title of {of}"), title);
        if title.trim_end().ends_with('.') {
            self.add(
                file,
                line,
                format!("the title of {of} ends with a full stop"),
            );
        }
    }

    fn text(&mut self, file: &str, line: Option<usize>, of: &str, text: &str) {
        if text.trim().is_empty() {
            self.add(file, line, format!("{of} is empty"));
        }
    }
}

fn index(curriculum: &Curriculum, findings: &mut Findings) {
    let file = curriculum.files.named("curriculum.toml");
    findings.title(&file, None, "the curriculum", curriculum.title());
    if curriculum.weeks().is_empty() {
        findings.add(&file, None, "there is no week");
    }
    for week in curriculum.weeks() {
        let of = format!("`{}`", week.id);
        findings.title(&file, None, &of, &week.title);
        findings.text(&file, None, &format!("the goal of {of}"), &week.goal);
        findings.text(
            &file,
            None,
            &format!("the deliverable of {of}"),
            &week.deliverable,
        );
        if week.units.is_empty() {
            findings.add(&file, None, format!("{of} has neither lab nor challenge"));
        }
    }
    let capstone = curriculum.capstone();
    findings.title(&file, None, "the capstone", &capstone.title);
    findings.text(&file, None, "the goal of the capstone", &capstone.goal);
    if capstone.components.is_empty() {
        findings.add(&file, None, "the capstone has no component");
    }
}

fn week_texts(curriculum: &Curriculum, week: &Week, findings: &mut Findings) {
    let text = curriculum.week_text(week);
    for (name, text) in [
        ("README.md", text.readme),
        ("challenges.md", text.challenges),
    ] {
        let file = curriculum.files.named(&format!("{}/{name}", week.id));
        match text {
            None => findings.add(file, None, "this file is missing"),
            Some(text) => findings.text(&file, None, "this file", text),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

#[cfg(test)]
mod tests;
