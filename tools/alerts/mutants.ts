/** Small faults in a rule, of the kinds that a hand makes: each is one mutant. */

import { scaleDuration } from "./duration.ts";
import type { AlertRule, RecordingRule } from "./rule-files.ts";

export interface Mutant {
  /** Rule, number among its mutants of this kind, and what was changed: `DenialSpike: for 2m -> 0s`. */
  readonly name: string;
  readonly rule: AlertRule | RecordingRule;
}

/** A place in the expression and what stands there instead. */
interface Change {
  readonly at: number;
  readonly from: string;
  readonly to: string;
}

type Operator = (expression: string) => readonly Change[];

/** Every mutant of one rule. */
export function listMutants(rule: AlertRule | RecordingRule): readonly Mutant[] {
  const title = "alert" in rule ? titleOf(rule) : rule.record;
  const changes = OPERATORS.flatMap((operator) => operator(rule.expr));
  const ofExpression = changes.map((change) => ({
    name: `${title}: ${describe(rule.expr, change)}`,
    rule: { ...rule, expr: apply(rule.expr, change) },
  }));
  return [...ofExpression, ...mutantsOfFor(rule, title)];
}

/** Two alerts may have one name; then the window tells them apart. */
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
  replacing(/(?<![=!<>])(?:>=|<=|==|!=|>|<)(?![=~])/g, COMPARATORS()),
  durations,
  replacing(/\boffset \w+/g, () => [""]),
  matchers,
  alternatives,
  groupings,
  replacing(/\b(?:sum|max|min|count|group)(?= by)/g, AGGREGATORS()),
  replacing(/ (?:and|or|unless) |\n\s*(?:and|or|unless)\b/g, SET_OPERATORS()),
  replacing(/ [-+*/] /g, ARITHMETIC()),
  replacing(/\b(?:increase|rate|max_over_time|sum_over_time|clamp_max|clamp_min)\(/g, FUNCTIONS()),
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

function replacing(pattern: RegExp, others: (found: string) => readonly string[]): Operator {
  return (expression) =>
    [...outsideText(expression).matchAll(pattern)].flatMap(({ index, 0: from }) =>
      others(from).map((to) => ({ at: index, from, to })),
    );
}

/** A threshold a quarter higher and a quarter lower; 0 becomes 1. */
function numbers(expression: string): readonly Change[] {
  const pattern = /(?<![\w:.[])\d+(?:\.\d+)?(?![\w:.\]])/g;
  return [...outsideText(expression).matchAll(pattern)].flatMap(({ index, 0: from }) => {
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

/** A label matcher turned round, and one that is gone. */
function matchers(expression: string): readonly Change[] {
  return [...expression.matchAll(MATCHER)].flatMap(({ index, 0: from, 1: label, 2: operator, 3: text }) => {
    const opposite = { "=~": "!~", "!~": "=~", "=": "!=", "!=": "=" }[operator ?? ""];
    return [`${label}${opposite}${text}`, `${label}=~".*"`].map((to) => ({ at: index, from, to }));
  });
}

/** One alternative of a pattern is forgotten. */
function alternatives(expression: string): readonly Change[] {
  return [...expression.matchAll(/~"([^"]*\|[^"]*)"/g)].flatMap(({ index, 0: from, 1: list = "" }) => {
    const all = list.split("|");
    return all.map((gone) => ({ at: index, from, to: `~"${all.filter((one) => one !== gone).join("|")}"` }));
  });
}

/** One label of an aggregation is forgotten. */
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

/** The expression with its texts blanked out, every character at its place. */
function outsideText(expression: string): string {
  return expression.replaceAll(/"[^"]*"/g, (text) => " ".repeat(text.length));
}

function apply(expression: string, { at, from, to }: Change): string {
  return expression.slice(0, at) + to + expression.slice(at + from.length);
}

/** What was changed, with the number of its like before it, so that two changes of one kind have two names. */
function describe(expression: string, { at, from, to }: Change): string {
  const before = expression.slice(0, at).split(from).length;
  return `${from.trim()} (${before}) -> ${to.trim() === "" ? "nothing" : to.trim()}`;
}
