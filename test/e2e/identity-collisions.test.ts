/** Two issuers whose keys, key ids, audiences and subjects collide: every token is its own issuer's agent's, or is refused. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { type IssuedKey, Issuer, newKey } from "../fixtures/issuer.ts";
import { atEnd, serve, temporaryFile } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

const refusal = countRefusals("tokens of two issuers that collide");
const figures = { taken: 0, mistaken: 0 };
afterAll(() =>
  console.log(
    `good tokens of two issuers that collide: ${figures.taken} taken, ${figures.mistaken} for the other's`,
  ),
);

/** The keys have the ids `same` and `shared`; the issuers publish one of their own, and one that both publish. */
let keys: Readonly<Record<"first" | "second" | "shared" | "unpublished", IssuedKey>>;
let first: Issuer;
let second: Issuer;

beforeAll(async () => {
  const [one, two, shared, unpublished] = await Promise.all([
    newKey("ES256", "same"),
    newKey("ES256", "same"),
    newKey("ES256", "shared"),
    newKey("ES256", "same"),
  ]);
  keys = { first: one, second: two, shared, unpublished };
  first = await Issuer.start(Date.now, [one, shared]);
  second = await Issuer.start(Date.now, [two, shared]);
  atEnd(() => [first, second].forEach((issuer) => issuer.close()));
});

interface Configuration {
  readonly name: string;
  /** The audience of each issuer. */
  readonly audiences: readonly [string, string];
  readonly more: (issuer: Issuer) => string;
}

const AUDIENCE = "https://mcp.example.com/mcp";
const CONFIGURATIONS: readonly Configuration[] = [
  { name: "one audience, keys by metadata", audiences: [AUDIENCE, AUDIENCE], more: () => "" },
  {
    name: "one audience, keys from files",
    audiences: [AUDIENCE, AUDIENCE],
    more: ({ jwks }) => `, jwks-file: "${temporaryFile("jwks.json", jwks)}"`,
  },
  {
    name: "an audience each, keys from addresses",
    audiences: [AUDIENCE, `${AUDIENCE}/2`],
    more: ({ url }) => `, jwks: "${url}/keys"`,
  },
];

interface Collision {
  readonly by: "first" | "second";
  readonly key: keyof typeof keys;
  readonly kid: string | undefined;
  readonly aud: readonly string[];
  readonly agent: string;
}

const KIDS = ["same", "shared", "unknown", undefined];
const AUDIENCES = [[AUDIENCE], [`${AUDIENCE}/2`], [AUDIENCE, `${AUDIENCE}/2`]];
/** The second one is the first issuer's way to write an agent. */
const COLLISIONS: readonly Collision[] = (["first", "second"] as const).flatMap((by) =>
  (["first", "second", "shared", "unpublished"] as const).flatMap((key) =>
    KIDS.flatMap((kid) =>
      AUDIENCES.flatMap((aud) => ["bot", "one:bot"].map((agent) => ({ by, key, kid, aud, agent }))),
    ),
  ),
);

/** Whether the issuer that the token names has signed it with a key that it publishes under this id, for this endpoint. */
function isGood({ by, key, kid, aud }: Collision, { audiences }: Configuration): boolean {
  const published = key === "shared" || key === by;
  const isKey = kid === undefined || kid === (key === "shared" ? "shared" : "same");
  return published && isKey && aud.includes(audiences[by === "first" ? 0 : 1]);
}

function tokenOf({ by, key, kid, aud, agent }: Collision): Promise<string> {
  const issuer = by === "first" ? first : second;
  return issuer.token(agent, { key: keys[key], header: { kid }, claims: { aud, sub: "user-1" } });
}

