//! What the suites of the store put into it, where the values do not matter.

use atsi_proxy::store::{NewConnection, NewSend};

/// A connection; its key is no key.
pub fn new_connection() -> NewConnection {
    NewConnection {
        sealed_key: vec![1],
        masked_key: "••••".to_owned(),
        service_user: super::USER.to_owned(),
        account_name: None,
        connected_by: None,
    }
}

/// A send without a job; its profile is no profile.
pub fn new_send(idempotency_key: impl Into<String>, external_id: impl Into<String>) -> NewSend {
    NewSend {
        idempotency_key: idempotency_key.into(),
        request_fingerprint: vec![1],
        external_id: external_id.into(),
        job_id: None,
        sent_by: None,
        member: None,
        sealed_profile: vec![1],
        resume: None,
    }
}
