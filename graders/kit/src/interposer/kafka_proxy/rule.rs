//! What is done with frames that match: held, swallowed, watched.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use kafka_protocol::messages::ApiKey;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

use super::{Body, Frame, Inner, Side, lock};
use crate::verdict::BenchError;

/// How many frames may wait for a check to look at them; more wait on their connections.
const WAITING: usize = 64;
/// How many frames a watch keeps.
const KEPT: usize = 10_000;

/// Which frames.
#[derive(Clone, Debug)]
pub struct When {
    side: Side,
    apis: Vec<ApiKey>,
    topic: Option<String>,
    group: Option<String>,
    ports: Option<BTreeSet<u16>>,
}

impl When {
    /// Requests of this kind.
    pub fn request(api: ApiKey) -> Self {
        Self::on(Side::Request, api)
    }

    /// Answers to requests of this kind.
    pub fn response(api: ApiKey) -> Self {
        Self::on(Side::Response, api)
    }

    fn on(side: Side, api: ApiKey) -> Self {
        Self {
            side,
            apis: vec![api],
            topic: None,
            group: None,
            ports: None,
        }
    }

    /// Or of that kind.
    #[must_use]
    pub fn or(mut self, api: ApiKey) -> Self {
        self.apis.push(api);
        self
    }

    /// Only with records, or offsets, of this topic.
    #[must_use]
    pub fn topic(mut self, topic: &str) -> Self {
        self.topic = Some(topic.to_owned());
        self
    }

    /// Only of this group.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.group = Some(group.to_owned());
        self
    }

    /// Only on connections from these local ports: those of one program.
    #[must_use]
    pub fn from_ports(mut self, ports: BTreeSet<u16>) -> Self {
        self.ports = Some(ports);
        self
    }

    fn matches(&self, frame: &Frame) -> bool {
        let of_topic = |wanted: &String| match &frame.body {
            Body::Produce { batches } => batches.iter().any(|batch| batch.topic == *wanted),
            Body::OffsetCommit { offsets, .. } => offsets.iter().any(|(name, ..)| name == wanted),
            Body::Producer { .. } | Body::Group { .. } | Body::Other | Body::Unreadable { .. } => {
                false
            }
        };
        let of_group = |wanted: &String| match &frame.body {
            Body::OffsetCommit { group, .. } | Body::Group { group, .. } => group == wanted,
            Body::Produce { .. }
            | Body::Producer { .. }
            | Body::Other
            | Body::Unreadable { .. } => false,
        };
        self.side == frame.side
            && frame.api.is_some_and(|api| self.apis.contains(&api))
            && self.topic.as_ref().is_none_or(of_topic)
            && self.group.as_ref().is_none_or(of_group)
            && self
                .ports
                .as_ref()
                .is_none_or(|ports| ports.contains(&frame.peer.port()))
    }
}

/// A rule that stands.
pub(super) struct Rule {
    when: When,
    effect: Effect,
    hits: AtomicUsize,
    /// Taken away by the proxy: what it holds goes on.
    ended: watch::Sender<bool>,
}

impl Rule {
    pub(super) fn end(&self) {
        self.ended.send_replace(true);
    }
}

enum Effect {
    Hold(mpsc::Sender<HeldFrame>),
    Swallow { left: AtomicU32 },
    Watch(Mutex<Vec<Frame>>),
}

/// What becomes of a held frame.
pub(super) enum Decision {
    Forward,
    Swallow,
}

/// Takes the rule away with whoever made it.
struct Standing {
    inner: Weak<Inner>,
    rule: Arc<Rule>,
}

impl Drop for Standing {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            lock(&inner.rules).retain(|other| !Arc::ptr_eq(other, &self.rule));
        }
    }
}

/// A breakpoint that stands. Dropped, everything it holds goes on.
pub struct Held {
    frames: mpsc::Receiver<HeldFrame>,
    standing: Standing,
}

/// A frame that waits. Dropped undecided, it goes on.
pub struct HeldFrame {
    frame: Frame,
    decide: Option<oneshot::Sender<Decision>>,
}

/// Answers that are swallowed.
pub struct Swallow(Standing);

/// Frames that are watched.
pub struct Watch(Standing);

impl Held {
    /// The next frame; `None` when none came within the limit. An error when the proxy took the
    /// breakpoint away.
    pub async fn next(&mut self, limit: Duration) -> Result<Option<HeldFrame>, BenchError> {
        let mut ended = self.standing.rule.ended.subscribe();
        let next = async {
            tokio::select! {
                biased;
                _ = ended.wait_for(|ended| *ended) => None,
                held = self.frames.recv() => held,
            }
        };
        match timeout(limit, next).await {
            Ok(Some(held)) => Ok(Some(held)),
            Ok(None) => Err(BenchError::new(
                "A breakpoint before the broker was taken away while it was waited for.",
            )),
            Err(_) => Ok(None),
        }
    }
}

