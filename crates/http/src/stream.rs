//! A connection that ends when its client stalls: whoever is sent nothing for too long is waited for no longer,
//! whatever he trickles in meanwhile, and whether he asks nothing, never ends his request or does not take his answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream on which reading and writing fail once nothing was written for a time.
pub(crate) struct Lively<T> {
    stream: T,
    silence: Duration,
    /// When something was written last, or the beginning.
    written: Instant,
    /// Due no later than the silence is over; looks again when something was written meanwhile.
    check: Pin<Box<Sleep>>,
}

impl<T> Lively<T> {
    /// A `stream` that bears `silence` for so long.
    pub(crate) fn new(stream: T, silence: Duration) -> Self {
        Self { stream, silence, written: Instant::now(), check: Box::pin(sleep(silence)) }
    }

    /// Ready with the failure when the silence is over; else wakes the task then.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.check.as_mut().poll(cx));
            let end = self.written + self.silence;
            if end <= Instant::now() {
                return Poll::Ready(io::ErrorKind::TimedOut.into());
            }
            self.check.as_mut().reset(end);
        }
    }

    fn note(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(bytes)) => {
                if bytes > 0 {
                    self.written = Instant::now();
                }
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.poll_silence(cx).map(Err),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Lively<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending => self.poll_silence(cx).map(Err),
            read => read,
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Lively<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.note(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.note(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::Lively;
    use std::io::ErrorKind;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::{Instant, sleep};

    const SILENCE: Duration = Duration::from_secs(80);
    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn who_trickles_and_is_sent_nothing_is_let_go() {
        let (mut client, server) = duplex(64);
        let mut server = Lively::new(server, SILENCE);
        let trickle = tokio::spawn(async move {
            while client.write_all(b"x").await.is_ok() {
                sleep(SECOND).await;
            }
        });
        let started = Instant::now();
        let error = loop {
            if let Err(error) = server.read_u8().await {
                break error;
            }
        };
        assert_eq!((error.kind(), started.elapsed()), (ErrorKind::TimedOut, SILENCE));
        drop(server);
        trickle.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_take_his_answer_is_let_go() {
        let (_client, server) = duplex(64);
        let mut server = Lively::new(server, SILENCE);
        let started = Instant::now();
        assert_eq!(server.write_all(&[0; 65]).await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(started.elapsed(), SILENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_answered_stays() {
        let (mut client, server) = duplex(64);
        let mut server = Lively::new(server, SILENCE);
        tokio::spawn(async move {
            for _ in 0..5 {
                sleep(SILENCE - SECOND).await;
                client.write_all(b"?").await.unwrap();
                client.read_u8().await.unwrap();
            }
            sleep(2 * SILENCE).await;
        });
        for _ in 0..5 {
            server.read_u8().await.unwrap();
            server.write_all(b"!").await.unwrap();
        }
        let answered = Instant::now();
        assert_eq!(server.read_u8().await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(answered.elapsed(), SILENCE);
    }
}
