//! The full-screen tutor in a pseudo-terminal, as a learner has it before them.

use std::{
    fs,
    os::unix::net::UnixListener,
    path::Path,
    process::Child,
    sync::mpsc::channel,
    time::{Duration, Instant},
};

use mastery::curriculum::Curriculum;

use crate::{
    Measured, commands,
    figure::{Figure, Unit},
    graded::lab,
    machine::now,
    process::{self, MASTERY},
    program::AT,
    pty::Pty,
};

/// A large terminal: there is more to draw.
const SIZE: (u16, u16) = (140, 40);
/// Nothing that is waited for takes longer.
const LIMIT: Duration = Duration::from_mins(2);
/// How long a tutor is watched while nobody touches it.
const IDLE: Duration = Duration::from_secs(10);
/// Keys of which the slowest but one in a hundred counts.
const KEYS: usize = 200;

/// A tutor and the terminal it fills. Where a measurement fails the terminal goes away, and the tutor with it.
struct Opened {
    pty: Pty,
    tutor: Child,
    at: Instant,
}

impl Opened {
    fn open(root: &Path, docker: Option<&Path>) -> Measured<Self> {
        let pty = Pty::open(SIZE.0, SIZE.1)?;
        let mut command = pty.command(MASTERY)?;
        command.current_dir(root).env("TERM", "xterm-256color");
        command.env_remove("COLUMNS").env_remove("NO_COLOR");
        if let Some(socket) = docker {
            command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        }
        let at = Instant::now();
        let tutor = command.spawn()?;
        Ok(Self { pty, tutor, at })
    }

    /// Waits until a line of the screen holds this; the times from then are from the instant given.
    fn sees(&mut self, from: Instant, text: &str) -> Measured<f64> {
        self.waits(from, text, |row| row.contains(text))
    }

    fn waits(&mut self, from: Instant, text: &str, holds: impl Fn(&str) -> bool) -> Measured<f64> {
        let limit = Instant::now() + LIMIT;
        loop {
            let shown = self.pty.screen.screen();
            let is_shown = shown.rows(0, SIZE.0).any(|row| holds(&row));
            if is_shown {
                return Ok(from.elapsed().as_secs_f64() * 1e3);
            }
            let left = limit.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.pty.shows.recv_timeout(left) else {
                let shown = self.pty.look();
                return Err(format!("{text:?} was never shown, but\n{shown}").into());
            };
            self.pty.screen.process(&bytes);
        }
    }

    /// Presses a key and waits for what it leads to.
    fn press(&mut self, key: &str, shows: &str) -> Measured<f64> {
        let from = Instant::now();
        self.pty.press(key)?;
        self.sees(from, shows)
    }

    /// Presses a key and waits until what it leads to stands in place of what stood there before: what
    /// is read may end in the middle of a frame.
    fn turn(&mut self, key: &str, shows: &str, before: &str) -> Measured<f64> {
        let from = Instant::now();
        self.pty.press(key)?;
        self.waits(from, shows, |row| {
            row.contains(shows) && !row.contains(before)
        })
    }

    /// Lets time go by while nothing is done to it, as a terminal that takes what is drawn.
    fn rest(&mut self, how_long: Duration) {
        let until = Instant::now() + how_long;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if let Ok(bytes) = self.pty.shows.recv_timeout(left) {
                self.pty.screen.process(&bytes);
            }
        }
    }

    /// Leaves it by its own keys.
    fn leave(mut self, keys: &str) -> Measured<()> {
        self.pty.press(keys)?;
        let (told, ended) = channel();
        let mut tutor = self.tutor;
        std::thread::spawn(move || told.send(tutor.wait()));
        let limit = Instant::now() + LIMIT;
        loop {
            // What is not read would keep it from ending.
            self.pty.look();
            if let Ok(status) = ended.recv_timeout(Duration::from_millis(5)) {
                let status = status?;
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("the tutor ended with {status}").into())
                };
            }
            if Instant::now() > limit {
                return Err("the tutor does not end".into());
            }
        }
    }
}

/// All figures of the tutor.
pub(crate) fn tutor(folder: &Path) -> Measured<Vec<Figure>> {
    Ok(vec![
        first_frame(folder)?,
        keys_beside_output(folder)?,
        idle(folder)?,
        memory(folder)?,
    ])
}

/// From the spawn to the map, while an engine is asked in vain by whoever asks it.
fn first_frame(folder: &Path) -> Measured<Figure> {
    let root = folder.join("opened");
    let curriculum = Curriculum::embedded()?;
    commands::laid_out(&root, &curriculum)?;
    let socket = folder.join("silent.sock");
    // It takes connections into its queue and never answers one.
    let _silent = UnixListener::bind(&socket)?;
    let mut values = Vec::new();
    for _ in 0..31 {
        let mut opened = Opened::open(&root, Some(&socket))?;
        let at = opened.at;
        values.push(opened.sees(at, "Backend Mastery")?);
        opened.sees(at, " quit")?;
        opened.leave("q")?;
    }
    let name = "the tutor, first frame after it was started";
    let figure = Figure::new(name, 60.0, Unit::Milliseconds, &values);
    Ok(figure.beside("an engine that never answers is asked for nothing"))
}

