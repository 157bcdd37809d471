//! Transactions whose producer died.

use kafka_protocol::messages::{
    FindCoordinatorRequest, InitProducerIdRequest, ListTransactionsRequest, ProducerId,
    TransactionalId,
};

use super::{Answer, Kafka, text};
use crate::verdict::BenchError;

impl Kafka {
    /// The transactional ids whose transaction is neither committed nor aborted yet.
    pub async fn open_transactions(&self) -> Result<Vec<String>, BenchError> {
        let states = ["Ongoing", "PrepareCommit", "PrepareAbort"].map(text);
        let request = &ListTransactionsRequest::default().with_state_filters(states.to_vec());
        self.settled("the list of transactions", || async move {
            let response = self.call(request, 0).await?;
            // Nobody ever began one: the coordinator's topic is not even there.
            if response.error_code == 15 {
                return Ok(Answer::Done(Vec::new()));
            }
            if response.error_code != 0 {
                return Ok(Answer::Refused(response.error_code));
            }
            let listed = response.transaction_states.into_iter();
            let ids = listed.map(|one| one.transactional_id.0.to_string());
            Ok(Answer::Done(ids.collect()))
        })
        .await
    }

    /// Fences a producer: its open transaction is aborted when this returns, and it can never write
    /// under this id again. Meant for a dead producer's transaction, never for a live one's.
    pub async fn fence(&self, transactional_id: &str) -> Result<(), BenchError> {
        self.coordinated(transactional_id, 1).await?;
        let request = &InitProducerIdRequest::default()
            .with_transactional_id(Some(TransactionalId(text(transactional_id))))
            .with_transaction_timeout_ms(60_000)
            .with_producer_id(ProducerId(-1))
            .with_producer_epoch(-1);
        self.settled(
            &format!("the fencing of {transactional_id}"),
            || async move {
                let response = self.call(request, 4).await?;
                Ok(match response.error_code {
                    0 => Answer::Done(()),
                    code => Answer::Refused(code),
                })
            },
        )
        .await
    }

    /// Waits until somebody coordinates this group (`kind` 0) or transactional id (1). The first such
    /// question makes the coordinator's own topic.
    pub(super) async fn coordinated(&self, key: &str, kind: i8) -> Result<(), BenchError> {
        let request = &FindCoordinatorRequest::default()
            .with_key_type(kind)
            .with_coordinator_keys(vec![text(key)]);
        self.settled(&format!("the coordinator of {key}"), || async move {
            let response = self.call(request, 4).await?;
            let code = response
                .coordinators
                .first()
                .map_or(15, |one| one.error_code);
            Ok(if code == 0 {
                Answer::Done(())
            } else {
                Answer::Refused(code)
            })
        })
        .await
    }
}
