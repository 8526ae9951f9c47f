//! The built-in directory roles, and the 12 of them the bundle asks customers for.

use std::collections::HashMap;
use std::sync::LazyLock;

use uuid::Uuid;

use crate::catalog::{DIRECTORY_ROLES, compare_names, nearest};
use crate::error::{Error, Result};
use crate::ids::RoleTemplateId;

pub use crate::catalog::data::GDAP_ROLES;

/// A role of the bundle's GDAP relationships; [`GDAP_ROLES`] has all 12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct GdapRole {
    /// Microsoft's name.
    pub name: &'static str,
    /// The template id, which is the id of the role definition in every tenant.
    pub template_id: RoleTemplateId,
    /// Whether Microsoft marks the role as privileged.
    pub privileged: bool,
}

impl GdapRole {
    /// Finds one of the 12 by name; ASCII case does not matter.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        GDAP_ROLES.binary_search_by(|role| compare_names(role.name, name)).ok().map(|at| &GDAP_ROLES[at])
    }

    /// Finds one of the 12 by template id.
    #[must_use]
    pub fn by_template_id(id: &RoleTemplateId) -> Option<&'static Self> {
        GDAP_ROLES.iter().find(|role| role.template_id == *id)
    }

    /// One row of the table; the id is checked when the table is compiled.
    pub(crate) const fn row(name: &'static str, id: &str, privileged: bool) -> Self {
        Self { name, template_id: template_id(id), privileged }
    }
}

/// A built-in directory role of Microsoft Entra.
///
/// The table is a copy: Microsoft adds roles. A role it does not have can still be used by its [`RoleTemplateId`].
///
/// Source: "Microsoft Entra built-in roles" (Microsoft Learn).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DirectoryRole {
    /// Microsoft's name.
    pub name: &'static str,
    /// The template id, which is the id of the role definition in every tenant.
    pub template_id: RoleTemplateId,
    /// Whether Microsoft marks the role as privileged.
    pub privileged: bool,
    /// Whether GDAP takes it: `Some(true)` when Microsoft's GDAP guidance names it, `Some(false)` for roles no person
    /// can hold, `None` when nothing was found; GDAP takes built-in roles in general.
    pub gdap_supported: Option<bool>,
    /// What [`DirectoryRole::gdap_supported`] rests on.
    pub gdap_evidence: GdapEvidence,
    /// Whether Microsoft's page of built-in roles has it; the others are seen in tenants.
    pub documented: bool,
    /// Earlier names and other spellings.
    pub other_names: &'static [&'static str],
}

/// What is known about GDAP taking a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GdapEvidence {
    /// It is a built-in role, which GDAP takes in general; nothing was found about this one.
    BuiltIn,
    /// Partner Center's guidance on GDAP roles names it.
    Guidance,
    /// It is one of the roles the bundle asks customers for, but the guidance does not name it.
    Bundle,
    /// It is a role of devices or of the system, which no person can hold.
    NotAssignable,
}

impl DirectoryRole {
    /// All built-in roles, sorted by name.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        DIRECTORY_ROLES
    }

    /// Finds a role by name or other name; ASCII case does not matter.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        match DIRECTORY_ROLES.binary_search_by(|role| compare_names(role.name, name)) {
            Ok(at) => Some(&DIRECTORY_ROLES[at]),
            Err(_) => DIRECTORY_ROLES.iter().find(|role| role.other_names.iter().any(|n| n.eq_ignore_ascii_case(name))),
        }
    }

    /// Finds a role by template id.
    #[must_use]
    pub fn by_template_id(id: &RoleTemplateId) -> Option<&'static Self> {
        static BY_ID: LazyLock<HashMap<RoleTemplateId, &'static DirectoryRole>> =
            LazyLock::new(|| DIRECTORY_ROLES.iter().map(|role| (role.template_id, role)).collect());
        BY_ID.get(id).copied()
    }

    /// One row of the table; the id is checked when the table is compiled.
    pub(crate) const fn row(
        name: &'static str,
        id: &str,
        privileged: bool,
        documented: bool,
        gdap_evidence: GdapEvidence,
        other_names: &'static [&'static str],
    ) -> Self {
        let gdap_supported = match gdap_evidence {
            GdapEvidence::BuiltIn => None,
            GdapEvidence::Bundle | GdapEvidence::Guidance => Some(true),
            GdapEvidence::NotAssignable => Some(false),
        };
        let template_id = template_id(id);
        Self { name, template_id, privileged, gdap_supported, gdap_evidence, documented, other_names }
    }
}

