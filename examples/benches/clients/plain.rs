//! The plain program: reqwest and JSON models, written as one would without these crates, and well.

use std::sync::LazyLock;
use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::Failure;
use crate::model::{PERSON, Person, Tally, USER, User};

/// The token the plain programs know, as long as Microsoft's are.
pub(crate) fn token() -> &'static str {
    static TOKEN: LazyLock<String> = LazyLock::new(|| format!("eyJ0eXAiOiJKV1Qi.{}.c2ln", "A1b2C3d4".repeat(185)));
    &TOKEN
}

/// One client for the whole program. Like the other programs it reads no root certificates, which nothing here needs.
pub(crate) fn client() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder().tls_certs_only([]).build()?)
}

/// Where listings begin.
pub(crate) fn first_page(server: &str, top: usize) -> String {
    format!("{server}/v1.0/users?$select={USER}&$top={top}")
}

/// Reads a listing page by page.
pub(crate) async fn list(client: &reqwest::Client, first: String) -> Result<Tally, Failure> {
    #[derive(Deserialize)]
    struct Page {
        #[serde(rename = "@odata.nextLink")]
        next: Option<String>,
        value: Vec<User>,
    }
    let mut tally = Tally::default();
    let mut next = Some(first);
    while let Some(url) = next {
        let page: Page = client.get(url).bearer_auth(token()).send().await?.error_for_status()?.json().await?;
        for user in &page.value {
            tally.user(user);
        }
        next = page.next;
    }
    Ok(tally)
}

/// Reads one user; when there were too many requests, waits as asked and tries again.
pub(crate) async fn person(client: reqwest::Client, server: String, number: usize) -> Result<Person, Failure> {
    let url = format!("{server}/v1.0/users/{number}?$select={PERSON}");
    loop {
        let response = client.get(&url).bearer_auth(token()).send().await?;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            let wait = response.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
            tokio::time::sleep(Duration::from_secs(wait.unwrap_or(1))).await;
            continue;
        }
        return Ok(response.error_for_status()?.json().await?);
    }
}
