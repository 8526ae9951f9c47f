//! A token goes only where the cloud says: hostile links, redirects and URLs.

use http::Method;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use bundle_core::auth::Principal;
use bundle_core::http::{Pager, Pipeline, Request};
use bundle_core::testing::TestServer;
use bundle_core::{ErrorKind, Service};

use crate::support::{CUSTOMER, SCOPE, graph, graph_at, graph_mock, options_at, pipeline, received};

/// A server that answers everything and must never be asked.
async fn hostile() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    server
}

#[tokio::test]
async fn next_link_elsewhere_ends_the_listing_and_is_not_followed() {
    let hostile = hostile().await;
    let graph = MockServer::start().await;
    let port = graph.address().port();
    let links = [
        format!("{}/v1.0/things", hostile.uri()),
        format!("//{}/v1.0/things", hostile.address()),
        format!("http://localhost:{port}/v1.0/things?page=2"),
        format!("https://127.0.0.1:{port}/v1.0/things?page=2"),
        format!("{}/beta/things?page=2", graph.uri()),
        format!("{}/v1.0/../beta/things?page=2", graph.uri()),
        format!("{}/v1.0/%2e%2e/beta/things?page=2", graph.uri()),
        format!("{}/things?page=2", graph.uri()),
        "/beta/things?page=2".to_owned(),
        format!("http://user@127.0.0.1:{port}/v1.0/things?page=2"),
        format!("http://:secret@127.0.0.1:{port}/v1.0/things?page=2"),
        format!("http://127.0.0.1:{port}@{}/v1.0/things", hostile.address()),
        "file:///v1.0/things".to_owned(),
        "http://".to_owned(),
    ];
    let (pipeline, _) = pipeline(&options_at(&graph.uri()));
    for link in links {
        graph.reset().await;
        Mock::given(method("GET"))
            .and(path("/v1.0/things"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({"value": [1], "@odata.nextLink": link})))
            .expect(1)
            .mount(&graph)
            .await;
        let url = format!("{}/v1.0/things", graph.uri()).parse().unwrap();
        let mut pager = Pager::<Value>::odata(pipeline.clone(), graph_at(url, Method::GET));
        let error = pager.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{link}: {error}");
        assert!(!error.to_string().contains("page=2"), "{error}");
        assert_eq!(pager.try_next().await.unwrap(), None, "{link}");
        assert_eq!(graph.received_requests().await.unwrap().len(), 1, "{link}");
    }
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let hostile = hostile().await;
    let server = TestServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = ResponseTemplate::new(status).insert_header("Location", hostile.uri().as_str());
        let name = status.to_string();
        graph_mock("GET", &name).respond_with(elsewhere).expect(1).mount(server.mock()).await;
        let (pipeline, _) = pipeline(&server.options());
        let error = pipeline.send(graph(&server, Method::GET, &name)).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ErrorKind::Decode, Some(status)));
        // Whoever takes a redirect as an answer reads the location and decides.
        graph_mock("POST", &name)
            .respond_with(ResponseTemplate::new(status).insert_header("Location", hostile.uri().as_str()))
            .mount(server.mock())
            .await;
        let response = pipeline.send(graph(&server, Method::POST, &name).accept(status)).await.unwrap();
        assert_eq!(response.header(&http::header::LOCATION), Some(hostile.uri().as_str()));
    }
}

#[tokio::test]
async fn url_outside_the_allow_list_is_refused_before_a_token_is_asked_for() {
    let hostile = hostile().await;
    let server = TestServer::start().await;
    let (pipeline, credential) = pipeline(&server.options());
    let own = server.mock().address().port();
    for url in [
        format!("{}/graph/v1.0/things?sig=canary", hostile.uri()),
        format!("http://user:canary@127.0.0.1:{own}/graph/v1.0/things"),
        format!("http://localhost:{own}/graph/v1.0/things"),
        "http://graph.microsoft.com/v1.0/things".to_owned(),
        "https://graph.microsoft.com/v1.0/things".to_owned(),
    ] {
        let url: Url = url.parse().unwrap();
        for request in [
            graph_at(url.clone(), Method::GET),
            // Anonymous calls are no way around: their bodies hold secrets.
            Request::new(Service::Graph, "graph.test", Method::POST, url.clone()).body("client_secret=canary"),
            Request::new(Service::KeyVault, "vault.test", Method::GET, url.clone()).bearer(
                CUSTOMER,
                Principal::Account,
                SCOPE,
            ),
        ] {
            let error = pipeline.send(request).await.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Config, 0), "{url}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
    assert!(credential.requests().is_empty());
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn call_without_a_credential_is_refused() {
    let server = TestServer::start().await;
    let pipeline = Pipeline::new(None, &server.options()).unwrap();
    let error = pipeline.send(graph(&server, Method::GET, "things")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(received(&server).await.is_empty());
}
