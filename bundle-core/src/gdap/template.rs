//! Which roles to ask customers for: the bundle's 12, three more, or a list of one's own.

use super::{GDAP_ROLES, parse_roles};
use crate::error::Result;
use crate::ids::RoleTemplateId;

/// A set of roles to ask customers for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoleTemplate {
    /// The 12 of the bundle.
    #[default]
    Twelve,
    /// The 12, and Billing Administrator, Domain Name Administrator and Global Reader.
    TwelveAndThree,
    /// A list of one's own.
    Own(Vec<RoleTemplateId>),
}

impl RoleTemplate {
    /// Reads a template: `12`, `12+3`, or roles by name or template id.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): as [`parse_roles`].
    pub fn parse<T: AsRef<str>>(words: &[T]) -> Result<Self> {
        match words {
            [] => Ok(Self::Twelve),
            [word] if word.as_ref() == "12" => Ok(Self::Twelve),
            [word] if word.as_ref() == "12+3" => Ok(Self::TwelveAndThree),
            words => parse_roles(words).map(Self::Own),
        }
    }

    /// The roles, each once.
    #[must_use]
    pub fn roles(&self) -> Vec<RoleTemplateId> {
        let twelve = GDAP_ROLES.iter().map(|role| role.template_id);
        match self {
            Self::Twelve => twelve.collect(),
            Self::TwelveAndThree => twelve.chain(THREE_MORE).collect(),
            Self::Own(roles) => roles.clone(),
        }
    }
}

const THREE_MORE: [RoleTemplateId; 3] =
    [RoleTemplateId::BILLING_ADMINISTRATOR, RoleTemplateId::DOMAIN_NAME_ADMINISTRATOR, RoleTemplateId::GLOBAL_READER];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_read_and_mistakes_named() {
        let count = |words: &[&str]| RoleTemplate::parse(words).unwrap().roles().len();
        assert_eq!((count(&[]), count(&["12"]), count(&["12+3"]), count(&["Global Reader"])), (12, 12, 15, 1));
        let error = RoleTemplate::parse(&["Exchange Adminstrator"]).unwrap_err().to_string();
        assert!(error.contains("nearest"), "{error}");
    }
}
