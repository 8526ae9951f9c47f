//! One cmdlet: its body, the check of its parameters, its answer.

use serde_json::{Map, Value, json};

use super::cmdlets::{self, Cmdlet, Output, Run};
use super::{Outcome, Place, access, error, hashtable, page};
use crate::call::Call;
use crate::reply::Reply;
use crate::world::World;

/// Parameters every cmdlet takes.
const COMMON: &[&str] = &["Confirm", "Debug", "ErrorAction", "Verbose", "WarningAction", "WhatIf"];

/// Runs the cmdlet of the body.
pub(super) fn invoke(world: &mut World, call: &Call, place: &Place<'_>) -> Outcome {
    let caller = access::admit(world, call, place)?;
    let (name, parameters) = input(call)?;
    let cmdlet = cmdlets::find(&name, place.host).ok_or_else(|| unknown(&name))?;
    access::require(caller.rights, cmdlet.reads(), cmdlet.name)?;
    bind(cmdlet, &parameters)?;
    let run = Run { tenant: caller.tenant, parameters: &parameters };
    let Output { rows, warnings } = (cmdlet.run)(world, &run)?;
    page::reply(call, place, rows, &warnings)
}

/// Lists the cmdlets the caller may run.
pub(super) fn module_file(world: &World, call: &Call, place: &Place<'_>) -> Outcome {
    let caller = access::admit(world, call, place)?;
    let names: Vec<&str> = cmdlets::all(place.host)
        .filter(|cmdlet| cmdlet.reads() || caller.rights == access::Rights::Write)
        .map(|cmdlet| cmdlet.name)
        .collect();
    Ok(Reply::json(
        200,
        json!({
            "@odata.context": format!("{}/adminapi/{}/{}/$metadata#EXOModuleFile", call.base, place.version, place.tenant),
            "value": [{"moduleVersion": call.query("Version").unwrap_or("3.9.2"), "exportedCmdlets": names.join(",")}],
        }),
    ))
}

/// Reads exactly `{"CmdletInput": {"CmdletName": "...", "Parameters": {...}}}`.
fn input(call: &Call) -> Result<(String, Map<String, Value>), Box<Reply>> {
    let json_sent =
        call.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/json"));
    if !json_sent {
        return Err(error::plain(
            415,
            "UnsupportedMediaType",
            "The request entity's media type is not supported for this resource.",
        ));
    }
    let malformed = || error::plain(400, "BadRequest", "The request body isn't a valid 'CmdletInput' action payload.");
    let body = call.json().ok_or_else(malformed)?;
    let outer = body.as_object().filter(|outer| outer.len() == 1).ok_or_else(malformed)?;
    let inner = outer.get("CmdletInput").and_then(Value::as_object).ok_or_else(malformed)?;
    if inner.keys().any(|key| key != "CmdletName" && key != "Parameters") {
        return Err(malformed());
    }
    let name = inner.get("CmdletName").and_then(Value::as_str).filter(|name| !name.is_empty()).ok_or_else(malformed)?;
    let parameters = match inner.get("Parameters") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(parameters)) => parameters.clone(),
        Some(_) => return Err(malformed()),
    };
    Ok((name.to_owned(), parameters))
}

fn bind(cmdlet: &Cmdlet, parameters: &Map<String, Value>) -> Result<(), Box<Reply>> {
    for (name, value) in parameters {
        let known = cmdlet.parameters.iter().chain(COMMON).any(|known| known.eq_ignore_ascii_case(name));
        if !known {
            return Err(error::binding(&format!("A parameter cannot be found that matches parameter name '{name}'.")));
        }
        hashtable::check(name, value)?;
    }
    for required in cmdlet.required {
        if !parameters.keys().any(|name| name.eq_ignore_ascii_case(required)) {
            return Err(error::binding(&format!(
                "Cannot process command because of one or more missing mandatory parameters: {required}."
            )));
        }
    }
    Ok(())
}

fn unknown(name: &str) -> Box<Reply> {
    error::cmdlet(
        400,
        "BadRequest",
        "System.Management.Automation.CommandNotFoundException",
        &format!(
            "The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program."
        ),
    )
}
