//! A proxy that speaks `PostgreSQL`'s protocol 3: it tells what passes, holds answers and statements at
//! breakpoints, lets statements fail and takes the database away.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

mod answers;
mod fail;
mod flight;
mod flow;
mod frame;
mod held;
mod prepared;
mod registry;
mod session;
mod sql;
#[cfg(test)]
mod tests;
mod when;

use self::{
    flow::Flow,
    registry::{Control, Registry},
};
pub use self::{
    held::{Answers, Cycle, HeldReady, HeldStatement, Statements},
    registry::{Fail, Failing},
    sql::fingerprint,
    when::When,
};
use super::MOST_CONNECTIONS;
use crate::{timeline::Timeline, verdict::BenchError};

/// A port that takes no connection for a moment, because the process has too many, is tried again.
const RETRY: Duration = Duration::from_millis(20);

/// Stands between one program and its database. Ends with [`close`](Self::close) or when dropped.
#[derive(Debug)]
pub struct PgProxy {
    address: SocketAddr,
    registry: Arc<Registry>,
}

impl PgProxy {
    /// Listens on a port of its own for `program`'s connections. That it cannot is the machine's fault.
    pub async fn start(
        upstream: SocketAddr,
        program: &str,
        timeline: Timeline,
    ) -> Result<Self, BenchError> {
        let refused = |error: std::io::Error| {
            BenchError::new(format!(
                "The database's proxy cannot listen on 127.0.0.1: {error}."
            ))
            .unlock("allow programs of yours to listen on 127.0.0.1, then run the check again")
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let registry = Arc::new(Registry::new());
        let accepts = Accepts {
            upstream,
            program: program.to_owned(),
            timeline,
            registry: Arc::clone(&registry),
        };
        tokio::spawn(accepts.run(listener));
        Ok(Self { address, registry })
    }

    /// Where the program connects, with `sslmode=disable`.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A breakpoint on the answer to a cycle that leaves no transaction open: the program cannot learn
    /// that it committed until the check decides.
    pub fn hold_ready(&self, when: When) -> Answers {
        self.registry.hold_ready(when)
    }

    /// A breakpoint on the message that would run a statement.
    pub fn hold_statement(&self, when: When) -> Statements {
        self.registry.hold_statement(when)
    }

    /// Lets the next `times` statements fail, until what it returns is dropped.
    pub fn fail_statements(&self, when: When, how: Fail, times: u32) -> Failing {
        self.registry.fail(when, how, times)
    }

    /// Takes the database away: sessions are reset, and so is every new connection.
    pub fn down(&self) {
        self.registry.control.send_modify(|control| {
            control.down = true;
            control.cuts += 1;
        });
    }

    /// Gives the database back to new connections.
    pub fn up(&self) {
        self.registry
            .control
            .send_modify(|control| control.down = false);
    }

    /// Takes every breakpoint and failure off, and lets go what is held.
    pub fn clear(&self) {
        self.registry.clear();
    }

    /// Ends the proxy and its sessions.
    pub fn close(&self) {
        self.registry
            .control
            .send_modify(|control| control.closed = true);
        self.registry.clear();
    }

    /// How many connections are open.
    pub fn sessions(&self) -> usize {
        self.registry.sessions.load(Ordering::Relaxed)
    }
}

impl Drop for PgProxy {
    fn drop(&mut self) {
        self.close();
    }
}

/// A session that is open.
struct Counted(Arc<Registry>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Takes connections until the proxy is closed.
struct Accepts {
    upstream: SocketAddr,
    program: String,
    timeline: Timeline,
    registry: Arc<Registry>,
}

impl Accepts {
    async fn run(self, listener: TcpListener) {
        let mut control = self.registry.control.subscribe();
        let mut session = 0;
        let mut steps = tokio::time::interval(RETRY);
        steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = control.wait_for(|control| control.closed) => return,
            };
            match accepted {
                Ok((client, _)) => {
                    session += 1;
                    self.take(client, session);
                }
                // One that was gone before it was taken is no reason to end; and where too much is
                // open, it is tried again.
                Err(_) => {
                    steps.tick().await;
                }
            }
        }
    }

    fn take(&self, client: TcpStream, session: u64) {
        let control: watch::Receiver<Control> = self.registry.control.subscribe();
        let is_full = self.registry.sessions.load(Ordering::Relaxed) >= MOST_CONNECTIONS;
        if is_full {
            let text = format!("refuses more than {MOST_CONNECTIONS} connections");
            self.timeline.note("database", text);
        }
        if is_full || control.borrow().down {
            drop(client.set_zero_linger());
            return;
        }
        self.registry.sessions.fetch_add(1, Ordering::Relaxed);
        let counted = Counted(Arc::clone(&self.registry));
        let registry = Arc::clone(&self.registry);
        let flow = Flow::new(session, &self.program, self.timeline.clone(), registry);
        let serves = session::serve(client, self.upstream, flow, control);
        tokio::spawn(async move {
            serves.await;
            drop(counted);
        });
    }
}
