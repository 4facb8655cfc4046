/** Keys of an issuer through a real forward proxy: Debian's tinyproxy. */

import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePorts } from "../fixtures/free-port.ts";
import { startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { startKeyServer } from "../fixtures/key-server.ts";
import { atEnd, temporaryFile, temporaryFolder } from "../fixtures/lifetime.ts";
import { until, untilReady } from "../fixtures/start-sidecar.ts";
import { requireProgram } from "../fixtures/system-program.ts";

interface Tinyproxy {
  readonly url: string;
  readonly log: () => string;
}

async function startTinyproxy(): Promise<Tinyproxy> {
  const [port = 0] = await freePorts(1);
  const log = join(temporaryFolder(), "tinyproxy.log");
  const settings = `Port ${port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nLogFile "${log}"\nLogLevel Connect\n`;
  const file = temporaryFile("tinyproxy.conf", settings);
  const proxy: ChildProcess = spawn(requireProgram("tinyproxy"), ["-d", "-c", file], { stdio: "ignore" });
  atEnd(() => proxy.kill());
  await until(() => accepts(port));
  return { url: `http://127.0.0.1:${port}`, log: () => readFileSync(log, "utf8") };
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

it.each([
  ["through tinyproxy", {}, true],
  ["past tinyproxy where NO_PROXY names the host", { NO_PROXY: "localhost" }, false],
])("fetches the keys of an issuer %s", async (_how, exceptions, isAsked) => {
  const proxy = await startTinyproxy();
  const issuer = await Issuer.start();
  atEnd(() => issuer.close());
  const keys = await startKeyServer(issuer);
  const access = `jwks: "${keys.url}", ca-file: "${keys.caFile}"`;
  const jwt = `{ issuer: "${issuer.url}", audience: "${issuer.audience}", ${access} }`;
  const environment = { HTTPS_PROXY: proxy.url, ...exceptions };
  const guarded = await startIdentifiedSidecar(`identity:\n  required: true\n  jwt: ${jwt}\n`, {
    environment,
  });
  await untilReady(guarded.sidecar);
  expect(proxy.log().includes(`CONNECT ${new URL(keys.url).host}`)).toBe(isAsked);
  const response = await guarded.call({ authorization: `Bearer ${await issuer.token("alice")}` });
  expect(response.status).toBe(200);
});
