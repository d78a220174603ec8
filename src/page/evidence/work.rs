//! What a person does, where, and where they live.

use super::super::tree::{Line, Tree, clean, join};
use super::super::words::{Label, SectionKind, Words};
use super::field::{Feature, Field};
use super::labels::Labelled;
use super::{Found, Subject, contact, person};
use crate::page::snapshot::{NodeId, Sight};

/// The longest title or company, in characters.
const MAX_VALUE: usize = 90;
/// How many lines below the name may say what the person does.
const NEAR: usize = 6;

pub fn read(tree: &Tree, labels: &[Labelled], subject: &Subject, found: &mut Vec<Found>) {
    labelled(tree, labels, found);
    near_name(tree, subject, found);
    hinted(tree, subject, found);
    titles(tree, subject, found);
    history(tree, found);
}

/// A title and a company, either of which may be missing.
#[derive(Debug, Default, PartialEq)]
pub struct Job {
    pub title: Option<String>,
    pub company: Option<String>,
}

fn propose(
    tree: &Tree,
    found: &mut Vec<Found>,
    field: Field,
    text: &str,
    node: NodeId,
    features: &[Feature],
) {
    let text = clean(text);
    // "Poste occupé : Contrôleuse" is a label and its value.
    let text = text
        .split_once([':', '：'])
        .filter(|(head, _)| tree.words.label(head).is_some())
        .map_or(text.as_str(), |(_, tail)| tail);
    let text = text
        .trim_matches(|c: char| {
            matches!(
                c,
                ',' | '·' | '|' | '•' | '-' | '–' | '—' | ':' | ';' | '@' | ' ' | '"'
            )
        })
        .trim_end_matches('.')
        .trim();
    let text = match text
        .strip_suffix(" Inc")
        .or_else(|| text.strip_suffix(" Ltd"))
        .or_else(|| text.strip_suffix(" Co"))
    {
        Some(_) => format!("{text}."),
        None => text.to_owned(),
    };
    let text = if text.ends_with('.') && !clean(&text).is_empty() && !tree_has(tree, &text) {
        text.trim_end_matches('.').to_owned()
    } else {
        text
    };
    if text.is_empty() || text.chars().count() > MAX_VALUE {
        return;
    }
    let is_contact = text.contains('@') && text.contains('.')
        || !contact::phones_in(&text).is_empty()
        || text.contains("://");
    let lower = super::super::words::plain(&text)
        .trim_matches(['(', ')'])
        .to_owned();
    let has_letters = text.chars().any(char::is_alphabetic);
    if is_contact
        || !has_letters
        || tree.words.not_titles.contains(&lower)
        || tree.words.is_section(&text)
        || tree.words.label(&text).is_some() && !Words::any_word(&tree.words.occupations, &text)
    {
        return;
    }
    if is_period(&text, &tree.words.now) {
        return;
    }
    let mut one = Found::new(field, &text, node, features);
    let set = match field {
        Field::Company => &tree.words.company_words,
        _ => &tree.words.occupations,
    };
    one.features.set_if(
        Feature::KnownWord,
        has_occupation(tree, &text) && field == Field::Title
            || field != Field::Title && Words::any_word(set, &text),
    );
    if field == Field::Company {
        one.features.set_if(
            Feature::BadShape,
            has_occupation(tree, &text) && !Words::any_word(set, &text)
                || is_place(&text)
                || starts_lower(&text),
        );
    } else if field == Field::Title {
        one.features.set_if(
            Feature::BadShape,
            is_place(&text)
                || text.split_whitespace().count() > 8
                || text.ends_with(['!', '?'])
                || text.contains(". "),
        );
        one.features.set_if(
            Feature::PageWord,
            tree.words.is_profile_control(&text)
                || tree.words.is_own_control(&text)
                || text.chars().any(|c| c.is_ascii_digit()),
        );
    } else {
        one.features.set_if(Feature::GoodShape, is_place(&text));
    }
    found.push(one);
}

fn tree_has(tree: &Tree, text: &str) -> bool {
    tree.lines.iter().any(|line| line.text.contains(text))
}

fn starts_lower(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_lowercase)
}

