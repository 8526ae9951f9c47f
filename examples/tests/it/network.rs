//! Throttled services and a network that fails.

use std::time::{Duration, Instant};

use bundle_core::ErrorKind;
use bundle_sandbox::{Sandbox, Service};
use examples::exit::Failure;
use examples::onboard::run;

use crate::support::{Folder, connect, resumable};

#[tokio::test]
async fn throttled_services_change_nothing_about_the_end() {
    let (calm, busy, folder) = (Sandbox::demo(1).await.unwrap(), Sandbox::demo(1).await.unwrap(), Folder::new());
    let mut args = resumable(&folder);
    args.state = None;
    let expected = run(&args, &connect(&calm).await).await.unwrap().report;
    let services = [
        Service::Login,
        Service::Graph,
        Service::PartnerCenter,
        Service::Exchange,
        Service::ResourceManager,
        Service::KeyVault,
    ];
    for service in services {
        busy.faults().throttle(service, 3, "0.01");
    }
    let report = run(&args, &connect(&busy).await).await.unwrap().report;
    assert_eq!(report.customers, expected.customers);
    assert_eq!(busy.snapshot(), calm.snapshot());
    let refused: Vec<_> = busy.log().entries().into_iter().filter(|entry| entry.status == 429).collect();
    for service in services {
        assert_eq!(refused.iter().filter(|entry| entry.service == service).count(), 3, "{service}");
    }
    assert_eq!(report.requests, expected.requests + 18);
}

#[tokio::test]
async fn service_that_stays_throttled_fails_its_customer_only_for_now() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let args = resumable(&folder);
    sandbox.faults().throttle(Service::Exchange, 1000, "0.001");
    let report = run(&args, &connect(&sandbox).await).await.unwrap().report;
    assert_eq!(report.summary().failed, 1, "{report:?}");
    let finding = &report.customers[0].findings[0];
    assert_eq!((finding.kind, finding.who_acts), (ErrorKind::Throttled, "nobody"), "{finding:?}");
    sandbox.faults().reset();
    let report = run(&args, &connect(&sandbox).await).await.unwrap().report;
    assert_eq!(report.summary().done, 1, "{report:?}");
}

#[tokio::test]
async fn cloud_that_is_gone_is_said_in_one_line() {
    let (sandbox, folder) = (Sandbox::demo(1).await.unwrap(), Folder::new());
    let connection = connect(&sandbox).await;
    drop(sandbox);
    let started = Instant::now();
    let failure = run(&resumable(&folder), &connection).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let Failure::Failed(error) = failure else { panic!("{failure:?}") };
    assert_eq!(error.kind(), ErrorKind::Connection);
    let line = error.to_string();
    assert!(line.contains("cannot connect") && !line.contains('\n'), "{line}");
}
