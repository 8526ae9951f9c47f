//! The table of endpoints against its JSON source; `UPDATE_CATALOG=1` rewrites the table.
//!
//! The source spells paths in several ways and has some typing errors; the table has one spelling. Endpoints that are
//! then the same take the permissions of all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use http::Method;
use proptest::prelude::*;
use serde::Deserialize;

use bundle_core::catalog::{AccessScheme, Endpoint, GraphPermission, PermissionSet};

use crate::catalog::{compare, fixture};

#[derive(Deserialize)]
struct File {
    names: Vec<String>,
    endpoints: BTreeMap<String, BTreeMap<String, Entry>>,
}

/// The permissions of a method, by number.
#[derive(Clone, Default, Deserialize)]
struct Entry {
    #[serde(default)]
    d: Lists,
    #[serde(default)]
    a: Lists,
    #[serde(default)]
    p: Lists,
    #[serde(default)]
    also: BTreeMap<usize, BTreeSet<usize>>,
}

/// The least privileged and all accepted permissions.
#[derive(Clone, Default, Deserialize)]
struct Lists(BTreeSet<usize>, BTreeSet<usize>);

/// The endpoints of the source under their one path in lower case.
type Endpoints = BTreeMap<String, BTreeMap<char, Entry>>;

#[derive(Default)]
struct Segment<'a> {
    methods: Option<&'a BTreeMap<char, Entry>>,
    children: BTreeMap<String, Self>,
}

#[test]
fn table_equals_its_source() {
    let file: File = fixture("graph-endpoint-permissions.json");
    let endpoints = file.endpoints();
    let mut root = Segment::default();
    for (path, methods) in &endpoints {
        let mut at = &mut root;
        for segment in path.split('/').skip(1) {
            at = at.children.entry(segment.to_owned()).or_default();
        }
        at.methods = Some(methods);
    }
    let mut sets = BTreeMap::new();
    for entry in endpoints.values().flat_map(BTreeMap::values) {
        let next = sets.len();
        sets.entry(entry.to_string()).or_insert(next);
    }
    let mut text = String::from(
        "# The endpoints of Microsoft Graph and the permissions they take. Written by the golden test.\n\
         # Three sections follow: permissions; sets of them by number, `delegated;application;personal`, each\n\
         # `least|further`, then `permission:one of these besides`; and path segments under their parents, with\n\
         # methods (Get, Post, pUt, pAtch, Delete) and the numbers of their sets.\n\n",
    );
    for name in &file.names {
        writeln!(text, "{name}").unwrap();
    }
    let mut by_number: Vec<_> = sets.iter().collect();
    by_number.sort_by_key(|(_, number)| **number);
    text.push('\n');
    for (set, _) in by_number {
        writeln!(text, "{set}").unwrap();
    }
    text.push('\n');
    let spelling = file.spelling();
    root.write(0, &sets, &spelling, &mut text);
    compare("endpoints.txt", &text);
}

#[test]
fn every_endpoint_of_the_source_is_found_with_its_permissions() {
    let file: File = fixture("graph-endpoint-permissions.json");
    let mut count = 0;
    for (path, methods) in file.endpoints() {
        // A path in place of `{id}:`, and slashes where they separate nothing.
        let url = path
            .replace("/{id}:/{id}", "/a-1:/b/c 2.txt")
            .replace("root:/{id}", "root:/a/b 1.txt")
            .replace("/{id}:", "/a-1:")
            .replace("{id}", "19:x@y.z")
            .replace("{value}", "'a/b,c=d'");
        let url = format!("https://graph.microsoft.com/v1.0{url}?$top=1");
        for (method, entry) in methods {
            let method = method_of(method);
            let endpoint = Endpoint::find(&method, &url).unwrap_or_else(|| panic!("{method} {url} is not found"));
            assert_eq!(endpoint.template().to_ascii_lowercase(), path, "{url}");
            for (scheme, lists) in AccessScheme::ALL.into_iter().zip([&entry.d, &entry.a, &entry.p]) {
                let expected = |numbers: &BTreeSet<usize>| -> BTreeMap<&str, BTreeSet<&str>> {
                    let name = |number: &usize| file.names[*number].as_str();
                    let also = |number| entry.also.get(number).into_iter().flatten().map(name).collect();
                    numbers.iter().map(|number| (name(number), also(number))).collect()
                };
                assert_eq!(sorted(&endpoint.least(scheme)), expected(&lists.0), "{method} {path} {scheme}");
                assert_eq!(sorted(&endpoint.accepted(scheme)), expected(&lists.1), "{method} {path} {scheme}");
            }
            count += 1;
        }
    }
    assert!(count > 11_000, "{count}");
}

