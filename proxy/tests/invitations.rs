//! Invitations, and companies that are closed to others.

use super::company::{ADA, EVE, NOOR, body};
use crate::support::company::office;
use serde_json::{Value, json};

#[tokio::test]
async fn closed_company_is_joined_by_invitation_once() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let closed = json!({"automatic_joining": false});
    let (_, company) = stand.put_as(&ada, "/v1/company", closed).await;
    assert_eq!(company["automatic_joining"], false);
    let code = stand.code(NOOR).await;
    let (_, problem) = stand.try_sign_in(body(NOOR, &code)).await;
    assert_eq!(problem["code"], "invitation_needed");

    // By mail, for one address.
    let invitation = json!({"role": "admin", "email": "Guest@gmail.com"});
    let (status, made) = stand.post_as(&ada, "/v1/invitations", invitation).await;
    assert_eq!(status, 200, "{made}");
    let mail = stand.until_mail("guest@gmail.com", 1).await;
    assert_eq!(mail.subject, "Ada Park invites you to ATSi");
    let link = made["link"].as_str().unwrap();
    assert_eq!(mail.link("/join#"), link);
    let invited = async |address: &str, link: &str| {
        let code = stand.code(address).await;
        let mut request = body(address, &code);
        request["invitation"] = json!(link);
        stand.try_sign_in(request).await
    };
    assert_eq!(invited(NOOR, link).await.0, 403, "it is somebody else's");
    let (status, guest) = invited("guest@gmail.com", link).await;
    assert_eq!(
        (status, &guest["me"]["member"]["role"]),
        (200, &json!("admin"))
    );
    assert_eq!(guest["me"]["company"]["domain"], "kiln.example");
    assert_eq!(invited(EVE, link).await.0, 403, "it was used");

    // By link, for whoever has it; one that is revoked or too old is none.
    let by_link = async || {
        let (_, made) = stand
            .post_as(&ada, "/v1/invitations", json!({"role": "recruiter"}))
            .await;
        (
            made["invitation"]["id"].clone(),
            made["link"].as_str().unwrap().to_owned(),
        )
    };
    let (id, link) = by_link().await;
    let revoke = format!("/v1/invitations/{id}");
    assert_eq!(stand.delete_as(&ada, &revoke).await.0, 200);
    assert_eq!(stand.delete_as(&ada, &revoke).await.0, 404);
    assert_eq!(invited(NOOR, &link).await.0, 403);
    let (_, link) = by_link().await;
    stand
        .execute(
            "UPDATE invitation SET expires_at = expires_at - 604800001 WHERE accepted_at IS NULL",
        )
        .await;
    assert_eq!(invited(NOOR, &link).await.0, 403);
    let (_, link) = by_link().await;
    let token = link.rsplit_once('#').unwrap().1;
    let (status, noor) = invited(NOOR, token).await;
    assert_eq!(
        (status, &noor["me"]["member"]["role"]),
        (200, &json!("recruiter"))
    );
    let (_, all) = stand.get_as(&ada, "/v1/invitations").await;
    let states: Vec<_> = all["invitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["accepted", "expired", "revoked", "accepted"]);

    // Where the link leads, whoever opens it.
    let page = stand
        .http
        .get(stand.url("/join"))
        .header("sec-fetch-site", "cross-site");
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'"),
        "{policy}"
    );
    assert!(page.text().await.unwrap().contains("You are invited"));
    stand.stop().await;
}

#[tokio::test]
async fn invitation_of_a_former_admin_does_not_work() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let set_role = async |role: &str| {
        let path = format!("/v1/members/{}", noor.id());
        let (status, _) = stand.put_as(&ada, &path, json!({"role": role})).await;
        assert_eq!(status, 200);
    };
    let invite = async || {
        let admin = json!({"role": "admin"});
        let (status, made) = stand.post_as(&noor, "/v1/invitations", admin).await;
        assert_eq!(status, 200, "{made}");
        made["link"].clone()
    };
    let enter = async |address: &str, link: &Value| {
        let code = stand.code(address).await;
        let mut request = body(address, &code);
        request["invitation"] = link.clone();
        stand.try_sign_in(request).await.0
    };
    let states = async || {
        let (_, all) = stand.get_as(&ada, "/v1/invitations").await;
        let all = all["invitations"].as_array().unwrap().clone();
        all.into_iter().map(|one| one["state"].clone())
    };
    set_role("admin").await;
    let link = invite().await;
    set_role("recruiter").await;
    assert_eq!(enter("noor@gmail.com", &link).await, 403);
    assert!(states().await.eq([json!("revoked")]));
    set_role("admin").await;
    let kept = invite().await;
    assert_eq!(enter("guest@gmail.com", &kept).await, 200);
    let path = format!("/v1/members/{}", noor.id());
    assert_eq!(stand.delete_as(&ada, &path).await.0, 200);
    // Under the address that was removed, and under another.
    for address in [NOOR, "noor@gmail.com"] {
        assert_eq!(enter(address, &link).await, 403, "{address}");
    }
    // What was used before stays so.
    assert!(states().await.eq([json!("accepted"), json!("revoked")]));
    stand.stop().await;
}
