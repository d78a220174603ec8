//! Sends mail: it stays in the database until it has left, and is sent at most once.

mod letter;
pub mod letters;

pub use letter::{Letter, Step};

use crate::{
    announcer::Announcer,
    backoff::Backoff,
    clock::{millis, now, until},
    config::Config,
    context::Context,
    language,
    seal::{NO_COMPANY, Purpose, Sealer, Unsealable, create_private},
    store::{CompanyId, NewMail, Store, StoreError, TakenMail},
};
use atsi_protocol::Millis;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
    transport::smtp,
};
use serde::{Deserialize, Serialize};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Longest time between two looks at the database: another proxy may have left mail.
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// After the mail server could not be reached.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(5),
    longest: Duration::from_secs(15 * 60),
};
/// Mail about a broken connection is dropped after 2 days: the admins know by then.
const BROKEN_VALID_MS: Millis = 2 * 24 * 60 * 60 * 1000;
const RETRY_PAUSE: Duration = Duration::from_secs(1);
const SMTP_TIMEOUT: Duration = Duration::from_secs(30);

/// A mail as it is sealed in the database.
#[derive(Serialize, Deserialize)]
struct Envelope {
    to: String,
    subject: String,
    text: String,
    html: String,
}

enum Transport {
    Folder(PathBuf),
    Smtp(Box<AsyncSmtpTransport<Tokio1Executor>>),
}

/// The outcome of an attempt.
enum Sent {
    Yes,
    /// It certainly did not leave and is tried again.
    Later(String),
    /// It cannot be sent, or it may have left.
    Never(String),
}

/// Stores mail and sends it.
pub struct Mailer {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    announcer: Arc<Announcer>,
    transport: Option<Transport>,
    from: Mailbox,
    /// The proxy's own address.
    proxy: String,
    due: Notify,
    shutdown: CancellationToken,
}

