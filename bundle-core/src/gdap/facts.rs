//! Everything that is known about a partner's relationships at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AccessAssignment, AssignmentApi, GroupTree, GroupTreeApi, Relationship, RelationshipApi, read_groups};
use crate::customer::Customer;
use crate::error::Result;
use crate::ids::{GroupId, RelationshipId, TenantId};

/// What [`GdapFacts::read`] reaches out through.
#[derive(Clone, Debug)]
pub struct FactPorts {
    /// Relationships.
    pub relationships: Arc<dyn RelationshipApi>,
    /// Access assignments.
    pub assignments: Arc<dyn AssignmentApi>,
    /// Groups and who is in them.
    pub groups: Arc<dyn GroupTreeApi>,
}

/// A partner's relationships, the assignments of those in force, and the groups they name.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GdapFacts {
    /// All relationships, in every status.
    pub relationships: Vec<Relationship>,
    /// The assignments of each relationship in force; an error in words where they could not be read.
    pub assignments: BTreeMap<RelationshipId, Result<Vec<AccessAssignment>, String>>,
    /// The groups that hold live assignments, and those nested in them.
    pub groups: GroupTree,
}

impl GdapFacts {
    /// Reads the facts: the relationships 300 at a time, the assignments of those in force, and each group once. With
    /// `only`, of these customers alone.
    ///
    /// # Errors
    /// Any error of the ports, save that of single relationships: that one is kept in [`GdapFacts::assignments`].
    pub async fn read(ports: &FactPorts, only: &[TenantId]) -> Result<Self> {
        let mut relationships = ports.relationships.relationships().await?;
        if !only.is_empty() {
            relationships.retain(|relationship| {
                relationship.customer.as_ref().is_some_and(|customer| only.contains(&customer.tenant_id))
            });
        }
        let in_force: Vec<RelationshipId> = relationships
            .iter()
            .filter(|relationship| relationship.status.is_in_force())
            .map(|relationship| relationship.id.clone())
            .collect();
        let mut assignments = BTreeMap::new();
        // A part at a time: answers are held as text until they are read.
        for part in in_force.chunks(PART) {
            let outcomes = ports.assignments.assignments_of(part).await?;
            for (id, outcome) in part.iter().zip(outcomes) {
                // Past assignments stay listed for ever and say nothing about today.
                let outcome = outcome.map(|all| all.into_iter().filter(is_telling).collect());
                assignments.insert(id.clone(), outcome.map_err(|error| error.to_string()));
            }
        }
        let live =
            assignments.values().flatten().flatten().filter(|assignment: &&AccessAssignment| assignment.is_live());
        let groups: Vec<GroupId> = live.map(AccessAssignment::group).collect();
        let groups = read_groups(&*ports.groups, groups).await?;
        Ok(Self { relationships, assignments, groups })
    }

    /// The relationships of one customer.
    pub fn of<'a>(&'a self, customer: &'a TenantId) -> impl Iterator<Item = &'a Relationship> + 'a {
        self.relationships
            .iter()
            .filter(move |relationship| relationship.customer.as_ref().is_some_and(|own| own.tenant_id == *customer))
    }

    /// The customers of all relationships, by name; the newest relationship names a customer.
    #[must_use]
    pub fn customers(&self) -> Vec<Customer> {
        let mut named: BTreeMap<TenantId, (Option<jiff::Timestamp>, String)> = BTreeMap::new();
        for relationship in &self.relationships {
            let Some(customer) = &relationship.customer else { continue };
            let name = customer.display_name.clone().unwrap_or_else(|| customer.tenant_id.to_string());
            let created = relationship.created_date_time;
            let known = named.entry(customer.tenant_id).or_insert_with(|| (created, name.clone()));
            if created > known.0 {
                *known = (created, name);
            }
        }
        let mut customers: Vec<Customer> =
            named.into_iter().map(|(tenant, (_, name))| Customer::new(tenant, name)).collect();
        customers.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.tenant_id.cmp(&b.tenant_id)));
        customers
    }

    /// The live assignments of a relationship; none where they could not be read.
    pub fn live(&self, relationship: &RelationshipId) -> impl Iterator<Item = &AccessAssignment> + '_ {
        self.assignments.get(relationship).into_iter().flatten().flatten().filter(|assignment| assignment.is_live())
    }
}

fn is_telling(assignment: &AccessAssignment) -> bool {
    use super::AccessAssignmentStatus as Status;
    !matches!(assignment.status, Status::Deleted | Status::Deleting)
}

/// How many relationships are asked about at a time.
const PART: usize = 400;
