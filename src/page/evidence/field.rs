//! What is looked for on a page, and what can speak for or against it.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Name,
    Email,
    Phone,
    Resume,
    Title,
    Company,
    Location,
    Website,
    ExternalId,
}

impl Field {
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Resume,
        Self::Title,
        Self::Company,
        Self::Location,
        Self::Website,
        Self::ExternalId,
    ];

    /// Whether a person can have more than one.
    #[must_use]
    pub fn is_many(self) -> bool {
        matches!(self, Self::Email | Self::Phone | Self::Website)
    }
}

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// One thing that speaks for or against a candidate; how much, [`super::weights`] says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Feature { $($(#[$doc])* $name,)* }

        impl Feature {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

features! {
    /// JSON-LD says so.
    JsonLd,
    Microdata,
    Rdfa,
    Microformat,
    /// A `meta` element says so.
    Meta,
    /// Structured data names it as what the page is about.
    MainEntity,
    /// A link's address holds it: `mailto:`, `tel:`, a file.
    Link,
    /// A known label is beside it.
    Label,
    /// A word in a class or test name says what it is.
    Hint,
    /// A selector of the recipe found it.
    Mark,
    /// It stands where a person's confirmed sends had it before.
    Fingerprint,
    Heading1,
    Heading2,
    Heading3,
    /// The only heading of the first level.
    OnlyHeading1,
    /// The first heading of the page's content.
    FirstHeading,
    /// Larger than all other text.
    Largest,
    /// Larger or bolder than the text around it.
    Emphasis,
    /// The document's title begins with it, or has it.
    InDocumentTitle,
    InSlug,
    InEmail,
    InPhoto,
    /// A breadcrumb or title says that it is the current page.
    Current,
    /// In the line that follows the name, or in the next few.
    AfterName,
    NearName,
    BeforeName,
    /// A short line with a word for what people do, one of the first two below the name.
    Headline,
    /// Beside the headline, and written like a name.
    BesideHeadline,
    /// In the same part of the page as the name.
    WithName,
    /// In the form *title at company*.
    AtPattern,
    /// In an entry of the work history that has not ended.
    CurrentJob,
    /// In the first entry of the work history.
    FirstJob,
    /// In the work history, but in another entry.
    PastJob,
    /// Has a word that such values have.
    KnownWord,
    GivenName,
    GoodShape,
    BadShape,
    /// Has words of the page rather than of the person.
    PageWord,
    /// More than once.
    Repeated,
    /// The only one of its kind.
    Only,
    /// Its text or file name says that it is a résumé.
    SaysResume,
    File,
    HasSubject,
    /// Agrees with the person's name.
    AgreesWithName,
    AgreesWithOther,
    /// Nobody's own address: `info@`.
    RoleAddress,
    OwnDomain,
    /// Its label says that it is somebody else's, or a wish.
    IgnoredLabel,
    /// Somebody else's name is nearer.
    OtherPerson,
    InContact,
    InMain,
    InHead,
    InNavigation,
    InBanner,
    InFooter,
    InAside,
    InDialog,
    InForm,
    InQuote,
    InControl,
    InLink,
    OfOthers,
    InRepeat,
    InPeople,
    Hidden,
    Spoken,
    Account,
    /// Of a page: see [`super::kind`].
    HasEmail,
    HasPhone,
    HasResume,
    HasTitle,
    HasCompany,
    HasLocation,
    HasPersonData,
    HasProfileControl,
    HasMessageControl,
    HasHistory,
    HasEducation,
    HasSkills,
    HasLabels,
    NameConfidence,
    NameIsLikely,
    NameInTitle,
    NameInSlug,
    ProfileAddress,
    PeopleOnPage,
    PeopleInList,
    HasSearch,
    HasJobData,
    HasJobControl,
    HasJobWords,
    JobAddress,
    HasLogin,
    HasOwnControl,
    HasEditFields,
    HasArticleData,
    HasArticleWords,
    HasInboxWords,
    HasCompanyData,
    HasCompanyWords,
    HasOtherWords,
    HasSettingsWords,
    HasListWords,
    HasEventData,
    LongText,
}

/// Features with their strength, mostly 0 or 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features(Vec<(Feature, f32)>);

impl Features {
    #[must_use]
    pub fn of(features: &[Feature]) -> Self {
        let mut all = Self::default();
        for feature in features {
            all.set(*feature, 1.0);
        }
        all
    }

    /// Keeps the larger strength.
    pub fn set(&mut self, feature: Feature, strength: f32) {
        match self.0.iter_mut().find(|(known, _)| *known == feature) {
            Some((_, known)) => *known = known.max(strength),
            None if strength != 0.0 => self.0.push((feature, strength)),
            None => {}
        }
    }

    pub fn set_if(&mut self, feature: Feature, is_so: bool) {
        if is_so {
            self.set(feature, 1.0);
        }
    }

    pub fn remove(&mut self, feature: Feature) {
        self.0.retain(|(known, _)| *known != feature);
    }

    #[must_use]
    pub fn get(&self, feature: Feature) -> f32 {
        self.0
            .iter()
            .find(|(known, _)| *known == feature)
            .map_or(0.0, |(_, strength)| *strength)
    }

    #[must_use]
    pub fn has(&self, feature: Feature) -> bool {
        self.get(feature) > 0.0
    }

    pub fn iter(&self) -> impl Iterator<Item = (Feature, f32)> {
        self.0.iter().copied()
    }
}

impl Feature {
    /// Whether it tells where something is. Where a value stands at several places, it counts only
    /// if it holds for all of them.
    #[must_use]
    pub fn is_place(self) -> bool {
        matches!(
            self,
            Self::InNavigation
                | Self::InBanner
                | Self::InFooter
                | Self::InAside
                | Self::InDialog
                | Self::InForm
                | Self::InQuote
                | Self::InControl
                | Self::InLink
                | Self::OfOthers
                | Self::InRepeat
                | Self::InPeople
                | Self::Hidden
                | Self::Spoken
                | Self::InHead
                | Self::OtherPerson
                | Self::IgnoredLabel
                | Self::Account
                | Self::PastJob
        )
    }
}
