//! Mail: its parts, its server and its age.

use super::company::{ADA, NOOR, body};
use crate::support::{
    self, Stand,
    company::{Mail, office},
    quick,
};
use atsi_proxy::{config::Mode, store::NewMail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[tokio::test]
async fn mail_has_text_html_and_a_subject() {
    let mut stand = office().await;
    let code = stand.code(ADA).await;
    let mail = stand.mail_to(ADA).remove(0);
    assert_eq!(mail.from, "ATSi <atsi@localhost>");
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    for said in [&mail.text, &mail.html] {
        assert!(said.contains(&spaced), "{said}");
        assert!(said.contains("10 minutes"), "{said}");
        assert!(said.contains(&stand.url("")), "{said}");
    }
    assert!(
        !mail.subject.contains(&code[..3]),
        "subjects are shown on locked screens"
    );
    stand.stop().await;
}

/// A mail server that knows as much of RFC 5321 as a client needs. It first refuses `busy` mails for a
/// moment; of the rest it hands out the recipient and the content.
async fn mail_server(
    mut busy: u32,
) -> (
    String,
    tokio::sync::mpsc::UnboundedReceiver<(String, Vec<u8>)>,
) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            writer
                .write_all(b"220 mail.kiln.example\r\n")
                .await
                .unwrap();
            let (mut to, mut content, mut in_data) = (String::new(), Vec::new(), false);
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = if in_data {
                    if line != "." {
                        let line = line.strip_prefix('.').unwrap_or(&line);
                        content.extend_from_slice(line.as_bytes());
                        content.extend_from_slice(b"\r\n");
                        continue;
                    }
                    in_data = false;
                    sender
                        .send((to.clone(), std::mem::take(&mut content)))
                        .unwrap();
                    "250 taken"
                } else if let Some(recipient) = line.strip_prefix("RCPT TO:") {
                    to = recipient.trim_matches(['<', '>']).to_owned();
                    if busy > 0 {
                        busy -= 1;
                        "450 try again later"
                    } else {
                        "250 ok"
                    }
                } else if line == "DATA" {
                    in_data = true;
                    "354 go on"
                } else if line.starts_with("QUIT") {
                    "221 bye"
                } else {
                    "250 ok"
                };
                if writer
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .await
                    .is_err()
                {
                    break;
                }
            }
        }
    });
    (url, receiver)
}

#[tokio::test]
async fn mail_by_smtp_arrives_once_after_the_server_was_busy() {
    let mut stand = office().await;
    stand.stop().await;
    let (url, mut arrived) = mail_server(1).await;
    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.mode = Mode::Company;
    config.mail_from = "ATSi at Kiln <atsi@kiln.example>".parse().unwrap();
    // Nobody listens there.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("smtp://{}", gone.local_addr().unwrap());
    drop(gone);
    config.smtp_url = Some(nowhere.parse().unwrap());
    stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    stand.stop().await;
    stand.execute("UPDATE mail SET due_at = queued_at").await;

    config.smtp_url = Some(url.parse().unwrap());
    stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    let (to, content) = arrived.recv().await.unwrap();
    assert_eq!(to, ADA);
    let mail = Mail::parse(&content);
    assert_eq!(mail.from, "\"ATSi at Kiln\" <atsi@kiln.example>");
    let (status, _) = stand.try_sign_in(body(ADA, &mail.code())).await;
    assert_eq!(status, 200);
    // What came later comes next: the first was not sent again.
    assert_eq!(stand.ask_code(NOOR).await.0, 202);
    assert_eq!(arrived.recv().await.unwrap().0, NOOR);
    stand.stop().await;
    assert!(arrived.try_recv().is_err());
}

/// Or the worker would look for it again and again.
#[tokio::test]
async fn expired_mail_holds_up_nobody() {
    let database = support::Database::new().await;
    let store = database.open().await;
    let mail = NewMail {
        company: None,
        intent: "code/1",
        sealed: vec![1],
        drop_at: 2_000,
    };
    assert!(store.put_mail(mail, 1_000).await.unwrap());
    assert_eq!(store.next_mail_due(1_999).await.unwrap(), Some(1_000));
    assert_eq!(store.next_mail_due(2_000).await.unwrap(), None);
    assert!(store.take_mail(2_000).await.unwrap().is_none());
    store.close().await;
}

#[tokio::test]
async fn expired_code_is_not_mailed() {
    let mut stand = office().await;
    stand.stop().await;
    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.mode = Mode::Company;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("smtp://{}", gone.local_addr().unwrap());
    drop(gone);
    config.smtp_url = Some(nowhere.parse().unwrap());
    stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    stand.stop().await;
    stand
        .execute("UPDATE mail SET due_at = queued_at, drop_at = queued_at + 1")
        .await;
    stand.begin().await;
    // A later mail is sent, so the earlier one was passed over.
    stand.code(NOOR).await;
    assert!(stand.mail_to(ADA).is_empty());
    stand.stop().await;
}
