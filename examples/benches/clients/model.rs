//! What both programs decode, and the small work they do with it.

use serde::Deserialize;

/// A user as the listings of both programs read it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    id: String,
    user_principal_name: String,
    display_name: Option<String>,
    given_name: Option<String>,
    surname: Option<String>,
    mail: Option<String>,
    job_title: Option<String>,
    department: Option<String>,
    office_location: Option<String>,
    account_enabled: Option<bool>,
    business_phones: Vec<String>,
    proxy_addresses: Vec<String>,
}

/// A user as single reads ask for it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Person {
    id: String,
    user_principal_name: String,
    display_name: Option<String>,
    account_enabled: Option<bool>,
}

/// What [`Person`] holds.
pub(crate) const PERSON: &str = "id,userPrincipalName,displayName,accountEnabled";
/// What [`User`] holds.
pub(crate) const USER: &str = "id,userPrincipalName,displayName,givenName,surname,mail,jobTitle,department,\
                               officeLocation,accountEnabled,businessPhones,proxyAddresses";

/// The work done with what was read: the same in all programs, and what it comes to is compared.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// How many items.
    pub(crate) items: u64,
    /// Lengths of their texts.
    pub(crate) sum: u64,
}

impl Tally {
    pub(crate) fn user(&mut self, user: &User) {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let lists = user.business_phones.iter().chain(&user.proxy_addresses).map(String::len).sum::<usize>();
        let texts = [
            &user.display_name,
            &user.given_name,
            &user.surname,
            &user.mail,
            &user.job_title,
            &user.department,
            &user.office_location,
        ];
        let texts = texts.into_iter().map(length).sum::<usize>() + user.id.len() + user.user_principal_name.len();
        self.add(lists + texts + usize::from(user.account_enabled == Some(true)));
    }

    pub(crate) fn person(&mut self, person: &Person) {
        let name = person.display_name.as_ref().map_or(0, String::len);
        let enabled = usize::from(person.account_enabled == Some(true));
        self.add(person.id.len() + person.user_principal_name.len() + name + enabled);
    }

    /// Counts one item.
    pub(crate) fn add(&mut self, length: usize) {
        self.items += 1;
        self.sum += length as u64;
    }

    /// Counts what was tallied elsewhere.
    pub(crate) fn join(&mut self, other: Self) {
        self.items += other.items;
        self.sum += other.sum;
    }
}
