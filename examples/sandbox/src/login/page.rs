//! Pages and redirects for a browser.

use url::Url;

use super::error::LoginError;
use crate::call::Call;
use crate::reply::Reply;

/// Where a browser is sent back to, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redirect<'a> {
    pub(crate) uri: &'a str,
    /// `query`, `fragment` or `form_post`.
    pub(crate) mode: &'a str,
    pub(crate) state: Option<&'a str>,
}

impl Redirect<'_> {
    /// Sends the browser back with parameters.
    pub(crate) fn to(self, parameters: &[(&str, String)]) -> Reply {
        let mut all: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.extend(self.state.map(|state| ("state", state)));
        if self.mode == "form_post" {
            return form(self.uri, &all);
        }
        let Ok(mut target) = Url::parse(self.uri) else {
            return Reply::empty(400);
        };
        if self.mode == "fragment" {
            let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
            target.set_fragment(Some(&fragment));
        } else {
            target.query_pairs_mut().extend_pairs(all);
        }
        Reply::empty(302).with_header("Location", target.as_str())
    }

    /// Sends the browser back with an error.
    pub(crate) fn to_error(self, call: &Call, error: &LoginError) -> Reply {
        self.to(&[
            ("error", error.error.to_owned()),
            ("error_description", error.description(call)),
            ("error_uri", format!("https://login.microsoftonline.com/error?code={}", error.code)),
        ])
    }
}

/// Shows an error where it cannot be sent back.
pub(crate) fn problem(call: &Call, error: &LoginError) -> Reply {
    html(
        error.status,
        &format!(
            "<h1>Sorry, but we\u{2019}re having trouble signing you in.</h1><p>{}</p>",
            escape(&error.description(call))
        ),
    )
}

/// Shows that the user is signed out, or sends the browser where the client wants it.
pub(crate) fn signed_out(call: &Call) -> Reply {
    match call.query("post_logout_redirect_uri") {
        Some(target) if Url::parse(target).is_ok() => Reply::empty(302).with_header("Location", target),
        _ => html(200, "<h1>You signed out of your account</h1>"),
    }
}

fn form(action: &str, fields: &[(&str, &str)]) -> Reply {
    let inputs: String = fields
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\"/>", escape(value)))
        .collect();
    html(
        200,
        &format!(
            "<form method=\"POST\" name=\"hiddenform\" action=\"{}\">{inputs}</form>\
             <script>document.forms[0].submit();</script>",
            escape(action)
        ),
    )
}

fn html(status: u16, body: &str) -> Reply {
    let page =
        format!("<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body>{body}</body></html>");
    Reply::raw(status, page, "text/html; charset=utf-8")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
