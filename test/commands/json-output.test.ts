/** The output of each command with `--format json` fits its published schema, and the schemas and their page are current. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { runAudit } from "../../src/commands/audit.ts";
import { knownCommands } from "../../src/commands/completion/vocabulary.ts";
import { runApprovals } from "../../src/commands/control/approvals.ts";
import { runDoctor } from "../../src/commands/doctor.ts";
import { runLabels } from "../../src/commands/labels.ts";
import {
  fillJsonPage,
  exampleOf,
  readJsonPage,
  renderSchema,
  SCHEMAS,
} from "../../tools/pages/json-output.ts";
import { JSON_OUTPUTS, schemaFileOf } from "../../tools/pages/json-schemas.ts";
import { captureIo } from "../fixtures/capture-io.ts";
import { expectJsonOutput, jsonOutputErrors } from "../fixtures/json-output.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";
import { testHome } from "./clients/run.ts";
import { run } from "./policy/run.ts";

const JSON_FLAGS = ["--format", "json"];
const AUDIT = "docs/examples/audit.jsonl";
const TOOLS = "test/fixtures/tool-lists/git.json";
const POLICY = {
  version: "1",
  default: "deny",
  tools: {
    git_add: {
      require: [{ conditions: [{ path: "args.path", op: "eq", value: "a" }], on_deny: "not there" }],
    },
    git_log: { limits: [{ counter: "calls", window: "minute", max: 1, scope: "agent" }] },
    nowhere: {},
  },
};

function policyFile(policy: object = POLICY): string {
  return temporaryFile("policy.json", policy);
}

async function policyOutput(...argv: readonly string[]): Promise<string> {
  return (await run(...argv, ...JSON_FLAGS)).stdout;
}

async function query(...argv: readonly string[]): Promise<string> {
  const { stdout } = await captureIo((io) =>
    runAudit(["query", "--audit", AUDIT, ...argv, ...JSON_FLAGS], {
      ...io,
      stdin: Readable.from([]),
      env: {},
    }),
  );
  return stdout;
}

async function doctor(...argv: readonly string[]): Promise<string> {
  const { stdout } = await captureIo((io) =>
    runDoctor([...argv, ...JSON_FLAGS], {
      ...io,
      environment: {},
      describeIsolation: () => Promise.resolve("its port is open"),
    }),
  );
  return stdout;
}

const STORY = {
  story: "s",
  policy: POLICY,
  calls: [
    { tool: "git_log", at: 0, expect: { effect: "allow" } },
    { tool: "git_log", at: 1, expect: { effect: "allow" } },
    { tool: "git_add", at: 2, expect: { effect: "deny" } },
  ],
};

describe("the output of --format json", () => {
  it.each([
    ["policy check", () => policyOutput("check", policyFile(), "--tools", TOOLS)],
    ["policy check", () => policyOutput("check", temporaryFile("bad.json", '{ "version": "9",'))],
    ["policy check", () => policyOutput("check", policyFile({ version: "1", default: "sometimes" }))],
    ["policy explain", () => policyOutput("explain", policyFile(), "--tool", "git_add", "--user", "ada")],
    [
      "policy explain",
      () =>
        policyOutput(
          "explain",
          policyFile(),
          "--tool",
          "git_add",
          "--tools",
          TOOLS,
          "--args",
          '{"path":"b"}',
        ),
    ],
    ["policy explain", () => policyOutput("explain", policyFile(), "--tool", "git_log")],
    ["policy test", () => policyOutput("test", temporaryFile("cases.json", STORY))],
    ["policy test", () => policyOutput("test", "nowhere.json")],
    ["policy replay", () => policyOutput("replay", policyFile(), "--audit", AUDIT)],
    [
      "policy replay",
      () => policyOutput("replay", policyFile(), "--audit", temporaryFile("empty.jsonl", "")),
    ],
    ["policy diff", () => policyOutput("diff", policyFile(), policyFile({ version: "1", default: "allow" }))],
    [
      "policy diff",
      () =>
        policyOutput("diff", policyFile(), policyFile({ version: "1", default: "allow" }), "--audit", AUDIT),
    ],
    ["audit query", () => query()],
    ["audit query", () => query("--by", "agent,user,reason", "--sum", "duration_ms")],
    ["audit query", () => query("--tool", "nothing")],
    [
      "labels",
      async () => (await captureIo((io) => runLabels(["--tools", TOOLS, ...JSON_FLAGS], io))).stdout,
    ],
    ["doctor", () => doctor()],
    [
      "doctor",
      () =>
        doctor("--upstream", "http://127.0.0.1:9/mcp", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"),
    ],
  ] as const)("of tollgate %s fits its schema (%#)", async (command, output) => {
    expectJsonOutput(command, await output());
  });

  it("of the commands about clients fits their schemas", async () => {
    const home = testHome();
    home.write(
      "cursor",
      '{ "mcpServers": { "a": { "command": "npx", "args": ["a"] }, "b": { "url": "http://127.0.0.1:9/mcp" }, "c": {} } }',
    );
    const output = async (...argv: readonly string[]): Promise<string> =>
      (await home.run(...argv, ...JSON_FLAGS)).stdout;
    expectJsonOutput("clients list", await output("list"));
    expectJsonOutput("clients wrap", await output("wrap", "--http", "--dry-run"));
    expectJsonOutput("clients wrap", await output("wrap", "--http", "--yes"));
    expectJsonOutput("clients wrap", await output("wrap", "--http", "--yes"));
    expectJsonOutput("clients list", await output("list"));
    expectJsonOutput("clients status", await output("status"));
    expectJsonOutput("clients unwrap", await output("unwrap", "--yes"));
  });

  it("of tollgate approvals list fits its schema", async () => {
    const { url } = await serve();
    const policy = { version: "1", default: "allow", tools: { drop: { action: "approve" } } };
    const sidecar = await startSidecar({ upstream: url, policy });
    await postForText(sidecar.url, toolCall("drop", { table: "t" }));
    const { stdout } = await captureIo((io) =>
      runApprovals(["list", ...JSON_FLAGS], { ...io, environment: { TOLLGATE_ADMIN: sidecar.adminUrl } }),
    );
    expect(JSON.parse(stdout)).toHaveLength(1);
    expectJsonOutput("approvals list", stdout);
  });
});

describe("docs/json-output", () => {
  it.each(JSON_OUTPUTS)(
    "has the schema of tollgate $command, as npm run json:reference writes it",
    (output) => {
      expect(readFileSync(join(SCHEMAS, schemaFileOf(output)), "utf8")).toBe(renderSchema(output));
    },
  );

  it("has no other schemas", () => {
    expect(readdirSync(SCHEMAS)).toEqual(JSON_OUTPUTS.map(schemaFileOf).toSorted());
  });

  it("has a page that is as npm run json:reference writes it", () => {
    expect(readJsonPage()).toBe(fillJsonPage(readJsonPage()));
  });

  it.each(JSON_OUTPUTS)("has an example of tollgate $command that fits its schema", (output) => {
    expect(jsonOutputErrors(output.command, exampleOf(output))).toBeUndefined();
  });

  it("has a schema for each command whose help names --format json, but for those that print a policy", () => {
    const commands = knownCommands().filter(({ flags }) =>
      flags.some(({ flag, value }) => flag === "--format" && value?.includes("json") === true),
    );
    const printsPolicy = ["policy init", "policy learn"];
    const names = commands.map(({ path }) => path.join(" ")).filter((name) => !printsPolicy.includes(name));
    const published = JSON_OUTPUTS.map(({ command }) =>
      command.replace(/^(approvals) list$|^(keys) create$/, "$1$2"),
    );
    expect(published.toSorted()).toEqual(names.toSorted());
  });

  it("refuses an output with a further field, and one that lacks a field", () => {
    expect(jsonOutputErrors("doctor", { faults: 0, warnings: 0, findings: [], more: 1 })).toBeDefined();
    expect(jsonOutputErrors("doctor", { faults: 0, findings: [] })).toBeDefined();
  });
});
