//! No secret is shown or kept where it does not belong. Every secret of the sandbox carries a canary.

use std::path::Path;
use std::time::Duration;

use bundle_sandbox::{Sandbox, Service};
use examples::onboard::run;
use serde_json::json;

use crate::support::{CONTOSO, Ended, Folder, Program, connect, resumable};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_show_and_keep_no_secret() {
    let (sandbox, folder) = (Sandbox::demo(5).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let endpoints = endpoints.to_str().unwrap();
    // The canary is where a leak could come from.
    assert!(sandbox.endpoints().to_string().matches(Sandbox::CANARY).count() >= 3);
    let (state, store) = (folder.file("state.json"), folder.file("tokens"));
    let base = ["--endpoints", endpoints, "--state", state.to_str().unwrap(), "--token-store", store.to_str().unwrap()];
    let onboard = |args: &[&str]| {
        let ended =
            Program::onboard().args(base).args(args).env("BUNDLE_TOKEN_KEY", KEY).env("RUST_LOG", "trace").run();
        clean(&ended);
        assert_no_canary_in(&state);
        assert_no_canary_in(&store);
        ended.code
    };
    assert_eq!(onboard(&["--dry-run"]), 1);
    assert_eq!(onboard(&[]), 1);
    assert_eq!(onboard(&["--json", "--apply-ca-exclusion"]), 1);

    // A service that repeats what it was sent, secrets included.
    for (service, path) in [
        (Service::Login, "/token"),
        (Service::Graph, "/me"),
        (Service::PartnerCenter, "/customers"),
        (Service::Exchange, "/InvokeCommand"),
    ] {
        let echo = format!("client_secret={0}~secret&refresh_token={0}-refresh Bearer aaaa.bbbb.{0}", Sandbox::CANARY);
        let body = json!({"error": "invalid_request", "error_description": format!("AADSTS9002313: {echo}"),
            "message": echo, "client_secret": format!("{}~in-a-field", Sandbox::CANARY)});
        sandbox.faults().refuse(service, path, 400, body);
        let code = onboard(&["--json"]);
        assert!(matches!(code, 1 | 3), "{service}: {code}");
        sandbox.faults().reset();
    }
    sandbox.clock().advance(Duration::from_secs(91 * 86_400));
    assert_eq!(onboard(&[]), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn debug_texts_show_no_secret() {
    let (sandbox, folder) = (Sandbox::demo(2).await.unwrap(), Folder::new());
    let connection = connect(&sandbox).await;
    let outcome = run(&resumable(&folder), &connection).await.unwrap();
    let endpoints = examples::endpoints::Endpoints::parse(&sandbox.endpoints().to_string()).unwrap();
    sandbox.world().sessions = bundle_sandbox::world::Sessions::default();
    let failure = run(&resumable(&folder), &connect(&sandbox).await).await.unwrap_err();
    for text in [
        format!("{connection:#?} {:#?} {:#?}", connection.setup_ports(), connection.onboarding_ports()),
        format!("{outcome:#?}"),
        format!("{endpoints:#?}"),
        format!("{failure:#?}"),
    ] {
        assert!(!text.contains(Sandbox::CANARY), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_keeps_its_secrets_in_their_folder_only() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let secrets = folder.file("secrets");
    let args = ["--endpoints", endpoints.to_str().unwrap(), "--secrets", secrets.to_str().unwrap()];
    let mut kept = Vec::new();
    for _ in 0..2 {
        let ended = Program::setup().args(args).run();
        assert_eq!(ended.code, 0, "{ended:?}");
        clean(&ended);
        let files: Vec<_> = std::fs::read_dir(&secrets).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files.len(), 2, "{files:?}");
        kept = files.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        for (path, secret) in files.iter().zip(&kept) {
            assert!(!secret.is_empty() && !ended.stdout.contains(secret) && !ended.stderr.contains(secret));
            assert_private(path);
        }
    }
    // The client secret is the sandbox's; the password is the program's own.
    assert_eq!(kept.iter().filter(|secret| secret.contains(Sandbox::CANARY)).count(), 1);

    let dry = Program::setup().args(args).args(["--dry-run"]).run();
    assert_eq!(dry.code, 0, "{dry:?}");
    clean(&dry);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secret_in_a_file_stays_there() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let demo = &sandbox.endpoints()["demo"];
    let text = |key: &str| demo[key].as_str().unwrap().to_owned();
    let endpoints = folder.endpoints(&sandbox);
    let secret = folder.write("secret", text("clientSecret"));
    let wrong = folder.write("wrong", format!("{}-wrong", Sandbox::CANARY));
    let (partner, application) = (text("partnerTenantId"), text("applicationId"));
    let onboard = |secret: &Path, tenant: &str, token: &str| {
        let ended = Program::onboard()
            .args(["--endpoints", endpoints.to_str().unwrap(), "--tenant", tenant, "--application", &application])
            .args(["--client-secret-file", secret.to_str().unwrap(), "--wait", "1s"])
            .env("BUNDLE_REFRESH_TOKEN", token)
            .run();
        clean(&ended);
        ended.code
    };
    // The clock of the sandbox is not used with credentials of one's own, so the customer is waited for.
    assert_eq!(onboard(&secret, &partner, &text("refreshToken")), 1);
    assert_eq!(onboard(&wrong, &partner, &text("refreshToken")), 3);
    assert_eq!(onboard(&secret, CONTOSO, &text("refreshToken")), 3);
    assert_eq!(onboard(&secret, &partner, &format!("{}-none", Sandbox::CANARY)), 3);
}

fn clean(ended: &Ended) {
    assert!(!ended.stdout.contains(Sandbox::CANARY), "{}", ended.stdout);
    assert!(!ended.stderr.contains(Sandbox::CANARY), "{}", ended.stderr);
}

fn assert_no_canary_in(path: &Path) {
    if let Ok(bytes) = std::fs::read(path) {
        assert!(!String::from_utf8_lossy(&bytes).contains(Sandbox::CANARY), "{}", path.display());
    }
}

#[cfg(unix)]
fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
}

#[cfg(not(unix))]
fn assert_private(path: &Path) {
    assert!(path.is_file());
}
