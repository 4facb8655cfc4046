/** Argument values in audit log and decisions: kept where the settings say so, and nowhere else. */

import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/settings/parse-settings.ts";
import { serve, startSidecar, temporaryFile } from "../fixtures/lifetime.ts";
import { toolCall } from "../fixtures/open-loop.ts";
import { postForText } from "../fixtures/post.ts";

const CAPTURE = `
audit:
  capture:
    - tool: start
      paths: [args.workflow, args.login]
`;

it("writes captured arguments to audit log and decisions, not to metrics nor to other calls' records", async () => {
  const sidecar = await startSidecar({
    upstream: (await serve()).url,
    config: CAPTURE,
    policy: {
      version: "1",
      default: "allow",
      tools: { start: { limits: [{ counter: "c", window: "day", max: 1 }] } },
    },
  });
  const call = (name: string, args: object) => postForText(sidecar.url, toolCall(name, args));
  const args = { workflow: "w-4711", login: { user: "u-0815", password: "hunter2" }, other: "o-0000" };
  await call("start", args);
  await call("start", { ...args, padding: "x".repeat(20_000) });
  await call("stop", args);
  const captured = {
    "args.workflow": "w-4711",
    "args.login": '{"user":"u-0815","password":"[redacted]"}',
  };
  const [allowed, denied, other] = sidecar.audit();
  expect(allowed).toMatchObject({ effect: "allow", args: { captured } });
  expect(denied).toMatchObject({ effect: "deny", args: { captured } });
  expect(other?.["args"]).not.toHaveProperty("captured");
  const shown = await (await fetch(`${sidecar.adminUrl}/decisions`)).text();
  const { decisions }: { decisions: object[] } = JSON.parse(shown);
  expect(decisions.slice(1)).toMatchObject([{ captured }, { captured }]);
  expect(decisions[0]).not.toHaveProperty("captured");
  const everything = `${JSON.stringify(sidecar.audit())}${shown}${await sidecar.metrics()}`;
  expect(everything).not.toMatch(/hunter2|o-0000/);
  expect(await sidecar.metrics()).not.toMatch(/w-4711|u-0815/);
});

function parse(text: string, flags: object = {}): object {
  const sources = {
    flags: { upstream: "http://127.0.0.1:1/mcp", config: temporaryFile("settings.yaml", text), ...flags },
  };
  const parsed = parseSettings({ ...sources, environment: {}, isTerminal: false });
  return parsed.ok ? parsed.settings : parsed.problems;
}

describe("the settings", () => {
  const capture = [{ tool: "start", paths: ["args.workflow", "args.login"] }];

  it.each<[string, string, object, object]>([
    ["a file alone", "audit: a.jsonl", {}, { audit: "a.jsonl", auditCapture: [] }],
    ["nothing", "{}", {}, { auditCapture: [] }],
    ["paths without a file", CAPTURE, {}, { auditCapture: capture }],
    [
      "paths, and the file as a flag",
      CAPTURE,
      { audit: "b.jsonl" },
      { audit: "b.jsonl", auditCapture: capture },
    ],
    ["both", `${CAPTURE}  file: c.jsonl\n`, {}, { audit: "c.jsonl", auditCapture: capture }],
    [
      "both, and a flag",
      `${CAPTURE}  file: c.jsonl\n`,
      { audit: "-" },
      { audit: "-", auditCapture: capture },
    ],
  ])("take %s", (_what, text, flags, settings) => {
    expect(parse(text, flags)).toMatchObject(settings);
  });

  it.each([
    [
      "audit: { capture: [ { tool: t, paths: [arguments.x] } ] }",
      'audit.capture.0.paths.0: must be a path such as args.name or args["a.b"], got "arguments.x"',
    ],
    ["audit: { capture: [ { tool: t, paths: [] } ] }", "audit.capture.0.paths: must have at least 1 entry"],
    ["audit: { capture: [ { tool: t } ] }", "audit.capture.0.paths: is missing; it must be a list"],
    ["audit: { colour: red }", "audit: unknown: colour"],
    ["audit: 5", "audit: must be a mapping, got a number"],
  ])("refuse %s", (text, problem) => {
    expect(parse(text)).toEqual([expect.stringContaining(problem)]);
  });
});
