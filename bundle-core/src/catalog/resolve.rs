//! From the names a person writes to rows of the stock table.

use std::collections::BTreeSet;

use super::data::STOCK;
use super::nearest::nearest;
use super::permission::{StockPermission, position};
use super::resource::Resource;
use crate::error::{Error, Result};

/// Finds the rows of all names and collects every complaint, so that one run shows all mistakes.
///
/// A name several resources have means the one `preferred` row of that name, or has to name its resource.
pub(super) fn resolve_all<I>(names: I, preferred: impl Fn(usize) -> bool) -> Result<BTreeSet<usize>>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut rows = BTreeSet::new();
    let mut complaints = Vec::new();
    for name in names {
        match resolve(name.as_ref(), &preferred) {
            Ok(at) => {
                rows.insert(at);
            }
            Err(complaint) => complaints.push(complaint),
        }
    }
    if complaints.is_empty() { Ok(rows) } else { Err(Error::config(format!("selection: {}", complaints.join("; ")))) }
}

/// Where a name stands in the table. Of several permissions with the name, a single preferred one is meant.
fn resolve(text: &str, preferred: impl Fn(usize) -> bool) -> Result<usize, String> {
    let (resource, name) = match text.rsplit_once('/') {
        None => (None, text),
        Some((prefix, name)) => {
            match Resource::ALL.into_iter().find(|known| [known.key, known.uri].contains(&prefix)) {
                None => return Err(format!("{text:?} names no resource of the catalog")),
                found => (found, name),
            }
        }
    };
    let resources = Resource::ALL.into_iter().filter(|known| resource.is_none_or(|wanted| wanted == *known));
    let found: Vec<usize> = resources.filter_map(|resource| position(resource, name)).collect();
    let meant: Vec<usize> = found.iter().copied().filter(|at| preferred(*at)).collect();
    match (found.as_slice(), meant.as_slice()) {
        ([at], _) | (_, [at]) => Ok(*at),
        ([], _) => Err(unknown(text, name, resource)),
        _ => {
            let choices: Vec<String> = found.iter().map(|at| STOCK[*at].qualified_name()).collect();
            Err(format!("{text:?} may be {}", choices.join(", ")))
        }
    }
}

fn unknown(text: &str, name: &str, resource: Option<Resource>) -> String {
    let rows = resource.map_or(STOCK, StockPermission::of);
    match nearest(name, rows.iter().map(|row| row.name)) {
        Some(right) => format!("{text:?} is no permission of the catalog, the nearest is {right:?}"),
        None => format!("{text:?} is no permission of the catalog"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Result<Vec<String>, String> {
        let rows = resolve_all(texts, |_| false).map_err(|error| error.to_string())?;
        Ok(rows.into_iter().map(|at| STOCK[at].qualified_name()).collect())
    }

    #[test]
    fn short_and_qualified_names_are_found_in_any_case() {
        let found = names(&["mail.send", "graph/Mail.Send", "https://vault.azure.net/user_impersonation"]);
        assert_eq!(found.unwrap(), ["azure-key-vault/user_impersonation", "graph/Mail.Send"]);
    }

    #[test]
    fn unknown_names_are_all_told_with_the_nearest_right_one() {
        let message = names(&["User.ReadWriteAll", "Mail.Send", "Zzz", "exchange/Exchange.Manege", "sharepoint/X"]);
        assert_eq!(
            message.unwrap_err(),
            "selection: \"User.ReadWriteAll\" is no permission of the catalog, the nearest is \"User.ReadWrite.All\"; \
             \"Zzz\" is no permission of the catalog; \
             \"exchange/Exchange.Manege\" is no permission of the catalog, the nearest is \"Exchange.Manage\"; \
             \"sharepoint/X\" names no resource of the catalog"
        );
    }

    #[test]
    fn name_of_several_resources_is_refused_with_the_choices_unless_one_is_preferred() {
        let choices = "\"user_impersonation\" may be azure-key-vault/user_impersonation, \
                       azure-service-management/user_impersonation, azure-storage/user_impersonation, \
                       partner-center/user_impersonation";
        assert_eq!(names(&["user_impersonation"]).unwrap_err(), format!("selection: {choices}"));
        let storage = position(Resource::STORAGE, "user_impersonation").unwrap();
        assert_eq!(resolve_all(["user_impersonation"], |at| at == storage).unwrap(), BTreeSet::from([storage]));
    }
}
