//! One connection: opened, used for one exchange after another, given up at the first trouble.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::Instant};

use super::{
    answer::Answer,
    curl, diagnosis,
    error::{HttpError, Trouble},
    recorder::{Gate, KEPT, Recorder, Tape},
    request::Request,
};
use crate::{
    bench::Trace,
    verdict::{BenchError, Exchange, millis},
};

/// The most of a body that is read.
const BODY_LIMIT: u64 = 8 * 1024 * 1024;

/// An open connection.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    tape: Tape,
    /// The last exchange, in case bytes come that belong to no answer.
    last: Option<Box<Spent>>,
}

struct Spent {
    label: String,
    exchange: Exchange,
    reproduce: String,
    promised: u64,
}

/// How far an answer came, kept outside of the future that reads it.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    /// What `Content-Length` says.
    pub(super) promised: Option<u64>,
    pub(super) has_head: bool,
    pub(super) body: Vec<u8>,
}

/// One request on its way: its number, its place in evidence, and how long it may take.
pub(super) struct Turn<'r> {
    pub(super) request: &'r Request,
    pub(super) number: u64,
    pub(super) trace: &'r Trace,
    pub(super) begun: Instant,
    pub(super) limit: Duration,
    /// The limit is what is left of the check, not the probe's own.
    pub(super) is_last: bool,
}

impl Turn<'_> {
    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.begun.elapsed())
    }

    /// Says what went wrong, with what the tape has of it.
    pub(super) fn trouble(&self, trouble: Trouble, tape: &Tape) -> HttpError {
        let trouble = if trouble.is_late() && self.is_last && self.number > 1 {
            Trouble::Exhausted {
                requests: self.number,
                took: self.trace.elapsed(),
                allowed: self.trace.allowed(),
            }
        } else {
            trouble
        };
        HttpError::program(
            trouble,
            format!("{} #{}", self.request.label(), self.number),
            self.exchange(tape),
            curl::line(self.request.http.address(), self.request),
        )
        // Where there was no connection, what it was for is told all the same.
        .instead(&self.request.unsent())
    }

    fn exchange(&self, tape: &Tape) -> Exchange {
        let record = tape.read();
        let sent = String::from_utf8_lossy(&record.sent);
        let received = String::from_utf8_lossy(whole_characters(&record.received));
        let cut = record.received_total.max(record.sent_total) > KEPT as u64;
        Exchange {
            number: self.number,
            to: self.request.http.address().to_string(),
            lossy: matches!(sent, std::borrow::Cow::Owned(_))
                || matches!(received, std::borrow::Cow::Owned(_)),
            request: sent.into_owned(),
            response: received.into_owned(),
            ended: cut.then(|| {
                let total = record.received_total;
                format!("{total} bytes came; the first {KEPT} are shown")
            }),
            at: None,
            took_ms: record.begun.map_or(0, |begun| millis(begun.elapsed())),
        }
    }
}

/// Without the half character that a cut at [`KEPT`] may leave.
fn whole_characters(kept: &[u8]) -> &[u8] {
    match std::str::from_utf8(kept) {
        Err(error) if error.error_len().is_none() && kept.len() == KEPT => {
            &kept[..error.valid_up_to()]
        }
        _ => kept,
    }
}

impl Line {
    /// Opens a connection for this turn, its requests held at `gate` if there is one.
    pub(super) async fn open(turn: &Turn<'_>, gate: Option<Arc<Gate>>) -> Result<Self, HttpError> {
        let tape = Tape::default();
        let limit = turn.left();
        let address = turn.request.http.address();
        let stream = match tokio::time::timeout(limit, connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(diagnosis::not_connected(turn, &tape, &error)),
            Err(_) => {
                let within = turn.limit;
                return Err(turn.trouble(Trouble::NotAccepted { within }, &tape));
            }
        };
        let recorder = Recorder::new(stream, tape.clone(), gate, turn.request.raw.clone());
        let (sender, connection) = http1::Builder::new()
            .title_case_headers(true)
            .handshake(TokioIo::new(recorder))
            .await
            .map_err(|error| {
                let why = format!("The bench could not set up HTTP: {error}.");
                HttpError::bench(BenchError::new(why))
            })?;
        tokio::spawn(async move {
            if connection.await.is_err() {
                // The exchange that was under way is told the same.
            }
        });
        Ok(Self {
            sender,
            tape,
            last: None,
        })
    }

