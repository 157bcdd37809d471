//! The layouts of the three publishers: where a package lies, what it weighs, what it must hash to.

use serde::Deserialize;

use super::{
    ADOPTIUM, FetchError, Package, Platform, Source,
    checksum::Checksum,
    download::{Download, Link},
    place::numbers,
};

/// The Kafka that the labs were proved with.
const KAFKA: &str = "4.4.0";
/// Kafka's release binds slf4j to log4j; this prints what a start is awaited by. Artifacts of its age
/// have no SHA-512 on Maven Central, so it stands here.
const SLF4J: &str = "1.7.36";
#[cfg(not(test))]
const SLF4J_SHA512: &str = "cdcebe8fa58527a1bc7da0c18e90a9547ce8ac99cccfe5657860c2a25478c030\
                            ea758251da3e32a71eab9cbb91360692b5c6c5887a1f1597d1fda07151b27e5f";
/// Of the five bytes that the mirror of the tests holds in its place.
#[cfg(test)]
const SLF4J_SHA512: &str = "a7ce0ad37de09c4aa1c20df63c5a78c2ff199908aa462b1f7c13076335ea820b\
                            1ff2181e3cf1d8104f2f5da8b1f688e89a02357621617886d65917ef14305396";
/// The Java whose archives make a broker start in a second.
const JAVA: u64 = 25;
/// The Postgres of the labs, and the release of it that is taken where a mirror lists none.
const POSTGRES: u64 = 18;
const POSTGRES_RELEASE: &str = "18.1.0";

/// What has to come for one package, and the name of its folder.
pub(super) struct Parts {
    pub(super) version: String,
    pub(super) downloads: Vec<Download>,
}

/// Asks the publisher what its package is.
pub(super) async fn ask(
    package: Package,
    link: &Link,
    source: &Source,
    platform: Platform,
) -> Result<Parts, FetchError> {
    match package {
        Package::Kafka => kafka(link, source).await,
        Package::Jre => jre(link, source, platform).await,
        Package::Postgres => postgres(link, source, platform).await,
    }
}

async fn kafka(link: &Link, source: &Source) -> Result<Parts, FetchError> {
    let name = format!("kafka_2.13-{KAFKA}.tgz");
    let below = |base: &str| format!("{base}/kafka/{KAFKA}/{name}");
    let mut url = below(&source.apache);
    let mut checksum = link.text(&format!("{url}.sha512")).await;
    if let (Err(FetchError::Refused { .. }), Some(archive)) = (&checksum, &source.apache_archive) {
        url = below(archive);
        checksum = link.text(&format!("{url}.sha512")).await;
    }
    let checksum = Checksum::sha512(&checksum?).ok_or_else(|| no_checksum(&url, "sha512"))?;
    let slf4j = format!(
        "{}/org/slf4j/slf4j-simple/{SLF4J}/slf4j-simple-{SLF4J}.jar",
        source.maven
    );
    let downloads = vec![
        sized(link, name, url, checksum).await?,
        Download {
            name: format!("slf4j-simple-{SLF4J}.jar"),
            url: slf4j,
            checksum: Checksum::Sha512(SLF4J_SHA512.into()),
            bytes: None,
        },
    ];
    Ok(Parts {
        version: KAFKA.into(),
        downloads,
    })
}

/// One element of what Adoptium's `v3/assets/latest` answers.
#[derive(Deserialize)]
struct Asset {
    binary: Binary,
    release_name: String,
}

#[derive(Deserialize)]
struct Binary {
    package: Archive,
}

#[derive(Deserialize)]
struct Archive {
    checksum: String,
    link: String,
    name: String,
    size: u64,
}

