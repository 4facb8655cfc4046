/** Makes mutants of a rule: small faults of the kinds that people make. */

import { scaleDuration } from "./duration.ts";
import type { AlertRule, RecordingRule } from "./rule-files.ts";

export interface Mutant {
  /** Rule, kind of change and number among its kind: `DenialSpike: for 2m -> 0s`. */
  readonly name: string;
  readonly rule: AlertRule | RecordingRule;
}

/** A position in the expression and its replacement. */
interface Change {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

type Operator = (expression: string) => readonly Change[];

/** Returns every mutant of one rule. */
export function listMutants(rule: AlertRule | RecordingRule): readonly Mutant[] {
  const title = "alert" in rule ? titleOf(rule) : rule.record;
  const changes = OPERATORS.flatMap((operator) => operator(rule.expr));
  const ofExpression = changes.map((change) => ({
    name: `${title}: ${nameChange(rule.expr, change)}`,
    rule: { ...rule, expr: apply(rule.expr, change) },
  }));
  return [...ofExpression, ...mutantsOfFor(rule, title)];
}

/** Two alerts may share a name; their window then tells them apart. */
function titleOf({ alert, labels }: AlertRule): string {
  return labels["window"] === undefined ? alert : `${alert} (${labels["window"]})`;
}

function mutantsOfFor(rule: AlertRule | RecordingRule, title: string): readonly Mutant[] {
  if (!("alert" in rule) || rule.for === undefined) return [];
  const longer = scaleDuration(rule.for, 3);
  return ["0s", longer].map((to) => ({
    name: `${title}: for ${rule.for} -> ${to}`,
    rule: { ...rule, for: to },
  }));
}

const OPERATORS: readonly Operator[] = [
  numbers,
  replaceEach(/(?<![=!<>])(?:>=|<=|==|!=|>|<)(?![=~])/g, COMPARATORS()),
  durations,
  replaceEach(/\boffset \w+/g, () => [""]),
  matchers,
  alternatives,
  groupings,
  replaceEach(/\b(?:sum|max|min|count|group)(?= by)/g, AGGREGATORS()),
  replaceEach(/ (?:and|or|unless) |\n\s*(?:and|or|unless)\b/g, SET_OPERATORS()),
  replaceEach(/ [-+*/] /g, ARITHMETIC()),
  replaceEach(/\b(?:increase|rate|max_over_time|sum_over_time|clamp_max|clamp_min)\(/g, FUNCTIONS()),
];

function COMPARATORS() {
  const others: Record<string, readonly string[]> = {
    ">": [">=", "<"],
    ">=": [">", "<"],
    "<": ["<=", ">"],
    "==": ["!="],
  };
  return (found: string) => others[found] ?? [];
}

function AGGREGATORS() {
  const others: Record<string, readonly string[]> = {
    sum: ["max"],
    max: ["min"],
    count: ["sum"],
    group: ["sum"],
  };
  return (found: string) => others[found] ?? [];
}

function SET_OPERATORS() {
  const others: Record<string, string> = { and: "unless", unless: "and", or: "and" };
  return (found: string) => [found.replace(/\w+/, (word) => others[word] ?? word)];
}

function ARITHMETIC() {
  const others: Record<string, string> = { "+": "-", "-": "+", "*": "/", "/": "*" };
  return (found: string) => [` ${others[found.trim()]} `];
}

function FUNCTIONS() {
  const others: Record<string, string> = {
    "increase(": "rate(",
    "rate(": "delta(",
    "max_over_time(": "min_over_time(",
    "sum_over_time(": "last_over_time(",
    "clamp_max(": "clamp_min(",
    "clamp_min(": "clamp_max(",
  };
  return (found: string) => [others[found] ?? found];
}

function replaceEach(pattern: RegExp, others: (found: string) => readonly string[]): Operator {
  return (expression) =>
    [...blankStrings(expression).matchAll(pattern)].flatMap(({ index, 0: from }) =>
      others(from).map((to) => ({ at: index, from, to })),
    );
}

/** Thresholds a quarter higher and a quarter lower; 0 becomes 1. */
function numbers(expression: string): readonly Change[] {
  const pattern = /(?<![\w:.[])\d+(?:\.\d+)?(?![\w:.\]])/g;
  return [...blankStrings(expression).matchAll(pattern)].flatMap(({ index, 0: from }) => {
    const value = Number(from);
    const others = value === 0 ? [1] : [value * 1.25, value * 0.75];
    return others.map((to) => ({ at: index, from, to: String(to) }));
  });
}

function durations(expression: string): readonly Change[] {
  return [...expression.matchAll(/(?<=\[|offset )\d+[smhd]/g)].flatMap(({ index, 0: from }) =>
    [3, 1 / 3].map((factor) => ({ at: index, from, to: scaleDuration(from, factor) })),
  );
}

const MATCHER = /(\w+)(=~|!~|!=|=)("[^"]*")/g;

/** Label matchers negated, and removed. */
function matchers(expression: string): readonly Change[] {
  return [...expression.matchAll(MATCHER)].flatMap(({ index, 0: from, 1: label, 2: operator, 3: text }) => {
    const opposite = { "=~": "!~", "!~": "=~", "=": "!=", "!=": "=" }[operator ?? ""];
    return [`${label}${opposite}${text}`, `${label}=~".*"`].map((to) => ({ at: index, from, to }));
  });
}

/** Patterns without one of their alternatives. */
function alternatives(expression: string): readonly Change[] {
  return [...expression.matchAll(/~"([^"]*\|[^"]*)"/g)].flatMap(({ index, 0: from, 1: list = "" }) => {
    const all = list.split("|");
    return all.map((gone) => ({ at: index, from, to: `~"${all.filter((one) => one !== gone).join("|")}"` }));
  });
}

/** Aggregations without one of their labels. */
function groupings(expression: string): readonly Change[] {
  return [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(({ index, 0: from, 1: list = "" }) => {
    const all = list.split(", ");
    return all.map((gone) => ({
      at: index,
      from,
      to: `by (${all.filter((one) => one !== gone).join(", ")})`,
    }));
  });
}

/** Returns the expression with its string literals blanked; every other character keeps its position. */
function blankStrings(expression: string): string {
  return expression.replaceAll(/"[^"]*"/g, (text) => " ".repeat(text.length));
}

function apply(expression: string, { at, from, to }: Change): string {
  return expression.slice(0, at) + to + expression.slice(at + from.length);
}

/** Names a change and numbers equal changes, so that every name is unique. */
function nameChange(expression: string, { at, from, to }: Change): string {
  const before = expression.slice(0, at).split(from).length;
  return `${from.trim()} (${before}) -> ${to.trim() === "" ? "nothing" : to.trim()}`;
}
