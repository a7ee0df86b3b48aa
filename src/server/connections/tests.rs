use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use super::*;

/// A worker, and connections that it answers byte by byte.
struct Rig {
    connections: Connections,
    worker: Handle,
    door: TcpListener,
    quit: Option<std::sync::mpsc::Sender<()>>,
}

impl Rig {
    fn new(most: usize) -> Self {
        let runtime = one_thread();
        let worker = runtime.handle().clone();
        let (quit, quits) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            runtime.block_on(async {
                while quits.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            });
        });
        Self {
            connections: Connections::new(most, vec![worker.clone()]),
            worker,
            door: TcpListener::bind("127.0.0.1:0").unwrap(),
            quit: Some(quit),
        }
    }

    /// Somebody comes in.
    fn comes(&mut self) -> TcpStream {
        let peer = TcpStream::connect(self.door.local_addr().unwrap()).unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let stream = self.door.accept().unwrap().0;
        stream.set_nonblocking(true).unwrap();
        assert!(self.connections.have_room());
        self.connections.add(|activity| async move {
            let mut stream = tokio::net::TcpStream::from_std(stream).unwrap();
            while let Ok(byte) = stream.read_u8().await {
                activity.answers();
                stream.write_u8(byte).await.unwrap();
                activity.rests();
            }
        });
        peer
    }

    /// Lets what has ended end.
    fn settle(&mut self) {
        one_thread().block_on(async {
            while tokio::time::timeout(Duration::from_millis(50), self.connections.one_ended())
                .await
                .is_ok()
            {}
        });
    }

    /// The worker does something else for so long, as a thread does that has to wait for its turn.
    fn is_held_up(&self, time: Duration) {
        let (begun, begins) = std::sync::mpsc::channel();
        self.worker.spawn(async move {
            begun.send(()).unwrap();
            std::thread::sleep(time);
        });
        begins.recv().unwrap();
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.quit.take();
    }
}

fn one_thread() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn is_answered(peer: &mut TcpStream) -> bool {
    peer.read_exact(&mut [0]).is_ok()
}

#[test]
fn a_request_that_has_come_and_that_nobody_has_read_keeps_its_connection() {
    for asked_before in [false, true] {
        let mut rig = Rig::new(1);
        let mut early = rig.comes();
        if asked_before {
            early.write_all(b"a").unwrap();
            assert!(is_answered(&mut early));
        }
        // Until the connection waits for a request.
        std::thread::sleep(Duration::from_millis(50));
        rig.is_held_up(TO_ASK + Duration::from_millis(200));
        early.write_all(b"a").unwrap();
        std::thread::sleep(TO_ASK + Duration::from_millis(50));
        let mut late = rig.comes();
        late.write_all(b"a").unwrap();
        assert!(is_answered(&mut early), "{asked_before}");
        assert!(is_answered(&mut late));
        assert_eq!(rig.connections.held.len(), 2, "one more than there are places");
        std::thread::sleep(TO_REST * 2);
        assert!(!rig.connections.have_room(), "who is one too many goes first");
        rig.settle();
        assert!(rig.connections.have_room());
    }
}

#[test]
fn who_is_asked_to_leave_and_has_not_asked_for_anything_does() {
    let mut rig = Rig::new(1);
    let mut silent = rig.comes();
    std::thread::sleep(TO_REST * 2);
    let mut late = rig.comes();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0, "it is closed, not reset");
    late.write_all(b"a").unwrap();
    assert!(is_answered(&mut late));
    rig.settle();
    assert_eq!(rig.connections.held.len(), 1);
}

#[test]
fn while_the_worker_is_held_up_no_more_come_in_than_there_are_places_and_spare_ones() {
    let mut rig = Rig::new(16);
    let first: Vec<_> = (0..16).map(|_| rig.comes()).collect();
    std::thread::sleep(TO_REST * 2);
    rig.is_held_up(Duration::from_millis(500));
    let spare = [rig.comes(), rig.comes()];
    assert!(!rig.connections.have_room(), "two are to leave and have not");
    std::thread::sleep(Duration::from_millis(700));
    rig.settle();
    assert!(rig.connections.have_room());
    assert_eq!(rig.connections.held.len(), 16);
    drop((first, spare));
}

#[test]
fn who_has_been_idle_for_long_goes_before_who_has_just_come_and_he_before_who_was_just_answered() {
    let ms = Duration::from_millis;
    let turns = [
        (SILENT, ms(300)),
        (RESTS, ms(2_000)),
        (SILENT, ms(299)),
        (RESTS, ms(1_999)),
        (BUSY, ms(5_000)),
    ];
    let turns: Vec<_> = turns
        .into_iter()
        .map(|(does, during)| turn(does, during))
        .collect();
    assert_eq!(turns, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
    for (does, during) in [
        (SILENT, ms(99)),
        (RESTS, ms(99)),
        (BUSY, ms(4_999)),
        (LEAVES, ms(9_999)),
    ] {
        assert_eq!(turn(does, during), None);
    }
}
