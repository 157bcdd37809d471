//! Somebody else's HTTP service, played by the bench: it writes down every call, answers each as the
//! check says, and tells it to the [`Timeline`].
//!
//! It speaks HTTP/1.1 on a loopback port and is bounded: bodies of [`BODY_LIMIT`], so many calls and
//! bytes in all, so many connections. What it records is the learner's traffic; nothing here is an
//! error of theirs, the check decides.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::Instant};

use crate::{timeline::Timeline, verdict::BenchError};

mod call;
mod reply;
mod serve;
#[cfg(test)]
mod tests;

pub use self::{
    call::{Call, Ending},
    reply::{Gate, Reply},
};

/// The most of a body that is read; a longer one is answered 413, told in the timeline, and not recorded.
pub const BODY_LIMIT: usize = 64 * 1024;

/// How many calls are recorded, and how many bytes of them; further ones are answered 503 and counted.
const CALLS: usize = 50_000;
const BYTES: usize = 64 << 20;

/// How many connections may be open; a further one is reset, and told.
const CONNECTIONS: usize = 512;

/// How the moments of what was refused begin.
pub const REFUSED: &str = "is refused by the service";

/// What a check answers a call with. Asked once for each call, in the order of their numbers.
type Script = Arc<dyn Fn(&Call) -> Reply + Send + Sync>;

/// Who holds the other end of a connection.
type Whose = Arc<dyn Fn(SocketAddr) -> Option<String> + Send + Sync>;

/// The service. Cheap to clone; it ends with [`Stub::close`] or its last clone.
#[derive(Clone)]
pub struct Stub {
    inner: Arc<Inner>,
    _accepting: Arc<Accepting>,
}

struct Inner {
    address: SocketAddr,
    begun: Instant,
    timeline: Timeline,
    whose: Mutex<Option<Whose>>,
    script: Mutex<Script>,
    told: Mutex<Told>,
    is_closed: watch::Sender<bool>,
}

/// What was recorded.
#[derive(Default)]
struct Told {
    calls: Vec<Call>,
    bytes: usize,
    /// Calls that came when there was no room left.
    beyond: usize,
    /// Calls with too large a body, and connections too many.
    refused: usize,
    connections: usize,
}

struct Accepting {
    task: JoinHandle<()>,
    inner: Arc<Inner>,
}

impl Drop for Accepting {
    fn drop(&mut self) {
        self.task.abort();
        self.inner.is_closed.send_replace(true);
    }
}

impl Stub {
    /// A service on a loopback port that the system chose. Until a check says otherwise, every call is
    /// answered 201.
    pub async fn start(timeline: Timeline) -> Result<Self, BenchError> {
        let cannot = |error: std::io::Error| {
            BenchError::new(format!(
                "A port for a service that the bench plays cannot be had on 127.0.0.1: {error}."
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(cannot)?;
        let inner = Arc::new(Inner {
            address: listener.local_addr().map_err(cannot)?,
            begun: Instant::now(),
            timeline,
            whose: Mutex::default(),
            script: Mutex::new(Arc::new(|_: &Call| Reply::status(201))),
            told: Mutex::default(),
            is_closed: watch::channel(false).0,
        });
        let task = tokio::spawn(serve::accept(listener, Arc::clone(&inner)));
        let accepting = Accepting {
            task,
            inner: Arc::clone(&inner),
        };
        Ok(Self {
            inner,
            _accepting: Arc::new(accepting),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.address
    }

    /// `http://127.0.0.1:41873`, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.inner.address)
    }

    /// Who tells whose a connection is, by the program's end of it.
    pub fn name_by(&self, whose: impl Fn(SocketAddr) -> Option<String> + Send + Sync + 'static) {
        *lock(&self.inner.whose) = Some(Arc::new(whose));
    }

    /// What calls are answered with from now on. `script` is asked once a call, one call at a time.
    pub fn answer_by(&self, script: impl Fn(&Call) -> Reply + Send + Sync + 'static) {
        *lock(&self.inner.script) = Arc::new(script);
    }

    /// Looks at what was recorded, in the order of arrival, without copying it.
    pub fn look<T>(&self, at: impl FnOnce(&[Call]) -> T) -> T {
        at(&self.inner.told().calls)
    }

    /// How many calls came when there was no room to record them.
    pub fn beyond(&self) -> usize {
        self.inner.told().beyond
    }

    /// How many calls had too large a body, and how many connections were too many.
    pub fn refused(&self) -> usize {
        self.inner.told().refused
    }

    /// Since the service was started, as [`Call::at`] is counted.
    pub fn elapsed(&self) -> Duration {
        self.inner.begun.elapsed()
    }

    /// Ends it and every connection.
    pub fn close(&self) {
        self.inner.is_closed.send_replace(true);
    }
}

impl Inner {
    fn told(&self) -> MutexGuard<'_, Told> {
        lock(&self.told)
    }

    fn name(&self, peer: SocketAddr) -> String {
        let whose = lock(&self.whose).clone();
        whose
            .and_then(|whose| whose(peer))
            .unwrap_or_else(|| "a program".to_owned())
    }

    /// Tells what is not taken in.
    fn refuse(&self, program: &str, why: &str) {
        self.told().refused += 1;
        self.timeline.note(program, format!("{REFUSED}: {why}"));
    }

    /// Takes a call in and decides about it; `None` when there is no room for it.
    fn take(&self, mut call: Call) -> Option<(usize, Reply)> {
        let mut told = self.told();
        let size = call.size();
        if told.calls.len() >= CALLS || told.bytes + size > BYTES {
            told.beyond += 1;
            return None;
        }
        let place = told.calls.len();
        call.number = place as u64 + 1;
        call.at = self.begun.elapsed();
        // Asked with the record locked: a script sees calls in the order in which they stand there.
        let script = lock(&self.script).clone();
        let reply = script(&call);
        call.note.clone_from(&reply.note);
        told.bytes += size;
        told.calls.push(call);
        Some((place, reply))
    }

    /// Writes down how the call at `place` ended.
    fn end(&self, place: usize, ending: Ending) {
        let mut told = self.told();
        let elapsed = self.begun.elapsed();
        let Some(call) = told.calls.get_mut(place) else {
            return;
        };
        call.took = elapsed.saturating_sub(call.at);
        let line = format!("{}{} → {ending}", call.label(), call.noted());
        let program = call.program.clone();
        call.ending = Some(ending);
        drop(told);
        self.timeline.note(&program, line);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
