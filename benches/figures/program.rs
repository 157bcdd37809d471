//! The learner's programs of the figures: modes of this executable, so that nothing of theirs is
//! slower than it must be.

use std::{
    ffi::OsString,
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::ExitCode,
    sync::mpsc::channel,
    thread,
    time::{Duration, Instant},
};

use crate::{Measured, machine::now, process};

/// The first argument that makes this executable one of them.
pub(crate) const WORD: &str = "__program";

/// How much is printed before the flooding program begins to serve.
const FLOOD: usize = 1024 * 1024 * 1024;

pub(crate) fn main(words: &[OsString]) -> ExitCode {
    let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
    let ended = match words.as_slice() {
        ["serve", stamp, lead] => serve(stamp, lead),
        ["exit", stamp] => return exit(stamp),
        ["flood", program, rest @ ..] => flood(program, rest),
        ["chatter"] => chatter(),
        _ => Err("no such program".into()),
    };
    if let Err(error) = ended {
        let _told = writeln!(io::stderr(), "{error}");
    }
    ExitCode::FAILURE
}

/// The time that a program noted.
pub(crate) fn stamped(path: &Path) -> Measured<Duration> {
    let nanos: u64 = fs::read_to_string(path)?.parse()?;
    Ok(Duration::from_nanos(nanos))
}

fn stamp(path: &str, at: Duration) -> io::Result<()> {
    fs::write(path, at.as_nanos().to_string())
}

/// Answers `ok` to everything, after `lead` milliseconds of starting up.
fn serve(path: &str, lead: &str) -> Measured<()> {
    let port = std::env::var("PORT")?.parse()?;
    let lead = Duration::from_millis(lead.parse()?);
    let (_open, never) = channel::<()>();
    // What a program does before it listens: nobody sends, so this is its whole length.
    never.recv_timeout(lead).ok();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let at = now();
    stamp(path, at)?;
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || answer(&stream));
    }
    Ok(())
}

fn answer(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut requests = BufReader::new(stream);
    let mut line = String::new();
    loop {
        line.clear();
        if requests.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            let mut stream = stream;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n")?;
        }
    }
}

fn exit(path: &str) -> ExitCode {
    let mut err = io::stderr();
    for line in [
        "reading the settings",
        "connecting to the store",
        "no store",
    ] {
        let _told = writeln!(err, "{line}");
    }
    match stamp(path, now()) {
        Ok(()) => ExitCode::from(3),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Prints a gigabyte, then starts what serves and goes on printing until it is ended.
fn flood(program: &str, words: &[&str]) -> Measured<()> {
    let mut out = io::stdout().lock();
    let mut lines = Vec::new();
    while lines.len() < 60 * 1024 {
        writeln!(
            lines,
            "{:>6} placed an order of 10 shares at 101.25",
            lines.len()
        )?;
    }
    let mut printed = 0;
    while printed < FLOOD {
        out.write_all(&lines)?;
        printed += lines.len();
    }
    let here = std::env::current_dir()?;
    process::command(program, words, &here).spawn()?;
    loop {
        out.write_all(&lines)?;
    }
}

/// How many lines the program that never serves prints in a second.
pub(crate) const CHATTER: u32 = 10_000;
/// What stands before the time at which a line was printed, in milliseconds.
pub(crate) const AT: &str = " at ";

/// Prints at a steady rate and never serves, so that its run goes on until it is stopped.
fn chatter() -> Measured<()> {
    let mut out = io::stdout().lock();
    let (_open, never) = channel::<()>();
    let begun = Instant::now();
    let mut number = 0;
    loop {
        let due = begun.elapsed().as_secs_f64() * f64::from(CHATTER);
        let at = now().as_millis();
        while f64::from(number) < due {
            writeln!(out, "{number:>8} placed an order of 10 shares{AT}{at}")?;
            number += 1;
        }
        out.flush()?;
        // Nobody sends: a pause as of a program that does something meanwhile.
        never.recv_timeout(Duration::from_millis(2)).ok();
    }
}