#[test]
fn paths_as_the_source_spells_them_are_found() {
    let file: File = fixture("graph-endpoint-permissions.json");
    let misspelt =
        ["}}", "(team-id)", "s{subject", "scope=", "/roletemplateid=", ")range", "root:/{item-path}/", "root:/{id}/"];
    let misspelt = |path: &str| misspelt.iter().any(|part| path.contains(part)) || path.contains('?');
    for (path, methods) in file.endpoints.iter().filter(|(path, _)| !misspelt(path)) {
        for method in methods.keys() {
            let method: Method = method.parse().unwrap();
            assert!(Endpoint::find(&method, path).is_some(), "{method} {path}");
        }
    }
}

#[test]
fn every_permission_of_the_table_is_a_permission_of_graph() {
    let file: File = fixture("graph-endpoint-permissions.json");
    for name in &file.names {
        assert!(GraphPermission::find(name).is_some(), "{name}");
    }
}

#[test]
fn measures_a_lookup() {
    let file: File = fixture("graph-endpoint-permissions.json");
    let start = Instant::now();
    assert!(Endpoint::find(&Method::GET, "/me").is_some());
    let first = start.elapsed();
    let urls: Vec<_> = file.endpoints().into_keys().map(|path| path.replace("{id}", "3f2a-11")).collect();
    let start = Instant::now();
    let found = urls.iter().filter(|url| black_box(Endpoint::find(&Method::GET, url)).is_some()).count();
    println!("first lookup {first:?}, then {:?} each", start.elapsed() / u32::try_from(urls.len()).unwrap());
    assert!(found > 4_000);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn any_text_is_looked_up(path in "\\PC{0,200}|(/(users|root:|sites|items|[a-z]+\\([a-z=',]*\\)|%[0-9a-f]{2}|\\$value|microsoft.graph.[a-z]+)){0,50}") {
        for method in [Method::GET, Method::POST, Method::HEAD] {
            if let Some(endpoint) = Endpoint::find(&method, &path) {
                prop_assert_eq!(Endpoint::find(&method, endpoint.template()), Some(endpoint.clone()));
                prop_assert!(endpoint.methods().contains(&method));
            }
        }
        prop_assert!(Endpoint::methods_of(&path).len() <= 5);
    }
}

impl File {
    fn endpoints(&self) -> Endpoints {
        let mut endpoints = Endpoints::new();
        for (path, methods) in &self.endpoints {
            // Two rows tell what a query filters by.
            if path.contains('?') {
                continue;
            }
            let merged = endpoints.entry(one_spelling(path)).or_default();
            for (method, entry) in methods {
                merged.entry(letter_of(method)).or_default().merge(entry);
            }
        }
        endpoints
    }

    /// How each word is written: with capitals, where the source or the bundle's own paths have it so somewhere.
    fn spelling(&self) -> HashMap<String, String> {
        #[derive(Deserialize)]
        struct Stock {
            permissions: Vec<Permission>,
        }
        #[derive(Deserialize)]
        struct Permission {
            #[serde(default)]
            urls: Vec<String>,
        }
        let stock: Stock = fixture("bundle-permissions.json");
        let paths = self.endpoints.keys().chain(stock.permissions.iter().flat_map(|row| &row.urls));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in paths.flat_map(|path| path.split(|c: char| !c.is_ascii_alphanumeric())) {
            let mixed = word.starts_with(|c: char| c.is_ascii_lowercase()) && word.contains(char::is_uppercase);
            *counts.entry(word).or_default() += usize::from(mixed);
        }
        let mut words: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        words.sort_by_key(|(_, count)| *count);
        words.into_iter().map(|(word, _)| (word.to_ascii_lowercase(), word.to_owned())).collect()
    }
}

