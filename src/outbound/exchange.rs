//! One request and its answer, exactly as they went over the wire.

use std::net::{SocketAddr, ToSocketAddrs};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use url::Url;
use zeroize::Zeroizing;

use super::recording::{Record, Recording};
use super::{OutboundError, mask};
use crate::client::Secret;

/// The longest wait for the whole exchange.
const MOST_TIME: Duration = Duration::from_secs(15);
/// The largest answer, in bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// A request to make.
#[derive(Debug)]
pub struct Request {
    /// By which method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Its headers, beside `Host`, `User-Agent` and `Content-Length`. A value may be a secret.
    pub headers: Vec<(&'static str, Secret)>,
    /// Its body. May hold a secret.
    pub body: Secret,
}

/// The methods that are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Ask.
    Get,
    /// Tell.
    Post,
    /// Replace.
    Put,
    /// Change a part.
    Patch,
    /// Take away.
    Delete,
}

impl Method {
    /// As it is sent (RFC 9110 §9).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Exchange {
    sent_head: Secret,
    sent_body: Secret,
    /// The answer's status.
    pub status: u16,
    /// The answer's first line and headers, as they came.
    pub received_head: String,
    /// The answer's body, without transfer encoding.
    pub received_body: Vec<u8>,
    /// How long it took, connecting included.
    pub took: Duration,
    /// Where it was asked from: by it the server's log tells this request from others.
    pub from: Option<SocketAddr>,
}

impl Request {
    /// A GET without headers of its own.
    pub fn get(url: Url) -> Self {
        let accept = Secret::new("application/json".to_owned());
        Self {
            method: Method::Get,
            url,
            headers: vec![("Accept", accept)],
            body: Secret::new(String::new()),
        }
    }

    /// A request without a body to what an access token opens, by the scheme `Bearer` or `DPoP` (RFC 6750 §2.1, RFC 9449
    /// §7.1).
    pub fn with_token(method: Method, url: Url, scheme: &str, token: &Secret) -> Self {
        let authorization = Secret::new(format!("{scheme} {}", token.expose()));
        let mut request = Self::get(url);
        request.method = method;
        request.headers.push(("Authorization", authorization));
        request
    }

    /// A GET of a page.
    pub fn get_page(url: Url) -> Self {
        let accept = Secret::new("text/html".to_owned());
        Self {
            headers: vec![("Accept", accept)],
            ..Self::get(url)
        }
    }
}

impl Exchange {
    /// The request's first line and headers as sent, with what authenticates masked.
    pub fn masked_head(&self) -> String {
        mask::head(self.sent_head.expose())
    }

    /// The request's body as sent, with secrets masked.
    pub fn masked_body(&self) -> String {
        mask::form(self.sent_body.expose())
    }

    /// The answer's first line and headers as they came, with cookies and codes masked.
    pub fn masked_received_head(&self) -> String {
        mask::head(&self.received_head)
    }

    /// The answer's body for people: JSON with its members set apart, anything else as it came; tokens and what pages
    /// carry unseen are masked unless they are to be shown.
    pub fn body_for_people(&self, in_clear: bool) -> String {
        match serde_json::from_slice(&self.received_body) {
            Ok(json) => {
                let json = if in_clear { json } else { mask::json(&json) };
                serde_json::to_string_pretty(&json).unwrap_or_default()
            }
            Err(_) if in_clear => String::from_utf8_lossy(&self.received_body).into_owned(),
            Err(_) => mask::page(&String::from_utf8_lossy(&self.received_body)),
        }
    }

    /// The values of one header of the answer, by its name in lower case.
    pub fn received(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.received_head.split("\r\n").skip(1);
        let named = lines.filter_map(|line| line.split_once(':'));
        let named = named.filter(move |(held, _)| held.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim())
    }

    /// The answer's status with its words, such as `200 OK`.
    pub fn status_line(&self) -> &str {
        let line = self.received_head.lines().next().unwrap_or_default();
        line.split_once(' ').map_or("", |(_, status)| status)
    }

