//! One command to Redis over its Unix socket, and the answer (RESP2, <https://redis.io/docs/latest/develop/reference/protocol-spec/>).

use std::io;
use std::path::Path;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::Error;

/// What Redis answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nil,
    /// A number.
    Integer(i64),
    /// A text; what is not UTF-8 in it is replaced.
    Text(String),
    /// Several answers.
    List(Vec<Reply>),
}

impl Reply {
    /// The text; empty when it is none.
    #[must_use]
    pub fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { "" }
    }

    /// In a list of names and values in turn, the text after `name`.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let Self::List(items) = self else { return None };
        let mut pairs = items.chunks_exact(2);
        pairs.find_map(|pair| match pair {
            [key, value] if key.text() == name => Some(value.text()),
            _ => None,
        })
    }
}

pub(super) async fn ask(socket: &Path, password: Option<&str>, words: &[&str]) -> Result<Reply, Error> {
    let broken = |source| Error::System { what: "cannot ask Redis".to_owned(), source };
    let stream = UnixStream::connect(socket).await.map_err(broken)?;
    let mut stream = BufReader::new(stream);
    if let Some(password) = password {
        call(&mut stream, &["AUTH", password]).await.map_err(broken)??;
    }
    call(&mut stream, words).await.map_err(broken)?
}

async fn call(stream: &mut BufReader<UnixStream>, words: &[&str]) -> io::Result<Result<Reply, Error>> {
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.get_mut().write_all(request.as_bytes()).await?;
    let refused = |message| Error::Refused { command: words.first().unwrap_or(&"").to_string(), message };
    Ok(read(stream).await?.map_err(refused))
}

/// The outer failure is the connection's, the inner one is Redis's.
async fn read(stream: &mut BufReader<UnixStream>) -> io::Result<Result<Reply, String>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let (kind, rest) = line.trim_end().split_at_checked(1).ok_or(io::ErrorKind::InvalidData)?;
    Ok(Ok(match kind {
        "+" => Reply::Text(rest.to_owned()),
        "-" => return Ok(Err(rest.to_owned())),
        ":" => Reply::Integer(number(rest)?),
        "$" => match usize::try_from(number(rest)?) {
            Err(_) => Reply::Nil, // -1
            Ok(length) => {
                let mut bytes = vec![0; length + 2];
                stream.read_exact(&mut bytes).await?;
                bytes.truncate(length);
                Reply::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
        },
        "*" => match usize::try_from(number(rest)?) {
            Err(_) => Reply::Nil,
            Ok(length) => {
                let mut items = Vec::new();
                for _ in 0..length {
                    match Box::pin(read(stream)).await? {
                        Ok(item) => items.push(item),
                        Err(message) => return Ok(Err(message)),
                    }
                }
                Reply::List(items)
            }
        },
        _ => return Err(io::ErrorKind::InvalidData.into()),
    }))
}

fn number(text: &str) -> io::Result<i64> {
    text.parse().map_err(|_| io::ErrorKind::InvalidData.into())
}
