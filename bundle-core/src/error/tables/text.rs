//! A text made ready to be searched for many phrases.

use super::{Meaning, TextRow};

/// A text in lower case, on one line, with a sketch of it: most phrases are ruled out without reading the text.
#[derive(Debug)]
pub(in crate::error) struct Text {
    lower: String,
    sketch: Sketch,
}

/// One bit for each triple of bytes that occurs in a text.
#[derive(Debug)]
pub(crate) struct Sketch([u64; 64]);

impl Sketch {
    pub(crate) fn new(text: &str) -> Self {
        let mut triples = [0; 64];
        for triple in text.as_bytes().windows(3) {
            let bit = bit(triple);
            triples[bit / 64] |= 1 << (bit % 64);
        }
        Self(triples)
    }

    /// Whether the text may hold the phrase; `false` is sure.
    pub(crate) fn may_hold(&self, phrase: &str) -> bool {
        phrase.as_bytes().windows(3).step_by(4).take(6).all(|triple| {
            let bit = bit(triple);
            self.0[bit / 64] & (1 << (bit % 64)) != 0
        })
    }
}

impl Text {
    /// Takes the parts as one text. Consoles break lines anywhere between two words, so white space is one blank.
    pub(in crate::error) fn new(parts: &[&str]) -> Self {
        let mut lower = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            let mut rest = *part;
            while let Some(at) = rest.find(['\n', '\r', '\t']) {
                lower.push_str(rest[..at].trim_end_matches(' '));
                lower.push(' ');
                rest = rest[at..].trim_start();
            }
            lower.push_str(rest);
        }
        match lower.is_ascii() {
            true => lower.make_ascii_lowercase(),
            false => lower = lower.to_lowercase(),
        }
        let sketch = Sketch::new(&lower);
        Self { lower, sketch }
    }

    /// The first row whose phrases all occur.
    pub(in crate::error) fn scan(&self, rows: &[TextRow]) -> Option<Meaning> {
        rows.iter().find(|row| row.0.iter().all(|phrase| self.has(phrase))).map(|row| (row.1, row.2))
    }

    fn has(&self, phrase: &str) -> bool {
        self.sketch.may_hold(phrase) && self.lower.contains(phrase)
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
        let text = Text::new(&["The \r\n   Token", "\tHAS expired: é"]);
        for phrase in ["the token has expired", "token has", "é", "e", ""] {
            assert!(text.has(phrase), "{phrase}");
        }
        assert!(!text.has("token had") && !text.has("expired: è"));
        let rows: &[TextRow] =
            &[(&["token", "absent"], ErrorKind::Other, None), (&["token", "expired"], ErrorKind::NotFound, Some("x"))];
        assert_eq!(text.scan(rows), Some((ErrorKind::NotFound, Some("x"))));
    }
}
