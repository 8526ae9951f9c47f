//! What a handler knows about the request: the call, the checked token, the version asked for.

use jiff::Timestamp;
use serde_json::Value;
use uuid::Uuid;

use super::answer::error;
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::Claims;
use crate::world::{Tenant, World};

/// One authorised request.
pub(super) struct Cx<'a> {
    pub(super) call: &'a Call,
    pub(super) claims: Claims,
    /// `v1.0` or `beta`.
    pub(super) version: &'a str,
    /// The path segments behind the version, in lower case, keys of function form taken apart.
    pub(super) route: &'a [String],
    /// The same segments as they were sent.
    pub(super) raw: &'a [String],
}

impl Cx<'_> {
    /// The id at a position of the path.
    pub(super) fn id(&self, at: usize) -> &str {
        self.raw.get(at).map(String::as_str).unwrap_or_default()
    }

    /// The object id at a position of the path; what is no GUID cannot exist.
    pub(super) fn object_id(&self, at: usize) -> Result<Uuid, Reply> {
        let id = self.id(at);
        Uuid::parse_str(id).map_err(|_| error(400, "Request_BadRequest", &format!("Invalid object identifier '{id}'.")))
    }

    /// An absolute URL of this service and version.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.call.base, self.version)
    }

    /// The value of `@odata.context`.
    pub(super) fn context(&self, fragment: &str) -> String {
        self.url(&format!("$metadata#{fragment}"))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.call.now
    }

    /// The tenant the token is for.
    pub(super) fn tenant<'w>(&self, world: &'w World) -> Result<&'w Tenant, Reply> {
        world.tenant(&self.claims.tenant).ok_or_else(tenant_gone)
    }

    /// The tenant the token is for, for changes.
    pub(super) fn tenant_mut<'w>(&self, world: &'w mut World) -> Result<&'w mut Tenant, Reply> {
        world.tenant_mut(&self.claims.tenant).ok_or_else(tenant_gone)
    }

    /// The object id of the signed-in user.
    pub(super) fn me(&self) -> Result<Uuid, Reply> {
        self.claims
            .user
            .as_ref()
            .map(|user| user.id)
            .ok_or_else(|| error(400, "BadRequest", "/me request is only valid with delegated authentication flow."))
    }

    /// The JSON body; refusals name what is wrong with it.
    pub(super) fn json(&self) -> Result<Value, Reply> {
        if self.call.body.is_empty() {
            return Err(error(400, "BadRequest", "Empty Payload. JSON content expected."));
        }
        match self.call.header("content-type") {
            None => {
                return Err(error(
                    400,
                    "BadRequest",
                    "Write requests (excluding DELETE) must contain the Content-Type header declaration.",
                ));
            }
            Some(kind) if !kind.to_ascii_lowercase().starts_with("application/json") => {
                return Err(error(
                    415,
                    "UnsupportedMediaType",
                    &format!("The content type '{kind}' is not supported."),
                ));
            }
            Some(_) => {}
        }
        self.call.json().filter(Value::is_object).ok_or_else(|| {
            error(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.")
        })
    }
}

fn tenant_gone() -> Reply {
    error(401, "Authentication_Unauthorized", "The tenant of the token does not exist.")
}
