//! The accept loop: HTTP/1.1 with a cap on connections and a limit on every wait.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::Limits;
use super::app::Entrance;
use super::connections::{Activity, Connections};
use super::patience::Patient;

/// The largest request head, in bytes.
const MOST_HEAD: usize = 32 * 1024;
/// The most headers of one request.
const MOST_HEADERS: usize = 64;
/// How long open requests may take to end once the server stops.
const FAREWELL: Duration = Duration::from_secs(3);
/// Pause after an accept that failed, which is for want of file descriptors, and while nobody can make room.
const BREATH: Duration = Duration::from_millis(100);

/// Serves until `stop` changes, then lets what is under way end. The connections are shared out among `workers`.
pub async fn serve(
    listener: TcpListener,
    entrance: Entrance,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    workers: Vec<Handle>,
) {
    let mut connections = Connections::new(limits.connections, workers);
    loop {
        let have_room = connections.have_room();
        tokio::select! {
            _ = stop.changed() => break,
            () = connections.one_ended() => {}
            () = tokio::time::sleep(BREATH), if !have_room => {}
            accepted = listener.accept(), if have_room => match accepted {
                Ok((stream, peer)) => {
                    // Out of this thread's runtime, into a worker's. What fails here has broken off already.
                    if let Ok(stream) = stream.into_std() {
                        connections.add(|activity| {
                            converse(stream, peer, entrance.clone(), limits, stop.clone(), activity)
                        });
                    }
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            },
        }
    }
    drop(listener);
    connections.end_within(FAREWELL).await;
}

/// One connection, request after request.
async fn converse(
    stream: std::net::TcpStream,
    peer: SocketAddr,
    entrance: Entrance,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
    activity: Arc<Activity>,
) {
    let Ok(stream) = TcpStream::from_std(stream) else {
        return;
    };
    // Answers are small and whole: waiting for more to send only delays them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        activity.answers();
        let answer = entrance.clone().serve(request.map(Body::new), peer);
        let activity = Arc::clone(&activity);
        async move {
            let answer = answer.await;
            activity.rests();
            answer
        }
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