impl Entry {
    fn merge(&mut self, other: &Self) {
        for (lists, others) in [(&mut self.d, &other.d), (&mut self.a, &other.a), (&mut self.p, &other.p)] {
            lists.0.extend(&others.0);
            lists.1.extend(&others.1);
        }
        for (number, with) in &other.also {
            self.also.entry(*number).or_default().extend(with);
        }
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |numbers: Vec<&usize>| numbers.into_iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        for (at, Lists(least, all)) in [&self.d, &self.a, &self.p].into_iter().enumerate() {
            let further = list(all.difference(least).collect());
            let bar = if further.is_empty() { "" } else { "|" };
            write!(f, "{}{}{bar}{further}", if at == 0 { "" } else { ";" }, list(least.iter().collect()))?;
        }
        for (number, with) in &self.also {
            write!(f, " {number}:{}", list(with.iter().collect()))?;
        }
        Ok(())
    }
}

impl Segment<'_> {
    fn write(
        &self,
        depth: usize,
        sets: &BTreeMap<String, usize>,
        spelling: &HashMap<String, String>,
        text: &mut String,
    ) {
        for (segment, child) in &self.children {
            write!(text, "{:depth$}{}", "", spelt(segment, spelling)).unwrap();
            for (at, (method, entry)) in child.methods.into_iter().flatten().enumerate() {
                let blank = if at == 0 { " " } else { "" };
                write!(text, "{blank}{method}{}", sets[&entry.to_string()]).unwrap();
            }
            text.push('\n');
            child.write(depth + 1, sets, spelling, text);
        }
    }
}

/// The one path, in lower case, of a path as the source spells it.
fn one_spelling(path: &str) -> String {
    let path = path
        .to_ascii_lowercase()
        .replace("}}", "}")
        .replace("(team-id)", "{id}")
        .replace("/foldera/fileb.txt:", "/{id}:")
        .replace("subjectrightsrequests{", "subjectrightsrequests/{")
        .replace("permissionsscope={value}", "permissions(scope={value})")
        .replace("/roletemplateid={roletemplateid}", "(roletemplateid={value})")
        .replace(")range", ")/range")
        .replace(", ", ",")
        .replace("'{", "{")
        .replace("}'", "}");
    let mut segments: Vec<String> = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment.split_once('(') {
            // A key in parentheses.
            Some((name, key)) if !key.contains('=') => segments.extend([name.to_owned(), "{id}".to_owned()]),
            Some(_) => segments.push(with_placeholder(segment, "{value}")),
            None => segments.push(with_placeholder(segment, "{id}")),
        }
        // A path goes on only after a colon.
        let anchored = segments.iter().rev().nth(2).is_some_and(|before| before == "root:");
        if anchored && segments.iter().rev().nth(1).is_some_and(|before| before == "{id}") {
            let at = segments.len() - 2;
            segments[at].push(':');
        }
    }
    format!("/{}", segments.join("/"))
}

/// Puts one name in place of all names in braces.
fn with_placeholder(segment: &str, placeholder: &str) -> String {
    let mut parts = segment.split('{');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push_str(placeholder);
        text.push_str(part.split_once('}').unwrap().1);
    }
    text
}

fn spelt(segment: &str, spelling: &HashMap<String, String>) -> String {
    let mut text = String::new();
    for part in segment.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        text.push_str(spelling.get(word).map_or(word, String::as_str));
        text.push_str(&part[word.len()..]);
    }
    text
}

fn sorted(sets: &[PermissionSet]) -> BTreeMap<&str, BTreeSet<&str>> {
    sets.iter().map(|set| (set.name, set.also.iter().copied().collect())).collect()
}

fn letter_of(method: &str) -> char {
    match method {
        "DELETE" => 'D',
        "GET" => 'G',
        "PATCH" => 'A',
        "POST" => 'P',
        "PUT" => 'U',
        other => panic!("no letter for {other}"),
    }
}

fn method_of(letter: char) -> Method {
    [Method::DELETE, Method::GET, Method::PATCH, Method::POST, Method::PUT]
        .into_iter()
        .find(|method| letter_of(method.as_str()) == letter)
        .unwrap()
}
