//! The contract of `permissions`: what it prints, as JSON too, and its exit codes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Ended, Folder, Program};

fn run(args: &[&str]) -> Ended {
    Program::permissions().args(args).run()
}

/// Runs with `--json` and reads the one value.
fn value(args: &[&str], code: i32) -> Value {
    let ended = run(&[args, &["--json"]].concat());
    assert_eq!(ended.code, code, "{ended:?}");
    assert_eq!((ended.stdout.lines().count(), ended.stderr.as_str()), (1, ""), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let ended = run(args);
    assert_eq!((ended.code, &*ended.stdout), (2, ""), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    ended.complaint().to_owned()
}

#[test]
fn search_finds_by_name_and_by_text() {
    let found = value(&["search", "bitlocker", "read"], 0);
    let names: Vec<&str> = found.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"BitlockerKey.Read.All"), "{names:?}");
    let ended = run(&["search", "Exchange.ManageAsApp"]);
    assert!(ended.stdout.contains("exchange/Exchange.ManageAsApp  application  stock"), "{}", ended.stdout);
    let ended = run(&["search", "Mial.Send"]);
    assert_eq!((ended.code, ended.stdout.contains("the nearest name is Mail.Send")), (1, true), "{ended:?}");
}

#[test]
fn show_tells_what_is_known() {
    let shown = run(&["show", "mail.send"]);
    assert_eq!(shown.code, 0, "{shown:?}");
    let expected = "permission    graph/Mail.Send (stock)\n\
                    delegated     e383f46e-2787-4529-855e-0e479a3ffac0, users may consent, level 2\n              \
                    Send mail as a user\n              \
                    risk high: sends mail as any user of the organisation, as far as the signed-in account's roles go\n\
                    application   b633e1c5-b582-4048-a93e-9f11b44c7e96, level 3\n              \
                    Send mail as any user\n              \
                    risk critical: sends mail as any user of the organisation\n";
    assert!(shown.stdout.starts_with(expected), "{}", shown.stdout);
    let core = value(&["show", "AppRoleAssignment.ReadWrite.All", "user_impersonation"], 0);
    assert_eq!(core[0]["core"], true);
    let operations = core[0]["operations"].as_array().unwrap();
    assert!(operations.contains(&json!("graph.app_role_assignments.grant")), "{operations:?}");
    let resources: Vec<&str> =
        core.as_array().unwrap()[1..].iter().map(|row| row["resource"].as_str().unwrap()).collect();
    assert_eq!(resources, ["azure-key-vault", "azure-service-management", "azure-storage", "partner-center"]);
}

#[test]
fn wrong_names_are_told_the_nearest_right_ones() {
    for (args, words) in [
        (
            &["show", "User.Raed.All", "Mail.Send", "Mail.Sedn"][..],
            &["User.Read.All", "\"Mail.Send\"", "Mail.Sedn"][..],
        ),
        (&["impact", "--without", "User.Raed.All"], &["\"User.Read.All\""]),
        (&["impact", "--without", "Application.ReadWrite.All"], &["Application.ReadWrite.All"]),
        (&["export", "--preset", "mial"], &["the nearest is \"mail\"", "read-only"]),
        (&["least-privilege", "GTE /users", "graph.user.list"], &["GET", "graph.users.list"]),
        (&["export", "--selection", "/no/such/file"], &["--selection", "/no/such/file"]),
    ] {
        let line = refused(args);
        assert!(words.iter().all(|word| line.contains(word)), "{args:?}: {line}");
    }
    assert_eq!(run(&["exprot"]).code, 2);
}

