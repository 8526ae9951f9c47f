//! Directory types, with the properties of the service's v1.0 metadata, several to a line.

use super::{Entity, Paging, Property, any, complex, complexes, flag, number, text, texts};

#[rustfmt::skip]
pub(in crate::graph) const USER: &Entity = &Entity {
    name: "user",
    set: "users",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), text("aboutMe"), flag("accountEnabled"),
        text("ageGroup"), complexes("assignedLicenses", ASSIGNED_LICENSE).fixed(),
        complexes("assignedPlans", ASSIGNED_PLAN).fixed(), any("authorizationInfo").fixed(),
        text("birthday"), texts("businessPhones"), text("city"), text("companyName"),
        text("consentProvidedForMinor"), text("country"), text("createdDateTime").fixed(),
        text("creationType").fixed(), any("customSecurityAttributes"), text("department"),
        number("deviceEnrollmentLimit").fixed(), text("displayName"), text("employeeHireDate"),
        text("employeeId"), text("employeeLeaveDateTime"), any("employeeOrgData"), text("employeeType"),
        text("externalUserState"), text("externalUserStateChangeDateTime").fixed(), text("faxNumber"),
        text("givenName"), text("hireDate"), any("identities"), text("identityParentId").fixed(),
        texts("imAddresses").fixed(), texts("interests"), flag("isManagementRestricted").fixed(),
        flag("isResourceAccount"), text("jobTitle"), text("lastPasswordChangeDateTime").fixed(),
        text("legalAgeGroupClassification").fixed(),
        complexes("licenseAssignmentStates", LICENSE_ASSIGNMENT_STATE).fixed(), text("mail"),
        any("mailboxSettings"), text("mailNickname"), text("mobilePhone"), text("mySite"),
        text("officeLocation"), text("onPremisesDistinguishedName").fixed(),
        text("onPremisesDomainName").fixed(), any("onPremisesExtensionAttributes"),
        text("onPremisesImmutableId"), text("onPremisesLastSyncDateTime").fixed(),
        any("onPremisesProvisioningErrors").fixed(), text("onPremisesSamAccountName").fixed(),
        text("onPremisesSecurityIdentifier").fixed(), flag("onPremisesSyncEnabled").fixed(),
        text("onPremisesUserPrincipalName").fixed(), texts("otherMails"), text("passwordPolicies"),
        complex("passwordProfile", PASSWORD_PROFILE), texts("pastProjects"), text("postalCode"),
        text("preferredDataLocation"), text("preferredLanguage"), text("preferredName"), any("print"),
        any("provisionedPlans").fixed(), texts("proxyAddresses").fixed(), texts("responsibilities"),
        texts("schools"), text("securityIdentifier").fixed(), any("serviceProvisioningErrors").fixed(),
        flag("showInAddressList"), any("signInActivity").fixed(),
        text("signInSessionsValidFromDateTime").fixed(), texts("skills"), text("state"),
        text("streetAddress"), text("surname"), text("usageLocation"), text("userPrincipalName"),
        text("userType"), text("perUserMfaState").fixed(),
    ],
    navigation: &[
        "activities", "adhocCalls", "agreementAcceptances", "appRoleAssignments", "authentication",
        "calendar", "calendarGroups", "calendars", "calendarView", "chats", "cloudClipboard", "cloudPCs",
        "contactFolders", "contacts", "createdObjects", "dataSecurityAndGovernance",
        "deviceManagementTroubleshootingEvents", "directReports", "drive", "drives", "employeeExperience",
        "events", "extensions", "followedSites", "inferenceClassification", "insights", "joinedTeams",
        "licenseDetails", "mailFolders", "managedAppRegistrations", "managedDevices", "manager", "memberOf",
        "messages", "oauth2PermissionGrants", "onenote", "onlineMeetings", "onPremisesSyncBehavior",
        "outlook", "ownedDevices", "ownedObjects", "people", "permissionGrants", "photo", "photos",
        "planner", "presence", "registeredDevices", "scopedRoleMemberOf", "settings", "solutions",
        "sponsorOf", "sponsors", "teamwork", "todo", "transitiveMemberOf",
    ],
    defaults: Some(&[
        "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
        "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
    ]),
    paging: Paging::Pages(100, 999),
    directory: true,
};

