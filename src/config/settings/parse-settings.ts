/** Parses settings from flags, environment and file, and lists all problems at once, before any port is bound. */

import { auditReceiver } from "./audit-settings.ts";
import type * as z from "zod";
import { policyProblems } from "./binding-settings.ts";
import { checkShape, type ShapeProblem } from "../check-shape.ts";
import { adminSettings } from "./admin/admin-settings.ts";
import { adminTokenSource } from "./admin/admin-token.ts";
import { childEnvironment } from "./child-environment.ts";
import { healthPathsBeside } from "./admin/health-settings.ts";
import { unknownVariables } from "../known-variables.ts";
import { gatherSettings, type GivenSettings, type SettingsSources } from "./given-settings.ts";
import { outgoingProxy } from "./identity/outgoing-proxy.ts";
import { limitsProblems, replicaProblems } from "./limits/limits-settings.ts";
import { withSentinelAccount } from "./limits/sentinel-account.ts";
import { serverNameFromCommand, serverNameFromUrl } from "./server-name.ts";
import type { Settings, UpstreamSettings } from "./settings.ts";
import { SETTINGS_SHAPE } from "./settings-shape.ts";
import { upstreamTlsSettings } from "./tls-settings.ts";
import { workersProblems } from "./workers-settings.ts";

export type ParsedSettings =
  | { readonly ok: true; readonly settings: Settings }
  | {
      readonly ok: false;
      /** `setting: must be ...`, after the flag, the variable or the name in the file. */
      readonly problems: readonly string[];
      /** The same for an operator, with the file, the line and the column of each problem that is in the file. */
      readonly report: readonly string[];
    };

/** Flag beats environment beats file beats default. */
export function parseSettings(sources: SettingsSources): ParsedSettings {
  const given = gatherSettings(sources);
  const problems = [
    ...unknownVariables(sources.environment),
    ...given.problems,
    ...upstreamProblems(sources.command, given),
  ];
  const report = problems.map((text) => placeOfContradiction(text, given));
  const checked = checkShape(SETTINGS_SHAPE, given.values);
  if (!checked.ok) {
    const texts = checked.problems.map((problem) => settingProblem(problem, given));
    const located = checked.problems.map((problem, index) => withPlace(problem, `${texts[index]}`, given));
    return { ok: false, problems: [...problems, ...texts], report: [...report, ...located] };
  }
  problems.push(
    ...policyProblems(checked.value, given),
    ...limitsProblems(checked.value, sources.environment, given.origins["limits"] ?? "limits"),
    ...adminProblems(checked.value, given),
    ...upstreamTlsProblems(checked.value, given),
    ...chainProblems(checked.value),
    ...sseProblems(checked.value, given),
    ...approverProblems(checked.value),
    ...replicaProblems(checked.value, given.origins["replica-address"]),
    ...workersProblems(checked.value, given.origins["workers"]),
  );
  if (problems.length > 0)
    return { ok: false, problems, report: problems.map((text) => placeOfContradiction(text, given)) };
  return { ok: true, settings: completeSettings(checked.value, sources) };
}

const MISSING =
  "--upstream: is missing; say which MCP endpoint to guard, as in --upstream http://127.0.0.1:3000/mcp, or -- COMMAND to start a server";

/** Settings that only a server at a URL has. */
const UPSTREAM_ONLY = ["upstream-transport", "upstream-ca", "upstream-tls"];

/** Exactly one server: one that runs already, or one that the sidecar starts. */
function upstreamProblems(
  command: readonly string[] | undefined,
  { values, origins, problems }: GivenSettings,
): string[] {
  const at = (name: string): string => origins[name] ?? name;
  const isUpstreamGiven = values["upstream"] !== undefined;
  if (command === undefined) {
    const stray =
      values["env"] === undefined ? [] : [`${at("env")}: is for a server that is started: add -- COMMAND`];
    // A file that cannot be read may name the server.
    return isUpstreamGiven || problems.length > 0 ? stray : [MISSING, ...stray];
  }
  if (command[0] === undefined || command[0] === "")
    return ["--: must be followed by a command, as in -- uvx some-server"];
  if (isUpstreamGiven) return [`${at("upstream")}: must not stand beside -- COMMAND: choose one of the two`];
  return UPSTREAM_ONLY.filter((name) => values[name] !== undefined).map(
    (name) => `${at(name)}: is for --upstream URL; a server behind -- COMMAND speaks stdio`,
  );
}

function upstreamTlsProblems({ upstream }: CheckedSettings, { values, origins }: GivenSettings): string[] {
  if (upstream?.protocol !== "http:") return [];
  return ["upstream-ca", "upstream-tls"]
    .filter((name) => values[name] !== undefined)
    .map((name) => `${origins[name] ?? name}: is for a server behind https; --upstream is an http URL`);
}

/** The part of a mapping that the flag of the same name gives. */
const PART_OF_FLAG: Readonly<Record<string, string>> = { admin: "listen", audit: "file", limits: "url" };

function settingProblem({ path, message }: ShapeProblem, { origins, values }: GivenSettings): string {
  const [name = "", part] = path;
  const isOfFlag = path.length === 1 || part === PART_OF_FLAG[name];
  const origin = (isOfFlag ? origins[name] : undefined) ?? origins[path.slice(0, 2).join("-")];
  const written = isOfFlag && typeof values[name] === "string" ? name : path.join(".");
  return `${origin ?? (written || "settings")}: ${message}`;
}

