//! The wire under a connection: keeps what went over it, and can hold a request back.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
    time::Instant,
};

/// How much of each direction is kept as evidence.
pub(super) const KEPT: usize = 64 * 1024;

/// What went over a connection since its last exchange began.
#[derive(Default)]
pub(super) struct Record {
    pub(super) sent: Vec<u8>,
    pub(super) sent_total: u64,
    pub(super) received: Vec<u8>,
    pub(super) received_total: u64,
    /// When the first byte of the request left.
    pub(super) begun: Option<Instant>,
    /// The other side closed, or the connection broke.
    pub(super) closed: bool,
}

/// A handle on a connection's record, shared with whoever reads it.
#[derive(Clone, Default)]
pub(super) struct Tape(Arc<Mutex<Record>>);

impl Tape {
    pub(super) fn read(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the exchange before; whether the connection is closed stays known.
    pub(super) fn rewind(&self) {
        let mut record = self.read();
        let closed = record.closed;
        *record = Record {
            closed,
            ..Record::default()
        };
    }

    fn wrote(&self, bytes: &[u8]) {
        let mut record = self.read();
        record.begun.get_or_insert_with(Instant::now);
        record.sent_total += bytes.len() as u64;
        keep(&mut record.sent, bytes);
    }

    fn got(&self, bytes: &[u8]) {
        let mut record = self.read();
        record.received_total += bytes.len() as u64;
        record.closed |= bytes.is_empty();
        keep(&mut record.received, bytes);
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) {
    let room = KEPT.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..room]);
}

/// Holds the writes of several connections back until all are there.
#[derive(Default)]
pub(super) struct Gate {
    open: AtomicBool,
    arrived: AtomicUsize,
    arrival: Notify,
    waiting: Mutex<Vec<Waker>>,
}

impl Gate {
    /// Waits until `count` connections have a request to write, or the limit is over.
    pub(super) async fn wait_for(&self, count: usize, limit: Duration) {
        let all = async {
            while self.arrived.load(Ordering::SeqCst) < count {
                self.arrival.notified().await;
            }
        };
        if tokio::time::timeout(limit, all).await.is_err() {
            // A connection that broke meanwhile never arrives; its own exchange says so.
        }
    }

    /// Lets every write through, now and from now on.
    pub(super) fn release(&self) {
        self.open.store(true, Ordering::SeqCst);
        let waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for waker in waiting {
            waker.wake();
        }
    }

    fn poll_pass(&self, cx: &Context<'_>, is_new: bool) -> Poll<()> {
        if is_new {
            self.arrived.fetch_add(1, Ordering::SeqCst);
            self.arrival.notify_one();
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if self.open.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        waiting.push(cx.waker().clone());
        Poll::Pending
    }
}

/// A TCP connection that records, may be held at a gate, and may send other bytes than it is told.
pub(super) struct Recorder {
    stream: TcpStream,
    tape: Tape,
    gate: Option<Arc<Gate>>,
    at_gate: bool,
    /// Sent in place of what is written: the way to a request that no client would form.
    instead: Option<Bytes>,
}

impl Recorder {
    pub(super) fn new(
        stream: TcpStream,
        tape: Tape,
        gate: Option<Arc<Gate>>,
        instead: Option<Bytes>,
    ) -> Self {
        Self {
            stream,
            tape,
            gate,
            at_gate: false,
            instead,
        }
    }

    fn poll_gate(&mut self, cx: &Context<'_>) -> Poll<()> {
        let Some(gate) = &self.gate else {
            return Poll::Ready(());
        };
        let is_new = !std::mem::replace(&mut self.at_gate, true);
        ready!(gate.poll_pass(cx, is_new));
        self.gate = None;
        Poll::Ready(())
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes));
        match &sent {
            Ok(count) => self.tape.wrote(&bytes[..*count]),
            Err(_) => self.tape.read().closed = true,
        }
        Poll::Ready(sent)
    }
}

impl AsyncRead for Recorder {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut this.stream).poll_read(cx, buffer));
        match &read {
            Ok(()) => this.tape.got(&buffer.filled()[before..]),
            Err(_) => this.tape.read().closed = true,
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_gate(cx));
        let Some(mut instead) = this.instead.take() else {
            return this.poll_send(cx, bytes);
        };
        while !instead.is_empty() {
            match this.poll_send(cx, &instead) {
                Poll::Ready(Ok(count)) => instead.advance(count),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    this.instead = Some(instead);
                    return Poll::Pending;
                }
            }
        }
        // Kept, though empty: what else is written is swallowed, too.
        this.instead = Some(instead);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