    /// What was asked for: method and path, without the query.
    pub fn what(&self) -> String {
        let line = self.sent_head.expose().lines().next().unwrap_or_default();
        let mut words = line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        format!("{method} {}", target.split('?').next().unwrap_or_default())
    }

    /// The request's first line and headers, exactly as sent.
    pub fn head_in_clear(&self) -> &Secret {
        &self.sent_head
    }

    /// The request's body, exactly as sent.
    pub fn body_in_clear(&self) -> &Secret {
        &self.sent_body
    }
}

/// Makes a request and waits for the answer. Not for the thread that draws.
///
/// # Errors
/// [`OutboundError`]; an answer of any status is none.
pub fn exchange(request: &Request) -> Result<Exchange, OutboundError> {
    let url = &request.url;
    let target = url.query().map_or_else(
        || url.path().to_owned(),
        |query| format!("{}?{query}", url.path()),
    );
    exchange_at(request, &target)
}

/// The same with a path and query of the caller's choice in place of the URL's: a URL's parser mends what some servers take
/// for another path.
///
/// # Errors
/// As [`exchange`].
pub fn exchange_at(request: &Request, target: &str) -> Result<Exchange, OutboundError> {
    exchange_within(request, target, MOST_TIME, look_up)
}

/// What finds the addresses of a name. It may take long, and cannot be stopped.
type LookUp = fn(&str, u16) -> std::io::Result<Vec<SocketAddr>>;

fn look_up(name: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    Ok((name, port).to_socket_addrs()?.collect())
}

fn exchange_within(
    request: &Request,
    target: &str,
    most_time: Duration,
    look_up: LookUp,
) -> Result<Exchange, OutboundError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| OutboundError::System(error.to_string()))?;
    let url = mask::address(request.url.as_str());
    let outcome = runtime.block_on(async {
        tokio::time::timeout(most_time, converse(request, target, look_up))
            .await
            .unwrap_or_else(|_| Err(OutboundError::TooSlow(url, most_time.as_secs())))
    });
    // A runtime that is merely dropped waits until the system has looked a name up.
    runtime.shutdown_background();
    outcome
}

async fn converse(request: &Request, target: &str, look_up: LookUp) -> Result<Exchange, OutboundError> {
    let url = mask::address(request.url.as_str());
    let start = Instant::now();
    let stream = connect(&request.url, look_up).await?;
    let from = stream.local_addr().ok();
    let record = Record::default();
    let io = TokioIo::new(Recording::new(stream, record.clone()));
    let not_understood = |error: hyper::Error| {
        if error.is_incomplete_message() {
            OutboundError::NoAnswer(url.clone())
        } else {
            OutboundError::NotUnderstood(url.clone(), error.to_string())
        }
    };
    // Names of headers are sent as the specifications write them, since the exchange is shown as it was sent. Whatever
    // their case, they mean the same (RFC 9110 §5.1). Where capitals stand within a word, the stream puts them there.
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .title_case_headers(true)
        .handshake(io)
        .await
        .map_err(not_understood)?;
    let answered = async {
        let answer = sender
            .send_request(prepare(request, target)?)
            .await
            .map_err(not_understood)?;
        let status = answer.status().as_u16();
        let mut frames = answer.into_body();
        let mut body = Vec::new();
        while let Some(frame) = frames.frame().await {
            let frame = frame.map_err(not_understood)?;
            let Some(data) = frame.data_ref() else { continue };
            if body.len() + data.len() > MOST_BYTES {
                return Err(OutboundError::TooLarge(url.clone(), MOST_BYTES / 1024));
            }
            body.extend_from_slice(data);
        }
        Ok((status, body))
    };
    // The connection does the reading and writing; its own trouble shows in the answer's.
    let mut connection = std::pin::pin!(connection);
    let mut answered = std::pin::pin!(answered);
    let (status, received_body) = tokio::select! {
        answered = &mut answered => answered?,
        _ = &mut connection => answered.await?,
    };
    let (sent_head, sent_body) = halves(&record.sent());
    let received = record.received();
    let received_head = String::from_utf8_lossy(head_of(&received)).into_owned();
    Ok(Exchange {
        sent_head,
        sent_body,
        status,
        received_head,
        received_body,
        took: start.elapsed(),
        from,
    })
}

