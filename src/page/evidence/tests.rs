//! Pages that readers have got wrong elsewhere, in samples of our own, and pages of no sense at all.

use super::kind::Kind;
use super::weights::Weights;
use crate::page::html;
use crate::page::reading::{Claim, Reading, read};
use crate::page::snapshot::Snapshot;
use crate::page::words::Words;
use proptest::prelude::*;
use std::sync::LazyLock;

static WORDS: LazyLock<Words> =
    LazyLock::new(|| Words::parse(include_str!("../../../extension/reader/words.json")).unwrap());
static WEIGHTS: LazyLock<Weights> = LazyLock::new(|| {
    Weights::parse(include_str!("../../../extension/reader/weights.json")).unwrap()
});

const URL: &str = "https://jobs.example/people/odile-ferrand";

fn reading(head: &str, body: &str) -> Reading {
    let page = format!(
        "<!doctype html><html lang=en><head><title>Profile</title>{head}</head><body><main>{body}</main></body></html>"
    );
    read(&html::snapshot(&page, URL, &[]), &WORDS, &WEIGHTS)
}

/// A profile whose contact is as given.
fn contact(body: &str) -> Reading {
    reading(
        "",
        &format!("<h1>Odile Ferrand</h1>{body}<button>Send message</button>"),
    )
}

fn values(claims: &[Claim]) -> Vec<&str> {
    claims.iter().map(|claim| claim.value.as_str()).collect()
}

fn value(claim: &Option<Claim>) -> Option<&str> {
    claim.as_ref().map(|claim| claim.value.as_str())
}

const PERSON: &str =
    r#""@type":"Person","name":"Odile Ferrand","email":"odile@post.example","jobTitle":"Glazier""#;

#[test]
fn json_ld_with_mistakes_is_read() {
    for json in [
        format!("{{{PERSON},}}"),
        format!("{{{PERSON},\"description\":\"Panes\nand\tputty\"}}"),
        format!("{{{PERSON}}}").replace('"', "&quot;"),
    ] {
        let page = reading(
            &format!("<script type='application/ld+json'>{json}</script>"),
            "<h1>Odile Ferrand</h1><a href='/cv/9.pdf'>Download résumé</a>",
        );
        assert_eq!(page.kind, Kind::Profile, "{json}");
        assert_eq!(values(&page.emails), ["odile@post.example"], "{json}");
        assert_eq!(value(&page.title), Some("Glazier"), "{json}");
    }
}

#[test]
fn entities_in_json_ld_are_decoded() {
    let json = r#"{"@type":"Person","name":"Odile O&#39;Ferrand","email":"odile@post.example","worksFor":{"@type":"Organization","name":"Pane &amp; Daughters"}}"#;
    let page = reading(
        &format!("<script type='application/ld+json'>{json}</script>"),
        "<h1>Odile O'Ferrand</h1>",
    );
    assert_eq!(value(&page.name), Some("Odile O'Ferrand"));
    assert_eq!(value(&page.company), Some("Pane & Daughters"));
}

#[test]
fn json_ld_that_describes_the_site_too_is_about_the_person() {
    let json = format!(
        r##"{{"@graph":[{{"@type":["Person","Organization"],"@id":"/#us","name":"Board Owner"}},
        {{"@type":"ProfilePage","mainEntity":{{"@id":"#odile"}}}},{{"@id":"#odile",{PERSON},"worksFor":{{"@id":"#nowhere"}}}}]}}"##
    );
    let page = reading(
        &format!("<script type='application/ld+json'>{json}</script>"),
        "<h1>Odile Ferrand</h1><button>Message</button>",
    );
    assert_eq!(value(&page.name), Some("Odile Ferrand"));
    assert_eq!(values(&page.emails), ["odile@post.example"]);
    assert_eq!(value(&page.company), None);
}

#[test]
fn nested_items_keep_their_properties() {
    let microdata = "<div itemscope itemtype='https://schema.org/Person'>\
        <p itemprop=worksFor itemscope itemtype='https://schema.org/Organization'><b itemprop=name>Pane Works</b> <a itemprop=telephone href='tel:+18005550177'>desk</a></p>\
        <h1 itemprop=name>Odile Ferrand</h1><i itemprop=jobTitle>Glazier</i> <a itemprop=email href='mailto:odile@post.example'>odile@post.example</a></div>";
    let card = "<div class=h-card><h1 class=p-name>Odile Ferrand</h1><a class='p-org h-card' href='https://pane.example'>Pane Works</a> \
        <a class=u-email href='mailto:odile@post.example'>write</a></div>";
    for body in [microdata, card] {
        let page = reading("", body);
        assert_eq!(value(&page.name), Some("Odile Ferrand"), "{body}");
        assert_eq!(value(&page.company), Some("Pane Works"), "{body}");
        assert_eq!(values(&page.emails), ["odile@post.example"], "{body}");
        assert_eq!(values(&page.phones), [] as [&str; 0], "{body}");
    }
}

