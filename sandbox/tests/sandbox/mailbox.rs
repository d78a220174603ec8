//! The mailbox shows what was written into a folder, and lets nothing of it run.

use crate::support::TestSandbox;
use reqwest::StatusCode;
use serde_json::Value;

const MAIL: &str = "From: ATSi <atsi@kiln.example>\r\nTo: ada@kiln.example\r\nSubject: =?utf-8?b?R3LDvMOfZSA8Yj4=?=\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n\
--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<script>text</script> 123=20456\r\n\
--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><head></head><body><script>run()</script><p>Hello</p></body></html>\r\n--x--\r\n";

async fn text(sandbox: &TestSandbox, path: &str) -> (StatusCode, String, String) {
    let response = sandbox.client.get(sandbox.http(path)).send().await.unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    (response.status(), policy, response.text().await.unwrap())
}

#[tokio::test]
async fn mail_is_shown_and_its_scripts_do_not_run() {
    let folder = std::env::temp_dir().join(format!("atsi-mailbox-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let sandbox = TestSandbox::start_with_mail(&folder).await;
    let (_, _, page) = text(&sandbox, "/mailbox").await;
    assert!(page.contains("No mail yet"), "{page}");
    std::fs::write(folder.join("0001-1.eml"), MAIL).unwrap();
    std::fs::write(folder.join(".0002-2.eml.part"), MAIL).unwrap();
    std::fs::write(folder.join("secret.txt"), "secret").unwrap();

    let (_, policy, page) = text(&sandbox, "/mailbox").await;
    assert!(
        page.contains("Grüße &lt;b&gt;") && page.contains("/mailbox/0001-1.eml"),
        "{page}"
    );
    assert!(!page.contains("secret") && !page.contains("0002"), "{page}");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    let (_, _, page) = text(&sandbox, "/mailbox/0001-1.eml").await;
    assert!(
        page.contains("&lt;script&gt;text&lt;/script&gt; 123 456"),
        "{page}"
    );
    assert!(
        !page.contains("<script") && page.contains("sandbox=\"allow-popups"),
        "{page}"
    );
    let (_, policy, html) = text(&sandbox, "/mailbox/0001-1.eml/html").await;
    assert!(html.contains("<p>Hello</p>"), "{html}");
    assert!(
        policy.starts_with("sandbox ") && policy.contains("default-src 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));

    let mail = sandbox.client.get(sandbox.http("/sandbox/mailbox"));
    let mail: Value = mail.send().await.unwrap().json().await.unwrap();
    assert_eq!(mail.as_array().unwrap().len(), 1);
    assert_eq!(mail[0]["to"], "ada@kiln.example");

    for other in [
        "secret.txt",
        "..%2Fsecret.txt",
        "..%2F..%2Fetc%2Fpasswd.eml",
        "0002-2.eml",
    ] {
        let (status, _, _) = text(&sandbox, &format!("/mailbox/{other}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{other}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
