//! Application registrations.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::access;
use super::answer::{Answer, bad_request, collection, error, not_found, object, plain_count};
use super::body::{Draft, texts};
use super::cx::Cx;
use super::organization::fields;
use super::query::{Query, Want};
use super::schema::APPLICATION;
use crate::clock::iso;
use crate::reply::Reply;
use crate::world::{Application, PasswordCredential, Tenant, World};

/// Limits of `requiredResourceAccess`.
const MOST_RESOURCES: usize = 50;
const MOST_PERMISSIONS: usize = 400;
/// The most redirect URIs of a platform.
const MOST_REDIRECTS: usize = 256;
const AUDIENCES: [&str; 4] =
    ["AzureADMyOrg", "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"];

pub(super) fn list(world: &World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::list(cx.call, APPLICATION)?;
    let tenant = cx.tenant(world)?;
    Ok(collection(cx, &query, APPLICATION, APPLICATION.set, tenant.applications.values(), |app, want| {
        view(tenant, app, want)
    }))
}

pub(super) fn count(world: &World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::list(cx.call, APPLICATION)?;
    let tenant = cx.tenant(world)?;
    plain_count(cx, &query, tenant.applications.values(), |app, want| view(tenant, app, want))
}

pub(super) fn get(world: &World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_READ.check(cx)?;
    let query = Query::one(cx.call, APPLICATION)?;
    let tenant = cx.tenant(world)?;
    let application = find(tenant, cx.id(1))?;
    Ok(object(cx, 200, &query, APPLICATION, APPLICATION.set, view(tenant, application, &query.showing(APPLICATION))))
}

pub(super) fn create(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_CREATE.check(cx)?;
    let draft = Draft::create(cx, APPLICATION)?;
    let name = draft.required("displayName")?.to_owned();
    cx.tenant(world)?;
    let (id, app_id) = (world.new_id(), world.new_id());
    let mut application = Application::new(id, app_id, &name, cx.now());
    application.extra.insert("createdByAppId".to_owned(), cx.claims.app_id.to_string().into());
    apply(world, &mut application, draft)?;
    let created = view(cx.tenant(world)?, &application, &Want::ALL);
    cx.tenant_mut(world)?.applications.insert(id, application);
    let reply = object(cx, 201, &Query::default(), APPLICATION, APPLICATION.set, created);
    Ok(reply.with_header("Location", cx.url(&format!("directoryObjects/{id}/Microsoft.DirectoryServices.Application"))))
}

pub(super) fn change(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_CHANGE.check(cx)?;
    let draft = Draft::change(cx, APPLICATION)?;
    let mut application = find(cx.tenant(world)?, cx.id(1))?.clone();
    apply(world, &mut application, draft)?;
    cx.tenant_mut(world)?.applications.insert(application.id, application);
    Ok(Reply::empty(204))
}

pub(super) fn delete(world: &mut World, cx: &Cx<'_>) -> Answer {
    access::APPLICATIONS_CHANGE.check(cx)?;
    let tenant = cx.tenant(world)?;
    let application = find(tenant, cx.id(1))?;
    let (id, app_id) = (application.id, application.app_id);
    let mut deleted = view(tenant, application, &Want::ALL);
    deleted.insert("@odata.type".to_owned(), "#microsoft.graph.application".into());
    deleted.insert("deletedDateTime".to_owned(), iso(cx.now()).into());
    let tenant = cx.tenant_mut(world)?;
    tenant.deleted_items.insert(id, Value::Object(deleted));
    tenant.applications.remove(&id);
    // The application's own service principal in its home tenant goes with it.
    if let Some(principal) = tenant.service_principal_by_app_id(&app_id).map(|principal| principal.id) {
        tenant.remove_service_principal(&principal);
    }
    Ok(Reply::empty(204))
}

/// Finds an application by object id, or by `appId=` key.
pub(super) fn find<'w>(tenant: &'w Tenant, key: &str) -> Result<&'w Application, Reply> {
    let found = match key.split_once('=') {
        Some((name, id)) if name.eq_ignore_ascii_case("appId") => {
            Uuid::parse_str(id).ok().and_then(|id| tenant.application_by_app_id(&id))
        }
        Some(_) => None,
        None => tenant
            .applications
            .get(&Uuid::parse_str(key).map_err(|_| bad_request(&format!("Invalid object identifier '{key}'.")))?),
    };
    found.ok_or_else(|| not_found(key))
}

/// A secret as it is listed: the text is shown only once, when it is made.
pub(super) fn password_view(password: &PasswordCredential) -> Value {
    json!({
        "customKeyIdentifier": null,
        "displayName": password.display_name,
        "endDateTime": iso(password.end),
        "hint": password.hint(),
        "keyId": password.key_id,
        "secretText": null,
        "startDateTime": iso(password.start),
    })
}