/// Whether a text has a word for what people do; German puts it at the end of a longer one.
#[must_use]
pub fn has_occupation(tree: &Tree, text: &str) -> bool {
    let set = &tree.words.occupations;
    Words::any_word(set, text)
        || text.split_whitespace().any(|word| {
            let word = word
                .trim_matches(|c: char| !c.is_alphabetic())
                .to_lowercase();
            let word = word.trim_end_matches("innen").trim_end_matches('s');
            set.contains(word)
                || set.iter().any(|known| {
                    known.chars().count() >= 5
                        && word.chars().count() > known.chars().count() + 2
                        && word.ends_with(known.as_str())
                })
        })
}

/// `Leeds, UK`
fn is_place(text: &str) -> bool {
    let parts: Vec<&str> = text.split(',').map(str::trim).collect();
    let is_capital = |part: &&str| {
        part.chars().next().is_some_and(|c| c.is_uppercase()) && part.split(' ').count() <= 3
    };
    let last_is_code = parts.last().is_some_and(|last| {
        last.chars().count() == 2 && last.chars().all(|c| c.is_ascii_uppercase())
    });
    (parts.len() == 2 || parts.len() == 3)
        && parts.iter().all(is_capital)
        && (last_is_code || COUNTRIES.contains(&parts.last().copied().unwrap_or_default()))
}

const COUNTRIES: &[&str] = &[
    "USA",
    "U.S.",
    "U.S.A.",
    "United States",
    "UK",
    "U.K.",
    "United Kingdom",
    "England",
    "Scotland",
    "Wales",
    "Ireland",
    "Canada",
    "Mexico",
    "México",
    "Spain",
    "España",
    "France",
    "Germany",
    "Deutschland",
    "Portugal",
    "Brazil",
    "Brasil",
    "Italy",
    "Italia",
    "Netherlands",
    "Belgium",
    "Switzerland",
    "Schweiz",
    "Suisse",
    "Austria",
    "Österreich",
    "Argentina",
    "Chile",
    "Colombia",
    "Perú",
    "Peru",
    "Nigeria",
    "Kenya",
    "Ghana",
    "South Africa",
    "Egypt",
    "India",
    "Japan",
    "China",
    "Korea",
    "Australia",
    "New Zealand",
    "Texas",
    "California",
    "New York",
    "Ohio",
    "Georgia",
    "Illinois",
    "Florida",
    "Washington",
    "Michigan",
    "Oregon",
    "Colorado",
    "Arizona",
    "Virginia",
    "Maryland",
    "Massachusetts",
    "Minnesota",
];

/// Whether a text is a time rather than something: `2019 – present`, `Mar 2021 · 3 yrs`.
fn is_period(text: &str, now: &super::super::words::Set) -> bool {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let is_time = |word: &String| {
        word.chars().all(|c| c.is_numeric())
            || now.contains(word)
            || matches!(
                word.as_str(),
                "since"
                    | "from"
                    | "to"
                    | "until"
                    | "till"
                    | "desde"
                    | "hasta"
                    | "depuis"
                    | "seit"
                    | "bis"
                    | "a"
                    | "à"
                    | "de"
                    | "au"
                    | "yr"
                    | "yrs"
                    | "year"
                    | "years"
                    | "mo"
                    | "mos"
                    | "month"
                    | "months"
                    | "mois"
                    | "ans"
                    | "jahre"
                    | "años"
                    | "meses"
                    | "anos"
            )
            || MONTHS
                .iter()
                .any(|month| word.starts_with(month) && word.chars().count() <= 10)
    };
    !words.is_empty() && words.iter().all(is_time)
}

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "ene",
    "abr", "ago", "dic", "fév", "avr", "mai", "juin", "juil", "août", "déc", "mär", "okt", "dez",
    "fev", "set", "out", "spring", "summer", "fall",
];

