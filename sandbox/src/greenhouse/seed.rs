//! The company the sandbox starts with: Hartwell, an invented maker of kitchen scales.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::model::{Greenhouse, SIGNED_IN};
use super::records::{
    Activity, ApiKey, Application, Candidate, JOPWELL, JobStatus, KeyType, ProspectPool,
    REJECTION_REASONS, Role, Status, Typed, User,
};
use crate::clock::timestamp;

pub const SERVICE_USER: &str = "service@hartwell.example";
/// Obviously no real key: it spells "sandbox" before the zeros.
pub const INGESTION_KEY: &str = "5a4db0c5a4db0c5a4db0c00000000001";
pub const HARVEST_KEY: &str = "5a4db0c5a4db0c5a4db0c00000000002";
pub const JOB_BOARD_KEY: &str = "5a4db0c5a4db0c5a4db0c00000000003";

/// The state at start and after a reset.
pub fn greenhouse(now: OffsetDateTime) -> Greenhouse {
    let mut greenhouse = Greenhouse {
        organization_id: 4_102,
        organization: "Hartwell".to_owned(),
        board_token: "hartwell".to_owned(),
        users: Vec::new(),
        keys: Vec::new(),
        jobs: Vec::new(),
        pools: Vec::new(),
        sources: Vec::new(),
        candidates: BTreeMap::new(),
        tracking_links: BTreeMap::new(),
        // Above 32 bits once the suffix is added, as ids of today's accounts are.
        next_serial: 61_204_300,
    };
    jobs(&mut greenhouse, now);
    users(&mut greenhouse);
    keys(&mut greenhouse, now);
    pools(&mut greenhouse);
    people(&mut greenhouse, now);
    greenhouse
}

fn users(greenhouse: &mut Greenhouse) {
    let assigned: Vec<u64> = greenhouse.jobs.iter().take(2).map(|job| job.id).collect();
    for (first_name, last_name, email, role, disabled, job_ids) in [
        (
            "Hartwell",
            "Service",
            SERVICE_USER,
            Role::SiteAdmin,
            false,
            vec![],
        ),
        ("Ada", "Park", SIGNED_IN, Role::SiteAdmin, false, vec![]),
        (
            "Jonah",
            "Admin",
            "jobadmin@hartwell.example",
            Role::JobAdmin,
            false,
            assigned,
        ),
        (
            "Bea",
            "Basic",
            "basic@hartwell.example",
            Role::Basic,
            false,
            vec![],
        ),
        (
            "Dora",
            "Gone",
            "disabled@hartwell.example",
            Role::SiteAdmin,
            true,
            vec![],
        ),
    ] {
        let id = greenhouse.next_id();
        greenhouse.users.push(User {
            id,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            email: email.to_owned(),
            role,
            disabled,
            manages_unattached_prospects: role == Role::SiteAdmin,
            job_ids,
        });
    }
}

fn keys(greenhouse: &mut Greenhouse, now: OffsetDateTime) {
    for (secret, key_type, partner, description) in [
        (
            INGESTION_KEY,
            KeyType::CandidateIngestion,
            Some(JOPWELL),
            "Jopwell",
        ),
        (HARVEST_KEY, KeyType::Harvest, None, "Nightly export"),
        (
            JOB_BOARD_KEY,
            KeyType::JobBoard,
            None,
            "Careers page of hartwell.example",
        ),
    ] {
        let id = greenhouse.next_id();
        greenhouse.keys.push(ApiKey {
            id,
            secret: secret.to_owned(),
            key_type,
            partner: partner.map(str::to_owned),
            description: description.to_owned(),
            created_at: now - Duration::days(40),
        });
    }
}
fn jobs(greenhouse: &mut Greenhouse, now: OffsetDateTime) {
    for (name, department, office, status, live) in [
        (
            "Software Engineer, Firmware (2026)",
            "Engineering",
            "Chicago",
            JobStatus::Open,
            true,
        ),
        (
            "Product Designer (Scales)",
            "Design",
            "New York",
            JobStatus::Open,
            true,
        ),
        (
            "Financial Analyst (Supply Chain)",
            "Finance",
            "Atlanta",
            JobStatus::Open,
            true,
        ),
        (
            "Customer Care Lead (Backfill)",
            "Customer Care",
            "Remote",
            JobStatus::Open,
            true,
        ),
        (
            "Head of Metrology (Confidential search)",
            "Engineering",
            "Chicago",
            JobStatus::Open,
            false,
        ),
        (
            "Data Analyst (Not approved yet)",
            "Data",
            "New York",
            JobStatus::Draft,
            false,
        ),
        (
            "Marketing Associate (Spring)",
            "Marketing",
            "Atlanta",
            JobStatus::Closed,
            false,
        ),
    ] {
        let job = greenhouse.new_job(name, department, office, status, live, now);
        greenhouse.jobs.push(job);
    }
}

