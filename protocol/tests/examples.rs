//! Every type that crosses has a JSON example in its documentation, and the example is true: it is read
//! by the type, written again as the same JSON, and shows every field and every variant.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use atsi_protocol::{live::*, *};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Deserializer, Value};
use std::{collections::BTreeSet, fs, path::Path};

/// Reads an example as its type and writes it again.
type RoundTrip = fn(&Value) -> Result<Value, String>;

macro_rules! types {
    ($($name:ident)*) => {
        const TYPES: &[(&str, RoundTrip)] = &[$((stringify!($name), round_trip::<$name>)),*];
    };
}

types! {
    Address Application ApplicationRequest ApplicationStatus Applications ApplicationsSwitch
    Callback CallbackDeliveries CallbackDelivery CallbackRequest CallbackSecretRequest CallbackState
    CandidateStatus CandidatesPage Change ChangedJob Changes ChangesPage CheckName Company CompanyPart
    CompanyRequest Connection ConnectionCheck ConnectionChecks ConnectionHelp ConnectionHelpMade
    ConnectionHelpRequest ConnectionHelpState ConnectionHelps ConnectionRequest ConnectionState
    Decision DescriptionPiece DescriptionRow Email EnrolRequest Enrolment EnrolmentMade Held HoldReason
    HookCount HookSecret HookSecretRequest Hooks InGreenhouse Invitation InvitationMade
    InvitationRequest InvitationState Invitations Job JobBoard JobBoardRequest JobDescription JobLink
    JobLinkRequest JobLinks JobPage JobPageRequest JobProposal JobSave JobSaveDone JobSaveKind
    JobSaveProblem JobSaveState JobSaved JobSaving JobState Jobs JopwellJob KnownCandidate LiveMessage
    LookupRequest LookupResponse Me MeRequest Member Members OnJopwell PassedOver Phone Problem
    ProblemCode Profile ProxyMode Push Removed Resume ResumeState Role RoleRequest RowPlan Send
    SendRequest SendState Session Sessions SignInCodeRequest SignInCodeSent SignInRequest SignedIn
    SignedOut StageRule StatusRoute TrackedRow TrackingLink TrackingLinkRequest WaitReason Waiting
    WaitingFor Website WriteBackDone WriteBackPress WriteBackRequest WriteBackResponse
    WriteBackSettings
}

fn round_trip<T: Serialize + DeserializeOwned>(example: &Value) -> Result<Value, String> {
    let read: T = serde_json::from_value(example.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(read).map_err(|error| error.to_string())
}

/// A public type that crosses, as its source has it.
struct Documented {
    name: String,
    is_enum: bool,
    examples: Vec<Value>,
    /// JSON keys of a struct's fields, or the number of an enum's variants.
    fields: Vec<String>,
    variants: usize,
}

/// All types of a file that derive `Serialize`.
fn documented(source: &str) -> Vec<Documented> {
    let lines: Vec<&str> = source.lines().collect();
    let mut types = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let mut words = line.split_whitespace();
        let (Some("pub"), Some(kind @ ("struct" | "enum")), Some(name)) =
            (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let above = |line: &&&str| {
            let line = line.trim_start();
            line.starts_with("///") || line.starts_with("#[")
        };
        let above: Vec<&str> = lines[..at]
            .iter()
            .rev()
            .take_while(above)
            .copied()
            .collect();
        if !above.iter().any(|line| line.contains("Serialize")) {
            continue;
        }
        let text = (above.iter().rev())
            .filter_map(|line| line.trim_start().strip_prefix("///"))
            .collect::<Vec<_>>()
            .join("\n");
        let json = text
            .split_once("```json")
            .and_then(|(_, rest)| rest.split_once("```"))
            .map(|(json, _)| json.to_owned())
            .unwrap_or_default();
        let examples = (Deserializer::from_str(&json).into_iter())
            .collect::<Result<_, _>>()
            .unwrap_or_else(|error| panic!("the example of {name} is no JSON: {error}"));
        let end = format!("{indent}}}");
        let body: Vec<&str> = (lines[at + 1..].iter())
            .take_while(|line| **line != end)
            .copied()
            .collect();
        types.push(Documented {
            name: name.trim_end_matches(['{', ';']).to_owned(),
            is_enum: kind == "enum",
            examples,
            fields: fields(&body),
            variants: variants(&body, indent.len() + 4),
        });
    }
    types
}

/// The JSON keys of a struct's fields; a flattened one has none of its own.
fn fields(body: &[&str]) -> Vec<String> {
    let mut keys = Vec::new();
    let mut attributes = String::new();
    for line in body {
        let line = line.trim_start();
        if line.starts_with("#[") {
            attributes.push_str(line);
        } else if let Some(field) = line.strip_prefix("pub ") {
            let name = field.split_once(':').unwrap().0;
            let renamed = (attributes.split_once("rename = \""))
                .and_then(|(_, rest)| rest.split_once('"'))
                .map(|(name, _)| name);
            if !attributes.contains("flatten") {
                keys.push(renamed.unwrap_or(name).to_owned());
            }
            attributes.clear();
        }
    }
    keys
}

fn variants(body: &[&str], indent: usize) -> usize {
    let is_variant = |line: &&&str| {
        line.len() > indent
            && line[..indent].trim().is_empty()
            && line[indent..].starts_with(|first: char| first.is_ascii_uppercase())
    };
    body.iter().filter(is_variant).count()
}

fn all() -> Vec<Documented> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(folder).unwrap();
    files
        .flat_map(|file| documented(&fs::read_to_string(file.unwrap().path()).unwrap()))
        .collect()
}

#[test]
fn every_type_has_an_example() {
    for found in all() {
        let Documented { name, examples, .. } = &found;
        assert!(
            !examples.is_empty(),
            "add a ```json block with an example to the documentation of {name}"
        );
        // The variants of an enum that a macro writes are not in its body.
        let needed = match found.is_enum {
            true => found.variants.max(1),
            false => 1,
        };
        assert!(
            examples.len() >= needed,
            "{name} has {needed} variants: show each one, in a line of its own"
        );
    }
}

#[test]
fn every_type_is_in_the_list() {
    let found: BTreeSet<String> = all().into_iter().map(|found| found.name).collect();
    let listed: BTreeSet<String> = TYPES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, listed, "add a new type to `types!` in this file");
}

#[test]
fn example_is_read_and_written_again_the_same() {
    for found in all() {
        let (_, round_trip) = (TYPES.iter())
            .find(|(name, _)| *name == found.name)
            .unwrap_or_else(|| panic!("{} is missing in `types!`", found.name));
        for example in &found.examples {
            match round_trip(example) {
                Ok(written) => assert_eq!(written, *example, "{}", found.name),
                Err(error) => panic!("{} does not read its example: {error}", found.name),
            }
        }
    }
}

#[test]
fn example_shows_every_field() {
    for found in all().iter().filter(|found| !found.is_enum) {
        for field in &found.fields {
            assert!(
                found.examples[0].get(field).is_some(),
                "the example of {} lacks `{field}`",
                found.name
            );
        }
    }
}
