/** The attacks on each condition of a ready policy: forbidden values as they are written, from the rule and from the cases. */

import { readFileSync } from "node:fs";

import { isJsonObject, type Json, type JsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { readToolList } from "../../fixtures/tool-list.ts";
import type { Cases } from "./cases/cases.ts";

export interface Attack {
  readonly tool: string;
  /** Name of the argument. */
  readonly at: string;
  /** Whole arguments, with the forbidden value. */
  readonly args: JsonObject;
  /** The value of the allowed call, where it has one. */
  readonly allowed: Json | undefined;
}

export interface PolicyAttacks {
  /** Each tool with conditions, with arguments that are allowed. */
  readonly plain: readonly { readonly tool: string; readonly args: string }[];
  readonly attacks: readonly Attack[];
  readonly conditions: number;
  /** Conditions without a forbidden value, which is a fault of the cases. */
  readonly missing: readonly string[];
}

interface Condition {
  readonly path: string;
  readonly op: string;
  readonly of?: string;
  readonly value: unknown;
}
interface Rule {
  readonly conditions: readonly Condition[];
}
export interface PolicyText {
  readonly tools: Readonly<
    Record<
      string,
      {
        readonly deny_if?: readonly Rule[];
        readonly require?: readonly Rule[];
        readonly limits?: Limit[];
        readonly action?: string;
        readonly reason?: string;
      }
    >
  >;
}
interface Limit {
  readonly increment_from?: string;
  max: number;
}

const FOLDER = new URL("../../../policies/", import.meta.url);
const ROOM = 9_000_000_000_000_000;

export function readReadyPolicy(name: string): PolicyText {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

/** The policy without what ends a run of many calls: limits of calls and approvals go, and limits of amounts get room. */
export function withoutLimits(policy: PolicyText): PolicyText {
  const tools = Object.entries(policy.tools).map(
    ([name, { limits = [], action: _action, reason: _reason, ...entry }]) => {
      const amounts = limits.filter(({ increment_from: path }) => path !== undefined);
      return [name, { ...entry, limits: amounts.map((limit) => ({ ...limit, max: ROOM })) }] as const;
    },
  );
  return { ...policy, all_tools: {}, tools: Object.fromEntries(tools) } as PolicyText;
}

export function attacksOn(name: string, cases: Cases, folder: string): PolicyAttacks {
  const { args, forbidden } = cases;
  const attacks = new Map<string, Attack>();
  const missing: string[] = [];
  const conditions = Object.entries(readReadyPolicy(name).tools).flatMap(([tool, entry]) =>
    conditionsOf(entry).map((condition) => ({ tool, ...condition })),
  );
  for (const { tool, condition, mustHold } of conditions) {
    const at = /^args\.([\w-]+)/.exec(condition.path)?.[1] ?? "";
    const base = args[tool];
    const inCases = forbidden[`${tool}.${at}`] ?? forbidden[`*.${at}`] ?? [];
    const values = [...inCases, ...derived(condition, mustHold, sampleOf(name, tool, at))];
    if (base === undefined || values.length === 0) missing.push(`${tool} ${condition.path} ${condition.op}`);
    else
      for (const value of values)
        attacks.set(`${tool} ${at} ${JSON.stringify(value)}`, attack({ tool, at, value, base, folder }));
  }
  const plain = Object.entries(args).map(([tool, base]) => ({ tool, args: filled(base, folder) }));
  return { plain, attacks: Array.from(attacks.values()), conditions: conditions.length, missing };
}

interface RuledCondition {
  readonly condition: Condition;
  readonly mustHold: boolean;
}

function conditionsOf({ deny_if = [], require = [] }: PolicyText["tools"][string]): RuledCondition[] {
  return [...ruled(deny_if, false), ...ruled(require, true)];
}

function ruled(rules: readonly Rule[], mustHold: boolean): RuledCondition[] {
  return rules.flatMap((rule) => rule.conditions.map((condition) => ({ condition, mustHold })));
}

interface AttackParts {
  readonly tool: string;
  readonly at: string;
  readonly value: unknown;
  readonly base: object;
  readonly folder: string;
}

function attack({ tool, at, value, base, folder }: AttackParts): Attack {
  const args = objectIn(filled({ ...base, [at]: value }, folder));
  return { tool, at, args, allowed: objectIn(filled(base, folder)).get(at) };
}

function filled(args: object, folder: string): string {
  return JSON.stringify(args).replaceAll("{folder}", folder);
}

function objectIn(text: string): JsonObject {
  const read = readJson(text);
  if (!read.ok || !isJsonObject(read.value)) throw new Error(`${text}: no object`);
  return read.value;
}

/** Values that the condition forbids by itself; a pattern has none. */
function derived({ path, op, of, value }: Condition, mustHold: boolean, sample: unknown): readonly unknown[] {
  if (/[[\]]|\..*\./.test(path.replace(/^args\./, "x."))) return [];
  if (of !== undefined) return ofSize(Number(value), op, mustHold, sample);
  if (typeof value === "number") return beyond(value, op, mustHold);
  if (op === "exists") return [sample];
  if (op === "contains") return [`a${String(value)}b`];
  if (op === "eq" && !mustHold) return [value];
  if (op === "not_in" && typeof sample === "boolean") return [true];
  if (op === "starts_with" && !mustHold) return [`${String(value)}x`];
  return [];
}

function beyond(value: number, op: string, mustHold: boolean): readonly number[] {
  const isUpper = (op === "gt" || op === "gte") !== mustHold;
  if (isUpper) return [value + (op === "gte" ? 0 : 1), value * 2 + 10, 1e9];
  const last = value - (op === "lt" || op === "gte" ? 1 : 0);
  return [last, ...(last > 0 ? [0] : []), -1, -100];
}

function ofSize(size: number, op: string, mustHold: boolean, sample: unknown): readonly unknown[] {
  const isUpper = (op === "gt" || op === "gte") !== mustHold;
  if (!isUpper) return Array.isArray(sample) ? [[]] : [""];
  if (typeof sample === "string") return ["a".repeat(size + 1)];
  return Array.isArray(sample) && sample.length > 0
    ? [Array.from({ length: size + 1 }, () => sample[0])]
    : [];
}

/** A value of the type that the tool lists. */
function sampleOf(name: string, tool: string, at: string): unknown {
  const listed = readToolList(name).tools.find((one) => one.name === tool)?.inputSchema.properties?.[at];
  const type = JSON.stringify(listed ?? {});
  if (type.includes('"boolean"')) return true;
  if (type.includes('"array"')) return type.includes('"items":{"type":"string"') ? ["a"] : [];
  return "x";
}
