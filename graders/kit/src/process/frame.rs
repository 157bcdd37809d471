//! What the supervisor and its owner say to each other: a kind, a length, the bytes.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::launch::{Farewell, User};
use crate::verdict::{Exit, Stream};

/// Longer than any frame of ours; whoever announces more does not speak this protocol.
const LONGEST: u32 = 16 * 1024 * 1024;

/// What is to be started. Directory and environment are the supervisor's own: it hands them down.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) program: OsString,
    pub(crate) argv: Vec<OsString>,
    pub(crate) input: Option<OsString>,
    pub(crate) logs: Option<[OsString; 2]>,
    pub(crate) memory_mib: u64,
    pub(crate) log_bytes: u64,
    pub(crate) open_files: u64,
    pub(crate) file_bytes: u64,
    pub(crate) user: Option<User>,
    pub(crate) farewell: Farewell,
}

/// From the owner to the supervisor.
#[derive(Debug)]
pub(crate) enum Order {
    Start(Box<Spec>),
    Term { grace: Duration },
    Kill,
    Stop,
    Cont,
}

/// From the supervisor to the owner.
#[derive(Debug)]
pub(crate) enum Report {
    Started(Started),
    /// It could not be started.
    Refused(Refused),
    Output {
        stream: Stream,
        /// Bytes left out just before these.
        dropped: u64,
        bytes: Vec<u8>,
    },
    Exited(Exited),
    Gone(Gone),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Started {
    pub(crate) pid: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub(crate) why: String,
    /// The system refused the program itself, not something of ours.
    pub(crate) program: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Exited {
    pub(crate) exit: Exit,
    /// We had asked for it before.
    pub(crate) asked: bool,
    pub(crate) after_ms: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Gone {
    pub(crate) forced: bool,
    pub(crate) survivors: Vec<String>,
    pub(crate) left: Vec<String>,
    pub(crate) took_us: u64,
}

impl Order {
    pub(crate) fn encode(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Start(spec) => json(1, spec),
            Self::Term { grace } => {
                let ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
                Ok(frame(2, &[&ms.to_le_bytes()]))
            }
            Self::Kill => Ok(frame(3, &[])),
            Self::Stop => Ok(frame(4, &[])),
            Self::Cont => Ok(frame(5, &[])),
        }
    }

    /// The next order; `None` when the owner has gone.
    pub(crate) fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut head = [0; 5];
        match from.read_exact(&mut head) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
        let (kind, length) = split_head(head)?;
        let mut body = vec![0; length];
        from.read_exact(&mut body)?;
        match kind {
            1 => Ok(Some(Self::Start(serde_json::from_slice(&body)?))),
            2 => Ok(Some(Self::Term {
                grace: Duration::from_millis(number(&body)?),
            })),
            3 => Ok(Some(Self::Kill)),
            4 => Ok(Some(Self::Stop)),
            5 => Ok(Some(Self::Cont)),
            _ => Err(foreign()),
        }
    }
}

impl Report {
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let bytes = match self {
            Self::Started(started) => json(1, started)?,
            Self::Refused(refused) => json(2, refused)?,
            Self::Output {
                stream,
                dropped,
                bytes,
            } => {
                let stream = [u8::from(*stream == Stream::Stderr)];
                frame(3, &[&stream, &dropped.to_le_bytes(), bytes])
            }
            Self::Exited(exited) => json(4, exited)?,
            Self::Gone(gone) => json(5, gone)?,
        };
        to.write_all(&bytes)
    }

    pub(crate) fn decode(kind: u8, body: &[u8]) -> io::Result<Self> {
        match kind {
            1 => Ok(Self::Started(serde_json::from_slice(body)?)),
            2 => Ok(Self::Refused(serde_json::from_slice(body)?)),
            3 => {
                let (stream, rest) = body.split_first().ok_or_else(foreign)?;
                let (dropped, bytes) = rest.split_at_checked(8).ok_or_else(foreign)?;
                Ok(Self::Output {
                    stream: if *stream == 0 {
                        Stream::Stdout
                    } else {
                        Stream::Stderr
                    },
                    dropped: number(dropped)?,
                    bytes: bytes.to_vec(),
                })
            }
            4 => Ok(Self::Exited(serde_json::from_slice(body)?)),
            5 => Ok(Self::Gone(serde_json::from_slice(body)?)),
            _ => Err(foreign()),
        }
    }
}

/// Kind and length of the frame that follows these five bytes.
pub(crate) fn split_head(head: [u8; 5]) -> io::Result<(u8, usize)> {
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length);
    if length > LONGEST {
        return Err(foreign());
    }
    Ok((kind, usize::try_from(length).map_err(|_| foreign())?))
}

fn frame(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let length32 = u32::try_from(length).expect("frames are cut long before four gigabytes");
    let mut bytes = Vec::with_capacity(5 + length);
    bytes.push(kind);
    bytes.extend_from_slice(&length32.to_le_bytes());
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

fn json(kind: u8, value: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(frame(kind, &[&serde_json::to_vec(value)?]))
}

fn number(bytes: &[u8]) -> io::Result<u64> {
    Ok(u64::from_le_bytes(bytes.try_into().map_err(|_| foreign())?))
}

fn foreign() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the other side does not speak the supervisor's protocol",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_survives_the_pipe_and_an_end_is_no_order() {
        let mut wire = Order::Term {
            grace: Duration::from_millis(1500),
        }
        .encode()
        .unwrap();
        wire.extend(Order::Kill.encode().unwrap());
        let mut wire = wire.as_slice();
        assert!(matches!(
            Order::read(&mut wire).unwrap(),
            Some(Order::Term { grace }) if grace == Duration::from_millis(1500)
        ));
        assert!(matches!(Order::read(&mut wire).unwrap(), Some(Order::Kill)));
        assert!(Order::read(&mut wire).unwrap().is_none());
    }

    #[test]
    fn output_that_is_no_text_comes_through_as_it_is() {
        let mut wire = Vec::new();
        Report::Output {
            stream: Stream::Stderr,
            dropped: 7,
            bytes: vec![0xff, 0x00, 0x1b],
        }
        .write(&mut wire)
        .unwrap();
        let (kind, length) = split_head(wire[..5].try_into().unwrap()).unwrap();
        assert_eq!(length, wire.len() - 5);
        assert!(matches!(
            Report::decode(kind, &wire[5..]).unwrap(),
            Report::Output { stream: Stream::Stderr, dropped: 7, bytes } if bytes == [0xff, 0, 0x1b]
        ));
    }

    #[test]
    fn an_absurd_length_is_refused_before_anything_is_read() {
        assert!(split_head([3, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