fn view(tenant: &Tenant, application: &Application, want: &Want) -> Map<String, Value> {
    let mut view = fields(json!({
        "id": application.id,
        "appId": application.app_id,
        "createdDateTime": iso(application.created_at),
        "displayName": application.display_name,
        "isFallbackPublicClient": application.is_fallback_public_client,
        "publisherDomain": tenant.default_domain(),
        "signInAudience": application.sign_in_audience,
    }));
    view.extend(application.extra.iter().map(|(name, value)| (name.clone(), value.clone())));
    let mut put = |name: &str, make: &dyn Fn() -> Value| {
        if want.has(name) {
            view.insert(name.to_owned(), make());
        }
    };
    put("requiredResourceAccess", &|| application.required_resource_access.clone().into());
    put("passwordCredentials", &|| application.passwords.iter().map(password_view).collect());
    put("keyCredentials", &|| application.key_credentials.clone().into());
    put("servicePrincipalLockConfiguration", &|| application.service_principal_lock.clone().unwrap_or(Value::Null));
    put("publicClient", &|| json!({"redirectUris": application.public_redirect_uris}));
    put("web", &|| {
        let mut web = fields(json!({
            "homePageUrl": null,
            "implicitGrantSettings": {"enableAccessTokenIssuance": false, "enableIdTokenIssuance": false},
            "logoutUrl": null,
            "redirectUriSettings": [],
        }));
        web.extend(application.extra.get("web").and_then(Value::as_object).cloned().unwrap_or_default());
        web.insert("redirectUris".to_owned(), application.web_redirect_uris.clone().into());
        Value::Object(web)
    });
    put("spa", &|| application.extra.get("spa").cloned().unwrap_or_else(|| json!({"redirectUris": []})));
    view
}

fn apply(world: &mut World, application: &mut Application, draft: Draft) -> Result<(), Reply> {
    for (name, value) in draft.fields {
        match name.as_str() {
            "displayName" => {
                let text = value.as_str().filter(|text| (1..=120).contains(&text.chars().count()));
                application.display_name = text.ok_or_else(|| invalid("displayName"))?.to_owned();
            }
            "signInAudience" => {
                let text = value.as_str().filter(|text| AUDIENCES.contains(text));
                application.sign_in_audience = text.ok_or_else(|| invalid("signInAudience"))?.to_owned();
            }
            "isFallbackPublicClient" => application.is_fallback_public_client = value.as_bool(),
            "requiredResourceAccess" => {
                application.required_resource_access = required_access(&value)?;
            }
            "keyCredentials" => {
                application.key_credentials = key_credentials(world, application, &value)?;
            }
            "servicePrincipalLockConfiguration" => {
                application.service_principal_lock = Some(value).filter(|value| !value.is_null());
            }
            "publicClient" => {
                application.public_redirect_uris = redirects(&value["redirectUris"], false)?;
            }
            "web" => {
                let mut web = fields(value);
                if let Some(uris) = web.remove("redirectUris") {
                    application.web_redirect_uris = redirects(&uris, true)?;
                }
                let kept = application.extra.entry("web").or_insert_with(|| json!({}));
                if let Some(kept) = kept.as_object_mut() {
                    kept.extend(web);
                }
            }
            "spa" => {
                redirects(&value["redirectUris"], true)?;
                application.extra.insert(name, value);
            }
            _ => {
                application.extra.insert(name, value);
            }
        }
    }
    Ok(())
}

fn redirects(value: &Value, web: bool) -> Result<Vec<String>, Reply> {
    let uris = texts(value);
    if uris.len() > MOST_REDIRECTS {
        return Err(error(
            400,
            "Request_BadRequest",
            &format!("The size of the object has exceeded its limit: more than {MOST_REDIRECTS} redirect URIs."),
        ));
    }
    for uri in &uris {
        let parsed = url::Url::parse(uri).map_err(|_| bad_request(&format!("Invalid reply URL '{uri}'.")))?;
        let local = matches!(parsed.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if web && parsed.scheme() != "https" && !(parsed.scheme() == "http" && local) {
            return Err(bad_request("Redirect URIs must have the scheme https, or http when the host is localhost."));
        }
    }
    Ok(uris)
}

fn required_access(value: &Value) -> Result<Vec<Value>, Reply> {
    let resources = value.as_array().cloned().unwrap_or_default();
    let mut permissions = 0;
    let mut seen = std::collections::BTreeSet::new();
    for resource in &resources {
        let app_id = guid(&resource["resourceAppId"])?;
        if !seen.insert(app_id) {
            return Err(bad_request("Multiple RequiredResourceAccess entries have the same resourceAppId."));
        }
        for permission in resource["resourceAccess"].as_array().into_iter().flatten() {
            guid(&permission["id"])?;
            if !matches!(permission["type"].as_str(), Some("Role" | "Scope")) {
                return Err(invalid("requiredResourceAccess"));
            }
            permissions += 1;
        }
    }
    if resources.len() > MOST_RESOURCES || permissions > MOST_PERMISSIONS {
        return Err(bad_request(&format!(
            "The property requiredResourceAccess may hold {MOST_RESOURCES} resources and {MOST_PERMISSIONS} permissions at most."
        )));
    }
    Ok(resources)
}

/// Replaces the certificates: known ones come back by `keyId` without their key, new ones bring it.
fn key_credentials(world: &mut World, application: &Application, value: &Value) -> Result<Vec<Value>, Reply> {
    let mut kept = Vec::new();
    for credential in value.as_array().into_iter().flatten() {
        let known = credential["keyId"]
            .as_str()
            .and_then(|id| application.key_credentials.iter().find(|known| known["keyId"] == id));
        if let Some(known) = known {
            kept.push(known.clone());
            continue;
        }
        if credential["key"].as_str().is_none_or(str::is_empty) {
            return Err(error(400, "KeyCredentialsInvalidValue", "Key value is invalid certificate."));
        }
        let mut credential = fields(credential.clone());
        credential.entry("keyId").or_insert_with(|| world.new_id().to_string().into());
        credential.insert("key".to_owned(), Value::Null);
        kept.push(Value::Object(credential));
    }
    Ok(kept)
}

fn guid(value: &Value) -> Result<Uuid, Reply> {
    let text = value.as_str().unwrap_or_default();
    Uuid::parse_str(text).map_err(|_| bad_request(&format!("Invalid GUID: {text}")))
}

fn invalid(property: &str) -> Reply {
    bad_request(&format!("Invalid value specified for property '{property}' of resource 'Application'."))
}
