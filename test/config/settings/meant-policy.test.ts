/** Slips of the pen that would allow everything: a misspelled variable, and settings about a policy that none names. */

import { describe, expect, it } from "vitest";
import { unknownVariables } from "../../../src/config/known-variables.ts";
import { parseSettings } from "../../../src/config/settings/parse-settings.ts";
import { temporaryFile } from "../../fixtures/lifetime.ts";

function problemsOf(
  config: string | undefined,
  flags: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): readonly string[] {
  const file = config === undefined ? {} : { config: temporaryFile("config.yaml", config) };
  const given = { upstream: "http://127.0.0.1:1/mcp", ...file, ...flags };
  const parsed = parseSettings({ flags: given, environment, isTerminal: false });
  return parsed.ok ? [] : parsed.problems;
}

describe("a variable", () => {
  it.each([
    ["TOLLGATE_POLCY", "x", "TOLLGATE_POLCY: is no variable of Tollgate, did you mean `TOLLGATE_POLICY`?"],
    ["TOLLGATE_FROBNICATE", "x", "TOLLGATE_FROBNICATE: is no variable of Tollgate"],
    [
      "TOLLGATE_POLICY_SERVICE_HOSTS",
      "10.0.0.1",
      "TOLLGATE_POLICY_SERVICE_HOSTS: is no variable of Tollgate",
    ],
    // A Service gives the address of its port; a person would write a number.
    ["TOLLGATE_PORT", "8080", "TOLLGATE_PORT: is no variable of Tollgate"],
  ])("%s=%s is unknown", (name, value, problem) => {
    expect(unknownVariables({ [name]: value })).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf(undefined, {}, { [name]: value })).toEqual([expect.stringContaining(problem)]);
  });

  it.each([
    ["TOLLGATE_POLICY", "policy.json"],
    ["TOLLGATE_ADMIN_TOKEN", "t"],
    ["TOLLGATE_ADMIN_CA", "ca.pem"],
    ["TOLLGATE_SENTINEL_PASSWORD", "p"],
    ["TOLLGATE_MAIN", "dist/main.js"],
    ["TOLLGATE_NODE", "node"],
    // Of Services whose names begin with tollgate, in Kubernetes.
    ["TOLLGATE_SERVICE_HOST", "10.0.0.1"],
    ["TOLLGATE_SERVICE_PORT", "8080"],
    ["TOLLGATE_DEMO_SERVICE_PORT_MCP", "8080"],
    ["TOLLGATE_PORT", "tcp://10.0.0.1:8080"],
    ["TOLLGATE_PORT_8080_TCP", "tcp://10.0.0.1:8080"],
    ["TOLLGATE_PORT_8080_TCP_PROTO", "tcp"],
    ["TOLLGATE_PORT_8080_TCP_PORT", "8080"],
    ["TOLLGATE_PORT_8080_TCP_ADDR", "10.0.0.1"],
    ["OTHER_POLCY", "x"],
  ])("%s=%s is known, or of others", (name, value) => {
    expect(unknownVariables({ [name]: value })).toEqual([]);
  });
});

describe("settings without a policy", () => {
  const MISSING =
    /^--policy: is missing, and .+; name one, or say with --allow-all that every call is to be allowed$/;

  it.each<[string, string | undefined, Readonly<Record<string, string>>, Readonly<Record<string, string>>]>([
    ["mode: enforce in the file", "mode: enforce", {}, {}],
    ["--mode enforce", undefined, { mode: "enforce" }, {}],
    ["TOLLGATE_MODE=enforce", undefined, {}, { TOLLGATE_MODE: "enforce" }],
    ["approvals", "approvals: { state: a.json }", {}, {}],
  ])("are refused with %s", (_what, config, flags, environment) => {
    expect(problemsOf(config, flags, environment)).toEqual([expect.stringMatching(MISSING)]);
    expect(problemsOf(config, { ...flags, "allow-all": "true" }, environment)).toEqual([]);
  });

  it.each<[string, string | undefined, Readonly<Record<string, string>>]>([
    ["nothing about one", undefined, {}],
    ["--mode shadow", undefined, { mode: "shadow" }],
    ["a policy for some agents", "mode: enforce\nagents: [{ match: a, policy: a.json }]", {}],
    ["a policy", "mode: enforce", { policy: "p.json" }],
  ])("or with one are taken with %s", (_what, config, flags) => {
    expect(problemsOf(config, flags)).toEqual([]);
  });

  it.each([
    ["policy", { policy: "p.json" }],
    ["shadow mode and a policy", { policy: "p.json", mode: "shadow" }],
  ])("are not both allow-all and with a %s", (_what, flags) => {
    expect(problemsOf(undefined, { ...flags, "allow-all": "true" })).toEqual([
      expect.stringContaining("must not stand beside a policy: choose one of the two"),
    ]);
  });
});
