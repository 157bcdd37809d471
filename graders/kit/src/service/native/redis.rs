//! Redis or Valkey: nothing is kept, nothing is made beforehand.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{held::Held, starting::Starting};
use crate::{
    process::Program,
    service::{Endpoint, Redis},
    verdict::BenchError,
};

/// Longer than what any server tells of itself.
const LONGEST: usize = 64 * 1024;

pub(crate) async fn start(starting: &Starting<'_>) -> Result<Held, BenchError> {
    let scratch = &starting.request.scratch;
    let launch = |port: u16| {
        let command = [
            &starting.found.program.display().to_string(),
            "--bind",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--dir",
            &scratch.display().to_string(),
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        let command = command.map(str::to_owned).to_vec();
        starting.native.launch("redis", command, scratch)
    };
    let (port, program, version) = starting.on_a_port(launch, look).await?;
    let address = (Ipv4Addr::LOCALHOST, port).into();
    let endpoint = Endpoint::Redis(Redis { address, version });
    Ok(Held::new(endpoint, program))
}

/// The version, once it is our server that tells it.
async fn look(port: u16, program: &Program) -> Result<String, String> {
    let told = told((Ipv4Addr::LOCALHOST, port).into()).await;
    let told = told.map_err(|error| format!("INFO: {error}"))?;
    if field(&told, "process_id") != Some(&program.pid().to_string()) {
        return Err("another server answered on its port".to_owned());
    }
    let version = field(&told, "valkey_version").or_else(|| field(&told, "redis_version"));
    version
        .map(str::to_owned)
        .ok_or_else(|| "INFO names no version".to_owned())
}

async fn told(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"INFO server\r\nQUIT\r\n").await?;
    let mut bytes = Vec::new();
    stream.take(LONGEST as u64).read_to_end(&mut bytes).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn field<'t>(told: &'t str, name: &str) -> Option<&'t str> {
    told.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}
