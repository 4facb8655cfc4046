/** Starts the two small proxies on Node: the empty pass-through, and the SDK proxy. */

import { fileURLToPath } from "node:url";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import { NODE_FLAGS, type Testbed } from "../testbed.ts";
import { launchProgram } from "./process.ts";
import { openSession } from "./session.ts";
import { isAnswering, type Subject } from "./subject.ts";

const PATH = "/mcp";

export async function startPassThrough(testbed: Testbed): Promise<Subject> {
  return startProgram(testbed, "pass-through");
}

export async function startSdkProxy(testbed: Testbed): Promise<Subject> {
  const subject = await startProgram(testbed, "sdk-proxy");
  return { ...subject, headers: await openSession(subject) };
}

async function startProgram(testbed: Testbed, name: "pass-through" | "sdk-proxy"): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const { pids, stop } = await launchProgram({
    command: testbed.onSubjectCore([
      process.execPath,
      ...NODE_FLAGS,
      file,
      String(port),
      String(testbed.upstreamPort),
    ]),
    isReady: () => isAnswering({ port, path: PATH, body: "{}" }),
  });
  return { name, port, path: PATH, headers: {}, pids, stop };
}
