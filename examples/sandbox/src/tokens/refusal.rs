//! How each service refuses a token.

use serde_json::json;

use super::Audience;
use crate::call::Call;
use crate::clock::{iso, iso_ticks};
use crate::reply::Reply;

/// What is wrong with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The audience it was issued for.
    Audience(String),
    /// When it expired.
    Expired(jiff::Timestamp),
    Malformed,
    Missing,
    Signature,
}

impl Refusal {
    /// Returns the answer the service gives.
    pub(crate) fn reply(&self, call: &Call, audience: Audience) -> Reply {
        match audience {
            Audience::Graph => self.graph(call),
            Audience::PartnerCenter => self.partner_center(call),
            Audience::Exchange | Audience::Compliance => exchange(),
            Audience::ResourceManager => self.resource_manager(call),
            Audience::KeyVault => self.key_vault(),
            Audience::Storage => self.storage(call),
            Audience::Office365Management => {
                Reply::json(401, json!({"Message": "Authorization has been denied for this request."}))
            }
        }
    }

    fn graph(&self, call: &Call) -> Reply {
        let message = match self {
            Self::Missing => "Access token is empty.",
            Self::Malformed => "IDX14100: JWT is not well formed, there are no dots (.).",
            Self::Signature => "Access token validation failure. Signature is invalid.",
            Self::Expired(_) => "Lifetime validation failed, the token is expired.",
            Self::Audience(_) => "Access token validation failure. Invalid audience.",
        };
        let client_request_id =
            call.header("client-request-id").map_or_else(|| call.request_id.to_string(), str::to_owned);
        Reply::json(
            401,
            json!({"error": {
                "code": "InvalidAuthenticationToken",
                "message": message,
                "innerError": {
                    "date": iso(call.now).trim_end_matches('Z'),
                    "request-id": call.request_id,
                    "client-request-id": client_request_id,
                },
            }}),
        )
        .with_header(
            "WWW-Authenticate",
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\"",
        )
        .with_header("request-id", call.request_id.to_string())
        .with_header("client-request-id", client_request_id)
    }

    fn partner_center(&self, call: &Call) -> Reply {
        let (code, description) = match self {
            Self::Missing => (800_001, "The partner token is missing."),
            Self::Audience(_) => (900_420, "The audience of the token is not supported."),
            Self::Malformed | Self::Signature | Self::Expired(_) => (400, "Access denied. The token is not valid."),
        };
        Reply::json(401, json!({"code": code, "description": description, "data": [], "source": "PartnerFD"}))
            .with_header("MS-RequestId", call.request_id.to_string())
    }

    fn resource_manager(&self, call: &Call) -> Reply {
        let (code, message) = match self {
            Self::Missing => {
                ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.".to_owned())
            }
            Self::Malformed | Self::Signature => {
                ("InvalidAuthenticationToken", "The access token is invalid.".to_owned())
            }
            Self::Expired(at) => (
                "ExpiredAuthenticationToken",
                format!(
                    "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                    iso(*at),
                    iso(call.now)
                ),
            ),
            Self::Audience(found) => (
                "InvalidAuthenticationToken",
                format!(
                    "The access token has been obtained for wrong audience or resource '{found}'. It should exactly \
                     match with one of the allowed audiences 'https://management.core.windows.net/', \
                     'https://management.azure.com/'."
                ),
            ),
        };
        Reply::json(401, json!({"error": {"code": code, "message": message}}))
            .with_header(
                "WWW-Authenticate",
                "Bearer authorization_uri=\"https://login.windows.net/\", error=\"invalid_token\", \
                 error_description=\"The authentication failed because of missing 'Authorization' header.\"",
            )
            .with_header("x-ms-request-id", call.request_id.to_string())
    }

    fn key_vault(&self) -> Reply {
        let message = match self {
            Self::Missing => "AKV10000: Request is missing a Bearer or PoP token.".to_owned(),
            Self::Expired(at) => format!("AKV10021: Error validating token: token expired at '{}'.", iso_ticks(*at)),
            Self::Audience(found) => {
                format!("AKV10022: Invalid audience. Expected https://vault.azure.net, found: {found}.")
            }
            Self::Malformed | Self::Signature => "AKV10001: Bearer token is not a valid JWT.".to_owned(),
        };
        Reply::json(401, json!({"error": {"code": "Unauthorized", "message": message}}))
    }

    fn storage(&self, call: &Call) -> Reply {
        let code = if *self == Self::Missing { "NoAuthenticationInformation" } else { "InvalidAuthenticationInfo" };
        let body = format!(
            "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>Server failed to \
             authenticate the request. Please refer to the information in the www-authenticate header.\n\
             RequestId:{}\nTime:{}</Message></Error>",
            call.request_id,
            iso_ticks(call.now)
        );
        Reply::raw(401, body, "application/xml")
            .with_header("x-ms-error-code", code)
            .with_header("x-ms-request-id", call.request_id.to_string())
            .with_header(
                "WWW-Authenticate",
                "Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize \
                 resource_id=https://storage.azure.com",
            )
    }
}

fn exchange() -> Reply {
    Reply::empty(401).with_header(
        "WWW-Authenticate",
        "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", \
         trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", \
         token_types=\"app_asserted_user_v1 service_asserted_app_v1\", \
         authorization_uri=\"https://login.windows.net/common/oauth2/authorize\", error=\"invalid_token\"",
    )
}
