//! The search for the smallest cover.

/// What counts when two covers are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) level: u8,
    pub(super) writes: bool,
    /// How many lists of permissions name it.
    pub(super) breadth: usize,
}

/// The candidates that were chosen, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cover {
    pub(super) chosen: Vec<usize>,
    /// Whether no cover is smaller.
    pub(super) is_exact: bool,
}

/// Chooses candidates so that one way of each target is chosen as a whole. A target without ways is left out.
///
/// A first cover is found greedily, then better ones are looked for by branch and bound, for [`STEPS`] steps at most.
pub(super) fn cover(candidates: &[Candidate], targets: &[Vec<Vec<usize>>]) -> Cover {
    let targets: Vec<&[Vec<usize>]> = targets.iter().map(Vec::as_slice).filter(|ways| !ways.is_empty()).collect();
    let best = greedy(candidates, &targets);
    let mut search = Search { candidates, targets: &targets, cost: cost(candidates, &best), best, steps: 0 };
    search.branch(&mut vec![false; candidates.len()], 0);
    let is_exact = search.steps < STEPS;
    let mut best = search.best;
    prune(candidates, &targets, &mut best);
    let chosen = best.iter().enumerate().filter(|(_, chosen)| **chosen).map(|(at, _)| at).collect();
    Cover { chosen, is_exact }
}

struct Search<'a> {
    candidates: &'a [Candidate],
    targets: &'a [&'a [Vec<usize>]],
    best: Vec<bool>,
    cost: Cost,
    steps: usize,
}

impl Search<'_> {
    /// Tries every way of the target with the fewest ways that is not covered yet.
    fn branch(&mut self, chosen: &mut Vec<bool>, count: usize) {
        if self.steps >= STEPS {
            return;
        }
        self.steps += 1;
        let open = self.targets.iter().filter(|ways| !is_covered(ways, chosen));
        let Some(ways) = open.min_by_key(|ways| ways.len()) else {
            let cost = cost(self.candidates, chosen);
            if cost < self.cost {
                self.cost = cost;
                self.best.clone_from(chosen);
            }
            return;
        };
        for way in *ways {
            let new: Vec<usize> = way.iter().copied().filter(|at| !chosen[*at]).collect();
            // One that is as large may still be the lesser one.
            if count + new.len() <= self.cost.0 {
                new.iter().for_each(|at| chosen[*at] = true);
                self.branch(chosen, count + new.len());
                new.iter().for_each(|at| chosen[*at] = false);
            }
        }
    }
}

/// Takes the way that covers most for each new candidate until all is covered, then drops what is not needed.
fn greedy(candidates: &[Candidate], targets: &[&[Vec<usize>]]) -> Vec<bool> {
    let mut chosen = vec![false; candidates.len()];
    loop {
        let open: Vec<_> = targets.iter().filter(|ways| !is_covered(ways, &chosen)).collect();
        let ways = open.iter().flat_map(|ways| ways.iter());
        let gain = |way: &&Vec<usize>| {
            let mut with = chosen.clone();
            way.iter().for_each(|at| with[*at] = true);
            let covered = open.iter().filter(|ways| is_covered(ways, &with)).count();
            let new = way.iter().filter(|at| !chosen[**at]).count();
            let worst = way.iter().map(|at| candidates[*at].level).max();
            (covered * 100 / new.max(1), std::cmp::Reverse(worst))
        };
        let Some(way) = ways.max_by_key(gain) else { break };
        way.clone().into_iter().for_each(|at| chosen[at] = true);
    }
    prune(candidates, targets, &mut chosen);
    chosen
}

/// Drops what is not needed, the most privileged first.
fn prune(candidates: &[Candidate], targets: &[&[Vec<usize>]], chosen: &mut [bool]) {
    let mut order: Vec<usize> = (0..candidates.len()).filter(|at| chosen[*at]).collect();
    order.sort_by_key(|at| std::cmp::Reverse(candidates[*at].level));
    for at in order {
        chosen[at] = false;
        if targets.iter().any(|ways| !is_covered(ways, chosen)) {
            chosen[at] = true;
        }
    }
}

fn is_covered(ways: &[Vec<usize>], chosen: &[bool]) -> bool {
    ways.iter().any(|way| way.iter().all(|at| chosen[*at]))
}

