//! Which permissions an endpoint of Microsoft Graph takes.

mod path;
mod tree;

use http::Method;

use super::access_scheme::AccessScheme;
use path::{Namespace, Piece};
use tree::{Search, TREE};

/// A method of an endpoint of Microsoft Graph, with the permissions it takes.
///
/// The table merges v1.0 and beta and is a copy: an endpoint it does not have may exist all the same. It knows few
/// paths that end in `$ref`, `$value` or `$count`; those it does not know get the permissions of the path before.
///
/// Microsoft lists permissions for several methods and paths at a time. So a permission that only reads may be listed
/// for a change, one that writes may be called the least for a read, and some are not live;
/// [`GraphPermission`](super::GraphPermission) tells which.
///
/// ```
/// use bundle_core::catalog::{AccessScheme, Endpoint};
/// use http::Method;
///
/// let url = "https://graph.microsoft.com/v1.0/users/adele@contoso.com/messages?$top=5";
/// let endpoint = Endpoint::find(&Method::GET, url).expect("the table has it");
/// assert_eq!(endpoint.template(), "/users/{id}/messages");
/// let least = endpoint.least(AccessScheme::Application);
/// assert_eq!(least[0].name, "Mail.ReadBasic.All");
/// assert!(endpoint.accepted(AccessScheme::Application).iter().any(|set| set.name == "Mail.ReadWrite"));
/// ```
///
/// Source: "Microsoft Graph permissions reference" (Microsoft Learn).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    template: String,
    method: Method,
    methods: &'static str,
    /// `delegated;application;personal`, each `least|further`; then, after blanks, what goes with a permission.
    set: &'static str,
}

/// A permission an endpoint takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PermissionSet {
    /// The permission's name.
    pub name: &'static str,
    /// When not empty, one of these is needed besides.
    pub also: Vec<&'static str>,
}

impl Endpoint {
    /// Finds the endpoint of a request: of a URL, or of a path with or without a version.
    ///
    /// Host, version and query do not matter, nor does ASCII case; the host of a URL without version must be one of
    /// Microsoft Graph, lest another service's path is taken for Graph's. Any id stands for `{id}`, in parentheses
    /// too (`users('x')`); a function is found by the names of its arguments. Items and sites addressed by path
    /// (`root:/Reports/May.xlsx:/content`), type casts and full names of actions are understood. Where several
    /// templates fit, the one with words further left wins.
    #[must_use]
    pub fn find(method: &Method, url_or_path: &str) -> Option<Self> {
        let letter = letter(method)?;
        let at = locate(url_or_path, Some(letter)).0?;
        let set = TREE.set(at, letter)?;
        Some(Self { template: TREE.template(at), method: method.clone(), methods: TREE.methods(at), set })
    }

    /// The methods the table has for a URL or path, of its most specific template; empty when it has no such path.
    #[must_use]
    pub fn methods_of(url_or_path: &str) -> Vec<Method> {
        locate(url_or_path, None).0.map_or_else(Vec::new, |at| methods(TREE.methods(at)))
    }

    /// The path with `{id}` for ids and `{value}` for the arguments of functions, without a version. Not all words have
    /// the capitals Microsoft's pages write, which do not matter.
    #[must_use]
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// All methods of the path.
    #[must_use]
    pub fn methods(&self) -> Vec<Method> {
        methods(self.methods)
    }

    /// The least privileged permissions, each enough alone (with one of its [`PermissionSet::also`]). Empty when the
    /// scheme has no access, or Microsoft calls none of the accepted ones the least.
    #[must_use]
    pub fn least(&self, scheme: AccessScheme) -> Vec<PermissionSet> {
        let (least, _) = self.scheme(scheme);
        self.permissions(least).collect()
    }

    /// All permissions that are enough alone (with one of their [`PermissionSet::also`]), the least privileged ones
    /// first. Empty when the scheme has no access.
    #[must_use]
    pub fn accepted(&self, scheme: AccessScheme) -> Vec<PermissionSet> {
        let (least, further) = self.scheme(scheme);
        self.permissions(least).chain(self.permissions(further)).collect()
    }

    /// Whether the endpoint can be called this way at all.
    #[must_use]
    pub fn supports(&self, scheme: AccessScheme) -> bool {
        self.scheme(scheme) != ("", "")
    }

