//! The framing of `PostgreSQL`'s protocol 3: a type byte, a length that counts itself, a body.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// No message is longer; a length beyond is not `PostgreSQL`'s protocol.
const LONGEST: usize = 64 << 20;
/// Longer messages are passed on in pieces; the first is this long, enough for any statement.
const WHOLE: usize = 1 << 20;

/// What stands at the beginning of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A message, or the beginning of a long one.
    Head { kind: u8, raw: Bytes },
    /// More of the message begun last.
    More(Bytes),
}

/// Cuts a stream into messages.
#[derive(Debug, Default)]
pub(super) struct Framing {
    left: usize,
}

/// The length of a message that cannot be one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLength(pub i32);

impl Framing {
    /// The next piece, `None` until more has come.
    pub(super) fn next(&mut self, from: &mut BytesMut) -> Result<Option<Piece>, BadLength> {
        if self.left > 0 {
            let size = self.left.min(from.len());
            self.left -= size;
            return Ok((size > 0).then(|| Piece::More(from.split_to(size).freeze())));
        }
        let Some((&kind, rest)) = from.split_first() else {
            return Ok(None);
        };
        let Some(length) = rest.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = i32::from_be_bytes(*length);
        let whole = match usize::try_from(length) {
            Ok(length @ 4..=LONGEST) => length + 1,
            _ => return Err(BadLength(length)),
        };
        let head = whole.min(WHOLE);
        if from.len() < head {
            from.reserve(head - from.len());
            return Ok(None);
        }
        self.left = whole - head;
        let raw = from.split_to(head).freeze();
        Ok(Some(Piece::Head { kind, raw }))
    }
}

/// What follows type and length of a message.
pub(super) fn body(raw: &Bytes) -> Bytes {
    raw.slice(raw.len().min(5)..)
}

/// Takes a text that a zero byte ends.
pub(super) fn text(from: &mut Bytes) -> String {
    let end = from.iter().position(|&byte| byte == 0);
    let taken = from.split_to(end.unwrap_or(from.len()));
    if from.has_remaining() {
        from.advance(1);
    }
    String::from_utf8_lossy(&taken).into_owned()
}

/// A message of a type with a body.
pub(super) fn message(kind: u8, body: &[u8]) -> Bytes {
    let mut raw = BytesMut::with_capacity(body.len() + 5);
    raw.put_u8(kind);
    raw.put_i32(i32::try_from(body.len() + 4).expect("the bench writes short messages"));
    raw.put_slice(body);
    raw.freeze()
}

/// An `ErrorResponse`.
pub(super) fn error(severity: &str, sqlstate: &str, why: &str) -> Bytes {
    let mut body = Vec::new();
    for (field, text) in [
        (b'S', severity),
        (b'V', severity),
        (b'C', sqlstate),
        (b'M', why),
    ] {
        body.push(field);
        body.extend(text.bytes().filter(|&byte| byte != 0));
        body.push(0);
    }
    body.push(0);
    message(b'E', &body)
}

/// SQLSTATE and message of an `ErrorResponse`'s body.
pub(super) fn error_fields(mut body: Bytes) -> (String, String) {
    let (mut sqlstate, mut why) = (String::new(), String::new());
    while body.has_remaining() {
        match body.get_u8() {
            0 => break,
            b'C' => sqlstate = text(&mut body),
            b'M' => why = text(&mut body),
            _ => drop(text(&mut body)),
        }
    }
    (sqlstate, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_framed_the_same_wherever_it_is_cut() {
        let stream = [
            message(b'Q', b"COMMIT\0"),
            message(b'S', b""),
            error("ERROR", "40001", "no"),
        ]
        .concat();
        for cut in 0..=stream.len() {
            let (mut framing, mut buffer, mut seen) = (Framing::default(), BytesMut::new(), vec![]);
            for part in [&stream[..cut], &stream[cut..]] {
                buffer.extend_from_slice(part);
                while let Some(piece) = framing.next(&mut buffer).unwrap() {
                    let Piece::Head { kind, raw } = piece else {
                        panic!("short messages come whole");
                    };
                    seen.push((kind, raw));
                }
            }
            let kinds: Vec<u8> = seen.iter().map(|(kind, _)| *kind).collect();
            assert_eq!(kinds, b"QSE", "cut at {cut}");
            let why = error_fields(body(&seen[2].1));
            assert_eq!(why, ("40001".to_owned(), "no".to_owned()));
        }
    }

    #[test]
    fn a_long_message_comes_in_pieces() {
        let mut buffer = BytesMut::from(&message(b'd', &vec![7; 3 << 20])[..]);
        let whole = buffer.len();
        let (mut framing, mut size) = (Framing::default(), 0);
        while let Some(Piece::Head { raw, .. } | Piece::More(raw)) =
            framing.next(&mut buffer).unwrap()
        {
            size += raw.len();
        }
        assert_eq!((size, framing.left), (whole, 0));
    }

    #[test]
    fn a_length_that_cannot_be_is_refused() {
        for length in [3_i32, -1, (64 << 20) + 1] {
            let mut buffer = BytesMut::from(&b"Q"[..]);
            buffer.put_i32(length);
            assert_eq!(Framing::default().next(&mut buffer), Err(BadLength(length)));
        }
    }
}
