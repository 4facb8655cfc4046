/** Every example of the documentation at the last released state still starts with today's program, and means the same. */

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { runAudit } from "../../src/commands/audit.ts";
import { runApprovals } from "../../src/commands/control/approvals.ts";
import { runFreeze } from "../../src/commands/control/freeze.ts";
import { runKeys } from "../../src/commands/keys.ts";
import { runPolicy } from "../../src/commands/policy.ts";
import { parseFreezeFile } from "../../src/config/files/freeze-file.ts";
import { parsePolicyFile } from "../../src/config/files/policy-file.ts";
import { createKey } from "../../src/config/files/key-file.ts";
import { FLAGS } from "../../src/config/settings/flags.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { newAuthority, newCertificate } from "../fixtures/certificates.ts";
import { startIdentifiedSidecar } from "../fixtures/identified.ts";
import { Issuer } from "../fixtures/issuer.ts";
import { atEnd, temporaryFolder } from "../fixtures/lifetime.ts";
import { type TestSidecarOptions, untilReady } from "../fixtures/start-sidecar.ts";
import { stdioServer } from "../fixtures/bridge.ts";

interface Example {
  readonly page: string;
  readonly line: number;
  readonly kind: "settings" | "policy" | "freezes" | "commands" | "client" | "stories" | "tools" | "records";
  readonly text: string;
}

function released(name: string): string {
  return readFileSync(new URL(`../fixtures/released/${name}.json`, import.meta.url), "utf8");
}

const { examples }: { readonly examples: readonly Example[] } = JSON.parse(released("examples"));
const POLICIES: Readonly<Record<string, object>> = JSON.parse(released("policies"));
const ofKind = (kind: Example["kind"]): readonly Example[] => examples.filter((each) => each.kind === kind);
const KEY = createKey("nightly-batch");

let folder: string;
let issuer: Issuer;