async fn jre(link: &Link, source: &Source, platform: Platform) -> Result<Parts, FetchError> {
    let (os, arch) = (
        if platform.os == "macos" {
            "mac"
        } else {
            "linux"
        },
        if platform.arch == "aarch64" {
            "aarch64"
        } else {
            "x64"
        },
    );
    let url = format!(
        "{}/v3/assets/latest/{JAVA}/hotspot?architecture={arch}&image_type=jre&os={os}&vendor=eclipse",
        source.adoptium
    );
    let unreadable = |why: String| FetchError::Unreadable {
        url: url.clone(),
        why,
    };
    let assets: Vec<Asset> = serde_json::from_str(&link.text(&url).await?)
        .map_err(|error| unreadable(error.to_string()))?;
    let asset = assets
        .into_iter()
        .next()
        .ok_or_else(|| unreadable(format!("it lists no Java {JAVA}")))?;
    let archive = asset.binary.package;
    let plain =
        |name: &str| !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
    let version = asset.release_name.trim_start_matches("jdk-").to_owned();
    if !plain(&archive.name) || !plain(&version) {
        return Err(unreadable("a name in it is none of a file".into()));
    }
    let checksum =
        Checksum::sha256(&archive.checksum).ok_or_else(|| no_checksum(&url, "sha256"))?;
    Ok(Parts {
        version,
        downloads: vec![Download {
            name: archive.name,
            url: at_the_mirror(&source.adoptium, &archive.link),
            checksum,
            bytes: Some(archive.size),
        }],
    })
}

/// Adoptium's API links to another host; a mirror holds the same path below its own address.
fn at_the_mirror(base: &str, link: &str) -> String {
    if base == ADOPTIUM || link.starts_with(base) {
        return link.to_owned();
    }
    let path = link
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or(link, |(_, path)| path);
    format!("{base}/{}", path.trim_start_matches('/'))
}

async fn postgres(link: &Link, source: &Source, platform: Platform) -> Result<Parts, FetchError> {
    let os = if platform.os == "macos" {
        "darwin"
    } else {
        "linux"
    };
    let arch = if platform.arch == "aarch64" {
        "arm64v8"
    } else {
        "amd64"
    };
    let artifact = format!("embedded-postgres-binaries-{os}-{arch}");
    let base = format!("{}/io/zonky/test/postgres/{artifact}", source.maven);
    let listed = link.text(&format!("{base}/maven-metadata.xml")).await;
    let release = match listed {
        Ok(listed) => newest(&listed).unwrap_or_else(|| POSTGRES_RELEASE.into()),
        Err(FetchError::Refused { .. }) => POSTGRES_RELEASE.into(),
        Err(error) => return Err(error),
    };
    let name = format!("{artifact}-{release}.jar");
    let url = format!("{base}/{release}/{name}");
    let text = link.text(&format!("{url}.sha512")).await?;
    let checksum = Checksum::sha512(&text).ok_or_else(|| no_checksum(&url, "sha512"))?;
    let version = release.strip_suffix(".0").unwrap_or(&release).to_owned();
    Ok(Parts {
        version,
        downloads: vec![sized(link, name, url, checksum).await?],
    })
}

/// The newest release of our Postgres in a `maven-metadata.xml`.
fn newest(metadata: &str) -> Option<String> {
    let versions = metadata.split("<version>").skip(1);
    versions
        .filter_map(|rest| Some(rest.split_once("</version>")?.0.trim()))
        .filter(|version| {
            version
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
        .filter(|version| numbers(version).first() == Some(&POSTGRES))
        .max_by_key(|version| numbers(version))
        .map(str::to_owned)
}

async fn sized(
    link: &Link,
    name: String,
    url: String,
    checksum: Checksum,
) -> Result<Download, FetchError> {
    let bytes = link.size(&url).await?;
    Ok(Download {
        name,
        url,
        checksum,
        bytes,
    })
}

fn no_checksum(url: &str, kind: &str) -> FetchError {
    FetchError::Unreadable {
        url: url.into(),
        why: format!("its {kind} is not in any form that is known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_release_of_our_postgres_is_taken() {
        let metadata = "<versions><version>17.9.0</version><version>18.9.0</version>\
            <version>18.10.0</version><version>18.11.0-beta</version><version>19.1.0</version></versions>";
        assert_eq!(newest(metadata).as_deref(), Some("18.10.0"));
        assert_eq!(newest("<html>"), None);
    }

    #[test]
    fn a_link_of_the_api_is_looked_for_at_the_mirror() {
        let link = "https://example.org/adoptium/temurin25-binaries/jre.tar.gz";
        assert_eq!(at_the_mirror(ADOPTIUM, link), link);
        assert_eq!(
            at_the_mirror("http://127.0.0.1:8000/adoptium", link),
            "http://127.0.0.1:8000/adoptium/adoptium/temurin25-binaries/jre.tar.gz"
        );
        let own = "http://127.0.0.1:8000/adoptium/jre.tar.gz";
        assert_eq!(at_the_mirror("http://127.0.0.1:8000/adoptium", own), own);
    }
}
