//! The compliance report over many customers: how many requests it takes, and (by hand) how long and how much memory.

use bundle_sandbox::{Sandbox, SandboxOptions};
use examples::gdap::{Args, Command, ComplianceArgs, run};

use crate::support::{Folder, Program, connect, related};

#[tokio::test]
async fn compliance_takes_one_batch_for_twenty_relationships() {
    const CUSTOMERS: u64 = 200;
    let sandbox = Sandbox::start(related(200, 3), SandboxOptions::new()).await.unwrap();
    let connection = connect(&sandbox).await;
    let mut command = ComplianceArgs::default();
    command.notice = 60;
    let output = run(&Args::of(Command::Compliance(command)), &connection).await.unwrap();
    assert_eq!(output.json["customers"].as_array().unwrap().len(), 200);
    assert_eq!(output.json["customers"][0]["roles"][11]["state"], "effective");
    let paths: Vec<String> = sandbox.log().entries().into_iter().map(|entry| entry.path).collect();
    let count = |end: &str| paths.iter().filter(|path| path.ends_with(end)).count() as u64;
    // 300 relationships on a page, 20 relationships in a batch: none of them can be fewer.
    assert_eq!(count("/delegatedAdminRelationships"), (3 * CUSTOMERS).div_ceil(300));
    assert_eq!(count("/$batch"), (3 * CUSTOMERS).div_ceil(20));
    assert_eq!(count("/members"), 12);
    let requests = connection.meter.requests();
    assert!(requests <= 2 + 30 + 24 + 6, "{requests} requests");
}

/// `cargo test -p examples --test it -- --ignored --nocapture gdap_scale`. A development build took 5 s and 75 MB, with 188
/// requests: 10 pages of relationships, 150 batches, 24 reads of the 12 groups, the customers and the sign-in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, with `time` of GNU"]
async fn compliance_of_a_thousand_customers_in_a_minute_and_200_megabytes() {
    let sandbox = Sandbox::start(related(1000, 3), SandboxOptions::new()).await.unwrap();
    let folder = Folder::new();
    let (endpoints, page) = (folder.endpoints(&sandbox), folder.file("report.html"));
    let ended = tokio::task::spawn_blocking(move || {
        Program::measured_gdap()
            .args(["--endpoints"])
            .args([&endpoints])
            .args(["compliance", "--json", "--html"])
            .args([&page])
            .run()
    });
    let ended = ended.await.unwrap();
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let kilobytes: u64 = ended.stderr.lines().last().unwrap().trim().parse().unwrap();
    let seconds = report["seconds"].as_f64().unwrap();
    println!("{} requests, {seconds:.1} s, {} MB", report["requests"], kilobytes / 1000);
    assert_eq!(report["customers"].as_array().unwrap().len(), 1000);
    assert!(seconds <= 60.0 && kilobytes <= 200_000);
}
