//! Which programs would be used, and where they come from.

use std::path::{Path, PathBuf};

use super::{
    cache::{Cache, Part, Version},
    machine::{Machine, runs},
};
use crate::{spec::ServiceKind, verdict::BenchError};

/// The command that gets what is missing.
pub(crate) const FETCH: &str = "mastery services fetch";
/// Kafka 4 and its clients' protocol are what the labs are written for.
const OLDEST_KAFKA: u64 = 4;
const OLDEST_JAVA: u64 = 17;
const OLDEST_POSTGRES: u64 = 14;

/// The programs of a service that can be started here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: ServiceKind,
    /// Kafka: the folder of its jars. Postgres: the folder with its `bin`. Redis: the server.
    pub program: PathBuf,
    pub version: Version,
    pub origin: Origin,
    /// The Java runtime of Kafka.
    pub java: Option<Java>,
}

/// A Java runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Java {
    pub program: PathBuf,
    pub version: Version,
    pub origin: Origin,
}

/// Where a program comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Fetched by us.
    Cache,
    /// Found on the machine.
    Installed,
}

/// Why a service cannot be started here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub kind: ServiceKind,
    /// A sentence.
    pub why: String,
    /// The command that helps.
    pub unlock: String,
}

impl From<Missing> for BenchError {
    fn from(missing: Missing) -> Self {
        Self::new(missing.why).unlock(missing.unlock)
    }
}

impl Missing {
    pub(crate) fn new(kind: ServiceKind, why: impl Into<String>) -> Self {
        Self {
            kind,
            why: why.into(),
            unlock: FETCH.to_owned(),
        }
    }
}

/// A program and where it comes from; its version, where the place tells it.
pub(crate) struct Candidate {
    pub(crate) program: PathBuf,
    pub(crate) version: Option<Version>,
    pub(crate) origin: Origin,
    /// How it is told to a person: `JAVA_HOME`.
    pub(crate) place: String,
}

impl Candidate {
    fn installed(program: PathBuf, place: &str) -> Self {
        Self {
            program,
            version: None,
            origin: Origin::Installed,
            place: place.to_owned(),
        }
    }

    fn cached(program: PathBuf, version: Version) -> Self {
        Self {
            program,
            version: Some(version),
            origin: Origin::Cache,
            place: "the cache".to_owned(),
        }
    }

    /// Why it cannot be used, as a fragment, if its version is out of range.
    pub(crate) fn refuse(&self, version: Option<&Version>, oldest: u64) -> Option<String> {
        let (place, program) = (&self.place, self.program.display());
        match version {
            None => Some(format!("that of {place} ({program}) does not run")),
            Some(version) if version.major() < oldest => {
                Some(format!("that of {place} ({program}) is {version}"))
            }
            Some(_) => None,
        }
    }
}

/// The least version of a kind's own program.
pub(crate) fn oldest(part: Part) -> u64 {
    match part {
        Part::Kafka => OLDEST_KAFKA,
        Part::Jre => OLDEST_JAVA,
        Part::Postgres => OLDEST_POSTGRES,
        Part::Redis => 0,
    }
}

/// Where a part may be, the best first: the cache, then what is installed.
pub(crate) fn candidates(part: Part, cache: &Cache, machine: &Machine) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = (cache.versions(part).into_iter())
        .filter_map(|version| Some(Candidate::cached(in_cache(part, cache, &version)?, version)))
        .collect();
    all.extend(installed(part, machine));
    all
}

fn in_cache(part: Part, cache: &Cache, version: &Version) -> Option<PathBuf> {
    let folder = cache.folder(part, version.as_str());
    match part {
        Part::Kafka => Some(folder.join("libs")).filter(|libs| libs.is_dir()),
        Part::Jre => cache.java(version.as_str()),
        Part::Postgres => runs(&folder.join("bin/postgres")).then_some(folder),
        Part::Redis => ["redis-server", "valkey-server"]
            .map(|name| folder.join("bin").join(name))
            .into_iter()
            .find(|server| runs(server)),
    }
}

fn installed(part: Part, machine: &Machine) -> Vec<Candidate> {
    let in_path = |name: &str| machine.in_path(name);
    match part {
        Part::Kafka => {
            let home = machine.variable("KAFKA_HOME").map(PathBuf::from);
            let home = home.map(|home| (home, "KAFKA_HOME"));
            let script = in_path("kafka-server-start.sh").and_then(|path| two_up(&path));
            let script = script.map(|home| (home, "PATH"));
            (home.into_iter().chain(script))
                .map(|(home, place)| {
                    let mut candidate = Candidate::installed(home.join("libs"), place);
                    candidate.version = kafka_version(&candidate.program);
                    candidate
                })
                .collect()
        }
        Part::Jre => {
            let home = machine.variable("JAVA_HOME").map(PathBuf::from);
            let home = home.map(|home| Candidate::installed(home.join("bin/java"), "JAVA_HOME"));
            let path = in_path("java").map(|java| Candidate::installed(java, "PATH"));
            home.into_iter().chain(path).collect()
        }
        Part::Postgres => {
            let path = in_path("postgres").and_then(|server| two_up(&server));
            let path = path.map(|folder| Candidate::installed(folder, "PATH"));
            let debian = Cache::new(machine.debian_postgres.clone());
            let debian = debian.versions_in("").into_iter().map(|version| {
                let folder = machine.debian_postgres.join(version.as_str());
                Candidate::installed(folder, "Debian's folder")
            });
            path.into_iter()
                .chain(debian)
                .filter(|one| runs(&one.program.join("bin/postgres")))
                .collect()
        }
        Part::Redis => ["redis-server", "valkey-server"]
            .into_iter()
            .filter_map(|name| Some(Candidate::installed(in_path(name)?, "PATH")))
            .collect(),
    }
}

fn two_up(path: &Path) -> Option<PathBuf> {
    Some(path.parent()?.parent()?.to_owned())
}

/// The version of the jars in a folder: `kafka_2.13-4.4.0.jar`.
pub(crate) fn kafka_version(libs: &Path) -> Option<Version> {
    let mut names = std::fs::read_dir(libs).ok()?.flatten();
    names.find_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let version = name.strip_prefix("kafka_")?.strip_suffix(".jar")?;
        version.split_once('-')?.1.parse().ok()
    })
}

/// The version that a Java runtime has written down beside itself.
pub(crate) fn java_release(java: &Path) -> Option<Version> {
    let home = two_up(&std::fs::canonicalize(java).ok()?)?;
    let release = std::fs::read_to_string(home.join("release")).ok()?;
    let line = release
        .lines()
        .find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    line.trim_matches('"').parse().ok()
}
