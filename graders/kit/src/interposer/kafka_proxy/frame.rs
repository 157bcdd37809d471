//! What a frame says, as far as a check may ask.

use std::net::SocketAddr;

use kafka_protocol::messages::ApiKey;

use self::reader::{Read, Reader};
use super::{Inner, lock};

mod answers;
mod reader;
mod requests;
#[cfg(test)]
mod tests;

/// A frame of either side.
#[derive(Clone, Debug)]
pub struct Frame {
    pub api: Option<ApiKey>,
    pub version: i16,
    pub side: Side,
    pub connection: u64,
    /// The program's end of the connection.
    pub peer: SocketAddr,
    pub client_id: Option<String>,
    pub body: Body,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Request,
    Response,
}

/// What a body holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Of a request what is to be appended, of its answer what the broker did not refuse.
    Produce { batches: Vec<Batch> },
    /// Topic, partition and the offset behind the last record that is dealt with.
    OffsetCommit {
        group: String,
        member: String,
        offsets: Vec<(String, i32, i64)>,
    },
    /// A producer begins; what it calls its transactions, empty where it has none.
    Producer { transactional_id: String },
    /// Whatever a member says to its coordinator.
    Group { group: String, member: String },
    /// Nothing that is asked for.
    Other,
    /// It is not what its version says; passed on all the same.
    Unreadable { why: String },
}

/// One batch of records of a produce request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub topic: String,
    pub partition: i32,
    pub records: i32,
    /// -1: not idempotent (KIP-98).
    pub producer_id: i64,
    pub producer_epoch: i16,
    pub base_sequence: i32,
}

/// The part of a request in front of its body.
pub(super) struct Head<'b> {
    pub(super) api: Option<ApiKey>,
    pub(super) version: i16,
    pub(super) correlation: i32,
    pub(super) client_id: Option<String>,
    body: Read<&'b [u8]>,
}

/// Names of topics that are kept.
const TOPICS: usize = 10_000;

/// Reads the head of a request; `None` for what is no request at all.
pub(super) fn head(bytes: &[u8]) -> Option<Head<'_>> {
    let mut reader = Reader::new(bytes, false);
    let (key, version) = (reader.int16().ok()?, reader.int16().ok()?);
    let correlation = reader.int32().ok()?;
    if key < 0 || version < 0 {
        return None;
    }
    let api = ApiKey::try_from(key).ok();
    let named = api.map_or(Ok((None, reader.rest())), |api| {
        behind_head(api.request_header_version(version), reader)
    });
    let (client_id, body) = match named {
        Ok((client_id, body)) => (client_id, Ok(body)),
        Err(why) => (None, Err(why)),
    };
    Some(Head {
        api,
        version,
        correlation,
        client_id,
        body,
    })
}

/// The client's name, and the body. The name is written the old way in every version (KIP-511).
fn behind_head(header: i16, mut reader: Reader<'_>) -> Read<(Option<String>, &[u8])> {
    let client_id = if header >= 1 { reader.text()? } else { None };
    let mut behind = Reader::new(reader.rest(), header >= 2);
    behind.tags()?;
    Ok((client_id, behind.rest()))
}

/// Reads the body of a request, where it is one of those that are asked for, and whether the broker
/// answers it.
pub(super) fn request(inner: &Inner, head: &Head<'_>) -> (Body, bool) {
    let Some(api) = head.api else {
        return (Body::Other, true);
    };
    let flexible = api.request_header_version(head.version) >= 2;
    let read = head.body.and_then(|body| {
        let topics = lock(&inner.topics);
        requests::body(api, head.version, &mut Reader::new(body, flexible), &topics)
    });
    read.unwrap_or_else(|why| {
        let why = why.to_owned();
        (Body::Unreadable { why }, true)
    })
}

/// What is learnt from an answer: the member id that a coordinator gave.
pub(super) fn answered_member(api: ApiKey, version: i16, bytes: &[u8]) -> Option<String> {
    let mut reader = behind_answer_head(api, version, bytes).ok()?;
    let id = answers::member(api, version, &mut reader).ok()??;
    (!id.is_empty()).then_some(id)
}

/// Learns the names of topics, which newer requests call by id.
pub(super) fn learn_topics(inner: &Inner, version: i16, bytes: &[u8]) {
    let found = behind_answer_head(ApiKey::Metadata, version, bytes)
        .and_then(|mut reader| answers::topics(version, &mut reader));
    let mut topics = lock(&inner.topics);
    for (id, name) in found.unwrap_or_default() {
        if topics.len() < TOPICS {
            topics.insert(id, name);
        }
    }
}

/// Leaves of a produce request what its answer does not refuse.
pub(super) fn accepted(inner: &Inner, version: i16, bytes: &[u8], batches: &mut Vec<Batch>) {
    let refused = behind_answer_head(ApiKey::Produce, version, bytes)
        .and_then(|mut reader| answers::refused(version, &mut reader, &lock(&inner.topics)));
    if let Ok(refused) = refused {
        batches.retain(|batch| !refused.contains(&(batch.topic.clone(), batch.partition)));
    }
}

fn behind_answer_head(api: ApiKey, version: i16, bytes: &[u8]) -> Read<Reader<'_>> {
    let flexible = api.response_header_version(version) >= 1;
    let mut reader = Reader::new(bytes, flexible);
    reader.int32()?;
    reader.tags()?;
    Ok(reader)
}
