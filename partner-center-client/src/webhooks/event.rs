//! What arrives.

use bundle_core::ids::RelationshipId;
use bundle_core::{Error, ErrorKind, Result, open_enum};
use jiff::Timestamp;
use serde::Deserialize;

use crate::wire;

/// An event as Partner Center posts it.
///
/// [`WebhookEvent::parse`] takes any text of the right shape: who sent it is not known, see [`SignedEvent`] and
/// [`Webhooks::audit_record`].
///
/// [`SignedEvent`]: crate::webhooks::SignedEvent
/// [`Webhooks::audit_record`]: crate::webhooks::Webhooks::audit_record
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct WebhookEvent {
    /// What happened.
    #[serde(alias = "eventName")]
    pub event_name: WebhookEventName,
    /// What it happened to.
    #[serde(alias = "resourceUri")]
    pub resource_uri: String,
    /// The kind of what it happened to, for example `GranularAdminRelationship`.
    #[serde(default, alias = "resourceName")]
    pub resource_name: Option<String>,
    /// The audit record about it.
    #[serde(default, alias = "auditUri", alias = "AuditUrl")]
    pub audit_uri: Option<String>,
    /// When it happened.
    #[serde(default, alias = "resourceChangeUtcDate", deserialize_with = "wire::time")]
    pub resource_change_utc_date: Option<Timestamp>,
}

impl WebhookEvent {
    /// Reads the body of a request.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`]: it is no event, or larger than one is; the message names the field, never a value.
    pub fn parse(body: &[u8]) -> Result<Self> {
        let malformed = |why: &str| Error::new(ErrorKind::Decode, format!("webhook event: {why}"));
        if body.len() > LARGEST {
            return Err(malformed("it is larger than an event is"));
        }
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let event: Self = serde_json::from_slice(body).map_err(|cause| {
            // Values stand in double quotes, names of fields in backticks.
            let cause = cause.to_string();
            malformed(cause.split('"').next().unwrap_or_default().trim_end())
        })?;
        for (field, text) in [("EventName", event.event_name.as_str()), ("ResourceUri", &event.resource_uri)] {
            if text.trim().is_empty() {
                return Err(malformed(&format!("{field} is empty")));
            }
        }
        Ok(event)
    }

    /// The GDAP relationship it happened to.
    #[must_use]
    pub fn relationship(&self) -> Option<RelationshipId> {
        if !self.event_name.as_str().starts_with("granular-admin-relationship-") {
            return None;
        }
        let path = self.resource_uri.split(['?', '#']).next()?;
        path.trim_end_matches('/').rsplit('/').next()?.parse().ok()
    }
}

