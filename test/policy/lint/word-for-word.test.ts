/** Findings about a policy alone, word for word: beside each finding are policies that are close to it and have none. */

import { describe, expect, it } from "vitest";
import { contradictionFindings } from "../../../src/policy/lint/contradictions.ts";
import { shadowedFindings } from "../../../src/policy/lint/shadowed.ts";
import { equalPatternFindings } from "../../../src/policy/lint/equal-patterns.ts";
import { pathFindings } from "../../../src/policy/lint/path-findings.ts";
import { counterFindings } from "../../../src/policy/lint/separate-counters.ts";
import type { PolicyDocument } from "../../../src/policy/document/document.ts";
import type { Finding } from "../../../src/policy/lint/finding.ts";
import { policyOf } from "../policies.ts";

/** Each as `severity code path: message`, of a policy without its `version`, and without `default` where that is allow. */
function findingsIn(find: (document: PolicyDocument) => Finding[], text: string): string[] {
  const members = text.slice(1, -1);
  const policy = `{"version":"1"${text.includes('"default"') ? "" : ',"default":"allow"'}${members === "" ? "" : `,${members}`}}`;
  return find(policyOf(policy).document).map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
  );
}

describe("conditions that contradict each other, and limits that admit no call", () => {
  it.each<[string, string, ...string[]]>([
    [
      "a requirement without conditions",
      '{"tools":{"pay":{"require":[{"conditions":[]}]}}}',
      "warning no-effect tools.pay.require[0]: has no conditions, so it always holds and requires nothing",
    ],
    ["a denial without conditions", '{"tools":{"pay":{"deny_if":[{"conditions":[]}]}}}'],
    [
      "a choice of nothing",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"in","value":[]}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a in []` never holds: no call can meet the rule",
    ],
    [
      "a choice of nothing in a denial",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"in","value":[]}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `args.a in []` never holds: the rule never denies",
    ],
    [
      "no member of nothing",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"not_in","value":[]}]}]}}}',
    ],
    [
      "a length below 0",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"lt","value":0,"of":"length"}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `length of args.a lt 0` never holds: the rule never denies",
    ],
    [
      "a length of at most -1",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"lte","value":-1,"of":"length"}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `length of args.a lte -1` never holds: the rule never denies",
    ],
    [
      "a length of at most 0",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"lte","value":0,"of":"length"}]}]}}}',
    ],
    [
      "a length of -1",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":-1,"of":"length"}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `length of args.a eq -1` never holds: the rule never denies",
    ],
    [
      "a length of 0",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":0,"of":"length"}]}]}}}',
    ],
    [
      "a length of 1.5",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1.5,"of":"length"}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `length of args.a eq 1.5` never holds: the rule never denies",
    ],
    [
      "a length other than 1.5",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"neq","value":1.5,"of":"length"}]}]}}}',
    ],
    [
      "a value below 0",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"lt","value":0}]}]}}}',
    ],
    [
      "a host in a list of none",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"in","value":[],"of":"host"}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `host of args.a in []` never holds: the rule never denies",
    ],
    [
      "two values at once",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.a","op":"eq","value":2}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `args.a eq 1` and `args.a eq 2` exclude each other: the rule never denies",
    ],
    [
      "the same value twice",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "two values of two arguments",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.b","op":"eq","value":2}]}]}}}',
    ],
    [
      "the third condition against the first",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.b","op":"eq","value":1},{"path":"args.a","op":"neq","value":1}]}]}}}',
      "error never-matches tools.pay.deny_if[0]: can never match, since `args.a eq 1` and `args.a neq 1` exclude each other: the rule never denies",
    ],
    [
      "choices without a common value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"in","value":["x","y"]},{"path":"args.a","op":"in","value":["z"]}]}]}}}',
      'error never-matches tools.pay.require[0]: can never match, since `args.a in ["x","y"]` and `args.a in ["z"]` exclude each other: no call can meet the rule',
    ],
    [
      "choices with a common value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"in","value":["x","y"]},{"path":"args.a","op":"in","value":["y"]}]}]}}}',
    ],
    [
      "a value against a pattern",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":"x"},{"path":"args.a","op":"starts_with","value":"y"}]}]}}}',
      'error never-matches tools.pay.require[0]: can never match, since `args.a eq "x"` and `args.a starts_with "y"` exclude each other: no call can meet the rule',
    ],
    [
      "an empty choice beside another one",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"not_in","value":[]},{"path":"args.a","op":"in","value":["z"]}]}]}}}',
    ],
    [
      "presence and absence",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"exists","value":true},{"path":"args.a","op":"exists","value":false}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a exists true` and `args.a exists false` exclude each other: no call can meet the rule",
    ],
    [
      "absence and a value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"not_exists","value":true},{"path":"args.a","op":"eq","value":1}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a not_exists` and `args.a eq 1` exclude each other: no call can meet the rule",
    ],
    [
      "presence and a value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"exists","value":true},{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "a denied absence",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"not_exists","value":false},{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "an empty range",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"gt","value":5},{"path":"args.a","op":"lt","value":5}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a gt 5` and `args.a lt 5` exclude each other: no call can meet the rule",
    ],
    [
      "an empty range, upper bound first",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"lt","value":5},{"path":"args.a","op":"gt","value":7}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a lt 5` and `args.a gt 7` exclude each other: no call can meet the rule",
    ],
    [
      "a range of one value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"gte","value":5},{"path":"args.a","op":"lte","value":5}]}]}}}',
    ],
    [
      "a range without its one value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"gt","value":5},{"path":"args.a","op":"lte","value":5}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a gt 5` and `args.a lte 5` exclude each other: no call can meet the rule",
    ],
    [
      "a range without its one value, below",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"gte","value":5},{"path":"args.a","op":"lt","value":5}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a gte 5` and `args.a lt 5` exclude each other: no call can meet the rule",
    ],
    [
      "two lower bounds",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"gt","value":5},{"path":"args.a","op":"gt","value":7}]}]}}}',
    ],
    [
      "two upper bounds",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"lt","value":5},{"path":"args.a","op":"lte","value":3}]}]}}}',
    ],
    [
      "ranges of a value and of a length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"gt","value":5},{"path":"args.a","op":"lt","value":5,"of":"length"}]}]}}}',
    ],
    [
      "a value and another length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":"abc"},{"path":"args.a","op":"eq","value":2,"of":"length"}]}]}}}',
      'error never-matches tools.pay.require[0]: can never match, since `args.a eq "abc"` and `length of args.a eq 2` exclude each other: no call can meet the rule',
    ],
    [
      "a value and its length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":"abc"},{"path":"args.a","op":"eq","value":3,"of":"length"}]}]}}}',
    ],
    [
      "a length and a value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":3,"of":"length"},{"path":"args.a","op":"eq","value":"abcd"}]}]}}}',
      'error never-matches tools.pay.require[0]: can never match, since `length of args.a eq 3` and `args.a eq "abcd"` exclude each other: no call can meet the rule',
    ],
    [
      "a length and a number of bytes",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":3,"of":"length"},{"path":"args.a","op":"eq","value":4,"of":"bytes"}]}]}}}',
    ],
    [
      "a number and a length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":3},{"path":"args.a","op":"eq","value":4,"of":"length"}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `args.a eq 3` and `length of args.a eq 4` exclude each other: no call can meet the rule",
    ],
    [
      "an agent and an argument",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"caller.agent","op":"eq","value":"x"},{"path":"args.agent","op":"eq","value":"y"}]}]}}}',
    ],
    [
      "hours of two time zones",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"now.hour","op":"lt","value":8},{"path":"now.hour","op":"gt","value":9,"timezone":"Europe/Berlin"}]}]}}}',
    ],
    [
      "hours of one time zone",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"now.hour","op":"lt","value":8},{"path":"now.hour","op":"gt","value":9}]}]}}}',
      "error never-matches tools.pay.require[0]: can never match, since `now.hour lt 8` and `now.hour gt 9` exclude each other: no call can meet the rule",
    ],
    [
      "a limit of 0",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":0}]}}}',
      'warning never-admits tools.pay.limits[0].max: admits no call; raise it, or say "action": "deny"',
    ],
    ["a limit of 1", '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":1}]}}}'],
    [
      "a limit below its increment",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":4,"increment":5}]}}}',
      'warning never-admits tools.pay.limits[0].max: is less than "increment": no call fits; raise it, or say "action": "deny"',
    ],
    [
      "a limit of its increment",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":5,"increment":5}]}}}',
    ],
    [
      "a limit of 0 for an argument",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":0,"increment_from":"args.n"}]}}}',
    ],
    [
      "a limit of 0 for the answer",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":0,"increment_from":"result.bytes"}]}}}',
      'warning never-admits tools.pay.limits[0].max: admits no call; raise it, or say "action": "deny"',
    ],
    [
      "a limit of 1 for the answer",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":1,"increment_from":"result.bytes"}]}}}',
    ],
  ])("%s", (_name, policy, ...found) => {
    expect(findingsIn(contradictionFindings, policy)).toEqual(found);
  });
});

describe("rules and limits that never change a decision", () => {
  it.each<[string, string, ...string[]]>([
    [
      "a pattern in the hide list",
      '{"hide":["p*"],"tools":{"p*":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
      "warning shadowed tools.p*.deny_if[0]: is never asked: `hide` hides `p*`",
    ],
    [
      "a name that a pattern hides",
      '{"hide":["p*"],"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
      "warning shadowed tools.pay.deny_if[0]: is never asked: `hide` hides `pay`",
    ],
    [
      "a name that no pattern hides",
      '{"hide":["x*"],"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "a category of a hidden name",
      '{"hide":["write"],"categories":{"write":{"limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "an entry with the action hide",
      '{"tools":{"pay":{"action":"hide","limits":[{"counter":"c","window":"day","max":1},{"counter":"d","window":"day","max":1}]}}}',
      "warning shadowed tools.pay.limits[0]: is never asked, and so are 1 more: the entry hides its tools",
    ],
    [
      "an entry in shadow mode",
      '{"tools":{"pay":{"action":"deny","mode":"shadow","limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "a document in shadow mode",
      '{"mode":"shadow","tools":{"pay":{"action":"deny","limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "a category that no tool inherits, under default deny",
      '{"default":"deny","categories":{"write":{"limits":[{"counter":"c","window":"day","max":1}]}},"tools":{"pay":{"inherit":false}}}',
      'warning shadowed categories.write.limits[0]: is never asked: "default": "deny" denies the tools that are not listed, and no listed tool inherits it',
    ],
    [
      "a category without listed tools, under default deny",
      '{"default":"deny","categories":{"write":{"limits":[{"counter":"c","window":"day","max":1}]}}}',
      'warning shadowed categories.write.limits[0]: is never asked: "default": "deny" denies the tools that are not listed, and no listed tool inherits it',
    ],
    [
      "a category that a tool inherits, under default deny",
      '{"default":"deny","categories":{"write":{"limits":[{"counter":"c","window":"day","max":1}]}},"tools":{"pay":{},"x":{"inherit":false}}}',
    ],
    [
      "a category under default allow",
      '{"categories":{"write":{"limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "a tool under default deny",
      '{"default":"deny","tools":{"pay":{"inherit":false,"limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "a category that allows under default deny",
      '{"default":"deny","categories":{"write":{"action":"allow"},"read":{}},"tools":{"pay":{}}}',
      'warning no-effect categories.write.action: allows no tool: "default": "deny" denies the tools that are not listed under `tools`, whatever their category',
    ],
    ["a category that allows under default allow", '{"categories":{"write":{"action":"allow"}}}'],
    [
      "rules behind a denial of every call",
      '{"tools":{"pay":{"deny_if":[{"conditions":[]},{"conditions":[{"path":"args.a","op":"eq","value":1}]}],"limits":[{"counter":"c","window":"day","max":1}]}}}',
      "warning shadowed tools.pay.deny_if[1]: is never reached: `tools.pay.deny_if[0]` denies every call",
      "warning shadowed tools.pay.limits[0]: is never reached: `tools.pay.deny_if[0]` denies every call",
    ],
    [
      "rules before a denial of every call",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]},{"conditions":[]}]}}}',
    ],
    [
      "rules behind a denial in shadow mode",
      '{"tools":{"pay":{"deny_if":[{"conditions":[],"mode":"shadow"},{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "rules behind a request for approval",
      '{"tools":{"pay":{"deny_if":[{"conditions":[],"effect":"approve"},{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "rules of an entry in shadow mode",
      '{"tools":{"pay":{"mode":"shadow","deny_if":[{"conditions":[]},{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "a rule with one more condition",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]},{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.b","op":"eq","value":1}]}]}}}',
      "warning shadowed tools.pay.deny_if[1]: changes nothing: `tools.pay.deny_if[0]` denies every call that it denies",
    ],
    [
      "a rule with one condition less",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.b","op":"eq","value":1}]},{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "a requirement with one condition less",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.b","op":"eq","value":1}]},{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
      "warning shadowed tools.pay.require[1]: changes nothing: `tools.pay.require[0]` denies every call that it denies",
    ],
    [
      "a requirement with one more condition",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":1}]},{"conditions":[{"path":"args.a","op":"eq","value":1},{"path":"args.b","op":"eq","value":1}]}]}}}',
    ],
    [
      "a requirement beside a denial",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":1}]}],"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]}]}}}',
    ],
    [
      "conditions on another measure",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.a","op":"eq","value":1}]},{"conditions":[{"path":"args.a","op":"eq","value":1,"of":"length"}]}]}}}',
    ],
    [
      "a requirement without conditions behind another",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.a","op":"eq","value":1}]},{"conditions":[]}]}}}',
    ],
    [
      "limits of a method that is denied",
      '{"methods":{"resources/read":{"action":"deny","limits":[{"counter":"c","window":"day","max":1}]}}}',
      'warning shadowed methods.resources/read.limits[0]: is never asked: "action" is "deny"',
    ],
    [
      "limits of a method that is denied in shadow mode",
      '{"methods":{"resources/read":{"action":"deny","mode":"shadow","limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "limits of a method in a document in shadow mode",
      '{"mode":"shadow","methods":{"resources/read":{"action":"deny","limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    [
      "limits of a method that is allowed",
      '{"methods":{"resources/read":{"action":"allow","limits":[{"counter":"c","window":"day","max":1}]}}}',
    ],
    ["a method that is denied without limits", '{"methods":{"resources/read":{"action":"deny"}}}'],
  ])("%s", (_name, policy, ...found) => {
    expect(findingsIn(shadowedFindings, policy)).toEqual(found);
  });
});

describe("patterns that are equally specific", () => {
  it.each<[string, string, ...string[]]>([
    ["two beginnings of one length", '{"tools":{"a*":{},"b*":{}}}'],
    [
      "a beginning and an end",
      '{"tools":{"a*":{},"*b":{}}}',
      'error ambiguous-pattern tools.*b: is as specific as "a*", and both match `ab`, so that a call of it is denied: make one more specific, or list the name',
    ],
    ["a beginning and an end that a name decides", '{"tools":{"a?":{},"?b":{},"ab":{}}}'],
    ["a beginning and an end that a longer pattern decides", '{"tools":{"a*":{},"*b":{},"a*b":{}}}'],
    ["different numbers of characters", '{"tools":{"ab*":{},"*b":{}}}'],
    [
      "two parts that may stand in one name",
      '{"tools":{"*a*":{},"*b*":{}}}',
      'error ambiguous-pattern tools.*b*: is as specific as "*a*", and both match `ab`, so that a call of it is denied: make one more specific, or list the name',
    ],
    ["beginnings that differ before equal ends", '{"tools":{"a*x":{},"b*x":{}}}'],
    ["ends that differ behind equal beginnings", '{"tools":{"x*a":{},"x*b":{}}}'],
    [
      "a longer beginning with a shorter end",
      '{"tools":{"ab*c":{},"a*bc":{}}}',
      'error ambiguous-pattern tools.a*bc: is as specific as "ab*c", and both match `abc`, so that a call of it is denied: make one more specific, or list the name',
    ],
    [
      "a shorter beginning with a longer end",
      '{"tools":{"a*bc":{},"ab*c":{}}}',
      'error ambiguous-pattern tools.ab*c: is as specific as "a*bc", and both match `abc`, so that a call of it is denied: make one more specific, or list the name',
    ],
    ["beginnings where one ends as the other", '{"tools":{"ba*x":{},"a*yx":{}}}'],
    ["ends where one begins as the other", '{"tools":{"x*ab":{},"xy*a":{}}}'],
    [
      "three that tie pairwise",
      '{"tools":{"a*":{},"*b":{},"*c*":{}}}',
      'error ambiguous-pattern tools.*b: is as specific as "a*", and both match `ab`, so that a call of it is denied: make one more specific, or list the name',
      'error ambiguous-pattern tools.*c*: is as specific as "a*", and both match `ac`, so that a call of it is denied: make one more specific, or list the name',
      'error ambiguous-pattern tools.*c*: is as specific as "*b", and both match `cb`, so that a call of it is denied: make one more specific, or list the name',
    ],
    ["names alone", '{"tools":{"a":{},"b":{}}}'],
    ["no tools", "{}"],
  ])("%s", (_name, policy, ...found) => {
    expect(findingsIn(equalPatternFindings, policy)).toEqual(found);
  });
});

describe("paths that climb, and single items", () => {
  it.each<[string, string, ...string[]]>([
    [
      "a requirement by a regular expression",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"regex","value":"^/data/"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path regex "^/data/"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a denial by a regular expression",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.path","op":"regex","value":"^/etc/"}]}]}}}',
      'warning path-climbs tools.pay.deny_if[0].conditions[0]: `args.path regex "^/etc/"` does not hold for a path that `..` leads into the folder, such as "/a/../etc/a": use `path_within`',
    ],
    [
      "a denial of a folder in a folder",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/srv/private"}]}]}}}',
      'warning path-climbs tools.pay.deny_if[0].conditions[0]: `args.path starts_with "/srv/private"` does not hold for a path that `..` leads into the folder, such as "/a/../srv/private/a": use `path_within`',
    ],
    [
      "a denial by an expression that begins anywhere",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.path","op":"regex","value":"/srv/private/"}]}]}}}',
      'warning path-climbs tools.pay.deny_if[0].conditions[0]: `args.path regex "/srv/private/"` does not hold for a path that `..` leads into the folder, such as "/srv/a/../private/a": use `path_within`',
    ],
    [
      "a denial of a folder three levels down",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.path","op":"regex","value":"/srv/x/private/"}]}]}}}',
      'warning path-climbs tools.pay.deny_if[0].conditions[0]: `args.path regex "/srv/x/private/"` does not hold for a path that `..` leads into the folder, such as "/srv/x/a/../private/a": use `path_within`',
    ],
    [
      "a requirement that admits a climb below a name",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"regex","value":"^/data/[^.]"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path regex "^/data/[^.]"` holds for a path that `..` leads out of the folder, such as "/data/a/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a requirement by a beginning",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path starts_with "/data/"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a requirement by a pattern of one kind of file",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"matches","value":"/data/*.csv"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path matches "/data/*.csv"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a.csv": use `path_within`',
    ],
    [
      "a requirement that admits no climb",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"regex","value":"^/data/[a-z.]*$"}]}]}}}',
    ],
    [
      "a class that could be a folder",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"regex","value":"^/data[/]x[a/b]"}]}]}}}',
    ],
    [
      "a backslash before a dot",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"regex","value":"^\\\\/data\\\\/v1\\\\.2\\\\/"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path regex "^\\\\/data\\\\/v1\\\\.2\\\\/"` holds for a path that `..` leads out of the folder, such as "/data/v1.2/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a path of the file alone",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"path_within","value":"/data"}]}]}}}',
    ],
    [
      "a URL",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.url","op":"starts_with","value":"https://example.com/data/"}]}]}}}',
    ],
    [
      "the path of a URL",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.url","op":"starts_with","value":"/data/","of":"path"}]}]}}}',
    ],
    ["a number", '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"eq","value":5}]}]}}}'],
    [
      "another test that denies the climb",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"},{"path":"args.path","op":"regex","value":"^[^.]*$"}]}]}}}',
    ],
    [
      "another test of another argument",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"},{"path":"args.other","op":"regex","value":"^[^.]*$"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path starts_with "/data/"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a denial of the climb",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"}]}],"deny_if":[{"conditions":[{"path":"args.path","op":"contains","value":".."}]}]}}}',
    ],
    [
      "a denial of the climb in shadow mode",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"}]}],"deny_if":[{"conditions":[{"path":"args.path","op":"contains","value":".."}],"mode":"shadow"}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path starts_with "/data/"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a denial of the climb beside another condition",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"}]}],"deny_if":[{"conditions":[{"path":"args.path","op":"contains","value":".."},{"path":"args.b","op":"eq","value":1}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path starts_with "/data/"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "a test of the length of the path",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.path","op":"starts_with","value":"/data/"}]}],"deny_if":[{"conditions":[{"path":"args.path","op":"gt","value":9,"of":"length"}]}]}}}',
      'warning path-climbs tools.pay.require[0].conditions[0]: `args.path starts_with "/data/"` holds for a path that `..` leads out of the folder, such as "/data/../../../../../../../../etc/a": use `path_within`',
    ],
    [
      "one item in a requirement",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0].id","op":"eq","value":1}]}]}}}',
      'warning one-item tools.pay.require[0].conditions[0]: `args.items[0].id` is one item, and the others of the list are not tested: write `args.items[*].id` with "items": "every", or test the list\'s length too',
    ],
    [
      "one item in a denial",
      '{"tools":{"pay":{"deny_if":[{"conditions":[{"path":"args.items[10]","op":"eq","value":1}]}]}}}',
      'warning one-item tools.pay.deny_if[0].conditions[0]: `args.items[10]` is one item, and the others of the list are not tested: write `args.items[*]` with "items": "some", or test the list\'s length too',
    ],
    [
      "whether there is a first item",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0]","op":"exists","value":true}]}]}}}',
    ],
    [
      "whether an item has a member",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0].id","op":"exists","value":true}]}]}}}',
      'warning one-item tools.pay.require[0].conditions[0]: `args.items[0].id` is one item, and the others of the list are not tested: write `args.items[*].id` with "items": "every", or test the list\'s length too',
    ],
    [
      "one item of a list with a tested length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0]","op":"eq","value":1},{"path":"args.items","op":"eq","value":1,"of":"length"}]}]}}}',
    ],
    [
      "one item of a list with a tested value",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0]","op":"eq","value":1},{"path":"args.items","op":"eq","value":1}]}]}}}',
      'warning one-item tools.pay.require[0].conditions[0]: `args.items[0]` is one item, and the others of the list are not tested: write `args.items[*]` with "items": "every", or test the list\'s length too',
    ],
    [
      "one item of another list with a tested length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0]","op":"eq","value":1},{"path":"args.more","op":"eq","value":1,"of":"length"}]}]}}}',
      'warning one-item tools.pay.require[0].conditions[0]: `args.items[0]` is one item, and the others of the list are not tested: write `args.items[*]` with "items": "every", or test the list\'s length too',
    ],
    [
      "an item of an item",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items[0].list[12]","op":"eq","value":1}]}]}}}',
      'warning one-item tools.pay.require[0].conditions[0]: `args.items[0].list[12]` is one item, and the others of the list are not tested: write `args.items[*].list[*]` with "items": "every", or test the list\'s length too',
    ],
    [
      "a counted item",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":9,"increment_from":"args.items[0].n"}]}}}',
      "warning one-item tools.pay.limits[0].increment_from: `args.items[0].n` is one item, and the others of the list are not counted: test the list's length too",
    ],
    [
      "a counted item of a list with a tested length",
      '{"tools":{"pay":{"require":[{"conditions":[{"path":"args.items","op":"lte","value":1,"of":"length"}]}],"limits":[{"counter":"c","window":"day","max":9,"increment_from":"args.items[0].n"}]}}}',
    ],
    [
      "a counted argument",
      '{"tools":{"pay":{"limits":[{"counter":"c","window":"day","max":9,"increment_from":"args.n"}]}}}',
    ],
  ])("%s", (_name, policy, ...found) => {
    expect(findingsIn(pathFindings, policy)).toEqual(found);
  });
});

const findCounters = (document: PolicyDocument): Finding[] => counterFindings(document, new Set());

describe("counters of one name", () => {
  it.each<[string, string, ...string[]]>([
    [
      "in three entries",
      '{"tools":{"a":{"limits":[{"counter":"c","window":"day","max":1}]},"b":{"limits":[{"counter":"c","window":"day","max":1}]},"d":{"limits":[{"counter":"c","window":"day","max":1}]}}}',
      'warning counter-not-shared tools.a.limits[0].counter: `c` is 3 counters, one in each of tools.a, tools.b, tools.d: say "shared": true to make it one, or give them different names',
    ],
    [
      "in four entries",
      '{"tools":{"a":{"limits":[{"counter":"c","window":"day","max":1}]},"b":{"limits":[{"counter":"c","window":"day","max":1}]},"d":{"limits":[{"counter":"c","window":"day","max":1}]},"e":{"limits":[{"counter":"c","window":"day","max":1}]}}}',
      'warning counter-not-shared tools.a.limits[0].counter: `c` is 4 counters, one in each of tools.a, tools.b, tools.d, 1 more: say "shared": true to make it one, or give them different names',
    ],
    [
      "that are all shared",
      '{"tools":{"a":{"limits":[{"counter":"c","window":"day","max":1,"shared":true}]},"b":{"limits":[{"counter":"c","window":"day","max":1,"shared":true}]}}}',
    ],
    [
      "of which one is shared",
      '{"tools":{"a":{"limits":[{"counter":"c","window":"day","max":1,"shared":true}]},"b":{"limits":[{"counter":"c","window":"day","max":1}]}}}',
      'warning counter-not-shared tools.b.limits[0].counter: `c` is shared elsewhere and counts on its own here: say "shared": true, or give it another name',
    ],
    [
      "twice in one entry",
      '{"tools":{"a":{"limits":[{"counter":"c","window":"day","max":1},{"counter":"c","window":"hour","max":1}]}}}',
    ],
    [
      "of calls in flight",
      '{"tools":{"a":{"limits":[{"counter":"in_flight","window":"concurrent","max":1,"scope":"tool"}]},"b":{"limits":[{"counter":"in_flight","window":"concurrent","max":1,"scope":"tool"}]}}}',
    ],
  ])("%s", (_name, policy, ...found) => {
    expect(findingsIn(findCounters, policy)).toEqual(found);
  });
});
