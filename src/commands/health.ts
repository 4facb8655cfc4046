/** `tollgate health`: the health of a sidecar as an exit code, for container probes. */

import type { ControlCommandIo } from "./control/admin-client.ts";
import { EXIT_OK, failWith, readArguments, refuseUsage, writeHelp, writeLines } from "./cli/command.ts";

export const HEALTH_HELP = `Usage: tollgate health [--admin URL] [--live]
       tollgate health --url URL

Asks the admin listener of the sidecar whether it is ready to serve.

  --admin URL    the sidecar's admin listener (TOLLGATE_ADMIN, or else http://127.0.0.1:9464)
  --live         ask whether the process is alive (/healthz) instead of ready (/readyz)
  --url URL      ask another HTTP server: healthy when the status is below 500

Exit codes: 0 healthy, 1 not healthy, 64 bad usage.
`;

const FLAGS = {
  admin: { type: "string" },
  live: { type: "boolean", default: false },
  url: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const COMMAND = "tollgate health";
const REQUEST_TIMEOUT_MS = 2_000;

/** Returns the exit code. */
export async function runHealth(argv: readonly string[], io: ControlCommandIo): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuseUsage(io, COMMAND, [read.problem]);
  const { admin = adminUrlFrom(io), live, url, help } = read.values;
  if (help === true) return writeHelp(io, HEALTH_HELP);
  const [extra] = read.positionals;
  if (extra !== undefined) return refuseUsage(io, COMMAND, [`unexpected \`${extra}\``]);
  const flag = url === undefined ? "--admin" : "--url";
  const given = url ?? admin;
  if (!/^https?:/.test(given) || !URL.canParse(given))
    return refuseUsage(io, COMMAND, [`${flag}: must be an http or https URL, got "${given}"`]);
  return url === undefined
    ? requestHealth(new URL(live ? "/healthz" : "/readyz", admin), 300, io)
    : requestHealth(new URL(url), 500, io);
}

/** Succeeds when the response's status is below `firstFailingStatus`. */
async function requestHealth(url: URL, firstFailingStatus: number, io: ControlCommandIo): Promise<number> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const summary = `${url.href}: ${response.status}`;
    if (response.status >= firstFailingStatus) return failWith(io, [`${summary} ${await response.text()}`]);
    // Cancel the body: an event stream never ends.
    await response.body?.cancel();
    writeLines(io, [summary]);
    return EXIT_OK;
  } catch {
    return failWith(io, [`${url.href}: no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`]);
  }
}

const ANY_HOST = /^(?:0\.0\.0\.0|\[::\])(?=:)/;

/** The admin listener that TOLLGATE_ADMIN names; a wildcard address becomes loopback. */
function adminUrlFrom({ environment }: ControlCommandIo): string {
  const address = environment["TOLLGATE_ADMIN"];
  const isGiven = address !== undefined && address !== "";
  return `http://${isGiven ? address.replace(ANY_HOST, "127.0.0.1") : "127.0.0.1:9464"}`;
}