open_enum! {
    /// What happened.
    ///
    /// Source: "Partner Center webhook events" (Microsoft Learn), version of 2023-10.
    pub enum WebhookEventName {
        /// Microsoft takes what happens in an Azure subscription for fraud.
        AzureFraudEventDetected = "azure-fraud-event-detected",
        /// A customer gave delegated administration of the old kind.
        DapAdminRelationshipApproved = "dap-admin-relationship-approved",
        /// A customer took it back.
        DapAdminRelationshipTerminated = "dap-admin-relationship-terminated",
        /// Microsoft ended it because nobody used it for 90 days.
        DapAdminRelationshipTerminatedByMicrosoft = "dap-admin-relationship-terminated-by-microsoft",
        /// The roles of an access assignment can be used.
        GranularAdminAccessAssignmentActivated = "granular-admin-access-assignment-activated",
        /// An access assignment was created.
        GranularAdminAccessAssignmentCreated = "granular-admin-access-assignment-created",
        /// An access assignment was deleted.
        GranularAdminAccessAssignmentDeleted = "granular-admin-access-assignment-deleted",
        /// An access assignment was changed.
        GranularAdminAccessAssignmentUpdated = "granular-admin-access-assignment-updated",
        /// A GDAP relationship can be used.
        GranularAdminRelationshipActivated = "granular-admin-relationship-activated",
        /// A customer approved a GDAP relationship.
        GranularAdminRelationshipApproved = "granular-admin-relationship-approved",
        /// The time of a GDAP relationship is over.
        GranularAdminRelationshipExpired = "granular-admin-relationship-expired",
        /// One of the two ended a GDAP relationship.
        GranularAdminRelationshipTerminated = "granular-admin-relationship-terminated",
        /// A customer accepted an indirect reseller.
        IndirectResellerRelationshipAcceptedByCustomer = "indirect-reseller-relationship-accepted-by-customer",
        /// There is a new invoice.
        InvoiceReady = "invoice-ready",
        /// A subscription has moved to new commerce.
        NewCommerceMigrationCompleted = "new-commerce-migration-completed",
        /// A subscription is about to move.
        NewCommerceMigrationCreated = "new-commerce-migration-created",
        /// It could not move.
        NewCommerceMigrationFailed = "new-commerce-migration-failed",
        /// Its move could not be scheduled.
        NewCommerceMigrationScheduleFailed = "new-commerce-migration-schedule-failed",
        /// There is a new referral.
        ReferralCreated = "referral-created",
        /// A referral was changed.
        ReferralUpdated = "referral-updated",
        /// There is a new referral that belongs to another.
        RelatedReferralCreated = "related-referral-created",
        /// It was changed.
        RelatedReferralUpdated = "related-referral-updated",
        /// A customer accepted the partner as reseller.
        ResellerRelationshipAcceptedByCustomer = "reseller-relationship-accepted-by-customer",
        /// A subscription was changed, up to two days ago.
        SubscriptionUpdated = "subscription-updated",
        /// Somebody asked for a test.
        TestCreated = "test-created",
        /// Azure costs a customer more than its budget.
        UsageRecordsThresholdExceeded = "usagerecords-thresholdExceeded",
    }
}

/// Events are some hundred bytes.
const LARGEST: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_in_either_case_and_with_a_byte_order_mark() {
        let relationship = "33333333-3333-4333-8333-333333333333-11111111-1111-4111-8111-111111111111";
        let pascal = format!(
            r#"{{"EventName":"granular-admin-relationship-approved","ResourceUri":"https://api.partnercenter.microsoft.com/v1/x/{relationship}","ResourceName":"GranularAdminRelationship","AuditUri":null,"ResourceChangeUtcDate":"2017-11-16T16:19:06.3520276+00:00"}}"#
        );
        let camel = pascal.replace("EventName", "eventName").replace("\"ResourceUri", "\"resourceUri");
        for body in [pascal.clone(), camel, format!("\u{feff}{pascal}")] {
            let event = WebhookEvent::parse(body.as_bytes()).unwrap();
            assert_eq!(event.event_name, WebhookEventName::GranularAdminRelationshipApproved);
            assert_eq!(event.relationship().unwrap().as_str(), relationship);
            assert_eq!(event.audit_uri, None);
        }
    }

    #[test]
    fn what_is_no_event_is_named_without_its_values() {
        for (body, named) in [
            (&b""[..], "EOF"),
            (b"[]", "invalid"),
            (b"<html>canary</html>", "expected"),
            (b"{\"EventName\":\"test-created\"}", "ResourceUri"),
            (b"{\"ResourceUri\":\"canary\"}", "EventName"),
            (b"{\"EventName\":\" \",\"ResourceUri\":\"canary\"}", "EventName"),
            (b"{\"EventName\":\"test-created\",\"ResourceUri\":\"\"}", "ResourceUri"),
            (b"{\"EventName\":\"t\",\"ResourceUri\":\"u\",\"ResourceChangeUtcDate\":\"canary\"}", "time"),
            (b"\xFF\xFE", "expected"),
        ] {
            let error = WebhookEvent::parse(body).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Decode);
            assert!(error.to_string().contains(named) && !error.to_string().contains("canary"), "{error}");
        }
        assert!(WebhookEvent::parse(&vec![b' '; LARGEST + 1]).unwrap_err().to_string().contains("larger"));
    }

    #[test]
    fn only_events_about_relationships_name_one() {
        let event = WebhookEvent::parse(br#"{"EventName":"test-created","ResourceUri":"http://a/b"}"#).unwrap();
        assert_eq!(event.relationship(), None);
    }
}
