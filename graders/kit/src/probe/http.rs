//! HTTP/1.1, with connections that the probe owns: it keeps the bytes of each exchange, can hold
//! requests at a barrier, and can send what no client would.
//!
//! **Whose fault.** The bench speaks to a program that was ready. So a refused, reset or silent
//! connection, an answer that is cut, endless, malformed or late is the program's fault and becomes
//! [`Failure::Wrong`](crate::verdict::Failure) with the exchange as evidence. What the machine could
//! not give us (file descriptors, ports) is the bench's.
//!
//! **Connections** are kept alive and shared by clones. A request is sent a second time, once and on
//! a new connection, only when it went out on a kept one, not a byte of an answer came, and the
//! program had closed that connection: it may close an idle one whenever it likes (RFC 9112 §9.3.1),
//! also in the moment in which we use it.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::{task::JoinSet, time::Instant};

use crate::{bench::Trace, verdict::BenchError};

mod answer;
mod curl;
mod diagnosis;
mod error;
mod line;
mod recorder;
mod request;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use error::HttpError;
use error::Trouble;
use line::{Line, Turn};
use recorder::{Gate, Tape};
pub use request::Request;

/// How long one answer may take: far beyond what any of them needs.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long one try to open the next connection of a race may take, and how many there are before
/// it begins without. A full queue drops what knocks, and the kernel knocks again only after a
/// second: a new try gets in as soon as there is room.
const OPENING: Duration = Duration::from_millis(150);
const TRIES: usize = 3;

/// Speaks HTTP/1.1 to one address. Clones share its idle connections.
#[derive(Clone)]
pub struct Http {
    address: SocketAddr,
    trace: Trace,
    idle: Arc<Mutex<Vec<Line>>>,
}

/// A connection that is open and waits for its request.
pub struct Connection {
    line: Line,
    http: Http,
}

/// What became of requests that were sent at once.
pub struct Race {
    /// The answers, in the order of the requests.
    pub answers: Vec<Answer>,
    /// How many connections stood open and ready when the requests were released. Fewer than
    /// requests: the program takes no more at a time, and the rest followed.
    pub at_once: usize,
}

impl Http {
    /// A probe of this address, counting on this trace.
    pub fn new(address: SocketAddr, trace: Trace) -> Self {
        Self {
            address,
            trace,
            idle: Arc::default(),
        }
    }

    /// Where it speaks to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A request of any method.
    pub fn request(&self, method: &'static str, path: &str) -> Request {
        Request::new(self.clone(), method, path)
    }

    /// `GET path`.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// `HEAD path`.
    pub fn head(&self, path: &str) -> Request {
        self.request("HEAD", path)
    }

    /// `POST path`.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// `PATCH path`.
    pub fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    /// `DELETE path`.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }

    /// These bytes in place of a request, on a connection of their own.
    pub fn raw(&self, bytes: impl Into<Bytes>) -> Request {
        let mut request = self.request("GET", "/");
        request.raw = Some(bytes.into());
        request
    }

    /// Opens a connection and leaves it waiting for [`Connection::send`].
    pub async fn connect(&self) -> Result<Connection, HttpError> {
        let request = self.get("/");
        let turn = self.turn(&request, self.trace.next_exchange());
        Ok(Connection {
            line: Line::open(&turn, None).await?,
            http: self.clone(),
        })
    }

