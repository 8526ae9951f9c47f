//! The contract of `onboard --json`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Program;

#[test]
fn output_is_one_object_of_the_contract() {
    let ended = Program::onboard().args(["--json"]).run();
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    // A second value or a stray line would be trailing characters.
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.stdout.lines().count(), 1);
    assert!(ended.stderr.contains("onboarding 5 customer(s)"), "{}", ended.stderr);

    keys(&report, &["customers", "requests", "seconds", "writes"]);
    assert!(report["writes"].as_u64().unwrap() > 0);
    assert!(report["requests"].as_u64() > report["writes"].as_u64());
    assert!(report["seconds"].as_f64().unwrap() > 0.0);
    let customers = report["customers"].as_array().unwrap();
    assert_eq!(customers.len(), 5);
    for customer in customers {
        keys(customer, &["findings", "name", "shields", "state", "tenantId", "waiting"]);
        guid(&customer["tenantId"]);
        one_of(&customer["state"], &["done", "waiting", "blocked", "failed"]);
        keys(&customer["shields"], &["azure", "csp", "exchange", "graph"]);
        for shield in customer["shields"].as_object().unwrap().values() {
            one_of(shield, &["green", "blue", "red", "notLicensed", "inconclusive"]);
        }
        if customer["state"] == "waiting" {
            keys(&customer["waiting"], &["checkAfter", "link", "reason"]);
            assert!(customer["waiting"]["reason"].is_string());
            let time = customer["waiting"]["checkAfter"].as_str().unwrap();
            assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
        } else {
            assert_eq!(customer["waiting"], Value::Null);
        }
        for finding in customer["findings"].as_array().unwrap() {
            keys(finding, &["evidence", "issue", "kind", "remedy", "whoActs"]);
            one_of(&finding["whoActs"], &["developer", "partner", "customer", "nobody"]);
            assert!(finding["remedy"].as_array().unwrap().iter().all(Value::is_string));
            assert!(["evidence", "issue", "kind"].iter().all(|key| finding[key].is_string()), "{finding}");
        }
    }
}

#[test]
fn output_of_a_dry_run_has_the_same_shape() {
    let ended = Program::onboard().args(["--json", "--dry-run", "--customers", "2"]).run();
    let report: Value = serde_json::from_str(&ended.stdout).unwrap();
    keys(&report, &["customers", "requests", "seconds", "writes"]);
    assert_eq!(report["writes"], 0);
    assert_eq!(ended.code, 1);
}

fn keys(value: &Value, expected: &[&str]) {
    let keys: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, expected.iter().copied().collect(), "{value}");
}

fn one_of(value: &Value, words: &[&str]) {
    assert!(value.as_str().is_some_and(|word| words.contains(&word)), "{value} is none of {words:?}");
}

fn guid(value: &Value) {
    assert!(value.as_str().unwrap().parse::<bundle_core::TenantId>().is_ok(), "{value}");
}
