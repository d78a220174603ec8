//! Connecting in company mode, against the sandbox's Greenhouse: the key's check, the one-time link, who
//! acts, managed devices, and what happens when a connection breaks.

use crate::support::{
    self, OVER_POSTGRES, Stand,
    company::{Mail, Person, office},
    person,
    sandbox::{Pair, control, sandbox},
};
use atsi_sandbox::greenhouse::seed::{HARVEST_KEY, INGESTION_KEY, JOB_BOARD_KEY, SERVICE_USER};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

/// Known to the sandbox's Greenhouse, too.
pub const ADA: &str = "ada.park@hartwell.example";
/// Not known there.
pub const NOOR: &str = "noor@hartwell.example";

async fn hartwell() -> (Stand, atsi_sandbox::Running) {
    let sandbox = sandbox().await;
    let mut stand = office().await;
    stand.stop().await;
    stand.greenhouse = format!("http://{}/v1/partner", sandbox.http);
    stand.begin().await;
    (stand, sandbox)
}

/// The lines of a check by name: ok, what it says and its hint.
fn line<'a>(found: &'a Value, name: &str) -> (Option<bool>, String) {
    let mut lines = found["checks"].as_array().unwrap().iter();
    let line: &'a Value = lines.find(|one| one["check"] == name).unwrap();
    let hint = line["hint"].as_str().unwrap_or_default();
    (
        line["ok"].as_bool(),
        format!("{} {hint}", line["says"].as_str().unwrap()),
    )
}

#[tokio::test]
async fn key_check_says_what_is_right_and_what_to_change() {
    let mut pair = Pair::connected().await;
    pair.stand.stop().await;
    pair.stand.begin().await;
    let check = async |key: &str, user: &str| {
        let body = json!({"api_key": key, "service_user_email": user});
        let request = pair
            .stand
            .ask(Method::POST, "/v1/connection/check")
            .json(&body);
        let (status, found) = pair.stand.json(request).await;
        assert_eq!(status, 200, "{found}");
        assert_eq!(found["checks"].as_array().unwrap().len(), 6, "{found}");
        found
    };
    // All is well; spaces around are nobody's intention.
    let found = check(&format!(" {INGESTION_KEY}\n"), SERVICE_USER).await;
    assert_eq!(found["ok"], true);
    for name in [
        "key_shape",
        "user_shape",
        "current_user",
        "jobs",
        "prospect_pools",
        "role",
    ] {
        assert_eq!(line(&found, name).0, Some(true), "{name}: {found}");
    }
    assert!(line(&found, "current_user").1.contains("Hartwell Service"));

    // A key with a space inside, with its last character missing, of another type.
    let spaced = INGESTION_KEY.replacen('c', "c ", 1);
    let found = check(&spaced, SERVICE_USER).await;
    let (ok, says) = line(&found, "key_shape");
    assert!(ok == Some(false) && says.contains("a space"), "{says}");
    assert_eq!(line(&found, "current_user").0, None, "it is not asked");
    let found = check(&INGESTION_KEY[..31], SERVICE_USER).await;
    let (ok, says) = line(&found, "key_shape");
    assert!(ok.is_none() && says.contains("31 characters"), "{says}");
    let (ok, says) = line(&found, "current_user");
    assert!(ok == Some(false) && says.contains("incomplete"), "{says}");
    for key in [HARVEST_KEY, JOB_BOARD_KEY] {
        let found = check(key, SERVICE_USER).await;
        assert_eq!(found["ok"], false);
        let (ok, says) = line(&found, "current_user");
        assert!(
            ok == Some(false) && says.contains("Harvest and Job Board keys look the same"),
            "{says}"
        );
    }
    // A user who is unknown, disabled, or may do little.
    let found = check(INGESTION_KEY, "nobody@hartwell.example").await;
    assert!(
        line(&found, "current_user")
            .1
            .contains("does not know the service user"),
        "{found}"
    );
    let found = check(INGESTION_KEY, "disabled@hartwell.example").await;
    assert!(
        line(&found, "current_user").1.contains("probably disabled"),
        "{found}"
    );
    let found = check(INGESTION_KEY, "not an address").await;
    assert_eq!(line(&found, "user_shape").0, Some(false), "{found}");
    let found = check(INGESTION_KEY, "basic@hartwell.example").await;
    let (ok, says) = line(&found, "role");
    assert!(ok == Some(false) && says.contains("Basic role"), "{says}");
    let found = check(INGESTION_KEY, "jobadmin@hartwell.example").await;
    assert_eq!(line(&found, "role").0, Some(true), "{found}");

    // Nothing was kept.
    let (_, connection) = pair
        .stand
        .json(pair.stand.ask(Method::GET, "/v1/connection"))
        .await;
    assert_eq!(connection["service_user_email"], SERVICE_USER);
    if !OVER_POSTGRES {
        let file = pair.stand.folder.path().join("atsi.db");
        for key in [HARVEST_KEY, JOB_BOARD_KEY, INGESTION_KEY] {
            assert!(!support::files_hold(&file, key.as_bytes()));
        }
    }
    pair.stand.stop().await;
}

