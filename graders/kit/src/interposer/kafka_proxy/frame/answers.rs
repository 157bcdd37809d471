//! What is learnt from answers: names of topics, ids of members, and what the broker refused.

use std::collections::{BTreeSet, HashMap};

use kafka_protocol::messages::ApiKey;
use uuid::Uuid;

use super::{
    reader::{Read, Reader},
    requests::topic,
};

/// The broker has it already: an answer to a repetition (`DUPLICATE_SEQUENCE_NUMBER`).
const DUPLICATE: i16 = 46;

/// The member id that a coordinator gave.
pub(super) fn member(api: ApiKey, version: i16, reader: &mut Reader<'_>) -> Read<Option<String>> {
    match (api, version) {
        (ApiKey::JoinGroup, 0..=9) => {
            reader.skip(if version >= 2 { 10 } else { 6 })?;
            if version >= 7 {
                reader.skip_text()?;
            }
            reader.skip_text()?;
            reader.skip_text()?;
            reader.skip(usize::from(version >= 9))?;
            reader.text()
        }
        (ApiKey::ConsumerGroupHeartbeat, 0..=1) => {
            reader.skip(4 + 2)?;
            reader.skip_text()?;
            reader.text()
        }
        _ => Ok(None),
    }
}

/// Names and ids of topics, which metadata answers have from version 10 on.
pub(super) fn topics(version: i16, reader: &mut Reader<'_>) -> Read<Vec<(Uuid, String)>> {
    let mut found = Vec::new();
    if !(10..=13).contains(&version) {
        return Ok(found);
    }
    reader.int32()?;
    for _ in 0..reader.count()? {
        reader.int32()?;
        reader.skip_text()?;
        reader.int32()?;
        reader.skip_text()?;
        reader.tags()?;
    }
    reader.skip_text()?;
    reader.int32()?;
    for _ in 0..reader.count()? {
        reader.int16()?;
        let name = reader.text()?;
        let id = reader.uuid()?;
        reader.skip(1)?;
        for _ in 0..reader.count()? {
            reader.skip(2 + 4 + 4 + 4)?;
            for _ in 0..3 {
                reader.skip_array(4)?;
            }
            reader.tags()?;
        }
        reader.int32()?;
        reader.tags()?;
        if let Some(name) = name
            && !id.is_nil()
        {
            found.push((id, name));
        }
    }
    Ok(found)
}

/// Topic and partition of what a produce request asked and the broker refused.
pub(super) fn refused(
    version: i16,
    reader: &mut Reader<'_>,
    topics: &HashMap<Uuid, String>,
) -> Read<BTreeSet<(String, i32)>> {
    let mut refused = BTreeSet::new();
    if !(3..=13).contains(&version) {
        return Ok(refused);
    }
    for _ in 0..reader.count()? {
        let name = topic(version >= 13, reader, topics)?;
        for _ in 0..reader.count()? {
            let (partition, error) = (reader.int32()?, reader.int16()?);
            reader.skip(if version >= 5 { 24 } else { 16 })?;
            if version >= 8 {
                for _ in 0..reader.count()? {
                    reader.int32()?;
                    reader.skip_text()?;
                    reader.tags()?;
                }
                reader.skip_text()?;
            }
            reader.tags()?;
            if error != 0 && error != DUPLICATE {
                refused.insert((name.clone(), partition));
            }
        }
        reader.tags()?;
    }
    Ok(refused)
}
