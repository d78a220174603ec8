use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atsi_greenhouse::{Client, Error};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::{client, client_with, create_fails, credentials, http_builder, prospect};

/// Long enough for loopback on a busy machine to get the request across, short enough to wait for.
const PATIENCE: Duration = Duration::from_millis(1500);

const CREATED: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\":5}";

/// Hands each connection to `handle`, with its number (0, 1, …).
async fn listen<F>(handle: impl Fn(TcpStream, usize) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(handle(stream, number));
        }
    });
    address
}

/// Reads one request to the end of its body. `None` where the client closed before that.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = (head.lines())
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
}

/// After reading the request, writes `answer` and ends the connection with a close or a reset.
async fn answers_and_ends(answer: &'static [u8], with_reset: bool) -> SocketAddr {
    listen(move |mut stream, _| async move {
        read_request(&mut stream).await;
        stream.write_all(answer).await.unwrap();
        if with_reset {
            reset(stream);
        }
    })
    .await
}

/// An address that refuses connections for as long as the socket is kept: bound, so that nobody
/// else gets it, and not listening.
fn dead_address() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn assert_unreachable(error: &Error) {
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert!(error.nothing_was_created());
}

fn assert_interrupted(error: &Error) {
    assert!(matches!(error, Error::Interrupted), "{error:?}");
    assert!(!error.nothing_was_created());
}

fn assert_timed_out(error: &Error) {
    assert!(matches!(error, Error::TimedOut), "{error:?}");
    assert!(!error.nothing_was_created());
}

#[tokio::test]
async fn refused_connection_is_unreachable() {
    let (_socket, address) = dead_address();
    let client = client(address);
    assert_unreachable(&create_fails(&client).await);
    let error = (client.candidates(&credentials(), &[8841]).await).unwrap_err();
    assert_unreachable(&error);
    // Neither the URL with the candidate's id.
    assert!(!format!("{error:?}").contains("8841"), "{error:?}");
}

#[tokio::test]
async fn unknown_host_is_unreachable() {
    // RFC 6761 keeps `.invalid` from ever resolving.
    let base_url = "http://greenhouse.invalid/v1/partner".parse().unwrap();
    let client = Client::new(base_url, http_builder().build().unwrap());
    assert_unreachable(&create_fails(&client).await);
}

#[tokio::test]
async fn failed_tls_is_unreachable() {
    let address = listen(|mut stream, _| async move {
        let _client_hello = stream.read(&mut [0; 1024]).await.unwrap();
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(answer).await.unwrap();
    })
    .await;
    let base_url = format!("https://{address}/v1/partner").parse().unwrap();
    let client = Client::new(base_url, http_builder().build().unwrap());
    let error = create_fails(&client).await;
    assert_unreachable(&error);
    let Error::Unreachable { source } = error else {
        panic!("{error:?}");
    };
    assert!(!source.is_timeout(), "{source:?}");
}

