//! Query options: parsed and checked once, before a handler looks at objects.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use url::form_urlencoded::byte_serialize;

use super::answer::error;
use super::filter::Filter;
use super::schema::{Entity, Kind, Paging};
use crate::call::Call;
use crate::reply::Reply;

/// The query options of a request.
#[derive(Debug, Default)]
pub(super) struct Query {
    pub(super) select: Option<Vec<String>>,
    pub(super) expand: Vec<Expand>,
    pub(super) filter: Option<Filter>,
    pub(super) order: Vec<(String, bool)>,
    pub(super) top: usize,
    pub(super) skip: usize,
    pub(super) count: bool,
    search: Option<(String, String)>,
}

/// One `$expand`ed navigation property.
#[derive(Debug)]
pub(super) struct Expand {
    pub(super) name: String,
    pub(super) select: Option<Vec<String>>,
}

/// Which properties somebody will look at.
pub(super) struct Want(Option<BTreeSet<String>>);

impl Want {
    /// Every property that is answered by default.
    pub(super) const ALL: Self = Self(None);

    /// Whether the property is worth computing.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.contains(name))
    }
}

impl Query {
    /// Parses the options of a request for a collection.
    pub(super) fn list(call: &Call, entity: &Entity) -> Result<Self, Reply> {
        let mut query = Self::parse(call, entity, true)?;
        if query.top == 0 {
            query.top = match entity.paging {
                Paging::Off => usize::MAX,
                Paging::Pages(usual, _) => usual,
            };
        }
        query.check_advanced(entity, is_eventual(call))?;
        Ok(query)
    }

    /// Parses the options of a request for one object.
    pub(super) fn one(call: &Call, entity: &Entity) -> Result<Self, Reply> {
        Self::parse(call, entity, false)
    }

    /// What a filter, a search or a sort order reads.
    pub(super) fn deciding(&self) -> Want {
        let mut names: BTreeSet<String> = self.order.iter().map(|(path, _)| first(path)).collect();
        if let Some(filter) = &self.filter {
            filter.paths(&mut |path| names.extend(path.first().cloned()));
        }
        names.extend(self.search.iter().map(|(name, _)| name.clone()));
        Want(Some(names))
    }

    /// What the answer shows.
    pub(super) fn showing(&self, entity: &Entity) -> Want {
        match (&self.select, entity.defaults) {
            (Some(names), _) => Want(Some(names.iter().map(|name| first(name)).collect())),
            (None, Some(names)) => Want(Some(names.iter().map(|&name| name.to_owned()).collect())),
            (None, None) => Want::ALL,
        }
    }

    /// Whether objects have to be looked at before they are counted.
    pub(super) fn decides(&self) -> bool {
        self.filter.is_some() || self.search.is_some() || !self.order.is_empty()
    }

