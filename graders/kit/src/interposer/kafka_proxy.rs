//! Stands between programs and a Kafka broker, frame by frame: the broker advertises its address.
//!
//! It decodes of a frame what a check may ask for and passes everything else on unread: a newer
//! version, garbage and compressed records included. Frames are capped, and a program that sends none
//! is cut off; no fault here needs a clock, since a crash point is a frame.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use uuid::Uuid;

use super::MOST_CONNECTIONS;
use crate::{timeline::Timeline, verdict::BenchError};

mod connection;
mod frame;
mod rule;
#[cfg(test)]
mod tests;

pub use kafka_protocol::messages::ApiKey;

pub use self::{
    frame::{Batch, Body, Frame, Side},
    rule::{Held, HeldFrame, Swallow, Watch, When},
};

/// Names of the requests that checks speak of.
pub const PRODUCE: ApiKey = ApiKey::Produce;
pub const OFFSET_COMMIT: ApiKey = ApiKey::OffsetCommit;
pub const TXN_OFFSET_COMMIT: ApiKey = ApiKey::TxnOffsetCommit;
pub const JOIN_GROUP: ApiKey = ApiKey::JoinGroup;
pub const LEAVE_GROUP: ApiKey = ApiKey::LeaveGroup;

/// The proxy before one broker. Cheap to clone; it ends with [`KafkaProxy::close`] or its last clone.
#[derive(Clone)]
pub struct KafkaProxy {
    inner: Arc<Inner>,
    accepting: Arc<Accepting>,
}

/// An open connection of a program.
#[derive(Clone, Debug)]
pub struct Connection {
    pub id: u64,
    pub peer: SocketAddr,
    pub client_id: Option<String>,
    /// Group and member, as requests and answers on this connection named them.
    pub members: BTreeSet<(String, String)>,
}

type Whose = Arc<dyn Fn(SocketAddr) -> Option<String> + Send + Sync>;

struct Inner {
    port: u16,
    upstream: Mutex<Option<SocketAddr>>,
    timeline: Mutex<Timeline>,
    whose: Mutex<Option<Whose>>,
    rules: Mutex<Vec<Arc<rule::Rule>>>,
    connections: Mutex<BTreeMap<u64, Open>>,
    /// What producers of each program call their transactions.
    producers: Mutex<BTreeMap<String, BTreeSet<String>>>,
    /// Names of topics, which newer requests call by id.
    topics: Mutex<HashMap<Uuid, String>>,
    next: AtomicU64,
    is_down: watch::Sender<bool>,
}

/// What is kept of an open connection.
struct Open {
    shown: Connection,
    /// Dropped or set: the connection ends.
    cut: watch::Sender<bool>,
}

/// Ends the listener and every connection with the last handle.
struct Accepting {
    task: Mutex<Option<JoinHandle<()>>>,
    inner: Arc<Inner>,
}

impl Drop for Accepting {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
        // One that is being accepted at this moment finds the broker away.
        self.inner.is_down.send_replace(true);
        self.inner.cut_all();
    }
}

impl KafkaProxy {
    /// A proxy on a loopback port that the system chose.
    pub async fn bind() -> Result<Self, BenchError> {
        Self::bind_at(0).await
    }

    /// A proxy on this loopback port: the one that a running broker advertises.
    pub async fn bind_at(port: u16) -> Result<Self, BenchError> {
        let cannot = |error: std::io::Error| {
            BenchError::new(format!(
                "The port before the broker cannot be had (127.0.0.1:{port}): {error}."
            ))
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(cannot)?;
        let port = listener.local_addr().map_err(cannot)?.port();
        let inner = Arc::new(Inner {
            port,
            upstream: Mutex::default(),
            timeline: Mutex::new(Timeline::begin()),
            whose: Mutex::default(),
            rules: Mutex::default(),
            connections: Mutex::default(),
            producers: Mutex::default(),
            topics: Mutex::default(),
            next: AtomicU64::new(1),
            is_down: watch::channel(false).0,
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&inner)));
        let accepting = Arc::new(Accepting {
            task: Mutex::new(Some(task)),
            inner: Arc::clone(&inner),
        });
        Ok(Self { inner, accepting })
    }

    /// The port that programs connect to.
    pub fn port(&self) -> u16 {
        self.inner.port
    }

    /// Where connections lead from now on.
    pub fn point_at(&self, upstream: SocketAddr) {
        *lock(&self.inner.upstream) = Some(upstream);
    }

