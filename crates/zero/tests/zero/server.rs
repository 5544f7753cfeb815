//! A server on this machine that speaks as much HTTP as the tests need, and remembers what it was asked.

use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// How it answers each connection.
pub(crate) enum Manner {
    /// With this status and body.
    Says(u16, String),
    /// Not at all, for a minute.
    Hangs,
    /// By closing the connection.
    Drops,
    /// With a body of this many bytes, in pieces without a length.
    Streams(usize),
    /// With half of what it announces.
    Breaks,
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Server {
    /// Answers connection after connection as `manners` say, the last of them again and again.
    pub(crate) async fn start(manners: Vec<Manner>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = requests.clone();
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let manner = &manners[usize::min(number, manners.len() - 1)];
                let _ = answer(stream, manner, &heard).await;
            }
        });
        Self { url, requests }
    }

    /// The heads and bodies of what it was asked.
    pub(crate) fn requests(&self) -> Vec<(String, Value)> {
        self.requests.lock().unwrap().clone()
    }
}

async fn answer(
    mut stream: TcpStream,
    manner: &Manner,
    heard: &Mutex<Vec<(String, Value)>>,
) -> std::io::Result<()> {
    let request = read(&mut stream).await?;
    heard.lock().unwrap().push(request);
    match manner {
        Manner::Says(status, body) => {
            let head = format!(
                "HTTP/1.1 {status} Status\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: {}\r\nconnection: \
                 close\r\n\r\n",
                body.len()
            );
            stream.write_all((head + body).as_bytes()).await
        }
        Manner::Hangs => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Manner::Drops => Ok(()),
        Manner::Streams(bytes) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
            for _ in 0..bytes / 1024 {
                stream.write_all(&[b' '; 1024]).await?;
            }
            Ok(())
        }
        Manner::Breaks => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":").await,
    }
}

/// The head of a request, in lower case, and its body.
async fn read(stream: &mut TcpStream) -> std::io::Result<(String, Value)> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            continue;
        };
        let head = head.to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            return Ok((head, serde_json::from_str(body).unwrap()));
        }
    }
}
