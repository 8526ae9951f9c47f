//! The events a registered address is posted: what follows from the audit records, and test events.

use serde_json::{Value, json};
use uuid::Uuid;

use super::audit;
use crate::clock::iso_ticks;
use crate::world::{Delivery, World};

/// An event on its way to the registered address.
#[derive(Debug)]
pub(crate) struct Event {
    about: About,
    /// Where to.
    pub(crate) url: String,
    /// What is posted.
    pub(crate) body: Value,
}

#[derive(Debug)]
enum About {
    Record(String),
    Test(Uuid),
}

/// The events that have not arrived yet, oldest first: of what happened since the registration, if registered for.
///
/// `base` is the address of Partner Center, for the links.
pub(crate) fn due(world: &World, base: &str) -> Vec<Event> {
    let Some(registration) = &world.partner_center.webhook else { return Vec::new() };
    let event = |about, name: &str, resource: (&str, String), audit: Option<String>, at| Event {
        about,
        url: registration.url.clone(),
        body: json!({
            "EventName": name,
            "ResourceUri": format!("{base}{}", resource.1),
            "ResourceName": resource.0,
            "AuditUri": audit,
            "ResourceChangeUtcDate": iso_ticks(at),
        }),
    };
    let mut due = Vec::new();
    for record in audit::all(world).into_iter().rev() {
        if record.at < registration.since || world.partner_center.posted.contains(&record.id) {
            continue;
        }
        let Some((name, kind, path)) = of_record(&record.operation) else { continue };
        if !registration.events.iter().any(|wanted| wanted == name) {
            continue;
        }
        let new: Value =
            record.new_value.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let id = [&new["Id"], &new["id"]].into_iter().find_map(Value::as_str).unwrap_or_default();
        let path = path
            .replace("{customer}", &record.customer.map(|id| id.to_string()).unwrap_or_default())
            .replace("{id}", id);
        let audit = format!("{base}/auditactivity/v1/auditrecords/{}", record.id);
        due.push(event(About::Record(record.id.clone()), name, (kind, path), Some(audit), record.at));
    }
    for (id, test) in &world.partner_center.test_events {
        if !test.deliveries.iter().any(Delivery::has_arrived) {
            let resource = ("test", format!("/webhooks/v1/registration/validationEvents/{id}"));
            due.push(event(About::Test(*id), "test-created", resource, None, test.at));
        }
    }
    due
}

/// Takes note of what the address answered; no status is no answer. What was not taken is due again.
pub(crate) fn answered(world: &mut World, event: Event, status: Option<u16>) {
    let delivery = Delivery { at: world.now(), status };
    match event.about {
        About::Record(id) => {
            if delivery.has_arrived() {
                world.partner_center.posted.insert(id);
            }
        }
        About::Test(id) => {
            if let Some(test) = world.partner_center.test_events.get_mut(&id) {
                test.deliveries.push(delivery);
            }
        }
    }
}

/// The event an operation makes, the kind of what changed, and where that is.
fn of_record(operation: &str) -> Option<(&'static str, &'static str, &'static str)> {
    const RELATIONSHIP: &str = "/v1/granularAdminRelationships/{id}";
    Some(match operation {
        "granular_admin_relationship_approved" => {
            ("granular-admin-relationship-approved", "GranularAdminRelationship", RELATIONSHIP)
        }
        "granular_admin_relationship_activated" => {
            ("granular-admin-relationship-activated", "GranularAdminRelationship", RELATIONSHIP)
        }
        "update_subscription" => {
            ("subscription-updated", "Subscription", "/v1/customers/{customer}/subscriptions/{id}")
        }
        _ => return None,
    })
}
