//! The error envelope of the admin API.

use serde_json::json;

use crate::reply::Reply;

const EXCEPTION: &str = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException";

/// Refuses with the `Ex……|type|text` detail that cmdlet failures carry.
pub(super) fn cmdlet(status: u16, code: &str, exception: &str, text: &str) -> Box<Reply> {
    Box::new(Reply::json(
        status,
        json!({"error": {
            "code": code,
            "message": "Error executing cmdlet",
            "details": [{
                "code": if status == 400 || status == 404 { "Client" } else { "Context" },
                "target": "",
                "message": format!("Ex{:06X}|{exception}|{text}", checksum(exception, text)),
            }],
            "innererror": {
                "message": "Error executing cmdlet",
                "type": EXCEPTION,
                "stacktrace": "   at Microsoft.Exchange.Admin.OData.Core.Controllers.InvokeCommand()",
                "internalexception": {
                    "message": format!("|{exception}|{text}"),
                    "type": exception,
                    "stacktrace": "",
                    "internalexception": {},
                },
            },
            "adminapi.warnings@odata.type": "#Collection(String)",
            "@adminapi.warnings": [],
        }}),
    ))
}

/// Refuses before a cmdlet runs; such answers have no details.
pub(super) fn plain(status: u16, code: &str, text: &str) -> Box<Reply> {
    Box::new(Reply::json(
        status,
        json!({"error": {
            "code": code,
            "message": text,
            "innererror": {"message": text, "type": EXCEPTION, "stacktrace": ""},
        }}),
    ))
}

/// Refuses a parameter that does not bind.
pub(super) fn binding(text: &str) -> Box<Reply> {
    cmdlet(400, "BadRequest", "System.Management.Automation.ParameterBindingException", text)
}

/// Refuses an object that is not there.
pub(super) fn not_found(identity: &str) -> Box<Reply> {
    cmdlet(
        404,
        "NotFound",
        "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
        &format!(
            "The operation couldn't be performed because object '{identity}' couldn't be found on 'SANDBOX01.PROD.OUTLOOK.COM'."
        ),
    )
}

/// Refuses a token that is for another tenant; like every bad token, without a body.
pub(super) fn invalid_token() -> Box<Reply> {
    Box::new(Reply::empty(401).with_header(
        "WWW-Authenticate",
        "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", token_types=\"app_asserted_user_v1 service_asserted_app_v1\", error=\"invalid_token\"",
    ))
}

/// Answers a path nobody serves with a page of the front door.
pub(super) fn no_route() -> Box<Reply> {
    Box::new(Reply::raw(
        404,
        "<html><head><title>404 - File or directory not found.</title></head><body></body></html>",
        "text/html",
    ))
}

pub(super) fn no_method() -> Box<Reply> {
    plain(405, "MethodNotAllowed", "The requested resource does not support this http method.")
}

fn checksum(exception: &str, text: &str) -> u32 {
    exception
        .bytes()
        .chain(text.bytes())
        .fold(0x0081_1c9d, |sum: u32, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
        & 0x00ff_ffff
}
