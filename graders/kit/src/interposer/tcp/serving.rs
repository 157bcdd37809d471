//! The proxy's own task: accepts, switches, cuts.

use std::{io, net::SocketAddr};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
};

use super::{Line, connection};
use crate::random::{Random, Seed};

/// Connections that may wait to be accepted.
const WAITING: u32 = 1024;

pub(super) enum Order {
    Set(Line),
    Reset,
}

pub(super) struct Serving {
    door: Door,
    upstream: SocketAddr,
    seed: Seed,
    line: watch::Sender<Line>,
    /// Whoever sees it change resets its connection.
    cut: watch::Sender<()>,
    open: JoinSet<()>,
    accepted: u64,
}

/// The port: a socket that is bound and does not listen refuses, and nobody else gets its port.
enum Door {
    Open(TcpListener),
    Shut(TcpSocket),
    /// It could not be bound again; the error was told.
    Lost,
}

impl Serving {
    pub(super) fn new(
        listener: TcpListener,
        upstream: SocketAddr,
        seed: Seed,
        line: watch::Sender<Line>,
    ) -> Self {
        Self {
            door: Door::Open(listener),
            upstream,
            seed,
            line,
            cut: watch::channel(()).0,
            open: JoinSet::new(),
            accepted: 0,
        }
    }

    pub(super) async fn run(
        mut self,
        mut orders: mpsc::Receiver<(Order, oneshot::Sender<io::Result<()>>)>,
    ) {
        loop {
            tokio::select! {
                order = orders.recv() => {
                    let Some((order, done)) = order else { return };
                    let carried_out = self.carry_out(order).await;
                    done.send(carried_out).ok(); // nobody may wait for it any more
                }
                client = self.door.accept() => self.connect(client),
                Some(_) = self.open.join_next() => {}
            }
        }
    }

    async fn carry_out(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Set(line) => {
                self.line.send_replace(line);
                if line.down {
                    self.door.shut()?;
                    self.cut().await;
                    Ok(())
                } else {
                    self.door.open()
                }
            }
            Order::Reset => {
                self.cut().await;
                Ok(())
            }
        }
    }

    /// Resets all that are open; when this returns they are.
    async fn cut(&mut self) {
        self.cut.send_replace(());
        while self.open.join_next().await.is_some() {}
    }

    fn connect(&mut self, client: TcpStream) {
        self.accepted += 1;
        let random = |side: &str| Random::new(self.seed, &format!("{side} {}", self.accepted));
        let mut cut = self.cut.subscribe();
        cut.mark_unchanged();
        let connection = connection::Connection {
            line: self.line.subscribe(),
            cut,
            forth: random("forth"),
            back: random("back"),
        };
        self.open.spawn(connection.run(client, self.upstream));
    }
}

impl Door {
    /// The next program; never while it is shut.
    async fn accept(&self) -> TcpStream {
        if let Self::Open(listener) = self {
            // An error is the connection's, which is gone.
            loop {
                if let Ok((client, _)) = listener.accept().await {
                    return client;
                }
            }
        }
        std::future::pending().await
    }

    fn shut(&mut self) -> io::Result<()> {
        let Self::Open(listener) = self else {
            return Ok(());
        };
        let address = listener.local_addr()?;
        // It goes before another may have its place.
        *self = Self::Lost;
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        *self = Self::Shut(socket);
        Ok(())
    }

    fn open(&mut self) -> io::Result<()> {
        match std::mem::replace(self, Self::Lost) {
            Self::Shut(socket) => *self = Self::Open(socket.listen(WAITING)?),
            Self::Open(listener) => *self = Self::Open(listener),
            Self::Lost => return Err(io::Error::other("another program has its port")),
        }
        Ok(())
    }
}
