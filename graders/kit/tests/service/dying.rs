//! Services that end though nobody asked, and owners that do.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode},
    sync::Arc,
    time::Duration,
};

use libtest_mimic::Trial;
use mastery_kit::{
    service::native::Native,
    spec::ServiceKind::{Kafka, Postgres, Redis},
    wait::{Look, until},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::stage::{LONG, Stage, cache_root, request, supervisor, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "a_killed_service_is_noticed",
            &[Redis, Postgres],
            a_killed_service_is_noticed,
        ),
        trial(
            "a_killed_postgres_leaves_no_shared_memory",
            &[Postgres],
            a_killed_postgres_leaves_no_shared_memory,
        ),
        trial(
            "what_nobody_ended_is_cleared_away",
            &[Postgres],
            what_nobody_ended_is_cleared_away,
        ),
        trial(
            "nothing_outlives_an_owner_that_is_killed",
            &[Kafka, Postgres],
            nothing_outlives_an_owner_that_is_killed,
        ),
    ]
}

async fn a_killed_service_is_noticed(stage: Arc<Stage>) {
    for kind in [Redis, Postgres] {
        let held = stage.start(kind, &format!("{kind:?}")).await;
        assert_eq!(held.ended(), None);
        kill(child_of(held.supervisor_pid()));
        let ended = until::<_, String, _, _>(LONG, || async {
            match held.ended() {
                Some(ended) => Look::Ready(ended),
                None => Look::NotYet("it runs".into()),
            }
        });
        let ended = ended.await.unwrap();
        let begins = format!("{} ended (killed by SIGKILL after ", kind.name());
        assert!(ended.starts_with(&begins), "{ended}");
        held.stop().await.unwrap();
    }
}

async fn a_killed_postgres_leaves_no_shared_memory(stage: Arc<Stage>) {
    let held = stage.start(Postgres, "killed").await;
    let postgres = child_of(held.supervisor_pid());
    assert_eq!(shared_memory_of(postgres), 1);
    kill(postgres);
    held.stop().await.unwrap();
    assert_eq!(shared_memory_of(postgres), 0);
}

async fn what_nobody_ended_is_cleared_away(stage: Arc<Stage>) {
    // Its user reaches the scratch, so its files lie there.
    fs::set_permissions(stage.folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
    let held = stage.start(Postgres, "left").await;
    let supervisor = held.supervisor_pid();
    let postgres = child_of(supervisor);
    kill(supervisor);
    assert_eq!(shared_memory_of(postgres), 1);
    let scratch = stage.path("left");
    stage.native.clear_away(&scratch).await.unwrap();
    assert!(!scratch.exists());
    assert_eq!(shared_memory_of(postgres), 0);
    drop(held);
}

async fn nothing_outlives_an_owner_that_is_killed(stage: Arc<Stage>) {
    let scratch = stage.path("owner");
    fs::create_dir(&scratch).unwrap();
    let mut owner = spawn_owner(&scratch);
    let running = scratch.join("running");
    let supervisor = until::<_, String, _, _>(LONG, || async {
        match fs::read_to_string(&running)
            .ok()
            .and_then(|pid| pid.parse().ok())
        {
            Some(pid) => Look::Ready(pid),
            None => Look::NotYet("the owner has not started all".into()),
        }
    });
    let postgres = child_of(supervisor.await.unwrap());
    assert_eq!(shared_memory_of(postgres), 1);
    owner.kill().unwrap();
    owner.wait().unwrap();
    stage.nothing_left().await;
    assert_eq!(shared_memory_of(postgres), 0);
}

/// Not under a supervisor: that would end what it leaves behind.
#[expect(
    clippy::disallowed_methods,
    reason = "its children must be nobody's when it is killed"
)]
fn spawn_owner(scratch: &Path) -> Child {
    let exe = std::env::current_exe().unwrap();
    Command::new(exe)
        .arg("__owner")
        .arg(scratch)
        .spawn()
        .unwrap()
}

/// How many segments of shared memory, which outlive their processes, this process made.
fn shared_memory_of(pid: u32) -> usize {
    let all = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let made_by = |line: &str| line.split_whitespace().nth(4).map(str::to_owned);
    all.lines()
        .filter(|line| made_by(line) == Some(pid.to_string()))
        .count()
}

fn kill(pid: u32) {
    let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

fn child_of(supervisor: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children"));
    let children = children.unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}

/// Starts services and waits to be killed.
pub(crate) fn owner() -> ExitCode {
    let scratch = PathBuf::from(std::env::args().nth(2).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let native = Native::new(cache_root(), supervisor());
        let mut held = Vec::new();
        for kind in [Postgres, Kafka] {
            let scratch = scratch.join(kind.name());
            fs::create_dir(&scratch).unwrap();
            held.push(native.start(&request(kind, scratch)).await.unwrap());
        }
        let postgres = held[0].supervisor_pid().to_string();
        fs::write(scratch.join("running"), postgres).unwrap();
        until::<(), String, _, _>(LONG + Duration::from_mins(1), || async {
            Look::NotYet("not killed".into())
        })
        .await
        .unwrap_err();
    });
    ExitCode::FAILURE
}
