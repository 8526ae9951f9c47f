//! Many secrets of one vault.

use std::collections::BTreeMap;

use azure_keyvault_client::AzureClient;
use azure_keyvault_client::key_vault::{Secret, SecretName};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::gets::CONCURRENCY;
use crate::job::Job;
use crate::model::Tally;
use crate::sample::Metric;
use crate::server::Settings;
use crate::stage::{Size, Stage};
use crate::{Failure, ours, plain};

/// Ours asks the vault whose tokens it takes, once; the plain program knows the token.
pub(crate) fn job(size: Size) -> Job {
    let secrets = size.of(5_000, 500);
    Job::new("vault", format!("{secrets} secrets of a vault, {CONCURRENCY} at once"))
        .program("plain", Settings::default(), secrets, move |stage| plain_secrets(stage, secrets))
        .program("ours", Settings::default(), secrets, move |stage| ours_secrets(stage, secrets))
        .column(Metric::Challenges)
        .column(Metric::Tokens)
        .ratio(Metric::Cpu, "ours", "plain", 1.10)
        .exactly(Metric::Challenges, "ours", 1.0)
}

/// A secret as a plain program reads it: all that a vault answers, as ours do.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is read costs the same whether it is looked at or not")]
struct PlainSecret {
    value: SecretString,
    id: String,
    content_type: Option<String>,
    attributes: PlainAttributes,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    managed: bool,
    kid: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is read costs the same whether it is looked at or not")]
struct PlainAttributes {
    enabled: bool,
    nbf: Option<i64>,
    exp: Option<i64>,
    created: Option<i64>,
    updated: Option<i64>,
    recovery_level: Option<String>,
    recoverable_days: Option<u32>,
}

async fn plain_secrets(mut stage: Stage, secrets: usize) -> Result<(Stage, Tally), Failure> {
    let client = plain::client()?;
    stage.start();
    let (client, server) = (&client, &stage.server);
    let tally = stream::iter(0..secrets)
        .map(|number| async move {
            let url = format!("{server}/vault/contoso-kv/secrets/secret-{number}?api-version=2025-07-01");
            let response = client.get(url).bearer_auth(plain::token()).send().await?.error_for_status()?;
            Ok::<PlainSecret, Failure>(response.json().await?)
        })
        .buffer_unordered(CONCURRENCY)
        .try_fold(Tally::default(), async |mut tally, secret| {
            tally.add(secret.value.expose_secret().len() + secret.id.len() + usize::from(secret.attributes.enabled));
            Ok(tally)
        })
        .await?;
    Ok((stage, tally))
}

async fn ours_secrets(mut stage: Stage, secrets: usize) -> Result<(Stage, Tally), Failure> {
    let options = ours::options(&stage.server, CONCURRENCY)?;
    let azure = AzureClient::with_options(ours::credential(&options)?, &options)?.as_application();
    let handler = azure.vault_named("contoso-kv")?.secrets();
    stage.start();
    let tally = stream::iter(0..secrets)
        .map(|number| {
            let handler = handler.clone();
            async move {
                let name: SecretName = format!("secret-{number}").parse()?;
                Ok::<Secret, Failure>(handler.get(&name).await?)
            }
        })
        .buffer_unordered(CONCURRENCY)
        .try_fold(Tally::default(), async |mut tally, secret| {
            let properties = &secret.properties;
            let enabled = properties.attributes.enabled == Some(true);
            let id = properties.id.as_str().len();
            tally.add(secret.value.expose_secret().len() + id + usize::from(enabled));
            Ok(tally)
        })
        .await?;
    Ok((stage, tally))
}
