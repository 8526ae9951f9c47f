//! What cannot work is refused in one line, before anything is sent and without touching a file.

use std::ffi::OsString;
use std::path::Path;

use bundle_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{CONTOSO, Ended, Folder, Program};

/// Runs `onboard` against a sandbox, which must stay unasked, and returns what it complains about.
fn refused(sandbox: &Sandbox, endpoints: &Path, args: &[&str]) -> String {
    let all = [OsString::from("--endpoints"), endpoints.into()].into_iter().chain(args.iter().map(OsString::from));
    let ended = Program::onboard().args(all).run();
    assert_eq!(sandbox.log().requests(), 0, "{args:?}: {ended:?}");
    complaint(&ended)
}

fn complaint(ended: &Ended) -> String {
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_eq!(ended.stdout, "", "{ended:?}");
    // One line, and nothing that was begun before it.
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    ended.complaint().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_arguments_are_named_and_nothing_is_sent() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let empty = folder.write("empty", " \n");
    let (empty, absent) = (empty.to_str().unwrap(), folder.file("absent"));
    let absent = absent.to_str().unwrap();
    let typo = folder.write("typo.txt", "Application.ReadWrite.All\nAppRoleAssignment.ReadWrite.All\nUser.Raed.All\n");
    let few = folder.write("few.txt", "User.Read.All\n");
    let long = "x".repeat(51);
    let real = ["--tenant", CONTOSO, "--application", CONTOSO];
    let secret = |file| [&real[..], &["--client-secret-file", file]].concat();
    let cases: Vec<(Vec<&str>, Vec<&str>)> = vec![
        (vec!["--tenant", "contoso", "--application", CONTOSO], vec!["--tenant", "\"contoso\""]),
        (vec!["--tenant", CONTOSO, "--application", "{1}"], vec!["--application", "\"{1}\""]),
        (vec!["--tenant", CONTOSO], vec!["--application"]),
        (vec!["--customer", "11111111"], vec!["--customer", "\"11111111\""]),
        (vec!["--customers", "0"], vec!["--customers", "0"]),
        (vec!["--relationship-days", "731"], vec!["relationship duration", "731", "730"]),
        (vec!["--relationship-name", &long], vec!["relationship name", &long, "51"]),
        (vec!["--group-prefix", "AdminAgents"], vec!["group prefix", "\"AdminAgents\""]),
        (vec!["--wait", "a while"], vec!["--wait", "\"a while\""]),
        (vec!["--without-permission", "Application.ReadWrite.All"], vec!["selection", "Application.ReadWrite.All"]),
        (vec!["--without-permission", "User.Raed.All"], vec!["User.Raed.All", "\"User.Read.All\""]),
        (vec!["--permissions", typo.to_str().unwrap()], vec!["User.Raed.All", "\"User.Read.All\""]),
        (vec!["--permissions", few.to_str().unwrap()], vec!["AppRoleAssignment.ReadWrite.All"]),
        (vec!["--permissions", absent], vec!["--permissions", absent]),
        (real.to_vec(), vec!["client secret", "BUNDLE_CLIENT_SECRET"]),
        (secret(empty), vec!["client secret", empty, "empty"]),
        (secret(absent), vec!["client secret", absent]),
        (vec!["--token-store", absent], vec!["token store key", "BUNDLE_TOKEN_KEY"]),
    ];
    for (args, words) in cases {
        let line = refused(&sandbox, &endpoints, &args);
        for word in words {
            assert!(line.contains(word), "{args:?}: {word:?} is missing in {line:?}");
        }
    }
    assert!(!Path::new(absent).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secret_on_the_command_line_is_refused_and_not_repeated() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    for argument in ["--client-secret", "--refresh-token"] {
        let line = refused(&sandbox, &endpoints, &[argument, "hunter2"]);
        assert!(line.contains(argument) && line.contains("command line") && !line.contains("hunter2"), "{line}");
        let joined = refused(&sandbox, &endpoints, &[&format!("{argument}=hunter2")]);
        assert_eq!(joined, line);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoint_file_that_cannot_work_names_the_key_and_the_value() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let good = sandbox.endpoints();
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut file = good.clone();
        edit(&mut file);
        folder.write("edited.json", file.to_string());
        refused(&sandbox, &folder.file("edited.json"), &[])
    };
    for key in [
        "loginAuthority",
        "graph",
        "exchangeHost",
        "partnerCenter",
        "arm",
        "office365Management",
        "compliance",
        "keyVaultUrl",
        "blobUrl",
        "tableUrl",
    ] {
        let line = edited(&|file| drop(file.as_object_mut().unwrap().remove(key)));
        assert!(line.contains("missing") && line.contains(key), "{line}");
    }
    let line = edited(&|file| file["graph"] = json!("http://graph.example"));
    assert!(line.contains("graph") && line.contains("http://graph.example") && line.contains("loopback"), "{line}");
    let line = edited(&|file| file["arm"] = json!("https://management.example"));
    assert!(line.contains("demo") && line.contains("loopback"), "{line}");
    let line = edited(&|file| file["demo"]["clock"] = json!("http://clock.example/"));
    assert!(line.contains("demo.clock") && line.contains("http://clock.example/"), "{line}");
    let line = edited(&|file| drop(file.as_object_mut().unwrap().remove("demo")));
    assert!(line.contains("--tenant"), "{line}");

    for text in ["", "[]", "{\"graph\": ", "loginAuthority: http://127.0.0.1"] {
        let line = refused(&sandbox, &folder.write("text.json", text), &[]);
        assert!(line.contains("endpoint file") && line.contains("JSON"), "{text:?}: {line}");
    }
    let absent = folder.file("absent.json");
    let line = refused(&sandbox, &absent, &[]);
    assert!(line.contains("endpoint file") && line.contains(absent.to_str().unwrap()), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_state_file_is_left_as_it_is() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let of = |partner: &str, application: &str, cloud: &str, version: u32| {
        json!({"format": "bundle-onboarding", "version": version, "cloud": cloud, "partner": partner,
            "application": application, "customers": {}})
        .to_string()
    };
    let (partner, application) = {
        let demo = &sandbox.endpoints()["demo"];
        (demo["partnerTenantId"].as_str().unwrap().to_owned(), demo["applicationId"].as_str().unwrap().to_owned())
    };
    let cases = [
        (String::new(), "not a state file"),
        ("a shopping list\n".to_owned(), "not a state file"),
        ("{\"format\":\"other\",\"version\":1}".to_owned(), "not a state file"),
        (of(CONTOSO, &application, "custom", 1), "partner"),
        (of(&partner, CONTOSO, "custom", 1), "application"),
        (of(&partner, &application, "china", 1), "cloud"),
        (of(&partner, &application, "custom", 9), "version 9"),
        (of(&partner, &application, "custom", 1).replace("{}", "[]"), "damaged"),
    ];
    for (text, word) in cases {
        let state = folder.write("state.json", &text);
        let line = refused(&sandbox, &endpoints, &["--state", state.to_str().unwrap()]);
        assert!(line.contains(word) && line.contains(state.to_str().unwrap()), "{text}: {line}");
        assert_eq!(std::fs::read_to_string(&state).unwrap(), text);
    }
    let line = refused(&sandbox, &endpoints, &["--state", folder.path().to_str().unwrap()]);
    assert!(line.contains("state") && line.contains(folder.path().to_str().unwrap()), "{line}");
    let nowhere = folder.file("no/such/folder/state.json");
    let line = refused(&sandbox, &endpoints, &["--state", nowhere.to_str().unwrap()]);
    assert!(line.contains("state") && line.contains(nowhere.to_str().unwrap()), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customer_of_somebody_else_is_refused_before_anything_is_written() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let (endpoints, world) = (folder.endpoints(&sandbox), sandbox.snapshot());
    let stranger = "12345678-1234-4234-8234-123456789012";
    let args = ["--endpoints", endpoints.to_str().unwrap(), "--customer", CONTOSO, "--customer", stranger];
    let ended = Program::onboard().args(args).run();
    assert_eq!((ended.code, &*ended.stdout), (2, ""), "{ended:?}");
    assert!(ended.complaint().contains("--customer") && ended.complaint().contains(stranger), "{ended:?}");
    assert_eq!(sandbox.log().writes(), 0, "{:?}", sandbox.log().write_entries());
    assert_eq!(sandbox.snapshot(), world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn token_store_key_that_is_none_is_not_repeated() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let (endpoints, store) = (folder.endpoints(&sandbox), folder.file("tokens"));
    let args = ["--endpoints", endpoints.to_str().unwrap(), "--token-store", store.to_str().unwrap()];
    for key in ["hunter2", "aHVudGVyMg=="] {
        let line = complaint(&Program::onboard().args(args).env("BUNDLE_TOKEN_KEY", key).run());
        assert!(line.contains("token store key") && !line.contains(key), "{line}");
    }
    assert!(!store.exists());
    assert_eq!(sandbox.log().requests(), 0);
}

#[test]
fn unknown_clouds_and_arguments_are_refused() {
    let line = complaint(&Program::onboard().args(["--cloud", "mars"]).run());
    assert!(line.contains("mars") && line.contains("usgov"), "{line}");
    let line = complaint(&Program::onboard().args(["--tenant", CONTOSO]).run());
    assert!(line.contains("--tenant") && line.contains("--cloud"), "{line}");
    for args in [&["--no-such-argument"][..], &["--customers", "many"], &["--cloud", "public", "--endpoints", "x"]] {
        let ended = Program::onboard().args(args).run();
        assert_eq!((ended.code, &*ended.stdout), (2, ""), "{ended:?}");
        assert!(ended.complaint().contains(args[0]), "{ended:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn set_up_refuses_what_cannot_work() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let endpoints = folder.endpoints(&sandbox);
    let (endpoints, secrets) = (endpoints.to_str().unwrap(), folder.file("secrets"));
    let on =
        |args: &[&'static str]| [&["--endpoints", endpoints, "--secrets", secrets.to_str().unwrap()], args].concat();
    let cases: [(Vec<&str>, &[&str]); 6] = [
        (vec!["--cloud", "mars"], &["mars"]),
        (vec!["--cloud", "public"], &["--tenant"]),
        (vec!["--endpoints", endpoints], &["--secrets"]),
        (on(&["--tenant", "contoso"]), &["--tenant", "\"contoso\""]),
        (on(&["--account", "a b"]), &["account", "\"a b\""]),
        (on(&["--application", " "]), &["application", "\" \""]),
    ];
    for (args, words) in cases {
        let line = complaint(&Program::setup().args(&args).run());
        assert!(words.iter().all(|word| line.contains(word)), "{args:?}: {line}");
    }
    assert_eq!(sandbox.log().requests(), 0);
    assert!(!secrets.exists());
}
