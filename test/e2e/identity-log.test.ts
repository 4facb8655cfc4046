import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { callBody, JSON_TYPE } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { sendJson, serveOnLoopback } from "../fixtures/loopback-server.ts";
import { until } from "../fixtures/start-sidecar.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const ADMIN_TOKEN = "an-admin-token-of-32-characters!";

it("writes no token and no key, good or bad, at the most talkative level of the log", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-log-"));
  const issuer = await Issuer.start();
  const upstream = await serveOnLoopback((request, response) => {
    request.resume();
    sendJson(response, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`);
  });
  const key = createKey("ci");
  const config = join(folder, "config.yaml");
  writeFileSync(join(folder, "keys.yaml"), key.line);
  writeFileSync(
    config,
    [
      "bounds: { lame-duck-ms: 0, drain-ms: 0 }",
      "identity:",
      `  jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}" }`,
      `  api-keys: { file: "${join(folder, "keys.yaml")}" }`,
    ].join("\n"),
  );
  const [port = 0, adminPort = 0] = await freePorts(2);
  const flags = [
    "--listen",
    `127.0.0.1:${port}`,
    "--admin",
    `127.0.0.1:${adminPort}`,
    "--log-level",
    "trace",
  ];
  const args = [
    MAIN,
    "--upstream",
    upstream.url,
    "--config",
    config,
    ...flags,
    "--audit",
    join(folder, "audit"),
  ];
  const child = spawn(process.execPath, args, { env: { ...process.env, TOLLGATE_ADMIN_TOKEN: ADMIN_TOKEN } });
  let log = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (log += text));
  try {
    const isReady = () =>
      fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(isReady);
    const secrets = [
      await issuer.token("alice"),
      await issuer.token("alice", { claims: { exp: 1 } }),
      await issuer.token("alice", { claims: { aud: "elsewhere" } }),
      key.key,
      createKey("ci").key,
      "what-is-neither-of-them-and-long-enough",
    ];
    const post = (authorization: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/mcp`, {
        method: "POST",
        headers: { ...JSON_TYPE, authorization },
        body: callBody(),
      });
    const statuses = await Promise.all(
      secrets.map(async (secret) => (await post(`Bearer ${secret}`)).status),
    );
    expect(statuses).toEqual([200, 401, 401, 200, 401, 401]);
    const control = { method: "POST", headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
    expect((await fetch(`http://127.0.0.1:${adminPort}/freeze`, control)).status).not.toBe(401);
    await until(() => log.includes("message refused"));
    const written = log + readFileSync(join(folder, "audit"), "utf8");
    expect(written).toContain("the token has expired");
    for (const secret of [...secrets, ADMIN_TOKEN]) expect(written).not.toContain(secret.slice(-12));
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
    upstream.close();
    issuer.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
