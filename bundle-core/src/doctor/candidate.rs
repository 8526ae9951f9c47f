//! What else an error may be when its text alone does not tell.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::error::judge::{Basis, Evidence, Verdict};
use crate::error::{Diagnosis, ErrorKind};

/// Another reading of the same text.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Candidate {
    /// The issue it would be.
    pub diagnosis: &'static Diagnosis,
    /// When it is that one.
    pub when: &'static str,
}

impl Serialize for Candidate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Candidate", 4)?;
        object.serialize_field("issue", self.diagnosis.issue)?;
        object.serialize_field("kind", self.diagnosis.kind.as_str())?;
        object.serialize_field("whoActs", self.diagnosis.who_acts.as_str())?;
        object.serialize_field("when", self.when)?;
        object.end()
    }
}

/// The candidates beside a verdict, and whether they leave it open.
pub(super) fn of(verdict: &Verdict<'_>, evidence: &Evidence<'_>) -> (Vec<Candidate>, bool) {
    let keys = [verdict.meaning.1, verdict.code, evidence.facts.codes.first().map(String::as_str)];
    let mut found: Vec<Candidate> = Vec::new();
    let mut open = false;
    for key in keys.into_iter().flatten() {
        for doubt in DOUBTS.iter().filter(|doubt| doubt.of.eq_ignore_ascii_case(key)) {
            // A text that tells the meanings of a code apart settles it.
            let settled = verdict.basis == Basis::Own && verdict.code.is_none() && Some(doubt.of) != verdict.meaning.1;
            open |= doubt.open && !settled;
            for (issue, when) in doubt.others {
                let diagnosis = Diagnosis::find(issue);
                if let Some(diagnosis) = diagnosis.filter(|row| Some(row.issue) != verdict.meaning.1)
                    && found.iter().all(|known| known.diagnosis.issue != diagnosis.issue)
                {
                    found.push(Candidate { diagnosis, when });
                }
            }
        }
    }
    let bare = verdict.basis <= Basis::Status && verdict.meaning.0 == ErrorKind::PermissionDenied;
    if bare && found.is_empty() {
        let rows = ["missing-graph-scopes", "access-denied-403", "gdap-role-missing"];
        found.extend(
            rows.into_iter()
                .filter_map(Diagnosis::find)
                .map(|diagnosis| Candidate { diagnosis, when: "the body of the answer names no code" }),
        );
    }
    (found, open)
}

/// An issue or code that does not tell all.
struct Doubt {
    of: &'static str,
    /// Whether the others are about as likely, so that nothing is certain.
    open: bool,
    others: &'static [(&'static str, &'static str)],
}

const fn open(of: &'static str, others: &'static [(&'static str, &'static str)]) -> Doubt {
    Doubt { of, open: true, others }
}

const fn settled(of: &'static str, others: &'static [(&'static str, &'static str)]) -> Doubt {
    Doubt { of, open: false, others }
}

