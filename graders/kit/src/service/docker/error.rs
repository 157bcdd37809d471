//! What an engine's refusals mean, and the one deed that helps. Their own texts end at
//! "client error (Connect)": the reason stands further down the chain of sources.

use std::{error::Error, fmt::Write as _, io::ErrorKind, time::Duration};

use super::image::Reference;
use crate::verdict::BenchError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    NoSocket,
    Refused,
    NotPermitted,
    Silent,
    NoSpace,
    NoImage,
    NoName,
    PortTaken,
    WrongCommand,
    Other,
}

const KINDS: &[(ErrorKind, Cause)] = &[
    (ErrorKind::NotFound, Cause::NoSocket),
    (ErrorKind::ConnectionRefused, Cause::Refused),
    (ErrorKind::PermissionDenied, Cause::NotPermitted),
    (ErrorKind::StorageFull, Cause::NoSpace),
    (ErrorKind::TimedOut, Cause::Silent),
];

/// Texts by which a cause is known where no kind of error tells, in lower case. The first found wins.
const TEXTS: &[(&str, Cause)] = &[
    ("no space left on device", Cause::NoSpace),
    ("address already in use", Cause::PortTaken),
    ("port is already allocated", Cause::PortTaken),
    ("no such host", Cause::NoName),
    ("failure in name resolution", Cause::NoName),
    ("server misbehaving", Cause::NoName),
    ("no such image", Cause::NoImage),
    ("manifest unknown", Cause::NoImage),
    ("access denied", Cause::NoImage),
    ("repository does not exist", Cause::NoImage),
    ("socketnotfound", Cause::NoSocket),
    ("kind: notfound", Cause::NoSocket),
    ("unknowncommand", Cause::WrongCommand),
    ("permission denied", Cause::NotPermitted),
    ("connection refused", Cause::Refused),
    ("i/o timeout", Cause::Silent),
    ("requesttimeouterror", Cause::Silent),
    ("context deadline exceeded", Cause::Silent),
];

