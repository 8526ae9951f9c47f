//! A token that is already there.

use bundle_core::Service;
use bundle_core::auth::{Credential as _, Principal, TokenRequest};

use crate::job::Job;
use crate::model::Tally;
use crate::sample::Metric;
use crate::server::Settings;
use crate::stage::{Size, Stage};
use crate::{Failure, ours};

/// Asks again and again for the tokens of some hundred tenants.
pub(crate) fn job(size: Size) -> Job {
    let calls = size.of(2_000_000, 200_000);
    Job::new("token", format!("{calls} times a token of {TENANTS} tenants from a warm cache"))
        .program("ours", Settings::default(), calls, move |stage| tokens(stage, calls))
        .column(Metric::PerItem)
        .at_most(Metric::PerItem, "ours", 1_000.0)
}

async fn tokens(mut stage: Stage, calls: usize) -> Result<(Stage, Tally), Failure> {
    let options = ours::options(&stage.server, 8)?;
    let credential = ours::credential(&options)?;
    let scope = options.cloud.default_scope(Service::Graph);
    let requests: Vec<_> = (1..=TENANTS)
        .map(|number| TokenRequest::new(ours::tenant(number), Principal::Application, scope.clone()))
        .collect();
    for request in &requests {
        credential.token(request).await?;
    }
    stage.start();
    let mut tally = Tally::default();
    for request in requests.iter().cycle().take(calls) {
        tally.add(usize::from(credential.token(request).await?.is_outdated()));
    }
    Ok((stage, tally))
}

const TENANTS: u128 = 300;
