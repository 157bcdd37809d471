//! Why a topic has no answer, and whose fault that is.

use crate::verdict::{BenchError, Failure, Mismatch};

/// Why a topic could not be read or written.
#[derive(Clone, Debug)]
pub enum KafkaError {
    /// The programs did away with the topic, or wrote what no reader can take.
    Wrong(Box<Mismatch>),
    Bench(BenchError),
}

impl KafkaError {
    /// A topic that the bench made is not there any more. Only programs of the check can reach it.
    pub(super) fn gone(topic: &str) -> Self {
        Self::Wrong(Box::new(Mismatch::new(
            format!(
                "The topic {topic} is gone: it was there when the check began, and only your programs know it."
            ),
            "the topics of the contract stay; a program reads and writes them",
            "UnknownTopicOrPartition (code 3)",
        )))
    }

    /// The same where no program of a learner's is in play.
    pub fn into_bench(self) -> BenchError {
        match self {
            Self::Wrong(mismatch) => BenchError::new(mismatch.summary),
            Self::Bench(error) => error,
        }
    }
}

impl From<BenchError> for KafkaError {
    fn from(error: BenchError) -> Self {
        Self::Bench(error)
    }
}

impl From<KafkaError> for Failure {
    fn from(error: KafkaError) -> Self {
        match error {
            KafkaError::Wrong(mismatch) => Self::Wrong(mismatch),
            KafkaError::Bench(error) => Self::Bench(error),
        }
    }
}
