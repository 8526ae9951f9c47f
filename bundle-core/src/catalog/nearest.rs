//! Order of names, and the name somebody probably meant.

use std::cmp::Ordering;

/// Compares two names as Microsoft Entra does: ASCII case does not matter.
pub(crate) fn compare_names(a: &str, b: &str) -> Ordering {
    a.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(b.bytes().map(|byte| byte.to_ascii_lowercase()))
}

/// The candidate with the fewest typing mistakes against `name`, unless all are too far off to be meant.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerated = (name.chars().count() / 3).max(2);
    candidates
        .into_iter()
        .map(|candidate| (mistakes(name, candidate), candidate))
        .filter(|(mistakes, _)| *mistakes <= tolerated)
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
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
    }

    #[test]
    fn order_ignores_case() {
        assert_eq!(compare_names("email", "EMAIL"), Ordering::Equal);
        assert_eq!(compare_names("eDiscovery.ReadWrite.All", "email"), Ordering::Less);
        assert_eq!(compare_names("User.Read", "User.Read.All"), Ordering::Less);
    }
}
