/** What keeps a sidecar from starting, as problems to print and an exit code. */

import type { Server } from "node:http";
import type { Address } from "../config/settings/settings-shape.ts";
import { listen, ListenError } from "../proxy/http/listener.ts";

export const BAD_USAGE = 64;
export const UNAVAILABLE = 69;
export const BAD_POLICY = 78;

/** The sidecar could not start; `problems` says why, each with what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly problems: readonly string[];
  readonly exitCode: number;

  constructor(problems: readonly string[], exitCode: number) {
    super(problems.join("\n"));
    this.problems = problems;
    this.exitCode = exitCode;
  }
}

/** Listens at the address that `flag` names; returns it as a URL without a path. @throws StartError when it cannot be had. */
export async function bind(
  server: Server,
  { host, port }: Address,
  flag: string,
  scheme = "http",
): Promise<string> {
  try {
    const bound = await listen(server, host, port);
    return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  } catch (error) {
    throw error instanceof ListenError ? new StartError([`${flag}: ${error.message}`], UNAVAILABLE) : error;
  }
}
