//! What a partner asks for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::compare_names;
use super::data::STOCK;
use super::manifest::{RequiredResourceAccess, ResourceAccess};
use super::permission::{Permission, PermissionKind, StockPermission};
use super::preset::Preset;
use super::resolve::resolve_all;
use super::resource::Resource;
use super::rows;
use super::scope::{ScopeString, read_write_of};
use crate::error::{Error, Result};
use crate::ids::PermissionId;
use crate::integration::Integration;

/// The permissions a partner asks for: some of the stock, and with the feature `catalog` any other of Microsoft Graph.
///
/// The connector application grants itself the others, so its selection always has the core permissions. An app
/// registration of the partner's own ([`Selection::for_owned_app`]) may go without them.
///
/// A selected permission counts as every kind its resource offers. The methods that take names accept a short name
/// (`User.Read.All`) or, where several resources have the name, one with the resource in front:
/// `azure-storage/user_impersonation` or `https://storage.azure.com/user_impersonation`. ASCII case does not matter.
///
/// As JSON it is an object of names by resource key, `{"graph": ["Application.ReadWrite.All", ...]}`, with
/// `"ownedApp": true` beside them for an owned app. Reading it checks the names, so a state file written by hand is
/// caught when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Selection {
    /// Positions in the tables, see [`rows`].
    rows: BTreeSet<usize>,
    /// Whether the core permissions may be left out.
    owned_app: bool,
}

/// A selection in a file.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(default, rename = "ownedApp", skip_serializing_if = "std::ops::Not::not")]
    owned_app: bool,
    #[serde(flatten)]
    names: BTreeMap<String, Vec<String>>,
}

impl Selection {
    /// Takes the stock permissions of these integrations; Microsoft Graph is always included.
    #[must_use]
    pub fn stock(integrations: &[Integration]) -> Self {
        Self::filtered(|row| row.integration == Integration::Graph || integrations.contains(&row.integration))
    }

    /// Takes the core permissions alone: what the connector cannot do without.
    #[must_use]
    pub fn core() -> Self {
        Self::filtered(|row| row.core)
    }

    /// Takes nothing yet, for an app registration of the partner's own, which may do without the core permissions.
    #[must_use]
    pub const fn owned_app() -> Self {
        Self { rows: BTreeSet::new(), owned_app: true }
    }

    /// Takes exactly the named permissions.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): a core permission is left out, a name is unknown (the nearest
    /// right ones are told), cannot be granted (retired, not released, switched off) or is ambiguous; the message
    /// names all of them.
    pub fn only<I>(names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self { rows: resolve_all(names, |_| true)?, owned_app: false }.checked()
    }

    /// The same for an app registration of the partner's own: the core permissions may now be left out.
    ///
    /// Such an application is granted its permissions by an administrator; it cannot grant itself any without them.
    #[must_use]
    pub fn for_owned_app(mut self) -> Self {
        self.owned_app = true;
        self
    }

    /// Whether the core permissions may be left out.
    #[must_use]
    pub const fn is_for_owned_app(&self) -> bool {
        self.owned_app
    }

    /// Adds the permissions of a preset.
    #[must_use]
    pub fn with_preset(mut self, preset: &Preset) -> Self {
        self.rows.extend(preset.permissions().filter_map(|row| rows::find(row.resource, row.name)));
        self
    }

    /// Adds the named permissions: of the stock, or with the feature `catalog` any other of Microsoft Graph.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): a name is unknown (the nearest right ones are told), cannot be
    /// granted (retired, not released, switched off) or is ambiguous; the message names all of them.
    pub fn with<I>(mut self, names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.rows.append(&mut resolve_all(names, |_| true)?);
        Ok(self)
    }

