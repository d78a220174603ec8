//! TLS that the proxy speaks itself, and what it believes of a reverse proxy before it.

use crate::support::{
    EXTENSION, Fake, Stand,
    process::{Process, client, command},
    quick,
};
use atsi_proxy::{Config, Proxy};
use reqwest::{Certificate, Client, Method};
use serde_json::Value;
use std::path::Path;

/// Writes a new certificate and its key; returns a client that trusts this certificate alone and
/// opens a connection for each request.
fn certify(folder: &Path) -> Client {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_certs_only([Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()])
        .build()
        .unwrap()
}

fn config(folder: &Path) -> Config {
    let database = format!("sqlite://{}", folder.join("atsi.db").display());
    Stand::config(folder, &database, "http://127.0.0.1:9/v1/partner")
}

fn with_tls(folder: &Path) -> Config {
    Config {
        tls_cert: Some(folder.join("cert.pem")),
        tls_key: Some(folder.join("key.pem")),
        ..config(folder)
    }
}

#[tokio::test]
async fn plain_http_gets_nothing_from_a_proxy_with_tls() {
    let plain = client();
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let proxy = Proxy::start(&with_tls(folder.path()), quick())
        .await
        .unwrap();
    assert!(proxy.url().starts_with("https://"), "{}", proxy.url());
    let url = format!("{}/v1/connection", proxy.url());
    let response = first.get(&url).header("origin", EXTENSION).send().await;
    let response = response.unwrap();
    assert_eq!(response.status(), 200);
    // By name, and with HTTP/2, too.
    assert_eq!(response.version(), reqwest::Version::HTTP_2);
    let by_name = url.replace("127.0.0.1", "localhost");
    assert_eq!(first.get(&by_name).send().await.unwrap().status(), 200);
    // The guard is there as ever.
    let page = first.get(&url).header("origin", "https://evil.example");
    assert_eq!(page.send().await.unwrap().status(), 403);
    let insecure = url.replace("https://", "http://");
    assert!(plain.get(&insecure).send().await.is_err());

    let secret = first
        .post(format!("{}/v1/hooks/secret", proxy.url()))
        .json(&serde_json::json!({}));
    let secret: Value = secret.send().await.unwrap().json().await.unwrap();
    let hook = secret["url"].as_str().unwrap();
    assert!(hook.starts_with(&proxy.url()), "{hook}");

    // What cannot be used changes nothing.
    std::fs::write(folder.path().join("key.pem"), "no key").unwrap();
    let error = proxy.reload_tls().await.unwrap_err().to_string();
    assert!(
        error.contains("key.pem") && error.contains("PEM"),
        "{error}"
    );
    assert_eq!(first.get(&url).send().await.unwrap().status(), 200);

    let second = certify(folder.path());
    assert!(second.get(&url).send().await.is_err());
    proxy.reload_tls().await.unwrap();
    assert_eq!(second.get(&url).send().await.unwrap().status(), 200);
    assert!(first.get(&url).send().await.is_err());
    proxy.stop().await;
}

#[tokio::test]
async fn unusable_certificate_is_named_at_the_start() {
    let _ = client();
    let folder = tempfile::tempdir().unwrap();
    certify(folder.path());
    let key = std::fs::read(folder.path().join("key.pem")).unwrap();
    // The key of another certificate.
    certify(folder.path());
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    let error = Proxy::start(&with_tls(folder.path()), quick())
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("cert.pem") && error.contains("key.pem"),
        "{error}"
    );
}

#[tokio::test]
async fn hangup_signal_reloads_the_certificate() {
    let (_fake, greenhouse) = Fake::start().await;
    let _ = client();
    let folder = tempfile::tempdir().unwrap();
    let first = certify(folder.path());
    let mut command = command(folder.path(), &greenhouse);
    command
        .env("ATSI_TLS_CERT", "cert.pem")
        .env("ATSI_TLS_KEY", "key.pem");
    let proxy = Process::spawn(command, folder.path()).await;
    let url = format!("{}/healthz", proxy.url);
    assert_eq!(first.get(&url).send().await.unwrap().status(), 200);
    let second = certify(folder.path());
    proxy.signal("-HUP").await;
    while second.get(&url).send().await.is_err() {
        tokio::task::yield_now().await;
    }
    proxy.terminate().await;
}

#[tokio::test]
async fn forwarded_host_is_believed_from_a_trusted_proxy_only() {
    let http = client();
    for trusted in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(folder.path());
        config.public_url = Some("https://atsi.kiln.example".parse().unwrap());
        if trusted {
            config.trusted_proxy = vec!["127.0.0.0/8".parse().unwrap()];
        }
        let proxy = Proxy::start(&config, quick()).await.unwrap();
        let status = async |path: &str, host: &str| {
            let request = http
                .request(Method::POST, format!("{}{path}", proxy.url()))
                .header("x-forwarded-host", host)
                .header("x-forwarded-for", "192.0.2.7");
            request.send().await.unwrap().status().as_u16()
        };
        let hook = "/hooks/greenhouse/0123456789abcdef";
        // 404: it was let in, and there is no such web hook.
        assert_eq!(status(hook, "atsi.kiln.example").await, 404);
        let refused = if trusted { 403 } else { 404 };
        assert_eq!(status(hook, "evil.example").await, refused);
        // Without accounts nothing else is served through a proxy, trusted or not.
        for host in ["atsi.kiln.example", "localhost"] {
            assert_eq!(status("/v1/sends", host).await, 403);
        }
        proxy.stop().await;
    }
}

#[tokio::test]
async fn log_names_the_client_of_the_trusted_proxy() {
    let (_fake, greenhouse) = Fake::start().await;
    let http = client();
    for (trusted, asker) in [
        ("127.0.0.1,10.0.0.0/8", "192.0.2.7"),
        ("10.0.0.0/8", "127.0.0.1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = command(folder.path(), &greenhouse);
        command
            .env("ATSI_TRUSTED_PROXY", trusted)
            .env("ATSI_LOG", "info");
        let proxy = Process::spawn(command, folder.path()).await;
        let request = http
            .post(format!("{}/hooks/greenhouse/x", proxy.url))
            .header("x-forwarded-for", "198.51.100.1, 192.0.2.7, 10.1.1.1")
            .header("x-forwarded-proto", "https");
        assert_eq!(request.send().await.unwrap().status(), 404);
        proxy.terminate().await;
        let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
        assert!(log.contains(&format!("client={asker}")), "{log}");
        assert!(!log.contains("198.51.100.1"), "{log}");
    }
}
