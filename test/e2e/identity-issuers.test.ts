import { beforeAll, describe, expect, it } from "vitest";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { type IssuedKey, Issuer, newKey } from "../fixtures/issuer.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";
import { createKey } from "../../src/config/files/key-file.ts";

const POLICY = {
  version: "1",
  default: "allow",
  tools: { scarce: { limits: [{ counter: "scarce", window: "day", max: 1, scope: "grant" }] } },
};

let first: Issuer;
let second: Issuer;
let guarded: IdentifiedSidecar;
const refusal = countRefusals("tokens of one issuer shown as another's");

beforeAll(async () => {
  first = await Issuer.start();
  second = await Issuer.start();
  atEnd(() => [first, second].forEach((issuer) => issuer.close()));
});

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const refused = (headers: Record<string, string>): Promise<Response> =>
  refusal(guarded, () => guarded.call(headers));

async function start(identity: string, policy: object = POLICY): Promise<IdentifiedSidecar> {
  guarded = await startIdentifiedSidecar(`identity:\n${identity}\n`, { policy });
  await untilReady(guarded.sidecar);
  return guarded;
}

const entry = ({ url, audience }: Issuer, more = ""): string =>
  `    - { issuer: "${url}", audience: "${audience}"${more} }\n`;

describe("two issuers", () => {
  beforeAll(async () => {
    await start(`  required: true\n  jwt:\n${entry(first)}${entry(second, ', prefix: "second:"')}`);
  });

  it("name their agents apart: by the issuer's address, or by its prefix", async () => {
    await guarded.call(bearer(await first.token("bot")));
    expect(guarded.lastAgent()).toMatchObject({ name: `${first.url}#bot` });
    await guarded.call(bearer(await second.token("bot")));
    expect(guarded.lastAgent()).toMatchObject({ name: "second:bot" });
  });

  it("do not share a limit between agents of one name", async () => {
    for (const issuer of [first, second]) {
      const response = await guarded.call(bearer(await issuer.token("scarce-bot")), "scarce");
      expect(await response.text()).not.toContain("isError");
    }
    expect(await (await guarded.call(bearer(await first.token("scarce-bot")), "scarce")).text()).toContain(
      "isError",
    );
  });

  it("are both named in the well-known document", async () => {
    const url = new URL("/.well-known/oauth-protected-resource", guarded.sidecar.url);
    expect(await (await fetch(url)).json()).toMatchObject({ authorization_servers: [first.url, second.url] });
  });

  it("do not sign for each other, whatever key and id the token has", async () => {
    const [own] = first.keys;
    const [other] = second.keys;
    if (own === undefined || other === undefined) throw new Error("both publish keys");
    const signers: IssuedKey[] = [other, { ...other, kid: own.kid }, await newKey("RS256", own.kid)];
    for (const key of signers)
      expect((await refused(bearer(await first.token("bot", { key })))).status).toBe(401);
  });

  it("do not reach a name of the other by writing its prefix", async () => {
    await guarded.call(bearer(await second.token(`${first.url}#bot`)));
    expect(guarded.lastAgent()).toMatchObject({ name: `second:${first.url}#bot` });
  });
});

describe("an issuer without a prefix", () => {
  it("does not give the names of the other's prefix, and keeps its own", async () => {
    await start(`  jwt:\n${entry(first, ', prefix: ""')}${entry(second, ', prefix: "second:"')}`);
    await guarded.call(bearer(await first.token("bot")));
    expect(guarded.lastAgent()).toMatchObject({ name: "bot" });
    const response = await refused(bearer(await first.token("second:bot")));
    expect(await response.text()).toContain("the agent's name belongs to another source of identity");
  });
});

