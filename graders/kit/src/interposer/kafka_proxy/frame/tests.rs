//! Bodies read by hand against `kafka-protocol`'s encoder, in every version that both know.

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ConsumerGroupHeartbeatRequest, GroupId, HeartbeatRequest, InitProducerIdRequest,
        JoinGroupRequest, LeaveGroupRequest, OffsetCommitRequest, ProduceRequest, ProducerId,
        RequestHeader, SyncGroupRequest, TopicName, TransactionalId, TxnOffsetCommitRequest,
        join_group_request::JoinGroupRequestProtocol,
        leave_group_request::MemberIdentity,
        offset_commit_request::{OffsetCommitRequestPartition, OffsetCommitRequestTopic},
        produce_request::{PartitionProduceData, TopicProduceData},
        txn_offset_commit_request::{TxnOffsetCommitRequestPartition, TxnOffsetCommitRequestTopic},
    },
    protocol::{Encodable, HeaderVersion, Message, StrBytes},
};
use uuid::Uuid;

use super::*;

mod from_answers;

const ORDERS: Uuid = Uuid::from_u128(0x0a11);
const FILLS: Uuid = Uuid::from_u128(0x0b22);

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

fn topic(name: &str) -> TopicName {
    TopicName(text(name))
}

fn known() -> HashMap<Uuid, String> {
    HashMap::from([(ORDERS, "orders".to_owned()), (FILLS, "fills".to_owned())])
}

/// Every version of a message, each with what `say` makes of it.
fn versions<M: Message>(say: impl Fn(i16) -> M) -> impl Iterator<Item = (i16, M)> {
    (M::VERSIONS.min..=M::VERSIONS.max).map(move |version| (version, say(version)))
}

/// A request as it goes over the wire, behind its length.
fn request_bytes<M: Encodable + HeaderVersion>(api: ApiKey, version: i16, body: &M) -> Bytes {
    let mut bytes = BytesMut::new();
    RequestHeader::default()
        .with_request_api_key(api as i16)
        .with_request_api_version(version)
        .with_correlation_id(7)
        .with_client_id(Some(text("a-client")))
        .encode(&mut bytes, M::header_version(version))
        .expect("a head");
    body.encode(&mut bytes, version)
        .unwrap_or_else(|why| panic!("{api:?} {version}: {why}"));
    bytes.freeze()
}

/// What is read of a request.
fn read<M: Encodable + HeaderVersion>(api: ApiKey, version: i16, body: &M) -> (Body, bool) {
    let bytes = request_bytes(api, version, body);
    let head = head(&bytes).unwrap_or_else(|| panic!("{api:?} {version} is a request"));
    assert_eq!(
        (
            head.api,
            head.version,
            head.correlation,
            head.client_id.as_deref()
        ),
        (Some(api), version, 7, Some("a-client"))
    );
    let flexible = api.request_header_version(version) >= 2;
    let body = head.body.expect("it is behind its head");
    requests::body(api, version, &mut Reader::new(body, flexible), &known())
        .unwrap_or_else(|why| panic!("{api:?} {version}: {why}"))
}

/// The head of a batch of version 2 with what a check asks for, and no records behind it.
fn records(producer_id: i64, base_sequence: i32, count: i32) -> Bytes {
    let mut bytes = vec![0_u8; 61];
    bytes[16] = 2;
    bytes[43..51].copy_from_slice(&producer_id.to_be_bytes());
    bytes[51..53].copy_from_slice(&3_i16.to_be_bytes());
    bytes[53..57].copy_from_slice(&base_sequence.to_be_bytes());
    bytes[57..61].copy_from_slice(&count.to_be_bytes());
    Bytes::from(bytes)
}

fn batch(topic: &str, partition: i32, producer_id: i64, sequence: i32, records: i32) -> Batch {
    Batch {
        topic: topic.to_owned(),
        partition,
        records,
        producer_id,
        producer_epoch: 3,
        base_sequence: sequence,
    }
}

#[test]
fn a_produce_request_is_read_in_every_version() {
    let part = |index, records| {
        PartitionProduceData::default()
            .with_index(index)
            .with_records(records)
    };
    let of = |version: i16, name: &str, id, parts| {
        let asked = TopicProduceData::default().with_partition_data(parts);
        if version >= 13 {
            asked.with_topic_id(id)
        } else {
            asked.with_name(topic(name))
        }
    };
    for (version, body) in versions(|version| {
        let orders = vec![part(2, Some(records(41, 9, 4))), part(0, None)];
        let fills = vec![part(1, Some(records(-1, -1, 1)))];
        ProduceRequest::default()
            .with_transactional_id(Some(TransactionalId(text("tx-1"))))
            .with_acks(if version % 2 == 0 { 0 } else { -1 })
            .with_timeout_ms(30_000)
            .with_topic_data(vec![
                of(version, "orders", ORDERS, orders),
                of(version, "fills", FILLS, fills),
            ])
    }) {
        let batches = vec![batch("orders", 2, 41, 9, 4), batch("fills", 1, -1, -1, 1)];
        let expected = (Body::Produce { batches }, version % 2 != 0);
        assert_eq!(read(ApiKey::Produce, version, &body), expected, "{version}");
    }
}

