/** The connections that a port of this machine has, by the port at their other end: from the kernel's table. */

import { readFileSync } from "node:fs";

const ESTABLISHED = "01";

/** Remote ports of the connections that the listener on `port` has open. */
export function openConnections(port: number): Set<number> {
  const [, ...lines] = readFileSync("/proc/net/tcp", "utf8").trim().split("\n");
  const remote = lines.map((line) => {
    const [, local = "", other = "", state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && portOf(local) === port ? portOf(other) : undefined;
  });
  return new Set(remote.filter((each) => each !== undefined));
}

function portOf(address: string): number {
  return Number.parseInt(address.split(":")[1] ?? "", 16);
}
