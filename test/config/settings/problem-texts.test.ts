import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readProblem, writeProblem } from "../../../src/config/file-fault.ts";
import { openFreezeFile, parseFreezeFile } from "../../../src/config/files/freeze-file.ts";
import { openJwksFile, parseKeyFile } from "../../../src/config/files/key-file.ts";
import { readPolicyFile } from "../../../src/config/files/policy-file.ts";
import { readAdminToken } from "../../../src/config/files/read-admin-token.ts";
import { openFreezeState } from "../../../src/config/files/control-state.ts";
import { openTlsFiles } from "../../../src/config/files/tls-files.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-problems-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function problemsOf(read: {
  ok: boolean;
  problems?: readonly string[];
  problem?: string;
}): readonly string[] {
  return read.problems ?? [read.problem ?? "no problem"];
}

function settingsProblems(text: string): readonly string[] {
  const config = join(folder, "tollgate.yaml");
  writeFileSync(config, text);
  const flags = { upstream: "http://127.0.0.1:1/mcp", config };
  return problemsOf(parseSettings({ flags, environment: {}, isTerminal: false })).map((problem) =>
    problem.replace(config, "tollgate.yaml"),
  );
}

describe("a problem in the settings", () => {
  it.each([
    ["bounds: { connections: many }", "bounds.connections: must be a number, got a string"],
    [
      "{ workers: 2, allow-all: true, approvals: { state: a.json } }",
      "workers: must be 1 with approvals.state; keep approvals in a store with --limits redis://HOST, or leave the file out",
    ],
    ["workers: 1.5", "workers: must be a whole number from 1 to 64, got 1.5"],
    ["bounds: { connections: 1.5 }", "bounds.connections: must be a whole number, got a fraction"],
    ["bounds: { connections: 0 }", "bounds.connections: must be more than 0, got 0"],
    ["bounds: { connections: 2000000 }", "bounds.connections: must be at most 1000000, got 2000000"],
    ["bounds: { list-bytes: 1 }", "bounds.list-bytes: must be at least 1024, got 1"],
    ["bounds: 5", "bounds: must be a mapping, got a number"],
    ["bounds: { request-ms: }", "bounds.request-ms: must be a number, got no value"],
    ["mode: loose", "mode: must be enforce or shadow"],
    ["identity: { required: 'yes' }", "identity.required: must be true or false, got a string"],
    ["identity: { api-keys: {} }", "identity.api-keys.file: is missing; it must be a string"],
    ["tls: { cert: '', key: k }", "tls.cert: must not be empty"],
    ["agents: x", "agents: must be a list, got a string"],
    ...[
      "https://app.example.com/",
      "https://App.example.com",
      "app.example.com",
      "*",
      "https://a.example/x",
    ].map((origin): [string, string] => [
      `allowed-origin: ["${origin}"]`,
      "allowed-origin: must be origins as browsers send them, such as https://app.example.com, vscode-file://vscode-app or null: in lower case, without a path",
    ]),
    ["allowed-host: 5", "allowed-host: must be a list of strings, or one string with commas between"],
    ["require-isolation: 5", "require-isolation: must be true or false"],
    [
      "identity: { jwt: { issuer: 'https://x.example', audience: 5 } }",
      "identity.jwt.audience: must be a string, or a list of strings",
    ],
    ...["agent-claim: groups", "user-claim: [realm_access, roles]", "agent-claim: amr"].map(
      (line): [string, string] => {
        const [name, claim] = [line.split(":")[0], line.split(/[ \],]+/).findLast(Boolean)];
        return [
          `identity: { jwt: { issuer: 'https://x.example', audience: x, ${line} } }`,
          `identity.jwt.${name}: must be a claim with one text, such as sub or email; ${claim} is a list`,
        ];
      },
    ),
    [
      "identity: { header: { name: X-Who, user: x-who, from: [10.0.0.1] } }",
      "identity.header.user: must be another header than the one that names the agent",
    ],
    [
      "identity: { client-address: { from: [10.0.0.1], header: X-Real-IP } }",
      "identity.client-address.header: must be X-Forwarded-For or Forwarded",
    ],
    [
      "identity: { client-address: { from: [proxy.example] } }",
      'identity.client-address.from.0: must be an address or a CIDR range, got "proxy.example"',
    ],
    ["limits: { sentinels: { name: x, nodes: [] } }", "limits.sentinels.nodes: must have at least 1 entry"],
    ["server-requests: { x: maybe }", "server-requests.x: must be allow or deny"],
    ["server-requests: { '': allow }", "server-requests.: has a name that must not be empty"],
    ["- a", "tollgate.yaml: must be a mapping of settings"],
    [
      "mode: shadow\nmode: shadow",
      "tollgate.yaml: line 2, column 1: this name stands twice in its mapping; keep one of the two",
    ],
    ["a: [", "tollgate.yaml: line 1, column 5: a list that begins with [ must end with ] before this"],
  ])("is worded for an operator: %s", (text, problem) => {
    expect(settingsProblems(text)).toEqual([problem]);
  });

  it("never repeats a value of the file, which may be a secret", () => {
    const text = "limits: { url: 5, password: [s3cret] }\nadmin-token-file: [s3cret]\nmode: s3cret\n";
    expect(settingsProblems(text).join()).not.toContain("s3cret");
  });
});

