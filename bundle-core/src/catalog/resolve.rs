//! From the names a person writes to rows of the tables.

use std::collections::BTreeSet;

use super::data::STOCK;
use super::nearest::nearest;
use super::permission::StockPermission;
use super::resource::Resource;
use super::rows;
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

/// Where a name stands in the tables. Of several permissions with the name, a single preferred one is meant.
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
    let found: Vec<usize> = resources.filter_map(|resource| rows::find(resource, name)).collect();
    let meant: Vec<usize> = found.iter().copied().filter(|at| preferred(*at)).collect();
    match (found.as_slice(), meant.as_slice()) {
        ([at], _) | (_, [at]) => Ok(*at),
        ([], _) => Err(unknown(text, name, resource)),
        _ => {
            let choices: Vec<String> = found.iter().map(|at| rows::row(*at).qualified_name()).collect();
            Err(format!("{text:?} may be {}", choices.join(", ")))
        }
    }
}

fn unknown(text: &str, name: &str, resource: Option<Resource>) -> String {
    if resource.is_none_or(|resource| resource == Resource::GRAPH)
        && let Some(reason) = not_offered(name)
    {
        return format!("{text:?} {reason}");
    }
    let near: Vec<String> = near(name, resource).into_iter().map(|right| format!("{right:?}")).collect();
    match near.as_slice() {
        [] => format!("{text:?} is no permission of the catalog"),
        [right] => format!("{text:?} is no permission of the catalog, the nearest is {right}"),
        _ => format!("{text:?} is no permission of the catalog, the nearest are {}", near.join(", ")),
    }
}

/// The names of the catalog that are nearest to one that is wrong, the nearest first; those of one resource when it is
/// named.
pub(super) fn near(name: &str, resource: Option<Resource>) -> Vec<&'static str> {
    let stock = nearest(name, resource.map_or(STOCK, StockPermission::of).iter().map(|row| row.name));
    if resource.is_some_and(|resource| resource != Resource::GRAPH) {
        return stock.into_iter().collect();
    }
    let all = near_in_graph(name);
    if all.is_empty() { stock.into_iter().collect() } else { all }
}

#[cfg(feature = "catalog")]
fn near_in_graph(name: &str) -> Vec<&'static str> {
    super::GraphPermission::nearest(name)
}

#[cfg(not(feature = "catalog"))]
fn near_in_graph(_: &str) -> Vec<&'static str> {
    Vec::new()
}

/// Why a permission of Graph that has a name cannot be granted.
#[cfg(feature = "catalog")]
fn not_offered(name: &str) -> Option<&'static str> {
    use super::PermissionStatus;

    let row = super::GraphPermission::find(name)?;
    let statuses = [row.delegated, row.application].map(|facts| facts.map(|facts| facts.status));
    let any = |status| statuses.contains(&Some(status));
    Some(if any(PermissionStatus::Disabled) {
        "is switched off by Microsoft"
    } else if any(PermissionStatus::ResourceSpecific) {
        "is granted for one team, chat or group, not for a tenant"
    } else {
        "is listed by Microsoft but not offered: it is retired or not released"
    })
}

#[cfg(not(feature = "catalog"))]
fn not_offered(_: &str) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::permission::position;

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
        let message = message.unwrap_err();
        let told: Vec<&str> = message.strip_prefix("selection: ").unwrap().split("; ").collect();
        let [users, nothing, exchange, resource] = told.as_slice() else { panic!("{message}") };
        assert!(users.starts_with("\"User.ReadWriteAll\" is no permission of the catalog, the nearest "), "{message}");
        assert!(users.contains("\"User.ReadWrite.All\""), "{message}");
        assert_eq!(*nothing, "\"Zzz\" is no permission of the catalog");
        assert_eq!(
            *exchange,
            "\"exchange/Exchange.Manege\" is no permission of the catalog, the nearest is \"Exchange.Manage\""
        );
        assert_eq!(*resource, "\"sharepoint/X\" names no resource of the catalog");
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
