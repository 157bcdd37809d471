//! Services that die in a check, and two workspaces that grade at once.

use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Failed, Trial};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    asked::{Asked, Program},
    ground::{Ground, KAFKA},
    left,
};

/// The first request of a program hangs until its caller gives up, and says that it came.
const HANGS_ONCE: &str = r#"import http.server, os, pathlib, time

asked = pathlib.Path("asked")


class Hanging(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        if not asked.exists():
            asked.touch()
            time.sleep(3600)
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()


http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Hanging).serve_forever()
"#;
const FIRST: &str = "fills_become_positions";
const SECOND: &str = "repeated_post_makes_no_second_event";
const LONG: Duration = Duration::from_mins(2);

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test(
            "a_broker_that_dies_in_a_check_unsettles_that_one_and_the_rest_has_a_fresh_one",
            a_broker_dies,
        ),
        Trial::test("two_workspaces_grade_at_once", two_at_once),
    ]
}

fn ground() -> Result<Ground, Failed> {
    let (mut asked, _) = Asked::read([])?;
    asked.program = Program::Idle;
    Ok(Ground::new(&asked)?)
}

fn a_broker_dies() -> Result<(), Failed> {
    let ground = ground()?;
    let lab = ground.kafka_lab("ws");
    fs::write(lab.join("idle.py"), HANGS_ONCE).unwrap();
    let tape = ground.root.join("events.jsonl");
    let report = format!("json={}", tape.display());
    let mut grading = ground.grading(KAFKA);
    let mut grading = grading
        .args(["--only", FIRST, "--only", SECOND, "--report", &report])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the program was asked", || lab.join("asked").exists());
    let processes = left::processes(ground.mark());
    let broker = processes
        .iter()
        .find(|(_, words)| words.contains("kafka.Kafka"));
    let broker = Pid::from_raw(i32::try_from(*broker.unwrap().0).unwrap()).unwrap();
    kill_process(broker, Signal::KILL).unwrap();
    grading.wait().unwrap();
    let verdicts = verdicts(&tape);
    let first = &verdicts[0];
    let why = first["verdict"]["why"].as_str().unwrap_or_default();
    if first["verdict"]["is"] != "unsettled" || !why.starts_with("Kafka ended (killed by SIGKILL") {
        return Err(format!("{first}").into());
    }
    let (second, count) = (&verdicts[1]["verdict"]["is"], verdicts.len());
    if second != "failed" || count != 2 {
        return Err(format!("{verdicts:?}").into());
    }
    Ok(())
}

fn two_at_once() -> Result<(), Failed> {
    let ground = ground()?;
    ground.second_workspace()?;
    let tapes = ["ws", "ws2"].map(|ws| (ws, ground.root.join(format!("{ws}.jsonl"))));
    let running: Vec<_> = tapes
        .iter()
        .map(|(ws, tape)| {
            let report = format!("json={}", tape.display());
            let words = ["grade", KAFKA, "--only", FIRST, "--backend", "native"];
            let mut command = ground.command(ws, &[&words[..], &["--report", &report]].concat());
            let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
            quiet.spawn().unwrap()
        })
        .collect();
    for mut one in running {
        one.wait().unwrap();
    }
    for (ws, tape) in &tapes {
        // The idle program fails it: both had services of their own.
        let verdicts = verdicts(tape);
        let is = verdicts.first().map(|one| &one["verdict"]["is"]);
        if is != Some(&Value::from("failed")) {
            return Err(format!("{ws}: {verdicts:?}").into());
        }
    }
    Ok(())
}

/// The ends of checks that a report tells.
fn verdicts(tape: &Path) -> Vec<Value> {
    let text = fs::read_to_string(tape).unwrap();
    let events = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    events
        .filter(|event: &Value| event["event"] == "check-finished")
        .collect()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONG, "never: {what}");
        thread::park_timeout(Duration::from_millis(10));
    }
}
