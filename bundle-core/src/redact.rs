//! Blanks secrets in text that is kept or shown: bodies of failed answers, messages.
//!
//! The rules look at the text alone, whatever its format, so that a cut or broken body is covered too. They err on the
//! side of blanking.

use std::borrow::Cow;

/// The most text that is kept of one body, in bytes.
pub(crate) const LIMIT: usize = 16 * 1024;

const BLANK: &str = "[redacted]";

/// Names whose values are secrets, in lower case without `_` and `-`; sorted.
const SECRET_NAMES: [&str; 28] = [
    "accesstoken",
    "accountkey",
    "actortoken",
    "adminpassword",
    "apikey",
    "assertion",
    "clientassertion",
    "clientsecret",
    "codeverifier",
    "connectionstring",
    "cookie",
    "currentpassword",
    "devicecode",
    "idtoken",
    "newpassword",
    "passwd",
    "password",
    "privatekey",
    "pwd",
    "refreshtoken",
    "samlresponse",
    "secret",
    "secrettext",
    "secretvalue",
    "setcookie",
    "sharedaccesskey",
    "subjecttoken",
    "usercode",
];

/// Blanks tokens, values of secret-looking names, bearer headers and URL queries; at most 16 KiB come back.
pub(crate) fn redact(text: &str) -> String {
    let (text, whole) = cut(text);
    let mut scan = Scan { text, at: 0, out: String::with_capacity(text.len() + BLANK.len()) };
    while scan.at < text.len() {
        scan.step();
    }
    let mut out = scan.out;
    if !whole {
        // The last word may be the beginning of a token too short to recognise.
        out.truncate(out.trim_end_matches(|c: char| is_word(c as u32)).len());
    }
    out.truncate(cut(&out).0.len());
    out
}

/// Names the secrets a text holds, in words fit to be shown; a text is looked through up to 128 KiB.
#[cfg(feature = "flows")]
pub(crate) fn pasted_secrets(text: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    let mut note = |words: &'static str| {
        if !found.contains(&words) {
            found.push(words);
        }
    };
    for word in text.split(|c: char| !is_word(c as u32)).filter(|word| word.len() >= 32) {
        let Some(start) = token_start(word) else { continue };
        let token = &word[start..];
        if token.starts_with("eyJ") {
            note("an access token was pasted; it is not shown");
        } else if token.contains("Q~") {
            note("a client secret was pasted; it is not shown");
        } else if ["0.A", "1.A", "2.A", "M.C", "M.R"].iter().any(|prefix| token.starts_with(prefix)) {
            note("a refresh token or code was pasted; it is not shown");
        } else {
            note("something that looks like a secret was pasted; it is not shown");
        }
    }
    if found.is_empty() && names_secret(text) && redact(text).contains(BLANK) {
        found.push("a secret was pasted; it is not shown");
    }
    found
}

/// Whether a value of a secret-looking name was blanked; the query of an address alone is no secret.
#[cfg(feature = "flows")]
fn names_secret(text: &str) -> bool {
    let lower = cut(text).0.to_ascii_lowercase();
    ["secret", "password", "authorization", "token", "sig=", "key=", "pwd", "code="]
        .iter()
        .any(|name| lower.contains(name))
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    out: String,
}

impl<'a> Scan<'a> {
    fn step(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        if let [b'%', high, low, ..] = rest
            && high.is_ascii_hexdigit()
            && low.is_ascii_hexdigit()
        {
            return self.keep(3);
        }
        let word_len = rest.iter().take_while(|byte| is_word(u32::from(**byte))).count();
        if word_len == 0 {
            let gap = rest.iter().skip(1).take_while(|byte| !is_word(u32::from(**byte)) && **byte != b'%').count();
            return self.keep(1 + gap);
        }
        let word = &self.text[self.at..self.at + word_len];
        if self.text[self.at + word_len..].starts_with("://") {
            self.keep(word_len + 3);
            self.url();
        } else if let Some(value) = self.secret_value(word) {
            self.keep(value.start - self.at);
            self.blank(value.end - value.start);
        } else if let Some(start) = token_start(word) {
            self.keep(start);
            self.blank(word_len - start);
        } else {
            self.keep(word_len);
            if word.eq_ignore_ascii_case("bearer") || word.eq_ignore_ascii_case("basic") {
                self.credentials();
            }
        }
    }

