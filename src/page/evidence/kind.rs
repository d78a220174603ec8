//! What kind of page it is, by evidence: nothing is known of a site's paths.

use super::field::{Feature, Features, Field};
use super::repeats::PeopleList;
use super::weights::Weights;
use super::{Evidence, person};
use crate::page::address::Address;
use crate::page::snapshot::Sight;
use crate::page::words::{Label, SectionKind, Set, plain};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Profile,
    /// Several people.
    List,
    Job,
    Settings,
    #[default]
    Nothing,
}

/// Everything about a page that speaks for or against its being a profile.
#[must_use]
pub fn features(evidence: &Evidence, weights: &Weights) -> Features {
    let tree = &evidence.tree;
    let words = tree.words;
    let mut all = Features::default();
    // What the page has of its subject.
    let best = |field: Field| {
        evidence
            .of(field)
            .map(|one| one.confidence)
            .fold(0.0_f32, f32::max)
    };
    for (field, feature) in [
        (Field::Email, Feature::HasEmail),
        (Field::Phone, Feature::HasPhone),
        (Field::Resume, Feature::HasResume),
        (Field::Title, Feature::HasTitle),
        (Field::Company, Feature::HasCompany),
        (Field::Location, Feature::HasLocation),
    ] {
        let confidence = best(field);
        all.set(
            feature,
            if confidence >= weights.margin(field) * 0.8 {
                confidence
            } else {
                0.0
            },
        );
    }
    let own_email = evidence.of(Field::Email).next();
    all.set_if(
        Feature::AgreesWithName,
        own_email.is_some_and(|email| {
            email.features.has(Feature::AgreesWithName) && email.confidence >= 0.9
        }),
    );
    if let Some(name) = evidence.of(Field::Name).next() {
        all.set(Feature::NameConfidence, name.confidence);
        all.set(Feature::NameIsLikely, person::likeness(&name.value, words));
        all.set(
            Feature::NameInTitle,
            name.features.get(Feature::InDocumentTitle),
        );
        all.set(Feature::NameInSlug, name.features.get(Feature::InSlug));
        all.set_if(Feature::Heading1, name.features.has(Feature::Heading1));
        all.set_if(
            Feature::HasPersonData,
            name.features.has(Feature::MainEntity),
        );
        all.set_if(Feature::Account, name.features.has(Feature::Account));
        all.set_if(Feature::InPeople, name.features.has(Feature::InPeople));
    }
    controls(evidence, &mut all);
    sections(evidence, &mut all);
    data(evidence, &mut all);
    texts(evidence, &mut all);
    address(evidence, &mut all);
    let rows = evidence
        .people
        .iter()
        .filter(|list| is_content(evidence, list))
        .map(|list| list.rows.len())
        .max()
        .unwrap_or(0);
    all.set(Feature::PeopleInList, (rows as f32 / 4.0).min(2.0));
    let tokens = evidence.subject.as_ref().map(|subject| {
        subject
            .others
            .iter()
            .filter(|other| other.likeness >= 0.9 && !tree.place(other.node).of_others)
            .count()
    });
    all.set(
        Feature::PeopleOnPage,
        (tokens.unwrap_or(0) as f32 / 8.0).min(2.0),
    );
    all
}

/// Whether a list of people is what the page is about, and not beside it.
fn is_content(evidence: &Evidence, list: &PeopleList) -> bool {
    let place = evidence.tree.place(list.parent);
    !(place.of_others
        || place.in_navigation
        || place.in_footer
        || place.in_aside
        || place.in_banner
        || place.in_quote
        || place.sight == Sight::Hidden)
}

