//! Mail that the proxy sends: kept in the database until it has left, and sent once at most.

mod letter;
pub mod letters;

pub use letter::{Letter, Step};

use crate::{
    NO_COMPANY,
    config::Config,
    delivery::Change,
    language, now,
    seal::{Purpose, Sealer, Unsealable, create_private},
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
    sync::{Notify, broadcast},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// The worker looks around at least so often: another proxy may have left something.
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// First and longest pause after the mail server could not be reached.
const SHORTEST_PAUSE_MS: Millis = 5_000;
const LONGEST_PAUSE_MS: Millis = 15 * 60 * 1000;
/// After so long an admin knows anyway: 2 days.
const BROKEN_WITHIN_MS: Millis = 2 * 24 * 60 * 60 * 1000;
const TRY_AGAIN: Duration = Duration::from_secs(1);
const SMTP_WITHIN: Duration = Duration::from_secs(30);

/// What is sealed in the database.
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

async fn of_a_company(changes: &mut broadcast::Receiver<Change>) {
    loop {
        match changes.recv().await {
            Ok(change) if !change.is_of_members() => {}
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
            // The proxy ends.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// How an attempt ended.
enum Sent {
    Yes,
    /// It certainly did not leave; it is worth another try.
    Later(String),
    /// It never will, or it may have left.
    Never(String),
}

/// Keeps mail and sends it.
pub struct Post {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    transport: Option<Transport>,
    from: Mailbox,
    /// The proxy's own address.
    proxy: String,
    due: Notify,
    shutdown: CancellationToken,
}

impl Post {
    /// # Errors
    /// A sentence for the operator.
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        sealer: Arc<Sealer>,
        proxy: String,
        shutdown: CancellationToken,
    ) -> Result<Self, String> {
        let transport = match (&config.mail_dir, &config.smtp_url) {
            (Some(folder), _) => {
                std::fs::create_dir_all(folder)
                    .map_err(|error| format!("{} cannot be made: {error}.", folder.display()))?;
                Some(Transport::Folder(folder.clone()))
            }
            (None, Some(url)) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
                    .map_err(|error| format!("--smtp-url cannot be used: {error}."))?
                    .timeout(Some(SMTP_WITHIN))
                    .build();
                Some(Transport::Smtp(Box::new(transport)))
            }
            (None, None) => None,
        };
        Ok(Self {
            store,
            sealer,
            transport,
            from: config.mail_from.clone(),
            proxy,
            due: Notify::new(),
            shutdown,
        })
    }

    /// Whether mail can be sent at all.
    #[must_use]
    pub fn is_set_up(&self) -> bool {
        self.transport.is_some()
    }

    /// A mail, ready to be kept. `to` is an address in its normal form.
    ///
    /// # Errors
    /// Sealing.
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

    /// CallbackContent the worker that there is mail.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Sends until shutdown. What is left then goes out after the next start.
    pub async fn run(self: Arc<Self>, mut changes: broadcast::Receiver<Change>) {
        let Some(transport) = &self.transport else {
            return;
        };
        while !self.shutdown.is_cancelled() {
            let pause = match self.send_due(transport).await {
                Ok(Some(at)) => Duration::from_millis(at.saturating_sub(now())).min(LOOK_AROUND),
                Ok(None) => LOOK_AROUND,
                Err(error) => {
                    tracing::error!(%error, "mail that waits cannot be read");
                    TRY_AGAIN
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.due.notified() => {}
                // A connection may have broken.
                () = of_a_company(&mut changes) => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// CallbackContent the admins of each broken connection, once.
    async fn tell_broken(&self) -> Result<(), StoreError> {
        for untold in self.store.unreported_breaks().await? {
            let intent = format!(
                "broken/{}/{}/{}",
                untold.company, untold.generation, untold.admin
            );
            let letter = language::said_in(&untold.language, || {
                letters::connection_broken(&untold.domain, &untold.problem.title, &self.proxy)
            });
            let company = Some(untold.company);
            let drop_at = now().saturating_add(BROKEN_WITHIN_MS);
            match self.seal(company, &intent, &untold.email, &letter, drop_at) {
                Ok(mail) => {
                    self.store.put_mail(mail, now()).await?;
                }
                Err(error) => tracing::error!(%error, "a mail cannot be sealed"),
            }
        }
        Ok(())
    }

    async fn send_due(&self, transport: &Transport) -> Result<Option<Millis>, StoreError> {
        self.tell_broken().await?;
        while !self.shutdown.is_cancelled() {
            let Some(mail) = self.store.take_mail(now()).await? else {
                break;
            };
            // Of the mail nothing is logged but its number.
            let (id, attempts) = (mail.id, mail.attempts);
            match self.send(transport, mail).await {
                Sent::Yes => {
                    tracing::info!(mail = id, "a mail was sent");
                    self.store.finish_mail(id).await?;
                }
                Sent::Later(why) => {
                    tracing::warn!(mail = id, why, "a mail waits");
                    let pause = SHORTEST_PAUSE_MS << attempts.saturating_sub(1).min(16);
                    let due_at = now().saturating_add(pause.min(LONGEST_PAUSE_MS));
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
        // No holiday notes, please. Source: RFC 3834.
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

/// Under its own name only once it is whole.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let mut file = create_private(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(name))
}

async fn by_smtp(transport: &AsyncSmtpTransport<Tokio1Executor>, message: Message) -> Sent {
    // Before anything of the mail is said: where this fails, it has not left.
    match timeout(SMTP_WITHIN, transport.test_connection()).await {
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

/// What a server says may repeat the recipient's address, so only the status is told.
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
