//! The same work with the clients of this workspace, through nothing but their public API.

use std::sync::Arc;

use bundle_core::auth::PartnerCredential;
use bundle_core::http::{ClientOptions, Pager};
use bundle_core::ids::AppId;
use bundle_core::{Cloud, TenantId};
use graph_client::{GraphClient, TenantGraph};
use reqwest::Method;

use crate::Failure;
use crate::model::{PERSON, Person, Tally, USER, User};

/// A tenant of the comparison.
pub(crate) fn tenant(number: u128) -> TenantId {
    TenantId::from_u128(0x1111_1111_0000_4000_8000_0000_0000_0000 + number)
}

/// The options of a program against the server, with as many requests at once as the plain program sends.
pub(crate) fn options(server: &str, concurrency: usize) -> Result<ClientOptions, Failure> {
    let endpoints = serde_json::json!({
        "loginAuthority": format!("{server}/login"), "graph": server, "exchangeHost": server,
        "partnerCenter": server, "arm": server, "office365Management": server, "compliance": server,
        "keyVaultUrl": format!("{server}/vault/{{vault}}"), "blobUrl": format!("{server}/blob/{{account}}"),
        "tableUrl": format!("{server}/table/{{account}}"),
    });
    let cloud = Cloud::from_endpoint_file(&endpoints.to_string())?;
    let mut options = ClientOptions::new(cloud).application("comparison/1.0");
    options.concurrency_per_tenant = concurrency;
    Ok(options)
}

/// A credential that gets its tokens from the server.
pub(crate) fn credential(options: &ClientOptions) -> Result<Arc<PartnerCredential>, Failure> {
    let application: AppId = AppId::from_u128(0xaaaa_aaaa_aaaa_4aaa_8aaa_aaaa_aaaa_aaaa);
    let builder = PartnerCredential::builder(tenant(0), application).client_secret("not-a-secret".into());
    Ok(Arc::new(builder.build(options)?))
}

/// A client of Graph.
pub(crate) fn graph(options: &ClientOptions) -> Result<GraphClient, Failure> {
    Ok(GraphClient::with_options(credential(options)?, options)?)
}

/// The listing of a tenant's users.
pub(crate) fn users(graph: &TenantGraph, top: usize) -> Pager<User> {
    graph.list(graph.request(Method::GET, "/users").query("$select", USER).query("$top", &top.to_string()))
}

/// Reads a listing to its end.
pub(crate) async fn list(mut users: Pager<User>) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    while let Some(user) = users.try_next().await? {
        tally.user(&user);
    }
    Ok(tally)
}

/// Reads one user.
pub(crate) async fn person(graph: TenantGraph, number: usize) -> Result<Person, Failure> {
    let request = graph.request(Method::GET, &format!("/users/{number}")).query("$select", PERSON);
    Ok(graph.send(request).await?.json()?)
}