fn controls(evidence: &Evidence, all: &mut Features) {
    let tree = &evidence.tree;
    let subject = evidence.subject.as_ref();
    let mut edits = 0;
    let mut jobs = 0;
    let mut profile = 0;
    for (id, element) in tree.page.elements() {
        let place = tree.place(id);
        if place.sight != Sight::Shown {
            continue;
        }
        let kind = element.attribute("type").unwrap_or_default();
        match element.tag.as_str() {
            "input" | "textarea" | "select" => {
                all.set_if(Feature::HasLogin, kind == "password");
                let name = element.attribute("name").unwrap_or_default();
                let is_search = kind == "search"
                    || element.attribute("role") == Some("searchbox")
                    || matches!(name, "q" | "query" | "search" | "keywords");
                all.set_if(
                    Feature::HasSearch,
                    is_search && !place.in_banner && !place.in_navigation,
                );
                let is_text = matches!(kind, "" | "text" | "email" | "tel" | "url")
                    && !is_search
                    && element.attribute("readonly").is_none()
                    && element.attribute("disabled").is_none();
                edits += usize::from(
                    is_text
                        && !place.in_banner
                        && !place.in_footer
                        && !place.in_dialog
                        && !place.of_others,
                );
                continue;
            }
            "button" | "a" => {}
            _ if element.attribute("role") == Some("button") => {}
            _ => continue,
        }
        if place.in_footer
            || place.of_others
            || place.in_people
            || element.tag == "a" && (place.in_navigation || place.in_banner)
        {
            continue;
        }
        let name = tree.name_of(id);
        if name.chars().count() > 60 {
            continue;
        }
        let is_for_other = subject.is_some_and(|subject| {
            let tokens = person::tokens(&name, tree.words);
            subject.others.iter().any(|other| {
                other.tokens.iter().any(|token| tokens.contains(token))
                    && !person::shares(&tokens, &subject.tokens)
            })
        });
        let is_exact = |set: &[String]| set.contains(&plain(&name));
        if tree.words.is_own_control(&name)
            && (name.split_whitespace().count() > 1 || is_exact(&tree.words.own_controls))
        {
            all.set(Feature::HasOwnControl, 1.0);
        } else if tree.words.is_job_control(&name) {
            jobs += 1;
        } else if tree.words.is_profile_control(&name) && !is_for_other {
            profile += 1;
            let lower = name.to_lowercase();
            let is_message = [
                "message",
                "mensaje",
                "nachricht",
                "mensagem",
                "contact",
                "kontakt",
                "invite",
                "shortlist",
                "interview",
                "écrire",
            ]
            .iter()
            .any(|word| lower.contains(word));
            all.set_if(Feature::HasMessageControl, is_message);
        }
    }
    all.set(
        Feature::HasEditFields,
        if edits >= 3 {
            (edits as f32 / 5.0).min(1.5)
        } else {
            0.0
        },
    );
    all.set(Feature::HasJobControl, if jobs > 0 { 1.0 } else { 0.0 });
    all.set(Feature::HasProfileControl, (profile as f32 / 2.0).min(1.0));
}

fn sections(evidence: &Evidence, all: &mut Features) {
    let tree = &evidence.tree;
    let mut job_words = 0;
    for section in &tree.sections {
        let place = tree.place(section.heading);
        if place.in_footer || place.in_navigation || place.of_others {
            continue;
        }
        let first = section.text.split([' ', '(']).next().unwrap_or_default();
        match tree
            .words
            .section(&section.text)
            .or_else(|| tree.words.section(first))
        {
            Some(SectionKind::Experience) => all.set(Feature::HasHistory, 1.0),
            Some(SectionKind::Education) => all.set(Feature::HasEducation, 1.0),
            Some(SectionKind::Skills) => all.set(Feature::HasSkills, 1.0),
            _ => {}
        }
        job_words += usize::from(tree.words.job_words.contains(&plain(&section.text)));
    }
    all.set(Feature::HasJobWords, (job_words as f32 / 2.0).min(1.5));
    let own = evidence.labels.iter().filter(|labelled| {
        let place = tree.place(labelled.node);
        !(place.of_others || place.in_people || place.in_footer)
            && labelled.label != Label::Ignored
            && labelled.label != Label::Other
    });
    let mut kinds: Vec<Label> = own.map(|labelled| labelled.label).collect();
    kinds.sort();
    kinds.dedup();
    all.set(Feature::HasLabels, (kinds.len() as f32 / 4.0).min(1.0));
}

