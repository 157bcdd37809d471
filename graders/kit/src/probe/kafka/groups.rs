//! Consumer groups of both protocols: who is in them, and out with those who died.

use std::time::Duration;

use bytes::{Buf as _, Bytes};
use kafka_protocol::{
    messages::{
        ConsumerGroupDescribeRequest, ConsumerGroupHeartbeatRequest, ConsumerProtocolAssignment,
        DeleteGroupsRequest, DescribeGroupsRequest, GroupId, LeaveGroupRequest,
        leave_group_request::MemberIdentity,
    },
    protocol::Decodable as _,
};

use super::{Answer, Kafka, text};
use crate::{
    verdict::BenchError,
    wait::{self, Look},
};

const UNKNOWN_MEMBER: i16 = 25;
const UNKNOWN_GROUP: i16 = 69;

/// Which rebalance protocol a group speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `JoinGroup` and `SyncGroup`.
    Classic,
    /// KIP-848.
    Consumer,
}

/// A consumer group as its coordinator describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// As Kafka says it: `Stable`, `Empty`, `PreparingRebalance`, `Dead` (also: no such group).
    pub state: String,
    pub protocol: Protocol,
    pub members: Vec<Member>,
}

/// One member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: String,
    /// Of a static member: its `group.instance.id`.
    pub instance: Option<String>,
    pub client_id: String,
    /// Topics and partitions, in order.
    pub assigned: Vec<(String, i32)>,
}

impl Kafka {
    /// Describes a group of either protocol.
    pub async fn group(&self, group: &str) -> Result<Group, BenchError> {
        self.coordinated(group, 0).await?;
        let classic = self.classic(group).await?;
        if classic.state != "Dead" {
            return Ok(classic);
        }
        Ok(self.consumer(group).await?.unwrap_or(classic))
    }

    /// Removes members (id, instance) of a group, as a dead program's cannot leave themselves. Their
    /// partitions are free for a successor when this returns; members unknown by now are fine.
    pub async fn remove_members(
        &self,
        group: &str,
        members: &[(String, Option<String>)],
    ) -> Result<(), BenchError> {
        if self.group(group).await?.protocol == Protocol::Consumer {
            for (id, instance) in members {
                self.leave_consumer(group, id, instance.as_deref()).await?;
            }
            return Ok(());
        }
        let identities = members.iter().map(|(id, instance)| {
            MemberIdentity::default()
                .with_member_id(text(id))
                .with_group_instance_id(instance.as_deref().map(text))
        });
        let request = &LeaveGroupRequest::default()
            .with_group_id(GroupId(text(group)))
            .with_members(identities.collect());
        self.settled(
            &format!("the removal of members of {group}"),
            || async move {
                let response = self.call(request, 5).await?;
                let codes = response.members.iter().map(|member| member.error_code);
                Ok(answered([response.error_code].into_iter().chain(codes)))
            },
        )
        .await
    }

    /// A member of KIP-848 leaves with a heartbeat of epoch −1, in whose answer it is gone.
    async fn leave_consumer(
        &self,
        group: &str,
        id: &str,
        instance: Option<&str>,
    ) -> Result<(), BenchError> {
        let request = &ConsumerGroupHeartbeatRequest::default()
            .with_group_id(GroupId(text(group)))
            .with_member_id(text(id))
            .with_member_epoch(-1)
            .with_instance_id(instance.map(text))
            .with_rebalance_timeout_ms(-1)
            .with_subscribed_topic_names(None)
            .with_topic_partitions(None);
        self.settled(
            &format!("the removal of a member of {group}"),
            || async move {
                let response = self.call(request, 0).await?;
                Ok(answered([response.error_code]))
            },
        )
        .await
    }

    /// Deletes a group that has no members; one that is not there is fine.
    pub async fn delete_group(&self, group: &str) -> Result<(), BenchError> {
        self.coordinated(group, 0).await?;
        let request = &DeleteGroupsRequest::default().with_groups_names(vec![GroupId(text(group))]);
        self.settled(
            &format!("the removal of the group {group}"),
            || async move {
                let response = self.call(request, 2).await?;
                Ok(answered(response.results.iter().map(|one| one.error_code)))
            },
        )
        .await
    }

