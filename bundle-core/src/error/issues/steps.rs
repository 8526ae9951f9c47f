//! Steps and page titles that recur.

pub(super) const EXCLUDE: &str = "In each policy that covers all users or external users, open Users, then Exclude, tick Guest or external users, choose Service provider users and enter the tenant id of the partner.";
pub(super) const OPEN_CA: &str =
    "In the customer's tenant, open the Microsoft Entra admin center, then Conditional Access, then Policies.";
pub(super) const CA_WAIT: &str =
    "Wait up to an hour for the change to reach the sign-in service, then repeat the step.";
pub(super) const REAUTH: &str = "Sign in again as the service account: type its name instead of picking a remembered account, and pass multifactor authentication.";
pub(super) const REPEAT: &str = "Repeat the step.";
pub(super) const RECONSENT: &str = "Run the customer's consent again.";
pub(super) const AGENTS: &str = "In the partner's tenant, add the service account to the group AdminAgents.";
pub(super) const GROUPS: &str = "In the partner's tenant, add the service account to every security group that is assigned to the GDAP relationship.";
pub(super) const REL: &str = "In Partner Center, open the customer, then Admin relationships, and check that a relationship is Active and not close to its end.";
pub(super) const ROLES: &str =
    "Check that the relationship has all 12 roles and that each role is assigned to its security group.";
pub(super) const NEW_REL: &str =
    "If none is active, create a new relationship and send the customer its invitation link.";
pub(super) const APPROVE: &str = "Have a Global Administrator of the customer open the invitation link and accept.";
pub(super) const WAIT_15: &str = "Wait 15 minutes, then repeat the step.";
pub(super) const NEW_TOKEN: &str = "Drop the cached access tokens of the tenant, so that the next call gets a new one.";

pub(super) const PAGE_ARM: &str = "Troubleshoot common Azure deployment errors";
pub(super) const PAGE_ASSIGN: &str = "Grant granular permissions to security groups";
pub(super) const PAGE_CERT: &str = "Microsoft identity platform application authentication certificate credentials";
pub(super) const PAGE_CONSENT: &str = "Overview of user and admin consent";
pub(super) const PAGE_ENTRA: &str = "Microsoft Entra authentication and authorization error codes";
pub(super) const PAGE_EXO: &str = "Permissions in Exchange Online";
pub(super) const PAGE_EXOAPP: &str = "App-only authentication for unattended scripts in Exchange Online PowerShell";
pub(super) const PAGE_FAQ: &str = "GDAP frequently asked questions";
pub(super) const PAGE_GAUTH: &str = "Resolve Microsoft Graph authorization errors";
pub(super) const PAGE_GDAP: &str = "Granular delegated admin privileges (GDAP) introduction";
pub(super) const PAGE_GERR: &str = "Microsoft Graph error responses and resource types";
pub(super) const PAGE_KV: &str = "Azure Key Vault REST API error codes";
pub(super) const PAGE_LIC: &str = "Microsoft 365 and Office 365 service descriptions";
pub(super) const PAGE_MFA: &str = "Security requirements for using Partner Center or Partner Center APIs";
pub(super) const PAGE_PCERR: &str = "Partner Center REST error codes";
pub(super) const PAGE_RBAC: &str = "Assign Azure roles using the Azure portal";
pub(super) const PAGE_REFRESH: &str = "Refresh tokens in the Microsoft identity platform";
pub(super) const PAGE_SAM: &str = "Enabling the Secure Application Model framework";
