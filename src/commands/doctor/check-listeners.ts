/** Checks the addresses that the sidecar listens on, and the scrape of a sidecar that runs there already. */

import { once } from "node:events";
import { createServer } from "node:net";
import { errorCode } from "../../config/file-fault.ts";
import type { Address } from "../../config/settings/address-shapes.ts";
import type { Settings } from "../../config/settings/settings.ts";
import { sendToAdmin } from "../control/admin-http.ts";
import { finding, type Finding } from "./findings.ts";

const TIMEOUT_MS = 3_000;

export async function checkListeners({ listen, admin }: Settings): Promise<Finding[]> {
  const scheme = admin.tls === undefined ? "http" : "https";
  const isOwn = await isTollgate(adminUrl(scheme, admin, "/healthz"));
  const ports = [
    ...(listen === undefined ? [] : [checkPort("--listen", listen, isOwn)]),
    // Of a range another port is taken in its place.
    ...("lastPort" in admin ? [] : [checkPort("--admin", admin, isOwn)]),
  ];
  const scrape = isOwn
    ? await checkScrape(adminUrl(scheme, admin, "/metrics"))
    : finding("scrape-none", `no sidecar runs at ${admin.host}:${admin.port}, so nothing was scraped`);
  return [...(await Promise.all(ports)), scrape];
}

async function checkPort(flag: string, { host, port }: Address, isOwn: boolean): Promise<Finding> {
  const where = `${flag} ${host}:${port}`;
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return finding("port-free", `${where} is free`);
  } catch (error) {
    const code = errorCode(error) ?? "unknown error";
    if (code === "EADDRINUSE" && isOwn) return finding("port-own", `${where} is that of a sidecar that runs`);
    return finding("port-taken", `${where} cannot be bound (${code})`);
  } finally {
    server.close();
  }
}

function adminUrl(scheme: string, { host, port }: Address, path: string): URL {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return new URL(`${scheme}://${reached.includes(":") ? `[${reached}]` : reached}:${port}${path}`);
}

/** Certificates are not checked, as by a kubelet: no secret is sent. */
function get(url: URL): ReturnType<typeof sendToAdmin> {
  return sendToAdmin({ url, method: "GET", tls: { rejectUnauthorized: false }, timeoutMs: TIMEOUT_MS });
}

async function isTollgate(url: URL): Promise<boolean> {
  if (url.port === "0") return false;
  try {
    const { status, text } = await get(url);
    return status === 200 && text.includes('"ok"');
  } catch {
    return false;
  }
}

async function checkScrape(url: URL): Promise<Finding> {
  try {
    const { status, text } = await get(url);
    const series = text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
    return status === 200
      ? finding("scrape-good", `${url.href} has ${series} series`)
      : finding("scrape-refused", `${url.href} answers a scrape without a token with ${status}`);
  } catch (error) {
    return finding("scrape-refused", `${url.href} does not answer: ${String(error)}`);
  }
}