/// Divides *Buyer at Lumen Labs*.
#[must_use]
pub fn divide(tree: &Tree, line: &str) -> Option<Job> {
    let line = line.trim();
    for at in &tree.words.at {
        let strong = matches!(at.as_str(), "at" | "@");
        let between = format!(" {at} ");
        let lower = line.to_lowercase();
        // Lower case may have another length.
        let Some(position) = lower.find(&between).filter(|_| lower.len() == line.len()) else {
            continue;
        };
        let (title, company) = (line.get(..position)?, line.get(position + between.len()..)?);
        let company = end_of_company(company);
        let is_company =
            company.chars().next().is_some_and(|c| !c.is_lowercase()) || company.contains('.');
        if title.is_empty()
            || company.is_empty()
            || !is_company
            || company.chars().count() > MAX_VALUE
        {
            continue;
        }
        // "Responsable en Lumen", but not "Experta en compras".
        if !strong && !has_occupation(tree, title)
            || tree.words.is_profile_control(line)
            || title.split_whitespace().count() > 9
        {
            continue;
        }
        return Some(Job {
            title: Some(title.to_owned()),
            company: Some(company),
        });
    }
    None
}

fn end_of_company(text: &str) -> String {
    let mut end = text.len();
    for stop in [
        " · ", " | ", " • ", " – ", " — ", " (", ", ", "; ", ". ", " since ", " from ", " in ",
        " depuis ", " seit ", " desde ", " where ", " and ",
    ] {
        if let Some(at) = text.find(stop) {
            let tail = text.get(at..).unwrap_or_default();
            // "Foundry, Inc."
            let is_suffix = stop == ", "
                && ["Inc", "LLC", "Ltd", "Co.", "S.A", "LLP", "GmbH", "S.L"]
                    .iter()
                    .any(|suffix| tail.get(2..).unwrap_or_default().starts_with(suffix));
            if !is_suffix {
                end = end.min(at);
            }
        }
    }
    text.get(..end).unwrap_or_default().trim().to_owned()
}

fn labelled(tree: &Tree, labels: &[Labelled], found: &mut Vec<Found>) {
    for one in labels {
        let is_history = tree.place(one.node).in_repeat
            && tree
                .sections_of(one.node)
                .any(|section| tree.words.section(&section.text) == Some(SectionKind::Experience));
        let mut features = vec![Feature::Label];
        if is_history {
            features.push(Feature::PastJob);
        }
        match one.label {
            Label::Title | Label::Work => {
                let value = strip_period(&one.value);
                let job = divide(tree, &value).or_else(|| by_parts(tree, &value, true));
                let parts: Vec<Feature> = features
                    .iter()
                    .copied()
                    .chain([Feature::AtPattern])
                    .collect();
                match job.filter(|job| job.company.is_some()) {
                    Some(job) => {
                        propose(
                            tree,
                            found,
                            Field::Title,
                            &job.title.unwrap_or_default(),
                            one.node,
                            &parts,
                        );
                        propose(
                            tree,
                            found,
                            Field::Company,
                            &job.company.unwrap_or_default(),
                            one.node,
                            &parts,
                        );
                        propose(
                            tree,
                            found,
                            Field::Title,
                            &value,
                            one.node,
                            &[Feature::Label, Feature::BadShape],
                        );
                    }
                    None => propose(tree, found, Field::Title, &value, one.node, &features),
                }
            }
            Label::Company => propose(
                tree,
                found,
                Field::Company,
                without_brackets(&one.value),
                one.node,
                &features,
            ),
            Label::Location => propose(
                tree,
                found,
                Field::Location,
                &one.value,
                one.node,
                &features,
            ),
            _ => {}
        }
    }
}

fn without_brackets(text: &str) -> &str {
    text.split(" (").next().unwrap_or(text)
}

/// `Buyer · Lumen Labs · Leeds` and `Buyer, Lumen Labs`: what has an occupation is the title.
fn by_parts(tree: &Tree, line: &str, is_work: bool) -> Option<Job> {
    let between = [
        " · ", " | ", " • ", " – ", " — ", " - ", " / ", ", ", " ・ ", " (",
    ]
    .into_iter()
    .find(|between| line.contains(between))?;
    let parts: Vec<&str> = line
        .split(between)
        .map(|part| part.trim().trim_end_matches(')'))
        .filter(|part| !part.is_empty())
        .collect();
    let title = parts
        .iter()
        .position(|part| has_occupation(tree, part) && part.chars().count() <= MAX_VALUE)?;
    let is_company = |part: &&&str| {
        !is_period(part, &tree.words.now)
            && !is_place(part)
            && part
                .chars()
                .next()
                .is_some_and(|c| c.is_uppercase() || !c.is_ascii())
            && !has_occupation(tree, part)
    };
    let after = parts.iter().skip(title + 1).take(1).find(is_company);
    let before = title
        .checked_sub(1)
        .and_then(|at| parts.get(at))
        .filter(|part| is_company(part) && between != ", ");
    let company = after.or(before);
    // After a comma a place is as likely, unless it says that it is a company.
    let company = company.filter(|part| {
        between != ", "
            || is_work
            || Words::any_word(&tree.words.company_words, part)
            || parts.len() > 2 && title == 0
    });
    let title = parts.get(title).map(|text| (*text).to_owned());
    Some(Job {
        title,
        company: company.map(|text| (*text).to_owned()),
    })
}

