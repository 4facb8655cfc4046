/** The command line of the official Inspector, run once for each request. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface InspectorRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const PROGRAM = fileURLToPath(
  import.meta.resolve("@modelcontextprotocol/inspector/clients/launcher/build/index.js"),
);

/** `args` as after `mcp-inspector --cli URL`. It gets a home of its own: it keeps a catalog there. */
export async function inspect(url: string, args: readonly string[]): Promise<InspectorRun> {
  const home = await mkdtemp(join(tmpdir(), "inspector-"));
  try {
    const child = spawn(process.execPath, [PROGRAM, "--cli", url, "--transport", "http", ...args], {
      env: { PATH: process.env["PATH"], HOME: home },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    const [code] = await once(child, "close");
    return {
      code: Number(code),
      stdout: Buffer.concat(stdout).toString(),
      stderr: Buffer.concat(stderr).toString(),
    };
  } finally {
    await rm(home, { recursive: true });
  }
}
