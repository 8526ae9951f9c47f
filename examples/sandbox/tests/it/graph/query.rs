//! Query options and paging.

use super::*;

#[tokio::test]
async fn list_follows_next_links_to_the_end_without_repeats() {
    let caller = Caller::partner(0).await;
    caller.add_groups(230);
    let mut path = "/v1.0/groups?$select=displayName&$filter=startsWith(displayName,'Team')".to_owned();
    let (mut sizes, mut names) = (Vec::new(), Vec::new());
    loop {
        let page = caller.get(&path).await;
        assert_eq!(page.status, 200, "{page:?}");
        sizes.push(page.names().len());
        names.extend(page.names().into_iter().map(str::to_owned));
        assert!(page.body["value"][0].get("id").is_none());
        match page.body["@odata.nextLink"].as_str() {
            Some(next) => {
                path = next.strip_prefix(caller.stage.sandbox.base(Service::Graph)).unwrap().to_owned();
            }
            None => break,
        }
    }
    assert_eq!(sizes, [100, 100, 30]);
    names.dedup();
    assert_eq!(names.len(), 230);
    assert_eq!(caller.get("/v1.0/groups?$top=999").await.names().len(), 233);
}

#[tokio::test]
async fn next_link_stands_before_the_values_and_bad_tokens_expire() {
    let caller = Caller::partner(0).await;
    let text = caller.send(Method::GET, "/v1.0/groups?$top=1", &[], None).await.text().await.unwrap();
    assert!(text.find("@odata.nextLink").unwrap() < text.find("\"value\"").unwrap());
    let stale = caller.get("/v1.0/groups?$skiptoken=abc").await;
    assert_eq!((stale.status, stale.code()), (400, "Directory_ExpiredPageToken"));
    let large = caller.get("/v1.0/groups?$top=1000").await;
    assert_eq!((large.status, large.code()), (400, "Request_UnsupportedQuery"));
    let fixed = caller.get("/v1.0/organization?$top=1").await;
    assert!(fixed.message().contains("does not support custom page sizes"));
}

#[tokio::test]
async fn unknown_options_and_properties_are_refused() {
    let caller = Caller::partner(0).await;
    for (query, part) in [
        ("$select=id,nope", "Could not find a property named 'nope'"),
        ("$filter=nope eq 'x'", "Could not find a property named 'nope'"),
        ("$filter=displayName = 'x'", "Invalid filter clause"),
        ("$expand=nope", "Could not find a property named 'nope'"),
        ("$orderby=nope", "Could not find a property named 'nope'"),
        ("$inlinecount=allpages", "'$inlinecount' is not supported"),
        ("page=2", "Unrecognized query argument"),
        ("$skip=1", "'$skip' is not supported"),
        ("$top=1&$top=2", "more than once"),
    ] {
        let refused = caller.get(&format!("/v1.0/users?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(refused.message().contains(part), "{query}: {}", refused.message());
    }
    let me = caller.get("/v1.0/me?$filter=id eq 'x'").await;
    assert_eq!(me.status, 400);
}

#[tokio::test]
async fn advanced_queries_need_the_header_and_the_count_on_every_page() {
    let caller = Caller::partner(0).await;
    let path = "/v1.0/groups?$filter=displayName ne 'AdminAgents'&$count=true&$top=1";
    assert_eq!(caller.get(path).await.code(), "Request_UnsupportedQuery");
    let first = caller.run(Method::GET, path, &[EVENTUAL], None).await;
    assert_eq!((first.status, &first.body["@odata.count"]), (200, &json!(2)));
    let next = first.body["@odata.nextLink"].as_str().unwrap();
    let next = next.strip_prefix(caller.stage.sandbox.base(Service::Graph)).unwrap();
    assert_eq!(caller.get(next).await.status, 400);
    let second = caller.run(Method::GET, next, &[EVENTUAL], None).await;
    assert_eq!(second.status, 200);
    assert!(second.body.get("@odata.count").is_none());
    assert!(second.body.get("@odata.nextLink").is_none());
    let uncounted = caller.run(Method::GET, "/v1.0/groups?$filter=displayName ne 'x'", &[EVENTUAL], None).await;
    assert_eq!(uncounted.status, 400);
    let sorted = "/v1.0/groups?$filter=startsWith(displayName,'A')&$orderby=displayName";
    assert_eq!(caller.get(sorted).await.message(), "Sorting not supported for current query.");
    assert_eq!(caller.get("/v1.0/groups?$search=\"displayName:admin\"").await.status, 400);
    let found = caller.run(Method::GET, "/v1.0/groups?$search=\"displayName:admin\"", &[EVENTUAL], None).await;
    assert_eq!(found.names(), ["AdminAgents"]);
    assert!(caller.get("/v1.0/groups?$count=true").await.body.get("@odata.count").is_none());
    assert_eq!(caller.get("/v1.0/groups/$count").await.status, 400);
    let counted = caller.send(Method::GET, "/v1.0/groups/$count", &[EVENTUAL], None).await;
    assert_eq!(counted.text().await.unwrap(), "3");
}
