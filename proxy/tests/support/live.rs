//! A listener on the live channel.

use super::wait::within;
use atsi_protocol::{
    ChangesPage,
    live::{CompanyPart, LiveMessage, SUB_PROTOCOL, TOKEN_PREFIX},
};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, Message, client::IntoClientRequest, http::HeaderValue, protocol::WebSocketConfig,
    },
};

pub struct Listener {
    socket: WebSocketStream<TcpStream>,
    /// `next` of the last page.
    pub next: u64,
    /// Parts of the company that were announced so far.
    pub changed: Vec<CompanyPart>,
}

impl Listener {
    /// `url`: the proxy's, with `http`.
    pub async fn connect(
        url: &str,
        after: Option<u64>,
        origin: &str,
    ) -> Result<Self, tungstenite::Error> {
        Self::connect_as(url, after, origin, None).await
    }

    /// With a member's token, as a browser has to give it.
    pub async fn connect_as(
        url: &str,
        after: Option<u64>,
        origin: &str,
        token: Option<&str>,
    ) -> Result<Self, tungstenite::Error> {
        let authority = url.strip_prefix("http://").unwrap();
        let query = after.map_or_else(String::new, |after| format!("?after={after}"));
        let mut request = format!("ws://{authority}/v1/live{query}").into_client_request()?;
        let origin = HeaderValue::from_str(origin).unwrap();
        request.headers_mut().insert("origin", origin);
        if let Some(token) = token {
            let protocols = format!("{SUB_PROTOCOL}, {TOKEN_PREFIX}{token}");
            let protocols = HeaderValue::from_str(&protocols).unwrap();
            request
                .headers_mut()
                .insert("sec-websocket-protocol", protocols);
        }
        let stream = TcpStream::connect(authority).await.unwrap();
        let small = WebSocketConfig::default().read_buffer_size(1024);
        let (socket, _) = client_async_with_config(request, stream, Some(small)).await?;
        Ok(Self {
            socket,
            next: 0,
            changed: Vec::new(),
        })
    }

    /// Returns the next message.
    pub async fn message(&mut self) -> LiveMessage {
        loop {
            let message = within("a message on the live channel", self.socket.next()).await;
            match message.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The next page of changes, or the code with which the proxy closed.
    pub async fn hear(&mut self) -> Result<ChangesPage, u16> {
        loop {
            let message = within("a message on the live channel", self.socket.next()).await;
            match message.unwrap().unwrap() {
                Message::Text(text) => match serde_json::from_str(&text).unwrap() {
                    LiveMessage::Changes(page) => {
                        self.next = page.next;
                        return Ok(page);
                    }
                    LiveMessage::Changed { changed } => self.changed.push(changed),
                    other => panic!("{other:?}"),
                },
                Message::Close(frame) => return Err(frame.unwrap().code.into()),
                _ => {}
            }
        }
    }

    /// The next changes, at least `count`: the number and key of each.
    pub async fn changes(&mut self, count: usize) -> Vec<(u64, String)> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let page = self.hear().await.unwrap();
            assert!(!page.reset);
            let changes = page.changes.into_iter();
            heard.extend(changes.map(|change| (change.number, change.candidate.idempotency_key)));
        }
        heard
    }

    pub async fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Waits for the end of the connection; returns its close code, if it has one.
    pub async fn end(mut self) -> Option<u16> {
        loop {
            match within("the end of the live channel", self.socket.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return Some(frame.code.into()),
                Some(Ok(_)) => {}
                None | Some(Err(_)) => return None,
            }
        }
    }

    pub async fn leave(mut self) {
        self.socket.close(None).await.unwrap();
        let _ = self.socket.flush().await;
    }
}
