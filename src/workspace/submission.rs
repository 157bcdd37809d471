//! `submission.toml`: which programs the learner's solution has, and how they are started.

use std::{collections::BTreeMap, fs, io, time::Duration};

use mastery_kit::spec::{Ready, RunSpec};
use toml::{Spanned, de::DeValue};

use super::{
    ErrorKind, Result, TextError, Workspace, WorkspaceError,
    command::commands,
    discover::quoted,
    program::{program, ready},
    reader::{Section, Source, listed},
};

/// The file's name, in the lab's folder.
pub const SUBMISSION: &str = "submission.toml";

const BUILD_LIMIT_S: u64 = 600;

/// What the learner hands in, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    pub lab: String,
    /// What it was scaffolded from.
    pub made_from: Option<MadeFrom>,
    /// Run once with a template database; empty: nothing to set up.
    pub setup: Vec<Vec<String>>,
    pub programs: Vec<RunSpec>,
    /// What only this lab knows (`vector = "qdrant"`).
    pub options: toml::Table,
    pub profile: Option<Profile>,
    build_limits: BTreeMap<String, Duration>,
}

/// The lab a submission was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFrom {
    pub revision: u32,
    /// `blake3:…`
    pub contract: String,
}

/// Where a profile of the running program can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    pub capture: Ready,
}

type Read<T> = std::result::Result<T, TextError>;

impl Submission {
    /// Reads the file in a lab's folder. `options` are the keys the lab knows under `[options]`.
    pub fn read(ws: &Workspace, place: &str, lab: &str, options: &[&str]) -> Result<Self> {
        let path = ws.folder(place).join(SUBMISSION);
        let bytes = fs::read(&path).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                let (path, hint) = (path.clone(), format!("mastery start {lab}"));
                ErrorKind::Missing { path, hint }.into()
            } else {
                WorkspaceError::disk("read", &path, error)
            }
        })?;
        let shown = format!("{place}/{SUBMISSION}");
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            TextError::new(
                &shown,
                &text,
                good..good,
                "This is no UTF-8",
                "up to here it is",
            )
            .help("Save the file as UTF-8.")
        })?;
        Ok(Self::parse(&text, &shown, lab, options)?)
    }

    /// Reads the text; `shown` is how messages call the file.
    pub fn parse(text: &str, shown: &str, lab: &str, options: &[&str]) -> Read<Self> {
        let source = Source { file: shown, text };
        let table = source.parse()?;
        let top = Section::top(source, &table);
        source.check_schema(top)?;
        top.only(&[
            "schema",
            "lab",
            "made_from",
            "setup",
            "program",
            "options",
            "profile",
        ])?;
        let named = top.string("lab", &format!("lab = \"{lab}\""))?;
        if *named.get_ref() != lab {
            return Err(source
                .error(
                    named.span(),
                    format!(
                        "this submission is for `{}`, not for `{lab}`",
                        named.get_ref()
                    ),
                    "another lab",
                )
                .help(format!(
                    "Write `lab = \"{lab}\"`, or grade the lab it belongs to."
                )));
        }
        let setup = top.get("setup");
        let mut this = Self {
            lab: lab.to_owned(),
            made_from: top
                .get("made_from")
                .map(|v| made_from(top, v))
                .transpose()?,
            setup: setup
                .map(|value| commands(top, "setup", value, "setup = \"python3 migrate.py\""))
                .transpose()?
                .unwrap_or_default(),
            programs: Vec::new(),
            options: read_options(top, options)?,
            profile: top.get("profile").map(|v| profile(top, v)).transpose()?,
            build_limits: BTreeMap::new(),
        };
        this.read_programs(top)?;
        Ok(this)
    }

    /// How long a program's build may take.
    pub fn build_limit(&self, program: &str) -> Duration {
        self.build_limits
            .get(program)
            .copied()
            .unwrap_or(Duration::from_secs(BUILD_LIMIT_S))
    }

    /// Every build command of every program, in order.
    pub fn build_lines(&self) -> Vec<Vec<String>> {
        self.programs
            .iter()
            .flat_map(|program| program.build.iter().cloned())
            .collect()
    }

    fn read_programs(&mut self, top: Section<'_>) -> Read<()> {
        let value = top.required("program", "[[program]]")?;
        let items = value
            .get_ref()
            .as_array()
            .ok_or_else(|| top.wrong("program", value, "a list of tables, `[[program]]`"))?;
        for item in items {
            let span = item.span();
            let section = top.below("[[program]]", &span, item)?;
            let name = section.string("name", "name = \"api\"")?;
            let taken = self.programs.iter().any(|p| p.name == *name.get_ref());
            if taken {
                return Err(section
                    .source()
                    .error(
                        name.span(),
                        format!("two programs are called `{}`", name.get_ref()),
                        "this name is taken",
                    )
                    .help("Give each program a name of its own."));
            }
            let limit = section.number("build_limit_s", 1..=7200, BUILD_LIMIT_S)?;
            self.programs.push(program(section, &name)?);
            let name = name.into_inner().to_owned();
            self.build_limits.insert(name, Duration::from_secs(limit));
        }
        if self.programs.is_empty() {
            return Err(top.source().error(
                value.span(),
                "there is no program to run",
                "at least one is needed",
            ));
        }
        Ok(())
    }
}

