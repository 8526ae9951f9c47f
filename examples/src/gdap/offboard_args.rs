//! What `gdap offboard` can be told.

#![allow(clippy::doc_markdown, reason = "doc comments are the help text of a terminal program")]

use bundle_core::TenantId;
use bundle_core::ids::AppId;
use bundle_core::offboarding::OffboardSettings;

use crate::exit::Failure;
use crate::onboard;

/// What `gdap offboard` can be told.
#[derive(Clone, Debug, clap::Args)]
#[non_exhaustive]
pub struct OffboardArgs {
    /// Leave this customer (tenant id); may be repeated
    #[arg(long, value_name = "GUID", required = true)]
    pub customer: Vec<String>,
    /// Also delete guest users whose mail address is in a domain of the partner
    #[arg(long)]
    pub guests: bool,
    /// Also remove the other applications registered in the partner's tenant
    #[arg(long)]
    pub partner_apps: bool,
    /// Also remove this application of a vendor (application id); may be repeated
    #[arg(long, value_name = "GUID")]
    pub vendor_app: Vec<String>,
    /// Also end relationships that this program did not make
    #[arg(long)]
    pub other_relationships: bool,
    /// Also end the reseller relationship in Partner Center; all subscriptions have to be suspended before
    #[arg(long)]
    pub reseller: bool,
    /// What the names of the role groups begin with; relationships given to them are this program's
    #[arg(long, value_name = "TEXT", default_value = "GDAP")]
    pub group_prefix: String,
    /// Print the plan and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Default for OffboardArgs {
    fn default() -> Self {
        Self {
            customer: Vec::new(),
            guests: false,
            partner_apps: false,
            vendor_app: Vec::new(),
            other_relationships: false,
            reseller: false,
            group_prefix: "GDAP".to_owned(),
            dry_run: false,
        }
    }
}

impl OffboardArgs {
    /// The settings of the flow.
    ///
    /// # Errors
    /// [`Failure::Usage`]: an application is no GUID.
    pub fn settings(&self, partner: TenantId, application: AppId) -> Result<OffboardSettings, Failure> {
        let vendors: Vec<AppId> =
            self.vendor_app.iter().map(|text| onboard::guid("--vendor-app", text)).collect::<Result<_, _>>()?;
        Ok(OffboardSettings::new(partner, application)
            .group_prefix(&self.group_prefix)
            .guests(self.guests)
            .partner_applications(self.partner_apps)
            .vendor_applications(vendors)
            .other_relationships(self.other_relationships)
            .reseller_link(self.reseller)
            .dry_run(self.dry_run))
    }
}
