//! How dangerous a selection is in the wrong hands, and why.

use serde::Serialize;

use super::data::RISKS;
use super::graph_permission::GraphPermission;
use super::permission::{PermissionKind, StockPermission};
use super::resource::Resource;
use super::selection::Selection;

/// How much harm a permission allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum RiskGrade {
    /// Little: a person's own basic data.
    Low,
    /// Reads data of the organisation, or changes a small part of it.
    Medium,
    /// Reads or changes what people keep confidential, or much of the directory.
    High,
    /// Takes over the tenant, or all data of one sort.
    Critical,
}

impl RiskGrade {
    /// The word used in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The next lower grade.
    const fn lower(self) -> Self {
        match self {
            Self::Critical => Self::High,
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

impl std::fmt::Display for RiskGrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The grade of one permission of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PermissionRisk {
    /// The resource that offers it.
    pub resource: Resource,
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: PermissionKind,
    /// The grade.
    pub grade: RiskGrade,
    /// Why, in words.
    pub reason: String,
}

/// The grades of a selection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Risk {
    /// The highest grade of all; [`RiskGrade::Low`] of nothing.
    pub grade: RiskGrade,
    /// Each permission of each kind, the most dangerous first.
    pub permissions: Vec<PermissionRisk>,
}

impl Risk {
    /// The reasons of the highest grade, each once: what whoever steals the application's credential can do.
    #[must_use]
    pub fn reasons(&self) -> Vec<&str> {
        let mut reasons: Vec<&str> = Vec::new();
        for permission in self.permissions.iter().filter(|permission| permission.grade == self.grade) {
            if !reasons.contains(&permission.reason.as_str()) {
                reasons.push(&permission.reason);
            }
        }
        reasons
    }
}

/// Grades a selection.
///
/// The dangerous permissions are graded by hand, from what their page says they allow; the others by the level of
/// privilege that Microsoft publishes (1 and 2 are low, 3 medium, 4 and 5 high). As a delegated permission one is
/// graded one step lower than as an application permission: it does no more than the signed-in account may.
#[must_use]
pub fn risk(selection: &Selection) -> Risk {
    let mut permissions: Vec<PermissionRisk> =
        selection.permissions().flat_map(|row| row.kinds().map(|kind| permission_risk(row, kind))).collect();
    // Sorted by name already.
    permissions.sort_by_key(|permission| std::cmp::Reverse(permission.grade));
    let grade = permissions.first().map_or(RiskGrade::Low, |permission| permission.grade);
    Risk { grade, permissions }
}

/// Grades one permission as one kind.
#[must_use]
pub fn permission_risk(row: &StockPermission, kind: PermissionKind) -> PermissionRisk {
    let delegated = kind == PermissionKind::Delegated;
    let known = RISKS.iter().find(|risk| risk.resource == row.resource && risk.name.eq_ignore_ascii_case(row.name));
    let (grade, reason) = match known {
        Some(risk) if delegated => {
            (risk.grade.lower(), format!("{}, as far as the signed-in account's roles go", risk.allows))
        }
        Some(risk) => (risk.grade, risk.allows.to_owned()),
        None => by_level(row, kind),
    };
    PermissionRisk { resource: row.resource, name: row.name, kind, grade, reason }
}

fn by_level(row: &StockPermission, kind: PermissionKind) -> (RiskGrade, String) {
    let facts = (row.resource == Resource::GRAPH).then(|| GraphPermission::find(row.name)?.facts(kind)).flatten();
    match facts.and_then(|facts| Some((facts, facts.privilege_level?))) {
        Some((facts, level)) => {
            let grade = match level {
                ..=2 => RiskGrade::Low,
                3 => RiskGrade::Medium,
                _ => RiskGrade::High,
            };
            (grade, lower_first(facts.display_name))
        }
        None if row.open_id => (RiskGrade::Low, "tells who signed in".to_owned()),
        None => (RiskGrade::Medium, "not graded by Microsoft".to_owned()),
    }
}

/// `Read all groups` as part of a sentence. Abbreviations stay as they are.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_owned(),
    }
}

/// A permission graded by hand, as an application permission.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownRisk {
    resource: Resource,
    name: &'static str,
    grade: RiskGrade,
    allows: &'static str,
}

impl KnownRisk {
    /// One row of the table.
    pub(super) const fn row(resource: Resource, name: &'static str, grade: RiskGrade, allows: &'static str) -> Self {
        Self { resource, name, grade, allows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::rows;
    use crate::integration::Integration;

    fn of(name: &str, kind: PermissionKind) -> PermissionRisk {
        permission_risk(rows::row(rows::find(Resource::GRAPH, name).unwrap()), kind)
    }

    #[test]
    fn table_is_sorted_and_names_what_is_there() {
        assert!(RISKS.is_sorted_by(|a, b| {
            (a.resource, a.name.to_ascii_lowercase()) < (b.resource, b.name.to_ascii_lowercase())
        }));
        for risk in RISKS {
            assert!(rows::find(risk.resource, risk.name).is_some(), "{}", risk.name);
        }
    }

    #[test]
    fn take_over_is_critical_for_applications_and_high_for_accounts() {
        let risk = of("RoleManagement.ReadWrite.Directory", PermissionKind::Application);
        assert_eq!(risk.grade, RiskGrade::Critical);
        assert!(risk.reason.contains("takes over the tenant"), "{}", risk.reason);
        let risk = of("RoleManagement.ReadWrite.Directory", PermissionKind::Delegated);
        assert_eq!(risk.grade, RiskGrade::High);
        assert!(risk.reason.contains("as far as the signed-in account's roles go"), "{}", risk.reason);
    }

    #[test]
    fn the_rest_is_graded_by_level() {
        assert_eq!(of("Group.Read.All", PermissionKind::Application).grade, RiskGrade::Medium);
        assert_eq!(of("User.Read", PermissionKind::Delegated).grade, RiskGrade::Low);
        assert_eq!(of("openid", PermissionKind::Delegated).grade, RiskGrade::Low);
    }

    #[test]
    fn selection_has_the_highest_grade_and_its_reasons() {
        let stock = risk(&Selection::stock(&Integration::ALL));
        assert_eq!(stock.grade, RiskGrade::Critical);
        assert!(stock.permissions.is_sorted_by(|a, b| a.grade >= b.grade));
        assert!(stock.reasons().iter().any(|reason| reason.contains("reads all mail")));
        let few = risk(&Selection::owned_app().with(["User.Read"]).unwrap());
        assert_eq!((few.grade, few.permissions.len()), (RiskGrade::Low, 1));
        assert_eq!(risk(&Selection::owned_app()).grade, RiskGrade::Low);
    }
}