fn made_from(top: Section<'_>, value: &Spanned<DeValue<'_>>) -> Read<MadeFrom> {
    let span = value.span();
    let section = top.below("made_from", &span, value)?;
    section.only(&["revision", "contract"])?;
    section.required("revision", "made_from = { revision = 1, … }")?;
    let revision = section.number("revision", 1..=u64::from(u32::MAX), 1)?;
    Ok(MadeFrom {
        revision: u32::try_from(revision).expect("the bounds are those of a u32"),
        contract: section
            .string("contract", "contract = \"blake3:…\"")?
            .into_inner()
            .to_owned(),
    })
}

fn profile(top: Section<'_>, value: &Spanned<DeValue<'_>>) -> Read<Profile> {
    let span = value.span();
    let section = top.below("[profile]", &span, value)?;
    section.only(&["capture"])?;
    let capture = section.required("capture", "capture = \"http:/debug/pprof/profile\"")?;
    match ready(section, capture)? {
        capture @ Ready::Http { .. } => Ok(Profile { capture }),
        Ready::Grpc | Ready::Tcp | Ready::Line { .. } => {
            Err(section.wrong("capture", capture, "an address like `http:/path`"))
        }
    }
}

fn read_options(top: Section<'_>, known: &[&str]) -> Read<toml::Table> {
    let Some(value) = top.get("options") else {
        return Ok(toml::Table::new());
    };
    let span = value.span();
    let section = top.below("[options]", &span, value)?;
    section.only(known)?;
    let mut options = toml::Table::new();
    for key in section.keys() {
        let value = section.get(key).expect("the key is one of its own");
        let plain = plain(value.get_ref()).ok_or_else(|| {
            let wanted = format!("a string, a number, true or false ({})", listed(known));
            section.wrong(key, value, &wanted)
        })?;
        options.insert(key.to_owned(), plain);
    }
    Ok(options)
}

fn plain(value: &DeValue<'_>) -> Option<toml::Value> {
    Some(match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Boolean(yes) => toml::Value::Boolean(*yes),
        DeValue::Integer(number) => {
            toml::Value::Integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().ok()?),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// The template of a submission with the revision and contract it is made from, on a line after
/// `lab = …`. A text without such a line is handed back as it is.
pub fn stamp(submission: &[u8], revision: u32, contract: &str) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(submission) else {
        return submission.to_vec();
    };
    let line = format!(
        "made_from = {{ revision = {revision}, contract = {} }}\n",
        quoted(contract)
    );
    let begins = |line: &str, key: &str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    let mut stamped = String::with_capacity(text.len() + line.len());
    let mut is_stamped = false;
    for old in text.split_inclusive('\n') {
        // A line from an earlier stamp.
        if begins(old, "made_from") {
            continue;
        }
        stamped.push_str(old);
        if !is_stamped && begins(old, "lab") {
            if !old.ends_with('\n') {
                stamped.push('\n');
            }
            stamped.push_str(&line);
            is_stamped = true;
        }
    }
    if is_stamped {
        stamped.into_bytes()
    } else {
        submission.to_vec()
    }
}

#[cfg(test)]
#[path = "submission_tests.rs"]
mod tests;
