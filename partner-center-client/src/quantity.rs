//! What can be bought, and how much of it.

use bundle_core::{Error, Result};

/// How many units of something may be bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantityRange {
    /// At least.
    pub minimum: u32,
    /// At most.
    pub maximum: u32,
}

/// Refuses a quantity nobody can buy: none at all, or out of the range where that is known.
pub(crate) fn check(quantity: u32, range: Option<QuantityRange>) -> Result<()> {
    if quantity == 0 {
        return Err(Error::config("quantity: 0 units cannot be bought; suspend or cancel the subscription instead"));
    }
    match range {
        Some(QuantityRange { minimum, maximum }) if quantity < minimum || quantity > maximum => {
            Err(Error::config(format!("quantity: {quantity} is not {minimum} to {maximum}")))
        }
        _ => Ok(()),
    }
}

/// The parts of a catalogue item: product, SKU and availability.
pub(crate) fn catalog_item(id: &str) -> Result<(String, String, String)> {
    let parts: Vec<&str> = id.split(':').collect();
    match parts[..] {
        [product, sku, availability] if parts.iter().all(|part| !part.trim().is_empty()) => {
            Ok((product.to_owned(), sku.to_owned(), availability.to_owned()))
        }
        _ => Err(Error::config(format!("catalog_item: {id:?} is not product:sku:availability"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_at_the_edges() {
        let range = Some(QuantityRange { minimum: 2, maximum: 4 });
        for (quantity, range, fine) in [
            (0, None, false),
            (1, None, true),
            (u32::MAX, None, true),
            (1, range, false),
            (2, range, true),
            (4, range, true),
            (5, range, false),
        ] {
            assert_eq!(check(quantity, range).is_ok(), fine, "{quantity}");
        }
    }

    #[test]
    fn catalogue_items_have_three_parts() {
        assert_eq!(catalog_item("P:1:A").unwrap(), ("P".to_owned(), "1".to_owned(), "A".to_owned()));
        for wrong in ["", "P", "P:1", "P::A", "P:1:A:B", ": :"] {
            assert!(catalog_item(wrong).is_err(), "{wrong}");
        }
    }
}
