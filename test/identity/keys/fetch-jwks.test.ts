/** Servers of key sets differ in the media type that they serve, and some refuse a client that does not accept it. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discoverKeySet, fetchKeySet } from "../../../src/identity/keys/fetch-jwks.ts";
import { type LoopbackServer, serveOnLoopback } from "../../fixtures/loopback-server.ts";

const KEY_SET = { keys: [{ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] };

/** Negotiates as a Kubernetes API server does: 406 unless one accepted type is exactly the served one, or any is accepted. */
let server: LoopbackServer;
beforeAll(async () => {
  server = await serveOnLoopback((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const isMetadata = url.pathname.startsWith("/.well-known/");
    const served = isMetadata ? "application/json" : (url.searchParams.get("serves") ?? "");
    const accepted = (request.headers.accept ?? "*/*").split(",").map((type) => type.split(";")[0]?.trim());
    if (!accepted.includes(served) && !accepted.includes("*/*")) return void response.writeHead(406).end();
    const issuer = server.url.replace("/mcp", "");
    const metadata = { issuer, jwks_uri: `${issuer}/jwks?serves=application/jwk-set%2Bjson` };
    response.writeHead(200, { "content-type": served }).end(JSON.stringify(isMetadata ? metadata : KEY_SET));
  });
});
afterAll(() => server.close());

describe("fetchKeySet", () => {
  it.each(["application/jwk-set+json", "application/json", "application/octet-stream"])(
    "takes a key set from a server that serves %s alone",
    async (type) => {
      const url = new URL(`/jwks?serves=${encodeURIComponent(type)}`, server.url);
      expect(await fetchKeySet({ url })).toEqual(KEY_SET);
    },
  );
});

describe("discoverKeySet", () => {
  it("follows metadata in JSON to a key set in its own media type", async () => {
    expect(await discoverKeySet(server.url.replace("/mcp", ""), (url) => ({ url }))).toEqual(KEY_SET);
  });
});
