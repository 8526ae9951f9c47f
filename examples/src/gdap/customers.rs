//! Which customers a command is about.

use bundle_core::customer::{Customer, CustomerApi};
use bundle_core::gdap::GdapFacts;
use bundle_core::{Error, ErrorKind, TenantId};

use crate::exit::Failure;

/// The customers named, as Partner Center knows them; all of them when none is named.
pub(crate) async fn of_partner_center(api: &dyn CustomerApi, named: &[TenantId]) -> Result<Vec<Customer>, Failure> {
    let mut customers = api.customers().await?;
    for id in named {
        if !customers.iter().any(|customer| customer.tenant_id == *id) {
            return Err(Failure::usage(format!("--customer: {id} is not in the partner's list of customers")));
        }
    }
    if !named.is_empty() {
        customers.retain(|customer| named.contains(&customer.tenant_id));
    }
    if customers.is_empty() {
        return Err(Failure::usage("the partner has no customers"));
    }
    customers.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.tenant_id.cmp(&b.tenant_id)));
    Ok(customers)
}

/// The customers of relationships and of Partner Center together, by tenant; the latter's names win. An account that may
/// not list customers still sees those it has relationships with.
pub(super) async fn known(
    api: &dyn CustomerApi,
    facts: &GdapFacts,
    named: &[TenantId],
) -> Result<Vec<Customer>, Failure> {
    let mut customers = match api.customers().await {
        Ok(customers) => customers,
        Err(error) if is_refusal(&error) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for customer in facts.customers() {
        if !customers.iter().any(|other| other.tenant_id == customer.tenant_id) {
            customers.push(customer);
        }
    }
    for id in named {
        if !customers.iter().any(|customer| customer.tenant_id == *id) {
            return Err(Failure::usage(format!("--customer: {id} is no customer of the partner")));
        }
    }
    if !named.is_empty() {
        customers.retain(|customer| named.contains(&customer.tenant_id));
    }
    customers.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.tenant_id.cmp(&b.tenant_id)));
    Ok(customers)
}

fn is_refusal(error: &Error) -> bool {
    error.lacks_consent() || error.kind() == ErrorKind::PermissionDenied
}
