/** The console's page and what keeps other pages out: headers, Host, Origin, content type. */

import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addConsole } from "../../src/admin/console.ts";
import { startConsoleSidecar, type ConsoleSidecar } from "../fixtures/console-sidecar.ts";
import { serveOnLoopback } from "../fixtures/loopback-server.ts";

let stage: ConsoleSidecar;
beforeAll(async () => {
  stage = await startConsoleSidecar();
});
afterAll(() => stage.stop());

/** Status of a request with headers that `fetch` would not send. */
async function statusOf(
  path: string,
  method: string,
  headers: Record<string, string>,
  body = "",
): Promise<number> {
  const request = httpRequest(stage.sidecar.adminUrl + path, { method, headers }).end(body);
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode;
}

describe("the console's page", () => {
  it.each([
    ["/", "text/html; charset=utf-8", "<title>Tollgate</title>"],
    ["/console.js", "text/javascript; charset=utf-8", "decisions/stream"],
    ["/console.css", "text/css; charset=utf-8", "prefers-color-scheme"],
  ])("serves %s", async (path, type, content) => {
    const response = await fetch(stage.sidecar.adminUrl + path);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    expect(await response.text()).toContain(content);
  });

  it.each(["/", "/console.js", "/decisions", "/metrics", "/nothing-here"])(
    "lets nothing from elsewhere run, frame or read %s",
    async (path) => {
      const { headers } = await fetch(stage.sidecar.adminUrl + path);
      const expected = {
        "content-security-policy":
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
          "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "access-control-allow-origin": null,
      };
      const got = Object.keys(expected).map((name) => [name, headers.get(name)]);
      expect(Object.fromEntries(got)).toEqual(expected);
    },
  );

  it("writes text only: no file of it makes markup from a string", () => {
    const folder = new URL("../../console/", import.meta.url);
    const files = readdirSync(folder).filter((name) => /\.tsx?$/.test(name));
    const making = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser/i;
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((name) => making.test(readFileSync(new URL(name, folder), "utf8")))).toEqual([]);
  });

  it("names the command to run when it is not built", async () => {
    const app = express();
    addConsole(app, { "/": { type: "text/html", read: readMissing } });
    const server = await serveOnLoopback(app);
    const response = await fetch(new URL("/", server.url));
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: "the console is not built: run npm run build:console" });
    server.close();
  });

  it("is not served under a foreign name that resolves to this address", async () => {
    expect(await statusOf("/", "GET", { host: "rebound.example.com" })).toBe(403);
  });
});

describe("a page of another site", () => {
  const body = '{"by":"x"}';
  const JSON_TYPE = { "content-type": "application/json" };

  it.each([
    ["another origin", { ...JSON_TYPE, origin: "http://evil.example.com" }, 403],
    ["another port of this machine", { ...JSON_TYPE, origin: "http://127.0.0.1:1" }, 403],
    ["no origin that has a name", { ...JSON_TYPE, origin: "null" }, 403],
    ["a name that was pointed here", { ...JSON_TYPE, host: "evil.example.com" }, 403],
    ["a form's content type", { "content-type": "text/plain" }, 400],
    ["a form's other content type", { "content-type": "application/x-www-form-urlencoded" }, 400],
  ])("freezes nothing from %s", async (_what, headers, status) => {
    expect(await statusOf("/freeze", "POST", headers, body)).toBe(status);
    expect(await (await fetch(`${stage.sidecar.adminUrl}/freeze`)).json()).toEqual({ frozen: [] });
  });

  it("gets no permission by a preflight request", async () => {
    const headers = { origin: "http://evil.example.com", "access-control-request-method": "POST" };
    expect(await statusOf("/freeze", "OPTIONS", headers)).toBe(403);
  });

  it("is distinguished from the console itself", async () => {
    const { adminUrl } = stage.sidecar;
    expect(await statusOf("/freeze", "POST", { ...JSON_TYPE, origin: adminUrl }, body)).toBe(200);
    expect(await statusOf("/unfreeze", "POST", { ...JSON_TYPE, origin: adminUrl }, body)).toBe(200);
  });
});

function readMissing(): string {
  return readFileSync(join(tmpdir(), "no-such-console", "index.html"), "utf8");
}
