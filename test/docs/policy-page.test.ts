/** The reference of the policy language: its examples are run, and nothing that a policy may say is left out of it. */

import { describe, expect, it } from "vitest";
import { describeCall, playStory } from "../../src/commands/corpus/play.ts";
import { readStory } from "../../src/commands/corpus/story.ts";
import { parsePolicyFile } from "../../src/config/files/policy-file.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../../src/json/json.ts";
import { printJson } from "../../src/json/print-json.ts";
import { ARGUMENT_CHECKS } from "../../src/policy/arguments/argument-check.ts";
import { CATEGORIES } from "../../src/policy/category/category.ts";
import { CONDITION, evaluate } from "../../src/policy/condition.ts";
import { ACTIONS, parsePolicy } from "../../src/policy/document/document.ts";
import { SCOPES, WINDOW_NAMES } from "../../src/policy/limit.ts";
import { MEASURES } from "../../src/policy/measure.ts";
import { MODES, REASONS, REASONS_OUTSIDE_POLICY } from "../../src/policy/mode.ts";
import { OPERATORS } from "../../src/policy/operator.ts";
import { OPERATOR_WORDS, SCOPE_WORDS, WINDOW_WORDS } from "../../src/policy/reference/value-words.ts";
import { DocumentPath } from "../../src/policy/schema/document-path.ts";
import { fillKeyTables, KEY_TABLES, objectsIn } from "../../tools/pages/policy-reference.ts";
import {
  codesIn,
  type Example,
  examplesOf,
  PAGES,
  parse,
  parseObject,
  readCase,
  readPage,
  tableOf,
} from "../fixtures/policy-page.ts";

const PAGE = readPage("docs/policy.md");
const EXAMPLES = PAGES.flatMap(examplesOf);

/** Reads an example in the way that a policy file is read; returns its document in normal form. */
function documentOf({ text, language, place }: Example): Json {
  const read = parsePolicyFile(Buffer.from(wrapped(text, language)), `${place}.${language}`);
  if (!read.ok) throw new Error(read.problems.join("\n"));
  return read.policy.document.json;
}

/** Puts a limit that stands alone on every tool. */
function wrapped(text: string, language: string): string {
  const json = language === "json" ? parse(text) : undefined;
  const isLimit = isJsonObject(json) && (json.has("counter") || json.has("concurrent"));
  return isLimit ? `{"version":"1","default":"allow","all_tools":{"limits":[${text}]}}` : text;
}

/** The differences between the decisions that the table says, and those of the real loader and the real decision. */
function playExample(example: Example): string[] {
  const calls = example.rows.map(([call = "", decision = ""]) => readCase(call, decision));
  return differencesOf(documentOf(example), calls, example.tools);
}

function differencesOf(policy: Json, calls: readonly Json[], tools?: Json): string[] {
  const story = new Map<string, Json>([
    ["story", "an example"],
    ["policy", policy],
    ["calls", calls],
    ...(tools === undefined ? [] : ([["tools", tools]] satisfies [string, Json][])),
  ]);
  const read = readStory(story);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const file = parsePolicyFile(Buffer.from(printJson(policy)), "example.json");
  if (!file.ok) throw new Error(file.problems.join("\n"));
  return Array.from(playStory(read.story, file.policy))
    .filter(({ differences }) => differences.length > 0)
    .map(({ call, differences }) => [describeCall(call), ...differences].join("; "));
}

/** The result of a condition on arguments, in the words of the page. */
function resultOf(condition: Json, args: Json): string {
  const read = CONDITION.read(condition, DocumentPath.root([]));
  if (read === undefined || !isJsonObject(args)) throw new Error(printJson(condition));
  const result = evaluate(read, args);
  if (typeof result === "boolean") return result ? "holds" : "does not hold";
  return result === "missing" ? "does not hold" : `cannot be evaluated: \`${result}\``;
}

function firstCodes(rows: readonly (readonly string[])[]): string[] {
  return rows.map(([cell = ""]) => codesIn(cell).join(""));
}

function keysOf(node: { readonly properties?: object }): string {
  return Object.keys(node.properties ?? {}).join();
}

const CASES = EXAMPLES.filter(({ head }) => head === "call");
const CONDITIONS = EXAMPLES.filter(({ head }) => head === "arguments");

describe("the examples of the reference", () => {
  it.each(CASES)("$place: every call is decided as the table says", (example) => {
    expect(playExample(example)).toEqual([]);
  });

  it.each(CONDITIONS)("$place: the condition gives what the table says", ({ text, rows }) => {
    const results = rows.map(([args = ""]) => resultOf(parse(text), parse(codesIn(args).join(""))));
    expect(results).toEqual(rows.map(([, result]) => result));
  });

  it("have cases each", () => {
    expect(EXAMPLES.filter(({ rows }) => rows.length === 0).map(({ place }) => place)).toEqual([]);
    expect(CASES.length).toBeGreaterThan(20);
    expect(CONDITIONS.length).toBeGreaterThan(5);
  });
});

