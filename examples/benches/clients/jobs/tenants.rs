//! The same listing in many tenants.

use bundle_core::Service;
use bundle_core::auth::{Credential as _, Principal, TokenRequest};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use graph_client::GraphClient;

use crate::job::Job;
use crate::model::Tally;
use crate::server::Settings;
use crate::stage::{Size, Stage};
use crate::{Failure, ours, plain};

/// Two small pages in each of many tenants. The tokens are there before, as they are in a program that goes on.
pub(crate) fn job(size: Size) -> Job {
    let tenants = size.of(500, 100);
    let settings = || Settings::latency(50).users(2 * PAGE, PAGE);
    let rounds = u32::try_from(2 * tenants / CONCURRENCY).unwrap_or(u32::MAX);
    let users = tenants * 2 * PAGE;
    Job::new("tenants", format!("{tenants} tenants, 2 pages each at 50 ms latency, {CONCURRENCY} tenants at once"))
        .program("plain", settings(), users, move |stage| plain_tenants(stage, tenants))
        .program("ours", settings(), users, move |stage| ours_tenants(stage, tenants))
        .ideal("ours", 0.05 * f64::from(rounds), 1.10)
}

async fn plain_tenants(mut stage: Stage, tenants: usize) -> Result<(Stage, Tally), Failure> {
    let client = plain::client()?;
    stage.start();
    let first = plain::first_page(&stage.server, PAGE);
    let tally = stream::iter(0..tenants)
        .map(|_| plain::list(&client, first.clone()))
        .buffer_unordered(CONCURRENCY)
        .try_fold(Tally::default(), joined)
        .await?;
    Ok((stage, tally))
}

async fn ours_tenants(mut stage: Stage, tenants: usize) -> Result<(Stage, Tally), Failure> {
    let options = ours::options(&stage.server, 8)?;
    let credential = ours::credential(&options)?;
    let scope = options.cloud.default_scope(Service::Graph);
    let tenants: Vec<_> = (1..=tenants as u128).map(ours::tenant).collect();
    for tenant in &tenants {
        credential.token(&TokenRequest::new(*tenant, Principal::Application, scope.clone())).await?;
    }
    let graph = GraphClient::with_options(credential, &options)?;
    stage.start();
    let tally = stream::iter(tenants)
        .map(|tenant| ours::list(ours::users(&graph.for_tenant(&tenant).as_application(), PAGE)))
        .buffer_unordered(CONCURRENCY)
        .try_fold(Tally::default(), joined)
        .await?;
    Ok((stage, tally))
}

async fn joined(mut all: Tally, one: Tally) -> Result<Tally, Failure> {
    all.join(one);
    Ok(all)
}

const PAGE: usize = 10;
const CONCURRENCY: usize = 50;
