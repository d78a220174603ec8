//! Job descriptions: sanitizes HTML from outside, reads it as blocks of text, and compares two.

use ammonia::Builder;
use atsi_protocol::{DescriptionPiece, DescriptionRow, MAX_DESCRIPTION_CHARS};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

/// Elements that begin and end a block.
const BLOCKS: [&str; 17] = [
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "tr",
    "td",
    "th",
    "pre",
    "br",
];
const BULLET: &str = "• ";
/// Least similarity at which two paragraphs are compared word by word; below it, the few words that they
/// share would mislead.
const SIMILAR: f32 = 0.6;
/// Time to compare the words of two blocks; the rest counts as replaced.
const DIFF_WITHIN: Duration = Duration::from_millis(100);

static SANITIZER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::new();
    builder
        .tags(
            BLOCKS
                .into_iter()
                .chain(["strong", "b", "em", "i", "u"])
                .collect(),
        )
        .tag_attributes(HashMap::new())
        .generic_attributes(HashSet::new())
        .link_rel(None);
    builder
});

/// Returns well-formed HTML of a few tags without attributes. Input beyond [`MAX_DESCRIPTION_CHARS`] is
/// dropped.
#[must_use]
pub fn sanitized(html: &str) -> String {
    let end = html
        .char_indices()
        .nth(MAX_DESCRIPTION_CHARS)
        .map_or(html.len(), |(end, _)| end);
    // PostgreSQL cannot store a NUL in a text.
    let html = html.get(..end).unwrap_or_default().replace('\0', "");
    SANITIZER.clean(&html).to_string()
}

/// Returns the text of a form as sanitized HTML.
#[must_use]
pub fn of_text(text: &str) -> String {
    sanitized(&ammonia::clean_text(text))
}

/// Returns the blocks of sanitized HTML as plain text, list items with a bullet. Without block elements,
/// each line is a block.
#[must_use]
pub fn blocks(sanitized: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut text = String::new();
    let mut is_item = false;
    let mut end = |text: &mut String, is_item: &mut bool| {
        let words: Vec<&str> = text.split_whitespace().collect();
        if !words.is_empty() {
            let bullet = if std::mem::take(is_item) { BULLET } else { "" };
            blocks.push(format!("{bullet}{}", words.join(" ")));
        }
        text.clear();
    };
    let has_blocks = BLOCKS
        .iter()
        .any(|tag| sanitized.contains(&format!("<{tag}>")));
    // There are no attributes, and a `<` in the text is escaped, so each `<` begins a tag.
    for (index, part) in sanitized.split('<').enumerate() {
        let (tag, words) = match (index, part.split_once('>')) {
            (0, _) | (_, None) => ("", part),
            (_, Some((tag, words))) => (tag, words),
        };
        if BLOCKS.contains(&tag.trim_start_matches('/')) {
            end(&mut text, &mut is_item);
            if tag == "li" || tag == "/li" {
                is_item = tag == "li";
            }
        }
        let words = words
            .replace("&nbsp;", " ")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        for (line, words) in words.split('\n').enumerate() {
            if line > 0 {
                if has_blocks {
                    text.push(' ');
                } else {
                    end(&mut text, &mut is_item);
                }
            }
            text.push_str(words);
        }
    }
    end(&mut text, &mut is_item);
    blocks
}

/// Returns the text for a form: an empty line between paragraphs, none between the items of a list.
#[must_use]
pub fn plain(blocks: &[String]) -> String {
    let mut text = String::new();
    let mut was_item = false;
    for block in blocks {
        let is_item = block.starts_with(BULLET);
        if !text.is_empty() {
            text.push_str(if was_item && is_item { "\n" } else { "\n\n" });
        }
        text.push_str(block);
        was_item = is_item;
    }
    text
}

/// Returns whether two descriptions have the same text, however it is divided into blocks.
#[must_use]
pub fn have_same_text(one: &[String], other: &[String]) -> bool {
    let written = |blocks: &[String]| -> String {
        let all = blocks.iter().flat_map(|block| block.chars());
        all.filter(|c| !c.is_whitespace() && *c != '•').collect()
    };
    written(one) == written(other)
}

/// Compares two descriptions side by side.
#[must_use]
pub fn compared(before: &[String], after: &[String]) -> Vec<DescriptionRow> {
    let mut rows = Vec::new();
    for op in capture_diff_slices(Algorithm::Patience, before, after) {
        let befores = before.get(op.old_range()).unwrap_or_default();
        let afters = after.get(op.new_range()).unwrap_or_default();
        let is_same = matches!(op, DiffOp::Equal { .. });
        for index in 0..befores.len().max(afters.len()) {
            rows.push(match (befores.get(index), afters.get(index)) {
                (Some(before), Some(after)) if !is_same => words(before, after),
                (before, after) => DescriptionRow {
                    before: whole(before.map(String::as_str), !is_same),
                    after: whole(after.map(String::as_str), !is_same),
                },
            });
        }
    }
    rows
}

fn whole(text: Option<&str>, changed: bool) -> Vec<DescriptionPiece> {
    let piece = text.map(|text| DescriptionPiece {
        text: text.to_owned(),
        changed,
    });
    piece.into_iter().collect()
}

