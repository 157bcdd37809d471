//! Compressed batches, unpacked within bounds: a thousandth of what a broker takes can be a gigabyte.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use flate2::read::GzDecoder;
use kafka_protocol::{
    compression::{Decompressor as _, Snappy},
    records::Compression,
};

/// What one fetch may unpack to; eight times what it asks for, and far more than any lab writes.
pub(super) const MOST: usize = 64 << 20;

/// Unpacks the records of a batch, if they fit into what is left; takes them off it.
pub(super) fn unpack(
    packed: &mut Bytes,
    compression: Compression,
    left: &mut usize,
) -> io::Result<Bytes> {
    let packed = packed.split_off(0);
    let unpacked = match compression {
        Compression::None => return Ok(packed),
        Compression::Gzip => within(GzDecoder::new(packed.reader()), *left)?,
        Compression::Zstd => within(zstd::stream::read::Decoder::new(packed.reader())?, *left)?,
        Compression::Lz4 => within(lz4::Decoder::new(packed.reader())?, *left)?,
        // It makes of three bytes at most 64, and what it claims to be is not touched before.
        Compression::Snappy => {
            let mut packed = packed;
            Snappy::decompress(&mut packed, |unpacked| Ok(unpacked.split_off(0)))
                .map_err(io::Error::other)?
        }
    };
    *left = left
        .checked_sub(unpacked.len())
        .ok_or_else(|| too_much(*left))?;
    Ok(unpacked)
}

fn within(from: impl Read, most: usize) -> io::Result<Bytes> {
    let mut unpacked = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX - 1) + 1;
    from.take(limit).read_to_end(&mut unpacked)?;
    if unpacked.len() > most {
        return Err(too_much(most));
    }
    Ok(unpacked.into())
}

fn too_much(most: usize) -> io::Error {
    let why = format!("its compressed records unpack to more than {most} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, why)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::compression::{Compressor, Gzip, Lz4, Zstd};

    use super::*;

    fn packed<C: Compressor<BytesMut, BufMut = BytesMut>>(bytes: &[u8]) -> Bytes {
        let mut packed = BytesMut::new();
        C::compress(&mut packed, |buffer| {
            buffer.extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
        packed.freeze()
    }

    fn all(bytes: &[u8]) -> [(Compression, Bytes); 4] {
        [
            (Compression::Gzip, packed::<Gzip>(bytes)),
            (Compression::Zstd, packed::<Zstd>(bytes)),
            (Compression::Lz4, packed::<Lz4>(bytes)),
            (Compression::Snappy, packed::<Snappy>(bytes)),
        ]
    }

    #[test]
    fn every_codec_gives_back_what_was_packed_and_counts_it() {
        for (compression, mut packed) in all(b"a fill") {
            let mut left = 10;
            let unpacked = unpack(&mut packed, compression, &mut left).unwrap();
            assert_eq!(
                (&unpacked[..], left),
                (&b"a fill"[..], 4),
                "{compression:?}"
            );
        }
    }

    #[test]
    fn a_bomb_is_left_packed() {
        for (compression, mut packed) in all(&vec![0; 3 << 20]) {
            let mut left = 1 << 20;
            let error = unpack(&mut packed, compression, &mut left).unwrap_err();
            assert!(
                error.to_string().ends_with("more than 1048576 bytes"),
                "{compression:?}: {error}"
            );
        }
    }

    #[test]
    fn garbage_is_an_error() {
        for (compression, _) in all(b"") {
            let mut garbage = Bytes::from_static(&[0xff; 40]);
            assert!(
                unpack(&mut garbage, compression, &mut 100).is_err(),
                "{compression:?}"
            );
        }
    }
}
