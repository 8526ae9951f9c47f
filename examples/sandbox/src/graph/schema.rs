//! What the sandbox knows about Graph's types: which properties exist, of what kind, and who may set them.

mod directory;
mod partner;
mod policy;

pub(super) use directory::*;
pub(super) use partner::*;
pub(super) use policy::*;

/// An entity type as queries and bodies see it.
#[derive(Debug)]
pub(super) struct Entity {
    /// The type's name, without namespace.
    pub(super) name: &'static str,
    /// The entity set (or path) named in `@odata.context`.
    pub(super) set: &'static str,
    pub(super) properties: &'static [Property],
    /// Navigation properties: may be selected, expanded and bound.
    pub(super) navigation: &'static [&'static str],
    /// The properties answered without `$select`; `None` is all of them.
    pub(super) defaults: Option<&'static [&'static str]>,
    pub(super) paging: Paging,
    /// Whether the rules of advanced directory queries apply.
    pub(super) directory: bool,
}

/// Page sizes of a collection.
#[derive(Clone, Copy, Debug)]
pub(super) enum Paging {
    /// Everything in one page; `$top` is refused.
    Off,
    /// Pages of the first size, up to the second with `$top`.
    Pages(usize, usize),
}

/// A structural property.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) settable: Settable,
}

/// The kinds of values a property takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Any,
    Complex(&'static [Property]),
    Complexes(&'static [Property]),
    Flag,
    Number,
    Text,
    Texts,
}

/// When a property may be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Settable {
    Always,
    AtCreation,
    Never,
}

impl Entity {
    pub(super) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    pub(super) fn has_navigation(&self, name: &str) -> bool {
        self.navigation.contains(&name)
    }
}

impl Property {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, settable: Settable::Always }
    }

    /// Makes the property read-only.
    const fn fixed(mut self) -> Self {
        self.settable = Settable::Never;
        self
    }

    /// Makes the property settable at creation only.
    const fn once(mut self) -> Self {
        self.settable = Settable::AtCreation;
        self
    }
}

const fn any(name: &'static str) -> Property {
    Property::new(name, Kind::Any)
}

const fn complex(name: &'static str, properties: &'static [Property]) -> Property {
    Property::new(name, Kind::Complex(properties))
}

const fn complexes(name: &'static str, properties: &'static [Property]) -> Property {
    Property::new(name, Kind::Complexes(properties))
}

const fn flag(name: &'static str) -> Property {
    Property::new(name, Kind::Flag)
}

const fn number(name: &'static str) -> Property {
    Property::new(name, Kind::Number)
}

const fn text(name: &'static str) -> Property {
    Property::new(name, Kind::Text)
}

const fn texts(name: &'static str) -> Property {
    Property::new(name, Kind::Texts)
}
