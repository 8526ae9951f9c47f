//! Groups of the partner's tenant with who is in them, and the port that reads them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures_util::stream::{self, StreamExt as _};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::ids::{GroupId, UserId};

/// A group with its direct members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupNode {
    /// The object id.
    pub id: GroupId,
    /// The name; not unique in a directory.
    pub display_name: String,
    /// The users directly in it.
    pub users: Vec<GroupUser>,
    /// The groups directly in it.
    pub groups: Vec<GroupId>,
}

impl GroupNode {
    /// A group nobody is in.
    #[must_use]
    pub fn new(id: GroupId, display_name: impl Into<String>) -> Self {
        Self { id, display_name: display_name.into(), users: Vec::new(), groups: Vec::new() }
    }
}

/// A user in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupUser {
    /// The object id.
    pub id: UserId,
    /// The name shown.
    #[serde(default)]
    pub display_name: Option<String>,
}

impl GroupUser {
    /// A user by id and name.
    #[must_use]
    pub fn new(id: UserId, display_name: Option<String>) -> Self {
        Self { id, display_name }
    }
}

/// Groups of the partner's own tenant, with their members.
///
/// # Behavior
/// * An absent group is `None`, not an error.
/// * All pages of members are read; members that are neither users nor groups are left out.
#[async_trait]
pub trait GroupTreeApi: std::fmt::Debug + Send + Sync {
    /// Reads a group with its direct members.
    async fn group(&self, id: &GroupId) -> Result<Option<GroupNode>>;
}

/// Groups by id, those nested in them included. `None` is a group that is not there.
pub type GroupTree = BTreeMap<GroupId, Option<GroupNode>>;

/// Reads groups and everything nested in them, each once.
///
/// # Errors
/// Any error of the port.
pub async fn read_groups(api: &dyn GroupTreeApi, roots: impl IntoIterator<Item = GroupId>) -> Result<GroupTree> {
    let mut tree = GroupTree::new();
    let mut open: BTreeSet<GroupId> = roots.into_iter().collect();
    while !open.is_empty() {
        // Collected first: a future that holds a lazy iterator cannot be spawned (rust-lang/rust#110338).
        let reads: Vec<_> = open.iter().map(|id| async move { (*id, api.group(id).await) }).collect();
        let mut found = stream::iter(reads).buffer_unordered(PARALLEL_READS);
        let mut next = BTreeSet::new();
        while let Some((id, node)) = found.next().await {
            let node = node?;
            next.extend(node.iter().flat_map(|node| node.groups.iter().copied()));
            tree.insert(id, node);
        }
        drop(found);
        next.retain(|id| !tree.contains_key(id));
        open = next;
    }
    Ok(tree)
}

/// The ways from a group down to the people in it: each user with the groups passed, the one asked for first. A user
/// in several nested groups has a way through each; a circle of groups is walked once.
#[must_use]
pub fn ways_to_people<'a>(tree: &'a GroupTree, group: &GroupId) -> Vec<(&'a GroupUser, Vec<GroupId>)> {
    let mut ways = Vec::new();
    walk(tree, group, &mut Vec::new(), &mut ways);
    ways
}

fn walk<'a>(
    tree: &'a GroupTree,
    group: &GroupId,
    passed: &mut Vec<GroupId>,
    ways: &mut Vec<(&'a GroupUser, Vec<GroupId>)>,
) {
    let Some(Some(node)) = tree.get(group) else { return };
    if passed.contains(group) {
        return;
    }
    passed.push(*group);
    ways.extend(node.users.iter().map(|user| (user, passed.clone())));
    for nested in &node.groups {
        walk(tree, nested, passed, ways);
    }
    passed.pop();
}

/// How many groups are read at a time.
const PARALLEL_READS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    fn group(n: u128) -> GroupId {
        GroupId::from_u128(n)
    }

    fn node(n: u128, users: &[u128], groups: &[u128]) -> (GroupId, Option<GroupNode>) {
        let mut node = GroupNode::new(group(n), format!("group {n}"));
        node.users = users.iter().map(|user| GroupUser::new(UserId::from_u128(*user), None)).collect();
        node.groups = groups.iter().map(|n| group(*n)).collect();
        (group(n), Some(node))
    }

    #[test]
    fn ways_lead_through_nested_groups_and_end_in_circles() {
        let tree: GroupTree = [node(1, &[10], &[2, 3]), node(2, &[11], &[1]), (group(3), None)].into();
        let ways = ways_to_people(&tree, &group(1));
        let ways: Vec<_> = ways.into_iter().map(|(user, path)| (user.id, path)).collect();
        assert_eq!(ways, [(UserId::from_u128(10), vec![group(1)]), (UserId::from_u128(11), vec![group(1), group(2)])]);
        assert!(ways_to_people(&tree, &group(3)).is_empty());
    }

    #[derive(Debug)]
    struct Fixed(GroupTree);

    #[async_trait]
    impl GroupTreeApi for Fixed {
        async fn group(&self, id: &GroupId) -> Result<Option<GroupNode>> {
            Ok(self.0.get(id).cloned().flatten())
        }
    }

    #[tokio::test]
    async fn nested_groups_are_read_and_absent_ones_remembered() {
        let all: GroupTree = [node(1, &[], &[2]), node(2, &[11], &[1, 4])].into();
        let tree = read_groups(&Fixed(all), [group(1), group(3)]).await.unwrap();
        assert_eq!(tree.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4].map(group));
        assert!(tree[&group(3)].is_none() && tree[&group(4)].is_none());
    }
}
