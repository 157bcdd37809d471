//! Records: written by the bench, read back as a reader of committed records sees them.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        BrokerId, FetchRequest, ProduceRequest, TopicName,
        fetch_request::{FetchPartition, FetchTopic},
        fetch_response::PartitionData,
        produce_request::{PartitionProduceData, TopicProduceData},
    },
    records::{Compression, Record, RecordBatchEncoder, RecordEncodeOptions, TimestampType},
};

use super::{
    Answer, Kafka, LIMIT, UNKNOWN_TOPIC,
    batches::{self, Unread},
    error::KafkaError,
    said, text,
    unpack::MOST,
};
use crate::verdict::{BenchError, Mismatch, millis};

/// One record to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Produced {
    pub partition: i32,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Vec<(String, Bytes)>,
}

/// One record as it stands in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    /// A header without a value has an empty one here.
    pub headers: Vec<(String, Bytes)>,
    /// Since the Unix epoch.
    pub timestamp_ms: i64,
    /// −1: its producer was not idempotent; epoch and sequence then say nothing.
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub sequence: i32,
    pub transactional: bool,
}

impl Kafka {
    /// Writes records, one batch per partition, and returns when all of them are stored: the offset
    /// of each, in the order given.
    pub async fn produce(
        &self,
        topic: &str,
        records: Vec<Produced>,
    ) -> Result<Vec<i64>, KafkaError> {
        let mut batches: BTreeMap<i32, Vec<Record>> = BTreeMap::new();
        let mut places = Vec::new();
        for record in records {
            let batch = batches.entry(record.partition).or_default();
            places.push((record.partition, batch.len()));
            batch.push(encodable(record, batch.len())?);
        }
        let mut partitions = Vec::new();
        for (index, batch) in &batches {
            partitions.push(
                PartitionProduceData::default()
                    .with_index(*index)
                    .with_records(Some(encoded(batch, Compression::None)?)),
            );
        }
        let written = TopicProduceData::default()
            .with_name(TopicName(text(topic)))
            .with_partition_data(partitions);
        let request = ProduceRequest::default()
            .with_acks(-1)
            .with_timeout_ms(8000)
            .with_topic_data(vec![written]);
        let response = self.call(&request, 9).await?;
        let mut bases = BTreeMap::new();
        for one in response
            .responses
            .into_iter()
            .flat_map(|topic| topic.partition_responses)
        {
            if one.error_code == UNKNOWN_TOPIC {
                return Err(KafkaError::gone(topic));
            }
            if one.error_code != 0 {
                let (partition, why) = (one.index, said(one.error_code));
                let why = format!("Kafka did not store records in {topic}-{partition}: {why}.");
                return Err(BenchError::new(why).into());
            }
            bases.insert(one.index, one.base_offset);
        }
        let offset = |(partition, place): (i32, usize)| {
            let base = bases.get(&partition)?;
            Some(base + i64::try_from(place).ok()?)
        };
        let offsets = places.into_iter().map(offset).collect::<Option<_>>();
        let left_out = || BenchError::new(format!("Kafka left out a partition of {topic}."));
        Ok(offsets.ok_or_else(left_out)?)
    }

    /// The committed records from these offsets (per partition) to the ends as they stand now, by
    /// partition and offset. Partitions not named are not read.
    pub async fn read(
        &self,
        topic: &str,
        from: &BTreeMap<i32, i64>,
    ) -> Result<Vec<Stored>, KafkaError> {
        let ends = self.ends(topic).await?;
        let read = async {
            let mut stored = Vec::new();
            for (partition, first) in from {
                let end = ends.get(partition).copied().unwrap_or_default();
                let mut next = *first;
                while next < end {
                    let fetched = self.fetched(topic, *partition, next).await?;
                    let aborted = fetched.aborted_transactions.unwrap_or_default().into_iter();
                    let aborted = aborted.map(|one| (one.producer_id.0, one.first_offset));
                    let bytes = fetched.records.unwrap_or_default();
                    let seen = batches::committed(bytes, aborted.collect())
                        .map_err(|unread| unread.of(topic, *partition, next))?;
                    // A batch may begin before the offset that was asked for.
                    let asked = seen
                        .records
                        .into_iter()
                        .filter(|one| (next..end).contains(&one.offset));
                    stored.extend(asked.map(|record| kept(*partition, record)));
                    next = seen.next.unwrap_or(next).max(next);
                }
            }
            Ok(stored)
        };
        let late = |_| {
            let limit = LIMIT.as_secs();
            KafkaError::Bench(BenchError::new(format!(
                "{topic} could not be read within {limit} s."
            )))
        };
        tokio::time::timeout(LIMIT, read).await.map_err(late)?
    }

    /// All committed records of a topic that are still there.
    pub async fn read_all(&self, topic: &str) -> Result<Vec<Stored>, KafkaError> {
        let partitions = self.partitions(topic).await?;
        let from = partitions
            .into_iter()
            .map(|partition| (partition, 0))
            .collect();
        self.read(topic, &from).await
    }