describe("the keys of the policy language", () => {
  const tableFor = new Map(
    KEY_TABLES.flatMap(({ name, objects }) => objects.map(({ node }) => [keysOf(node), name])),
  );

  it("stand in the tables of the page with the words of the JSON Schema: npm run policy:reference", () => {
    expect(PAGE).toBe(fillKeyTables(PAGE));
  });

  it("stand in a table of the page for every object that a document may have", () => {
    const missing = objectsIn()
      .map(keysOf)
      .filter((keys) => !tableFor.has(keys));
    expect(missing).toEqual([]);
    for (const { name } of KEY_TABLES) expect(PAGE).toContain(`<!-- keys: ${name} -->`);
  });

  it("have an explanation in the JSON Schema each", () => {
    const bare = objectsIn().flatMap(({ properties = {} }) =>
      Object.entries(properties).filter(([, { description = "" }]) => !/^\S.*\.$/.test(description)),
    );
    expect(bare.map(([key]) => key)).toEqual([]);
  });

  it("are used in an example that is run each", () => {
    const used = new Set(CASES.flatMap((example) => usedKeys(documentOf(example))));
    for (const { text } of CONDITIONS) for (const key of keysIn(parse(text))) used.add(`condition.${key}`);
    const keys = KEY_TABLES.flatMap(({ name, objects }) =>
      objects.flatMap(({ where, node }) =>
        Object.keys(node.properties ?? {}).map((key) => `${name === "entry" ? where : name}.${key}`),
      ),
    );
    const left = keys.filter(
      (key) => !used.has(key) && !SAME_AS_IN_TOOLS.test(key) && key !== "document.$schema",
    );
    expect(left).toEqual([]);
  });
});

/** Keys that mean the same in these entries as in those of tools, where an example has them. */
const SAME_AS_IN_TOOLS =
  /^(?:categories|all_tools|methods)\.(?:description|mode|reason|require|deny_if|limits|concurrent|cooldown|action|arguments)$/;

function keysIn(json: Json | undefined): string[] {
  return isJsonObject(json) ? Array.from(json.keys()) : [];
}

/** The keys of a document as `object.key`. */
function usedKeys(document: Json): string[] {
  if (!isJsonObject(document)) return [];
  const entries = ["tools", "categories", "methods"].flatMap((where) =>
    valuesIn(document.get(where)).map((entry) => [where, entry] as const),
  );
  const all: (readonly [string, Json | undefined])[] = [...entries, ["all_tools", document.get("all_tools")]];
  return [
    ...keysIn(document).map((key) => `document.${key}`),
    ...all.flatMap(([where, entry]) => keysOfEntry(where, entry)),
  ];
}

function keysOfEntry(where: string, entry: Json | undefined): string[] {
  if (!isJsonObject(entry)) return [];
  const rules = [...itemsIn(entry.get("require")), ...itemsIn(entry.get("deny_if"))];
  const conditions = rules.flatMap((rule) => itemsIn(rule.get("conditions")));
  return [
    ...keysIn(entry).map((key) => `${where}.${key}`),
    ...rules.flatMap((rule) => keysIn(rule).map((key) => `rule.${key}`)),
    ...conditions.flatMap((condition) =>
      keysIn(condition).map((key) => `${condition.has("path") ? "condition" : "office_hours"}.${key}`),
    ),
    ...keysIn(entry.get("cooldown")).map((key) => `cooldown.${key}`),
    ...keysIn(entry.get("category_by")).map((key) => `category_by.${key}`),
    ...itemsIn(entry.get("limits")).flatMap((limit) =>
      keysIn(limit).map((key) => `${limit.has("concurrent") ? "in_flight" : "limit"}.${key}`),
    ),
    ...keysIn(entry.get("pin")).map((key) => `pin.${key}`),
  ];
}

function valuesIn(json: Json | undefined): Json[] {
  return isJsonObject(json) ? Array.from(json.values()) : [];
}

function itemsIn(json: Json | undefined): JsonObject[] {
  return json !== undefined && isJsonArray(json) ? json.filter(isJsonObject) : [];
}

describe("the operators", () => {
  const rows = tableOf(PAGE, "operator", "holds when");

  it("stand in the table of the page, in the words of the JSON Schema", () => {
    const operators = new Set(rows.map(([operator = ""]) => codesIn(operator).join("")));
    expect(operators).toEqual(new Set(OPERATORS));
    for (const [operator = "", words] of rows) {
      expect(words).toBe(
        new Map<string, string>(Object.entries(OPERATOR_WORDS)).get(codesIn(operator).join("")),
      );
    }
  });

  it.each(rows)("%s: %s; %s holds for %s, not for %s, and cannot be evaluated on %s", (...cells) => {
    const [operator = "", , operand = "", ...results] = cells;
    const condition = new Map<string, Json>([
      ["path", "args.v"],
      ["op", codesIn(operator).join("")],
      ["value", parse(codesIn(operand).join(""))],
    ]);
    const got = results.map((cell) =>
      codesIn(cell).map((value) => resultOf(condition, new Map([["v", parse(value)]]))),
    );
    const [holds = [], not = [], unevaluable = []] = got;
    expect(holds.every((result) => result === "holds") && holds.length > 0).toBe(true);
    expect(not.every((result) => result === "does not hold") && not.length > 0).toBe(true);
    expect(unevaluable.every((result) => result.startsWith("cannot be evaluated"))).toBe(true);
  });
});

