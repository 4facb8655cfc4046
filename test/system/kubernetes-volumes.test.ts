/** Volumes as the kubelet swaps them, by its own code (no kubelet runs): each file of Tollgate's that a ConfigMap or a Secret may hold, under load. */

import { createHash, X509Certificate } from "node:crypto";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { type Pem, newAuthority, newCertificate } from "../fixtures/certificates.ts";
import { type IssuedKey, newKey } from "../fixtures/issuer.ts";
import { SignJWT } from "jose";
import { serve, temporaryFile } from "../fixtures/lifetime.ts";
import { startLogged } from "../fixtures/logged-tollgate.ts";
import { callAtRate, toolCall } from "../fixtures/open-loop.ts";
import { until } from "../fixtures/start-sidecar.ts";
import { openKubeletVolume } from "./kubernetes/volume.ts";

const SWAPS = Number(process.env["SWAPS"] ?? 6);
const RATE = 50;
const ISSUER = "https://issuer.example.com";

/** One of the two states between which every file is swapped. */
interface State {
  readonly isEven: boolean;
  readonly certificate: Pem;
  readonly signingKey: IssuedKey;
}

const PADDING = "x".repeat(200_000);

/** The files of a ConfigMap. A long description makes a half-read file likely where one can be. */
function settingsOf({ isEven, signingKey }: State): Record<string, string> {
  const policy = (allowed: string): string =>
    JSON.stringify({
      version: "1",
      description: `${isEven} ${PADDING}`,
      default: "deny",
      tools: { run: {}, cold: {}, ...(allowed !== "" && { [allowed]: {} }) },
    });
  return {
    "policy.json": policy(isEven ? "even" : "odd"),
    "bob.json": policy(isEven ? "odd" : "even"),
    "frozen.json": JSON.stringify(isEven ? [{ tool: "cold", reason: "winter" }] : []),
    "jwks.json": JSON.stringify({ keys: [signingKey.publicJwk] }),
  };
}

/** The files of a Secret. */
function secretsOf({ isEven, certificate }: State): Record<string, string> {
  const names = ["steady", "bob", isEven ? "even" : "odd"];
  return {
    "keys.yaml": names
      .map((name) => `- { name: ${name}, digest: "sha256:${sha256(keyOf(name))}" }\n`)
      .join(""),
    "tls.crt": certificate.cert,
    "tls.key": certificate.key,
    "session-keys": `${isEven ? "even" : "odd"}-key-of-the-sessions-that-are-sealed\n`,
  };
}

function keyOf(name: string): string {
  return `key-of-${name}-with-enough-letters-to-be-one`;
}

function by(name: string): Record<string, string> {
  return { "x-api-key": keyOf(name) };
}

function sha256(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}

interface Answer {
  readonly word: string;
  /** The fingerprint of the certificate that was shown. */
  readonly certificate: string;
}

const kept = new Agent({ keepAlive: true, rejectUnauthorized: false });

/** `admitted`, the reason of a denial, or the status. */
function call(url: string, tool: string, headers: Record<string, string>, agent = kept): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const body = JSON.stringify({ jsonrpc: "2.0", ...toolCall(tool) });
  const options = {
    method: "POST",
    agent,
    rejectUnauthorized: false,
    headers: { "content-type": "application/json", ...headers },
  };
  const sent = request(url, options, (response) => {
    const certificate = "getPeerCertificate" in response.socket ? fingerprintOf(response.socket) : "";
    text(response).then((received) => {
      const isUnknown = received.includes("Unknown tool");
      const reason = isUnknown ? "unknown_tool" : /"reason":"(\w+)"/.exec(received)?.[1];
      const word = reason ?? (received.includes(`"result"`) ? "admitted" : `status ${response.statusCode}`);
      resolve({ word, certificate });
    }, reject);
  });
  sent.on("error", reject).end(body);
  return promise;
}

function fingerprintOf(socket: object): string {
  const { fingerprint256 } = (
    socket as { getPeerCertificate: () => { fingerprint256: string } }
  ).getPeerCertificate();
  return fingerprint256;
}

