//! Where a browser comes back to after it has signed in: a listener on loopback for one answer, as native applications have
//! one (RFC 8252 §7.3). It belongs to whoever asked for a token, not to the authorization server.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Response, StatusCode, Uri};
use tokio::sync::oneshot;
use url::{Host, Url};

use super::answer::Remark;
use super::pages::{Trouble, page_answer};

/// A listener that waits for a browser. It ends when it is dropped.
pub struct RedirectListener {
    redirect_uri: String,
    base: Url,
    state: Arc<OnceLock<String>>,
    came: Receiver<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Why nobody can wait there.
#[derive(Debug, thiserror::Error)]
pub enum RedirectListenerError {
    /// The address is not one that a program on this machine can wait at.
    #[error("{0} is not an address on loopback over plain HTTP")]
    NotLoopback(String),
    /// The system refuses.
    #[error("Nobody can wait for the browser at {0}: {1}")]
    Listen(String, std::io::Error),
}

impl RedirectListenerError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => {
                "Register a redirect URI such as http://127.0.0.1/callback for a native application, or sign in as a test user"
            }
            Self::Listen(_, error) if error.kind() == ErrorKind::PermissionDenied => {
                "Register a redirect URI with a port of 1024 or more, since the system keeps lower ones for its own services, \
                 or sign in as a test user, for which nobody waits"
            }
            Self::Listen(_, error) if error.kind() == ErrorKind::AddrNotAvailable => {
                "Register a redirect URI at an address that this machine has, such as http://127.0.0.1/callback, or sign in as \
                 a test user, for which nobody waits"
            }
            Self::Listen(..) => {
                "Stop the program that holds this port, or sign in as a test user, for which nobody waits"
            }
        }
    }
}

impl RedirectListener {
    /// Whether a browser could be waited for at an address.
    pub fn can_wait_at(redirect_uri: &str) -> bool {
        Url::parse(redirect_uri).is_ok_and(|url| loopback(&url).is_some())
    }

