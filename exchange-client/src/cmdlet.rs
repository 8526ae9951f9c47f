//! A cmdlet to carry out.

use bundle_core::http::Safety;
use bundle_core::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::anchor::Anchor;
use crate::parameter::tagged;

/// A cmdlet with its parameters. A pure value; [`ExchangeTenant::invoke`](crate::ExchangeTenant::invoke) sends it.
///
/// Whether it is repeated when an answer is lost follows from its verb: `Get-`, `Test-` and `Search-` read, `Set-` may be
/// repeated, everything else may not. `Search-Mailbox` can delete and counts as everything else.
///
/// # Example
/// ```
/// use exchange_client::{Cmdlet, parameter};
///
/// let cmdlet = Cmdlet::new("Set-Mailbox")
///     .parameter("Identity", "alex@contoso.com")
///     .parameter("HiddenFromAddressListsEnabled", true)
///     .parameter("EmailAddresses", parameter::add(["smtp:sales@contoso.com"]));
/// assert_eq!(cmdlet.name(), "Set-Mailbox");
/// ```
#[derive(Clone, PartialEq)]
#[must_use]
pub struct Cmdlet {
    name: String,
    parameters: Map<String, Value>,
    select: Vec<String>,
    anchor: Anchor,
    safety: Option<Safety>,
}

impl Cmdlet {
    /// A cmdlet without parameters. Case does not matter in its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), parameters: Map::new(), select: Vec::new(), anchor: Anchor::default(), safety: None }
    }

    /// Sets a parameter. A switch is `true` or `false`, a list replaces, objects are hashtables; see
    /// [`parameter`](crate::parameter).
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), tagged(value.into()));
        self
    }

    /// Limits the properties of each row; everything else is left out by the service.
    pub fn select<S: Into<String>>(mut self, properties: impl IntoIterator<Item = S>) -> Self {
        self.select = properties.into_iter().map(Into::into).collect();
        self
    }

    /// Routes the cmdlet to another mailbox than the system mailbox of the tenant.
    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// Says what happens when the cmdlet is carried out twice, where its verb does not tell.
    pub fn safety(mut self, safety: Safety) -> Self {
        self.safety = Some(safety);
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn selected(&self) -> Option<String> {
        (!self.select.is_empty()).then(|| self.select.join(","))
    }

    pub(crate) fn anchored(&self) -> &Anchor {
        &self.anchor
    }

    pub(crate) fn repeatable(&self) -> Safety {
        self.safety.unwrap_or_else(|| by_verb(&self.name))
    }

    /// Checks the name, which also stands in a header.
    pub(crate) fn check(&self) -> Result<()> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if self.name.is_empty() || !self.name.bytes().all(plain) {
            return Err(Error::config(format!("cmdlet: {:?} is not a name like Get-Mailbox", self.name)));
        }
        Ok(())
    }

    pub(crate) fn body(&self) -> impl Serialize + '_ {
        Body { cmdlet_input: Input { cmdlet_name: &self.name, parameters: &self.parameters } }
    }
}

/// Values of parameters can be passwords, so only the names are shown.
impl std::fmt::Debug for Cmdlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cmdlet")
            .field("name", &self.name)
            .field("parameters", &self.parameters.keys().collect::<Vec<_>>())
            .field("select", &self.select)
            .field("anchor", &self.anchor)
            .finish_non_exhaustive()
    }
}

fn by_verb(name: &str) -> Safety {
    let name = name.to_ascii_lowercase();
    match name.split_once('-') {
        Some(("get" | "test", _)) => Safety::Read,
        Some(("search", noun)) if noun != "mailbox" => Safety::Read,
        Some(("set", _)) => Safety::Idempotent,
        _ => Safety::Unsafe,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    cmdlet_input: Input<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'a> {
    cmdlet_name: &'a str,
    parameters: &'a Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn body_holds_name_and_parameters_and_marks_objects() {
        let cmdlet =
            Cmdlet::new("Set-Label").parameter("Identity", "x").parameter("AdvancedSettings", json!({"color": "red"}));
        assert_eq!(
            serde_json::to_value(cmdlet.body()).unwrap(),
            json!({"CmdletInput": {"CmdletName": "Set-Label", "Parameters": {
                "Identity": "x",
                "AdvancedSettings": {"@odata.type": "#Exchange.GenericHashTable", "color": "red"}
            }}})
        );
        let bare = serde_json::to_value(Cmdlet::new("Get-OrganizationConfig").body()).unwrap();
        assert_eq!(bare["CmdletInput"]["Parameters"], json!({}));
    }

    #[test]
    fn verb_says_what_may_be_repeated() {
        for (name, expected) in [
            ("Get-Mailbox", Safety::Read),
            ("get-mailbox", Safety::Read),
            ("Test-OAuthConnectivity", Safety::Read),
            ("Search-UnifiedAuditLog", Safety::Read),
            ("Search-Mailbox", Safety::Unsafe),
            ("Set-Mailbox", Safety::Idempotent),
            ("New-Mailbox", Safety::Unsafe),
            ("Remove-Mailbox", Safety::Unsafe),
            ("Get", Safety::Unsafe),
        ] {
            assert_eq!(Cmdlet::new(name).repeatable(), expected, "{name}");
        }
        assert_eq!(Cmdlet::new("Add-MailboxPermission").safety(Safety::Idempotent).repeatable(), Safety::Idempotent);
    }

    #[test]
    fn bad_names_are_refused_and_values_are_not_shown() {
        for name in ["", "Get-Mailbox; Remove-Mailbox", "Get-Mailbox\r\nX: y"] {
            assert!(Cmdlet::new(name).check().unwrap_err().to_string().contains(&format!("{name:?}")));
        }
        let text = format!("{:?}", Cmdlet::new("New-Mailbox").parameter("Password", "hunter2"));
        assert!(text.contains("Password") && !text.contains("hunter2"), "{text}");
    }
}
