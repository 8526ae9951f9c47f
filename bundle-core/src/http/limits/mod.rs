//! The limits that Microsoft documents, as data.

mod table;

use crate::service::Service;
use table::LIMITS;

/// A documented limit of a service for one application in one tenant, or for a tenant as a whole.
///
/// They are hints: numbers change without notice, and a service may refuse earlier. No request is delayed because of
/// one; a limiter that has met its first refusal starts again from there where it has seen nothing better. To keep to
/// a limit from the first request on, declare it with [`ClientOptions::quota`](super::ClientOptions::quota).
///
/// Partner Center and Exchange publish no such numbers and have no rows. (Consent through Partner Center is limited over
/// all customers; the pipeline keeps to that by itself.)
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct DocumentedLimit {
    /// The service.
    pub service: Service,
    /// The part of it, in the words of the page.
    pub area: &'static str,
    /// Which requests count.
    pub operation: &'static str,
    /// What is counted together, for example `app+tenant`.
    pub scope: &'static str,
    /// How many.
    pub requests: u32,
    /// In so many seconds.
    pub seconds: u32,
    /// How many at once; the whole limit where the page names no burst.
    pub burst: u32,
    /// What is counted.
    pub unit: LimitUnit,
    /// Whether the page was read as it is now; otherwise the number comes from an old copy or from common knowledge.
    pub is_current: bool,
    /// The title of the page (Microsoft Learn).
    pub page: &'static str,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitUnit {
    /// Requests.
    Requests,
    /// Resource units: most requests cost one to five.
    ResourceUnits,
}

impl DocumentedLimit {
    /// The limits of a service; empty where none is published.
    pub fn of(service: Service) -> impl Iterator<Item = &'static Self> {
        LIMITS.iter().filter(move |limit| limit.service == service)
    }

    /// What it allows a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        f64::from(self.requests) / f64::from(self.seconds)
    }

    /// Whether it holds for everything an application does in a tenant, or in a vault or subscription.
    pub(super) fn is_whole_share(&self) -> bool {
        matches!(self.scope, "app+tenant" | "vault+region" | "subscription")
            && (self.operation.starts_with("any") || self.operation == "read")
    }
}