    /// Waits at a registered redirect URI. Where `any_port` says that the client may choose the port, and the address is one
    /// of those whose port may be chosen (RFC 8252 §7.3), it is a free one.
    ///
    /// # Errors
    /// [`RedirectListenerError`].
    pub fn start(redirect_uri: &str, any_port: bool) -> Result<Self, RedirectListenerError> {
        let not_loopback = || RedirectListenerError::NotLoopback(redirect_uri.to_owned());
        let failed = |error| RedirectListenerError::Listen(redirect_uri.to_owned(), error);
        let base = Url::parse(redirect_uri).map_err(|_| not_loopback())?;
        let ip = loopback(&base).ok_or_else(not_loopback)?;
        let without_port = any_port.then(|| around_port(redirect_uri)).flatten();
        let port = match without_port {
            Some(_) => 0,
            None => base.port_or_known_default().unwrap_or(80),
        };
        let listener = TcpListener::bind(SocketAddr::new(ip, port)).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        listener.set_nonblocking(true).map_err(failed)?;
        let (tell, came) = sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let state = Arc::default();
        let waiting = Waiting {
            path: base.path().to_owned(),
            state: Arc::clone(&state),
            tell,
        };
        let thread = std::thread::Builder::new()
            .name("redirect-listener".to_owned())
            .spawn(move || runtime.block_on(wait(listener, waiting, stopped)))
            .map_err(failed)?;
        Ok(Self {
            // As it is registered but for the port: the server compares every other character.
            redirect_uri: match without_port {
                Some((before, after)) => format!("{before}:{port}{after}"),
                None => redirect_uri.to_owned(),
            },
            base,
            state,
            came,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address that the authorization request names, with the port that is really listened on.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// From now on waits for the answer to the request of this state; whatever else comes is none (RFC 6749 §10.12).
    pub fn expect(&self, state: &str) {
        // A listener is for one request, so a second state is not set.
        let _is_first = self.state.set(state.to_owned());
    }

    /// The address that the browser came to, once it has.
    pub fn came(&self) -> Option<Url> {
        let target = match self.came.try_recv() {
            Ok(target) => target,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
        };
        self.base.join(&target).ok()
    }
}

impl Drop for RedirectListener {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The address of this machine that a URL names.
fn loopback(url: &Url) -> Option<IpAddr> {
    if url.scheme() != "http" {
        return None;
    }
    match url.host()? {
        Host::Ipv4(ip) => ip.is_loopback().then_some(ip.into()),
        Host::Ipv6(ip) => ip.is_loopback().then_some(ip.into()),
        Host::Domain("localhost") => Some(Ipv4Addr::LOCALHOST.into()),
        Host::Domain(_) => None,
    }
}

/// What stands before and after the port of an address whose port may be chosen: a loopback literal and no name (RFC 8252
/// §7.3), as it is written.
fn around_port(redirect_uri: &str) -> Option<(&str, &str)> {
    const CHOSEN: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];
    let before = CHOSEN.into_iter().find(|before| {
        let after = redirect_uri.strip_prefix(before);
        after.is_some_and(|after| after.is_empty() || after.starts_with([':', '/', '?']))
    })?;
    let after = redirect_uri.strip_prefix(before)?;
    let after = match after.strip_prefix(':') {
        Some(port) => port.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => after,
    };
    Some((before, after))
}

#[derive(Clone)]
struct Waiting {
    path: String,
    /// Of the request whose answer is waited for, once there is one.
    state: Arc<OnceLock<String>>,
    tell: SyncSender<String>,
}

async fn wait(listener: TcpListener, waiting: Waiting, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let router = Router::new().fallback(come_back).with_state(waiting);
    let serving = axum::serve(listener, router).into_future();
    // A browser holds its connection open: nothing is owed to it any more.
    tokio::select! {
        _ = serving => {}
        _ = stopped => {}
    }
}

/// Takes the answer to the request, and tells the person where to go on. Whatever else comes here is none and does not end
/// the wait: an icon that a browser asks for, a page that is loaded ahead, or somebody else's answer.
async fn come_back(State(waiting): State<Waiting>, method: Method, uri: Uri) -> Response<Body> {
    if uri.path() != waiting.path || method != Method::GET {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NOT_FOUND;
        return answer;
    }
    if !waiting.is_awaited(uri.query().unwrap_or_default()) {
        return told(
            StatusCode::BAD_REQUEST,
            "This is not the answer",
            "It is not the answer to the sign-in that Chancery waits for",
        );
    }
    let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
    // A second answer is none.
    let what = match waiting.tell.try_send(target.to_owned()) {
        Ok(()) => "The answer has arrived. Go back to Chancery to see what came of it",
        Err(_) => "The answer had arrived before",
    };
    told(StatusCode::OK, "You can close this page", what)
}

impl Waiting {
    fn is_awaited(&self, query: &str) -> bool {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let state = pairs.find(|(name, _)| name == "state");
        let awaited = self.state.get();
        awaited.is_some_and(|awaited| state.is_some_and(|(_, state)| state == awaited.as_str()))
    }
}

fn told(status: StatusCode, heading: &str, what: &str) -> Response<Body> {
    let page = Trouble {
        issuer: "the window or command that asked",
        heading,
        what: what.to_owned(),
        facts: Vec::new(),
        advice: "",
    };
    page_answer(status, &page, None, Remark::default())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::{Duration, Instant};

    use super::*;

    fn ask(listener: &RedirectListener, method: &str, target: &str) -> String {
        let port = Url::parse(listener.redirect_uri()).unwrap().port().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let request = format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn only_the_answer_to_the_request_is_taken_and_a_silent_connection_holds_nobody_up() {
        let listener = RedirectListener::start("http://127.0.0.1/cb", true).unwrap();
        let port = Url::parse(listener.redirect_uri()).unwrap().port().unwrap();
        let _silent = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let early = ask(&listener, "GET", "/cb?code=a&state=b");
        assert!(
            early.starts_with("HTTP/1.1 400"),
            "nothing was asked yet: {early}"
        );
        listener.expect("b");
        for (method, target, status) in [
            ("GET", "/favicon.ico", "404"),
            ("HEAD", "/cb?code=a&state=b", "404"),
            ("POST", "/cb?code=a&state=b", "404"),
            ("GET", "/cb", "400"),
            ("GET", "/cb?code=a&state=other", "400"),
        ] {
            let answer = ask(&listener, method, target);
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{method} {target}: {answer}"
            );
        }
        assert_eq!(listener.came(), None);
        assert!(ask(&listener, "GET", "/cb?code=a&state=b").contains("You can close this page"));
        assert!(ask(&listener, "GET", "/cb?code=other&state=b").contains("had arrived before"));
        let came = listener.came().unwrap();
        assert_eq!((came.path(), came.query()), ("/cb", Some("code=a&state=b")));
        let before = Instant::now();
        drop(listener);
        assert!(before.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn the_address_is_as_it_is_registered_but_for_a_port_that_may_be_chosen() {
        for (registered, around) in [
            ("http://127.0.0.1", Some(("http://127.0.0.1", ""))),
            ("http://127.0.0.1:3000", Some(("http://127.0.0.1", ""))),
            (
                "http://127.0.0.1:3000/cb?a=1",
                Some(("http://127.0.0.1", "/cb?a=1")),
            ),
            ("http://[::1]/cb", Some(("http://[::1]", "/cb"))),
            ("http://127.0.0.2/cb", None),
            ("http://127.0.0.10/cb", None),
            ("http://localhost:3000", None),
        ] {
            assert_eq!(around_port(registered), around, "{registered}");
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let registered = format!("http://127.0.0.1:{port}");
        let listener = RedirectListener::start(&registered, false).unwrap();
        assert_eq!(listener.redirect_uri(), registered, "an empty path stays empty");
        let chosen = RedirectListener::start("http://127.0.0.1", true).unwrap();
        let port = chosen.redirect_uri().strip_prefix("http://127.0.0.1:").unwrap();
        assert!(port.parse::<u16>().is_ok(), "{port}");
    }

    #[test]
    fn a_port_that_is_held_and_one_that_is_not_for_everybody_are_told_apart() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/cb", held.local_addr().unwrap());
        let Err(refused) = RedirectListener::start(&address, false) else {
            panic!("the port is held")
        };
        assert!(refused.advice().contains("Stop the program that holds this port"));
        let refused =
            |kind: ErrorKind| RedirectListenerError::Listen("http://127.0.0.1:80/cb".to_owned(), kind.into());
        let privileged = refused(ErrorKind::PermissionDenied).advice();
        assert!(privileged.contains("a port of 1024 or more") && !privileged.contains("Stop"));
        assert!(
            refused(ErrorKind::AddrNotAvailable)
                .advice()
                .contains("an address that this machine has")
        );
    }

    #[test]
    fn only_loopback_over_plain_http_can_be_waited_at() {
        for (uri, can) in [
            ("http://127.0.0.1/cb", true),
            ("http://[::1]:8080/cb", true),
            ("http://localhost:3000/cb", true),
            ("https://127.0.0.1/cb", false),
            ("http://app.example.com/cb", false),
            ("com.example.app:/cb", false),
            ("", false),
        ] {
            assert_eq!(RedirectListener::can_wait_at(uri), can, "{uri}");
        }
    }
}
