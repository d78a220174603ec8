//! Company mode: signing in, who may do what, and that no company touches another.

use super::company_access::kiln;
use crate::support::{
    self, EXTENSION, KEY, OVER_POSTGRES, Stand, USER,
    company::{office, office_with},
    live::Listener,
    person, quick,
};
use atsi_proxy::{Tuning, audit, config::Mode, export};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::sync::Semaphore;
use tokio_tungstenite::tungstenite::Error;

pub const ADA: &str = "ada.park@kiln.example";
pub const NOOR: &str = "noor@kiln.example";
pub const EVE: &str = "eve@forge.example";

pub fn body(address: &str, code: &str) -> Value {
    json!({"email": address, "code": code, "device": "Chrome on Windows"})
}

#[tokio::test]
async fn first_member_of_a_domain_is_admin_and_a_colleague_joins_at_once() {
    let mut stand = office().await;
    let ada = stand.sign_in(" Ada.Park@KILN.example ").await;
    assert_eq!(
        (ada.role(), &ada.me["member"]["name"]),
        ("admin", &json!("Ada Park"))
    );
    assert_eq!(ada.me["member"]["email"], ADA);
    assert_eq!(
        ada.me["company"],
        json!({"domain": "kiln.example", "automatic_joining": true})
    );
    assert_eq!(ada.me["connection"]["state"], "none");
    let (status, connection) = stand.connect_as(&ada, KEY, USER).await;
    assert_eq!(
        (status, &connection["connected_by"]),
        (200, &json!("Ada Park"))
    );

    let noor = stand.sign_in(NOOR).await;
    assert_eq!(noor.role(), "recruiter");
    assert_eq!(noor.me["connection"]["state"], "active");
    assert_eq!(noor.me["connection"]["connected_by"], "Ada Park");
    let (_, send) = stand.send_as(&noor, "k-1", &person("imani-7")).await;
    assert_eq!(
        (&send["state"], &send["sent_by"]),
        (&json!("created"), &json!("Noor"))
    );
    // Both see it, on one connection.
    let (_, seen) = stand.get_as(&ada, "/v1/sends/k-1").await;
    assert_eq!(seen["state"], "created");
    // Again, on another device, it is the same person; and a restart signs nobody out.
    let again = stand.sign_in(NOOR).await;
    assert_eq!(again.id(), noor.id());
    assert_ne!(again.token, noor.token);
    stand.stop().await;
    stand.begin().await;
    assert_eq!(
        stand.get_as(&noor, "/v1/me").await.1["session"],
        noor.me["session"]
    );
    stand.stop().await;
}

