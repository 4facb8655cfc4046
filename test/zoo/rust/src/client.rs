//! The client of rmcp, which asks the server for its revision and speaks either era.
#![allow(deprecated)] // What older revisions have: sampling, roots, log messages and their level.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient, ServiceError,
    model::{
        ClientConfig, ClientRequest, CreateMessageRequestParams, CreateMessageResult, ElicitRequestParams,
        ElicitResult, ListRootsResult, LoggingMessageNotificationParam, PingRequest, ProgressNotificationParam,
        ProtocolVersion,
    },
    service::{NotificationContext, RequestContext, RunningService},
    transport::{StreamableHttpClientTransport, TokioChildProcess},
};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{process::Command, sync::Notify, time::timeout};

use crate::server::from_json;

/// Far more than a notification needs that is already on its way.
const WAIT: Duration = Duration::from_secs(5);

/// What the server has sent without being asked.
#[derive(Clone, Default)]
struct Inbox {
    progress: Arc<Mutex<Vec<Value>>>,
    logs: Arc<Mutex<Vec<Value>>>,
    arrived: Arc<Notify>,
}

impl Inbox {
    fn put(&self, list: &Mutex<Vec<Value>>, value: Value) {
        list.lock().expect("no task has panicked").push(value);
        self.arrived.notify_waiters();
    }

    /// Waits until the list has so many items, for a bounded time: the transcript then shows what is missing.
    async fn take(&self, list: &Mutex<Vec<Value>>, wanted: usize) -> Vec<Value> {
        let _ = timeout(WAIT, async {
            loop {
                let arrived = self.arrived.notified();
                if list.lock().expect("no task has panicked").len() >= wanted {
                    return;
                }
                arrived.await;
            }
        })
        .await;
        let mut items = list.lock().expect("no task has panicked");
        let count = wanted.min(items.len());
        items.drain(..count).collect()
    }
}

impl ClientHandler for Inbox {
    fn get_info(&self) -> ClientConfig {
        from_json(json!({
            "protocolVersion": "2025-11-25",
            "capabilities": { "sampling": {}, "elicitation": {}, "roots": {} },
            "clientInfo": { "name": "zoo", "version": "1.0.0" },
        }))
    }

    async fn create_message(
        &self,
        _: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        Ok(from_json(json!({ "role": "assistant", "model": "none", "content": { "type": "text", "text": "because" } })))
    }

    async fn create_elicitation(
        &self,
        _: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        Ok(from_json(json!({ "action": "accept", "content": { "name": "Ada" } })))
    }

    async fn list_roots(&self, _: RequestContext<RoleClient>) -> Result<ListRootsResult, ErrorData> {
        Ok(from_json(json!({ "roots": [{ "uri": "file:///work", "name": "work" }] })))
    }

    async fn on_progress(&self, params: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        let ProgressNotificationParam { progress, total, message, .. } = params;
        self.put(&self.progress, json!({ "progress": progress, "total": total, "message": message }));
    }

    async fn on_logging_message(&self, params: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        self.put(&self.logs, json!(params));
    }
}

type Client = RunningService<RoleClient, Inbox>;

/// `input` is `[target, steps]` as JSON.
pub async fn run(input: &str) {
    let [target, steps]: [Value; 2] = serde_json::from_str(input).expect("the target and the steps");
    let inbox = Inbox::default();
    let client = connect(&target, inbox.clone()).await;
    print(json!({ "do": "initialize", "result": client.peer_info().map(|info| json!(*info)) }));
    let mut is_logging = false;
    for step in steps.as_array().expect("a list of steps") {
        let outcome = match step["do"].as_str() {
            Some("call") => call(&client, &inbox, step, is_logging).await,
            Some("cancel") => cancel(&client, &inbox, step).await,
            _ => request(&client, step).await,
        };
        is_logging |= step["do"] == "level" && outcome.is_ok();
        print(line(step, outcome));
    }
    client.cancel().await.expect("the session ends");
}