    /// Keeps scheme, host and path of a URL; blanks user information, query and a fragment with parameters.
    fn url(&mut self) {
        let rest = &self.text[self.at..];
        let end = rest.find(|c: char| c.is_whitespace() || "\"'<>)]}|\\".contains(c)).unwrap_or(rest.len());
        let url = &rest[..end];
        let authority = url.find(['/', '?', '#']).unwrap_or(url.len());
        let user = url[..authority].rfind('@').unwrap_or(0);
        self.blank(user);
        let query = url.find('?').or_else(|| url.find('#').filter(|at| url[*at..].contains('=')));
        match query {
            Some(at) => {
                self.path(at + 1 - user);
                self.blank(end - at - 1);
            }
            None => self.path(end - user),
        }
    }

    /// Keeps a path, without tokens in it.
    fn path(&mut self, len: usize) {
        let end = self.at + len;
        while self.at < end {
            let segment = self.text[self.at..end].find('/').map_or(end - self.at, |at| at + 1);
            let word = &self.text[self.at..self.at + segment];
            match token_start(word) {
                Some(start) => {
                    self.keep(start);
                    self.blank(segment - start);
                }
                None => self.keep(segment),
            }
        }
    }

    /// Blanks what follows the word `Bearer` when it is a credential and no parameter or prose.
    fn credentials(&mut self) {
        let rest = &self.text[self.at..];
        let spaces = rest.len() - rest.trim_start_matches([' ', '+']).len();
        let value = &rest[spaces..];
        let len = value.bytes().take_while(|byte| is_word(u32::from(*byte)) || b"+/=".contains(byte)).count();
        let value = &value[..len];
        // `realm="…"`: names of parameters hold no digits, so a closing quote of JSON is not mistaken for a value's.
        let parameter = value.trim_end_matches('=').contains('=');
        if spaces > 0 && len >= 8 && !parameter && value.bytes().any(|byte| byte.is_ascii_digit()) {
            self.keep(spaces);
            self.blank(len);
        }
    }

    /// The range of the value when the word at the cursor names a secret and a value follows.
    fn secret_value(&self, word: &str) -> Option<std::ops::Range<usize>> {
        let bytes = self.text.as_bytes();
        let skip = |at: usize, set: &[u8]| at + bytes[at..].iter().take_while(|byte| set.contains(byte)).count();
        let mut after_name = skip(self.at + word.len(), b"\\\"' ");
        while bytes[after_name..].starts_with(b"%22") || bytes[after_name..].starts_with(b"%20") {
            after_name += 3;
        }
        let (separator, len) = match bytes.get(after_name..)? {
            [b'=', ..] | [b'%', b'3', b'D' | b'd', ..] => (b'=', if bytes[after_name] == b'=' { 1 } else { 3 }),
            [b':', ..] | [b'%', b'3', b'A' | b'a', ..] => (b':', if bytes[after_name] == b':' { 1 } else { 3 }),
            _ => return None,
        };
        let name = Name::of(word)?;
        let start = skip(after_name + len, b" ");
        let slashes = skip(start, b"\\") - start;
        let quote = *bytes.get(start + slashes)?;
        let value = if matches!(quote, b'"' | b'\'') {
            let start = start + slashes + 1;
            start..closing_quote(bytes, start, quote, slashes)
        } else if matches!(quote, b'{' | b'[') {
            return None;
        } else {
            let len = bytes[start..].iter().take_while(|byte| !b" \t\r\n&,;\"'<>}])".contains(byte)).count();
            start..start + len
        };
        name.applies(self.text, self.at, separator, &self.text[value.clone()]).then_some(value)
    }

    fn keep(&mut self, len: usize) {
        self.out.push_str(&self.text[self.at..self.at + len]);
        self.at += len;
    }

    fn blank(&mut self, len: usize) {
        if len > 0 {
            self.out.push_str(BLANK);
        }
        self.at += len;
    }
}

