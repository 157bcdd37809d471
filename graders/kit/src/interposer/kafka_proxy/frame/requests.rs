//! The requests that are looked into, field by field up to the last one that is asked for.

use std::collections::HashMap;

use kafka_protocol::messages::ApiKey;
use uuid::Uuid;

use super::{
    Batch, Body,
    reader::{Read, Reader},
};

/// The broker takes no longer one; it is repeated for each partition.
const LONGEST_TOPIC: usize = 249;
const NEWER: &str = "its version is none of those that are looked into";

/// A body, and whether the broker answers it.
pub(super) fn body(
    api: ApiKey,
    version: i16,
    reader: &mut Reader<'_>,
    topics: &HashMap<Uuid, String>,
) -> Read<(Body, bool)> {
    let body = match (api, version) {
        (ApiKey::Produce, 3..=13) => return produce(version, reader, topics),
        (ApiKey::OffsetCommit, 2..=10) => offset_commit(version, reader, topics)?,
        (ApiKey::TxnOffsetCommit, 0..=5) => txn_offset_commit(version, reader, topics)?,
        (ApiKey::InitProducerId, 0..=6) => Body::Producer {
            transactional_id: name(reader)?,
        },
        (ApiKey::JoinGroup, 0..=9) => {
            let group = name(reader)?;
            reader.skip(if version >= 1 { 8 } else { 4 })?;
            let member = name(reader)?;
            Body::Group { group, member }
        }
        (ApiKey::SyncGroup, 0..=5) | (ApiKey::Heartbeat, 0..=4) => {
            let group = name(reader)?;
            reader.int32()?;
            let member = name(reader)?;
            Body::Group { group, member }
        }
        (ApiKey::LeaveGroup, 0..=5) => {
            let group = name(reader)?;
            let several = version >= 3;
            let member = if several && reader.count()? == 0 {
                String::new()
            } else {
                name(reader)?
            };
            Body::Group { group, member }
        }
        (ApiKey::ConsumerGroupHeartbeat, 0..=1) => {
            let (group, member) = (name(reader)?, name(reader)?);
            Body::Group { group, member }
        }
        (
            ApiKey::Produce
            | ApiKey::OffsetCommit
            | ApiKey::TxnOffsetCommit
            | ApiKey::InitProducerId
            | ApiKey::JoinGroup
            | ApiKey::SyncGroup
            | ApiKey::Heartbeat
            | ApiKey::LeaveGroup
            | ApiKey::ConsumerGroupHeartbeat,
            _,
        ) => return Err(NEWER),
        _ => Body::Other,
    };
    Ok((body, true))
}

fn name(reader: &mut Reader<'_>) -> Read<String> {
    Ok(reader.text()?.unwrap_or_default())
}

/// A topic's name, which newer versions give as an id.
pub(super) fn topic(
    by_id: bool,
    reader: &mut Reader<'_>,
    topics: &HashMap<Uuid, String>,
) -> Read<String> {
    if by_id {
        let id = reader.uuid()?;
        return Ok(topics.get(&id).cloned().unwrap_or_default());
    }
    let name = name(reader)?;
    if name.len() > LONGEST_TOPIC {
        return Err("a topic's name of more than 249 bytes");
    }
    Ok(name)
}

fn produce(
    version: i16,
    reader: &mut Reader<'_>,
    topics: &HashMap<Uuid, String>,
) -> Read<(Body, bool)> {
    reader.skip_text()?;
    let acks = reader.int16()?;
    reader.int32()?;
    let mut batches = Vec::new();
    for _ in 0..reader.count()? {
        let name = topic(version >= 13, reader, topics)?;
        for _ in 0..reader.count()? {
            let partition = reader.int32()?;
            batches.extend(batch(&name, partition, reader.bytes()?));
            reader.tags()?;
        }
        reader.tags()?;
    }
    Ok((Body::Produce { batches }, acks != 0))
}

fn offset_commit(
    version: i16,
    reader: &mut Reader<'_>,
    topics: &HashMap<Uuid, String>,
) -> Read<Body> {
    let group = name(reader)?;
    reader.int32()?;
    let member = name(reader)?;
    if version >= 7 {
        reader.skip_text()?;
    }
    if version <= 4 {
        reader.int64()?;
    }
    let mut offsets = Vec::new();
    for _ in 0..reader.count()? {
        let name = topic(version >= 10, reader, topics)?;
        committed(&name, version >= 6, reader, &mut offsets)?;
    }
    Ok(Body::OffsetCommit {
        group,
        member,
        offsets,
    })
}

fn txn_offset_commit(
    version: i16,
    reader: &mut Reader<'_>,
    topics: &HashMap<Uuid, String>,
) -> Read<Body> {
    reader.skip_text()?;
    let group = name(reader)?;
    reader.skip(8 + 2)?;
    let mut member = String::new();
    if version >= 3 {
        reader.int32()?;
        member = name(reader)?;
        reader.skip_text()?;
    }
    let mut offsets = Vec::new();
    for _ in 0..reader.count()? {
        let topic = topic(false, reader, topics)?;
        committed(&topic, version >= 2, reader, &mut offsets)?;
    }
    Ok(Body::OffsetCommit {
        group,
        member,
        offsets,
    })
}

/// The partitions of one topic of a commit.
fn committed(
    topic: &str,
    with_epoch: bool,
    reader: &mut Reader<'_>,
    offsets: &mut Vec<(String, i32, i64)>,
) -> Read<()> {
    for _ in 0..reader.count()? {
        let (partition, offset) = (reader.int32()?, reader.int64()?);
        if with_epoch {
            reader.int32()?;
        }
        reader.skip_text()?;
        reader.tags()?;
        offsets.push((topic.to_owned(), partition, offset));
    }
    reader.tags()
}

/// The fixed head of a record batch of version 2: nothing is unpacked, so nothing can grow.
fn batch(topic: &str, partition: i32, bytes: &[u8]) -> Option<Batch> {
    let part = |from: usize, length: usize| bytes.get(from..from + length);
    if part(16, 1)? != [2] {
        return None;
    }
    Some(Batch {
        topic: topic.to_owned(),
        partition,
        producer_id: i64::from_be_bytes(part(43, 8)?.try_into().ok()?),
        producer_epoch: i16::from_be_bytes(part(51, 2)?.try_into().ok()?),
        base_sequence: i32::from_be_bytes(part(53, 4)?.try_into().ok()?),
        records: i32::from_be_bytes(part(57, 4)?.try_into().ok()?),
    })
}
