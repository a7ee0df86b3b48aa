//! The accept loop: HTTP/1.1 with a cap on connections and a limit on every wait.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Limits;
use super::app::Entrance;
use super::patience::Patient;

/// The largest request head, in bytes.
const MOST_HEAD: usize = 32 * 1024;
/// The most headers of one request.
const MOST_HEADERS: usize = 64;
/// How long open requests may take to end once the server stops.
const FAREWELL: Duration = Duration::from_secs(3);
/// Pause after an accept that failed, which is for want of file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop` changes, then lets what is under way end.
pub async fn serve(
    listener: TcpListener,
    entrance: Entrance,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < limits.connections => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(converse(stream, peer, entrance.clone(), limits, stop.clone()));
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            },
        }
    }
    drop(listener);
    let farewell = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(FAREWELL, farewell).await;
    connections.shutdown().await;
}

/// One connection, request after request.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    entrance: Entrance,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are small and whole: waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        entrance.clone().serve(request.map(Body::new), peer)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(MOST_HEAD)
        .max_headers(MOST_HEADERS);
    let mut connection =
        pin!(http.serve_connection(TokioIo::new(Patient::new(stream, limits.answer)), service));
    // Errors are the peer's: it broke off or spoke no HTTP, and hyper has answered what can be answered.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
