//! Names of companies as they are compared: without legal form, punctuation, case and accents.

use std::collections::BTreeSet;

/// A company's name, made comparable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlainName {
    words: BTreeSet<String>,
    /// The words without spaces between them.
    joined: String,
    /// Pairs of neighbouring letters, sorted.
    pairs: Vec<(char, char)>,
}

impl PlainName {
    pub(super) fn of(name: &str) -> Self {
        let plain: String = name.chars().flat_map(char::to_lowercase).map(fold).collect();
        let words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let telling: Vec<&str> = words.iter().copied().filter(|word| !is_form(word)).collect();
        // "The Limited" is a name too.
        let words = if telling.is_empty() { words } else { telling };
        let joined = words.concat();
        let letters: Vec<char> = joined.chars().collect();
        let mut pairs: Vec<_> = letters.windows(2).map(|pair| (pair[0], pair[1])).collect();
        pairs.sort_unstable();
        Self { words: words.into_iter().map(str::to_owned).collect(), joined, pairs }
    }

    /// The letters and digits alone.
    pub(super) fn letters(&self) -> &str {
        &self.joined
    }

    /// How alike two names are, from 0 to 1: by the words they share or by their letters, whichever is more.
    pub(super) fn likeness(&self, other: &Self) -> f64 {
        if self.joined.is_empty() || other.joined.is_empty() {
            return 0.0;
        }
        if self.joined == other.joined {
            return 1.0;
        }
        let shared = self.words.intersection(&other.words).count();
        share(shared, self.words.len(), other.words.len()).max(share(
            common(&self.pairs, &other.pairs),
            self.pairs.len(),
            other.pairs.len(),
        ))
    }
}

/// The coefficient of Dice: twice what is shared by what there is.
#[expect(clippy::cast_precision_loss, reason = "names are short")]
fn share(shared: usize, one: usize, other: usize) -> f64 {
    if one + other == 0 { 0.0 } else { 2.0 * shared as f64 / (one + other) as f64 }
}

/// How many items two sorted lists have in common.
fn common<T: Ord>(mut one: &[T], mut other: &[T]) -> usize {
    let mut count = 0;
    while let ([a, rest_a @ ..], [b, rest_b @ ..]) = (one, other) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => one = rest_a,
            std::cmp::Ordering::Greater => other = rest_b,
            std::cmp::Ordering::Equal => {
                count += 1;
                (one, other) = (rest_a, rest_b);
            }
        }
    }
    count
}

fn is_form(word: &str) -> bool {
    FORMS.binary_search(&word).is_ok()
}

/// Letters without their accents.
fn fold(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ğ' | 'ģ' => 'g',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ł' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' | 'ß' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// Legal forms and words that tell nothing, sorted.
const FORMS: [&str; 45] = [
    "ab",
    "ag",
    "and",
    "aps",
    "as",
    "bv",
    "bvba",
    "co",
    "company",
    "corp",
    "corporation",
    "doo",
    "eg",
    "ek",
    "eurl",
    "ev",
    "gbr",
    "gmbh",
    "group",
    "holding",
    "inc",
    "incorporated",
    "kft",
    "kg",
    "kgaa",
    "limited",
    "llc",
    "llp",
    "ltd",
    "nv",
    "ohg",
    "oy",
    "oyj",
    "plc",
    "pte",
    "pty",
    "sa",
    "sarl",
    "sas",
    "se",
    "spa",
    "srl",
    "the",
    "ug",
    "und",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f64 {
        PlainName::of(one).likeness(&PlainName::of(other))
    }

    #[test]
    fn forms_are_sorted() {
        assert!(FORMS.is_sorted());
    }

    #[test]
    fn form_case_accents_and_punctuation_make_no_difference() {
        for (one, other) in [
            ("Contoso GmbH & Co. KG", "CONTOSO"),
            ("The Müller-Söhne AG", "Muller Sohne"),
            ("O'Neil, Inc.", "ONEIL"),
            ("Łódź Sp", "lodz sp"),
            ("Limited", "limited"),
        ] {
            assert!((likeness(one, other) - 1.0).abs() < f64::EPSILON, "{one} {other}: {}", likeness(one, other));
        }
        assert!((likeness("", "") - 0.0).abs() < f64::EPSILON && PlainName::of("???").letters().is_empty());
    }

    #[test]
    fn likeness_falls_with_what_differs() {
        assert!(likeness("Fabrikam Logistics", "Fabrikam Logistic") > 0.9);
        assert!(likeness("Fabrikam Logistics", "Fabrikam") >= 0.6);
        assert!(likeness("Fabrikam Logistics", "Contoso Logistics") < 0.75);
        assert!(likeness("Fabrikam", "Tailspin Toys") < 0.2);
    }
}
