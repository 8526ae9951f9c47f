//! `gdap terminate`: ends relationships, for good.

use bundle_core::gdap::{RelationshipApi as _, RelationshipStatus, RelationshipUpkeep as _};
use serde::Serialize;

use super::args::TerminateArgs;
use super::output::Output;
use crate::connect::Connection;
use crate::exit::Failure;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: String,
    customer: Option<String>,
    outcome: String,
}

pub(super) async fn run(args: &TerminateArgs, connection: &Connection) -> Result<Output, Failure> {
    let gdap = connection.gdap();
    // All are looked at before the first is ended: a mistake in one of them ends none.
    let mut relationships = Vec::new();
    for id in args.ids()? {
        relationships.push(gdap.relationship(&id).await?);
    }
    let mut rows = Vec::new();
    let mut failed = false;
    for relationship in relationships {
        let created = relationship.status == RelationshipStatus::Created;
        let what = if created { "delete" } else { "terminate" };
        let outcome = if relationship.status.is_final() {
            format!("has ended ({})", relationship.status)
        } else if !args.yes {
            format!("would {what}, give --yes")
        } else {
            let done =
                if created { gdap.delete(&relationship.id).await } else { gdap.terminate(&relationship.id).await };
            match done {
                Ok(()) => format!("{what}: done"),
                Err(error) => {
                    failed = true;
                    format!("{what}: {error}")
                }
            }
        };
        rows.push(Row {
            id: relationship.id.to_string(),
            name: relationship.display_name,
            customer: relationship.customer.and_then(|customer| customer.display_name),
            outcome,
        });
    }
    let mut output =
        Output::new(&["customer", "relationship", "outcome"], &serde_json::json!({ "relationships": rows }))?;
    output.rows = rows.into_iter().map(|row| vec![row.customer.unwrap_or_default(), row.name, row.outcome]).collect();
    output.needs_person = failed;
    Ok(output)
}
