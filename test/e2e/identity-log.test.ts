import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createKey } from "../../src/config/files/key-file.ts";
import { freePorts } from "../fixtures/free-port.ts";
import { callBody } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, serve, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { post } from "../fixtures/post.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { MAIN } from "../fixtures/start-wrap.ts";

const ADMIN_TOKEN = "an-admin-token-of-32-characters!";

it("writes no token and no key, good or bad, at log level trace", async () => {
  const issuer = await Issuer.start();
  atEnd(() => issuer.close());
  const upstream = await serve();
  const key = createKey("ci");
  const settings = [
    "bounds: { lame-duck-ms: 0, drain-ms: 0 }",
    "identity:",
    `  jwt: { issuer: "${issuer.url}", audience: "${issuer.audience}" }`,
    `  api-keys: { file: "${temporaryFile("keys.yaml", key.line)}" }`,
  ];
  const config = temporaryFile("config.yaml", settings.join("\n"));
  const audit = join(temporaryFolder(), "audit");
  const [port = 0, adminPort = 0] = await freePorts(2);
  const listeners = ["--listen", `127.0.0.1:${port}`, "--admin", `127.0.0.1:${adminPort}`];
  const flags = ["--upstream", upstream.url, "--config", config, "--log-level", "trace", "--audit", audit];
  const child = spawn(process.execPath, [MAIN, ...listeners, ...flags], {
    env: { ...process.env, TOLLGATE_ADMIN_TOKEN: ADMIN_TOKEN },
  });
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
    const url = `http://127.0.0.1:${port}/mcp`;
    const responses = secrets.map((secret) => post(url, callBody(), { authorization: `Bearer ${secret}` }));
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(statuses).toEqual([200, 401, 401, 200, 401, 401]);
    const control = { method: "POST", headers: { authorization: `Bearer ${ADMIN_TOKEN}` } };
    expect((await fetch(`http://127.0.0.1:${adminPort}/freeze`, control)).status).not.toBe(401);
    await until(() => log.includes("message refused"));
    const written = log + readFileSync(audit, "utf8");
    expect(written).toContain("the token has expired");
    for (const secret of [...secrets, ADMIN_TOKEN]) expect(written).not.toContain(secret.slice(-12));
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});
