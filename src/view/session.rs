//! Why a session is refused.

use crate::message::SessionRefusal;

#[must_use]
pub fn sentence(refusal: &SessionRefusal) -> String {
    match refusal {
        SessionRefusal::ProxyAddress(error) => error.sentence().to_owned(),
        SessionRefusal::SendsWait { company } => say!(
            "Sends for {company} are still waiting or need a decision. Sign in to {company} and settle them first.",
            company = company
        ),
    }
}