async fn connect(target: &Value, inbox: Inbox) -> Client {
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    if let Some(url) = target["http"].as_str() {
        let mode = match target["isLegacy"] == true {
            true => ClientLifecycleMode::Initialize,
            false => ClientLifecycleMode::Auto { preferred_versions, legacy_version: None },
        };
        let transport = StreamableHttpClientTransport::from_uri(url);
        return inbox.serve_with_lifecycle(transport, mode).await.expect("the session starts");
    }
    // `Auto` waits ten seconds for a process, which a busy machine may need to start it.
    let modern = ClientLifecycleMode::Discover { preferred_versions };
    match inbox.clone().serve_with_lifecycle(start(target), modern).await {
        Ok(client) => client,
        Err(_) => {
            let legacy = ClientLifecycleMode::Initialize;
            inbox.serve_with_lifecycle(start(target), legacy).await.expect("the session starts")
        }
    }
}

fn start(target: &Value) -> TokioChildProcess {
    let words: Vec<String> = from_json(target["stdio"].clone());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    let (transport, _) =
        TokioChildProcess::builder(command).stderr(Stdio::null()).spawn().expect("the server starts");
    transport
}

async fn call(client: &Client, inbox: &Inbox, step: &Value, is_logging: bool) -> Result<Value, ServiceError> {
    inbox.progress.lock().expect("no task has panicked").clear();
    let result = client.call_tool(from_json(call_params(step))).await?;
    let progress = inbox.take(&inbox.progress, count(&step["progress"])).await;
    let logs = inbox.take(&inbox.logs, if is_logging { count(&step["logs"]) } else { 0 }).await;
    Ok(json!({ "result": result, "progress": progress, "logs": logs }))
}

/// A call whose future is dropped is cancelled.
async fn cancel(client: &Client, inbox: &Inbox, step: &Value) -> Result<Value, ServiceError> {
    inbox.progress.lock().expect("no task has panicked").clear();
    let reported = inbox.arrived.notified();
    tokio::select! {
        result = client.call_tool(from_json(call_params(step))) => Ok(json!({ "result": result? })),
        () = reported => Err(ServiceError::Cancelled { reason: Some("by this client".to_owned()) }),
    }
}

fn call_params(step: &Value) -> Value {
    match &step["arguments"] {
        Value::Null => json!({ "name": step["tool"] }),
        arguments => json!({ "name": step["tool"], "arguments": arguments }),
    }
}

async fn request(client: &Client, step: &Value) -> Result<Value, ServiceError> {
    match step["do"].as_str().expect("the kind of step") {
        "ping" => {
            let ping = ClientRequest::PingRequest(PingRequest::default());
            client.send_request(ping).await.map(|_| json!({ "result": {} }))
        }
        "tools" => shown(client.list_tools(None).await),
        "resources" => shown(client.list_resources(None).await),
        "templates" => shown(client.list_resource_templates(None).await),
        "prompts" => shown(client.list_prompts(None).await),
        "read" => shown(client.read_resource(from_json(json!({ "uri": step["uri"] }))).await),
        "prompt" => {
            let params = json!({ "name": step["name"], "arguments": step["arguments"] });
            shown(client.get_prompt(from_json(params)).await)
        }
        "complete" => shown(
            client
                .complete(from_json(json!({
                    "ref": { "type": "ref/prompt", "name": step["prompt"] },
                    "argument": { "name": step["argument"], "value": step["value"] },
                })))
                .await,
        ),
        "level" => shown(client.set_level(from_json(json!({ "level": step["level"] }))).await),
        kind => panic!("no such step: {kind}"),
    }
}

fn shown(result: Result<impl Serialize, ServiceError>) -> Result<Value, ServiceError> {
    result.map(|value| json!({ "result": value }))
}

fn line(step: &Value, outcome: Result<Value, ServiceError>) -> Value {
    let kind = step["do"].as_str().expect("the kind of step");
    let subject = ["tool", "name", "uri"].iter().find_map(|key| step[key].as_str());
    let name = subject.map_or(kind.to_owned(), |subject| format!("{kind} {subject}"));
    let mut line = outcome.unwrap_or_else(|error| json!({ "error": shown_error(&error) }));
    line["do"] = json!(name);
    line
}

fn shown_error(error: &ServiceError) -> Value {
    match error {
        ServiceError::McpError(error) => json!({ "name": "McpError", "error": error }),
        error => json!({ "name": "ServiceError", "message": error.to_string() }),
    }
}

fn count(value: &Value) -> usize {
    value.as_u64().map_or(0, |count| usize::try_from(count).expect("a small number"))
}

fn print(line: Value) {
    println!("{line}");
}
