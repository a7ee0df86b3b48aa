//! A connection that keeps what goes through it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

/// The bytes of one connection, both ways. What was sent may hold a secret and is wiped.
#[derive(Clone, Default)]
pub struct Record(Arc<Mutex<Bytes>>);

#[derive(Default)]
struct Bytes {
    sent: Zeroizing<Vec<u8>>,
    received: Vec<u8>,
}

impl Record {
    /// What was sent.
    pub fn sent(&self) -> Zeroizing<Vec<u8>> {
        self.lock().sent.clone()
    }

    /// What was received.
    pub fn received(&self) -> Vec<u8> {
        self.lock().received.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose bytes are kept in a [`Record`].
pub struct Recording<S> {
    stream: S,
    record: Record,
}

impl<S> Recording<S> {
    /// Keeps what goes through `stream`.
    pub fn new(stream: S, record: Record) -> Self {
        Self { stream, record }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Recording<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(new) = buffer.filled().get(before..) {
            self.record.lock().received.extend_from_slice(new);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recording<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = polled
            && let Some(written) = bytes.get(..written)
        {
            self.record.lock().sent.extend_from_slice(written);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
