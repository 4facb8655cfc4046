/**
 * Names of span attributes, in one place because the conventions for MCP still change.
 * Source: open-telemetry/semantic-conventions-genai, docs/gen-ai/mcp.md (status: development).
 */

export const MCP_METHOD_NAME = "mcp.method.name";
export const MCP_PROTOCOL_VERSION = "mcp.protocol.version";
export const MCP_SESSION_ID = "mcp.session.id";
export const GEN_AI_TOOL_NAME = "gen_ai.tool.name";
export const GEN_AI_OPERATION_NAME = "gen_ai.operation.name";
export const EXECUTE_TOOL = "execute_tool";
export const JSONRPC_REQUEST_ID = "jsonrpc.request.id";
export const RPC_RESPONSE_STATUS_CODE = "rpc.response.status_code";
export const NETWORK_TRANSPORT = "network.transport";
export const CLIENT_ADDRESS = "client.address";
export const SERVER_ADDRESS = "server.address";
export const SERVER_PORT = "server.port";
export const ERROR_TYPE = "error.type";

export const TOLLGATE_EFFECT = "tollgate.effect";
export const TOLLGATE_REASON = "tollgate.reason";
export const TOLLGATE_RULE = "tollgate.rule";
export const TOLLGATE_POLICY_DIGEST = "tollgate.policy.digest";
export const TOLLGATE_TOOL_CATEGORY = "tollgate.tool.category";
export const TOLLGATE_ARGUMENTS_CHECK = "tollgate.arguments.check";
export const TOLLGATE_ARGUMENTS_CAUSE = "tollgate.arguments.cause";
export const TOLLGATE_ARGUMENTS_PATH = "tollgate.arguments.path";
export const TOLLGATE_AGENT = "tollgate.agent";
export const TOLLGATE_AGENT_SOURCE = "tollgate.agent.source";
export const TOLLGATE_AGENT_VERIFIED = "tollgate.agent.verified";
export const TOLLGATE_USER = "tollgate.user";
export const TOLLGATE_DECISION_ID = "tollgate.decision.id";