fn words(before: &str, after: &str) -> DescriptionRow {
    let diff = TextDiff::configure()
        .timeout(DIFF_WITHIN)
        .diff_words(before, after);
    if diff.ratio() < SIMILAR {
        return DescriptionRow {
            before: whole(Some(before), true),
            after: whole(Some(after), true),
        };
    }
    let mut row = DescriptionRow::default();
    for change in diff.iter_all_changes() {
        let (is_before, is_after) = match change.tag() {
            ChangeTag::Equal => (true, true),
            ChangeTag::Delete => (true, false),
            ChangeTag::Insert => (false, true),
        };
        let changed = is_before != is_after;
        for (is_in, pieces) in [(is_before, &mut row.before), (is_after, &mut row.after)] {
            if !is_in {
                continue;
            }
            match pieces.last_mut() {
                Some(last) if last.changed == changed => last.text.push_str(change.value()),
                _ => pieces.push(DescriptionPiece {
                    text: change.value().to_owned(),
                    changed,
                }),
            }
        }
    }
    DescriptionRow {
        before: joined(row.before),
        after: joined(row.after),
    }
}

/// Joins a space between two changed words with them.
fn joined(pieces: Vec<DescriptionPiece>) -> Vec<DescriptionPiece> {
    let mut joined: Vec<DescriptionPiece> = Vec::new();
    for piece in pieces {
        let space = (joined.pop_if(|last| piece.changed && last.text.trim().is_empty()))
            .map_or_else(String::new, |space| space.text);
        match joined.last_mut() {
            Some(last) if piece.changed && last.changed => last.text += &(space + &piece.text),
            _ => joined.push(DescriptionPiece {
                text: space + &piece.text,
                ..piece
            }),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(html: &str) -> Vec<String> {
        blocks(&sanitized(html))
    }

    #[test]
    fn html_is_read_as_blocks() {
        let html = "<p>Ada &amp; <strong>Bo</strong>,\n kilns</p><ul><li>Fire</li><li>&lt;b&gt;</li></ul>after<br>all";
        let blocks = read(html);
        assert_eq!(
            blocks,
            ["Ada & Bo, kilns", "• Fire", "• <b>", "after", "all"]
        );
        assert_eq!(
            plain(&blocks),
            "Ada & Bo, kilns\n\n• Fire\n• <b>\n\nafter\n\nall"
        );
        assert_eq!(read("one\n\ntwo & three"), ["one", "two & three"]);
        assert_eq!(
            read("<p>one<br>\n<table><tr><td>a</td><td>b</td></tr></table>"),
            ["one", "a", "b"]
        );
    }

    #[test]
    fn sanitized_html_has_nothing_that_runs() {
        let html = "<p onclick=steal()>Hi<script>steal()</script><img src=x onerror=steal()>\
            <a href='javascript:steal()'>there</a><style>p{}</style><svg><p>deep</svg><!-- x -->";
        let clean = sanitized(html);
        for bad in [
            "steal", "script", "<a", "<img", "style", "<svg", "on", "<!--",
        ] {
            assert!(!clean.contains(bad), "{bad} in {clean}");
        }
        assert_eq!(read(html), ["Hithere", "deep"]);
        let end = "</td></tr></table></main><h1>Mine</h1>";
        assert_eq!(read(end), ["Mine"]);
    }

    #[test]
    fn compared_blocks_are_side_by_side_with_their_changes_marked() {
        let before = read("<p>Stays</p><p>You fire kilns by night</p><p>Goes</p>");
        let after = read("<p>Stays</p><p>You fire kilns by day</p>");
        let piece = |text: &str, changed| DescriptionPiece {
            text: text.into(),
            changed,
        };
        let rows = compared(&before, &after);
        assert_eq!(rows[0].before, [piece("Stays", false)]);
        assert_eq!(
            rows[1].before,
            [piece("You fire kilns by ", false), piece("night", true)]
        );
        assert_eq!(
            rows[1].after,
            [piece("You fire kilns by ", false), piece("day", true)]
        );
        assert_eq!(rows[2].before, [piece("Goes", true)]);
        assert!(rows[2].after.is_empty());
    }

    #[test]
    fn adjacent_changed_words_are_marked_together() {
        let before = read("Scales that tell the whole truth, every day and night of the year");
        let after = read("Scales that never lie, every day and night of the year");
        let row = compared(&before, &after).remove(0);
        let marked = |pieces: Vec<DescriptionPiece>| -> Vec<String> {
            let changed = pieces.into_iter().filter(|piece| piece.changed);
            changed.map(|piece| piece.text).collect()
        };
        assert_eq!(marked(row.before), ["tell the whole truth,"]);
        assert_eq!(marked(row.after), ["never lie,"]);
    }

    #[test]
    fn division_into_blocks_does_not_count_as_a_change() {
        assert!(have_same_text(
            &read("<ul><li>a b</li><li>c</li></ul>"),
            &read("a b\nc")
        ));
        assert!(!have_same_text(&read("C++"), &read("C")));
    }

    proptest! {
        #[test]
        fn compared_sides_hold_the_whole_text(one in "[<>a-c/&;pli \n]{0,80}", other in "[<>a-c/&;pli \n]{0,80}") {
            let (one, other) = (read(&one), read(&other));
            let rows = compared(&one, &other);
            let side = |of: fn(&DescriptionRow) -> &Vec<DescriptionPiece>| -> Vec<String> {
                rows.iter().map(|row| of(row).iter().map(|piece| piece.text.as_str()).collect::<String>())
                    .filter(|text| !text.is_empty()).collect()
            };
            prop_assert_eq!(side(|row| &row.before), one);
            prop_assert_eq!(side(|row| &row.after), other);
        }
    }
}
