/** Chooses the addresses of the demo: fixed ones, which one can keep in a browser, or free ones where those are taken. */

import { once } from "node:events";
import { createServer } from "node:net";

/** The addresses that the flags name. */
export interface GivenAddresses {
  readonly listen?: string;
  readonly admin?: string;
}

export interface ChosenAddresses {
  readonly listen: string;
  readonly admin: string;
}

const HOST = "127.0.0.1";
const FIXED_PORTS = { listen: 8080, admin: 9464 } as const;
const FREE = `${HOST}:0`;

/** Any free port in place of each address that no flag names. */
export function freeAddresses({ listen = FREE, admin = FREE }: GivenAddresses): ChosenAddresses {
  return { listen, admin };
}

/** The fixed ports, or a free one in place of each that another process holds; an address of a flag is kept. */
export async function chooseAddresses(
  { listen, admin }: GivenAddresses,
  ports: Readonly<Record<keyof ChosenAddresses, number>> = FIXED_PORTS,
): Promise<ChosenAddresses> {
  return {
    listen: listen ?? (await fixedOrFree(ports.listen)),
    admin: admin ?? (await fixedOrFree(ports.admin)),
  };
}

async function fixedOrFree(port: number): Promise<string> {
  const probe = createServer();
  probe.listen(port, HOST);
  try {
    await once(probe, "listening");
  } catch {
    return FREE;
  }
  const closed = once(probe, "close");
  probe.close();
  await closed;
  return `${HOST}:${port}`;
}
