//! What programs print: bounded, complete where it can be, never waited for.

use std::{fs, sync::Arc, time::Duration};

use libtest_mimic::Trial;
use mastery_kit::{
    process::{Captured, How, Limits, ProgramHandle},
    verdict::{Exit, Stream},
    wait::{Look, until},
};
use tokio::sync::mpsc;

use crate::stage::{LONG, Stage, says, trial};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("a_flood_on_both_pipes_costs_neither_time_nor_memory", flood),
        trial("bytes_that_are_no_text_come_through", no_text),
        trial("nobody_has_to_listen", nobody_listens),
        trial("a_program_does_not_wait_for_a_busy_owner", busy_owner),
        trial("a_log_is_continued_up_to_its_cap", log_continues),
        trial("a_window_begins_at_a_mark", windows),
        trial("a_tool_gets_its_input_and_is_judged_by_its_code", tool),
        trial("a_build_that_hangs_is_ended_at_its_limit", hanging_build),
        trial("a_build_that_prints_without_end_is_bounded", endless_build),
    ]
}

fn length(kept: &Captured) -> u64 {
    (kept.head.len() + kept.tail.len()) as u64 + kept.dropped
}

async fn has_printed(program: &ProgramHandle, out: u64, err: u64) {
    until::<(), String, _, _>(Duration::from_mins(1), || async {
        let output = program.output();
        let seen = (length(&output.stdout), length(&output.stderr));
        if seen == (out, err) {
            Look::Ready(())
        } else {
            Look::NotYet(format!("{seen:?}"))
        }
    })
    .await
    .unwrap();
}

fn peak_kib(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_ascii_whitespace()
        .nth(1)
        .unwrap()
        .parse()
        .unwrap()
}

async fn flood(stage: Arc<Stage>) {
    let program = stage
        .sh(
            "head -c 100000000 /dev/zero & head -c 100000000 /dev/zero >&2; wait; \
             echo end; exec sleep 1000",
        )
        .await;
    has_printed(&program, 100_000_004, 100_000_000).await;
    assert_eq!(program.last_lines(1).len(), 1);
    let peak = peak_kib(program.supervisor_pid());
    assert!(peak < 12 * 1024, "the supervisor took {peak} KiB");
    program.kill().await;
    for stream in ["stdout", "stderr"] {
        let log = stage.read(format!("logs/api.{stream}.log"));
        let cap = usize::try_from(Limits::default().log_bytes).unwrap();
        assert!(log[..cap].iter().all(|byte| *byte == 0));
        let end = String::from_utf8(log[cap..].to_vec()).unwrap();
        assert_eq!(
            end,
            "\n[mastery: 16384 KiB are kept; the rest was dropped]\n"
        );
    }
}

async fn no_text(stage: Arc<Stage>) {
    let program = stage.sh("printf 'a\\377\\033[2Jb\\n'; exit 1").await;
    program.gone().await;
    let output = program.output();
    assert_eq!(output.stdout.bytes(), b"a\xff\x1b[2Jb\n");
    assert!(output.stdout.is_lossy() && !output.stderr.is_lossy());
    assert_eq!(program.death().unwrap().last_lines, ["a\u{fffd}\x1b[2Jb"]);
    assert_eq!(stage.read("logs/api.stdout.log"), b"a\xff\x1b[2Jb\n");
}

async fn nobody_listens(stage: Arc<Stage>) {
    let (output, mut chunks) = mpsc::channel(1);
    let script = "head -c 30000000 /dev/zero; echo >&2; sleep 0.1; echo again; exec sleep 1000";
    let mut launch = stage.launch(&["sh", "-c", script]);
    launch.output = Some(output);
    let program = stage.supervisor.start(launch).await.unwrap();
    has_printed(&program, 30_000_006, 1).await;
    let first = chunks.recv().await.unwrap();
    assert_eq!((first.program.as_str(), first.dropped), ("api", 0));
    assert_eq!(first.stream, Stream::Stdout);
    program.kill().await;
    assert!(chunks.recv().await.is_none());
}

async fn busy_owner(stage: Arc<Stage>) {
    let program = stage
        .sh(
            "until [ -e go ]; do sleep 0.01; done; head -c 50000000 /dev/zero; \
             touch printed; exec sleep 1000",
        )
        .await;
    fs::write(stage.folder.path().join("go"), "").unwrap();
    // Without a single await: nobody reads what the supervisor says.
    let begun = std::time::Instant::now();
    let printed = stage.folder.path().join("printed");
    while !printed.exists() {
        assert!(begun.elapsed() < LONG, "it waits for us");
        std::thread::park_timeout(Duration::from_millis(2));
    }
    has_printed(&program, 50_000_000, 0).await;
    program.kill().await;
}

async fn log_continues(stage: Arc<Stage>) {
    for _ in 0..3 {
        let mut launch = stage.launch(&["sh", "-c", "echo 123456789"]);
        launch.limits.log_bytes = 25;
        let program = stage.supervisor.start(launch).await.unwrap();
        program.gone().await;
    }
    let log = String::from_utf8(stage.read("logs/api.stdout.log")).unwrap();
    let end = "\n[mastery: 0 KiB are kept; the rest was dropped]\n";
    assert_eq!(log, format!("123456789\n123456789\n12345{end}"));
}

async fn windows(stage: Arc<Stage>) {
    let program = stage
        .sh("echo one; until [ -e go ]; do sleep 0.01; done; echo two; exec sleep 1000")
        .await;
    says(&program, "^one$").await;
    program.mark();
    fs::write(stage.folder.path().join("go"), "").unwrap();
    says(&program, "^two$").await;
    assert_eq!(program.output().stdout.text(), "two\n");
    assert_eq!(program.last_lines(9), ["one", "two"]);
    program.kill().await;
}

async fn tool(stage: Arc<Stage>) {
    let launch = stage.launch(&["sh", "-c", "cat; echo problem >&2; exit 5"]);
    let big = vec![b'x'; 50_000];
    let run = stage.supervisor.run(launch, Some(big.clone()), LONG);
    let finished = run.await.unwrap();
    assert_eq!(finished.how, How::Exited(Exit::Code { code: 5 }));
    assert!(!finished.success());
    assert!(
        finished.output.stdout.bytes() == big,
        "not what it was given"
    );
    assert_eq!(finished.output.stderr.text(), "problem\n");
    let launch = stage.launch(&["cat"]);
    let finished = stage.supervisor.run(launch, None, LONG).await.unwrap();
    assert!(finished.success() && finished.output.stdout.bytes().is_empty());
}

async fn hanging_build(stage: Arc<Stage>) {
    let launch = stage.launch(&["sh", "-c", "echo compiling; trap '' TERM; sleep 1000; true"]);
    let limit = Duration::from_millis(500);
    let finished = stage.supervisor.run(launch, None, limit).await.unwrap();
    assert_eq!(finished.how, How::TooLong { limit });
    assert_eq!(finished.last_lines, ["compiling"]);
    assert!(finished.took < Duration::from_secs(5));
}

async fn endless_build(stage: Arc<Stage>) {
    let launch = stage.launch(&["yes"]);
    let limit = Duration::from_millis(700);
    let finished = stage.supervisor.run(launch, None, limit).await.unwrap();
    assert_eq!(finished.how, How::TooLong { limit });
    assert!(finished.took < Duration::from_secs(5));
    assert!(finished.output.stdout.dropped > 0);
    assert_eq!(finished.last_lines.last().unwrap(), "y");
}
