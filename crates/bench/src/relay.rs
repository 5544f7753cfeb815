//! A relay before PostgreSQL that counts round trips: how often a client speaks after the server did.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Passes on whatever is said between its port and another, for as long as the value lives.
pub(crate) struct Relay {
    pub(crate) port: u16,
    trips: Arc<AtomicU64>,
    _accepting: JoinSet<()>,
}

impl Relay {
    pub(crate) async fn to(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let trips = Arc::new(AtomicU64::new(0));
        let mut accepting = JoinSet::new();
        let counted = Arc::clone(&trips);
        accepting.spawn(async move {
            let mut conversations = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let trips = Arc::clone(&counted);
                conversations.spawn(async move { converse(client, server, &trips).await.ok() });
            }
        });
        Ok(Self { port, trips, _accepting: accepting })
    }

    /// Round trips so far, of all connections together.
    pub(crate) fn trips(&self) -> u64 {
        self.trips.load(Ordering::SeqCst)
    }
}

async fn converse(client: TcpStream, server: u16, trips: &AtomicU64) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asked = AtomicBool::new(false);
    let questions = async {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = from_client.read(&mut buffer).await?;
            // Whatever follows before the answer is of the same trip: it was not waited for.
            if read > 0 && !asked.swap(true, Ordering::SeqCst) {
                trips.fetch_add(1, Ordering::SeqCst);
            }
            pass(&mut to_server, &buffer, read).await?;
        }
    };
    let answers = async {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = from_server.read(&mut buffer).await?;
            asked.store(false, Ordering::SeqCst);
            pass(&mut to_client, &buffer, read).await?;
        }
    };
    tokio::select! { end = questions => end, end = answers => end }
}

/// The end of a stream is an error: then the conversation is over.
async fn pass(to: &mut (impl AsyncWriteExt + Unpin), buffer: &[u8], read: usize) -> io::Result<()> {
    match buffer.get(..read) {
        Some(said) if read > 0 => to.write_all(said).await,
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_asked_before_an_answer_is_one_trip() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let relay = Relay::to(listener.local_addr().unwrap().port()).await.unwrap();
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, relay.port)).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let mut heard = [0; 2];
        for trip in 1..=3 {
            for question in [b"a", b"b"] {
                client.write_all(question).await.unwrap();
                server.read_exact(&mut heard[..1]).await.unwrap();
            }
            server.write_all(b"ok").await.unwrap();
            client.read_exact(&mut heard).await.unwrap();
            assert_eq!(relay.trips(), trip);
        }
    }
}
