//! The master key: the check that it is this database's, and its rotation.

use super::{CompanyId, Result};
use crate::seal::{Purpose, Unsealable};
use atsi_protocol::Millis;

/// Seals a value with the new key.
pub type Reseal<'a> = &'a (
        dyn Fn(CompanyId, Purpose<'_>, &[u8]) -> Result<Vec<u8>, Unsealable>
            + std::marker::Send
            + Sync
    );

/// The table `master_key_check`, and every sealed value.
#[async_trait::async_trait]
pub trait MasterKeyStore {
    /// Returns the sealed constant that tells whether a master key is this database's; `offered` is kept
    /// where there is none yet.
    async fn master_key_check(&self, offered: Option<&[u8]>) -> Result<Option<Vec<u8>>>;

    /// Keeps the master key from being rotated until this process ends or the store is closed. It must be
    /// called before the key is read. `name` tells an operator which proxy to stop.
    ///
    /// # Errors
    /// [`super::StoreError::Rotating`] while a rotation is under way.
    async fn hold_master_key(&self, name: &str) -> Result<()>;

    /// Seals every sealed value again, in one transaction; returns how many.
    ///
    /// # Errors
    /// [`super::StoreError::StillServed`] while a proxy holds the master key.
    async fn reseal(&self, reseal: Reseal<'_>, now: Millis) -> Result<u64>;
}
