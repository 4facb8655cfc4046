/** `tollgate policy test`: corpus files played by an operator. */

import { dirname, join } from "node:path";
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../fixtures/lifetime.ts";
import { fileOf, run } from "./run.ts";

const policy = {
  version: "1",
  default: "deny",
  tools: { get: { limits: [{ counter: "a", window: "minute", max: 1 }] } },
};
const call = (expect: object, more: object = {}): object => ({ tool: "get", ...more, expect });
const story = (calls: readonly object[], more: object = {}): object => ({
  story: "a story",
  policy,
  calls,
  ...more,
});

describe("tollgate policy test", () => {
  it("ends with 0 when every decision is as expected, limits and time included", async () => {
    const calls = [
      call({ effect: "allow" }),
      call({ effect: "deny", reason: "rate_limited" }),
      call({ effect: "allow" }, { at: 60 }),
    ];
    const file = fileOf("case.json", story(calls));
    expect(await run("test", file)).toEqual({
      code: 0,
      stdout: `ok    ${file} (3 decisions): a story\n\n1 file, 3 decisions: all as expected\n`,
      stderr: "",
    });
  });

  it("ends with 1 and names the call and the difference when one is not", async () => {
    const file = fileOf(
      "case.json",
      story([call({ effect: "allow" }), call({ effect: "allow" }, { agent: "anonymous" })]),
    );
    const { code, stdout } = await run("test", file);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `FAIL  ${file} (2 decisions): a story\n      calls[1]: get by anonymous\n        effect: expected allow, got deny\n`,
    );
    expect(stdout).toContain("1 file, 2 decisions: 1 not as expected\n");
  });

  it("plays the project's whole corpus", async () => {
    const { code, stdout } = await run("test", "test/corpus");
    expect(code).toBe(0);
    expect(stdout).toMatch(/\d{2,} files, \d{3,} decisions: all as expected\n$/);
  });

  it("reads the policy from the file beside the case", async () => {
    const file = fileOf("case.json", story([call({ effect: "allow" })], { policy: "policy.yaml" }));
    writeFileSync(join(dirname(file), "policy.yaml"), 'version: "1"\ndefault: allow\n');
    expect((await run("test", file)).code).toBe(0);
  });

  it("reads a case in YAML", async () => {
    const file = fileOf(
      "case.yaml",
      'story: s\npolicy: { version: "1", default: deny }\ncalls:\n  - { tool: a, expect: { effect: deny } }\n',
    );
    expect((await run("test", file)).code).toBe(0);
  });

  it.each<[string, string, string | object, string]>([
    ["is not there", "", "", "cannot be read: no such file; check the path"],
    ["is no JSON", "case.json", "{", "line 1, column 2: "],
    ["is no story", "case.json", {}, "story: is required"],
    [
      "has a bad call",
      "case.json",
      story([{ tool: "a", expect: { effect: "maybe" } }]),
      "calls[0].expect.effect: must be",
    ],
    ["has a bad policy", "case.json", story([], { policy: { version: "2" } }), "policy: version: must be"],
    [
      "names no policy",
      "case.json",
      story([], { policy: "nowhere.json" }),
      "nowhere.json: cannot be read: no such file",
    ],
  ])("ends with 1 when a case %s", async (_what, name, content, problem) => {
    const { code, stdout } = await run("test", name === "" ? "nowhere.json" : fileOf(name, content));
    expect(code).toBe(1);
    expect(stdout).toContain(problem);
    expect(stdout).toContain("1 file could not be played");
  });

  it("leaves the policies and the lists of tools in a folder alone", async () => {
    const folder = temporaryFolder();
    const files = {
      "case.json": story([call({ effect: "allow" })]),
      "case.yaml": `story: s\npolicy: policy.json\ncalls: [{ tool: pay, expect: { effect: deny } }]\n`,
      "policy.json": { version: "1", default: "deny" },
      "old-form.yaml": "pay: { limits: [{ counter: c, window: day, max: 1 }] }\n",
      "tools.json": [{ name: "pay" }],
      "tools-page.json": { tools: [{ name: "pay" }] },
      "notes.txt": "none",
    };
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    const { code, stdout } = await run("test", folder);
    expect(stdout).toContain("2 files, 2 decisions: all as expected\n");
    expect(code).toBe(0);
    writeFileSync(join(folder, "broken.json"), '{"calls":');
    writeFileSync(join(folder, "misspelled.json"), '{"sotry":"s","policy":{},"calls":[]}');
    expect((await run("test", folder)).stdout).toContain("2 files could not be played");
    expect((await run("test", join(folder, "policy.json"))).code).toBe(1);
  });

  it("ends with 1 for a folder without cases", async () => {
    expect((await run("test", temporaryFolder())).code).toBe(1);
  });

  it("reports every call with --format json", async () => {
    const file = fileOf("case.json", story([call({ effect: "deny" })]));
    const { code, stdout } = await run("test", file, "--format", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      files: [
        {
          file,
          story: "a story",
          ok: false,
          problems: [],
          calls: [
            {
              index: 0,
              call: "get by anonymous",
              ok: false,
              outcome: { effect: "allow" },
              differences: ["effect: expected deny, got allow"],
            },
          ],
        },
      ],
    });
  });
});
