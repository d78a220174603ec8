//! What became of a résumé's file.

use super::problem::of_trouble;
use crate::language::known;
use crate::state::resume::{ResumeNote, ResumeProblem};

#[must_use]
pub fn sentence(note: &ResumeNote) -> String {
    match note {
        ResumeNote::NoPublicAddress => say!(
            "Résumé sent as a link only: the ATSi proxy has no public address, so Greenhouse couldn’t fetch the file."
        )
        .to_owned(),
        ResumeNote::NotRead(problem) => without_file(&reason(*problem)),
        ResumeNote::NotTaken(trouble) => without_file(&of_trouble(trouble)),
        ResumeNote::Sentence(english) => known(english),
    }
}

fn without_file(why: &str) -> String {
    say!("Sent without the résumé’s file: {why}", why = why)
}

fn reason(problem: ResumeProblem) -> String {
    match problem {
        ResumeProblem::Empty => say!("the file is empty.").to_owned(),
        ResumeProblem::TooLarge => say!("the file is larger than 20 MB.").to_owned(),
        ResumeProblem::SignInNeeded => say!("Jopwell asked to sign in first.").to_owned(),
        ResumeProblem::NoAnswer => say!("Jopwell didn’t answer.").to_owned(),
        ResumeProblem::Status(status) => say!(
            "Jopwell answered with HTTP {status} instead of the file.",
            status = status
        ),
    }
}
