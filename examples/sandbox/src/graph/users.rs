//! Users.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access::{self, GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR, insufficient};
use super::answer::{Answer, bad_request, collection, error, not_found, object, plain_count, taken};
use super::body::{Draft, texts};
use super::cx::Cx;
use super::organization::fields;
use super::query::{Query, Want};
use super::schema::USER;
use crate::clock::iso;
use crate::reply::Reply;
use crate::world::{MfaState, Secret, Tenant, User, World};

pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::USERS_READ.check(cx)?;
    let query = Query::list(cx.call, USER)?;
    Ok(collection(cx, &query, USER, USER.set, cx.tenant(world)?.users.values(), |user, want| view(user, want)))
}

pub(super) fn count(world: &World, cx: &Cx<'_>) -> Answer {
    access::USERS_READ.check(cx)?;
    let query = Query::list(cx.call, USER)?;
    plain_count(cx, &query, cx.tenant(world)?.users.values(), |user, want| view(user, want))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    let own = cx
        .claims
        .user
        .as_ref()
        .is_some_and(|me| cx.id(1) == me.id.to_string() || cx.id(1).eq_ignore_ascii_case(&me.user_principal_name));
    if own {
        access::ME.check(cx)?;
    } else {
        access::USERS_READ.check(cx)?;
    }
    show(world, cx, cx.id(1))
}

pub(super) fn me(world: &World, cx: &Cx<'_>) -> Answer {
    let me = cx.me()?;
    access::ME.check(cx)?;
    show(world, cx, &me.to_string())
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::USERS_CREATE.check(cx)?;
    let mut draft = Draft::create(cx, USER)?;
    let enabled = draft.required_flag("accountEnabled")?;
    let name = draft.required("displayName")?.to_owned();
    let nickname = draft.required("mailNickname")?.to_owned();
    let principal_name = draft.required("userPrincipalName")?.to_owned();
    let password = password(&mut draft)?.ok_or_else(|| draft.missing("passwordProfile"))?;
    let tenant = cx.tenant(world)?;
    check_principal_name(tenant, &principal_name, None)?;
    let id = world.new_id();
    let mut user = User::new(id, &principal_name, &name, cx.now());
    user.account_enabled = enabled;
    user.mail_nickname = nickname;
    user.password = password;
    for known in ["accountEnabled", "displayName", "mailNickname", "userPrincipalName"] {
        draft.take(known);
    }
    apply(&mut user, draft)?;
    let created = view(&user, &Want::ALL);
    cx.tenant_mut(world)?.users.insert(id, user);
    let reply = object(cx, 201, &Query::default(), USER, USER.set, created);
    Ok(reply.with_header("Location", cx.url(&format!("users/{id}"))))
}

pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::USERS_CHANGE.check(cx)?;
    let mut draft = Draft::change(cx, USER)?;
    let tenant = cx.tenant(world)?;
    let user = find(tenant, cx.id(1))?;
    let id = user.id;
    if draft.fields.contains_key("passwordProfile") || draft.fields.contains_key("accountEnabled") {
        access::PASSWORD.check(cx)?;
        // Only who outranks an administrator may touch the administrator's way to sign in.
        let protected = !tenant.directory_roles(&id).is_empty();
        let outranks = cx.claims.has_any_role(&[GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR]);
        if protected && !outranks {
            return Err(insufficient());
        }
    }
    if let Some(name) = draft.text("userPrincipalName") {
        check_principal_name(tenant, name, Some(&id))?;
    }
    let password = password(&mut draft)?;
    let user = cx.tenant_mut(world)?.users.get_mut(&id).ok_or_else(|| not_found(cx.id(1)))?;
    if let Some(password) = password {
        user.password = password;
        user.sessions_valid_from = cx.now();
    }
    apply(user, draft)?;
    Ok(Reply::empty(204))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::USERS_DELETE.check(cx)?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    let now = cx.now();
    let tenant = cx.tenant_mut(world)?;
    if let Some(user) = tenant.users.remove(&id) {
        let mut deleted = view(&user, &Want::ALL);
        deleted.insert("@odata.type".to_owned(), "#microsoft.graph.user".into());
        deleted.insert("deletedDateTime".to_owned(), iso(now).into());
        tenant.deleted_items.insert(id, Value::Object(deleted));
    }
    for group in tenant.groups.values_mut() {
        group.members.remove(&id);
        group.owners.remove(&id);
    }
    tenant.role_assignments.retain(|_, assignment| assignment.principal_id != id);
    Ok(Reply::empty(204))
}

pub(super) fn revoke_sessions(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::USERS_REVOKE.check(cx)?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    if let Some(user) = cx.tenant_mut(world)?.users.get_mut(&id) {
        user.sessions_valid_from = cx.now();
    }
    Ok(Reply::json(200, json!({"@odata.context": cx.context("Edm.Boolean"), "value": true})))
}

pub(super) fn mfa(world: &World, cx: &Cx<'_>) -> Answer {
    access::MFA_READ.check(cx)?;
    let user = find(cx.tenant(world)?, cx.id(1))?;
    let context = cx.context(&format!("users('{}')/authentication/requirements", cx.id(1)));
    Ok(Reply::json(200, json!({"@odata.context": context, "perUserMfaState": user.mfa_state.as_str()})))
}

