//! The few operations whose licence is known.

/// The service plans of which one is needed for the operations of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LicenceRule {
    /// The beginning of the template, in lower case.
    path: &'static str,
    /// Beginnings of names of service plans: several editions share them.
    pub(super) plans: &'static [&'static str],
    /// What the plans are sold as.
    pub(super) product: &'static str,
}

/// The rule for a template; the longest path wins.
pub(super) fn rule(template: &str) -> Option<&'static LicenceRule> {
    let template = template.to_ascii_lowercase();
    let fits = |rule: &&LicenceRule| {
        template.strip_prefix(rule.path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '(']))
    };
    RULES.iter().filter(fits).max_by_key(|rule| rule.path.len())
}

impl LicenceRule {
    /// Whether one of these plans will do.
    pub(super) fn is_met<'a>(&self, mut plans: impl Iterator<Item = &'a String>) -> bool {
        plans.any(|plan| {
            let is = |start: &&str| plan.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
            self.plans.iter().any(is)
        })
    }
}

const fn row(path: &'static str, plans: &'static [&'static str], product: &'static str) -> LicenceRule {
    LicenceRule { path, plans, product }
}

/// Only what refuses tenants without the licence as a whole, whatever is asked for.
///
/// Source: the notes on licences of "List signIns", "List riskyUsers", "List accessReviewScheduleDefinition" and
/// "Working with Intune in Microsoft Graph" (Microsoft Learn); "Product names and service plan identifiers for
/// licensing".
static RULES: &[LicenceRule] = &[
    row("/auditlogs/signins", &["AAD_PREMIUM"], "Microsoft Entra ID P1"),
    row("/deviceappmanagement", &["INTUNE_"], "Microsoft Intune"),
    row("/devicemanagement", &["INTUNE_"], "Microsoft Intune"),
    row("/devicemanagement/virtualendpoint", &["CPC_", "WINDOWS_365"], "Windows 365"),
    row("/identityprotection", &["AAD_PREMIUM_P2"], "Microsoft Entra ID P2"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn met(template: &str, plans: &[&str]) -> Option<bool> {
        let plans: Vec<String> = plans.iter().map(|&plan| plan.to_owned()).collect();
        rule(template).map(|rule| rule.is_met(plans.iter()))
    }

    #[test]
    fn the_longest_path_decides() {
        assert_eq!(met("/deviceManagement/managedDevices", &["INTUNE_A"]), Some(true));
        assert_eq!(met("/deviceManagement/virtualEndpoint/cloudPCs", &["INTUNE_A"]), Some(false));
        assert_eq!(met("/deviceManagementish", &[]), None);
        assert_eq!(met("/users", &[]), None);
    }

    #[test]
    fn the_higher_edition_is_enough_for_the_lower() {
        assert_eq!(met("/auditLogs/signIns/{id}", &["AAD_PREMIUM_P2"]), Some(true));
        assert_eq!(met("/identityProtection/riskyUsers", &["AAD_PREMIUM"]), Some(false));
        assert_eq!(met("/auditLogs/signIns", &["aad_basic"]), Some(false));
    }
}
