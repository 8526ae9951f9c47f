//! Errors of the storage services: XML for blobs, JSON for tables.

use serde_json::json;

use crate::call::Call;
use crate::clock::iso_ticks;
use crate::reply::Reply;

/// An error with its storage code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StorageError {
    status: u16,
    code: &'static str,
    message: &'static str,
}

impl StorageError {
    pub(crate) const fn new(status: u16, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }

    pub(crate) fn reply(&self, call: &Call, table: bool) -> Reply {
        let message = format!("{}\nRequestId:{}\nTime:{}", self.message, call.request_id, iso_ticks(call.now));
        let reply = if table {
            Reply::json(
                self.status,
                json!({"odata.error": {"code": self.code, "message": {"lang": "en-US", "value": message}}}),
            )
        } else {
            let body = format!(
                "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{}</Code><Message>{message}</Message></Error>",
                self.code
            );
            Reply::raw(self.status, body, "application/xml")
        };
        reply.with_header("x-ms-error-code", self.code)
    }
}
