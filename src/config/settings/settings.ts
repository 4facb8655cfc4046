/** From flags, environment and file to typed settings: all problems at once, before any port is bound. */

import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import * as z from "zod";
import type { Mode } from "../../policy/mode.ts";
import { type AdminTokenSource, adminTokenSource } from "./admin-token.ts";
import { type ApprovalSettings, approvalSettings } from "./approval-settings.ts";
import { type FreezeSettings, freezeSettings } from "./freeze-settings.ts";
import { childEnvironment } from "./child-environment.ts";
import { FLAGS, type FlagName } from "./flags.ts";
import {
  type IdentitySettings,
  identitySettings,
  type TlsSettings,
  tlsSettings,
} from "./identity-settings.ts";
import { type LimitsSettings, limitsProblems, mergeLimits, withSentinelAccount } from "./limits-settings.ts";
import { serverNameFromCommand, serverNameFromUrl } from "./server-name.ts";
import { type Address, type LOG_LEVELS, type PolicyBinding, SETTINGS_SHAPE } from "./settings-shape.ts";

export interface Settings {
  readonly upstream: UpstreamSettings;
  /** Absent when a server is wrapped and nobody asked for it: downstream is then our own stdin and stdout. */
  readonly listen?: Address;
  readonly path: string;
  readonly admin: Address;
  /** Absent: everything is allowed and observed. */
  readonly policy?: string;
  /** What the server may ask of agents, by method, `*` for the others; what is not named passes. */
  readonly serverRequests: Readonly<Record<string, "allow" | "deny">>;
  /** Policies of their own for some agents; the first that matches counts. */
  readonly agents: readonly PolicyBinding[];
  readonly mode: Mode;
  readonly server: string;
  readonly agent?: string;
  /** A path, or `-` for stdout, which is stderr where stdout carries MCP; absent when off. */
  readonly audit?: string;
  /** Argument values that audit log and decisions keep: of these tools, at these paths. */
  readonly auditCapture: readonly { readonly tool: string; readonly paths: readonly string[] }[];
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whether an upstream that can be reached round the sidecar is not served. */
  readonly requireIsolation: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: "json" | "pretty";
  readonly identity: IdentitySettings;
  /** Absent: the downstream listener speaks plain HTTP. */
  readonly tls?: TlsSettings;
  /** What control endpoints of the admin listener ask for. */
  readonly adminToken?: AdminTokenSource;
  readonly approvals: ApprovalSettings;
  readonly freeze: FreezeSettings;
  readonly limits: LimitsSettings;
  readonly bounds: Bounds;
  readonly stdio: StdioSettings;
}

/** How a stdio server is served over HTTP. */
export interface StdioSettings {
  /** Children at once: one for each session, one for all clients of the modern era. */
  readonly maxChildren: number;
  /** How long a session may be idle before it and its child end. */
  readonly idleMs: number;
}

export type UpstreamSettings =
  | { readonly kind: "http"; readonly url: URL }
  | {
      readonly kind: "stdio";
      readonly command: string;
      readonly args: readonly string[];
      /** All that the server is given. */
      readonly environment: Readonly<Record<string, string>>;
    };

/** Settings of a sidecar whose downstream is HTTP. */
export interface HttpSettings extends Settings {
  readonly listen: Address;
}

export function hasHttpListener(settings: Settings): settings is HttpSettings {
  return settings.listen !== undefined;
}

export interface Bounds {
  /** Longest message from downstream, in bytes. */
  readonly messageBytes: number;
  /** Longest answer that is held back to be filtered, in bytes. */
  readonly listBytes: number;
  /** Connections at once; the next is closed as it comes. */
  readonly connections: number;
  /** Requests in flight at once, a call and its streamed answer included. */
  readonly requests: number;
  readonly requestsPerAgent: number;
  /** Streams that clients hold open by GET. */
  readonly streams: number;
  readonly streamsPerAgent: number;
  /** Legacy sessions that are remembered. */
  readonly sessions: number;
  readonly sessionsPerAgent: number;
  /** Calls that wait for a person's approval, or have it and did not come again yet. */
  readonly approvals: number;
  readonly approvalsPerAgent: number;
  /** Bytes of messages that are still arriving, over all connections. */
  readonly receivedBytes: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly unreadMs: number;
  /** How long a request may take to arrive. */
  readonly requestMs: number;
  readonly upstreamConnectMs: number;
  /** How long an upstream may be silent within an answer that is no stream. */
  readonly upstreamIdleMs: number;
  /** Median delay of the event loop over a second above which new requests are refused; 0: none is. */
  readonly loopDelayMs: number;
  /** How long to keep serving after SIGTERM while not ready. */
  readonly lameDuckMs: number;
  /** How long calls and streams may take to end after that. */
  readonly drainMs: number;
}

