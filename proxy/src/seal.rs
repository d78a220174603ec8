//! Seals secrets at rest: XChaCha20-Poly1305 under a master key outside the database.

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, KeyInit, Payload},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// Stands in for the company of values that belong to no company.
pub const NO_COMPANY: i64 = 0;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// First byte of every sealed value, so that another construction can follow.
const VERSION: u8 = 1;

/// The kind of a sealed value. It is authenticated with the value, so that nobody who can write to the
/// database can swap values, of one company or of two.
#[derive(Clone, Copy, Debug)]
pub enum Purpose<'a> {
    /// A company's Greenhouse API key.
    ApiKey,
    /// The profile of a send, named by its idempotency key, while it waits.
    Profile { idempotency_key: &'a str },
    /// A secret that Greenhouse signs a company's webhooks with.
    HookSecret,
    /// A secret that Jopwell's systems sign a company's pushes with.
    PushSecret,
    /// The file of a résumé, named by its id.
    Resume { id: &'a str },
    /// A mail that waits, named by its intent.
    Mail { intent: &'a str },
    /// A secret that deliveries to a company's callback address are signed with.
    CallbackSecret,
    /// A constant that shows whether the database belongs to this master key.
    MasterKeyCheck,
}

impl Purpose<'_> {
    fn associated_data(self, company: i64) -> Vec<u8> {
        let (name, subject) = match self {
            Self::ApiKey => ("api-key", ""),
            Self::Profile { idempotency_key } => ("profile", idempotency_key),
            Self::HookSecret => ("hook-secret", ""),
            Self::PushSecret => ("push-secret", ""),
            Self::Resume { id } => ("resume", id),
            Self::Mail { intent } => ("mail", intent),
            Self::CallbackSecret => ("callback-secret", ""),
            Self::MasterKeyCheck => ("master-key-check", ""),
        };
        format!("atsi-proxy {name} {company} {subject}").into_bytes()
    }
}

/// The value was not sealed with this master key for this company and purpose, or was altered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed value cannot be opened with this master key")]
pub struct Unsealable;

#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    #[error("The master key file {path} cannot be read or created: {source}.")]
    Io { path: String, source: io::Error },
    #[error(
        "The master key file {path} is missing, but the database is sealed with it. Restore it from your copy. Without it the Greenhouse key and the waiting sends in the database are lost: start over with another --database-url."
    )]
    Missing { path: String },
    #[error(
        "Others on this machine can read the master key file {path}. Restrict it: chmod 600 {path}"
    )]
    ReadableByOthers { path: String },
    #[error(
        "The master key file {path} does not hold exactly {KEY_BYTES} bytes. Restore the right file from your copy. If there is no copy and nothing was connected yet, remove the file and a new one is created."
    )]
    WrongLength { path: String },
}

/// Seals and opens values with one master key.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    digest_key: Zeroizing<[u8; KEY_BYTES]>,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    #[must_use]
    pub fn new(master_key: &[u8; KEY_BYTES]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(master_key.into()),
            digest_key: Zeroizing::new(hmac(master_key, b"atsi-proxy digest key")),
        }
    }

    /// Returns a digest that cannot be computed without the master key: for secrets that are too short
    /// for a plain one.
    #[must_use]
    pub fn digest(&self, what: &[u8]) -> [u8; KEY_BYTES] {
        hmac(&self.digest_key, what)
    }

    /// Reads the master key, or creates one if the file is missing and `may_create` allows it; an
    /// existing file is never written to.
    ///
    /// # Errors
    /// The file cannot be used; the message says what to do.
    pub fn from_file(path: &Path, may_create: bool) -> Result<Self, MasterKeyError> {
        let shown = path.display().to_string();
        let io = |source| MasterKeyError::Io {
            path: shown.clone(),
            source,
        };
        if !may_create && !path.try_exists().map_err(io)? {
            return Err(MasterKeyError::Missing { path: shown });
        }
        let mut key = Zeroizing::new([0_u8; KEY_BYTES]);
        match create_private(path) {
            Ok(mut file) => {
                *key = Generate::generate();
                file.write_all(key.as_slice())
                    .and_then(|()| file.sync_all())
                    .map_err(io)?;
                sync_folder_of(path).map_err(io)?;
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let file = File::open(path).map_err(io)?;
                if readable_by_others(&file).map_err(io)? {
                    return Err(MasterKeyError::ReadableByOthers { path: shown });
                }
                let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES + 1));
                file.take(KEY_BYTES as u64 + 1)
                    .read_to_end(&mut bytes)
                    .map_err(io)?;
                *key = bytes
                    .as_slice()
                    .try_into()
                    .map_err(|_| MasterKeyError::WrongLength {
                        path: shown.clone(),
                    })?;
            }
            Err(error) => return Err(io(error)),
        }
        Ok(Self::new(&key))
    }

    /// Seals a value; returns version byte, nonce and ciphertext, in this order.
    ///
    /// # Errors
    /// The value is too large for the cipher (256 GB).
    pub fn seal(
        &self,
        company: i64,
        purpose: Purpose<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, Unsealable> {
        let nonce = XNonce::generate();
        let aad = purpose.associated_data(company);
        let sealed = self
            .cipher
            .encrypt(
                &nonce,
                Payload {
                    msg: plain,
                    aad: &aad,
                },
            )
            .map_err(|_| Unsealable)?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens a sealed value.
    ///
    /// # Errors
    /// The value was not sealed with this master key for this company and purpose.
    pub fn open(
        &self,
        company: i64,
        purpose: Purpose<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (&version, rest) = sealed.split_first().ok_or(Unsealable)?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE_BYTES).ok_or(Unsealable)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| Unsealable)?;
        if version != VERSION {
            return Err(Unsealable);
        }
        let aad = purpose.associated_data(company);
        self.cipher
            .decrypt(
                &nonce,
                Payload {
                    msg: ciphertext,
                    aad: &aad,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| Unsealable)
    }
}

