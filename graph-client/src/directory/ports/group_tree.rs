//! Groups with who is in them.

use async_trait::async_trait;
use bundle_core::gdap::{GroupNode, GroupTreeApi, GroupUser};
use bundle_core::ids::{GroupId, UserId};
use bundle_core::{ErrorKind, Result};

use super::GraphPorts;
use crate::Query;

#[async_trait]
impl GroupTreeApi for GraphPorts {
    async fn group(&self, id: &GroupId) -> Result<Option<GroupNode>> {
        let groups = self.partner().groups();
        let Some(group) = groups.find(id).await? else { return Ok(None) };
        let mut node = GroupNode::new(*id, group.display_name.unwrap_or_default());
        let query = Query::new().select(["id", "displayName"]);
        let mut members = groups.members(id).list(&query);
        loop {
            match members.try_next().await {
                Ok(Some(member)) if member.is_user() => {
                    node.users.push(GroupUser::new(UserId::new(*member.id.as_uuid()), member.display_name));
                }
                Ok(Some(member)) if member.odata_type.as_deref() == Some("#microsoft.graph.group") => {
                    node.groups.push(GroupId::new(*member.id.as_uuid()));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(Some(node)),
                // Deleted between the two reads.
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}
