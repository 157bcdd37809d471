//! A statement that fails without having reached the database.

use bytes::Bytes;

use super::{
    flight::{Flight, Role},
    flow::{Flow, short},
    frame,
};

/// What the bench sends to make the rest of a flight fail, so that nothing of it is committed.
const BREAK: &str = "the bench fails this flight";

/// What is to be told to the program once the database has rolled back.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is seen by itself, in any order"
)]
#[derive(Debug)]
pub(super) struct Failure {
    error: Bytes,
    /// The program has sent all of its flight.
    pub(super) synced: bool,
    /// The program waits for the answers so far.
    asked: bool,
    rolled_back: bool,
    told: bool,
}

impl Flow {
    /// Closes what was forwarded of the flight and answers for the database.
    pub(super) fn begin_failure(&mut self, kind: u8, fingerprint: &str, sqlstate: &str, why: &str) {
        let mark = format!("is answered {sqlstate} by the bench");
        self.timeline.mark(&self.program, short(fingerprint), &mark);
        self.failure = Some(Failure {
            error: frame::error("ERROR", sqlstate, why),
            synced: kind == b'Q',
            asked: false,
            rolled_back: false,
            told: false,
        });
        let flight = self.open_flight();
        flight.role = Role::Finish;
        let begun = flight.works();
        flight.close();
        if begun {
            // Without an error, `Sync` would commit what ran outside of a transaction.
            let body = [b"\0", BREAK.as_bytes(), b"\0\0\0"].concat();
            self.to_server
                .extend_from_slice(&frame::message(b'P', &body));
        }
        self.to_server.extend_from_slice(&frame::message(b'S', b""));
    }

    /// A message of the program behind the failed one: the database never sees it.
    pub(super) fn while_failing(&mut self, kind: u8) {
        if let Some(failure) = &mut self.failure {
            failure.synced |= kind == b'S';
            failure.asked |= kind == b'H';
        }
        self.tell_failure();
    }

    /// Whether an error of the database is the one the bench provoked.
    pub(super) fn is_own_error(sqlstate: &str) -> bool {
        // syntax_error
        sqlstate == "42601"
    }

    /// The database itself refused an earlier statement of the flight: that error stands.
    pub(super) fn has_failed_before(&mut self) {
        if let Some(failure) = &mut self.failure {
            failure.told = true;
        }
    }

    /// The database is ready after a flight that the bench closed.
    pub(super) fn finished(&mut self, status: u8) {
        self.let_through();
        if status != b'I' {
            self.flights.push_front(Flight {
                role: Role::Rollback,
                closed: true,
                ..Flight::default()
            });
            self.to_server
                .extend_from_slice(&frame::message(b'Q', b"ROLLBACK\0"));
            return;
        }
        self.status = b'I';
        self.transaction.clear();
        self.wrote = false;
        if let Some(failure) = &mut self.failure {
            failure.rolled_back = true;
        }
        self.tell_failure();
    }

    fn tell_failure(&mut self) {
        let Some(failure) = &mut self.failure else {
            return;
        };
        if !failure.rolled_back {
            return;
        }
        if !failure.told && (failure.synced || failure.asked) {
            failure.told = true;
            self.to_client.extend_from_slice(&failure.error);
        }
        if failure.synced {
            self.to_client
                .extend_from_slice(&frame::message(b'Z', b"I"));
            self.failure = None;
        }
    }
}