/// The name of a built-in role.
#[must_use]
pub fn role_name(id: &RoleTemplateId) -> Option<&'static str> {
    DirectoryRole::by_template_id(id).map(|role| role.name)
}

/// Reads a list of roles for a GDAP relationship: names in any case or template ids, in the given order, each once.
///
/// All built-in roles may be named, not only the bundle's 12, save those no person can hold.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config): the list is empty, a role is unknown (the nearest right name is
/// told) or GDAP does not take it; the message names all of them.
pub fn parse_roles<I>(roles: I) -> Result<Vec<RoleTemplateId>>
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let mut ids = Vec::new();
    let mut complaints = Vec::new();
    for text in roles {
        match parse_role(text.as_ref().trim()) {
            Ok(id) if ids.contains(&id) => {}
            Ok(id) => ids.push(id),
            Err(complaint) => complaints.push(complaint),
        }
    }
    if !complaints.is_empty() {
        return Err(Error::config(format!("roles: {}", complaints.join("; "))));
    }
    if ids.is_empty() {
        return Err(Error::config("roles: the list is empty, a relationship needs at least one role"));
    }
    Ok(ids)
}

/// Role template ids that rules name.
impl RoleTemplateId {
    /// Application Administrator: one of the roles a consent on behalf of a customer needs.
    pub const APPLICATION_ADMINISTRATOR: Self = template_id("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3");
    /// Billing Administrator.
    pub const BILLING_ADMINISTRATOR: Self = template_id("b0f54661-2d74-4c50-afa3-1ec803f12efe");
    /// Cloud Application Administrator: one of the roles a consent on behalf of a customer needs.
    pub const CLOUD_APPLICATION_ADMINISTRATOR: Self = template_id("158c047a-c907-4556-b7ef-446551a6b5f7");
    /// Compliance Administrator.
    pub const COMPLIANCE_ADMINISTRATOR: Self = template_id("17315797-102d-40b4-93e0-432062caca18");
    /// Conditional Access Administrator.
    pub const CONDITIONAL_ACCESS_ADMINISTRATOR: Self = template_id("b1be1c3e-b65d-4f19-8427-f6fa0d97feb9");
    /// Directory Readers.
    pub const DIRECTORY_READERS: Self = template_id("88d8e3e3-8f55-4a1e-953a-9b9898b8876b");
    /// Domain Name Administrator.
    pub const DOMAIN_NAME_ADMINISTRATOR: Self = template_id("8329153b-31d0-4727-b945-745eb3bc5f31");
    /// Exchange Administrator.
    pub const EXCHANGE_ADMINISTRATOR: Self = template_id("29232cdf-9323-42fd-ade2-1d097af3e4de");
    /// Global Administrator: a relationship that has it cannot extend itself.
    pub const GLOBAL_ADMINISTRATOR: Self = template_id("62e90394-69f5-4237-9190-012177145e10");
    /// Global Reader.
    pub const GLOBAL_READER: Self = template_id("f2ef992c-3afb-46b9-b7cf-a126ee74c451");
    /// Privileged Authentication Administrator.
    pub const PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: Self = template_id("7be44c8a-adaf-4e2a-84d6-ab2649e08a13");
    /// Privileged Role Administrator: grants the app roles of Microsoft Graph and makes role-assignable groups.
    pub const PRIVILEGED_ROLE_ADMINISTRATOR: Self = template_id("e8611ab8-c189-46e8-94e1-60213ab1f814");
    /// Security Administrator.
    pub const SECURITY_ADMINISTRATOR: Self = template_id("194ae4cb-b126-40b2-bd5b-6091b380977d");
    /// User Administrator.
    pub const USER_ADMINISTRATOR: Self = template_id("fe930be7-5e62-47db-91af-98c3a49a38b1");
}

fn parse_role(text: &str) -> Result<RoleTemplateId, String> {
    let role = match text.parse::<RoleTemplateId>() {
        Ok(id) => DirectoryRole::by_template_id(&id),
        Err(_) => DirectoryRole::find(text),
    };
    match role {
        Some(role) if role.gdap_supported == Some(false) => Err(format!("GDAP does not take {:?}", role.name)),
        Some(role) => Ok(role.template_id),
        None => match nearest(text, DIRECTORY_ROLES.iter().map(|role| role.name)) {
            Some(right) => Err(format!("{text:?} is no built-in role, the nearest is {right:?}")),
            None => Err(format!("{text:?} is no built-in role")),
        },
    }
}

