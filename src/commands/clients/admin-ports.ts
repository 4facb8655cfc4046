/** Chooses ports that are free now and that no other wrapped server has. */

import { once } from "node:events";
import { createServer } from "node:net";
import { parsePortRange } from "../../config/settings/address-shapes.ts";

/** A client may start an entry once for each window. */
const RANGE = 10;
const FIRST_ADMIN = 9_470;
const LAST_PORT = 65_000;
const FIRST_LISTENER = 8_470;
const HOST = "127.0.0.1";

/** Whether a port is free on loopback. */
export type PortProbe = (port: number) => Promise<boolean>;

/** The ports of addresses in the form `HOST:PORT` or `HOST:FIRST-LAST`. */
export function portsOf(address: string): readonly number[] {
  const range = parsePortRange(address);
  if (range === undefined || range.port === 0) return [];
  const { port, lastPort = port } = range;
  return Array.from({ length: lastPort - port + 1 }, (_, index) => port + index);
}

/** A range for the admin listeners of one entry. `taken` gets its ports. */
export async function adminRange(taken: Set<number>, isFree: PortProbe = isPortFree): Promise<string> {
  for (let first = FIRST_ADMIN; first < LAST_PORT; first += RANGE) {
    const ports = Array.from({ length: RANGE }, (_, index) => first + index);
    if (ports.some((port) => taken.has(port))) continue;
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) {
      for (const port of ports) taken.add(port);
      return `${HOST}:${first}-${first + RANGE - 1}`;
    }
  }
  return `${HOST}:0`;
}

/** A port for the listener of a server that is reached over HTTP; 0 when there is none. `taken` gets it. */
export async function listenerPort(taken: Set<number>, isFree: PortProbe = isPortFree): Promise<number> {
  for (let port = FIRST_LISTENER; port < FIRST_ADMIN; port += 1) {
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    return port;
  }
  return 0;
}

async function isPortFree(port: number): Promise<boolean> {
  const holder = createServer();
  try {
    await once(holder.listen(port, HOST), "listening");
    return true;
  } catch {
    return false;
  } finally {
    holder.close();
  }
}
