//! Decompression of a body as it arrives.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::GzDecoder;

use super::SendFailure;
use crate::error::{Error, ErrorKind};

/// Undoes gzip.
pub(super) struct Gunzip(GzDecoder<Vec<u8>>);

impl Gunzip {
    pub(super) fn new() -> Self {
        Self(GzDecoder::new(Vec::new()))
    }

    /// Takes compressed bytes and answers how many plain ones there are, once more than `cap` are there at the latest.
    pub(super) fn push(&mut self, compressed: &[u8], cap: usize) -> Result<usize, SendFailure> {
        // Gzip grows by a factor of a thousand at most, so a small step bounds what one step can bring.
        for step in compressed.chunks(STEP) {
            self.0.write_all(step).map_err(|cause| {
                let error = Error::new(ErrorKind::Decode, "the compressed answer is corrupt").with_source(cause);
                SendFailure::lost(error)
            })?;
            if self.0.get_ref().len() > cap {
                break;
            }
        }
        Ok(self.0.get_ref().len())
    }

    pub(super) fn so_far(&self) -> &[u8] {
        self.0.get_ref()
    }

    pub(super) fn finish(self) -> Result<Bytes, SendFailure> {
        let plain = self.0.finish().map_err(|cause| {
            let text = "the compressed answer ends too early";
            SendFailure::lost(Error::new(ErrorKind::Connection, text).with_source(cause))
        })?;
        Ok(plain.into())
    }
}

const STEP: usize = 1 << 10;
