//! The log of a proxy in company mode.

use super::connecting::{ADA, csrf};
use crate::support::{self, company::Mail, sandbox::sandbox, wait::until};
use atsi_sandbox::greenhouse::seed::{HARVEST_KEY, INGESTION_KEY, SERVICE_USER};
use reqwest::Method;
use serde_json::{Value, json};

/// Everything that is secret passes through the real binary once; its most talkative log has none of it.
#[cfg(unix)]
#[tokio::test]
async fn trace_log_of_company_mode_holds_no_secret_and_no_address() {
    use support::process::{Process, client, command};
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("mail");
    let mut command = command(
        folder.path(),
        &format!("http://{}/v1/partner", sandbox.http),
    );
    command
        .env("ATSI_MODE", "company")
        .env("ATSI_MAIL_DIR", &mail);
    let proxy = Process::spawn(command, folder.path()).await;
    let http = client();
    let ask = async |method: Method, path: &str, token: Option<&str>, body: Value| {
        let mut request = http
            .request(method, format!("{}{path}", proxy.url))
            .json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap().json::<Value>().await.unwrap()
    };
    let newest = async |subject: &str| {
        until(&format!("a mail about {subject:?}"), async || {
            let files = std::fs::read_dir(&mail)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            let mails = files.filter(|path| path.extension().is_some_and(|one| one == "eml"));
            let mut mails = mails.map(|path| Mail::parse(&std::fs::read(path).unwrap()));
            mails.find(|mail| mail.subject.contains(subject)).ok_or(())
        })
        .await
    };
    ask(
        Method::POST,
        "/v1/sign-in/code",
        None,
        json!({"email": ADA}),
    )
    .await;
    let code = newest("code").await.code();
    let signing_in = json!({"email": ADA, "code": code, "device": "Firefox"});
    let signed_in = ask(Method::POST, "/v1/sign-in", None, signing_in).await;
    let token = signed_in["token"].as_str().unwrap();
    let help = json!({"admin_email": "it@hartwell.example", "note": "a note of one's own"});
    ask(Method::POST, "/v1/connection/requests", Some(token), help).await;
    let link = newest("connect Greenhouse").await.link("/connect/");
    let html = http.get(&link).send().await.unwrap().text().await.unwrap();
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("csrf", &csrf(&html))
        .append_pair("api_key", INGESTION_KEY);
    form.append_pair("service_user_email", SERVICE_USER);
    let connected = http
        .post(&link)
        .header("origin", &proxy.url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish())
        .send()
        .await
        .unwrap();
    assert!(connected.text().await.unwrap().contains("Thank you"));
    let keys = json!({"api_key": HARVEST_KEY, "service_user_email": SERVICE_USER});
    let found = ask(Method::POST, "/v1/connection/check", Some(token), keys).await;
    assert_eq!(found["ok"], false);
    let invitation = json!({"role": "recruiter", "email": "guest@gmail.com"});
    let invited = ask(Method::POST, "/v1/invitations", Some(token), invitation).await;
    let invitation = invited["link"].as_str().unwrap();
    newest("invites").await;
    proxy.terminate().await;

    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(
        log.contains("a mail was sent") && log.contains("/connect/{token}"),
        "{log}"
    );
    let secret = |address: &str| address.rsplit_once(['/', '#']).unwrap().1.to_owned();
    for word in [
        token,
        &code,
        &secret(&link),
        &secret(invitation),
        INGESTION_KEY,
        HARVEST_KEY,
        ADA,
        "Ada Park",
        "it@hartwell.example",
        "guest@gmail.com",
        "a note of one's own",
    ] {
        assert!(!log.contains(word), "the log has {word}");
    }
}
