//! The pages that explain problems.

use super::{
    extract::Path,
    problems::{ApiError, ExplainProblems},
};
use atsi_protocol::ProblemCode;

/// Explains a problem in plain text: the page that a problem's `type` points to.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "operations",
    params(("code" = String, Path, description = "The code of a problem")),
    responses((status = 200, description = "What the problem means", body = String, content_type = "text/plain"), ExplainProblems)
)]
pub async fn explain(Path(code): Path) -> Result<String, ApiError> {
    let code = ProblemCode::ALL
        .iter()
        .find(|known| known.as_str() == code)
        .ok_or(ProblemCode::NotFound)?;
    Ok(format!(
        "{} (HTTP status {})\n\n{}\n\n{}\n",
        code.as_str(),
        code.status(),
        code.title(),
        paragraph(*code).unwrap_or_default()
    ))
}

/// Returns the paragraph of `docs/problems.md` about a code.
fn paragraph(code: ProblemCode) -> Option<&'static str> {
    let mut sections = include_str!("../../../docs/problems.md")
        .split("\n## ")
        .skip(1);
    let (_, text) = sections.find_map(|section| {
        let (heading, text) = section.split_once('\n')?;
        (heading == format!("`{}`", code.as_str())).then_some((heading, text))
    })?;
    Some(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_and_nothing_else_has_a_paragraph() {
        for code in ProblemCode::ALL {
            let paragraph = paragraph(*code);
            assert!(
                paragraph.is_some_and(|text| text.len() > 60),
                "docs/problems.md says nothing about {}",
                code.as_str()
            );
        }
        let sections = include_str!("../../../docs/problems.md")
            .matches("\n## ")
            .count();
        assert_eq!(sections, ProblemCode::ALL.len());
    }
}
