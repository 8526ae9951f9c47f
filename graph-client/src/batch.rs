//! Many requests in few: `$batch`.

use bundle_core::Service;
use bundle_core::http::{Batch, BatchRules, Coalescer, Pipeline, join_path};

use crate::TenantGraph;
use crate::tenant::{BETA, V1};

impl TenantGraph {
    /// Starts a batch: any number of requests, sent 20 at a time (`$batch`), each with its own outcome.
    ///
    /// Requests are made with [`TenantGraph::request`] and [`TenantGraph::request_beta`]. They are independent of each
    /// other unless they are a [chain](Batch::chain), of 20 at most. Each is repeated by itself when it is throttled or
    /// fails for a while; what is done is not done again. No more than four requests for one mailbox are under way at a
    /// time.
    ///
    /// # Example
    /// ```no_run
    /// # async fn run(graph: graph_client::TenantGraph) -> bundle_core::Result<()> {
    /// use http::Method;
    /// use serde_json::{Value, json};
    ///
    /// let outcome = graph
    ///     .batch()
    ///     .request(graph.request(Method::GET, "/organization").query("$select", "id,displayName"))
    ///     .request(graph.request(Method::PATCH, "/users/alex@contoso.com").json(&json!({"jobTitle": "Auditor"}))?)
    ///     .send()
    ///     .await?;
    /// for (position, error) in outcome.failed() {
    ///     eprintln!("{position}: {error}");
    /// }
    /// if let Ok(organization) = &outcome[0] {
    ///     println!("{}", organization.json::<Value>()?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Example: listings in a batch
    /// The answer to a listing is its first page; a pager goes on from there.
    /// ```no_run
    /// # async fn run(graph: graph_client::TenantGraph, groups: Vec<bundle_core::ids::GroupId>) -> bundle_core::Result<()> {
    /// use bundle_core::http::odata_page;
    /// use graph_client::DirectoryObject;
    /// use http::Method;
    ///
    /// let requests: Vec<_> =
    ///     groups.iter().map(|id| graph.request(Method::GET, &format!("/groups/{id}/members"))).collect();
    /// let outcome = graph.batch().requests(requests.clone()).send().await?;
    /// for (request, answer) in requests.iter().zip(outcome) {
    ///     let page = odata_page::<DirectoryObject>(request, &answer?)?;
    ///     let mut members = page.items;
    ///     if let Some(next) = page.next {
    ///         members.extend(graph.list(next).collect_all().await?);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Source: "Combine multiple HTTP requests using JSON batching" (Microsoft Learn).
    pub fn batch(&self) -> Batch {
        Batch::new(self.pipeline().clone(), rules(self.pipeline()))
    }

    /// The same tenant, with reads that are made at the same time gathered into batches, see [`Coalescer`]: by the
    /// handlers, except listings, and by [`TenantGraph::send`]. Clones of this handle and its handlers gather together.
    ///
    /// Worth it where many tasks read single objects of one tenant at a time, more tasks than the client lets be under
    /// way (`ClientOptions::concurrency_per_tenant`). Every caller gets the answer or the error it would have got
    /// without it.
    ///
    /// ```no_run
    /// # async fn run(graph: graph_client::TenantGraph, ids: Vec<bundle_core::ids::UserId>) -> bundle_core::Result<()> {
    /// use futures_util::stream::{self, StreamExt as _};
    ///
    /// let users = graph.coalescing().users();
    /// let mut found = stream::iter(ids).map(|id| { let users = users.clone(); async move { users.get(&id).await } })
    ///     .buffer_unordered(200);
    /// while let Some(user) = found.next().await {
    ///     println!("{:?}", user?.display_name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn coalescing(&self) -> Self {
        self.through(Coalescer::new(self.pipeline().clone(), rules(self.pipeline())))
    }
}

fn rules(pipeline: &Pipeline) -> BatchRules {
    let roots = [V1, BETA].map(|version| join_path(pipeline.cloud().base(Service::Graph), &[version]));
    BatchRules::new("graph.batch", roots, REQUESTS).mailbox(mailbox)
}

/// The mailbox a path works in: `/users/{id}/messages`, `/me/events` and the like.
fn mailbox(path: &str) -> Option<String> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let owner = match segments.next()?.to_ascii_lowercase().as_str() {
        "me" => "me".to_owned(),
        "users" => segments.next()?.to_ascii_lowercase(),
        _ => return None,
    };
    let below = segments.next()?.split('(').next()?.rsplit('.').next()?.to_ascii_lowercase();
    OUTLOOK.contains(&below.as_str()).then_some(owner)
}

/// Requests in one batch.
///
/// Source: "Combine multiple HTTP requests using JSON batching" (Microsoft Learn).
const REQUESTS: usize = 20;

/// What Outlook serves below a user.
///
/// Source: "Microsoft Graph service-specific throttling limits", Outlook service limits (Microsoft Learn).
const OUTLOOK: [&str; 17] = [
    "calendar",
    "calendargroups",
    "calendars",
    "calendarview",
    "contactfolders",
    "contacts",
    "events",
    "findmeetingtimes",
    "getmailtips",
    "inferenceclassification",
    "mailboxsettings",
    "mailfolders",
    "messages",
    "outlook",
    "people",
    "reminderview",
    "sendmail",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailbox_is_known_by_what_outlook_serves() {
        for (path, owner) in [
            ("/users/Alex@Contoso.com/messages", Some("alex@contoso.com")),
            ("/users/1/mailFolders/inbox/messages/2/attachments", Some("1")),
            ("/me/microsoft.graph.sendMail", Some("me")),
            ("/me/reminderView(StartDateTime='a',EndDateTime='b')", Some("me")),
            ("/users/1", None),
            ("/users/1/memberOf", None),
            ("/me", None),
            ("/groups/1/events", None),
            ("/", None),
        ] {
            assert_eq!(mailbox(path).as_deref(), owner, "{path}");
        }
    }
}
