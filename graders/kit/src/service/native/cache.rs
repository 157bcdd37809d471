//! Where the programs of services lie once they were fetched, and what was made from them.
//!
//! ```text
//! kafka/4.4.0/libs/*.jar            Kafka's own jars with an SLF4J provider
//! jre/25.0.2/…/bin/java             a Java runtime, at most three folders below its version
//! postgres/18.1/{bin,lib,share}     as Postgres installs itself, relocatable
//! redis/7.0.15/bin/redis-server     or `valkey-server`
//! made/NAME/                        what was made once from these (`made.rs`)
//! ```
//!
//! Whoever fills it unpacks beside a version's folder and renames, so that a folder with the name of
//! a version is whole. Names that are no version (`.partial…`) are passed over.

use std::{
    cmp::Ordering,
    fmt, fs,
    path::{Path, PathBuf},
    str::FromStr,
};

/// How deep below its version's folder a Java runtime may lie: macOS has `NAME/Contents/Home`.
const DEEPEST_JAVA: usize = 3;

/// The cache of services: one folder, decided by whoever calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// What the cache holds programs of. Kafka needs two of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    Kafka,
    Jre,
    Postgres,
    Redis,
}

/// A version as numbers, compared as such: `18.1`, `4.4.0`, `25.0.2+10`.
#[derive(Clone, Debug)]
pub struct Version {
    numbers: Vec<u64>,
    text: String,
}

impl Cache {
    /// A cache in this folder, which need not exist.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder of all of it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one version of a part.
    pub fn folder(&self, part: Part, version: &str) -> PathBuf {
        self.root.join(part.name()).join(version)
    }

    /// The folder of what was made once from the programs.
    pub fn made(&self) -> PathBuf {
        self.root.join("made")
    }

    /// The versions of a part that are there, the newest first.
    pub fn versions(&self, part: Part) -> Vec<Version> {
        self.versions_in(part.name())
    }

    /// The folders named like a version in a folder below, the newest first.
    pub(crate) fn versions_in(&self, below: &str) -> Vec<Version> {
        let entries = fs::read_dir(self.root.join(below));
        let mut found: Vec<Version> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        found.sort_by(|one, other| other.cmp(one));
        found
    }

    /// The `java` of a version of the Java runtime.
    pub fn java(&self, version: &str) -> Option<PathBuf> {
        java_below(&self.folder(Part::Jre, version), DEEPEST_JAVA)
    }
}

impl Part {
    /// The name of its folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kafka => "kafka",
            Self::Jre => "jre",
            Self::Postgres => "postgres",
            Self::Redis => "redis",
        }
    }
}

fn java_below(folder: &Path, depth: usize) -> Option<PathBuf> {
    let java = folder.join("bin/java");
    if java.is_file() {
        return Some(java);
    }
    let deeper = depth.checked_sub(1)?;
    let mut below: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    below.sort();
    below.iter().find_map(|path| java_below(path, deeper))
}

impl Version {
    /// Its first number.
    pub fn major(&self) -> u64 {
        self.numbers[0]
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first version that stands in a text: `postgres (PostgreSQL) 15.13 (Debian 15.13-0)`.
    pub fn within(text: &str) -> Option<Self> {
        let words = text.split(|c: char| c.is_whitespace() || "()\"=v,".contains(c));
        words.into_iter().find_map(|word| word.parse().ok())
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = |part: &str| {
            let end = part.find(|c: char| !c.is_ascii_digit());
            part[..end.unwrap_or(part.len())].parse::<u64>().ok()
        };
        if !text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(());
        }
        let numbers: Vec<u64> = text.split(['.', '+', '_', '-']).map_while(digits).collect();
        if numbers.is_empty() {
            return Err(());
        }
        let text = text.to_owned();
        Ok(Self { numbers, text })
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        numbers.then_with(|| self.text.cmp(&other.text))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first_and_what_is_half_there_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["9.6", "18.1", "17.10", "17.9", ".partial.3", "made"] {
            fs::create_dir_all(folder.path().join("postgres").join(name)).unwrap();
        }
        let cache = Cache::new(folder.path().to_owned());
        let found: Vec<String> = (cache.versions(Part::Postgres).iter())
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["18.1", "17.10", "17.9", "9.6"]);
        assert!(cache.versions(Part::Kafka).is_empty());
    }

    #[test]
    fn java_is_found_where_each_publisher_packs_it() {
        for inside in ["", "jdk-25.0.2+10-jre", "jdk-25.jre/Contents/Home"] {
            let folder = tempfile::tempdir().unwrap();
            let cache = Cache::new(folder.path().to_owned());
            let bin = (cache.folder(Part::Jre, "25.0.2")).join(inside).join("bin");
            fs::create_dir_all(&bin).unwrap();
            assert_eq!(cache.java("25.0.2"), None, "{inside}");
            fs::write(bin.join("java"), "").unwrap();
            assert_eq!(cache.java("25.0.2"), Some(bin.join("java")), "{inside}");
        }
    }

    #[test]
    fn a_version_is_found_in_what_programs_say_of_themselves() {
        for (said, version) in [
            (
                "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)",
                "15.13",
            ),
            (
                "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc",
                "7.0.15",
            ),
            ("openjdk version \"17.0.15\" 2025-04-15", "17.0.15"),
            ("postgres (PostgreSQL) 19beta1", "19beta1"),
        ] {
            assert_eq!(Version::within(said).unwrap().as_str(), version, "{said}");
        }
        assert!(Version::within("no version here").is_none());
    }
}