    /// A new check begins: no rule, no fault, no connection of the last one, and its own story.
    pub fn begin(&self, timeline: Timeline) {
        self.clear();
        self.inner.cut_all();
        *lock(&self.inner.whose) = None;
        lock(&self.inner.producers).clear();
        *lock(&self.inner.timeline) = timeline;
    }

    /// Takes every rule and fault away; what is held goes on, whoever has it.
    pub fn clear(&self) {
        for rule in lock(&self.inner.rules).drain(..) {
            rule.end();
        }
        self.up();
    }

    /// Who tells whose a connection is, by the program's end of it.
    pub fn name_by(&self, whose: impl Fn(SocketAddr) -> Option<String> + Send + Sync + 'static) {
        *lock(&self.inner.whose) = Some(Arc::new(whose));
    }

    /// A breakpoint: frames of this kind wait, each on its own connection, until the check decides.
    pub fn hold(&self, when: When) -> Held {
        rule::hold(&self.inner, when)
    }

    /// The broker applies what matches, the program never hears and finds the connection reset; so
    /// many times.
    pub fn swallow(&self, when: When, times: u32) -> Swallow {
        rule::swallow(&self.inner, when, times)
    }

    /// Counts and keeps what matches, without touching it.
    pub fn watch(&self, when: When) -> Watch {
        rule::watching(&self.inner, when)
    }

    /// The broker is away: connections are reset, new ones as soon as they come.
    pub fn down(&self) {
        self.inner.is_down.send_replace(true);
        self.inner.cut_all();
    }

    /// The broker is back.
    pub fn up(&self) {
        self.inner.is_down.send_replace(false);
    }

    /// The connections that are open.
    pub fn connections(&self) -> Vec<Connection> {
        let open = lock(&self.inner.connections);
        open.values().map(|open| open.shown.clone()).collect()
    }

    /// What producers of a program, dead ones too, called their transactions in this check.
    pub fn transactional_ids(&self, program: &str) -> BTreeSet<String> {
        let producers = lock(&self.inner.producers);
        producers.get(program).cloned().unwrap_or_default()
    }

    /// Ends the listener and every connection; the port is free when this returns.
    pub async fn close(&self) {
        self.clear();
        let task = lock(&self.accepting.task).take();
        if let Some(task) = task {
            task.abort();
            task.await.ok();
        }
        self.inner.cut_all();
    }
}

impl Inner {
    /// Takes a connection in, unless the broker is away. Whoever cuts all of them either finds it
    /// here or was here first: a fault is set before it takes the lock, and nothing slips between.
    fn register(&self, peer: SocketAddr) -> Option<(u64, watch::Receiver<bool>)> {
        let mut connections = lock(&self.connections);
        if *self.is_down.borrow() {
            return None;
        }
        if connections.len() >= MOST_CONNECTIONS {
            let text = format!("refuses more than {MOST_CONNECTIONS} connections");
            self.timeline().note("kafka", text);
            return None;
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (cut, is_cut) = watch::channel(false);
        let shown = Connection {
            id,
            peer,
            client_id: None,
            members: BTreeSet::new(),
        };
        connections.insert(id, Open { shown, cut });
        Some((id, is_cut))
    }

    fn cut_all(&self) {
        for open in lock(&self.connections).values() {
            open.cut.send_replace(true);
        }
    }

    /// The name of whoever holds the other end.
    fn name(&self, peer: SocketAddr) -> String {
        let whose = lock(&self.whose).clone();
        whose
            .and_then(|whose| whose(peer))
            .unwrap_or_else(|| "a program".to_owned())
    }

    fn timeline(&self) -> Timeline {
        lock(&self.timeline).clone()
    }

    fn rules(&self) -> Vec<Arc<rule::Rule>> {
        lock(&self.rules).clone()
    }
}

/// A port that takes no connection for a moment, because the process has too many, is tried again.
const RETRY: Duration = Duration::from_millis(20);

async fn accept(listener: TcpListener, inner: Arc<Inner>) {
    let mut steps = tokio::time::interval(RETRY);
    steps.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let Some((id, is_cut)) = inner.register(peer) else {
                    connection::reset(stream);
                    continue;
                };
                let inner = Arc::clone(&inner);
                tokio::spawn(connection::serve(inner, stream, peer, id, is_cut));
            }
            Err(_) => {
                steps.tick().await;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
