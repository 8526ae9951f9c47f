//! `Retry-After` in the forms Microsoft's services send it.

use std::time::{Duration, SystemTime};

use http::header::{DATE, HeaderMap, RETRY_AFTER};

/// How long the service asks to wait: `retry-after-ms` and `x-ms-retry-after-ms` in milliseconds, then `Retry-After`
/// as decimal seconds (rounded up to a millisecond) or as an HTTP date, counted from the answer's own `Date`. Negative
/// values and garbage count as absent.
///
/// Source: wire practice of Graph (`Retry-After: 0.249`), RFC 9110 section 10.2.3.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    for name in ["retry-after-ms", "x-ms-retry-after-ms"] {
        if let Some(wait) = text(name).and_then(|value| value.parse().ok()) {
            return Some(Duration::from_millis(wait).min(LONGEST));
        }
    }
    let value = text(RETRY_AFTER.as_str())?;
    if let Ok(seconds) = value.parse::<f64>() {
        let milliseconds = (seconds * 1000.0).ceil();
        return (seconds >= 0.0 && milliseconds.is_finite())
            .then(|| Duration::from_secs_f64((milliseconds / 1000.0).min(LONGEST.as_secs_f64())));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let from = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(at.duration_since(from).unwrap_or_default().min(LONGEST))
}

/// A bound for absurd values; the call's deadline decides long before.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        retry_after(&headers, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn all_forms_are_read() {
        let millis = |n| Some(Duration::from_millis(n));
        assert_eq!(parse(&[("retry-after", "0.249")]), millis(249));
        assert_eq!(parse(&[("retry-after", "0.2491")]), millis(250));
        assert_eq!(parse(&[("retry-after", "120")]), millis(120_000));
        assert_eq!(parse(&[("retry-after", "10800")]), millis(10_800_000));
        assert_eq!(parse(&[("retry-after", "0")]), millis(0));
        assert_eq!(parse(&[("retry-after-ms", "17"), ("retry-after", "9")]), millis(17));
        assert_eq!(parse(&[("x-ms-retry-after-ms", "18")]), millis(18));
        let date = ("date", "Sun, 06 Nov 1994 08:49:30 GMT");
        for form in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(parse(&[("retry-after", form), date]), millis(7_000), "{form}");
        }
        assert_eq!(parse(&[("retry-after", "Sun, 06 Nov 1994 08:49:00 GMT"), date]), millis(0));
    }

    #[test]
    fn garbage_is_absent_and_absurd_is_bounded() {
        for garbage in ["-1", "soon", "", "NaN", "inf"] {
            assert_eq!(parse(&[("retry-after", garbage)]), None, "{garbage}");
        }
        let date = "Fri, 31 Dec 9999 23:59:59 GMT";
        for (name, absurd) in
            [("retry-after", "1e18"), ("retry-after", date), ("retry-after-ms", "18446744073709551615")]
        {
            assert_eq!(parse(&[(name, absurd)]), Some(LONGEST), "{absurd}");
        }
    }
}
