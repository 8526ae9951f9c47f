//! Order of names, and the name somebody probably meant.

use std::cmp::Ordering;

/// Compares two names as Microsoft Entra does: ASCII case does not matter.
pub(crate) fn compare_names(a: &str, b: &str) -> Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// The candidate with the fewest typing mistakes against `name`, unless all are too far off to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_names(name, candidates, 1).pop()
}

/// At most `limit` candidates with the fewest typing mistakes against `name`, nearest first, without those too far
/// off to be meant. A name longer than any real one is nobody's typing mistake.
pub(crate) fn nearest_names<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Vec<&'a str> {
    if name.len() > LONGEST_NAME {
        return Vec::new();
    }
    let tolerated = (name.chars().count() / 3).max(2);
    let near = |candidate: &'a str| {
        // As many letters as one has more, so many mistakes at least.
        let apart = name.chars().count().abs_diff(candidate.chars().count());
        let mistakes = if apart > tolerated { apart } else { mistakes(name, candidate) };
        (mistakes <= tolerated).then_some((mistakes, candidate))
    };
    let mut near: Vec<_> = candidates.into_iter().filter_map(near).collect();
    near.sort_by_key(|(mistakes, _)| *mistakes);
    near.into_iter().take(limit).map(|(_, candidate)| candidate).collect()
}

/// Counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment), ignoring ASCII case.
fn mistakes(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().map(|c| c.to_ascii_lowercase()).collect();
    let b: Vec<char> = b.chars().map(|c| c.to_ascii_lowercase()).collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Longer than any name of a permission, role or path; bounds the work.
const LONGEST_NAME: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_counted() {
        for (a, b, expected) in
            [("", "", 0), ("", "ab", 2), ("User.Read", "user.read", 0), ("kitten", "sitting", 3), ("Raed", "Read", 1)]
        {
            assert_eq!(mistakes(a, b), expected, "{a} {b}");
            assert_eq!(mistakes(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn nearest_is_the_closest_or_nothing() {
        let names = ["User.Read", "User.Read.All", "User.ReadWrite.All", "Mail.Send"];
        assert_eq!(nearest("User.ReadWriteAll", names), Some("User.ReadWrite.All"));
        assert_eq!(nearest("mail.sned", names), Some("Mail.Send"));
        assert_eq!(nearest("Tasks.Read.Shared", names), None);
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest_names("User.Read.Al", names, 2), ["User.Read.All", "User.Read"]);
        assert_eq!(nearest(&"User.Read".repeat(1_000_000), names), None);
    }

    #[test]
    fn order_ignores_case() {
        assert_eq!(compare_names("email", "EMAIL"), Ordering::Equal);
        assert_eq!(compare_names("eDiscovery.ReadWrite.All", "email"), Ordering::Less);
        assert_eq!(compare_names("User.Read", "User.Read.All"), Ordering::Less);
    }
}