fn pools(greenhouse: &mut Greenhouse) {
    for (name, stages) in [
        (
            "Diversity partners",
            &["New", "Contacted", "Replied", "In conversation"] as &[&str],
        ),
        ("Campus 2026", &["To invite", "Invited", "Met on campus"]),
    ] {
        let id = greenhouse.next_id();
        let stages = stages.iter().map(|stage| greenhouse.named(stage)).collect();
        greenhouse.pools.push(ProspectPool {
            id,
            name: name.to_owned(),
            stages,
        });
    }
}

/// People who did not come from Jopwell: (first name, last name, title, company, source).
const PEOPLE: [(&str, &str, &str, &str, &str); 26] = [
    (
        "Marta",
        "Kowalczyk",
        "Firmware Engineer",
        "Baltic Meters",
        "LinkedIn (Prospecting)",
    ),
    (
        "Deshawn",
        "Whitfield",
        "Embedded Developer",
        "Lakefront Labs",
        "Referral",
    ),
    (
        "Priyanka",
        "Ramanathan",
        "Senior Product Designer",
        "Copper & Clay",
        "Jobs page on your website",
    ),
    (
        "Tom",
        "Abernathy",
        "Industrial Designer",
        "Abernathy Studio",
        "Jobs page on your website",
    ),
    ("Yuki", "Tanabe", "UX Researcher", "Minami Soft", "Indeed"),
    (
        "Ingrid",
        "Solheim",
        "Financial Analyst",
        "Fjord Freight",
        "Glassdoor",
    ),
    (
        "Carlos",
        "Etcheverry",
        "Cost Accountant",
        "Río Plata Foods",
        "Indeed",
    ),
    (
        "Amara",
        "Nwachukwu",
        "Supply Planner",
        "Gulf Harvest",
        "Referral",
    ),
    (
        "Beth",
        "Lindqvist",
        "Support Team Lead",
        "Northwind Phones",
        "Jobs page on your website",
    ),
    (
        "Samir",
        "Haddad",
        "Customer Success Manager",
        "Cedar Cloud",
        "LinkedIn (Prospecting)",
    ),
    (
        "Lena",
        "Baumgartner",
        "Metrologist",
        "Alpen Messtechnik",
        "Agency",
    ),
    (
        "Oluwaseun",
        "Bakare",
        "Calibration Engineer",
        "Lagos Instruments",
        "LinkedIn (Prospecting)",
    ),
    (
        "Grace",
        "Hollister",
        "Firmware Intern",
        "Purdue University",
        "Campus fair",
    ),
    (
        "Mateo",
        "Villanueva",
        "Test Engineer",
        "Andes Devices",
        "Indeed",
    ),
    (
        "Hannah",
        "Feldman",
        "Interaction Designer",
        "Tidewater Apps",
        "Referral",
    ),
    (
        "Kofi",
        "Mensah",
        "Junior Accountant",
        "Accra Trade House",
        "Jobs page on your website",
    ),
    (
        "Nora",
        "Fitzgibbon",
        "Care Specialist",
        "Emerald Telecom",
        "Glassdoor",
    ),
    (
        "Wei",
        "Zhang",
        "Signal Processing Engineer",
        "Jade River",
        "LinkedIn (Prospecting)",
    ),
    (
        "Aisha",
        "Siddiqui",
        "Business Analyst",
        "Karachi Textiles",
        "Indeed",
    ),
    (
        "Luca",
        "Moretti",
        "Mechanical Designer",
        "Officine Moretti",
        "Agency",
    ),
    (
        "Dana",
        "Kipnis",
        "Operations Analyst",
        "Prairie Rail",
        "Campus fair",
    ),
    (
        "Felix",
        "Okonjo",
        "Embedded Linux Engineer",
        "Savanna Semiconductors",
        "Referral",
    ),
    (
        "Rosalind",
        "Achterberg",
        "Brand Designer",
        "Tulip & Sons",
        "Jobs page on your website",
    ),
    (
        "Jamal",
        "Carrington",
        "Logistics Analyst",
        "Bridgetown Shipping",
        "Indeed",
    ),
    (
        "Elif",
        "Demirtaş",
        "Help Desk Engineer",
        "Bosphorus Bank",
        "Glassdoor",
    ),
    (
        "Pilar",
        "Echeverría",
        "Finance Associate",
        "Bodega Sur",
        "Campus fair",
    ),
];