pub(super) fn change_mfa(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::MFA_CHANGE.check(cx)?;
    let body = fields(cx.json()?);
    if let Some(name) = body.keys().find(|name| *name != "perUserMfaState") {
        return Err(bad_request(&format!("Invalid property '{name}'.")));
    }
    let word = body.get("perUserMfaState").and_then(Value::as_str).unwrap_or_default();
    let state = MfaState::parse(word)
        .ok_or_else(|| error(400, "badRequest", &format!("'{word}' is not a valid value of perUserMfaState.")))?;
    let id = find(cx.tenant(world)?, cx.id(1))?.id;
    if let Some(user) = cx.tenant_mut(world)?.users.get_mut(&id) {
        user.mfa_state = state;
    }
    Ok(Reply::empty(204))
}

/// Finds a user by object id or principal name.
pub(super) fn find<'w>(tenant: &'w Tenant, key: &str) -> Result<&'w User, Reply> {
    let found = match Uuid::parse_str(key) {
        Ok(id) => tenant.users.get(&id),
        Err(_) => tenant.user_by_name(key),
    };
    found.ok_or_else(|| not_found(key))
}

/// A user as Graph shows it.
pub(super) fn view(user: &User, want: &Want) -> Map<String, Value> {
    let mut view = fields(json!({
        "id": user.id,
        "accountEnabled": user.account_enabled,
        "businessPhones": [],
        "createdDateTime": iso(user.created_at),
        "displayName": user.display_name,
        "mail": user.mail,
        "mailNickname": user.mail_nickname,
        "perUserMfaState": user.mfa_state.as_str(),
        "signInSessionsValidFromDateTime": iso(user.sessions_valid_from),
        "usageLocation": user.usage_location,
        "userPrincipalName": user.user_principal_name,
        "userType": user.user_type,
    }));
    if want.has("assignedLicenses") {
        let licenses: Vec<Value> =
            user.assigned_licenses.iter().map(|sku| json!({"disabledPlans": [], "skuId": sku})).collect();
        view.insert("assignedLicenses".to_owned(), licenses.into());
    }
    view.extend(user.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    view
}

fn show(world: &World, cx: &Cx<'_>, key: &str) -> Answer {
    let query = Query::one(cx.call, USER)?;
    let tenant = cx.tenant(world)?;
    let user = find(tenant, key)?;
    let mut shown = view(user, &query.showing(USER));
    for expand in &query.expand {
        let members = super::memberships::expanded(tenant, &user.id, expand)?;
        shown.insert(expand.name.clone(), members);
    }
    Ok(object(cx, 200, &query, USER, USER.set, shown))
}

/// Takes the password out of a draft; it is never shown again.
fn password(draft: &mut Draft) -> Result<Option<Secret>, Reply> {
    let Some(profile) = draft.take("passwordProfile") else {
        return Ok(None);
    };
    let Some(password) = profile["password"].as_str() else {
        return Ok(None);
    };
    let kinds = [
        password.chars().any(|c| c.is_lowercase()),
        password.chars().any(|c| c.is_uppercase()),
        password.chars().any(|c| c.is_ascii_digit()),
        password.chars().any(|c| !c.is_alphanumeric()),
    ];
    let complex = kinds.into_iter().filter(|kind| *kind).count() >= 3;
    if !complex || !(8..=256).contains(&password.chars().count()) {
        return Err(bad_request(
            "The specified password does not comply with password complexity requirements. Please provide a different password.",
        ));
    }
    Ok(Some(Secret::new(password)))
}

fn check_principal_name(tenant: &Tenant, name: &str, except: Option<&Uuid>) -> Result<(), Reply> {
    let domain = name.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
    if !tenant.has_domain(domain) {
        return Err(bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.",
        ));
    }
    match tenant.user_by_name(name) {
        Some(other) if Some(&other.id) != except => Err(taken(
            "Another object with the same value for property userPrincipalName already exists.",
            "userPrincipalName",
        )),
        _ => Ok(()),
    }
}

fn apply(user: &mut User, draft: Draft) -> Result<(), Reply> {
    for (name, value) in draft.fields {
        let text = value.as_str().map(str::to_owned);
        match name.as_str() {
            "accountEnabled" => {
                user.account_enabled = value.as_bool().unwrap_or(user.account_enabled);
            }
            "displayName" => {
                user.display_name = text.filter(|name| !name.is_empty()).ok_or_else(|| {
                    bad_request("Invalid value specified for property 'displayName' of resource 'User'.")
                })?;
            }
            "mail" => user.mail = text,
            "mailNickname" => user.mail_nickname = text.unwrap_or_default(),
            "usageLocation" => {
                if text.as_ref().is_some_and(|code| code.len() != 2) {
                    return Err(bad_request(
                        "Invalid value specified for property 'usageLocation' of resource 'User'.",
                    ));
                }
                user.usage_location = text;
            }
            "userPrincipalName" => user.user_principal_name = text.unwrap_or_default(),
            "userType" => user.user_type = text.unwrap_or_default(),
            "businessPhones" => {
                user.extra.insert(name, texts(&value).into());
            }
            _ => {
                user.extra.insert(name, value);
            }
        }
    }
    Ok(())
}
