//! Stands between a program and any TCP service, reads nothing of what passes, and makes the line
//! between them a bad one: slow, uneven, narrow, silent, cut.
//!
//! What is switched holds for what is read from then on; what is under way arrives as it was due.
//! Jitter comes from the seed and the order of the connections, so a run can be repeated. A piece of
//! a line without faults meets no timer: one that is due at once costs a millisecond.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    num::{NonZeroU64, NonZeroUsize},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use self::serving::{Order, Serving};
use crate::{random::Seed, verdict::BenchError};

mod connection;
mod schedule;
mod serving;
#[cfg(test)]
mod tests;

/// How the line is. The default is a good one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// From the program to the service.
    pub forth: Flow,
    /// From the service to the program.
    pub back: Flow,
    /// Nothing passes, and nobody is told. What was sent meanwhile arrives when it is over, as TCP
    /// would repeat it; a new connection is made then.
    pub black_hole: bool,
    /// The port refuses connections, and those that were open are reset.
    pub down: bool,
}

/// One direction of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// How long every piece is under way.
    pub latency: Duration,
    /// At most as much longer, drawn for each piece. Pieces never overtake each other.
    pub jitter: Duration,
    /// How much passes in a second; a piece has arrived when its last byte has.
    pub bytes_per_second: Option<NonZeroU64>,
    /// How it is cut up.
    pub slices: Option<Slices>,
}

/// Small pieces instead of whole ones: a reader that takes a read for a message is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slices {
    /// Bytes of one piece.
    pub most: NonZeroUsize,
    /// Between two pieces; without one the reader may find several together.
    pub pause: Duration,
}

/// The proxy before one service. Dropped, it resets its connections and frees its port.
#[derive(Debug)]
pub struct TcpProxy {
    port: u16,
    orders: mpsc::Sender<(Order, oneshot::Sender<io::Result<()>>)>,
    task: JoinHandle<()>,
}

impl TcpProxy {
    /// A proxy before `upstream`, on a loopback port that the system chose. `seed` is that of its
    /// jitter.
    pub async fn bind(upstream: SocketAddr, seed: Seed) -> Result<Self, BenchError> {
        let cannot = |error: io::Error| {
            BenchError::new(format!(
                "The port before {upstream} cannot be had: {error}."
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(cannot)?;
        let port = listener.local_addr().map_err(cannot)?.port();
        // Nobody orders faster than orders are carried out.
        let (orders, inbox) = mpsc::channel(1);
        let serving = Serving::new(listener, upstream, seed, watch::channel(Line::default()).0);
        let task = tokio::spawn(serving.run(inbox));
        Ok(Self { port, orders, task })
    }

    /// Where programs connect.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Switches the line. When this returns it is so: a port that is down refuses, one that is up
    /// accepts.
    pub async fn set(&self, line: Line) -> Result<(), BenchError> {
        self.order(Order::Set(line)).await
    }

    /// Resets every open connection (RST, both ways); new ones are made as before.
    pub async fn reset(&self) -> Result<(), BenchError> {
        self.order(Order::Reset).await
    }

    async fn order(&self, order: Order) -> Result<(), BenchError> {
        let (done, is_done) = oneshot::channel();
        let ordered = self.orders.send((order, done)).await;
        let carried_out = match ordered {
            Ok(()) => is_done.await.map_err(io::Error::other),
            Err(_) => Err(io::Error::other("it has ended")),
        };
        carried_out.flatten().map_err(|error| {
            let port = self.port;
            BenchError::new(format!(
                "The line on 127.0.0.1:{port} cannot be switched: {error}."
            ))
        })
    }
}

impl Drop for TcpProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
