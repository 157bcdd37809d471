//! The bench's own Kafka client: what a check prepares, reads back and clears away.
//!
//! The broker is alone in its cluster, so every call goes to the one address and advertised
//! listeners are never followed. A topic that is gone, or records too large to be read, are the learner's
//! ([`KafkaError::Wrong`]); every other error is ours or the broker's. Every call ends within [`LIMIT`].
//! Versions of messages are fixed to ones that Kafka 4.0 and later speak.

mod batches;
mod error;
mod groups;
mod line;
mod offsets;
mod records;
mod topics;
mod transactions;
mod unpack;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

pub use error::KafkaError;
pub use groups::{Group, Member, Protocol};
use kafka_protocol::{
    ResponseError,
    protocol::{Request, StrBytes},
};
pub use records::{Produced, Stored, partition_of};

use self::line::Line;
use crate::{
    verdict::BenchError,
    wait::{self, Look},
};

/// How long one call may take, retries while the broker settles included.
pub const LIMIT: Duration = Duration::from_secs(10);

/// A client of one broker. Clones share idle connections; a connection is made when none is idle.
#[derive(Clone, Debug)]
pub struct Kafka {
    address: SocketAddr,
    idle: Arc<Mutex<Vec<Line>>>,
}

/// What an answer that carries an error code means for whoever asked.
enum Answer<T> {
    Done(T),
    /// The broker refused with this code.
    Refused(i16),
}

impl<T> Answer<T> {
    /// Takes a topic that is not there for an answer: none.
    fn or_gone(self) -> Answer<Option<T>> {
        match self {
            Self::Done(value) => Answer::Done(Some(value)),
            Self::Refused(UNKNOWN_TOPIC) => Answer::Done(None),
            Self::Refused(code) => Answer::Refused(code),
        }
    }
}

impl Kafka {
    /// A client of the broker at this address; nothing is sent yet.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            idle: Arc::default(),
        }
    }

    /// Where it talks to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One request and its answer.
    async fn call<R: Request>(&self, request: &R, version: i16) -> Result<R::Response, BenchError> {
        let exchange = async {
            let mut line = match self.take() {
                Some(line) => line,
                None => Line::open(self.address).await?,
            };
            let response = line.exchange(request, version).await?;
            self.lines().push(line);
            Ok::<_, String>(response)
        };
        match tokio::time::timeout(LIMIT, exchange).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(why)) => Err(self.broken(&why)),
            Err(_) => Err(self.broken(&format!("no answer within {} s", LIMIT.as_secs()))),
        }
    }

    /// Asks again while the broker answers that it is not ready yet: a new topic, a new coordinator.
    async fn settled<T, F, Fut>(&self, deed: &str, ask: F) -> Result<T, BenchError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Answer<T>, BenchError>>,
    {
        let asked = wait::until(LIMIT, || async {
            match ask().await {
                Ok(Answer::Done(value)) => Look::Ready(value),
                Ok(Answer::Refused(code)) if passes(code) => Look::NotYet(said(code)),
                Ok(Answer::Refused(code)) => Look::Never(BenchError::new(format!(
                    "Kafka refused {deed}: {}.",
                    said(code)
                ))),
                Err(error) => Look::Never(error),
            }
        });
        asked.await.map_err(|error| match error {
            wait::WaitError::Never(error) => error,
            late @ wait::WaitError::TooLong { .. } => {
                BenchError::new(format!("Kafka did not settle for {deed}: {late}."))
            }
        })
    }

    /// The same about a topic, which is there for as long as the programs leave it.
    async fn settled_about<T, F, Fut>(
        &self,
        topic: &str,
        deed: &str,
        ask: F,
    ) -> Result<T, KafkaError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Answer<T>, BenchError>>,
    {
        let asked = self.settled(deed, || async { Ok(ask().await?.or_gone()) });
        asked.await?.ok_or_else(|| KafkaError::gone(topic))
    }

    /// An idle connection that the broker has not closed meanwhile.
    fn take(&self) -> Option<Line> {
        let mut lines = self.lines();
        while let Some(line) = lines.pop() {
            if line.is_idle() {
                return Some(line);
            }
        }
        None
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<Line>> {
        self.idle
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn broken(&self, why: &str) -> BenchError {
        BenchError::new(format!("The Kafka broker at {}: {why}.", self.address))
    }
}

/// The broker knows no such topic.
const UNKNOWN_TOPIC: i16 = 3;

/// Whether this error passes by itself while a broker settles.
fn passes(code: i16) -> bool {
    // UNKNOWN_TOPIC_OR_PARTITION is not among them: a topic that is missing stays missing.
    const PASSING: [i16; 6] = [5, 6, 14, 15, 16, 51];
    PASSING.contains(&code)
}

/// An error code in words.
fn said(code: i16) -> String {
    ResponseError::try_from_code(code).map_or_else(
        || "no error".to_owned(),
        |error| format!("{error} (code {code})"),
    )
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
