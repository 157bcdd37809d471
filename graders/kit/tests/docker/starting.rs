//! Services that start: what of them is reached, by whom, and how fast.

use std::{net::SocketAddr, time::Instant};

use bytes::{Bytes, BytesMut};
use kafka_protocol::{
    messages::{ApiKey, MetadataRequest, MetadataResponse, RequestHeader, ResponseHeader},
    protocol::{Decodable as _, Encodable as _, HeaderVersion as _},
};
use libtest_mimic::Trial;
use mastery_kit::{
    service::{Endpoint, docker::Held},
    spec::ServiceKind,
};
use testcontainers::{
    bollard::query_parameters::InspectContainerOptions, core::client::docker_client_instance,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_postgres::{Config, NoTls};

use crate::stage::{ADVERTISED, Stage, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "all_three_start_together_in_about_the_time_of_kafka",
            together,
        ),
        trial(
            "a_broker_advertises_to_each_listener_what_reaches_it",
            listeners,
        ),
        trial("programs_have_an_ordinary_role", roles),
        trial(
            "ports_are_mapped_to_loopback_only_and_containers_are_limited",
            loopback,
        ),
        trial("what_a_server_says_is_kept_in_its_log_files", logs),
    ]
}

async fn together(stage: Stage) {
    let mut figures = Vec::new();
    for _ in 0..3 {
        let begun = Instant::now();
        let alone = stage.start(ServiceKind::Kafka).await;
        let kafka = begun.elapsed();
        alone.stop().await.unwrap();
        let begun = Instant::now();
        let (kafka_too, postgres, redis) = tokio::join!(
            stage.start(ServiceKind::Kafka),
            stage.start(ServiceKind::Postgres),
            stage.start(ServiceKind::Redis)
        );
        let all = begun.elapsed();
        for held in [&kafka_too, &postgres, &redis] {
            assert!(held.ended().await.is_none());
            let version = held.endpoint().version();
            assert!(
                version.starts_with(|first: char| first.is_ascii_digit()),
                "{version}"
            );
        }
        let begun = Instant::now();
        let stopped = tokio::join!(kafka_too.stop(), postgres.stop(), redis.stop());
        assert_eq!(stopped, (Ok(()), Ok(()), Ok(())));
        figures.push((kafka, all, begun.elapsed()));
    }
    for (kafka, all, stopped) in figures {
        let ratio = all.as_secs_f64() / kafka.as_secs_f64();
        println!(
            "Kafka alone {kafka:.1?}, all three {all:.1?} ({ratio:.2} times), stopped {stopped:.1?}"
        );
    }
}

async fn listeners(stage: Stage) {
    let held = stage.start(ServiceKind::Kafka).await;
    let Endpoint::Kafka(kafka) = held.endpoint() else {
        panic!("{:?}", held.endpoint());
    };
    assert_eq!(
        advertised(kafka.bench).await,
        ("127.0.0.1".into(), kafka.bench.port())
    );
    assert_eq!(
        advertised(kafka.behind).await,
        ("127.0.0.1".into(), ADVERTISED)
    );
    assert_eq!(kafka.advertised, ADVERTISED);
    held.stop().await.unwrap();
}

/// The one broker that a listener tells of.
async fn advertised(address: SocketAddr) -> (String, u16) {
    const VERSION: i16 = 9;
    let header = RequestHeader::default()
        .with_request_api_key(ApiKey::Metadata as i16)
        .with_request_api_version(VERSION);
    let mut frame = BytesMut::new();
    header
        .encode(&mut frame, MetadataRequest::header_version(VERSION))
        .unwrap();
    MetadataRequest::default()
        .encode(&mut frame, VERSION)
        .unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_u32(u32::try_from(frame.len()).unwrap())
        .await
        .unwrap();
    stream.write_all(&frame).await.unwrap();
    let mut answer = vec![0; stream.read_u32().await.unwrap() as usize];
    stream.read_exact(&mut answer).await.unwrap();
    let mut answer = Bytes::from(answer);
    ResponseHeader::decode(&mut answer, MetadataResponse::header_version(VERSION)).unwrap();
    let brokers = MetadataResponse::decode(&mut answer, VERSION)
        .unwrap()
        .brokers;
    assert_eq!(brokers.len(), 1);
    (
        brokers[0].host.to_string(),
        u16::try_from(brokers[0].port).unwrap(),
    )
}

async fn roles(stage: Stage) {
    let held = stage.start(ServiceKind::Postgres).await;
    let Endpoint::Postgres(postgres) = held.endpoint() else {
        panic!("{:?}", held.endpoint());
    };
    let program = &postgres.program;
    for (user, password, is_superuser) in [
        (&postgres.user, &postgres.password, "on"),
        (&program.user, &program.password, "off"),
    ] {
        let told = settings(postgres.address, user, password).await;
        assert_eq!(told, [is_superuser, "logical", "off", "200"]);
    }
    held.stop().await.unwrap();
}

async fn settings(address: SocketAddr, user: &str, password: &str) -> Vec<String> {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(address.port())
        .dbname("postgres");
    let (client, connection) = config
        .user(user)
        .password(password)
        .connect(NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let mut told = Vec::new();
    for setting in ["is_superuser", "wal_level", "fsync", "max_connections"] {
        let row = client
            .query_one(&format!("SHOW {setting}"), &[])
            .await
            .unwrap();
        told.push(row.get(0));
    }
    drop(client);
    connection.await.unwrap().unwrap();
    told
}

async fn loopback(stage: Stage) {
    let held = stage.start(ServiceKind::Redis).await;
    let client = docker_client_instance().await.unwrap();
    let options = None::<InspectContainerOptions>;
    let inspected = client
        .inspect_container(held.container(), options)
        .await
        .unwrap();
    let ports = inspected.network_settings.unwrap().ports.unwrap();
    let bindings: Vec<_> = ports.into_values().flatten().flatten().collect();
    assert_eq!(bindings.len(), 1);
    assert_eq!(bindings[0].host_ip.as_deref(), Some("127.0.0.1"));
    let host = inspected.host_config.unwrap();
    assert_eq!((host.memory, host.pids_limit), (Some(512 << 20), Some(256)));
    held.stop().await.unwrap();
}

async fn logs(stage: Stage) {
    let held = stage.start(ServiceKind::Redis).await;
    let said = last_lines(&held);
    assert!(said.contains("Ready to accept connections"), "{said}");
    held.stop().await.unwrap();
    let kept = std::fs::read_to_string(stage.folder.path().join("redis.stdout.log")).unwrap();
    assert!(kept.contains("Ready to accept connections"), "{kept}");
}

fn last_lines(held: &Held) -> String {
    held.last_lines(50).join("\n")
}
