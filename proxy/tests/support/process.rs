//! The real binary, as a child process.

use super::EXTENSION;
use serde_json::Value;
use std::{path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A child process that is killed with whoever started it.
pub struct Process {
    child: Child,
    pub url: String,
}

pub fn command(folder: &Path, greenhouse: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_atsi-proxy"));
    command
        .current_dir(folder)
        .env("ATSI_LISTEN", "127.0.0.1:0")
        .env("ATSI_GREENHOUSE_URL", greenhouse)
        .env("ATSI_LOG", "trace,sqlx=debug,hyper=debug")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Process {
    /// Logs into `folder/log`.
    pub async fn start(folder: &Path, greenhouse: &str) -> Self {
        Self::spawn(command(folder, greenhouse), folder).await
    }

    pub async fn spawn(command: Command, folder: &Path) -> Self {
        Self::try_spawn(command, folder).await.unwrap()
    }

    /// `None` where the process ended before it listened.
    pub async fn try_spawn(mut command: Command, folder: &Path) -> Option<Self> {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.join("log"))
            .unwrap();
        let mut child = command.stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap()?;
        let url = line.strip_prefix("listening on ").unwrap().to_owned();
        let rest = url.split_once("://").unwrap().1;
        assert!(rest.starts_with("127.0.0.1:"), "{url}");
        Some(Self { child, url })
    }

    /// Whether it has not ended by itself.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    pub async fn kill(mut self) {
        // SIGKILL: no destructor, no handler.
        self.child.kill().await.unwrap();
    }

    pub async fn terminate(self) {
        assert!(self.end().await);
    }

    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().unwrap().to_string();
        let mut kill = Command::new("kill");
        assert!(kill.args([name, &pid]).status().await.unwrap().success());
    }

    /// Asks it to stop; whether it did so without an error.
    pub async fn end(mut self) -> bool {
        self.signal("-TERM").await;
        self.child.wait().await.unwrap().success()
    }
}

pub async fn ask(http: &reqwest::Client, request: reqwest::RequestBuilder) -> Value {
    let request = request.header("origin", EXTENSION).build().unwrap();
    http.execute(request).await.unwrap().json().await.unwrap()
}

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}
