/** No document becomes looser: random policies and calls, decided as in two earlier states and as now. */

import fc from "fast-check";

import { isJsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { decide } from "../../../src/policy/decide.ts";
import { compilePolicy } from "../../../src/policy/document/compile.ts";
import { parsePolicy } from "../../../src/policy/document/document.ts";
import { CASE, type Case, entryText } from "../../policy/random-rules.ts";
import type { Figure, Section } from "../figure.ts";
import { BEFORE_TYPES, type Core, loadCore, RELEASED, type State } from "./decide-before.ts";

const RUNS = 60_000;
const QUICK_RUNS = 5_000;
/** The oracle would be worth nothing if the two always agreed. */
const LEAST_STRICTER = 200;

/** From the loosest to the strictest. */
const EFFECTS = ["allow", "ask", "deny"] as const;
type Effect = (typeof EFFECTS)[number];

const NAMES = ["t", "T", "u", "t ", "pay"];
const TYPES = ["integer", "number", "string", "boolean", "array", "object", "null"];

const DOCUMENT = fc.record({
  one: CASE,
  other: CASE,
  default: fc.constantFrom("allow", "deny"),
  hide: fc.constantFrom([], ["pay"], ["u"]),
  action: fc.constantFrom(undefined, "deny", "approve"),
  effect: fc.constantFrom("deny", "approve"),
  mode: fc.constantFrom("enforce", "shadow"),
  tool: fc.constantFrom(...NAMES),
  types: fc.option(fc.tuple(fc.constantFrom(...TYPES), fc.constantFrom(...TYPES))),
});
type Document = typeof DOCUMENT extends fc.Arbitrary<infer Value> ? Value : never;

export const LOOSER: Section = {
  name: "looser",
  run: async ({ isQuick }) => {
    const runs = isQuick ? QUICK_RUNS : RUNS;
    return [await compare(BEFORE_TYPES, runs), await compare(RELEASED, runs)];
  },
};

async function compare(state: State, runs: number): Promise<Figure> {
  const before = await loadCore(state);
  const now: Core = { decide, compilePolicy, parsePolicy, readJson };
  const looser: string[] = [];
  let stricter = 0;
  const property = fc.property(DOCUMENT, (document) => {
    const [was, is] = [effectOf(before, document), effectOf(now, document)];
    if (EFFECTS.indexOf(is) > EFFECTS.indexOf(was)) stricter += 1;
    if (EFFECTS.indexOf(is) < EFFECTS.indexOf(was)) {
      looser.push(
        `${was} became ${is}: ${documentText(document)} with ${document.tool} ${document.one.args}`,
      );
    }
  });
  fc.assert(property, { numRuns: runs });
  return {
    name: `documents looser than ${state.name}`,
    figure: `${looser.length} of ${runs} random documents and calls; ${stricter} stricter, ${runs - stricter - looser.length} as before`,
    bar: `0, and at least ${LEAST_STRICTER} stricter`,
    isMet: looser.length === 0 && stricter >= LEAST_STRICTER,
    details: looser,
  };
}

function effectOf(core: Core, document: Document): Effect {
  const policy = core.parsePolicy(valueOf(core, documentText(document)));
  if (!policy.ok) throw new Error(JSON.stringify(policy.problems));
  const compiled = core.compilePolicy(policy.document, { digest: "d" });
  const schema = schemaOf(core, document);
  const call = {
    tool: document.tool,
    args: objectOf(core, document.one.args),
    agent: "a",
    category: { category: "unknown", source: "heuristic", confidence: 1 },
    ...(schema && { inputSchema: schema }),
  } as const;
  const { denial } = core.decide(compiled, call, () => ({ used: 0, retryAfterMs: 1_000 }));
  return denial === undefined || denial.mode === "shadow" ? "allow" : denial.effect;
}

function valueOf(core: Core, text: string): Parameters<Core["parsePolicy"]>[0] {
  const read = core.readJson(text);
  if (!read.ok) throw new Error(`${text}: no JSON`);
  return read.value;
}

function objectOf(core: Core, text: string): ReadonlyMap<string, never> {
  const value = valueOf(core, text);
  if (!isJsonObject(value)) throw new Error(`${text}: no object`);
  return value as ReadonlyMap<string, never>;
}

function schemaOf(core: Core, { types }: Document): ReadonlyMap<string, never> | undefined {
  if (types === null) return undefined;
  const [a, b] = types.map((type) => ({ type }));
  return objectOf(core, JSON.stringify({ type: "object", properties: { a, b } }));
}

function documentText(document: Document): string {
  const { one, other, hide, mode } = document;
  const tools = `{"t":${ruled(document, one)},"u":${ruled({ ...document, action: undefined }, other)}}`;
  const head = `"version":"1","default":"${document.default}","mode":"${mode}","strict":${one.isStrict}`;
  return `{${head},"hide":${JSON.stringify(hide)},"tools":${tools}}`;
}

/** The entry with the action of the document, and its effect in every rule. */
function ruled({ action, effect }: Document, one: Case): string {
  const entry = entryText(one).replaceAll('{"conditions":', `{"effect":"${effect}","conditions":`);
  return action === undefined ? entry : `{"action":"${action}",${entry.slice(1)}`;
}