enum Name {
    Secret,
    /// `code`: an authorization code in a form, an error code in JSON.
    Code,
    /// `sig`: the signature of a shared access signature.
    Signature,
    /// `value`: a vault's secret, or the text of an `OData` error.
    Value,
}

impl Name {
    fn of(word: &str) -> Option<Self> {
        let plain: Cow<'_, str> = if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            Cow::Borrowed(word)
        } else if word.len() <= 32 {
            Cow::Owned(word.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect())
        } else {
            return None;
        };
        match plain.as_ref() {
            "code" => Some(Self::Code),
            "sig" => Some(Self::Signature),
            "value" => Some(Self::Value),
            name => SECRET_NAMES.binary_search(&name).is_ok().then_some(Self::Secret),
        }
    }

    fn applies(&self, text: &str, at: usize, separator: u8, value: &str) -> bool {
        match self {
            Self::Secret => !value.is_empty(),
            Self::Code => token_start(value).is_some() || (separator == b'=' && value.len() >= 20),
            Self::Signature => separator == b'=' && value.len() >= 8,
            Self::Value => {
                let before = &text.as_bytes()[at.saturating_sub(48)..at];
                !value.is_empty() && !before.windows(6).any(|part| part.eq_ignore_ascii_case(b"\"lang\""))
            }
        }
    }
}

/// Where a token starts in a word that holds one.
fn token_start(word: &str) -> Option<usize> {
    // Shorter words hold no token that is worth anything.
    if word.len() < 32 {
        return None;
    }
    if let Some(at) = word.find("eyJ")
        && (word.len() - at >= 40 || word[at..].contains('.'))
    {
        return Some(at);
    }
    let refresh = ["0.A", "1.A", "2.A", "M.C", "M.R", "AQABAAAA", "OAQABAAAA", "AwABAAAA"];
    if word.len() >= 40 && refresh.iter().any(|prefix| word.starts_with(prefix)) {
        return Some(0);
    }
    // A client secret of Entra: three characters, a digit and `Q~`.
    if word.find("Q~").is_some_and(|at| at >= 4 && word.as_bytes()[at - 1].is_ascii_digit()) {
        return Some(0);
    }
    word.split(['.', '~', '/']).any(is_random).then_some(0)
}

/// Whether a piece is longer than any name or id and mixes what random text mixes.
fn is_random(piece: &str) -> bool {
    let has = |test: fn(&u8) -> bool| piece.as_bytes().iter().any(test);
    piece.len() >= 64 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
}

/// The end of a quoted value: the quote that is escaped no more than the opening one.
fn closing_quote(bytes: &[u8], start: usize, quote: u8, slashes: usize) -> usize {
    let mut run = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        if *byte == b'\\' {
            run += 1;
            continue;
        }
        let closes = if slashes == 0 { run % 2 == 0 } else { run <= slashes };
        if *byte == quote && closes {
            return at - if slashes == 0 { 0 } else { run };
        }
        run = 0;
    }
    bytes.len()
}

fn is_word(c: u32) -> bool {
    u8::try_from(c).is_ok_and(|byte| byte.is_ascii_alphanumeric() || b"_-.~".contains(&byte))
}

