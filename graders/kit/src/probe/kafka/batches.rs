//! What a reader of committed records may see of the batches of a fetch (`read_committed`, KIP-98).

use std::{cell::Cell, collections::BTreeSet, io};

use bytes::Bytes;
use kafka_protocol::records::{Compression, Record, RecordBatchDecoder};

use super::unpack::{MOST, unpack};

/// A batch's length field does not count itself and the base offset before it.
const LENGTH_ENDS: usize = 12;
/// The head of a batch, up to its records.
const HEAD: usize = 61;
const TRANSACTIONAL: i16 = 0x10;
const CONTROL: i16 = 0x20;

/// The committed records of a fetch, and the offset behind its last whole batch.
pub(super) struct Committed {
    pub(super) records: Vec<Record>,
    pub(super) next: Option<i64>,
}

/// Why a fetch cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// So few bytes unpack to more than [`MOST`].
    TooMuch { packed: usize },
    /// No batch that a broker stores.
    Malformed(String),
}

impl From<String> for Unread {
    fn from(why: String) -> Self {
        Self::Malformed(why)
    }
}

/// Leaves out control batches and the records of aborted transactions; `aborted` has the producers
/// and the first offsets of those. A batch that was cut off at the end waits for the next fetch.
pub(super) fn committed(
    mut bytes: Bytes,
    mut aborted: Vec<(i64, i64)>,
) -> Result<Committed, Unread> {
    let packed = bytes.len();
    aborted.sort_by_key(|(_, first)| std::cmp::Reverse(*first));
    let mut aborting = BTreeSet::new();
    let left = Cell::new(MOST);
    let is_too_much = Cell::new(false);
    let unpack = |packed: &mut Bytes, compression: Compression| {
        let mut of_fetch = left.get();
        let unpacked = unpack(packed, compression, &mut of_fetch)
            .inspect_err(|error| is_too_much.set(error.kind() == io::ErrorKind::FileTooLarge))?;
        left.set(of_fetch);
        Ok(unpacked)
    };
    let mut seen = Committed {
        records: Vec::new(),
        next: None,
    };
    while let Some(mut batch) = next_batch(&mut bytes)? {
        let last = number::<8>(&batch, 0).map(i64::from_be_bytes)?
            + i64::from(number::<4>(&batch, 23).map(i32::from_be_bytes)?);
        let attributes = number::<2>(&batch, 21).map(i16::from_be_bytes)?;
        let producer = number::<8>(&batch, 43).map(i64::from_be_bytes)?;
        seen.next = Some(last + 1);
        while let Some((producer, _)) = aborted.pop_if(|(_, first)| *first <= last) {
            aborting.insert(producer);
        }
        let control = attributes & CONTROL != 0;
        if !control && attributes & TRANSACTIONAL != 0 && aborting.contains(&producer) {
            continue;
        }
        let set = RecordBatchDecoder::decode_with_custom_compression(&mut batch, Some(&unpack))
            .map_err(|error| {
                if is_too_much.get() {
                    Unread::TooMuch { packed }
                } else {
                    Unread::Malformed(format!("{error:#}"))
                }
            })?;
        if !control {
            seen.records.extend(set.records);
        } else if set.records.iter().any(ends_in_abort) {
            aborting.remove(&producer);
        }
    }
    Ok(seen)
}

/// The key of an end-of-transaction marker: version, then type; 0 is an abort.
fn ends_in_abort(marker: &Record) -> bool {
    matches!(marker.key.as_deref(), Some([_, _, 0, 0, ..]))
}

fn next_batch(bytes: &mut Bytes) -> Result<Option<Bytes>, String> {
    if bytes.len() < LENGTH_ENDS {
        return Ok(None);
    }
    let length = number::<4>(bytes, 8).map(i32::from_be_bytes)?;
    let whole = usize::try_from(length).map_err(|_| "a batch of negative length")? + LENGTH_ENDS;
    if whole < HEAD {
        return Err(format!("a batch of {whole} bytes"));
    }
    Ok((whole <= bytes.len()).then(|| bytes.split_to(whole)))
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], String> {
    let part = bytes.get(at..at + N).and_then(|part| part.try_into().ok());
    part.ok_or_else(|| "a batch that is cut off".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{
        super::records::{Produced, encodable, encoded},
        *,
    };

    #[test]
    fn a_batch_cut_off_at_the_end_waits() {
        let seen = committed(Bytes::from(vec![0; 11]), Vec::new()).unwrap();
        assert!(seen.records.is_empty() && seen.next.is_none());
        let mut head = vec![0; 61];
        head[8..12].copy_from_slice(&500_i32.to_be_bytes());
        let seen = committed(Bytes::from(head), Vec::new()).unwrap();
        assert_eq!(seen.next, None);
    }

    #[test]
    fn garbage_is_an_error_and_no_panic() {
        assert!(committed(Bytes::from(vec![0; 61]), Vec::new()).is_err());
        assert!(committed(Bytes::from(vec![0xff; 61]), Vec::new()).is_err());
    }

    #[test]
    fn a_batch_that_bursts_is_told_from_one_that_is_none() {
        let large = Produced {
            value: Some(Bytes::from(vec![b' '; MOST + 1])),
            ..Produced::default()
        };
        let bytes = encoded(&[encodable(large, 0).unwrap()], Compression::Gzip).unwrap();
        let packed = bytes.len();
        let unread = committed(bytes, Vec::new()).err().unwrap();
        assert!(
            matches!(unread, Unread::TooMuch { packed: told } if told == packed),
            "{unread:?}"
        );
    }
}