fn data(evidence: &Evidence, all: &mut Features) {
    let is_top = |item: &super::structured::Item| {
        item.within
            .as_ref()
            .is_none_or(|(_, property)| property == "@graph")
    };
    for item in evidence.items.0.iter().filter(|item| is_top(item)) {
        let is_one = |types: &[&str]| types.iter().any(|one| item.is(one));
        all.set_if(Feature::HasJobData, item.is("JobPosting"));
        all.set_if(
            Feature::HasArticleData,
            is_one(&[
                "Article",
                "NewsArticle",
                "BlogPosting",
                "Report",
                "Recipe",
                "Review",
                "Book",
                "VideoObject",
                "PodcastEpisode",
            ]),
        );
        all.set_if(
            Feature::HasEventData,
            is_one(&[
                "Event",
                "vevent",
                "BusinessEvent",
                "EducationEvent",
                "Course",
                "Product",
                "Movie",
                "MusicGroup",
                "QAPage",
                "FAQPage",
            ]),
        );
        all.set_if(
            Feature::HasCompanyData,
            is_one(&[
                "Organization",
                "Corporation",
                "LocalBusiness",
                "EducationalOrganization",
                "CollegeOrUniversity",
                "NGO",
                "AboutPage",
            ]) && !item.is("Person"),
        );
    }
    for (_, element) in evidence
        .tree
        .page
        .elements()
        .filter(|(_, element)| element.tag == "meta")
    {
        if element.attribute("property") == Some("og:type") {
            let kind = element.attribute("content").unwrap_or_default();
            all.set_if(
                Feature::HasArticleData,
                kind == "article"
                    || kind.starts_with("video")
                    || kind.starts_with("book")
                    || kind.starts_with("music"),
            );
            all.set_if(Feature::HasPersonData, kind == "profile");
            all.set_if(Feature::HasEventData, kind == "product" || kind == "event");
        }
    }
}

fn texts(evidence: &Evidence, all: &mut Features) {
    let tree = &evidence.tree;
    let words = tree.words;
    let mut long = 0;
    let mut counts = [0_u32; 7];
    for line in &tree.lines {
        let place = tree.place(line.block);
        if line.sight != Sight::Shown
            || place.in_footer
            || place.of_others
            || place.in_banner && !place.in_main
            || place.in_head
        {
            continue;
        }
        let text = plain(&line.text);
        let length = text.chars().count();
        long += if length > 200 && !place.in_people {
            length
        } else {
            0
        };
        if length > 60 {
            continue;
        }
        let is_one = |set: &Set| {
            set.contains(&text)
                || text
                    .split([':', ',', '·', '('])
                    .next()
                    .is_some_and(|head| set.contains(head.trim()))
                || set
                    .iter()
                    .any(|phrase| phrase.contains(' ') && text.contains(phrase.as_str()))
                || text.split_once(' ').is_some_and(|(count, rest)| {
                    count.chars().all(|c| c.is_numeric() || ",.+".contains(c)) && set.contains(rest)
                })
        };
        let sets = [
            &words.login_words,
            &words.article_words,
            &words.inbox_words,
            &words.company_page_words,
            &words.other_page_words,
            &words.settings_words,
            &words.list_words,
        ];
        let in_navigation =
            place.in_navigation || place.in_link && tree.heading_level(line.block).is_none();
        for (count, set) in counts.iter_mut().zip(sets).filter(|_| !in_navigation) {
            let is_heading = tree
                .page
                .with_ancestors(line.block)
                .take(3)
                .any(|id| tree.heading_level(id).is_some_and(|level| level <= 2));
            // "By Dana Moss" is a by-line.
            *count += if is_one(set) {
                if is_heading { 3 } else { 1 }
            } else {
                0
            };
        }
        let is_by_line = [
            "by ",
            "por ",
            "par ",
            "von ",
            "written by ",
            "words: ",
            "text: ",
        ]
        .iter()
        .any(|by| text.starts_with(by))
            && length < 50;
        counts[1] += u32::from(
            is_by_line
                && evidence
                    .subject
                    .as_ref()
                    .is_none_or(|subject| !line.text.contains(&subject.name)),
        ) * 2;
    }
    let names = [
        Feature::HasLogin,
        Feature::HasArticleWords,
        Feature::HasInboxWords,
        Feature::HasCompanyWords,
        Feature::HasOtherWords,
        Feature::HasSettingsWords,
        Feature::HasListWords,
    ];
    for (feature, count) in names.into_iter().zip(counts) {
        all.set(feature, (count as f32 / 3.0).min(1.5));
    }
    all.set(Feature::LongText, (long as f32 / 1_500.0).min(2.0));
}

