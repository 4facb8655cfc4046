/** Refuses an upstream that is one of Tollgate's own listeners: each call would come back as another call. */

import { lookup } from "node:dns/promises";
import { isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Address } from "../config/settings/address-shapes.ts";
import type { HttpSettings } from "../config/settings/settings.ts";
import { hostOf, portOf } from "../proxy/upstream/health-check.ts";
import { isLoopback } from "../proxy/upstream/isolation-check.ts";
import { BAD_USAGE, StartError } from "./start-error.ts";

/** @throws StartError when the upstream's address is served by `--listen` or `--admin` */
export async function refuseOwnListener({ upstream, listen, admin }: HttpSettings): Promise<void> {
  if (upstream.kind !== "http") return;
  for (const [flag, own] of [
    ["--listen", listen],
    ["--admin", admin],
  ] as const) {
    if (await isServedBy(upstream.url, own)) throw new StartError([problem(upstream.url, flag)], BAD_USAGE);
  }
}

function problem({ host }: URL, flag: string): string {
  return `--upstream: ${host} is Tollgate's own listener (${flag}), so every call would come back; name the MCP server's address, or give ${flag} another port`;
}

async function isServedBy(url: URL, { host, port }: Address): Promise<boolean> {
  if (port === 0 || portOf(url) !== port) return false;
  const targets = await addressesOf(hostOf(url));
  if (host === "::") return targets.some(isOwn);
  if (host === "0.0.0.0") return targets.some((target) => isIPv4(target) && isOwn(target));
  const served = await addressesOf(host);
  return targets.some((target) => served.includes(target));
}

/** The addresses of a host as connections reach them; none when the name is not found. */
async function addressesOf(host: string): Promise<readonly string[]> {
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  return found.map(({ address }) => reached(address));
}

/** A connection to the unspecified address reaches loopback; an IPv4-mapped address is the IPv4 one. */
function reached(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return "::1";
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (mapped === null) return address.replace(/^::ffff:(?=[\d.]+$)/i, "");
  const [high = 0, low = 0] = mapped.slice(1).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function isOwn(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return isLoopback(address) || own.some((each) => each.address === address);
}