#[test]
fn addresses_in_every_spelling_are_read() {
    for (body, emails) in [
        (
            "<a href='mailto:odile@post.example,ferrand@atelier.example'>Write</a>",
            vec!["odile@post.example", "ferrand@atelier.example"],
        ),
        (
            "<a href='mailto:Odile%20Ferrand%20%3Codile@post.example%3E'>Write to Odile</a>",
            vec!["odile@post.example"],
        ),
        (
            "<dl><dt>Email<dd>odile&#8203;@post.example</dl>",
            vec!["odile@post.example"],
        ),
        (
            "<dl><dt>Email<dd>odile@post.example (best)</dl>",
            vec!["odile@post.example"],
        ),
    ] {
        let page = contact(body);
        assert_eq!(values(&page.emails), emails, "{body}");
        assert_eq!(value(&page.title), None, "{body}");
    }
}

#[test]
fn one_number_in_two_spellings_is_one() {
    for (body, count) in [
        (
            "<a href='tel:+442079460101'>+44 (0)20 7946 0101</a><dl><dt>Phone<dd>+44 (0)20 7946 0101</dl>",
            1,
        ),
        ("<dl><dt>Phone<dd>(404) 555-0111 / (404) 555-0112</dl>", 2),
        (
            "<a href='tel:+1-404-555-0111;ext=9'>(404) 555-0111 ext. 9</a>",
            1,
        ),
        ("<dl><dt>Phone<dd>1-800-GLAZIER</dl>", 1),
        (
            "<dl><dt>Phone<dd>+٢٠ ١٠٠ ٥٥٥ ٠١١١</dl><a href='tel:+201005550111'>call</a>",
            1,
        ),
    ] {
        let page = contact(body);
        assert_eq!(page.phones.len(), count, "{body} {:?}", page.phones);
        assert!(
            !page.phones.iter().any(|phone| phone.value.contains(";ext")),
            "{body}"
        );
        assert_eq!(value(&page.title), None, "{body}");
    }
}

#[test]
fn what_follows_the_name_is_a_title_only_where_it_says_so() {
    for body in [
        "<a href='tel:+14045550111'>(404) 555-0111</a> <a href='mailto:odile@post.example'>Write to Odile</a>",
        "<dl><dt>Phone<dd>(404) 555-0111<dt>Email<dd>odile@post.example</dl>",
        "<nav><a href='?t=1'>Overview</a> <a href='?t=2'>Experience</a></nav><a href='/cv.pdf'>Download CV</a>",
    ] {
        assert_eq!(value(&contact(body).title), None, "{body}");
    }
    let page = contact(
        "<h1 style='display:none'>Odile Ferrand</h1><p>Glazier at Pane Works</p><a href='/cv.pdf'>Download CV</a>",
    );
    assert_eq!(
        (value(&page.title), value(&page.company)),
        (Some("Glazier"), Some("Pane Works"))
    );
}

#[test]
fn a_heading_with_a_control_or_a_twin_is_still_the_name() {
    for heading in [
        "<h1>Odile Ferrand <button>Save for later</button></h1>",
        "<h1></h1><h1 hidden>Profile of Odile</h1><h1>Odile Ferrand</h1>",
        "<h1><span aria-hidden=true>Odile Ferrand</span><span style='position:absolute;clip:rect(0 0 0 0);width:1px'>Odile Ferrand</span></h1>",
    ] {
        let page = reading(
            "",
            &format!(
                "{heading}<p>Glazier at Pane Works</p><a href='mailto:odile@post.example'>odile@post.example</a>"
            ),
        );
        assert_eq!(value(&page.name), Some("Odile Ferrand"), "{heading}");
    }
}

#[test]
fn pages_that_are_nobodys_have_no_button() {
    for (title, body) in [
        (
            "log in",
            "<h1>Odile Ferrand</h1><form><input name=user><input type=password><button>Log in</button></form>",
        ),
        (
            "own",
            "<h1>Odile Ferrand</h1><a href='/me/edit'>Edit profile</a><button>Upload résumé</button><a href='mailto:odile@post.example'>odile@post.example</a>",
        ),
        (
            "list",
            "<h1>Candidates</h1><ul><li><h3><a href='/p/1'>Odile Ferrand</a></h3><a href='mailto:of@post.example'>of@post.example</a><li><h3><a href='/p/2'>Tomas Reyes</a></h3><a href='mailto:tr@post.example'>tr@post.example</a><li><h3><a href='/p/3'>Nora Lind</a></h3><a href='mailto:nl@post.example'>nl@post.example</a></ul>",
        ),
    ] {
        let page = reading("", body);
        assert_ne!(
            page.kind,
            Kind::Profile,
            "{title} {:.2}",
            page.profile_confidence
        );
        assert!(page.emails.is_empty() && page.phones.is_empty(), "{title}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_snapshots_are_read_without_a_panic(
        records in prop::collection::vec((0_usize..8, "(h1|p|td|tr|dt|dd|a|li|ul|table|span|nav|iframe|#shadow|)", "(-|~|href=mailto:.{0,9}|class=name|itemscope=|itemprop=name|#1|@1,2,3,4,5,6|.{0,9})", "(Email:|Odile Ferrand|.{0,12})"), 0..80),
    ) {
        let records = records.iter().map(|(depth, tag, part, text)| match tag.as_str() {
            "" => format!("{depth}\u{1f}\u{1f}{text}\u{1e}"),
            _ => format!("{depth}\u{1f}{tag}\u{1f}{part}\u{1e}{}\u{1f}\u{1f}{text}\u{1e}", depth + 1),
        });
        let page = Snapshot::decode(&format!("1\u{1f}{URL}\u{1e}{}", records.collect::<String>()));
        let _ = read(&page, &WORDS, &WEIGHTS);
    }
}