const fn template_id(text: &str) -> RoleTemplateId {
    match Uuid::try_parse(text) {
        Ok(id) => RoleTemplateId::new(id),
        Err(_) => panic!("the ids of the table are GUIDs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_twelve_are_found_by_name_and_id_and_gdap_takes_them() {
        for role in &GDAP_ROLES {
            assert_eq!(GdapRole::find(&role.name.to_ascii_lowercase()), Some(role));
            assert_eq!(GdapRole::by_template_id(&role.template_id), Some(role));
            let known = DirectoryRole::by_template_id(&role.template_id).unwrap();
            assert_eq!((known.name, known.privileged), (role.name, role.privileged));
            assert_eq!(known.gdap_supported, Some(true), "{}", role.name);
        }
        assert!(GdapRole::find("Global Administrator").is_none());
        assert!(GdapRole::by_template_id(&RoleTemplateId::GLOBAL_ADMINISTRATOR).is_none());
    }

    #[test]
    fn every_role_is_found_by_name_and_id() {
        for role in DirectoryRole::all() {
            assert_eq!(DirectoryRole::find(&role.name.to_ascii_uppercase()), Some(role));
            assert_eq!(role_name(&role.template_id), Some(role.name));
            for other in role.other_names {
                assert_eq!(DirectoryRole::find(&other.to_ascii_lowercase()), Some(role), "{other}");
            }
        }
        let renamed = DirectoryRole::find("azure ad joined device local administrator").unwrap();
        assert_eq!(renamed.name, "Microsoft Entra Joined Device Local Administrator");
        assert_eq!(role_name(&RoleTemplateId::from_u128(1)), None);
    }

    #[test]
    fn constants_are_the_roles_of_their_names() {
        for (id, name) in [
            (RoleTemplateId::APPLICATION_ADMINISTRATOR, "Application Administrator"),
            (RoleTemplateId::BILLING_ADMINISTRATOR, "Billing Administrator"),
            (RoleTemplateId::CLOUD_APPLICATION_ADMINISTRATOR, "Cloud Application Administrator"),
            (RoleTemplateId::COMPLIANCE_ADMINISTRATOR, "Compliance Administrator"),
            (RoleTemplateId::CONDITIONAL_ACCESS_ADMINISTRATOR, "Conditional Access Administrator"),
            (RoleTemplateId::DIRECTORY_READERS, "Directory Readers"),
            (RoleTemplateId::DOMAIN_NAME_ADMINISTRATOR, "Domain Name Administrator"),
            (RoleTemplateId::EXCHANGE_ADMINISTRATOR, "Exchange Administrator"),
            (RoleTemplateId::GLOBAL_ADMINISTRATOR, "Global Administrator"),
            (RoleTemplateId::GLOBAL_READER, "Global Reader"),
            (RoleTemplateId::PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, "Privileged Authentication Administrator"),
            (RoleTemplateId::PRIVILEGED_ROLE_ADMINISTRATOR, "Privileged Role Administrator"),
            (RoleTemplateId::SECURITY_ADMINISTRATOR, "Security Administrator"),
            (RoleTemplateId::USER_ADMINISTRATOR, "User Administrator"),
        ] {
            assert_eq!(role_name(&id), Some(name));
        }
    }

    #[test]
    fn role_list_takes_names_and_ids_each_once_in_order() {
        let ids = parse_roles([
            "user administrator",
            "29232cdf-9323-42fd-ade2-1d097af3e4de",
            " User Administrator ",
            "Global Reader",
        ]);
        assert_eq!(
            ids.unwrap(),
            [RoleTemplateId::USER_ADMINISTRATOR, RoleTemplateId::EXCHANGE_ADMINISTRATOR, RoleTemplateId::GLOBAL_READER]
        );
    }

    #[test]
    fn role_list_is_refused_with_every_mistake_named() {
        let error = parse_roles([
            "Exchange Adminstrator",
            "User Administrator",
            "Chief of Everything",
            "Guest User",
            "11111111-1111-4111-8111-111111111111",
        ])
        .unwrap_err()
        .to_string();
        for told in [
            r#""Exchange Adminstrator" is no built-in role, the nearest is "Exchange Administrator""#,
            r#""Chief of Everything" is no built-in role;"#,
            r#"GDAP does not take "Guest User""#,
            r#""11111111-1111-4111-8111-111111111111" is no built-in role"#,
        ] {
            assert!(error.contains(told), "{error}");
        }
        assert!(!error.contains(r#""User Administrator""#), "{error}");
        assert!(parse_roles([""; 0]).unwrap_err().to_string().contains("empty"));
    }
}
