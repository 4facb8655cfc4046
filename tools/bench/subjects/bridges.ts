/** What serves a stdio server over HTTP: Tollgate, supergateway and mcp-proxy, each with one session and so with one process of the stub. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import { headersOf } from "../load/request.ts";
import { NODE_FLAGS, type Stage } from "../stage.ts";
import { launch } from "./process.ts";
import { openSession } from "./session.ts";
import { answers, type Subject } from "./subject.ts";
import { startTollgate } from "./tollgate.ts";

const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));
const PATH = "/mcp";

type Peer = "supergateway" | "mcp-proxy";

/** Installs the peers, as their lockfile has them, where they are missing. @throws when npm cannot. */
export function installPeers(): void {
  if (existsSync(`${PEERS}node_modules/.package-lock.json`)) return;
  execFileSync("npm", ["ci", "--prefix", PEERS, "--ignore-scripts"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

export async function startTollgateBridge(stage: Stage): Promise<Subject> {
  return withSession(await startTollgate(stage, { command: stubOf(stage) }));
}

export async function startSupergateway(stage: Stage): Promise<Subject> {
  const stub = stubOf(stage).join(" ");
  const flags = ["--outputTransport", "streamableHttp", "--stateful", "--logLevel", "none"];
  return startPeer(stage, "supergateway", (port) => ["--stdio", stub, ...flags, "--port", port]);
}

export async function startMcpProxy(stage: Stage): Promise<Subject> {
  const flags = ["--host", "127.0.0.1", "--server", "stream"];
  return startPeer(stage, "mcp-proxy", (port) => [...flags, "--port", port, "--", ...stubOf(stage)]);
}

/** On the load's core, as the stub over HTTP is: only the bridge is to be the limit. */
function stubOf(stage: Stage): readonly string[] {
  return stage.onLoadCore([stage.programs.upstream, "--stdio"]);
}

async function startPeer(
  stage: Stage,
  name: Peer,
  flagsOn: (port: string) => readonly string[],
): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const program = `${PEERS}node_modules/.bin/${name}`;
  const { pids, stop } = await launch({
    command: stage.onSubjectCore([process.execPath, ...NODE_FLAGS, program, ...flagsOn(String(port))]),
    isReady: () => answers({ port, path: PATH }),
  });
  return withSession({ name, port, path: PATH, headers: {}, pids, stop });
}

async function withSession(subject: Subject): Promise<Subject> {
  try {
    return { ...subject, headers: await openSession({ ...subject, headers: headersOf(subject) }) };
  } catch (error) {
    await subject.stop();
    throw error;
  }
}