fn near_name(tree: &Tree, subject: &Subject, found: &mut Vec<Found>) {
    let Some(at) = tree.line_of(subject.node) else {
        return;
    };
    // What is beside the name in its own line.
    if let Some(line) = tree.lines.get(at) {
        let rest: Vec<_> = line
            .pieces
            .iter()
            .filter(|piece| piece.node > subject.node && piece.sight == Sight::Shown)
            .collect();
        let rest = join(rest.into_iter());
        if rest.chars().count() > 3 && !rest.eq_ignore_ascii_case(&subject.name) {
            sentence(
                tree,
                found,
                &rest,
                line.pieces.last().map_or(line.node(), |piece| piece.node),
                &[Feature::AfterName],
            );
        }
        if let Some((_, rest)) = line
            .text
            .split_once([',', '–', '—', '|', '·'])
            .filter(|(head, _)| *head == subject.name)
        {
            sentence(tree, found, rest, line.node(), &[Feature::AfterName]);
        }
    }
    let mut seen = 0;
    let mut headline: Option<usize> = None;
    let mut before: Option<(String, NodeId)> = None;
    for line in tree.lines.iter().skip(at + 1) {
        if seen >= NEAR || ends_head(tree, line, subject) {
            break;
        }
        if line.sight != Sight::Shown || is_skipped(tree, line) {
            continue;
        }
        let mut features = vec![Feature::NearName];
        if seen == 0 {
            features.push(Feature::AfterName);
        }
        let is_title = has_occupation(tree, &line.text);
        let is_short = line.text.split_whitespace().count() <= 12 && !line.text.contains(". ");
        if is_title && is_short && seen < 3 && headline.is_none() {
            features.push(Feature::Headline);
            headline = Some(seen);
        } else if headline.is_some_and(|at| at + 1 == seen) && is_named(tree, &line.text) {
            propose(
                tree,
                found,
                Field::Company,
                &line.text,
                line.node(),
                &[Feature::NearName, Feature::BesideHeadline],
            );
        }
        // A company may be above the title.
        if headline == Some(seen)
            && let Some((text, node)) = before.take().filter(|(text, _)| is_named(tree, text))
        {
            propose(
                tree,
                found,
                Field::Company,
                &text,
                node,
                &[Feature::NearName, Feature::BesideHeadline],
            );
        }
        before = Some((line.text.clone(), line.node()));
        sentence(tree, found, &line.text, line.node(), &features);
        if is_place(&line.text) || line.text.contains('📍') {
            propose(
                tree,
                found,
                Field::Location,
                line.text.trim_start_matches('📍').trim(),
                line.node(),
                &[Feature::NearName],
            );
        }
        seen += 1;
    }
    // "Buyer" above the name.
    if let Some(line) = at.checked_sub(1).and_then(|before| tree.lines.get(before)) {
        let is_beside =
            tree.page.parent(line.block) == tree.page.parent(tree.block_of(subject.node));
        if line.sight == Sight::Shown && is_beside && !is_skipped(tree, line) {
            sentence(tree, found, &line.text, line.node(), &[Feature::BeforeName]);
        }
    }
}

/// Whether a line is written like a name: every longer word begins with a capital.
fn is_named(tree: &Tree, text: &str) -> bool {
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|word| word.chars().count() > 3)
        .collect();
    let is_capital = |word: &&str| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(|c| !c.is_lowercase())
    };
    !words.is_empty()
        && words.len() <= 7
        && words.iter().all(is_capital)
        && !is_place(text)
        && !is_period(text, &tree.words.now)
        && !has_occupation(tree, text)
}

