//! Job descriptions: other people's HTML, made harmless, read as blocks of text, and compared.

use ammonia::Builder;
use atsi_protocol::{DescriptionPiece, DescriptionRow, MAX_DESCRIPTION_CHARS};
use similar::{Algorithm, ChangeTag, DiffOp, TextDiff, capture_diff_slices};
use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

/// Each begins and ends a block.
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
/// Two paragraphs that are less alike are told as two: single words that both have would mislead.
const ALIKE: f32 = 0.6;
/// For the words of two blocks; what is not found by then is told as replaced.
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

/// Well-formed HTML of a few tags without a single attribute. The input counts up to
/// [`MAX_DESCRIPTION_CHARS`].
#[must_use]
pub fn sanitised(html: &str) -> String {
    let end = html
        .char_indices()
        .nth(MAX_DESCRIPTION_CHARS)
        .map_or(html.len(), |(end, _)| end);
    // PostgreSQL's texts hold everything but this.
    let html = html.get(..end).unwrap_or_default().replace('\0', "");
    SANITIZER.clean(&html).to_string()
}

/// A form's text as sanitised HTML.
#[must_use]
pub fn of_text(text: &str) -> String {
    sanitised(&ammonia::clean_text(text))
}

/// The blocks of sanitised HTML as plain text, items of lists behind a bullet. Where there are no
/// blocks, lines are.
#[must_use]
pub fn blocks(sanitised: &str) -> Vec<String> {
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
        .any(|tag| sanitised.contains(&format!("<{tag}>")));
    // No attribute is left, and a `<` of the text is escaped: each begins a tag.
    for (index, part) in sanitised.split('<').enumerate() {
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

/// For a form's text box: paragraphs parted by an empty line, items of a list by none.
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

/// Whether two descriptions say the same, however they are divided.
#[must_use]
pub fn say_the_same(one: &[String], other: &[String]) -> bool {
    let written = |blocks: &[String]| -> String {
        let all = blocks.iter().flat_map(|block| block.chars());
        all.filter(|c| !c.is_whitespace() && *c != '•').collect()
    };
    written(one) == written(other)
}

/// Two descriptions side by side.
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
    if diff.ratio() < ALIKE {
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

/// A space between two changed words is one with them.
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
        blocks(&sanitised(html))
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
    fn nothing_that_could_run_is_left() {
        let html = "<p onclick=steal()>Hi<script>steal()</script><img src=x onerror=steal()>\
            <a href='javascript:steal()'>there</a><style>p{}</style><svg><p>deep</svg><!-- x -->";
        let clean = sanitised(html);
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
    fn sides_stand_beside_each_other_with_their_words_marked() {
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
    fn changed_words_are_marked_together() {
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
    fn how_it_is_divided_makes_no_difference() {
        assert!(say_the_same(
            &read("<ul><li>a b</li><li>c</li></ul>"),
            &read("a b\nc")
        ));
        assert!(!say_the_same(&read("C++"), &read("C")));
    }

    proptest! {
        #[test]
        fn both_sides_hold_all_of_the_text(one in "[<>a-c/&;pli \n]{0,80}", other in "[<>a-c/&;pli \n]{0,80}") {
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
