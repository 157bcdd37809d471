//! Offsets: where partitions end and where groups stand.

use std::collections::BTreeMap;

use kafka_protocol::messages::{
    BrokerId, GroupId, ListOffsetsRequest, OffsetFetchRequest, TopicName,
    list_offsets_request::{ListOffsetsPartition, ListOffsetsTopic},
    offset_fetch_request::OffsetFetchRequestGroup,
};

use super::{Answer, Kafka, error::KafkaError, text};
use crate::verdict::BenchError;

const LATEST: i64 = -1;
const READ_UNCOMMITTED: i8 = 0;
const READ_COMMITTED: i8 = 1;
const UNKNOWN_GROUP: i16 = 69;

impl Kafka {
    /// Where a reader of committed records stops, per partition: the last stable offset.
    pub async fn ends(&self, topic: &str) -> Result<BTreeMap<i32, i64>, KafkaError> {
        self.listed(topic, READ_COMMITTED).await
    }

    /// Where the next record goes, per partition: the high watermark, open transactions included.
    pub async fn latest(&self, topic: &str) -> Result<BTreeMap<i32, i64>, KafkaError> {
        self.listed(topic, READ_UNCOMMITTED).await
    }

    async fn listed(&self, topic: &str, isolation: i8) -> Result<BTreeMap<i32, i64>, KafkaError> {
        let partitions = self.partitions(topic).await?.into_iter().map(|partition| {
            ListOffsetsPartition::default()
                .with_partition_index(partition)
                .with_current_leader_epoch(-1)
                .with_timestamp(LATEST)
        });
        let asked = ListOffsetsTopic::default()
            .with_name(TopicName(text(topic)))
            .with_partitions(partitions.collect());
        let request = ListOffsetsRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_isolation_level(isolation)
            .with_topics(vec![asked]);
        let request = &request;
        self.settled_about(topic, &format!("the ends of {topic}"), || async move {
            let response = self.call(request, 7).await?;
            let mut ends = BTreeMap::new();
            for partition in response
                .topics
                .into_iter()
                .flat_map(|topic| topic.partitions)
            {
                if partition.error_code != 0 {
                    return Ok(Answer::Refused(partition.error_code));
                }
                ends.insert(partition.partition_index, partition.offset);
            }
            Ok(Answer::Done(ends))
        })
        .await
    }

    /// What a group has committed of a topic; partitions without a commit are absent.
    pub async fn committed(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<i32, i64>, BenchError> {
        self.coordinated(group, 0).await?;
        let asked = OffsetFetchRequestGroup::default()
            .with_group_id(GroupId(text(group)))
            .with_topics(None);
        let request = &OffsetFetchRequest::default().with_groups(vec![asked]);
        self.settled(&format!("the commits of {group}"), || async move {
            let response = self.call(request, 8).await?;
            let mut commits = BTreeMap::new();
            for group in response.groups {
                if group.error_code != 0 && group.error_code != UNKNOWN_GROUP {
                    return Ok(Answer::Refused(group.error_code));
                }
                let named = group
                    .topics
                    .into_iter()
                    .filter(|one| one.name.0.as_str() == topic);
                for partition in named.flat_map(|topic| topic.partitions) {
                    if partition.error_code != 0 {
                        return Ok(Answer::Refused(partition.error_code));
                    }
                    if partition.committed_offset >= 0 {
                        commits.insert(partition.partition_index, partition.committed_offset);
                    }
                }
            }
            Ok(Answer::Done(commits))
        })
        .await
    }
}
