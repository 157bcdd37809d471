//! From what the operating system, hyper and the tape say to what the learner is told.

use std::{error::Error as _, io};

use rustix::io::Errno;

use super::{
    error::{HttpError, Trouble},
    line::{Progress, Turn},
    recorder::Tape,
};
use crate::verdict::BenchError;

/// Why there is no connection: what the machine could not give is ours, the rest the program's.
pub(super) fn not_connected(turn: &Turn<'_>, tape: &Tape, error: &io::Error) -> HttpError {
    let ours = [
        Errno::MFILE,
        Errno::NFILE,
        Errno::NOBUFS,
        Errno::NOMEM,
        Errno::ADDRNOTAVAIL,
    ];
    if let Some(errno) = Errno::from_io_error(error)
        && ours.contains(&errno)
    {
        let why = format!("The bench could not open a connection: {error}.");
        let mut error = BenchError::new(why);
        if [Errno::MFILE, Errno::NFILE].contains(&errno) {
            error = error.unlock("ulimit -n 4096");
        }
        return HttpError::bench(error);
    }
    let trouble = if error.kind() == io::ErrorKind::ConnectionRefused {
        Trouble::Refused
    } else {
        Trouble::NoAnswer { reset: true }
    };
    turn.trouble(trouble, tape)
}

/// Why an exchange broke off.
pub(super) fn broken(error: &hyper::Error, progress: &Progress, tape: &Tape) -> Trouble {
    let received = tape.read().received_total;
    let reset = caused_by_reset(error);
    if progress.has_head {
        if error.is_body_write_aborted() || error.is_incomplete_message() || reset || is_end(error)
        {
            return Trouble::Cut {
                reset,
                got: progress.body.len() as u64,
                of: progress.promised,
                in_head: false,
            };
        }
        let why = whole_story(error);
        return Trouble::Malformed { why };
    }
    if received == 0 {
        return Trouble::NoAnswer { reset };
    }
    if error.is_incomplete_message() || reset {
        return Trouble::Cut {
            reset,
            got: received,
            of: None,
            in_head: true,
        };
    }
    let why = whole_story(error);
    Trouble::Malformed { why }
}

/// What was still missing when the time was over.
pub(super) fn overdue(within: std::time::Duration, progress: &Progress, tape: &Tape) -> Trouble {
    if progress.has_head {
        let got = progress.body.len() as u64;
        let of = progress.promised;
        return Trouble::Unfinished { within, got, of };
    }
    match tape.read().received_total {
        0 => Trouble::Silent { within },
        got => Trouble::Unfinished {
            within,
            got,
            of: None,
        },
    }
}

fn sources(error: &hyper::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(
        error.source(),
        |source: &&(dyn std::error::Error + 'static)| (*source).source(),
    )
}

fn caused_by_reset(error: &hyper::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    sources(error)
        .filter_map(|source| source.downcast_ref::<io::Error>())
        .any(|cause| [BrokenPipe, ConnectionAborted, ConnectionReset].contains(&cause.kind()))
}

fn is_end(error: &hyper::Error) -> bool {
    sources(error)
        .filter_map(|source| source.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::UnexpectedEof)
}

fn whole_story(error: &hyper::Error) -> String {
    let mut text = error.to_string();
    for source in sources(error) {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
    }
    text
}

/// How many bytes came beyond a body of `length`, where the head tells its length.
pub(super) fn surplus(tape: &Tape, length: u64) -> Option<u64> {
    const END: &[u8] = b"\r\n\r\n";
    let record = tape.read();
    let mut head = 0;
    loop {
        let rest = &record.received[head..];
        let end = rest.windows(END.len()).position(|window| window == END)?;
        let is_interim = rest.starts_with(b"HTTP/1.1 1");
        head += end + END.len();
        if !is_interim {
            break;
        }
    }
    let extra = record.received_total.checked_sub(head as u64 + length)?;
    (extra > 0).then_some(extra)
}
