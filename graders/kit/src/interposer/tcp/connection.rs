//! One connection: two directions, each read, delayed and written on its own.

use std::{io, net::SocketAddr};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use super::{
    Flow, Line,
    schedule::{Piece, Schedule},
};
use crate::random::Random;

/// Bytes that are read together.
const CHUNK: usize = 16 << 10;
/// Pieces under way in one direction: no more than a mebibyte, which also bounds what a line with
/// latency carries in a second.
const UNDER_WAY: usize = 64;

pub(super) struct Connection {
    pub(super) line: watch::Receiver<Line>,
    pub(super) cut: watch::Receiver<()>,
    pub(super) forth: Random,
    pub(super) back: Random,
}

impl Connection {
    pub(super) async fn run(self, mut client: TcpStream, upstream: SocketAddr) {
        let Self {
            mut line,
            mut cut,
            forth,
            back,
        } = self;
        let connected = tokio::select! {
            _ = cut.changed() => None,
            connected = connect(&mut line, upstream) => connected.ok(),
        };
        let Some(mut server) = connected else {
            return reset([client]);
        };
        client.set_nodelay(true).ok(); // a piece that waits for another is later than it was due
        let ended = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            let forth = carry(from_client, to_server, &line, |line| line.forth, forth);
            let back = carry(from_server, to_client, &line, |line| line.back, back);
            tokio::select! {
                _ = cut.changed() => Err(io::ErrorKind::ConnectionReset.into()),
                ended = async { tokio::try_join!(forth, back) } => ended,
            }
        };
        if ended.is_err() {
            reset([client, server]);
        }
    }
}

/// A connection to the service, made when the line lets it.
async fn connect(line: &mut watch::Receiver<Line>, upstream: SocketAddr) -> io::Result<TcpStream> {
    is_open(line).await?;
    let server = TcpStream::connect(upstream).await?;
    server.set_nodelay(true)?;
    Ok(server)
}

/// Waits while nothing passes.
async fn is_open(line: &mut watch::Receiver<Line>) -> io::Result<()> {
    let open = line.wait_for(|line| !line.black_hole).await;
    open.map(drop).map_err(io::Error::other)
}

/// Ends connections with RST instead of FIN.
fn reset(streams: impl IntoIterator<Item = TcpStream>) {
    for stream in streams {
        stream.set_zero_linger().ok(); // one that is broken already needs none
    }
}

/// Carries one direction to its end.
async fn carry(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    line: &watch::Receiver<Line>,
    flow: impl Fn(&Line) -> Flow,
    random: Random,
) -> io::Result<()> {
    let (queue, mut under_way) = mpsc::channel::<Piece>(UNDER_WAY);
    let read = async move {
        let mut schedule = Schedule::new(random);
        loop {
            let mut bytes = BytesMut::with_capacity(CHUNK);
            let is_end = from.read_buf(&mut bytes).await? == 0;
            let flow = flow(&line.borrow());
            for piece in schedule.pieces(Instant::now(), bytes.freeze(), &flow) {
                queue.send(piece).await.map_err(io::Error::other)?;
            }
            if is_end {
                return Ok(());
            }
        }
    };
    let mut line = line.clone();
    let write = async move {
        while let Some(piece) = under_way.recv().await {
            if let Some(at) = piece.at {
                sleep_until(at).await;
            }
            is_open(&mut line).await?;
            if piece.bytes.is_empty() {
                break;
            }
            to.write_all(&piece.bytes).await?;
        }
        to.shutdown().await
    };
    tokio::try_join!(read, write).map(drop)
}