    /// Whether it may carry another request, or what is wrong with what came since the last.
    pub(super) fn is_usable(&mut self) -> Result<bool, HttpError> {
        let record = self.tape.read();
        // A late `408` on an idle connection is a manner of closing it, not of answering.
        if record.received_total > 0 && !record.received.starts_with(b"HTTP/1.") {
            let extra = record.received_total;
            drop(record);
            return match self.last.take() {
                Some(spent) => Err(spent.surplus(extra)),
                None => Ok(false),
            };
        }
        let is_open = !record.closed && record.received_total == 0;
        drop(record);
        Ok(is_open && !self.sender.is_closed())
    }

    /// Sends the turn's request and reads the whole answer.
    pub(super) async fn exchange(&mut self, turn: &Turn<'_>) -> Result<Answer, HttpError> {
        self.tape.rewind();
        let request = turn.request.to_hyper()?;
        let mut progress = Progress::default();
        let read = read_answer(&mut self.sender, request, &mut progress);
        match tokio::time::timeout(turn.left(), read).await {
            Ok(Ok(())) => self.finish(turn, progress),
            Ok(Err(Stop::TooLarge)) => {
                Err(turn.trouble(Trouble::TooLarge { limit: BODY_LIMIT }, &self.tape))
            }
            Ok(Err(Stop::Broken(error))) => {
                let trouble = diagnosis::broken(&error, &progress, &self.tape);
                Err(turn.trouble(trouble, &self.tape))
            }
            Err(_) => {
                let trouble = diagnosis::overdue(turn.limit, &progress, &self.tape);
                Err(turn.trouble(trouble, &self.tape))
            }
        }
    }

    fn finish(&mut self, turn: &Turn<'_>, progress: Progress) -> Result<Answer, HttpError> {
        let exchange = turn.exchange(&self.tape);
        let reproduce = curl::line(turn.request.http.address(), turn.request);
        let length = progress.body.len() as u64;
        // Chunks have a length of their own.
        let counts = !progress
            .headers
            .iter()
            .any(|(name, _)| name == "transfer-encoding");
        if let Some(extra) = diagnosis::surplus(&self.tape, length).filter(|_| counts) {
            let trouble = Trouble::Surplus {
                promised: length,
                extra,
            };
            return Err(turn.trouble(trouble, &self.tape));
        }
        self.last = Some(Box::new(Spent {
            label: format!("{} #{}", turn.request.label(), turn.number),
            exchange: exchange.clone(),
            reproduce: reproduce.clone(),
            promised: length,
        }));
        self.tape.rewind();
        Ok(Answer {
            status: progress.status,
            headers: progress.headers,
            body: progress.body.into(),
            exchange,
            label: turn.request.label(),
            parsed: std::sync::OnceLock::new(),
            reproduce,
        })
    }
}

impl Spent {
    fn surplus(self, extra: u64) -> HttpError {
        let promised = self.promised;
        let trouble = Trouble::Surplus { promised, extra };
        HttpError::program(trouble, self.label, self.exchange, self.reproduce)
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Why reading stopped before the end.
enum Stop {
    Broken(hyper::Error),
    TooLarge,
}

async fn read_answer(
    sender: &mut SendRequest<Full<Bytes>>,
    request: hyper::Request<Full<Bytes>>,
    progress: &mut Progress,
) -> Result<(), Stop> {
    sender.ready().await.map_err(Stop::Broken)?;
    let answer = sender.send_request(request).await.map_err(Stop::Broken)?;
    let (head, mut body) = answer.into_parts();
    progress.status = head.status.as_u16();
    progress.has_head = true;
    progress.headers = head.headers.iter().map(readable).collect();
    progress.promised = head
        .headers
        .get(hyper::header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    while let Some(frame) = body.frame().await {
        let Ok(bytes) = frame.map_err(Stop::Broken)?.into_data() else {
            continue;
        };
        if (progress.body.len() + bytes.len()) as u64 > BODY_LIMIT {
            return Err(Stop::TooLarge);
        }
        progress.body.extend_from_slice(&bytes);
    }
    Ok(())
}

/// A header as text: UTF-8 where it is, else each byte as its character (RFC 9110 §5.5).
fn readable(
    (name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue),
) -> (String, String) {
    let bytes = value.as_bytes();
    let text = std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|byte| char::from(*byte)).collect(),
        str::to_owned,
    );
    (name.as_str().to_owned(), text)
}
