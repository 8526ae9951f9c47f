//! Ids, option values and stored places of a listing.
#![no_main]

use bundle_core::http::{PageLink, append_query, join_path, odata_literal};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let base: Url = "https://graph.microsoft.com/v1.0".parse().expect("it is a URL");
    let names: Vec<&str> = text.split('\n').collect();
    for names in [&names[..], &[text, "x"]] {
        let mut url = join_path(&base, names);
        assert_eq!(url.origin(), base.origin());
        let path: Vec<&str> = url.path_segments().expect("it has a path").collect();
        assert_eq!((path[0], path.len()), ("v1.0", 1 + names.len()), "{url}");
        assert_eq!((url.query(), url.fragment()), (None, None));
        append_query(&mut url, "$filter", &odata_literal(text));
        assert_eq!(url.query_pairs().count(), 1);
        assert_eq!(url.query_pairs().next().expect("it was appended").1, odata_literal(text));
        assert_eq!(Url::parse(url.as_str()).as_ref(), Ok(&url), "it is read as it was written");
    }
    if let Ok(place) = serde_json::from_str::<PageLink>(text) {
        let stored = serde_json::to_string(&place).expect("a place can be stored");
        assert!(serde_json::from_str::<PageLink>(&stored).expect("what was stored is read") == place);
        let _ = format!("{place:?}");
    }
});
