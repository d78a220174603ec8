//! The real binary: its command line, its files, and what is left after `kill -9`.

use crate::support::{
    BASIC, EXTENSION, Fake, KEY, Reply, USER, person,
    process::{Process, ask, client, command},
    wait,
};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

async fn connect(http: &reqwest::Client, url: &str) {
    let body = json!({"api_key": KEY, "service_user_email": USER});
    let connection = ask(http, http.put(format!("{url}/v1/connection")).json(&body)).await;
    assert_eq!(connection["state"], "active");
}

async fn state(http: &reqwest::Client, url: &str, key: &str) -> Value {
    ask(http, http.get(format!("{url}/v1/sends/{key}"))).await
}

async fn until(http: &reqwest::Client, url: &str, key: &str, wanted: &str) -> Value {
    wait::until(&format!("send {key} to be {wanted}"), async || {
        let send = state(http, url, key).await;
        if send["state"] == wanted {
            Ok(send)
        } else {
            Err(send)
        }
    })
    .await
}

#[tokio::test]
async fn proxy_killed_during_a_request_leaves_the_send_uncertain() {
    let (fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let http = client();
    let proxy = Process::start(folder.path(), &greenhouse).await;
    connect(&http, &proxy.url).await;
    fake.hold();
    let request = http
        .post(format!("{}/v1/sends", proxy.url))
        .header("idempotency-key", "k-1")
        .json(&person("imani-7"));
    let sending = tokio::spawn(request.header("origin", EXTENSION).send());
    fake.arrived(1).await;
    proxy.kill().await;
    assert!(sending.await.unwrap().is_err());
    fake.let_go(100);

    let proxy = Process::start(folder.path(), &greenhouse).await;
    let send = until(&http, &proxy.url, "k-1", "uncertain").await;
    assert_eq!(send["external_id"], "imani-7");
    // The same wish and a new one: both are told, none goes out.
    for key in ["k-1", "k-2"] {
        let request = http
            .post(format!("{}/v1/sends", proxy.url))
            .header("idempotency-key", key)
            .json(&person("imani-7"));
        assert_eq!(ask(&http, request).await["state"], "uncertain");
    }
    assert_eq!(fake.posts(), 1);
    // Until a person says so.
    let decision = http
        .post(format!("{}/v1/sends/k-1/decision", proxy.url))
        .json(&json!({"decision": "send_again"}));
    assert_eq!(ask(&http, decision).await["state"], "created");
    assert_eq!(fake.posts(), 2);
    proxy.terminate().await;
}

#[tokio::test]
async fn proxy_killed_before_a_request_sends_once_afterwards() {
    let (fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let http = client();
    let proxy = Process::start(folder.path(), &greenhouse).await;
    connect(&http, &proxy.url).await;
    // The key is refused, so everything waits for the repair.
    fake.script(|script| script.keys.clear());
    for key in ["k-1", "k-2", "k-3"] {
        let request = http
            .post(format!("{}/v1/sends", proxy.url))
            .header("idempotency-key", key)
            .json(&person(key));
        let send = ask(&http, request).await;
        assert_eq!(send["reason"], "connection_broken", "{send}");
    }
    proxy.kill().await;
    fake.script(|script| script.keys = vec![BASIC]);

    let proxy = Process::start(folder.path(), &greenhouse).await;
    assert_eq!(
        state(&http, &proxy.url, "k-2").await["reason"],
        "connection_broken"
    );
    connect(&http, &proxy.url).await;
    for key in ["k-1", "k-2", "k-3"] {
        until(&http, &proxy.url, key, "created").await;
    }
    assert_eq!(fake.script(|script| script.candidates.len()), 3);
    proxy.terminate().await;
}

#[tokio::test]
async fn trace_log_holds_no_key_and_no_personal_data() {
    let (fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let http = client();
    let proxy = Process::start(folder.path(), &greenhouse).await;
    connect(&http, &proxy.url).await;
    fake.next(Reply::Refuse(
        axum::http::StatusCode::BAD_REQUEST,
        r#"{"errors":[{"message":"imani.brooks@kiln.example is taken","field":"emails"}]}"#,
    ));
    for key in ["k-1", "k-2"] {
        let request = http
            .post(format!("{}/v1/sends", proxy.url))
            .header("idempotency-key", key)
            .json(&person("imani-7"));
        ask(&http, request).await;
    }
    let lookup = json!({"external_ids": ["imani-7"], "refresh": true});
    ask(
        &http,
        http.post(format!("{}/v1/lookups", proxy.url)).json(&lookup),
    )
    .await;
    proxy.terminate().await;
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("/v1/sends"), "there is a log");
    for secret in [
        KEY,
        BASIC.strip_prefix("Basic ").unwrap(),
        "kiln.example",
        "Imani",
        "imani-7",
        "Brooks",
        "glazing",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn failed_start_says_what_to_do() {
    let (_fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let running = Process::start(folder.path(), &greenhouse).await;
    let taken = running.url.strip_prefix("http://").unwrap().to_owned();
    let failure = async |args: &[&str]| {
        let mut child = command(folder.path(), &greenhouse);
        let mut child = child.args(args).spawn().unwrap();
        let mut error = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut error)
            .await
            .unwrap();
        assert!(!child.wait().await.unwrap().success());
        error
    };
    // The database is in use: the lock keeps a second proxy from taking the first one's leases.
    assert!(failure(&[]).await.contains("Stop that one first"));
    let elsewhere = [
        "--database-url",
        "sqlite://other.db",
        "--master-key-file",
        "other.key",
    ];
    let error = failure(&[&elsewhere[..], &["--listen", &taken]].concat()).await;
    assert!(
        error.contains("Choose another address with --listen"),
        "{error}"
    );
    let error = failure(&["--listen", "0.0.0.0:8787"]).await;
    assert!(error.contains("--listen 127.0.0.1:8787"), "{error}");
    running.terminate().await;

    // Another master key, or none, than the one the database was sealed with.
    std::fs::rename(
        folder.path().join("atsi.key"),
        folder.path().join("copy.key"),
    )
    .unwrap();
    let error = failure(&[]).await;
    assert!(error.contains("Restore it from your copy"), "{error}");
    assert!(!folder.path().join("atsi.key").exists());
    let error = failure(&["--master-key-file", "other.key"]).await;
    assert!(error.contains("is missing"), "{error}");
    std::fs::write(folder.path().join("wrong.key"), [9_u8; 32]).unwrap();
    let error = failure(&["--master-key-file", "wrong.key"]).await;
    assert!(error.contains("chmod 600"), "{error}");
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.path().join("wrong.key"), private).unwrap();
    let error = failure(&["--master-key-file", "wrong.key"]).await;
    assert!(error.contains("a master key other than"), "{error}");

    std::fs::rename(
        folder.path().join("copy.key"),
        folder.path().join("atsi.key"),
    )
    .unwrap();
    Process::start(folder.path(), &greenhouse)
        .await
        .terminate()
        .await;
}

#[tokio::test]
async fn files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let running = Process::start(folder.path(), &greenhouse).await;
    for file in ["atsi.db", "atsi.db-wal", "atsi.key"] {
        let mode = std::fs::metadata(folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{file} {mode:o}");
    }
    running.terminate().await;
}

#[tokio::test]
async fn export_is_readable_by_its_owner_only_and_erasing_needs_a_confirmation() {
    use std::os::unix::fs::PermissionsExt;
    let (_fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let http = client();
    let proxy = Process::start(folder.path(), &greenhouse).await;
    connect(&http, &proxy.url).await;
    let run = async |args: &[&str]| {
        let output = command(folder.path(), &greenhouse)
            .args(args)
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (done, said, error) = run(&["export", "--output", "ours.json"]).await;
    assert!(done, "{error}");
    assert_eq!(said, "");
    let file = folder.path().join("ours.json");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let data: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(data["connection"][0]["service_user"], USER);
    let (done, _, error) = run(&["export", "--output", "ours.json"]).await;
    assert!(!done && error.contains("exists"), "{error}");
    let (done, said, _) = run(&["export"]).await;
    assert!(done && said.contains(USER), "{said}");

    let (done, _, error) = run(&["erase"]).await;
    assert!(!done && error.contains("--yes"), "{error}");
    let url = format!("{}/v1/connection", proxy.url);
    assert_eq!(ask(&http, http.get(&url)).await["state"], "active");
    let (done, said, _) = run(&["erase", "--yes"]).await;
    assert!(done && said.contains("rows deleted"), "{said}");
    assert_eq!(ask(&http, http.get(&url)).await["state"], "none");
    let (done, said, _) = run(&["audit"]).await;
    assert!(
        done && said.trim_end().ends_with("operator\terased"),
        "{said}"
    );
    proxy.terminate().await;
}