/// Whether what is about the person's name ends here.
fn ends_head(tree: &Tree, line: &Line, subject: &Subject) -> bool {
    let heading = tree
        .page
        .with_ancestors(line.block)
        .take(3)
        .find(|id| tree.heading_level(*id).is_some_and(|level| level <= 3));
    let is_section = tree.words.is_section(&line.text) || tree.words.is_about_others(&line.text);
    let place = tree.place(line.block);
    is_section
        || place.of_others
        || place.in_people
        || heading.is_some_and(|id| {
            !tree.page.contains(id, subject.node) && tree.words.is_section(&tree.any_text(id))
        })
}

fn is_skipped(tree: &Tree, line: &Line) -> bool {
    let place = tree.place(line.node());
    let is_label = tree.words.label(&line.text).is_some()
        || line.pieces.len() > 1
            && line.pieces.first().is_some_and(|piece| {
                piece.sight == Sight::Shown
                    && tree
                        .words
                        .label(&piece.text)
                        .is_some_and(|label| label != Label::Title && label != Label::Work)
            });
    let is_labelled = line
        .text
        .split_once(':')
        .is_some_and(|(head, _)| tree.words.label(head).is_some());
    place.in_control
        || place.in_navigation
        || place.in_footer
        || is_label
        || is_labelled
        || line.text.contains('@') && !line.text.contains(" @ ")
        || !contact::phones_in(&line.text).is_empty()
        || tree.words.is_profile_control(&line.text)
        || person::likeness(&line.text, tree.words) > 0.9
}

/// Proposes what a line near the name says.
fn sentence(tree: &Tree, found: &mut Vec<Found>, text: &str, node: NodeId, features: &[Feature]) {
    let text = text.trim_start_matches([',', '–', '—', '|', '·', '-', ' ']);
    if text.chars().count() > 160 {
        return;
    }
    let with =
        |feature: Feature| -> Vec<Feature> { features.iter().copied().chain([feature]).collect() };
    if let Some(job) = divide(tree, text) {
        let title = job.title.unwrap_or_default();
        let title = title
            .rsplit([':', '·', '|', '•'])
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let title = without_article(&title);
        propose(
            tree,
            found,
            Field::Title,
            &title,
            node,
            &with(Feature::AtPattern),
        );
        propose(
            tree,
            found,
            Field::Company,
            &job.company.unwrap_or_default(),
            node,
            &with(Feature::AtPattern),
        );
    } else if let Some(job) = by_parts(tree, text, false) {
        propose(
            tree,
            found,
            Field::Title,
            &job.title.unwrap_or_default(),
            node,
            features,
        );
        propose(
            tree,
            found,
            Field::Company,
            &job.company.unwrap_or_default(),
            node,
            features,
        );
        propose(
            tree,
            found,
            Field::Title,
            text,
            node,
            &with(Feature::BadShape),
        );
    } else if let Some(company) = [
        "At ", "at ", "@ ", "@", "Bei ", "bei ", "Chez ", "chez ", "En ", "en ",
    ]
    .iter()
    .find_map(|at| text.strip_prefix(at))
    .filter(|company| company.chars().next().is_some_and(char::is_uppercase))
    {
        propose(
            tree,
            found,
            Field::Company,
            &end_of_company(company),
            node,
            &with(Feature::AtPattern),
        );
    } else {
        propose(tree, found, Field::Title, text, node, features);
    }
}

fn without_article(title: &str) -> String {
    for start in [
        "works as a ",
        "works as an ",
        "working as a ",
        "currently a ",
        "currently an ",
        "currently ",
        "a ",
        "an ",
        "is a ",
        "is an ",
    ] {
        if let Some(rest) = title.strip_prefix(start) {
            return rest.to_owned();
        }
    }
    title.to_owned()
}