describe("an API key and a token", () => {
  it("never name one agent: a token with the name of a key is refused", async () => {
    const key = createKey("bot");
    const file = temporaryFile("keys.yaml", key.line);
    await start(`  api-keys: { file: "${file}", header: X-API-Key }\n  jwt:\n${entry(first)}`);
    expect((await guarded.call({ "x-api-key": key.key })).status).toBe(200);
    const response = await refused(bearer(await first.token("bot")));
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("the agent's name is that of an API key");
    expect((await guarded.call(bearer(await first.token("other")))).status).toBe(200);
  });

  it("do not come in one request", async () => {
    const key = createKey("key-bot");
    const file = temporaryFile("keys.yaml", key.line);
    await start(`  api-keys: { file: "${file}", header: X-API-Key }\n  jwt:\n${entry(first)}`);
    const token = bearer(await first.token("token-bot"));
    const response = await refused({ ...token, "x-api-key": key.key });
    expect(await response.text()).toContain("the credentials of the request name different agents");
    expect((await refused({ ...token, "x-api-key": "not-a-known-key-of-this-place" })).status).toBe(401);
  });

  it("may come in one request where the settings let the first decide", async () => {
    const key = createKey("key-bot");
    const file = temporaryFile("keys.yaml", key.line);
    const keys = `  api-keys: { file: "${file}", header: X-API-Key }\n  several-credentials: first\n`;
    await start(`${keys}  jwt:\n${entry(first)}`);
    await guarded.call({ ...bearer(await first.token("token-bot")), "x-api-key": key.key });
    expect(guarded.lastAgent()).toMatchObject({ name: "token-bot" });
  });

  it("make a key file with a name of an issuer's prefix a start error", async () => {
    const file = temporaryFile("keys.yaml", createKey("sso:bot").line);
    const config = `  api-keys: { file: "${file}" }\n  jwt:\n${entry(first, ', prefix: "sso:"')}`;
    await expect(startIdentifiedSidecar(`identity:\n${config}`)).rejects.toMatchObject({
      problems: [expect.stringContaining("`sso:bot` is a name of another source of identity")],
    });
  });
});

describe("a trusted header beside certificates and tokens", () => {
  const from = `from: ["127.0.0.1"]`;

  it.each(["spiffe://example.org/bot", "CN=bot,O=Example"])(
    "does not give the name of a certificate: %s",
    async (name) => {
      await start(`  xfcc: { ${from} }\n  header: { name: X-Agent-Id, ${from} }`);
      expect((await refused({ "x-agent-id": name })).status).toBe(401);
      const element = name.startsWith("spiffe") ? `URI=${name}` : `Subject="${name}"`;
      expect((await guarded.call({ "x-forwarded-client-cert": element })).status).toBe(200);
    },
  );

  it("names its agents by its prefix", async () => {
    await start(`  header: { name: X-Agent-Id, ${from}, prefix: "header:" }\n  jwt:\n${entry(first)}`);
    await guarded.call({ "x-agent-id": "bot" });
    expect(guarded.lastAgent()).toMatchObject({ name: "header:bot", source: "header" });
    expect((await refused(bearer(await first.token("header:bot")))).status).toBe(401);
    expect((await refused({ ...bearer(await first.token("bot")), "x-agent-id": "bot" })).status).toBe(401);
  });
});

describe("claims of an issuer", () => {
  it("must have the values that the settings require", async () => {
    const more = `, required-claims: { org: [a, b], level: 3 }`;
    await start(`  required: true\n  jwt:\n${entry(first, more)}`);
    const call = async (claims: object): Promise<number> =>
      (await guarded.call(bearer(await first.token("bot", { claims: { ...claims } })))).status;
    expect(await call({ org: "a", level: 3 })).toBe(200);
    expect(await call({ org: ["x", "b"], level: 3 })).toBe(200);
    for (const claims of [
      { org: "c", level: 3 },
      { org: "a", level: "3" },
      { org: "a" },
      {},
      { org: ["ab"], level: 3 },
    ])
      expect(await refusal(guarded, () => call(claims))).toBe(401);
  });

  it("name the audience where the settings say", async () => {
    await start(`  required: true\n  jwt:\n${entry(first, ", audience-claim: client_id")}`);
    const call = async (claims: object): Promise<number> =>
      (await guarded.call(bearer(await first.token("bot", { claims: { ...claims } })))).status;
    expect(await call({ aud: undefined, client_id: first.audience })).toBe(200);
    expect(await refusal(guarded, () => call({ client_id: "other" }))).toBe(401);
    expect(await refusal(guarded, () => call({}))).toBe(401);
  });
});

describe("identity that is required", () => {
  it.each(["required: true", "required: true\n  passthrough: true"])(
    "needs a source, or the sidecar does not start: %s",
    async (identity) => {
      await expect(startIdentifiedSidecar(`identity:\n  ${identity}\n`)).rejects.toMatchObject({
        problems: [expect.stringMatching(/^identity\.required: needs a source of identity/)],
      });
    },
  );
});
