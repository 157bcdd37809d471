//! `mastery watch`: a save is graded, whatever else happens to the folder meanwhile.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::cast::{Learner, until};

/// A program that ends at once: the quickest of verdicts.
const DIES: &str = "raise SystemExit(3)\n";

/// A program that is ready and never answers, which it says in the learner's home.
const SILENT: &str = "import os, socket, time\n\
    s = socket.create_server((os.environ['HOST'], int(os.environ['PORT'])))\n\
    while True:\n\
    \x20   c, _ = s.accept()\n\
    \x20   r = c.recv(65536)\n\
    \x20   if b'/healthz' in r:\n\
    \x20       c.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n')\n\
    \x20       c.close()\n\
    \x20   else:\n\
    \x20       open(os.path.join(os.environ['HOME'], 'asked'), 'w').close()\n\
    \x20       time.sleep(3600)\n";

/// A watch that goes on, and what it said so far.
struct Watch {
    child: Child,
    /// Each with the number of its stream.
    lines: Receiver<(usize, String)>,
    /// By stream: what came over two pipes has an order within each alone.
    said: [Vec<String>; 2],
    /// By stream: lines before this one were waited for.
    heard: [usize; 2],
}

impl Watch {
    fn of(learner: &Learner, words: &[&str]) -> Self {
        let mut command = learner.command("ws", &[&["watch"], words].concat());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let streams: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().unwrap()),
            Box::new(child.stderr.take().unwrap()),
        ];
        for (number, stream) in streams.into_iter().enumerate() {
            let tell = tell.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if tell.send((number, line)).is_err() {
                        break;
                    }
                }
            });
        }
        Self {
            child,
            lines,
            said: [Vec::new(), Vec::new()],
            heard: [0, 0],
        }
    }

    /// Waits for a line that holds this, after the one that was waited for last in its stream.
    fn hears(&mut self, part: &str) -> &mut Self {
        loop {
            for (said, heard) in self.said.iter().zip(&mut self.heard) {
                let news = &said[*heard..];
                if let Some(place) = news.iter().position(|line| line.contains(part)) {
                    *heard += place + 1;
                    return self;
                }
            }
            match self.lines.recv_timeout(Duration::from_mins(1)) {
                Ok((stream, line)) => self.said[stream].push(line),
                Err(error) => panic!("never: {part} ({error}); {:#?}", self.said),
            }
        }
    }

    fn rests(&mut self) -> &mut Self {
        self.hears("Waiting for a save.")
    }

    fn runs(&self) -> usize {
        let begins = |line: &&String| line.starts_with("rest-api ");
        self.said.iter().flatten().filter(begins).count()
    }

    fn signals(&self) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
    }

    fn ends(mut self, code: i32) -> Vec<String> {
        let status = self.child.wait().unwrap();
        for (stream, line) in &self.lines {
            self.said[stream].push(line);
        }
        assert_eq!(status.code(), Some(code), "{:#?}", self.said);
        std::mem::take(&mut self.said).concat()
    }
}

impl Drop for Watch {
    /// A failed test leaves nothing behind.
    fn drop(&mut self) {
        self.child.kill().ok();
    }
}

/// Writes as many editors do: beside, and renamed.
fn saves(path: &Path, text: &str) {
    let beside = path.with_extension("new~");
    fs::write(&beside, text).unwrap();
    fs::rename(beside, path).unwrap();
}

fn app(learner: &Learner) -> std::path::PathBuf {
    learner.lab().join("app.py")
}

#[test]
fn a_save_is_graded_a_broken_one_is_told_and_the_next_is_graded_again() {
    let learner = Learner::begun();
    let starter = fs::read_to_string(app(&learner)).unwrap();
    let before = learner.git_state();
    let mut watch = Watch::of(&learner, &[]);
    watch.hears("Watching week-01-api-design/labs/rest-api");
    watch
        .hears("4 passed, 8 failed, 34 skipped")
        .hears("attempt 1 kept")
        .rests();
    saves(&app(&learner), DIES);
    watch
        .hears("saved app.py")
        .hears("exited with code 3")
        .hears("46 skipped")
        .hears("attempt 2 kept")
        .rests();
    saves(&app(&learner), "def (:\n");
    watch.hears("saved app.py").hears("SyntaxError");
    // The same verdicts once more are no news.
    watch.hears("not kept again: 0 passed, 46 skipped").rests();
    fs::write(learner.lab().join("submission.toml.off"), "").unwrap();
    watch.hears("saved submission.toml.off").rests();
    let submission = learner.lab().join("submission.toml");
    let good = fs::read_to_string(&submission).unwrap();
    saves(&submission, "[[program]\n");
    watch
        .hears("saved submission.toml")
        .hears("submission.toml:")
        .rests();
    saves(&submission, &good);
    saves(&app(&learner), &starter);
    watch
        .hears("v1_wire_is_frozen passes now")
        .hears("attempt 3 kept")
        .rests();
    watch.signals();
    let said = watch.ends(0).join("\n");
    assert!(!said.contains("File events do not come"), "{said}");
    assert_eq!(before, learner.git_state());
    assert_eq!(learner.left_running(), Vec::<String>::new());
}