impl HeldFrame {
    /// What it says.
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    /// Lets it go on.
    pub fn forward(mut self) {
        self.decide(Decision::Forward);
    }

    /// It never arrives, and the connection is reset: of a request the broker knows nothing, of an
    /// answer the program.
    pub fn swallow(mut self) {
        self.decide(Decision::Swallow);
    }

    fn decide(&mut self, decision: Decision) {
        if let Some(sender) = self.decide.take()
            && sender.send(decision).is_err()
        {
            // The connection is gone already, and the frame with it.
        }
    }
}

impl Swallow {
    /// How many were swallowed.
    pub fn count(&self) -> usize {
        self.0.rule.hits.load(Ordering::Relaxed)
    }
}

impl Watch {
    /// How many came by.
    pub fn count(&self) -> usize {
        self.0.rule.hits.load(Ordering::Relaxed)
    }

    /// What came by, the first ten thousand.
    pub fn frames(&self) -> Vec<Frame> {
        match &self.0.rule.effect {
            Effect::Watch(kept) => lock(kept).clone(),
            Effect::Hold(_) | Effect::Swallow { .. } => Vec::new(),
        }
    }
}

pub(super) fn hold(inner: &Arc<Inner>, when: When) -> Held {
    let (sender, frames) = mpsc::channel(WAITING);
    Held {
        frames,
        standing: stand(inner, when, Effect::Hold(sender)),
    }
}

pub(super) fn swallow(inner: &Arc<Inner>, when: When, times: u32) -> Swallow {
    let left = AtomicU32::new(times);
    Swallow(stand(inner, when, Effect::Swallow { left }))
}

pub(super) fn watching(inner: &Arc<Inner>, when: When) -> Watch {
    Watch(stand(inner, when, Effect::Watch(Mutex::default())))
}

fn stand(inner: &Arc<Inner>, when: When, effect: Effect) -> Standing {
    let rule = Arc::new(Rule {
        when,
        effect,
        hits: AtomicUsize::new(0),
        ended: watch::channel(false).0,
    });
    lock(&inner.rules).push(Arc::clone(&rule));
    Standing {
        inner: Arc::downgrade(inner),
        rule,
    }
}

/// What the rules that stand make of a frame. Waits where one holds it.
pub(super) async fn judge(inner: &Inner, frame: &Frame) -> Decision {
    for rule in inner.rules() {
        if !rule.when.matches(frame) {
            continue;
        }
        match &rule.effect {
            Effect::Watch(kept) => {
                rule.hits.fetch_add(1, Ordering::Relaxed);
                let mut kept = lock(kept);
                if kept.len() < KEPT {
                    kept.push(frame.clone());
                }
            }
            // What the broker refused was not acknowledged: there is nothing to keep from anyone.
            Effect::Swallow { .. } if is_refusal(frame) => {}
            Effect::Swallow { left } => {
                let took = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                });
                if took.is_ok() {
                    rule.hits.fetch_add(1, Ordering::Relaxed);
                    return Decision::Swallow;
                }
            }
            Effect::Hold(sender) => {
                rule.hits.fetch_add(1, Ordering::Relaxed);
                let mut ended = rule.ended.subscribe();
                let decision = tokio::select! {
                    biased;
                    _ = ended.wait_for(|ended| *ended) => Decision::Forward,
                    decision = decided(sender, frame) => decision,
                };
                if let Decision::Swallow = decision {
                    return decision;
                }
            }
        }
    }
    Decision::Forward
}

/// The answer to a produce request of which the broker took nothing.
pub(super) fn is_refusal(frame: &Frame) -> bool {
    frame.side == Side::Response
        && matches!(&frame.body, Body::Produce { batches } if batches.is_empty())
}

/// What the check decides. Nobody looks any more, or dropped it undecided: it goes on.
pub(super) async fn decided(sender: &mpsc::Sender<HeldFrame>, frame: &Frame) -> Decision {
    let (decide, decided) = oneshot::channel();
    let held = HeldFrame {
        frame: frame.clone(),
        decide: Some(decide),
    };
    // A frame that was not taken is dropped here, or its decision would be waited for for ever.
    if sender.send(held).await.is_err() {
        return Decision::Forward;
    }
    decided.await.unwrap_or(Decision::Forward)
}
