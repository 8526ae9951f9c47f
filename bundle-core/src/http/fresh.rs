//! Fresh numbers for request ids and jitter, without asking the operating system each time.

use std::cell::Cell;

use uuid::{Builder, Uuid};

thread_local! {
    /// Begins with randomness of the operating system on each thread.
    static STATE: Cell<u128> = Cell::new(Uuid::new_v4().as_u128());
}

/// A random number. Not for secrets: it can be guessed from the ones before.
pub(crate) fn number() -> u64 {
    STATE.with(|state| {
        // The multiplier of the 128 bit linear congruential generator; its upper half is well mixed.
        let next = state.get().wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(1 | (1 << 64));
        state.set(next);
        (next >> 64) as u64
    })
}

/// A GUID (version 4) to find a request by.
pub(crate) fn guid() -> Uuid {
    Builder::from_random_bytes(((u128::from(number()) << 64) | u128::from(number())).to_ne_bytes()).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn guids_are_version_4_and_differ_on_all_threads() {
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| (0..10_000).map(|_| guid()).collect())).collect();
        let mut all = HashSet::new();
        for thread in threads {
            let guids: Vec<Uuid> = thread.join().unwrap();
            assert!(guids.iter().all(|guid| guid.get_version_num() == 4));
            all.extend(guids);
        }
        assert_eq!(all.len(), 40_000);
    }

    #[test]
    fn numbers_spread_over_the_whole_range() {
        let mut sixteenths = [0_u32; 16];
        for _ in 0..16_000 {
            sixteenths[(number() >> 60) as usize] += 1;
        }
        assert!(sixteenths.iter().all(|count| (800..1_200).contains(count)), "{sixteenths:?}");
    }
}
