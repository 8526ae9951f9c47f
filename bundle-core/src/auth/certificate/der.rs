//! As much DER as certificates and PFX files need: definite lengths, short tags, nothing copied.

/// Reads elements one after the other; `None` is anything that is not such DER.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element: its tag and content.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        // A tag of several bytes; none of the structures read here has one.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, mut rest) = rest.split_first()?;
        let len = match first {
            0..=0x7f => usize::from(first),
            0x81..=0x84 => {
                let (bytes, tail) = rest.split_at_checked(usize::from(first & 0x7f))?;
                rest = tail;
                bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte))
            }
            _ => return None,
        };
        let (content, tail) = rest.split_at_checked(len)?;
        self.0 = tail;
        Some((tag, content))
    }

    /// The content of the next element when it has this tag; else nothing is read.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content) = ahead.next()?;
        (found == tag).then(|| {
            *self = ahead;
            content
        })
    }

    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.take(SEQUENCE).map(Self)
    }

    /// A small whole number that is not negative.
    #[cfg(feature = "certificate")]
    pub(super) fn number(&mut self) -> Option<u32> {
        let bytes = self.take(INTEGER)?;
        let bytes = bytes.strip_prefix(&[0]).unwrap_or(bytes);
        (bytes.len() <= 4).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }
}

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
#[cfg(feature = "certificate")]
pub(super) const OCTET_STRING: u8 = 0x04;
#[cfg(feature = "certificate")]
pub(super) const OID: u8 = 0x06;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
pub(super) const CONTEXT_0: u8 = 0xa0;

#[cfg(all(test, feature = "certificate"))]
mod tests {
    use super::*;

    #[test]
    fn only_whole_elements_are_read() {
        for bad in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x82, 1],
            &[0x1f, 0x81, 0, 0],
        ] {
            assert!(Reader::new(bad).next().is_none(), "{bad:?}");
        }
        let mut reader = Reader::new(&[0x30, 0x81, 3, 2, 1, 7, 4, 0]);
        assert!(reader.take(OID).is_none());
        assert_eq!(reader.sequence().unwrap().number(), Some(7));
        assert_eq!(reader.next(), Some((OCTET_STRING, &[][..])));
        assert!(reader.next().is_none());
    }
}