#[tokio::test]
async fn sign_in_answer_does_not_reveal_who_is_known() {
    let mut stand = office().await;
    stand.sign_in(ADA).await;
    let mut answers = BTreeSet::new();
    for address in [
        ADA,
        "nobody@kiln.example",
        "x@unknown.example",
        "x@gmail.com",
    ] {
        let response = stand
            .ask(Method::POST, "/v1/sign-in/code")
            .json(&json!({"email": address}))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let mut headers: Vec<String> = (response.headers().keys())
            .map(ToString::to_string)
            .collect();
        headers.sort();
        answers.insert((status, headers, response.text().await.unwrap()));
        // And each gets the same mail.
        let expected = if address == ADA { 2 } else { 1 };
        let mail = stand.until_mail(address, expected).await;
        assert_eq!(mail.subject, "Your ATSi code");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Nor does trying a code.
    let mut answers = BTreeSet::new();
    for address in [
        ADA,
        "nobody@kiln.example",
        "x@unknown.example",
        "never@asked.example",
    ] {
        let (status, problem) = stand.try_sign_in(body(address, "nonsense")).await;
        answers.insert((status, problem.to_string()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    stand.stop().await;
}

#[tokio::test]
async fn sign_in_code_works_once_for_ten_minutes_and_five_tries() {
    let mut stand = office().await;
    let wrong = |code: &str| if code == "000000" { "000001" } else { "000000" };
    let refused = |answer: (u16, Value)| {
        assert_eq!((answer.0, &answer.1["code"]), (422, &json!("code_wrong")));
    };
    // Once.
    let code = stand.code(ADA).await;
    assert_eq!(code.len(), 6);
    let (status, answer) = stand.try_sign_in(body(ADA, &code)).await;
    assert_eq!(status, 200, "{answer}");
    refused(stand.try_sign_in(body(ADA, &code)).await);

    // Five tries, the right one included.
    let code = stand.code(ADA).await;
    for _ in 0..5 {
        refused(stand.try_sign_in(body(ADA, wrong(&code))).await);
    }
    refused(stand.try_sign_in(body(ADA, &code)).await);
    let code = stand.code(ADA).await;
    for _ in 0..4 {
        refused(stand.try_sign_in(body(ADA, wrong(&code))).await);
    }
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(stand.try_sign_in(body(ADA, &spaced)).await.0, 200);

    // The newest alone, and for its own address alone.
    let older = stand.code(ADA).await;
    let newer = stand.code(ADA).await;
    if older != newer {
        refused(stand.try_sign_in(body(ADA, &older)).await);
    }
    let of_noor = stand.code(NOOR).await;
    if of_noor != newer {
        refused(stand.try_sign_in(body(ADA, &of_noor)).await);
    }
    assert_eq!(stand.try_sign_in(body(ADA, &newer)).await.0, 200);

    // Ten minutes.
    let code = stand.code(ADA).await;
    stand
        .execute("UPDATE sign_in_code SET expires_at = expires_at - 600001")
        .await;
    refused(stand.try_sign_in(body(ADA, &code)).await);
    stand.stop().await;
}

#[tokio::test]
async fn frequent_sign_in_attempts_are_told_to_wait() {
    let mut stand = office_with(Tuning {
        codes_per_address: 2,
        codes_per_client: 3,
        ..quick()
    })
    .await;
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    let request = stand.ask(Method::POST, "/v1/sign-in/code");
    let response = request.json(&json!({"email": ADA})).send().await.unwrap();
    assert_eq!(response.status(), 429);
    let seconds = response.headers()["retry-after"].to_str().unwrap();
    assert!(
        (1..=300).contains(&seconds.parse::<u32>().unwrap()),
        "{seconds}"
    );
    // The refused one counts for the client as well.
    let (status, problem) = stand.ask_code(NOOR).await;
    assert_eq!(
        (status, &problem["code"]),
        (429, &json!("too_many_requests"))
    );
    for _ in 0..15 {
        assert_eq!(stand.try_sign_in(body(ADA, "x")).await.0, 422);
    }
    assert_eq!(stand.try_sign_in(body(ADA, "x")).await.0, 429);
    stand.stop().await;
}

#[tokio::test]
async fn stranger_without_an_invitation_is_refused() {
    let mut stand = office().await;
    stand.sign_in(ADA).await;
    let code = stand.code("someone@gmail.com").await;
    for _ in 0..7 {
        // The code stays good for when there is one.
        let (status, problem) = stand.try_sign_in(body("someone@gmail.com", &code)).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("invitation_needed"))
        );
    }
    let mut request = body("someone@gmail.com", &code);
    request["invitation"] = json!("https://atsi.kiln.example/join#atsi_made_up");
    let (status, problem) = stand.try_sign_in(request).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("invitation_needed"))
    );
    assert!(problem["detail"].as_str().unwrap().contains("revoked"));
    // Two domains are two companies.
    let eve = stand.sign_in(EVE).await;
    assert_eq!(
        (eve.role(), &eve.me["company"]["domain"]),
        ("admin", &json!("forge.example"))
    );
    stand.stop().await;
}

#[tokio::test]
async fn signed_out_session_and_its_live_channel_end() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let phone = stand.sign_in(ADA).await;
    let url = stand.url("");
    let listen =
        async |token: Option<&str>| Listener::connect_as(&url, None, EXTENSION, token).await;
    let mut here = listen(Some(&ada.token)).await.unwrap();
    let mut there = listen(Some(&phone.token)).await.unwrap();
    here.hear().await.unwrap();
    there.hear().await.unwrap();
    for refused in [listen(None).await, listen(Some("atsi_made_up")).await] {
        let Err(Error::Http(answer)) = refused else {
            panic!("a stranger listens");
        };
        assert_eq!(answer.status(), 401);
    }

    let (_, sessions) = stand.get_as(&ada, "/v1/sessions").await;
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["device"], "Firefox on Linux");
    let current = |one: &&Value| one["current"] == true;
    let own: Vec<_> = sessions.iter().filter(current).collect();
    assert_eq!((own.len(), &own[0]["id"]), (1, &ada.me["session"]));

    let path = format!("/v1/sessions/{}", phone.me["session"]);
    let (status, left) = stand.delete_as(&ada, &path).await;
    assert_eq!(
        (status, left["sessions"].as_array().unwrap().len()),
        (200, 1)
    );
    assert_eq!(stand.delete_as(&ada, &path).await.0, 404);
    assert_eq!(there.hear().await.unwrap_err(), 4001);
    let (status, problem) = stand.get_as(&phone, "/v1/me").await;
    assert_eq!((status, &problem["code"]), (401, &json!("sign_in_needed")));
    // The other one goes on.
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 200);
    assert_eq!(stand.delete_as(&ada, "/v1/session").await.0, 200);
    assert_eq!(here.hear().await.unwrap_err(), 4001);
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 401);
    stand.stop().await;
}

