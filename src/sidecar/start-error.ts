/** Why a sidecar cannot start: problems to print, and an exit code. */

import type { Server } from "node:http";
import type { PortRange } from "../config/settings/address-shapes.ts";
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

/**
 * Listens at the address that `flag` names; of a range, at the first port that is free, or at any free one when all are taken.
 * Returns it as a URL without a path. @throws StartError when the address cannot be bound.
 */
export async function bind(
  server: Server,
  address: PortRange,
  flag: string,
  scheme = "http",
): Promise<string> {
  const { host } = address;
  try {
    const bound = await listenInRange(server, address);
    return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  } catch (error) {
    throw error instanceof ListenError ? new StartError([`${flag}: ${error.message}`], UNAVAILABLE) : error;
  }
}

async function listenInRange(server: Server, { host, port, lastPort }: PortRange): Promise<number> {
  if (lastPort === undefined) return listen(server, host, port);
  for (let next = port; next <= lastPort; next += 1) {
    try {
      return await listen(server, host, next);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
  return listen(server, host, 0);
}

function isTaken(error: unknown): boolean {
  const cause = error instanceof ListenError ? error.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
}