#[test]
fn a_commit_is_read_in_every_version() {
    let part = |index, offset| {
        OffsetCommitRequestPartition::default()
            .with_partition_index(index)
            .with_committed_offset(offset)
            .with_committed_metadata(Some(text("noted")))
    };
    for (version, body) in versions(|version| {
        let body = OffsetCommitRequest::default()
            .with_group_id(GroupId(text("desk")))
            .with_generation_id_or_member_epoch(5)
            .with_member_id(text("member-1"))
            .with_topics(vec![
                OffsetCommitRequestTopic::default()
                    .with_name(topic("orders"))
                    .with_partitions(vec![part(0, 17), part(3, i64::MAX)]),
            ]);
        if version >= 7 {
            body.with_group_instance_id(Some(text("static-1")))
        } else {
            body
        }
    }) {
        let expected = Body::OffsetCommit {
            group: "desk".to_owned(),
            member: "member-1".to_owned(),
            offsets: vec![
                ("orders".to_owned(), 0, 17),
                ("orders".to_owned(), 3, i64::MAX),
            ],
        };
        assert_eq!(
            read(ApiKey::OffsetCommit, version, &body),
            (expected, true),
            "{version}"
        );
    }
}

#[test]
fn a_commit_within_a_transaction_is_read_in_every_version() {
    for (version, body) in versions(|version| {
        let part = TxnOffsetCommitRequestPartition::default()
            .with_partition_index(4)
            .with_committed_offset(99);
        let body = TxnOffsetCommitRequest::default()
            .with_transactional_id(TransactionalId(text("tx-1")))
            .with_group_id(GroupId(text("desk")))
            .with_producer_id(ProducerId(41))
            .with_producer_epoch(2)
            .with_topics(vec![
                TxnOffsetCommitRequestTopic::default()
                    .with_name(topic("orders"))
                    .with_partitions(vec![part]),
            ]);
        if version >= 3 {
            body.with_generation_id(5)
                .with_member_id(text("member-1"))
                .with_group_instance_id(Some(text("static-1")))
        } else {
            body
        }
    }) {
        let member = if version >= 3 { "member-1" } else { "" };
        let expected = Body::OffsetCommit {
            group: "desk".to_owned(),
            member: member.to_owned(),
            offsets: vec![("orders".to_owned(), 4, 99)],
        };
        assert_eq!(
            read(ApiKey::TxnOffsetCommit, version, &body),
            (expected, true),
            "{version}"
        );
    }
}

#[test]
fn what_a_member_says_is_read_in_every_version() {
    let expected = (
        Body::Group {
            group: "desk".to_owned(),
            member: "member-1".to_owned(),
        },
        true,
    );
    let (group, member) = (|| GroupId(text("desk")), || text("member-1"));
    for (version, body) in versions(|_| {
        JoinGroupRequest::default()
            .with_group_id(group())
            .with_session_timeout_ms(45_000)
            .with_rebalance_timeout_ms(300_000)
            .with_member_id(member())
            .with_protocol_type(text("consumer"))
            .with_protocols(vec![
                JoinGroupRequestProtocol::default()
                    .with_name(text("range"))
                    .with_metadata(Bytes::from_static(b"\x00\x01")),
            ])
    }) {
        assert_eq!(
            read(ApiKey::JoinGroup, version, &body),
            expected,
            "{version}"
        );
    }
    for (version, body) in versions(|_| {
        SyncGroupRequest::default()
            .with_group_id(group())
            .with_generation_id(5)
            .with_member_id(member())
    }) {
        assert_eq!(
            read(ApiKey::SyncGroup, version, &body),
            expected,
            "{version}"
        );
    }
    for (version, body) in versions(|_| {
        HeartbeatRequest::default()
            .with_group_id(group())
            .with_generation_id(5)
            .with_member_id(member())
    }) {
        assert_eq!(
            read(ApiKey::Heartbeat, version, &body),
            expected,
            "{version}"
        );
    }
    for (version, body) in versions(|version| {
        let body = LeaveGroupRequest::default().with_group_id(group());
        if version >= 3 {
            body.with_members(vec![MemberIdentity::default().with_member_id(member())])
        } else {
            body.with_member_id(member())
        }
    }) {
        assert_eq!(
            read(ApiKey::LeaveGroup, version, &body),
            expected,
            "{version}"
        );
    }
    for (version, body) in versions(|_| {
        ConsumerGroupHeartbeatRequest::default()
            .with_group_id(group())
            .with_member_id(member())
            .with_member_epoch(5)
            .with_subscribed_topic_names(Some(vec![topic("orders")]))
    }) {
        let api = ApiKey::ConsumerGroupHeartbeat;
        assert_eq!(read(api, version, &body), expected, "{version}");
    }
}

#[test]
fn what_a_producer_calls_its_transactions_is_read_in_every_version() {
    for id in [Some("relay-1"), None] {
        let expected = Body::Producer {
            transactional_id: id.unwrap_or_default().to_owned(),
        };
        for (version, body) in versions(|_| {
            InitProducerIdRequest::default()
                .with_transactional_id(id.map(|id| TransactionalId(text(id))))
                .with_transaction_timeout_ms(60_000)
        }) {
            assert_eq!(
                read(ApiKey::InitProducerId, version, &body),
                (expected.clone(), true),
                "{version}"
            );
        }
    }
}

#[test]
fn a_frame_that_is_cut_anywhere_is_unreadable_and_never_a_panic() {
    let body = JoinGroupRequest::default()
        .with_group_id(GroupId(text("desk")))
        .with_member_id(text("member-1"));
    for (version, body) in versions(|_| body.clone()) {
        let whole = request_bytes(ApiKey::JoinGroup, version, &body);
        for length in 0..whole.len() {
            if let Some(head) = head(&whole[..length])
                && let Ok(cut) = head.body
            {
                let flexible = ApiKey::JoinGroup.request_header_version(version) >= 2;
                let read = requests::body(
                    ApiKey::JoinGroup,
                    version,
                    &mut Reader::new(cut, flexible),
                    &known(),
                );
                let group = read
                    .as_ref()
                    .map(|(body, _)| matches!(body, Body::Group { .. }));
                assert!(
                    matches!(group, Ok(true) | Err(_)),
                    "{version}, {length}: {read:?}"
                );
            }
        }
    }
}
