//! The pages a person sees in the browser.

use crate::error::Error;

/// After a sign-in.
pub(super) fn signed_in() -> Vec<u8> {
    answer("200 OK", "Signed in", "You can close this window and go back to the program.")
}

/// After a refusal.
pub(super) fn refused(error: &Error) -> Vec<u8> {
    let why = match error.code() {
        Some(code) => format!("{} ({code})", error.message()),
        None => error.message().to_owned(),
    };
    answer("200 OK", "Not signed in", &format!("{why}. You can close this window and go back to the program."))
}

/// For everybody else.
pub(super) fn nothing_here() -> Vec<u8> {
    answer("404 Not Found", "Nothing here", "This address only waits for a sign-in.")
}

fn answer(status: &str, title: &str, text: &str) -> Vec<u8> {
    let text = escaped(text);
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font:16px system-ui;margin:4rem auto;max-width:32rem\"><h1>{title}</h1><p>{text}</p></body></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\
         X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    )
    .into_bytes()
}

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, c| {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn text_of_others_is_shown_as_text() {
        let error = Error::new(ErrorKind::Other, "<b>&\"'").with_code("<i>");
        let page = String::from_utf8(refused(&error)).unwrap();
        assert!(page.contains("&lt;b&gt;&amp;&quot;&#39; (&lt;i&gt;)"), "{page}");
        assert!(!page.contains("<b>") && !page.contains("<i>"));
    }

    #[test]
    fn length_counts_bytes() {
        let page = refused(&Error::new(ErrorKind::Other, "déclinée"));
        let text = String::from_utf8(page).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
    }
}