/// The first 16 KiB, at a character boundary, and whether that is all.
fn cut(text: &str) -> (&str, bool) {
    if text.len() <= LIMIT {
        return (text, true);
    }
    let end = (0..=LIMIT).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (&text[..end], false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL2dyYXBoIn0.c2lnbmF0dXJlLWNhbmFyeQ";
    const REFRESH: &str = "1.AXkA8pQ-canary_canary_canary_canary_canary_canary_canaryAgABAwEAAADW";
    const SECRET: &str = "abc8Q~canary.canary_canary-canary~canary1";

    #[test]
    fn names_are_sorted() {
        assert!(SECRET_NAMES.is_sorted());
    }

    #[test]
    fn secrets_are_blanked_in_every_dress() {
        for text in [
            format!(r#"{{"token_type":"Bearer","access_token":"{JWT}","expires_in":3599}}"#),
            format!(r#"{{"refresh_token": "{REFRESH}"}}"#),
            r#"{"error":{"code":"x","message":"{\"client_secret\":\"canary\\\"canary\",\"a\":1}"}}"#.to_owned(),
            format!(r#"{{"message":"token {JWT} is bad"}}"#),
            format!("{{\"message\":\"line\\n{JWT}\"}}"),
            format!("Authorization: Bearer {REFRESH}"),
            "authorization: bearer canary-1234".to_owned(),
            r#"{"headers":"Authorization: Bearer canary-1234"}"#.to_owned(),
            r#"{"headers":"Authorization: Basic Y2FuYXJ5OmNhbmFyeTE="}"#.replace("Y2FuYXJ5", "canary1"),
            "authorization: Basic dXNlcjpjYW5hcnkx+canary/canary=".to_owned(),
            format!("client_id=1&client_secret={SECRET}&grant_type=refresh_token"),
            format!("the secret {SECRET} is not accepted"),
            "grant_type=authorization_code&code=0.canary-canary-canary-canary".to_owned(),
            format!(r#"{{"code":"{REFRESH}"}}"#),
            r#"{"value":"canary","id":"https://contoso.vault.azure.net/secrets/a/1"}"#.to_owned(),
            r#"{"passwordProfile":{"password":"can\"ary"}}"#.to_owned(),
            r#"{"secretText":"canary"}"#.to_owned(),
            r#"{"clientSecret" : 'canary'}"#.to_owned(),
            r#"{"device_code":"canary","user_code":"canary"}"#.to_owned(),
            "see https://contoso.example/a/b?sv=1&sig=canary#x for more".to_owned(),
            "see https://user:canary@contoso.example/a".to_owned(),
            "go to https://contoso.example/#access_token=canary".to_owned(),
            "/container/blob?sv=1&sig=canarycanary".to_owned(),
            format!("/upload/{JWT}/x https://contoso.example/upload/{JWT}/x"),
            r#"{"password":"canary"#.to_owned(),
            "Set-Cookie: canary=canary".to_owned(),
            "error_description=secret%3Dcanary&%22client_secret%22%3A%22canary%22".to_owned(),
        ] {
            let shown = redact(&text);
            assert!(!shown.contains("canary") && !shown.contains("c2lnbm"), "{text}\n-> {shown}");
            assert!(shown.contains(BLANK), "{shown}");
        }
    }

    #[test]
    fn what_a_reader_needs_stays() {
        for text in [
            r#"{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"Neither tenant is B2C"}}"#,
            r#"{"error":"invalid_client","error_description":"AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.","error_codes":[7000218]}"#,
            r#"{"odata.error":{"code":"Request_BadRequest","message":{"lang":"en","value":"Unsupported token."}}}"#,
            r#"{"claims":"{\"access_token\":{\"capolids\":{\"essential\":true}}}"}"#,
            r#"{"value":[{"id":"11111111-1111-4111-8111-111111111111-22222222-2222-4222-8222-222222222222"}]}"#,
            "Ex6F9304|Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException|The object couldn't be found",
            "AKV10000: Request is missing a Bearer or PoP token.",
            r#"Bearer authorization="https://login.microsoftonline.com/x", resource="https://vault.azure.net""#,
            "https://sts.windows.net/11111111-1111-4111-8111-111111111111/",
            "é ü 漢字",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn long_text_is_cut_at_a_character_and_loses_its_last_word() {
        let text = format!("{} {}", "é".repeat(LIMIT / 2 - 10), REFRESH);
        let shown = redact(&text);
        assert!(shown.len() <= LIMIT);
        assert!(!shown.contains("AXkA"));
        let many = "password=x ".repeat(LIMIT);
        let shown = redact(&many);
        assert!(shown.len() <= LIMIT && !shown.contains("=x"));
    }

    #[test]
    fn odd_text_does_not_panic() {
        for text in [
            "",
            "password",
            "password=",
            "password:\"",
            "\\",
            "code=",
            "://",
            "a://",
            "a://?",
            "Bearer",
            "value:\\\\\\\"é",
        ] {
            redact(text);
        }
        redact(&"[".repeat(1_000_000));
        redact(&"\"password\":\"".repeat(10_000));
    }
}