#[rustfmt::skip]
pub(in crate::graph) const GROUP: &Entity = &Entity {
    name: "group",
    set: "groups",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), any("accessType"),
        flag("allowExternalSenders"), any("assignedLabels"),
        complexes("assignedLicenses", ASSIGNED_LICENSE).fixed(), flag("autoSubscribeNewMembers"),
        text("classification"), text("createdDateTime").fixed(), text("description"), text("displayName"),
        text("expirationDateTime").fixed(), texts("groupTypes"),
        flag("hasMembersWithLicenseErrors").fixed(), flag("hideFromAddressLists"),
        flag("hideFromOutlookClients"), texts("infoCatalogs"), flag("isArchived"),
        flag("isAssignableToRole").once(), flag("isFavorite"), flag("isManagementRestricted").fixed(),
        flag("isSubscribedByMail"), any("licenseProcessingState").fixed(), text("mail").fixed(),
        flag("mailEnabled"), text("mailNickname"), text("membershipRule"),
        text("membershipRuleProcessingState"), text("onPremisesDomainName").fixed(),
        any("onPremisesExtensionAttributes"), text("onPremisesLastSyncDateTime").fixed(),
        text("onPremisesNetBiosName").fixed(), any("onPremisesProvisioningErrors").fixed(),
        text("onPremisesSamAccountName").fixed(), text("onPremisesSecurityIdentifier").fixed(),
        flag("onPremisesSyncEnabled").fixed(), text("organizationId").fixed(),
        text("preferredDataLocation"), text("preferredLanguage"), texts("proxyAddresses").fixed(),
        text("renewedDateTime").fixed(), texts("resourceBehaviorOptions"),
        texts("resourceProvisioningOptions"), flag("securityEnabled"), text("securityIdentifier").fixed(),
        any("serviceProvisioningErrors").fixed(), text("theme"), text("uniqueName"),
        number("unseenConversationsCount"), number("unseenCount"), number("unseenMessagesCount"),
        text("visibility"), flag("welcomeMessageEnabled"),
    ],
    navigation: &[
        "acceptedSenders", "appRoleAssignments", "calendar", "calendarView", "conversations",
        "createdOnBehalfOf", "drive", "drives", "events", "extensions", "groupLifecyclePolicies",
        "memberOf", "members", "membersWithLicenseErrors", "onenote", "onPremisesSyncBehavior", "owners",
        "permissionGrants", "photo", "photos", "planner", "rejectedSenders", "settings", "sites", "team",
        "threads", "transitiveMemberOf", "transitiveMembers",
    ],
    defaults: Some(&[
        "id", "deletedDateTime", "classification", "createdDateTime", "description", "displayName",
        "expirationDateTime", "groupTypes", "isAssignableToRole", "mail", "mailEnabled", "mailNickname",
        "membershipRule", "membershipRuleProcessingState", "onPremisesDomainName",
        "onPremisesExtensionAttributes", "onPremisesLastSyncDateTime", "onPremisesNetBiosName",
        "onPremisesProvisioningErrors", "onPremisesSamAccountName", "onPremisesSecurityIdentifier",
        "onPremisesSyncEnabled", "preferredLanguage", "proxyAddresses", "renewedDateTime",
        "resourceBehaviorOptions", "resourceProvisioningOptions", "securityEnabled", "securityIdentifier",
        "serviceProvisioningErrors", "theme", "uniqueName", "visibility",
    ]),
    paging: Paging::Pages(100, 999),
    directory: true,
};

#[rustfmt::skip]
pub(in crate::graph) const APPLICATION: &Entity = &Entity {
    name: "application",
    set: "applications",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), any("addIns"), complex("api", API_APPLICATION),
        text("appId").fixed(), text("applicationTemplateId").fixed(), complexes("appRoles", APP_ROLE),
        any("authenticationBehaviors"), any("certification").fixed(), text("createdByAppId").fixed(),
        text("createdDateTime").fixed(), text("defaultRedirectUri"), text("description"),
        text("disabledByMicrosoftStatus").fixed(), text("displayName"), text("groupMembershipClaims"),
        texts("identifierUris"), complex("info", INFORMATIONAL_URL), flag("isDeviceOnlyAuthSupported"),
        flag("isDisabled"), flag("isFallbackPublicClient"), complexes("keyCredentials", KEY_CREDENTIAL),
        any("logo").fixed(), texts("managerApplications"), any("nativeAuthenticationApisEnabled"),
        text("notes"), flag("oauth2RequirePostResponse"), complex("optionalClaims", OPTIONAL_CLAIMS),
        any("parentalControlSettings"), complexes("passwordCredentials", PASSWORD_CREDENTIAL).fixed(),
        complex("publicClient", PUBLIC_CLIENT_APPLICATION), text("publisherDomain").fixed(),
        any("requestSignatureVerification"), complexes("requiredResourceAccess", REQUIRED_RESOURCE_ACCESS),
        text("samlMetadataUrl"), text("serviceManagementReference"),
        complex("servicePrincipalLockConfiguration", SERVICE_PRINCIPAL_LOCK_CONFIGURATION),
        text("signInAudience"), complex("spa", SPA_APPLICATION), texts("tags"),
        text("tokenEncryptionKeyId"), text("uniqueName"), any("verifiedPublisher").fixed(),
        complex("web", WEB_APPLICATION),
    ],
    navigation: &[
        "appManagementPolicies", "createdOnBehalfOf", "extensionProperties", "federatedIdentityCredentials",
        "homeRealmDiscoveryPolicies", "owners", "synchronization", "tokenIssuancePolicies",
        "tokenLifetimePolicies",
    ],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: true,
};

