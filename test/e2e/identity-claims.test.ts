import { beforeAll, describe, expect, it } from "vitest";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { callBody } from "../fixtures/identified.ts";
import { post } from "../fixtures/post.ts";
import { type TestSidecar, untilReady } from "../fixtures/start-sidecar.ts";

const TOOLS = ["read", "write", "secret"];

let issuer: Issuer;

beforeAll(async () => {
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
});

async function start(policy: object | undefined, config = "", jwt = ""): Promise<TestSidecar> {
  const upstream = await serve((text) => {
    const { id, method } = JSON.parse(text) as { id: number; method: string };
    const tools = TOOLS.map((name) => ({ name, inputSchema: { type: "object" } }));
    const result = method === "tools/list" ? { tools, cacheScope: "public", ttlMs: 3_600_000 } : {};
    return JSON.stringify({ jsonrpc: "2.0", id, result });
  });
  const identity = `identity:\n  jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}"${jwt} }\n`;
  const sidecar = await startSidecar({
    upstream: upstream.url,
    ...(policy && { policy }),
    config: identity + config,
  });
  await untilReady(sidecar);
  return sidecar;
}

/** Headers of a token with these claims; none without claims. */
async function tokenWith(claims: object | undefined): Promise<Record<string, string>> {
  return claims === undefined
    ? {}
    : { authorization: `Bearer ${await issuer.token("desktop", { claims: { ...claims } })}` };
}

async function isDenied({ url }: TestSidecar, tool: string, claims: object | undefined): Promise<boolean> {
  const answer = await (await post(url, callBody(tool), await tokenWith(claims))).text();
  return answer.includes("[POLICY DENIED]") || answer.includes("Unknown tool");
}

interface Listed {
  readonly result: { readonly tools: { name: string }[]; readonly cacheScope: string };
}

async function list({ url }: TestSidecar, claims: object | undefined): Promise<Listed["result"]> {
  const message = { id: 1, method: "tools/list", params: {} };
  const answer = (await (await post(url, message, await tokenWith(claims))).json()) as Listed;
  return answer.result;
}

async function seenBy(sidecar: TestSidecar, claims: object | undefined): Promise<string[]> {
  return (await list(sidecar, claims)).tools.map(({ name }) => name);
}

const requiring = (path: string, value: string): object => ({
  require: [{ conditions: [{ path, op: "contains", value }], on_deny: "ask for the scope" }],
});

