//! A broker in a container, alone in its cluster. Three listeners: the bench's and the one behind
//! the interposer, both on loopback ports of the host, and one inside that the broker itself uses.

use testcontainers::core::{ContainerPort, ExecCommand};

use super::{
    image::{Recipe, Reference},
    tail::Sign,
};
use crate::verdict::Stream;

pub(super) const BENCH: ContainerPort = ContainerPort::Tcp(9092);
pub(super) const BEHIND: ContainerPort = ContainerPort::Tcp(9093);

pub(super) const READY: Sign = Sign {
    stream: Stream::Stdout,
    text: "Kafka Server started",
};

/// As on the native backend, which says why. Topics of the broker's own have one partition.
const SETTINGS: &[(&str, &str)] = &[
    ("NODE_ID", "1"),
    ("PROCESS_ROLES", "broker,controller"),
    (
        "LISTENERS",
        "BENCH://:9092,BEHIND://:9093,INSIDE://127.0.0.1:9094,CONTROLLER://127.0.0.1:9095",
    ),
    ("INTER_BROKER_LISTENER_NAME", "INSIDE"),
    ("CONTROLLER_LISTENER_NAMES", "CONTROLLER"),
    ("CONTROLLER_QUORUM_VOTERS", "1@127.0.0.1:9095"),
    (
        "LISTENER_SECURITY_PROTOCOL_MAP",
        "BENCH:PLAINTEXT,BEHIND:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    ),
    ("OFFSETS_TOPIC_REPLICATION_FACTOR", "1"),
    ("OFFSETS_TOPIC_NUM_PARTITIONS", "1"),
    ("TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1"),
    ("TRANSACTION_STATE_LOG_MIN_ISR", "1"),
    ("TRANSACTION_STATE_LOG_NUM_PARTITIONS", "1"),
    ("SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR", "1"),
    ("SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR", "1"),
    ("SHARE_COORDINATOR_STATE_TOPIC_NUM_PARTITIONS", "1"),
    ("GROUP_INITIAL_REBALANCE_DELAY_MS", "0"),
    ("AUTO_CREATE_TOPICS_ENABLE", "false"),
    ("LOG_RETENTION_MS", "-1"),
    ("BROKER_SESSION_TIMEOUT_MS", "3000"),
    ("BROKER_HEARTBEAT_INTERVAL_MS", "500"),
    ("NUM_PARTITIONS", "3"),
    ("DEFAULT_REPLICATION_FACTOR", "1"),
    ("MIN_INSYNC_REPLICAS", "1"),
    ("LOG_INDEX_SIZE_MAX_BYTES", "1048576"),
    ("LOG_SEGMENT_BYTES", "16777216"),
    ("LOG_CLEANER_DEDUPE_BUFFER_SIZE", "2097152"),
    ("NUM_NETWORK_THREADS", "1"),
    ("NUM_IO_THREADS", "2"),
    ("NUM_REPLICA_FETCHERS", "1"),
    ("NUM_RECOVERY_THREADS_PER_DATA_DIR", "1"),
    ("BACKGROUND_THREADS", "2"),
    ("LOG_CLEANER_THREADS", "1"),
    ("HEAP_OPTS", "-Xms128m -Xmx384m"),
    (
        "JVM_PERFORMANCE_OPTS",
        "-XX:+UseG1GC -XX:TieredStopAtLevel=1",
    ), // G1: the image's archives
];

/// Where the container waits to be told the port that the engine chose for the bench's listener: a
/// broker must know at its start what it advertises.
const TOLD: &str = "/tmp/bench-port";

pub(super) fn recipe(image: Reference, advertised: u16) -> Recipe {
    let settings = SETTINGS.iter();
    let env = settings.map(|(name, value)| (format!("KAFKA_{name}"), (*value).to_owned()));
    let script = format!(
        "mkfifo {TOLD} && read -r port <{TOLD} && \
         export KAFKA_ADVERTISED_LISTENERS=\"BENCH://127.0.0.1:$port,\
         BEHIND://127.0.0.1:{advertised},INSIDE://127.0.0.1:9094\" && \
         exec /etc/kafka/docker/run"
    );
    Recipe {
        image,
        env: env.collect(),
        entrypoint: Some("sh"),
        command: vec!["-c".into(), script],
        ports: vec![BENCH, BEHIND],
        memory_mib: 1024,
        tasks: 512,
    }
}

/// Tells the container its bench port, once it waits for it.
pub(super) fn tell(port: u16) -> ExecCommand {
    let script = format!("until [ -p {TOLD} ]; do sleep 0.02; done; echo {port} >{TOLD}");
    ExecCommand::new(["sh", "-c", &script])
}