#[rustfmt::skip]
pub(in crate::graph) const SERVICE_PRINCIPAL: &Entity = &Entity {
    name: "servicePrincipal",
    set: "servicePrincipals",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), flag("accountEnabled"), any("addIns"),
        texts("alternativeNames"), text("appDescription").fixed(), text("appDisplayName").fixed(),
        text("appId").once(), text("applicationTemplateId").fixed(), text("appOwnerOrganizationId").fixed(),
        flag("appRoleAssignmentRequired"), complexes("appRoles", APP_ROLE), text("createdByAppId").fixed(),
        any("customSecurityAttributes"), text("description"), text("disabledByMicrosoftStatus").fixed(),
        text("displayName"), text("homepage"), complex("info", INFORMATIONAL_URL), flag("isDisabled"),
        complexes("keyCredentials", KEY_CREDENTIAL), text("loginUrl"), text("logoutUrl"), text("notes"),
        texts("notificationEmailAddresses"), complexes("oauth2PermissionScopes", PERMISSION_SCOPE).fixed(),
        complexes("passwordCredentials", PASSWORD_CREDENTIAL).fixed(), text("preferredSingleSignOnMode"),
        text("preferredTokenSigningKeyThumbprint"), texts("replyUrls").fixed(),
        any("resourceSpecificApplicationPermissions").fixed(), any("samlSingleSignOnSettings"),
        texts("servicePrincipalNames"), text("servicePrincipalType").fixed(),
        text("signInAudience").fixed(), texts("tags"), text("tokenEncryptionKeyId"),
        any("verifiedPublisher").fixed(),
    ],
    navigation: &[
        "appManagementPolicies", "appRoleAssignedTo", "appRoleAssignments", "claimsMappingPolicies",
        "createdObjects", "delegatedPermissionClassifications", "endpoints", "federatedIdentityCredentials",
        "homeRealmDiscoveryPolicies", "memberOf", "oauth2PermissionGrants", "ownedObjects", "owners",
        "remoteDesktopSecurityConfiguration", "synchronization", "tokenIssuancePolicies",
        "tokenLifetimePolicies", "transitiveMemberOf",
    ],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: true,
};

#[rustfmt::skip]
pub(in crate::graph) const DIRECTORY_ROLE: &Entity = &Entity {
    name: "directoryRole",
    set: "directoryRoles",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), text("description").fixed(),
        text("displayName").fixed(), text("roleTemplateId"),
    ],
    navigation: &["members", "scopedMembers"],
    defaults: None,
    paging: Paging::Off,
    directory: true,
};

