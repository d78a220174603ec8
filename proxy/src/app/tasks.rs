//! The long-running tasks of a proxy.

use std::io;
use tokio_util::task::TaskTracker;

/// Tracks tasks, so that stopping can wait for all of them.
#[derive(Default)]
pub struct Tasks(TaskTracker);

impl Tasks {
    /// Starts a task. `name` says in the log which one panicked.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let running = tokio::spawn(task);
        self.0.spawn(async move {
            if let Err(error) = running.await {
                tracing::error!(%error, task = name, "a task of the proxy panicked");
            }
        });
    }

    /// Starts the server.
    pub fn spawn_server(&self, serve: impl Future<Output = io::Result<()>> + Send + 'static) {
        self.spawn("server", async {
            if let Err(error) = serve.await {
                tracing::error!(%error, "the server failed");
            }
        });
    }

    /// Waits until every task has ended.
    pub async fn ended(&self) {
        self.0.close();
        self.0.wait().await;
    }
}