const PROFILE_PATHS: &[&str] = &[
    "people",
    "person",
    "profile",
    "profiles",
    "candidate",
    "candidates",
    "talent",
    "member",
    "members",
    "users",
    "user",
    "u",
    "in",
    "p",
    "applicant",
    "applicants",
    "candidato",
    "candidatos",
    "candidats",
    "candidat",
    "kandidat",
    "kandidaten",
    "bewerber",
    "perfil",
    "profil",
    "resume",
    "cv",
];
const JOB_PATHS: &[&str] = &[
    "job",
    "jobs",
    "vacancy",
    "vacancies",
    "career",
    "careers",
    "position",
    "positions",
    "opening",
    "openings",
    "empleo",
    "empleos",
    "ofertas",
    "oferta",
    "emploi",
    "offre",
    "offres",
    "stellen",
    "stelle",
    "stellenangebote",
    "vagas",
    "vaga",
];
const OTHER_PATHS: &[&str] = &[
    "blog",
    "news",
    "article",
    "articles",
    "story",
    "stories",
    "press",
    "events",
    "event",
    "company",
    "companies",
    "about",
    "team",
    "inbox",
    "messages",
    "search",
    "settings",
    "account",
    "login",
    "signin",
    "me",
    "my",
    "dashboard",
    "help",
    "podcast",
    "courses",
    "shop",
    "wiki",
    "noticias",
    "actualites",
];

fn address(evidence: &Evidence, all: &mut Features) {
    let Some(address) = Address::parse(&evidence.tree.page.url) else {
        return;
    };
    let path = address.normal_path().to_lowercase();
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let head = parts.split_last().map_or(&[] as &[&str], |(_, head)| head);
    all.set_if(
        Feature::ProfileAddress,
        head.iter().any(|part| PROFILE_PATHS.contains(part)),
    );
    all.set_if(
        Feature::JobAddress,
        parts.iter().any(|part| JOB_PATHS.contains(part))
            && !head.iter().any(|part| PROFILE_PATHS.contains(part)),
    );
    all.set_if(
        Feature::PageWord,
        parts.iter().any(|part| OTHER_PATHS.contains(part)),
    );
}

/// The kind of a page that is no profile.
#[must_use]
pub fn other(evidence: &Evidence, features: &Features) -> Kind {
    let rows = list(evidence).map_or(0, |list| list.rows.len());
    let heading_is = |set: &Set| {
        evidence
            .tree
            .sections
            .iter()
            .filter(|section| section.level <= 2)
            .take(3)
            .any(|section| set.contains(&plain(&section.text)))
    };
    if heading_is(&evidence.tree.words.settings_words) {
        return Kind::Settings;
    }
    let job = features.get(Feature::HasJobData) * 2.0
        + features.get(Feature::HasJobControl)
        + features.get(Feature::HasJobWords)
        + features.get(Feature::JobAddress) * 0.5;
    if job >= 2.0 && rows < 3 {
        return Kind::Job;
    }
    if rows >= 2
        && !features.has(Feature::HasArticleData)
        && features.get(Feature::HasInboxWords) < 1.0
    {
        return Kind::List;
    }
    if job >= 1.5 {
        return Kind::Job;
    }
    Kind::Nothing
}

/// The people whom the page lists: the longest list in its content.
#[must_use]
pub fn list<'e>(evidence: &'e Evidence) -> Option<&'e PeopleList> {
    let lists = evidence
        .people
        .iter()
        .filter(|list| is_content(evidence, list));
    let linked = |list: &PeopleList| list.rows.iter().filter(|row| row.href.is_some()).count();
    lists.max_by_key(|list| (linked(list), list.rows.len()))
}