describe.each(CONFIGURATIONS)("two issuers with $name", (configuration) => {
  let guarded: IdentifiedSidecar;

  beforeAll(async () => {
    const { audiences, more } = configuration;
    const entries = [first, second].map(
      (issuer, index) =>
        `{ issuer: "${issuer.url}", audience: "${audiences[index]}", prefix: "${index === 0 ? "one:" : "two:"}"${more(issuer)} }`,
    );
    guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  jwt: [${entries.join(", ")}]\n`);
    await untilReady(guarded.sidecar);
  });

  const send = async (token: string): Promise<number> =>
    (await guarded.call({ authorization: `Bearer ${token}` })).status;

  it.each(["first", "second"] as const)(
    "takes a token for the agent of the issuer that it names (%s)",
    async (by) => {
      for (const collision of COLLISIONS.filter((each) => each.by === by)) {
        const token = await tokenOf(collision);
        if (!isGood(collision, configuration)) {
          expect([collision, await refusal(guarded, () => send(token))]).toEqual([collision, 401]);
          continue;
        }
        expect([collision, await send(token)]).toEqual([collision, 200]);
        const name = `${by === "first" ? "one:" : "two:"}${collision.agent}`;
        figures.taken += 1;
        const record = guarded.sidecar.audit().at(-1);
        if (JSON.stringify(record?.["agent"]).includes(name) === false) figures.mistaken += 1;
        expect(record).toMatchObject({ agent: { name, verified: true }, user: `${name.slice(0, 4)}user-1` });
      }
    },
  );
});

describe("an issuer that introspects beside one that publishes keys", () => {
  let guarded: IdentifiedSidecar;
  let asked: string[];
  /** The words of the introspecting issuer about any token: as generous as they can be. */
  let answer: object;

  beforeAll(async () => {
    const endpoint = await serve((form) => {
      asked.push(new URLSearchParams(form).get("token") ?? "");
      return JSON.stringify(answer);
    });
    const entries = [
      `{ issuer: "${first.url}", audience: "${AUDIENCE}", prefix: "one:", introspection: "${endpoint.url}" }`,
      `{ issuer: "${second.url}", audience: "${AUDIENCE}", prefix: "two:" }`,
    ];
    guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  jwt: [${entries.join(", ")}]\n`);
    await untilReady(guarded.sidecar);
  });

  const send = (token: string): Promise<Response> => guarded.call({ authorization: `Bearer ${token}` });

  it("is asked about no token of the other, whatever key and id this has", async () => {
    asked = [];
    answer = { active: true, client_id: "bot", aud: AUDIENCE };
    for (const collision of COLLISIONS.filter(({ by, aud }) => by === "second" && aud.length === 1)) {
      const token = await tokenOf(collision);
      const isTaken = isGood(collision, { name: "", audiences: [AUDIENCE, AUDIENCE], more: () => "" });
      const status = isTaken
        ? (await send(token)).status
        : (await refusal(guarded, () => send(token))).status;
      expect([collision, status]).toEqual([collision, isTaken ? 200 : 401]);
      if (isTaken) expect(guarded.lastAgent()).toMatchObject({ name: `two:${collision.agent}` });
    }
    expect(asked).toEqual([]);
  });

  it("names its own agents alone, whatever it says", async () => {
    asked = [];
    for (const [index, iss] of [undefined, first.url, second.url].entries()) {
      answer = { active: true, client_id: "two:bot", aud: AUDIENCE, sub: "two:bot", ...(iss && { iss }) };
      const token = `opaque-${index}`;
      if (iss === second.url) {
        expect((await refusal(guarded, () => send(token))).status).toBe(401);
        continue;
      }
      expect((await send(token)).status).toBe(200);
      expect(guarded.lastAgent()).toMatchObject({ name: "one:two:bot" });
    }
    expect(asked).toHaveLength(3);
  });

  it("does not name an agent of the other by an answer about a JWT that names itself", async () => {
    answer = { active: true, client_id: "bot", aud: AUDIENCE, iss: second.url };
    const token = await first.token("bot", { key: keys.second, claims: { aud: AUDIENCE } });
    expect((await refusal(guarded, () => send(token))).status).toBe(401);
  });
});
