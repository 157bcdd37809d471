//! `mastery services up|down|status|logs` and the keeper behind them, on real servers of this machine.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    time::{Duration, SystemTime},
};

use rustix::process::Signal;

use crate::{
    cast::{said, until},
    warmer::{Warmer, gone, read, ready, runs, signal},
};

const LAB: &str = "week-04-distributed-systems/labs/kafka-producer-consumer";

#[test]
fn services_that_are_up_stay_so_until_they_are_told_to_end() {
    let Some(warmer) = Warmer::new(&["postgres", "redis"]) else {
        return;
    };
    warmer
        .says(&["services", "status"])
        .good()
        .tells(&["No services are kept up"]);
    warmer
        .says(&["services", "logs"])
        .ends(2)
        .tells(&["no log", "mastery services up"]);
    warmer
        .up(&["redis"])
        .good()
        .tells(&["redis is ready in", "redis-cli -p"]);
    let first = warmer.pids("ws");
    // Only what is missing is started, by the keeper that is there.
    warmer.up(&["postgres", "redis"]).good().tells(&[
        "redis is up already",
        "postgres is ready in",
        "psql 'postgresql://",
    ]);
    let pids = warmer.pids("ws");
    assert!(
        first.iter().all(|pid| pids.contains(pid)),
        "{first:?} {pids:?}"
    );
    let file = warmer
        .learner
        .root
        .join("ws/.mastery/services/services.json");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "passwords stand in it");
    warmer
        .says(&["services", "status"])
        .good()
        .tells(&["kept by process", "native", "MiB"]);
    let log = ["services", "logs", "postgres", "--lines", "100"];
    warmer
        .says(&log)
        .good()
        .tells(&["ready to accept connections"]);
    warmer
        .says(&["doctor"])
        .good()
        .tells(&["warm services", "postgres 18", "redis 7"]);
    warmer
        .says(&["services", "down"])
        .good()
        .tells(&["Ended: ", "postgres", "redis"]);
    assert!(
        !pids.iter().any(|pid| runs(*pid)),
        "down waits until they are gone"
    );
    assert!(!file.exists() && !file.with_file_name("scratch").exists());
    warmer
        .says(&["services", "down"])
        .good()
        .tells(&["No services are kept up"]);
}

#[test]
fn a_killed_keeper_takes_its_services_with_it_and_the_next_start_clears_up() {
    let Some(warmer) = Warmer::new(&["redis"]) else {
        return;
    };
    warmer.up(&["redis"]).good();
    let pids = warmer.pids("ws");
    signal(pids[0], Signal::KILL);
    gone(&pids);
    warmer
        .says(&["services", "status"])
        .good()
        .tells(&["had been killed", "No services"]);
    assert!(
        !warmer
            .learner
            .root
            .join("ws/.mastery/services/scratch")
            .exists()
    );
    // Without anybody having looked in between.
    warmer.up(&["redis"]).good().tells(&["redis is ready"]);
    let pids = warmer.pids("ws");
    signal(pids[0], Signal::KILL);
    gone(&pids);
    warmer.up(&["redis"]).good().tells(&["redis is ready"]);
    // A server that dies under a living keeper is started anew, and alone.
    let pids = warmer.pids("ws");
    signal(pids[1], Signal::KILL);
    gone(&pids[1..]);
    warmer
        .up(&["redis"])
        .good()
        .tells(&["redis was up and is started anew", "redis is ready"]);
    assert_eq!(warmer.pids("ws")[0], pids[0], "the keeper is the same");
    warmer.says(&["services", "down"]).good();
}

#[test]
fn a_keeper_ends_by_itself_when_nobody_needs_it() {
    let Some(warmer) = Warmer::new(&["redis"]) else {
        return;
    };
    warmer.learner.says(".", &["init", "other"]).good();
    warmer.up(&["redis"]).good();
    warmer
        .says_in("other", &["services", "up", "redis", "--backend", "native"])
        .good();
    let (one, other) = (warmer.pids("ws"), warmer.pids("other"));
    assert!(
        one.iter().all(|pid| !other.contains(pid)),
        "{one:?} {other:?}"
    );
    let used = warmer.learner.root.join("ws/.mastery/services/used");
    let used = fs::File::options().write(true).open(used).unwrap();
    used.set_modified(SystemTime::now() - Duration::from_hours(3))
        .unwrap();
    warmer
        .says(&["services", "status"])
        .good()
        .tells(&["last used 3 h 0 min ago"]);
    used.set_modified(SystemTime::now() - Duration::from_hours(5))
        .unwrap();
    gone(&one);
    assert!(
        other.iter().all(|pid| runs(*pid)),
        "the other workspace's stay"
    );
    fs::remove_dir_all(warmer.learner.root.join("other")).unwrap();
    gone(&other);
    assert!(
        !warmer.learner.root.join("other").exists(),
        "it is not made again"
    );
}

