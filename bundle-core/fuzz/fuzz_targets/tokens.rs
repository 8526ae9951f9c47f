//! Access tokens.
#![no_main]

use std::time::Duration;

use bundle_core::auth::AccessToken;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let token = AccessToken::new(text.into(), Duration::from_secs(1));
    if let Some(claims) = token.claims() {
        let _ = (claims.has_mfa(), format!("{claims:?}"));
    }
    assert_eq!(format!("{token:?}"), "AccessToken([REDACTED])");
});
