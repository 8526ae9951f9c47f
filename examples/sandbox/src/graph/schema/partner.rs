//! Types of delegated administration.

use super::{Entity, Paging, Property, any, complex, complexes, text};

pub(in crate::graph) const RELATIONSHIP: &Entity = &Entity {
    name: "delegatedAdminRelationship",
    set: "tenantRelationships/delegatedAdminRelationships",
    properties: &[
        text("id").fixed(),
        text("displayName"),
        text("duration"),
        text("autoExtendDuration"),
        text("status").fixed(),
        text("createdDateTime").fixed(),
        text("lastModifiedDateTime").fixed(),
        text("activatedDateTime").fixed(),
        text("endDateTime").fixed(),
        complex("customer", &[text("tenantId"), text("displayName")]),
        complex("accessDetails", ACCESS_DETAILS),
    ],
    navigation: &["accessAssignments", "operations", "requests"],
    defaults: None,
    paging: Paging::Pages(300, 300),
    directory: false,
};

pub(in crate::graph) const ACCESS_ASSIGNMENT: &Entity = &Entity {
    name: "delegatedAdminAccessAssignment",
    set: "accessAssignments",
    properties: &[
        text("id").fixed(),
        text("status").fixed(),
        text("createdDateTime").fixed(),
        text("lastModifiedDateTime").fixed(),
        complex("accessContainer", &[text("accessContainerId"), text("accessContainerType")]).once(),
        complex("accessDetails", ACCESS_DETAILS),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(300, 300),
    directory: false,
};

pub(in crate::graph) const RELATIONSHIP_REQUEST: &Entity = &Entity {
    name: "delegatedAdminRelationshipRequest",
    set: "requests",
    properties: &[
        text("id").fixed(),
        text("action"),
        text("status").fixed(),
        text("createdDateTime").fixed(),
        text("lastModifiedDateTime").fixed(),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(300, 300),
    directory: false,
};

pub(in crate::graph) const RELATIONSHIP_OPERATION: &Entity = &Entity {
    name: "delegatedAdminRelationshipOperation",
    set: "operations",
    properties: &[
        text("id").fixed(),
        text("operationType").fixed(),
        text("status").fixed(),
        text("data").fixed(),
        text("createdDateTime").fixed(),
        text("lastModifiedDateTime").fixed(),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Pages(300, 300),
    directory: false,
};

pub(in crate::graph) const DELEGATED_ADMIN_CUSTOMER: &Entity = &Entity {
    name: "delegatedAdminCustomer",
    set: "tenantRelationships/delegatedAdminCustomers",
    properties: &[text("id").fixed(), text("tenantId").fixed(), text("displayName").fixed()],
    navigation: &["serviceManagementDetails"],
    defaults: None,
    paging: Paging::Pages(300, 300),
    directory: false,
};

pub(in crate::graph) const SERVICE_MANAGEMENT_DETAIL: &Entity = &Entity {
    name: "delegatedAdminServiceManagementDetail",
    set: "serviceManagementDetails",
    properties: &[text("id"), text("serviceName"), text("serviceManagementUrl")],
    navigation: &[],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

pub(in crate::graph) const TENANT_INFORMATION: &Entity = &Entity {
    name: "tenantInformation",
    set: "microsoft.graph.tenantInformation",
    properties: &[
        text("tenantId"),
        text("federationBrandName"),
        text("displayName"),
        text("defaultDomainName"),
        any("@odata.type"),
    ],
    navigation: &[],
    defaults: None,
    paging: Paging::Off,
    directory: false,
};

const ACCESS_DETAILS: &[Property] = &[complexes("unifiedRoles", &[text("roleDefinitionId")])];