    /// Opens a connection for each request, then writes all of them at once, and reads the answers.
    ///
    /// Idle connections are closed before and used ones after, so that a program that serves one
    /// connection after the other is raced as well as it allows.
    pub async fn race(&self, requests: Vec<Request>) -> Result<Race, HttpError> {
        self.pool().clear();
        let gate = Arc::new(Gate::default());
        let mut racers = Vec::with_capacity(requests.len());
        let mut is_crowded = false;
        for request in requests {
            let number = self.trace.next_exchange();
            let line = if is_crowded {
                None
            } else {
                self.open_for_race(&request, number, &gate).await?
            };
            is_crowded = line.is_none();
            racers.push((request, number, line));
        }
        let at_once = racers.iter().filter(|(_, _, line)| line.is_some()).count();
        let mut running = JoinSet::new();
        for (place, (request, number, line)) in racers.into_iter().enumerate() {
            let http = self.clone();
            running.spawn(async move { (place, http.run_in_race(&request, number, line).await) });
        }
        gate.wait_for(at_once, PATIENCE).await;
        gate.release();
        let mut answers = Vec::with_capacity(running.len());
        while let Some(joined) = running.join_next().await {
            let (place, answer) = joined.map_err(|error| {
                HttpError::bench(BenchError::new(format!(
                    "A request of a race broke: {error}."
                )))
            })?;
            answers.push((place, answer?));
        }
        answers.sort_by_key(|(place, _)| *place);
        Ok(Race {
            answers: answers.into_iter().map(|(_, answer)| answer).collect(),
            at_once,
        })
    }

    /// A line at the gate; `None` when the program takes no further connection for now.
    async fn open_for_race(
        &self,
        request: &Request,
        number: u64,
        gate: &Arc<Gate>,
    ) -> Result<Option<Line>, HttpError> {
        let turn = self.turn(request, number);
        for _ in 0..TRIES {
            let opening = Line::open(&turn, Some(Arc::clone(gate)));
            if let Ok(line) = tokio::time::timeout(OPENING, opening).await {
                return line.map(Some);
            }
        }
        Ok(None)
    }

    async fn run_in_race(
        &self,
        request: &Request,
        number: u64,
        line: Option<Line>,
    ) -> Result<Answer, HttpError> {
        let turn = self.turn(request, number);
        let mut line = match line {
            Some(line) => line,
            None => Line::open(&turn, None).await?,
        };
        line.exchange(&turn).await
    }

    async fn send(self, request: &Request) -> Result<Answer, HttpError> {
        let turn = self.numbered(request);
        if turn.limit.is_zero() {
            let within = turn.limit;
            return Err(turn.trouble(Trouble::Silent { within }, &Tape::default()));
        }
        let mut before = None;
        if request.raw.is_none()
            && let Some(mut line) = self.idle_line()?
        {
            match line.exchange(&turn).await {
                Ok(answer) => {
                    self.pool().push(line);
                    return Ok(answer);
                }
                Err(error) if error.is_without_a_byte() => before = Some(error),
                Err(error) => return Err(error),
            }
        }
        let again = match Line::open(&turn, None).await {
            Ok(mut line) => line.exchange(&turn).await.map(|answer| (line, answer)),
            Err(error) => Err(error),
        };
        match (again, before) {
            (Ok((line, answer)), _) => {
                if request.raw.is_none() {
                    self.pool().push(line);
                }
                Ok(answer)
            }
            // It did not close an idle connection; it died of this request, and of a second one
            // nothing ever left.
            (Err(error), Some(first)) if error.has_sent_nothing() => Err(first),
            (Err(error), _) => Err(error),
        }
    }

    /// An idle connection that the program has not closed.
    fn idle_line(&self) -> Result<Option<Line>, HttpError> {
        loop {
            let Some(mut line) = self.pool().pop() else {
                return Ok(None);
            };
            if line.is_usable()? {
                return Ok(Some(line));
            }
        }
    }

    fn pool(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A turn with the next number.
    fn numbered<'r>(&'r self, request: &'r Request) -> Turn<'r> {
        self.turn(request, self.trace.next_exchange())
    }

    /// A turn of this number, told to be what is waited for.
    fn turn<'r>(&'r self, request: &'r Request, number: u64) -> Turn<'r> {
        self.trace
            .waiting_for(format!("{} #{number}", request.label()));
        let left = self.trace.left();
        Turn {
            request,
            number,
            trace: &self.trace,
            begun: Instant::now(),
            limit: left.min(PATIENCE),
            is_last: left < PATIENCE,
        }
    }
}

impl Connection {
    /// Sends the request on this connection and no other, and reads the whole answer.
    pub async fn send(&mut self, request: &Request) -> Result<Answer, HttpError> {
        let turn = self.http.numbered(request);
        self.line.exchange(&turn).await
    }
}
