//! Decompression of a body as it arrives.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;

use super::SendFailure;
use crate::error::{Error, ErrorKind};

/// Undoes gzip.
pub(super) struct Gunzip(MultiGzDecoder<Vec<u8>>);

impl Gunzip {
    pub(super) fn new() -> Self {
        Self(MultiGzDecoder::new(Vec::new()))
    }

    /// Takes compressed bytes and answers how many plain ones there are, once more than `cap` are there at the latest.
    pub(super) fn push(&mut self, compressed: &[u8], cap: usize) -> Result<usize, SendFailure> {
        // Gzip grows by a factor of a thousand at most, so a small step bounds what one step can bring.
        for step in compressed.chunks(STEP) {
            self.0.write_all(step).map_err(corrupt)?;
            if self.0.get_ref().len() > cap {
                return Ok(self.0.get_ref().len());
            }
        }
        // The decoder keeps the last bytes to itself until it is asked for them.
        self.0.flush().map_err(corrupt)?;
        Ok(self.0.get_ref().len())
    }

    pub(super) fn so_far(&self) -> &[u8] {
        self.0.get_ref()
    }

    pub(super) fn finish(self) -> Result<Bytes, SendFailure> {
        let plain = self.0.finish().map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => {
                let text = "the compressed answer ends too early";
                SendFailure::lost(Error::new(ErrorKind::Connection, text).with_source(cause))
            }
            _ => corrupt(cause),
        })?;
        Ok(plain.into())
    }
}

fn corrupt(cause: io::Error) -> SendFailure {
    SendFailure::lost(Error::new(ErrorKind::Decode, "the compressed answer is corrupt").with_source(cause))
}

const STEP: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_bytes_are_there_as_soon_as_their_compressed_ones() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(b"beginning").unwrap();
        encoder.flush().unwrap();
        let beginning = encoder.get_ref().len();
        encoder.write_all(b" and end").unwrap();
        let bytes = encoder.finish().unwrap();
        for step in [1, 7, bytes.len()] {
            let mut gunzip = Gunzip::new();
            for piece in bytes[..beginning].chunks(step) {
                gunzip.push(piece, 100).unwrap();
            }
            assert_eq!(gunzip.so_far(), b"beginning");
            for piece in bytes[beginning..].chunks(step) {
                gunzip.push(piece, 100).unwrap();
            }
            assert_eq!(gunzip.so_far(), b"beginning and end");
            assert_eq!(gunzip.finish().unwrap(), &b"beginning and end"[..]);
        }
    }

    #[test]
    fn what_is_let_through_over_the_cap_is_bounded() {
        let bomb = gzip(&vec![0; 64 << 20]);
        let mut gunzip = Gunzip::new();
        assert!(gunzip.push(&bomb, 1000).unwrap() > 1000);
        assert!(gunzip.so_far().len() < 2 << 20, "{}", gunzip.so_far().len());
    }

    #[test]
    fn members_follow_each_other_and_a_cut_is_no_corruption() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        let mut gunzip = Gunzip::new();
        gunzip.push(&two, 100).unwrap();
        assert_eq!(gunzip.finish().unwrap(), &b"one two"[..]);

        let one = gzip(b"one two three");
        let ends = |bytes: &[u8]| {
            let mut gunzip = Gunzip::new();
            match gunzip.push(bytes, 100) {
                Ok(_) => gunzip.finish().map_err(|failure| failure.error.kind()),
                Err(failure) => Err(failure.error.kind()),
            }
        };
        assert_eq!(ends(&one[..one.len() / 2]), Err(ErrorKind::Connection));
        let mut wrong_sum = one.clone();
        let sum = one.len() - 8;
        wrong_sum[sum] ^= 1;
        assert_eq!(ends(&wrong_sum), Err(ErrorKind::Decode));
        let mut wrong_method = one;
        wrong_method[2] = 7;
        assert_eq!(ends(&wrong_method), Err(ErrorKind::Decode));
    }
}
