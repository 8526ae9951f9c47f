//! Sign-in in a browser: authorization code with PKCE and a listener on loopback.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, AuthorizationCode, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::oauth::{OauthHttp, authority_url, entra_client, tokens};
use super::{SignIn, SignInOptions};
use crate::error::{Error, ErrorKind, Result, ServiceAnswer, classify};
use crate::http::{Pipeline, Safety};
use crate::service::Service;

/// Signs an account in with a browser on this machine. `open` gets the address to open; the answer comes back to a
/// listener on `http://localhost` at a free port, which the application has to have among its redirect URIs (any port
/// is accepted for `http://localhost`).
///
/// The listener takes one answer with the right state, shows a readable page and closes. Dropping the future cancels.
///
/// # Errors
/// * [`ErrorKind::Timeout`]: nobody finished the sign-in within `patience`.
/// * what the authority answered: declined, consent or multifactor authentication missing, Conditional Access.
/// * [`ErrorKind::Config`]: no port on loopback can be opened.
///
/// Source: "OAuth 2.0 authorization code flow" (Microsoft Learn), RFC 7636.
pub async fn sign_in_with_browser(
    options: &SignInOptions,
    patience: Duration,
    open: impl FnOnce(&Url) + Send,
) -> Result<SignIn> {
    let pipeline = options.pipeline()?;
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|cause| Error::config("sign-in: no port on loopback can be opened").with_source(cause))?;
    let port = listener
        .local_addr()
        .map_err(|cause| Error::config("sign-in: the listener has no address").with_source(cause))?
        .port();
    let redirect = RedirectUrl::new(format!("http://localhost:{port}"))
        .map_err(|cause| Error::config("sign-in: the redirect address is no URL").with_source(cause))?;
    let (url, state, verifier) = authorize_url(options, &pipeline, redirect.clone());
    open(&url);
    let code = tokio::time::timeout(patience, answer(&listener, &state))
        .await
        .unwrap_or_else(|_| {
            let why = format!("nobody finished the sign-in within {} s", patience.as_secs());
            Err(Error::new(ErrorKind::Timeout, why).with_operation("login.authorize"))
        })
        .map_err(|error| error.with_tenant(options.tenant))?;
    redeem(options, &pipeline, redirect, code, verifier).await
}

fn authorize_url(
    options: &SignInOptions,
    pipeline: &Pipeline,
    redirect: RedirectUrl,
) -> (Url, CsrfToken, PkceCodeVerifier) {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let authorize = authority_url(pipeline, &options.tenant.to_string(), &["oauth2", "v2.0", "authorize"]);
    let client = BasicClient::new(ClientId::new(options.application.to_string()))
        .set_auth_uri(AuthUrl::from_url(authorize))
        .set_redirect_uri(redirect);
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .add_scopes(options.all_scopes())
        .set_pkce_challenge(challenge)
        .add_extra_param("response_mode", "query")
        .add_extra_param("prompt", "select_account");
    if let Some(hint) = &options.login_hint {
        request = request.add_extra_param("login_hint", hint.clone());
    }
    let (url, state) = request.url();
    (url, state, verifier)
}

/// Waits for the browser. Requests that are not the answer (a favicon, a probe, a wrong state) get a short page and
/// the listener goes on.
async fn answer(listener: &TcpListener, state: &CsrfToken) -> Result<AuthorizationCode> {
    // Browsers open connections ahead and leave them silent, so all are listened to at once.
    let mut connections = FuturesUnordered::new();
    loop {
        let (mut stream, target) = tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.push(request_target(stream));
                }
                continue;
            }
            Some(read) = connections.next() => match read {
                Some(read) => read,
                None => continue,
            },
        };
        match read_answer(&target, state) {
            Some(outcome) => {
                let page = match &outcome {
                    Ok(_) => ("200 OK", "Signed in", "You can close this window and go back to the program."),
                    Err(_) => ("200 OK", "Not signed in", "The program says why. You can close this window."),
                };
                show(&mut stream, page).await;
                return outcome.map(AuthorizationCode::new);
            }
            None => {
                show(&mut stream, ("404 Not Found", "Nothing here", "This address only waits for a sign-in.")).await;
            }
        }
    }
}

