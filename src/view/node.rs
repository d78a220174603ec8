//! A view: a small tree of semantic elements. `extension/render.js` builds it, in the port and on the
//! extension's own pages, and sets every text as text; there is no HTML in it.

use crate::action::Action;
use atsi_protocol::Millis;
use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    pub is: Kind,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// A longer explanation, shown as a tooltip and read with the element.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tip: String,
    #[serde(skip_serializing_if = "is_default")]
    pub tone: Tone,
    /// What a click on this button, or a submit of this form, asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// For toggle buttons: `true` or `false`, as in `aria-pressed`.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub pressed: &'static str,
    /// For links: an `http` or `https` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// For times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Elements in a line.
    #[default]
    Line,
    /// Elements below each other.
    Stack,
    Text,
    Button,
    Link,
    /// A state that is announced politely when it changes.
    Status,
    Badge,
    /// A titled card that folds, as it may cover what a page shows.
    Panel,
    /// A titled card on a page of our own.
    Section,
    /// Facts: children in pairs of name and value.
    Facts,
    /// A list of its children.
    List,
    /// A moment, as the time since or the date, in the reader's language and time zone; `text` is shown
    /// within a minute of it.
    Time,
    /// One text box, named by `text`, with its children (a button) behind it.
    Form,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    #[default]
    Plain,
    /// The one thing to do here.
    Main,
    Busy,
    Good,
    Warn,
    Bad,
    Quiet,
}

impl Tone {
    /// The class of an element in this tone.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Main => "main",
            Self::Busy => "busy",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Quiet => "quiet",
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn node(is: Kind, text: impl Into<String>) -> Node {
    Node {
        is,
        text: text.into(),
        ..Node::default()
    }
}

pub fn line(children: Vec<Node>) -> Node {
    Node {
        children,
        ..node(Kind::Line, "")
    }
}

pub fn stack(children: Vec<Node>) -> Node {
    Node {
        children,
        ..node(Kind::Stack, "")
    }
}

pub fn text(text: impl Into<String>) -> Node {
    node(Kind::Text, text)
}

pub fn badge(text: impl Into<String>) -> Node {
    node(Kind::Badge, text)
}

pub fn status(text: impl Into<String>, tone: Tone) -> Node {
    Node {
        tone,
        ..node(Kind::Status, text)
    }
}

/// A moment that is past.
pub fn time(at: Millis) -> Node {
    Node {
        at: Some(at),
        ..node(Kind::Time, say!("just now"))
    }
}

/// A moment to come.
pub fn due(at: Millis) -> Node {
    Node {
        at: Some(at),
        ..node(Kind::Time, say!("soon"))
    }
}

pub fn button(text: impl Into<String>, action: Action) -> Node {
    Node {
        action: Some(action),
        ..node(Kind::Button, text)
    }
}

/// The button of a form.
pub fn submit(text: impl Into<String>) -> Node {
    node(Kind::Button, text)
}

pub fn link(text: impl Into<String>, href: impl Into<String>) -> Node {
    Node {
        href: Some(href.into()),
        ..node(Kind::Link, text)
    }
}

pub fn panel(title: impl Into<String>, children: Vec<Node>) -> Node {
    Node {
        children,
        ..node(Kind::Panel, title)
    }
}

pub fn section(title: impl Into<String>, children: Vec<Node>) -> Node {
    Node {
        children,
        ..node(Kind::Section, title)
    }
}

pub fn list(children: Vec<Node>) -> Node {
    Node {
        children,
        ..node(Kind::List, "")
    }
}

pub fn facts(pairs: Vec<(&str, Node)>) -> Node {
    let children = pairs
        .into_iter()
        .flat_map(|(name, value)| [text(name), value])
        .collect();
    Node {
        children,
        ..node(Kind::Facts, "")
    }
}

/// A form with one text box.
pub fn form(label: impl Into<String>, action: Action, submit: Node) -> Node {
    Node {
        action: Some(action),
        children: vec![submit],
        ..node(Kind::Form, label)
    }
}

impl Node {
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// Makes it a toggle button, on or off.
    #[must_use]
    pub fn pressed(mut self, pressed: bool) -> Self {
        self.pressed = if pressed { "true" } else { "false" };
        self
    }

    #[must_use]
    pub fn tip(mut self, tip: impl Into<String>) -> Self {
        self.tip = tip.into();
        self
    }
}
