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

/// A stream whose bytes are kept in a [`Record`]. The header `DPoP` is sent as RFC 9449 §4.1 writes it, which the library that
/// writes the headers knows no way to.
pub struct Recording<S> {
    stream: S,
    record: Record,
}

/// A name as the library writes it, and as the specification does.
const WRITTEN: &[u8] = b"\r\nDpop: ";
const SPECIFIED: &[u8; WRITTEN.len()] = b"\r\nDPoP: ";
/// What ends the headers.
const END: &[u8] = b"\r\n\r\n";

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
        let spelled = if position(&self.record.lock().sent, END).is_none() {
            spelled(bytes)
        } else {
            None
        };
        let bytes = spelled.as_ref().map_or(bytes, |spelled| spelled.as_slice());
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

/// The head of a request with the specification's spelling, and what follows it as it is; none where nothing changes.
fn spelled(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let head = position(bytes, END).unwrap_or(bytes.len());
    let at = position(bytes.get(..head)?, WRITTEN)?;
    let mut spelled = Zeroizing::new(bytes.to_vec());
    let name = spelled.get_mut(at..at + WRITTEN.len())?;
    name.copy_from_slice(SPECIFIED);
    Some(spelled)
}

fn position(bytes: &[u8], of: &[u8]) -> Option<usize> {
    bytes.windows(of.len()).position(|window| window == of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dpop_is_spelled_as_its_specification_does_in_the_head_and_nowhere_else() {
        let sent = b"POST / HTTP/1.1\r\nHost: a\r\nDpop: x\r\n\r\na\r\nDpop: y";
        let spelled = spelled(sent).unwrap();
        let text = String::from_utf8_lossy(&spelled);
        assert_eq!(text, "POST / HTTP/1.1\r\nHost: a\r\nDPoP: x\r\n\r\na\r\nDpop: y");
        for other in [
            "POST / HTTP/1.1\r\n\r\na\r\nDpop: y",
            "GET /Dpop: HTTP/1.1\r\nX-Dpop: a\r\n\r\n",
            "",
        ] {
            assert_eq!(super::spelled(other.as_bytes()), None, "{other}");
        }
    }
}
