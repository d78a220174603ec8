//! Proposes the Greenhouse jobs that a Jopwell job may be.

use atsi_protocol::{Job, JobProposal, JobState, JopwellJob};
use std::{cmp::Reverse, collections::BTreeSet};

/// Lowest score of a proposal; below it would be a guess.
const MIN_SCORE: u8 = 40;
const MAX_PROPOSALS: usize = 3;
const FOR_TITLE: u8 = 80;
const FOR_LOCATION: u8 = 20;
/// From this similarity on, a field is named as a reason.
const SIMILAR: f32 = 0.5;

/// Returns the open jobs that `wanted` may be: the likeliest first, at most three. [`JobProposal`]
/// explains the scores.
#[must_use]
pub fn proposals(wanted: &JopwellJob, jobs: &[Job]) -> Vec<JobProposal> {
    let mut proposals: Vec<JobProposal> = jobs
        .iter()
        .filter(|job| job.state == JobState::Open)
        .map(|job| proposal(wanted, job))
        .filter(|proposal| proposal.score >= MIN_SCORE)
        .collect();
    proposals.sort_by_key(|proposal| (Reverse(proposal.score), proposal.job.id));
    proposals.truncate(MAX_PROPOSALS);
    proposals
}

fn proposal(wanted: &JopwellJob, job: &Job) -> JobProposal {
    let location = words(wanted.location.as_deref());
    let title = words(Some(&wanted.title));
    // Many job names include the place.
    let with_location: BTreeSet<String> = title.union(&location).cloned().collect();
    let name = words(Some(&job.name));
    let by_title = similarity(&title, &name)
        .max(similarity(&with_location, &name))
        .max(similarity(&title, &words(job.title.as_deref())));
    let by_location =
        similarity(&location, &words(job.location.as_deref())).max(share(&location, &name));
    let requisition = wanted.requisition.as_deref().and_then(compact);
    let same_requisition = requisition.is_some_and(|wanted| {
        job.requisition.as_deref().and_then(compact).as_ref() == Some(&wanted)
    });
    let reasons = [
        ("requisition", same_requisition),
        ("title", by_title >= SIMILAR),
        ("location", by_location >= SIMILAR),
    ];
    JobProposal {
        job: job.clone(),
        score: if same_requisition {
            FOR_TITLE + FOR_LOCATION
        } else {
            part(FOR_TITLE, by_title) + part(FOR_LOCATION, by_location)
        },
        because: (reasons.into_iter())
            .filter(|(_, holds)| *holds)
            .map(|(name, _)| name.to_owned())
            .collect(),
    }
}

fn words(text: Option<&str>) -> BTreeSet<String> {
    text.unwrap_or_default()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Keeps letters and digits only: `REQ-0042` equals `req 0042`.
fn compact(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let text = text.to_lowercase();
    (!text.is_empty()).then_some(text)
}

/// Returns the Sørensen–Dice coefficient: 0 where no word is shared, 1 where all are.
fn similarity(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f32 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    2.0 * count(a.intersection(b)) / (count(a.iter()) + count(b.iter()))
}

/// Returns the part of `a` that is in `b`.
fn share(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f32 {
    if a.is_empty() {
        return 0.0;
    }
    count(a.intersection(b)) / count(a.iter())
}

fn count<T>(items: impl Iterator<Item = T>) -> f32 {
    items.fold(0.0, |count, _| count + 1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to `whole`"
)]
fn part(whole: u8, share: f32) -> u8 {
    (f32::from(whole) * share.clamp(0.0, 1.0)).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn job(id: u64, name: &str) -> Job {
        Job {
            id,
            name: name.to_owned(),
            title: None,
            state: JobState::Open,
            public: true,
            requisition: None,
            location: None,
            on_board: None,
            heard_at: 0,
        }
    }

    fn wanted(title: &str) -> JopwellJob {
        JopwellJob {
            id: "/jobs/1".to_owned(),
            title: title.to_owned(),
            location: None,
            requisition: None,
        }
    }

    #[test]
    fn requisition_decides_in_any_spelling() {
        let jobs = [
            job(1, "Kiln engineer"),
            Job {
                requisition: Some("REQ-0042".to_owned()),
                ..job(2, "Eng. II (kilns)")
            },
        ];
        let wanted = JopwellJob {
            requisition: Some("req 0042".to_owned()),
            ..wanted("Kiln Engineer")
        };
        let proposals = proposals(&wanted, &jobs);
        let order: Vec<_> = proposals.iter().map(|p| (p.job.id, p.score)).collect();
        assert_eq!(order, [(2, 100), (1, 80)]);
        assert_eq!(proposals[0].because, ["requisition"]);
    }

    #[test]
    fn open_jobs_are_ranked_by_title_and_place() {
        let jobs = [
            job(1, "Glaze chemist, Oakland"),
            job(2, "Glaze chemist, Dayton"),
            job(3, "Driver"),
            Job {
                state: JobState::Closed,
                ..job(4, "Glaze chemist")
            },
        ];
        let wanted = JopwellJob {
            location: Some("Oakland, CA".to_owned()),
            ..wanted("Glaze Chemist")
        };
        let order: Vec<_> = proposals(&wanted, &jobs).iter().map(|p| p.job.id).collect();
        assert_eq!(order, [1, 2]);
    }

    proptest! {
        #[test]
        fn score_of_any_texts_is_at_most_100(title in ".*", name in ".*", location: Option<String>, requisition: Option<String>) {
            let job = Job { location: location.clone(), requisition: requisition.clone(), ..job(1, &name) };
            let wanted = JopwellJob { location, requisition, ..wanted(&title) };
            prop_assert!(proposal(&wanted, &job).score <= 100);
        }
    }
}
