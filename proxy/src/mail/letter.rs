//! A letter: written once, sent as text and as HTML for mail clients.

use crate::language::{self, say};
use maud::{DOCTYPE, Markup, html};

/// A step of instructions, and the page where it is done.
#[derive(Clone, Debug)]
pub struct Step {
    pub text: &'static str,
    pub page: Option<String>,
}

/// A part of a letter.
#[derive(Clone, Debug)]
enum Part {
    Paragraph(String),
    /// A text to copy or type: large and monospaced.
    Code(String),
    /// A link in a paragraph of its own.
    Link {
        label: String,
        url: String,
    },
    Steps(Vec<Step>),
    /// The words of somebody else.
    Quote(String),
}

/// A letter. Every text in it is escaped.
#[derive(Clone, Debug)]
pub struct Letter {
    subject: String,
    parts: Vec<Part>,
    /// Says why the recipient gets it.
    reason: String,
    lang: &'static str,
}

/// Inline, because mail clients drop style sheets; colors of `extension/view.css`.
const BODY: &str = "margin:0;padding:24px 12px;background:#f6f6fb;color:#1f2033";
const CARD: &str =
    "max-width:560px;margin:0 auto;background:#ffffff;border:1px solid #d5d6e3;border-radius:12px";
const CELL: &str = "padding:28px 28px 20px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#1f2033";
const HEADING: &str = "margin:0 0 16px;font-size:20px;line-height:1.3";
const PARAGRAPH: &str = "margin:0 0 16px";
const CODE: &str = "margin:0 0 16px;padding:12px 16px;background:#f6f6fb;border-radius:8px;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:28px;letter-spacing:4px";
const BUTTON: &str = "display:inline-block;padding:10px 18px;background:#4f46e5;color:#ffffff;border-radius:8px;text-decoration:none;font-weight:600";
const QUOTE: &str =
    "margin:0 0 16px;padding:4px 0 4px 14px;border-left:3px solid #d5d6e3;white-space:pre-line";
const SMALL: &str =
    "margin:20px 0 0;padding-top:16px;border-top:1px solid #d5d6e3;font-size:13px;color:#5b5d74";

impl Step {
    /// Returns the step as a list item, in a letter and on a page.
    #[must_use]
    pub fn item(&self) -> Markup {
        html! {
            li {
                (self.text)
                @if let Some(page) = &self.page {
                    " " a href=(page) target="_blank" rel="noopener noreferrer" { (say!("Open this page in Greenhouse")) }
                }
            }
        }
    }
}

impl Letter {
    #[must_use]
    pub fn new(subject: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            // A subject is a single line.
            subject: subject.into().replace(char::is_control, " "),
            parts: Vec::new(),
            reason: reason.into(),
            lang: language::tag(),
        }
    }

    #[must_use]
    pub fn paragraph(self, text: impl Into<String>) -> Self {
        self.with(Part::Paragraph(text.into()))
    }

    #[must_use]
    pub fn code(self, text: impl Into<String>) -> Self {
        self.with(Part::Code(text.into()))
    }

    #[must_use]
    pub fn link(self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.with(Part::Link {
            label: label.into(),
            url: url.into(),
        })
    }

    #[must_use]
    pub fn steps(self, steps: Vec<Step>) -> Self {
        self.with(Part::Steps(steps))
    }

    #[must_use]
    pub fn quote(self, text: impl Into<String>) -> Self {
        self.with(Part::Quote(text.into()))
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Paragraph(words) => text.push_str(words),
                Part::Code(code) => text.push_str(&format!("    {code}")),
                Part::Link { label, url } => text.push_str(&format!("{label}:\n{url}")),
                Part::Steps(steps) => {
                    let steps = (1..).zip(steps).map(|(at, step)| match &step.page {
                        Some(page) => format!("{at}. {}\n   {page}", step.text),
                        None => format!("{at}. {}", step.text),
                    });
                    text.push_str(&steps.collect::<Vec<_>>().join("\n"));
                }
                Part::Quote(words) => {
                    let lines = words.lines().map(|line| format!("> {line}"));
                    text.push_str(&lines.collect::<Vec<_>>().join("\n"));
                }
            }
            text.push_str("\n\n");
        }
        text.push_str("-- \n");
        text.push_str(&self.reason);
        text.push('\n');
        text
    }

    #[must_use]
    pub fn html(&self) -> String {
        html! {
            (DOCTYPE)
            html lang=(self.lang) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    meta name="color-scheme" content="light";
                    title { (self.subject) }
                }
                body style=(BODY) {
                    table role="presentation" width="100%" cellspacing="0" cellpadding="0" style=(CARD) {
                        tr { td style=(CELL) {
                            h1 style=(HEADING) { (self.subject) }
                            @for part in &self.parts {
                                @match part {
                                    Part::Paragraph(words) => p style=(PARAGRAPH) { (words) },
                                    Part::Code(code) => p style=(CODE) { (code) },
                                    Part::Link { label, url } => {
                                        p style=(PARAGRAPH) { a href=(url) style=(BUTTON) { (label) } }
                                        p style=(SMALL_LINK) { (say!("Or open")) " " (url) }
                                    },
                                    Part::Steps(steps) => ol style=(PARAGRAPH) {
                                        @for step in steps { (step.item()) }
                                    },
                                    Part::Quote(words) => blockquote style=(QUOTE) { (words) },
                                }
                            }
                            p style=(SMALL) { (self.reason) }
                        } }
                    }
                }
            }
        }
        .into_string()
    }
}

const SMALL_LINK: &str = "margin:0 0 16px;font-size:13px;color:#5b5d74;word-break:break-all";

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &'static str, page: Option<&str>) -> Step {
        Step {
            text,
            page: page.map(str::to_owned),
        }
    }

    #[test]
    fn text_of_people_is_escaped() {
        let hostile = "<img src=x onerror=alert(1)>\"'&\r\nBcc: x@kiln.example";
        let letter = Letter::new(format!("From {hostile}"), hostile)
            .paragraph(hostile)
            .quote(hostile)
            .code(hostile)
            .steps(vec![step("<img src=x>", Some("\"><img src=x>"))])
            .link(hostile, "https://atsi.kiln.example/x");
        assert!(!letter.html().contains("<img"), "{}", letter.html());
        assert!(letter.html().contains("&lt;img"));
        assert!(!letter.subject().contains(['\r', '\n']));
        assert!(letter.text().contains("> <img"));
    }

    #[test]
    fn text_and_html_have_the_same_content() {
        let letter = Letter::new("Your code", "Because.")
            .paragraph("Here it is.")
            .code("123 456")
            .steps(vec![
                step("One.", Some("https://app.greenhouse.io/configure")),
                step("Two.", None),
            ])
            .link("Open", "https://atsi.kiln.example/x");
        let (text, html) = (letter.text(), letter.html());
        for words in [
            "Here it is.",
            "123 456",
            "One.",
            "Two.",
            "https://app.greenhouse.io/configure",
            "https://atsi.kiln.example/x",
            "Because.",
        ] {
            assert!(text.contains(words) && html.contains(words), "{words}");
        }
        assert!(
            text.contains("1. One.\n   https://app.greenhouse.io/configure\n2. Two."),
            "{text}"
        );
    }
}
