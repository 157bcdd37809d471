//! When a Kafka broker can really be used, whoever started it.
//!
//! A broker that accepts connections is not ready: without this the first idempotent producer waits
//! 2.5–3.5 s and the first member of a group as long. It is ready when a topic can be made and both
//! coordinators have loaded what they keep.

use std::{io, net::SocketAddr, time::Duration};

use bytes::{BufMut as _, BytesMut};
use kafka_protocol::{
    messages::{
        CreateTopicsRequest, DeleteTopicsRequest, DescribeGroupsRequest, FindCoordinatorRequest,
        GroupId, InitProducerIdRequest, RequestHeader, TopicName, TransactionalId,
        create_topics_request::CreatableTopic,
    },
    protocol::{Decodable as _, Encodable as _, HeaderVersion, Request, StrBytes},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    verdict::BenchError,
    wait::{Look, WaitError, until},
};

/// The name of everything that is made here. The topic is deleted again.
const NAME: &str = "mastery-warm";
/// Longer than any answer to what is asked here.
const LONGEST: usize = 1024 * 1024;
/// What a broker may take to make a topic.
const TIMEOUT_MS: i32 = 5_000;
/// The topic is there: an answer that was lost may have left it.
const EXISTS: i16 = 36;
/// The topic is gone, likewise.
const UNKNOWN: i16 = 3;
/// Since KIP-1043 a group that does not exist is an error, of the newer versions only.
const NO_SUCH_GROUP: i16 = 69;
const COORDINATOR_OF_GROUPS: i8 = 0;
const COORDINATOR_OF_TRANSACTIONS: i8 = 1;

/// Waits until a broker makes topics and its coordinators are warm.
pub(crate) async fn warm(address: SocketAddr, limit: Duration) -> Result<(), BenchError> {
    let warm = async {
        tokio::try_join!(
            topics(address, limit),
            groups(address, limit),
            transactions(address, limit)
        )
    };
    warm.await.map(drop).map_err(|(what, error)| {
        BenchError::new(format!("Kafka cannot {what}: {error}."))
            .unlock("close what keeps this machine busy and try again")
    })
}

/// What could not be done, and why.
type Cold = (&'static str, WaitError<std::convert::Infallible>);

async fn topics(address: SocketAddr, limit: Duration) -> Result<(), Cold> {
    let name = TopicName(StrBytes::from_static_str(NAME));
    let topic = CreatableTopic::default()
        .with_name(name.clone())
        .with_num_partitions(1)
        .with_replication_factor(1);
    let create = CreateTopicsRequest::default()
        .with_topics(vec![topic])
        .with_timeout_ms(TIMEOUT_MS);
    done(
        "make a topic",
        limit,
        async || {
            let answer = ask(address, 4, &create).await?;
            Ok(answer.topics.first().map(|topic| topic.error_code))
        },
        &[EXISTS],
    )
    .await?;
    let delete = DeleteTopicsRequest::default()
        .with_topic_names(vec![name])
        .with_timeout_ms(TIMEOUT_MS);
    done(
        "delete a topic",
        limit,
        async || {
            let answer = ask(address, 3, &delete).await?;
            Ok(answer.responses.first().map(|topic| topic.error_code))
        },
        &[UNKNOWN],
    )
    .await
}

async fn groups(address: SocketAddr, limit: Duration) -> Result<(), Cold> {
    coordinator(address, limit, COORDINATOR_OF_GROUPS).await?;
    let describe = DescribeGroupsRequest::default()
        .with_groups(vec![GroupId(StrBytes::from_static_str(NAME))]);
    done(
        "load its groups",
        limit,
        async || {
            let answer = ask(address, 3, &describe).await?;
            Ok(answer.groups.first().map(|group| group.error_code))
        },
        &[NO_SUCH_GROUP],
    )
    .await
}

async fn transactions(address: SocketAddr, limit: Duration) -> Result<(), Cold> {
    let id = TransactionalId(StrBytes::from_static_str(NAME));
    let plain = InitProducerIdRequest::default().with_transaction_timeout_ms(TIMEOUT_MS);
    let transactional = plain.clone().with_transactional_id(Some(id));
    done(
        "give out a producer's id",
        limit,
        async || {
            let plain = plain.clone().with_transactional_id(None);
            Ok(Some(ask(address, 1, &plain).await?.error_code))
        },
        &[],
    )
    .await?;
    coordinator(address, limit, COORDINATOR_OF_TRANSACTIONS).await?;
    done(
        "begin a transaction",
        limit,
        async || Ok(Some(ask(address, 1, &transactional).await?.error_code)),
        &[],
    )
    .await
}

async fn coordinator(address: SocketAddr, limit: Duration, of: i8) -> Result<(), Cold> {
    let find = FindCoordinatorRequest::default()
        .with_key(StrBytes::from_static_str(NAME))
        .with_key_type(of);
    done(
        "find a coordinator",
        limit,
        async || Ok(Some(ask(address, 2, &find).await?.error_code)),
        &[],
    )
    .await
}

/// Asks until the answer's code is 0 or one of those that are as good.
async fn done(
    what: &'static str,
    limit: Duration,
    ask: impl AsyncFn() -> io::Result<Option<i16>>,
    as_good: &[i16],
) -> Result<(), Cold> {
    let asked = until(limit, || async {
        match ask().await {
            Ok(Some(code)) if code == 0 || as_good.contains(&code) => Look::Ready(()),
            Ok(Some(code)) => Look::NotYet(format!("it answers with error {code}")),
            Ok(None) => Look::NotYet("its answer is empty".to_owned()),
            Err(error) => Look::NotYet(error.to_string()),
        }
    });
    asked.await.map_err(|error| (what, error))
}

/// One request on a connection of its own.
async fn ask<R: Request>(
    address: SocketAddr,
    version: i16,
    request: &R,
) -> io::Result<R::Response> {
    let wrong = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_client_id(Some(StrBytes::from_static_str(NAME)));
    let mut body = BytesMut::new();
    (header.encode(&mut body, R::header_version(version))).map_err(|error| wrong(&error))?;
    (request.encode(&mut body, version)).map_err(|error| wrong(&error))?;
    let mut frame = BytesMut::with_capacity(4 + body.len());
    frame.put_u32(u32::try_from(body.len()).map_err(io::Error::other)?);
    frame.extend_from_slice(&body);

    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    stream.write_all(&frame).await?;
    let length = usize::try_from(stream.read_u32().await?).map_err(io::Error::other)?;
    if length > LONGEST {
        return Err(io::Error::other("its answer is no answer of Kafka"));
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await?;
    let mut answer = bytes::Bytes::from(answer);
    let header = <R::Response as HeaderVersion>::header_version(version);
    kafka_protocol::messages::ResponseHeader::decode(&mut answer, header)
        .map_err(|error| wrong(&error))?;
    R::Response::decode(&mut answer, version).map_err(|error| wrong(&error))
}
