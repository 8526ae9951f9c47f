//! The contract of `doctor`: what it takes, what it prints, as JSON too, its exit codes, and what it never shows.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Ended, Folder, Program};

const PASTED: &str = "MsalUiRequiredException: AADSTS50076: Due to a configuration change made by your administrator you \
                      must use multi-factor authentication. Trace ID: 11111111-1111-4111-8111-111111111111";

/// A token whose claims and signature are told by their canary.
const TOKEN: &str = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJjYW5hcnkifQ.Y2FuYXJ5LWNhbmFyeS1jYW5hcnk";

fn run(args: &[&str]) -> Ended {
    Program::doctor().args(args).run()
}

/// Runs with `--json` and reads the one object.
fn object(text: &str) -> Value {
    let ended = run(&["--json", text]);
    assert_eq!((ended.stdout.lines().count(), ended.stderr.as_str()), (1, ""), "{ended:?}");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[test]
fn text_is_taken_as_argument_file_and_standard_input() {
    let folder = Folder::new();
    let file = folder.write("error.txt", PASTED);
    let name = file.to_str().unwrap();
    let pasted = run(&[PASTED]);
    assert_eq!((pasted.code, pasted.stderr.as_str()), (14, ""), "{pasted:?}");
    for part in ["MfaRequired (certain, issue mfa-required)", "  1. ", "traceIds: 11111111-1111-4111-8111-111111111111"]
    {
        assert!(pasted.stdout.contains(part), "{part}: {}", pasted.stdout);
    }
    for ended in [
        run(&[name]),
        run(&["--file", name]),
        Program::doctor().run_with(PASTED),
        Program::doctor().args(["-"]).run_with(PASTED),
    ] {
        assert_eq!((ended.code, &ended.stdout), (14, &pasted.stdout), "{ended:?}");
    }
}

#[test]
fn wrong_usage_is_two_and_names_what_is_wrong() {
    let folder = Folder::new();
    for (args, word) in
        [(&["--file", "/no/such/file"][..], "/no/such/file"), (&["--file", folder.path().to_str().unwrap()], "folder")]
    {
        let ended = run(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
        assert!(ended.complaint().contains(word), "{ended:?}");
    }
    for args in [&["--json", "--jsonl"][..], &["--file", "a", "b"], &["--no-such-flag"]] {
        let ended = run(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{ended:?}");
    }
}

#[test]
fn exit_code_tells_the_kind() {
    for (text, code) in [
        ("it does not work", 1),
        ("AADSTS50011: the redirect URI does not match", 11),
        ("AADSTS7000222: the secret is expired", 12),
        ("AADSTS700082: the refresh token has expired", 13),
        ("AADSTS53003: blocked by Conditional Access", 15),
        ("AADSTS65001: not consented", 16),
        ("Authorization_RequestDenied: Insufficient privileges to complete the operation.", 17),
        ("AADSTS50020: the account does not exist in the tenant", 18),
        ("AADSTS650052: the tenant has not subscribed", 19),
        ("Request_ResourceNotFound", 20),
        ("{\"error\":{\"code\":\"RoleAssignmentExists\",\"message\":\"x\"}}", 21),
        ("HTTP/1.1 412 Precondition Failed", 22),
        ("HTTP/1.1 429 Too Many Requests", 24),
        ("HTTP/1.1 503 Service Unavailable", 25),
        ("getaddrinfo ENOTFOUND login.microsoftonline.com", 27),
    ] {
        for args in [&[text][..], &["--json", text]] {
            assert_eq!(run(args).code, code, "{text}");
        }
    }
}

#[test]
fn json_is_one_object_with_the_members_of_the_contract() {
    let found = object(PASTED);
    let members: BTreeSet<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
    let contract = ["candidates", "cause", "confidence", "identifiers", "issue", "kind", "remedy", "retry", "whoActs"];
    assert_eq!(members, BTreeSet::from(contract));
    assert_eq!((&found["kind"], &found["issue"]), (&Value::from("MfaRequired"), &Value::from("mfa-required")));
    assert_eq!(found["confidence"], "certain");
    assert!(!found["remedy"].as_array().unwrap().is_empty() && found["cause"].is_string());
    assert_eq!(found["retry"]["advice"], "afterReauthentication");
    assert!(found["retry"]["waitSeconds"].is_null());
    let unknown = object("it does not work");
    assert_eq!((&unknown["kind"], &unknown["confidence"]), (&Value::from("Other"), &Value::from("unknown")));
    assert!(unknown["issue"].is_null());
    assert_eq!(object("HTTP/1.1 429 Too Many Requests\nRetry-After: 17")["retry"]["waitSeconds"], 17);
}

#[test]
fn lines_are_answered_in_order_and_a_broken_one_too() {
    let input = "{\"service\":\"partner-center\",\"httpStatus\":403,\"body\":{\"code\":900309}}\n\
                 {\"body\": \"AADSTS50076\n\
                 \u{0}[[[\n\
                 {\"httpStatus\":429,\"headers\":{\"Retry-After\":\"9\"},\"body\":\"\"}\n\
                 AADSTS65001: pasted as it is";
    let folder = Folder::new();
    let file = folder.write("payloads.jsonl", input);
    for ended in
        [Program::doctor().args(["--jsonl"]).run_with(input), run(&["--jsonl", "--file", file.to_str().unwrap()])]
    {
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{ended:?}");
        let lines: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let kinds: Vec<&str> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["ConditionalAccess", "MfaRequired", "Other", "Throttled", "ConsentRequired"]);
        assert_eq!(lines[3]["retry"]["waitSeconds"], 9);
    }
}

#[test]
fn each_line_is_answered_before_the_next_one_comes() {
    let mut running = Program::doctor().args(["--jsonl"]).start();
    let (mut input, output) = (running.stdin.take().unwrap(), running.stdout.take().unwrap());
    let mut output = BufReader::new(output).lines();
    for (line, kind) in [("AADSTS50076", "MfaRequired"), ("AADSTS65001", "ConsentRequired")] {
        writeln!(input, "{{\"body\":\"{line}\"}}").unwrap();
        let answer: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["kind"], kind);
    }
    drop(input);
    assert!(output.next().is_none() && running.wait().unwrap().success());
}

#[test]
fn output_to_a_file_or_pipe_has_no_colours() {
    for no_color in ["", "1"] {
        let ended = Program::doctor().env("NO_COLOR", no_color).args([PASTED]).run();
        assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
    }
}

#[test]
fn pasted_token_is_named_and_never_shown() {
    let dump = format!("GET /v1.0/me HTTP/1.1\nAuthorization: Bearer {TOKEN}\n\nHTTP/1.1 401 Unauthorized\n");
    let line = format!("{{\"body\":{{\"error\":{{\"code\":\"{TOKEN}\",\"message\":\"{TOKEN}\"}}}}}}\n{dump}");
    for ended in [
        run(&[&dump]),
        run(&["--json", &dump]),
        Program::doctor().run_with(&dump),
        Program::doctor().args(["--jsonl"]).run_with(&line),
    ] {
        assert!(ended.stdout.contains("an access token was pasted; it is not shown"), "{ended:?}");
        assert!(!format!("{ended:?}").contains("Y2FuYXJ5"), "{ended:?}");
        assert!(!format!("{ended:?}").contains("eyJhdWQi"), "{ended:?}");
    }
}

#[test]
fn ten_megabytes_of_garbage_end_soon() {
    let mut garbage = b"{\"a\":[<AADSTS\xff\0error=eyJ\\\"-403 ".repeat((10 << 20) / 32);
    for args in [&["--json"][..], &["--jsonl"], &[]] {
        let start = Instant::now();
        let ended = Program::doctor().args(args).run_with(&garbage);
        assert!(ended.stdout.len() < 64 << 10 && ended.stderr.is_empty(), "{}", ended.stderr);
        assert!(start.elapsed() < Duration::from_secs(20), "{args:?}: {:?}", start.elapsed());
    }
    garbage.extend_from_slice(b"\nAADSTS50076: the last line counts");
    assert_eq!(Program::doctor().run_with(&garbage).code, 14);
}