it(`${SWAPS} swaps of policy, agent's policy, freezes, JWKS, API keys, certificate and session keys are in force each time; no call fails, and no file is read half`, async () => {
  const authority = await newAuthority();
  const states: State[] = [];
  for (const isEven of [true, false]) {
    const certificate = await newCertificate(authority, {
      commonName: `even: ${isEven}`,
      dns: ["localhost"],
    });
    states.push({ isEven, certificate, signingKey: await newKey("ES256") });
  }
  const [settings, secrets] = [openKubeletVolume(), openKubeletVolume()];
  const swapTo = async (state: State): Promise<void> => {
    await Promise.all([settings.write(settingsOf(state)), secrets.write(secretsOf(state))]);
  };
  const stateAt = (swap: number): State => {
    const state = states[swap % 2];
    if (state === undefined) throw new Error("no state");
    return state;
  };
  await swapTo(stateAt(0));
  const inSettings = (name: string): string => join(settings.folder, name);
  const inSecrets = (name: string): string => join(secrets.folder, name);
  const config = temporaryFile("tollgate.yaml", {
    policy: inSettings("policy.json"),
    agents: [{ match: { pattern: "bob" }, policy: inSettings("bob.json") }],
    freeze: { file: inSettings("frozen.json") },
    tls: { cert: inSecrets("tls.crt"), key: inSecrets("tls.key") },
    identity: {
      required: true,
      "api-keys": { file: inSecrets("keys.yaml"), header: "X-API-Key" },
      "session-key-file": inSecrets("session-keys"),
      jwt: { issuer: ISSUER, audience: "tollgate", "jwks-file": inSettings("jwks.json"), prefix: "jwt:" },
    },
    labels: { "own-list": false },
    // A loaded machine must not refuse the requests of a test.
    bounds: { "loop-delay-ms": 0 },
  });
  const upstream = await serve();
  const tollgate = await startLogged(upstream.url, "--config", config, "--log-level", "warn");
  const url = tollgate.url.replace("http:", "https:");
  const load = callAtRate(RATE, async () => (await call(url, "run", by("steady"))).word);
  for (let swap = 0; swap <= SWAPS; swap += 1) {
    const state = stateAt(swap);
    if (swap > 0) await swapTo(state);
    const token = await new SignJWT({ sub: "a" })
      .setProtectedHeader({ alg: "ES256", kid: state.signingKey.kid })
      .setIssuer(ISSUER)
      .setAudience("tollgate")
      .setExpirationTime("5m")
      .sign(state.signingKey.privateKey);
    const [now, before] = state.isEven ? ["even", "odd"] : ["odd", "even"];
    const words = async (): Promise<unknown> => {
      const fresh = new Agent({ rejectUnauthorized: false });
      const calls = [
        call(url, now, by("steady")),
        call(url, before, by("steady")),
        call(url, now, by("bob")),
        call(url, before, by("bob")),
        call(url, "cold", by("steady")),
        call(url, "run", by(now)),
        call(url, "run", by(before)),
        call(url, "run", { authorization: `Bearer ${token}` }),
      ];
      const answers = (await Promise.all(calls)).map(({ word }) => word);
      return [...answers, (await call(url, "run", by("steady"), fresh)).certificate];
    };
    const certificate = new X509Certificate(state.certificate.cert).fingerprint256;
    const expected = [
      "admitted",
      "unknown_tool",
      "unknown_tool",
      "admitted",
      state.isEven ? "frozen" : "admitted",
      "admitted",
      "status 401",
      "admitted",
      certificate,
    ];
    await expect.poll(words).toEqual(expected);
  }
  const before = load.tally()["admitted"] ?? 0;
  await until(() => (load.tally()["admitted"] ?? 0) >= before + RATE);
  const { admitted = 0, ...failed } = await load.stop();
  kept.destroy();
  process.stdout.write(`volumes: ${SWAPS} swaps, ${admitted} calls, ${JSON.stringify(failed)} failed\n`);
  expect(failed).toEqual({});
  const complaints = tollgate
    .log()
    .split("\n")
    .filter((line) => /cannot|could not|invalid|must be|previous/i.test(line));
  expect(complaints).toEqual([]);
}, 600_000);
