//! The accept loop: HTTP/1.1 with a cap on connections and a limit on every wait.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::Limits;
use super::app::{Entrance, Peer};
use super::connections::{Activity, Connections};
use super::fault::HungUp;
use super::patience::Patient;
use crate::protocol::client_certificate::ClientCertificate;

/// The largest request head, in bytes.
const MOST_HEAD: usize = 32 * 1024;
/// The most headers of one request.
const MOST_HEADERS: usize = 64;
/// How long open requests may take to end once the server stops.
const FAREWELL: Duration = Duration::from_secs(3);
/// Pause after an accept that failed, which is for want of file descriptors, and while nobody can make room.
const BREATH: Duration = Duration::from_millis(100);

/// A port, and how one comes in there.
pub struct Door {
    /// Where peers come.
    pub listener: TcpListener,
    /// What answers a handshake; without it there is none.
    pub tls: Option<TlsAcceptor>,
    /// The way of their requests.
    pub entrance: Entrance,
}

/// Serves until `stop` changes, then lets what is under way end. The connections are shared out among `workers`.
pub async fn serve(doors: Vec<Door>, limits: Limits, mut stop: watch::Receiver<bool>, workers: Vec<Handle>) {
    let mut connections = Connections::new(limits.connections, workers);
    loop {
        let have_room = connections.have_room();
        tokio::select! {
            _ = stop.changed() => break,
            () = connections.one_ended() => {}
            () = tokio::time::sleep(BREATH), if !have_room => {}
            (door, accepted) = next_at(&doors), if have_room => match accepted {
                Ok((stream, peer)) => {
                    // Out of this thread's runtime, into a worker's. What fails here has broken off already.
                    if let Ok(stream) = stream.into_std() {
                        let guest = Guest {
                            peer,
                            tls: door.tls.clone(),
                            entrance: door.entrance.clone(),
                            limits,
                            stop: stop.clone(),
                        };
                        connections.add(|activity| guest.come_in(stream, activity));
                    }
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            },
        }
    }
    drop(doors);
    connections.end_within(FAREWELL).await;
}

/// Whoever comes next, and at which door.
async fn next_at(doors: &[Door]) -> (&Door, std::io::Result<(TcpStream, SocketAddr)>) {
    poll_fn(|context| {
        for door in doors {
            if let Poll::Ready(accepted) = door.listener.poll_accept(context) {
                return Poll::Ready((door, accepted));
            }
        }
        Poll::Pending
    })
    .await
}

/// One connection.
struct Guest {
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    entrance: Entrance,
    limits: Limits,
    stop: watch::Receiver<bool>,
}

impl Guest {
    /// Shakes hands where that is the way in, then converses.
    async fn come_in(mut self, stream: std::net::TcpStream, activity: Arc<Activity>) {
        let Ok(stream) = TcpStream::from_std(stream) else {
            return;
        };
        // Answers are small and whole: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.limits.answer);
        let Some(tls) = self.tls.take() else {
            return self.converse(stream, None, activity).await;
        };
        // Errors are the peer's: what it does not trust or does not speak it is told in the handshake.
        if let Ok(Ok(stream)) = tokio::time::timeout(self.limits.head, tls.accept(stream)).await {
            let (_, session) = stream.get_ref();
            let certificate = session
                .peer_certificates()
                .and_then(ClientCertificate::of)
                .map(Arc::new);
            self.converse(stream, certificate, activity).await;
        }
    }

    /// Request after request.
    async fn converse(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        certificate: Option<Arc<ClientCertificate>>,
        activity: Arc<Activity>,
    ) {
        let Self {
            peer,
            entrance,
            limits,
            mut stop,
            ..
        } = self;
        let peer = Peer {
            address: peer,
            certificate,
        };
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            activity.answers();
            let answer = entrance.clone().serve(request.map(Body::new), peer.clone());
            let activity = Arc::clone(&activity);
            async move {
                let Ok(answer) = answer.await;
                activity.rests();
                // The connection ends with this where there is no answer.
                HungUp::unless_sent(answer)
            }
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_header_size(MOST_HEAD)
            .max_headers(MOST_HEADERS);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        // Errors are the peer's: it broke off or spoke no HTTP, and hyper has answered what can be answered.
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = stop.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}
