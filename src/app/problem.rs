//! `mastery report-problem`: an attempt as a folder that an author can replay, without what is
//! private. It is written and shown; nothing is sent.

mod error;
mod private;
mod tape;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use mastery_kit::process::Supervisor;

pub use self::error::ProblemError;
use self::private::Private;
use super::{AppError, doctor, scope, start::last_started};
use crate::{
    curriculum::{Curriculum, Unit},
    report::words::{json, tally},
    workspace::{self, AttemptSummary, Workspace},
};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct ProblemRequest {
    pub lab: Option<String>,
    pub attempt: u32,
    /// The folder to write; without one a folder of the workspace that git does not see.
    pub output: Option<PathBuf>,
    pub with_code: bool,
}

/// What was written.
#[derive(Debug)]
pub struct Problem {
    pub lab: String,
    pub attempt: u32,
    pub folder: PathBuf,
    pub files: Vec<Written>,
    /// What was replaced, by kind, and how often.
    pub replaced: BTreeMap<&'static str, usize>,
    /// Files of the code that were left out, and why: `.env (may hold secrets)`.
    pub left_out: Vec<String>,
}

/// One file of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub name: String,
    pub what: &'static str,
    pub bytes: u64,
}

/// Writes the report of an attempt.
pub fn report(
    workspace: &Workspace,
    curriculum: &Curriculum,
    here: &Path,
    request: &ProblemRequest,
    supervisor: &Supervisor,
) -> Result<Problem, AppError> {
    let unit = unit_of(workspace, curriculum, here, request.lab.as_deref())?;
    let lab = unit.id.as_str();
    let attempt = find(workspace, lab, request.attempt)?;
    let folder = folder(workspace, &attempt, lab, request)?;
    let mut private = Private::here(workspace, std::env::vars_os());
    let mut files = Vec::new();
    let told = tape::redacted(&workspace::tape_of(workspace, attempt.id)?, &mut private);
    let machine = machine(workspace, curriculum, supervisor, &mut private)?;
    let mut left_out = Vec::new();
    if request.with_code {
        files = code(workspace, &attempt, &mut private, &mut left_out)?;
    }
    let facts = private.text(&facts(&attempt, lab));
    let readme = readme(&attempt, lab, request.with_code);
    let own = [
        ("README.md", "how to replay it", readme.into_bytes()),
        (
            "problem.json",
            "lab, seed, versions, verdicts",
            facts.into_bytes(),
        ),
        ("events.jsonl", "the tape: what happened, in order", told),
        (
            "machine.json",
            "what `mastery doctor` found here",
            machine.into_bytes(),
        ),
    ];
    let own = own.map(|(name, what, bytes)| (name.to_owned(), what, bytes));
    let mut written = Vec::new();
    for (name, what, bytes) in own.into_iter().chain(files) {
        let path = folder.join(&name);
        write(&path, &bytes)?;
        let bytes = bytes.len() as u64;
        written.push(Written { name, what, bytes });
    }
    Ok(Problem {
        lab: lab.to_owned(),
        attempt: attempt.position,
        folder,
        files: written,
        replaced: private.replaced(),
        left_out,
    })
}

