//! What services that are kept warm have said: the files that their streams are written to. They stay
//! when a service has ended, until the next one of its kind.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    time::Duration,
};

use mastery_kit::spec::ServiceKind;
use serde::Serialize;
use tokio::{runtime::Builder, time::interval};

use super::KINDS;
use crate::{
    app::AppError,
    grading::dispatcher::Signals,
    workspace::{KeeperFolder, Workspace},
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
        let folder = KeeperFolder::of(workspace).logs();
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
        let there: Vec<Log> = logs.filter(|log| log.path.is_file()).collect();
        if there.is_empty() {
            let what = kind.map_or("warm services", ServiceKind::name).to_owned();
            return Err(AppError::NoLog { what });
        }
        Ok(Self(there))
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
                for log in &mut self.0 {
                    let said = log.read_on(false).map_err(|error| log.cannot(error))?;
                    said.into_iter().for_each(&mut *tell);
                }
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
