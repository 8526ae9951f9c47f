//! `gdap status`: the relationships.

use bundle_core::gdap::Relationship;
use jiff::Timestamp;
use serde::Serialize;

use super::args::{StatusArgs, customers};
use super::output::Output;
use crate::connect::Connection;
use crate::exit::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: String,
    tenant_id: Option<String>,
    customer: Option<String>,
    status: String,
    roles: usize,
    extends_itself: bool,
    ends: Option<Timestamp>,
    link: Option<String>,
}

pub(super) async fn run(args: &StatusArgs, connection: &Connection) -> Result<Output, Failure> {
    let only = customers(&args.customer)?;
    let mut relationships = connection.fact_ports().relationships.relationships().await?;
    relationships.retain(|relationship| {
        let tenant = relationship.customer.as_ref().map(|customer| customer.tenant_id);
        (args.ended || !relationship.status.is_final())
            && (only.is_empty() || tenant.is_some_and(|tenant| only.contains(&tenant)))
    });
    let mut rows: Vec<Row> = relationships.iter().map(|relationship| row(relationship, connection)).collect();
    rows.sort_by(|a, b| a.customer.cmp(&b.customer).then_with(|| a.name.cmp(&b.name)));
    let mut output = Output::new(
        &["customer", "relationship", "status", "roles", "ends", "extends"],
        &serde_json::json!({ "relationships": rows }),
    )?;
    for row in &rows {
        let ends = row.ends.map(|ends| ends.strftime("%Y-%m-%d").to_string());
        output.rows.push(vec![
            row.customer.clone().or_else(|| row.tenant_id.clone()).unwrap_or_else(|| "anyone".to_owned()),
            row.name.clone(),
            row.status.clone(),
            row.roles.to_string(),
            ends.unwrap_or_default(),
            if row.extends_itself { "yes" } else { "no" }.to_owned(),
        ]);
        if let Some(link) = &row.link {
            output.notes.push(format!("{} waits for approval: {link}", row.name));
        }
    }
    output.needs_person = rows.iter().any(|row| row.link.is_some());
    Ok(output)
}

fn row(relationship: &Relationship, connection: &Connection) -> Row {
    use bundle_core::gdap::RelationshipStatus;
    let waits = relationship.status == RelationshipStatus::ApprovalPending;
    Row {
        id: relationship.id.to_string(),
        name: relationship.display_name.clone(),
        tenant_id: relationship.customer.as_ref().map(|customer| customer.tenant_id.to_string()),
        customer: relationship.customer.as_ref().and_then(|customer| customer.display_name.clone()),
        status: relationship.status.to_string(),
        roles: relationship.roles().count(),
        extends_itself: relationship.extends_itself(),
        ends: relationship.end_date_time,
        link: waits.then(|| relationship.approval_link(&connection.cloud)),
    }
}