/// How many; how privileged, a level counting three times the one below; how many write; how broad they are.
type Cost = (usize, u64, usize, usize);

fn cost(candidates: &[Candidate], chosen: &[bool]) -> Cost {
    let taken = || candidates.iter().zip(chosen).filter(|(_, chosen)| **chosen).map(|(candidate, _)| candidate);
    (
        taken().count(),
        taken().map(|candidate| 3_u64.pow(u32::from(candidate.level))).sum(),
        taken().filter(|candidate| candidate.writes).count(),
        taken().map(|candidate| candidate.breadth).sum(),
    )
}

/// How long better covers are looked for: a few milliseconds.
const STEPS: usize = 20_000;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn candidate(level: u8) -> Candidate {
        Candidate { level, writes: false, breadth: 1 }
    }

    #[test]
    fn greedy_choice_is_bettered() {
        // The largest set first takes three, two are enough.
        let candidates = [candidate(3); 3];
        let targets: Vec<Vec<Vec<usize>>> = [&[0, 1][..], &[0, 1], &[0, 2], &[0, 2], &[1], &[2]]
            .map(|list| list.iter().map(|at| vec![*at]).collect())
            .to_vec();
        assert_eq!(cover(&candidates, &targets), Cover { chosen: vec![1, 2], is_exact: true });
    }

    #[test]
    fn lesser_candidates_win_among_covers_of_one_size() {
        let candidates = [candidate(4), candidate(2), candidate(3)];
        let targets = vec![vec![vec![0], vec![2], vec![1]]];
        assert_eq!(cover(&candidates, &targets).chosen, [1]);
        // Two that go together are more than one.
        assert_eq!(cover(&candidates, &[vec![vec![1, 2], vec![0]]]).chosen, [0]);
        assert_eq!(cover(&[], &[Vec::new()]), Cover { chosen: vec![], is_exact: true });
    }

    /// Tries all subsets.
    fn smallest(candidates: &[Candidate], targets: &[Vec<Vec<usize>>]) -> Cost {
        (0..1_u32 << candidates.len())
            .map(|bits| (0..candidates.len()).map(|at| bits & (1 << at) != 0).collect::<Vec<bool>>())
            .filter(|chosen| targets.iter().all(|ways| ways.is_empty() || is_covered(ways, chosen)))
            .map(|chosen| cost(candidates, &chosen))
            .min()
            .unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn small_inputs_are_covered_with_the_smallest_set(
            levels in prop::collection::vec(1_u8..=5, 8),
            targets in prop::collection::vec(
                prop::collection::vec(prop::collection::btree_set(0_usize..8, 1..3), 1..4), 0..7),
        ) {
            let way = |way: BTreeSet<usize>| way.into_iter().collect();
            let target = |ways: Vec<BTreeSet<usize>>| ways.into_iter().map(way).collect();
            let targets: Vec<Vec<Vec<usize>>> = targets.into_iter().map(target).collect();
            let candidates: Vec<Candidate> = levels.into_iter().map(candidate).collect();
            let found = cover(&candidates, &targets);
            let mut chosen = vec![false; candidates.len()];
            found.chosen.iter().for_each(|at| chosen[*at] = true);
            prop_assert!(found.is_exact);
            prop_assert!(targets.iter().all(|ways| is_covered(ways, &chosen)));
            prop_assert_eq!(cost(&candidates, &chosen), smallest(&candidates, &targets));
        }
    }

    #[test]
    fn large_inputs_end_and_nothing_is_superfluous() {
        let candidates: Vec<Candidate> = (0..60).map(|n| candidate(n % 5 + 1)).collect();
        let target = |n: usize| [n % 60, n * 7 % 60, n * 13 % 60, n * 31 % 60].map(|at| vec![at]).to_vec();
        let targets: Vec<Vec<Vec<usize>>> = (1..300).map(target).collect();
        let found = cover(&candidates, &targets);
        let chosen: Vec<bool> = (0..60).map(|at| found.chosen.contains(&at)).collect();
        assert!(!found.is_exact && targets.iter().all(|ways| is_covered(ways, &chosen)));
        for at in found.chosen {
            let mut fewer = chosen.clone();
            fewer[at] = false;
            assert!(targets.iter().any(|ways| !is_covered(ways, &fewer)), "{at}");
        }
    }
}
