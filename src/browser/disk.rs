//! The outbox on disk: the extension's own IndexedDB, out of reach of pages and content scripts.
//!
//! By idb-keyval, because a binding in Rust alone would take a third of the core's size budget.

use crate::flow::record::Record;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./idb-keyval.js")]
extern "C" {
    #[wasm_bindgen(js_name = createStore)]
    fn create_store(database: &str, store: &str) -> JsValue;
    #[wasm_bindgen(catch)]
    async fn values(store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn set(key: &str, value: &str, store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn del(key: &str, store: &JsValue) -> Result<JsValue, JsValue>;
}

thread_local! {
    static SENDS: JsValue = create_store("atsi", "sends");
}

/// All sends. A record that cannot be read is left where it is, for a newer version to read.
pub async fn read_records() -> Result<Vec<Record>, JsValue> {
    let values = values(&SENDS.with(JsValue::clone)).await?;
    let values = js_sys::Array::from(&values);
    Ok(values
        .iter()
        .filter_map(|value| crate::json::parse(&value.as_string()?))
        .collect())
}

/// Returns once the record is on disk.
pub async fn keep(record: &Record) -> Result<(), JsValue> {
    let json = crate::json::write(record);
    set(&record.key, &json, &SENDS.with(JsValue::clone))
        .await
        .map(drop)
}

pub async fn forget(key: &str) -> Result<(), JsValue> {
    del(key, &SENDS.with(JsValue::clone)).await.map(drop)
}
