//! What around us decides which engine is used and how: variables, and sockets that are not searched.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::verdict::BenchError;

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// Where the engine is expected. One on another machine is refused: services are reached on the
/// loopback interface of this one.
pub(super) fn host() -> Result<String, BenchError> {
    match set("DOCKER_HOST") {
        Some(host) if is_elsewhere(&host) => Err(BenchError::new(format!(
            "DOCKER_HOST names an engine on another machine ({host}); services must run on this one."
        ))
        .unlock("unset DOCKER_HOST")),
        Some(host) => Ok(host),
        None => Ok(format!("unix://{DEFAULT_SOCKET}")),
    }
}

/// What the doctor should say about Docker here: variables that change how containers are run, and
/// the `DOCKER_HOST` line for an engine that would not be found without it. Full sentences.
pub fn remarks() -> Vec<String> {
    let mut remarks = Vec::new();
    for name in ["TESTCONTAINERS_COMMAND", "DOCKER_DEFAULT_PLATFORM"] {
        if let Some(value) = set(name) {
            remarks.push(format!(
                "{name}={value} changes how containers are run; where one fails to start: unset {name}"
            ));
        }
    }
    if set("DOCKER_HOST").is_none()
        && !Path::new(DEFAULT_SOCKET).exists()
        && let Some(socket) = other_sockets().into_iter().find(|socket| socket.exists())
    {
        let socket = socket.display();
        remarks.push(format!(
            "An engine that is not searched for listens here: export DOCKER_HOST=unix://{socket}"
        ));
    }
    remarks
}

/// Rootless engines, Docker Desktop, Colima, Podman.
fn other_sockets() -> Vec<PathBuf> {
    let mut sockets = Vec::new();
    if let Some(runtime) = set("XDG_RUNTIME_DIR") {
        let runtime = Path::new(&runtime);
        sockets.push(runtime.join("docker.sock"));
        sockets.push(runtime.join("podman/podman.sock"));
    }
    if let Some(home) = set("HOME") {
        let home = Path::new(&home);
        for socket in [
            ".docker/run/docker.sock",
            ".docker/desktop/docker.sock",
            ".colima/default/docker.sock",
            ".orbstack/run/docker.sock",
            ".rd/docker.sock",
        ] {
            sockets.push(home.join(socket));
        }
    }
    sockets
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn is_elsewhere(host: &str) -> bool {
    let Some((scheme, rest)) = host.split_once("://") else {
        return false;
    };
    let local = ["127.", "localhost", "[::1]"];
    matches!(scheme, "tcp" | "http" | "https" | "ssh")
        && !local.iter().any(|name| rest.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_engine_of_this_machine_is_used() {
        for here in [
            "unix:///run/x.sock",
            "tcp://127.0.0.1:2375",
            "tcp://localhost:2375",
        ] {
            assert!(!is_elsewhere(here), "{here}");
        }
        for elsewhere in [
            "tcp://10.0.0.7:2375",
            "ssh://build",
            "https://engine.example",
        ] {
            assert!(is_elsewhere(elsewhere), "{elsewhere}");
        }
    }
}
