//! What the database answers: tags, errors and readiness, kept back while a breakpoint may want them.

use bytes::{Bytes, BytesMut};

use super::{
    flight::{Flight, Role},
    flow::{Flow, Step},
    frame::{self, Piece},
    held::Cycle,
};

/// More is not kept of a cycle: what is beyond goes through, up to the next `CommandComplete`.
const MOST_KEPT: usize = 8 << 20;

impl Flow {
    /// A piece of the server's stream.
    pub(super) fn server_says(&mut self, piece: Piece) -> Step {
        let (kind, raw) = match piece {
            Piece::Head { kind, raw } => (kind, raw),
            Piece::More(raw) => {
                if !self.drops_server {
                    self.deliver(&raw);
                }
                return Step::Go;
            }
        };
        let rolls_back = self.role() == Role::Rollback;
        self.drops_server = rolls_back && kind != b'S';
        match kind {
            b'Z' => return self.ready(raw),
            b'E' => {
                let (sqlstate, why) = frame::error_fields(frame::body(&raw));
                if self.role() == Role::Finish && Self::is_own_error(&sqlstate) {
                    self.drops_server = true;
                    return Step::Go;
                }
                self.errored(&sqlstate, &why);
            }
            b'C' if !rolls_back => self.completed(&frame::text(&mut frame::body(&raw))),
            b'G' => self.copies_in(),
            _ => {}
        }
        if !self.drops_server {
            self.deliver(&raw);
        }
        self.let_through_if_flushed();
        Step::Go
    }

    fn errored(&mut self, sqlstate: &str, why: &str) {
        self.timeline
            .note(&self.program, format!("database: error {sqlstate} {why}"));
        if self.role() == Role::Finish {
            self.has_failed_before();
        }
        if let Some(flight) = self.flights.front_mut() {
            flight.errored = true;
        }
    }

    fn completed(&mut self, tag: &str) {
        let holds = self.registry.holds_answers();
        let Some(flight) = self.flights.front_mut() else {
            return;
        };
        let wrote = flight.complete(tag);
        if wrote || matches!(tag, "COMMIT" | "ROLLBACK") {
            self.timeline
                .note(&self.program, format!("database: {tag}"));
        }
        if holds && flight.works() && flight.role == Role::Program {
            self.kept.get_or_insert_default();
        } else if self.kept.is_none() {
            flight.told |= flight.works();
        }
    }

    /// While it copies, the database ignores a `Sync` that came with the statement; the one behind the
    /// rows closes the flight.
    fn copies_in(&mut self) {
        let alone = self.flights.len() == 1;
        if let Some(flight) = self.flights.front_mut() {
            flight.copies_in = true;
            flight.closed &= !(flight.extended && alone);
        }
    }

    fn deliver(&mut self, raw: &[u8]) {
        match &mut self.kept {
            Some(kept) => {
                kept.extend_from_slice(raw);
                if kept.len() > MOST_KEPT {
                    self.let_through();
                }
            }
            None => self.to_client.extend_from_slice(raw),
        }
    }

    /// Gives the client what was kept of the cycle.
    pub(super) fn let_through(&mut self) {
        let kept: Option<BytesMut> = self.kept.take();
        self.to_client.extend_from_slice(&kept.unwrap_or_default());
    }

    pub(super) fn let_through_if_flushed(&mut self) {
        if self.flights.front().is_some_and(|flight| flight.flushed) {
            self.let_through();
        }
    }

    fn ready(&mut self, raw: Bytes) -> Step {
        let status = raw.get(5).copied().unwrap_or(b'I');
        if self.status == 0 {
            // The first one ends the start-up.
            self.status = status;
            self.deliver(&raw);
            return Step::Go;
        }
        self.status = status;
        let flight = self.flights.pop_front().unwrap_or_default();
        if flight.role != Role::Program {
            self.finished(status);
            return Step::Go;
        }
        let held = flight.works() && !flight.told;
        let cycle = self.cycle(flight);
        if status == b'I' {
            self.transaction.clear();
            self.wrote = false;
        } else {
            self.transaction.clone_from(&cycle.transaction);
            self.wrote = cycle.wrote;
        }
        if held
            && status == b'I'
            && let Some(decision) = self.registry.offer(&cycle)
        {
            return self.stop_ready(raw, &cycle, decision);
        }
        self.let_through();
        self.to_client.extend_from_slice(&raw);
        Step::Go
    }

    /// What the session did since it was last ready.
    fn cycle(&self, flight: Flight) -> Cycle {
        let outside = self.status == b'I';
        let undone =
            outside && (flight.errored || flight.tags.last().is_some_and(|tag| tag == "ROLLBACK"));
        let fingerprints: Vec<String> = flight
            .statements
            .iter()
            .map(|one| one.fingerprint.clone())
            .collect();
        Cycle {
            session: self.session,
            statements: flight.statements.into_iter().map(|one| one.text).collect(),
            transaction: [&self.transaction[..], &fingerprints[..]].concat(),
            fingerprints,
            tags: flight.tags,
            wrote: (self.wrote || flight.wrote) && !undone,
        }
    }
}
