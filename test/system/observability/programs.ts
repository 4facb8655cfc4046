/** Starts Debian's Prometheus and Alertmanager with the files of deploy/compose, and receives what they say. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import * as z from "zod";
import { until } from "../../fixtures/start-sidecar.ts";
import { isSystemProgram, requireProgram } from "../../fixtures/system-program.ts";
import { endProcess } from "../../fixtures/processes.ts";

export interface Program {
  readonly url: string;
  /** Absent where it is a part of this process. */
  readonly pid?: number | undefined;
  readonly stop: () => Promise<void>;
}

/** Runs a program of this name or path until `stop`, ready when `/-/ready` answers. @throws when it ends before that. */
export async function startProgram(name: string, flags: readonly string[], port: number): Promise<Program> {
  const listen = `--web.listen-address=127.0.0.1:${port}`;
  const program = isSystemProgram(name) ? requireProgram(name) : name;
  const child = spawn(program, [...flags, listen], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`${name} ended:\n${said}`);
    return isReady(`${url}/-/ready`);
  });
  return { url, pid: child.pid, stop: () => endProcess(child) };
}

function isReady(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

const notification = z.looseObject({
  alerts: z.array(
    z.looseObject({
      status: z.enum(["firing", "resolved"]),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
    }),
  ),
});

export type ToldAlert = z.infer<typeof notification>["alerts"][number] & {
  /** By `performance.now()`. */
  readonly receivedAtMs: number;
};

export interface Webhook extends Program {
  /** The alerts received so far, oldest first. */
  readonly told: readonly ToldAlert[];
  /** Waits for the first such alert. */
  readonly waitFor: (name: string, status: "firing" | "resolved") => Promise<ToldAlert>;
}

export async function startWebhook(): Promise<Webhook> {
  const told: ToldAlert[] = [];
  const server = createServer((request, response) => {
    json(request)
      .then((body) => {
        const receivedAtMs = performance.now();
        for (const alert of notification.parse(body).alerts) told.push({ ...alert, receivedAtMs });
        response.end();
      })
      .catch(() => response.writeHead(400).end());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const find = (name: string, status: string): ToldAlert | undefined =>
    told.find((alert) => alert.labels["alertname"] === name && alert.status === status);
  const waitFor = async (name: string, status: "firing" | "resolved"): Promise<ToldAlert> => {
    let alert: ToldAlert | undefined;
    await until(() => (alert = find(name, status)) !== undefined);
    if (alert === undefined) throw new Error(`${name} was not told`);
    return alert;
  };
  const stop = async (): Promise<void> => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return { url: `http://127.0.0.1:${port}/alerts`, told, waitFor, stop };
}
