//! The cmdlets the sandbox knows.

mod compliance;
mod mailbox;
mod organization;
mod roles;
mod set_mailbox;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error;
use crate::reply::Reply;
use crate::world::{Tenant, World};

/// The host a cmdlet runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    Compliance,
    Exchange,
}

/// A cmdlet: its name, its parameters and what it does.
pub(super) struct Cmdlet {
    pub(super) name: &'static str,
    host: Host,
    pub(super) parameters: &'static [&'static str],
    pub(super) required: &'static [&'static str],
    pub(super) run: fn(&mut World, &Run<'_>) -> Result<Output, Box<Reply>>,
}

impl Cmdlet {
    /// Returns whether the cmdlet changes nothing.
    pub(super) fn reads(&self) -> bool {
        self.name.starts_with("Get-")
    }
}

/// One run of a cmdlet.
pub(super) struct Run<'a> {
    pub(super) tenant: Uuid,
    pub(super) parameters: &'a Map<String, Value>,
}

impl Run<'_> {
    /// Returns a parameter by name, in any letter case; `null` counts as absent.
    fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.parameter(name).and_then(Value::as_str)
    }

    fn tenant<'w>(&self, world: &'w World) -> Result<&'w Tenant, Box<Reply>> {
        world.tenant(&self.tenant).ok_or_else(error::invalid_token)
    }
}

/// What a cmdlet answers.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) rows: Vec<Value>,
    pub(super) warnings: Vec<String>,
}

impl From<Vec<Value>> for Output {
    fn from(rows: Vec<Value>) -> Self {
        Self { rows, warnings: Vec::new() }
    }
}

/// Finds a cmdlet of a host, in any letter case.
pub(super) fn find(name: &str, host: Host) -> Option<&'static Cmdlet> {
    all(host).find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name))
}

/// Lists the cmdlets of a host.
pub(super) fn all(host: Host) -> impl Iterator<Item = &'static Cmdlet> {
    CMDLETS.iter().filter(move |cmdlet| cmdlet.host == host)
}

static CMDLETS: &[Cmdlet] = &[
    Cmdlet {
        name: "Get-AcceptedDomain",
        host: Host::Exchange,
        parameters: &["Identity", "ResultSize"],
        required: &[],
        run: organization::accepted_domains,
    },
    Cmdlet {
        name: "Get-Mailbox",
        host: Host::Exchange,
        parameters: &[
            "Anr",
            "Archive",
            "Filter",
            "Identity",
            "IncludeGrantSendOnBehalfTowithDisplayNames",
            "IncludeInactiveMailbox",
            "RecipientTypeDetails",
            "ResultSize",
            "SoftDeletedMailbox",
            "SortBy",
        ],
        required: &[],
        run: mailbox::get,
    },
    Cmdlet {
        name: "Get-ManagementRoleAssignment",
        host: Host::Exchange,
        parameters: &["Delegating", "Enabled", "Identity", "Role", "RoleAssignee", "RoleAssigneeType"],
        required: &[],
        run: roles::assignments,
    },
    Cmdlet {
        name: "Get-OrganizationConfig",
        host: Host::Exchange,
        parameters: &["Identity"],
        required: &[],
        run: organization::config,
    },
    Cmdlet {
        name: "Set-Mailbox",
        host: Host::Exchange,
        parameters: set_mailbox::PARAMETERS,
        required: &["Identity"],
        run: set_mailbox::set,
    },
    Cmdlet {
        name: "Get-DlpCompliancePolicy",
        host: Host::Compliance,
        parameters: &["Identity", "DistributionDetail"],
        required: &[],
        run: compliance::none,
    },
    Cmdlet {
        name: "Get-Label",
        host: Host::Compliance,
        parameters: &["Identity", "IncludeDetailedLabelActions"],
        required: &[],
        run: compliance::none,
    },
    Cmdlet {
        name: "Get-LabelPolicy",
        host: Host::Compliance,
        parameters: &["Identity"],
        required: &[],
        run: compliance::none,
    },
    Cmdlet {
        name: "Get-RetentionCompliancePolicy",
        host: Host::Compliance,
        parameters: &["Identity", "DistributionDetail"],
        required: &[],
        run: compliance::none,
    },
];
