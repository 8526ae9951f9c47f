//! Which service a pasted text comes from.

use crate::error::tables::Sketch;
use crate::service::Service;

/// The service a text names by its host, its source or the form of its codes.
pub(super) fn of(text: &str) -> Option<Service> {
    let whole = text.len() <= MAX_TEXT;
    let text = if whole { text } else { &text[..(0..=MAX_TEXT).rev().find(|at| text.is_char_boundary(*at))?] };
    let sketch = Sketch::new(text);
    let has = |mark: &&str| sketch.may_hold(mark) && text.contains(mark);
    MARKS.iter().find(|(marks, _)| marks.iter().any(has)).map(|(_, service)| *service)
}

/// Marks of the services, the most telling first.
const MARKS: [(&[&str], Service); 9] = [
    (&["PartnerFD", "api.partnercenter.microsoft.com"], Service::PartnerCenter),
    (&["ps.compliance.protection.outlook.com"], Service::Compliance),
    (&["Microsoft.Exchange.", "outlook.office365.com/adminapi", "/adminapi/beta"], Service::Exchange),
    (&[".vault.azure.net", "AKV1", "ForbiddenByRbac", "ForbiddenByPolicy"], Service::KeyVault),
    (&[".blob.core.windows.net"], Service::Blob),
    (&[".table.core.windows.net"], Service::Table),
    (&["AADSTS"], Service::Login),
    (&["management.azure.com", "AuthorizationFailed", "over scope '/subscriptions"], Service::ResourceManager),
    (
        &["graph.microsoft.com", "Authorization_RequestDenied", "Request_", "Microsoft.Graph", "innerError"],
        Service::Graph,
    ),
];

const MAX_TEXT: usize = 16 * 1024;
