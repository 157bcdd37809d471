//! What one session says, followed in both directions: which statement runs, what answers it, and where
//! a fault takes hold. Pure: bytes come in as pieces and leave through two buffers.

use std::{collections::VecDeque, sync::Arc};

use bytes::{Bytes, BytesMut};
use tokio::sync::oneshot;

use super::{
    fail::Failure,
    flight::{Flight, Role},
    frame::{self, Piece},
    held::{Cycle, Decision},
    prepared::Prepared,
    registry::{Fail, Registry},
    sql::{self, Statement},
    when::{Candidate, stays_within},
};
use crate::timeline::Timeline;

/// What a session does after a piece.
#[derive(Debug)]
pub(super) enum Step {
    Go,
    /// A check decides; `Flow::decided` tells the flow.
    Wait(oneshot::Receiver<Decision>),
    /// The session ends: by a reset, or once the client has read what is written.
    Reset,
    Close,
}

/// What waits for a check's decision.
#[derive(Debug)]
enum Stopped {
    /// A `ReadyForQuery`, behind what is kept of its cycle.
    Ready(Bytes),
    /// The message that runs this statement.
    Statement {
        kind: u8,
        raw: Bytes,
        ran: Vec<Statement>,
        which: usize,
    },
}

/// One session's state.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) to_client: BytesMut,
    pub(super) to_server: BytesMut,
    pub(super) registry: Arc<Registry>,
    pub(super) timeline: Timeline,
    pub(super) program: String,
    pub(super) session: u64,
    pub(super) flights: VecDeque<Flight>,
    pub(super) kept: Option<BytesMut>,
    pub(super) failure: Option<Failure>,
    /// The last status of the session; 0 until it is first ready.
    pub(super) status: u8,
    pub(super) transaction: Vec<String>,
    pub(super) wrote: bool,
    pub(super) drops_server: bool,
    prepared: Prepared,
    stopped: Option<Stopped>,
    drops_client: bool,
}

impl Flow {
    pub(super) fn new(
        session: u64,
        program: &str,
        timeline: Timeline,
        registry: Arc<Registry>,
    ) -> Self {
        Self {
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
            registry,
            timeline,
            program: program.to_owned(),
            session,
            flights: VecDeque::new(),
            kept: None,
            failure: None,
            status: 0,
            transaction: Vec::new(),
            wrote: false,
            drops_server: false,
            prepared: Prepared::default(),
            stopped: None,
            drops_client: false,
        }
    }

    /// Whether pieces of the client, and of the server, are wanted now: nothing moves while a check
    /// decides.
    pub(super) fn wants_client(&self) -> bool {
        let failing = self.failure.as_ref().is_some_and(|failure| failure.synced);
        !failing && self.stopped.is_none()
    }

    pub(super) fn wants_server(&self) -> bool {
        self.stopped.is_none()
    }

    /// A piece of the client's stream.
    pub(super) fn client_says(&mut self, piece: Piece) -> Step {
        let (kind, raw) = match piece {
            Piece::Head { kind, raw } => (kind, raw),
            Piece::More(raw) => {
                if !self.drops_client {
                    self.to_server.extend_from_slice(&raw);
                }
                return Step::Go;
            }
        };
        self.drops_client = self.failure.is_some();
        if self.failure.is_some() {
            self.while_failing(kind);
            return Step::Go;
        }
        let mut body = frame::body(&raw);
        match kind {
            b'Q' if self.status != 0 => {
                let ran = sql::statements(&frame::text(&mut body));
                return self.run(kind, raw, ran);
            }
            b'E' => {
                let ran = self.prepared.of_portal(&frame::text(&mut body));
                return self.run(kind, raw, ran.into_iter().collect());
            }
            b'P' => self.prepared.parse(body),
            b'B' => self.prepared.bind(body),
            b'C' => self.prepared.close(body),
            b'H' => {
                if let Some(open) = self.flights.back_mut().filter(|flight| !flight.closed) {
                    open.flushed = true;
                }
                self.let_through_if_flushed();
            }
            b'S' | b'F' => self.open_flight().close(),
            _ => {}
        }
        self.to_server.extend_from_slice(&raw);
        Step::Go
    }

    /// The flight to which the next message belongs.
    pub(super) fn open_flight(&mut self) -> &mut Flight {
        if self.flights.back().is_none_or(|flight| flight.closed) {
            self.flights.push_back(Flight::default());
        }
        self.flights.back_mut().expect("one was pushed")
    }