#[test]
fn two_quick_saves_are_one_run_and_what_git_ignores_is_none() {
    let learner = Learner::begun();
    fs::write(app(&learner), DIES).unwrap();
    let mut watch = Watch::of(&learner, &["rest-api"]);
    watch.rests();
    fs::create_dir(learner.lab().join("__pycache__")).unwrap();
    fs::write(learner.lab().join("__pycache__/app.pyc"), "x").unwrap();
    fs::write(learner.lab().join(".app.py.swp"), "x").unwrap();
    saves(&app(&learner), DIES);
    saves(&learner.lab().join("orders.py"), "");
    watch.hears("saved app.py, orders.py").rests();
    // A folder that was not there when the watch began.
    fs::create_dir(learner.lab().join("store")).unwrap();
    fs::write(learner.lab().join("store/memory.py"), "").unwrap();
    watch.hears("saved store/memory.py").rests();
    fs::remove_file(learner.lab().join("store/memory.py")).unwrap();
    watch.hears("saved store/memory.py").rests();
    assert_eq!(watch.runs(), 4, "{:#?}", watch.said);
    watch.signals();
    watch.ends(0);
}

#[test]
fn a_save_during_a_run_ends_it_and_the_newest_is_graded() {
    let learner = Learner::begun();
    fs::write(app(&learner), SILENT).unwrap();
    let mut watch = Watch::of(&learner, &[]);
    until("the program was asked", || {
        learner.root.join("asked").exists()
    });
    learner
        .says("ws", &["grade"])
        .ends(2)
        .tells(&["mastery watch"]);
    saves(&app(&learner), DIES);
    watch
        .hears("saved app.py during the run")
        .hears("exited with code 3");
    // What was cut off is not kept.
    watch.hears("attempt 1 kept").rests();
    // Between two runs the workspace belongs to whoever asks.
    learner
        .says("ws", &["grade"])
        .ends(1)
        .tells(&["attempt 2 kept"]);
    fs::remove_file(learner.root.join("asked")).unwrap();
    saves(&app(&learner), SILENT);
    until("the program was asked", || {
        learner.root.join("asked").exists()
    });
    watch.signals();
    let said = watch.ends(130).join("\n");
    assert!(said.contains("Stopping."), "{said}");
    assert_eq!(learner.left_running(), Vec::<String>::new());
    learner
        .says("ws", &["history"])
        .good()
        .tells(&["2 attempts"]);
}

#[test]
fn what_the_program_writes_itself_does_not_go_on_for_ever() {
    let learner = Learner::begun();
    let path = learner.lab().join("orders.db");
    let text = format!(
        "open({:?}, 'a').write('x')\n{DIES}",
        path.display().to_string()
    );
    fs::write(app(&learner), text).unwrap();
    let mut watch = Watch::of(&learner, &[]);
    watch
        .hears("orders.db changes whenever your program runs")
        .rests();
    saves(&app(&learner), DIES);
    watch.hears("saved app.py").rests();
    watch.signals();
    watch.ends(0);
}

#[test]
fn a_folder_that_is_deleted_is_waited_for() {
    let learner = Learner::begun();
    fs::write(app(&learner), DIES).unwrap();
    let mut watch = Watch::of(&learner, &[]);
    watch.rests();
    let away = learner.root.join("away");
    fs::rename(learner.lab(), &away).unwrap();
    watch.hears("labs/rest-api is not there any more");
    fs::rename(&away, learner.lab()).unwrap();
    watch
        .hears("labs/rest-api is there again.")
        .hears("exited with code 3")
        .rests();
    // It is another folder now, and is watched all the same.
    saves(&app(&learner), "raise SystemExit(4)\n");
    watch
        .hears("saved app.py")
        .hears("exited with code 4")
        .rests();
    watch.signals();
    watch.ends(0);
}

#[test]
fn without_events_the_folder_is_looked_at_and_by_hand_a_line_grades() {
    let learner = Learner::begun();
    fs::write(app(&learner), DIES).unwrap();
    let mut watch = Watch::of(&learner, &["--poll"]);
    watch.hears("looked at every 250 ms").rests();
    saves(&app(&learner), "raise SystemExit(4)\n");
    watch
        .hears("saved app.py")
        .hears("exited with code 4")
        .rests();
    watch.signals();
    watch.ends(0);
    let mut watch = Watch::of(&learner, &["--manual"]);
    watch
        .hears("Enter grades week-01-api-design/labs/rest-api")
        .rests();
    saves(&app(&learner), "raise SystemExit(5)\n");
    let mut keys = watch.child.stdin.take().unwrap();
    keys.write_all(b"\n").unwrap();
    watch.hears("exited with code 5").rests();
    assert_eq!(watch.runs(), 2, "{:#?}", watch.said);
    // Nobody can ask any more.
    drop(keys);
    watch.ends(0);
}
