//! What became of a résumé's file.

use super::problem::of_trouble;
use crate::language::known;
use crate::state::resume::{ResumeNote, ResumeProblem};

#[must_use]
pub fn sentence(note: &ResumeNote) -> String {
    match note {
        ResumeNote::NoPublicAddress => say!(
            "Résumé sent as a link only: the ATSi proxy has no public address that Greenhouse can download it from."
        )
        .to_owned(),
        ResumeNote::NotRead(problem) => without_file(&reason(*problem)),
        ResumeNote::NotTaken(trouble) => without_file(&of_trouble(trouble)),
        ResumeNote::Sentence(english) => known(english),
    }
}

fn without_file(why: &str) -> String {
    say!("Résumé file not sent: {why}", why = why)
}

fn reason(problem: ResumeProblem) -> String {
    match problem {
        ResumeProblem::Empty => say!("the file is empty.").to_owned(),
        ResumeProblem::TooLarge => say!("the file is larger than 20 MB.").to_owned(),
        ResumeProblem::SignInNeeded => say!("Log in to Jopwell first.").to_owned(),
        ResumeProblem::NoAnswer => say!("Jopwell isn’t responding.").to_owned(),
        ResumeProblem::Status(status) => say!(
            "Jopwell answered with HTTP {status} instead of the file.",
            status = status
        ),
    }
}
