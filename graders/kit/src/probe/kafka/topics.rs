//! Topics: made, listed, deleted.

use kafka_protocol::messages::{
    CreateTopicsRequest, DeleteTopicsRequest, MetadataRequest, TopicName,
    create_topics_request::CreatableTopic, metadata_request::MetadataRequestTopic,
};

use super::{Answer, Kafka, UNKNOWN_TOPIC, error::KafkaError, said, text};
use crate::verdict::BenchError;

impl Kafka {
    /// Makes topics, each with so many partitions, and returns when all of them can be written.
    pub async fn create_topics(&self, topics: &[(&str, i32)]) -> Result<(), BenchError> {
        let wanted = topics.iter().map(|(name, partitions)| {
            CreatableTopic::default()
                .with_name(TopicName(text(name)))
                .with_num_partitions(*partitions)
                .with_replication_factor(1)
        });
        let request = CreateTopicsRequest::default()
            .with_topics(wanted.collect())
            .with_timeout_ms(8000);
        let response = self.call(&request, 5).await?;
        for topic in response.topics {
            if topic.error_code != 0 {
                let (name, why) = (topic.name.0, said(topic.error_code));
                return Err(BenchError::new(format!(
                    "Kafka did not make the topic {name}: {why}."
                )));
            }
        }
        for (name, _) in topics {
            self.settled(&format!("the new topic {name}"), || async move {
                match self.partitions_or_code(name).await? {
                    // A topic made a moment ago may not have reached the broker's own metadata.
                    Answer::Refused(UNKNOWN_TOPIC) => Ok(Answer::Refused(5)),
                    answer @ (Answer::Done(_) | Answer::Refused(_)) => Ok(answer),
                }
            })
            .await?;
            // Known is not yet writable: until it leads the partitions the broker refuses records.
            let writable = self.latest(name).await;
            writable.map_err(KafkaError::into_bench)?;
        }
        Ok(())
    }

    /// Deletes topics; one that is not there is fine. They are gone from the broker's metadata when this
    /// returns: made anew before that, the old topic would be taken for the new one.
    pub async fn delete_topics(&self, topics: &[&str]) -> Result<(), BenchError> {
        let names = topics.iter().map(|name| TopicName(text(name))).collect();
        let request = DeleteTopicsRequest::default()
            .with_topic_names(names)
            .with_timeout_ms(8000);
        let response = self.call(&request, 5).await?;
        for topic in response.responses {
            if topic.error_code != 0 && topic.error_code != UNKNOWN_TOPIC {
                let why = said(topic.error_code);
                return Err(BenchError::new(format!(
                    "Kafka did not delete a topic: {why}."
                )));
            }
        }
        for name in topics {
            self.settled(&format!("the end of the topic {name}"), || async move {
                Ok(match self.partitions_or_code(name).await? {
                    Answer::Refused(UNKNOWN_TOPIC) => Answer::Done(()),
                    Answer::Done(_) | Answer::Refused(_) => Answer::Refused(5),
                })
            })
            .await?;
        }
        Ok(())
    }

    /// The names of all topics that are not the broker's own, in order.
    pub async fn topics(&self) -> Result<Vec<String>, BenchError> {
        let request = MetadataRequest::default().with_topics(None);
        let response = self.call(&request, 9).await?;
        let own = response
            .topics
            .into_iter()
            .filter(|topic| !topic.is_internal);
        let mut names: Vec<_> = own
            .filter_map(|topic| topic.name)
            .map(|name| name.0.to_string())
            .collect();
        names.sort();
        Ok(names)
    }

    /// The partitions of a topic, in order.
    pub async fn partitions(&self, topic: &str) -> Result<Vec<i32>, KafkaError> {
        self.settled_about(topic, &format!("the partitions of {topic}"), || {
            self.partitions_or_code(topic)
        })
        .await
    }

    async fn partitions_or_code(&self, topic: &str) -> Result<Answer<Vec<i32>>, BenchError> {
        let asked = MetadataRequestTopic::default().with_name(Some(TopicName(text(topic))));
        let request = MetadataRequest::default()
            .with_topics(Some(vec![asked]))
            .with_allow_auto_topic_creation(false);
        let response = self.call(&request, 9).await?;
        let Some(topic) = response.topics.into_iter().next() else {
            return Ok(Answer::Refused(UNKNOWN_TOPIC));
        };
        let codes = topic
            .partitions
            .iter()
            .map(|partition| partition.error_code);
        if let Some(code) = [topic.error_code]
            .into_iter()
            .chain(codes)
            .find(|code| *code != 0)
        {
            return Ok(Answer::Refused(code));
        }
        let mut indexes: Vec<_> = topic
            .partitions
            .iter()
            .map(|one| one.partition_index)
            .collect();
        indexes.sort_unstable();
        Ok(Answer::Done(indexes))
    }
}
