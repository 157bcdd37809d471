//! Real services for the learner's programs: private instances, loopback only, ours to stop.
//!
//! However one was started, what the bench needs of it is an [`Endpoint`]; everything about how it
//! runs stays behind its backend. What goes wrong here is never the learner's fault.

pub mod docker;
pub mod fetch;
pub mod native;
pub(crate) mod warm;

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    probe::{self, sql::Sql},
    spec::ServiceKind,
    verdict::BenchError,
};

/// How a running service is reached: all that a check, or another process, needs of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "service", rename_all = "kebab-case")]
pub enum Endpoint {
    Postgres(Postgres),
    Kafka(Kafka),
    Redis(Redis),
}

/// A Postgres server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postgres {
    pub address: SocketAddr,
    /// A superuser of this private instance.
    pub user: String,
    pub password: String,
    /// Whom programs log in as: no superuser. It owns the databases that are made for them, and
    /// cannot take the connections that are kept for the bench.
    pub program: Role,
    /// As the server reports it: `18.1`.
    pub version: String,
}

/// Who logs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub user: String,
    pub password: String,
}

/// A Kafka broker, alone in its cluster (`KRaft`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kafka {
    /// The listener of the bench: no interposer sees what is said there.
    pub bench: SocketAddr,
    /// The listener behind the interposer, which programs reach through `advertised` only.
    pub behind: SocketAddr,
    /// The loopback port that the broker tells programs to connect to: the interposer's.
    pub advertised: u16,
    /// As the server reports it: `4.4.0`.
    pub version: String,
}

/// A Redis (or Valkey) server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redis {
    pub address: SocketAddr,
    /// As the server reports it: `8.0.2`.
    pub version: String,
}

/// One service to be started.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: ServiceKind,
    /// The port that Kafka advertises; the interposer holds it. Others pass it over.
    pub advertised: u16,
    /// An empty folder of this start's own, for data and settings; whoever asks removes it.
    pub scratch: PathBuf,
    /// The folder of its logs: `KIND.stdout.log`, `KIND.stderr.log`.
    pub logs: PathBuf,
    /// From the start to ready.
    pub limit: Duration,
    /// Whose it is: labels of a container.
    pub owner: Owner,
}

/// Whose a service is, so that a later sweep knows whether anybody still needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The run (`kafka-producer-consumer-7f3a91c204be5d10`) or `warm`.
    pub run: String,
    /// The workspace's folder.
    pub workspace: String,
}

/// Where services run.
#[derive(Clone)]
pub enum Backend {
    Docker(docker::Docker),
    Native(native::Native),
}

/// A service that was started here, owned by the scope that also stops it.
pub struct Running(HeldBy);

enum HeldBy {
    Docker(Box<docker::Held>),
    Native(Box<native::Held>),
}

impl Backend {
    /// `native` or `docker`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Docker(_) => "docker",
            Self::Native(_) => "native",
        }
    }

    /// Starts a service and waits until it can be used.
    pub async fn start(&self, request: &Request) -> Result<Running, BenchError> {
        match self {
            Self::Docker(docker) => {
                let held = docker.start(request).await?;
                Ok(Running(HeldBy::Docker(Box::new(held))))
            }
            Self::Native(native) => {
                let held = native.start(request).await?;
                Ok(Running(HeldBy::Native(Box::new(held))))
            }
        }
    }

    /// Removes what owners that are dead left; at every start and end, because a request that was on
    /// its way to an engine may make a container after its owner's death and after a sweep.
    pub async fn sweep(&self) -> Result<(), BenchError> {
        match self {
            Self::Docker(docker) => docker.sweep().await.map(drop),
            Self::Native(native) => {
                native.sweep().await;
                Ok(())
            }
        }
    }
}

impl Running {
    /// How it is reached.
    pub fn endpoint(&self) -> &Endpoint {
        match &self.0 {
            HeldBy::Docker(held) => held.endpoint(),
            HeldBy::Native(held) => held.endpoint(),
        }
    }

    /// What it is.
    pub fn kind(&self) -> ServiceKind {
        self.endpoint().kind()
    }

    /// That it has ended though nobody asked it to, with what it said last.
    pub async fn ended(&self) -> Option<BenchError> {
        match &self.0 {
            HeldBy::Docker(held) => held.ended().await,
            HeldBy::Native(held) => held.ended().map(BenchError::new),
        }
    }

