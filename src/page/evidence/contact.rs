//! E-mail addresses and telephone numbers.

use super::super::address::{Address, percent_decode};
use super::super::tree::{Line, Tree};
use super::super::words::Label;
use super::field::{Feature, Features, Field};
use super::labels::Labelled;
use super::{Candidate, Found, Subject};
use crate::page::snapshot::{NodeId, Sight};

/// The fewest and most digits of a number that can be called from anywhere.
const MIN_DIGITS: usize = 7;
const MAX_DIGITS: usize = 15;

pub fn read(tree: &Tree, labels: &[Labelled], found: &mut Vec<Found>) {
    links(tree, found);
    for labelled in labels {
        match labelled.label {
            Label::Email => {
                let decoded = unobfuscated(&labelled.value);
                for email in emails_in(&labelled.value).into_iter().chain(emails_in(&decoded)) {
                    found.push(Found::new(Field::Email, &email, labelled.node, &[Feature::Label]));
                }
            }
            Label::Phone => {
                for phone in split_phones(&labelled.value) {
                    if is_vanity(&phone) || phones_in(&phone).is_empty() {
                        if is_vanity(&phone) {
                            found.push(Found::new(Field::Phone, &phone, labelled.node, &[Feature::Label]));
                        }
                        continue;
                    }
                    for number in phones_in(&phone) {
                        found.push(Found::new(Field::Phone, &number, labelled.node, &[Feature::Label, Feature::GoodShape]));
                    }
                }
            }
            Label::Ignored => {
                for email in emails_in(&labelled.value) {
                    found.push(Found::new(Field::Email, &email, labelled.node, &[Feature::IgnoredLabel]));
                }
                for number in phones_in(&labelled.value) {
                    found.push(Found::new(Field::Phone, &number, labelled.node, &[Feature::IgnoredLabel]));
                }
            }
            Label::Other | Label::ExternalId => {
                for number in phones_in(&labelled.value) {
                    found.push(Found::new(Field::Phone, &number, labelled.node, &[Feature::BadShape]));
                }
            }
            _ => {}
        }
    }
    texts(tree, found);
}

fn links(tree: &Tree, found: &mut Vec<Found>) {
    for (id, element) in tree.page.elements() {
        if let Some(code) = element.attribute("data-cfemail") {
            if let Some(email) = cloudflare(code) {
                found.push(Found::new(Field::Email, &email, id, &[Feature::Link]));
            }
        }
        let Some(href) = element.attribute("href") else { continue };
        let lower = href.to_ascii_lowercase();
        let text = tree.name_of(id);
        if let Some(code) = lower.split_once("/cdn-cgi/l/email-protection#") {
            if let Some(email) = cloudflare(code.1) {
                found.push(Found::new(Field::Email, &email, id, &[Feature::Link]));
            }
        } else if lower.starts_with("mailto:") {
            for email in recipients(href.get(7..).unwrap_or_default()) {
                let mut one = Found::new(Field::Email, &email, id, &[Feature::Link]);
                one.features.set_if(Feature::BadShape, !text.contains('@') && tree.words.is_about_others(&text));
                // An address with a prepared subject is a letter about something.
                one.features.set_if(Feature::HasSubject, lower.contains("subject="));
                found.push(one);
            }
        } else if let Some(number) = ["tel:", "sms:", "callto:", "whatsapp:"].iter().find_map(|scheme| lower.strip_prefix(scheme)) {
            let number = percent_decode(number);
            let number = number.trim_start_matches("//").split(['?', ';']).next().unwrap_or_default().trim().to_owned();
            let shown = phones_in(&text).into_iter().next().filter(|shown| is_same_phone(shown, &number));
            if digits(&number).len() >= MIN_DIGITS {
                found.push(Found::new(Field::Phone, &shown.unwrap_or(number), id, &[Feature::Link, Feature::GoodShape]));
            }
        }
    }
}

/// The addresses in a `mailto:` link, which may have names beside them.
fn recipients(target: &str) -> Vec<String> {
    let (to, query) = target.split_once('?').unwrap_or((target, ""));
    let more = query.split('&').filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("to").then_some(value)
    });
    let all = [to].into_iter().chain(more).map(percent_decode);
    all.flat_map(|text| emails_in(&text)).collect()
}