describe("a rule about the caller", () => {
  const POLICY = {
    version: "1",
    default: "allow",
    tools: { write: requiring("caller.scopes", "write"), secret: requiring("caller.groups", "admins") },
  };

  it("lets a caller pass by scope and by group, and shows it the tools that it may call", async () => {
    const sidecar = await start(POLICY);
    const writer = { scope: "read write", groups: ["staff"] };
    const admin = { scp: ["write"], groups: ["admins"] };
    const callers = [writer, admin, { scope: "write:own", groups: ["admins-not"] }, {}, undefined];
    const denied = await Promise.all(
      callers.map(async (claims) => [
        await isDenied(sidecar, "write", claims),
        await isDenied(sidecar, "secret", claims),
      ]),
    );
    expect(denied).toEqual([
      [false, true],
      [false, false],
      [true, true],
      [true, true],
      [true, true],
    ]);
    // Twice, since the second list of each caller comes from the cache.
    for (let round = 0; round < 2; round += 1) {
      expect(await seenBy(sidecar, writer)).toEqual(["read", "write"]);
      expect(await seenBy(sidecar, admin)).toEqual(TOOLS);
      expect(await seenBy(sidecar, {})).toEqual(["read"]);
      expect(await seenBy(sidecar, undefined)).toEqual(["read"]);
    }
  });

  it("marks the whole list as private too, so that no cache gives it to others", async () => {
    const sidecar = await start(POLICY);
    const admin = { scope: "write", groups: ["admins"] };
    expect(await list(sidecar, admin)).toMatchObject({ cacheScope: "private", ttlMs: 60_000 });
  });

  it("denies with the words of the author, and leaves the claims out of every record", async () => {
    const sidecar = await start(POLICY);
    const answer = await (
      await post(sidecar.url, callBody("write"), await tokenWith({ scope: "hush" }))
    ).text();
    expect(answer).toContain("ask for the scope");
    const { decisions } = (await (await fetch(`${sidecar.adminUrl}/decisions`)).json()) as {
      decisions: { id: string }[];
    };
    const explained = await (await fetch(`${sidecar.adminUrl}/decisions/${decisions[0]?.id}`)).json();
    expect(explained).toMatchObject({ effect: "deny", denial: { reason: "condition" } });
    expect(JSON.stringify([explained, decisions, sidecar.audit()])).not.toContain("hush");
  });

  it("reads groups from the claim that is configured", async () => {
    const sidecar = await start(POLICY, "", ", groups-claim: [realm_access, roles]");
    expect(await isDenied(sidecar, "secret", { realm_access: { roles: ["admins"] } })).toBe(false);
    expect(await isDenied(sidecar, "secret", { groups: ["admins"] })).toBe(true);
  });

  it("denies a user whose groups are too many for the token", async () => {
    const tools = {
      write: { deny_if: [{ conditions: [{ path: "caller.groups", op: "contains", value: "leavers" }] }] },
    };
    const sidecar = await start({ version: "1", default: "allow", tools });
    expect(await isDenied(sidecar, "write", { groups: ["staff"] })).toBe(false);
    expect(await isDenied(sidecar, "write", { _claim_names: { groups: "src1" } })).toBe(true);
  });

  it("does not take the word of the client for its name", async () => {
    const tools = {
      write: { require: [{ conditions: [{ path: "caller.agent", op: "eq", value: "desktop" }] }] },
    };
    const sidecar = await start({ version: "1", default: "allow", tools });
    expect(await isDenied(sidecar, "write", {})).toBe(false);
    expect(await isDenied(sidecar, "write", undefined)).toBe(true);
  });
});

const file = (policy: object): string => temporaryFile("policy.json", JSON.stringify(policy));
const ALL = { version: "1", default: "allow" };

describe("a binding by the claims of a token", () => {
  it("selects the policy by group, scope, issuer and user, the first that matches", async () => {
    const [open, noSecret, readOnly] = [
      file(ALL),
      file({ ...ALL, hide: ["secret"] }),
      file({ version: "1", default: "deny", hide: ["write", "secret"], tools: { read: {} } }),
    ];
    const sidecar = await start(
      undefined,
      [
        "agents:",
        `  - { match: { group: [admins, owners] }, policy: "${open}" }`,
        `  - { match: { scope: write, issuer: "${issuer.url}" }, policy: "${noSecret}" }`,
        `  - { match: { user: "*@example.com" }, policy: "${readOnly}" }`,
        "",
      ].join("\n"),
    );
    expect(await seenBy(sidecar, { groups: ["owners"] })).toEqual(TOOLS);
    expect(await seenBy(sidecar, { scope: "write" })).toEqual(["read", "write"]);
    expect(await seenBy(sidecar, { sub: "ann@example.com" })).toEqual(["read"]);
    expect(await seenBy(sidecar, {})).toEqual([]);
    expect(await isDenied(sidecar, "secret", { groups: ["owners"] })).toBe(false);
    expect(await isDenied(sidecar, "secret", { scope: "write" })).toBe(true);
    expect(await isDenied(sidecar, "read", {})).toBe(true);
    // Groups that cannot be read may be those of the first binding.
    expect(await isDenied(sidecar, "read", { scope: "write", hasgroups: true })).toBe(true);
    expect(sidecar.audit().at(-1)).toMatchObject({ reason: "no_policy" });
    const { agents } = (await (await fetch(`${sidecar.adminUrl}/policy`)).json()) as { agents: object[] };
    expect(agents[0]).toEqual({ match: { group: ["admins", "owners"] }, policy: open });
  });
});
