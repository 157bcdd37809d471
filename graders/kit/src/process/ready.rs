//! Waiting until a program can be used: awaited together with its exit and the deadline, and
//! believed only when the listening socket is the program's own.

mod look;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use regex_lite::Regex;
use tokio::time::Instant;

use self::look::{Seen, look};
use super::{
    ports::{self, Holder, answers_loopback},
    program::{End, ProgramHandle},
};
use crate::{
    spec::Ready,
    verdict::{BenchError, Death},
    wait::{Look, WaitError, until},
};

/// After so long without success it is worth saying where the program listens instead.
const NOTE_AFTER: Duration = Duration::from_secs(2);
/// Who answers that it is not ready is asked again only after a while: it may log every request.
const ASK_AGAIN: Duration = Duration::from_millis(15);
/// Looks that reach something unready ask whose it is only this often: the answer costs more.
const ASK_EVERY: u32 = 8;

/// A program that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyReport {
    /// Since we began to wait.
    pub took: Duration,
}

/// Why a program cannot be used. Its text is a sentence about the learner's program.
#[derive(Clone, Debug, PartialEq)]
pub enum NotReady {
    /// It ended by itself.
    Died(Box<Death>),
    /// Another process holds its port; if it ended over that, so.
    NotYours {
        port: u16,
        holder: Holder,
        death: Option<Box<Death>>,
    },
    /// It listens, but not where it should.
    ListensElsewhere {
        expected: SocketAddr,
        found: Vec<SocketAddr>,
    },
    /// It runs and listens nowhere.
    NeverListened {
        expected: SocketAddr,
        waited: Duration,
    },
    /// It accepts connections and never was ready; what was seen last, as a fragment.
    NotHealthy {
        expected: SocketAddr,
        seen: String,
        waited: Duration,
    },
    LineNeverCame {
        pattern: String,
        waited: Duration,
    },
    /// Not about the program.
    Bench(BenchError),
}

/// Waits until the program is ready. `port` is the first of its ports; `on_note` hears once, early,
/// when it listens elsewhere.
pub async fn await_ready(
    program: &ProgramHandle,
    ready: &Ready,
    port: Option<u16>,
    limit: Duration,
    on_note: impl FnMut(String) + Send,
) -> Result<ReadyReport, NotReady> {
    let expected = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    if let Ready::Line { pattern } = ready {
        let pattern =
            Regex::new(pattern).map_err(|error| bench(format!("/{pattern}/: {error}.")))?;
        program.core().transcript().await_line(pattern);
    } else if expected.is_none() {
        let what = ready.describe();
        return Err(bench(format!(
            "`{}` has no port, so {what} can never succeed.",
            program.name()
        )));
    }
    let begun = Instant::now();
    let waiting = Waiting {
        program,
        ready,
        expected,
        begun,
        progress: Mutex::new(Progress {
            looks: 0,
            answered: None,
            noted: false,
            seen: None,
            on_note,
        }),
    };
    tokio::select! {
        biased;
        looked = until(limit, || waiting.look()) => match looked {
            Ok(()) => Ok(ReadyReport { took: begun.elapsed() }),
            Err(WaitError::Never(why)) => Err(why),
            Err(WaitError::TooLong { waited, .. }) => Err(waiting.too_long(waited)),
        },
        end = program.ended() => Err(waiting.ended(end)),
    }
}

struct Waiting<'p, N> {
    program: &'p ProgramHandle,
    ready: &'p Ready,
    expected: Option<SocketAddr>,
    begun: Instant,
    progress: Mutex<Progress<N>>,
}

struct Progress<N> {
    looks: u32,
    answered: Option<Instant>,
    noted: bool,
    seen: Option<String>,
    on_note: N,
}