    pub(super) fn accepts(&self, object: &Map<String, Value>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(object))
            && self.search.as_ref().is_none_or(|(name, text)| {
                object.get(name).and_then(Value::as_str).is_some_and(|value| {
                    value.to_lowercase().split_whitespace().any(|word| word.starts_with(text))
                        || value.to_lowercase().starts_with(text)
                })
            })
    }

    /// The names in parentheses behind the entity set in `@odata.context`.
    pub(super) fn context_suffix(&self) -> String {
        let mut names: Vec<String> = self.select.clone().unwrap_or_default();
        names.extend(self.expand.iter().map(|expand| format!("{}()", expand.name)));
        if names.is_empty() { String::new() } else { format!("({})", names.join(",")) }
    }

    fn parse(call: &Call, entity: &Entity, list: bool) -> Result<Self, Reply> {
        let mut query = Self::default();
        let mut seen = BTreeSet::new();
        for (name, value) in &call.query {
            let option = name.trim_start_matches('$').to_ascii_lowercase();
            if !seen.insert(option.clone()) {
                return Err(bad(&format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                )));
            }
            if !list
                && matches!(option.as_str(), "filter" | "top" | "skiptoken" | "count" | "orderby" | "search" | "skip")
            {
                return Err(bad(
                    "The query specified in the URI is not valid. Query options $filter, $orderby, $count, $skip and $top can be applied only on collections.",
                ));
            }
            match option.as_str() {
                "select" => query.select = Some(select(value, entity)?),
                "expand" => query.expand = expand(value, entity)?,
                "filter" => query.filter = Some(filter(value, entity)?),
                "orderby" => query.order = order(value, entity)?,
                "top" => query.top = top(value, entity)?,
                "skiptoken" => query.skip = read_skip_token(value)?,
                "count" => query.count = value.eq_ignore_ascii_case("true"),
                "search" => query.search = Some(search(value, entity)?),
                "format" => {}
                "skip" => return Err(bad("'$skip' is not supported by the service.")),
                _ if name.starts_with('$') => {
                    return Err(error(400, "BadRequest", &format!("The query parameter '{name}' is not supported.")));
                }
                _ => {
                    return Err(bad(&format!("Unrecognized query argument specified: '{name}'.")));
                }
            }
        }
        Ok(query)
    }

    /// The rules of advanced queries: some operators need `ConsistencyLevel: eventual` and `$count=true`.
    fn check_advanced(&mut self, entity: &Entity, eventual: bool) -> Result<(), Reply> {
        if !entity.directory {
            return Ok(());
        }
        if self.search.is_some() && !eventual {
            return Err(unsupported(
                "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
            ));
        }
        let advanced = self.filter.as_ref().and_then(Filter::advanced);
        if self.filter.as_ref().is_some_and(Filter::uses_contains) {
            return Err(unsupported(
                "Unsupported or invalid query filter clause specified for property 'displayName': the function 'contains' is not supported.",
            ));
        }
        match advanced {
            Some(operator) if !eventual => {
                return Err(unsupported(&format!(
                    "Operator '{operator}' is not supported because the 'ConsistencyLevel:eventual' header is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
                )));
            }
            Some(operator) if !self.count => {
                return Err(unsupported(&format!(
                    "Operator '{operator}' is not supported because the required parameters might be missing. Try adding $count=true query parameter and ConsistencyLevel:eventual header. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
                )));
            }
            _ => {}
        }
        if self.filter.is_some() && !self.order.is_empty() && !(eventual && self.count) {
            return Err(unsupported("Sorting not supported for current query."));
        }
        // Without the header the service ignores the wish for a count.
        self.count &= eventual;
        Ok(())
    }
}

/// Whether the caller accepts eventually consistent answers.
pub(super) fn is_eventual(call: &Call) -> bool {
    call.header("consistencylevel").is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
}

/// The link to the page that starts at an offset: the same request with another skip token.
pub(super) fn next_link(call: &Call, offset: usize) -> String {
    let mut link = format!("{}{}?", call.base, call.path);
    for (name, value) in &call.query {
        if !name.trim_start_matches('$').eq_ignore_ascii_case("skiptoken") {
            link.push_str(name);
            link.push('=');
            link.push_str(&encode(value));
            link.push('&');
        }
    }
    link.push_str("$skiptoken=");
    link.push_str(&URL_SAFE_NO_PAD.encode(format!("{SKIP_TOKEN_PREFIX}{offset}")));
    link
}

const SKIP_TOKEN_PREFIX: &str = "DSPT-";

fn read_skip_token(token: &str) -> Result<usize, Reply> {
    URL_SAFE_NO_PAD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(SKIP_TOKEN_PREFIX)?.parse().ok())
        .ok_or_else(|| {
            error(
                400,
                "Directory_ExpiredPageToken",
                "The specified page token value has expired and can no longer be included in your request.",
            )
        })
}

fn encode(value: &str) -> String {
    byte_serialize(value.as_bytes()).collect::<String>().replace('+', "%20")
}