fn hinted(tree: &Tree, subject: &Subject, found: &mut Vec<Found>) {
    for (id, element) in tree.page.elements() {
        let hints = tree.hints(id);
        let has = |label| tree.words.has_hint(&hints, label);
        if hints.is_empty()
            || !(has(Label::Title) || has(Label::Company) || has(Label::Location))
            || tree.page.contains(id, subject.node)
        {
            continue;
        }
        let own_lines = tree.lines_in(id).count();
        if own_lines > 1
            || tree.place(id).in_head
            || tree.place(id).in_control
            || tree.heading_level(id).is_some_and(|level| level < 3)
            || element.tag == "form"
        {
            continue;
        }
        let text = tree.text(id);
        if text.is_empty() || text.contains('\n') || tree.words.label(&text).is_some() {
            continue;
        }
        if let Some(job) = divide(tree, &text)
            .or_else(|| by_parts(tree, &text, false))
            .filter(|job| has(Label::Title) && job.company.is_some())
        {
            propose(
                tree,
                found,
                Field::Title,
                &job.title.unwrap_or_default(),
                id,
                &[Feature::Hint, Feature::AtPattern],
            );
            propose(
                tree,
                found,
                Field::Company,
                &job.company.unwrap_or_default(),
                id,
                &[Feature::Hint, Feature::AtPattern],
            );
            continue;
        }
        let text = text
            .split_once(':')
            .filter(|(head, _)| tree.words.label(head).is_some())
            .map_or(text.clone(), |(_, tail)| tail.to_owned());
        if has(Label::Title) && !has(Label::Company) {
            propose(tree, found, Field::Title, &text, id, &[Feature::Hint]);
        }
        if has(Label::Company) {
            let text = ["at ", "@ ", "bei ", "chez ", "en ", "na "]
                .iter()
                .find_map(|at| text.strip_prefix(at))
                .unwrap_or(&text);
            propose(tree, found, Field::Company, text, id, &[Feature::Hint]);
        }
        if has(Label::Location) {
            propose(tree, found, Field::Location, &text, id, &[Feature::Hint]);
        }
    }
}

/// The document's title and descriptions: *Imani Okafor - Buyer at Lumen Labs | Jopwell*.
fn titles(tree: &Tree, subject: &Subject, found: &mut Vec<Found>) {
    for (id, element) in tree
        .page
        .elements()
        .filter(|(id, _)| tree.place(*id).in_head)
    {
        let named = element
            .attribute("property")
            .or_else(|| element.attribute("name"))
            .unwrap_or_default();
        let text = match (element.tag.as_str(), named) {
            ("title", _) => tree.page.raw_text(id),
            ("meta", "og:title" | "twitter:title" | "description" | "og:description") => {
                element.attribute("content").unwrap_or_default().to_owned()
            }
            _ => continue,
        };
        let mut parts = super::naming::segments(tree, &text);
        parts.extend(
            text.split(['|', '·', '•'])
                .map(|part| part.trim().to_owned()),
        );
        parts.extend(text.split_once(',').map(|(_, tail)| tail.trim().to_owned()));
        for part in parts {
            let tokens = person::tokens(&part, tree.words);
            let is_named = person::is_same(&tokens, &subject.tokens);
            let Some(job) = divide(tree, &part).filter(|_| !is_named) else {
                continue;
            };
            let title = job.title.unwrap_or_default();
            let (_, title) = title
                .rsplit_once([',', '-', '–', ':'])
                .unwrap_or(("", &title));
            let title = title
                .split_once(" is a")
                .map_or(title, |(_, tail)| tail.trim_start_matches('n'));
            if !person::shares(&person::tokens(title, tree.words), &subject.tokens) {
                propose(
                    tree,
                    found,
                    Field::Title,
                    title,
                    id,
                    &[Feature::Meta, Feature::AtPattern],
                );
                propose(
                    tree,
                    found,
                    Field::Company,
                    &job.company.unwrap_or_default(),
                    id,
                    &[Feature::Meta, Feature::AtPattern],
                );
            }
        }
    }
}