fn texts(tree: &Tree, found: &mut Vec<Found>) {
    for line in &tree.lines {
        // Joined, as an address may be divided by markup; and by piece, as two may stand beside.
        let pieces: Vec<(String, NodeId)> = line.pieces.iter().map(|piece| (piece.text.clone(), piece.node)).collect();
        let whole = joined(line);
        let mut any = false;
        for (text, node) in &pieces {
            for email in emails_in(text) {
                any = true;
                found.push(Found::new(Field::Email, &email, *node, &hinted(tree, *node, Label::Email)));
            }
        }
        if !any && whole.contains('@') && pieces.len() > 1 {
            for email in emails_in(&whole) {
                found.push(Found::new(Field::Email, &email, line.node(), &hinted(tree, line.node(), Label::Email)));
            }
        }
        if line.text.chars().count() > 160 {
            continue;
        }
        for (text, node) in &pieces {
            for number in phones_in(text) {
                let mut one = Found::new(Field::Phone, &number, *node, &hinted(tree, *node, Label::Phone));
                one.features.set_if(Feature::GoodShape, number.starts_with('+') || is_national(&number));
                // A number that is not alone in its text is more often a count or an id.
                let rest = phones_in(text).iter().fold(text.clone(), |rest, number| rest.replace(number, ""));
                let rest = rest.chars().filter(|c| c.is_alphanumeric()).count();
                one.features.set_if(Feature::BadShape, rest > 12 || !one.features.has(Feature::GoodShape) && rest > 0);
                found.push(one);
            }
        }
    }
}

/// The pieces of a line; together where an address may have been divided.
fn joined(line: &Line) -> String {
    let mut whole = String::new();
    for piece in line.pieces.iter().filter(|piece| piece.sight != Sight::Spoken) {
        let is_divided = whole.ends_with(['@', '.']) || piece.text.starts_with(['@', '.']);
        if !is_divided && !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(&piece.text);
    }
    whole
}

fn hinted(tree: &Tree, node: NodeId, label: Label) -> Vec<Feature> {
    let near = tree.page.with_ancestors(node).take(4);
    let is_hinted = near.into_iter().any(|id| tree.lines_in(id).count() <= 2 && tree.words.has_hint(&tree.hints(id), label));
    let icon = tree.line_of(node).and_then(|at| tree.lines.get(at)).is_some_and(|line| {
        let signs = if label == Label::Email { ["✉", "📧", "📩", "@:"] } else { ["☎", "📞", "📱", "✆"] };
        signs.iter().any(|sign| line.text.contains(sign))
    });
    if is_hinted || icon { vec![Feature::Hint] } else { Vec::new() }
}

