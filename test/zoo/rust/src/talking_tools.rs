//! The tools of the zoo's server that send messages before their result, or wait.
#![allow(deprecated)] // Log messages and requests to the client, which older revisions have.

use std::time::Duration;

use rmcp::{
    ErrorData, Peer, RoleServer,
    handler::server::{tool::InputResponses, wrapper::Parameters},
    model::{CallToolResponse, CallToolResult, ContentBlock, InputRequiredResult, ProtocolVersion, RequestMetaObject},
    schemars::{self, JsonSchema},
    service::RequestContext,
    tool, tool_router,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::server::{Zoo, from_json};

/// Has a permit for each call of `wait` that was cancelled.
static CANCELLED: Semaphore = Semaphore::const_new(0);

#[derive(Deserialize, JsonSchema)]
struct Work {
    steps: u32,
}

#[tool_router(router = talking_tools, vis = "pub")]
impl Zoo {
    #[tool(description = "Sends a log message, then a progress notification for each step.")]
    async fn work(
        &self,
        Parameters(Work { steps }): Parameters<Work>,
        meta: RequestMetaObject,
        client: Peer<RoleServer>,
    ) -> String {
        let message = from_json(json!({ "level": "info", "data": "at work" }));
        let _ = client.notify_logging_message(message).await;
        for step in 1..=steps {
            report(&client, &meta, step, steps, &format!("step {step}")).await;
        }
        // A client that gets progress and result in one piece may not have seen the progress before the result.
        sleep(Duration::from_millis(200)).await;
        "done".to_owned()
    }

    #[tool(description = "Asks the user for a name.")]
    async fn ask(
        &self,
        InputResponses(responses): InputResponses,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let is_modern = context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28);
        let answer = match (is_modern, responses) {
            (true, None) => return Ok(question().into()),
            (true, Some(responses)) => json!(responses["name"]),
            (false, _) => {
                let params = from_json(question_params());
                let asked = context.peer.create_elicitation(params).await;
                json!(asked.map_err(|error| ErrorData::internal_error(error.to_string(), None))?)
            }
        };
        let name = answer["content"]["name"].as_str().unwrap_or("nobody");
        Ok(CallToolResult::success(vec![ContentBlock::text(name)]).into())
    }

    #[tool(description = "Sends a progress notification, then waits until the call is cancelled.")]
    async fn wait(&self, meta: RequestMetaObject, context: RequestContext<RoleServer>) -> String {
        report(&context.peer, &meta, 1, 2, "waiting").await;
        if timeout(Duration::from_secs(60), context.ct.cancelled()).await.is_ok() {
            CANCELLED.add_permits(1);
        }
        "waited".to_owned()
    }

    #[tool(description = "Whether a call of `wait` was cancelled.")]
    async fn cancelled(&self) -> String {
        match timeout(Duration::from_secs(5), CANCELLED.acquire()).await {
            Ok(Ok(permit)) => {
                permit.forget();
                "a call was cancelled".to_owned()
            }
            _ => "no call was cancelled".to_owned(),
        }
    }
}

async fn report(client: &Peer<RoleServer>, meta: &RequestMetaObject, done: u32, total: u32, message: &str) {
    let Some(token) = meta.get_progress_token() else { return };
    let params = json!({ "progressToken": token, "progress": done, "total": total, "message": message });
    let _ = client.notify_progress(from_json(params)).await;
}

/// The question in the form of revision 2026-07-28, whose servers send no requests.
fn question() -> InputRequiredResult {
    from_json(json!({
        "resultType": "input_required",
        "inputRequests": { "name": { "method": "elicitation/create", "params": question_params() } },
        "requestState": "asked",
    }))
}

fn question_params() -> Value {
    json!({
        "mode": "form",
        "message": "What is your name?",
        "requestedSchema": { "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] },
    })
}