/// A browser that opens a link of the proxy's, as far as the proxy sees.
fn open(stand: &Stand, link: &str) -> RequestBuilder {
    let path = link.strip_prefix(&stand.url("")).unwrap();
    stand
        .http
        .get(stand.url(path))
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
}

fn submit(stand: &Stand, link: &str, form: &[(&str, &str)]) -> RequestBuilder {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(form);
    stand
        .http
        .post(link)
        .header("origin", stand.url(""))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body.finish())
}

async fn page(response: Response) -> (u16, String) {
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self'"),
        "{policy}"
    );
    let status = response.status().as_u16();
    let html = response.text().await.unwrap();
    assert!(
        !html.contains("<script") && !html.contains(" style="),
        "{html}"
    );
    (status, html)
}

pub fn csrf(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

pub fn keys_of(host: &str) -> String {
    format!("https://{host}.greenhouse.io/configure/dev_center/credentials")
}

async fn ask_for_help(stand: &Stand, who: &Person) -> (String, u64, Mail) {
    let before = stand.mail_to("it@hartwell.example").len();
    let body =
        json!({"admin_email": "IT@hartwell.example", "note": "Could you <b>please</b>?\nThanks!"});
    let (status, made) = stand.post_as(who, "/v1/connection/requests", body).await;
    assert_eq!(status, 200, "{made}");
    let mail = stand.until_mail("it@hartwell.example", before + 1).await;
    let link = mail.link("/connect/");
    assert_eq!(made["link"], link);
    (link, made["request"]["id"].as_u64().unwrap(), mail)
}

#[tokio::test]
async fn admin_without_the_extension_connects_by_a_link_once() {
    let (mut stand, _sandbox) = hartwell().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let (link, _, mail) = ask_for_help(&stand, &noor).await;
    assert_eq!(mail.subject, "Noor asks you to connect Greenhouse");
    assert!(
        mail.text.contains("> Could you <b>please</b>?\n> Thanks!"),
        "{}",
        mail.text
    );
    assert!(mail.html.contains("&lt;b&gt;please"), "{}", mail.html);
    for said in [&mail.text, &mail.html] {
        assert!(
            said.contains("Candidate Ingestion") && said.contains(&link),
            "{said}"
        );
        // What needs a page of Greenhouse's is one press away.
        assert_eq!(said.matches(&keys_of("app")).count(), 3, "{said}");
    }
    let state = async || {
        let (_, all) = stand.get_as(&noor, "/v1/connection/requests").await;
        all["requests"][0]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(state().await, "sent");
    let (status, html) = page(open(&stand, &link).send().await.unwrap()).await;
    assert_eq!(status, 200);
    assert!(
        html.contains("Noor") && html.contains("hartwell.example"),
        "{html}"
    );
    assert_eq!(html.matches(&keys_of("app")).count(), 3, "{html}");
    assert_eq!(state().await, "opened");
    let csrf = csrf(&html);

    // Not from elsewhere, and not without what the page says.
    let form = [
        ("csrf", csrf.as_str()),
        ("api_key", INGESTION_KEY),
        ("service_user_email", SERVICE_USER),
    ];
    for origin in [
        "https://evil.example",
        "null",
        "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    ] {
        let forged = submit(&stand, &link, &form).build().unwrap();
        let mut forged = RequestBuilder::from_parts(stand.http.clone(), forged)
            .build()
            .unwrap();
        forged
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
        let answer = stand.http.execute(forged).await.unwrap();
        assert_eq!(answer.status(), 403, "{origin}");
    }
    let without = [("csrf", "0"), form[1], form[2]];
    let (status, _) = page(submit(&stand, &link, &without).send().await.unwrap()).await;
    assert_eq!(status, 400);
    assert_eq!(
        stand.get_as(&noor, "/v1/connection").await.1["state"],
        "none"
    );

    // A wrong key: the page says so, and does not repeat it.
    let wrong = [form[0], ("api_key", HARVEST_KEY), form[2]];
    let (status, html) = page(submit(&stand, &link, &wrong).send().await.unwrap()).await;
    assert!(
        status == 200 && html.contains("Not connected yet"),
        "{html}"
    );
    assert!(
        html.contains("Harvest and Job Board") && html.contains(SERVICE_USER),
        "{html}"
    );
    assert!(!html.contains(HARVEST_KEY) && !html.contains("Not checked"));
    // The right one.
    let (status, html) = page(submit(&stand, &link, &form).send().await.unwrap()).await;
    assert!(
        status == 200 && html.contains("Connected") && html.contains("Thank you"),
        "{html}"
    );
    assert!(!html.contains(INGESTION_KEY));
    assert_eq!(state().await, "done");
    let (_, connection) = stand.get_as(&noor, "/v1/connection").await;
    assert_eq!(
        (&connection["state"], &connection["connected_by"]),
        (&json!("active"), &json!("it@hartwell.example"))
    );
    let (_, send) = stand.send_as(&noor, "k-1", &person("imani-7")).await;
    assert_eq!(send["state"], "created", "{send}");
    // From then on it is known under which host the company has its Greenhouse.
    (stand.execute("UPDATE send SET profile_url = 'https://app2.greenhouse.io/people/7'")).await;
    let (_, _, mail) = ask_for_help(&stand, &ada).await;
    assert_eq!(mail.text.matches(&keys_of("app2")).count(), 3, "{mail:?}");
    // Once.
    for answer in [open(&stand, &link), submit(&stand, &link, &form)] {
        let (status, html) = page(answer.send().await.unwrap()).await;
        assert!(status == 410 && html.contains("no longer works"), "{html}");
    }
    if !OVER_POSTGRES {
        let file = stand.folder.path().join("atsi.db");
        let token = link.rsplit_once('/').unwrap().1;
        for secret in [INGESTION_KEY, HARVEST_KEY, token] {
            assert!(!support::files_hold(&file, secret.as_bytes()), "{secret}");
        }
    }
    stand.stop().await;
}

#[tokio::test]
async fn mails_and_pages_are_in_the_language_of_the_person_who_asks() {
    let (stand, _sandbox) = hartwell().await;
    let spanish = "es-MX,es;q=0.9,en;q=0.8";
    let code = (stand.ask(Method::POST, "/v1/sign-in/code"))
        .header("Accept-Language", spanish)
        .json(&json!({"email": "lucia@hartwell.example"}));
    assert_eq!(code.send().await.unwrap().status(), 202);
    let mail = stand.until_mail("lucia@hartwell.example", 1).await;
    assert_eq!(mail.subject, "Código de ATSi");
    assert!(mail.html.contains("<html lang=\"es\">"), "{}", mail.html);
    assert!(mail.text.contains("durante 10 minutos"), "{}", mail.text);

    stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let (link, _, mail) = ask_for_help(&stand, &noor).await;
    assert_eq!(mail.subject, "Noor asks you to connect Greenhouse");
    let shown = open(&stand, &link).header("Accept-Language", spanish);
    let (_, html) = page(shown.send().await.unwrap()).await;
    for said in [
        "<html lang=\"es\">",
        "Noor, de hartwell.example, pide conectar ATSi",
        "Comprobar y conectar",
    ] {
        assert!(html.contains(said), "{html}");
    }
    let wrong = [("csrf", csrf(&html)), ("api_key", String::new())];
    let wrong: Vec<_> = wrong
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let again = submit(&stand, &link, &wrong).header("Accept-Language", "es");
    let (_, html) = page(again.send().await.unwrap()).await;
    assert!(
        html.contains("Hay que escribir la clave de API de Greenhouse."),
        "{html}"
    );
}

#[tokio::test]
async fn expired_revoked_or_orphaned_link_connects_nothing() {
    let (mut stand, _sandbox) = hartwell().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let status_of = async |link: &str| open(&stand, link).send().await.unwrap().status().as_u16();
    let (link, id, _) = ask_for_help(&stand, &noor).await;
    assert_eq!(status_of(&link).await, 200);
    assert_eq!(status_of(&format!("{link}0")).await, 410);
    let (_, all) = stand
        .delete_as(&noor, &format!("/v1/connection/requests/{id}"))
        .await;
    assert_eq!(all["requests"][0]["state"], "revoked");
    assert_eq!(status_of(&link).await, 410);
    let (link, _, _) = ask_for_help(&stand, &noor).await;
    stand
        .execute("UPDATE connection_request SET expires_at = expires_at - 604800001")
        .await;
    assert_eq!(status_of(&link).await, 410);
    let (link, _, _) = ask_for_help(&stand, &noor).await;

    // A recruiter's link does not replace a connection that works, nor does a recruiter ask for one.
    let (status, _) = stand.connect_as(&ada, INGESTION_KEY, SERVICE_USER).await;
    assert_eq!(status, 200);
    assert_eq!(status_of(&link).await, 410);
    let body = json!({"admin_email": "it@hartwell.example"});
    let (status, problem) = stand
        .post_as(&noor, "/v1/connection/requests", body.clone())
        .await;
    assert_eq!((status, &problem["code"]), (403, &json!("admin_needed")));
    let (status, made) = stand.post_as(&ada, "/v1/connection/requests", body).await;
    assert_eq!(status, 200);
    assert_eq!(status_of(made["link"].as_str().unwrap()).await, 200);
    stand.delete_as(&ada, "/v1/connection").await;
    assert_eq!(status_of(&link).await, 200);
    stand
        .delete_as(&ada, &format!("/v1/members/{}", noor.id()))
        .await;
    assert_eq!(status_of(&link).await, 410);
    stand.stop().await;
}

#[tokio::test]
async fn member_known_to_greenhouse_is_the_acting_user_and_credited() {
    let (mut stand, sandbox) = hartwell().await;
    let ada = stand.sign_in(ADA).await;
    stand.connect_as(&ada, INGESTION_KEY, SERVICE_USER).await;
    let noor = stand.sign_in(NOOR).await;
    let acted = async |external_id: &str| {
        let state = control(&sandbox, Method::GET, "/state", Value::Null).await;
        let candidates = state["candidates"].as_array().unwrap();
        let found = candidates
            .iter()
            .find(|one| one["external_id"] == external_id);
        found.unwrap()["on_behalf_of"].as_str().unwrap().to_owned()
    };
    let calls = async || {
        let state = control(&sandbox, Method::GET, "/state", Value::Null).await;
        state["calls"]["current_user"]
            .as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum::<u64>()
    };
    let before = calls().await;
    for (who, external_id, expected) in [
        (&ada, "one", ADA),
        (&noor, "two", SERVICE_USER),
        (&ada, "three", ADA),
        (&noor, "four", SERVICE_USER),
    ] {
        let (_, send) = stand.send_as(who, external_id, &person(external_id)).await;
        assert_eq!(send["state"], "created", "{send}");
        assert_eq!(acted(external_id).await, expected, "{external_id}");
    }
    // Asked once for each, and for Noor the service user once more.
    assert_eq!(calls().await - before, 3);
    stand.stop().await;
}

#[tokio::test]
async fn broken_connection_is_mailed_to_the_admins_once() {
    let (mut stand, _sandbox) = hartwell().await;
    let ada = stand.sign_in(ADA).await;
    stand.sign_in(NOOR).await;
    stand.connect_as(&ada, INGESTION_KEY, SERVICE_USER).await;
    let revoked = "UPDATE connection SET service_user = 'nobody@hartwell.example'";
    stand.execute(revoked).await;
    let mails = stand.mail_to(ADA).len();
    for key in ["k-1", "k-2"] {
        let (_, send) = stand.send_as(&ada, key, &person(key)).await;
        // Greenhouse knows Ada, so hers go out; the next is not.
        assert!(
            ["created", "waiting"].contains(&send["state"].as_str().unwrap()),
            "{send}"
        );
    }
    let noor = stand.sign_in(NOOR).await;
    let (_, send) = stand.send_as(&noor, "k-3", &person("k-3")).await;
    assert_eq!(send["reason"], "connection_broken", "{send}");
    let mail = stand.until_mail(ADA, mails + 1).await;
    assert_eq!(mail.subject, "Greenhouse no longer accepts the key of ATSi");
    assert!(mail.text.contains("hartwell.example") && !mail.text.contains(INGESTION_KEY));
    // It breaks once more under the same key: no second mail. A later code shows that the mail was looked
    // through since.
    let (_, send) = stand.send_as(&noor, "k-4", &person("k-4")).await;
    assert_eq!(send["reason"], "connection_broken", "{send}");
    stand.code(ADA).await;
    let subjects: Vec<String> = stand.mail().into_iter().map(|mail| mail.subject).collect();
    let broken = subjects
        .iter()
        .filter(|subject| subject.contains("no longer accepts"))
        .count();
    assert_eq!(broken, 1, "{subjects:?}");
    stand.stop().await;
}

#[tokio::test]
async fn mail_about_a_broken_connection_is_in_the_admins_language() {
    let (mut stand, _sandbox) = hartwell().await;
    let ada = stand.sign_in(ADA).await;
    let lucia = "lucia@hartwell.example";
    let code = stand.code(lucia).await;
    let signed_in = (stand.ask(Method::POST, "/v1/sign-in"))
        .header("Accept-Language", "es-MX,es;q=0.9,en;q=0.8")
        .json(&json!({"email": lucia, "code": code, "device": "Firefox on Linux"}));
    let (_, lucia_is) = stand.json(signed_in).await;
    let id = &lucia_is["me"]["member"]["id"];
    let (status, _) = stand
        .put_as(&ada, &format!("/v1/members/{id}"), json!({"role": "admin"}))
        .await;
    assert_eq!(status, 200);
    stand.connect_as(&ada, INGESTION_KEY, SERVICE_USER).await;
    stand
        .execute("UPDATE connection SET service_user = 'nobody@hartwell.example'")
        .await;
    let before = (stand.mail_to(ADA).len(), stand.mail_to(lucia).len());
    let noor = stand.sign_in(NOOR).await;
    stand.send_as(&noor, "k-1", &person("k-1")).await;
    let english = stand.until_mail(ADA, before.0 + 1).await;
    assert_eq!(
        english.subject,
        "Greenhouse no longer accepts the key of ATSi"
    );
    let spanish = stand.until_mail(lucia, before.1 + 1).await;
    assert_eq!(spanish.subject, "Greenhouse ya no acepta la clave de ATSi");
    for said in [
        "<html lang=\"es\">",
        "La conexión de hartwell.example con Greenhouse ya no funciona:",
    ] {
        assert!(spanish.html.contains(said), "{}", spanish.html);
    }
    for english in ["Greenhouse does not", "You received", "Candidates that"] {
        assert!(!spanish.text.contains(english), "{}", spanish.text);
    }
    let (_, export) = stand.get_as(&ada, "/v1/company/export").await;
    assert!(
        export.to_string().contains("\"language\":\"es\""),
        "{export}"
    );
    stand.stop().await;
}

#[tokio::test]
async fn managed_device_signs_in_with_the_enrollment_token_only() {
    let (mut stand, _sandbox) = hartwell().await;
    let ada = stand.sign_in(ADA).await;
    stand.connect_as(&ada, INGESTION_KEY, SERVICE_USER).await;
    let enrol = async |token: &str| {
        let body = json!({"token": token, "device": "Reception PC"});
        stand
            .json(stand.ask(Method::POST, "/v1/enrol").json(&body))
            .await
    };
    assert_eq!(stand.get_as(&ada, "/v1/enrolment").await.1, json!({}));
    let (_, made) = stand.put_as(&ada, "/v1/enrolment", json!({})).await;
    let first = made["token"].as_str().unwrap().to_owned();
    assert_eq!(
        stand.get_as(&ada, "/v1/enrolment").await.1["made_by"],
        "Ada Park"
    );
    let (status, device) = enrol(&first).await;
    assert_eq!(
        (status, &device["me"]["member"]["role"]),
        (200, &json!("recruiter"))
    );
    assert!(device["me"]["member"].get("email").is_none());
    let device = Person {
        token: device["token"].as_str().unwrap().to_owned(),
        me: device["me"].clone(),
    };
    let (_, send) = stand.send_as(&device, "k-1", &person("imani-7")).await;
    assert_eq!(
        (&send["state"], &send["sent_by"]),
        (&json!("created"), &json!("Reception PC"))
    );
    assert_eq!(stand.get_as(&device, "/v1/audit").await.0, 403);
    let path = format!("/v1/members/{}", device.id());
    assert_eq!(
        stand.put_as(&ada, &path, json!({"role": "admin"})).await.0,
        404
    );

    // Rotated: the old one enrols nobody, and who is in stays.
    let (_, made) = stand.put_as(&ada, "/v1/enrolment", json!({})).await;
    let (status, problem) = enrol(&first).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("enrolment_refused"))
    );
    assert_eq!(enrol(made["token"].as_str().unwrap()).await.0, 200);
    assert_eq!(stand.get_as(&device, "/v1/me").await.0, 200);
    stand.delete_as(&ada, "/v1/enrolment").await;
    assert_eq!(enrol(made["token"].as_str().unwrap()).await.0, 403);
    assert_eq!(stand.delete_as(&ada, &path).await.0, 200);
    assert_eq!(stand.get_as(&device, "/v1/me").await.0, 401);
    stand.stop().await;
}
