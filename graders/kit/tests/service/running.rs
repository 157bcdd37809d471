//! Started, used, stopped.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use libtest_mimic::Trial;
use mastery_kit::{
    interposer::kafka_proxy::KafkaProxy,
    probe::{
        self,
        kafka::{KafkaError, Produced},
        sql::Sql,
    },
    service::Endpoint,
    spec::ServiceKind::{self, Kafka, Postgres, Redis},
    timeline::Timeline,
    world::Site,
};

use crate::stage::{Stage, client, postgres, trial};

const ALL: &[ServiceKind] = &[Kafka, Postgres, Redis];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_broker_tells_its_version_and_two_listeners",
            &[Kafka],
            a_broker_tells_its_version_and_two_listeners,
        ),
        trial(
            "programs_own_their_databases_and_no_more",
            &[Postgres],
            programs_own_their_databases_and_no_more,
        ),
        trial(
            "connections_for_the_bench_are_kept_from_programs",
            &[Postgres],
            connections_for_the_bench_are_kept_from_programs,
        ),
        trial(
            "what_dead_runs_left_is_taken_away_and_nothing_else",
            &[Kafka, Postgres],
            what_dead_runs_left_is_taken_away_and_nothing_else,
        ),
        trial(
            "a_redis_tells_its_version",
            &[Redis],
            a_redis_tells_its_version,
        ),
        trial(
            "two_of_each_run_side_by_side",
            ALL,
            two_of_each_run_side_by_side,
        ),
    ]
}

async fn a_broker_tells_its_version_and_two_listeners(stage: Arc<Stage>) {
    let held = stage.start(Kafka, "one").await;
    let Endpoint::Kafka(kafka) = held.endpoint() else {
        panic!("{:?}", held.endpoint())
    };
    assert!(kafka.version.starts_with("4."), "{kafka:?}");
    assert_ne!(kafka.bench, kafka.behind);
    assert_eq!(kafka.advertised, 9);
    assert_eq!(held.ended(), None);
    held.stop().await.unwrap();
}

async fn what_dead_runs_left_is_taken_away_and_nothing_else(stage: Arc<Stage>) {
    let held = [
        stage.start(Kafka, "broker").await,
        stage.start(Postgres, "database").await,
    ];
    let endpoints = [held[0].endpoint().clone(), held[1].endpoint().clone()];
    let (Endpoint::Kafka(broker), Endpoint::Postgres(server)) = (&endpoints[0], &endpoints[1])
    else {
        panic!("{endpoints:?}")
    };
    for endpoint in &endpoints {
        endpoint.answers().await.unwrap();
    }
    let proxy = KafkaProxy::bind().await.unwrap();
    let topics = BTreeMap::from([("TOPIC".to_owned(), ("fills".to_owned(), 1))]);
    let mut dead = Site::new(&endpoints, Some(&proxy), "7f3a91c204", topics);
    dead.make_template().await.unwrap();
    let world = dead.world(3, &[], Timeline::begin()).await.unwrap();
    let (sql, kafka) = (
        Sql::connect(server, "postgres").await.unwrap(),
        probe::kafka::Kafka::new(broker.bench),
    );
    sql.create_database("shop", None, None).await.unwrap();
    kafka.create_topics(&[("mine", 1)]).await.unwrap();
    let left = sql.databases().await.unwrap();
    assert!(
        left.iter().any(|name| name == world.database().unwrap()),
        "{left:?}"
    );
    let next = Site::new(&endpoints, Some(&proxy), "0123456789", BTreeMap::new());
    next.clear_left().await.unwrap();
    let mut left = sql.databases().await.unwrap();
    left.retain(|name| !name.starts_with("template") && name != "postgres");
    assert_eq!(left, ["shop"]);
    assert_eq!(kafka.topics().await.unwrap(), ["mine"]);
    kafka.delete_topics(&["mine"]).await.unwrap();
    // Whoever deleted it, the bench did not: it is no stall of ours.
    for gone in [
        kafka.read_all("mine").await.map(drop),
        kafka.ends("mine").await.map(drop),
        kafka
            .produce("mine", vec![Produced::default()])
            .await
            .map(drop),
    ] {
        let Err(KafkaError::Wrong(wrong)) = gone else {
            panic!("{gone:?}")
        };
        assert!(
            wrong.summary.starts_with("The topic mine is gone"),
            "{wrong:?}"
        );
    }
    for held in held {
        held.stop().await.unwrap();
    }
}

async fn programs_own_their_databases_and_no_more(stage: Arc<Stage>) {
    let held = stage.start(Postgres, "one").await;
    let server = postgres(&held);
    let bench = client(server.address, &server.user, &server.password, "postgres");
    let bench = bench.await.unwrap();
    let role = &server.program;
    let create = format!("CREATE DATABASE theirs OWNER {}", role.user);
    bench.batch_execute(&create).await.unwrap();
    let theirs = client(server.address, &role.user, &role.password, "theirs");
    let theirs = theirs.await.unwrap();
    theirs
        .batch_execute("CREATE TABLE t (id int)")
        .await
        .unwrap();
    let refused = theirs.batch_execute("CREATE DATABASE another").await;
    refused.unwrap_err();
    client(server.address, &role.user, "wrong", "theirs")
        .await
        .err()
        .unwrap();
    held.stop().await.unwrap();
}

async fn connections_for_the_bench_are_kept_from_programs(stage: Arc<Stage>) {
    let held = stage.start(Postgres, "one").await;
    let server = postgres(&held);
    let role = &server.program;
    let bench = Sql::connect(server, "postgres").await.unwrap();
    let made = bench.create_database("full", None, Some(&role.user));
    made.await.unwrap();
    let mut taken = Vec::new();
    let refused = loop {
        match client(server.address, &role.user, &role.password, "full").await {
            Ok(client) => taken.push(client),
            Err(refused) => break refused,
        }
        assert!(taken.len() < 2_000);
    };
    assert!(refused.as_db_error().is_some(), "{refused}");
    assert_eq!(taken.len(), 100);
    for database in ["full", "postgres"] {
        let bench = Sql::connect(server, database).await.unwrap();
        bench.rows("SELECT 1").await.unwrap();
    }
    held.stop().await.unwrap();
}

async fn a_redis_tells_its_version(stage: Arc<Stage>) {
    let held = stage.start(Redis, "one").await;
    assert!(
        held.endpoint().version().contains('.'),
        "{:?}",
        held.endpoint()
    );
    held.stop().await.unwrap();
}

async fn two_of_each_run_side_by_side(stage: Arc<Stage>) {
    let mut held = Vec::new();
    for kind in ALL {
        let (one, other) = (format!("{kind:?}-1"), format!("{kind:?}-2"));
        let started = tokio::join!(stage.start(*kind, &one), stage.start(*kind, &other));
        held.extend([started.0, started.1]);
    }
    let places: BTreeSet<_> = held.iter().map(|one| one.endpoint().address()).collect();
    assert_eq!(places.len(), 6);
    for one in held {
        one.stop().await.unwrap();
    }
}