describe("a file that cannot be read", () => {
  const directory = join(folder, "directory");
  mkdirSync(directory);
  const missing = join(folder, "missing");
  const REASONS: readonly [string, string][] = [
    [missing, "no such file; check the path"],
    [directory, "it is a directory; name a file"],
    [join(import.meta.filename, "below"), "a part of its path is a file; check the path"],
  ];
  const READERS: readonly [string, (path: string) => { ok: boolean }][] = [
    ["the policy", readPolicyFile],
    ["the freeze file", openFreezeFile],
    ["the JWKS file", openJwksFile],
    ["the admin token", (file) => readAdminToken({ file })],
    [
      "the settings",
      (config) =>
        parseSettings({ flags: { upstream: "http://a/mcp", config }, environment: {}, isTerminal: false }),
    ],
  ];

  it.each(READERS.flatMap(([name, read]) => REASONS.map(([path, reason]) => ({ name, read, path, reason }))))(
    "is reported with the reason, for $name: $reason",
    ({ read, path, reason }) => {
      expect(problemsOf(read(path))).toEqual([`${path}: cannot be read: ${reason}`]);
    },
  );

  it.each([
    ["EACCES", "f: cannot be read: permission denied; give the user that runs Tollgate access to it"],
    ["EIO", "f: cannot be read: the system reports EIO"],
    [undefined, "f: cannot be read: unknown error"],
  ])("is reported without the message of Node: %s", (code, problem) => {
    const error = Object.assign(new Error("EACCES: permission denied, open 'f'"), code && { code });
    expect(readProblem("f", error)).toBe(problem);
  });
});

describe("a file that cannot be written", () => {
  it("is reported with the reason", () => {
    const path = join(folder, "none", "state.json");
    const opened = openFreezeState(path);
    expect(opened.ok && opened.file.save([])).toBe(
      `${path}: cannot be written: no such directory; create it`,
    );
    const error = Object.assign(new Error("read-only"), { code: "EROFS" });
    expect(writeProblem("f", error)).toBe(
      "f: cannot be written: the file system is read-only; choose another path",
    );
  });
});

describe("a file with bad content", () => {
  const junk = join(folder, "junk");
  writeFileSync(junk, "junk");
  chmodSync(junk, 0o600);

  it.each([
    [
      "a freeze file that is not YAML",
      () => parseFreezeFile("f", Buffer.from("a: b: c")),
      "f: is not YAML: line 1, column 4: nested mappings are not allowed in compact mappings",
    ],
    [
      "an entry of a freeze file with a number for a name",
      () => parseFreezeFile("f", Buffer.from("- { agent: 5 }")),
      "f: [0].agent: must be a string, got a number",
    ],
    [
      "an API key without a digest",
      () => parseKeyFile("f", Buffer.from("- { name: ci }")),
      "f: [0].digest: is missing; it must be a string",
    ],
    [
      "a JWKS file that is not JSON",
      () => openJwksFile(junk),
      `${junk}: must be a JSON Web Key Set with public keys: { "keys": [...] } of RSA, EC or OKP`,
    ],
    [
      "a TLS file that is not PEM",
      () => openTlsFiles({ cert: junk, key: junk }),
      `${junk}, ${junk}: must be a certificate and its key, in PEM; one of them is not PEM`,
    ],
    [
      "an authority file without certificates",
      () => openTlsFiles({ cert: junk, key: junk, clientCa: junk }),
      `${junk}: must hold the certificates of client authorities, in PEM`,
    ],
    [
      "a state file of another program",
      () => openFreezeState(junk),
      `${junk}: is not what was stored there; restore it from a backup, or remove it to start without its state`,
    ],
  ])("is worded for an operator: %s", (_name, read, problem) => {
    expect(problemsOf(read())).toEqual([problem]);
  });
});

it("accepts an unknown YAML tag in the settings, which is a warning of the parser and no problem", () => {
  expect(settingsProblems("server: !custom name\n")).toEqual(["no problem"]);
});
