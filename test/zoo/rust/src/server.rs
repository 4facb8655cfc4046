//! The zoo's server: tools that only return, resources, and a prompt.
#![allow(deprecated)] // Log messages, which older revisions have.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer, ServerHandler, ServiceExt,
    handler::server::{
        router::tool::ToolRouter,
        wrapper::{Json, Parameters},
    },
    model::{
        CallToolResult, ContentBlock, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, PaginatedRequestParams,
        PromptMessage, ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ResourceContents,
        Role, ServerCapabilities, ServerConfig, SetLevelRequestParams,
    },
    schemars::{self, JsonSchema},
    service::RequestContext,
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const ENCODED_BYTES: &str = "AAF/gP8=";
const NOTE: &str = "a note with ä and 🦄";

#[derive(Deserialize, JsonSchema)]
struct Text {
    text: String,
}

#[derive(Deserialize, JsonSchema)]
struct Summands {
    a: i64,
    b: i64,
}

#[derive(Serialize, JsonSchema)]
struct Sum {
    sum: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Reason {
    reason: String,
}

#[derive(Clone)]
pub struct Zoo {
    tool_router: ToolRouter<Self>,
}

pub async fn serve_stdio() {
    let service = Zoo::new().serve(rmcp::transport::stdio()).await.expect("the session starts");
    service.waiting().await.expect("the session ends");
}

pub async fn serve_http(port: &str) {
    let service = StreamableHttpService::new(
        || Ok(Zoo::new()),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    axum::serve(listener, axum::Router::new().nest_service("/mcp", service)).await.expect("the server runs");
}

#[tool_router]
impl Zoo {
    fn new() -> Self {
        Self { tool_router: Self::tool_router() + Self::talking_tools() }
    }

    #[tool(description = "Returns the text.")]
    fn echo(&self, Parameters(Text { text }): Parameters<Text>) -> String {
        text
    }

    #[tool(description = "Adds two integers.")]
    fn sum(&self, Parameters(Summands { a, b }): Parameters<Summands>) -> Json<Sum> {
        Json(Sum { sum: a + b })
    }

    #[tool(description = "Takes nothing and returns nothing.")]
    fn nothing(&self) -> CallToolResult {
        CallToolResult::success(vec![])
    }

    #[tool(description = "Fails.")]
    fn fail(&self, Parameters(Reason { reason }): Parameters<Reason>) -> Result<String, String> {
        Err(format!("it failed: {reason}"))
    }

    #[tool(description = "Returns content of every kind.")]
    fn picture(&self) -> CallToolResult {
        CallToolResult::success(vec![
            ContentBlock::text("a picture"),
            ContentBlock::image(ENCODED_BYTES, "image/png"),
            ContentBlock::resource_link(rmcp::model::Resource::new("zoo://note", "note")),
            ContentBlock::resource(bytes()),
        ])
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Zoo {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_logging()
            .enable_prompts()
            .enable_resources()
            .enable_tools()
            .build();
        ServerConfig::new(capabilities)
            .with_server_info(rmcp::model::Implementation::new("zoo", "1.0.0"))
            .with_instructions("A server for comparisons.")
    }

    async fn set_level(&self, _: SetLevelRequestParams, _: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn list_resources(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        Ok(ListResourcesResult::with_all_items(from_json(json!([
            { "uri": "zoo://note", "name": "note", "mimeType": "text/plain" },
            { "uri": "zoo://bytes", "name": "bytes", "mimeType": "application/octet-stream" },
        ]))))
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        Ok(ListResourceTemplatesResult::with_all_items(from_json(json!([
            { "uriTemplate": "zoo://item/{item}", "name": "item", "mimeType": "text/plain" },
        ]))))
    }

    async fn read_resource(
        &self,
        ReadResourceRequestParams { uri, .. }: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let contents = match (uri.as_str(), uri.strip_prefix("zoo://item/")) {
            ("zoo://bytes", _) => bytes(),
            ("zoo://note", _) => ResourceContents::text(NOTE, uri).with_mime_type("text/plain"),
            (_, Some(item)) => ResourceContents::text(format!("item {item}"), &uri).with_mime_type("text/plain"),
            _ => return Err(ErrorData::resource_not_found("no such resource", Some(json!({ "uri": uri })))),
        };
        Ok(ReadResourceResult::new(vec![contents]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        Ok(ListPromptsResult::with_all_items(from_json(json!([
            { "name": "greet", "description": "Greets somebody.", "arguments": [{ "name": "name", "required": true }] },
        ]))))
    }

    async fn get_prompt(
        &self,
        GetPromptRequestParams { name, arguments, .. }: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let somebody = arguments.as_ref().and_then(|given| given.get("name")).and_then(Value::as_str);
        let ("greet", Some(somebody)) = (name.as_str(), somebody) else {
            return Err(ErrorData::invalid_params("no such prompt", None));
        };
        let said = PromptMessage::new_text(Role::User, format!("Say hello to {somebody}."));
        Ok(GetPromptResult::new(vec![said]).into())
    }
}

fn bytes() -> ResourceContents {
    ResourceContents::blob(ENCODED_BYTES, "zoo://bytes").with_mime_type("application/octet-stream")
}

pub fn from_json<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the value is of the type")
}