impl<N: FnMut(String) + Send> Waiting<'_, N> {
    async fn look(&self) -> Look<(), NotReady> {
        let Some(expected) = self.expected else {
            return self.look_for_line();
        };
        if matches!(self.ready, Ready::Line { .. }) {
            let looked = self.look_for_line();
            if matches!(looked, Look::Ready(()))
                && let holder @ Holder::Foreign { .. } =
                    ports::holder(expected.port(), self.program)
            {
                // It need not listen, but no one else may.
                return Look::Never(not_yours(expected, holder));
            }
            return looked;
        }
        if let Some(seen) = self.just_answered() {
            return Look::NotYet(seen);
        }
        let seen = look(self.ready, expected).await;
        if let Seen::Refused = seen {
            self.note_elsewhere(expected);
            return Look::NotYet(format!("nothing listens on {expected}"));
        }
        let looks = self.count();
        let ask = matches!(seen, Seen::Ready) || looks % ASK_EVERY == 1;
        let holder = ask.then(|| ports::holder(expected.port(), self.program));
        match (seen, holder) {
            (_, Some(holder @ Holder::Foreign { .. })) => Look::Never(not_yours(expected, holder)),
            (Seen::Ready, Some(Holder::Tree | Holder::Unknown)) => Look::Ready(()),
            (Seen::Answered(seen), _) => {
                let mut progress = self.progress();
                progress.answered = Some(Instant::now());
                progress.seen = Some(seen.clone());
                Look::NotYet(seen)
            }
            (Seen::Ready | Seen::Refused, _) => {
                let seen = "it closed the port again at once".to_owned();
                self.progress().seen = Some(seen.clone());
                Look::NotYet(seen)
            }
        }
    }

    fn just_answered(&self) -> Option<String> {
        let progress = self.progress();
        let again = progress.answered?.elapsed() >= ASK_AGAIN;
        progress.seen.clone().filter(|_| !again)
    }

    fn look_for_line(&self) -> Look<(), NotReady> {
        if self.program.core().transcript().line_has_come() {
            Look::Ready(())
        } else {
            Look::NotYet(self.ready.describe())
        }
    }

    fn note_elsewhere(&self, expected: SocketAddr) {
        let mut progress = self.progress();
        if progress.noted || self.begun.elapsed() < NOTE_AFTER {
            return;
        }
        let found = ports::listeners(self.program);
        if !found.is_empty() && !reaches(&found, expected) {
            progress.noted = true;
            let name = self.program.name();
            let found = join(&found);
            (progress.on_note)(format!(
                "`{name}` listens on {found}; it should listen on {expected}."
            ));
        }
    }

    fn too_long(&self, waited: Duration) -> NotReady {
        let Some(expected) = self.expected else {
            return self.no_line(waited);
        };
        if matches!(self.ready, Ready::Line { .. }) {
            return self.no_line(waited);
        }
        let holder = ports::holder(expected.port(), self.program);
        if let Holder::Foreign { .. } = holder {
            return not_yours(expected, holder);
        }
        let found = ports::listeners(self.program);
        match self.progress().seen.take() {
            // Nothing ever accepted there: [::] without the older family looks like this too.
            None if found.is_empty() => NotReady::NeverListened { expected, waited },
            None => NotReady::ListensElsewhere { expected, found },
            Some(_) if !found.is_empty() && !reaches(&found, expected) => {
                NotReady::ListensElsewhere { expected, found }
            }
            Some(seen) => NotReady::NotHealthy {
                expected,
                seen,
                waited,
            },
        }
    }

    fn no_line(&self, waited: Duration) -> NotReady {
        NotReady::LineNeverCame {
            pattern: match self.ready {
                Ready::Line { pattern } => pattern.clone(),
                other @ (Ready::Http { .. } | Ready::Grpc | Ready::Tcp) => other.describe(),
            },
            waited,
        }
    }

    fn ended(&self, end: End) -> NotReady {
        let death = match end {
            End::Died(death) => Box::new(death),
            End::Stopped(exit) => {
                let how = exit.describe();
                return bench(format!("The program was stopped while it started: {how}."));
            }
            End::Lost(error) => return NotReady::Bench(error),
        };
        let holder = self
            .expected
            .map(|at| (at.port(), ports::holder(at.port(), self.program)));
        match holder {
            Some((port, holder @ Holder::Foreign { .. })) => NotReady::NotYours {
                port,
                holder,
                death: Some(death),
            },
            _ => NotReady::Died(death),
        }
    }

    fn count(&self) -> u32 {
        let mut progress = self.progress();
        progress.looks = progress.looks.wrapping_add(1);
        progress.looks
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress<N>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn reaches(found: &[SocketAddr], expected: SocketAddr) -> bool {
    found
        .iter()
        .any(|one| one.port() == expected.port() && answers_loopback(one.ip()))
}

fn not_yours(expected: SocketAddr, holder: Holder) -> NotReady {
    NotReady::NotYours {
        port: expected.port(),
        holder,
        death: None,
    }
}

fn bench(why: String) -> NotReady {
    NotReady::Bench(BenchError::new(why))
}

fn join(addresses: &[SocketAddr]) -> String {
    let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    all.join(", ")
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |waited: &Duration| waited.as_secs_f32();
        match self {
            Self::Died(death) => write!(
                f,
                "It {} {} ms after its start, before it was ready.",
                death.exit.describe(),
                death.after_ms
            ),
            Self::NotYours { port, holder, .. } => write!(
                f,
                "A process that is not your program holds port {port}: {}.",
                holder.describe()
            ),
            Self::ListensElsewhere { expected, found } => write!(
                f,
                "It listens on {}; it should listen on {expected}.",
                join(found)
            ),
            Self::NeverListened { expected, waited } => write!(
                f,
                "It runs, but listened nowhere within {:.1} s; it should listen on {expected}.",
                seconds(waited)
            ),
            Self::NotHealthy {
                expected,
                seen,
                waited,
            } => write!(
                f,
                "It listens on {expected} and was not ready within {:.1} s: {seen}.",
                seconds(waited)
            ),
            Self::LineNeverCame { pattern, waited } => write!(
                f,
                "No line of its standard output matched /{pattern}/ within {:.1} s.",
                seconds(waited)
            ),
            Self::Bench(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotReady {}
