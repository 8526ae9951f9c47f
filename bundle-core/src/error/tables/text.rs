//! A text made ready to be searched for many phrases.

use super::{Meaning, TextRow};

/// A text in lower case, with a sketch of it: most phrases are ruled out without reading the text.
#[derive(Debug)]
pub(in crate::error) struct Text {
    lower: String,
    /// One bit for each triple of bytes that occurs.
    triples: [u64; 64],
}

impl Text {
    /// Takes the parts as one text.
    pub(in crate::error) fn new(parts: &[&str]) -> Self {
        let mut lower = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            match part.is_ascii() {
                true => lower.extend(part.chars().map(|c| c.to_ascii_lowercase())),
                false => lower.push_str(&part.to_lowercase()),
            }
        }
        let mut triples = [0; 64];
        for triple in lower.as_bytes().windows(3) {
            let bit = bit(triple);
            triples[bit / 64] |= 1 << (bit % 64);
        }
        Self { lower, triples }
    }

    /// The first row whose phrases all occur.
    pub(in crate::error) fn scan(&self, rows: &[TextRow]) -> Option<Meaning> {
        rows.iter().find(|row| row.0.iter().all(|phrase| self.has(phrase))).map(|row| (row.1, row.2))
    }

    fn has(&self, phrase: &str) -> bool {
        let may = phrase.as_bytes().windows(3).step_by(4).take(6).all(|triple| {
            let bit = bit(triple);
            self.triples[bit / 64] & (1 << (bit % 64)) != 0
        });
        may && self.lower.contains(phrase)
    }
}

fn bit(triple: &[u8]) -> usize {
    let [a, b, c] = [triple[0], triple[1], triple[2]].map(usize::from);
    (a * 37 + b * 1_031 + c * 67) % 4096
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn phrases_are_found_in_any_case_and_across_parts() {
        let text = Text::new(&["The Token", " HAS expired: é"]);
        for phrase in ["the token has expired", "token has", "é", "e", ""] {
            assert!(text.has(phrase), "{phrase}");
        }
        assert!(!text.has("token had") && !text.has("expired: è"));
        let rows: &[TextRow] =
            &[(&["token", "absent"], ErrorKind::Other, None), (&["token", "expired"], ErrorKind::NotFound, Some("x"))];
        assert_eq!(text.scan(rows), Some((ErrorKind::NotFound, Some("x"))));
    }
}
