/** Operators of the admin listener prove their names: by tokens of their own, or by the header of a trusted proxy. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { startTestSidecar, type TestSidecar, until } from "../fixtures/start-sidecar.ts";

const SHARED = "an-admin-token-of-32-characters!";
const alice = createKey("alice");
const bob = createKey("bob");

let folder: string;
let file: string;
let sidecar: TestSidecar;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-operators-"));
  file = join(folder, "operators.yaml");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => sidecar.stop());

async function start(admin: string, environment: Record<string, string> = {}): Promise<void> {
  writeFileSync(file, `${alice.line}\n${bob.line}\n`);
  const config = `admin: ${admin.replace("FILE", JSON.stringify(file))}\n`;
  sidecar = await startTestSidecar({ upstream: "http://127.0.0.1:1/mcp", config, environment });
}

async function send(path: string, headers: Record<string, string>, body?: object): Promise<[number, string]> {
  const response = await fetch(sidecar.adminUrl + path, {
    headers: { ...headers, "content-type": "application/json" },
    ...(body && { method: "POST", body: JSON.stringify(body) }),
  });
  return [response.status, await response.text()];
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

const freeze = (headers: Record<string, string>, body: object = { agent: "a", by: "mallory" }) =>
  send("/freeze", headers, body);

describe("with a file of tokens", () => {
  it("puts the name of the token into freeze, log of changes and audit, whatever the request says", async () => {
    await start("{ tokens-file: FILE }");
    expect(await freeze(bearer(alice.key))).toMatchObject([200, expect.stringContaining('"by":"alice"')]);
    expect((await send("/unfreeze", bearer(bob.key), { agent: "a" }))[0]).toBe(200);
    expect(sidecar.audit()).toMatchObject([
      { control: { action: "freeze", by: "alice", by_proven: true } },
      { control: { action: "unfreeze", by: "bob", by_proven: true } },
    ]);
    expect(JSON.stringify(sidecar.audit())).not.toContain("mallory");
  });

  it("asks for one of them for reading too, and refuses every other token", async () => {
    await start("{ tokens-file: FILE }");
    for (const path of ["/metrics", "/policy", "/approvals"]) {
      expect((await send(path, {}))[0]).toBe(401);
      expect((await send(path, bearer("tgk_not-a-token-of-anyone-at-all")))[0]).toBe(401);
      expect((await send(path, bearer(bob.key)))[0]).toBe(200);
    }
    expect((await freeze({}))[0]).toBe(401);
    expect(sidecar.audit().map(({ control }) => (control as { action: string }).action)).toEqual([
      "wrong_token",
    ]);
  });

  it("lets the shared token read, and change nothing, since it proves no name", async () => {
    await start("{ tokens-file: FILE }", { TOLLGATE_ADMIN_TOKEN: SHARED, TOLLGATE_ADMIN_OPEN: "/metrics" });
    expect((await send("/approvals", bearer(SHARED)))[0]).toBe(200);
    const [status, text] = await freeze(bearer(SHARED));
    expect([status, text]).toEqual([403, expect.stringContaining("proven name")]);
    expect(await sidecar.metric("tollgate_admin_requests_refused_total", { cause: "no_name" })).toBe(1);
    expect(sidecar.audit()).toEqual([]);
  });

  it("refuses a token once its line is gone, and accepts a new one", async () => {
    await start("{ tokens-file: FILE }");
    const carol = createKey("carol");
    writeFileSync(file, `${bob.line}\n${carol.line}\n`);
    await until(async () => (await send("/policy", bearer(carol.key)))[0] === 200);
    expect((await freeze(bearer(alice.key)))[0]).toBe(401);
  });

  it("does not start without the file, or with a faulty one", async () => {
    await start("{}");
    const begin = (text: string) => {
      writeFileSync(file, text);
      const config = `admin: { tokens-file: ${JSON.stringify(file)} }\n`;
      return startTestSidecar({ upstream: "http://127.0.0.1:1/mcp", config });
    };
    await expect(begin("- { name: anonymous, digest: x }")).rejects.toThrow("[0].digest");
    await expect(begin("alice: secret")).rejects.toThrow("must be a list of { name, digest }");
    rmSync(file);
    const config = `admin: { tokens-file: ${JSON.stringify(file)} }\n`;
    await expect(startTestSidecar({ upstream: "http://127.0.0.1:1/mcp", config })).rejects.toThrow(file);
  });
});

describe("with the header of a proxy", () => {
  const HEADER = "{ operator-header: { name: X-Forwarded-Email, from: [127.0.0.1] } }";

  it("names the operator by the header, beside the token that admits the proxy", async () => {
    await start(HEADER, { TOLLGATE_ADMIN_TOKEN: SHARED });
    const named = { "x-forwarded-email": "ann@example.com" };
    expect((await freeze(named))[0]).toBe(401);
    expect((await freeze({ ...named, ...bearer(SHARED) }))[0]).toBe(200);
    expect(sidecar.audit()).toMatchObject([{ control: { by: "ann@example.com", by_proven: true } }]);
  });

  it.each([
    ["no header", {}],
    ["an empty header", { "x-forwarded-email": "" }],
    ["a reserved name", { "x-forwarded-email": "anonymous" }],
    ["a name with a character that does not show", { "x-forwarded-email": "a\u00ADb" }],
  ])("refuses a change with %s", async (_what, headers) => {
    await start(HEADER);
    expect((await freeze(headers))[0]).toBe(403);
    expect((await send("/policy", headers))[0]).toBe(200);
  });

  it("ignores the header of any other address", async () => {
    await start("{ operator-header: { name: X-Forwarded-Email, from: [10.0.0.0/8] } }");
    expect((await freeze({ "x-forwarded-email": "ann" }))[0]).toBe(403);
  });

  it("goes after a token of the operator's own", async () => {
    await start("{ tokens-file: FILE, operator-header: { name: X-User, from: [127.0.0.1] } }");
    expect((await freeze({ ...bearer(alice.key), "x-user": "bob" }))[0]).toBe(200);
    expect(sidecar.audit()).toMatchObject([{ control: { by: "alice" } }]);
  });
});

describe("without a source of names", () => {
  it("marks no name as proven", async () => {
    await start("{}");
    expect((await freeze({}))[0]).toBe(200);
    expect(sidecar.audit()).toMatchObject([{ control: { by: "mallory" } }]);
    expect(JSON.stringify(sidecar.audit())).not.toContain("by_proven");
    expect((await send("/freeze", {}, { agent: "a" }))[1]).toContain("by: is missing");
  });
});