fn hmac(key: &[u8; KEY_BYTES], what: &[u8]) -> [u8; KEY_BYTES] {
    // A key shorter than a block is padded with zeros. Source: RFC 2104.
    let mut block = Zeroizing::new([0; 64]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    mac.update(what);
    mac.finalize().into_bytes().into()
}

/// Returns the file of the next master key during a rotation: beside the present one.
#[must_use]
pub fn next_key_file(path: &Path) -> PathBuf {
    let mut next = path.as_os_str().to_owned();
    next.push(".next");
    next.into()
}

/// Puts the next key in place of the present one, in one step.
///
/// # Errors
/// The file cannot be renamed.
pub fn replace_key_file(path: &Path) -> Result<(), MasterKeyError> {
    std::fs::rename(next_key_file(path), path)
        .and_then(|()| sync_folder_of(path))
        .map_err(|source| MasterKeyError::Io {
            path: path.display().to_string(),
            source,
        })
}

/// Creates a file that only its owner can read; fails if it exists.
///
/// # Errors
/// As [`OpenOptions::open`].
pub fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Without this, a crash of the machine can lose the new file's name.
#[cfg(unix)]
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn readable_by_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn readable_by_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROFILE: Purpose<'_> = Purpose::Profile {
        idempotency_key: "k-1",
    };

    proptest! {
        #[test]
        fn sealed_value_opens_only_unaltered(plain: Vec<u8>, at: prop::sample::Index, flip in 1_u8..) {
            let sealer = Sealer::new(&[7; 32]);
            let mut sealed = sealer.seal(1, PROFILE, &plain).unwrap();
            let opened = sealer.open(1, PROFILE, &sealed).unwrap();
            prop_assert_eq!(&*opened, &plain);
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert!(sealer.open(1, PROFILE, &sealed).is_err());
            sealed.truncate(at);
            prop_assert!(sealer.open(1, PROFILE, &sealed).is_err());
        }
    }

    #[test]
    fn sealed_value_opens_for_its_company_purpose_and_key_only() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal(1, Purpose::ApiKey, b"secret").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert!(sealer.open(1, Purpose::ApiKey, &sealed).is_ok());
        assert!(sealer.open(2, Purpose::ApiKey, &sealed).is_err());
        assert!(sealer.open(1, PROFILE, &sealed).is_err());
        assert!(sealer.open(1, Purpose::MasterKeyCheck, &sealed).is_err());
        assert!(
            Sealer::new(&[8; 32])
                .open(1, Purpose::ApiKey, &sealed)
                .is_err()
        );
    }

    #[test]
    fn equal_values_seal_differently() {
        let sealer = Sealer::new(&[7; 32]);
        let seal = || sealer.seal(1, Purpose::ApiKey, b"secret").unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn key_file_is_created_once_for_its_owner_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let sealed = Sealer::from_file(&path, true)
            .unwrap()
            .seal(1, Purpose::ApiKey, b"x")
            .unwrap();
        assert_eq!(std::fs::read(&path).unwrap().len(), KEY_BYTES);
        assert!(
            Sealer::from_file(&path, true)
                .unwrap()
                .open(1, Purpose::ApiKey, &sealed)
                .is_ok()
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |mode| {
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap()
            };
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            mode(0o640);
            assert!(matches!(
                Sealer::from_file(&path, true),
                Err(MasterKeyError::ReadableByOthers { .. })
            ));
            mode(0o400);
            assert!(Sealer::from_file(&path, true).is_ok());
        }
    }

    #[test]
    fn missing_key_of_a_sealed_database_is_not_replaced() {
        let path = tempfile::tempdir().unwrap().path().join("key");
        assert!(matches!(
            Sealer::from_file(&path, false),
            Err(MasterKeyError::Missing { .. })
        ));
        assert!(!path.exists());
    }

    #[test]
    fn key_of_another_length_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 31, 33] {
            let path = folder.path().join(length.to_string());
            create_private(&path)
                .unwrap()
                .write_all(&vec![1; length])
                .unwrap();
            assert!(matches!(
                Sealer::from_file(&path, true),
                Err(MasterKeyError::WrongLength { .. })
            ));
            assert_eq!(std::fs::read(&path).unwrap().len(), length);
        }
    }
}
