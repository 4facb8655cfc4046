/** Checks the server: that it is reached, the transport, the revision, the clock, and the tools. */

import type { UpstreamSettings } from "../../config/settings/settings.ts";
import { readDefinitions, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { listServerTools } from "../policy/live-server.ts";
import { askServer } from "./ask-server.ts";
import { checkClock } from "./check-clock.ts";
import { checkConnection, tlsFiles } from "./check-connection.ts";
import { finding, type Finding } from "./findings.ts";

type HttpServer = Extract<UpstreamSettings, { kind: "http" }>;

export interface UpstreamFindings {
  readonly findings: readonly Finding[];
  /** Undefined where the server did not list them. */
  readonly tools: readonly ToolDefinition[] | undefined;
}

export async function checkUpstream(upstream: UpstreamSettings): Promise<UpstreamFindings> {
  if (upstream.kind === "http") return checkHttpServer(upstream);
  const listed = await listServerTools(upstream);
  if (!listed.ok) return { findings: [finding("upstream-command", listed.problem)], tools: undefined };
  const tools = readDefinitions(listed.tools);
  const started = `${upstream.command} starts, and speaks MCP over stdio`;
  return { findings: [finding("upstream-reachable", started), toolsFinding(tools)], tools };
}

async function checkHttpServer(server: HttpServer): Promise<UpstreamFindings> {
  const { url, transport } = server;
  const reached = await checkConnection(server);
  if (reached.some(({ level }) => level === "fault")) return { findings: reached, tools: undefined };
  if (transport === "sse") {
    const unasked = finding(
      "upstream-unasked",
      `${url.host} speaks HTTP+SSE, over which nothing is asked here`,
    );
    return { findings: [...reached, unasked], tools: undefined };
  }
  const answer = await askServer(url, tlsFiles(server));
  if (!answer.ok)
    return { findings: [...reached, finding("upstream-not-mcp", answer.problem)], tools: undefined };
  const tools = readDefinitions(answer.tools);
  const era = finding("upstream-era", `Streamable HTTP, revision ${answer.revisions.join(" and ")}`);
  return {
    findings: [...reached, era, toolsFinding(tools), checkClock(answer.date, Date.now())],
    tools,
  };
}

function toolsFinding(tools: readonly ToolDefinition[]): Finding {
  return tools.length === 0
    ? finding("upstream-no-tools", "the server lists no tools")
    : finding("upstream-tools", `the server lists ${tools.length} tools`);
}
