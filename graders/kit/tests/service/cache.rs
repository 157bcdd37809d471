//! Caches that are empty, damaged, too old, or cannot be written.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use libtest_mimic::Trial;
use mastery_kit::{
    service::native::{Native, Origin},
    spec::ServiceKind::{Kafka, Postgres, Redis},
};

use crate::stage::{Stage, bare, error_of, fresh_cache, supervisor, trial};

const FETCH: Option<&str> = Some("mastery services fetch");

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "without_programs_the_command_that_helps_is_named",
            &[],
            without_programs_the_command_that_helps_is_named,
        ),
        trial(
            "a_java_that_is_too_old_is_named",
            &[],
            a_java_that_is_too_old_is_named,
        ),
        trial(
            "a_kafka_that_is_too_old_is_not_used",
            &[],
            a_kafka_that_is_too_old_is_not_used,
        ),
        trial(
            "a_broker_that_dies_at_its_start_is_told_with_its_last_lines",
            &[],
            a_broker_that_dies_at_its_start_is_told_with_its_last_lines,
        ),
        trial(
            "what_was_damaged_is_made_again",
            &[Postgres],
            what_was_damaged_is_made_again,
        ),
        trial(
            "a_cache_that_cannot_be_written_only_costs_time",
            &[Kafka, Postgres],
            a_cache_that_cannot_be_written_only_costs_time,
        ),
        trial(
            "an_archive_is_made_once_and_used",
            &[Kafka],
            an_archive_is_made_once_and_used,
        ),
        trial(
            "what_is_in_the_cache_comes_first",
            &[Postgres],
            what_is_in_the_cache_comes_first,
        ),
    ]
}

async fn without_programs_the_command_that_helps_is_named(stage: Arc<Stage>) {
    let native = Native::new(stage.path("empty"), supervisor()).on(bare());
    let error = error_of(native.start(&stage.request(Postgres, "pg")).await);
    assert_eq!(error.unlock.as_deref(), FETCH);
    assert_eq!(
        error.why,
        "Postgres in version 14 or newer is neither in the cache nor installed."
    );
    let missing = native.found(Redis).await.unwrap_err();
    assert!(missing.unlock.contains("redis-server"), "{missing:?}");
}

async fn a_java_that_is_too_old_is_named(stage: Arc<Stage>) {
    let home = stage.path("old-java");
    java_that_says(&home, "openjdk version \"11.0.2\" 2019-01-15");
    let libs = stage.path("kafka/libs");
    fs::create_dir_all(&libs).unwrap();
    fs::write(libs.join("kafka_2.13-4.4.0.jar"), "a jar").unwrap();
    let mut machine = bare();
    machine.env.insert("JAVA_HOME".into(), home.clone().into());
    machine
        .env
        .insert("KAFKA_HOME".into(), stage.path("kafka").into());
    let native = Native::new(stage.path("empty"), supervisor()).on(machine);
    let error = error_of(native.start(&stage.request(Kafka, "k")).await);
    let java = home.join("bin/java");
    assert_eq!(
        error.why,
        format!(
            "Kafka needs Java, and Java in version 17 or newer is neither in the cache nor \
                     installed: that of JAVA_HOME ({}) is 11.0.2.",
            java.display()
        )
    );
    assert_eq!(error.unlock.as_deref(), FETCH);
}

async fn a_kafka_that_is_too_old_is_not_used(stage: Arc<Stage>) {
    let libs = stage.path("kafka/libs");
    fs::create_dir_all(&libs).unwrap();
    fs::write(libs.join("kafka_2.13-3.9.1.jar"), "a jar").unwrap();
    let mut machine = bare();
    machine
        .env
        .insert("KAFKA_HOME".into(), stage.path("kafka").into());
    let native = Native::new(stage.path("empty"), supervisor()).on(machine);
    let missing = native.found(Kafka).await.unwrap_err();
    assert!(missing.why.ends_with(" is 3.9.1."), "{missing:?}");
}

