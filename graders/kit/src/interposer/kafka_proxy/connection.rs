//! One connection of a program: two directions, frame by frame.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use kafka_protocol::messages::ApiKey;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    sync::watch,
    time::timeout,
};

use super::{
    Body, Frame, Inner, Side,
    frame::{self, Head},
    lock,
    rule::{Decision, is_refusal, judge},
};

/// A longer frame is no frame: the broker itself refuses beyond 100 MiB.
const LONGEST: usize = 100 * 1024 * 1024;
/// Longer ones pass without being looked into, a piece at a time.
const LOOKED_INTO: usize = 8 * 1024 * 1024;
/// Requests whose answer is still to come.
const UNANSWERED: usize = 10_000;
/// Members that one connection may name.
const MEMBERS: usize = 1000;
/// Transactional ids that are kept of one program.
const PRODUCERS: usize = 100;
/// The length in front of a frame.
const PREFIX: usize = 4;
const CONNECT: Duration = Duration::from_secs(5);

struct Pair<'c> {
    inner: &'c Inner,
    id: u64,
    peer: SocketAddr,
    name: String,
    /// What was asked, until its answer has come.
    asked: Mutex<HashMap<i32, Asked>>,
}

#[derive(Clone)]
struct Asked {
    api: Option<ApiKey>,
    version: i16,
    client_id: Option<String>,
    body: Body,
}

/// Why a direction ended.
enum Over {
    /// By itself.
    Closed,
    /// A frame was taken out of it.
    Swallowed,
}

/// Serves a connection until either side ends it, or a rule does.
pub(super) async fn serve(
    inner: Arc<Inner>,
    mut client: TcpStream,
    peer: SocketAddr,
    id: u64,
    mut is_cut: watch::Receiver<bool>,
) {
    let ended = tokio::select! {
        biased;
        _ = is_cut.wait_for(|cut| *cut) => Ok(Over::Swallowed),
        ended = through(&inner, &mut client, peer, id) => ended,
    };
    lock(&inner.connections).remove(&id);
    if matches!(ended, Ok(Over::Swallowed)) {
        reset(client);
    }
}

/// Ends a connection so that the other side gets a reset, not an end.
pub(super) fn reset(stream: TcpStream) {
    if stream.set_zero_linger().is_err() {
        // It ends all the same, a little more politely.
    }
    drop(stream);
}

async fn through(
    inner: &Inner,
    client: &mut TcpStream,
    peer: SocketAddr,
    id: u64,
) -> io::Result<Over> {
    let upstream = *lock(&inner.upstream);
    let Some(upstream) = upstream else {
        return Ok(Over::Swallowed);
    };
    let mut broker = timeout(CONNECT, TcpStream::connect(upstream)).await??;
    client.set_nodelay(true)?;
    broker.set_nodelay(true)?;
    let pair = Pair {
        inner,
        id,
        peer,
        name: inner.name(peer),
        asked: Mutex::default(),
    };
    let (from_client, to_client) = client.split();
    let (from_broker, to_broker) = broker.split();
    tokio::select! {
        over = pair.requests(from_client, to_broker) => over,
        over = pair.answers(from_broker, to_client) => over,
    }
}

