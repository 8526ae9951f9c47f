//! The challenge, and who may use a vault.

use super::{Place, answer};
use crate::arm::may_manage;
use crate::call::Call;
use crate::reply::Reply;
use crate::tokens::{Audience, Claims, authorize};
use crate::world::World;

/// Lets a caller pass whose token is for the vault's tenant and who may use the vault.
///
/// A refused token gets the challenge that names the tenant and the resource to ask for.
pub(super) fn admit(world: &World, call: &Call, place: &Place) -> Result<(), Box<Reply>> {
    let tenant = world.vaults[&place.vault].tenant;
    let challenge = |reply: Reply| {
        Box::new(reply.with_header(
            "WWW-Authenticate",
            format!(
                "Bearer authorization=\"https://login.microsoftonline.com/{tenant}\", resource=\"https://vault.azure.net\""
            ),
        ))
    };
    let claims = authorize(world, call, Audience::KeyVault).map_err(challenge)?;
    if claims.tenant != tenant {
        let refusal = answer::refuse(
            401,
            "Unauthorized",
            &format!(
                "AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{tenant}/, found https://sts.windows.net/{}/.",
                claims.tenant
            ),
        );
        return Err(challenge(*refusal));
    }
    if may_manage(world, &claims) {
        return Ok(());
    }
    Err(denied(call, place, &claims))
}

fn denied(call: &Call, place: &Place, claims: &Claims) -> Box<Reply> {
    let action = match call.method.as_str() {
        "GET" => "getSecret",
        "DELETE" => "delete",
        _ => "setSecret",
    };
    answer::refuse_because(
        403,
        "Forbidden",
        "ForbiddenByRbac",
        &format!(
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid={};oid={};iss=https://sts.windows.net/{}/\r\nAction: 'Microsoft.KeyVault/vaults/secrets/{action}/action'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null\r\nVault: {};location=westeurope\r\n",
            claims.app_id, claims.object_id, claims.tenant, place.vault
        ),
    )
}