/// Every e-mail address in a text.
#[must_use]
pub fn emails_in(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let is_local = |c: char| c.is_alphanumeric() || "._%+'-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || ".-".contains(c);
    let text: String = text.chars().filter(|c| !matches!(c, '\u{200b}' | '\u{ad}' | '\u{2060}' | '\u{feff}' | '\u{200c}' | '\u{200d}')).collect();
    let text = text.replace('＠', "@");
    for (at, _) in text.match_indices('@') {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        let start = before.rfind(|c: char| !is_local(c)).map_or(0, |index| {
            index + before.get(index..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        let local = before.get(start..).unwrap_or_default().trim_matches(['.', '\'']);
        let end = after.find(|c: char| !is_domain(c)).unwrap_or(after.len());
        let domain = after.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        let top = domain.rsplit('.').next().unwrap_or_default();
        let is_address = !local.is_empty()
            && local.len() <= 64
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.contains("..")
            && top.chars().count() >= 2
            && top.chars().all(char::is_alphabetic);
        if is_address {
            let email = format!("{local}@{domain}");
            if !found.iter().any(|known| known.eq_ignore_ascii_case(&email)) {
                found.push(email);
            }
        }
    }
    found
}

/// `renata [at] mail [dot] example` as an address.
fn unobfuscated(text: &str) -> String {
    let mut text = text.to_owned();
    for (from, to) in [(" [at] ", "@"), ("[at]", "@"), (" (at) ", "@"), ("(at)", "@"), (" {at} ", "@"), (" AT ", "@"), (" at ", "@"), (" [dot] ", "."), ("[dot]", "."), (" (dot) ", "."), ("(dot)", "."), (" DOT ", "."), (" dot ", "."), (" [arroba] ", "@"), (" arroba ", "@"), (" punto ", "."), (" [punto] ", ".")] {
        text = text.replace(from, to);
    }
    text
}

/// What Cloudflare hides addresses with.
fn cloudflare(code: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = (0..code.len()).step_by(2).map(|at| u8::from_str_radix(code.get(at..at + 2)?, 16).ok()).collect();
    let bytes = bytes?;
    let (key, rest) = bytes.split_first()?;
    let text = String::from_utf8(rest.iter().map(|byte| byte ^ key).collect()).ok()?;
    emails_in(&text).into_iter().next()
}

/// Every telephone number in a text, as it is spelled there.
#[must_use]
pub fn phones_in(text: &str) -> Vec<String> {
    split_phones(text).iter().flat_map(|part| scan(part)).collect()
}

fn scan(text: &str) -> Vec<String> {
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((start, c)) = chars.get(at).copied() {
        let starts = c.is_numeric() || c == '+' || c == '(' || c == '＋';
        let before = at.checked_sub(1).and_then(|index| chars.get(index)).map_or(' ', |(_, c)| *c);
        if !starts || before.is_alphanumeric() || "#$€£-/.@_".contains(before) {
            at += 1;
            continue;
        }
        let mut end = at;
        let mut last = start;
        while let Some((index, c)) = chars.get(end).copied() {
            let next = chars.get(end + 1).map_or(' ', |(_, c)| *c);
            let is_part = c.is_numeric() || "+＋()-.–‑ \u{a0}\u{202f}/".contains(c) && !(matches!(c, ' ' | '\u{a0}') && !(next.is_numeric() || next == '(' || next == '-' || next == '–' || next == '+'));
            if !is_part {
                break;
            }
            if c.is_numeric() {
                last = index + c.len_utf8();
            }
            end += 1;
        }
        let mut number = text.get(start..last).unwrap_or_default().trim().to_owned();
        let rest = text.get(last..).unwrap_or_default();
        let after = rest.chars().next().unwrap_or(' ');
        if number.starts_with('(') && !number.contains(')') {
            number = number.trim_start_matches('(').to_owned();
        }
        let count = digits(&number).len();
        if (MIN_DIGITS..=MAX_DIGITS).contains(&count) && !after.is_alphabetic() && !"%@_".contains(after) && !is_date_or_id(&number) {
            found.push(with_extension(&number, rest));
        }
        at = end.max(at + 1);
    }
    found
}

fn with_extension(number: &str, rest: &str) -> String {
    let trimmed = rest.trim_start_matches([' ', ',', ')', '\u{a0}']);
    let lower = trimmed.to_lowercase();
    let word = ["extension", "ext.", "ext", "x.", "x", "durchwahl", "poste", "#"].iter().find(|word| lower.starts_with(**word));
    let Some(word) = word else { return number.to_owned() };
    let digits: String = lower.get(word.len()..).unwrap_or_default().trim_start_matches([':', ' ', '.']).chars().take_while(|c| c.is_ascii_digit()).collect();
    if digits.is_empty() || digits.len() > 6 {
        return number.to_owned();
    }
    let shown = trimmed.get(..word.len()).unwrap_or(word);
    format!("{number} {shown} {digits}").replace("x ", "x").replace("# ", "#")
}

fn is_date_or_id(number: &str) -> bool {
    let groups: Vec<&str> = number.split(|c: char| !c.is_numeric()).filter(|group| !group.is_empty()).collect();
    let is_year = |group: &&str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let has_plus = number.starts_with('+') || number.starts_with('(');
    // 2019-2022, 12/03/2021, 2021-04-30
    let is_date = match groups.as_slice() {
        [one, two] => is_year(one) && is_year(two),
        [one, two, three] => (is_year(one) && two.len() <= 2 && three.len() <= 2) || (is_year(three) && one.len() <= 2 && two.len() <= 2),
        _ => false,
    };
    // 1.234.567 and 1,234,567
    let is_amount = groups.len() > 1 && groups.iter().skip(1).all(|group| group.len() == 3) && number.contains('.') && groups.first().is_some_and(|group| group.len() <= 3) && digits(number).len() < 9;
    !has_plus && (is_date || is_amount)
}

/// Sets which numbers stand beside an address that may be the person's.
pub fn compare(tree: &Tree, candidates: &mut [Candidate]) {
    let lines: Vec<usize> = (candidates.iter())
        .filter(|one| matches!(one.field, Field::Email | Field::Resume) && !super::is_elsewhere(&one.features))
        .flat_map(|one| one.nodes.iter().filter_map(|node| tree.line_of(*node)))
        .collect();
    for one in candidates.iter_mut().filter(|one| one.field == Field::Phone) {
        let own = one.nodes.iter().filter_map(|node| tree.line_of(*node));
        let is_beside = own.into_iter().any(|own| lines.iter().any(|line| own.abs_diff(*line) <= 3));
        one.features.set_if(Feature::Current, is_beside);
    }
}

fn is_national(number: &str) -> bool {
    let groups: Vec<usize> = number.split(|c: char| !c.is_numeric()).filter(|group| !group.is_empty()).map(str::len).collect();
    let is_zero = number.starts_with('0') && (9..=12).contains(&digits(number).len()) && groups.len() > 1;
    number.starts_with('(') || is_zero || matches!(groups.as_slice(), [3, 3, 4] | [1, 3, 3, 4] | [3, 3, 3])
}

/// Two numbers in one text: `(404) 555-0132 / (404) 555-0199`.
fn split_phones(text: &str) -> Vec<String> {
    let mut parts = vec![text.to_owned()];
    for between in [" / ", "/", ",", ";", "|", " or ", " o ", " oder ", " ou ", " and ", " · ", "•", "\n"] {
        let is_number = |part: &str| digits(part).len() >= MIN_DIGITS;
        parts = parts
            .into_iter()
            .flat_map(|part| {
                let split: Vec<String> = part.split(between).map(|one| one.trim().to_owned()).collect();
                if split.len() > 1 && split.iter().filter(|one| is_number(one)).count() > 1 { split } else { vec![part] }
            })
            .collect();
    }
    parts
}

/// `1-800-FLOWERS`
fn is_vanity(text: &str) -> bool {
    let signs: Vec<char> = text.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let letters = signs.iter().filter(|c| c.is_ascii_uppercase()).count();
    let is_plain = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || "+-(). ".contains(c));
    is_plain && letters >= 3 && signs.len() >= 9 && signs.len() - letters >= 3
}

/// In ASCII, without the extension and a national zero in brackets.
#[must_use]
pub fn digits(number: &str) -> String {
    let lower = number.to_lowercase().replace("(0)", "");
    let end = ["ext", "x", ";", "durchwahl", "poste", "#"].iter().filter_map(|word| lower.find(word)).min();
    let main = lower.get(..end.unwrap_or(lower.len())).unwrap_or_default();
    main.chars().filter_map(digit).collect()
}

fn digit(c: char) -> Option<char> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{9e6}'..='\u{9ef}' => '\u{9e6}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    char::from_digit(c as u32 - zero as u32, 10)
}

/// Whether two spellings are of one number: one may have a country's code.
#[must_use]
pub fn is_same_phone(one: &str, other: &str) -> bool {
    let (one, other) = (digits(one), digits(other));
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short == long || short.len() >= MIN_DIGITS && long.ends_with(short)
}

/// What an address says about whose it is.
pub fn judge_email(tree: &Tree, email: &str, subject: &Subject, features: &mut Features) {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let agrees = super::person::handle_agrees(local, &subject.tokens);
    // dana@danamoss.example
    let site = domain.split('.').next().unwrap_or_default();
    let by_domain = super::person::handle_agrees(site, &subject.tokens);
    features.set(Feature::AgreesWithName, agrees.max(if by_domain >= 0.7 { by_domain } else { 0.0 }));
    let lower = local.to_lowercase();
    let first = lower.split(['.', '-', '_', '+']).next().unwrap_or_default();
    let is_role = tree.words.role_addresses.contains(&lower) || tree.words.role_addresses.contains(first) && agrees < 0.5;
    features.set_if(Feature::RoleAddress, is_role);
    let host = Address::parse(&tree.page.url).map(|address| address.host).unwrap_or_default();
    let own = host.split('.').rev().nth(1).unwrap_or_default().to_owned();
    features.set_if(Feature::OwnDomain, own.len() > 3 && domain.split('.').any(|part| part == own));
    let others = subject.others.iter().map(|other| super::person::handle_agrees(local, &other.tokens));
    let best = others.fold(0.0_f32, f32::max);
    if best > agrees + 0.05 && best >= 0.7 {
        features.set(Feature::AgreesWithOther, best);
    }
}
