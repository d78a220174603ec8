//! Devices that a company manages: its policy names the proxy and holds a token, and nobody has to sign in.

use super::background::dispatch;
use super::session::{self, Session};
use super::{api, device, network};
use crate::flow::call::{self, Http};
use crate::flow::{Event, SignedInTo, proxy_address};
use crate::json;
use atsi_protocol::{EnrolRequest, SignedIn};
use wasm_bindgen::prelude::*;

/// Signs in what the policy enrols and nobody has signed in yet. Tried again at the worker's next start.
#[wasm_bindgen]
pub async fn enrol() {
    // Firefox rejects where there is no policy, Chromium gives an empty object.
    let Ok(policy) = api::managed_get().await else {
        return;
    };
    let said = |name| api::get(&policy, name).as_string();
    let proxy = said("proxyAddress").and_then(|typed| proxy_address(&typed).ok());
    let (Some(base), Some(token)) = (proxy, said("enrolmentToken")) else {
        return;
    };
    if session::read().await.is_some() {
        return;
    }
    let request = EnrolRequest {
        token,
        device: device::name(),
    };
    let http = Http {
        method: "POST",
        path: "/v1/enrol".to_owned(),
        idempotency_key: None,
        body: Some(json::write(&request)),
    };
    let answer = network::call(&base, None, &http, None).await;
    let Ok(SignedIn { token, me }) = call::read(&answer) else {
        return;
    };
    let session = Session {
        proxy: base.clone(),
        token,
    };
    if session::keep(&session).await.is_ok() {
        dispatch(Event::Enrolled(SignedInTo {
            proxy: base,
            company: me.company.map(|company| company.domain),
        }));
    }
}
