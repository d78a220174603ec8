//! The table of truth, and what holds for every text.

use super::super::jopwell_recipe;
use super::*;
use proptest::prelude::*;

/// A line of `table.tsv`: a text as shown, what it should be, and hints.
struct Line<'a> {
    shown: String,
    truth: &'a str,
    hints: Vec<(&'a str, &'a str)>,
}

impl<'a> Line<'a> {
    fn parse(line: &'a str) -> Self {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap_or_default();
        Self {
            shown: unescaped(field()),
            truth: field(),
            hints: field()
                .split("; ")
                .filter_map(|hint| hint.split_once('='))
                .collect(),
        }
    }

    fn hint(&self, name: &str) -> Option<&'a str> {
        self.hints
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, hint)| *hint)
    }

    fn divide(&self) -> Division {
        let emails: Vec<String> = self.hint("email").into_iter().map(str::to_owned).collect();
        let hints = Hints {
            given: self.hint("given"),
            family: self.hint("family"),
            emails: &emails,
            slug: self.hint("slug"),
            title: self.hint("title"),
            language: self.hint("lang"),
        };
        divide(&self.shown, &hints)
    }
}

/// `\u{200B}` and `\n` in the table are the characters.
fn unescaped(text: &str) -> String {
    let text = text.replace("\\n", "\n");
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        plain.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        plain.push_str(rest);
    }
    plain
}

#[test]
fn each_line_of_the_table_is_right_or_asked() {
    let lines: Vec<Line> = include_str!("table.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(Line::parse)
        .collect();
    let (mut wrong, mut asked) = (Vec::new(), Vec::new());
    for line in &lines {
        let answer = match line.divide() {
            Division::Divided { name, .. } => format!("{} | {}", name.first, name.last),
            Division::Asked { .. } => "?".to_owned(),
            Division::NotAName => "-".to_owned(),
        };
        if line.truth.split(" ; ").any(|truth| truth == answer) {
            continue;
        }
        let told = format!("{:?}: {answer}, not {}", line.shown, line.truth);
        match answer.as_str() {
            "?" if line.truth != "-" => asked.push(told),
            _ => wrong.push(told),
        }
    }
    println!(
        "{} lines, {} asked without need, {} wrong",
        lines.len(),
        asked.len(),
        wrong.len()
    );
    assert!(lines.len() >= 300, "{} lines", lines.len());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let most_asked = lines.len() / 20;
    assert!(
        asked.len() <= most_asked,
        "{} asked:\n{}",
        asked.len(),
        asked.join("\n")
    );
}

#[test]
fn what_is_left_out_is_told() {
    let Division::Divided {
        name,
        nickname,
        left_out,
    } = divide(
        "Dr. Simone “Dee” Adeyemi, CPPM (she/her)",
        &Hints::default(),
    )
    else {
        panic!("not divided");
    };
    assert_eq!(name.full(), "Simone Adeyemi");
    assert_eq!(nickname.as_deref(), Some("Dee"));
    for beside in ["Dr.", "CPPM", "she/her"] {
        assert!(
            left_out.iter().any(|text| text == beside),
            "{beside} in {left_out:?}"
        );
    }
}

#[test]
fn a_question_shows_a_guess() {
    for (shown, first, last) in [
        ("DUPONT Marie", "Marie", "DUPONT"),
        ("小川健太", "健太", "小川"),
        ("Zuriah", "Zuriah", ""),
        ("Tessa S.", "Tessa", "S."),
    ] {
        match divide(shown, &Hints::default()) {
            Division::Asked { guess, .. } => {
                assert_eq!((guess.first.as_str(), guess.last.as_str()), (first, last))
            }
            other => panic!("{shown}: {other:?}"),
        }
    }
}

#[test]
fn texts_of_the_site_are_not_names() {
    let recipe = jopwell_recipe();
    for title in [
        "Search results",
        "Candidates",
        "How to write a CV",
        "248 candidates",
        "Log in",
        "Candidate Tracker",
        "Account settings",
        "",
        "—",
        "Jobs at Acme",
        "Messages (3)",
    ] {
        assert!(!can_be_name(title, &recipe.words), "{title}");
    }
    for name in [
        "Imani Brooks",
        "Surya",
        "Searcy Jobson",
        "<img src=x onerror=alert(1)> Smith",
    ] {
        assert!(can_be_name(name, &recipe.words), "{name}");
    }
}

proptest! {
    #[test]
    fn a_plain_name_loses_nothing(parts in prop::collection::vec("[B-Z][a-z]{4,8}", 2..5)) {
        let full = parts.join(" ");
        if let Division::Divided { name, left_out, .. } = divide(&full, &Hints::default()) {
            let in_order = [name.full(), format!("{} {}", name.last, name.first)];
            prop_assert!(!left_out.is_empty() || in_order.contains(&full), "{:?}", name);
        }
    }

    #[test]
    fn any_text_is_answered(text in "\\PC*", email in "[a-z.]{0,12}@x.example", slug in "[a-z-]{0,12}") {
        let emails = [email];
        let hints = Hints { emails: &emails, slug: Some(&slug), title: Some(&text), ..Hints::default() };
        for hints in [hints, Hints { given: Some(&text), family: Some(&slug), ..hints }, Hints::default()] {
            if let Division::Divided { name, .. } = divide(&text, &hints) {
                prop_assert!(!name.first.is_empty() && !name.last.is_empty());
                prop_assert!(name.first.chars().count() <= MAX_FIELD_CHARS && name.last.chars().count() <= MAX_FIELD_CHARS);
            }
        }
    }

    #[test]
    fn texts_made_of_the_vocabulary_are_answered(words in prop::collection::vec(
        prop::sample::select(vec!["Dr.", "Ana", "Okoro", "de", "la", ",", "Jr.", "MD", "(", ")", "née", "“", "”", "y", "III", "Ma", "she/her", "-", "|", "小川", "·", "X", "ibn", "PhD"]),
        0..8,
    )) {
        let text = words.join(" ");
        if let Division::Divided { name, .. } = divide(&text, &Hints::default()) {
            prop_assert!(!name.first.is_empty() && !name.last.is_empty());
        }
    }
}
