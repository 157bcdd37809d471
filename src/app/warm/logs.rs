//! What services that are kept warm have said: the files that their streams are written to. They stay
//! when a service has ended, until the next one of its kind.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use mastery_kit::spec::ServiceKind;
use serde::Serialize;
use tokio::{runtime::Builder, time::interval};

use super::KINDS;
use crate::{
    app::AppError,
    grading::dispatcher::Signals,
    workspace::{KeeperFolder, Workspace, live_logs},
};

/// Bytes of a file that its last lines are looked for in.
const TAIL: u64 = 1 << 20;
/// How often files are looked at that are followed.
const LOOK: Duration = Duration::from_millis(100);

/// A line that a service said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    pub service: &'static str,
    pub stream: &'static str,
    pub line: String,
}

/// The logs of services, read on from where they were read to.
pub struct Logs(Vec<Log>);

struct Log {
    service: &'static str,
    stream: &'static str,
    path: PathBuf,
    read: u64,
    /// A line whose end has not been written yet.
    begun: Vec<u8>,
}

impl Logs {
    /// The logs of one service, or of all that have one.
    pub fn open(workspace: &Workspace, kind: Option<ServiceKind>) -> Result<Self, AppError> {
        let there = Self::there(&KeeperFolder::of(workspace).logs(), kind);
        if there.is_empty() {
            let what = kind.map_or("warm services", ServiceKind::name).to_owned();
            return Err(AppError::NoLog { what });
        }
        Ok(Self(there))
    }

    /// The logs of a service that the run which is going on has joined, or has started for itself.
    pub fn of_run(workspace: &Workspace, service: &str, joined: bool) -> Option<Self> {
        let folder = if joined {
            KeeperFolder::of(workspace).logs()
        } else {
            live_logs(workspace)?.join("services")
        };
        let kind = KINDS.into_iter().find(|kind| kind.as_str() == service)?;
        let there = Self::there(&folder, Some(kind));
        (!there.is_empty()).then_some(Self(there))
    }

    fn there(folder: &Path, kind: Option<ServiceKind>) -> Vec<Log> {
        let kinds = KINDS
            .into_iter()
            .filter(|one| kind.is_none_or(|kind| kind == *one));
        let logs = kinds.flat_map(|kind| {
            ["stdout", "stderr"].map(|stream| Log {
                service: kind.as_str(),
                stream,
                path: folder.join(format!("{}.{stream}.log", kind.as_str())),
                read: 0,
                begun: Vec::new(),
            })
        });
        logs.filter(|log| log.path.is_file()).collect()
    }

    /// The last lines of each file.
    pub fn last(&mut self, lines: usize) -> Result<Vec<Said>, AppError> {
        let mut all = Vec::new();
        for log in &mut self.0 {
            let mut said = log.read_on(true).map_err(|error| log.cannot(error))?;
            all.extend(said.split_off(said.len().saturating_sub(lines)));
        }
        Ok(all)
    }

    /// What was written since the last look.
    pub fn news(&mut self) -> Result<Vec<Said>, AppError> {
        let mut all = Vec::new();
        for log in &mut self.0 {
            all.extend(log.read_on(false).map_err(|error| log.cannot(error))?);
        }
        Ok(all)
    }

    /// Tells lines as they are written, until ^C.
    pub fn follow(mut self, tell: &mut dyn FnMut(Said)) -> Result<(), AppError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Runtime)?;
        runtime.block_on(async {
            let mut signals = Signals::new().map_err(AppError::Runtime)?;
            let mut looks = interval(LOOK);
            loop {
                tokio::select! {
                    () = signals.next() => return Ok(()),
                    _ = looks.tick() => {}
                }
                self.news()?.into_iter().for_each(&mut *tell);
            }
        })
    }
}

impl Log {
    /// What was written since the last look; at the first one, what stands at the file's end.
    fn read_on(&mut self, tail: bool) -> io::Result<Vec<Said>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        if length < self.read {
            // Another instance has begun it anew.
            self.read = 0;
            self.begun.clear();
        }
        let skipped = if tail { length.saturating_sub(TAIL) } else { 0 };
        self.read = self.read.max(skipped);
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        self.read += bytes.len() as u64;
        self.begun.extend(bytes);
        let mut said = Vec::new();
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            said.push(Said {
                service: self.service,
                stream: self.stream,
                line: String::from_utf8_lossy(&line[..end]).into_owned(),
            });
        }
        Ok(said)
    }

    fn cannot(&self, error: io::Error) -> AppError {
        AppError::Io {
            doing: "Reading",
            path: self.path.clone(),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;
    use crate::workspace::Settings;

    #[test]
    fn the_log_of_a_runs_own_service_is_that_of_the_newest_run() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace {
            root: folder.path().to_owned(),
            settings: Settings {
                curriculum: "backend-mastery".to_owned(),
                language: "python".to_owned(),
                mirror: None,
                backend: None,
            },
        };
        assert!(Logs::of_run(&workspace, "kafka", false).is_none());
        for (run, said) in [
            ("0000000000001-7", "old\n"),
            ("0000000000002-7", "new\n"),
            (".new-7", "unborn\n"),
        ] {
            let logs = folder
                .path()
                .join(".mastery/runs")
                .join(run)
                .join("logs/services");
            fs::create_dir_all(&logs).unwrap();
            fs::write(logs.join("kafka.stdout.log"), said).unwrap();
        }
        let mut logs = Logs::of_run(&workspace, "kafka", false).unwrap();
        let said = logs.last(9).unwrap();
        assert_eq!(said.len(), 1);
        assert_eq!(said[0].line, "new");
        assert_eq!(logs.news().unwrap(), []);
        // One that was joined writes elsewhere, and what is no service of ours nowhere.
        assert!(Logs::of_run(&workspace, "kafka", true).is_none());
        assert!(Logs::of_run(&workspace, "api", false).is_none());
    }

    #[test]
    fn a_log_is_read_on_by_whole_lines_and_anew_when_it_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("redis.stdout.log");
        fs::write(&path, "one\ntwo\nthr").unwrap();
        let mut log = Log {
            service: "redis",
            stream: "stdout",
            path: path.clone(),
            read: 0,
            begun: Vec::new(),
        };
        let mut lines = |tail| {
            let said = log.read_on(tail).unwrap().into_iter();
            said.map(|said| said.line).collect::<Vec<_>>()
        };
        assert_eq!(lines(true), ["one", "two"]);
        let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"ee\n").unwrap();
        assert_eq!(lines(false), ["three"]);
        assert_eq!(lines(false), Vec::<String>::new());
        fs::write(&path, "new\n").unwrap();
        assert_eq!(lines(false), ["new"]);
        fs::remove_file(&path).unwrap();
        assert_eq!(lines(false), Vec::<String>::new());
    }
}
