//! Ready-made parts of the stock for one purpose.

use super::data::PRESETS;
use super::nearest::nearest;
use super::permission::StockPermission;
use super::resource::Resource;
use crate::error::{Error, Result};

/// A named part of the stock: what one purpose needs. The core permissions are in it only where the purpose itself
/// needs them; [`Selection::core`](super::Selection::core) has them.
///
/// ```
/// use bundle_core::catalog::{Preset, Resource, Selection};
///
/// # fn main() -> bundle_core::Result<()> {
/// let selection = Selection::core().with_preset(Preset::named("mail")?);
/// assert!(selection.contains(Resource::GRAPH, "Mail.Send"));
/// assert!(!selection.contains(Resource::GRAPH, "Sites.FullControl.All"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preset {
    /// The name, for example `read-only`.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub summary: &'static str,
    /// The names of the permissions with their resource in front, sorted.
    names: &'static [&'static str],
}

impl Preset {
    /// All presets, sorted by name.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        PRESETS
    }

    /// Finds a preset by name; ASCII case does not matter.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name.eq_ignore_ascii_case(name))
    }

    /// As [`Preset::find`], for a name a person wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): there is no such preset; the message names the nearest one and
    /// all there are.
    pub fn named(name: &str) -> Result<&'static Self> {
        Self::find(name).ok_or_else(|| {
            let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
            let nearest = nearest(name, names.iter().copied()).map(|right| format!(", the nearest is {right:?}"));
            let nearest = nearest.unwrap_or_default();
            Error::config(format!("preset: {name:?} is none{nearest}; there are {}", names.join(", ")))
        })
    }

    /// Its permissions, sorted by resource and name.
    pub fn permissions(&self) -> impl Iterator<Item = &'static StockPermission> + use<> {
        self.names.iter().filter_map(|name| {
            let (key, name) = name.split_once('/')?;
            StockPermission::find(Resource::by_key(key)?, name)
        })
    }

    /// One row of the table.
    pub(super) const fn row(name: &'static str, summary: &'static str, names: &'static [&'static str]) -> Self {
        Self { name, summary, names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Selection;

    #[test]
    fn every_name_is_a_stock_permission_written_as_there() {
        assert!(PRESETS.is_sorted_by(|a, b| a.name < b.name));
        for preset in PRESETS {
            let names: Vec<String> = preset.permissions().map(StockPermission::qualified_name).collect();
            assert_eq!(names, preset.names, "{}", preset.name);
            let rows: Vec<_> = preset.permissions().collect();
            assert!(!rows.is_empty() && rows.iter().all(|row| row.is_stock()));
        }
    }

    #[test]
    fn read_only_changes_nothing() {
        for row in Preset::named("Read-Only").unwrap().permissions().filter(|row| !row.open_id) {
            let reads = |part: &str| matches!(part, "Read" | "ReadBasic" | "ReadDlp");
            assert!(row.name.split('.').any(reads) && !row.name.contains("Write"), "{}", row.name);
        }
    }

    #[test]
    fn presets_add_up_and_wrong_names_are_told_the_nearest() {
        let mail = Preset::named("mail").unwrap();
        let both = Selection::core().with_preset(mail).with_preset(Preset::named("teams").unwrap());
        assert!(both.contains(Resource::GRAPH, "mail.send") && both.contains(Resource::GRAPH, "Chat.Read"));
        let message = Preset::named("mial").unwrap_err().to_string();
        assert!(message.contains("\"mial\"") && message.contains("the nearest is \"mail\""), "{message}");
        assert!(Preset::all().iter().all(|preset| message.contains(preset.name)), "{message}");
    }
}