    fn scheme(&self, scheme: AccessScheme) -> (&'static str, &'static str) {
        let at = match scheme {
            AccessScheme::Delegated => 0,
            AccessScheme::Application => 1,
            AccessScheme::PersonalAccount => 2,
        };
        let schemes = self.set.split(' ').next().unwrap_or_default();
        let list = schemes.split(';').nth(at).unwrap_or_default();
        list.split_once('|').unwrap_or((list, ""))
    }

    fn permissions(&self, numbers: &'static str) -> impl Iterator<Item = PermissionSet> {
        split(numbers).map(|number| PermissionSet { name: TREE.name(number), also: self.also(number) })
    }

    fn also(&self, number: &str) -> Vec<&'static str> {
        let mut rows = self.set.split(' ').skip(1).filter_map(|row| row.split_once(':'));
        let with = rows.find_map(|(permission, with)| (permission == number).then_some(with));
        split(with.unwrap_or_default()).map(|number| TREE.name(number)).collect()
    }
}

/// How many different lists of permissions name a permission: the more, the more it lets its holder do.
pub(super) fn breadth(permission: &str) -> usize {
    TREE.breadth(permission)
}

/// The node of a request, and how many nodes were looked at.
fn locate(url_or_path: &str, method: Option<char>) -> (Option<usize>, usize) {
    let mut search = Search::new(&TREE, method);
    let found = path::pieces(url_or_path).and_then(|pieces| {
        let mut with_and_without_suffix = |pieces: &[Piece<'_>]| {
            search.find(pieces).or_else(|| match pieces {
                [before @ .., Piece::Text(last)] if SUFFIXES.iter().any(|known| known.eq_ignore_ascii_case(last)) => {
                    search.find(before)
                }
                _ => None,
            })
        };
        with_and_without_suffix(&pieces).or_else(|| {
            [Namespace::Drop, Namespace::DropSegment]
                .into_iter()
                .find_map(|namespace| with_and_without_suffix(&path::plain(&pieces, namespace)?))
        })
    });
    (found, search.steps)
}

/// What the table calls a method.
fn letter(method: &Method) -> Option<char> {
    METHODS.iter().find_map(|(letter, known)| (known == method).then_some(*letter))
}

fn methods(row: &str) -> Vec<Method> {
    let has = |(letter, method): &(char, Method)| row.contains(*letter).then(|| method.clone());
    METHODS.iter().filter_map(has).collect()
}

fn split<'a>(numbers: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
    numbers.split(',').filter(|number| !number.is_empty())
}

/// The methods of the table, by name.
const METHODS: [(char, Method); 5] =
    [('D', Method::DELETE), ('G', Method::GET), ('A', Method::PATCH), ('P', Method::POST), ('U', Method::PUT)];

/// Endings that change what is answered and, as a rule, no permission.
const SUFFIXES: [&str; 3] = ["$count", "$ref", "$value"];

#[cfg(test)]
mod tests {
    use super::*;

    /// The template in lower case: the table knows the capitals of some words only.
    fn template(method: &Method, path: &str) -> String {
        Endpoint::find(method, path).map_or_else(|| "-".to_owned(), |endpoint| endpoint.template.to_ascii_lowercase())
    }

    #[test]
    fn words_go_before_ids() {
        for (path, expected) in [
            ("/users/delta", "/users/delta"),
            ("/users/delta()", "/users/delta"),
            ("/users/3f2a", "/users/{id}"),
            ("/USERS/3F2A/SENDMAIL", "/users/{id}/sendMail"),
            ("/me/messages/AAMk=/attachments", "/me/messages/{id}/attachments"),
            ("/users('a@b.c')/messages('x')", "/users/{id}/messages/{id}"),
            ("/me", "/me"),
            ("/no/such/path", "-"),
            ("/users/x/nothing", "-"),
        ] {
            let method = if path.ends_with("SENDMAIL") { Method::POST } else { Method::GET };
            assert_eq!(template(&method, path), expected.to_ascii_lowercase(), "{path}");
        }
    }

