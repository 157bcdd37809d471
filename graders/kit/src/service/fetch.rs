//! Fetching native services into the cache, from their publishers or from a mirror of them.
//!
//! ```text
//! CACHE/kafka/4.4.0/libs/*.jar            what the native backend starts
//! CACHE/jre/25.0.2+10/bin/java
//! CACHE/postgres/18.1/{bin,lib,share}
//! CACHE/downloads/NAME.part               what has come so far; the next fetch goes on from there
//! CACHE/.filling                          held by the one fetch that runs
//! ```
//!
//! A folder appears under its name only when everything in it was verified: it is unpacked beside
//! and renamed. What goes wrong here is never the learner's fault; each [`FetchError`] says whose it
//! is and what helps. Addresses, limits and a proxy are handed in: the kit reads no settings.

mod checksum;
mod download;
mod error;
mod hold;
mod part;
mod place;
mod plan;
mod publisher;
#[cfg(test)]
mod tests;
mod tree;
mod unpack;

use std::time::Duration;

pub use error::FetchError;
pub use place::{Standing, standing};
pub use plan::{Item, Plan, Progress};

/// One thing that can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Package {
    /// The broker's jars.
    Kafka,
    /// A Java to run Kafka with; of use only where no usable one is installed.
    Jre,
    /// The server and its tools.
    Postgres,
}

/// Where packages come from. The default is their publishers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Holds `kafka/VERSION/kafka_2.13-VERSION.tgz` and its `.sha512`.
    pub apache: String,
    /// The same for releases that are no longer current, looked at where the first has none.
    pub apache_archive: Option<String>,
    /// Answers `v3/assets/latest/…` as Adoptium's API does.
    pub adoptium: String,
    /// Holds artifacts as Maven Central does.
    pub maven: String,
}

/// Everything a fetch has to be told.
#[derive(Clone, Debug)]
pub struct Terms {
    pub source: Source,
    /// A proxy for `https` addresses (`http://proxy.example:3128`). None is looked for otherwise.
    pub proxy: Option<String>,
    pub platform: Platform,
    pub limits: Limits,
}

/// How long is waited and how much is taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first packet to a connection.
    pub connect: Duration,
    /// Without a single byte.
    pub stall: Duration,
    /// For another fetch into the same cache.
    pub hold: Duration,
    /// Bytes of one download.
    pub download: u64,
    /// Bytes that one package unpacks to.
    pub unpacked: u64,
}

/// The machine that the programs are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Platform {
    os: &'static str,
    arch: &'static str,
}

/// The publishers' own addresses.
pub const APACHE: &str = "https://downloads.apache.org";
pub const APACHE_ARCHIVE: &str = "https://archive.apache.org/dist";
pub const ADOPTIUM: &str = "https://api.adoptium.net";
pub const MAVEN: &str = "https://repo1.maven.org/maven2";

impl Package {
    /// All, in the order in which they are fetched.
    pub const ALL: [Self; 3] = [Self::Kafka, Self::Jre, Self::Postgres];

    /// Its folder in the cache, and the word it is asked for by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Jre => "jre",
            Self::Postgres => "postgres",
        }
    }

    /// What a person calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kafka => "Kafka",
            Self::Jre => "Java",
            Self::Postgres => "Postgres",
        }
    }
}

impl Source {
    /// A mirror: one address with `apache/`, `adoptium/` and `maven/` below it, each laid out as its
    /// publisher's.
    pub fn mirror(base: &str) -> Self {
        let base = base.trim_end_matches('/');
        Self {
            apache: format!("{base}/apache"),
            apache_archive: None,
            adoptium: format!("{base}/adoptium"),
            maven: format!("{base}/maven"),
        }
    }
}

impl Default for Source {
    fn default() -> Self {
        Self {
            apache: APACHE.into(),
            apache_archive: Some(APACHE_ARCHIVE.into()),
            adoptium: ADOPTIUM.into(),
            maven: MAVEN.into(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            hold: Duration::from_mins(15),
            download: 1 << 30,
            unpacked: 2 << 30,
        }
    }
}

impl Platform {
    /// This machine.
    pub fn current() -> Result<Self, FetchError> {
        Self::named(std::env::consts::OS, std::env::consts::ARCH)
    }

    /// A machine by Rust's names of systems and processors.
    pub fn named(os: &str, arch: &str) -> Result<Self, FetchError> {
        let unknown = || FetchError::Platform {
            platform: format!("{os} on {arch}"),
        };
        let known = |names: [&'static str; 2], name| names.into_iter().find(|known| *known == name);
        Ok(Self {
            os: known(["linux", "macos"], os).ok_or_else(unknown)?,
            arch: known(["x86_64", "aarch64"], arch).ok_or_else(unknown)?,
        })
    }
}
