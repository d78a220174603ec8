//! Requests to the proxy.

use super::api;
use super::session::Session;
use crate::flow::call::{Answer, Http, Response};
use atsi_protocol::IDEMPOTENCY_KEY;
use wasm_bindgen::prelude::*;

/// Longer than the proxy holds any request.
const LONGEST_MS: u32 = 60_000;

#[wasm_bindgen]
extern "C" {
    type FetchResponse;
    #[wasm_bindgen(catch)]
    async fn fetch(url: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter)]
    fn status(this: &FetchResponse) -> u16;
    #[wasm_bindgen(catch, method)]
    async fn text(this: &FetchResponse) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, method)]
    async fn blob(this: &FetchResponse) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = AbortSignal)]
    fn timeout(milliseconds: u32) -> JsValue;
}

/// None where no answer came.
/// `file`: the body, as a data URL.
pub async fn call(
    base: &str,
    session: Option<&Session>,
    http: &Http,
    file: Option<JsValue>,
) -> Answer {
    // Mails are written in it.
    let headers = api::object(&[("Accept-Language", crate::language::tag().into())]);
    if let Some(session) = session.filter(|session| session.proxy == base) {
        api::set(
            &headers,
            "Authorization",
            format!("Bearer {}", session.token),
        );
    }
    if let Some(key) = &http.idempotency_key {
        api::set(&headers, IDEMPOTENCY_KEY, key);
    }
    let options = api::object(&[
        ("method", http.method.into()),
        ("signal", timeout(LONGEST_MS)),
    ]);
    if let Some(body) = &http.body {
        api::set(&headers, "Content-Type", "application/json");
        api::set(&options, "body", body);
    }
    if let Some(file) = file.and_then(|url| url.as_string()) {
        let read: FetchResponse = fetch(&file, &JsValue::UNDEFINED)
            .await
            .ok()?
            .unchecked_into();
        api::set(&options, "body", read.blob().await.ok()?);
    }
    api::set(&options, "headers", headers);
    let response = fetch(&format!("{base}{}", http.path), &options)
        .await
        .ok()?;
    let response: FetchResponse = response.unchecked_into();
    let status = response.status();
    Some(Response {
        status,
        body: response.text().await.ok()?.as_string()?,
    })
}