    /// Leaves the named permissions out; one that is not selected is no error.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): a core permission is named and the selection is not for an
    /// owned app, a name is unknown (the nearest right ones are told) or stands for several selected permissions; the
    /// message names all of them.
    pub fn without<I>(mut self, names: I) -> Result<Self>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let dropped = resolve_all(names, |at| self.rows.contains(&at))?;
        self.rows.retain(|at| !dropped.contains(at));
        self.checked()
    }

    /// The selection without the read permissions that a selected read-write permission covers as every kind they
    /// have: without `User.Read.All` where `User.ReadWrite.All` is selected.
    ///
    /// What the application may do stays the same, save for the few operations whose page lists the read permission
    /// and not the read-write one.
    #[must_use]
    pub fn without_covered_reads(&self) -> Self {
        let covered = |row: &StockPermission| {
            let wider = read_write_of(row.name).and_then(|name| rows::find(row.resource, &name));
            let wider = wider.filter(|at| self.rows.contains(at)).map(rows::row);
            wider.is_some_and(|wider| row.kinds().all(|kind| wider.id(kind).is_some()))
        };
        let kept = self.rows.iter().copied().filter(|at| rows::row(*at).core || !covered(rows::row(*at)));
        Self { rows: kept.collect(), owned_app: self.owned_app }
    }

    /// What the partner's own tenant consents to: everything, Partner Center included.
    #[must_use]
    pub fn for_partner(&self) -> Self {
        self.clone()
    }

    /// What a customer's tenant consents to: everything but Partner Center, which only partners have.
    #[must_use]
    pub fn for_customer(&self) -> Self {
        let rows = self.rows.iter().copied().filter(|at| rows::row(*at).resource != Resource::PARTNER_CENTER);
        Self { rows: rows.collect(), owned_app: self.owned_app }
    }

    /// The selected permissions, sorted by resource and name.
    pub fn permissions(&self) -> impl Iterator<Item = &'static StockPermission> {
        let mut rows: Vec<_> = self.rows.iter().map(|at| rows::row(*at)).collect();
        // Each table is sorted, the two together are not.
        rows.sort_by(|a, b| a.resource.cmp(&b.resource).then_with(|| compare_names(a.name, b.name)));
        rows.into_iter()
    }

    /// Whether a permission is selected.
    #[must_use]
    pub fn contains(&self, resource: Resource, name: &str) -> bool {
        rows::find(resource, name).is_some_and(|at| self.rows.contains(&at))
    }

    /// The integrations with a selected permission, in the order in which they are shown.
    #[must_use]
    pub fn integrations(&self) -> Vec<Integration> {
        let selected = |integration: &Integration| self.permissions().any(|row| row.integration == *integration);
        Integration::ALL.into_iter().filter(selected).collect()
    }

    /// The resources with a selected permission, sorted by key.
    #[must_use]
    pub fn resources(&self) -> Vec<Resource> {
        Resource::ALL.into_iter().filter(|resource| self.of(*resource).next().is_some()).collect()
    }

    /// The names of the delegated permissions of a resource, sorted; those of Graph include the OIDC scopes.
    #[must_use]
    pub fn delegated(&self, resource: Resource) -> Vec<&'static str> {
        self.of(resource).filter(|row| row.delegated.is_some()).map(|row| row.name).collect()
    }

    /// The names and app role ids of the application permissions of a resource, sorted by name.
    #[must_use]
    pub fn application(&self, resource: Resource) -> Vec<(&'static str, PermissionId)> {
        self.of(resource).filter_map(|row| row.application.map(|id| (row.name, id))).collect()
    }

    /// The scope string of a resource's permission grant.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): it would be too long, see [`ScopeString::try_new`].
    pub fn scope_string(&self, resource: Resource) -> Result<ScopeString> {
        ScopeString::try_new(self.delegated(resource))
    }

    /// The manifest of the app registration: the permissions of both kinds by resource, sorted.
    ///
    /// The OIDC scopes are in it too: they have ids on Microsoft Graph.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config): over a limit, see [`RequiredResourceAccess::check_limits`].
    pub fn required_resource_access(&self) -> Result<Vec<RequiredResourceAccess>> {
        let entry = |resource: Resource| {
            let kinds = [PermissionKind::Delegated, PermissionKind::Application];
            let access = self.of(resource).flat_map(|row| kinds.map(|kind| Permission::of(row, kind)));
            RequiredResourceAccess::new(resource.app_id, access.flatten().map(ResourceAccess::from).collect())
        };
        let entries: Vec<_> = self.resources().into_iter().map(entry).collect();
        RequiredResourceAccess::check_limits(&entries)?;
        Ok(entries)
    }

    fn filtered(keep: impl Fn(&StockPermission) -> bool) -> Self {
        Self { rows: (0..STOCK.len()).filter(|at| keep(&STOCK[*at])).collect(), owned_app: false }
    }

    fn of(&self, resource: Resource) -> impl Iterator<Item = &'static StockPermission> {
        self.permissions().filter(move |row| row.resource == resource)
    }

    /// Refuses a selection that lacks core permissions.
    fn checked(self) -> Result<Self> {
        if self.owned_app {
            return Ok(self);
        }
        let lacking = STOCK.iter().enumerate().filter(|(at, row)| row.core && !self.rows.contains(at));
        let names: Vec<&str> = lacking.map(|(_, row)| row.name).collect();
        if names.is_empty() {
            return Ok(self);
        }
        Err(Error::config(format!(
            "selection: the application cannot grant itself permissions without {}",
            names.join(" and ")
        )))
    }
}

