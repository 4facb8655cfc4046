import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ParsedSettings, parseSettings } from "../../../src/config/settings/parse-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-limits-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function parse(
  flags: Record<string, string>,
  file?: object,
  environment: Record<string, string> = {},
): ParsedSettings {
  const config = join(folder, "tollgate.yaml");
  if (file !== undefined) writeFileSync(config, JSON.stringify(file));
  const given = { upstream: "http://127.0.0.1:1/mcp", server: "s", ...flags, ...(file && { config }) };
  return parseSettings({ flags: given, environment, isTerminal: false });
}

function limitsOf(limits: unknown, flags: Record<string, string> = {}): unknown {
  const parsed = typeof limits === "string" ? parse({ limits }) : parse(flags, { limits });
  return parsed.ok ? parsed.settings.limits : parsed.problems;
}

function storeOf(limits: object, environment: Record<string, string>): unknown {
  const parsed = parse({}, { limits }, environment);
  return parsed.ok ? parsed.settings.limits.store : parsed.problems;
}

const DEFAULTS = { onStoreError: "deny", timeoutMs: 250, prefix: "tollgate" };
const SINGLE = { kind: "single", masterName: "", database: 0 };

describe("the limits setting", () => {
  it.each([
    ["memory", undefined],
    ["redis://store", { ...SINGLE, nodes: [{ host: "store", port: 6379 }] }],
    ["redis://store:7000/3", { ...SINGLE, nodes: [{ host: "store", port: 7000 }], database: 3 }],
    ["redis://[::1]:7000", { ...SINGLE, nodes: [{ host: "::1", port: 7000 }] }],
    [
      "rediss://me:p%40ss:word@store",
      { ...SINGLE, nodes: [{ host: "store", port: 6379 }], username: "me", password: "p@ss:word", tls: {} },
    ],
    ["redis://:secret@store", { ...SINGLE, nodes: [{ host: "store", port: 6379 }], password: "secret" }],
    [
      "redis+sentinel://a,b:1/limits",
      {
        ...SINGLE,
        kind: "sentinel",
        nodes: [
          { host: "a", port: 26_379 },
          { host: "b", port: 1 },
        ],
        masterName: "limits",
      },
    ],
    [
      "rediss+cluster://a,b:1",
      {
        ...SINGLE,
        kind: "cluster",
        nodes: [
          { host: "a", port: 6379 },
          { host: "b", port: 1 },
        ],
        tls: {},
      },
    ],
  ])("reads %s", (text, store) => {
    expect(limitsOf(text)).toEqual({ ...DEFAULTS, ...(store && { store }) });
  });

  it.each([
    "memcached://x",
    "redis://",
    "redis://a,b",
    "redis://a/name",
    "redis://a:99999",
    "redis+sentinel://a",
    "redis+cluster://a/0",
    "redis://:secret@a b",
  ])("refuses %s without repeating it, which may hold a password", (text) => {
    expect(limitsOf(text)).toEqual([expect.stringMatching(/^--limits: must be memory, redis:/)]);
    expect(JSON.stringify(limitsOf(text))).not.toContain("secret");
  });

  it("reads every key of the mapping", () => {
    const sentinels = { name: "limits", nodes: ["a:1", "b"] };
    const rest = {
      username: "u",
      password: "p",
      database: 2,
      on_store_error: "local",
      "timeout-ms": 50,
      prefix: "x",
    };
    const nodes = [
      { host: "a", port: 1 },
      { host: "b", port: 6379 },
    ];
    expect(limitsOf({ sentinels, ...rest })).toEqual({
      store: { kind: "sentinel", nodes, masterName: "limits", database: 2, username: "u", password: "p" },
      onStoreError: "local",
      timeoutMs: 50,
      prefix: "x",
    });
    expect(limitsOf({ cluster: ["a:1", "b"] })).toMatchObject({ store: { kind: "cluster", nodes } });
  });

  it.each([
    [{ url: "redis://a", cluster: ["b"] }, "limits: must have one of url, sentinels and cluster"],
    [{ url: "redis://a", on_store_error: "panic" }, "limits.on_store_error: "],
    [{ url: "redis://a", "timeout-ms": 0 }, "limits.timeout-ms: "],
    [{ url: "redis://a", prefix: "{x}" }, "limits.prefix: must be 1 to 64"],
    [
      { url: "redis://a", tls: { ca: "/nowhere.pem" } },
      "limits.tls.ca: cannot be read: no such file; check the path",
    ],
    [{ url: "redis://a", uri: "x" }, "limits: unknown: uri"],
  ])("says what is wrong with %j", (limits, problem) => {
    expect(limitsOf(limits)).toEqual([expect.stringContaining(problem)]);
  });

  it("takes the store from the flag and the rest from the file", () => {
    const file = { cluster: ["a"], on_store_error: "allow" };
    expect(limitsOf(file, { limits: "redis://b" })).toMatchObject({
      onStoreError: "allow",
      store: { kind: "single", nodes: [{ host: "b", port: 6379 }] },
    });
  });

  it("takes the account of the Sentinels from the environment, else from the file, and none from the URL", () => {
    const sentinels = { name: "limits", nodes: ["a:1"], username: "watcher", password: "from-file" };
    const inFile = { sentinels, password: "of-the-server" };
    expect(storeOf(inFile, {})).toMatchObject({
      password: "of-the-server",
      sentinel: { username: "watcher", password: "from-file" },
    });
    expect(storeOf(inFile, { TOLLGATE_SENTINEL_PASSWORD: "from-environment" })).toMatchObject({
      password: "of-the-server",
      sentinel: { username: "watcher", password: "from-environment" },
    });
    const url = { url: "redis+sentinel://u:p@a/limits" };
    expect(storeOf(url, {})).not.toHaveProperty("sentinel");
    expect(storeOf(url, { TOLLGATE_SENTINEL_USERNAME: "w", TOLLGATE_SENTINEL_PASSWORD: "s" })).toMatchObject({
      username: "u",
      sentinel: { username: "w", password: "s" },
    });
    expect(storeOf({ url: "redis://a" }, { TOLLGATE_SENTINEL_PASSWORD: "s3cr3t" })).toEqual([
      expect.stringMatching(
        /^TOLLGATE_SENTINEL_USERNAME, TOLLGATE_SENTINEL_PASSWORD: are for Sentinels(?!.*s3cr3t)/,
      ),
    ]);
  });

  it("wants a name for a server on loopback, since counters in a store belong to a server", () => {
    const flags = { limits: "redis://a", server: "" };
    expect(parse(flags)).toMatchObject({ ok: false, problems: [expect.stringContaining("--server")] });
    expect(parse({ ...flags, upstream: "http://mcp.example/mcp" }).ok).toBe(true);
    expect(parse({ server: "" }).ok).toBe(true);
  });
});
