/** Serves the page on loopback: its files, Grafana's icons, the boards, and Prometheus under the same origin. */

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Files } from "./bundle.ts";

export interface PageServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const BOARDS = fileURLToPath(new URL("../../dashboards", import.meta.url));
const ICONS = fileURLToPath(new URL("node_modules/@grafana/ui/dist/public/img/icons", import.meta.url));
const FONTS = fileURLToPath(new URL("node_modules/@fontsource", import.meta.url));
/** Font weights, by the names in Grafana's styles. */
const WEIGHTS: Readonly<Record<string, string>> = { Regular: "400", Medium: "500" };
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const NO_ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>';
const HTML = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/main.css"><body><script>grafanaBootData = { settings: { featureToggles: {} }, user: {} }</script><script type="module" src="/main.js"></script>`;

export async function servePage(prometheusUrl: string, files: Files): Promise<PageServer> {
  const server = createServer((incoming, response) => {
    const path = (incoming.url ?? "/").split("?")[0] ?? "/";
    if (path.startsWith("/prometheus/")) return passOn(prometheusUrl, incoming, response);
    if (path === "/") return void response.writeHead(200, { "content-type": "text/html" }).end(HTML);
    const contents = files.get(path) ?? fileAt(path);
    if (contents === undefined) return void response.writeHead(404).end();
    response
      .writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" })
      .end(contents);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { url: `http://127.0.0.1:${address.port}`, stop };
}

function fileAt(path: string): Uint8Array | undefined {
  const icon = /img\/icons\/([\w/-]+\.svg)$/.exec(path)?.[1];
  const board = /^\/boards\/(\w+\.json)$/.exec(path)?.[1];
  const [, font, weight = ""] = /fonts\/([\w-]+)\/\w+-(\w+)\.woff2$/.exec(path) ?? [];
  if (font !== undefined)
    return readFileSync(join(FONTS, font, "files", `${font}-latin-${WEIGHTS[weight]}-normal.woff2`));
  const file = icon === undefined ? board && join(BOARDS, board) : join(ICONS, icon);
  if (file !== undefined && existsSync(file)) return readFileSync(file);
  // Some icons are part of Grafana and missing from the package.
  return icon === undefined ? undefined : Buffer.from(NO_ICON);
}

function passOn(prometheusUrl: string, incoming: IncomingMessage, response: ServerResponse): void {
  const url = `${prometheusUrl}${(incoming.url ?? "").replace("/prometheus", "")}`;
  const { method = "GET", headers } = incoming;
  const onward = request(url, { method, headers: { ...headers, host: new URL(url).host } }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  incoming.pipe(onward);
}
