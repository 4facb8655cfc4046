/** The roles that deploy/ documents, and one less, at a real API server (the API server alone: no kubelet). */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { callBody } from "../fixtures/identified.ts";
import { serve, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { startLogged } from "../fixtures/logged-tollgate.ts";
import { post } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { createAccount, createNamespace, requestToken } from "./kubernetes/accounts.ts";
import { CLUSTER_ISSUER, type ControlPlane, startControlPlane } from "./kubernetes/control-plane.ts";
import { applyRoles } from "./kubernetes/stories.ts";

const OWN = { namespace: "shop", name: "default" };
const BINDINGS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
/** Every cluster has this one, for every ServiceAccount, until an operator takes it away. */
const DISCOVERY = `${BINDINGS}/system:service-account-issuer-discovery`;
const folder = temporaryFolder();
const ownToken = join(folder, "token");
let cluster: ControlPlane;
let agentToken: string;

beforeAll(async () => {
  cluster = await startControlPlane();
  await createNamespace(cluster.admin, OWN.namespace);
  await createAccount(cluster.admin, OWN);
  await createAccount(cluster.admin, { ...OWN, name: "runner" });
  await cluster.admin.get(DISCOVERY, { method: "DELETE" });
  agentToken = await requestToken(cluster.admin, { ...OWN, name: "runner" });
  writeFileSync(ownToken, await requestToken(cluster.admin, OWN, { audiences: [] }));
}, 3_600_000);

/** A sidecar with this way of checking tokens; the status of a call and all that it logged. */
async function startWith(keys: string, token = `, token-file: "${ownToken}"`) {
  const upstream = await serve();
  const section = `{ audience: tollgate, ${keys}, ca-file: "${cluster.caFile}"${token} }`;
  const config = temporaryFile("tollgate.yaml", `identity:\n  service-accounts: ${section}\n`);
  const sidecar = await startLogged(upstream.url, "--config", config);
  const status = async (): Promise<number> =>
    (await post(sidecar.url, callBody(), { authorization: `Bearer ${agentToken}` })).status;
  return { ...sidecar, status };
}

const byReview = (): string => `token-review: "${cluster.url}"`;
const byAddress = (): string => `issuer: "${CLUSTER_ISSUER}", jwks: "${cluster.url}/openid/v1/jwks"`;

describe("Tollgate's own account (the API server alone: no kubelet)", () => {
  it.each([
    [
      "may not review tokens",
      byReview,
      503,
      "it answered 403, since Tollgate's own account may not review tokens: bind it to the ClusterRole system:auth-delegator",
    ],
    [
      "may not read the public keys",
      byAddress,
      401,
      "it answered 403, since Tollgate's own account may not read the public keys: bind it to the ClusterRole system:service-account-issuer-discovery",
    ],
  ])(
    "%s without the role: no token is accepted, and the log names the role",
    async (_what, keys, status, words) => {
      const sidecar = await startWith(keys());
      expect(await sidecar.status()).toBe(status);
      await until(() => sidecar.log().includes(words));
    },
  );

  it.each([
    ["an anonymous caller", "", "it answered 403"],
    [
      "a token of which the API server knows nothing",
      "unknown",
      "it answered 401, since it does not know Tollgate's own token",
    ],
  ])("is %s: no token is accepted, and the log says why", async (_what, token, words) => {
    const file = token === "" ? "" : `, token-file: "${temporaryFile("token", token)}"`;
    const sidecar = await startWith(byReview(), file);
    expect(await sidecar.status()).toBe(503);
    await until(() => sidecar.log().includes(words));
  });

  it("needs the two roles of components/api-server, and no more", async () => {
    const bindings = await applyRoles(cluster.admin, OWN.namespace);
    expect(bindings).toHaveLength(2);
    for (const keys of [byReview(), byAddress()]) {
      const sidecar = await startWith(keys);
      await until(async () => (await sidecar.status()) === 200);
    }
  });
});
