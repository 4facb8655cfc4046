/** Tokens that are bound to a client certificate (RFC 8705): as JWTs, and as the issuer describes opaque ones. */

import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { newAuthority, newCertificate, type Pem } from "../fixtures/certificates.ts";
import {
  callBody,
  countRefusals,
  type IdentifiedSidecar,
  startIdentifiedSidecar,
} from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { JSON_TYPE } from "../fixtures/post.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

const refusal = countRefusals("tokens bound to a certificate");

let authority: Pem;
let issuer: Issuer;
let right: Pem;
let other: Pem;
/** Another certificate of the name of the right one. */
let namesake: Pem;
/** The issuer's words about opaque tokens. */
const described = new Map<string, object>();
/** Times that the issuer was asked about an opaque token. */
let asked = 0;
let guarded: IdentifiedSidecar;

function thumbprint({ cert }: Pem, form: BufferEncoding = "base64url"): string {
  const digest = new X509Certificate(cert).fingerprint256.replaceAll(":", "");
  return Buffer.from(digest, "hex").toString(form);
}

beforeAll(async () => {
  authority = await newAuthority();
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
  [right, other, namesake] = await Promise.all([
    newCertificate(authority, { commonName: "right" }),
    newCertificate(authority, { commonName: "other" }),
    newCertificate(authority, { commonName: "right" }),
  ]);
  const folder = temporaryFolder();
  const server = await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] });
  const files = { cert: server.cert, key: server.key, ca: authority.cert };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const endpoint = await serve((form) => {
    asked += 1;
    return JSON.stringify(described.get(new URLSearchParams(form).get("token") ?? "") ?? { active: false });
  });
  const secret = temporaryFile("secret", "s3cret");
  const introspection = `introspection: "${endpoint.url}", client-id: tollgate, client-secret-file: "${secret}"`;
  guarded = await startIdentifiedSidecar(
    `tls: { cert: "${join(folder, "cert")}", key: "${join(folder, "key")}", client-ca: "${join(folder, "ca")}" }
identity:
  required: true
  jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}", jwks: "${issuer.url}/keys", ${introspection} }
`,
  );
  await untilReady(guarded.sidecar);
});

/** The status of a call with this token, on a connection with this certificate. */
function call(token: string, client?: Pem, agent?: https.Agent): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const headers = { ...JSON_TYPE, authorization: `Bearer ${token}` };
  const tls = { ca: authority.cert, servername: "localhost", ...client };
  const options = { method: "POST", agent: agent ?? false, headers, ...tls } as const;
  const request = https.request(guarded.sidecar.url, options, (response) => {
    response.resume().on("end", () => resolve(response.statusCode));
  });
  request.once("error", reject).end(callBody());
  return promise;
}

const refused = async (token: string, client?: Pem): Promise<void> => {
  expect(await refusal(guarded, () => call(token, client))).toBe(401);
};

type Confirmation = (cert: Pem) => unknown;
const bound: Confirmation = (cert) => ({ "x5t#S256": thumbprint(cert) });

/** A token of each kind, of the same agent. */
const KINDS: readonly (readonly [string, (cnf: unknown) => Promise<string>])[] = [
  ["a JWT", (cnf) => issuer.token("bot", { claims: { cnf, jti: crypto.randomUUID() } })],
  [
    "an opaque token",
    (cnf) => {
      const token = `opaque-${described.size}`;
      described.set(token, {
        active: true,
        client_id: "bot",
        aud: issuer.audience,
        token_type: "Bearer",
        cnf,
      });
      return Promise.resolve(token);
    },
  ],
];

describe.each(KINDS)("%s that is bound to a certificate", (kind, make) => {
  it("is taken with that certificate, in each request and on each connection", async () => {
    const token = await make(bound(right));
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    atEnd(() => agent.destroy());
    for (const status of [await call(token, right, agent), await call(token, right, agent)])
      expect(status).toBe(200);
    expect(await call(token, right)).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "bot", source: "jwt", verified: true });
  });

  it("is refused with another certificate, of the same name too, and with none, also after it was taken", async () => {
    const token = await make(bound(right));
    expect(await call(token, right)).toBe(200);
    for (const client of [other, namesake, undefined]) await refused(token, client);
    expect(await call(token, right)).toBe(200);
  });

  it("is refused with a certificate of the right digest that no authority of this place has signed", async () => {
    const stranger = await newAuthority("right");
    await refused(await make(bound(stranger)), stranger);
  });

  it.each<[string, Confirmation]>([
    ["in standard base64", (cert) => ({ "x5t#S256": `${thumbprint(cert, "base64")}` })],
    ["in hexadecimal digits", (cert) => ({ "x5t#S256": thumbprint(cert, "hex") })],
    ["in a list", (cert) => ({ "x5t#S256": [thumbprint(cert)] })],
    ["in capitals", (cert) => ({ "x5t#S256": thumbprint(cert).toUpperCase() })],
    ["under another name", (cert) => ({ "x5t#s256": thumbprint(cert) })],
    ["beside another binding", (cert) => ({ "x5t#S256": thumbprint(cert), jkt: "x" })],
    ["as no mapping", thumbprint],
    ["as a list of mappings", (cert) => [{ "x5t#S256": thumbprint(cert) }]],
    ["that is empty", () => ({ "x5t#S256": "" })],
    ["that is absent", () => ({})],
    ["of a key instead", () => ({ jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" })],
  ])("is refused with a digest %s", async (_how, confirmation) => {
    const token = await make(confirmation(right));
    for (const client of [right, other, undefined]) await refused(token, client);
  });

  it("is checked in each request, while one that is not bound is not", async () => {
    const [token, free] = [await make(bound(right)), await make(undefined)];
    asked = 0;
    for (const each of [token, token, free, free]) expect(await call(each, right)).toBe(200);
    expect(asked).toBe(kind === "a JWT" ? 0 : 3);
  });
});
