//! The people and jobs the Jopwell stand-in starts with, all invented.

use time::{Duration, OffsetDateTime};

use super::model::{
    Education, Experience, Job, Jopwell, Link, Phone, Profile, STATUSES, TrackerRow, Variant,
};
use crate::clock::timestamp;

/// The state at start and after a reset.
pub fn jopwell(now: OffsetDateTime) -> Jopwell {
    let mut jopwell = Jopwell::new(jobs(now));
    for profile in profiles() {
        jopwell.add(profile);
    }
    let rows: Vec<TrackerRow> = jopwell
        .candidates
        .iter()
        .zip(0_u64..)
        .filter(|(_, index)| index % 7 != 6)
        .map(|(candidate, index)| {
            let at = now - Duration::days(1 + index as i64) - Duration::minutes(41 * index as i64);
            let pick = index as usize;
            let text = |options: &[&str]| {
                options
                    .get(pick % options.len().max(1))
                    .copied()
                    .unwrap_or_default()
                    .to_owned()
            };
            TrackerRow {
                id: 9_000 + 13 * index,
                candidate_id: candidate.id.clone(),
                job_id: 310 + index % 4,
                status: text(&STATUSES),
                notes: text(&[
                    "",
                    "Met at the spring career fair",
                    "",
                    "Strong portfolio, follow up",
                    "Prefers remote",
                ]),
                created_at: timestamp(at),
                viewed_at: (index % 3 != 1).then(|| timestamp(at + Duration::hours(5))),
                sourced_by: text(&["Noor Haddad", "Client", "Eli Marsh"]),
                source: text(&["Client Initiative", "Organic"]),
                recruiter_bucket: text(&["Engineering", "Design", "Early career"]),
                modified_by: text(&["Eli Marsh", "Jopwell"]),
                modified_at: timestamp(at + Duration::days(1)),
                turned_away: 0,
            }
        })
        .collect();
    jopwell.tracker = rows;
    jopwell
}

fn jobs(now: OffsetDateTime) -> Vec<Job> {
    [
        ("Software Engineer, Firmware", "Chicago, IL", "FULL_TIME"),
        ("Product Designer", "New York, NY", "FULL_TIME"),
        ("Financial Analyst", "Atlanta, GA", "FULL_TIME"),
        ("Customer Care Lead", "Remote, United States", "FULL_TIME"),
        ("Data Science Intern", "Chicago, IL", "INTERN"),
    ]
    .into_iter()
    .zip(0_u64..)
    .map(|((title, location, employment_type), index)| Job {
        id: 310 + index,
        title: title.to_owned(),
        company: "Hartwell".to_owned(),
        location: location.to_owned(),
        employment_type: employment_type.to_owned(),
        posted: (now - Duration::days(3 + 4 * index as i64)).date().to_string(),
        paragraphs: vec![
            format!(
                "Hartwell makes kitchen scales that tell the truth. As {title} you work with people who \
                 measure twice and listen once more."
            ),
            "You own your work from the first question to what customers hold in their hands, write things \
             down, and say early when something will not work."
                .to_owned(),
            "25 days off, a learning budget, and mentors who have the time.".to_owned(),
        ],
        status: "Open".to_owned(),
        saves: 0,
    })
    .collect()
}

/// The short way to write a profile down; fields are refined afterwards.
pub(super) fn profile(
    variant: Variant,
    names: (&str, &str, &str),
    title: &str,
    company: &str,
    location: &str,
) -> Profile {
    let (name, given_name, family_name) = names;
    Profile {
        variant,
        name: name.to_owned(),
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        headline: if company.is_empty() {
            title.to_owned()
        } else {
            format!("{title} at {company}")
        },
        title: title.to_owned(),
        company: company.to_owned(),
        location: location.to_owned(),
        ..Profile::default()
    }
}

