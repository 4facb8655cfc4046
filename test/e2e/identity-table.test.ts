/** Runs each row of the table at the top of docs/identity.md: its settings, with a credential of the kind that the row is for. */

import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, temporaryFile } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";
import { VENDOR_TOKENS } from "../fixtures/vendor-tokens.ts";

const DOCUMENT = readFileSync(new URL("../../docs/identity.md", import.meta.url), "utf8");
const ROWS = new Map(
  [...DOCUMENT.matchAll(/^\| ([^|]+?) +\| `([^`]+)` +\|$/gm)].map(([, name = "", settings = ""]) => [
    name,
    settings,
  ]),
);
const refusal = countRefusals("tokens of vendors");
const TIMES = (): object => {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, exp: now + 600 };
};

let issuer: Issuer;
let keys: string;
const tried = new Set<string>();
beforeAll(async () => {
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
  keys = temporaryFile("jwks.json", issuer.jwks);
});

/** Starts the row's settings, changed so that they find what the test has in place of the operator's. */
async function start(row: string, change: (settings: string) => string = (settings) => settings) {
  const settings = ROWS.get(row);
  if (settings === undefined) throw new Error(`docs/identity.md has no row for ${row}`);
  tried.add(row);
  const guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  ${change(settings)}\n`);
  await untilReady(guarded.sidecar);
  return guarded;
}

const withKeys = (settings: string): string => settings.replace(/ \}$/, `, jwks-file: "${keys}" }`);
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

describe.each(VENDOR_TOKENS)(
  "the documented token of $row",
  ({ row, header, claims, agent, user, foreign }) => {
    const none = { azp: undefined, sub: undefined, aud: undefined };
    const token = (changes: object = {}): Promise<string> =>
      issuer.token("", { header, claims: { ...none, ...claims, ...TIMES(), ...changes } });

    it("names its client, with the settings of the table", async () => {
      const guarded = await start(row, withKeys);
      expect((await guarded.call(bearer(await token()))).status).toBe(200);
      expect(guarded.lastAgent()).toMatchObject({ name: agent, source: "jwt", verified: true });
      expect(guarded.sidecar.audit().at(-1)?.["user"]).toBe(user);
    });

    it("is refused when it is of another tenant, use or owner", async () => {
      const guarded: IdentifiedSidecar = await start(row, withKeys);
      for (const changes of foreign) {
        const bad = await token(changes);
        expect((await refusal(guarded, () => guarded.call(bearer(bad)))).status).toBe(401);
      }
    });
  },
);

describe("the table of docs/identity.md", () => {
  it("has settings for another OAuth or OpenID Connect server", async () => {
    const guarded = await start("another OAuth or OpenID Connect server", (settings) =>
      settings.replace("https://login.example.com", issuer.url),
    );
    const good = await issuer.token("bot", { claims: { aud: "https://mcp.example.com/mcp" } });
    expect((await guarded.call(bearer(good))).status).toBe(200);
  });

  it("has settings for a server of opaque tokens", async () => {
    const server = await serve(() =>
      JSON.stringify({ active: true, client_id: "bot", aud: "https://mcp.example.com/mcp" }),
    );
    const guarded = await start("a server of opaque tokens", (settings) =>
      settings
        .replace("https://login.example.com/introspect", server.url)
        .replace("/etc/tollgate/secret", temporaryFile("secret", "s3cret")),
    );
    expect((await guarded.call(bearer("opaque-token"))).status).toBe(200);
  });

  it("has settings for Kubernetes pods", async () => {
    const guarded = await start("Kubernetes pods", (settings) =>
      settings.replace("/etc/tollgate/jwks.json", keys),
    );
    const claims = {
      iss: "https://kubernetes.default.svc.cluster.local",
      aud: ["tollgate"],
      sub: "system:serviceaccount:team:bot",
    };
    expect(
      (await guarded.call(bearer(await issuer.token("", { claims: { ...claims, azp: undefined } })))).status,
    ).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "system:serviceaccount:team:bot" });
  });

  it("has settings for API keys", async () => {
    const key = createKey("nightly");
    const guarded = await start("nothing of this: API keys", (settings) =>
      settings.replace("/etc/tollgate/keys.yaml", temporaryFile("keys.yaml", key.line)),
    );
    expect((await guarded.call(bearer(key.key))).status).toBe(200);
  });

  it.each([
    ["a proxy that names the agent", { "x-agent-id": "bot" }],
    ["Envoy, with client certificates", { "x-forwarded-client-cert": "URI=spiffe://example.org/bot" }],
  ])("has settings for %s", async (row, headers) => {
    const guarded = await start(row, (settings) => settings.replace(/"127\.0\.0\.\d"/, '"127.0.0.1"'));
    expect((await guarded.call(headers)).status).toBe(200);
  });

  it("has no row that is not run", () => {
    expect([...ROWS.keys()].filter((row) => !tried.has(row))).toEqual([]);
  });
});
