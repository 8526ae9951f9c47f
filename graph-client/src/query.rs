//! Query options of listings.

use http::header::{HeaderName, HeaderValue};

use bundle_core::http::Request;

/// What to list: which objects, which of their properties, how many to a page.
///
/// Without [`Query::select`] the properties of the model are asked for, without [`Query::top`] the largest page.
/// Texts in filters are quoted with [`odata_literal`](bundle_core::http::odata_literal).
///
/// ```
/// use bundle_core::http::odata_literal;
/// use graph_client::Query;
///
/// let query = Query::new().filter(format!("startswith(displayName,{})", odata_literal("GDAP "))).select(["displayName"]);
/// assert_eq!(query.filter.as_deref(), Some("startswith(displayName,'GDAP ')"));
/// ```
///
/// Source: "Use query parameters to customize responses", "Advanced query capabilities on Microsoft Entra ID objects"
/// (Microsoft Learn).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Query {
    /// `$filter`.
    pub filter: Option<String>,
    /// `$select`; `id` is always asked for too.
    pub select: Vec<String>,
    /// `$top`: how many to a page, 1 to 999.
    pub top: Option<u16>,
    /// `$orderby`.
    pub order_by: Option<String>,
    /// `$search`, for example `"displayName:contoso"` with its quotes.
    pub search: Option<String>,
    /// Whether the query needs the index of the directory (`ConsistencyLevel: eventual` and `$count=true`), as
    /// `ne`, `not` and `endswith` do. Always so for `$search` and for `$filter` with `$orderby`.
    pub advanced: bool,
}

impl Query {
    /// Everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `$filter`.
    #[must_use]
    pub fn filter(mut self, filter: impl Into<String>) -> Self {
        self.filter = Some(filter.into());
        self
    }

    /// Sets `$select`.
    #[must_use]
    pub fn select<I: IntoIterator<Item = S>, S: Into<String>>(mut self, properties: I) -> Self {
        self.select = properties.into_iter().map(Into::into).collect();
        self
    }

    /// Sets `$top`.
    #[must_use]
    pub fn top(mut self, top: u16) -> Self {
        self.top = Some(top);
        self
    }

    /// Sets `$orderby`.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<String>) -> Self {
        self.order_by = Some(order.into());
        self
    }

    /// Sets `$search`.
    #[must_use]
    pub fn search(mut self, search: impl Into<String>) -> Self {
        self.search = Some(search.into());
        self
    }

    /// Asks the index of the directory; what was changed a moment ago may be missing there.
    #[must_use]
    pub fn advanced(mut self) -> Self {
        self.advanced = true;
        self
    }

    /// Writes the options into a request. `properties` are selected when the caller names none, `top` is the largest
    /// page where the resource has pages.
    pub(crate) fn apply(&self, mut request: Request, properties: &str, top: Option<u16>) -> Request {
        for (name, value) in [("$filter", &self.filter), ("$search", &self.search), ("$orderby", &self.order_by)] {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        let select = self.selection(properties);
        if !select.is_empty() {
            request = request.query("$select", &select);
        }
        if let Some(top) = self.top.or(top) {
            request = request.query("$top", &top.to_string());
        }
        if self.needs_index() {
            request = request
                .query("$count", "true")
                .header(HeaderName::from_static("consistencylevel"), HeaderValue::from_static("eventual"));
        }
        request
    }

    fn selection(&self, properties: &str) -> String {
        if self.select.is_empty() {
            return properties.to_owned();
        }
        // Every model has an id, so an answer without one could not be read.
        let id = (!self.select.iter().any(|name| name == "id")).then_some("id");
        id.into_iter().chain(self.select.iter().map(String::as_str)).collect::<Vec<_>>().join(",")
    }

    fn needs_index(&self) -> bool {
        self.advanced || self.search.is_some() || (self.filter.is_some() && self.order_by.is_some())
    }
}

/// The largest page of directory resources.
pub(crate) const LARGEST_PAGE: Option<u16> = Some(999);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selection_keeps_the_id() {
        assert_eq!(Query::new().selection("id,mail"), "id,mail");
        assert_eq!(Query::new().select(["mail"]).selection("id"), "id,mail");
        assert_eq!(Query::new().select(["mail", "id"]).selection("x"), "mail,id");
    }

    #[test]
    fn index_is_asked_where_the_service_insists() {
        assert!(!Query::new().filter("a eq 1").needs_index());
        assert!(Query::new().filter("a eq 1").order_by("b").needs_index());
        assert!(Query::new().search("\"displayName:a\"").needs_index());
        assert!(Query::new().filter("a ne 1").advanced().needs_index());
    }
}