#[tokio::test]
async fn unused_session_ends() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    stand
        .execute("UPDATE session SET last_used_at = last_used_at - 7776000001")
        .await;
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 401);
    let ada = stand.sign_in(ADA).await;
    stand
        .execute("UPDATE session SET last_used_at = last_used_at - 600000")
        .await;
    let before = stand.get_as(&ada, "/v1/sessions").await.1;
    let after = stand.get_as(&ada, "/v1/sessions").await.1;
    // The first use was written down after it was answered from; the next within minutes is not.
    assert_eq!(
        before["sessions"][0]["last_used_at"],
        after["sessions"][0]["last_used_at"]
    );
    assert!(
        after["sessions"][0]["last_used_at"].as_u64() > after["sessions"][0]["created_at"].as_u64()
    );
    stand.stop().await;
}

#[tokio::test]
async fn audit_names_the_member_and_the_company() {
    let mut stand = office().await;
    let (ada, _) = kiln(&stand).await;
    let eve = stand.sign_in(EVE).await;
    let (_, told) = stand.get_as(&ada, "/v1/audit").await;
    let entries = told["entries"].as_array().unwrap();
    let seen: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| {
            (
                entry["who"].as_str().unwrap(),
                entry["action"].as_str().unwrap(),
            )
        })
        .collect();
    for action in [
        "company_founded",
        "signed_in",
        "connected",
        "hook_secret_made",
    ] {
        assert!(seen.contains(&(ADA, action)), "{action}: {seen:?}");
    }
    assert!(!told.to_string().contains("eve"), "{told}");

    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.mode = Mode::Company;
    config.mail_dir = Some(stand.folder.path().join("mail"));
    let error = export(&config, None).await.unwrap_err().to_string();
    assert!(
        error.contains("--company: kiln.example, forge.example"),
        "{error}"
    );
    let error = export(&config, Some("elsewhere.example"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("There are: kiln.example"), "{error}");
    let data = export(&config, Some("Kiln.example")).await.unwrap();
    assert!(
        data.contains("imani-7") && !data.contains("forge.example"),
        "{data}"
    );
    let lines = audit(&config, Some("forge.example")).await.unwrap();
    assert!(
        lines.contains(&format!("\t{EVE}\tcompany_founded")),
        "{lines}"
    );

    // Erased to the last row: nobody is signed in, and the audit knows a number alone.
    let (status, _) = stand.delete_as(&ada, "/v1/company/data").await;
    assert_eq!(status, 200);
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 401);
    assert_eq!(stand.get_as(&eve, "/v1/me").await.0, 200);
    let error = export(&config, Some("kiln.example"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("There are: forge.example."), "{error}");
    if !OVER_POSTGRES {
        let file = stand.folder.path().join("atsi.db");
        for text in ["ada.park", "Ada Park", "imani-7"] {
            assert!(!support::files_hold(&file, text.as_bytes()), "{text}");
        }
    }
    let again = stand.sign_in(NOOR).await;
    assert_eq!(again.role(), "admin", "the domain begins anew");
    assert!(again.id() > ada.id());
    stand.stop().await;
}

#[tokio::test]
async fn database_holds_no_readable_token_or_code() {
    if OVER_POSTGRES {
        return;
    }
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let code = stand.code(ADA).await;
    let file = stand.folder.path().join("atsi.db");
    for secret in [ada.token.as_str(), &ada.token[5..], &code] {
        assert!(!support::files_hold(&file, secret.as_bytes()), "{secret}");
    }
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert!(!support::files_hold(&file, spaced.as_bytes()));
    stand.stop().await;
}

