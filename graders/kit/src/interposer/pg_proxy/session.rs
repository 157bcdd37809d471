//! One connection of a program and the one to the database behind it.

use std::{io, net::SocketAddr};

use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{oneshot, watch},
};

use super::{
    flow::{Flow, Step},
    frame::{BadLength, Framing},
    held::Decision,
    registry::Control,
};

/// No more than this is read ahead of the other side.
const AHEAD: usize = 1 << 20;
/// The longest start-up packet `PostgreSQL` itself takes.
const LONGEST_STARTUP: usize = 10_000;

const CANCEL: u32 = 80_877_102;
const SSL: u32 = 80_877_103;
const GSS: u32 = 80_877_104;

/// How a session ended.
enum End {
    Reset,
    Close,
}

/// Serves one connection until either side or a check ends it.
pub(super) async fn serve(
    mut client: TcpStream,
    upstream: SocketAddr,
    mut flow: Flow,
    mut control: watch::Receiver<Control>,
) {
    let cuts = control.borrow().cuts;
    let releases = control.clone();
    let ended = tokio::select! {
        ended = async {
            let Some(startup) = start_up(&mut client).await? else {
                return Ok(End::Close);
            };
            let Ok(server) = TcpStream::connect(upstream).await else {
                flow.timeline.note(&flow.program, "database: cannot be reached");
                return Ok(End::Reset);
            };
            pump(&mut client, server, startup, &mut flow, releases).await
        } => ended,
        _ = control.wait_for(|control| control.closed || control.cuts > cuts) => {
            Ok::<End, io::Error>(End::Reset)
        }
    };
    // Without either side there is nothing left to tell.
    let reset = !matches!(ended, Ok(End::Close));
    if reset {
        drop(client.set_zero_linger());
    } else {
        drop(client.shutdown().await);
    }
}

/// Reads the start-up packet (refusing encryption); `None` when there is no session to serve.
async fn start_up(client: &mut TcpStream) -> io::Result<Option<Bytes>> {
    loop {
        let length = client.read_u32().await?;
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if !(8..=LONGEST_STARTUP).contains(&size) {
            return Ok(None);
        }
        let mut packet = vec![0; size];
        packet[..4].copy_from_slice(&length.to_be_bytes());
        client.read_exact(&mut packet[4..]).await?;
        let code = packet[4..]
            .first_chunk()
            .map_or(0, |code| u32::from_be_bytes(*code));
        match code {
            SSL | GSS => client.write_all(b"N").await?,
            _ => return Ok(Some(packet.into())),
        }
    }
}

async fn pump(
    client: &mut TcpStream,
    mut server: TcpStream,
    startup: Bytes,
    flow: &mut Flow,
    mut control: watch::Receiver<Control>,
) -> io::Result<End> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    server.write_all(&startup).await?;
    if startup.get(4..8) == Some(&CANCEL.to_be_bytes()) {
        // The database closes the connection once it has taken the request.
        drop(server.read_u8().await);
        return Ok(End::Close);
    }
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let (mut asked, mut answered) = (BytesMut::new(), BytesMut::new());
    let mut framings = (Framing::default(), Framing::default());
    let mut waits: Option<Waits> = None;
    loop {
        let step = advance(flow, &mut framings, &mut asked, &mut answered);
        match step {
            Ok(Step::Go) => {}
            Ok(Step::Wait(decision)) => {
                let releases = control.borrow().releases;
                waits = Some((decision, releases));
            }
            Ok(Step::Reset) => return Ok(End::Reset),
            Ok(Step::Close) => {
                to_client.write_all(&flow.to_client).await?;
                return Ok(End::Close);
            }
            Err(BadLength(length)) => {
                let what = format!("database: a message of {length} bytes ends the session");
                flow.timeline.note(&flow.program, what);
                return Ok(End::Reset);
            }
        }
        let room = (flow.to_server.len() < AHEAD, flow.to_client.len() < AHEAD);
        let ended = tokio::select! {
            read = from_client.read_buf(&mut asked), if room.0 && flow.wants_client() => {
                (read? == 0).then_some(End::Close)
            }
            read = from_server.read_buf(&mut answered), if room.1 && flow.wants_server() => {
                if read? == 0 {
                    to_client.write_all(&flow.to_client).await?;
                    Some(End::Close)
                } else {
                    None
                }
            }
            wrote = to_server.write_buf(&mut flow.to_server), if !flow.to_server.is_empty() => {
                wrote?;
                None
            }
            wrote = to_client.write_buf(&mut flow.to_client), if !flow.to_client.is_empty() => {
                wrote?;
                None
            }
            decision = decision(&mut waits, &mut control), if waits.is_some() => {
                waits = None;
                settle(&flow.decided(decision))
            }
        };
        if let Some(end) = ended {
            return Ok(end);
        }
    }
}

/// What is waited for, and how often everything had been let go when it began.
type Waits = (oneshot::Receiver<Decision>, u64);

/// What a check decides; to let go when it drops the question or takes every fault off.
async fn decision(waits: &mut Option<Waits>, control: &mut watch::Receiver<Control>) -> Decision {
    let Some((waits, releases)) = waits else {
        return Decision::Release;
    };
    let let_go = control.wait_for(|control| control.releases > *releases);
    tokio::select! {
        decision = waits => decision.unwrap_or(Decision::Release),
        _ = let_go => Decision::Release,
    }
}

fn settle(step: &Step) -> Option<End> {
    match step {
        Step::Go | Step::Wait(_) => None,
        Step::Reset => Some(End::Reset),
        Step::Close => Some(End::Close),
    }
}

/// Follows what has come as far as it goes.
fn advance(
    flow: &mut Flow,
    framings: &mut (Framing, Framing),
    asked: &mut BytesMut,
    answered: &mut BytesMut,
) -> Result<Step, BadLength> {
    loop {
        let mut still = true;
        if flow.wants_client()
            && let Some(piece) = framings.0.next(asked)?
        {
            still = false;
            match flow.client_says(piece) {
                Step::Go => {}
                other @ (Step::Wait(_) | Step::Reset | Step::Close) => return Ok(other),
            }
        }
        if flow.wants_server()
            && let Some(piece) = framings.1.next(answered)?
        {
            still = false;
            match flow.server_says(piece) {
                Step::Go => {}
                other @ (Step::Wait(_) | Step::Reset | Step::Close) => return Ok(other),
            }
        }
        if still {
            return Ok(Step::Go);
        }
    }
}
