//! What the limiter has to reach, simulated.

use std::time::Duration;

use super::simulation::{AtRandom, Client, FixedWindow, Report, Service, TokenBucket, run};
use crate::http::Quota;

/// A round trip to a service that is near, in seconds.
const NEAR: f64 = 0.001;

fn alone(service: &mut dyn Service, requests: u32, workers: u32, latency: f64, declared: Option<Quota>) -> Report {
    let client = Client { requests, workers, starts: 0.0, declared };
    run(service, &[client], latency).remove(0)
}

fn quota(burst: u32) -> Option<Quota> {
    Some(Quota::new(500, Duration::from_secs(1)).and_then(|quota| quota.with_burst(burst)).unwrap())
}

/// Every latency and number of callers at which 500 a second can be reached.
fn settings() -> Vec<(f64, u32)> {
    let all = [0.000_2, NEAR, 0.02].into_iter().flat_map(|latency| [8, 16, 50].map(|workers| (latency, workers)));
    all.filter(|(latency, workers)| f64::from(*workers) / latency > 500.0).collect()
}

#[test]
fn unknown_quota_of_500_with_a_burst_of_500_is_used_to_97_percent() {
    for charges in [false, true] {
        for (latency, workers) in settings() {
            let mut service = TokenBucket::new(500.0, 500.0).charging(charges);
            let report = alone(&mut service, 10_000, workers, latency, None);
            let most = if charges || latency > NEAR { 1.05 } else { 1.03 };
            assert!(report.wall <= most * 19.0, "{latency} {workers} {report:?}");
            assert!(report.refused <= 200, "{latency} {workers} {report:?}");
            assert_eq!((report.passed, report.failed), (10_000, 0));
        }
    }
}

#[test]
fn unknown_quota_of_500_with_a_burst_of_50_costs_two_parks() {
    for charges in [false, true] {
        for (latency, workers) in settings() {
            let mut service = TokenBucket::new(500.0, 50.0).charging(charges);
            let report = alone(&mut service, 2_500, workers, latency, None);
            assert!(report.wall <= 1.6 * 4.9, "{latency} {workers} {report:?}");
            assert!(report.refused <= 125, "{latency} {workers} {report:?}");
            assert_eq!((report.passed, report.failed), (2_500, 0));
        }
    }
}

#[test]
fn declared_quota_is_used_without_a_refusal() {
    for charges in [false, true] {
        for (latency, workers) in settings() {
            for (burst, requests, ideal) in [(500, 10_000, 19.0), (50, 2_500, 4.9)] {
                let mut service = TokenBucket::new(500.0, f64::from(burst)).charging(charges);
                let report = alone(&mut service, requests, workers, latency, quota(burst));
                assert!(report.wall <= 1.05 * ideal, "{latency} {workers} {report:?}");
                assert_eq!((report.passed, report.refused), (requests, 0));
            }
        }
    }
}

#[test]
fn quota_that_was_declared_too_high_is_learned() {
    let mut service = TokenBucket::new(100.0, 20.0);
    let report = alone(&mut service, 2_000, 16, NEAR, quota(50));
    assert!(report.wall < 1.3 * 19.8, "{report:?}");
    assert_eq!((report.passed, report.failed), (2_000, 0));
}

#[test]
fn quotas_of_all_sizes_are_learned() {
    let rows = [
        (1.0, 5.0, 60, 1.1),
        (1.0, 1.0, 60, 2.6),
        (0.5, 5.0, 60, 1.1),
        (5.0, 50.0, 500, 1.1),
        (25.0, 250.0, 3_000, 1.05),
        (100.0, 500.0, 5_000, 1.05),
        (100.0, 10.0, 5_000, 1.15),
        (2_000.0, 100.0, 60_000, 1.2),
        (30.0, 30.0, 1_500, 1.05),
    ];
    for (rate, burst, requests, most) in rows {
        let ideal = (f64::from(requests) - burst) / rate;
        for millis in [None, Some(0), Some(249), Some(1_000)] {
            let mut service = TokenBucket::new(rate, burst).asking(millis.map(Duration::from_millis));
            let report = alone(&mut service, requests, 16, NEAR, None);
            assert_eq!((report.passed, report.failed), (requests, 0), "{rate}/{burst} {millis:?} {report:?}");
            assert!(report.wall <= most * ideal, "{rate}/{burst} {millis:?} {report:?}");
        }
        // Every refusal costs two minutes: a few are all there may be.
        let mut service = TokenBucket::new(rate, burst).asking(Some(Duration::from_secs(120)));
        let report = alone(&mut service, requests, 16, NEAR, None);
        assert_eq!((report.passed, report.failed), (requests, 0), "{rate}/{burst} {report:?}");
        assert!(report.refused <= 25, "{rate}/{burst} {report:?}");
    }
}