/** The problem after the place of its setting in the file, when the file gives it. */
function withPlace(
  { path, unknownKeys = [] }: Pick<ShapeProblem, "path" | "unknownKeys">,
  text: string,
  given: GivenSettings,
): string {
  const [name = ""] = path;
  const isFromFile = given.origins[name] === undefined;
  const place = isFromFile ? given.placeInFile([...path, ...unknownKeys.slice(0, 1)]) : undefined;
  return place === undefined ? text : `${place}: ${text}`;
}

/** The problem after the place of the setting that it begins with, when the file gives it. */
function placeOfContradiction(text: string, given: GivenSettings): string {
  const [, name] = /^([a-z][\w-]*(?:\.[\w-]+)*): /.exec(text) ?? [];
  return name === undefined ? text : withPlace({ path: name.split(".") }, text, given);
}

/** One setting of two names, and health on the path of the endpoint. */
function adminProblems(
  { admin, path, "health-path": health, ...checked }: CheckedSettings,
  { origins, values }: GivenSettings,
): string[] {
  const isHealth = [...health.live, ...health.ready].includes(path) && values["health-path"] !== undefined;
  const isTwice = admin["token-file"] !== undefined && checked["admin-token-file"] !== undefined;
  return [
    ...(isTwice ? ["admin-token-file: must not stand beside admin.token-file: choose one of the two"] : []),
    ...(isHealth ? [`${origins["health-path"] ?? "health-path"}: must not be the path of the endpoint`] : []),
  ];
}

// Security: two names that the same person has written are no two people.
function approverProblems({ approvals: { approvers = 1 }, admin }: CheckedSettings): string[] {
  if (approvers === 1 || admin["tokens-file"] !== undefined || admin["operator-header"] !== undefined)
    return [];
  return [
    "approvals.approvers: needs people with proven names: set admin.tokens-file or admin.operator-header",
  ];
}

function chainProblems({ audit: { file, chain } }: CheckedSettings): string[] {
  if (!chain || (file !== undefined && file !== "-" && auditReceiver({ file }) === undefined)) return [];
  return ["audit.chain: needs a file: the key of a chain elsewhere ends with the process"];
}

/** The paths that `--serve-sse` adds to the listener. */
const SSE_PATHS: readonly string[] = ["/sse", "/messages"];

function sseProblems(
  { "serve-sse": serveSse, path, "health-path": health, listen, upstream }: CheckedSettings,
  { origins }: GivenSettings,
): string[] {
  if (String(serveSse) !== "true") return [];
  const at = origins["serve-sse"] ?? "serve-sse";
  const taken = [path, ...health.live, ...health.ready].find((each) =>
    SSE_PATHS.includes(each.replace(/\/$/, "")),
  );
  return [
    ...(listen === undefined && upstream === undefined
      ? [`${at}: is for clients over HTTP: say where to listen with --listen`]
      : []),
    ...(taken === undefined ? [] : [`${at}: serves ${taken}, which must have no other meaning`]),
  ];
}

type CheckedSettings = z.infer<typeof SETTINGS_SHAPE>;

const DEFAULT_LISTEN = { host: "127.0.0.1", port: 8080 };

function completeSettings(checked: CheckedSettings, sources: SettingsSources): Settings {
  const { environment, isTerminal } = sources;
  const { path, policy, agents, mode, agent, audit, identity, tls, approvals, freeze, bounds } = checked;
  const upstream = upstreamSettings(checked, sources);
  const proxy = outgoingProxy(environment);
  const listen = checked.listen ?? (upstream.kind === "http" ? DEFAULT_LISTEN : undefined);
  const adminToken = adminTokenSource(
    checked.admin["token-file"] ?? checked["admin-token-file"],
    environment,
  );
  return {
    upstream,
    path,
    health: healthPathsBeside(path, checked["health-path"]),
    admin: adminSettings(checked.admin, environment),
    agents,
    mode,
    identity: { ...identity, ...(proxy && { outgoingProxy: proxy }) },
    approvals,
    freeze,
    bounds,
    stdio: checked.stdio,
    labels: checked.labels,
    ...(listen && { listen }),
    ...(policy !== undefined && { policy }),
    ...(agent !== undefined && { agent }),
    ...(audit.file !== undefined && { audit: auditReceiver(audit) ?? audit.file }),
    ...(tls && { tls }),
    ...(adminToken && { adminToken }),
    ...(checked["replica-address"] && { replicaAddress: checked["replica-address"] }),
    workers: checked.workers,
    serverRequests: checked["server-requests"],
    server: checked.server ?? serverName(upstream),
    metrics: checked.metrics,
    isAuditChained: audit.chain,
    auditCapture: audit.capture,
    allowedHosts: checked["allowed-host"],
    allowedOrigins: checked["allowed-origin"],
    servesSse: String(checked["serve-sse"]) === "true",
    requireIsolation: String(checked["require-isolation"]) === "true",
    logLevel: checked["log-level"],
    logFormat: checked["log-format"] ?? (isTerminal ? "pretty" : "json"),
    limits: withSentinelAccount(checked.limits, environment),
  };
}

function upstreamSettings(
  checked: CheckedSettings,
  { command: [command = "", ...args] = [], environment }: SettingsSources,
): UpstreamSettings {
  const { upstream: url, "upstream-transport": transport = "auto" } = checked;
  if (url === undefined)
    return { kind: "stdio", command, args, environment: childEnvironment(environment, checked.env) };
  const tls = upstreamTlsSettings(checked["upstream-ca"], checked["upstream-tls"]);
  return { kind: "http", url, transport, tls };
}

function serverName(upstream: UpstreamSettings): string {
  return upstream.kind === "http"
    ? serverNameFromUrl(upstream.url)
    : serverNameFromCommand(upstream.command, upstream.args);
}
