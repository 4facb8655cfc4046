/** After a restart under traffic, and on a replica, no tool is `_unknown` and no alert fires, although no client lists: real servers, real Prometheus. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { scaleRules } from "../../tools/alerts/duration.ts";
import { readRuleFile, RULE_FILES } from "../../tools/alerts/rule-files.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { atEnd, temporaryFolder } from "../fixtures/lifetime.ts";
import { endProcess } from "../fixtures/processes.ts";
import { startEverythingServer } from "../fixtures/servers/everything.ts";
import { startSdkV2Server } from "../fixtures/servers/sdk-v2-http.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { MAIN } from "../fixtures/start-wrap.ts";
import { startProgram } from "./observability/programs.ts";

/** A minute of the rules takes a second here. */
const FASTER = 60;
const END_WITH_PARENT = import.meta.resolve("../fixtures/end-with-parent.ts");

/** Two eras: sessions of 2025-06-18, and requests of 2026-07-28 without one. */
const SERVERS = [
  { name: "everything", tool: "echo", args: { message: "m" }, start: () => startEverythingServer() },
  { name: "sdk-v2", tool: "safe", args: {}, start: startSdkV2Server },
];

interface Sidecar {
  readonly url: string;
  readonly adminUrl: string;
  readonly target: string;
  readonly start: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

/** A sidecar that can be started again at the same addresses. */
async function sidecarFor(server: string, upstream: string): Promise<Sidecar> {
  const [listen, admin] = await freePorts(2);
  const addresses = [`--upstream=${upstream}`, `--listen=127.0.0.1:${listen}`, `--admin=127.0.0.1:${admin}`];
  const adminUrl = `http://127.0.0.1:${admin}`;
  let child: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (child !== undefined) await endProcess(child);
  };
  atEnd(kill);
  const isReady = (): Promise<boolean> =>
    fetch(`${adminUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  const start = async (): Promise<void> => {
    const flags = [...addresses, `--server=${server}`, "--log-level=error", "--agent=nightly-report"];
    child = spawn(process.execPath, ["--import", END_WITH_PARENT, MAIN, ...flags], {
      stdio: ["pipe", "inherit", "inherit"],
    });
    await until(isReady);
  };
  return { url: `http://127.0.0.1:${listen}/mcp`, adminUrl, target: `127.0.0.1:${admin}`, start, kill };
}

/** A client that knows its tools from before: it opens a session, calls, and never lists. */
class CachingClient {
  readonly #url: string;
  #headers: Readonly<Record<string, string>> = {};

  constructor(url: string) {
    this.#url = url;
  }

  async open(): Promise<void> {
    const protocolVersion = "2025-06-18";
    const params = { protocolVersion, capabilities: {}, clientInfo: { name: "cache", version: "1" } };
    const response = await this.#post({ id: 0, method: "initialize", params });
    await response.text();
    const session = response.headers.get("mcp-session-id");
    this.#headers = {
      "mcp-protocol-version": protocolVersion,
      ...(session !== null && { "mcp-session-id": session }),
    };
    await (await this.#post({ method: "notifications/initialized" })).text();
  }

  /** Returns whether the call succeeded. */
  async call(name: string, args: object): Promise<boolean> {
    const response = await this.#post({ id: 1, method: "tools/call", params: { name, arguments: args } });
    return (await response.text()).includes('"content"');
  }

  #post(message: object): Promise<Response> {
    return fetch(this.#url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...this.#headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });
  }
}

/** Calls until `isOver`, with a session of its own; counts the calls that succeeded. */
async function callUntil(
  url: string,
  server: (typeof SERVERS)[number],
  isOver: (calls: number) => Promise<boolean>,
) {
  const client = new CachingClient(url);
  await client.open();
  let calls = 0;
  while (!(await isOver(calls))) if (await client.call(server.tool, server.args)) calls += 1;
  return calls;
}

let prometheusUrl: string;
const sidecars = new Map<string, { readonly first: Sidecar; readonly replica: Sidecar }>();

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function query(expression: string): Promise<readonly Series[]> {
  const response = await fetch(`${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const body = (await response.json()) as { readonly data: { readonly result: readonly Series[] } };
  return body.data.result;
}

beforeAll(async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "rules"));
  for (const name of RULE_FILES)
    writeFileSync(join(folder, "rules", name), stringify(scaleRules(readRuleFile(name), 1 / FASTER)));
  for (const { name, start } of SERVERS) {
    const server = await start();
    atEnd(server.close);
    const [first, replica] = await Promise.all([sidecarFor(name, server.url), sidecarFor(name, server.url)]);
    sidecars.set(name, { first, replica });
  }
  const targets = Array.from(sidecars.values()).flatMap(({ first, replica }) => [
    first.target,
    replica.target,
  ]);
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(folder, "rules/*.yml")],
    scrape_configs: [{ job_name: "tollgate", static_configs: [{ targets }] }],
  };
  writeFileSync(join(folder, "prometheus.yml"), stringify(config));
  const [port = 0] = await freePorts(1);
  const flags = [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
  ];
  const prometheus = await startProgram("prometheus", flags, port);
  prometheusUrl = prometheus.url;
  atEnd(prometheus.stop);
}, 120_000);

describe.each(SERVERS)("clients of $name that never list", (server) => {
  const place = () => {
    const found = sidecars.get(server.name);
    if (found === undefined) throw new Error(`no sidecar of ${server.name}`);
    return found;
  };

  /** Whether Prometheus has counted this many calls of the tool at the sidecar. */
  const isCounted = async ({ target }: Sidecar, calls: number): Promise<boolean> => {
    const [series] = await query(
      `sum(tollgate_tool_calls_total{instance="${target}",tool="${server.tool}"})`,
    );
    return Number(series?.value[1] ?? 0) >= calls;
  };

  it("are counted by tool before a restart, after it, and on a replica", async () => {
    const { first, replica } = place();
    await first.start();
    await callUntil(first.url, server, (calls) => isCounted(first, Math.max(calls, 20)));
    await first.kill();
    await first.start();
    await callUntil(first.url, server, async (calls) => calls >= 30);
    await replica.start();
    await callUntil(replica.url, server, async (calls) => calls >= 30);
    await until(async () => (await isCounted(replica, 30)) && (await isCounted(first, 30)));
    const unknown = `max_over_time(tollgate_tool_calls_total{server="${server.name}",tool="_unknown"}[1h])`;
    expect(await query(unknown)).toEqual([]);
  }, 120_000);

  it("raise no alert about guesses", async () => {
    const alerts = await query(`max_over_time(ALERTS{server="${server.name}",agent="nightly-report"}[1h])`);
    expect(alerts.map(({ metric }) => metric["alertname"])).toEqual([]);
  });
});

describe("an agent that guesses", () => {
  it("raises the alert, so that its silence says something", async () => {
    const found = sidecars.get("sdk-v2");
    if (found === undefined) throw new Error("no sidecar");
    const client = new CachingClient(found.replica.url);
    await client.open();
    for (let guess = 0; guess < 40; guess += 1) await client.call(`guess_${guess}`, {});
    await until(async () => {
      await client.call("guess_more", {});
      return (await query('ALERTS{alertname="AgentGuessingTools",alertstate="firing"}')).length > 0;
    });
    expect((await query('tollgate_tool_calls_total{tool="_unknown"}')).length).toBeGreaterThan(0);
  }, 120_000);
});
