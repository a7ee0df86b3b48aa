//! The server over real sockets, spoken to byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{Rig, basic};
use crate::client::{ClientId, Secret};
use crate::server::Limits;

const GRANT: &str = "grant_type=client_credentials";

pub(super) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

/// Sends bytes and reads until the server closes.
pub(super) fn tell(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    // The server may close before all is said.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer with a Content-Length from a connection that stays open.
fn read_answer(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

fn token_request(rig: &Rig, client_id: &ClientId, secret: &Secret) -> String {
    format!(
        "POST /token HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{GRANT}",
        rig.server.address(),
        basic(client_id, secret),
        GRANT.len()
    )
}

#[test]
fn one_connection_carries_many_requests() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let mut stream = connect(rig.server.address());
    let request = token_request(&rig, &client_id, &secret);
    for _ in 0..3 {
        stream.write_all(request.as_bytes()).unwrap();
        let (head, body) = read_answer(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(head.contains("cache-control: no-store\r\n"), "{head}");
        assert!(body.contains("access_token"));
    }
    stream.write_all(request.repeat(2).as_bytes()).unwrap();
    let bodies = [read_answer(&mut stream).1, read_answer(&mut stream).1];
    assert!(
        bodies.iter().all(|body| body.contains("access_token")),
        "pipelined"
    );
    assert_ne!(bodies[0], bodies[1], "each token is another");
}

#[test]
fn what_two_servers_could_read_differently_is_refused() {
    let limits = Limits {
        head: Duration::from_millis(500),
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    for (what, request, expected) in [
        ("no Host", "GET /jwks HTTP/1.1\r\n\r\n".to_owned(), "400"),
        (
            "two Hosts",
            format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n"),
            "400",
        ),
        (
            "another Host",
            "GET /jwks HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n".to_owned(),
            "421",
        ),
        (
            "another target",
            format!("GET http://evil.example/jwks HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            "421",
        ),
        (
            "space before colon",
            format!("GET /jwks HTTP/1.1\r\nHost : {host}\r\n\r\n"),
            "400",
        ),
        (
            "folded header",
            format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\nX: a\r\n b\r\n\r\n"),
            "400",
        ),
        (
            "two lengths",
            format!(
                "POST /token HTTP/1.1\r\nHost: {host}\r\n{form}Content-Length: 3\r\nContent-Length: 4\r\n\r\na=bc"
            ),
            "400",
        ),
        (
            "length +3",
            format!("POST /token HTTP/1.1\r\nHost: {host}\r\n{form}Content-Length: +3\r\n\r\na=b"),
            "400",
        ),
        (
            "strange coding",
            format!(
                "POST /token HTTP/1.1\r\nHost: {host}\r\n{form}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
            ),
            "400",
        ),
        (
            "bad chunk",
            format!(
                "POST /token HTTP/1.1\r\nHost: {host}\r\n{form}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
            ),
            "400",
        ),
        (
            "NUL",
            format!("GET /jwks\0 HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            "400",
        ),
        ("no HTTP", "hello\r\n\r\n".to_owned(), "400"),
        (
            "CONNECT",
            format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            "404",
        ),
        (
            "asterisk",
            format!("OPTIONS * HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            "404",
        ),
        (
            "huge header",
            format!(
                "GET /jwks HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n",
                "a".repeat(40_000)
            ),
            "431",
        ),
        (
            "many headers",
            format!(
                "GET /jwks HTTP/1.1\r\nHost: {host}\r\n{}\r\n",
                "X: a\r\n".repeat(100)
            ),
            "431",
        ),
    ] {
        let answer = tell(host, request.as_bytes());
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert_eq!(status, expected, "{what}: {answer:?}");
    }
}

#[test]
fn a_body_with_length_and_chunks_is_read_by_its_chunks_and_leaves_nothing_behind() {
    let rig = Rig::new();
    let host = rig.server.address();
    let smuggled = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n{smuggled}",
        5 + smuggled.len()
    );
    let answer = tell(host, request.as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(!answer.contains("\"keys\""));
}

#[test]
fn slow_heads_slow_bodies_and_resting_connections_are_cut_off() {
    let limits = Limits {
        head: Duration::from_millis(300),
        body: Duration::from_millis(600),
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let silent = tell(host, b"");
    assert_eq!(silent, "", "a connection that never speaks");
    let start = Instant::now();
    let half = tell(host, b"GET /jwks HTTP/1.1\r\nHost: ");
    assert!(!half.contains("200"), "{half}");
    assert!(start.elapsed() < Duration::from_secs(5));
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n\r\ngrant_type"
    );
    let slow = tell(host, request.as_bytes());
    assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");
}

#[test]
fn a_peer_that_asks_and_never_reads_is_cut_off_and_gives_its_place_up() {
    let limits = Limits {
        answer: Duration::from_millis(300),
        connections: 1,
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let request = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut deaf = connect(host);
    deaf.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    // Until the buffers of both ends are full of requests and answers, however large the system makes them.
    let refused = loop {
        if let Err(error) = deaf.write_all(request.repeat(100).as_bytes()) {
            break error.kind();
        }
    };
    assert!(
        matches!(refused, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
        "{refused:?}"
    );
    let mut next = connect(host);
    next.write_all(request.as_bytes()).unwrap();
    assert!(read_answer(&mut next).0.starts_with("HTTP/1.1 200"));
}

#[test]
fn whoever_rests_longest_makes_room_for_whoever_comes() {
    let limits = Limits {
        connections: 4,
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let request = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let mut idle: Vec<_> = (0..4).map(|_| connect(host)).collect();
    // The second has spoken last, so that the first and the third have rested longer.
    for stream in &mut idle {
        stream.write_all(request.as_bytes()).unwrap();
        assert!(read_answer(stream).0.starts_with("HTTP/1.1 200"));
        std::thread::sleep(Duration::from_millis(5));
    }
    idle[1].write_all(request.as_bytes()).unwrap();
    assert!(read_answer(&mut idle[1]).0.starts_with("HTTP/1.1 200"));
    let mut newcomers: Vec<_> = (0..2).map(|_| connect(host)).collect();
    for stream in &mut newcomers {
        stream.write_all(request.as_bytes()).unwrap();
        assert!(read_answer(stream).0.starts_with("HTTP/1.1 200"));
    }
    let closed: Vec<_> = idle.iter_mut().map(is_closed).collect();
    assert_eq!(closed, [true, false, true, false]);
}

fn is_closed(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    matches!(stream.read(&mut [0]), Ok(0))
        || stream
            .read(&mut [0])
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn whoever_has_never_asked_makes_room_before_those_who_rest_between_two_requests() {
    let limits = Limits {
        connections: 4,
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let request = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let ask = |stream: &mut TcpStream| {
        stream.write_all(request.as_bytes()).unwrap();
        assert!(read_answer(stream).0.starts_with("HTTP/1.1 200"));
    };
    let mut client = connect(host);
    ask(&mut client);
    // The client has rested longer than any of these.
    let mut silent: Vec<_> = (0..3).map(|_| connect(host)).collect();
    let mut newcomers: Vec<_> = (0..3).map(|_| connect(host)).collect();
    newcomers.iter_mut().for_each(ask);
    assert_eq!(silent.iter_mut().map(is_closed).collect::<Vec<_>>(), [true; 3]);
    ask(&mut client);
}

#[test]
fn whoever_just_came_has_a_while_to_ask_where_others_have_been_idle_for_long() {
    let limits = Limits {
        connections: 4,
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let request = format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let ask = |stream: &mut TcpStream| {
        stream.write_all(request.as_bytes()).unwrap();
        assert!(read_answer(stream).0.starts_with("HTTP/1.1 200"));
    };
    let mut idle: Vec<_> = (0..3).map(|_| connect(host)).collect();
    idle.iter_mut().for_each(ask);
    std::thread::sleep(Duration::from_millis(2_100));
    let mut honest = connect(host);
    // A thread that waits for its turn asks so late.
    std::thread::sleep(Duration::from_millis(200));
    ask(&mut connect(host));
    ask(&mut honest);
    let closed: Vec<_> = idle.iter_mut().map(is_closed).collect();
    assert_eq!(closed.iter().filter(|closed| **closed).count(), 1);
}

#[test]
fn a_crowd_of_requests_waits_at_the_door_and_comes_in_when_others_are_answered() {
    let limits = Limits {
        connections: 4,
        body: Duration::from_millis(600),
        ..Limits::default()
    };
    let rig = Rig::with(|options| options.limits = limits);
    let host = rig.server.address();
    let slow = format!(
        "POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: 100\r\n\r\ngrant_type"
    );
    let mut busy: Vec<_> = (0..4).map(|_| connect(host)).collect();
    for stream in &mut busy {
        stream.write_all(slow.as_bytes()).unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    let mut fifth = connect(host);
    fifth
        .write_all(format!("GET /jwks HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes())
        .unwrap();
    fifth.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(fifth.read(&mut [0]).is_err(), "no answer yet");
    fifth.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert!(read_answer(&mut fifth).0.starts_with("HTTP/1.1 200"));
    for stream in &mut busy[1..] {
        assert!(
            read_answer(stream).0.starts_with("HTTP/1.1 408"),
            "nobody else is thrown out"
        );
    }
}

#[test]
fn stopping_lets_the_last_answer_out_and_closes_the_port() {
    let rig = Rig::new();
    let (client_id, secret) = rig.client("service", |_| ());
    let host = rig.server.address();
    let mut stream = connect(host);
    let request = token_request(&rig, &client_id, &secret);
    stream.write_all(request.as_bytes()).unwrap();
    // The secret is not remembered yet: the answer takes a hash's time, long enough to stop meanwhile.
    std::thread::sleep(Duration::from_millis(5));
    let start = Instant::now();
    rig.server.stop();
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "resting connections are not waited for"
    );
    assert!(read_answer(&mut stream).1.contains("access_token"));
    assert!(TcpStream::connect(host).is_err());
}
