//! The toolchains the course knows: what is wanted, and what is there.

use std::{collections::BTreeMap, path::Path, time::Duration};

use mastery_kit::{
    process::{How, Launch, StartError, Supervisor, environment},
    verdict::Verdict,
};
use tokio::runtime::Builder;

use super::AppError;
use crate::{curriculum::Language, grading::progress::Progress};

/// A program the course relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What it is called where the learner reads about it.
    pub name: &'static str,
    pub command: &'static [&'static str],
    /// The oldest release that will do: major, minor.
    pub wanted: (u32, u32),
    /// Where it comes from.
    pub install: &'static str,
}

/// What was found of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Good {
        version: String,
    },
    TooOld {
        version: String,
    },
    Missing,
    /// It is there and does not work.
    Broken {
        why: String,
    },
}

/// Git, whose repositories hold the learner's work.
pub const GIT: Tool = Tool {
    name: "git",
    command: &["git", "--version"],
    wanted: (2, 20),
    install: "https://git-scm.com/downloads",
};

/// The toolchain of a language, in the oldest release whose starters are meant to run (decision 15).
pub const fn of(language: Language) -> Tool {
    match language {
        Language::Python => Tool {
            name: "Python",
            command: &["python3", "--version"],
            wanted: (3, 10),
            install: "https://www.python.org/downloads/",
        },
        Language::Go => Tool {
            name: "Go",
            command: &["go", "version"],
            wanted: (1, 22),
            install: "https://go.dev/dl/",
        },
        Language::Typescript => Tool {
            name: "Node.js",
            command: &["node", "--version"],
            wanted: (22, 22),
            install: "https://nodejs.org/",
        },
        Language::Rust => Tool {
            name: "Rust",
            command: &["cargo", "--version"],
            wanted: (1, 85),
            install: "https://rustup.rs/",
        },
    }
}

/// How long a tool may take to say its version.
const LIMIT: Duration = Duration::from_secs(10);

impl Tool {
    /// Asks the tool itself, in `directory`, where a version manager may decide otherwise than here.
    pub async fn look(&self, supervisor: &Supervisor, directory: &Path) -> Found {
        let command = self.command.iter().map(|&word| word.to_owned()).collect();
        let mut launch = Launch::new(self.command[0], command, directory.to_path_buf());
        launch.environment = environment(std::env::vars_os(), &BTreeMap::new());
        match supervisor.run(launch, None, LIMIT).await {
            Ok(finished) if finished.success() => {
                let said = String::from_utf8_lossy(&finished.output.stdout.bytes()).into_owned();
                self.judge(&said)
            }
            Ok(finished) => Found::Broken {
                why: match finished.how {
                    How::Exited(exit) => exit.describe(),
                    How::TooLong { limit } => format!("no answer within {} s", limit.as_secs()),
                    How::Lost(error) => error.why,
                },
            },
            Err(StartError::NotFound { .. }) => Found::Missing,
            Err(error) => Found::Broken {
                why: error.to_string(),
            },
        }
    }

    /// Whether this word of a build line belongs to it.
    fn builds(&self, word: &str) -> bool {
        match self.command[0] {
            "python3" => matches!(word, "python3" | "python" | "pip" | "pip3"),
            "node" => matches!(word, "node" | "npm" | "npx"),
            own => word == own,
        }
    }

    fn judge(&self, said: &str) -> Found {
        let Some((version, numbers)) = version(said) else {
            return Found::Broken {
                why: format!("`{}` says no version", self.command.join(" ")),
            };
        };
        if numbers >= self.wanted {
            Found::Good { version }
        } else {
            Found::TooOld { version }
        }
    }

    /// What stands in the way of a starter, and what to do; `None` when nothing does.
    fn lack(&self, found: &Found) -> Option<String> {
        let (name, install) = (self.name, self.install);
        let wanted = self.wanted_text();
        match found {
            Found::Good { .. } => None,
            Found::TooOld { version } => Some(format!(
                "{name} {version} is too old for this starter: install {wanted} or newer, {install}"
            )),
            Found::Missing => Some(format!(
                "{name} is not on your PATH: install {wanted} or newer, {install}"
            )),
            Found::Broken { why } => Some(format!(
                "{name} is there, but broken: {why}. Run `{}` and mend what it says.",
                self.command.join(" ")
            )),
        }
    }