#[rustfmt::skip]
pub(in crate::graph) const UNIFIED_ROLE_DEFINITION: &Entity = &Entity {
    name: "unifiedRoleDefinition",
    set: "roleManagement/directory/roleDefinitions",
    properties: &[
        text("id").fixed(), text("description"), text("displayName"), flag("isBuiltIn"), flag("isEnabled"),
        texts("resourceScopes"), any("rolePermissions"), text("templateId"), text("version"),
    ],
    navigation: &["inheritsPermissionsFrom"],
    defaults: None,
    paging: Paging::Pages(1000, 1000),
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const UNIFIED_ROLE_ASSIGNMENT: &Entity = &Entity {
    name: "unifiedRoleAssignment",
    set: "roleManagement/directory/roleAssignments",
    properties: &[
        text("id").fixed(), text("appScopeId"), text("condition"), text("directoryScopeId"),
        text("principalId"), text("principalOrganizationId"), text("roleDefinitionId"),
    ],
    navigation: &["appScope", "directoryScope", "principal", "roleDefinition"],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const O_AUTH2_PERMISSION_GRANT: &Entity = &Entity {
    name: "oAuth2PermissionGrant",
    set: "oauth2PermissionGrants",
    properties: &[
        text("id").fixed(), text("clientId").once(), text("consentType").once(), text("principalId").once(),
        text("resourceId").once(), text("scope"),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const APP_ROLE_ASSIGNMENT: &Entity = &Entity {
    name: "appRoleAssignment",
    set: "appRoleAssignments",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), text("appRoleId"),
        text("createdDateTime").fixed(), text("principalDisplayName").fixed(), text("principalId"),
        text("principalType").fixed(), text("resourceDisplayName").fixed(), text("resourceId"),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const ORGANIZATION: &Entity = &Entity {
    name: "organization",
    set: "organization",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), complexes("assignedPlans", ASSIGNED_PLAN),
        texts("businessPhones"), text("city"), text("country"), text("countryLetterCode"),
        text("createdDateTime"), text("defaultUsageLocation"), text("displayName"),
        texts("marketingNotificationEmails"), any("mobileDeviceManagementAuthority"),
        text("onPremisesLastSyncDateTime"), flag("onPremisesSyncEnabled"), any("partnerTenantType"),
        text("postalCode"), text("preferredLanguage"), any("privacyProfile"), any("provisionedPlans"),
        texts("securityComplianceNotificationMails"), texts("securityComplianceNotificationPhones"),
        text("state"), text("street"), texts("technicalNotificationMails"), text("tenantType"),
        complexes("verifiedDomains", VERIFIED_DOMAIN),
    ],
    navigation: &["branding", "certificateBasedAuthConfiguration", "extensions"],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const DOMAIN: &Entity = &Entity {
    name: "domain",
    set: "domains",
    properties: &[
        text("id").fixed(), text("authenticationType"), text("availabilityStatus"), flag("isAdminManaged"),
        flag("isDefault"), flag("isInitial"), flag("isRoot"), flag("isVerified"), text("manufacturer"),
        text("model"), number("passwordNotificationWindowInDays"), number("passwordValidityPeriodInDays"),
        any("state"), texts("supportedServices"),
    ],
    navigation: &[
        "domainNameReferences", "federationConfiguration", "rootDomain", "serviceConfigurationRecords",
        "verificationDnsRecords",
    ],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const SUBSCRIBED_SKU: &Entity = &Entity {
    name: "subscribedSku",
    set: "subscribedSkus",
    properties: &[
        text("id").fixed(), text("accountId"), text("accountName"), text("appliesTo"),
        text("capabilityStatus"), number("consumedUnits"), complex("prepaidUnits", LICENSE_UNITS_DETAIL),
        complexes("servicePlans", SERVICE_PLAN_INFO), text("skuId"), text("skuPartNumber"),
        texts("subscriptionIds"),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const LICENSE_DETAILS: &Entity = &Entity {
    name: "licenseDetails",
    set: "licenseDetails",
    properties: &[
        text("id").fixed(), complexes("servicePlans", SERVICE_PLAN_INFO), text("skuId"),
        text("skuPartNumber"),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

#[rustfmt::skip]
pub(in crate::graph) const CONTRACT: &Entity = &Entity {
    name: "contract",
    set: "contracts",
    properties: &[
        text("id").fixed(), text("deletedDateTime").fixed(), text("contractType"), text("customerId"),
        text("defaultDomainName"), text("displayName"),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(100, 999),
    directory: false,
};

#[rustfmt::skip]
const API_APPLICATION: &[
    Property] = &[flag("acceptMappedClaims"), texts("knownClientApplications"),
    complexes("oauth2PermissionScopes", PERMISSION_SCOPE),
    complexes("preAuthorizedApplications", PRE_AUTHORIZED_APPLICATION),
    number("requestedAccessTokenVersion"),
];

#[rustfmt::skip]
const APP_ROLE: &[
    Property] = &[texts("allowedMemberTypes"), text("description"), text("displayName"), text("id"),
    flag("isEnabled"), text("origin"), text("value"),
];

#[rustfmt::skip]
const ASSIGNED_LICENSE: &[Property] = &[texts("disabledPlans"), text("skuId")];

#[rustfmt::skip]
const ASSIGNED_PLAN: &[
    Property] = &[text("assignedDateTime"), text("capabilityStatus"), text("service"),
    text("servicePlanId"),
];

#[rustfmt::skip]
const IMPLICIT_GRANT_SETTINGS: &[
    Property] = &[flag("enableAccessTokenIssuance"), flag("enableIdTokenIssuance"),
];

#[rustfmt::skip]
const INFORMATIONAL_URL: &[
    Property] = &[text("logoUrl"), text("marketingUrl"), text("privacyStatementUrl"), text("supportUrl"),
    text("termsOfServiceUrl"),
];

#[rustfmt::skip]
const KEY_CREDENTIAL: &[
    Property] = &[text("customKeyIdentifier"), text("displayName"), text("endDateTime"), text("key"),
    text("keyId"), text("startDateTime"), text("type"), text("usage"),
];

#[rustfmt::skip]
const LICENSE_ASSIGNMENT_STATE: &[
    Property] = &[text("assignedByGroup"), texts("disabledPlans"), text("error"),
    text("lastUpdatedDateTime"), text("skuId"), text("state"),
];

#[rustfmt::skip]
const LICENSE_UNITS_DETAIL: &[
    Property] = &[number("enabled"), number("lockedOut"), number("suspended"), number("warning"),
];

#[rustfmt::skip]
const OPTIONAL_CLAIM: &[
    Property] = &[texts("additionalProperties"), flag("essential"), text("name"), text("source"),
];

#[rustfmt::skip]
const OPTIONAL_CLAIMS: &[
    Property] = &[complexes("accessToken", OPTIONAL_CLAIM), complexes("idToken", OPTIONAL_CLAIM),
    complexes("saml2Token", OPTIONAL_CLAIM),
];

#[rustfmt::skip]
pub(in crate::graph) const PASSWORD_CREDENTIAL: &[
    Property] = &[text("customKeyIdentifier"), text("displayName"), text("endDateTime"), text("hint"),
    text("keyId"), text("secretText"), text("startDateTime"),
];

#[rustfmt::skip]
const PASSWORD_PROFILE: &[
    Property] = &[flag("forceChangePasswordNextSignIn"), flag("forceChangePasswordNextSignInWithMfa"),
    text("password"),
];

#[rustfmt::skip]
const PERMISSION_SCOPE: &[
    Property] = &[text("adminConsentDescription"), text("adminConsentDisplayName"), text("id"),
    flag("isEnabled"), text("origin"), text("type"), text("userConsentDescription"),
    text("userConsentDisplayName"), text("value"),
];

#[rustfmt::skip]
const PRE_AUTHORIZED_APPLICATION: &[Property] = &[text("appId"), texts("delegatedPermissionIds")];

#[rustfmt::skip]
const PUBLIC_CLIENT_APPLICATION: &[Property] = &[texts("redirectUris")];

#[rustfmt::skip]
const REDIRECT_URI_SETTINGS: &[Property] = &[number("index"), text("uri")];

#[rustfmt::skip]
const REQUIRED_RESOURCE_ACCESS: &[
    Property] = &[complexes("resourceAccess", RESOURCE_ACCESS), text("resourceAppId"),
];

#[rustfmt::skip]
const RESOURCE_ACCESS: &[Property] = &[text("id"), text("type")];

#[rustfmt::skip]
const SERVICE_PLAN_INFO: &[
    Property] = &[text("appliesTo"), text("provisioningStatus"), text("servicePlanId"),
    text("servicePlanName"),
];

#[rustfmt::skip]
const SERVICE_PRINCIPAL_LOCK_CONFIGURATION: &[
    Property] = &[flag("allProperties"), flag("credentialsWithUsageSign"),
    flag("credentialsWithUsageVerify"), flag("isEnabled"), flag("tokenEncryptionKeyId"),
];

#[rustfmt::skip]
const SPA_APPLICATION: &[Property] = &[texts("redirectUris")];

#[rustfmt::skip]
const VERIFIED_DOMAIN: &[
    Property] = &[text("capabilities"), flag("isDefault"), flag("isInitial"), text("name"), text("type"),
];

#[rustfmt::skip]
const WEB_APPLICATION: &[
    Property] = &[text("homePageUrl"), complex("implicitGrantSettings", IMPLICIT_GRANT_SETTINGS),
    text("logoutUrl"), texts("redirectUris"), complexes("redirectUriSettings", REDIRECT_URI_SETTINGS),
];