pub(super) fn texts(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

pub(super) fn phones(items: &[(&str, &str)]) -> Vec<Phone> {
    items
        .iter()
        .map(|(number, label)| Phone {
            number: (*number).to_owned(),
            label: (*label).to_owned(),
        })
        .collect()
}

fn links(items: &[(&str, &str)]) -> Vec<Link> {
    items
        .iter()
        .map(|(label, url)| Link {
            label: (*label).to_owned(),
            url: (*url).to_owned(),
        })
        .collect()
}

fn education(items: &[(&str, &str, &str)]) -> Vec<Education> {
    items
        .iter()
        .map(|(school, degree, years)| Education {
            school: (*school).to_owned(),
            degree: (*degree).to_owned(),
            years: (*years).to_owned(),
        })
        .collect()
}

fn experience(items: &[(&str, &str, &str, &str)]) -> Vec<Experience> {
    items
        .iter()
        .map(|(title, company, years, summary)| Experience {
            title: (*title).to_owned(),
            company: (*company).to_owned(),
            years: (*years).to_owned(),
            summary: (*summary).to_owned(),
        })
        .collect()
}

fn profiles() -> Vec<Profile> {
    use Variant::{App, Classic, HCard, JsonLd, Microdata};
    vec![
        Profile {
            emails: texts(&["imani.okafor@mail.example"]),
            phones: phones(&[("+1 (312) 555-0142", "Mobile")]),
            links: links(&[
                ("LinkedIn", "https://www.linkedin.com/in/imani-okafor-example"),
                ("GitHub", "https://github.com/imani-okafor-example"),
            ]),
            has_resume: true,
            education: education(&[(
                "Howard University",
                "B.S. Computer Engineering",
                "2016 – 2020",
            )]),
            experience: experience(&[
                (
                    "Firmware Engineer",
                    "Lumen Robotics",
                    "2022 – today",
                    "Motor control and over-the-air updates for warehouse robots; cut boot time from 9 s to 2 s.",
                ),
                (
                    "Embedded Engineer",
                    "Tidewater Sensors",
                    "2020 – 2022",
                    "Low-power radio stack for soil sensors, in C and Rust.",
                ),
            ]),
            skills: texts(&["Rust", "C", "RTOS", "Bluetooth LE", "Code review"]),
            about: "I like hardware that just works, and the people who make it so. Mentor at a Saturday robotics \
                    club for girls on the South Side."
                .to_owned(),
            ..profile(
                Classic,
                ("Imani Okafor", "Imani", "Okafor"),
                "Firmware Engineer",
                "Lumen Robotics",
                "Chicago, IL",
            )
        },
        Profile {
            emails: texts(&["maria.fernanda@mail.example"]),
            phones: phones(&[("+1 212 555 0119", "Mobile")]),
            address: "88 Orchard Street, Apt 5\nNew York, NY 10002".to_owned(),
            links: links(&[
                ("LinkedIn", "https://www.linkedin.com/in/mfdlcg-example"),
                ("Portfolio", "https://portfolio.mail.example/maria"),
            ]),
            has_resume: true,
            education: education(&[("Rhode Island School of Design", "BFA Industrial Design", "2014 – 2018")]),
            experience: experience(&[(
                "Senior Product Designer",
                "Casa Clara",
                "2019 – today",
                "Led the redesign of a budgeting app used by two million households.",
            )]),
            skills: texts(&["Figma", "Prototyping", "Spanish", "Accessibility"]),
            about: "Designs for people who have no time to read the manual.".to_owned(),
            ..profile(
                JsonLd,
                ("María Fernanda de la Cruz-García", "María Fernanda", "de la Cruz-García"),
                "Senior Product Designer",
                "Casa Clara",
                "New York, NY",
            )
        },
        Profile {
            emails: texts(&["d.whitehorse@univ.example"]),
            phones: phones(&[("505-555-0173", "")]),
            has_resume: true,
            education: education(&[("University of New Mexico", "B.A. Economics", "2022 – 2026")]),
            experience: experience(&[(
                "Summer Analyst",
                "Mesa Credit Union",
                "2025",
                "Built the loan-loss model that the board now reads each quarter.",
            )]),
            skills: texts(&["Excel", "SQL", "Navajo"]),
            about: "Student, first in the family at college, treasurer of the Native Student Alliance.".to_owned(),
            ..profile(
                Microdata,
                ("Dakota Whitehorse", "Dakota", "Whitehorse"),
                "Economics student",
                "University of New Mexico",
                "Albuquerque, NM",
            )
        },
        Profile {
            emails: texts(&["sukmawati@mail.example"]),
            phones: phones(&[("+62 812-5550-1234", "Mobile")]),
            links: links(&[("LinkedIn", "https://www.linkedin.com/in/sukmawati-example")]),
            experience: experience(&[(
                "Customer Success Lead",
                "Nusantara Pay",
                "2021 – today",
                "Grew a support team from three to twenty without losing the tone.",
            )]),
            skills: texts(&["Zendesk", "Indonesian", "Coaching"]),
            about: "Has one name, as many people in Java do.".to_owned(),
            ..profile(
                HCard,
                ("Sukmawati", "", ""),
                "Customer Success Lead",
                "Nusantara Pay",
                "Seattle, WA",
            )
        },
        Profile {
            emails: texts(&["kwame.asante@mail.example", "kasante@work.example"]),
            phones: phones(&[
                ("+1 404 555 0155", "Mobile"),
                ("+1 404 555 0156", "Work"),
                ("+233 24 555 0157", "Home"),
            ]),
            links: links(&[
                ("LinkedIn", "https://www.linkedin.com/in/kwame-asante-example"),
                ("Blog", "https://blog.mail.example/kwame"),
            ]),
            has_resume: true,
            education: education(&[
                ("Georgia Tech", "M.S. Quantitative Finance", "2018 – 2020"),
                ("Ashesi University", "B.Sc. Business Administration", "2012 – 2016"),
            ]),
            experience: experience(&[
                (
                    "Financial Analyst",
                    "Peachtree Logistics",
                    "2020 – today",
                    "Forecasts for a fleet of 900 trucks.",
                ),
                ("Auditor", "Accra Partners", "2016 – 2018", "Audits of family businesses."),
            ]),
            skills: texts(&["Forecasting", "Python", "SAP", "Twi"]),
            about: "Numbers first, then the story they tell.".to_owned(),
            ..profile(
                App,
                ("Dr. Kwame Asante Jr.", "Kwame", "Asante"),
                "Financial Analyst",
                "Peachtree Logistics",
                "Atlanta, GA",
            )
        },
        Profile {
            emails: texts(&["layla.mansour@mail.example"]),
            phones: phones(&[("+1 313 555 0188", "Mobile")]),
            has_resume: true,
            education: education(&[("Wayne State University", "B.S. Mechanical Engineering", "2017 – 2021")]),
            experience: experience(&[(
                "Test Engineer",
                "Great Lakes Motors",
                "2021 – today",
                "Owns the climate chamber and everything that comes out of it.",
            )]),
            skills: texts(&["MATLAB", "Arabic", "Six Sigma"]),
            about: "مهندسة اختبار في ديترويت. Tests things until they tell the truth.".to_owned(),
            ..profile(
                Classic,
                ("ليلى منصور", "ليلى", "منصور"),
                "Test Engineer",
                "Great Lakes Motors",
                "Detroit, MI",
            )
        },
        Profile {
            emails: texts(&["wang.xiaomei@mail.example"]),
            phones: phones(&[("+1 206 555 0134", "Mobile")]),
            links: links(&[("GitHub", "https://github.com/xiaomei-example")]),
            has_resume: true,
            education: education(&[("University of Washington", "M.S. Data Science", "2019 – 2021")]),
            experience: experience(&[(
                "Data Analyst",
                "Evergreen Health",
                "2021 – today",
                "Waiting-time models for nine clinics.",
            )]),
            skills: texts(&["R", "Python", "dbt", "Mandarin"]),
            about: "Makes dashboards that people open twice.".to_owned(),
            ..profile(
                JsonLd,
                ("王小美", "小美", "王"),
                "Data Analyst",
                "Evergreen Health",
                "Seattle, WA",
            )
        },
        Profile {
            emails: texts(&["noam.bendavid@mail.example"]),
            phones: phones(&[("+1 917 555 0102", "Mobile")]),
            has_resume: true,
            experience: experience(&[(
                "Accessibility Consultant",
                "Self-employed",
                "2018 – today",
                "Audits and repairs for public transport web sites.",
            )]),
            skills: texts(&["WCAG", "Hebrew", "Screen readers"]),
            about: "Blind since birth; tests with what he uses every day.".to_owned(),
            ..profile(
                Microdata,
                ("נועם בן־דוד", "נועם", "בן־דוד"),
                "Accessibility Consultant",
                "Self-employed",
                "Brooklyn, NY",
            )
        },
        Profile {
            phones: phones(&[("+1 713 555 0166", "Mobile"), ("+1 713 555 0167", "Home")]),
            experience: experience(&[(
                "Shift Supervisor",
                "Bayou Foods",
                "2017 – today",
                "Runs a line of forty people through hurricanes and holidays.",
            )]),
            skills: texts(&["Scheduling", "Vietnamese", "Food safety"]),
            about: "Reads mail rarely; call or text.".to_owned(),
            ..profile(
                HCard,
                ("Nguyễn Thị Minh Châu", "Minh Châu", "Nguyễn"),
                "Shift Supervisor",
                "Bayou Foods",
                "Houston, TX",
            )
        },
        Profile {
            emails: texts(&["tolulope@mail.example"]),
            links: links(&[
                ("LinkedIn", "https://www.linkedin.com/in/tolu-example"),
                ("Portfolio", "https://tolu.mail.example"),
            ]),
            has_resume: true,
            education: education(&[("Parsons School of Design", "BFA Communication Design", "2018 – 2022")]),
            experience: experience(&[(
                "Brand Designer",
                "Harmattan Studio",
                "2022 – today",
                "Identities for food makers in five countries.",
            )]),
            skills: texts(&["Typography", "Illustration", "Yoruba"]),
            about: "Draws every letter twice.".to_owned(),
            ..profile(
                App,
                (
                    "Tolulope Adébáyò-Ọláwálé",
                    "Tolulope",
                    "Adébáyò-Ọláwálé",
                ),
                "Brand Designer",
                "Harmattan Studio",
                "Philadelphia, PA",
            )
        },
        Profile {
            emails: texts(&["alejandra.longname@mail.example"]),
            phones: phones(&[("+1 305 555 0111", "Mobile")]),
            address: "1200 Brickell Bay Drive, Tower Two, Apartment 4017\nMiami, FL 33131\nUnited States".to_owned(),
            has_resume: true,
            education: education(&[
                ("University of Miami", "J.D.", "2015 – 2018"),
                ("Universidad de los Andes", "LL.B.", "2009 – 2014"),
            ]),
            experience: experience(&[(
                "Associate General Counsel for International Supply Agreements and Trade Compliance",
                "Caribbean & Gulf Freight Forwarding Holdings International",
                "2018 – today",
                "Contracts in three languages; no lawsuit lost.",
            )]),
            skills: texts(&["Contracts", "Trade law", "Portuguese", "Spanish"]),
            about: "The name fits on one line of a business card if the card is wide enough.".to_owned(),
            ..profile(
                Classic,
                (
                    "Alejandra Guadalupe Montserrat Echeverría-Villavicencio y Fernández de Córdoba",
                    "Alejandra Guadalupe Montserrat",
                    "Echeverría-Villavicencio y Fernández de Córdoba",
                ),
                "Associate General Counsel for International Supply Agreements and Trade Compliance",
                "Caribbean & Gulf Freight Forwarding Holdings International",
                "Miami, FL",
            )
        },
        Profile {
            emails: texts(&["marcus.bell@mail.example"]),
            has_resume: true,
            education: education(&[("Morehouse College", "B.S. Mathematics", "2019 – 2023")]),
            experience: experience(&[(
                "Data Scientist",
                "Riverbend Insurance",
                "2023 – today",
                "Fair pricing models, and the tests that keep them fair.",
            )]),
            skills: texts(&["Statistics", "Python", "Spark"]),
            about: "Runs half-marathons and regressions.".to_owned(),
            ..profile(
                JsonLd,
                ("Marcus Bell Jr.", "Marcus", "Bell"),
                "Data Scientist",
                "Riverbend Insurance",
                "Nashville, TN",
            )
        },
        Profile {
            emails: texts(&["sofia.kealoha@univ.example"]),
            phones: phones(&[("808-555-0121", "Mobile")]),
            links: links(&[("GitHub", "https://github.com/kealoha-example")]),
            education: education(&[("University of Hawaiʻi", "B.S. Computer Science", "2023 – 2027")]),
            skills: texts(&["Go", "Kubernetes", "Hawaiian"]),
            about: "Looking for a summer internship; no résumé yet, plenty of code.".to_owned(),
            ..profile(
                Microdata,
                ("Sofia Kealoha", "Sofia", "Kealoha"),
                "Computer Science student",
                "University of Hawaiʻi",
                "Honolulu, HI",
            )
        },
        Profile {
            emails: texts(&["renee.thibodeaux@mail.example"]),
            phones: phones(&[("+1 504 555 0198", "Work")]),
            links: links(&[
                ("LinkedIn", "https://www.linkedin.com/in/renee-thibodeaux-example"),
                ("Company", "https://gumboworks.example"),
            ]),
            has_resume: true,
            experience: experience(&[(
                "Operations Manager",
                "Gumbo Works",
                "2015 – today",
                "Three kitchens, one freezer, no stock-outs since 2019.",
            )]),
            skills: texts(&["Operations", "French", "Lean"]),
            about: "Counts twice, orders once.".to_owned(),
            ..profile(
                HCard,
                ("Renée Thibodeaux-O’Connor", "Renée", "Thibodeaux-O’Connor"),
                "Operations Manager",
                "Gumbo Works",
                "New Orleans, LA",
            )
        },
        Profile {
            emails: texts(&["jihoon.seo@mail.example"]),
            phones: phones(&[("+1 213 555 0177", "Mobile")]),
            links: links(&[
                ("GitHub", "https://github.com/jihoon-example"),
                ("Portfolio", "https://seo.mail.example"),
            ]),
            has_resume: true,
            education: education(&[("UCLA", "B.S. Electrical Engineering", "2015 – 2019")]),
            experience: experience(&[(
                "Signal Processing Engineer",
                "Pacific Audio",
                "2019 – today",
                "Noise cancelling that does not cancel the children.",
            )]),
            skills: texts(&["DSP", "C++", "Korean"]),
            about: "Listens for a living.".to_owned(),
            ..profile(
                App,
                ("서지훈 (Ji-hoon Seo)", "지훈", "서"),
                "Signal Processing Engineer",
                "Pacific Audio",
                "Los Angeles, CA",
            )
        },
        Profile {
            emails: texts(&["aaliyah.brooks@mail.example"]),
            phones: phones(&[("+1 612 555 0129", "Mobile")]),
            links: links(&[("LinkedIn", "https://www.linkedin.com/in/aaliyah-brooks-example")]),
            has_resume: true,
            education: education(&[("Spelman College", "B.A. Psychology", "2017 – 2021")]),
            experience: experience(&[(
                "People Analyst",
                "North Star Retail",
                "2021 – today",
                "Surveys that get answered, reports that get read.",
            )]),
            skills: texts(&["Survey design", "R", "Interviewing"]),
            about: "Asks one more question than planned.".to_owned(),
            ..profile(
                Classic,
                ("Aaliyah Brooks", "Aaliyah", "Brooks"),
                "People Analyst",
                "North Star Retail",
                "Minneapolis, MN",
            )
        },
        Profile {
            emails: texts(&["tg@mail.example"]),
            ..profile(
                Classic,
                ("Thandiwe Gumede", "Thandiwe", "Gumede"),
                "",
                "",
                "",
            )
        },
        Profile {
            emails: texts(&["hina.patel@mail.example"]),
            phones: phones(&[("+1 408 555 0163", "Mobile")]),
            links: links(&[("GitHub", "https://github.com/hina-example")]),
            has_resume: true,
            education: education(&[("San José State University", "M.S. Software Engineering", "2020 – 2022")]),
            experience: experience(&[(
                "Software Engineer",
                "Orchard Grid",
                "2022 – today",
                "Keeps a power grid's data pipeline up through heat waves.",
            )]),
            skills: texts(&["Rust", "Kafka", "Gujarati"]),
            about: "Prefers boring technology in exciting places.".to_owned(),
            ..profile(
                App,
                ("Hina Patel", "Hina", "Patel"),
                "Software Engineer",
                "Orchard Grid",
                "San José, CA",
            )
        },
    ]
}
