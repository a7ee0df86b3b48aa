//! What those do who want the server to stop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use crate::seen::Seen;

/// Connections that are held by one who never speaks.
const HELD: usize = 2_000;
/// Connections over which something comes a byte at a time.
const SLOW: usize = 100;
/// A body, in bytes.
const MUCH: usize = 50 << 20;

fn authority(issuer: &str) -> &str {
    issuer.strip_prefix("http://").unwrap_or(issuer)
}

fn connect(issuer: &str) -> Option<TcpStream> {
    let stream = TcpStream::connect(authority(issuer)).ok()?;
    stream.set_write_timeout(Some(Duration::from_secs(5))).ok()?;
    stream.set_read_timeout(Some(Duration::from_millis(1))).ok()?;
    Some(stream)
}

/// Opens connections, says nothing, and opens as many again as were closed.
pub fn hold_connections(issuer: &str, seen: &Seen) {
    let mut held: Vec<TcpStream> = Vec::with_capacity(HELD);
    let mut next = 0;
    while seen.goes_on() {
        if held.len() < HELD {
            held.extend(connect(issuer));
            seen.did("hostile connections");
        } else if let Some(stream) = held.get_mut(next % HELD) {
            let is_closed = match stream.read(&mut [0]) {
                Ok(_) => true,
                Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
            };
            if is_closed {
                held.swap_remove(next % HELD);
            }
            next += 1;
        }
    }
}

/// Heads and bodies that come a byte at a time.
pub fn send_slowly(issuer: &str, seen: &Seen) {
    let text = format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 5000\r\n\r\n{}",
        authority(issuer),
        "a".repeat(5000)
    );
    let mut streams: Vec<(TcpStream, usize)> = Vec::new();
    while seen.goes_on() {
        while streams.len() < SLOW {
            // Half of them have said their head at once and are slow with the body.
            let said = if streams.len().is_multiple_of(2) {
                0
            } else {
                text.len() - 5000
            };
            let Some(mut stream) = connect(issuer) else { break };
            if stream.write_all(&text.as_bytes()[..said]).is_ok() {
                streams.push((stream, said));
                seen.did("hostile connections");
            }
        }
        streams.retain_mut(|(stream, said)| {
            *said += 1;
            let byte = text.as_bytes().get(*said - 1..*said);
            byte.is_some_and(|byte| stream.write_all(byte).is_ok())
        });
        thread::sleep(Duration::from_millis(200));
    }
}

/// Bodies of 50 MB, with a length and in chunks, and heads that never end.
pub fn send_much(issuer: &str, seen: &Seen) {
    let host = authority(issuer);
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let heads = [
        format!("POST /token HTTP/1.1\r\nHost: {host}\r\n{kind}\r\nContent-Length: {MUCH}\r\n\r\n"),
        format!("POST /token HTTP/1.1\r\nHost: {host}\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\n"),
        format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n"),
        format!("GET /jwks?{}", "q".repeat(1 << 20)),
    ];
    let parts = [
        vec![b'a'; 1 << 16],
        [b"10000\r\n".as_slice(), &vec![b'a'; 1 << 16], b"\r\n"].concat(),
        b"X-Header: value\r\n".repeat(1 << 12),
        vec![b'q'; 1 << 16],
    ];
    let mut turn = 0;
    while seen.goes_on() {
        let (head, part) = (&heads[turn % heads.len()], &parts[turn % heads.len()]);
        if let Some(mut stream) = connect(issuer) {
            let mut sent = 0;
            let mut goes = stream.write_all(head.as_bytes()).is_ok();
            while goes && sent < MUCH && seen.goes_on() {
                goes = stream.write_all(part).is_ok();
                sent += part.len();
            }
            if sent >= MUCH {
                seen.wrong("50 MB were taken");
            }
            seen.did("hostile connections");
        }
        turn += 1;
        thread::sleep(Duration::from_millis(20));
    }
}
