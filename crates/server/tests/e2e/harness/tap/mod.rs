//! A tap on the way to a server: it passes everything on, and notes what is asked there and in how many flights. A flight
//! is what a client sends on one connection before it hears anything, so each is a round trip that somebody waits for.

mod postgres;
mod redis;

use std::io::{Read as _, Write as _};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Reads what is asked by the next bytes of one connection.
type Read = Box<dyn FnMut(&[u8]) -> Vec<String> + Send>;

/// What was asked, and in how many flights.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// In the order in which it was sent.
    pub(crate) what: Vec<String>,
    /// How many round trips that took, with those that asked for nothing, such as the preparation of a statement.
    pub(crate) flights: usize,
}

/// A server's port as clients are to see it.
pub(crate) struct Tap {
    pub(crate) port: u16,
    asked: Arc<Mutex<Asked>>,
}

impl Tap {
    /// Before the PostgreSQL on this port; what is asked are statements.
    pub(crate) fn on_postgres(port: u16) -> Self {
        Self::on(port, || {
            let mut reader = postgres::Reader::default();
            Box::new(move |bytes| reader.read(bytes))
        })
    }

    /// Before the Redis on this port; what is asked are commands, each with the area of its first key.
    pub(crate) fn on_redis(port: u16) -> Self {
        Self::on(port, || {
            let mut reader = redis::Reader::default();
            Box::new(move |bytes| reader.read(bytes))
        })
    }

    fn on(server: u16, reader: fn() -> Read) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::<Mutex<Asked>>::default();
        let notes = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                pass_on(client, server, reader(), Arc::clone(&notes));
            }
        });
        Self { port, asked }
    }

    /// What was asked since the last call.
    pub(crate) fn take(&self) -> Asked {
        mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn pass_on(client: TcpStream, server: TcpStream, mut read: Read, notes: Arc<Mutex<Asked>>) {
    let (client_out, server_out) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let has_heard = Arc::new(AtomicBool::new(true));
    let hears = Arc::clone(&has_heard);
    thread::spawn(move || {
        copy(client, server_out, |bytes| {
            let asked = read(bytes);
            let mut notes = notes.lock().unwrap();
            notes.flights += usize::from(has_heard.swap(false, Ordering::SeqCst));
            notes.what.extend(asked);
        });
    });
    thread::spawn(move || copy(server, client_out, |_| hears.store(true, Ordering::SeqCst)));
}

/// Notes and passes on until one of them has enough, which the other is told.
fn copy(mut from: TcpStream, mut to: TcpStream, mut note: impl FnMut(&[u8])) {
    let _ = to.set_nodelay(true);
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        note(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