/// The path and query of a GET request, with the connection to answer on.
async fn request_target(mut stream: TcpStream) -> Option<(TcpStream, String)> {
    let mut head = Vec::new();
    let mut chunk = [0; 2048];
    let read = async {
        while !head.windows(4).any(|window| window == b"\r\n\r\n") && head.len() < MAX_HEAD {
            let count = stream.read(&mut chunk).await.ok()?;
            if count == 0 {
                break;
            }
            head.extend_from_slice(&chunk[..count]);
        }
        Some(())
    };
    tokio::time::timeout(READ_PATIENCE, read).await.ok()??;
    let line = std::str::from_utf8(&head).ok()?.lines().next()?;
    let mut words = line.split(' ');
    (words.next()? == "GET").then_some(())?;
    let target = words.next()?.to_owned();
    Some((stream, target))
}

/// The outcome in a redirect, `None` when the request is no answer to our question.
fn read_answer(target: &str, expected: &CsrfToken) -> Option<Result<String>> {
    let url = Url::parse("http://localhost").ok()?.join(target).ok()?;
    let field = |name: &str| url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    if !is_same_text(&field("state")?, expected.secret()) {
        return None;
    }
    if let Some(error) = field("error") {
        let description = field("error_description").unwrap_or_default();
        let body = serde_json::json!({"error": error, "error_description": description}).to_string();
        let answer = ServiceAnswer {
            service: Service::Login,
            status: 400,
            headers: &http::HeaderMap::new(),
            body: body.as_bytes(),
        };
        return Some(Err(classify(&answer).with_operation("login.authorize")));
    }
    field("code").map(Ok)
}

/// Compares in time that depends on the lengths only.
fn is_same_text(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

async fn show(stream: &mut TcpStream, (status, title, text): (&str, &str, &str)) {
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <body style=\"font:16px system-ui;margin:4rem auto;max-width:32rem\"><h1>{title}</h1><p>{text}</p></body></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    // The page is a courtesy; the sign-in does not depend on the browser reading it.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn redeem(
    options: &SignInOptions,
    pipeline: &Pipeline,
    redirect: RedirectUrl,
    code: AuthorizationCode,
    verifier: PkceCodeVerifier,
) -> Result<SignIn> {
    let client = entra_client(pipeline, &options.tenant.to_string(), options.application).set_redirect_uri(redirect);
    // A code works once, so a lost answer must not be asked for again.
    let http = OauthHttp {
        pipeline,
        application: options.application,
        proof: &options.proof,
        operation: "login.authorization_code",
        tenant: Some(options.tenant),
        safety: Safety::Unsafe,
    };
    let grant = client.exchange_code(code).set_pkce_verifier(verifier);
    SignIn::new(tokens(grant.request_async(&http).await)?)
}

/// How much of a request is read before it is given up.
const MAX_HEAD: usize = 32 << 10;
/// How long a connection may take to say what it wants.
const READ_PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_state_is_an_answer() {
        let state = CsrfToken::new("expected".to_owned());
        assert_eq!(read_answer("/?code=c0de&state=expected", &state).unwrap().unwrap(), "c0de");
        for other in ["/favicon.ico", "/?code=c0de", "/?code=c0de&state=expecteD", "/?state=expected", "http:"] {
            assert!(read_answer(other, &state).is_none(), "{other}");
        }
    }

    #[test]
    fn refusal_is_classified() {
        let state = CsrfToken::new("s".to_owned());
        let target = "/?error=access_denied&error_description=AADSTS65004%3A+declined&state=s";
        let error = read_answer(target, &state).unwrap().unwrap_err();
        assert_eq!(error.operation(), Some("login.authorize"));
    }
}
