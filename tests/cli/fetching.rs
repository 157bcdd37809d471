//! `mastery services fetch` from a mirror on loopback, the one that CI uses for the real packages.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::cast::{Learner, Said};

/// A mirror of small packages, served until this is dropped.
struct Mirror {
    serving: Child,
    address: String,
}

impl Drop for Mirror {
    fn drop(&mut self) {
        self.serving.kill().ok();
        self.serving.wait().ok();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the mirror is no program under test"
)]
fn mirror_script() -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/mirror.py"));
    command
}

impl Mirror {
    fn open(learner: &Learner) -> Self {
        let (cache, mirror) = (learner.root.join("filled"), learner.root.join("mirror"));
        for file in [
            "kafka/4.4.0/libs/kafka_2.13-4.4.0.jar",
            "jre/25.0.2/bin/java",
            "postgres/18.1/bin/postgres",
            "postgres/18.1/bin/initdb",
            "postgres/18.1/share/postgresql/postgres.bki",
        ] {
            let path = cache.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let built = mirror_script()
            .arg("build")
            .args([&cache, &mirror])
            .status();
        assert!(built.unwrap().success());
        let mut serving = mirror_script()
            .arg("serve")
            .arg(&mirror)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let out = serving.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut address).unwrap();
        Self {
            serving,
            address: address.trim().to_owned(),
        }
    }

    /// `mastery services fetch …` with this mirror in the environment.
    fn says(&self, learner: &Learner, args: &[&str]) -> Said {
        let mut command = learner.command(".", &[&["services", "fetch"], args].concat());
        let output = command
            .env("MASTERY_SERVICES_MIRROR", &self.address)
            .stdin(Stdio::null())
            .output();
        crate::cast::said(output.unwrap())
    }
}

#[test]
fn services_are_offered_fetched_once_and_then_there() {
    let learner = Learner::new();
    let mirror = Mirror::open(&learner);
    let cache = learner.root.join(".cache/mastery/services");
    mirror.says(&learner, &["jre", "postgres"]).ends(2).tells(&[
        "Java     25.0.2",
        "Postgres 18.1",
        "services fetch --yes",
    ]);
    assert!(!cache.exists(), "an offer writes nothing");
    mirror
        .says(&learner, &["--yes", "jre", "postgres"])
        .good()
        .tells(&["Java 25.0.2 is ready", "Postgres 18.1 is ready"]);
    let postgres = fs::read_to_string(cache.join("postgres/18.1/bin/postgres")).unwrap();
    assert_eq!(postgres, "postgres/18.1/bin/postgres");
    mirror
        .says(&learner, &["jre", "postgres"])
        .good()
        .tells(&["Everything is in"]);
}

#[test]
fn a_mirror_can_stand_in_the_workspaces_settings() {
    let learner = Learner::new();
    let mirror = Mirror::open(&learner);
    learner.says(".", &["init", "ws"]).good();
    let path = learner.root.join("ws/mastery.toml");
    let settings = fs::read_to_string(&path).unwrap();
    let address = &mirror.address;
    fs::write(
        &path,
        format!("{settings}\n[services]\nmirror = \"{address}\"\n"),
    )
    .unwrap();
    learner
        .says("ws", &["services", "fetch", "--yes", "postgres"])
        .good()
        .tells(&["Postgres 18.1 is ready"]);
}

#[test]
fn what_cannot_be_fetched_says_whose_fault_it_is() {
    let learner = Learner::new();
    let mirror = Mirror::open(&learner);
    // This mirror lacks a part of it.
    mirror.says(&learner, &["--yes", "kafka"]).ends(4).tells(&[
        "slf4j-simple-1.7.36.jar",
        "404",
        "mirror",
    ]);
    mirror
        .says(&learner, &["redis"])
        .good()
        .tells(&["apt install redis-server"]);
    let mut gone = mirror;
    gone.serving.kill().unwrap();
    gone.serving.wait().unwrap();
    gone.says(&learner, &["--yes", "postgres"])
        .ends(4)
        .tells(&["cannot be reached", "network"]);
}