    /// Waits until a group is stable and as wanted.
    pub async fn until_stable(
        &self,
        group: &str,
        limit: Duration,
        want: impl Fn(&Group) -> bool,
    ) -> Result<Group, BenchError> {
        let want = &want;
        let stable = wait::until(limit, || async move {
            match self.group(group).await {
                Ok(seen) if seen.state == "Stable" && want(&seen) => Look::Ready(seen),
                Ok(seen) => {
                    let (state, members) = (seen.state, seen.members.len());
                    Look::NotYet(format!("{state} with {members} members"))
                }
                Err(error) => Look::Never(error),
            }
        });
        stable.await.map_err(|error| match error {
            wait::WaitError::Never(error) => error,
            late @ wait::WaitError::TooLong { .. } => {
                BenchError::new(format!("The group {group} is not as wanted: {late}."))
            }
        })
    }

    async fn classic(&self, group: &str) -> Result<Group, BenchError> {
        let request = &DescribeGroupsRequest::default().with_groups(vec![GroupId(text(group))]);
        self.settled(&format!("the description of {group}"), || async move {
            let response = self.call(request, 5).await?;
            let Some(found) = response.groups.into_iter().next() else {
                return Ok(Answer::Refused(15));
            };
            if found.error_code != 0 {
                return Ok(Answer::Refused(found.error_code));
            }
            let members = found.members.into_iter().map(|member| Member {
                id: member.member_id.to_string(),
                instance: member.group_instance_id.map(|id| id.to_string()),
                client_id: member.client_id.to_string(),
                assigned: assigned(member.member_assignment),
            });
            Ok(Answer::Done(Group {
                state: found.group_state.to_string(),
                protocol: Protocol::Classic,
                members: members.collect(),
            }))
        })
        .await
    }

    async fn consumer(&self, group: &str) -> Result<Option<Group>, BenchError> {
        let request =
            &ConsumerGroupDescribeRequest::default().with_group_ids(vec![GroupId(text(group))]);
        self.settled(&format!("the description of {group}"), || async move {
            let response = self.call(request, 0).await?;
            let Some(found) = response.groups.into_iter().next() else {
                return Ok(Answer::Refused(15));
            };
            match found.error_code {
                0 => {}
                UNKNOWN_GROUP => return Ok(Answer::Done(None)),
                code => return Ok(Answer::Refused(code)),
            }
            let members = found.members.into_iter().map(|member| {
                let topics = member.assignment.topic_partitions.into_iter();
                let parts = topics.flat_map(|one| {
                    one.partitions
                        .into_iter()
                        .map(move |part| (one.topic_name.0.to_string(), part))
                });
                Member {
                    id: member.member_id.to_string(),
                    instance: member.instance_id.map(|id| id.to_string()),
                    client_id: member.client_id.to_string(),
                    assigned: in_order(parts.collect()),
                }
            });
            Ok(Answer::Done(Some(Group {
                state: found.group_state.to_string(),
                protocol: Protocol::Consumer,
                members: members.collect(),
            })))
        })
        .await
    }
}

/// Done, unless one of these codes is more than "not there (any more)".
fn answered(codes: impl IntoIterator<Item = i16>) -> Answer<()> {
    let fine = [0, UNKNOWN_MEMBER, UNKNOWN_GROUP];
    let refused = codes.into_iter().find(|code| !fine.contains(code));
    refused.map_or(Answer::Done(()), Answer::Refused)
}

/// What a classic member was assigned: a version, then the assignment. Other clients than consumers
/// (Connect) put something else there, which is no assignment of partitions.
fn assigned(mut bytes: Bytes) -> Vec<(String, i32)> {
    if bytes.len() < 2 {
        return Vec::new();
    }
    let version = bytes.get_i16().clamp(0, 3);
    let Ok(assignment) = ConsumerProtocolAssignment::decode(&mut bytes, version) else {
        return Vec::new();
    };
    let topics = assignment.assigned_partitions.into_iter();
    let parts = topics.flat_map(|one| {
        one.partitions
            .into_iter()
            .map(move |part| (one.topic.0.to_string(), part))
    });
    in_order(parts.collect())
}

fn in_order(mut parts: Vec<(String, i32)>) -> Vec<(String, i32)> {
    parts.sort();
    parts
}