#[test]
fn fixed_windows_are_learned() {
    for honest in [true, false] {
        let mut service = FixedWindow::new(3_000, 10.0, honest);
        let report = alone(&mut service, 10_000, 16, NEAR, None);
        // Three whole windows, and the rest of them in the fourth.
        assert!(report.wall <= 1.05 * 30.0, "{honest} {report:?}");
        assert_eq!((report.passed, report.failed), (10_000, 0));
    }
}

#[test]
fn quota_that_changes_is_learned_again() {
    for (burst, rate, requests, ideal, most) in [
        (50.0, 250.0, 10_000, 29.8, 1.3),
        (500.0, 250.0, 10_000, 29.8, 1.05),
        (50.0, 1_000.0, 30_000, 35.0, 1.2),
        (500.0, 1_000.0, 30_000, 35.0, 1.1),
        (50.0, 2_000.0, 80_000, 47.5, 1.2),
    ] {
        let mut service = TokenBucket::new(500.0, burst).changing(10.0, rate);
        let report = alone(&mut service, requests, 16, NEAR, None);
        assert!(report.wall <= most * ideal, "{burst} {rate} {report:?}");
        assert!(report.refused <= requests / 100, "{burst} {rate} {report:?}");
        assert_eq!(report.failed, 0);
    }
}

#[test]
fn two_programs_share_a_quota() {
    for (burst, second, most) in [(50.0, 0.0, 1.3), (50.0, 5.0, 1.75), (500.0, 0.0, 1.1), (500.0, 5.0, 1.1)] {
        let mut service = TokenBucket::new(500.0, burst);
        let client = |starts| Client { requests: 10_000, workers: 16, starts, declared: None };
        let reports = run(&mut service, &[client(0.0), client(second)], NEAR);
        let wall = reports[0].wall.max(reports[1].wall + second);
        assert!(wall <= most * (20_000.0 - burst) / 500.0, "{burst} {second} {wall}");
        let share = |at: usize| reports[at].done.iter().filter(|done| **done > second + 5.0 && **done < 20.0).count();
        let (less, more) = (share(0).min(share(1)), share(0).max(share(1)));
        assert!(less * 3 > more, "{burst} {second}: {less} against {more}");
        assert_eq!(reports[0].failed + reports[1].failed, 0);
    }
}

#[test]
fn refusals_by_chance_do_not_slow_down_for_long() {
    for one_in in [100, 1_000, 10_000] {
        for wait in [None, Some(Duration::from_millis(249)), Some(Duration::from_secs(1))] {
            let mut service = AtRandom::new(one_in, 3.0, wait);
            let report = alone(&mut service, 100_000, 16, NEAR, None);
            // Half a minute after the last of them it is forgotten: 100 000 take 6.3 s when nothing is refused.
            assert!(report.wall <= 6.3 + 25.0, "{one_in} {wait:?} {report:?}");
            assert_eq!(report.failed, 0);
        }
    }
}

#[test]
fn nothing_is_delayed_that_was_never_refused() {
    let mut service = TokenBucket::new(1e9, 1e9);
    let report = alone(&mut service, 40_000, 16, 0.02, None);
    // Answers take 18 to 22 ms, sixteen at a time.
    assert!(report.wall <= 40_000.0 / 16.0 * 0.020_2, "{report:?}");
    assert_eq!(report.refused, 0);
}

#[test]
fn endless_refusals_are_no_hot_loop() {
    for wait in [None, Some(Duration::ZERO), Some(Duration::from_millis(1))] {
        let mut service = TokenBucket::new(1e-6, 0.0).asking(wait);
        let report = alone(&mut service, 16, 16, NEAR, None);
        assert_eq!((report.passed, report.failed), (0, 16));
        // Sixteen calls of five attempts; those that were not under way together wait longer and longer.
        let least = if wait == Some(Duration::from_millis(1)) { 0.1 } else { 600.0 };
        assert!(report.refused == 80 && report.wall > least, "{report:?}");
    }
}
