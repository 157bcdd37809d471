//! What is to be started, and why it could not be.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::environment::{Environment, environment};
use crate::verdict::{BenchError, Stream};

/// One program to be started: what, where, with what, and how much it may take.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The name it is known by; also that of its logs.
    pub name: String,
    /// The argv. A first word with `/` is relative to the directory, any other is looked up in the
    /// environment's PATH.
    pub command: Vec<String>,
    /// Where it runs. Absolute.
    pub directory: PathBuf,
    /// The directory as a death tells it.
    pub shown_directory: String,
    pub environment: Environment,
    /// The folder of its logs, made if missing: `NAME.stdout.log`, `NAME.stderr.log`. A restart
    /// continues them.
    pub logs: Option<PathBuf>,
    pub limits: Limits,
    /// Whom it runs as; only root may choose. Directory and files must be within their reach.
    pub user: Option<User>,
    /// How it is asked to leave.
    pub farewell: Farewell,
    /// Where its output goes as it comes. Never waited for: what a full channel does not take is
    /// counted in the next chunk.
    pub output: Option<mpsc::Sender<OutputChunk>>,
}

/// An account of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

/// How a program is asked to leave, and what becomes of it when its owner vanishes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Farewell {
    /// SIGTERM; SIGKILL at once when the owner vanishes. Every program of a learner.
    #[default]
    Terminate,
    /// SIGINT; the same, and two seconds of it, when the owner vanishes. Postgres: on SIGTERM it
    /// would wait for its clients, and killed it leaves a segment of shared memory behind for ever.
    Interrupt,
}

/// How much a program may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole tree of processes, shared pages counted once. Beyond it all is killed.
    pub memory_mib: u64,
    /// On disk for each stream.
    pub log_bytes: u64,
    pub open_files: u64,
    /// Of one file.
    pub file_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mib: 2048,
            log_bytes: 16 * 1024 * 1024,
            open_files: 4096,
            file_bytes: 4 * 1024 * 1024 * 1024,
        }
    }
}

/// A piece of a program's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputChunk {
    pub program: String,
    pub stream: Stream,
    /// Bytes left out just before these.
    pub dropped: u64,
    pub bytes: Vec<u8>,
}

/// Why a program was not started. Only [`StartError::Bench`] is no fault of the submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartError {
    /// There is no such program.
    NotFound {
        word: String,
        looked: Looked,
    },
    /// It is there and the system does not run it.
    NotExecutable {
        path: PathBuf,
        why: String,
    },
    NoDirectory {
        path: PathBuf,
    },
    /// The command has no word.
    NoCommand,
    Bench(BenchError),
}

/// Where a program was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// In these folders: those of PATH.
    InPath(Vec<PathBuf>),
    /// At one place, relative to this directory.
    InDirectory(PathBuf),
}

impl Launch {
    /// A launch with our own environment, cleaned, and the usual limits.
    pub fn new(name: impl Into<String>, command: Vec<String>, directory: PathBuf) -> Self {
        Self {
            name: name.into(),
            command,
            shown_directory: directory.display().to_string(),
            directory,
            environment: environment(std::env::vars_os(), &BTreeMap::new()),
            logs: None,
            limits: Limits::default(),
            user: None,
            farewell: Farewell::default(),
            output: None,
        }
    }

    /// The file that is to be executed.
    pub(crate) fn resolve(&self) -> Result<PathBuf, StartError> {
        let word = self.command.first().filter(|word| !word.is_empty());
        let word = word.ok_or(StartError::NoCommand)?;
        if !self.directory.is_dir() {
            return Err(StartError::NoDirectory {
                path: self.directory.clone(),
            });
        }
        let (places, looked) = if word.contains('/') {
            let looked = Looked::InDirectory(self.directory.clone());
            (vec![self.directory.join(word)], looked)
        } else {
            let path = self.environment.get("PATH").unwrap_or(OsStr::new(""));
            let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
            let places = folders.iter().map(|f| self.directory.join(f).join(word));
            (places.collect(), Looked::InPath(folders))
        };
        let mut refused = None;
        for place in places {
            match Place::of(&place) {
                Place::Runs => return Ok(place),
                Place::Refuses(why) => {
                    refused.get_or_insert(StartError::NotExecutable { path: place, why });
                }
                Place::Empty => {}
            }
        }
        Err(refused.unwrap_or_else(|| StartError::NotFound {
            word: word.clone(),
            looked,
        }))
    }

    /// The paths of both logs; the folder is there afterwards.
    pub(crate) fn log_paths(&self) -> Result<Option<[PathBuf; 2]>, StartError> {
        let Some(folder) = &self.logs else {
            return Ok(None);
        };
        fs::create_dir_all(folder).map_err(|error| {
            StartError::Bench(BenchError::new(format!(
                "The folder for logs `{}` cannot be made: {error}.",
                folder.display()
            )))
        })?;
        let name = |stream| folder.join(format!("{}.{stream}.log", self.name));
        Ok(Some([name("stdout"), name("stderr")]))
    }
}

/// What is at a place where a program may be.
enum Place {
    Empty,
    Runs,
    Refuses(String),
}

impl Place {
    fn of(path: &Path) -> Self {
        let Ok(meta) = fs::metadata(path) else {
            return Self::Empty;
        };
        if meta.is_dir() {
            return Self::Refuses("it is a folder".to_owned());
        }
        match access(path, Access::EXEC_OK) {
            Ok(()) => Self::Runs,
            Err(_) => Self::Refuses(format!(
                "it is not executable (`chmod +x {}`)",
                path.display()
            )),
        }
    }
}

/// What the system's refusal of a program means: the likely reason where the error names none.
pub(crate) fn explain_refusal(path: &Path, why: &str) -> String {
    let start = fs::read(path).unwrap_or_default();
    let first = start.split(|byte| *byte == b'\n').next().unwrap_or(&[]);
    match first.strip_prefix(b"#!") {
        Some(interpreter) => format!(
            "its first line names `{}`, which does not run: {why}",
            String::from_utf8_lossy(interpreter).trim()
        ),
        None if why.contains("Exec format") => {
            format!("it is no program of this machine and has no `#!` line: {why}")
        }
        None => why.to_owned(),
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { word, looked } => match looked {
                Looked::InPath(_) => {
                    write!(f, "There is no program named `{word}` in PATH.")
                }
                Looked::InDirectory(directory) => {
                    write!(f, "There is no file `{word}` in {}.", directory.display())
                }
            },
            Self::NotExecutable { path, why } => {
                write!(f, "`{}` cannot be run: {why}.", path.display())
            }
            Self::NoDirectory { path } => {
                write!(f, "The folder {} does not exist.", path.display())
            }
            Self::NoCommand => f.write_str("The command to run is empty."),
            Self::Bench(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}
