//! Which requests go into which batch.

use std::collections::HashMap;

use super::rules::Part;

/// What one batch may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) items: usize,
    pub(super) bytes: usize,
    pub(super) per_mailbox: usize,
}

/// Puts independent requests into as few batches as the bounds allow and answers their positions. Requests stay in
/// order within a batch; requests below different roots are never in one. A request too large for any batch gets one of
/// its own: the service may have a say.
pub(super) fn pack(parts: &[&Part], bounds: Bounds) -> Vec<Vec<usize>> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut closed = Vec::new();
    for (position, part) in parts.iter().enumerate() {
        let at = match open.iter().position(|batch| batch.takes(part, bounds)) {
            Some(at) => at,
            None => {
                if open.len() == KEPT_OPEN {
                    closed.push(open.remove(0).positions);
                }
                open.push(Open::new(part.root));
                open.len() - 1
            }
        };
        open[at].add(position, part);
        if open[at].positions.len() == bounds.items {
            closed.push(open.remove(at).positions);
        }
    }
    closed.extend(open.into_iter().map(|batch| batch.positions));
    closed.sort_unstable_by_key(|positions| positions[0]);
    closed
}

/// A batch with room left.
struct Open<'a> {
    root: usize,
    positions: Vec<usize>,
    bytes: usize,
    mailboxes: HashMap<&'a str, usize>,
}

impl<'a> Open<'a> {
    fn new(root: usize) -> Self {
        Self { root, positions: Vec::new(), bytes: 0, mailboxes: HashMap::new() }
    }

    fn takes(&self, part: &Part, bounds: Bounds) -> bool {
        let of_mailbox = part.mailbox.as_deref().and_then(|mailbox| self.mailboxes.get(mailbox)).copied();
        self.root == part.root
            && self.positions.len() < bounds.items
            && self.bytes + part.size() <= bounds.bytes
            && of_mailbox.unwrap_or_default() < bounds.per_mailbox
    }

    fn add(&mut self, position: usize, part: &'a Part) {
        self.positions.push(position);
        self.bytes += part.size();
        if let Some(mailbox) = &part.mailbox {
            *self.mailboxes.entry(mailbox).or_default() += 1;
        }
    }
}

/// How many batches with room are looked at: many requests for few mailboxes leave room in all of them.
const KEPT_OPEN: usize = 32;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::vec;
    use proptest::prelude::{ProptestConfig, Strategy, prop_assert, proptest};
    use serde_json::value::to_raw_value;

    use super::*;

    const BOUNDS: Bounds = Bounds { items: 20, bytes: 10_000, per_mailbox: 4 };

    fn part(root: usize, mailbox: Option<&str>, bytes: usize) -> Part {
        let body = (bytes > 0).then(|| to_raw_value(&"x".repeat(bytes)).unwrap());
        Part { root, mailbox: mailbox.map(str::to_owned), url: "/a".into(), headers: BTreeMap::new(), body }
    }

    fn sizes(parts: &[Part]) -> Vec<usize> {
        let packed = pack(&parts.iter().collect::<Vec<_>>(), BOUNDS);
        let mut all: Vec<usize> = packed.concat();
        all.sort_unstable();
        assert_eq!(all, (0..parts.len()).collect::<Vec<_>>(), "each request is in exactly one batch");
        assert!(packed.iter().all(|positions| positions.is_sorted()));
        packed.iter().map(Vec::len).collect()
    }

    fn many(count: usize, make: impl Fn(usize) -> Part) -> Vec<Part> {
        (0..count).map(make).collect()
    }

    #[test]
    fn batches_are_filled_to_the_limit() {
        for (count, expected) in [(0, vec![]), (1, vec![1]), (20, vec![20]), (21, vec![20, 1]), (45, vec![20, 20, 5])] {
            assert_eq!(sizes(&many(count, |_| part(0, None, 0))), expected, "{count}");
        }
    }

    #[test]
    fn roots_are_kept_apart() {
        assert_eq!(sizes(&many(42, |at| part(at % 2, None, 0))), [20, 20, 1, 1]);
    }

    #[test]
    fn mailbox_has_four_places_in_a_batch_and_others_fill_the_rest() {
        assert_eq!(sizes(&many(9, |_| part(0, Some("alex"), 0))), [4, 4, 1]);
        let mixed = many(24, |at| part(0, (at < 8).then_some("alex"), 0));
        assert_eq!(sizes(&mixed), [20, 4]);
        let crowd = many(1_000, |at| part(0, Some(["a", "b"][at % 2]), 0));
        assert_eq!(sizes(&crowd).len(), 125);
    }

    #[test]
    fn bytes_are_bounded_and_a_giant_goes_alone() {
        assert_eq!(sizes(&many(5, |_| part(0, None, 4_000))), [2, 2, 1]);
        assert_eq!(sizes(&[part(0, None, 0), part(0, None, 50_000), part(0, None, 0)]), [2, 1]);
    }

    fn any_part() -> impl Strategy<Value = Part> {
        (0_usize..3, 0_usize..6, 0_usize..12_000)
            .prop_map(|(root, mailbox, bytes)| part(root, ["a", "b", "c"].get(mailbox).copied(), bytes))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn any_requests_are_in_one_batch_each_within_its_bounds(parts in vec(any_part(), 0..200)) {
            sizes(&parts);
            for batch in pack(&parts.iter().collect::<Vec<_>>(), BOUNDS) {
                let parts: Vec<&Part> = batch.iter().map(|position| &parts[*position]).collect();
                prop_assert!(parts.len() <= BOUNDS.items && parts.iter().all(|part| part.root == parts[0].root));
                let bytes: usize = parts.iter().map(|part| part.size()).sum();
                prop_assert!(bytes <= BOUNDS.bytes || parts.len() == 1, "{bytes} bytes");
                for mailbox in ["a", "b", "c"] {
                    let places = parts.iter().filter(|part| part.mailbox.as_deref() == Some(mailbox)).count();
                    prop_assert!(places <= BOUNDS.per_mailbox, "{places} of {mailbox}");
                }
            }
        }
    }
}
