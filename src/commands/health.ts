/** `tollgate health`: the health of a sidecar as an exit code, for container probes. */

import { ADMIN_ADDRESS_FLAGS, adminAddress, type AdminAddressFlags } from "./control/admin-address.ts";
import type { ControlCommandIo } from "./control/admin-client.ts";
import { sendToAdmin } from "./control/admin-http.ts";
import { EXIT_OK, failWith, readArguments, refuseUsage, writeHelp, writeLines } from "./cli/command.ts";

export const HEALTH_HELP = `Usage: tollgate health [--admin HOST:PORT] [--live]
       tollgate health --url URL

Asks the admin listener of the sidecar whether it is ready to serve.

  --admin HOST:PORT  the sidecar's admin listener, or its URL (TOLLGATE_ADMIN, or else 127.0.0.1:9464)
  --admin-ca FILE    the authority of its certificate, which is not checked without this
  --live             ask whether the process is alive (/healthz) instead of ready (/readyz)
  --url URL          ask another HTTP server: healthy when the status is below 500

Examples: tollgate health --admin 127.0.0.1:9464
          tollgate health --url http://127.0.0.1:3000/mcp
Exit codes: 0 healthy, 1 not healthy, 64 bad usage.
`;

const FLAGS = {
  ...ADMIN_ADDRESS_FLAGS,
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
  const { live, url, help, ...flags } = read.values;
  if (help === true) return writeHelp(io, HEALTH_HELP);
  const [extra] = read.positionals;
  if (extra !== undefined) return refuseUsage(io, COMMAND, [`unexpected \`${extra}\``]);
  if (url === undefined) return requestOwnHealth(live ? "/healthz" : "/readyz", flags, io);
  if (!/^https?:/.test(url) || !URL.canParse(url))
    return refuseUsage(io, COMMAND, [`--url: must be an http or https URL, got "${url}"`]);
  return requestHealth(new URL(url), io);
}

/** Like a kubelet's probe, it does not check the certificate unless `--admin-ca` is given: it sends no secret. */
async function requestOwnHealth(
  path: string,
  flags: AdminAddressFlags,
  io: ControlCommandIo,
): Promise<number> {
  const address = adminAddress(flags, io.environment);
  if (typeof address === "string") return refuseUsage(io, COMMAND, [address]);
  const url = new URL(path, address.url);
  const tls = { ...address.tls, rejectUnauthorized: address.tls.ca !== undefined };
  try {
    const { status, text } = await sendToAdmin({ url, method: "GET", tls, timeoutMs: REQUEST_TIMEOUT_MS });
    return status < 300 ? succeed(url, status, io) : failWith(io, [`${url.href}: ${status} ${text}`]);
  } catch {
    return failWith(io, [noAnswer(url)]);
  }
}

function succeed(url: URL, status: number, io: ControlCommandIo): number {
  writeLines(io, [`${url.href}: ${status}`]);
  return EXIT_OK;
}

function noAnswer(url: URL): string {
  return `${url.href}: no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`;
}

/** Succeeds when the response's status is below 500. */
async function requestHealth(url: URL, io: ControlCommandIo): Promise<number> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (response.status >= 500)
      return failWith(io, [`${url.href}: ${response.status} ${await response.text()}`]);
    // Cancel the body: an event stream never ends.
    await response.body?.cancel();
    return succeed(url, response.status, io);
  } catch {
    return failWith(io, [noAnswer(url)]);
  }
}
