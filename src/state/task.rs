//! What a page is to do for the core, besides showing views.

use serde::{Deserialize, Serialize};

/// Done once, on a job's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Put this on the clipboard.
    Copy(String),
    /// Write these texts into the fields of the job's form.
    Fill(Vec<(JobField, String)>),
    /// Save one field of the job's form, with the page's session.
    Save(Box<JobFormSave>),
}

/// A field of a job's form; the recipe says where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobField {
    Title,
    Description,
    Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFormSave {
    #[serde(with = "crate::wide")]
    pub id: u64,
    /// The address of the form.
    pub edit: String,
    pub field: JobField,
    /// What the field holds if nobody changed it: one of these, letters and digits compared.
    pub was: Vec<String>,
    /// What it is to hold: the text, or the first of these that can be chosen.
    pub to: Vec<String>,
}

/// Sets the status of a row in the candidate tracker, unless the row no longer shows `from`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStatus {
    /// The port's number of the row.
    pub row: u32,
    pub from: String,
    pub to: String,
    #[serde(with = "crate::wide")]
    pub id: u64,
}

/// What a page fetches with the session of the person in front of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetch {
    /// A profile, as a page to read.
    Profile(String),
    /// The résumé of the send with this key.
    Resume { key: String, url: String },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_past_2_pow_53_crosses_as_a_text() {
        let set = SetStatus {
            row: 4,
            from: "Applied".into(),
            to: "Offer".into(),
            id: u64::MAX,
        };
        let json = serde_json::to_value(&set).unwrap();
        assert_eq!(json["id"], u64::MAX.to_string());
        assert_eq!(serde_json::from_value::<SetStatus>(json).unwrap(), set);
        let save = Task::Save(Box::new(JobFormSave {
            id: (1 << 53) + 1,
            edit: "https://www.jopwell.com/jobs/310/edit".into(),
            field: JobField::Status,
            was: vec!["open".into()],
            to: vec!["closed".into()],
        }));
        let json = serde_json::to_value(&save).unwrap();
        assert_eq!(json["save"]["id"], "9007199254740993");
        assert_eq!(serde_json::from_value::<Task>(json).unwrap(), save);
    }
}
