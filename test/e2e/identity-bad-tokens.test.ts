/** The table of bad tokens, for every way in which an issuer can be configured, beside another issuer that collides with it. */

import { beforeAll, describe, expect, it } from "vitest";
import { BAD_TOKENS, type Forgers } from "../fixtures/bad-tokens.ts";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer, newKey } from "../fixtures/issuer.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

let forgers: Forgers;
const refusal = countRefusals("bad tokens, by the configuration of their issuer");

beforeAll(async () => {
  const own = await Issuer.start();
  // The other issuer has keys of the same ids, for the same algorithms, and the same audience and subjects.
  const twins = await Promise.all(own.keys.map(({ alg, kid }) => newKey(alg, kid)));
  const other = await Issuer.start(Date.now, twins);
  atEnd(() => [own, other].forEach((issuer) => issuer.close()));
  forgers = { own, other, unpublished: await newKey("RS256"), now: Math.floor(Date.now() / 1000) };
});

type Entry = (own: Issuer, other: Issuer) => string;
const plain = ({ url, audience }: Issuer, more = ""): string =>
  `{ issuer: "${url}", audience: "${audience}"${more} }`;
const keyFile = (own: Issuer): string => `, jwks-file: "${temporaryFile("jwks.json", own.jwks)}"`;

/** Each reads `azp`, and trusts the keys that `own` publishes. */
const CONFIGURATIONS: readonly (readonly [string, Entry])[] = [
  ["alone", (own) => `jwt: ${plain(own)}`],
  [
    "the first of two, with the addresses as prefixes",
    (own, other) => `jwt: [${plain(own)}, ${plain(other)}]`,
  ],
  [
    "the second of two, by its metadata",
    (own, other) => `jwt: [${plain(other, ', prefix: "o:"')}, ${plain(own, ', prefix: ""')}]`,
  ],
  ["with keys from a file", (own, other) => `jwt: [${plain(other)}, ${plain(own, keyFile(own))}]`],
  [
    "with keys from an address",
    (own, other) => `jwt: [${plain(own, `, jwks: "${own.url}/keys", agent-claim: azp`)}, ${plain(other)}]`,
  ],
  [
    "beside other sources",
    (own) =>
      `header: { name: X-Agent-Id, from: ["127.0.0.1"], prefix: "h:" }\n  xfcc: { from: ["127.0.0.1"] }\n  jwt: ${plain(own)}`,
  ],
];

describe.each(CONFIGURATIONS)("a token of an issuer that stands %s", (_what, entry) => {
  let guarded: IdentifiedSidecar;
  beforeAll(async () => {
    const { own, other } = forgers;
    guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  ${entry(own, other)}\n`);
    await untilReady(guarded.sidecar);
  });
  const send = (token: string): Promise<Response> => guarded.call({ authorization: `Bearer ${token}` });

  it("passes when it has no fault", async () => {
    expect((await send(await forgers.own.token("alice"))).status).toBe(200);
    expect(
      (await send(await forgers.own.token("alice", { header: { typ: "application/at+JWT" } }))).status,
    ).toBe(200);
    expect((await send(await forgers.own.token("alice", { header: { kid: undefined } }))).status).toBe(200);
  });

  it.each(BAD_TOKENS)("%s is refused", async (_fault, make) => {
    const token = await make(forgers);
    const response = await refusal(guarded, () => send(token));
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain(token.slice(-20) || "no token");
  });
});
