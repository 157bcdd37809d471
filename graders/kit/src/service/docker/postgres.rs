//! Postgres in a container: a superuser for the bench, an ordinary role for the programs.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    net::SocketAddr,
    time::Duration,
};

use testcontainers::core::ContainerPort;
use tokio::time::timeout;
use tokio_postgres::{Config, NoTls};

use super::{
    image::{Recipe, Reference},
    tail::Sign,
};
use crate::{
    service::Role,
    verdict::{BenchError, Stream},
};

pub(super) const PORT: ContainerPort = ContainerPort::Tcp(5432);

/// The temporary server says it on standard output; only the final one listens on TCP.
pub(super) const READY: Sign = Sign {
    stream: Stream::Stderr,
    text: "database system is ready to accept connections",
};

/// The superuser of the bench.
const BENCH: &str = "mastery";
/// The role of programs, as on the native backend. REPLICATION, because a relay may read the log.
const PROGRAM: &str = "learner";
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Data that nobody keeps; connections enough for a greedy program, and some that it cannot take.
const SETTINGS: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=logical",
    "max_wal_size=256MB",
    "max_connections=200",
    "superuser_reserved_connections=10",
    "shared_buffers=16MB",
    "jit=off",
    "authentication_timeout=10s",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// A role with a password of this start's own: others on this machine reach the port, too.
fn role(user: &str) -> Role {
    let chance = || RandomState::new().build_hasher().finish();
    Role {
        user: user.to_owned(),
        password: format!("{:016x}{:016x}", chance(), chance()),
    }
}

/// The superuser of a Postgres that is about to start.
pub(super) fn bench() -> Role {
    role(BENCH)
}

pub(super) fn recipe(image: Reference, bench: &Role) -> Recipe {
    let env = [
        ("POSTGRES_USER", bench.user.as_str()),
        ("POSTGRES_PASSWORD", bench.password.as_str()),
        ("POSTGRES_DB", "postgres"),
        ("POSTGRES_INITDB_ARGS", "--no-sync"),
    ];
    let settings = SETTINGS.iter();
    Recipe {
        image,
        env: env
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        entrypoint: None,
        command: settings
            .flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()])
            .collect(),
        ports: vec![PORT],
        memory_mib: 512,
        tasks: 1024, // a process for each connection, also for those it is about to refuse
    }
}

/// Makes the role of the programs; it and the version as the server reports it.
pub(super) async fn prepare(
    address: SocketAddr,
    bench: &Role,
) -> Result<(Role, String), BenchError> {
    let program = role(PROGRAM);
    let why = match timeout(ANSWER_LIMIT, try_prepare(address, bench, &program)).await {
        Ok(Ok(version)) => return Ok((program, version)),
        Ok(Err(error)) => error
            .as_db_error()
            .map_or_else(|| error.to_string(), ToString::to_string),
        Err(_) => format!("no answer within {} s", ANSWER_LIMIT.as_secs()),
    };
    Err(BenchError::new(format!(
        "Postgres is ready and cannot be used: {why}."
    )))
}

async fn try_prepare(
    address: SocketAddr,
    bench: &Role,
    program: &Role,
) -> Result<String, tokio_postgres::Error> {
    let mut config = Config::new();
    config.host(address.ip().to_string()).port(address.port());
    config
        .user(&bench.user)
        .password(&bench.password)
        .dbname("postgres");
    let (client, connection) = config.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    let Role { user, password } = program; // both are ours: no quotes in them
    let made = client
        .batch_execute(&format!(
            "CREATE ROLE {user} LOGIN REPLICATION PASSWORD '{password}'"
        ))
        .await;
    let asked = client.query_one("SHOW server_version", &[]).await;
    drop(client);
    // It ends with its client; what went wrong on it was told to the client.
    drop(connection.await);
    made?;
    let version: String = asked?.try_get(0)?;
    // Packagers add theirs: `18.1 (Debian 18.1-1)`.
    Ok(version
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_owned())
}
