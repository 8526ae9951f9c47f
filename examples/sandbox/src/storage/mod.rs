//! Blob and table storage, as far as a bearer token reaches it.
//!
//! Both are addressed as `/{account}/...`, the form storage emulators use; a path that names `Tables` or an
//! entity, or a request that accepts JSON, is for the table service.

mod blob;
mod error;
mod table;

use self::error::StorageError;
use crate::arm::may_manage;
use crate::call::Call;
use crate::clock::http_date;
use crate::reply::Reply;
use crate::tokens::{Audience, authorize};
use crate::world::World;

/// Answers one request to this service.
pub(crate) fn handle(world: &mut World, call: &Call) -> Reply {
    serve(world, call)
        .unwrap_or_else(|reply| reply)
        .with_header("x-ms-request-id", call.request_id.to_string())
        .with_header("x-ms-version", call.header("x-ms-version").unwrap_or("2021-08-06"))
        .with_header("Last-Modified", http_date(call.now))
}

fn serve(world: &mut World, call: &Call) -> Result<Reply, Reply> {
    let (method, segments) = call.route();
    let [account, path @ ..] = segments.as_slice() else {
        return Err(Reply::empty(400));
    };
    let table = is_table(call, path);
    let refuse = |error: StorageError| error.reply(call, table);
    let claims = authorize(world, call, Audience::Storage)?;
    let missing = StorageError::new(404, "ResourceNotFound", "The specified resource does not exist.");
    let tenant = world.storage_accounts.get(*account).ok_or_else(|| refuse(missing))?.tenant;
    if tenant != claims.tenant {
        return Err(refuse(StorageError::new(
            401,
            "InvalidAuthenticationInfo",
            "Issuer validation failed. Issuer did not match.",
        )));
    }
    if !may_manage(world, &claims) {
        return Err(refuse(StorageError::new(
            403,
            "AuthorizationPermissionMismatch",
            "This request is not authorized to perform this operation using this permission.",
        )));
    }
    let account =
        world.storage_accounts.get_mut(*account).expect("the account was found above and the world is locked");
    if table {
        table::handle(account, call, method, path).map_err(refuse)
    } else {
        blob::handle(account, call, method, path).map_err(refuse)
    }
}

fn is_table(call: &Call, path: &[&str]) -> bool {
    path.first().is_some_and(|first| *first == "Tables" || first.ends_with(')'))
        || call.header("accept").is_some_and(|kinds| kinds.contains("json"))
}
