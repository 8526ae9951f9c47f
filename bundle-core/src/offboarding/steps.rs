//! The steps of leaving a customer.

use std::fmt;

use serde::Serialize;

use crate::ids::{AppId, ObjectId, RelationshipId, UserId};

/// A step of leaving a customer, in the order in which the steps are taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "step")]
#[non_exhaustive]
pub enum OffboardStep {
    /// The partner's guest users: none is there, they were not asked for, or could not be listed.
    Guests,
    /// Delete a guest user of the partner's domains.
    DeleteGuest {
        /// The guest.
        id: UserId,
        /// The mail address.
        mail: Option<String>,
    },
    /// Take the partner's addresses out of the tenant's notifications.
    NotificationMails {
        /// The addresses.
        mails: Vec<String>,
    },
    /// The partner's other applications: none is there, they were not asked for, or could not be listed.
    PartnerApplications,
    /// Remove an application with everything granted to it.
    RemoveApplication {
        /// The application.
        application: AppId,
        /// Its name.
        name: Option<String>,
        /// Whose it is.
        owner: ApplicationOwner,
        /// Its service principal in the tenant, where it was seen.
        principal: Option<ObjectId>,
    },
    /// Delete a relationship nobody was asked to approve yet.
    DeleteRelationship {
        /// The relationship.
        relationship: RelationshipId,
        /// Its name.
        name: String,
    },
    /// End a relationship, for good.
    EndRelationship {
        /// The relationship.
        relationship: RelationshipId,
        /// Its name.
        name: String,
    },
    /// End the reseller relationship in Partner Center.
    EndResellerLink,
}

/// Whose an application is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ApplicationOwner {
    /// A vendor's.
    Vendor,
    /// Another one of the partner.
    Partner,
    /// The one the flow itself works through.
    Own,
}

impl OffboardStep {
    /// Whether it ends the access to the tenant, so that another run could not try earlier steps again.
    #[must_use]
    pub fn ends_access(&self) -> bool {
        matches!(self, Self::EndRelationship { .. } | Self::RemoveApplication { owner: ApplicationOwner::Own, .. })
    }
}

impl fmt::Display for OffboardStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guests => f.write_str("delete the partner's guest users"),
            Self::DeleteGuest { id, mail } => match mail {
                Some(mail) => write!(f, "delete guest user {mail}"),
                None => write!(f, "delete guest user {id}"),
            },
            Self::NotificationMails { mails } if mails.is_empty() => {
                f.write_str("take the partner out of the notification mails")
            }
            Self::NotificationMails { mails } => write!(f, "take {} out of the notification mails", mails.join(", ")),
            Self::PartnerApplications => f.write_str("remove the partner's other applications"),
            Self::RemoveApplication { application, name, owner, .. } => {
                let whose = match owner {
                    ApplicationOwner::Vendor => "vendor application",
                    ApplicationOwner::Partner => "the partner's application",
                    ApplicationOwner::Own => "this application",
                };
                match name {
                    Some(name) => write!(f, "remove {whose} {name:?}"),
                    None => write!(f, "remove {whose} {application}"),
                }
            }
            Self::DeleteRelationship { name, .. } => write!(f, "delete relationship {name:?}"),
            Self::EndRelationship { name, .. } => write!(f, "end relationship {name:?}"),
            Self::EndResellerLink => f.write_str("end the reseller relationship"),
        }
    }
}