/// The entries under a heading like *Experience*.
fn history(tree: &Tree, found: &mut Vec<Found>) {
    for section in &tree.sections {
        if tree.words.section(&section.text) != Some(SectionKind::Experience)
            && !tree
                .words
                .section(section.text.split([' ', '(']).next().unwrap_or_default())
                .is_some_and(|kind| kind == SectionKind::Experience)
        {
            continue;
        }
        let lines: Vec<&Line> = tree
            .lines
            .iter()
            .filter(|line| {
                (section.start..section.end).contains(&line.start()) && line.sight != Sight::Hidden
            })
            .take(60)
            .collect();
        // An entry begins where an element does that has others like it beside it.
        let mut entries: Vec<Vec<&Line>> = Vec::new();
        let mut last: Option<NodeId> = None;
        for line in lines {
            let item = tree
                .page
                .with_ancestors(line.block)
                .take_while(|id| id.index() >= section.start)
                .filter(|id| tree.place(*id).is_item)
                .last();
            match (item, last) {
                (Some(item), Some(known)) if tree.page.contains(known, item) || known == item => {}
                _ => entries.push(Vec::new()),
            }
            if item.is_some() || entries.is_empty() {
                last = item;
            }
            if let Some(entry) = entries.last_mut() {
                entry.push(line);
            }
        }
        let has_now = |entry: &[&Line]| {
            entry.iter().any(|line| {
                let words: Vec<String> = line
                    .text
                    .split(|c: char| !c.is_alphanumeric() && c != '\'')
                    .map(str::to_lowercase)
                    .collect();
                let has_time = line.text.chars().any(|c| c.is_numeric());
                words.iter().any(|word| tree.words.now.contains(word))
                    && (has_time || words.len() <= 3)
                    || line.text.to_lowercase().starts_with("since ")
            })
        };
        let entries: Vec<_> = entries
            .into_iter()
            .filter(|entry| !entry.is_empty())
            .take(12)
            .collect();
        for (index, entry) in entries.iter().enumerate() {
            let feature = if has_now(entry) {
                Feature::CurrentJob
            } else if index == 0 {
                Feature::FirstJob
            } else {
                Feature::PastJob
            };
            let job = entry_job(tree, entry);
            let node = entry.first().map_or(NodeId::DOCUMENT, |line| line.node());
            if let Some(title) = job.title {
                propose(tree, found, Field::Title, &title, node, &[feature]);
            }
            if let Some(company) = job.company {
                propose(tree, found, Field::Company, &company, node, &[feature]);
            }
        }
    }
}

fn entry_job(tree: &Tree, entry: &[&Line]) -> Job {
    let mut parts: Vec<String> = Vec::new();
    for line in entry.iter().take(5) {
        if line.text.chars().count() > 120 {
            continue;
        }
        let text = strip_period(&line.text);
        if let Some(job) = divide(tree, &text) {
            return job;
        }
        let mut pieces = vec![text];
        for between in [" · ", " | ", " • ", " – ", " — ", " - ", "\n"] {
            pieces = pieces
                .iter()
                .flat_map(|part| part.split(between))
                .map(|part| part.trim().to_owned())
                .collect();
        }
        parts.extend(
            pieces
                .into_iter()
                .flat_map(|part| match part.split_once(", ") {
                    Some((head, tail))
                        if has_occupation(tree, head) != has_occupation(tree, tail)
                            && !is_place(&part) =>
                    {
                        vec![head.to_owned(), tail.to_owned()]
                    }
                    _ => vec![part],
                }),
        );
    }
    parts.retain(|part| {
        !part.is_empty()
            && !is_period(part, &tree.words.now)
            && part.chars().any(char::is_alphabetic)
    });
    let title = parts.iter().position(|part| has_occupation(tree, part));
    let company = parts.iter().enumerate().find(|(index, part)| {
        Some(*index) != title
            && !is_place(part)
            && !has_occupation(tree, part)
            && *index <= title.unwrap_or(0) + 1
    });
    Job {
        title: title.and_then(|at| parts.get(at)).cloned(),
        company: company
            .map(|(_, part)| part.split(", ").next().unwrap_or(part).to_owned())
            .filter(|_| title.is_some()),
    }
}

/// `Buyer (2019 – present)` and `2019–present: Buyer` without the time.
fn strip_period(text: &str) -> String {
    let mut out = text.to_owned();
    if let Some((head, tail)) = text.split_once('(')
        && tail.chars().any(|c| c.is_numeric())
    {
        out = head.to_owned();
    }
    for between in [':', ',', '\u{2003}'] {
        if let Some((head, tail)) = out.split_once(between) {
            if head.chars().any(|c| c.is_numeric()) && !tail.is_empty() {
                out = tail.to_owned();
            } else if tail.chars().any(|c| c.is_numeric()) {
                out = head.to_owned();
            }
        }
    }
    out.trim().to_owned()
}
