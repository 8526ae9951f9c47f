//! The blob service.

use std::collections::BTreeMap;

use super::error::StorageError;
use crate::call::Call;
use crate::clock::http_date;
use crate::reply::Reply;
use crate::world::{Blob, BlobContainer, StorageAccount};

pub(crate) fn handle(
    account: &mut StorageAccount,
    call: &Call,
    method: &str,
    path: &[&str],
) -> Result<Reply, StorageError> {
    let of_container = call.query("restype") == Some("container");
    let lists = call.query("comp") == Some("list");
    match (method, path) {
        ("GET", []) if lists => Ok(list_containers(account, call)),
        ("PUT", [name]) if of_container => create_container(account, call, name),
        ("GET", [name]) if of_container && lists => list_blobs(account, call, name),
        ("GET" | "HEAD", [name]) if of_container => {
            let found = container(account, name)?;
            Ok(Reply::empty(200).with_header("ETag", format!("\"0x{:X}\"", found.modified_at.as_second())))
        }
        ("DELETE", [name]) if of_container => {
            account.containers.remove(*name).ok_or(NO_CONTAINER)?;
            Ok(Reply::empty(202))
        }
        (_, [name, blob @ ..]) if !blob.is_empty() => of_blob(account, call, method, name, &blob.join("/")),
        _ => Err(StorageError::new(
            400,
            "InvalidUri",
            "The requested URI does not represent any resource on the server.",
        )),
    }
}

fn of_blob(
    account: &mut StorageAccount,
    call: &Call,
    method: &str,
    container_name: &str,
    name: &str,
) -> Result<Reply, StorageError> {
    let found = container(account, container_name)?;
    match method {
        "PUT" => {
            if call.header("x-ms-blob-type") != Some("BlockBlob") {
                return Err(StorageError::new(
                    400,
                    "MissingRequiredHeader",
                    "An HTTP header that's mandatory for this request is not specified.",
                ));
            }
            let version = found.blobs.get(name).map_or(1, |blob| blob.version + 1);
            let blob = Blob {
                content: call.body.clone(),
                content_type: call.header("content-type").unwrap_or("application/octet-stream").to_owned(),
                modified_at: call.now,
                version,
            };
            let tag = etag(&blob);
            found.blobs.insert(name.to_owned(), blob);
            Ok(Reply::empty(201).with_header("ETag", tag))
        }
        "GET" | "HEAD" => {
            let blob = found.blobs.get(name).ok_or(NO_BLOB)?;
            let (status, content, range) = part(blob, call)?;
            let reply = Reply::raw(status, content, &blob.content_type)
                .with_header("ETag", etag(blob))
                .with_header("x-ms-blob-type", "BlockBlob");
            Ok(match range {
                Some(range) => reply.with_header("Content-Range", range),
                None => reply,
            })
        }
        "DELETE" => {
            found.blobs.remove(name).ok_or(NO_BLOB)?;
            Ok(Reply::empty(202))
        }
        _ => Err(StorageError::new(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.")),
    }
}

fn create_container(account: &mut StorageAccount, call: &Call, name: &str) -> Result<Reply, StorageError> {
    let valid = (3..=63).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--");
    if !valid {
        return Err(StorageError::new(
            400,
            "InvalidResourceName",
            "The specified resource name contains invalid characters.",
        ));
    }
    if account.containers.contains_key(name) {
        return Err(StorageError::new(409, "ContainerAlreadyExists", "The specified container already exists."));
    }
    account.containers.insert(name.to_owned(), BlobContainer { blobs: BTreeMap::new(), modified_at: call.now });
    Ok(Reply::empty(201))
}

fn list_containers(account: &StorageAccount, call: &Call) -> Reply {
    let (items, next) = page(call, &account.containers, |name, found| {
        format!(
            "<Container><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>\"0x{:X}\"</Etag>\
             <LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties></Container>",
            escape(name),
            http_date(found.modified_at),
            found.modified_at.as_second()
        )
    });
    enumeration(
        &format!("ServiceEndpoint=\"{}/{}/\"", call.base, account.name),
        &format!("<Containers>{items}</Containers>"),
        &next,
    )
}

fn list_blobs(account: &mut StorageAccount, call: &Call, name: &str) -> Result<Reply, StorageError> {
    let endpoint = format!("ServiceEndpoint=\"{}/{}/\" ContainerName=\"{}\"", call.base, account.name, escape(name));
    let (items, next) = page(call, &container(account, name)?.blobs, |name, blob| {
        format!(
            "<Blob><Name>{}</Name><Properties><Last-Modified>{}</Last-Modified><Etag>{}</Etag>\
             <Content-Length>{}</Content-Length><Content-Type>{}</Content-Type><BlobType>BlockBlob</BlobType>\
             </Properties></Blob>",
            escape(name),
            http_date(blob.modified_at),
            etag(blob).trim_matches('"'),
            blob.content.len(),
            escape(&blob.content_type)
        )
    });
    Ok(enumeration(&endpoint, &format!("<Blobs>{items}</Blobs>"), &next))
}

/// Writes one page of a listing; the marker is the name the next page starts with.
fn page<T>(call: &Call, all: &BTreeMap<String, T>, write: impl Fn(&str, &T) -> String) -> (String, String) {
    let prefix = call.query("prefix").unwrap_or_default();
    let marker = call.query("marker").unwrap_or_default();
    let size = call.query("maxresults").and_then(|size| size.parse().ok()).unwrap_or(5000_usize).clamp(1, 5000);
    let mut matching = all.iter().filter(|(name, _)| name.starts_with(prefix) && name.as_str() >= marker);
    let items = matching.by_ref().take(size).map(|(name, item)| write(name, item)).collect();
    (items, matching.next().map(|(name, _)| escape(name)).unwrap_or_default())
}

fn enumeration(attributes: &str, items: &str, next: &str) -> Reply {
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults {attributes}>{items}\
         <NextMarker>{next}</NextMarker></EnumerationResults>"
    );
    Reply::raw(200, body, "application/xml")
}

/// Cuts the range asked for out of a blob.
fn part(blob: &Blob, call: &Call) -> Result<(u16, Vec<u8>, Option<String>), StorageError> {
    let length = blob.content.len();
    let range = call
        .header("x-ms-range")
        .or_else(|| call.header("range"))
        .and_then(|range| range.strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'));
    let Some((first, last)) = range else {
        return Ok((200, blob.content.clone(), None));
    };
    let bad =
        StorageError::new(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
    let first: usize = first.parse().map_err(|_| bad.clone())?;
    let last = last.parse().unwrap_or(usize::MAX).min(length.saturating_sub(1));
    let content = blob.content.get(first..=last).filter(|part| !part.is_empty()).ok_or(bad)?;
    Ok((206, content.to_vec(), Some(format!("bytes {first}-{last}/{length}"))))
}

fn container<'a>(account: &'a mut StorageAccount, name: &str) -> Result<&'a mut BlobContainer, StorageError> {
    account.containers.get_mut(name).ok_or(NO_CONTAINER)
}

fn etag(blob: &Blob) -> String {
    format!("\"0x8D{:010X}{:03X}\"", blob.modified_at.as_second(), blob.version)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const NO_CONTAINER: StorageError =
    StorageError::new(404, "ContainerNotFound", "The specified container does not exist.");

const NO_BLOB: StorageError = StorageError::new(404, "BlobNotFound", "The specified blob does not exist.");
