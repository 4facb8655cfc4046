/** The two small proxies on Node: the empty pass-through, and the official SDK back to back. */

import { fileURLToPath } from "node:url";
import { freePorts } from "../../../test/fixtures/free-port.ts";
import { NODE_FLAGS, type Stage } from "../stage.ts";
import { launch } from "./process.ts";
import { openSession } from "./session.ts";
import { answers, type Subject } from "./subject.ts";

const PATH = "/mcp";

export async function startPassThrough(stage: Stage): Promise<Subject> {
  return startProgram(stage, "pass-through");
}

export async function startSdkProxy(stage: Stage): Promise<Subject> {
  const subject = await startProgram(stage, "sdk-proxy");
  return { ...subject, headers: await openSession(subject) };
}

async function startProgram(stage: Stage, name: "pass-through" | "sdk-proxy"): Promise<Subject> {
  const [port = 0] = await freePorts(1);
  const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
  const { pids, stop } = await launch({
    command: stage.onSubjectCore([
      process.execPath,
      ...NODE_FLAGS,
      file,
      String(port),
      String(stage.upstreamPort),
    ]),
    isReady: () => answers({ port, path: PATH, body: "{}" }),
  });
  return { name, port, path: PATH, headers: {}, pids, stop };
}
