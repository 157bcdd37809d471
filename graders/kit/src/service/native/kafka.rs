//! Kafka without its scripts: a formatted folder copied, Java with an archive of loaded classes.

mod archive;
mod settings;

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;

use self::archive::Archive;
use super::{
    Native,
    found::{FETCH, Found, Java},
    held::Held,
    made::{Place, clear},
    starting::{Starting, not_started, ready},
    tree,
};
use crate::{
    process::{Launch, Program},
    service::{Endpoint, Kafka, warm::warm},
    verdict::BenchError,
};

/// Any id will do: nothing outside of the folder knows it.
const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qg";
/// Java reads names of files as the locale says; a folder may have any letters in its name.
const LOCALE: &str = "C.UTF-8";
const FORMAT_LIMIT: Duration = Duration::from_mins(1);
const TRAINING_LIMIT: Duration = Duration::from_mins(1);
/// An archive is written after the broker's end, by a second process.
const ARCHIVING_LIMIT: Duration = Duration::from_mins(2);

pub(crate) async fn start(starting: &Starting<'_>) -> Result<Held, BenchError> {
    let request = starting.request;
    let programs = Programs::of(starting.native, starting.found)?;
    let template = programs.template(&request.scratch.join("made")).await?;
    let archive = programs.archive().map(|archive| archive.used());
    let launch = programs.broker(&request.scratch, &template, request.advertised, archive)?;
    let program = starting.begin(launch).await?;
    match usable(&program, starting.left()).await {
        Ok(seen) => {
            let endpoint = Endpoint::Kafka(Kafka {
                bench: seen.bench,
                behind: seen.behind,
                advertised: request.advertised,
                version: (seen.version).unwrap_or_else(|| starting.found.version.to_string()),
            });
            Ok(Held::new(endpoint, program))
        }
        Err(error) => Err(starting.give_up(program, error).await),
    }
}

/// Makes the template and the archive in the cache.
pub(crate) async fn prepare(native: &Native, found: &Found) -> Result<(), BenchError> {
    let programs = Programs::of(native, found)?;
    let kept = native.cache.made();
    let template = programs.template(&kept).await?;
    let name = programs.archive_name();
    let place = Place {
        kept: &kept,
        scratch: &kept,
        name: &name,
    };
    let made = place.find_or_make(async |folder: PathBuf| programs.train(&template, &folder).await);
    made.await.map(drop)
}

/// The programs of a broker.
struct Programs<'a> {
    native: &'a Native,
    found: &'a Found,
    java: &'a Java,
    /// Sorted: an archive depends on their order.
    jars: Vec<PathBuf>,
}

impl<'a> Programs<'a> {
    fn of(native: &'a Native, found: &'a Found) -> Result<Self, BenchError> {
        let libs = found.program.display();
        let damaged = |why: &str| {
            BenchError::new(format!("The jars of Kafka in {libs} are damaged: {why}."))
                .unlock(FETCH)
        };
        let java = found
            .java
            .as_ref()
            .ok_or_else(|| damaged("no Java was found for them"))?;
        let entries = fs::read_dir(&found.program).map_err(|error| damaged(&error.to_string()))?;
        let mut jars: Vec<PathBuf> = entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jar"))
            .collect();
        jars.sort();
        let empty = |path: &&PathBuf| fs::metadata(path).map_or(true, |meta| meta.len() == 0);
        match jars.iter().find(empty) {
            Some(empty) => Err(damaged(&format!("{} is empty", empty.display()))),
            None if jars.is_empty() => Err(damaged("there are none")),
            None => Ok(Self {
                native,
                found,
                java,
                jars,
            }),
        }
    }

    fn command(&self, folder: &Path, flags: Option<String>, main: &[&str]) -> Vec<String> {
        let jars: Vec<String> = (self.jars.iter())
            .map(|jar| jar.display().to_string())
            .collect();
        let mut command = vec![self.java.program.display().to_string()];
        command.extend(settings::flags(folder));
        command.extend(flags);
        command.extend(["-cp".to_owned(), jars.join(":")]);
        command.extend(main.iter().map(ToString::to_string));
        command
    }

