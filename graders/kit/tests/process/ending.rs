//! How programs end, and that all of them does.

use std::{fs, process::Stdio, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use mastery_kit::{
    process::{Deed, End, Ending, ProgramHandle},
    verdict::Exit,
    wait::{Look, until},
};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::stage::{LONG, Stage, says, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "an_exit_at_once_is_told_with_everything_known",
            exits_at_once,
        ),
        trial("a_signal_is_told_by_its_name", dies_by_signal),
        trial("who_obeys_is_not_forced", obeys),
        trial("who_ignores_term_is_killed_after_the_grace", ignores_term),
        trial(
            "a_child_that_left_the_session_is_found_and_named",
            setsid_child,
        ),
        trial("a_daemon_does_not_outlive_its_parent", double_fork),
        trial("who_holds_the_pipe_delays_nothing", pipe_holder),
        trial("two_hundred_children_are_ended", many_children),
        trial("who_forks_and_exits_for_ever_is_ended", comet),
        trial(
            "the_rest_of_the_group_has_the_grace_too",
            worker_takes_its_time,
        ),
        trial("our_kill_is_no_death", our_kill),
        trial("a_frozen_program_goes_on_and_can_be_stopped", frozen),
        trial("a_death_that_is_happening_is_waited_for", settles),
        trial("dropping_the_owner_ends_all_of_it", dropped),
        trial("kill_9_of_ourselves_leaves_nothing", life_line),
        trial(
            "a_supervisor_that_is_killed_is_told_as_lost",
            supervisor_killed,
        ),
    ]
}

async fn died(program: &ProgramHandle) -> mastery_kit::verdict::Death {
    match program.ended().await {
        End::Died(death) => death,
        other @ (End::Stopped(_) | End::Lost(_)) => panic!("{other:?}"),
    }
}

fn assert_quick(ending: &Ending) {
    assert!(ending.took < Duration::from_secs(2), "{ending:?}");
    assert!(ending.left.is_empty(), "{ending:?}");
}

async fn exits_at_once(stage: Arc<Stage>) {
    let mut launch = stage.launch_with(
        &["sh", "-c", "echo out; echo err >&2; exit 3"],
        &[("DATABASE_URL", "postgres://u:secret@h/db")],
    );
    launch.shown_directory = "week-01/labs/rest-api".into();
    let program = stage.supervisor.start(launch).await.unwrap();
    let death = died(&program).await;
    assert_eq!(death.exit, Exit::Code { code: 3 });
    assert_eq!(death.command[0], "sh");
    assert_eq!(death.directory, "week-01/labs/rest-api");
    let mut lines = death.last_lines.clone();
    lines.sort();
    assert_eq!(lines, ["err", "out"]);
    let database = death.env.iter().find(|(name, _)| name == "DATABASE_URL");
    assert_eq!(database.unwrap().1, "postgres://u:***@h/db");
    assert!(death.log.as_ref().unwrap().ends_with("api.stderr.log"));
    assert_eq!(program.death(), Some(death));
    let ending = program.gone().await;
    assert!(!ending.forced && ending.survivors.is_empty(), "{ending:?}");
    // Stopping what is gone is no error and changes nothing.
    assert_eq!(program.stop(LONG).await, ending);
}

async fn dies_by_signal(stage: Arc<Stage>) {
    let program = stage.sh("kill -SEGV $$").await;
    let death = died(&program).await;
    let name = "SIGSEGV".to_owned();
    assert_eq!(death.exit, Exit::Signal { signal: 11, name });
    assert_eq!(death.exit.describe(), "killed by SIGSEGV");
}

async fn obeys(stage: Arc<Stage>) {
    let program = stage
        .python(
            "import signal, sys, time\n\
             signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n\
             print('up')\nwhile True: signal.pause()",
        )
        .await;
    says(&program, "^up$").await;
    let ending = program.stop(LONG).await;
    assert_eq!(ending.end, End::Stopped(Exit::Code { code: 0 }));
    assert!(!ending.forced && ending.survivors.is_empty(), "{ending:?}");
    assert_quick(&ending);
}

async fn ignores_term(stage: Arc<Stage>) {
    let program = stage
        .sh("trap '' TERM; echo up; while :; do sleep 1000; done")
        .await;
    says(&program, "^up$").await;
    let grace = Duration::from_millis(300);
    let ending = program.stop(grace).await;
    assert!(matches!(&ending.end, End::Stopped(Exit::Signal { name, .. }) if name == "SIGKILL"));
    assert!(ending.forced && ending.took >= grace, "{ending:?}");
    assert_quick(&ending);
}

async fn setsid_child(stage: Arc<Stage>) {
    let program = stage.sh("setsid sleep 1000 & echo up; wait").await;
    says(&program, "^up$").await;
    // The shell may be faster than the child's setsid; the child must have left before.
    until::<(), String, _, _>(LONG, || async {
        if stage.left().iter().any(|one| one.ends_with(" sleep")) {
            Look::Ready(())
        } else {
            Look::NotYet("no sleep yet".into())
        }
    })
    .await
    .unwrap();
    let ending = program.stop(LONG).await;
    assert!(!ending.forced, "{ending:?}");
    assert_eq!(ending.survivors.len(), 1, "{ending:?}");
    assert!(ending.survivors[0].starts_with("sleep (pid "), "{ending:?}");
    assert_quick(&ending);
}

const DAEMON: &str = "import os, sys, time\n\
    if os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  time.sleep(1000)\n os._exit(0)\n\
    os.wait()\nprint('away')";

