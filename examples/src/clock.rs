//! Time: the system's, or a sandbox's that can be moved.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use bundle_core::{Error, ErrorKind, Result};

/// Where a program takes the time from, and how it waits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Clock {
    /// The system's clock; waiting takes as long as it says.
    System,
    /// A sandbox's clock; waiting moves it.
    Sandbox {
        /// Sends to the clock.
        http: reqwest::Client,
        /// Where it is.
        url: Url,
    },
}

impl Clock {
    /// The clock of a sandbox.
    #[must_use]
    pub fn sandbox(url: Url) -> Self {
        // It is on loopback and speaks plain http: reading the machine's root certificates would only cost time.
        let http = reqwest::Client::builder().tls_certs_only([]).build().unwrap_or_default();
        Self::Sandbox { http, url }
    }

    /// How long a program waits for things that settle by themselves when it is not told: two hours of a sandbox's
    /// time, ten minutes of real time.
    #[must_use]
    pub fn default_patience(&self) -> SignedDuration {
        match self {
            Self::System => SignedDuration::from_mins(10),
            Self::Sandbox { .. } => SignedDuration::from_hours(2),
        }
    }

    /// The time now.
    ///
    /// # Errors
    /// [`ErrorKind::Connection`]: a sandbox's clock does not answer.
    pub async fn now(&self) -> Result<Timestamp> {
        match self {
            Self::System => Ok(Timestamp::now()),
            Self::Sandbox { http, url } => read(http.get(url.clone())).await,
        }
    }

    /// Waits until `time`; a time that has passed is not waited for.
    ///
    /// # Errors
    /// As [`Clock::now`].
    pub async fn wait_until(&self, time: Timestamp) -> Result<()> {
        match self {
            Self::System => {
                let wait = time.duration_since(Timestamp::now());
                if let Ok(wait) = wait.try_into() {
                    tokio::time::sleep(wait).await;
                }
                Ok(())
            }
            Self::Sandbox { http, url } => {
                let body = serde_json::json!({"advanceTo": time}).to_string();
                read(http.post(url.clone()).header("content-type", "application/json").body(body)).await.map(drop)
            }
        }
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Timestamp> {
    #[derive(Deserialize)]
    struct Answer {
        now: Timestamp,
    }
    let lost = |cause: reqwest::Error| {
        Error::new(ErrorKind::Connection, "the sandbox's clock does not answer").with_source(cause.without_url())
    };
    let bytes = request
        .send()
        .await
        .and_then(reqwest::Response::error_for_status)
        .map_err(lost)?
        .bytes()
        .await
        .map_err(lost)?;
    let answer: Answer = serde_json::from_slice(&bytes)
        .map_err(|_| Error::new(ErrorKind::Decode, "the sandbox's clock does not tell the time"))?;
    Ok(answer.now)
}