#[tokio::test]
async fn time_that_runs_out_before_sending_is_unreachable() {
    // Accepts and never shakes hands, so the client's overall timeout strikes while connecting.
    let address = listen(|stream, _| async move {
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let base_url = format!("https://{address}/v1/partner").parse().unwrap();
    let http = http_builder().timeout(Duration::from_millis(100));
    let client = Client::new(base_url, http.build().unwrap());
    assert_unreachable(&create_fails(&client).await);
}

#[tokio::test]
async fn reset_before_reading_is_interrupted() {
    let address = listen(|stream, _| async move {
        // Something has arrived, unread.
        stream.peek(&mut [0]).await.unwrap();
        reset(stream);
    })
    .await;
    assert_interrupted(&create_fails(&client(address)).await);
}

#[tokio::test]
async fn reset_or_close_after_reading_is_interrupted() {
    for with_reset in [true, false] {
        let client = client(answers_and_ends(b"", with_reset).await);
        assert_interrupted(&create_fails(&client).await);
        let error = client.current_user(&credentials()).await.unwrap_err();
        assert_interrupted(&error);
    }
}

#[tokio::test]
async fn answer_cut_short_is_interrupted() {
    for answer in [
        &b"HTTP/1.1 201 Cre"[..],
        b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":5",
        // Whole JSON, but the response is not.
        b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":5}",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"id\":5}\r\n",
    ] {
        for with_reset in [true, false] {
            let client = client(answers_and_ends(answer, with_reset).await);
            assert_interrupted(&create_fails(&client).await);
        }
    }
}

#[tokio::test]
async fn nonsense_instead_of_http_is_interrupted() {
    let client = client(answers_and_ends(b"220 mail.example ESMTP\r\n", false).await);
    assert_interrupted(&create_fails(&client).await);
}

#[tokio::test]
async fn refusal_cut_short_is_still_a_refusal() {
    let answer = b"HTTP/1.1 422 Unprocessable\r\nContent-Length: 100\r\n\r\n{\"err";
    let error = create_fails(&client(answers_and_ends(answer, false).await)).await;
    assert!(
        matches!(&error, Error::Refused { status: 422, errors } if errors.is_empty()),
        "{error:?}"
    );
}

#[tokio::test]
async fn slow_answer_is_timed_out() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 201 Created\r\nContent-Length: 8\r\n\r\n{\"id\"",
    ] {
        let address = listen(move |mut stream, _| async move {
            read_request(&mut stream).await;
            stream.write_all(answer).await.unwrap();
            std::future::pending::<()>().await;
        })
        .await;
        let client = client_with(address, http_builder().timeout(PATIENCE));
        assert_timed_out(&create_fails(&client).await);
    }
}

/// A server that redirects every POST to `target` with `status`.
async fn redirecting(status: u16, target: SocketAddr) -> SocketAddr {
    listen(move |mut stream, _| async move {
        read_request(&mut stream).await;
        let answer = format!(
            "HTTP/1.1 {status} Moved\r\nLocation: http://{target}/v1/partner/candidates\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    })
    .await
}

#[tokio::test]
async fn redirect_is_unreadable_and_never_repeats_the_post() {
    let posts = Arc::new(AtomicUsize::new(0));
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = (Arc::clone(&posts), Arc::clone(&requests));
    let target = listen(move |mut stream, _| {
        let (posts, requests) = counted.clone();
        async move {
            let request = read_request(&mut stream).await.unwrap();
            requests.fetch_add(1, Ordering::SeqCst);
            if request.starts_with("post") {
                posts.fetch_add(1, Ordering::SeqCst);
            }
            stream.write_all(CREATED).await.unwrap();
        }
    })
    .await;
    for status in [301, 302, 303, 307, 308] {
        let address = redirecting(status, target).await;
        let error = create_fails(&client(address)).await;
        assert!(
            matches!(error, Error::Unreadable { status: s } if s == status),
            "{error:?}"
        );
    }
    assert_eq!(requests.load(Ordering::SeqCst), 0);

    // The caller's own client may follow redirects; the POST still stays one.
    let follow = || http_builder().redirect(reqwest::redirect::Policy::limited(5));
    for status in [301, 302, 303, 307, 308] {
        let address = redirecting(status, target).await;
        let error = create_fails(&client_with(address, follow())).await;
        assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
        assert!(!error.nothing_was_created());
    }
    assert_eq!(posts.load(Ordering::SeqCst), 0);

    // A dead end after the POST is no proof that nothing was created.
    let (_socket, dead) = dead_address();
    let address = redirecting(302, dead).await;
    assert_interrupted(&create_fails(&client_with(address, follow())).await);
}

/// reqwest's own settings, the least favourable client a caller may pass.
fn default_http() -> reqwest::ClientBuilder {
    // Installs the TLS provider too.
    let _ = http_builder();
    reqwest::Client::builder().no_proxy().tls_certs_only([])
}

#[tokio::test]
async fn post_on_a_connection_that_dies_after_reading_is_not_repeated() {
    let posts = Arc::new(AtomicUsize::new(0));
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = (Arc::clone(&posts), Arc::clone(&connections));
    let address = listen(move |mut stream, number| {
        let (posts, connections) = counted.clone();
        async move {
            connections.fetch_add(1, Ordering::SeqCst);
            while read_request(&mut stream).await.is_some() {
                let dies = number == 0 && posts.fetch_add(1, Ordering::SeqCst) == 1;
                if dies {
                    return reset(stream);
                }
                stream.write_all(CREATED).await.unwrap();
            }
        }
    })
    .await;
    let client = client_with(address, default_http());
    (client.create_candidate(&credentials(), &prospect()).await).unwrap();
    assert_interrupted(&create_fails(&client).await);
    assert_eq!(connections.load(Ordering::SeqCst), 1, "reused, then left");
    assert_eq!(posts.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn post_on_a_connection_that_died_idle_arrives_once_or_is_reported() {
    let posts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&posts);
    // Promises keep-alive and closes at once: the next send meets a connection in any state of
    // being dead, and hyper-util may try it again on a new one.
    let address = listen(move |mut stream, _| {
        let posts = Arc::clone(&counted);
        async move {
            if read_request(&mut stream).await.is_some() {
                posts.fetch_add(1, Ordering::SeqCst);
                stream.write_all(CREATED).await.unwrap();
            }
        }
    })
    .await;
    let client = client_with(address, default_http());
    let mut arrived = 0;
    for _ in 0..200 {
        match client.create_candidate(&credentials(), &prospect()).await {
            Ok(_) => arrived += 1,
            Err(error) => assert!(
                matches!(error, Error::Interrupted | Error::Unreachable { .. }),
                "{error:?}"
            ),
        }
        assert_eq!(posts.load(Ordering::SeqCst), arrived);
    }
    assert!(arrived > 0);
}
