//! The routing hint every request carries.

use uuid::Uuid;

use super::error;
use crate::call::Call;
use crate::reply::Reply;
use crate::world::Tenant;

const PREFIXES: &[&str] = &["APP:", "UPN:", "SMTP:", "AAD-UPN:", "AAD-SMTP:", "OID:", "MBX:"];

/// Refuses a request whose `X-AnchorMailbox` is absent or does not lead to the tenant.
pub(super) fn check(call: &Call, tenant: &Tenant) -> Result<(), Box<Reply>> {
    let Some(hint) = call.header("x-anchormailbox").map(str::trim) else {
        return Err(wrong("The request has no routing hint (X-AnchorMailbox)."));
    };
    let address = PREFIXES.iter().find_map(|prefix| strip(hint, prefix)).unwrap_or(hint);
    let known = match address.rsplit_once('@') {
        Some((local, place)) => {
            !local.is_empty() && (tenant.has_domain(place) || Uuid::parse_str(place).is_ok_and(|id| id == tenant.id))
        }
        // A system mailbox has the same guid in every tenant and needs no domain.
        None => address.starts_with("SystemMailbox{"),
    };
    if known {
        return Ok(());
    }
    Err(wrong(&format!("The routing hint '{hint}' does not lead to a mailbox of this organization.")))
}

fn wrong(text: &str) -> Box<Reply> {
    error::plain(400, "ErrorIncorrectRoutingHint", text)
}

fn strip<'a>(hint: &'a str, prefix: &str) -> Option<&'a str> {
    hint.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix)).and_then(|_| hint.get(prefix.len()..))
}