    async fn fetched(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
    ) -> Result<PartitionData, KafkaError> {
        let part = FetchPartition::default()
            .with_partition(partition)
            .with_fetch_offset(from)
            .with_partition_max_bytes(4 << 20);
        let asked = FetchTopic::default()
            .with_topic(TopicName(text(topic)))
            .with_partitions(vec![part]);
        let request = &FetchRequest::default()
            .with_replica_id(BrokerId(-1))
            .with_max_wait_ms(100)
            .with_min_bytes(1)
            .with_max_bytes(8 << 20)
            .with_isolation_level(1)
            .with_session_epoch(-1)
            .with_topics(vec![asked]);
        let deed = format!("a read of {topic}-{partition}");
        self.settled_about(topic, &deed, || async move {
            let response = self.call(request, 12).await?;
            let mut parts = response
                .responses
                .into_iter()
                .flat_map(|topic| topic.partitions);
            Ok(match (response.error_code, parts.next()) {
                (0, Some(part)) if part.error_code == 0 => Answer::Done(part),
                (0, Some(part)) => Answer::Refused(part.error_code),
                (0, None) => Answer::Refused(5),
                (code, _) => Answer::Refused(code),
            })
        })
        .await
    }
}

impl Unread {
    /// Whose fault it is: a broker has unpacked what it stores, so what is too much for us was written.
    fn of(self, topic: &str, partition: i32, offset: i64) -> KafkaError {
        match self {
            Self::TooMuch { packed } => KafkaError::Wrong(Box::new(Mismatch::new(
                format!(
                    "Records of {topic} cannot be read: in partition {partition}, from offset {offset} on, \
                     they unpack to more than {} MiB.",
                    MOST >> 20
                ),
                "records of a few hundred bytes, as the contract's are",
                format!("more than {MOST} bytes, packed into {packed}"),
            ))),
            Self::Malformed(why) => KafkaError::Bench(BenchError::new(format!(
                "Records of {topic}-{partition} cannot be read: {why}."
            ))),
        }
    }
}

/// The partition that Java's default partitioner gives a key (murmur2, seed 0x9747b28c, sign cut off).
pub fn partition_of(key: &[u8], partitions: i32) -> i32 {
    i32::from_ne_bytes((murmur2(key) & 0x7fff_ffff).to_ne_bytes()) % partitions.max(1)
}

fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut hash = 0x9747_b28c ^ length;
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        let mut word = u32::from_le_bytes(*word).wrapping_mul(M);
        word ^= word >> 24;
        hash = hash.wrapping_mul(M) ^ word.wrapping_mul(M);
    }
    if !rest.is_empty() {
        let mut word = [0; 4];
        word[..rest.len()].copy_from_slice(rest);
        hash = (hash ^ u32::from_le_bytes(word)).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

pub(super) fn encodable(record: Produced, place: usize) -> Result<Record, BenchError> {
    let place =
        i32::try_from(place).map_err(|_| BenchError::new("More records than a batch holds."))?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let headers = record.headers.into_iter();
    Ok(Record {
        transactional: false,
        control: false,
        delete_horizon: false,
        partition_leader_epoch: -1,
        producer_id: -1,
        producer_epoch: -1,
        timestamp_type: TimestampType::Creation,
        offset: i64::from(place),
        // The encoder cuts a batch where sequences do not follow offsets; the first is "none" (−1).
        sequence: place - 1,
        timestamp: i64::try_from(millis(now)).unwrap_or(i64::MAX),
        key: record.key,
        value: record.value,
        headers: headers
            .map(|(name, value)| (text(&name), Some(value)))
            .collect(),
    })
}

pub(super) fn encoded(batch: &[Record], compression: Compression) -> Result<Bytes, BenchError> {
    let options = RecordEncodeOptions {
        version: 2,
        compression,
    };
    let mut bytes = BytesMut::new();
    RecordBatchEncoder::encode(&mut bytes, batch, &options)
        .map_err(|error| BenchError::new(format!("Records cannot be written: {error:#}.")))?;
    Ok(bytes.freeze())
}

fn kept(partition: i32, record: Record) -> Stored {
    let headers = record.headers.into_iter();
    Stored {
        partition,
        offset: record.offset,
        key: record.key,
        value: record.value,
        headers: headers
            .map(|(name, value)| (name.to_string(), value.unwrap_or_default()))
            .collect(),
        timestamp_ms: record.timestamp,
        producer_id: record.producer_id,
        producer_epoch: record.producer_epoch,
        sequence: record.sequence,
        transactional: record.transactional,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of Kafka's own `UtilsTest.testMurmur2`.
    #[test]
    fn keys_go_where_the_java_client_sends_them() {
        let known: [(&str, i32); 4] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
        ];
        for (key, hash) in known {
            assert_eq!(
                i32::from_ne_bytes(murmur2(key.as_bytes()).to_ne_bytes()),
                hash,
                "{key}"
            );
        }
    }
}