    /// The last lines it printed.
    pub fn last_lines(&self, most: usize) -> Vec<String> {
        match &self.0 {
            HeldBy::Docker(held) => held.last_lines(most),
            HeldBy::Native(held) => held.last_lines(most),
        }
    }

    /// The process that owns it, where it is ours to end even after we were killed.
    pub fn supervisor_pid(&self) -> Option<u32> {
        match &self.0 {
            HeldBy::Docker(_) => None,
            HeldBy::Native(held) => Some(held.supervisor_pid()),
        }
    }

    /// The engine's name for its container, where it runs in one.
    pub fn container(&self) -> Option<&str> {
        match &self.0 {
            HeldBy::Docker(held) => Some(held.container()),
            HeldBy::Native(_) => None,
        }
    }

    /// Stops it and takes away what it kept.
    pub async fn stop(self) -> Result<(), BenchError> {
        match self.0 {
            HeldBy::Docker(held) => held.stop().await,
            HeldBy::Native(held) => held.stop().await,
        }
    }
}

impl Endpoint {
    /// What it is.
    pub fn kind(&self) -> ServiceKind {
        match self {
            Self::Postgres(_) => ServiceKind::Postgres,
            Self::Kafka(_) => ServiceKind::Kafka,
            Self::Redis(_) => ServiceKind::Redis,
        }
    }

    /// The version as the server reports it.
    pub fn version(&self) -> &str {
        match self {
            Self::Postgres(postgres) => &postgres.version,
            Self::Kafka(kafka) => &kafka.version,
            Self::Redis(redis) => &redis.version,
        }
    }

    /// That it answers at this moment, within a limit that a frozen one reaches: what stands between
    /// it and a check is not asked.
    pub async fn answers(&self) -> Result<(), BenchError> {
        let asked = async {
            match self {
                Self::Postgres(postgres) => Sql::connect(postgres, "postgres").await.map(drop),
                Self::Kafka(kafka) => {
                    let topics = probe::kafka::Kafka::new(kafka.bench).topics().await;
                    topics.map(drop)
                }
                Self::Redis(redis) => pong(redis.address).await.map_err(|error| {
                    let address = redis.address;
                    BenchError::new(format!("Redis at {address} does not answer: {error}."))
                }),
            }
        };
        timeout(ANSWER_LIMIT, asked).await.unwrap_or_else(|_| {
            let (name, limit) = (self.kind().name(), ANSWER_LIMIT.as_secs());
            Err(BenchError::new(format!(
                "{name} at {} did not answer within {limit} s.",
                self.address()
            )))
        })
    }

    /// A line to type that looks into it.
    pub fn line(&self) -> String {
        match self {
            Self::Postgres(postgres) => {
                format!("psql '{}'", postgres.url(postgres.address, "postgres"))
            }
            Self::Kafka(kafka) => format!("kcat -b {} -L", kafka.bench),
            Self::Redis(redis) => format!("redis-cli -p {}", redis.address.port()),
        }
    }

    /// Where a person would connect.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Postgres(postgres) => postgres.address,
            Self::Kafka(kafka) => kafka.bench,
            Self::Redis(redis) => redis.address,
        }
    }
}

impl Postgres {
    /// The URL of one of its databases for a program's role, with the password: what a program is
    /// given. `address` is usually the interposer's.
    pub fn url(&self, address: SocketAddr, database: &str) -> String {
        let Role { user, password } = &self.program;
        format!("postgresql://{user}:{password}@{address}/{database}?sslmode=disable")
    }
}

/// A loaded machine answers in less; what takes longer is of no use to a check.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Asks a Redis whether it is there. One that wants a password first is.
async fn pong(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"PING\r\n").await?;
    let mut first = [0];
    stream.read_exact(&mut first).await?;
    match first {
        [b'+' | b'-'] => Ok(()),
        _ => Err(io::Error::other("its answer is none of Redis's")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_read_back_as_it_was_written() {
        let endpoint = Endpoint::Redis(Redis {
            address: "127.0.0.1:6390".parse().unwrap(),
            version: "8.0.2".into(),
        });
        let text = serde_json::to_string(&endpoint).unwrap();
        assert_eq!(
            text,
            r#"{"service":"redis","address":"127.0.0.1:6390","version":"8.0.2"}"#
        );
        assert_eq!(serde_json::from_str::<Endpoint>(&text).unwrap(), endpoint);
    }
}