/// An error while doing something (`starting Redis`) with the engine at an address.
pub(super) fn explain(doing: &str, error: &(dyn Error + 'static), at: &str) -> BenchError {
    match cause(error) {
        // What the engine answers is not about the way to it.
        Cause::NoSocket | Cause::Refused | Cause::NotPermitted | Cause::Silent
            if is_answer(error) =>
        {
            other(doing, error)
        }
        Cause::NoSocket => {
            BenchError::new(format!("Docker is not running here: there is no {at}."))
                .unlock("start Docker, or `mastery services fetch` to run services without it")
        }
        Cause::Refused => BenchError::new(format!("Nothing answers at {at}: Docker has stopped."))
            .unlock("sudo systemctl start docker"),
        Cause::NotPermitted => {
            BenchError::new(format!("You are not permitted to use Docker at {at}."))
                .unlock("sudo usermod -aG docker $USER (then log in again)")
        }
        Cause::Silent => silent(at),
        Cause::NoSpace => BenchError::new(format!("Docker has no disk space left, {doing}."))
            .unlock("docker system prune"),
        Cause::NoImage => BenchError::new(format!("An image is gone, {doing}: {}.", root(error)))
            .unlock("mastery services fetch"),
        Cause::NoName => BenchError::new(format!("The network is away, {doing}: {}.", root(error)))
            .unlock("mastery services fetch"),
        Cause::PortTaken => BenchError::new(format!(
            "A port was taken meanwhile, {doing}: {}.",
            root(error)
        ))
        .unlock("the same command again"),
        Cause::WrongCommand => {
            BenchError::new("TESTCONTAINERS_COMMAND is set to something that is no command.")
                .unlock("unset TESTCONTAINERS_COMMAND")
        }
        Cause::Other => other(doing, error),
    }
}

/// The engine accepts and does not answer.
pub(super) fn silent(at: &str) -> BenchError {
    BenchError::new(format!("Docker at {at} does not answer."))
        .unlock("sudo systemctl restart docker")
}

/// A start would have to pull, which only you decide.
pub(super) fn missing_image(image: &Reference) -> BenchError {
    BenchError::new(format!(
        "The image {} is not on this machine.",
        image.full()
    ))
    .unlock(format!("docker pull {}", image.full()))
}

pub(super) fn pull(image: &Reference, error: &(dyn Error + 'static)) -> BenchError {
    let name = image.full();
    match cause(error) {
        Cause::NoName | Cause::Refused | Cause::Silent => BenchError::new(format!(
            "The image {name} could not be pulled, its registry is out of reach: {}.",
            root(error)
        ))
        .unlock(format!("docker pull {name} (once there is a network)")),
        Cause::NoImage | Cause::NotPermitted => BenchError::new(format!(
            "The registry gives out no image {name}: {}.",
            root(error)
        ))
        .unlock("name another image in mastery.toml"),
        Cause::NoSpace => {
            BenchError::new(format!("Docker has no disk space left, pulling {name}."))
                .unlock("docker system prune")
        }
        Cause::NoSocket | Cause::PortTaken | Cause::WrongCommand | Cause::Other => BenchError::new(
            format!("The image {name} could not be pulled: {}.", root(error)),
        )
        .unlock(format!("docker pull {name}")),
    }
}

pub(super) fn pull_too_slow(image: &Reference, limit: Duration) -> BenchError {
    let name = image.full();
    BenchError::new(format!(
        "The image {name} was not pulled within {} s.",
        limit.as_secs()
    ))
    .unlock(format!("docker pull {name}"))
}

fn other(doing: &str, error: &(dyn Error + 'static)) -> BenchError {
    let mut why = format!("Docker failed, {doing}: {}.", root(error));
    match std::env::var("DOCKER_DEFAULT_PLATFORM") {
        Ok(platform) if !platform.trim().is_empty() => {
            write!(why, " DOCKER_DEFAULT_PLATFORM asks for {platform}.").expect("a String grows");
            BenchError::new(why).unlock("unset DOCKER_DEFAULT_PLATFORM")
        }
        _ => BenchError::new(why),
    }
}

/// Whether the engine was reached and this is what it said.
fn is_answer(error: &(dyn Error + 'static)) -> bool {
    let text = format!("{error:?}");
    ["DockerResponseServerError", "DockerStreamError"]
        .iter()
        .any(|kind| text.contains(kind))
}

fn cause(error: &(dyn Error + 'static)) -> Cause {
    let mut texts = format!("{error:?}"); // not every wrapper tells its source
    for link in chain(error) {
        if let Some(io) = link.downcast_ref::<std::io::Error>() {
            let kind = io.kind();
            if let Some((_, cause)) = KINDS.iter().find(|(known, _)| *known == kind) {
                return *cause;
            }
        }
        texts.push_str(&link.to_string());
    }
    let texts = texts.to_lowercase();
    let known = TEXTS.iter().find(|(text, _)| texts.contains(text));
    known.map_or(Cause::Other, |(_, cause)| *cause)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let link = next?;
        next = link.source();
        Some(link)
    })
}

/// What the innermost source says, on one line, without its full stop.
fn root(error: &(dyn Error + 'static)) -> String {
    let said = chain(error)
        .last()
        .map_or_else(String::new, ToString::to_string);
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    line.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use testcontainers::{TestcontainersError, bollard, core::error::ClientError};

    use super::*;

    fn refused(message: &str) -> TestcontainersError {
        let status_code = 500;
        let message = message.to_owned();
        let error = bollard::errors::Error::DockerResponseServerError {
            status_code,
            message,
        };
        TestcontainersError::Client(ClientError::CreateContainer(error))
    }

    #[test]
    fn a_refusal_of_the_engine_is_known_by_what_it_says() {
        for (message, unlock) in [
            (
                "write /var/lib/docker/x: no space left on device",
                "docker system prune",
            ),
            (
                "Bind for 127.0.0.1:5432 failed: port is already allocated",
                "the same command again",
            ),
            (
                "dial tcp: lookup registry: no such host",
                "mastery services fetch",
            ),
            ("No such image: redis:8", "mastery services fetch"),
        ] {
            let error = explain("starting Redis", &refused(message), "unix:///x");
            assert_eq!(error.unlock.as_deref(), Some(unlock), "{}", error.why);
        }
    }

    #[test]
    fn the_way_to_the_engine_is_told_from_its_answers() {
        let denied = std::io::Error::from_raw_os_error(13);
        let way = bollard::errors::Error::IOError { err: denied };
        let error = explain("reaching Docker", &way, "unix:///x");
        assert!(
            error
                .unlock
                .unwrap()
                .starts_with("sudo usermod -aG docker $USER")
        );
        let answer = refused("exec: \"/run\": permission denied");
        let error = explain("starting Redis", &answer, "unix:///x");
        assert!(
            error.why.contains("Docker failed, starting Redis"),
            "{}",
            error.why
        );
        assert_eq!(error.unlock, None);
    }

    #[test]
    fn what_is_not_known_is_quoted() {
        let error = explain("starting Redis", &refused("cgroups: odd"), "unix:///x");
        assert!(error.why.contains("cgroups: odd"), "{}", error.why);
    }

    #[test]
    fn a_pull_without_a_network_is_told_from_one_of_a_wrong_name() {
        let image = Reference::parse("redis:8");
        let offline = pull(&image, &refused("lookup registry-1: no such host"));
        assert!(offline.why.contains("out of reach"), "{}", offline.why);
        let wrong = pull(&image, &refused("manifest unknown"));
        assert!(
            wrong.why.contains("gives out no image redis:8"),
            "{}",
            wrong.why
        );
    }
}
