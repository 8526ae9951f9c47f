//! Conditional access types.

use super::{Entity, Paging, Property, any, complex, flag, text, texts};

pub(in crate::graph) const CONDITIONAL_ACCESS_POLICY: &Entity = &Entity {
    name: "conditionalAccessPolicy",
    set: "identity/conditionalAccess/policies",
    properties: &[
        text("id").fixed(),
        text("templateId").once(),
        text("displayName"),
        text("description"),
        text("createdDateTime").fixed(),
        text("modifiedDateTime").fixed(),
        text("state"),
        text("deletedDateTime").fixed(),
        text("partialEnablementStrategy"),
        complex("conditions", CONDITIONS),
        complex("grantControls", GRANT_CONTROLS),
        complex("sessionControls", SESSION_CONTROLS),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: false,
};

pub(in crate::graph) const SECURITY_DEFAULTS: &Entity = &Entity {
    name: "identitySecurityDefaultsEnforcementPolicy",
    set: "policies/identitySecurityDefaultsEnforcementPolicy",
    properties: &[text("id").fixed(), text("displayName").fixed(), text("description").fixed(), flag("isEnabled")],
    navigation: &[],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

const CONDITIONS: &[Property] = &[
    any("applications"),
    any("authenticationFlows"),
    any("clientApplications"),
    texts("clientAppTypes"),
    any("devices"),
    any("insiderRiskLevels"),
    any("locations"),
    any("platforms"),
    texts("servicePrincipalRiskLevels"),
    texts("signInRiskLevels"),
    texts("userRiskLevels"),
    complex("users", USERS),
];

const USERS: &[Property] = &[
    texts("includeUsers"),
    texts("excludeUsers"),
    texts("includeGroups"),
    texts("excludeGroups"),
    texts("includeRoles"),
    texts("excludeRoles"),
    complex("includeGuestsOrExternalUsers", GUESTS),
    complex("excludeGuestsOrExternalUsers", GUESTS),
];

const GUESTS: &[Property] = &[text("guestOrExternalUserTypes"), complex("externalTenants", EXTERNAL_TENANTS)];

const EXTERNAL_TENANTS: &[Property] = &[text("membershipKind"), texts("members")];

const GRANT_CONTROLS: &[Property] = &[
    text("operator"),
    texts("builtInControls"),
    texts("customAuthenticationFactors"),
    texts("termsOfUse"),
    any("authenticationStrength"),
];

const SESSION_CONTROLS: &[Property] = &[
    any("applicationEnforcedRestrictions"),
    any("cloudAppSecurity"),
    flag("disableResilienceDefaults"),
    any("persistentBrowser"),
    any("secureSignInSession"),
    any("signInFrequency"),
];
