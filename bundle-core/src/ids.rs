//! Ids as types, so that a tenant is never passed where an application is meant.
//!
//! GUID-shaped ids parse strictly: 36 characters with hyphens, nothing around them, not all zeros. Opaque ids
//! (relationships, assignments, etags) are compared as the service wrote them.

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

guid_id! {
    /// A tenant (directory), partner or customer.
    TenantId
}
guid_id! {
    /// The application (client) id of an app registration; the same in every tenant.
    AppId
}
guid_id! {
    /// The object id of a directory object within one tenant.
    ObjectId
}
guid_id! {
    /// The object id of a group within one tenant.
    GroupId
}
guid_id! {
    /// The object id of a user within one tenant.
    UserId
}
guid_id! {
    /// The id of a delegated permission (scope) or application permission (app role) of a resource.
    PermissionId
}
guid_id! {
    /// The template id of a built-in directory role; the same in every tenant.
    RoleTemplateId
}
guid_id! {
    /// The id of a stock keeping unit, the product a licence belongs to.
    SkuId
}
guid_id! {
    /// The id of an Azure subscription.
    SubscriptionId
}
guid_id! {
    /// The id of a password or certificate credential of an application.
    KeyId
}
opaque_id! {
    /// A GDAP relationship; two GUIDs joined by a hyphen today, opaque to us.
    RelationshipId
}
opaque_id! {
    /// An access assignment of a GDAP relationship.
    AccessAssignmentId
}
opaque_id! {
    /// A delegated permission grant (`oauth2PermissionGrant`).
    PermissionGrantId
}
opaque_id! {
    /// A Conditional Access policy.
    PolicyId
}
opaque_id! {
    /// An entity tag as the service wrote it; goes back in `If-Match` unchanged.
    Etag
}

pub(crate) fn parse_guid(name: &str, text: &str) -> Result<Uuid> {
    let hyphenated = text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    match Uuid::try_parse(text) {
        Ok(id) if hyphenated && !id.is_nil() => Ok(id),
        _ => Err(Error::new(
            ErrorKind::Config,
            format!("{name}: {text:?} is not a GUID like 11111111-1111-1111-1111-111111111111"),
        )),
    }
}

/// What the parser of [`opaque_id!`](crate::opaque_id) calls.
///
/// # Errors
/// [`ErrorKind::Config`]: empty, or with white space or control characters.
#[doc(hidden)]
pub fn parse_opaque(name: &str, text: &str) -> Result<String> {
    if text.is_empty() || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::new(ErrorKind::Config, format!("{name}: {text:?} is not an id")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guid_with_anything_around_it_is_refused() {
        let good = "11111111-1111-4111-8111-111111111111";
        assert_eq!(good.parse::<TenantId>().unwrap().to_string(), good);
        for bad in [
            "",
            "contoso.onmicrosoft.com",
            "{11111111-1111-4111-8111-111111111111}",
            " 11111111-1111-4111-8111-111111111111",
            "11111111111141118111111111111111",
            "urn:uuid:11111111-1111-4111-8111-111111111111",
            "00000000-0000-0000-0000-000000000000",
            "11111111-1111-4111-8111-11111111111g",
        ] {
            let error = bad.parse::<TenantId>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("TenantId"), "{error}");
            assert!(error.to_string().contains(&format!("{bad:?}")), "{error}");
        }
    }

    #[test]
    fn guid_is_printed_in_lower_case_and_survives_json() {
        let id: AppId = serde_json::from_str("\"ABCDEF00-0000-4000-8000-000000000001\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"abcdef00-0000-4000-8000-000000000001\"");
        assert!(serde_json::from_str::<AppId>("\"x\"").is_err());
    }

    #[test]
    fn opaque_id_keeps_its_text() {
        let id: RelationshipId = "A-b".parse().unwrap();
        assert_eq!(id.as_str(), "A-b");
        assert!("a b".parse::<RelationshipId>().is_err());
        assert!("".parse::<Etag>().is_err());
    }

    #[test]
    fn open_enum_keeps_unknown_values() {
        use crate::gdap::RelationshipStatus;

        let states: Vec<RelationshipStatus> = serde_json::from_str(r#"["active","mauve"]"#).unwrap();
        assert_eq!(states, [RelationshipStatus::Active, RelationshipStatus::Unknown("mauve".into())]);
        assert_eq!(serde_json::to_string(&states).unwrap(), r#"["active","mauve"]"#);
        assert_eq!(RelationshipStatus::Created.to_string(), "created");
    }
}
