/** Tollgate from dist/ with everything on: a policy of 805 rules, limits, metrics, audit to a file, a tenth of the traces exported, identity by header. */

import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import { bodyOf, headersOf, LIST_TOOLS } from "../load/request.ts";
import { BUILT_MAIN, NODE_FLAGS, type Testbed } from "../testbed.ts";
import { benchPolicy } from "./policy.ts";
import { launchProgram } from "./process.ts";
import { sendRequest, type Subject } from "./subject.ts";

const PATH = "/mcp";
const TOOLS = 805;

export interface Tollgate extends Subject {
  readonly adminPort: number;
}

export interface TollgateOptions {
  /** URL of a Redis store. Absent: limits in memory. */
  readonly limits?: string;
  /** Absent: one. */
  readonly limitsPerTool?: number;
  /** Absent: a tenth of the calls is traced. */
  readonly hasTraces?: boolean;
  /** The name among the subjects; absent: tollgate. */
  readonly name?: string;
  /** Absent: the `main.js` that this tree has built. */
  readonly main?: string;
  /** Absent: the single process. */
  readonly workers?: number;
  /** The command of a stdio server; absent: the stub over HTTP. */
  readonly command?: readonly string[];
}

/** Starts it and waits until it is ready and knows the server's tools. */
export async function startTollgate(testbed: Testbed, options: TollgateOptions = {}): Promise<Tollgate> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const command = commandOf(testbed, options, { port, adminPort });
  const { pids, stop } = await launchProgram({
    command: testbed.onSubjectCore(command),
    environment: options.hasTraces === false ? {} : tracesTo(testbed.upstreamPort),
    isReady: () => isOk(adminPort),
  });
  const subject = { name: options.name ?? "tollgate", port, adminPort, path: PATH, headers: {}, pids, stop };
  if (options.command === undefined) await learnTools(subject);
  return subject;
}

function commandOf(
  testbed: Testbed,
  { limits, limitsPerTool, workers, command, main = BUILT_MAIN }: TollgateOptions,
  { port, adminPort }: { port: number; adminPort: number },
): readonly string[] {
  const folder = join(testbed.folder, `tollgate-${randomUUID()}`);
  mkdirSync(folder);
  const policy = join(folder, "policy.json");
  const config = join(folder, "config.yaml");
  writeFileSync(policy, JSON.stringify(benchPolicy({ rules: TOOLS, limitsPerTool: limitsPerTool ?? 1 })));
  writeFileSync(config, CONFIG);
  const upstream =
    command === undefined ? ["--upstream", `http://127.0.0.1:${testbed.upstreamPort}${PATH}`] : [];
  const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`];
  const output = ["--server", "stub", "--log-level", "error", "--audit", join(folder, "audit.jsonl")];
  const processes = workers === undefined ? [] : ["--workers", `${workers}`];
  const store = limits === undefined ? [] : ["--limits", limits];
  const program = [
    process.execPath,
    ...NODE_FLAGS,
    main,
    ...upstream,
    "--config",
    config,
    "--policy",
    policy,
  ];
  const server = command === undefined ? [] : ["--", ...command];
  return [...program, ...listeners, ...output, ...processes, ...store, ...server];
}

const CONFIG = `identity: { required: true, header: { name: X-Agent, from: [127.0.0.1] } }
bounds: { streams: 6000, streams-per-agent: 6000, requests-per-agent: 4000 }
`;

function tracesTo(port: number): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_TRACES_SAMPLER: "traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
  };
}

/** Lists tools as a client does first, so that the called tool has a label, a category and a schema. */
async function learnTools(subject: Tollgate): Promise<void> {
  const { status, text } = await sendRequest({
    ...subject,
    headers: headersOf(subject),
    body: bodyOf(LIST_TOOLS),
  });
  if (status !== 200 || !text.includes('"tools"'))
    throw new Error(`tollgate: tools/list was answered with ${status}: ${text.slice(0, 200)}`);
}

function isOk(adminPort: number): Promise<boolean> {
  return sendRequest({ port: adminPort, path: "/readyz" }).then(
    ({ status }) => status === 200,
    () => false,
  );
}
