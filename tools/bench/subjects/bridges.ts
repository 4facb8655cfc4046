/** Bridges from a stdio server to HTTP: Tollgate, supergateway and mcp-proxy, each with one session and so one process of the stub. */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import { headersOf } from "../load/request.ts";
import { NODE_FLAGS, type Testbed } from "../testbed.ts";
import { launchProgram } from "./process.ts";
import { openSession } from "./session.ts";
import { isAnswering, type Subject } from "./subject.ts";
import { startTollgate } from "./tollgate.ts";

const PEERS = fileURLToPath(new URL("../peers/", import.meta.url));
const PATH = "/mcp";

type Peer = "supergateway" | "mcp-proxy";

/** Installs the peers from their lockfile when they are missing. @throws when npm fails */
export function installPeers(): void {
  if (existsSync(`${PEERS}node_modules/.package-lock.json`)) return;
  execFileSync("npm", ["ci", "--prefix", PEERS, "--ignore-scripts"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

export async function startTollgateBridge(testbed: Testbed): Promise<Subject> {
  return withSession(await startTollgate(testbed, { command: stubOf(testbed) }));
}

export async function startSupergateway(testbed: Testbed): Promise<Subject> {
  const stub = stubOf(testbed).join(" ");
  const flags = ["--outputTransport", "streamableHttp", "--stateful", "--logLevel", "none"];
  return startPeer(testbed, "supergateway", (port) => ["--stdio", stub, ...flags, "--port", port]);
}

export async function startMcpProxy(testbed: Testbed): Promise<Subject> {
  const flags = ["--host", "127.0.0.1", "--server", "stream"];
  return startPeer(testbed, "mcp-proxy", (port) => [...flags, "--port", port, "--", ...stubOf(testbed)]);
}

/** The stub runs on the core of the load, so that only the bridge can be the bottleneck. */
function stubOf(testbed: Testbed): readonly string[] {
  return testbed.onLoadCore([testbed.programs.upstream, "--stdio"]);
}

async function startPeer(
  testbed: Testbed,
  name: Peer,
  flagsOn: (port: string) => readonly string[],
): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const program = `${PEERS}node_modules/.bin/${name}`;
  const { pids, stop } = await launchProgram({
    command: testbed.onSubjectCore([process.execPath, ...NODE_FLAGS, program, ...flagsOn(String(port))]),
    isReady: () => isAnswering({ port, path: PATH }),
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
