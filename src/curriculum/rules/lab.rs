//! One unit: its texts, what an open one needs to be started, and that its grader agrees.

use std::collections::BTreeSet;

use mastery_kit::bench::Grader;

use super::{
    super::{Curriculum, Language, Templates, Unit, load::is_snake_case},
    Findings,
};

/// How many hints a check has: the concept, the pointer, the sketch.
const HINTS: usize = 3;

/// One unit, with what belongs to it.
pub(super) struct Lab<'c> {
    pub(super) unit: &'c Unit,
    pub(super) templates: Templates,
    pub(super) brief: Option<&'c str>,
    /// Of `lab.toml` and of the brief, as findings name them.
    pub(super) file: String,
    pub(super) brief_file: String,
    components: &'c [mastery_kit::id::LabId],
}

impl<'c> Lab<'c> {
    pub(super) fn new(curriculum: &'c Curriculum, unit: &'c Unit, templates: Templates) -> Self {
        let folder = curriculum
            .files
            .named(&format!("{}/{}", unit.week, unit.id));
        Self {
            unit,
            templates,
            brief: curriculum.brief(unit),
            file: format!("{folder}/lab.toml"),
            brief_file: format!("{folder}/README.md"),
            components: &curriculum.capstone().components,
        }
    }

    /// What every unit says, open or not.
    pub(super) fn texts(&self, findings: &mut Findings) {
        let (unit, file) = (self.unit, &self.file);
        findings.title(file, None, "the unit", &unit.title);
        findings.text(file, None, "the goal", &unit.goal);
        if unit.revision == 0 {
            findings.add(file, None, "revisions begin at 1");
        }
        if let Some(component) = &unit.component {
            let first = component.split('/').next().unwrap_or_default();
            if self.components.iter().all(|known| known.as_str() != first) {
                findings.add(
                    file,
                    None,
                    format!(
                        "the capstone has no component `{first}`, which `{component}` begins with"
                    ),
                );
            }
        }
        for option in &unit.options {
            if !is_snake_case(option) {
                findings.add(
                    file,
                    None,
                    format!("the option `{option}` is not snake_case"),
                );
            }
        }
        self.repeated(
            "language",
            unit.languages.iter().map(|language| language.as_str()),
            findings,
        );
        self.repeated(
            "smoke check",
            unit.smoke.iter().map(String::as_str),
            findings,
        );
        self.repeated("option", unit.options.iter().map(String::as_str), findings);
    }

