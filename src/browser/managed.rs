//! Devices that a company manages: its policy names the proxy and holds a token, and nobody has to sign in.

use super::background::dispatch;
use super::session::{self, Session};
use super::{api, device, network};
use crate::flow::call::{self, Http};
use crate::flow::event::Event;
use crate::message::SignedInTo;
use crate::state::settings::proxy_address;
use atsi_protocol::{EnrolRequest, SignedIn};
use serde::Deserialize;
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What `managed.json` lets a company set.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    proxy_address: String,
    enrolment_token: String,
}

/// Milliseconds between attempts: while the browser starts, its policy may not be loaded yet, and requests may fail.
const AGAIN_AFTER: [i32; 4] = [500, 1_500, 5_000, 15_000];

thread_local! {
    /// How often it was asked for since nothing was under way.
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Signs in a device that the policy enrolls, unless somebody has signed in. Tries a few times, and again at the
/// worker's next start.
///
/// One at a time: Chromium tells of a policy beside the worker's start, and of two sessions the first
/// would be forgotten in the middle of what it is used for.
#[wasm_bindgen]
pub async fn enrol() {
    let asked = ASKED.get() + 1;
    ASKED.set(asked);
    if asked > 1 {
        return;
    }
    let mut waits = AGAIN_AFTER.into_iter();
    loop {
        let seen = ASKED.get();
        enrol_by_policy().await;
        if ASKED.get() != seen {
            continue;
        }
        let is_signed_in = session::read().await.is_some();
        let Some(wait) = waits.next().filter(|_| !is_signed_in) else {
            ASKED.set(0);
            return;
        };
        rest(wait).await;
    }
}

async fn rest(milliseconds: i32) {
    let over = js_sys::Promise::new(&mut |settle, _| {
        api::set_timeout(&settle, milliseconds);
    });
    drop(JsFuture::from(over).await);
}

async fn enrol_by_policy() {
    // Firefox rejects where there is no policy, Chromium gives an empty object.
    let Ok(policy) = api::managed_get().await else {
        return;
    };
    let Some(Policy {
        proxy_address: typed,
        enrolment_token: token,
    }) = api::from_js(policy)
    else {
        return;
    };
    let Ok(base) = proxy_address(&typed) else {
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
        body: serde_json::to_string(&request).ok(),
    };
    let answer = network::call(&base, None, &http, None).await;
    let Ok(SignedIn { token, me }) = call::read(&answer) else {
        return;
    };
    let company = me.company.map(|company| company.domain);
    let session = Session {
        proxy: base.clone(),
        token,
        company: company.clone(),
    };
    if session::keep(&session).await.is_ok() {
        dispatch(Event::Enrolled(SignedInTo {
            proxy: base,
            company,
        }));
    }
}
