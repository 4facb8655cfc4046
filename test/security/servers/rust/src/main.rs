//! A server of rmcp whose tools write down the arguments that serde made for them: `executing PORT`.

use std::{env, fs::OpenOptions, io::Write, sync::Arc};

use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    model::{ServerCapabilities, ServerConfig},
    schemars::{self, JsonSchema},
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, Serialize, JsonSchema, Default)]
struct Options {
    #[serde(default)]
    amount: f64,
}

#[derive(Deserialize, JsonSchema)]
struct Pay {
    #[serde(default)]
    amount: f64,
}

#[derive(Deserialize, JsonSchema)]
struct Target {
    #[serde(default)]
    path: String,
}

#[derive(Deserialize, JsonSchema)]
struct Order {
    #[serde(default)]
    opts: Option<Options>,
}

/// serde takes `{"live":null}` for `Live`, as well as `"live"`.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Live,
    Test,
    #[serde(rename = "Live")]
    Capital,
    #[serde(rename = "dry run")]
    DryRun,
}

#[derive(Deserialize, JsonSchema)]
struct Typed {
    #[serde(default)]
    force: bool,
    #[serde(default = "one")]
    uid: i64,
    #[serde(default)]
    nums: Vec<i64>,
    #[serde(default)]
    detail: Options,
    #[serde(default = "test")]
    mode: Mode,
}

fn one() -> i64 {
    1
}

fn test() -> Mode {
    Mode::Test
}

fn ran(tool: &str, args: Value) -> String {
    let line = format!("{}\n", json!({ "tool": tool, "args": args }));
    let file = env::var("RECORD_FILE").expect("RECORD_FILE");
    let mut record = OpenOptions::new().append(true).create(true).open(file).expect("the record opens");
    record.write_all(line.as_bytes()).expect("the record is written");
    format!("{tool} ran")
}

#[derive(Clone)]
struct Executing {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Executing {
    #[tool]
    fn safe(&self) -> String {
        ran("safe", json!({}))
    }

    #[tool]
    fn danger(&self) -> String {
        ran("danger", json!({}))
    }

    #[tool]
    fn pay(&self, Parameters(Pay { amount }): Parameters<Pay>) -> String {
        ran("pay", json!({ "amount": amount }))
    }

    #[tool]
    fn write(&self, Parameters(Target { path }): Parameters<Target>) -> String {
        ran("write", json!({ "path": path }))
    }

    #[tool]
    fn order(&self, Parameters(Order { opts }): Parameters<Order>) -> String {
        ran("order", json!({ "opts": opts }))
    }

    #[tool]
    fn typed(&self, Parameters(args): Parameters<Typed>) -> String {
        let Typed { force, uid, nums, detail, mode } = args;
        ran("typed", json!({ "force": force, "uid": uid, "nums": nums, "detail": detail, "mode": mode }))
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Executing {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port = env::args().nth(1).expect("a port");
    let service = StreamableHttpService::new(
        || Ok(Executing { tool_router: Executing::tool_router() }),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true),
    );
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await.expect("the server runs");
}
