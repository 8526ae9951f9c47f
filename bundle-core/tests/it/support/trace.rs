//! Keeps every span and event of a thread.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// What was traced since [`Trace::start`] on this thread, at every level.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Vec<Entry>>>);

/// A span or an event.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) target: String,
    pub(crate) level: Level,
    pub(crate) is_span: bool,
    pub(crate) fields: BTreeMap<&'static str, String>,
}

impl Trace {
    /// Keeps what this thread traces until the guard is dropped.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        let trace = Self::default();
        let guard = tracing::subscriber::set_default(trace.clone());
        (trace, guard)
    }

    /// What the bundle itself traced.
    pub(crate) fn own(&self) -> Vec<Entry> {
        let entries = self.0.lock().unwrap();
        entries.iter().filter(|entry| entry.target.starts_with("bundle_core")).cloned().collect()
    }

    /// Everything as one text, other libraries included.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for entry in self.0.lock().unwrap().iter() {
            writeln!(text, "{} {} {:?}", entry.target, entry.name, entry.fields).unwrap();
        }
        text
    }

    fn keep(&self, metadata: &'static Metadata<'static>, record: impl FnOnce(&mut Fields)) -> usize {
        let mut fields = Fields::default();
        record(&mut fields);
        let mut entries = self.0.lock().unwrap();
        entries.push(Entry {
            name: metadata.name(),
            target: metadata.target().to_owned(),
            level: *metadata.level(),
            is_span: metadata.is_span(),
            fields: fields.0,
        });
        entries.len()
    }
}

impl Subscriber for Trace {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let place = self.keep(span.metadata(), |fields| span.record(fields));
        Id::from_u64(u64::try_from(place).unwrap())
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        let place = usize::try_from(span.into_u64()).unwrap();
        self.0.lock().unwrap()[place - 1].fields.append(&mut fields.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.keep(event.metadata(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}
