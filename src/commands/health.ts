/** `tollgate health`: whether the sidecar beside it is well, as an exit code, for whatever starts containers. */

import type { ControlWorld } from "./control/admin-client.ts";
import { BAD_USAGE, DONE, fail, readArguments, say, WRONG } from "./cli/command.ts";

export const HEALTH_HELP = `Usage: tollgate health [--admin URL] [--live]
       tollgate health --url URL

Asks the sidecar on its admin listener whether it is ready to serve.

  --admin URL    the sidecar's admin listener (where TOLLGATE_ADMIN says, else http://127.0.0.1:9464)
  --live         ask whether the process lives (/healthz), and not whether it can serve (/readyz)
  --url URL      ask a server that is no sidecar: every answer below 500 is well

Exit codes: 0 well, 1 not, 64 bad usage.
`;

const FLAGS = {
  admin: { type: "string" },
  live: { type: "boolean", default: false },
  url: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const PATIENCE_MS = 2_000;

/** Returns the exit code. */
export async function runHealth(argv: readonly string[], world: ControlWorld): Promise<number> {
  const read = readArguments(argv, FLAGS);
  if (!read.ok) return refuse(world, read.problem);
  const { admin = adminOf(world), live, url, help } = read.values;
  if (help === true) {
    world.stdout.write(HEALTH_HELP);
    return DONE;
  }
  const [stray] = read.positionals;
  if (stray !== undefined) return refuse(world, `unexpected \`${stray}\``);
  const given = url ?? admin;
  if (!/^https?:/.test(given) || !URL.canParse(given))
    return refuse(
      world,
      `${url === undefined ? "--admin" : "--url"}: must be an http or https URL, got "${given}"`,
    );
  const asked = url === undefined ? new URL(live ? "/healthz" : "/readyz", admin) : new URL(url);
  return ask(asked, url === undefined ? 300 : 500, world);
}

/** `below`: the first status that is not well. */
async function ask(url: URL, below: number, world: ControlWorld): Promise<number> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    const said = `${url.href}: ${response.status}`;
    if (response.status >= below) return fail(world, [`${said} ${await response.text()}`], WRONG);
    // A stream has no end to wait for.
    await response.body?.cancel();
    say(world, [said]);
    return DONE;
  } catch {
    return fail(world, [`${url.href}: no answer within ${PATIENCE_MS / 1_000} s`], WRONG);
  }
}

const ANY_HOST = /^(?:0\.0\.0\.0|\[::\])(?=:)/;

/** The admin listener of a sidecar with this environment; one that listens on every address is asked on loopback. */
function adminOf({ environment }: ControlWorld): string {
  const address = environment["TOLLGATE_ADMIN"];
  const isGiven = address !== undefined && address !== "";
  return `http://${isGiven ? address.replace(ANY_HOST, "127.0.0.1") : "127.0.0.1:9464"}`;
}

function refuse({ stderr }: ControlWorld, problem: string): number {
  stderr.write(`tollgate health: ${problem}\ntollgate health: see tollgate health --help\n`);
  return BAD_USAGE;
}
