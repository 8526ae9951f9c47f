//! Idempotency: what was answered to a change, by the `MS-RequestId` it came with.

use std::collections::VecDeque;

use crate::call::Call;
use crate::reply::Reply;

/// How many answers are kept.
const KEPT: usize = 1000;

/// The answers to recent changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replays {
    kept: VecDeque<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    request_id: String,
    method: String,
    path: String,
    body: Vec<u8>,
    reply: Reply,
}

impl Replays {
    /// Finds the answer to a change that is repeated: same id, method, path and body.
    pub(super) fn find(&self, call: &Call) -> Option<Reply> {
        let request_id = call.header("ms-requestid")?;
        self.kept
            .iter()
            .rev()
            .find(|kept| {
                kept.request_id == request_id
                    && kept.method == call.method.as_str()
                    && kept.path == call.path
                    && kept.body == call.body
            })
            .map(|kept| kept.reply.clone())
    }

    /// Keeps the answer to a change that worked; a failed one may be tried again under its id.
    pub(super) fn remember(&mut self, call: &Call, reply: &Reply) {
        let changes = matches!(call.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
        let Some(request_id) = call.header("ms-requestid") else {
            return;
        };
        if !changes || !(200..300).contains(&reply.status) || self.find(call).is_some() {
            return;
        }
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Kept {
            request_id: request_id.to_owned(),
            method: call.method.to_string(),
            path: call.path.clone(),
            body: call.body.clone(),
            reply: reply.clone(),
        });
    }
}
