//! Object ids that look random and are the same in every run.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

/// A source of version-4-looking ids, counted up so that runs are comparable.
///
/// Ids sort in the order in which they were made, which keeps lists in order of creation.
#[derive(Clone, Debug, Default)]
pub struct IdSource {
    made: u32,
}

impl IdSource {
    /// Creates a source at its beginning.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the next id.
    #[expect(clippy::should_implement_trait, reason = "an endless source, not an iterator")]
    pub fn next(&mut self) -> Uuid {
        self.made += 1;
        let rest = mix(u64::from(self.made));
        let high = (u64::from(self.made) << 37) | (rest >> 27);
        let raw = Uuid::from_u64_pair(high, mix(rest)).into_bytes();
        uuid::Builder::from_random_bytes(raw).into_uuid()
    }

    /// Returns a text of 43 characters, the form Graph gives ids of grants and assignments.
    pub fn next_key(&mut self) -> String {
        let mut raw = [0; 32];
        raw[..16].copy_from_slice(self.next().as_bytes());
        raw[16..].copy_from_slice(&mix(u64::from(self.made)).to_be_bytes().repeat(2));
        URL_SAFE_NO_PAD.encode(raw)
    }

    /// Returns a text of 32 characters made from the next id, for codes and tokens.
    pub fn next_text(&mut self) -> String {
        self.next().simple().to_string()
    }
}

/// Scrambles a number (the finaliser of `SplitMix64`).
fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_unique_and_repeatable() {
        let ids = |n: usize| {
            let mut source = IdSource::new();
            (0..n).map(|_| source.next()).collect::<Vec<_>>()
        };
        let first = ids(5000);
        assert_eq!(first, ids(5000));
        assert!(first.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(first.iter().all(|id| id.get_version_num() == 4));
    }
}