describe("the windows and scopes of limits", () => {
  const windows = tableOf(PAGE, "window", "counts in");
  const scopes = tableOf(PAGE, "scope", "a counter for");

  it("stand in the tables of the page, in the words of the JSON Schema", () => {
    expect(firstCodes(windows).filter((name) => !/^\d+$/.test(name))).toEqual(WINDOW_NAMES);
    expect(firstCodes(scopes)).toEqual(["grant", ...SCOPES]);
    const words = new Map<string, string>(Object.entries({ ...WINDOW_WORDS, ...SCOPE_WORDS }));
    for (const [name = "", text] of [...windows, ...scopes]) {
      const known = words.get(codesIn(name).join(""));
      if (known !== undefined) expect(text).toBe(known);
    }
  });

  it.each(windows.filter(([, , from]) => from !== ""))(
    "the window %s counts in %s: full from %s to %s",
    (name, _words, from = "", to = "") => {
      const word = codesIn(name).join("");
      const window = /^\d+$/.test(word) ? word : `"${word}"`;
      const policy = limitPolicy(parseObject(`{"counter":"c","window":${window},"max":1}`));
      const start = Date.parse(from) / 1_000;
      const end = Date.parse(to) / 1_000;
      const epoch = Date.parse("2026-01-01T00:00:00Z") / 1_000;
      const calls = [
        callAt(start - epoch, "allow"),
        callAt(end - epoch - 0.01, "deny"),
        callAt(end - epoch, "allow"),
      ];
      expect(differencesOf(policy, calls)).toEqual([]);
    },
  );

  it.each(scopes)("the scope %s is a counter for %s: %s share one, %s do not", (...cells) => {
    const [name = "", , together = "", apart = ""] = cells;
    const policy = limitPolicy(
      parseObject(`{"counter":"c","window":"day","max":1,"scope":"${codesIn(name).join("")}"}`),
    );
    for (const [pair, effect] of [
      [together, "deny"],
      [apart, "allow"],
    ] as const) {
      const [first, second] = pair.split("; ");
      if (first === undefined || second === undefined) continue;
      expect(differencesOf(policy, [readCase(first, "allow"), readCase(second, effect)])).toEqual([]);
    }
    expect(together).toContain("; ");
  });
});

function callAt(seconds: number, effect: string): Json {
  return parse(`{"tool":"x","at":${seconds},"expect":{"effect":"${effect}"}}`);
}

function limitPolicy(limit: JsonObject): Json {
  return new Map<string, Json>([
    ["version", "1"],
    ["default", "allow"],
    ["all_tools", new Map<string, Json>([["limits", [limit]]])],
  ]);
}

describe("the closed sets of the language", () => {
  it.each([
    ["measures", ["of", "compares"], MEASURES],
    ["modes", ["mode", "a call that would be denied"], MODES],
    ["actions", ["action", "a call"], ACTIONS],
    ["checks of arguments", ["value", "a call that does not fit"], ARGUMENT_CHECKS],
  ])("have all %s in a table of the page", (_name, head, words) => {
    expect(firstCodes(tableOf(PAGE, ...head)).toSorted()).toEqual([...words].toSorted());
  });

  it("have all categories on the page", () => {
    expect(PAGE).toContain(
      `The categories are ${CATEGORIES.map((name) => `\`${name}\``)
        .join(", ")
        .replace(/, (?=`unknown`$)/, " and ")}.`,
    );
  });
});

describe("the reasons", () => {
  const rows = tableOf(readPage("docs/policy/reasons.md"), "reason", "cause", "what to do");

  it("stand in the table of their page, each with its cause and what to do", () => {
    expect(firstCodes(rows)).toEqual(REASONS);
    expect(rows.filter(([, cause = "", cure = ""]) => !cause.endsWith(".") || !cure.endsWith("."))).toEqual(
      [],
    );
  });

  it("that a document can give are the result of an example each", () => {
    const given = new Set(
      CASES.flatMap(({ rows: cases }) => cases.map(([, decision = ""]) => codesIn(decision)[0])),
    );
    expect(new Set(REASONS.filter((reason) => !given.has(reason)))).toEqual(REASONS_OUTSIDE_POLICY);
  });
});

describe("the dialects", () => {
  it("are read without a problem", () => {
    expect(examplesOf("docs/policy/dialects.md").length).toBe(4);
    expect(parsePolicy(parse('{"version":"1","default":"deny"}')).ok).toBe(true);
  });
});
