/** Pages of a real browser use the official SDKs through Tollgate from origins that it serves, and learn nothing from others. */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { BrowserContext, Frame } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchPages } from "../fixtures/chromium.ts";
import { type EverythingServer, startEverythingServer } from "../fixtures/servers/everything.ts";
import { startTestSidecar, type TestSidecar } from "../fixtures/start-sidecar.ts";

const HTML = "<!doctype html><title>A page</title>";
const EXTENSION = { manifest_version: 3, name: "page", version: "1" };

const folder = realpathSync(mkdtempSync(join(tmpdir(), "tollgate-browser-")));
const extension = join(folder, "extension");
const pages = createServer((_request, response) => response.setHeader("content-type", "text/html").end(HTML));

let context: BrowserContext;
let script: string;
let upstream: EverythingServer;
/** Serves `null`, the extension and one page by name; the other serves loopback origins alone. */
let byName: TestSidecar;
let byDefault: TestSidecar;

beforeAll(async () => {
  mkdirSync(extension);
  writeFileSync(join(extension, "manifest.json"), JSON.stringify(EXTENSION));
  writeFileSync(join(extension, "page.html"), HTML);
  writeFileSync(join(folder, "page.html"), HTML);
  await once(pages.listen(0, "127.0.0.1"), "listening");
  const entry = join(import.meta.dirname, "clients/browser.ts");
  const built = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    logLevel: "silent",
  });
  script = built.outputFiles[0]?.text ?? "";
  upstream = await startEverythingServer();
  const origins = ["null", extensionOrigin(), pageOrigin("allowed.example")];
  byName = await startTestSidecar({ upstream: upstream.url, flags: { "allowed-origin": origins.join(",") } });
  byDefault = await startTestSidecar({ upstream: upstream.url });
  context = await launchPages(join(folder, "profile"), extension);
});
afterAll(async () => {
  await context.close();
  await Promise.all([byName.stop(), byDefault.stop(), upstream.close()]);
  pages.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The origin of a page of the server of pages, which has every name in this browser. */
function pageOrigin(host: string): string {
  return `http://${host}:${(pages.address() as AddressInfo).port}`;
}

/** The name of an unpacked extension is the digest of its path, in the letters a to p. */
function extensionOrigin(): string {
  const digest = createHash("sha256").update(extension).digest("hex").slice(0, 32);
  const letters = Array.from(digest, (digit) => String.fromCharCode(97 + Number.parseInt(digit, 16)));
  return `chrome-extension://${letters.join("")}`;
}

async function framed(html: string): Promise<Frame> {
  const page = await context.newPage();
  await page.goto(`${pageOrigin("127.0.0.1")}/`);
  await page.setContent(html);
  const frame = page.frames()[1];
  if (frame === undefined) throw new Error("the page has no frame");
  return frame;
}

async function opened(url: string): Promise<Frame> {
  const page = await context.newPage();
  await page.goto(url);
  return page.mainFrame();
}

const PLACES: Readonly<Record<string, () => Promise<Frame>>> = {
  "a page at another port of loopback": () => opened(`${pageOrigin("localhost")}/`),
  "a page whose origin is allowed by name": () => opened(`${pageOrigin("allowed.example")}/`),
  "a page of another name": () => opened(`${pageOrigin("other.example")}/`),
  "a sandboxed frame, whose origin is null": () =>
    framed(`<iframe sandbox="allow-scripts" srcdoc="<p>A frame</p>"></iframe>`),
  "a data: page, whose origin is null": () => opened(`data:text/html,${encodeURIComponent(HTML)}`),
  "a file, whose origin is null": () => opened(pathToFileURL(join(folder, "page.html")).href),
};

const SEEN = {
  hasSession: true,
  tools: expect.any(Number),
  content: [{ type: "text", text: "Echo: from a page" }],
};

/** Uses the client of the page, and returns the things that it has seen, or its error. */
async function seenFrom(frame: Frame, sdk: string, url: string): Promise<unknown> {
  await frame.evaluate(script);
  const seen: unknown = await frame.evaluate(
    `clients[${JSON.stringify(sdk)}](${JSON.stringify(url)}).catch((error) => String(error))`,
  );
  await frame.page().close();
  return seen;
}

const SERVED = Object.keys(PLACES).filter((place) => place !== "a page of another name");
const REFUSED = Object.keys(PLACES).filter((place) => place !== "a page at another port of loopback");

describe.each(["1.x", "2.x"])("a page with the official SDK %s", (sdk) => {
  it.each(SERVED)("connects, lists and calls from %s, which is served", async (place) => {
    const frame = await PLACES[place]?.();
    expect(frame && (await seenFrom(frame, sdk, byName.url))).toEqual(SEEN);
  });
});

it.each(REFUSED)("a page gets nothing from %s, which is not served", async (place) => {
  const frame = await PLACES[place]?.();
  expect(frame && (await seenFrom(frame, "2.x", byDefault.url))).toMatch(/Failed to fetch/);
});

/** A page's own fetch: the SDK's transport waits for ever on an extension's page, also directly before the server. */
function fetchFrom(url: string, message: object, headers: Readonly<Record<string, string>>): string {
  const all = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...headers,
  };
  const init = { method: "POST", headers: all, body: JSON.stringify({ jsonrpc: "2.0", id: 1, ...message }) };
  return `fetch(${JSON.stringify(url)}, ${JSON.stringify(init)}).then(
    async (response) => ({ session: response.headers.get("mcp-session-id"), text: await response.text() }),
    (error) => String(error))`;
}

const INITIALIZE = {
  method: "initialize",
  params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "page", version: "1" } },
};

it("serves a page of a scheme of its own where that is allowed by name", async () => {
  const frame = await opened(`${extensionOrigin()}/page.html`);
  expect(await frame.evaluate(fetchFrom(byDefault.url, INITIALIZE, {}))).toMatch(/Failed to fetch/);
  const { session, text } = Object(await frame.evaluate(fetchFrom(byName.url, INITIALIZE, {})));
  expect(text).toContain("serverInfo");
  const headers = { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" };
  const list = await frame.evaluate(fetchFrom(byName.url, { method: "tools/list" }, headers));
  expect(list).toMatchObject({ text: expect.stringContaining('"name":"echo"') });
  const params = { name: "echo", arguments: { message: "from a page" } };
  const called = await frame.evaluate(fetchFrom(byName.url, { method: "tools/call", params }, headers));
  expect(called).toMatchObject({ text: expect.stringContaining("Echo: from a page") });
  await frame.page().close();
});

it("is answered nothing that a page could read where its origin is not served, and no message of it reaches the server", async () => {
  const before = await byDefault.metric("tollgate_requests_total");
  const frame = await PLACES["a page of another name"]?.();
  const request = (mode: string): string => `fetch(${JSON.stringify(byDefault.url)}, {
    method: "POST", mode: "${mode}", headers: { "content-type": "text/plain" },
    body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
  }).then(async (response) => [response.type, response.status, await response.text()], (error) => String(error))`;
  expect(await frame?.evaluate(request("cors"))).toMatch(/Failed to fetch/);
  expect(await frame?.evaluate(request("no-cors"))).toEqual(["opaque", 0, ""]);
  expect(await byDefault.metric("tollgate_requests_total")).toBe(before);
  await frame?.page().close();
});
