//! Redis (or Valkey) in a container, and what it says of itself.

use std::{net::SocketAddr, time::Duration};

use testcontainers::core::ContainerPort;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    image::{Recipe, Reference},
    tail::Sign,
};
use crate::verdict::{BenchError, Stream};

pub(super) const PORT: ContainerPort = ContainerPort::Tcp(6379);

pub(super) const READY: Sign = Sign {
    stream: Stream::Stdout,
    text: "Ready to accept connections",
};

/// An answer to INFO is shorter.
const ANSWER: usize = 64 << 10;
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

pub(super) fn recipe(image: Reference) -> Recipe {
    let command = ["--save", "", "--appendonly", "no"];
    Recipe {
        image,
        env: Vec::new(),
        entrypoint: None,
        command: command.map(str::to_owned).into(),
        ports: vec![PORT],
        memory_mib: 512,
        tasks: 256,
    }
}

/// The version as the server reports it.
pub(super) async fn version(address: SocketAddr) -> Result<String, BenchError> {
    let asked = timeout(ANSWER_LIMIT, ask(address)).await;
    let unknown = |why: String| BenchError::new(format!("Redis does not say its version: {why}."));
    let said = asked
        .map_err(|_| unknown("no answer".into()))?
        .map_err(|error| unknown(error.to_string()))?;
    let found = version_in(&said);
    found.ok_or_else(|| {
        unknown(format!(
            "it answers `{}`",
            said.lines().next().unwrap_or("")
        ))
    })
}

async fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream
        .write_all(b"*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n")
        .await?;
    let mut said = Vec::new();
    let mut piece = [0; 4096];
    // A bulk string: `$LENGTH`, the text, and a line's end.
    while !is_whole(&said) && said.len() < ANSWER {
        match stream.read(&mut piece).await? {
            0 => break,
            read => said.extend_from_slice(&piece[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

fn is_whole(said: &[u8]) -> bool {
    let Some(line) = said.iter().position(|byte| *byte == b'\n') else {
        return false;
    };
    let head = String::from_utf8_lossy(&said[..line]);
    match head.trim().strip_prefix('$').map(str::parse::<usize>) {
        Some(Ok(length)) => said.len() >= line + 1 + length + 2,
        _ => true, // an error is one line
    }
}

/// Valkey says the Redis it is compatible with first, and its own version too.
fn version_in(said: &str) -> Option<String> {
    let field = |name: &str| said.lines().find_map(|line| line.trim().strip_prefix(name));
    let version = field("valkey_version:").or_else(|| field("redis_version:"))?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_servers_own() {
        let redis = "$40\r\n# Server\r\nredis_version:8.0.2\r\n";
        assert_eq!(version_in(redis).as_deref(), Some("8.0.2"));
        let valkey = "redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\n";
        assert_eq!(version_in(valkey).as_deref(), Some("8.1.1"));
        assert_eq!(version_in("-NOAUTH Authentication required.\r\n"), None);
    }

    #[test]
    fn an_answer_is_whole_when_its_length_is_there() {
        assert!(!is_whole(b"$5\r\nab"));
        assert!(!is_whole(b"$5\r\nabcde"));
        assert!(is_whole(b"$5\r\nabcde\r\n"));
        assert!(is_whole(b"-ERR no\r\n"));
    }
}