export type ParsedSettings =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

export interface SettingsSources {
  /** Values of flags as given on the command line. */
  readonly flags: Readonly<Partial<Record<FlagName, string | readonly string[]>>>;
  /** What stood after `--`; absent without it. */
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** Flag beats environment beats file beats default. */
export function parseSettings(sources: SettingsSources): ParsedSettings {
  const given = mergeFlagsAndEnvironment(sources);
  const file = readConfigFile(given["config"]?.text);
  const problems: string[] = [...file.problems, ...upstreamProblems(sources, file.values, given)];
  const raw: Record<string, unknown> = { ...file.values };
  for (const [name, { text }] of Object.entries(given))
    if (name !== "config") raw[name] = mergeWithFile(name, raw[name], text);
  const parsed = SETTINGS_SHAPE.safeParse(raw);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(describe(issue, given));
    return { ok: false, problems };
  }
  problems.push(...limitsProblems(parsed.data, sources.environment));
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, settings: complete(parsed.data, sources) };
}

type Given = Readonly<Record<string, { readonly text: string | readonly string[]; readonly origin: string }>>;

/** Exactly one server: one that is there, or one that is started. */
function upstreamProblems(
  { command }: SettingsSources,
  file: Readonly<Record<string, unknown>>,
  given: Given,
): string[] {
  const isNamed = (name: string): boolean => given[name] !== undefined || file[name] !== undefined;
  const at = (name: string): string => given[name]?.origin ?? name;
  if (command === undefined) {
    const alone = isNamed("env") ? [`${at("env")}: is for a server that is started: add -- COMMAND`] : [];
    return isNamed("upstream") ? alone : [MISSING, ...alone];
  }
  if (command[0] === undefined || command[0] === "")
    return ["--: must be followed by a command, as in -- uvx some-server"];
  return isNamed("upstream")
    ? [`${at("upstream")}: must not stand beside -- COMMAND: choose one of the two`]
    : [];
}

const MISSING =
  "--upstream: is missing; say which MCP endpoint to guard, as in --upstream http://127.0.0.1:3000/mcp, or -- COMMAND to start a server";

function mergeFlagsAndEnvironment({ flags, environment }: SettingsSources): Given {
  const given: Record<string, Given[string]> = {};
  for (const { name, environment: variable } of FLAGS) {
    const value = flags[name] ?? environment[variable];
    if (value === undefined || value === "") continue;
    given[name] = { text: value, origin: flags[name] === undefined ? variable : `--${name}` };
  }
  return given;
}

/** What a flag or variable says beside what the file says of the same: of a mapping it replaces the part that it names. */
function mergeWithFile(name: string, inFile: unknown, text: string | readonly string[]): unknown {
  if (name === "limits" && typeof text === "string") return mergeLimits(inFile, text);
  const isMapping = typeof inFile === "object" && inFile !== null;
  return name === "audit" && isMapping ? { ...inFile, file: text } : text;
}

function readConfigFile(path: string | readonly string[] | undefined): {
  values: Record<string, unknown>;
  problems: string[];
} {
  if (typeof path !== "string") return { values: {}, problems: [] };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { values: {}, problems: [`${path}: cannot be read: ${messageOf(error)}`] };
  }
  const document = parseDocument(text, { uniqueKeys: true });
  const problems = document.errors.map(
    (error) => `${path}: ${error.message.split("\n")[0] ?? "is not YAML"}`,
  );
  if (problems.length > 0) return { values: {}, problems };
  const root = z.record(z.string(), z.unknown()).safeParse(document.toJS() ?? {});
  return root.success
    ? { values: root.data, problems: [] }
    : { values: {}, problems: [`${path}: must be a mapping of settings`] };
}

