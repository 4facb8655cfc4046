/** A real OpenID provider, oidc-provider of npm: discovery, JWT access tokens, and opaque ones by introspection. */

import { once } from "node:events";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";
import { beforeAll, describe, expect, it } from "vitest";
import { countRefusals, type IdentifiedSidecar, startIdentifiedSidecar } from "../fixtures/identified.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { atEnd, temporaryFile } from "../fixtures/lifetime.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

const RESOURCES = { jwt: "https://mcp.example.com/jwt", opaque: "https://mcp.example.com/opaque" };
const SECRET = "a-secret-of-a-client";
const refusal = countRefusals("tokens of a real provider");

let issuer: string;
let guarded: IdentifiedSidecar;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: ["bot", "tollgate"].map((id) => ({
      client_id: id,
      client_secret: SECRET,
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    })),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => ({
          scope: "mcp",
          audience: resource,
          accessTokenTTL: 600,
          accessTokenFormat: resource === RESOURCES.jwt ? "jwt" : "opaque",
        }),
      },
    },
  });
  const server = createServer(provider.callback()).listen(port, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const audience = JSON.stringify(Object.values(RESOURCES));
  const secret = temporaryFile("secret", SECRET);
  guarded = await startIdentifiedSidecar(
    `identity:
  required: true
  jwt:
    issuer: ${issuer}
    audience: ${audience}
    jwks: ${issuer}/jwks
    introspection: ${issuer}/token/introspection
    client-id: tollgate
    client-secret-file: ${secret}
`,
  );
  await untilReady(guarded.sidecar);
});

async function tokenFor(resource: string): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`bot:${SECRET}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource, scope: "mcp" }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`the provider gave no token: ${response.status}`);
  return token;
}

const send = (token: string): Promise<Response> => guarded.call({ authorization: `Bearer ${token}` });

describe("a token of a real provider", () => {
  it.each(["jwt", "opaque"] as const)("names its client (%s)", async (format) => {
    const token = await tokenFor(RESOURCES[format]);
    expect(token.split(".")).toHaveLength(format === "jwt" ? 3 : 1);
    expect((await send(token)).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: "bot", source: "jwt", verified: true });
  });

  it.each(["jwt", "opaque"] as const)("is refused when it is for another audience (%s)", async (format) => {
    const other = await tokenFor(`${RESOURCES[format]}x`);
    expect((await refusal(guarded, () => send(other))).status).toBe(401);
  });

  it("is found by the provider's metadata", async () => {
    const config = `identity:\n  required: true\n  jwt: { issuer: "${issuer}", audience: "${RESOURCES.jwt}" }\n`;
    const found = await startIdentifiedSidecar(config);
    await untilReady(found.sidecar);
    const headers = { authorization: `Bearer ${await tokenFor(RESOURCES.jwt)}` };
    expect((await found.call(headers)).status).toBe(200);
  });
});