    #[test]
    fn functions_are_found_by_their_arguments() {
        for (path, expected) in [
            ("/reports/getEmailActivityUserDetail(period='D7')", "/reports/getEmailActivityUserDetail(period={value})"),
            (
                "/reports/getEmailActivityUserDetail(date=2026-01-01)",
                "/reports/getEmailActivityUserDetail(date={value})",
            ),
            ("/reports/getEmailActivityUserDetail(when='D7')", "-"),
            ("/applications(appId='1')/owners", "/applications(appId={value})/owners"),
            ("/applications(uniqueName='x')/owners", "/applications/{id}/owners"),
            ("/communications/callRecords/getPstnCalls(from=1,to=2)", "/communications/callRecords/getPstnCalls"),
            ("/me/drive/root/search(q='a/b')", "/me/drive/root/search(q={value})"),
            (
                "/communications/callRecords/getPstnBlockedUsersLog(toDateTime=2026-01-02,fromDateTime=2026-01-01)",
                "/communications/callRecords/getPstnBlockedUsersLog(fromDateTime={value},toDateTime={value})",
            ),
        ] {
            assert_eq!(template(&Method::GET, path), expected.to_ascii_lowercase(), "{path}");
        }
    }

    #[test]
    fn endings_casts_and_paths_fall_back_to_what_they_stand_for() {
        for (method, path, expected) in [
            (Method::GET, "/users/$count", "/users"),
            (Method::GET, "/me/photo/$value", "/me/photo"),
            (Method::DELETE, "/groups/1/members/2/$ref", "/groups/{id}/members/{id}"),
            (Method::GET, "/groups/1/members/microsoft.graph.user", "/groups/{id}/members"),
            (Method::GET, "/groups/1/members/microsoft.graph.user/$count", "/groups/{id}/members"),
            (Method::POST, "/me/microsoft.graph.sendMail", "/me/sendMail"),
            (Method::GET, "/me/drive/root:/a/b.txt:/workbook/names", "/me/drive/root:/{id}:/workbook/names"),
            (Method::PATCH, "/me/drive/root:/a/b.txt", "/me/drive/items/{id}"),
            (Method::GET, "/sites/contoso.sharepoint.com:/teams/x:/lists", "/sites/{id}/lists"),
            (Method::GET, "/sites/contoso.sharepoint.com:/teams/x", "/sites/{id}:/{id}"),
        ] {
            assert_eq!(template(&method, path), expected.to_ascii_lowercase(), "{path}");
        }
        assert_eq!(template(&Method::POST, "/users/$nothing"), "-");
    }

    #[test]
    fn methods_are_told_apart() {
        assert_eq!(template(&Method::PUT, "/users/x"), "-");
        assert_eq!(Endpoint::methods_of("/users/x"), [Method::DELETE, Method::GET, Method::PATCH]);
        let user = Endpoint::find(&Method::DELETE, "/users/x").unwrap();
        assert_eq!((user.methods(), user.method()), (Endpoint::methods_of("/users/y"), &Method::DELETE));
        assert_eq!(template(&Method::HEAD, "/users/x"), "-");
        assert!(Endpoint::methods_of("/no/such/path").is_empty());
    }

    #[test]
    fn permissions_tell_what_goes_with_them() {
        let endpoint = Endpoint::find(&Method::POST, "/policies/claimsMappingPolicies").unwrap();
        let least = endpoint.least(AccessScheme::Delegated);
        assert!(!least.is_empty());
        let all = endpoint.accepted(AccessScheme::Delegated);
        assert!(all.starts_with(&least));
        assert!(!endpoint.supports(AccessScheme::PersonalAccount));
        assert_eq!(endpoint.accepted(AccessScheme::PersonalAccount), []);
    }

    #[test]
    fn work_is_bounded() {
        for path in [
            "/users/x/messages/y/attachments/z/$value".to_owned(),
            "/me/drive/root:/a/b:/workbook/worksheets/x/range(address='A1')/format".to_owned(),
            "/users/{id}/drive/root:/{id}:/workbook/worksheets/{id}/tables/{id}/rows/{id}/nothing".to_owned(),
            "/a".repeat(1_000_000),
            "(".repeat(1_000_000),
            "/users/".to_owned() + &"%41('".repeat(200_000),
            "/groups/x/sites/x/lists/x/items/x/x/x/x/x".to_owned(),
        ] {
            let (_, steps) = locate(&path, Some('G'));
            assert!(steps <= 60, "{steps} steps for {}", &path[..path.len().min(60)]);
        }
    }
}
