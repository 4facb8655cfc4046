/** Random rules and arguments, near each other across types: for properties that compare two readings of a policy. */

import fc from "fast-check";
import type { Measure } from "../../src/policy/measure.ts";

/** Values as JSON text, near each other across types. */
const SCALARS = [
  ..."0 1 7 -1 0.5 1e-400 -1e-400 7.00000000000000000001 9007199254740993 1.0 10e-1 true false null".split(
    " ",
  ),
  ...["", "a", "b", "ab", "0", "1", "7", "true", "null", "yes", "[7]", '{"a":1}', "[", " [0]"].map((text) =>
    JSON.stringify(text),
  ),
];
const NAMES = ["a", "b", "A", "0", "1", "\u0430"];

const { value: VALUE } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...SCALARS),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    objectOf(tie("value")),
  ),
}));

function objectOf(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 3, selector: ([name]) => name })
    .map((members) => `{${members.map(([name, member]) => `${JSON.stringify(name)}:${member}`).join(",")}}`);
}

const SEGMENT = fc.constantFrom(".a", ".b", "[0]", "[1]", ".0", '["1"]');
const PATH = fc.array(SEGMENT, { minLength: 1, maxLength: 3 }).map((segments) => segments.join(""));
const TEXT = fc.constantFrom("a", "", "0", "true").map((text) => JSON.stringify(text));
const LIST = fc.array(VALUE, { maxLength: 3 }).map((items) => `[${items.join(",")}]`);
const NUMBER = fc.constantFrom("0", "1", "2", "7", "7.0");

interface ConditionText {
  readonly path: string;
  readonly op: string;
  readonly value: string;
  readonly of: Measure;
}

const CONDITION: fc.Arbitrary<ConditionText> = fc.oneof(
  conditionOf(["eq", "neq", "contains"], VALUE),
  conditionOf(["in", "not_in"], LIST),
  conditionOf(["lt", "lte", "gt", "gte"], NUMBER),
  conditionOf(["starts_with", "ends_with", "regex"], TEXT),
  conditionOf(["exists", "not_exists"], fc.constantFrom("true", "false")),
  conditionOf(["eq", "neq", "lt", "gt"], NUMBER, ["length", "bytes"]),
);

function conditionOf(
  operators: readonly string[],
  value: fc.Arbitrary<string>,
  measures: readonly Measure[] = ["value"],
): fc.Arbitrary<ConditionText> {
  const [op, of] = [fc.constantFrom(...operators), fc.constantFrom(...measures)];
  return fc.record({ path: PATH, op, value, of });
}

const RULE = fc.record({
  kind: fc.constantFrom("require" as const, "deny_if" as const),
  conditions: fc.array(CONDITION, { minLength: 1, maxLength: 2 }),
});

export const CASE = fc.record({
  rules: fc.array(RULE, { maxLength: 2 }),
  counted: fc.option(fc.record({ path: PATH, of: fc.constantFrom<Measure>("value", "length", "bytes") })),
  isStrict: fc.boolean(),
  args: objectOf(VALUE),
});

export type Case = typeof CASE extends fc.Arbitrary<infer Value> ? Value : never;

export function policyText(one: Case): string {
  return `{"version":"1","default":"deny","strict":${one.isStrict},"tools":{"t":${entryText(one)}}}`;
}

/** The entry of one tool. */
export function entryText({ rules, counted }: Case): string {
  const listOf = (kind: string): string =>
    rules
      .filter((rule) => rule.kind === kind)
      .map(({ conditions }) => `{"conditions":[${conditions.map(conditionText).join(",")}]}`)
      .join(",");
  const limit = counted && `{"counter":"c","window":"day","max":1e300,"increment_from":${pathText(counted)}}`;
  return `{"require":[${listOf("require")}],"deny_if":[${listOf("deny_if")}],"limits":[${limit ?? ""}]}`;
}

function pathText({ path, of }: { readonly path: string; readonly of: Measure }): string {
  return `${JSON.stringify(`args${path}`)},"of":"${of}"`;
}

function conditionText({ op, value, ...rest }: ConditionText): string {
  return `{"path":${pathText(rest)},"op":"${op}","value":${value}}`;
}
