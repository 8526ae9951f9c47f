//! Errors and headers of the data plane.

use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::Reply;

/// Versions of the data plane that are served.
const VERSIONS: &[&str] = &["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"];

/// Refuses with a code and a message.
pub(super) fn refuse(status: u16, code: &str, message: &str) -> Box<Reply> {
    reply(status, &json!({"code": code, "message": message}))
}

/// Refuses with the inner code that tells the cases of one code apart.
pub(super) fn refuse_because(status: u16, code: &str, inner: &str, message: &str) -> Box<Reply> {
    reply(status, &json!({"code": code, "message": message, "innererror": {"code": inner}}))
}

/// Refuses a secret or version that is not there.
pub(super) fn not_found(name: &str) -> Box<Reply> {
    refuse(
        404,
        "SecretNotFound",
        &format!(
            "A secret with (name/id) {name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
        ),
    )
}

/// Refuses a missing or unknown version of the interface.
pub(super) fn check_version(call: &Call) -> Result<(), Box<Reply>> {
    match call.query("api-version") {
        None => Err(refuse(400, "BadParameter", "api-version must be specified")),
        Some(version) if VERSIONS.contains(&version) || version.contains("-preview") => Ok(()),
        Some(version) => Err(refuse(
            400,
            "BadParameter",
            &format!(
                "The specified version ({version}) is not recognized. Consider using the latest supported version (2026-04-01)."
            ),
        )),
    }
}

/// Adds the headers every answer carries.
pub(super) fn with_service_headers(call: &Call, mut reply: Reply) -> Reply {
    if let Some(client) = call.header("x-ms-client-request-id") {
        reply = reply.with_header("x-ms-client-request-id", client);
    }
    reply
        .with_header("x-ms-request-id", call.request_id.to_string())
        .with_header("x-ms-keyvault-service-version", "1.9.2500.1")
        .with_header("x-ms-keyvault-region", "westeurope")
        .with_header("x-ms-keyvault-network-info", "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;")
        .with_header("Cache-Control", "no-cache")
}

fn reply(status: u16, error: &Value) -> Box<Reply> {
    Box::new(Reply::json(status, json!({"error": error})))
}
