import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestSidecar, type TestSidecar } from "./fixtures/start-sidecar.ts";

const TOKEN = "an-admin-token-of-32-characters!";
const UPSTREAM = "http://127.0.0.1:1/mcp";

let folder: string;
let sidecar: TestSidecar;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-admin-"));
  writeFileSync(join(folder, "token"), `${TOKEN}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => sidecar.stop());

/** Status of a request that would change something; 404 when it got past the guard, since nothing is served there. */
async function change(
  headers: Record<string, string | string[]> = {},
  method = "POST",
): Promise<number | undefined> {
  const request = httpRequest(`${sidecar.adminUrl.replace("0.0.0.0", "127.0.0.1")}/anything`, {
    method,
    headers,
  }).end();
  const [response] = await once(request, "response");
  response.resume();
  return response.statusCode;
}

describe("control with an admin token", () => {
  it.each(["file", "environment"])("needs the token (from the %s)", async (from) => {
    sidecar = await startTestSidecar({
      upstream: UPSTREAM,
      ...(from === "file"
        ? { config: `admin-token-file: "${join(folder, "token")}"\n` }
        : { environment: { TOLLGATE_ADMIN_TOKEN: TOKEN } }),
    });
    expect(await change({ authorization: `Bearer ${TOKEN}` })).toBe(404);
    for (const authorization of [
      "",
      "Bearer",
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(0, -1)}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ])
      expect(await change({ authorization })).toBe(401);
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      expect(await change({}, method)).toBe(401);
    expect(await change({ authorization: [`Bearer ${TOKEN}`, "Bearer x"] })).toBe(401);
  });

  it("is needed to read pending approvals", async () => {
    sidecar = await startTestSidecar({ upstream: UPSTREAM, environment: { TOLLGATE_ADMIN_TOKEN: TOKEN } });
    const statuses = [{}, { authorization: `Bearer ${TOKEN}` }].map(
      async (headers) => (await fetch(`${sidecar.adminUrl}/approvals`, { headers })).status,
    );
    expect(await Promise.all(statuses)).toEqual([401, 200]);
  });
});

describe("control without an admin token", () => {
  it("is open to every caller on a loopback listener", async () => {
    sidecar = await startTestSidecar({ upstream: UPSTREAM });
    expect(await change()).toBe(404);
  });

  it("is refused on a listener that is not loopback, where reading stays open", async () => {
    sidecar = await startTestSidecar({ upstream: UPSTREAM, flags: { admin: "0.0.0.0:0" } });
    expect(await change()).toBe(403);
    expect((await fetch(`${sidecar.adminUrl.replace("0.0.0.0", "127.0.0.1")}/metrics`)).status).toBe(200);
  });

  it("is not given to pages of another origin, not even of this machine", async () => {
    sidecar = await startTestSidecar({
      upstream: UPSTREAM,
      flags: { "allowed-origin": "https://ops.example.com" },
    });
    expect(await change({ origin: "https://evil.example.com" })).toBe(403);
    expect(await change({ origin: "http://localhost:5173" })).toBe(403);
    expect(await change({ origin: "null" })).toBe(403);
    expect(await change({ origin: sidecar.adminUrl })).toBe(404);
    expect(await change({ origin: "https://ops.example.com" })).toBe(404);
  });
});

describe("an admin token", () => {
  it.each([
    ["that is short", "short"],
    ["that is empty", "  "],
    ["with a space in it", "an admin token with spaces in it"],
  ])("%s is refused at the start with 64, without being shown", async (_what, text) => {
    sidecar = await startTestSidecar({ upstream: UPSTREAM });
    const file = join(folder, "bad");
    writeFileSync(file, text);
    const problem = `${file}: must be 22 or more visible ASCII characters; make one with openssl rand -base64 24`;
    const starting = startTestSidecar({ upstream: UPSTREAM, config: `admin-token-file: "${file}"\n` });
    await expect(starting).rejects.toMatchObject({ exitCode: 64, problems: [problem] });
  });
});