/// The unit that is meant; its folder may be gone, its attempts are not.
fn unit_of<'c>(
    workspace: &Workspace,
    curriculum: &'c Curriculum,
    here: &Path,
    named: Option<&str>,
) -> Result<&'c Unit, AppError> {
    let last = last_started(workspace);
    match scope::to_grade(curriculum, &workspace.root, here, named, last.as_deref()) {
        Ok(scope) => Ok(scope.units[0]),
        Err(error @ scope::ScopeError::NotStarted { .. }) => {
            let scope::ScopeError::NotStarted { id } = &error else {
                return Err(error.into());
            };
            curriculum.unit(id).ok_or_else(|| error.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn find(workspace: &Workspace, lab: &str, number: u32) -> Result<AttemptSummary, AppError> {
    let attempts = workspace::attempts(workspace, lab)?;
    let last = attempts.last().map(|attempt| attempt.position);
    attempts
        .into_iter()
        .find(|attempt| attempt.position == number)
        .ok_or_else(|| {
            ProblemError::NoAttempt {
                lab: lab.to_owned(),
                number,
                last,
            }
            .into()
        })
}

/// An empty folder for it. What an earlier report left in the place of our own is replaced.
fn folder(
    workspace: &Workspace,
    attempt: &AttemptSummary,
    lab: &str,
    request: &ProblemRequest,
) -> Result<PathBuf, AppError> {
    let made = |path: PathBuf| match fs::create_dir_all(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(io("making", &path, error)),
    };
    if let Some(output) = &request.output {
        let is_free = match fs::read_dir(output) {
            Ok(mut entries) => entries.next().is_none(),
            Err(_) => output.symlink_metadata().is_err(),
        };
        if !is_free {
            let path = output.clone();
            return Err(ProblemError::InTheWay { path }.into());
        }
        return made(output.clone());
    }
    let own = workspace::own_folder(workspace)?;
    let path = own.join(format!("problems/{lab}-{}", attempt.position));
    if path.symlink_metadata().is_ok() {
        fs::remove_dir_all(&path).map_err(|error| io("replacing", &path, error))?;
    }
    made(path)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|error| io("writing", path, error))
}

fn io(doing: &'static str, path: &Path, error: std::io::Error) -> AppError {
    let path = path.to_owned();
    AppError::Io { doing, path, error }
}

/// What the doctor says of this machine; who uses it is nobody's business.
fn machine(
    workspace: &Workspace,
    curriculum: &Curriculum,
    supervisor: &Supervisor,
    private: &mut Private,
) -> Result<String, AppError> {
    let mut findings = doctor::examine(
        Some(workspace),
        Some(curriculum),
        &workspace.root,
        supervisor,
    )?;
    findings.retain(|finding| !doctor::PRIVATE.contains(&finding.subject.as_str()));
    let value = serde_json::json!({
        "format": 1,
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "findings": findings,
    });
    Ok(private.text(&json(&value)))
}

fn facts(attempt: &AttemptSummary, lab: &str) -> String {
    let verdicts: serde_json::Map<String, serde_json::Value> = attempt
        .verdicts
        .iter()
        .map(|told| (told.check.clone(), told.letter.to_string().into()))
        .collect();
    json(&serde_json::json!({
        "format": 1,
        "lab": lab,
        "attempt": attempt.position,
        "kind": attempt.kind.as_str(),
        "seed": attempt.seed,
        "revision": attempt.revision,
        "contract": attempt.contract,
        "language": attempt.language,
        "backend": attempt.backend,
        "services": attempt.services,
        "mastery": attempt.mastery,
        "reported_with": env!("CARGO_PKG_VERSION"),
        "verdicts": verdicts,
        "took_ms": attempt.took_ms,
    }))
}

/// Names of files that hold keys and passwords more often than code.
const SECRET_FILES: [&str; 8] = [
    ".env",
    ".pem",
    ".key",
    ".p12",
    ".netrc",
    ".npmrc",
    "id_rsa",
    "id_ed25519",
];

/// A file of the report: its name, what it is, its bytes.
type File = (String, &'static str, Vec<u8>);

fn code(
    workspace: &Workspace,
    attempt: &AttemptSummary,
    private: &mut Private,
    left_out: &mut Vec<String>,
) -> Result<Vec<File>, AppError> {
    let mut files = Vec::new();
    for file in workspace::work_of(workspace, attempt.id)? {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let is_secret =
            name.starts_with(".env") || SECRET_FILES.iter().any(|end| name.ends_with(end));
        if is_secret {
            left_out.push(format!("{} (may hold secrets)", file.path));
            continue;
        }
        match String::from_utf8(file.bytes) {
            Ok(text) => {
                let text = private.text(&text).into_bytes();
                files.push((
                    format!("work/{}", private.text(&file.path)),
                    "your code",
                    text,
                ));
            }
            Err(_) => left_out.push(format!("{} (no text)", file.path)),
        }
    }
    Ok(files)
}

fn readme(attempt: &AttemptSummary, lab: &str, with_code: bool) -> String {
    let seed = &attempt.seed;
    let failed = attempt.verdicts.iter().filter(|told| told.letter != 'p');
    let again: Vec<String> = failed
        .map(|told| {
            format!(
                "    mastery grade {lab} --only {} --seed {seed} --hold\n",
                told.check
            )
        })
        .collect();
    let again = if again.is_empty() {
        format!("    mastery grade {lab} --seed {seed}\n")
    } else {
        again.concat()
    };
    let code = if with_code {
        "`work/` is the code as it was graded, without files that may hold secrets."
    } else {
        "The code is not in it: it was not asked for."
    };
    format!(
        "# {lab}, attempt {}: {}\n\n\
         Made by `mastery report-problem`. Home folders, user names, mail addresses and secrets are replaced.\n\n\
         - `problem.json`: lab, revision, contract, seed, versions, the verdict on each check (`p`, `f`, `u`, `s`).\n\
         - `events.jsonl`: the tape of the run.\n\
         - `machine.json`: what `mastery doctor` found on the machine.\n\n\
         {code}\n\n\
         To see the run as it was told, in the folder above this one:\n\n    \
         mastery author replay {lab}-{}\n\n\
         To run it again on the same inputs, with the code in place:\n\n{again}\n\
         ## What I expected, and what happened instead\n\n",
        attempt.position,
        tally(&attempt.tally()),
        attempt.position,
    )
}
