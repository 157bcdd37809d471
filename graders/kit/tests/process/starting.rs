//! Programs that cannot be started, and whose fault that is.

use std::{fs, os::unix::ffi::OsStringExt as _, path::PathBuf, sync::Arc};

use libtest_mimic::Trial;
use mastery_kit::process::{Looked, StartError, Supervisor};

use crate::stage::{LONG, Stage, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_missing_program_says_where_it_was_looked_for", missing),
        trial("a_program_that_is_no_program_says_why", no_program),
        trial("a_missing_folder_and_an_empty_command_are_told", no_place),
        trial("a_broken_supervisor_is_the_benchs_fault", broken_supervisor),
        trial("paths_with_blanks_and_any_bytes_work", odd_paths),
        trial("a_program_inherits_nothing_but_what_it_should", inherits),
    ]
}

async fn refused(stage: &Stage, command: &[&str]) -> StartError {
    match stage.supervisor.start(stage.launch(command)).await {
        Ok(_) => panic!("{command:?} started"),
        Err(error) => error,
    }
}

async fn missing(stage: Arc<Stage>) {
    let error = refused(&stage, &["no-such-program"]).await;
    assert_eq!(
        error.to_string(),
        "There is no program named `no-such-program` in PATH."
    );
    let StartError::NotFound {
        looked: Looked::InPath(folders),
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert!(!folders.is_empty());
    let error = refused(&stage, &["./bin/api"]).await;
    let folder = stage.folder.path().to_owned();
    assert_eq!(
        error,
        StartError::NotFound {
            word: "./bin/api".into(),
            looked: Looked::InDirectory(folder)
        }
    );
}

fn write(stage: &Stage, name: &str, text: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    let path = stage.folder.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
}

async fn no_program(stage: Arc<Stage>) {
    write(&stage, "plain", "#!/bin/sh\n", 0o644);
    write(&stage, "nowhere", "#!/no/such/interpreter -x\n", 0o755);
    write(&stage, "text", "only words\n", 0o755);
    fs::create_dir(stage.folder.path().join("folder")).unwrap();
    for (word, part) in [
        ("./plain", "is not executable (`chmod +x "),
        (
            "./nowhere",
            "its first line names `/no/such/interpreter -x`",
        ),
        ("./text", "has no `#!` line"),
        ("./folder", "it is a folder"),
    ] {
        let error = refused(&stage, &[word]).await;
        assert!(
            matches!(error, StartError::NotExecutable { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(part), "{error}");
    }
}

async fn no_place(stage: Arc<Stage>) {
    assert_eq!(refused(&stage, &[]).await, StartError::NoCommand);
    assert_eq!(refused(&stage, &[""]).await, StartError::NoCommand);
    let mut launch = stage.launch(&["true"]);
    launch.directory = stage.folder.path().join("gone");
    let path = launch.directory.clone();
    let started = stage.supervisor.start(launch).await;
    assert_eq!(started.err(), Some(StartError::NoDirectory { path }));
}

async fn broken_supervisor(stage: Arc<Stage>) {
    for exe in ["/no/such/mastery", "/bin/true", "/bin/cat"] {
        let supervisor = Supervisor::new(PathBuf::from(exe));
        let started = supervisor.start(stage.launch(&["true"])).await;
        let error = started.err();
        assert!(matches!(error, Some(StartError::Bench(_))), "{error:?}");
    }
}

async fn odd_paths(stage: Arc<Stage>) {
    let name = std::ffi::OsString::from_vec(b"a b \xc3\xa4 \xff".to_vec());
    let folder = stage.folder.path().join(name);
    fs::create_dir(&folder).unwrap();
    let mut launch = stage.launch(&["./run me.sh", "two words"]);
    launch.directory = folder.clone();
    launch.logs = Some(folder.join("logs"));
    fs::write(folder.join("run me.sh"), "#!/bin/sh\necho \"$1\"; ls\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.join("run me.sh"), mode).unwrap();
    let finished = stage.supervisor.run(launch, None, LONG).await.unwrap();
    assert_eq!(
        finished.output.stdout.text(),
        "two words\nlogs\nrun me.sh\n"
    );
    assert!(folder.join("logs/api.stdout.log").exists());
}

/// Descriptors that whoever started this binary left open for everyone.
fn handed_down() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
    let open_on_exec = |text: &str| {
        let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
        flags.is_some_and(|flags| flags & 0o2_000_000 == 0)
    };
    entries
        .filter(|entry| fs::read_to_string(entry.path()).is_ok_and(|text| open_on_exec(&text)))
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

async fn inherits(stage: Arc<Stage>) {
    let script = "import os, signal, sys\n\
        print(*sorted(os.listdir('/proc/self/fd')), sep=' ')\n\
        print(os.getpgrp() == os.getpid(), sys.stdin.read() == '')\n\
        print(os.environ['HOST'], os.environ['PORT'])\n\
        print([line for line in open('/proc/self/status') if line.startswith('SigBlk')])";
    let launch = stage.launch_with(&["python3", "-c", script], &[("PORT", "1")]);
    let finished = stage.supervisor.run(launch, None, LONG).await.unwrap();
    let told = finished.output.stdout.text();
    let (descriptors, rest) = told.split_once('\n').unwrap();
    let mut expected = handed_down();
    // The one that lists them, and the three that every program has.
    expected.extend(["0", "1", "2", "3"].map(str::to_owned));
    expected.sort();
    expected.dedup();
    assert_eq!(descriptors, expected.join(" "));
    let blocked = "['SigBlk:\\t0000000000000000\\n']";
    assert_eq!(rest, format!("True True\n127.0.0.1 1\n{blocked}\n"));
}