/// To loopback and nowhere else, whatever the name resolves to.
async fn connect(url: &Url, look_up: LookUp) -> Result<TcpStream, OutboundError> {
    if url.scheme() != "http" {
        return Err(OutboundError::NotHttp(mask::address(url.as_str())));
    }
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(OutboundError::NotAUrl(mask::address(url.as_str())));
    };
    let no_connection =
        |error: std::io::Error| OutboundError::NoConnection(mask::address(url.as_str()), error.to_string());
    let addresses: Vec<SocketAddr> = match host {
        url::Host::Ipv4(ip) => vec![(ip, port).into()],
        url::Host::Ipv6(ip) => vec![(ip, port).into()],
        url::Host::Domain(name) => {
            let name = name.to_owned();
            let found = tokio::task::spawn_blocking(move || look_up(&name, port)).await;
            found
                .map_err(std::io::Error::other)
                .flatten()
                .map_err(no_connection)?
        }
    };
    if addresses.is_empty() || addresses.iter().any(|address| !address.ip().is_loopback()) {
        return Err(OutboundError::NotLoopback(mask::address(url.as_str())));
    }
    TcpStream::connect(&*addresses).await.map_err(no_connection)
}

fn prepare(request: &Request, target: &str) -> Result<hyper::Request<Full<Bytes>>, OutboundError> {
    let url = &request.url;
    let host = match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => return Err(OutboundError::NotAUrl(mask::address(url.as_str()))),
    };
    let mut builder = hyper::Request::builder()
        .method(request.method.as_str())
        .uri(target)
        .header(HOST, host)
        .header(USER_AGENT, concat!("chancery/", env!("CARGO_PKG_VERSION")));
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unsendable())?;
        value.set_sensitive(true);
        builder = builder.header(*name, value);
    }
    builder
        .body(Full::from(request.body.expose().as_bytes().to_vec()))
        .map_err(|_| unsendable())
}

fn unsendable() -> OutboundError {
    OutboundError::System("a header holds characters that HTTP cannot carry".to_owned())
}

fn halves(sent: &Zeroizing<Vec<u8>>) -> (Secret, Secret) {
    let head = head_of(sent);
    let body = sent.get(head.len() + 4..).unwrap_or_default();
    let text = |bytes: &[u8]| Secret::new(String::from_utf8_lossy(bytes).into_owned());
    (text(head), text(body))
}

/// What stands before the first empty line.
fn head_of(message: &[u8]) -> &[u8] {
    let end = message
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap_or(message.len());
    message.get(..end).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_finds_is_not_waited_for_longer_than_for_an_answer() {
        let slow: LookUp = |_, _| {
            std::thread::sleep(Duration::from_secs(20));
            Ok(Vec::new())
        };
        let request = Request::get(Url::parse("http://slow.example/").unwrap());
        let start = Instant::now();
        let outcome = exchange_within(&request, "/", Duration::from_millis(200), slow);
        assert!(matches!(outcome, Err(OutboundError::TooSlow(..))), "{outcome:?}");
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }

    #[test]
    fn a_name_is_asked_at_the_addresses_that_are_found_for_it() {
        let there: LookUp = |_, _| Ok(vec![([127, 0, 0, 1], 1).into()]);
        let elsewhere: LookUp = |_, _| Ok(vec![([127, 0, 0, 1], 1).into(), ([192, 0, 2, 1], 1).into()]);
        let unknown: LookUp = |_, _| Err(std::io::Error::other("no such name"));
        let request = Request::get(Url::parse("http://name.example/").unwrap());
        let refused = |look_up| exchange_within(&request, "/", MOST_TIME, look_up).unwrap_err();
        assert!(matches!(refused(there), OutboundError::NoConnection(..)));
        assert!(matches!(refused(elsewhere), OutboundError::NotLoopback(_)));
        assert!(refused(unknown).to_string().contains("no such name"));
    }
}