async fn double_fork(stage: Arc<Stage>) {
    let program = stage.python(DAEMON).await;
    let death = died(&program).await;
    assert_eq!(death.exit, Exit::Code { code: 0 });
    assert_eq!(death.last_lines, ["away"]);
    let ending = program.gone().await;
    assert!(!ending.forced, "{ending:?}");
    assert!(
        ending.survivors[0].starts_with("python3 (pid "),
        "{ending:?}"
    );
    assert_quick(&ending);
}

async fn pipe_holder(stage: Arc<Stage>) {
    let begun = std::time::Instant::now();
    let program = stage.sh("sleep 1000 & echo before; exit 7").await;
    let death = died(&program).await;
    assert_eq!(death.exit, Exit::Code { code: 7 });
    assert_eq!(death.last_lines, ["before"]);
    assert_quick(&program.gone().await);
    assert!(begun.elapsed() < Duration::from_secs(5));
}

async fn many_children(stage: Arc<Stage>) {
    let program = stage
        .python(
            "import os, time\n\
             for n in range(200):\n if os.fork() == 0:\n  if n % 2: os.setsid()\n  time.sleep(1000)\n\
             print('up')\ntime.sleep(1000)",
        )
        .await;
    says(&program, "^up$").await;
    assert_eq!(program.resources().processes, 201);
    let ending = program.kill().await;
    assert!(ending.forced, "{ending:?}");
    assert_quick(&ending);
}

async fn comet(stage: Arc<Stage>) {
    // Never twice the same pid; the second one never twice the same session either.
    for flees in ["", "  os.setsid()\n"] {
        let program = stage
            .python(&format!(
                "import os, time\n\
                 if os.fork() == 0:\n os.setsid()\n while True:\n  if os.fork(): os._exit(0)\n{flees}\
                 print('up')\ntime.sleep(1000)"
            ))
            .await;
        says(&program, "^up$").await;
        assert!(program.kill().await.left.is_empty());
    }
}

async fn worker_takes_its_time(stage: Arc<Stage>) {
    let program = stage
        .sh(
            "(trap 'sleep 0.2; echo finished > effect; exit 0' TERM; echo up; \
             while :; do sleep 0.05; done) & wait",
        )
        .await;
    says(&program, "^up$").await;
    let ending = program.stop(LONG).await;
    assert!(!ending.forced && ending.survivors.is_empty(), "{ending:?}");
    assert_eq!(stage.read("effect"), b"finished\n");
}

async fn our_kill(stage: Arc<Stage>) {
    let program = stage.sh("exec sleep 1000").await;
    program.signal(Deed::Kill).unwrap();
    assert!(matches!(
        program.ended().await,
        End::Stopped(Exit::Signal { signal: 9, .. })
    ));
    assert_eq!(program.death(), None);
    assert_eq!(program.settle(LONG).await, None);
    assert!(program.gone().await.forced);
    program.signal(Deed::Cont).unwrap();
}

fn state_of(pid: u32) -> char {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
}

async fn is_frozen(pid: u32, wanted: bool) {
    until::<(), String, _, _>(LONG, || async {
        if (state_of(pid) == 'T') == wanted {
            Look::Ready(())
        } else {
            Look::NotYet(format!("state {}", state_of(pid)))
        }
    })
    .await
    .unwrap();
}

async fn frozen(stage: Arc<Stage>) {
    let program = stage.sh("exec sleep 1000").await;
    program.signal(Deed::Stop).unwrap();
    is_frozen(program.pid(), true).await;
    program.signal(Deed::Cont).unwrap();
    is_frozen(program.pid(), false).await;
    program.signal(Deed::Stop).unwrap();
    is_frozen(program.pid(), true).await;
    let ending = program.stop(LONG).await;
    assert!(!ending.forced, "{ending:?}");
    assert_quick(&ending);
}

async fn settles(stage: Arc<Stage>) {
    let program = stage.sh("sleep 0.2; exit 4").await;
    assert_eq!(program.settle(Duration::ZERO).await, None);
    assert!(!program.has_ended());
    let death = program.settle(LONG).await.unwrap();
    assert_eq!(death.exit, Exit::Code { code: 4 });
}

async fn dropped(stage: Arc<Stage>) {
    let program = stage
        .sh("trap '' TERM; setsid sleep 1000 & echo up; wait")
        .await;
    says(&program, "^up$").await;
    let handle = program.handle();
    drop(program);
    let ending = handle.gone().await;
    assert_quick(&ending);
}

#[expect(
    clippy::disallowed_methods,
    reason = "the owner is to be killed, so it must be ours"
)]
async fn life_line(stage: Arc<Stage>) {
    let environment = stage.launch(&[]).environment;
    let mark = environment.get("TRIAL_MARK").unwrap();
    let mut owner = tokio::process::Command::new(std::env::current_exe().unwrap())
        .arg("__owner")
        .arg(stage.folder.path())
        .env("TRIAL_MARK", mark)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("up"));
    // Owner, supervisor, shell and both sleeps.
    assert!(stage.left().len() >= 5, "{:?}", stage.left());
    owner.kill().await.unwrap();
    stage.nothing_left().await;
}

async fn supervisor_killed(stage: Arc<Stage>) {
    let program = stage.sh("exec sleep 1000").await;
    let pid = i32::try_from(program.supervisor_pid()).unwrap();
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(matches!(program.ended().await, End::Lost(_)));
    assert!(matches!(program.stop(LONG).await.end, End::Lost(_)));
}
