//! Recruiting web hooks: signed deliveries, Greenhouse's retry clock, and what networks do to order and number.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::clock::timestamp;
use crate::greenhouse::payload;
use crate::greenhouse::webhooks::{
    Delivery, Hook, HookInput, Outgoing, body_of, is_loopback, signature,
};
use crate::world::Sandbox;

/// Waits before each attempt, in minutes: Greenhouse web hook documentation, "Retry policy".
const MINUTES_BEFORE_ATTEMPT: [u64; 7] = [0, 1, 15, 60, 120, 240, 480];
/// How long an event waits to be overtaken when deliveries out of order are switched on.
const HELD_BACK: Duration = Duration::from_secs(2);
const DELIVERIES_KEPT: usize = 1_000;

/// Starts the task that sends first attempts in order; what fails goes on in a task of its own.
pub fn spawn_sender(
    sandbox: Arc<Sandbox>,
    mut queue: mpsc::Receiver<Outgoing>,
) -> Result<tokio::task::JoinHandle<()>, reqwest::Error> {
    let client = client()?;
    Ok(tokio::spawn(async move {
        while let Some(outgoing) = queue.recv().await {
            let overtaking = if sandbox.world().switches.webhook_out_of_order {
                timeout(HELD_BACK, queue.recv()).await.ok().flatten()
            } else {
                None
            };
            for outgoing in overtaking.into_iter().chain([outgoing]) {
                let duplicates = sandbox.world().switches.webhook_duplicates;
                let event_id = uuid::Uuid::new_v4().to_string();
                for _ in 0..=duplicates {
                    first_attempt(&sandbox, &client, &outgoing, &event_id).await;
                }
            }
        }
    }))
}

fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent("Greenhouse Webhooks (ATSi sandbox)")
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
}

async fn first_attempt(
    sandbox: &Arc<Sandbox>,
    client: &reqwest::Client,
    outgoing: &Outgoing,
    event_id: &str,
) {
    let body = {
        let world = sandbox.world();
        let extra = world.switches.webhook_extra_root_keys.then_some((
            world.greenhouse.organization_id,
            world.greenhouse.organization.as_str(),
        ));
        body_of(&outgoing.event, extra)
    };
    if attempt(sandbox, client, outgoing, &body, event_id, 1).await {
        return;
    }
    let (sandbox, client) = (Arc::clone(sandbox), client.clone());
    let retry = Outgoing {
        hook: outgoing.hook.clone(),
        event: outgoing.event.clone(),
        generation: outgoing.generation,
    };
    let event_id = event_id.to_owned();
    tokio::spawn(async move {
        for (index, minutes) in MINUTES_BEFORE_ATTEMPT.iter().enumerate().skip(1) {
            let minute = sandbox.world().switches.webhook_minute_ms;
            tokio::time::sleep(Duration::from_millis(minute.saturating_mul(*minutes))).await;
            let id = if sandbox.world().switches.stable_event_id {
                event_id.clone()
            } else {
                uuid::Uuid::new_v4().to_string()
            };
            if attempt(&sandbox, &client, &retry, &body, &id, index + 1).await {
                return;
            }
        }
    });
}

/// One POST. True when it is done with: delivered, or its web hook is gone.
async fn attempt(
    sandbox: &Sandbox,
    client: &reqwest::Client,
    outgoing: &Outgoing,
    body: &Bytes,
    event_id: &str,
    attempt: usize,
) -> bool {
    let limit = {
        let world = sandbox.world();
        let known = world
            .webhooks
            .hooks
            .iter()
            .any(|hook| hook.id == outgoing.hook.id);
        if world.generation != outgoing.generation || !known {
            return true;
        }
        Duration::from_millis(world.switches.webhook_timeout_ms)
    };
    let status = post(client, &outgoing.hook, body, event_id, limit).await;
    let mut world = sandbox.world();
    if world.generation == outgoing.generation {
        let deliveries = &mut world.webhooks.deliveries;
        if deliveries.len() == DELIVERIES_KEPT {
            deliveries.pop_front();
        }
        deliveries.push_back(Delivery {
            at: timestamp(OffsetDateTime::now_utc()),
            action: outgoing.event.action.to_owned(),
            event_id: event_id.to_owned(),
            attempt,
            status,
        });
    }
    // Greenhouse takes 200 alone for a success: web hook documentation, "Retry policy".
    status == Some(200)
}

async fn post(
    client: &reqwest::Client,
    hook: &Hook,
    body: &Bytes,
    event_id: &str,
    limit: Duration,
) -> Option<u16> {
    client
        .post(hook.url.clone())
        .timeout(limit)
        .header("Content-Type", "application/json")
        .header("Greenhouse-Event-ID", event_id)
        .header("Signature", signature(&hook.secret, body)?)
        .body(body.clone())
        .send()
        .await
        .ok()
        .map(|response| response.status().as_u16())
}

/// Replaces all web hooks; each is pinged and stays disabled where the ping does not get a 200.
pub async fn replace(sandbox: &Sandbox, inputs: Vec<HookInput>) -> Result<(), String> {
    if let Some(input) = inputs.iter().find(|input| !is_loopback(&input.url)) {
        return Err(format!(
            "{} is not on this machine",
            input.url.host_str().unwrap_or("the address")
        ));
    }
    let client = client().map_err(|error| error.to_string())?;
    let mut hooks = Vec::new();
    for input in inputs {
        let (id, limit) = {
            let mut world = sandbox.world();
            let limit = Duration::from_millis(world.switches.webhook_timeout_ms);
            (world.greenhouse.next_id(), limit)
        };
        let mut hook = Hook {
            id,
            action: input.action,
            url: input.url,
            secret: input.secret,
            active: false,
        };
        let ping = payload::ping(
            id,
            hook.url.as_str(),
            &hook.action,
            true,
            OffsetDateTime::now_utc(),
        );
        let event_id = uuid::Uuid::new_v4().to_string();
        let status = post(&client, &hook, &body_of(&ping, None), &event_id, limit).await;
        hook.active = status == Some(200);
        hooks.push(hook);
    }
    sandbox.world().webhooks.hooks = hooks;
    Ok(())
}
