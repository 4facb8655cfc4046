/** A recording server behind the sidecar, with the policy that the bypass vectors try to evade. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ExecutingServer, RecordedTool } from "../../fixtures/servers/executing-server.ts";
import type { RunningTollgate } from "../../fixtures/start-tollgate.ts";
import { startTollgateProcess } from "../../fixtures/start-tollgate.ts";
import type { Answer } from "./answer-kind.ts";
import type { Vector } from "./vectors.ts";

const POLICY = { version: "1", default: "allow", hide: [], tools: { delete_all: { action: "deny" } } };

const AUDIT_FILE = "audit.jsonl";

/** The effects of one message at the time when its response had arrived. */
export interface Observation {
  readonly answer: Answer;
  readonly executed: readonly RecordedTool[];
  readonly audited: readonly string[];
}

export class Trial {
  readonly #folder: string;
  readonly #server: ExecutingServer;
  readonly #tollgate: RunningTollgate;

  private constructor(folder: string, server: ExecutingServer, tollgate: RunningTollgate) {
    this.#folder = folder;
    this.#server = server;
    this.#tollgate = tollgate;
  }

  static async start(startServer: () => Promise<ExecutingServer>): Promise<Trial> {
    const folder = await mkdtemp(join(tmpdir(), "bypass-"));
    const policy = join(folder, "policy.json");
    await writeFile(policy, JSON.stringify(POLICY));
    const audit = join(folder, AUDIT_FILE);
    await writeFile(audit, "");
    const server = await startServer();
    const flags = ["--policy", policy, "--audit", audit, "--log-level", "error"];
    return new Trial(folder, server, await startTollgateProcess({ upstream: server.url, flags }));
  }

  /** Must not run concurrently: the effects of a message are the executions and records that were added during its exchange. */
  async observe(vector: Vector): Promise<Observation> {
    const executedBefore = this.#server.executions().length;
    const auditedBefore = (await this.audit()).length;
    const answer = await send(this.#tollgate.url, vector);
    const audited = (await this.audit()).slice(auditedBefore);
    return { answer, executed: this.#server.executions().slice(executedBefore), audited };
  }

  /** All records so far, as lines. */
  async audit(): Promise<readonly string[]> {
    const text = await readFile(join(this.#folder, AUDIT_FILE), "utf8");
    return text.split("\n").filter((line) => line !== "");
  }

  async stop(): Promise<void> {
    await this.#tollgate.stop();
    await this.#server.close();
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}

export async function send(url: string, { headers, body }: Vector): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { accept: "application/json, text/event-stream", ...headers },
    body: Buffer.from(body, "base64"),
  });
  return { status: response.status, text: await response.text() };
}
