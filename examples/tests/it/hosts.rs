//! A token goes to the hosts of the endpoint file only, whatever an answer says.

use bundle_sandbox::{Sandbox, Service};
use examples::onboard::run;
use serde_json::json;

use crate::hostile::Host;
use crate::support::{CONTOSO, Folder, Program, connect, resumable};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_link_to_another_host_is_not_followed() {
    for (service, path) in [
        (Service::Graph, "/tenantRelationships/delegatedAdminRelationships"),
        (Service::Graph, "/groups"),
        (Service::ResourceManager, "/subscriptions"),
    ] {
        let (sandbox, folder, hostile) = (Sandbox::demo(1).await.unwrap(), Folder::new(), Host::answering("200 OK"));
        // The customer is done, so that every list is asked for.
        run(&resumable(&folder), &connect(&sandbox).await).await.unwrap();
        let link = format!("{}/next?$skiptoken=x", hostile.base());
        sandbox.faults().refuse(service, path, 200, json!({"value": [], "@odata.nextLink": link, "nextLink": link}));
        let ended = run(&resumable(&folder), &connect(&sandbox).await).await;
        let all_green = ended.is_ok_and(|outcome| outcome.report.summary().done == 1);
        assert!(!all_green, "{path}: half a list was taken for a whole one");
        assert_eq!(hostile.received(), [""; 0], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redirect_is_not_followed() {
    let (sandbox, folder, hostile) = (Sandbox::demo(1).await.unwrap(), Folder::new(), Host::answering("200 OK"));
    let redirect = Host::answering(&format!("302 Found\r\nLocation: {}/stolen", hostile.base()));
    for key in ["loginAuthority", "graph", "partnerCenter"] {
        let mut file = sandbox.endpoints();
        file[key] = json!(redirect.base());
        let file = folder.write("endpoints.json", file.to_string());
        let ended = Program::onboard().args(["--endpoints".as_ref(), file.as_os_str()]).run();
        assert_eq!(ended.code, 3, "{key}: {ended:?}");
        assert!(ended.complaint().contains("302"), "{key}: {ended:?}");
    }
    assert!(redirect.received().len() >= 3, "the redirecting host was asked");
    assert_eq!(hostile.received(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vault_that_asks_for_a_foreign_token_gets_none() {
    let challenge = |resource: &str, authority: &str| {
        format!(
            "401 Unauthorized\r\nWWW-Authenticate: Bearer authorization=\"{authority}/{CONTOSO}\", \
             resource=\"{resource}\""
        )
    };
    let sandbox = Sandbox::demo(1).await.unwrap();
    let hostile = Host::answering("200 OK");
    let login = sandbox.base(Service::Login);
    for (resource, authority) in [
        ("https://graph.microsoft.com", login),
        ("https://vault.azure.net.attacker.example", login),
        ("https://management.azure.com", login),
        ("https://vault.azure.net", hostile.base()),
    ] {
        let vault = Host::answering(&challenge(resource, authority));
        let folder = Folder::new();
        let mut file = sandbox.endpoints();
        file["keyVaultUrl"] = json!(format!("{}/{{vault}}", vault.base()));
        let file = folder.write("endpoints.json", file.to_string());
        let args = ["--json".as_ref(), "--endpoints".as_ref(), file.as_os_str()];
        let ended = Program::onboard().args(args).run();
        assert!(matches!(ended.code, 1 | 3), "{ended:?}");
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let azure = &report["customers"][0]["shields"]["azure"];
        assert!(azure == "red" || azure == "inconclusive", "{resource} {authority}: {report}");
        let received = vault.received();
        assert!(!received.is_empty(), "the vault was asked");
        let with_token = received.iter().any(|request| request.to_ascii_lowercase().contains("authorization: bearer"));
        assert!(!with_token || resource == "https://vault.azure.net", "{resource}: {received:?}");
    }
    assert_eq!(hostile.received(), [""; 0]);
}
