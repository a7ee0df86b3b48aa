//! Where a browser comes back to after it has signed in: a listener on loopback for one answer, as native applications have
//! one (RFC 8252 §7.3). It belongs to whoever asked for a token, not to the authorization server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use tokio::sync::oneshot;
use url::{Host, Url};

use super::answer::Remark;
use super::pages::{Trouble, page_answer};

/// A listener that waits for a browser. It ends when it is dropped.
pub struct RedirectListener {
    redirect_uri: Url,
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
    pub const fn advice(&self) -> &'static str {
        match self {
            Self::NotLoopback(_) => {
                "Register a redirect URI such as http://127.0.0.1/callback for a native application, or sign in as a test user"
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

    /// Waits at a registered redirect URI. Where `any_port` says that the client may choose the port (RFC 8252 §7.3), it is
    /// a free one.
    ///
    /// # Errors
    /// [`RedirectListenerError`].
    pub fn start(redirect_uri: &str, any_port: bool) -> Result<Self, RedirectListenerError> {
        let not_loopback = || RedirectListenerError::NotLoopback(redirect_uri.to_owned());
        let failed = |error| RedirectListenerError::Listen(redirect_uri.to_owned(), error);
        let mut url = Url::parse(redirect_uri).map_err(|_| not_loopback())?;
        let ip = loopback(&url).ok_or_else(not_loopback)?;
        let port = match any_port && !matches!(url.host(), Some(Host::Domain(_))) {
            true => 0,
            false => url.port_or_known_default().unwrap_or(80),
        };
        let listener = TcpListener::bind(SocketAddr::new(ip, port)).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        if port == 0 {
            // Of a URL with a host it can be set.
            let _ = url.set_port(Some(address.port()));
        }
        let (tell, came) = sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let waiting = Waiting {
            path: url.path().to_owned(),
            tell,
        };
        let thread = std::thread::Builder::new()
            .name("redirect-listener".to_owned())
            .spawn(move || runtime.block_on(wait(listener, waiting, stopped)))
            .map_err(failed)?;
        Ok(Self {
            redirect_uri: url,
            came,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address that the authorization request names, with the port that is really listened on.
    pub fn redirect_uri(&self) -> &Url {
        &self.redirect_uri
    }

    /// The address that the browser came to, once it has.
    pub fn came(&self) -> Option<Url> {
        let target = match self.came.try_recv() {
            Ok(target) => target,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
        };
        self.redirect_uri.join(&target).ok()
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

#[derive(Clone)]
struct Waiting {
    path: String,
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

/// Takes the first answer at the right path, and tells the person where to go on. Whatever else a browser asks for here,
/// an icon for example, is not there.
async fn come_back(State(waiting): State<Waiting>, uri: Uri) -> Response<Body> {
    if uri.path() != waiting.path {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NOT_FOUND;
        return answer;
    }
    let target = uri.path_and_query().map_or(uri.path(), |target| target.as_str());
    // A second answer is none.
    let is_first = waiting.tell.try_send(target.to_owned()).is_ok();
    let page = Trouble {
        issuer: "the window that asked",
        heading: "You can close this page",
        what: if is_first {
            "The answer has arrived. Go back to Chancery to see what came of it".to_owned()
        } else {
            "The answer had arrived before".to_owned()
        },
        facts: Vec::new(),
        advice: "",
    };
    page_answer(StatusCode::OK, &page, None, Remark::default())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::time::{Duration, Instant};

    use super::*;

    fn get(url: &Url, target: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", url.port().unwrap())).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_first_answer_at_the_path_is_taken_and_a_silent_connection_holds_nobody_up() {
        let listener = RedirectListener::start("http://127.0.0.1/cb", true).unwrap();
        let url = listener.redirect_uri().clone();
        let _silent = TcpStream::connect(("127.0.0.1", url.port().unwrap())).unwrap();
        assert!(get(&url, "/favicon.ico").starts_with("HTTP/1.1 404"));
        assert_eq!(listener.came(), None);
        assert!(get(&url, "/cb?code=a&state=b").contains("You can close this page"));
        assert!(get(&url, "/cb?code=other").contains("had arrived before"));
        let came = listener.came().unwrap();
        assert_eq!((came.path(), came.query()), ("/cb", Some("code=a&state=b")));
        let before = Instant::now();
        drop(listener);
        assert!(before.elapsed() < Duration::from_secs(5));
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
