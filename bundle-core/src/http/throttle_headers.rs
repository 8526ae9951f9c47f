//! What services say about their limits beside `Retry-After`. Hints: they differ between workloads and may be absent.

use http::header::HeaderMap;

/// How close to its limit the service says we are, 1.0 being the limit; `None` when it says nothing.
///
/// Graph sends `x-ms-throttle-limit-percentage` from 0.8 to 1.8, and some services `RateLimit-Limit` with
/// `RateLimit-Remaining` (Exchange with a hyphen more).
///
/// Source: "Microsoft Graph throttling guidance" (Microsoft Learn).
#[must_use]
pub fn limit_share(headers: &HeaderMap) -> Option<f64> {
    if let Some(share) = number(headers, &["x-ms-throttle-limit-percentage"]) {
        return Some(share);
    }
    let remaining = number(headers, &["ratelimit-remaining", "rate-limit-remaining"])?;
    match number(headers, &["ratelimit-limit", "rate-limit-limit"]) {
        Some(limit) if limit > 0.0 => Some((1.0 - remaining / limit).max(0.0)),
        // Without the limit only its end is known.
        _ => (remaining < 1.0).then_some(1.0),
    }
}

/// What a refusal says about the limit that was hit, for logs: `x-ms-throttle-scope`, `x-ms-throttle-information`.
pub(super) fn limit_hit(headers: &HeaderMap) -> (Option<&str>, Option<&str>) {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    (text("x-ms-throttle-scope"), text("x-ms-throttle-information"))
}

fn number(headers: &HeaderMap, names: &[&str]) -> Option<f64> {
    let text = names.iter().find_map(|name| headers.get(*name))?.to_str().ok()?;
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(pairs: &[(&'static str, &str)]) -> Option<f64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        limit_share(&headers)
    }

    #[test]
    fn share_is_read_in_all_forms() {
        assert_eq!(share(&[("x-ms-throttle-limit-percentage", "1.25")]), Some(1.25));
        assert_eq!(share(&[("ratelimit-limit", "200"), ("ratelimit-remaining", "50")]), Some(0.75));
        assert_eq!(share(&[("rate-limit-limit", "200"), ("rate-limit-remaining", "0")]), Some(1.0));
        assert_eq!(share(&[("ratelimit-remaining", "0")]), Some(1.0));
        assert_eq!(share(&[("ratelimit-remaining", "7")]), None);
        assert_eq!(share(&[("ratelimit-limit", "0"), ("ratelimit-remaining", "7")]), None);
    }

    #[test]
    fn garbage_is_absent() {
        for garbage in ["", "NaN", "inf", "-1", "soon"] {
            assert_eq!(share(&[("x-ms-throttle-limit-percentage", garbage)]), None, "{garbage}");
        }
        assert_eq!(share(&[]), None);
    }
}
