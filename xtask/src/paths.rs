//! Where the tool reads and writes.

/// The workspace's root folder: the current one, so that one build of the tool serves any copy of the
/// tree.
pub fn root() -> std::path::PathBuf {
    std::env::current_dir().unwrap_or_default()
}