fn people(greenhouse: &mut Greenhouse, now: OffsetDateTime) {
    for (index, (first_name, last_name, title, company, source)) in PEOPLE.into_iter().enumerate() {
        let serial = index as u64;
        let added =
            now - Duration::days(4 + 2 * index as i64) - Duration::minutes(37 * index as i64);
        let source = greenhouse.source_named(source);
        let prospect = index % 6 == 5;
        // Jobs in turn; a prospect without a job now and then.
        let job = (index % 12 != 11)
            .then(|| greenhouse.jobs.get(index % 5))
            .flatten();
        let (job_id, stage_id) = match job {
            Some(job) => (
                Some(job.id),
                (!prospect)
                    .then(|| job.stages.get(index * 7 % job.stages.len().max(1)))
                    .flatten()
                    .map(|stage| stage.id),
            ),
            None => (None, None),
        };
        let pool = greenhouse.pools.get(index % 2).filter(|_| prospect);
        let (pool_id, pool_stage_id) = (
            pool.map(|pool| pool.id),
            pool.and_then(|pool| pool.stages.first())
                .map(|stage| stage.id),
        );
        let status = match index % 9 {
            4 => Status::Rejected,
            8 if !prospect => Status::Hired,
            _ => Status::Active,
        };
        let slug = format!("{first_name}.{last_name}").to_lowercase();
        let (id, application_id) = (greenhouse.next_id(), greenhouse.next_id());
        let credited_to = greenhouse.signed_in().map(|user| user.id);
        let candidate = Candidate {
            id,
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            company: Some(company.to_owned()),
            title: Some(title.to_owned()),
            external_id: None,
            phone_numbers: vec![Typed {
                value: format!("+1 312 555 {:04}", 100 + serial),
                kind: "mobile".to_owned(),
            }],
            emails: vec![Typed {
                value: format!("{slug}@mail.example"),
                kind: "personal".to_owned(),
            }],
            addresses: Vec::new(),
            websites: Vec::new(),
            social_media: vec![format!("https://www.linkedin.com/in/{slug}")],
            resume_url: None,
            attachments: Vec::new(),
            notes: None,
            tags: Vec::new(),
            source: Some(source),
            credited_to,
            referrer: None,
            on_behalf_of: None,
            created_at: added,
            updated_at: added,
            applications: vec![Application {
                id: application_id,
                prospect,
                job_id,
                stage_id,
                pool_id,
                pool_stage_id,
                prospect_owner_id: None,
                status,
                rejection_reason: (status == Status::Rejected)
                    .then(|| {
                        REJECTION_REASONS
                            .get(index % REJECTION_REASONS.len())
                            .map(|reason| (*reason).to_owned())
                    })
                    .flatten(),
                rejected_at: (status == Status::Rejected).then(|| added + Duration::days(2)),
                applied_at: added,
                last_activity_at: added + Duration::days(1),
            }],
            activity: vec![Activity {
                at: timestamp(added),
                who: "Ada Park".to_owned(),
                what: format!("{first_name} {last_name} was added."),
            }],
            notice: None,
            anonymized: false,
        };
        greenhouse.candidates.insert(id, candidate);
    }
}

/// Adds `count` people, the first `ours` of them with the Jopwell source and an external id made from `template`
/// (`{n}` is the running number).
pub fn fill(
    greenhouse: &mut Greenhouse,
    count: usize,
    ours: usize,
    template: &str,
    now: OffsetDateTime,
) -> Vec<(u64, u64)> {
    let mut added = Vec::with_capacity(count);
    let other = greenhouse.source_named("Jobs page on your website");
    let jopwell = greenhouse.source_named(JOPWELL);
    for n in 0..count {
        let (first_name, _, title, company, _) =
            PEOPLE.get(n % PEOPLE.len()).copied().unwrap_or_default();
        let (_, last_name, ..) = PEOPLE
            .get((n / PEOPLE.len() + 7 * n) % PEOPLE.len())
            .copied()
            .unwrap_or_default();
        // Spread ours evenly, as a list in life is mixed.
        let is_ours = ours > 0 && (n * ours) / count.max(1) != ((n + 1) * ours) / count.max(1);
        let job = greenhouse.jobs.get(n % 4);
        let (job_id, stage_id) = (
            job.map(|job| job.id),
            job.and_then(|job| job.stages.get(n % job.stages.len().max(1)))
                .map(|stage| stage.id),
        );
        let (id, application_id) = (greenhouse.next_id(), greenhouse.next_id());
        greenhouse.candidates.insert(
            id,
            Candidate {
                id,
                first_name: first_name.to_owned(),
                last_name: format!("{last_name} {}", n + 1),
                company: Some(company.to_owned()),
                title: Some(title.to_owned()),
                external_id: is_ours.then(|| template.replace("{n}", &n.to_string())),
                phone_numbers: Vec::new(),
                emails: vec![Typed {
                    value: format!("person{n}@mail.example"),
                    kind: "personal".to_owned(),
                }],
                addresses: Vec::new(),
                websites: Vec::new(),
                social_media: Vec::new(),
                resume_url: None,
                attachments: Vec::new(),
                notes: None,
                tags: Vec::new(),
                source: Some(if is_ours {
                    jopwell.clone()
                } else {
                    other.clone()
                }),
                credited_to: None,
                referrer: None,
                on_behalf_of: is_ours.then(|| SERVICE_USER.to_owned()),
                created_at: now,
                updated_at: now,
                applications: vec![Application {
                    id: application_id,
                    prospect: false,
                    job_id,
                    stage_id,
                    pool_id: None,
                    pool_stage_id: None,
                    prospect_owner_id: None,
                    status: Status::Active,
                    rejection_reason: None,
                    rejected_at: None,
                    applied_at: now,
                    last_activity_at: now,
                }],
                activity: Vec::new(),
                notice: None,
                anonymized: false,
            },
        );
        added.push((id, application_id));
    }
    added
}