impl Mailer {
    /// # Errors
    /// A sentence for the operator.
    pub fn new(context: &Context, config: &Config, proxy: String) -> Result<Self, String> {
        let transport = match (&config.mail_dir, &config.smtp_url) {
            (Some(folder), _) => {
                std::fs::create_dir_all(folder)
                    .map_err(|error| format!("{} cannot be created: {error}.", folder.display()))?;
                Some(Transport::Folder(folder.clone()))
            }
            (None, Some(url)) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
                    .map_err(|error| format!("--smtp-url cannot be used: {error}."))?
                    .timeout(Some(SMTP_TIMEOUT))
                    .build();
                Some(Transport::Smtp(Box::new(transport)))
            }
            (None, None) => None,
        };
        Ok(Self {
            store: Arc::clone(&context.store),
            sealer: Arc::clone(&context.sealer),
            announcer: Arc::clone(&context.announcer),
            transport,
            from: config.mail_from.clone(),
            proxy,
            due: Notify::new(),
            shutdown: context.shutdown.clone(),
        })
    }

    /// Whether the configuration names a way to send mail.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.transport.is_some()
    }

    /// Seals a letter, ready to be stored. `to` is an address in its normal form.
    ///
    /// # Errors
    /// Sealing failed.
    pub fn seal<'a>(
        &self,
        company: Option<CompanyId>,
        intent: &'a str,
        to: &str,
        letter: &Letter,
        drop_at: Millis,
    ) -> Result<NewMail<'a>, Unsealable> {
        let envelope = Envelope {
            to: to.to_owned(),
            subject: letter.subject().to_owned(),
            text: letter.text(),
            html: letter.html(),
        };
        let plain = serde_json::to_vec(&envelope).map_err(|_| Unsealable)?;
        let sealed = self.sealer.seal(
            company.unwrap_or(NO_COMPANY),
            Purpose::Mail { intent },
            &plain,
        )?;
        Ok(NewMail {
            company,
            intent,
            sealed,
            drop_at,
        })
    }

    /// Tells the worker that there is mail.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Sends until shutdown. The rest goes out after the next start.
    pub async fn run(self: Arc<Self>) {
        let Some(transport) = &self.transport else {
            return;
        };
        let mut changes = self.announcer.subscribe();
        while !self.shutdown.is_cancelled() {
            let pause = match self.send_due(transport).await {
                Ok(Some(at)) => until(at).min(LOOK_AROUND),
                Ok(None) => LOOK_AROUND,
                Err(error) => {
                    tracing::error!(%error, "waiting mail cannot be read");
                    RETRY_PAUSE
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.due.notified() => {}
                // A connection may have broken.
                () = changes.company_changed() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// Writes to the admins of each broken connection, once.
    async fn report_broken_connections(&self) -> Result<(), StoreError> {
        for report in self.store.unreported_breaks().await? {
            let intent = format!(
                "broken/{}/{}/{}",
                report.company, report.generation, report.admin
            );
            let letter = language::said_in(&report.language, || {
                letters::connection_broken(&report.domain, &report.problem.title, &self.proxy)
            });
            let company = Some(report.company);
            let drop_at = now().saturating_add(BROKEN_VALID_MS);
            match self.seal(company, &intent, &report.email, &letter, drop_at) {
                Ok(mail) => {
                    self.store.put_mail(mail, now()).await?;
                }
                Err(error) => tracing::error!(%error, "a mail cannot be sealed"),
            }
        }
        Ok(())
    }

    async fn send_due(&self, transport: &Transport) -> Result<Option<Millis>, StoreError> {
        self.report_broken_connections().await?;
        while !self.shutdown.is_cancelled() {
            let Some(mail) = self.store.take_mail(now()).await? else {
                break;
            };
            // The log has only the number of a mail.
            let (id, attempts) = (mail.id, mail.attempts);
            match self.send(transport, mail).await {
                Sent::Yes => {
                    tracing::info!(mail = id, "a mail was sent");
                    self.store.finish_mail(id).await?;
                }
                Sent::Later(why) => {
                    tracing::warn!(mail = id, why, "a mail waits");
                    let pause = BACKOFF.pause(attempts.saturating_sub(1));
                    let due_at = now().saturating_add(millis(pause));
                    self.store.put_mail_back(id, due_at).await?;
                }
                Sent::Never(why) => {
                    tracing::error!(mail = id, why, "a mail is given up");
                    self.store.finish_mail(id).await?;
                }
            }
        }
        self.store.next_mail_due(now()).await
    }

    async fn send(&self, transport: &Transport, mail: TakenMail) -> Sent {
        let purpose = Purpose::Mail {
            intent: &mail.intent,
        };
        let company = mail.company.unwrap_or(NO_COMPANY);
        let envelope = self.sealer.open(company, purpose, &mail.sealed).ok();
        let envelope = envelope.and_then(|plain| serde_json::from_slice::<Envelope>(&plain).ok());
        let Some(envelope) = envelope else {
            return Sent::Never("it cannot be opened".to_owned());
        };
        let message = match message(&self.from, envelope) {
            Ok(message) => message,
            Err(error) => return Sent::Never(error.to_string()),
        };
        match transport {
            Transport::Folder(folder) => {
                let name = format!("{:013}-{}.eml", now(), mail.id);
                match write(folder, &name, &message.formatted()) {
                    Ok(()) => Sent::Yes,
                    Err(error) => Sent::Later(error.to_string()),
                }
            }
            Transport::Smtp(transport) => by_smtp(transport, message).await,
        }
    }
}

fn message(from: &Mailbox, envelope: Envelope) -> Result<Message, lettre::error::Error> {
    let domain = from.email.domain();
    let to = envelope
        .to
        .parse()
        .map_err(|_| lettre::error::Error::MissingTo)?;
    Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(envelope.subject)
        .message_id(Some(format!("<{}@{domain}>", uuid::Uuid::new_v4())))
        // Keeps automatic replies away. Source: RFC 3834.
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(
            envelope.text,
            envelope.html,
        ))
}

#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Writes a file that appears under its own name once it is complete.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let mut file = create_private(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(name))
}

async fn by_smtp(transport: &AsyncSmtpTransport<Tokio1Executor>, message: Message) -> Sent {
    // Before the mail itself: if this fails, it has certainly not left.
    match timeout(SMTP_TIMEOUT, transport.test_connection()).await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => return Sent::Later("the mail server is not ready".to_owned()),
        Ok(Err(error)) => return Sent::Later(brief(&error)),
        Err(_) => return Sent::Later("the mail server did not answer in time".to_owned()),
    }
    match transport.send(message).await {
        Ok(_) => Sent::Yes,
        Err(error) if error.is_transient() => Sent::Later(brief(&error)),
        Err(error) => Sent::Never(brief(&error)),
    }
}

/// Describes an error without the server's words, which may repeat the recipient's address.
fn brief(error: &smtp::Error) -> String {
    if let Some(code) = error.status() {
        return format!("the mail server answered {code}");
    }
    if error.is_tls() {
        return "the mail server's TLS cannot be trusted".to_owned();
    }
    if error.is_timeout() {
        return "the mail server did not answer in time".to_owned();
    }
    "the mail server cannot be reached".to_owned()
}
