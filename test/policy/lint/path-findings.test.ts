/** Conditions that `..` walks around, and conditions on one item of a list. */

import { describe, expect, it } from "vitest";
import { pathFindings } from "../../../src/policy/lint/path-findings.ts";
import { parsePolicy } from "../../../src/policy/document/document.ts";
import { fromLiteral } from "../policies.ts";

function findings(entry: object): string[] {
  const parsed = parsePolicy(fromLiteral({ version: "1", default: "deny", tools: { t: entry } }));
  if (!parsed.ok) throw new Error(parsed.problems.map(({ path, message }) => `${path}: ${message}`).join());
  return pathFindings(parsed.document).map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
  );
}

function codes(entry: object): string[] {
  return findings(entry).map((finding) => finding.split(" ")[1] ?? "");
}

function rules(kind: "require" | "deny_if", ...conditions: object[]) {
  return { [kind]: [{ conditions: conditions.map((condition) => ({ path: "args.path", ...condition })) }] };
}

describe("a condition on a path", () => {
  it("is said to be walked around, with a path that does", () => {
    expect(findings(rules("require", { op: "regex", value: "^/srv/data/" }))).toEqual([
      'warning path-climbs tools.t.require[0].conditions[0]: `args.path regex "^/srv/data/"` holds for a path that `..` leads out of the folder, such as "/srv/data/../../../../../../../../etc/a": use `path_within`',
    ]);
    expect(findings(rules("deny_if", { op: "regex", value: "^/etc(/|$)" }))).toEqual([
      'warning path-climbs tools.t.deny_if[0].conditions[0]: `args.path regex "^/etc(/|$)"` does not hold for a path that `..` leads into the folder, such as "/a/../etc/a": use `path_within`',
    ]);
  });

  it.each([
    ["regex", "^/srv/data/.*$"],
    ["regex", "^\\/srv\\/data\\/"],
    ["regex", "^/srv/data/[\\w./-]+\\.txt$"],
    ["regex", "^(?:/srv/data|/tmp)/"],
    ["regex", "/srv/data/"],
    ["regex", "(?i)^/srv/my-data/.+\\.csv$"],
    ["starts_with", "/srv/data/"],
    ["starts_with", "/srv/data"],
    ["matches", "/srv/data/*"],
    ["matches", "/srv/data/*.json"],
  ])("of the operator %s with %j is met by a path that leads out", (op, value) => {
    expect(codes(rules("require", { op, value }))).toEqual(["path-climbs"]);
  });

  it.each([
    ["regex", "^/etc/"],
    ["starts_with", "/etc/"],
    ["matches", "/srv/secret/*"],
  ])("of the operator %s with %j is avoided by a path that leads in", (op, value) => {
    expect(codes(rules("deny_if", { op, value }))).toEqual(["path-climbs"]);
  });

  it.each([
    ["regex", "^/srv/data/[a-z]+\\.txt$"],
    ["regex", "^/srv/data/[^.]*$"],
    ["regex", "^[\\w./-]+$"],
    ["regex", "^https://a\\.example/public/"],
    ["regex", "^SELECT "],
    ["starts_with", "https://a.example/public/"],
    ["starts_with", "/"],
    ["matches", "*.txt"],
    ["eq", "/srv/data"],
    ["path_within", "/srv/data"],
  ])("of the operator %s with %j is not walked around", (op, value) => {
    expect(codes(rules("require", { op, value }))).toEqual([]);
  });

  it("may be kept by another rule that denies `..`", () => {
    const prefix = { op: "starts_with", value: "/srv/data/" };
    const climbs = { op: "contains", value: ".." };
    expect(codes({ ...rules("require", prefix), ...rules("deny_if", climbs) })).toEqual([]);
    expect(codes(rules("require", prefix, { op: "path_within", value: "/srv/data" }))).toEqual([]);
    const shadow = { deny_if: [{ mode: "shadow", conditions: [{ path: "args.path", ...climbs }] }] };
    expect(codes({ ...rules("require", prefix), ...shadow })).toEqual(["path-climbs"]);
    const asked = { deny_if: [{ effect: "approve", conditions: [{ path: "args.path", ...climbs }] }] };
    expect(codes({ ...rules("require", prefix), ...asked })).toEqual(["path-climbs"]);
    const both = rules("deny_if", climbs, { path: "args.other", op: "exists", value: true });
    expect(codes({ ...rules("require", prefix), ...both })).toEqual(["path-climbs"]);
    const other = { deny_if: [{ conditions: [{ path: "args.other", ...climbs }] }] };
    expect(codes({ ...rules("require", prefix), ...other })).toEqual(["path-climbs"]);
  });

  it("is not one on the caller", () => {
    expect(codes(rules("require", { path: "caller.agent", op: "starts_with", value: "/srv/data/" }))).toEqual(
      [],
    );
  });
});

describe("a condition on one item", () => {
  it("leaves the others untested", () => {
    expect(findings(rules("require", { path: "args.items[0].amount", op: "lte", value: 5 }))).toEqual([
      'warning one-item tools.t.require[0].conditions[0]: `args.items[0].amount` is one item, and the others of the list are not tested: write `args.items[*].amount` with "items": "every", or test the list\'s length too',
    ]);
    expect(findings(rules("deny_if", { path: "args.to[0]", op: "eq", value: "a" }))[0]).toContain(
      'write `args.to[*]` with "items": "some"',
    );
  });

  it.each([
    ["that asks whether there is one", { path: "args.items[0]", op: "exists", value: true }],
    ["on every item", { path: "args.items[*]", items: "every", op: "lte", value: 5 }],
    ["on a name of digits", { path: 'args.items["0"]', op: "eq", value: "a" }],
  ])("is none %s", (_what, condition) => {
    expect(codes(rules("deny_if", condition))).toEqual([]);
  });

  it("is none beside a test of the list's length", () => {
    const one = { path: "args.items[0].amount", op: "lte", value: 5 };
    const length = { path: "args.items", of: "length", op: "eq", value: 1 };
    expect(codes(rules("require", length, one))).toEqual([]);
    expect(codes({ ...rules("require", length), ...rules("deny_if", one) })).toEqual([]);
    expect(codes(rules("require", { ...length, path: "args.others" }, one))).toEqual(["one-item"]);
  });

  it("is found in what a limit counts", () => {
    const limits = [{ counter: "c", window: "day", max: 9, increment_from: "args.items[0].n" }];
    expect(findings({ limits })).toEqual([
      "warning one-item tools.t.limits[0].increment_from: `args.items[0].n` is one item, and the others of the list are not counted: test the list's length too",
    ]);
    const length = { path: "args.items", of: "length", op: "eq", value: 1 };
    expect(codes({ limits, ...rules("require", length) })).toEqual([]);
    expect(codes({ limits: [{ counter: "c", window: "day", max: 9, increment_from: "args.n" }] })).toEqual(
      [],
    );
    expect(codes({ limits: [{ counter: "c", window: "day", max: 9 }] })).toEqual([]);
  });
});
