//! The few fields of an X.509 certificate that signing an assertion needs.
//!
//! Nothing is verified: whether the certificate may be used is the token endpoint's to say.
//!
//! Source: RFC 5280 section 4.1.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::der::{BIT_STRING, CONTEXT_0, GENERALIZED_TIME, INTEGER, Reader, UTC_TIME};

pub(super) struct Fields<'a> {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    #[cfg_attr(not(feature = "certificate"), expect(dead_code, reason = "only a local key has to fit"))]
    pub(super) issuer: &'a [u8],
    #[cfg_attr(not(feature = "certificate"), expect(dead_code, reason = "only a local key has to fit"))]
    pub(super) subject: &'a [u8],
    /// For RSA the `RSAPublicKey` of PKCS #1.
    #[cfg_attr(not(feature = "certificate"), expect(dead_code, reason = "only a local key has to fit"))]
    pub(super) public_key: &'a [u8],
}

pub(super) fn read(certificate: &[u8]) -> Option<Fields<'_>> {
    let mut fields = Reader::new(certificate).sequence()?.sequence()?;
    let _version = fields.take(CONTEXT_0);
    let _serial = fields.take(INTEGER)?;
    let _algorithm = fields.sequence()?;
    let (_, issuer) = fields.next()?;
    let mut validity = fields.sequence()?;
    let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
    let (_, subject) = fields.next()?;
    let mut key = fields.sequence()?;
    let _algorithm = key.sequence()?;
    let public_key = key.take(BIT_STRING)?.strip_prefix(&[0])?;
    Some(Fields { not_before, not_after, issuer, subject, public_key })
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`; two digits of a year mean 1950 to 2049.
fn time((tag, text): (u8, &[u8])) -> Option<Timestamp> {
    let digits = text.strip_suffix(b"Z").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year = number(year);
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (number(year), rest)
        }
        _ => return None,
    };
    let &[month, day, hour, minute, second] = rest.as_chunks::<2>().0 else { return None };
    if rest.len() != 10 {
        return None;
    }
    let part = |digits: [u8; 2]| i8::try_from(number(&digits)).ok();
    let time = DateTime::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// At most four digits.
fn number(digits: &[u8]) -> i16 {
    digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_time_are_read() {
        let read = |tag, text: &str| time((tag, text.as_bytes())).map(|time| time.to_string());
        assert_eq!(read(UTC_TIME, "491231235959Z").as_deref(), Some("2049-12-31T23:59:59Z"));
        assert_eq!(read(UTC_TIME, "500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
        assert_eq!(read(GENERALIZED_TIME, "21261030003505Z").as_deref(), Some("2126-10-30T00:35:05Z"));
        for bad in ["", "Z", "4912312359Z", "491231235959", "491331235959Z", "4912312359590Z", "é91231235959Z"] {
            assert_eq!(read(UTC_TIME, bad), None, "{bad}");
            assert_eq!(read(GENERALIZED_TIME, bad), None, "{bad}");
        }
        assert_eq!(read(0x13, "491231235959Z"), None);
    }

    #[test]
    fn broken_certificate_is_none() {
        for length in 0..40 {
            assert!(read(&[0x30; 40][..length]).is_none());
        }
    }
}