#[tokio::test]
async fn removed_member_is_out_at_once_and_cannot_rejoin() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let phone = stand.sign_in(NOOR).await;
    let (_, members) = stand.get_as(&noor, "/v1/members").await;
    let seen: Vec<_> = members["members"].as_array().unwrap().iter().collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (&seen[0]["email"], &seen[0]["role"]),
        (&json!(ADA), &json!("admin"))
    );
    assert!(seen[1]["last_used_at"].is_u64());

    let url = stand.url("");
    let mut listener = Listener::connect_as(&url, None, EXTENSION, Some(&phone.token))
        .await
        .unwrap();
    listener.hear().await.unwrap();
    let path = format!("/v1/members/{}", noor.id());
    assert_eq!(
        stand
            .delete_as(&noor, &format!("/v1/members/{}", ada.id()))
            .await
            .0,
        403
    );
    assert_eq!(stand.delete_as(&ada, &path).await.0, 200);
    assert_eq!(listener.hear().await.unwrap_err(), 4001);
    for token in [&noor, &phone] {
        assert_eq!(stand.get_as(token, "/v1/me").await.0, 401);
    }
    assert_eq!(stand.delete_as(&ada, &path).await.0, 404);
    let code = stand.code(NOOR).await;
    let (_, problem) = stand.try_sign_in(body(NOOR, &code)).await;
    assert_eq!(problem["code"], "invitation_needed");
    // An admin may change their mind.
    let (_, made) = stand
        .post_as(&ada, "/v1/invitations", json!({"role": "recruiter"}))
        .await;
    let mut request = body(NOOR, &code);
    request["invitation"] = made["link"].clone();
    let (status, back) = stand.try_sign_in(request).await;
    assert_eq!(
        (status, &back["me"]["member"]["role"]),
        (200, &json!("recruiter"))
    );
    stand.stop().await;
}

#[tokio::test]
async fn last_admin_cannot_leave_or_be_demoted() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let own = format!("/v1/members/{}", ada.id());
    let other = format!("/v1/members/{}", noor.id());
    let recruiter = json!({"role": "recruiter"});
    for answer in [
        stand.delete_as(&ada, &own).await,
        stand.put_as(&ada, &own, recruiter.clone()).await,
    ] {
        assert_eq!((answer.0, &answer.1["code"]), (409, &json!("last_admin")));
    }
    // Staying one is no change.
    assert_eq!(
        stand.put_as(&ada, &own, json!({"role": "admin"})).await.0,
        200
    );
    let (status, member) = stand.put_as(&ada, &other, json!({"role": "admin"})).await;
    assert_eq!((status, &member["role"]), (200, &json!("admin")));
    // What a member may do is asked anew with every request.
    assert_eq!(stand.get_as(&noor, "/v1/audit").await.0, 200);
    // Both at once: one of them stays.
    let (one, two) = tokio::join!(stand.delete_as(&ada, &own), stand.delete_as(&noor, &other));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    stand.stop().await;
}

#[tokio::test]
async fn member_removed_during_the_key_check_connects_nothing() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let path = format!("/v1/members/{}", noor.id());
    for change in ["demoted", "removed"] {
        let admin = json!({"role": "admin"});
        assert_eq!(stand.put_as(&ada, &path, admin).await.0, 200);
        stand.fake.users.forget_permits(Semaphore::MAX_PERMITS);
        let key = json!({"api_key": KEY, "service_user_email": USER});
        let connecting = stand.put_as(&noor, "/v1/connection", key);
        let meanwhile = async {
            stand.fake.asked.acquire().await.unwrap().forget();
            let recruiter = json!({"role": "recruiter"});
            let (status, _) = match change {
                "demoted" => stand.put_as(&ada, &path, recruiter).await,
                _ => stand.delete_as(&ada, &path).await,
            };
            assert_eq!(status, 200);
            stand.fake.users.add_permits(100);
        };
        let ((status, problem), ()) = tokio::join!(connecting, meanwhile);
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("admin_needed")),
            "{change}"
        );
        let (_, connection) = stand.get_as(&ada, "/v1/connection").await;
        assert_eq!(connection["state"], "none", "{change}");
    }
    stand.stop().await;
}

#[tokio::test]
async fn personal_mode_has_no_accounts() {
    let mut stand = Stand::connected(quick()).await;
    let (status, me) = stand.json(stand.ask(Method::GET, "/v1/me")).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&me["mode"], &me["mail"]),
        (&json!("personal"), &json!(false))
    );
    assert_eq!(me["connection"]["state"], "active");
    assert!(me.get("member").is_none() && me.get("company").is_none());
    let (status, problem) = stand.ask_code(ADA).await;
    assert_eq!((status, &problem["code"]), (409, &json!("no_accounts")));
    stand.stop().await;
}