    /// `3.10`, as it is written in the course.
    pub fn wanted_text(&self) -> String {
        format!("{}.{}", self.wanted.0, self.wanted.1)
    }
}

/// What this machine lacks for a starter in this language, as a line; `None` when nothing is missing.
pub fn lack(
    language: Language,
    supervisor: &Supervisor,
    folder: &Path,
) -> Result<Option<String>, AppError> {
    let tool = of(language);
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    Ok(tool.lack(&runtime.block_on(tool.look(supervisor, folder))))
}

/// Why no check of a run could begin, where a toolchain of this machine may be the reason: the programs
/// were not built or did not start. `None` once a check began, and for languages the course has no
/// starter in.
pub fn lacked_by(
    progress: &Progress,
    supervisor: &Supervisor,
    folder: &Path,
) -> Result<Option<String>, AppError> {
    let began = |verdict: &Verdict| !matches!(verdict, Verdict::Skipped { .. });
    let Some(run) = &progress.run else {
        return Ok(None);
    };
    if progress.settled().next().is_none() || progress.settled().any(|(_, one, _)| began(one)) {
        return Ok(None);
    }
    match run.language.parse() {
        Ok(language) => lack(language, supervisor, folder),
        Err(_) => Ok(None),
    }
}

/// What the build of these commands depends on beside the files: the versions of their toolchains.
///
/// A command that is no toolchain of the course counts by its name alone.
pub(super) fn identity<'w>(
    words: impl Iterator<Item = &'w String>,
    supervisor: &Supervisor,
    directory: &Path,
) -> Result<String, AppError> {
    let mut names: Vec<&str> = words.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(String::new());
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Runtime)?;
    let mut identity = Vec::new();
    for name in names {
        let tool = Language::ALL
            .into_iter()
            .map(of)
            .find(|tool| tool.builds(name));
        identity.push(match tool {
            Some(tool) => format!(
                "{name}: {:?}",
                runtime.block_on(tool.look(supervisor, directory))
            ),
            None => name.to_owned(),
        });
    }
    Ok(identity.join("\n"))
}

/// The first dotted number in a text: itself, and its first two parts.
fn version(said: &str) -> Option<(String, (u32, u32))> {
    let starts = said
        .match_indices(|c: char| c.is_ascii_digit())
        .map(|(at, _)| at);
    for at in starts {
        let text: String = said[at..]
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        let text = text.trim_end_matches('.').to_owned();
        let mut parts = text.split('.');
        if let (Some(Ok(major)), Some(Ok(minor))) =
            (parts.next().map(str::parse), parts.next().map(str::parse))
        {
            return Some((text, (major, minor)));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_tools_say() {
        let read = |said| version(said).map(|(text, _)| text);
        assert_eq!(read("Python 3.11.7"), Some("3.11.7".into()));
        assert_eq!(
            read("go version go1.26.8 linux/amd64"),
            Some("1.26.8".into())
        );
        assert_eq!(read("v22.22.0"), Some("22.22.0".into()));
        assert_eq!(
            read("cargo 1.95.0 (f2d3ce0bd 2026-03-21)"),
            Some("1.95.0".into())
        );
        assert_eq!(read("no version here 7"), None);
    }

    #[test]
    fn an_older_release_is_told_from_a_good_one() {
        let python = of(Language::Python);
        assert_eq!(
            python.judge("Python 3.9.2"),
            Found::TooOld {
                version: "3.9.2".into()
            }
        );
        assert_eq!(
            python.judge("Python 3.10.0"),
            Found::Good {
                version: "3.10.0".into()
            }
        );
        assert_eq!(
            python.judge("Python 4.0"),
            Found::Good {
                version: "4.0".into()
            }
        );
        assert!(matches!(python.judge("hello"), Found::Broken { .. }));
    }
}