#[test]
fn what_cannot_be_kept_up_says_why_and_leaves_nothing() {
    let Some(warmer) = Warmer::new(&[]) else {
        return;
    };
    warmer
        .says_in(".", &["services", "up", "redis"])
        .ends(2)
        .tells(&["not in a workspace"]);
    warmer.up(&["rediss"]).ends(2).tells(&["redis"]);
    // A machine with a server that does not start, and nothing else.
    let bin = warmer.learner.root.join("bin");
    fs::create_dir(&bin).unwrap();
    let server = bin.join("redis-server");
    let script = "#!/bin/sh\n\
        [ \"$1\" = --version ] && echo 'Redis server v=7.0.1 sha=0' && exit 0\n\
        echo 'no luck today' >&2\nexit 3\n";
    fs::write(&server, script).unwrap();
    fs::set_permissions(&server, fs::Permissions::from_mode(0o755)).unwrap();
    let up = |kind: &str| {
        let args = ["services", "up", kind, "--backend", "native"];
        let mut command = warmer.learner.command("ws", &args);
        said(command.env("PATH", &bin).output().unwrap()).ends(4)
    };
    up("kafka").tells(&[
        "Kafka",
        "neither in the cache nor installed",
        "mastery services fetch",
    ]);
    up("redis").tells(&["exited with code 3", "no luck today"]);
    warmer
        .says(&["services", "status"])
        .good()
        .tells(&["No services are kept up"]);
    assert_eq!(warmer.learner.left_running(), Vec::<String>::new());
}

#[test]
fn an_interrupted_start_leaves_nothing() {
    let Some(warmer) = Warmer::new(&["kafka", "jre"]) else {
        return;
    };
    let args = ["services", "up", "kafka", "--backend", "native"];
    let mut command = warmer.command("ws", &args);
    let started = command.stdout(std::process::Stdio::piped());
    let up = started
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let file = warmer
        .learner
        .root
        .join("ws/.mastery/services/services.json");
    until("it is being started", || {
        read(&file).is_some_and(|file| file["services"][0]["standing"] == "starting")
    });
    let keeper = read(&file).unwrap()["keeper"]["pid"].as_u64().unwrap();
    signal(u64::from(up.id()), Signal::INT);
    said(up.wait_with_output().unwrap())
        .ends(130)
        .tells(&["Stopped"]);
    assert!(!runs(keeper) && !file.exists());
    assert_eq!(warmer.learner.left_running(), Vec::<String>::new());
}

#[test]
fn a_run_joins_what_is_warm_and_starts_its_own_where_that_is_of_no_use() {
    let Some(warmer) = Warmer::new(&["kafka", "jre", "postgres"]) else {
        return;
    };
    warmer.says(&["start", "kafka-producer-consumer"]).good();
    let submission = "schema = 1\nlab = \"kafka-producer-consumer\"\n\
        [[program]]\nname = \"gateway\"\nrun = [\"false\"]\nready = \"tcp\"\nports = [\"PORT\"]\n\
        [[program]]\nname = \"positions\"\nrun = [\"false\"]\nready = \"tcp\"\nports = [\"PORT\"]\n";
    let lab = warmer.learner.root.join("ws").join(LAB);
    fs::write(lab.join("submission.toml"), submission).unwrap();
    let grade = |backend: &str| {
        let args = [
            "grade",
            "kafka-producer-consumer",
            "--backend",
            backend,
            "--report",
            "json",
        ];
        warmer.says(&args).ends(1)
    };
    let warm = |kafka, postgres| {
        vec![
            ("kafka".to_owned(), kafka),
            ("postgres".to_owned(), postgres),
        ]
    };
    // What the open labs need.
    warmer
        .up(&[])
        .good()
        .tells(&["kafka is ready", "postgres is ready", "kcat -b"]);
    let pids = warmer.pids("ws");
    assert_eq!(ready(&grade("auto")), warm(true, true));
    assert_eq!(ready(&grade("native")), warm(true, true));
    assert!(
        pids.iter().all(|pid| runs(*pid)),
        "a run leaves what it joined"
    );
    // The port that the broker tells programs to connect to is another's; Postgres does not answer.
    let file = warmer
        .learner
        .root
        .join("ws/.mastery/services/services.json");
    let file = read(&file).unwrap();
    let mut services = file["services"].as_array().unwrap().iter();
    let kafka = services.find(|one| one["kind"] == "kafka").unwrap();
    let port = kafka["standing"]["ready"]["endpoint"]["advertised"]
        .as_u64()
        .unwrap();
    let taken = TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())).unwrap();
    signal(pids[2], Signal::KILL);
    gone(&pids[2..3]);
    assert_eq!(ready(&grade("auto")), warm(false, false));
    warmer
        .up(&["kafka"])
        .good()
        .tells(&["which it advertises, is taken", "kafka is ready"]);
    drop(taken);
    warmer.says(&["services", "down"]).good();
    assert!(!pids.iter().any(|pid| runs(*pid)));
    assert_eq!(warmer.learner.left_running(), Vec::<String>::new());
}
