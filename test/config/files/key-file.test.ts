import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { runKeys } from "../../../src/commands/keys.ts";
import { createKey, parseKeyFile } from "../../../src/config/files/key-file.ts";
import { PassThrough } from "node:stream";

const DIGEST = `sha256:${"a".repeat(64)}`;

function parse(text: string) {
  return parseKeyFile("keys.yaml", Buffer.from(text));
}

function run(...argv: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = runKeys(argv, { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ""), stderr: String(stderr.read() ?? "") };
}

describe("the file of API keys", () => {
  it("names an agent beside the digest of each key; an agent may have several", () => {
    const other = DIGEST.replace("aa", "bb");
    const read = parse(`- { name: ci, digest: "${DIGEST}" }\n- { name: ci, digest: "${other}" }\n`);
    expect(read).toMatchObject({ ok: true, value: [{ name: "ci" }, { name: "ci" }] });
  });

  it("may be an empty list: all keys were taken back", () => {
    expect(parse("[]")).toEqual({ ok: true, value: [] });
  });

  it.each([
    [
      "an empty file",
      "",
      "keys.yaml: must be a list of { name, digest }; tollgate keys create NAME prints one",
    ],
    [
      "a mapping",
      "ci: x",
      "keys.yaml: must be a list of { name, digest }; tollgate keys create NAME prints one",
    ],
    ["text that is not YAML", "- {", "keys.yaml: is not YAML"],
    [
      "a key in place of its digest",
      "- { name: ci, digest: tgk_secret }",
      "keys.yaml: [0].digest: must be sha256: and 64 hexadecimal digits",
    ],
    [
      "an unknown member",
      `- { name: ci, digest: "${DIGEST}", x: 1 }`,
      "keys.yaml: [0]: unknown: x; known are name and digest",
    ],
    [
      "the name of callers without a credential",
      `- { name: anonymous, digest: "${DIGEST}" }`,
      "keys.yaml: [0].name: must not be anonymous: that is the agent of callers without a credential",
    ],
    ...[
      ["local", "is reserved"],
      ["_Other", "is reserved"],
      ["alice\u3164", "has a character that does not show"],
      ["Zoe\u0308", "must be 1 to 100 letters, digits, spaces or ._/@:-"],
      [" alice", "begins or ends with a blank"],
      ["\u212bngstrom", "is not in Unicode normalization form C"],
    ].map(([name = "", fault = ""]): [string, string, string] => [
      `a name that ${fault}`,
      `- { name: "${name}", digest: "${DIGEST}" }`,
      `keys.yaml: [0].name: ${fault}${fault.startsWith("must") ? "" : "; choose another name"}`,
    ]),
    [
      "one key for two agents",
      `- { name: a, digest: "${DIGEST}" }\n- { name: b, digest: "${DIGEST}" }`,
      "keys.yaml: [1].digest: is the key of `a` too; make one for each name",
    ],
  ])("says what is wrong with %s, and shows no key", (_what, text, problem) => {
    expect(parse(text)).toEqual({ ok: false, problems: [problem] });
  });
});

describe("tollgate keys create", () => {
  it("prints a key of 256 random bits once, with the line that admits it", () => {
    const { code, stdout } = run("create", "ci");
    const [, key = "", line = ""] = /^key {3}(\S+)\nline {2}(.+)\n$/.exec(stdout) ?? [];
    expect(code).toBe(0);
    expect(Buffer.from(key.slice(4), "base64url").length).toBe(32);
    const read = parse(line);
    expect(read).toEqual({
      ok: true,
      value: [{ name: "ci", digest: createHash("sha256").update(key).digest() }],
    });
    expect(line).not.toContain(key);
  });

  it("prints another key each time", () => {
    expect(createKey("ci").key).not.toBe(createKey("ci").key);
  });

  it.each([
    [[]],
    [["create"]],
    [["create", "a", "b"]],
    [["remove", "a"]],
    [["create", "anonymous"]],
    [["create", ""]],
  ])("refuses %j with 64", (argv) => {
    const { code, stdout, stderr } = run(...argv);
    expect([code, stdout]).toEqual([64, ""]);
    expect(stderr).toMatch(/^tollgate keys: /);
  });

  it("says how it is used", () => {
    expect(run("--help").stdout).toMatch(/^Usage: tollgate keys create NAME/);
  });
});
