//! ^C, SIGKILL, two at once, and `--hold`: nothing is left running and nothing told is lost.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::Child,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::cast::{Learner, said, until};

/// A lab whose program fails the first check at once and never answers in the second, which it says.
pub(crate) fn silent() -> Learner {
    let learner = Learner::begun();
    let app = "import os, socket, time\n\
        s = socket.create_server((os.environ['HOST'], int(os.environ['PORT'])))\n\
        while True:\n\
        \x20   c, _ = s.accept()\n\
        \x20   r = c.recv(65536)\n\
        \x20   if b'/healthz' in r:\n\
        \x20       c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n')\n\
        \x20       c.close()\n\
        \x20   elif not os.path.exists('failed'):\n\
        \x20       open('failed', 'w').close()\n\
        \x20       c.sendall(b'HTTP/1.1 500 No\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n')\n\
        \x20       c.close()\n\
        \x20   else:\n\
        \x20       open('asked', 'w').close()\n\
        \x20       time.sleep(3600)\n";
    fs::write(learner.lab().join("app.py"), app).unwrap();
    learner
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

fn asked(learner: &Learner) {
    until("the program was asked", || {
        learner.lab().join("asked").exists()
    });
}

#[test]
fn an_interrupt_ends_everything_and_keeps_the_attempt() {
    let learner = silent();
    let run = learner.begins("ws", &["grade"]);
    asked(&learner);
    signal(&run, Signal::INT);
    let ended = said(run.wait_with_output().unwrap()).ends(130);
    ended.tells(&["attempt 1 kept"]);
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

#[test]
fn a_killed_run_leaves_nothing_and_is_kept_by_the_next() {
    let learner = silent();
    let mut run = learner.begins("ws", &["grade"]);
    asked(&learner);
    signal(&run, Signal::KILL);
    run.wait().unwrap();
    until("nothing is left running", || {
        learner.left_running().is_empty()
    });
    fs::write(learner.lab().join("app.py"), "raise SystemExit(3)\n").unwrap();
    let next = learner.says("ws", &["grade"]).ends(1);
    next.tells(&[
        "killed",
        "rest-api attempt 1",
        "attempt 2 kept",
        "exited with code 3",
    ]);
}

#[test]
fn a_second_grade_waits_for_nobody_and_says_who_is_at_work() {
    let learner = silent();
    let run = learner.begins("ws", &["grade"]);
    asked(&learner);
    let pid = run.id().to_string();
    learner
        .says("ws", &["grade"])
        .ends(2)
        .tells(&[&pid, "mastery grade"]);
    signal(&run, Signal::INT);
    said(run.wait_with_output().unwrap()).ends(130);
}

#[test]
fn a_run_without_checks_is_up_until_an_interrupt_and_keeps_no_attempt() {
    let learner = Learner::begun();
    let mut run = learner.begins("ws", &["run", "rest-api"]);
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let mut told = Vec::new();
    let mut up = false;
    for line in lines.by_ref() {
        let line = line.unwrap();
        // The addresses stand below the line that says that all is up.
        up |= line.contains("Everything is up. ^C ends it.");
        let address = line.split("127.0.0.1:").nth(1).filter(|_| up);
        told.push(line.clone());
        if let Some(rest) = address {
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert!(answer.contains("200"), "{answer}");
            signal(&run, Signal::INT);
            break;
        }
    }
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let code = run.wait().unwrap().code();
    assert_eq!(code, Some(0), "{told:#?} {rest:#?}");
    let ready = rest.iter().find_map(|line| line.split_once("curl -si "));
    let (_, asked) = ready.expect("a line for curl stands below the address");
    assert!(asked.starts_with("127.0.0.1:") && asked.ends_with("/healthz"));
    assert_eq!(learner.left_running(), Vec::<String>::new());
    assert!(!learner.root.join("ws/.git/refs/mastery/attempts").exists());
    let said = learner.says("ws", &["progress", "rest-api"]).good();
    assert!(!said.out.contains("attempt 1"), "{said:#?}");
}

#[test]
fn a_run_whose_program_does_not_start_fails() {
    let learner = Learner::begun();
    fs::write(learner.lab().join("app.py"), "raise SystemExit(3)\n").unwrap();
    learner
        .says("ws", &["run"])
        .ends(1)
        .tells(&["exited with code 3"]);
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

#[test]
fn a_held_program_can_be_asked_until_an_interrupt() {
    let learner = Learner::begun();
    let mut run = learner.begins("ws", &["grade", "--hold", "--only", "v2_orders"]);
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let mut address = None;
    for line in &mut lines {
        let line = line.unwrap();
        if let Some((_, rest)) = line.split_once("curl -si ") {
            address = rest.split('/').next().map(str::to_owned);
        }
        if line.contains("^C") {
            break;
        }
    }
    let mut stream = TcpStream::connect(address.expect("an address is printed")).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("200"), "{answer}");
    signal(&run, Signal::INT);
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(run.wait().unwrap().code(), Some(1), "{rest:#?}");
    assert_eq!(learner.left_running(), Vec::<String>::new());
}