async fn a_broker_that_dies_at_its_start_is_told_with_its_last_lines(stage: Arc<Stage>) {
    let home = stage.path("java");
    java_that_says(&home, "openjdk version \"21.0.2\" 2024-01-16");
    let libs = stage.path("kafka/libs");
    fs::create_dir_all(&libs).unwrap();
    fs::write(libs.join("kafka_2.13-4.4.0.jar"), "a jar").unwrap();
    let mut machine = bare();
    machine.env.insert("JAVA_HOME".into(), home.into());
    machine
        .env
        .insert("KAFKA_HOME".into(), stage.path("kafka").into());
    let native = Native::new(stage.path("empty"), supervisor()).on(machine);
    let error = error_of(native.start(&stage.request(Kafka, "k")).await);
    assert!(error.why.contains("Error: broken"), "{error:?}");
    assert_eq!(error.unlock.as_deref(), FETCH);
}

async fn what_was_damaged_is_made_again(stage: Arc<Stage>) {
    let cache = stage.path("cache");
    fresh_cache(&cache);
    let native = Native::new(cache.clone(), supervisor());
    for round in 0..3 {
        let held = stage
            .start_of(&native, Postgres, &format!("pg{round}"))
            .await;
        held.stop().await.unwrap();
        let made = only_folder(&cache.join("made"));
        match round {
            0 => fs::write(made.join("data/PG_VERSION"), "").unwrap(),
            _ => fs::remove_file(made.join(".whole")).unwrap(),
        }
    }
}

async fn a_cache_that_cannot_be_written_only_costs_time(stage: Arc<Stage>) {
    let cache = stage.path("cache");
    fresh_cache(&cache);
    // Root may write into every folder, but into no file as if it were one.
    fs::write(cache.join("made"), "").unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o555)).unwrap();
    let native = Native::new(cache.clone(), supervisor());
    for kind in [Postgres, Kafka] {
        let held = stage.start_of(&native, kind, kind.name()).await;
        held.stop().await.unwrap();
    }
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o755)).unwrap();
}

async fn an_archive_is_made_once_and_used(stage: Arc<Stage>) {
    let cache = stage.path("cache");
    fresh_cache(&cache);
    let native = Native::new(cache.clone(), supervisor());
    let held = stage.start_of(&native, Kafka, "without").await;
    held.stop().await.unwrap();
    native
        .prepare(Kafka)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let made = entries(&cache.join("made"));
    native.prepare(Kafka).await.unwrap();
    assert_eq!(entries(&cache.join("made")), made);
    let held = stage.start_of(&native, Kafka, "with").await;
    let used = commands_of(&stage.path("with"));
    assert!(used.contains("/made/kafka-"), "{used}");
    held.stop().await.unwrap();
}

async fn what_is_in_the_cache_comes_first(stage: Arc<Stage>) {
    let found = stage.native.found(Postgres).await.unwrap();
    let cached = crate::stage::cache_root().join("postgres").exists();
    assert_eq!(found.origin == Origin::Cache, cached, "{found:?}");
}

/// A Java that tells a version and runs nothing.
fn java_that_says(home: &Path, version: &str) {
    let java = home.join("bin/java");
    fs::create_dir_all(home.join("bin")).unwrap();
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = -version ]; then echo '{version}' >&2; exit 0; fi\n\
         echo 'Error: broken' >&2; exit 1\n"
    );
    fs::write(&java, script).unwrap();
    fs::set_permissions(&java, fs::Permissions::from_mode(0o755)).unwrap();
}

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn only_folder(folder: &Path) -> std::path::PathBuf {
    let names = entries(folder);
    let mut folders = names.iter().filter(|name| !name.starts_with('.'));
    let only = folders.next().unwrap();
    assert_eq!(folders.next(), None);
    folder.join(only)
}

/// The command lines that name a folder.
fn commands_of(folder: &Path) -> String {
    let folder = folder.to_str().unwrap();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .map(|entry| fs::read(entry.path().join("cmdline")).unwrap_or_default())
        .map(|bytes| String::from_utf8_lossy(&bytes).replace('\0', " "))
        .filter(|command| command.contains(folder))
        .collect()
}
