//! Customers to the organisations of a platform: who the customers are, and which organisation each of them is.
//!
//! The sources of customers ([`CustomerSources`]: relationships, contracts of the directory, Partner Center) are merged by
//! tenant id, the only key that stays when names and domains change; what the sources tell differently is shown.
//! [`suggest`] scores organisations for customers that have none yet. A stored link is a tenant id and is never
//! questioned; nothing is linked here, a person takes a suggestion over.

mod facts;
mod merge;
mod name;
mod suggest;
#[cfg(test)]
mod tests;

pub use facts::{Contract, ContractApi, CustomerSource, CustomerSources, MappingPorts, SourceGap};
pub use merge::{CustomerMap, Difference, MappedCustomer, SeenCustomer, merge_customers};
pub use suggest::{CustomerSuggestions, LinkedCustomer, MappingPlan, MatchReason, Organization, Suggestion, suggest};