const DEFAULT_LISTEN: Address = { host: "127.0.0.1", port: 8080 };

function complete(raw: z.infer<typeof SETTINGS_SHAPE>, sources: SettingsSources): Settings {
  const { bounds, identity, stdio } = raw;
  const upstream = upstreamOf(raw, sources);
  const listen = raw.listen ?? (upstream.kind === "http" ? DEFAULT_LISTEN : undefined);
  const { isTerminal, environment } = sources;
  const tls = tlsSettings(raw.tls);
  const adminToken = adminTokenSource(raw["admin-token-file"], environment);
  return {
    upstream,
    ...(listen === undefined ? {} : { listen }),
    path: raw.path,
    admin: raw.admin,
    ...(raw.policy === undefined ? {} : { policy: raw.policy }),
    serverRequests: raw["server-requests"],
    agents: raw.agents,
    mode: raw.mode,
    server: raw.server ?? serverName(upstream),
    ...(raw.agent === undefined ? {} : { agent: raw.agent }),
    ...(raw.audit.file === undefined ? {} : { audit: raw.audit.file }),
    auditCapture: raw.audit.capture,
    allowedHosts: raw["allowed-host"],
    allowedOrigins: raw["allowed-origin"],
    requireIsolation: String(raw["require-isolation"]) === "true",
    logLevel: raw["log-level"],
    logFormat: raw["log-format"] ?? (isTerminal ? "pretty" : "json"),
    identity: identitySettings(identity),
    ...(tls && { tls }),
    ...(adminToken && { adminToken }),
    approvals: approvalSettings(raw.approvals),
    freeze: freezeSettings(raw.freeze),
    limits: withSentinelAccount(raw.limits, environment),
    bounds: {
      messageBytes: bounds["message-bytes"],
      listBytes: bounds["list-bytes"],
      connections: bounds.connections,
      requests: bounds.requests,
      requestsPerAgent: bounds["requests-per-agent"],
      streams: bounds.streams,
      streamsPerAgent: bounds["streams-per-agent"],
      sessions: bounds.sessions,
      sessionsPerAgent: bounds["sessions-per-agent"],
      approvals: bounds.approvals,
      approvalsPerAgent: bounds["approvals-per-agent"],
      receivedBytes: bounds["received-bytes"],
      unreadMs: bounds["unread-ms"],
      requestMs: bounds["request-ms"],
      upstreamConnectMs: bounds["upstream-connect-ms"],
      upstreamIdleMs: bounds["upstream-idle-ms"],
      loopDelayMs: bounds["loop-delay-ms"],
      lameDuckMs: bounds["lame-duck-ms"],
      drainMs: bounds["drain-ms"],
    },
    stdio: { maxChildren: stdio["max-children"], idleMs: stdio["idle-ms"] },
  };
}

function upstreamOf(
  { upstream: url, env }: z.infer<typeof SETTINGS_SHAPE>,
  { command: [command = "", ...args] = [], environment }: SettingsSources,
): UpstreamSettings {
  if (url !== undefined) return { kind: "http", url };
  return { kind: "stdio", command, args, environment: childEnvironment(environment, env) };
}

function serverName(upstream: UpstreamSettings): string {
  return upstream.kind === "http"
    ? serverNameFromUrl(upstream.url)
    : serverNameFromCommand(upstream.command, upstream.args);
}

/** Where a flag speaks of a part of a mapping: which. */
const PART_OF_FLAG: Readonly<Record<string, string>> = { audit: "file", limits: "url" };

function describe(issue: z.core.$ZodIssue, given: Given): string {
  const name = String(issue.path[0] ?? "");
  const isOfFlag = issue.path.length === 1 || issue.path[1] === PART_OF_FLAG[name];
  const origin = isOfFlag ? given[name]?.origin : undefined;
  const where = origin ?? (issue.path.length > 0 ? issue.path.join(".") : "settings");
  if (issue.code === "unrecognized_keys") return `${where}: unknown: ${issue.keys.join(", ")}`;
  return `${where}: ${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
