//! A store of the extension's own IndexedDB, through idb-keyval.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(raw_module = "./idb-keyval.js")]
extern "C" {
    #[wasm_bindgen(js_name = createStore)]
    fn create_store(database: &str, store: &str) -> JsValue;
    #[cfg(feature = "background")]
    #[wasm_bindgen(catch, js_name = values)]
    async fn read_values(store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = get)]
    async fn read_value(key: &str, store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = set)]
    async fn write_value(key: &str, value: &JsValue, store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = del)]
    async fn delete_value(key: &str, store: &JsValue) -> Result<JsValue, JsValue>;
}

/// Cheap to clone: it is a handle.
#[derive(Clone)]
pub struct Store(JsValue);

impl Store {
    pub fn open(database: &str, store: &str) -> Self {
        Self(create_store(database, store))
    }

    /// # Errors
    /// When the database cannot be opened.
    #[cfg(feature = "background")]
    pub async fn values(self) -> Result<js_sys::Array, JsValue> {
        Ok(js_sys::Array::from(&read_values(&self.0).await?))
    }

    /// None where there is nothing, or nothing that can be read.
    pub async fn get<T: DeserializeOwned>(self, key: &str) -> Option<T> {
        let value = read_value(key, &self.0).await.ok()?;
        serde_wasm_bindgen::from_value(value).ok()
    }

    /// Numbers become BigInts, which IndexedDB can hold: ids may pass 2^53.
    ///
    /// # Errors
    /// When the browser cannot store it.
    pub async fn set(self, key: &str, value: &impl Serialize) -> Result<(), JsValue> {
        let serializer =
            Serializer::json_compatible().serialize_large_number_types_as_bigints(true);
        let value = value.serialize(&serializer)?;
        write_value(key, &value, &self.0).await.map(drop)
    }

    /// # Errors
    /// When the browser cannot delete it.
    pub async fn delete(self, key: &str) -> Result<(), JsValue> {
        delete_value(key, &self.0).await.map(drop)
    }
}