fn select(value: &str, entity: &Entity) -> Result<Vec<String>, Reply> {
    value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty() && *name != "*")
        .map(|name| {
            let head = first(name);
            if entity.property(&head).is_some() || entity.has_navigation(&head) {
                Ok(name.to_owned())
            } else {
                Err(error(
                    400,
                    "BadRequest",
                    &format!("Parsing OData Select and Expand failed: {}", unknown(&head, entity)),
                ))
            }
        })
        .collect()
}

fn expand(value: &str, entity: &Entity) -> Result<Vec<Expand>, Reply> {
    split_outside_parentheses(value)
        .into_iter()
        .map(|part| {
            let (name, options) = part.split_once('(').unwrap_or((part, ""));
            if !entity.has_navigation(name) {
                return Err(error(
                    400,
                    "BadRequest",
                    &format!("Parsing OData Select and Expand failed: {}", unknown(name, entity)),
                ));
            }
            let select = options.trim_end_matches(')').strip_prefix("$select=");
            Ok(Expand {
                name: name.to_owned(),
                select: select.map(|names| names.split(',').map(|name| name.trim().to_owned()).collect()),
            })
        })
        .collect()
}

fn split_outside_parentheses(value: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    value
        .split(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

fn filter(value: &str, entity: &Entity) -> Result<Filter, Reply> {
    let filter =
        Filter::parse(value).map_err(|reason| error(400, "BadRequest", &format!("Invalid filter clause: {reason}")))?;
    let mut problem = None;
    filter.paths(&mut |path| {
        let name = path.first().map(String::as_str).unwrap_or_default();
        match entity.property(name).map(|property| property.kind) {
            None => {
                problem = Some(error(400, "BadRequest", &format!("Invalid filter clause: {}", unknown(name, entity))));
            }
            Some(Kind::Any | Kind::Complex(_) | Kind::Complexes(_)) if path.len() == 1 => {
                problem = Some(unsupported(&format!(
                    "Unsupported or invalid query filter clause specified for property '{name}' of resource '{}'.",
                    entity.name
                )));
            }
            Some(_) => {}
        }
    });
    problem.map_or(Ok(filter), Err)
}

fn order(value: &str, entity: &Entity) -> Result<Vec<(String, bool)>, Reply> {
    value
        .split(',')
        .map(|part| {
            let mut words = part.split_whitespace();
            let name = words.next().unwrap_or_default();
            let descending = match words.next() {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => return Err(bad(&format!("Syntax error in '$orderby': '{other}'."))),
            };
            if entity.property(name).is_none() {
                return Err(error(400, "BadRequest", &format!("Invalid orderby clause: {}", unknown(name, entity))));
            }
            Ok((name.to_owned(), descending))
        })
        .collect()
}

fn top(value: &str, entity: &Entity) -> Result<usize, Reply> {
    let Paging::Pages(_, most) = entity.paging else {
        return Err(bad(
            "This resource does not support custom page sizes. Please retry without a page size argument.",
        ));
    };
    match value.parse() {
        Ok(size) if (1..=most).contains(&size) => Ok(size),
        _ => Err(unsupported(&format!(
            "Invalid page size specified: '{value}'. Must be between 1 and {most} inclusive."
        ))),
    }
}

/// `"displayName:text"`.
fn search(value: &str, entity: &Entity) -> Result<(String, String), Reply> {
    let clause = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let (name, text) = clause
        .and_then(|clause| clause.split_once(':'))
        .ok_or_else(|| bad("Syntax error: the $search clause must be a property name and a text with a colon between, in double quotes."))?;
    if entity.property(name).is_none() {
        return Err(bad(&format!("Invalid search clause: {}", unknown(name, entity))));
    }
    Ok((name.to_owned(), text.to_lowercase()))
}

fn first(path: &str) -> String {
    path.split('/').next().unwrap_or(path).to_owned()
}

fn unknown(name: &str, entity: &Entity) -> String {
    format!("Could not find a property named '{name}' on type 'microsoft.graph.{}'.", entity.name)
}

fn bad(message: &str) -> Reply {
    error(400, "Request_BadRequest", message)
}

fn unsupported(message: &str) -> Reply {
    error(400, "Request_UnsupportedQuery", message)
}