beforeAll(async () => {
  folder = temporaryFolder();
  issuer = await Issuer.start();
  atEnd(() => issuer.close());
  const authority = await newAuthority();
  const server = await newCertificate(authority, { commonName: "localhost", dns: ["localhost"] });
  const [policy = ""] = ofKind("policy").map(({ text }) => text);
  const files: Readonly<Record<string, string>> = {
    "keys.yaml": KEY.line,
    "jwks.json": JSON.stringify(issuer.jwks),
    "tls.crt": server.cert,
    "tls.key": server.key,
    "agents-ca.crt": authority.cert,
    "ca.crt": authority.cert,
    "ca.pem": authority.cert,
    token: "a-token-of-the-account",
    "admin-token": "a-token-of-the-operators-of-this-place",
    "approval-webhook": "a-secret-of-the-webhook-of-approvals",
    "policy.json": policy,
    "prometheus.json": JSON.stringify(POLICIES["prometheus.json"]),
    "healthomics.json": JSON.stringify(POLICIES["healthomics.json"]),
    "orders.yaml": ofKind("policy").at(-1)?.text ?? "",
    "tools.json": ofKind("tools").at(0)?.text ?? "",
    "orders.test.json": ofKind("stories").at(0)?.text ?? "",
    "audit.jsonl": ofKind("records").at(0)?.text ?? "",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

/** The text with each file that an operator would have replaced by one of the test. */
function withFiles(text: string): string {
  return text.replaceAll(/(?:\/(?:etc|var|run)\/|policies\/)[\w./-]+/g, (path) =>
    join(folder, basename(path)),
  );
}

const start = (config: string, options: Partial<TestSidecarOptions> = {}) =>
  startIdentifiedSidecar(config, options);

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const token = (claims: object) => issuer.token("bot", { claims: { ...claims } });

/** Additions that an example needs before it can start, by its place. */
const ADDED: Readonly<Record<string, (text: string) => readonly [string, Partial<TestSidecarOptions>]>> = {
  "README.md:154": (text) => {
    const { command, args } = stdioServer("plain");
    return [text, { command: [command, ...args] }];
  },
  // Settings about a policy need one since they are refused without.
  "docs/approvals.md:24": (text) => [text, { policy: JSON.stringify(POLICIES["prometheus.json"]) }],
};

describe("settings", () => {
  it.each(ofKind("settings"))("of $page, line $line, start", async ({ page, line, text }) => {
    const [config, options] = ADDED[`${page}:${line}`]?.(text) ?? [text, {}];
    const own = options.command === undefined ? {} : { upstream: "" };
    const { sidecar } = await start(withFiles(config), { ...own, ...options });
    expect(sidecar.url).toMatch(/^https?:/);
  });

  const settingsAt = (line: number): string => {
    const found = ofKind("settings").find((each) => each.page === "docs/identity.md" && each.line === line);
    if (found === undefined) throw new Error(`docs/identity.md has settings at line ${line}`);
    return withFiles(found.text)
      .replaceAll("https://login.example.com/keys", `${issuer.url}/keys`)
      .replaceAll("https://login.example.com", issuer.url);
  };

  it.each<[number, () => Promise<Record<string, string>>, string]>([
    [28, () => Promise.resolve(bearer(KEY.key)), "nightly-batch"],
    [42, async () => bearer(await token({})), "bot"],
    [54, async () => bearer(await token({ agent_id: "batch" })), "batch"],
    [89, () => Promise.resolve(bearer(KEY.key)), "nightly-batch"],
    [98, async () => bearer(await token({})), "bot"],
    [
      132,
      async () =>
        bearer(
          await token({
            iss: "https://kubernetes.default.svc.cluster.local",
            aud: ["tollgate"],
            sub: "system:serviceaccount:team:bot",
            azp: undefined,
          }),
        ),
      "system:serviceaccount:team:bot",
    ],
    [162, () => Promise.resolve({ "x-api-key": KEY.key }), "nightly-batch"],
    [193, () => Promise.resolve({ "x-agent-id": "bot" }), "bot"],
  ])("of docs/identity.md, line %i, name the same agent", async (line, credential, agent) => {
    const guarded = await start(settingsAt(line));
    await untilReady(guarded.sidecar);
    expect((await guarded.call(await credential())).status).toBe(200);
    expect(guarded.lastAgent()).toMatchObject({ name: agent, verified: true });
    const isRequired = line === 28 || line === 42;
    expect((await guarded.call()).status).toBe(isRequired ? 401 : 200);
    expect((await guarded.call(bearer("not-a-good-credential-anywhere"))).status).toBe(
      line === 162 || line === 193 ? 200 : 401,
    );
  });
});

describe("policies", () => {
  it.each([
    ...ofKind("policy").map(({ page, line, text }) => [`of ${page}, line ${line}`, text] as const),
    ...Object.entries(POLICIES).map(
      ([name, policy]) => [`policies/${name}`, JSON.stringify(policy)] as const,
    ),
  ])("%s are valid", (name, text) => {
    const read = parsePolicyFile(Buffer.from(text), name);
    expect(read.ok ? [] : read.problems).toEqual([]);
  });

  it.each(ofKind("freezes"))("of $page, line $line, are a freeze file", ({ page, text }) => {
    expect(parseFreezeFile(page, Buffer.from(text))).toMatchObject({ ok: true });
  });
});

/** The command lines of the examples, without prompts and comments. */
const LINES = ofKind("commands").flatMap(({ page, line, text }) =>
  text
    .split("\n")
    .map((each) => each.replace(/^\$ /, "").replace(/ +#.*$/, ""))
    .filter((each) => /^(?:tollgate|npm start --) /.test(each))
    .map((each) => ({ page, line, command: each.replace(/^npm start -- /, "tollgate ") })),
);

function words(command: string): string[] {
  return [...withFiles(command).matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)]
    .slice(1)
    .map(([, single, double, plain]) => single ?? double ?? plain ?? "")
    .map((word) => (/^[\w.]+\.(?:yaml|json|jsonl)$/.test(word) ? join(folder, word) : word));
}

/** The command lines that clients start, by their configuration. */
const STARTED = ofKind("client").map(({ page, line, text }) => {
  const { mcpServers, servers = mcpServers ?? {} }: ClientConfiguration = JSON.parse(text);
  const args = Object.values(servers).flatMap((server) => server.args);
  return { page, line, command: ["tollgate", ...args].join(" ") };
});

type Servers = Readonly<Record<string, { readonly args: readonly string[] }>>;

interface ClientConfiguration {
  readonly mcpServers?: Servers;
  readonly servers?: Servers;
}

/** The exit code, where it is not 0. */
const CODES: Readonly<Record<string, number>> = { "policy check": 1, "approvals approve": 1 };

describe("commands", () => {
  const flags = Object.fromEntries(
    FLAGS.map(({ name, value }) => [
      name,
      { type: value === "" ? ("boolean" as const) : ("string" as const), multiple: name === "env" },
    ]),
  );

  it.each([...STARTED, ...LINES].filter(({ command }) => command.startsWith("tollgate --")))(
    "of $page, line $line, start: $command",
    async ({ command }) => {
      const [own = "", served] = command.split(/ -- /);
      const { values } = parseArgs({ args: words(own), options: flags });
      const { upstream: _upstream, listen: _listen, ...given } = values;
      const { command: program, args } = stdioServer("plain");
      const texts = Object.entries(given).map(([name, value]) => [name, String(value)]);
      const options = served === undefined ? {} : { command: [program, ...args], upstream: "" };
      const { sidecar } = await start("{}", { flags: Object.fromEntries(texts), ...options });
      expect(sidecar.url).toMatch(/^http:/);
    },
  );

  it.each(LINES.filter(({ command }) => /^tollgate (?:audit|policy (?!init)|keys)/.test(command)))(
    "of $page, line $line, run: $command",
    async ({ command }) => {
      const [name, ...args] = words(command);
      const { code } = await captureIo((io) => {
        if (name === "audit") return runAudit(args, { ...io, env: {}, stdin: Readable.from([]) });
        return name === "keys" ? runKeys(args, io) : runPolicy(args, io);
      });
      expect(code).toBe(CODES[`${name} ${args[0]}`] ?? 0);
    },
  );

  it.each(LINES.filter(({ command }) => /^tollgate (?:approvals|freeze)/.test(command)))(
    "of $page, line $line, reach the admin listener: $command",
    async ({ command }) => {
      const { sidecar } = await start("{}");
      const [name, ...args] = [...words(command), "--admin", sidecar.adminUrl];
      const { code } = await captureIo((io) =>
        name === "freeze"
          ? runFreeze("freeze", args, { ...io, environment: {} })
          : runApprovals(args, { ...io, environment: {} }),
      );
      expect(code).toBe(CODES[`${name} ${args[0]}`] ?? 0);
    },
  );
});

it("has no command that is not run", () => {
  const run = /^tollgate (?:--|audit|policy|keys|approvals|freeze)/;
  expect(LINES.filter(({ command }) => !run.test(command))).toEqual([]);
  expect(LINES.length).toBeGreaterThan(14);
});