#[test]
fn impact_names_the_operations_that_stop() {
    let ended = run(&["impact", "--without", "exchange/Exchange.Manage"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stdout.contains("left out of the stock: 1\n  exchange/Exchange.Manage"), "{}", ended.stdout);
    assert!(ended.stdout.contains("probe exchange.organization-config.get"), "{}", ended.stdout);
    let all = value(&["impact"], 0);
    assert_eq!((all["stopped"].as_array().unwrap().len(), all["leftOut"].as_array().unwrap().len()), (0, 0));
    assert_eq!(all["risk"]["grade"], "critical");
    assert_eq!(all["permissions"].as_array().unwrap().len(), 187);
}

#[test]
fn least_privilege_is_the_smallest_set_for_all_operations() {
    let ended = run(&["least-privilege", "GET /users", "PATCH /users/{id}", "GET /groups", "GET /me"]);
    let expected = "2 delegated permission(s), no smaller set is enough\n  \
                    graph/GroupMember.Read.All (level 3)\n    GET /groups\n  \
                    graph/User.ReadWrite.All (level 4)\n    GET /users\n    PATCH /users/{id}\n    GET /me\n";
    assert_eq!((ended.code, ended.stdout.as_str()), (0, expected));
    let least = value(&["least-privilege", "--application", "GET /me", "GET /no/such", "graph.users.create"], 1);
    assert_eq!(least["permissions"][0]["name"], "User.ReadWrite.All");
    assert_eq!((&least["unsupported"], &least["unknown"]), (&json!(["GET /me"]), &json!(["GET /no/such"])));
}

#[test]
fn diff_plans_the_missing_writes() {
    let folder = Folder::new();
    let client = "11111111-1111-4111-8111-111111111111";
    let graph = "22222222-2222-4222-8222-222222222222";
    let roles = json!({"@odata.context": "x", "value": [{
        "id": "a", "principalId": client, "resourceId": graph, "resourceDisplayName": "Microsoft Graph",
        "appRoleId": "b633e1c5-b582-4048-a93e-9f11b44c7e96"}]});
    let grants = json!({"value": [{"id": "g1", "clientId": client, "consentType": "AllPrincipals",
        "principalId": null, "resourceId": graph, "scope": " Foreign.Scope Mail.Send"}]});
    let roles = folder.write("roles.json", roles.to_string());
    let grants = folder.write("grants.json", grants.to_string());
    let selection = folder.write("selection.txt", "# what we need\nMail.Send\nMail.Read\n");
    let files = [
        "diff",
        "--owned-app",
        "--app-role-assignments",
        roles.to_str().unwrap(),
        "--permission-grants",
        grants.to_str().unwrap(),
        "--selection",
        selection.to_str().unwrap(),
    ];
    let ended = run(&files);
    let expected = format!(
        "Microsoft Graph: 2 missing, 2 granted, 1 beside what is wanted\n  \
         + delegated Mail.Read\n  + application Mail.Read\n  = delegated Foreign.Scope\n2 write(s)\n  \
         POST /servicePrincipals/{client}/appRoleAssignments \
         {{\"appRoleId\":\"810c84a8-4a9e-49e6-bf7d-12d183f40d01\",\"principalId\":\"{client}\",\
         \"resourceId\":\"{graph}\"}}\n  \
         PATCH /oauth2PermissionGrants/g1 {{\"scope\":\"Foreign.Scope Mail.Read Mail.Send\"}}\n"
    );
    assert_eq!((ended.code, ended.stdout), (1, expected));
    let same = value(&[&files[..], &["--without", "Mail.Read"]].concat(), 0);
    assert_eq!(same["writes"], json!([]));
    let keys: BTreeSet<&String> = same.as_object().unwrap().keys().collect();
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), ["foreign", "resources", "writes"]);
    let line =
        refused(&["diff", "--app-role-assignments", selection.to_str().unwrap(), "--permission-grants", files[5]]);
    assert!(line.contains("appRoleAssignments"), "{line}");
}

#[test]
fn export_writes_manifest_csv_and_markdown() {
    let few = ["export", "--preset", "exchange", "--owned-app", "--without", "RoleManagement.ReadWrite.Exchange"];
    let manifest = run(&few);
    let manifest: Value = serde_json::from_str(&manifest.stdout).unwrap();
    assert_eq!(manifest[0]["resourceAppId"], "00000002-0000-0ff1-ce00-000000000000");
    assert_eq!(manifest[0]["resourceAccess"].as_array().unwrap().len(), 3);
    assert_eq!(value(&few, 0), manifest);

    let csv = run(&[&few[..], &["--format", "csv"]].concat()).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "resource,name,kind,id,core,risk,reason");
    assert!(lines[1].starts_with("exchange,Exchange.Manage,delegated,ab4f2b77-0b06-4fc1-a9de-02113fc2ab7c,no,high,\""));
    let markdown = run(&[&few[..], &["--format", "markdown"]].concat()).stdout;
    assert_eq!(markdown.lines().nth(1), Some("| --- | --- | --- | --- | --- | --- | --- |"));
    assert_eq!(markdown.lines().count(), 5);

    let rows = value(&["export", "--format", "csv", "--with", "Agreement.Read.All"], 0);
    assert!(rows.as_array().unwrap().iter().any(|row| row["name"] == "Agreement.Read.All"));
}