    /// A message that runs statements: forwarded, unless a fault is meant for one of them.
    fn run(&mut self, kind: u8, raw: Bytes, ran: Vec<Statement>) -> Step {
        let (mut transaction, mut within) = self.ahead();
        transaction.extend(ran.iter().map(|one| one.fingerprint.clone()));
        for (which, one) in ran.iter().enumerate() {
            let candidate = Candidate {
                fingerprint: &one.fingerprint,
                transaction: &transaction,
                wrote: self.wrote,
                in_transaction: within,
            };
            if let Some(how) = self.registry.failure(&candidate) {
                return self.fail_as(how, kind, &one.fingerprint.clone());
            }
            if let Some(decision) = self.registry.offer_statement(&one.text, &candidate) {
                self.timeline
                    .mark(&self.program, short(&one.fingerprint), "it is held");
                self.stopped = Some(Stopped::Statement {
                    kind,
                    raw,
                    ran,
                    which,
                });
                return Step::Wait(decision);
            }
            within = stays_within(&one.fingerprint, within);
        }
        self.forward(kind, &raw, ran);
        Step::Go
    }

    fn forward(&mut self, kind: u8, raw: &Bytes, ran: Vec<Statement>) {
        let flight = self.open_flight();
        flight.statements.extend(ran);
        flight.extended |= kind == b'E';
        if kind == b'Q' {
            flight.close();
        }
        self.to_server.extend_from_slice(raw);
    }

    /// What the transaction will have run, and whether one will be open, when all that was forwarded has
    /// been answered.
    fn ahead(&self) -> (Vec<String>, bool) {
        let mut transaction = self.transaction.clone();
        let mut within = matches!(self.status, b'T' | b'E');
        for flight in &self.flights {
            for one in &flight.statements {
                let after = stays_within(&one.fingerprint, within);
                transaction.push(one.fingerprint.clone());
                if within && !after {
                    transaction.clear();
                }
                within = after;
            }
            if flight.closed && !within {
                transaction.clear();
            }
        }
        (transaction, within)
    }

    /// Keeps a ready answer until a check has decided.
    pub(super) fn stop_ready(
        &mut self,
        raw: Bytes,
        cycle: &Cycle,
        decision: oneshot::Receiver<Decision>,
    ) -> Step {
        let what = if wrote_commit(cycle) {
            "COMMIT".to_owned()
        } else {
            short(&cycle.last_fingerprint())
        };
        self.timeline
            .mark(&self.program, what, "its answer is held");
        self.stopped = Some(Stopped::Ready(raw));
        Step::Wait(decision)
    }

    /// What a check decided about what is stopped.
    pub(super) fn decided(&mut self, decision: Decision) -> Step {
        match (self.stopped.take(), decision) {
            (None, _) => Step::Go,
            (Some(Stopped::Ready(raw)), Decision::Release | Decision::Fail { .. }) => {
                self.let_through();
                self.to_client.extend_from_slice(&raw);
                Step::Go
            }
            (Some(Stopped::Statement { kind, raw, ran, .. }), Decision::Release) => {
                self.forward(kind, &raw, ran);
                Step::Go
            }
            (
                Some(Stopped::Statement {
                    kind, ran, which, ..
                }),
                Decision::Fail { sqlstate, why },
            ) => {
                self.drops_client = true;
                self.begin_failure(kind, &ran[which].fingerprint, &sqlstate, &why);
                Step::Go
            }
            (Some(stopped), Decision::Cut) => {
                let what = match &stopped {
                    Stopped::Ready(_) => "answer".to_owned(),
                    Stopped::Statement { ran, which, .. } => short(&ran[*which].fingerprint),
                };
                self.timeline
                    .mark(&self.program, what, "the connection is cut");
                Step::Reset
            }
        }
    }

    fn fail_as(&mut self, how: Fail, kind: u8, fingerprint: &str) -> Step {
        self.drops_client = true;
        let why = "the bench lets this statement fail";
        match how {
            Fail::Error(sqlstate) => {
                self.begin_failure(kind, fingerprint, sqlstate, why);
                Step::Go
            }
            Fail::Fatal(sqlstate) => {
                let mark = format!("is answered {sqlstate} by the bench");
                self.timeline.mark(&self.program, short(fingerprint), &mark);
                self.let_through();
                self.to_client
                    .extend_from_slice(&frame::error("FATAL", sqlstate, why));
                Step::Close
            }
            Fail::Reset => {
                self.timeline
                    .mark(&self.program, short(fingerprint), "the connection is cut");
                Step::Reset
            }
        }
    }

    pub(super) fn role(&self) -> Role {
        self.flights
            .front()
            .map_or(Role::Program, |flight| flight.role)
    }
}

fn wrote_commit(cycle: &Cycle) -> bool {
    cycle.wrote || cycle.tags.iter().any(|tag| tag == "COMMIT")
}

/// As much of a fingerprint as a line of a timeline has room for.
pub(super) fn short(fingerprint: &str) -> String {
    const ROOM: usize = 60;
    if fingerprint.chars().count() <= ROOM {
        return fingerprint.to_owned();
    }
    let begin: String = fingerprint.chars().take(ROOM - 1).collect();
    format!("{begin}…")
}
