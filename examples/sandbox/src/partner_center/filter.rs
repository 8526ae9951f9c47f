//! The JSON filter of the customer list.

use serde_json::{Map, Value};

use crate::reply::Reply;
use crate::world::Tenant;

use super::answer;

/// A parsed filter.
#[derive(Debug)]
pub(super) enum Filter {
    And(Box<Self>, Box<Self>),
    Field { field: Field, operator: Operator, value: String },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    CompanyName,
    Domain,
    IndirectReseller,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Operator {
    Equals,
    StartsWith,
    Substring,
}

impl Filter {
    /// Parses `{"Field":"CompanyName","Value":"cont","Operator":"starts_with"}`, or two of them joined by `And`.
    pub(super) fn parse(text: &str) -> Result<Self, Box<Reply>> {
        serde_json::from_str(text)
            .ok()
            .and_then(|value| read(&value))
            .ok_or_else(|| answer::refuse(400, "3000", "The filter expression of the request isn't valid."))
    }

    pub(super) fn accepts(&self, customer: &Tenant) -> bool {
        match self {
            Self::And(left, right) => left.accepts(customer) && right.accepts(customer),
            Self::Field { field, operator, value } => match field {
                Field::CompanyName => operator.holds(&customer.display_name, value),
                Field::Domain => customer.domains.iter().any(|domain| operator.holds(&domain.name, value)),
                // Every customer of the sandbox buys directly, so none has an indirect reseller.
                Field::IndirectReseller => false,
            },
        }
    }
}

impl Operator {
    fn holds(self, text: &str, lowered: &str) -> bool {
        let text = text.to_lowercase();
        match self {
            Self::Equals => text == lowered,
            Self::StartsWith => text.starts_with(lowered),
            Self::Substring => text.contains(lowered),
        }
    }
}

fn read(value: &Value) -> Option<Filter> {
    let object = value.as_object()?;
    if let (Some(left), Some(right)) = (member(object, "leftfilter"), member(object, "rightfilter")) {
        let joined = member(object, "operator")?.as_str()?;
        return joined
            .eq_ignore_ascii_case("and")
            .then_some(())
            .and_then(|()| Some(Filter::And(Box::new(read(left)?), Box::new(read(right)?))));
    }
    let word = |name| Some(member(object, name)?.as_str()?.to_lowercase());
    Some(Filter::Field {
        field: match word("field")?.as_str() {
            "companyname" => Field::CompanyName,
            "domain" => Field::Domain,
            "indirectreseller" => Field::IndirectReseller,
            _ => return None,
        },
        operator: match word("operator")?.as_str() {
            "equals" => Operator::Equals,
            "starts_with" => Operator::StartsWith,
            "substring" => Operator::Substring,
            _ => return None,
        },
        value: word("value")?,
    })
}

/// Looks a member up without regard to letter case, as the service does.
fn member<'a>(object: &'a Map<String, Value>, lowered: &str) -> Option<&'a Value> {
    object.iter().find(|(name, _)| name.eq_ignore_ascii_case(lowered)).map(|(_, value)| value)
}
