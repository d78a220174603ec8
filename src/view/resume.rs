//! What became of a résumé's file.

use crate::language::told;
use crate::state::resume::{ResumeNote, ResumeProblem};

#[must_use]
pub fn sentence(note: &ResumeNote) -> String {
    match note {
        ResumeNote::NoPublicAddress => say!(
            "The résumé's file did not go along, only its link: the ATSi proxy has no public address from which Greenhouse could fetch it."
        )
        .to_owned(),
        ResumeNote::NotRead(problem) => without_file(&reason(*problem)),
        ResumeNote::NotTaken(trouble) => without_file(&trouble.sentence()),
        ResumeNote::Sentence(english) => told(english),
    }
}

fn without_file(why: &str) -> String {
    say!("The résumé's file did not go along: {why}", why = why)
}

fn reason(problem: ResumeProblem) -> String {
    match problem {
        ResumeProblem::Empty => say!("the file is empty.").to_owned(),
        ResumeProblem::TooLarge => say!("the file is larger than 20 MB.").to_owned(),
        ResumeProblem::SignInNeeded => say!("Jopwell asks to log in first.").to_owned(),
        ResumeProblem::NoAnswer => say!("Jopwell did not answer.").to_owned(),
        ResumeProblem::Status(status) => say!(
            "Jopwell answered with status {status} instead of the file.",
            status = status
        ),
    }
}
