//! Recognizes the type of a résumé's file by its content, and gives it a safe name. No clock, network or
//! disk.

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
const MAX_NAME_CHARS: usize = 100;
/// The signature of a type is within this many bytes of the beginning.
const HEAD: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pdf,
    Doc,
    Docx,
    Rtf,
    Text,
}

/// The reason for which Greenhouse could not show a file as a résumé.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResumeError {
    Empty,
    /// Most likely the page for signing in.
    WebPage,
    Unknown,
}

impl Kind {
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Doc => "application/msword",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Rtf => "application/rtf",
            Self::Text => "text/plain",
        }
    }

    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Doc => "doc",
            Self::Docx => "docx",
            Self::Rtf => "rtf",
            Self::Text => "txt",
        }
    }
}

/// Recognizes a file.
///
/// # Errors
/// It is empty, a web page, or of another type.
pub fn kind(file: &[u8]) -> Result<Kind, ResumeError> {
    let head = file.get(..HEAD).unwrap_or(file);
    if file.is_empty() {
        return Err(ResumeError::Empty);
    }
    if is_web_page(head) {
        return Err(ResumeError::WebPage);
    }
    // PDF readers accept anything before the signature.
    if contains(head, b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if head.starts_with(br"{\rtf") {
        return Ok(Kind::Rtf);
    }
    // Compound files have many types; Word's has a stream of this name, in UTF-16.
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        let name: Vec<u8> = "WordDocument".bytes().flat_map(|byte| [byte, 0]).collect();
        return if contains(file, &name) {
            Ok(Kind::Doc)
        } else {
            Err(ResumeError::Unknown)
        };
    }
    // So do ZIP archives; their directory names the entries in clear.
    if head.starts_with(b"PK\x03\x04") {
        return if contains(file, b"word/document.xml") {
            Ok(Kind::Docx)
        } else {
            Err(ResumeError::Unknown)
        };
    }
    if is_text(file) {
        Ok(Kind::Text)
    } else {
        Err(ResumeError::Unknown)
    }
}

fn contains(file: &[u8], what: &[u8]) -> bool {
    file.windows(what.len()).any(|window| window == what)
}

fn is_web_page(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let text = text.trim_start_matches(|c: char| c == '\u{feff}' || c.is_whitespace());
    text.starts_with('<')
        && ["<!doctype html", "<html", "<head", "<body"]
            .iter()
            .any(|tag| text.contains(tag))
}

/// Returns whether a file is readable text. JSON is not: a site's programs answer it instead of a file.
fn is_text(file: &[u8]) -> bool {
    let is_utf16 = file.starts_with(&[0xFF, 0xFE]) || file.starts_with(&[0xFE, 0xFF]);
    if is_utf16 {
        return true;
    }
    let control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    if file.iter().any(|&byte| control(byte) || byte == 0x7F) {
        return false;
    }
    let starts_like_data = matches!(file.trim_ascii_start().first(), Some(b'{' | b'['));
    if starts_like_data && serde_json::from_slice::<serde_json::Value>(file).is_ok() {
        return false;
    }
    // Text from old Windows has a few bytes beyond ASCII; a file of mostly such bytes is not text.
    let beyond = file.iter().filter(|byte| !byte.is_ascii()).count();
    std::str::from_utf8(file).is_ok() || beyond * 10 <= file.len()
}

/// Returns a name that is safe in an address and in a header: letters, digits and `-`, with the extension
/// of its kind.
#[must_use]
pub fn file_name(wanted: &str, kind: Kind) -> String {
    let last = wanted.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let stem: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(MAX_NAME_CHARS)
        .collect();
    let parts: Vec<&str> = stem.split('-').filter(|part| !part.is_empty()).collect();
    let stem = if parts.is_empty() {
        "resume".to_owned()
    } else {
        parts.join("-")
    };
    format!("{stem}.{}", kind.extension())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word_of_old() -> Vec<u8> {
        let mut file = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, 0, 0];
        file.extend("WordDocument".encode_utf16().flat_map(u16::to_le_bytes));
        file
    }

    #[test]
    fn file_is_recognized_by_its_content() {
        let cases: [(&[u8], Result<Kind, ResumeError>); 16] = [
            (b"%PDF-1.7\n%\xe2\xe3", Ok(Kind::Pdf)),
            (b"\r\n%PDF-1.4", Ok(Kind::Pdf)),
            (br"{\rtf1\ansi Imani}", Ok(Kind::Rtf)),
            (&word_of_old(), Ok(Kind::Doc)),
            (b"PK\x03\x04\x14\0..word/document.xml..", Ok(Kind::Docx)),
            ("Imani Brooks\nPotière\n".as_bytes(), Ok(Kind::Text)),
            (b"Imani Brooks, Poti\xe8re\r\n", Ok(Kind::Text)),
            (b"\xff\xfeI\0m\0", Ok(Kind::Text)),
            (b"", Err(ResumeError::Empty)),
            (
                b"\xef\xbb\xbf\n<!DOCTYPE html><title>Sign in</title>",
                Err(ResumeError::WebPage),
            ),
            (b"<HTML><body>%PDF-", Err(ResumeError::WebPage)),
            (
                b"<?xml version='1.0'?><html xmlns='x'>",
                Err(ResumeError::WebPage),
            ),
            (
                b"PK\x03\x04\x14\0..xl/workbook.xml..",
                Err(ResumeError::Unknown),
            ),
            (
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1Workbook",
                Err(ResumeError::Unknown),
            ),
            (br#"{"error": "sign in first"}"#, Err(ResumeError::Unknown)),
            (b"\x89PNG\r\n\x1a\n\0\0", Err(ResumeError::Unknown)),
        ];
        for (file, expected) in cases {
            assert_eq!(kind(file), expected, "{:?}", String::from_utf8_lossy(file));
        }
    }

    #[test]
    fn file_name_is_tidied() {
        for (wanted, name) in [
            ("Imani Brooks.pdf", "Imani-Brooks.pdf"),
            ("../../etc/passwd", "passwd.pdf"),
            ("C:\\cv\\imani.docx", "imani.pdf"),
            ("Lebenslauf é\"\r\n.pdf", "Lebenslauf.pdf"),
            ("", "resume.pdf"),
            ("....", "resume.pdf"),
        ] {
            assert_eq!(file_name(wanted, Kind::Pdf), name);
        }
    }

    proptest! {
        #[test]
        fn any_name_and_any_bytes_are_survived(name: String, file: Vec<u8>) {
            let _ = kind(&file);
            let name = file_name(&name, Kind::Docx);
            prop_assert!(name.len() <= MAX_NAME_CHARS + 5 && name.ends_with(".docx"));
            let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
            prop_assert!(name.chars().all(safe) && !name.starts_with('.'));
        }
    }
}
