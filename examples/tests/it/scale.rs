//! Many customers in one run.

use bundle_sandbox::Sandbox;
use examples::onboard::{Summary, run};

use crate::support::{Folder, connect, resumable};

#[tokio::test]
async fn forty_customers_are_onboarded_and_a_second_look_is_cheap() {
    let sandbox = Sandbox::demo(CUSTOMERS).await.unwrap();
    let folder = Folder::new();
    let args = resumable(&folder);
    let first = run(&args, &connect(&sandbox).await).await.unwrap().report;
    let Summary { done, waiting, blocked, failed, .. } = first.summary();
    assert_eq!((done, waiting, blocked, failed), (CUSTOMERS - 3, 1, 2, 0));
    for customer in &first.customers {
        let expected = match &*customer.name {
            "Fabrikam" | "Wingtip" => "blocked",
            "Tailspin" => "waiting",
            _ => "done",
        };
        assert_eq!(customer.outcome.as_str(), expected, "{}", customer.name);
    }

    let second = run(&args, &connect(&sandbox).await).await.unwrap().report;
    assert_eq!(second.writes, 0);
    let requests = second.requests / CUSTOMERS as u64;
    assert!(requests <= 21, "{requests} requests per customer to see that all is done");
}

const CUSTOMERS: usize = 40;
