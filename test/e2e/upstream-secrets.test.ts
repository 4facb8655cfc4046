/** Keys in the URL of the server: the server receives them, and no output of Tollgate holds them. */

import { describe, expect, it } from "vitest";
import { serve } from "../fixtures/lifetime.ts";
import { startLogged } from "../fixtures/logged-tollgate.ts";
import { EMPTY_RESULT } from "../fixtures/loopback-server.ts";
import { parseSettings } from "../../src/config/settings/parse-settings.ts";
import { post } from "../fixtures/post.ts";

describe("a key in the URL of the server", () => {
  it("reaches the server, and no log line, metric or page of the admin listener", async () => {
    const targets: string[] = [];
    const upstream = await serve((_body, response, request) => {
      targets.push(request.url ?? "");
      response.writeHead(200, { "content-type": "application/json" }).end(EMPTY_RESULT);
    });
    const tollgate = await startLogged(`${upstream.url}?api_key=HIDDEN`, "--log-level", "trace");
    await (await post(tollgate.url, { method: "ping" })).text();
    upstream.close();
    const failed = await post(tollgate.url, { method: "ping" });
    expect(failed.status).toBe(502);
    const said = `${JSON.stringify([...failed.headers])} ${await failed.text()}`;
    const pages = ["/metrics", "/readyz", "/policy", "/tools", "/decisions", "/activity", "/"].map(
      async (page) => (await fetch(tollgate.adminUrl + page)).text(),
    );
    // Tollgate asks the server for its tools as well.
    expect(new Set(targets)).toEqual(new Set(["/mcp?api_key=HIDDEN"]));
    expect(tollgate.log()).toContain(upstream.url);
    expect([said, tollgate.log(), ...(await Promise.all(pages))].join("\n")).not.toContain("HIDDEN");
  });

  it.each([
    "ftp://host/?api_key=HIDDEN",
    "http://user:HIDDEN@host/mcp",
    "http://user:HID/DEN@host/mcp",
    "http://host:99999/?k=HIDDEN",
    "http://host/#HIDDEN",
  ])("is not in the message that refuses it: %s", (upstream) => {
    const parsed = parseSettings({ flags: { upstream }, environment: {}, isTerminal: false });
    expect(JSON.stringify(parsed)).toContain("without user or fragment");
    expect(JSON.stringify(parsed)).not.toMatch(/HIDDEN|HID\/DEN/);
  });
});
