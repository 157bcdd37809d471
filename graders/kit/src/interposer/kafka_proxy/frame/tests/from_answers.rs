//! What is learnt from answers.

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{
        ApiKey, BrokerId, ConsumerGroupHeartbeatResponse, JoinGroupResponse, MetadataResponse,
        ProduceResponse, ResponseHeader,
        metadata_response::{
            MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
        },
        produce_response::{
            BatchIndexAndErrorMessage, LeaderIdAndEpoch, PartitionProduceResponse,
            TopicProduceResponse,
        },
    },
    protocol::{Encodable, HeaderVersion, Message as _},
};
use uuid::Uuid;

use super::{
    super::{answered_member, answers, behind_answer_head},
    FILLS, ORDERS, known, text, topic, versions,
};

fn answer_bytes<M: Encodable + HeaderVersion>(version: i16, body: &M) -> Bytes {
    let mut bytes = BytesMut::new();
    ResponseHeader::default()
        .with_correlation_id(7)
        .encode(&mut bytes, M::header_version(version))
        .expect("a head");
    body.encode(&mut bytes, version)
        .unwrap_or_else(|why| panic!("version {version}: {why}"));
    bytes.freeze()
}

#[test]
fn the_member_id_that_a_coordinator_gives_is_read_in_every_version() {
    let given = Some("member-1".to_owned());
    for (version, body) in versions(|version| {
        let body = JoinGroupResponse::default()
            .with_generation_id(5)
            .with_protocol_name(Some(text("range")))
            .with_leader(text("member-0"))
            .with_member_id(text("member-1"));
        if version >= 7 {
            body.with_protocol_type(Some(text("consumer")))
        } else {
            body
        }
    }) {
        let bytes = answer_bytes(version, &body);
        let member = answered_member(ApiKey::JoinGroup, version, &bytes);
        assert_eq!(member, given, "{version}");
    }
    for (version, body) in versions(|_| {
        ConsumerGroupHeartbeatResponse::default()
            .with_error_message(Some(text("none")))
            .with_member_id(Some(text("member-1")))
            .with_member_epoch(5)
    }) {
        let bytes = answer_bytes(version, &body);
        let member = answered_member(ApiKey::ConsumerGroupHeartbeat, version, &bytes);
        assert_eq!(member, given, "{version}");
    }
}

#[test]
fn the_ids_of_topics_are_read_in_every_version_that_has_them() {
    let named = |name: &str, id, partitions| {
        MetadataResponseTopic::default()
            .with_name(Some(topic(name)))
            .with_topic_id(id)
            .with_partitions(partitions)
    };
    for version in 10..=MetadataResponse::VERSIONS.max {
        let partition = MetadataResponsePartition::default()
            .with_partition_index(1)
            .with_leader_epoch(3)
            .with_replica_nodes(vec![BrokerId(1), BrokerId(2)])
            .with_isr_nodes(vec![BrokerId(1)]);
        let body = MetadataResponse::default()
            .with_brokers(vec![
                MetadataResponseBroker::default()
                    .with_node_id(BrokerId(1))
                    .with_host(text("127.0.0.1"))
                    .with_port(9092)
                    .with_rack(Some(text("a"))),
            ])
            .with_cluster_id(Some(text("a-cluster")))
            .with_topics(vec![
                named("orders", ORDERS, vec![partition.clone(), partition]),
                named("of-no-id", Uuid::nil(), vec![]),
                named("fills", FILLS, vec![]),
            ]);
        let bytes = answer_bytes(version, &body);
        let mut reader = behind_answer_head(ApiKey::Metadata, version, &bytes).expect("a head");
        let found = answers::topics(version, &mut reader).expect("it is a metadata answer");
        let expected = [(ORDERS, "orders".to_owned()), (FILLS, "fills".to_owned())];
        assert_eq!(found, expected, "{version}");
    }
}

#[test]
fn what_the_broker_refused_is_read_in_every_version() {
    let part = |version: i16, index, error| {
        let part = PartitionProduceResponse::default()
            .with_index(index)
            .with_error_code(error)
            .with_base_offset(100);
        let part = if version >= 8 {
            part.with_error_message(Some(text("said why")))
                .with_record_errors(vec![
                    BatchIndexAndErrorMessage::default()
                        .with_batch_index(2)
                        .with_batch_index_error_message(Some(text("said it of one"))),
                ])
        } else {
            part
        };
        if version >= 10 {
            // A tagged field, which is to be passed over.
            let leader = LeaderIdAndEpoch::default().with_leader_epoch(4);
            part.with_current_leader(leader.with_leader_id(BrokerId(1)))
        } else {
            part
        }
    };
    for (version, body) in versions(|version| {
        let parts = vec![
            part(version, 0, 0),
            part(version, 1, 6),
            part(version, 2, 46),
        ];
        let of = TopicProduceResponse::default().with_partition_responses(parts);
        ProduceResponse::default().with_responses(vec![if version >= 13 {
            of.with_topic_id(ORDERS)
        } else {
            of.with_name(topic("orders"))
        }])
    }) {
        let bytes = answer_bytes(version, &body);
        let mut reader = behind_answer_head(ApiKey::Produce, version, &bytes).expect("a head");
        let refused = answers::refused(version, &mut reader, &known()).expect("it is an answer");
        let refused: Vec<_> = refused.into_iter().collect();
        assert_eq!(refused, [("orders".to_owned(), 1)], "{version}");
    }
}
