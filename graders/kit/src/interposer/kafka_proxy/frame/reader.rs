//! Reads Kafka's fields out of bytes that anybody may have sent: nothing is taken on trust.
//!
//! The decoders of `kafka-protocol` set memory aside for as many elements as an array claims to have,
//! and a claim that is too large aborts the process. Here nothing is set aside for a claim.

use uuid::Uuid;

/// Names longer than this are of no use to a check, and are kept for as long as an answer takes.
const LONGEST_NAME: usize = 4096;
/// Elements that are looked into, over all arrays of a frame.
const MOST: usize = 10_000;

/// Why a body cannot be read.
pub(super) type Read<T> = Result<T, &'static str>;

pub(super) struct Reader<'b> {
    rest: &'b [u8],
    /// Lengths are varints, and every struct ends with tagged fields (KIP-482).
    flexible: bool,
    elements: usize,
}

impl<'b> Reader<'b> {
    pub(super) fn new(rest: &'b [u8], flexible: bool) -> Self {
        Self {
            rest,
            flexible,
            elements: 0,
        }
    }

    pub(super) fn rest(&self) -> &'b [u8] {
        self.rest
    }

    fn take(&mut self, length: usize) -> Read<&'b [u8]> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or("it ends before its last field")?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let taken = self.take(N)?;
        taken
            .try_into()
            .map_err(|_| "it ends before its last field")
    }

    pub(super) fn skip(&mut self, length: usize) -> Read<()> {
        self.take(length).map(|_| ())
    }

    pub(super) fn int16(&mut self) -> Read<i16> {
        self.array().map(i16::from_be_bytes)
    }

    pub(super) fn int32(&mut self) -> Read<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(super) fn int64(&mut self) -> Read<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub(super) fn uuid(&mut self) -> Read<Uuid> {
        self.array().map(Uuid::from_bytes)
    }

    fn varint(&mut self) -> Read<usize> {
        let mut value = 0_u64;
        for place in 0..5 {
            let [byte] = self.array()?;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return usize::try_from(value).map_err(|_| "a length that is none");
            }
        }
        Err("a varint of more than five bytes")
    }

    /// A length as the flexible versions write it; `None` is null.
    fn compact(&mut self) -> Read<Option<usize>> {
        Ok(self.varint()?.checked_sub(1))
    }

    /// A string that may be null; a long one is refused, since it would be kept.
    pub(super) fn text(&mut self) -> Read<Option<String>> {
        let length = if self.flexible {
            self.compact()?
        } else {
            signed(i32::from(self.int16()?))?
        };
        let Some(length) = length else {
            return Ok(None);
        };
        let bytes = self.take(length)?;
        if length > LONGEST_NAME {
            return Err("a name of more than 4096 bytes");
        }
        let text = std::str::from_utf8(bytes).map_err(|_| "a string that is no UTF-8")?;
        Ok(Some(text.to_owned()))
    }

    /// A string that may be null and that nobody asks for.
    pub(super) fn skip_text(&mut self) -> Read<()> {
        let length = if self.flexible {
            self.compact()?
        } else {
            signed(i32::from(self.int16()?))?
        };
        self.skip(length.unwrap_or(0))
    }

    /// Bytes that may be null, and are empty then.
    pub(super) fn bytes(&mut self) -> Read<&'b [u8]> {
        let length = self.claim()?;
        self.take(length)
    }

    /// How many elements follow; each of them has at least one byte.
    pub(super) fn count(&mut self) -> Read<usize> {
        let count = self.claim()?;
        if count > self.rest.len() {
            return Err("an array that claims more elements than there are bytes");
        }
        self.elements += count;
        if self.elements > MOST {
            return Err("more elements than are looked into");
        }
        Ok(count)
    }

    /// Elements of a fixed size that nobody asks for.
    pub(super) fn skip_array(&mut self, size: usize) -> Read<()> {
        let count = self.claim()?;
        let whole = count.checked_mul(size).ok_or("a length that is none")?;
        self.skip(whole)
    }

    fn claim(&mut self) -> Read<usize> {
        let claimed = if self.flexible {
            self.compact()?
        } else {
            signed(self.int32()?)?
        };
        Ok(claimed.unwrap_or(0))
    }

    /// The end of a struct.
    pub(super) fn tags(&mut self) -> Read<()> {
        if !self.flexible {
            return Ok(());
        }
        for _ in 0..self.varint()? {
            self.varint()?;
            let length = self.varint()?;
            self.skip(length)?;
        }
        Ok(())
    }
}

fn signed(length: i32) -> Read<Option<usize>> {
    match length {
        -1 => Ok(None),
        length => usize::try_from(length)
            .map(Some)
            .map_err(|_| "a negative length"),
    }
}
