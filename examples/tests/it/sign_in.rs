//! The service account's sign-in: when it has ended, and where it is kept.

use std::time::Duration;

use bundle_sandbox::Sandbox;
use serde_json::json;

use crate::support::{Folder, Program};

/// The base64 of 32 bytes.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_KEY: &str = "//////////////////////////////////////////8=";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_sign_in_says_so_and_keeps_the_state() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let (endpoints, state) = (folder.endpoints(&sandbox), folder.file("state.json"));
    let args = ["--endpoints", endpoints.to_str().unwrap(), "--state", state.to_str().unwrap()];
    assert_eq!(Program::onboard().args(args).run().code, 0);
    let before = std::fs::read(&state).unwrap();

    sandbox.clock().advance(Duration::from_secs(91 * 86_400));
    sandbox.log().reset();
    let ended = Program::onboard().args(args).run();
    assert_eq!((ended.code, &*ended.stdout), (3, ""), "{ended:?}");
    assert!(ended.complaint().contains("AADSTS700082"), "{ended:?}");
    assert!(ended.stderr.contains("who acts: partner") && ended.stderr.contains("ign in again"), "{ended:?}");
    assert_eq!(std::fs::read(&state).unwrap(), before);
    assert_eq!(sandbox.log().requests(), 1, "{:?}", sandbox.log().entries());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_that_ends_on_the_way_keeps_what_was_done() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let state = folder.file("state.json");
    let args = ["--endpoints", endpoints.to_str().unwrap(), "--state", state.to_str().unwrap()];
    // Every token for the customer's tenant is refused from now on.
    let body = json!({"error": "invalid_grant", "error_codes": [50173],
        "error_description": "AADSTS50173: The provided grant has expired due to it being revoked."});
    sandbox.faults().refuse(bundle_sandbox::Service::Login, crate::support::CONTOSO, 400, body);
    let ended = Program::onboard().args(args).run();
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.complaint().contains("AADSTS50173"), "{ended:?}");
    let kept = std::fs::read_to_string(&state).unwrap();
    assert!(kept.contains("\"relationship\"") && kept.contains("\"assignedAt\""), "{kept}");

    sandbox.faults().reset();
    assert_eq!(Program::onboard().args(args).run().code, 0);
    assert_eq!(sandbox.world().relationships.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_store_is_used_before_any_other_token() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let store = folder.file("tokens");
    let args = ["--endpoints", endpoints.to_str().unwrap(), "--token-store", store.to_str().unwrap()];
    let program = |key| Program::onboard().args(args).env("BUNDLE_TOKEN_KEY", key);
    let first = program(KEY).run();
    assert_eq!(first.code, 0, "{first:?}");
    #[cfg(unix)]
    assert_eq!(mode(&store), 0o600);

    // From here on only the stored token is good.
    let mut file = sandbox.endpoints();
    file["demo"]["refreshToken"] = json!("spent");
    folder.write("endpoints.json", file.to_string());
    assert_eq!(Program::onboard().args(&args[..2]).run().code, 3);
    let second = program(KEY).run();
    assert_eq!(second.code, 0, "{second:?}");

    let before = std::fs::read(&store).unwrap();
    let wrong = program(OTHER_KEY).run();
    assert_eq!((wrong.code, &*wrong.stdout), (2, ""), "{wrong:?}");
    assert!(wrong.complaint().contains("token store") && wrong.complaint().contains("another key"), "{wrong:?}");
    assert_eq!(std::fs::read(&store).unwrap(), before);
    assert_eq!(program(KEY).run().code, 0);
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}