    /// A formatted folder that no broker has ever started on: 2 files, 616 bytes.
    async fn template(&self, scratch: &Path) -> Result<PathBuf, BenchError> {
        let name = format!("kafka-{}-formatted", self.found.version);
        let place = Place {
            kept: &self.native.cache.made(),
            scratch,
            name: &name,
        };
        let made = place.find_or_make(async |folder: PathBuf| {
            let work = folder.join("work");
            settings::write(&work, &folder.join("data"), 0).map_err(|error| disk(&work, &error))?;
            let file = work.join(settings::FILE).display().to_string();
            let main = ["kafka.tools.StorageTool", "format", "--standalone"];
            let main = [&main[..], &["-t", CLUSTER, "-c", &file]].concat();
            let command = self.command(&work, None, &main);
            let launch = (self.native).launch_in(LOCALE, "kafka-format", command, &work);
            let finished = self.native.supervisor.run(launch, None, FORMAT_LIMIT).await;
            let finished = finished.map_err(|error| not_started("Kafka", error))?;
            if !finished.success() {
                let said = finished.last_lines.join("\n");
                let why = format!("Kafka's folder cannot be formatted. Its tool said:\n{said}");
                return Err(BenchError::new(why).unlock(FETCH));
            }
            clear(&work).map_err(|error| disk(&work, &error))
        });
        made.await
    }

    fn archive_name(&self) -> String {
        archive::name(self.found, &self.java.program, &self.jars)
    }

    /// The archive, if it was made.
    fn archive(&self) -> Option<Archive> {
        let name = self.archive_name();
        let kept = self.native.cache.made();
        let place = Place {
            kept: &kept,
            scratch: &kept,
            name: &name,
        };
        Some(Archive::in_folder(
            &place.find()?,
            self.java.version.major(),
        ))
    }

    /// The launch of a broker on a copy of the template.
    fn broker(
        &self,
        folder: &Path,
        template: &Path,
        advertised: u16,
        flag: Option<String>,
    ) -> Result<Launch, BenchError> {
        let data = folder.join("files");
        tree::copy(&template.join("data"), &data, None)
            .and_then(|()| settings::write(folder, &data, advertised))
            .map_err(|error| disk(folder, &error))?;
        let file = folder.join(settings::FILE).display().to_string();
        let command = self.command(folder, flag, &["kafka.Kafka", &file]);
        Ok((self.native).launch_in(LOCALE, "kafka", command, folder))
    }

    /// Starts a broker, uses it and stops it, so that Java writes down what was loaded.
    async fn train(&self, template: &Path, kept: &Path) -> Result<(), BenchError> {
        let archive = Archive::in_folder(kept, self.java.version.major());
        let work = kept.join("work");
        fs::create_dir_all(&work).map_err(|error| disk(&work, &error))?;
        let launch = self.broker(&work, template, 0, Some(archive.written()))?;
        let program = self.native.supervisor.start(launch).await;
        let program = program.map_err(|error| not_started("Kafka", error))?;
        let trained = usable(&program, TRAINING_LIMIT).await;
        let handle = program.handle();
        program.stop(ARCHIVING_LIMIT).await;
        trained?;
        if fs::metadata(archive.path()).map_or(true, |meta| meta.len() == 0) {
            let said = handle.last_lines(5).join("\n");
            let java = &self.java.version;
            return Err(BenchError::new(format!(
                "Java {java} wrote no archive of Kafka's classes; starts take longer. It said:\n{said}"
            ))
            .unlock(FETCH));
        }
        clear(&work).map_err(|error| disk(&work, &error))
    }
}

fn disk(folder: &Path, error: &io::Error) -> BenchError {
    let folder = folder.display();
    BenchError::new(format!("The files of Kafka in {folder}: {error}."))
        .unlock("free some space there")
}

/// What a broker has said of itself.
struct Said {
    bench: SocketAddr,
    behind: SocketAddr,
    version: Option<String>,
}

/// Waits for the ports, then for topics and coordinators.
async fn usable(program: &Program, limit: Duration) -> Result<Said, BenchError> {
    let begun = Instant::now();
    let seen = ready("Kafka", program, limit, || async { said(program) }).await?;
    let left = limit.saturating_sub(begun.elapsed());
    tokio::select! {
        warm = warm(seen.bench, left) => warm?,
        _ = program.ended() => {
            return Err(BenchError::new(super::held::died("Kafka", program)).unlock(FETCH));
        }
    }
    Ok(seen)
}

/// The listeners announce themselves in the order CONTROLLER, INTERNAL, EXTERNAL.
fn said(program: &Program) -> Result<Said, String> {
    let output = program.output();
    let text = format!("{}\n{}", output.stdout.text(), output.stderr.text());
    let after = |line: &str, words: &str| Some(line.split_once(words)?.1.trim().to_owned());
    let ports: Vec<u16> = text
        .lines()
        .filter_map(|line| after(line, "Awaiting socket connections on 127.0.0.1:"))
        .filter_map(|port| port.trim_end_matches('.').parse().ok())
        .collect();
    let [_controller, internal, external] = ports[..] else {
        return Err(format!("{} of its 3 listeners are open", ports.len()));
    };
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(Said {
        bench: at(internal),
        behind: at(external),
        version: text.lines().find_map(|line| after(line, "Kafka version: ")),
    })
}
