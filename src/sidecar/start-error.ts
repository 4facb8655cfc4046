/** Why a sidecar cannot start: problems to print, and an exit code. */

import type { Server } from "node:http";
import type { Address } from "../config/settings/address-shapes.ts";
import { listen, ListenError } from "../proxy/http/listener.ts";

export const BAD_USAGE = 64;
export const UNAVAILABLE = 69;
export const BAD_POLICY = 78;

/** Thrown when the sidecar cannot start; each of `problems` is one line for the operator. */
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

/** Listens at the address that `flag` names; returns it as a URL without a path. @throws StartError when the address cannot be bound. */
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
