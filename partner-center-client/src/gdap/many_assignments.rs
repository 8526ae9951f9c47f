//! The access assignments of many relationships in few requests.

use bundle_core::Result;
use bundle_core::gdap::AccessAssignment;
use bundle_core::http::{Request, Response, odata_page};
use bundle_core::ids::RelationshipId;

use super::client::GdapClient;

impl GdapClient {
    /// Lists the access assignments of many relationships, 20 relationships in one request (`$batch`). The outcomes come
    /// in the order of the relationships, each with all its pages.
    ///
    /// The service has no listing of assignments over relationships and takes no `$expand` here, so one request for each
    /// relationship is the least; in a batch that is a twentieth of the round trips.
    ///
    /// # Errors
    /// Any error of the pipeline when nothing could be read at all; otherwise it is the outcome of the relationships it
    /// concerns.
    ///
    /// Source: "List accessAssignments", "Combine multiple HTTP requests using JSON batching" (Microsoft Learn).
    pub async fn access_assignments_of(
        &self,
        relationships: &[RelationshipId],
    ) -> Result<Vec<Result<Vec<AccessAssignment>>>> {
        let requests: Vec<Request> =
            relationships.iter().map(|relationship| self.access_assignments(relationship).list_request()).collect();
        let answers = self.batch().requests(requests.iter().cloned()).send().await?;
        let mut outcomes = Vec::with_capacity(requests.len());
        for (request, answer) in requests.iter().zip(answers) {
            outcomes.push(match answer {
                Ok(answer) => self.whole_listing(request, &answer).await,
                Err(error) => Err(error),
            });
        }
        Ok(outcomes)
    }

    async fn whole_listing(&self, request: &Request, answer: &Response) -> Result<Vec<AccessAssignment>> {
        let page = odata_page::<AccessAssignment>(request, answer)?;
        let mut all = page.items;
        if let Some(next) = page.next {
            all.extend(self.list(next).collect_all().await?);
        }
        Ok(all)
    }
}