static DOUBTS: &[Doubt] = &[
    settled(
        "missing-graph-scopes",
        &[
            ("access-denied-403", "the permission is there, but of the other type: delegated or application"),
            ("gdap-role-missing", "the call was made through GDAP and the permission is in the token"),
            ("password-profile-update-forbidden", "the request changes a password"),
            ("duo-external-authentication-403", "the customer uses an external multifactor provider"),
            ("error-assigning-application-permission", "the request grants an application permission"),
        ],
    ),
    settled(
        "access-denied-403",
        &[
            ("missing-graph-scopes", "the token lacks the permission altogether"),
            ("gdap-role-missing", "the call was made through GDAP"),
            ("app-only-not-supported", "the call takes a signed-in user only and the token has none"),
        ],
    ),
    open(
        "exchange-token-refused",
        &[
            ("exchange-role-too-young", "Exchange Administrator was assigned within the last hour"),
            ("provide-valid-credential", "the account is in no GDAP group"),
        ],
    ),
    open(
        "app-not-known-yet",
        &[
            ("delegation-scope-too-long-650051", "the text names the length of DelegationScope"),
            ("permission-unknown-to-resource", "the text says that a claim does not exist on the resource"),
            ("already-there", "the text says that the service principal name is present"),
            ("gdap-role-missing", "it lasts for minutes: the account may not write in the tenant"),
        ],
    ),
    settled(
        "user-unauthorized-50020",
        &[
            ("user-account-not-in-tenant", "the account should come through GDAP and no relationship is active"),
            ("conditional-access-blocked", "a policy of the customer covers service providers"),
            ("app-not-consented-65001", "the text speaks of consent"),
        ],
    ),
    settled(
        "user-account-not-in-tenant",
        &[
            ("user-unauthorized-50020", "the account is in no assigned group, or a guest of its name is in the way"),
            ("tenant-not-found", "the tenant id belongs to another customer"),
        ],
    ),
    settled(
        "app-not-consented-65001",
        &[
            ("consent-not-effective-yet", "consent was given within the last minutes"),
            ("legacy-app-registration-conflict", "an older application of the set-up is still signed in with"),
            ("delegated-admin-configuration-400", "it happened while the delegated administration was set up"),
            ("user-unauthorized-50020", "the number is 50020"),
        ],
    ),
    settled(
        "delegated-admin-configuration-400",
        &[
            ("app-not-consented-65001", "the text names AADSTS65001"),
            ("client-error-400", "the body names a wrong value"),
            ("conditional-access-blocked", "the sign-in log of the customer shows a policy"),
        ],
    ),
    open(
        "client-error-400",
        &[
            ("conditional-access-blocked", "it happened while signing in or consenting"),
            ("delegated-admin-configuration-400", "it happened while the delegated administration was set up"),
        ],
    ),
    settled("Request_BadRequest", &[("client-error-400", "the text names a value")]),
    settled("BadRequest", &[("client-error-400", "the text names a value")]),
    settled("800002", &[("client-error-400", "the text names a value")]),
    settled(
        "delegated-consent-forbidden-gdap",
        &[("consent-to-client-permissions", "it happened while consenting for a customer through GDAP")],
    ),
    settled(
        "admin-agents-missing",
        &[
            ("consent-to-client-permissions", "it happened while consenting for a customer"),
            ("delegated-consent-forbidden-gdap", "it happened while consenting for a customer through GDAP"),
            ("refresh-options-failed", "it happened while the customers were listed"),
        ],
    ),
    settled(
        "conditional-access-blocked",
        &[
            ("delegated-consent-conditional-access", "it happened while consenting for a customer"),
            ("delegated-admin-risk", "the account is marked as risky"),
        ],
    ),
    settled(
        "delegated-admin-risk",
        &[("delegated-consent-conditional-access", "it happened while consenting for a customer")],
    ),
    settled(
        "mfa-required",
        &[
            ("delegated-consent-mfa", "it happened while consenting for a customer"),
            ("conditional-access-blocked", "the service account passed multifactor authentication at its last sign-in"),
        ],
    ),
    settled("delegated-consent-mfa", &[("mfa-required", "no consent was under way")]),
    settled("device-object-not-found", &[("invalid-token-device-object", "the token is the stored one of the set-up")]),
    settled("invalid-token-device-object", &[("device-object-not-found", "it is not the stored token of the set-up")]),
    settled("grant-revoked", &[("invalid-token-grant-expired", "the token is the stored one of the set-up")]),
    settled("token-expired", &[("invalid-token-grant-expired", "the token is the stored one of the set-up")]),
    settled("invalid-token-grant-expired", &[("grant-revoked", "it is not the stored token of the set-up")]),
    open(
        "unsupported-token-gdap-not-ready",
        &[("unsupported-token-bad-request", "the relationship is active with roles: the token is older than that")],
    ),
    settled(
        "service-not-subscribed",
        &[
            ("consent-application-id-missing", "it happened while consenting for a customer"),
            ("tenant-resource-id-not-found", "the tenant or its subscription is new"),
        ],
    ),
    open(
        "gdap-relationship-not-active",
        &[("client-error-400", "the relationship is active, and its id in the request is wrong")],
    ),
    open(
        "AADSTS650052",
        &[(
            "resource-not-in-tenant",
            "the tenant has the licence, and only the service principal of the service is missing",
        )],
    ),
    open("AADSTS50034", &[("account-password-refused", "the user name is misspelt, or the account was deleted")]),
    open(
        "resource-not-in-tenant",
        &[
            ("tenant-resource-id-not-found", "the tenant or its subscription is new"),
            ("consent-application-id-missing", "it happened while consenting for a customer"),
            ("service-not-subscribed", "the tenant has no licence of that service"),
            ("token-wrong-audience", "the address of the resource is misspelt"),
        ],
    ),
    open(
        "tenant-resource-id-not-found",
        &[
            ("consent-application-id-missing", "it happened while consenting for a customer"),
            ("service-not-subscribed", "the tenant has no licence of that service"),
            ("token-wrong-audience", "the address of the resource is misspelt"),
        ],
    ),
    open(
        "OperationNotAllowed",
        &[
            ("azure-other-operation", "the text speaks of another operation on the resource"),
            ("client-error-400", "the text names a quota or a value"),
        ],
    ),
    open(
        "ErrorNonExistentMailbox",
        &[("client-error-400", "the address in the request is misspelt, or belongs to another tenant")],
    ),
    open(
        "AADSTS50011",
        &[(
            "auth-app-registration-error",
            "the request is right, and the registration of the application lacks what it takes for granted",
        )],
    ),
    open(
        "AADSTS700051",
        &[(
            "auth-app-registration-error",
            "the request is right, and the registration of the application lacks what it takes for granted",
        )],
    ),
    open(
        "AADSTS700054",
        &[(
            "auth-app-registration-error",
            "the request is right, and the registration of the application lacks what it takes for granted",
        )],
    ),
    open(
        "AADSTS9002326",
        &[(
            "auth-app-registration-error",
            "the request is right, and the registration of the application lacks what it takes for granted",
        )],
    ),
    open(
        "AADSTS900971",
        &[(
            "auth-app-registration-error",
            "the request is right, and the registration of the application lacks what it takes for granted",
        )],
    ),
    open(
        "AADSTS700009",
        &[(
            "auth-app-registration-error",
            "the request is right, and the registration of the application lacks what it takes for granted",
        )],
    ),
    open("AADSTS7000218", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("AADSTS7000216", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("AADSTS700025", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("AADSTS650057", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("AADSTS650056", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("AADSTS65005", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("AADSTS50194", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("CompactToken", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("InvalidAuthenticationInfo", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open("NoAuthenticationInformation", &[("invalid-or-malformed", "the request itself is put together wrongly")]),
    open(
        "AuthenticationFailed",
        &[
            ("invalid-or-malformed", "the request itself is put together wrongly"),
            ("client-credential-missing", "the key or signature of the account is wrong"),
        ],
    ),
    open("ServerBusy", &[("throttled", "the text names a limit")]),
    open("ErrorServerBusy", &[("throttled", "the text names a limit or a time to wait")]),
    open(
        "PrincipalNotFound",
        &[("client-error-400", "the id of the principal is wrong: it is the object id that is asked for")],
    ),
    open(
        "MissingSubscriptionRegistration",
        &[("azure-401-unauthorized", "the account may not register the resource provider")],
    ),
    open("LeaseIdMismatchWithLeaseOperation", &[("client-error-400", "the id of the lease in the request is wrong")]),
    open("LeaseIdMissing", &[("azure-other-operation", "another program holds the lease")]),
    open("CommandNotFoundException", &[("module-missing", "the module is not installed or not imported")]),
    open("RecipientTaskException", &[("exchange-name-ambiguous", "the text names more than one recipient")]),
    open("TaskInvalidOperationException", &[("already-there", "the text says that it is so already")]),
    open(
        "NonUniqueRecipientException",
        &[("exchange-name-ambiguous", "the request names the recipient by its name alone")],
    ),
    open(
        "Authorization_IdentityNotFound",
        &[("app-not-consented-65001", "the application was never consented to in this tenant")],
    ),
    open("AADSTS50049", &[("wrong-national-cloud", "the address of the authority in the settings is wrong")]),
    open("OperationTimedOut", &[("client-error-400", "the request asks for more than the service does in its time")]),
    settled("azure-wrong-tenant-token", &[("azure-401-unauthorized", "the account has no role in the right tenant")]),
    settled("vault-rbac-missing", &[("azure-401-unauthorized", "the account has no Azure role at all")]),
    settled(
        "token-not-accepted",
        &[
            ("token-expired", "the token is older than an hour"),
            ("token-wrong-audience", "the token was issued for another service"),
        ],
    ),
    settled(
        "Request_ResourceNotFound",
        &[
            ("uninstall-hangs", "an application is being removed"),
            ("replication-lag", "the object was created a moment ago"),
        ],
    ),
    settled("redirect-uri-mismatch", &[OWN_APP]),
    settled("app-not-multi-tenant", &[OWN_APP]),
    settled("app-permissions-not-listed", &[OWN_APP]),
    settled("wrong-client-secret-7000215", &[OWN_APP]),
    settled("client-secret-expired", &[OWN_APP]),
    settled("owned-app-id-token-disabled", &[OWN_APP]),
    settled("user-was-not-found", &[("reseller-relationship-missing", "the customer is not in the partner's list")]),
    settled("reseller-relationship-missing", &[("user-was-not-found", "there was a relationship that ended")]),
    settled("60002", &[("user-was-not-found", "the relationship with the customer has ended")]),
    open(
        "invalid_client",
        &[
            (
                "invalid-client-missing-key-vault",
                "Azure is among the integrations and the subscription has no key vault",
            ),
            ("wrong-client-secret-7000215", "the secret was changed"),
        ],
    ),
    settled(
        "auth-app-registration-error",
        &[
            ("app-not-known-yet", "the application was created a moment ago"),
            ("wrong-national-cloud", "the tenant lives in another cloud"),
        ],
    ),
];

const OWN_APP: (&str, &str) = ("owned-app-errors-in-crates", "the partner uses an application registration of its own");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_doubt_names_known_issues_and_says_when() {
        for doubt in DOUBTS {
            for (issue, when) in doubt.others {
                assert!(Diagnosis::find(issue).is_some() && *issue != doubt.of, "{}: {issue}", doubt.of);
                assert!(!when.is_empty() && !when.ends_with('.'), "{when}");
            }
        }
    }
}