    fn repeated<'a>(
        &self,
        what: &str,
        all: impl Iterator<Item = &'a str>,
        findings: &mut Findings,
    ) {
        let mut seen = BTreeSet::new();
        for one in all {
            if !seen.insert(one) {
                findings.add(
                    &self.file,
                    None,
                    format!("the {what} `{one}` is named twice"),
                );
            }
        }
    }

    /// A planned unit promises nothing yet.
    pub(super) fn planned(&self, grader: Option<&Grader>, findings: &mut Findings) {
        if let Some(check) = self.unit.checks.first() {
            findings.add(
                &self.file,
                Some(check.line),
                "a planned unit has checks; it is open, or they come with it",
            );
        }
        if grader.is_some_and(|grader| !grader.checks.is_empty()) {
            findings.add(&self.file, None, "a planned unit has a grader with checks");
        }
    }

    /// What a learner needs to begin.
    pub(super) fn open(&self, findings: &mut Findings) {
        let unit = self.unit;
        let id = unit.id.as_str();
        let folder = format!("templates/{id}");
        if self.templates.contract(id).is_empty() {
            findings.add(
                format!("{folder}/contract"),
                None,
                "an open unit has a contract",
            );
        }
        if unit.languages.is_empty() {
            findings.add(
                &self.file,
                None,
                "an open unit has a starter in some language",
            );
        }
        let starters = unit
            .languages
            .iter()
            .map(|language| (language.as_str(), self.templates.starter(id, *language)));
        for (name, files) in starters.chain([("other", self.templates.other(id))]) {
            let folder = format!("{folder}/{name}");
            match files {
                None => findings.add(folder, None, format!("an open unit has a folder `{name}`")),
                Some(files) if files.iter().all(|file| file.path != "submission.toml") => {
                    findings.add(folder, None, "there is no `submission.toml`");
                }
                Some(_) => {}
            }
        }
        for language in Language::ALL {
            if !unit.languages.contains(&language) && self.templates.starter(id, language).is_some()
            {
                findings.add(
                    &self.file,
                    None,
                    format!("there is a starter in `{language}`, which `languages` does not name"),
                );
            }
        }
        self.check_texts(findings);
        self.brief(findings);
    }

    fn check_texts(&self, findings: &mut Findings) {
        let (unit, file) = (self.unit, &self.file);
        if unit.checks.is_empty() {
            findings.add(file, None, "an open unit has checks");
        }
        for check in &unit.checks {
            let (line, of) = (Some(check.line), format!("`{}`", check.id));
            findings.title(file, line, &of, &check.title);
            findings.text(file, line, &format!("the rule of {of}"), &check.rule.text);
            if check.hints.len() != HINTS {
                let number = check.hints.len();
                findings.add(
                    file,
                    line,
                    format!("{of} has {number} hints; there are {HINTS}: concept, pointer, sketch"),
                );
            }
            for (hint, number) in check.hints.iter().zip(1..) {
                findings.text(file, line, &format!("hint {number} of {of}"), hint);
            }
        }
        for (old, new) in &unit.renamed {
            if unit.check(old).is_some() {
                findings.add(
                    file,
                    None,
                    format!("`{old}` was renamed to `{new}` and is used again: old attempts would mean another check"),
                );
            }
        }
    }

    fn brief(&self, findings: &mut Findings) {
        let Some(brief) = self.brief else {
            findings.add(&self.brief_file, None, "an open unit has a brief");
            return;
        };
        findings.text(&self.brief_file, None, "the brief", brief);
        for check in &self.unit.checks {
            let row = brief
                .lines()
                .zip(1..)
                .find(|(row, _)| row.contains(&format!("`{}`", check.id)));
            match row {
                None => findings.add(
                    &self.brief_file,
                    None,
                    format!("the brief does not name the check `{}`", check.id),
                ),
                Some((row, line)) if !row.contains(&check.title) => findings.add(
                    &self.brief_file,
                    Some(line),
                    format!(
                        "the title of `{}` is \"{}\" in `lab.toml`",
                        check.id, check.title
                    ),
                ),
                Some(_) => {}
            }
        }
    }

    /// The texts and the table of checks have the same ids in the same order.
    pub(super) fn agrees_with(&self, grader: Option<&Grader>, findings: &mut Findings) {
        let (unit, file) = (self.unit, &self.file);
        let Some(grader) = grader else {
            findings.add(file, None, "an open unit has a grader");
            return;
        };
        let run: Vec<&str> = grader.checks.iter().map(|check| check.id).collect();
        let told: Vec<&str> = unit.checks.iter().map(|check| check.id.as_str()).collect();
        for check in unit
            .checks
            .iter()
            .filter(|check| !run.contains(&check.id.as_str()))
        {
            let what = format!("the grader has no check `{}`", check.id);
            findings.add(file, Some(check.line), what);
        }
        for id in run.iter().filter(|id| !told.contains(id)) {
            let what = format!("the grader's check `{id}` has no `[[check]]`");
            findings.add(file, None, what);
        }
        let both_told = told.iter().filter(|id| run.contains(id));
        let both_run = run.iter().filter(|id| told.contains(id));
        for (told, run) in both_told.zip(both_run) {
            if told != run {
                let what = format!(
                    "`{told}` stands where the grader runs `{run}`: the order is the same in both"
                );
                findings.add(file, unit.check(told).map(|check| check.line), what);
                break;
            }
        }
        self.table(grader, &run, findings);
    }

    /// The grader's table: ids are facts in `snake_case`, and a need comes before what needs it.
    fn table(&self, grader: &Grader, run: &[&str], findings: &mut Findings) {
        let table = format!("graders/{}/grader.rs", self.unit.id);
        for (check, place) in grader.checks.iter().zip(0..) {
            let id = check.id;
            if !is_snake_case(id) {
                findings.add(&table, None, format!("the check `{id}` is not snake_case"));
            }
            for need in check.needs {
                let what = match run.iter().position(|id| id == need) {
                    None => format!("`{id}` needs `{need}`, which is no check"),
                    Some(needed) if needed >= place => {
                        format!("`{id}` needs `{need}`, which does not come before it")
                    }
                    Some(_) => continue,
                };
                findings.add(&table, None, what);
            }
        }
    }
}
