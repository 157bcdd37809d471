//! The archives of the publishers, each brought into the cache's layout.

use std::{
    fs::{self, File},
    io::{self, BufReader, Seek as _},
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use flate2::read::GzDecoder;
use lzma_rust2::XzReader;
use zip::ZipArchive;

use super::{
    FetchError, Package,
    tree::{Tree, bad},
};

/// Jars of Kafka's release that a broker has no use for: Connect, Streams, their web server, and the
/// binding of slf4j to log4j, in whose place ours prints the lines that a start is awaited by.
const NOT_FOR_A_BROKER: &[&str] = &[
    "aopalliance",
    "connect-",
    "hk2-",
    "jackson-jakarta",
    "jackson-module",
    "jakarta.",
    "javassist",
    "jersey-",
    "jetty-",
    "jline-",
    "kafka-shell",
    "kafka-streams",
    "log4j-1.2-api",
    "log4j-slf4j",
    "maven-artifact",
    "osgi-resource-locator",
    "plexus-utils",
    "reflections",
    "rocksdbjni",
    "swagger-",
    "trogdor",
];

/// Brings the downloads of a package into the layout of its folder.
pub(super) fn unpack(
    package: Package,
    downloads: &[PathBuf],
    into: &Path,
    limit: u64,
    stop: &AtomicBool,
) -> Result<(), FetchError> {
    for path in downloads {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut tree = Tree::new(&name, into, limit, stop);
        let file = File::open(path).map_err(FetchError::cache(path))?;
        let gz = |file| GzDecoder::new(BufReader::new(file));
        match package {
            Package::Kafka if is_jar(path) => copy_jar(path, into)?,
            Package::Kafka => tree.lay(gz(file), broker_jar)?,
            Package::Jre => tree.lay(gz(file), below_the_top)?,
            Package::Postgres => {
                let inner = inner_archive(file, &name, into, limit)?;
                tree.lay(XzReader::new(BufReader::new(inner), true), whole)?;
            }
        }
    }
    Ok(())
}

pub(super) fn is_jar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jar")
}

/// A jar that Kafka's release does not have.
fn copy_jar(jar: &Path, into: &Path) -> Result<(), FetchError> {
    let to = into.join("libs").join(jar.file_name().unwrap_or_default());
    fs::create_dir_all(into.join("libs"))
        .and_then(|()| fs::copy(jar, &to))
        .map(|_| ())
        .map_err(FetchError::cache(to))
}

/// `kafka_2.13-4.4.0/libs/NAME.jar` becomes `libs/NAME.jar`.
fn broker_jar(path: &Path) -> Option<PathBuf> {
    let below = below_the_top(path)?;
    let name = below.strip_prefix("libs").ok()?.to_str()?;
    let ours = is_jar(&below) && !name.contains('/');
    let needed = !NOT_FOR_A_BROKER.iter().any(|start| name.starts_with(start));
    (ours && needed).then_some(below)
}

/// `jdk-25.0.2+10-jre/bin/java` becomes `bin/java`.
fn below_the_top(path: &Path) -> Option<PathBuf> {
    let mut components = path.components();
    components.next()?;
    Some(components.as_path().to_path_buf())
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "one of three that say where an entry goes"
)]
fn whole(path: &Path) -> Option<PathBuf> {
    Some(path.to_path_buf())
}

/// The `.txz` inside the jar, as a file without a name in the folder that is being filled.
fn inner_archive(jar: File, name: &str, into: &Path, limit: u64) -> Result<File, FetchError> {
    let unreadable = |error: zip::result::ZipError| bad(name, error.to_string());
    let mut zip = ZipArchive::new(BufReader::new(jar)).map_err(unreadable)?;
    let number = (0..zip.len())
        .find(|number| {
            zip.name_for_index(*number)
                .is_some_and(|name| Path::new(name).extension() == Some("txz".as_ref()))
        })
        .ok_or_else(|| bad(name, "there is no `.txz` inside".into()))?;
    let mut inner = zip.by_index(number).map_err(unreadable)?;
    if inner.size() > limit {
        return Err(bad(
            name,
            "what is inside is larger than a package can be".into(),
        ));
    }
    let path = into.join(".inner.txz");
    let refused = || FetchError::cache(&path);
    let mut file = File::options()
        .create_new(true)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(refused())?;
    fs::remove_file(&path).map_err(refused())?;
    copy(
        &mut io::Read::take(&mut inner, limit),
        &mut file,
        name,
        &path,
    )?;
    file.rewind().map_err(refused())?;
    Ok(file)
}

/// Copies, and tells a source that cannot be read from a cache that cannot be written.
fn copy(
    from: &mut impl io::Read,
    to: &mut File,
    name: &str,
    path: &Path,
) -> Result<(), FetchError> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = from
            .read(&mut buffer)
            .map_err(|error| bad(name, error.to_string()))?;
        if read == 0 {
            return Ok(());
        }
        io::Write::write_all(to, &buffer[..read]).map_err(FetchError::cache(path))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_kafkas_release_the_brokers_jars_are_taken() {
        let place = |path: &str| broker_jar(Path::new(path));
        assert_eq!(
            place("kafka_2.13-4.4.0/libs/kafka_2.13-4.4.0.jar"),
            Some("libs/kafka_2.13-4.4.0.jar".into())
        );
        assert_eq!(
            place("kafka_2.13-4.4.0/libs/log4j-core-2.25.5.jar"),
            Some("libs/log4j-core-2.25.5.jar".into())
        );
        for path in [
            "kafka_2.13-4.4.0/libs/rocksdbjni-10.1.3.jar",
            "kafka_2.13-4.4.0/libs/log4j-slf4j-impl-2.25.5.jar",
            "kafka_2.13-4.4.0/site-docs/kafka_2.13-4.4.0-site-docs.tgz",
            "kafka_2.13-4.4.0/bin/kafka-run-class.sh",
        ] {
            assert_eq!(place(path), None, "{path}");
        }
    }
}
