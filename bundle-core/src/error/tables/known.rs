//! Whether a word is a code at all, for texts in which any word may be one.

use std::sync::LazyLock;

use super::{azure, client, entra, exchange, foreign, graph, lower, oauth, partner_center};

/// Whether any table has a row for the code.
pub(in crate::error) fn is_known(code: &str) -> bool {
    static NAMES: LazyLock<Names> = LazyLock::new(Names::new);
    NAMES.may_hold(code) && (foreign(code).is_some() || oauth(code).is_some())
}

/// One bit for each hash of a code that a table has: rules most other words out without a search.
struct Names([u64; 64]);

impl Names {
    fn new() -> Self {
        let tables = [graph::CODES, azure::CODES, exchange::CODES, client::CODES, partner_center::CODES, entra::OAUTH];
        let mut bits = [0; 64];
        for (name, ..) in tables.into_iter().flatten() {
            let bit = Self::bit(name);
            bits[bit / 64] |= 1 << (bit % 64);
        }
        Self(bits)
    }

    fn may_hold(&self, name: &str) -> bool {
        let bit = Self::bit(name);
        self.0[bit / 64] & (1 << (bit % 64)) != 0
    }

    fn bit(name: &str) -> usize {
        lower(name).fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte))) % 4096
    }
}