/// From a key to the frame it leads to, while a graded program prints.
fn keys_beside_output(folder: &Path) -> Measured<Figure> {
    let root = folder.join("chatters");
    lab(&root, &["chatter"])?;
    let mut opened = Opened::open(&root, None)?;
    opened.sees(Instant::now(), "rest-api")?;
    opened.press("g", "[checks]")?;
    // There is a pane for the program once it was started.
    opened.sees(Instant::now(), "report  api")?;
    opened.press("\t", "[in full]")?;
    opened.press("\t", "[report]")?;
    opened.press("\t", "[api]")?;
    opened.sees(Instant::now(), AT)?;
    let [mut slowest, mut middles] = [Vec::new(), Vec::new()];
    let mut oldest: f64 = 0.0;
    for _ in 0..6 {
        let mut values = Vec::new();
        for number in 0..KEYS {
            // Words of the last row, which is drawn last.
            let (key, shows, before) = match number % 2 {
                0 => ("\u{1b}[Z", "⏎ in full", "w wrap"),
                _ => ("\t", "w wrap", "⏎ in full"),
            };
            values.push(opened.turn(key, shows, before)?);
        }
        values.sort_by(f64::total_cmp);
        slowest.push(values[KEYS - 1 - KEYS / 100]);
        middles.push(values[KEYS / 2]);
        oldest = oldest.max(age(&opened.pty.look())?);
    }
    let name = "a key → its frame, 99th of 100, beside 10,000 lines/s";
    let middle = Figure::new("middle", 16.0, Unit::Milliseconds, &middles).median();
    opened.pty.press("\u{3}")?;
    opened.sees(Instant::now(), "kept")?;
    opened.leave("q")?;
    Ok(
        Figure::new(name, 16.0, Unit::Milliseconds, &slowest).beside(format!(
            "the middle key: {middle:.1} ms; the newest line shown was {oldest:.0} ms old at most"
        )),
    )
}

/// How many milliseconds ago the newest line on the screen was printed.
fn age(shown: &str) -> Measured<f64> {
    let times = shown.lines().filter_map(|line| {
        let (_, at) = line.rsplit_once(AT)?;
        at.trim()
            .parse::<u64>()
            .ok()
            .filter(|at| *at > 1_000_000_000_000)
    });
    let newest = times.max().ok_or("no line of the program is shown")?;
    let age = now().saturating_sub(Duration::from_millis(newest));
    Ok(age.as_secs_f64() * 1e3)
}

/// What it takes while nobody touches it.
fn idle(folder: &Path) -> Measured<Figure> {
    let root = folder.join("opened");
    let mut opened = Opened::open(&root, None)?;
    opened.sees(Instant::now(), " quit")?;
    opened.rest(Duration::from_secs(2));
    let mut values = Vec::new();
    for _ in 0..4 {
        let (from, before) = (Instant::now(), process::cpu(opened.tutor.id())?);
        opened.rest(IDLE);
        let spent = process::cpu(opened.tutor.id())? - before;
        values.push(100.0 * spent / from.elapsed().as_secs_f64());
    }
    opened.leave("q")?;
    let name = "the tutor at rest, share of one processor over 10 s";
    Ok(Figure::new(name, 1.0, Unit::Percent, &values))
}

/// Its memory when a program has printed a gigabyte, and at most until then.
fn memory(folder: &Path) -> Measured<Figure> {
    let root = folder.join("floods before the tutor");
    lab(&root, &["flood", "python3", "app.py"])?;
    let [mut most, mut after] = [Vec::new(), Vec::new()];
    for _ in 0..4 {
        let mut opened = Opened::open(&root, None)?;
        opened.sees(Instant::now(), "rest-api")?;
        opened.press("g", "[checks]")?;
        opened.sees(Instant::now(), "GET /healthz")?;
        opened.sees(Instant::now(), "✓")?;
        let status = fs::read_to_string(format!("/proc/{}/status", opened.tutor.id()))?;
        let mib = |key| process::mebibytes(&status, key).ok_or("/proc tells no memory");
        most.push(mib("VmHWM:")?);
        after.push(mib("VmRSS:")?);
        opened.pty.press("\u{3}")?;
        opened.sees(Instant::now(), "kept")?;
        opened.leave("q")?;
    }
    let name = "the tutor, peak memory when a program printed 1 GiB";
    let after = Figure::new("after", 64.0, Unit::Mebibytes, &after).most();
    let figure = Figure::new(name, 64.0, Unit::Mebibytes, &most);
    Ok(figure.beside(format!("{after:.1} MiB of it are still held then")))
}