impl TryFrom<Written> for Selection {
    type Error = Error;

    fn try_from(written: Written) -> Result<Self> {
        let names = written.names.iter().flat_map(|(key, names)| names.iter().map(move |name| format!("{key}/{name}")));
        Self { rows: resolve_all(names, |_| true)?, owned_app: written.owned_app }.checked()
    }
}

impl From<Selection> for Written {
    fn from(selection: Selection) -> Self {
        let mut names = BTreeMap::<String, Vec<String>>::new();
        for row in selection.permissions() {
            names.entry(row.resource.key.to_owned()).or_default().push(row.name.to_owned());
        }
        Self { owned_app: selection.owned_app, names }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    const CORE: [&str; 2] = ["Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"];

    fn refused(result: Result<Selection>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    }

    #[test]
    fn stock_always_includes_graph() {
        assert_eq!(Selection::stock(&[]), Selection::stock(&[Integration::Graph]));
        assert_eq!(Selection::stock(&[]).resources(), [Resource::GRAPH, Resource::OFFICE365_MANAGEMENT]);
        let azure = Selection::stock(&[Integration::Azure]);
        assert_eq!(azure.integrations(), [Integration::Graph, Integration::Azure]);
        assert!(azure.contains(Resource::KEY_VAULT, "User_Impersonation"));
        assert!(!azure.contains(Resource::PARTNER_CENTER, "user_impersonation"));
        assert_eq!(Selection::stock(&Integration::ALL).permissions().count(), STOCK.len());
    }

    #[test]
    fn stock_lists_have_the_counts_of_the_specification() {
        let stock = Selection::stock(&Integration::ALL);
        assert_eq!(stock.delegated(Resource::GRAPH).len(), 157 + 4);
        assert_eq!(stock.application(Resource::GRAPH).len(), 141);
        assert_eq!(stock.scope_string(Resource::GRAPH).unwrap().as_str().len(), 3866);
        assert_eq!(stock.delegated(Resource::EXCHANGE), ["Exchange.Manage"]);
        let application = stock.application(Resource::EXCHANGE);
        assert_eq!(
            application.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["Exchange.ManageAsApp", "full_access_as_app"]
        );
    }

    #[test]
    fn without_drops_names_in_any_case_and_ignores_what_is_not_selected() {
        let stock = Selection::stock(&[]);
        let edited = stock.clone().without(["chat.create", "graph/Mail.Send", "Exchange.Manage"]).unwrap();
        assert!(!edited.contains(Resource::GRAPH, "Chat.Create") && !edited.contains(Resource::GRAPH, "Mail.Send"));
        assert_eq!(edited.permissions().count(), stock.permissions().count() - 2);
        assert_eq!(edited.with(["Mail.Send", "Chat.Create"]).unwrap(), stock);
    }

    #[test]
    fn without_refuses_core_permissions_by_name() {
        let message = refused(Selection::stock(&[]).without(["Mail.Send", "application.readwrite.all"]));
        assert!(message.contains("Application.ReadWrite.All"), "{message}");
        assert!(!message.contains("AppRoleAssignment") && !message.contains("Mail.Send"), "{message}");
    }

    #[test]
    fn name_of_several_resources_needs_its_resource_unless_one_is_selected() {
        let message = refused(Selection::stock(&[]).with(["user_impersonation"]));
        assert!(message.contains("azure-key-vault/user_impersonation, azure-service-management/"), "{message}");
        assert!(refused(Selection::stock(&[Integration::Azure]).without(["user_impersonation"])).contains("may be"));

        let azure = Selection::stock(&[Integration::Azure]);
        let edited = azure.without(["azure-storage/user_impersonation", "https://vault.azure.net/user_impersonation"]);
        let edited = edited.unwrap();
        assert_eq!(
            edited.resources(),
            [Resource::AZURE_SERVICE_MANAGEMENT, Resource::GRAPH, Resource::OFFICE365_MANAGEMENT]
        );
        assert_eq!(edited.without(["user_impersonation"]).unwrap(), Selection::stock(&[]));
    }

    #[test]
    fn custom_list_must_hold_the_core_permissions() {
        let selection = Selection::only(CORE).unwrap();
        assert_eq!(selection.permissions().map(|row| row.name).collect::<Vec<_>>(), CORE);
        assert_eq!(selection.integrations(), [Integration::Graph]);
        let message = refused(Selection::only(["User.Read"]));
        assert!(CORE.iter().all(|name| message.contains(name)), "{message}");
    }

    #[test]
    fn customers_are_not_asked_for_partner_center() {
        let stock = Selection::stock(&Integration::ALL);
        assert!(stock.for_partner().contains(Resource::PARTNER_CENTER, "user_impersonation"));
        assert!(!stock.for_customer().resources().contains(&Resource::PARTNER_CENTER));
        assert_eq!(stock.for_customer().permissions().count(), stock.permissions().count() - 1);
    }

    #[test]
    fn manifest_has_an_entry_per_resource_and_both_kinds() {
        let entries = Selection::stock(&Integration::ALL).required_resource_access().unwrap();
        let sizes: Vec<(&str, usize)> = entries
            .iter()
            .map(|entry| (Resource::by_app_id(&entry.resource_app_id).unwrap().key, entry.resource_access.len()))
            .collect();
        assert_eq!(
            sizes,
            [
                ("azure-key-vault", 1),
                ("azure-service-management", 1),
                ("azure-storage", 1),
                ("exchange", 3),
                ("graph", 161 + 141),
                ("office365-management", 6),
                ("partner-center", 1)
            ]
        );
        let core = Selection::only(CORE).unwrap().required_resource_access().unwrap();
        assert_eq!(
            serde_json::to_value(core).unwrap(),
            serde_json::json!([{
                "resourceAppId": "00000003-0000-0000-c000-000000000000",
                "resourceAccess": [
                    {"id": "bdfbf15f-ee85-4955-8675-146e8e5296b5", "type": "Scope"},
                    {"id": "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9", "type": "Role"},
                    {"id": "84bccea3-f856-4a8a-967b-dbe0a3d53a64", "type": "Scope"},
                    {"id": "06b708a9-e830-4db3-a914-8e69da51d44f", "type": "Role"},
                ],
            }])
        );
    }

    #[test]
    fn state_file_holds_names_and_is_checked_when_read() {
        let selection = Selection::only(CORE).unwrap().with(["Exchange.Manage"]).unwrap();
        let json = serde_json::to_string(&selection).unwrap();
        assert_eq!(
            json,
            r#"{"exchange":["Exchange.Manage"],"graph":["Application.ReadWrite.All","AppRoleAssignment.ReadWrite.All"]}"#
        );
        assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), selection);
        let stock = Selection::stock(&Integration::ALL);
        assert_eq!(serde_json::from_value::<Selection>(serde_json::to_value(&stock).unwrap()).unwrap(), stock);
        for (bad, told) in
            [(r#"{"graph":["User.Reed"]}"#, "User.Read"), (r#"{"graph":[]}"#, CORE[0]), ("[]", "sequence")]
        {
            let error = serde_json::from_str::<Selection>(bad).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn owned_app_may_go_without_core_permissions_and_says_so_in_its_file() {
        let owned = Selection::owned_app().with(["Mail.Send"]).unwrap();
        let json = serde_json::to_string(&owned).unwrap();
        assert_eq!(json, r#"{"ownedApp":true,"graph":["Mail.Send"]}"#);
        assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), owned);
        assert!(serde_json::from_str::<Selection>(r#"{"graph":["Mail.Send"]}"#).is_err());
        let dropped = Selection::core().for_owned_app().without(CORE).unwrap();
        assert_eq!(dropped, Selection::owned_app());
        assert!(Selection::core().without(CORE).is_err() && dropped.is_for_owned_app());
    }

    #[test]
    fn covered_reads_go_only_where_every_kind_stays_covered() {
        let stock = Selection::stock(&[]);
        let reduced = stock.without_covered_reads();
        assert!(reduced.contains(Resource::GRAPH, "User.ReadWrite.All"));
        assert!(!reduced.contains(Resource::GRAPH, "User.Read.All"));
        for row in stock.permissions().filter(|row| !reduced.contains(row.resource, row.name)) {
            let wider = StockPermission::find(row.resource, &read_write_of(row.name).unwrap()).unwrap();
            assert!(row.kinds().all(|kind| wider.id(kind).is_some()), "{}", row.name);
        }
        assert_eq!(reduced.without_covered_reads(), reduced);
    }

    #[cfg(feature = "catalog")]
    #[test]
    fn any_permission_of_graph_can_be_added_and_stands_in_order() {
        let selection = Selection::core().with(["graph/agreement.read.all", "Mail.Send"]).unwrap();
        let names: Vec<_> = selection.permissions().map(|row| row.name).collect();
        assert_eq!(names, ["Agreement.Read.All", CORE[0], CORE[1], "Mail.Send"]);
        assert!(selection.delegated(Resource::GRAPH).contains(&"Agreement.Read.All"));
        assert_eq!(selection.without(["Agreement.Read.All", "Mail.Send"]).unwrap(), Selection::core());
    }

    #[cfg(feature = "catalog")]
    #[test]
    fn all_that_cannot_be_granted_is_named_in_one_message() {
        use crate::catalog::{GraphPermission, PermissionStatus};
        let with = |status| {
            let is = |row: &&GraphPermission| {
                let facts = [row.delegated, row.application];
                facts.iter().flatten().count() > 0 && facts.iter().flatten().all(|facts| facts.status == status)
            };
            GraphPermission::all().iter().find(is).unwrap().name
        };
        let (listed, specific) = (with(PermissionStatus::ListedOnly), with(PermissionStatus::ResourceSpecific));
        let message = refused(Selection::stock(&[]).with([listed, specific, "User.Raed.All", "Mail.Send"]));
        for word in [listed, "retired or not released", specific, "one team", "User.Raed.All", "\"User.Read.All\""] {
            assert!(message.contains(word), "{word} is missing in {message}");
        }
        assert!(!message.contains("Mail.Send"), "{message}");
    }
}
