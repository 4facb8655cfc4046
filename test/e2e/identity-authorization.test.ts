/** The forms of an Authorization header: what is meant as a token and is not one must not make its caller anonymous. */

import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { beforeAll, describe, expect, it } from "vitest";
import {
  callBody,
  countRefusals,
  type IdentifiedSidecar,
  startIdentifiedSidecar,
} from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd } from "../fixtures/lifetime.ts";
import { post } from "../fixtures/post.ts";
import { untilReady } from "../fixtures/start-sidecar.ts";

let issuer: Issuer;
let guarded: IdentifiedSidecar;
const refusal = countRefusals("forms of the Authorization header");

/** The status of a call with each value in a header line of its own. */
async function statusOf(port: string, values: readonly string[]): Promise<number | undefined> {
  const lines = values.flatMap((value) => ["Authorization", value]);
  const body = callBody();
  const headers = [
    "Host",
    "localhost",
    "Content-Type",
    "application/json",
    "Content-Length",
    `${body.length}`,
    ...lines,
  ];
  const sent = request({ port, path: "/mcp", method: "POST", headers });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

describe("an Authorization header where no credential is required", () => {
  beforeAll(async () => {
    issuer = await Issuer.start();
    atEnd(() => issuer.close());
    guarded = await startIdentifiedSidecar(
      `identity:\n  jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}" }\n`,
    );
    await untilReady(guarded.sidecar);
  });

  it.each(["Bearer", "bearer", "BEARER", "bEaReR", "Bearer ", " Bearer"])(
    "is read whatever the case of its scheme, and one blank more: %j",
    async (scheme) => {
      expect((await guarded.call({ authorization: `${scheme} ${await issuer.token("bot")}` })).status).toBe(
        200,
      );
      expect(guarded.lastAgent()).toMatchObject({ name: "bot", verified: true });
    },
  );

  it.each([
    "Bearer",
    "Bearer\t$",
    "Bearer=$",
    "Bearer:$",
    "Bearer,$",
    'Bearer "$"',
    'Bearer token="$"',
    "Bearer $, Bearer $",
    "Bearer $ $",
    "Bearer $,",
    "Bearer Bearer $",
    "DPoP $",
    "dpop $",
    "Bearer %20$",
    "Bearer $\u00a0",
  ])("with a token in another form is refused, and its caller is not anonymous: %j", async (form) => {
    const token = await issuer.token("bot");
    const authorization = form.replaceAll("$", token);
    const response = await refusal(guarded, () => guarded.call({ authorization }));
    expect(response.status).toBe(401);
  });

  it.each(["?access_token=$", "?token=$&bearer=$"])(
    "counts, and no token in the address: %s",
    async (query) => {
      const url = guarded.sidecar.url + query.replaceAll("$", await issuer.token("bot"));
      expect((await post(url, callBody())).status).toBe(200);
      expect(guarded.lastAgent()).toMatchObject({ name: "anonymous", verified: false });
      expect(JSON.stringify(guarded.sidecar.audit())).not.toContain("eyJ");
    },
  );

  it("that comes twice is refused", async () => {
    const { port } = new URL(guarded.sidecar.url);
    const token = await issuer.token("bot");
    const values = [`Bearer ${token}`, `Bearer ${token}`];
    const status = await refusal(guarded, () => statusOf(port, values));
    expect(status).toBe(400);
  });
});