impl Pair<'_> {
    async fn requests(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<Over> {
        loop {
            let Some(length) = self.length(Side::Request, &mut from).await? else {
                return Ok(Over::Closed);
            };
            if length > LOOKED_INTO {
                pass(&mut from, &mut to, length, &[]).await?;
                continue;
            }
            let bytes = whole(&mut from, length).await?;
            let Some(head) = frame::head(&bytes[PREFIX..]) else {
                self.tell("sends something that is no request of Kafka's");
                return Ok(Over::Swallowed);
            };
            let correlation = head.correlation;
            let (frame, is_answered) = self.request(head);
            if is_answered {
                self.remember(correlation, &frame);
            }
            self.show(&frame);
            self.tell_request(&frame);
            if let Decision::Swallow = judge(self.inner, &frame).await {
                self.tell_swallowed(&frame);
                return Ok(Over::Swallowed);
            }
            to.write_all(&bytes).await?;
        }
    }

    async fn answers(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> io::Result<Over> {
        loop {
            let Some(length) = self.length(Side::Response, &mut from).await? else {
                return Ok(Over::Closed);
            };
            if length > LOOKED_INTO {
                let mut head = [0; 4];
                from.read_exact(&mut head).await?;
                lock(&self.asked).remove(&i32::from_be_bytes(head));
                pass(&mut from, &mut to, length, &head).await?;
                continue;
            }
            let bytes = whole(&mut from, length).await?;
            let answer = &bytes[PREFIX..];
            let asked = answer.first_chunk().and_then(|correlation| {
                let correlation = i32::from_be_bytes(*correlation);
                lock(&self.asked).remove(&correlation)
            });
            if let Some(asked) = asked {
                self.learn(&asked, answer);
                let frame = self.answer(asked, answer);
                if let Decision::Swallow = judge(self.inner, &frame).await {
                    self.tell_swallowed(&frame);
                    return Ok(Over::Swallowed);
                }
                self.tell_answer(&frame);
            }
            to.write_all(&bytes).await?;
        }
    }

    /// The length of the next frame; `None` at the end of the stream.
    async fn length(&self, side: Side, from: &mut ReadHalf<'_>) -> io::Result<Option<usize>> {
        let mut bytes = [0; 4];
        let first = from.read(&mut bytes[..1]).await?;
        if first == 0 {
            return Ok(None);
        }
        from.read_exact(&mut bytes[1..]).await?;
        match usize::try_from(i32::from_be_bytes(bytes)) {
            Ok(length) if length <= LONGEST => Ok(Some(length)),
            _ => {
                let what = "sends a frame longer than any that Kafka takes";
                match side {
                    Side::Request => self.tell(what),
                    Side::Response => self.inner.timeline().note("kafka", what),
                }
                Ok(None)
            }
        }
    }

    /// A request, and whether the broker answers it.
    fn request(&self, head: Head<'_>) -> (Frame, bool) {
        let (body, is_answered) = frame::request(self.inner, &head);
        let frame = Frame {
            api: head.api,
            version: head.version,
            side: Side::Request,
            connection: self.id,
            peer: self.peer,
            client_id: head.client_id,
            body,
        };
        (frame, is_answered)
    }

    fn answer(&self, mut asked: Asked, bytes: &[u8]) -> Frame {
        if let Body::Produce { batches } = &mut asked.body {
            frame::accepted(self.inner, asked.version, bytes, batches);
        }
        Frame {
            api: asked.api,
            version: asked.version,
            side: Side::Response,
            connection: self.id,
            peer: self.peer,
            client_id: asked.client_id,
            body: asked.body,
        }
    }

    fn remember(&self, correlation: i32, frame: &Frame) {
        let mut asked = lock(&self.asked);
        // Requests that are never answered would fill it.
        if asked.len() >= UNANSWERED {
            asked.clear();
        }
        asked.insert(
            correlation,
            Asked {
                api: frame.api,
                version: frame.version,
                client_id: frame.client_id.clone(),
                body: frame.body.clone(),
            },
        );
    }

    /// Keeps what a request says of its connection.
    fn show(&self, frame: &Frame) {
        if let Body::Producer { transactional_id } = &frame.body
            && !transactional_id.is_empty()
        {
            let mut producers = lock(&self.inner.producers);
            let of_program = producers.entry(self.name.clone()).or_default();
            if of_program.len() < PRODUCERS {
                of_program.insert(transactional_id.clone());
            }
        }
        let mut open = lock(&self.inner.connections);
        if let Some(open) = open.get_mut(&self.id) {
            if open.shown.client_id.is_none() {
                open.shown.client_id.clone_from(&frame.client_id);
            }
            if let Body::Group { group, member } | Body::OffsetCommit { group, member, .. } =
                &frame.body
                && !member.is_empty()
                && open.shown.members.len() < MEMBERS
            {
                open.shown.members.insert((group.clone(), member.clone()));
            }
        }
    }

    fn learn(&self, asked: &Asked, bytes: &[u8]) {
        let Some(api) = asked.api else { return };
        if api == ApiKey::Metadata {
            frame::learn_topics(self.inner, asked.version, bytes);
        }
        if let Body::Group { group, .. } = &asked.body
            && let Some(member) = frame::answered_member(api, asked.version, bytes)
            && let Some(open) = lock(&self.inner.connections).get_mut(&self.id)
            && open.shown.members.len() < MEMBERS
        {
            open.shown.members.insert((group.clone(), member));
        }
    }

    fn tell(&self, text: impl Into<String>) {
        self.inner.timeline().note(&self.name, text);
    }

    fn tell_request(&self, frame: &Frame) {
        match (&frame.body, frame.api) {
            (Body::Produce { batches }, _) => {
                for batch in batches {
                    let (records, partition) = (batch.records, batch.partition);
                    self.tell(format!("publishes {records} to partition {partition}"));
                }
            }
            (Body::OffsetCommit { offsets, .. }, _) => {
                for (_, partition, offset) in offsets {
                    self.tell(format!("commits offset {offset} of partition {partition}"));
                }
            }
            (Body::Group { .. }, Some(ApiKey::JoinGroup)) => self.tell("joins the group"),
            (Body::Group { .. }, Some(ApiKey::LeaveGroup)) => self.tell("leaves the group"),
            _ => {}
        }
    }

    fn tell_answer(&self, frame: &Frame) {
        if is_refusal(frame) {
            self.inner.timeline().note("kafka", "refuses");
        } else if let Body::Produce { .. } = frame.body {
            self.inner.timeline().note("kafka", "acknowledges");
        }
    }

    fn tell_swallowed(&self, frame: &Frame) {
        let (what, mark) = match frame.side {
            Side::Request => ("asks", "swallowed: the broker never hears"),
            Side::Response => ("acknowledges", "swallowed, though the broker has it"),
        };
        let actor = match frame.side {
            Side::Request => self.name.as_str(),
            Side::Response => "kafka",
        };
        self.inner.timeline().mark(actor, what, mark);
    }
}

/// Reads a frame as it comes, its length in front again: a length that lies takes no memory.
async fn whole(from: &mut ReadHalf<'_>, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(PREFIX + length.min(64 * 1024));
    let prefix = i32::try_from(length).map_err(io::Error::other)?;
    bytes.extend_from_slice(&prefix.to_be_bytes());
    let most = u64::try_from(length).map_err(io::Error::other)?;
    from.take(most).read_to_end(&mut bytes).await?;
    if bytes.len() < PREFIX + length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// Passes a long frame on a piece at a time; `read` is what was read of it already.
async fn pass(
    from: &mut ReadHalf<'_>,
    to: &mut WriteHalf<'_>,
    length: usize,
    read: &[u8],
) -> io::Result<()> {
    to.write_all(
        &i32::try_from(length)
            .map_err(io::Error::other)?
            .to_be_bytes(),
    )
    .await?;
    to.write_all(read).await?;
    let rest = u64::try_from(length - read.len()).map_err(io::Error::other)?;
    let passed = tokio::io::copy(&mut from.take(rest), to).await?;
    if passed < rest {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
