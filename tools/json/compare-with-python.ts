/** Compares the JSON reader with Python's json on random texts: `node tools/json/compare-with-python.ts [TEXTS]`. Not part of `npm test`. */

import { spawnSync } from "node:child_process";

import { JsonNumber, isJsonArray, isJsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import type { Json } from "../../src/json/json.ts";
import { randomJsonText } from "../../test/fixtures/json/generate.ts";

/** Python program: reads a JSON array of texts and prints one value for each, null for a refused text; numbers are printed as their tokens. */
const PYTHON = String.raw`
import json, math, sys
class Refused(ValueError): pass
def members(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names): raise Refused()
    for name in names: name.encode()
    return dict(pairs)
def constant(_): raise Refused()
def number(token):
    if len(token) > 64 or math.isinf(float(token)): raise Refused()
    return {"number": token}
def check(value, depth):
    if isinstance(value, str): value.encode()
    elif isinstance(value, list):
        if depth > 64: raise Refused()
        for element in value: check(element, depth + 1)
    elif isinstance(value, dict) and list(value) != ["number"]:
        if depth > 64: raise Refused()
        for element in value.values(): check(element, depth + 1)
def read(text):
    try:
        text.encode()
        value = json.loads(text, object_pairs_hook=members, parse_constant=constant, parse_int=number, parse_float=number)
        check(value, 1)
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

const count = Number(process.argv[2] ?? 100_000);
const texts = Array.from({ length: count }, (_, index) => randomJsonText(Math.imul(index, 0x9e37_79b1)).text);
const child = spawnSync("python3", ["-c", PYTHON], {
  input: JSON.stringify(texts),
  maxBuffer: 1 << 30,
  encoding: "utf8",
});
if (child.status !== 0) throw new Error(`python3 failed: ${child.stderr}`);
const theirs: unknown = JSON.parse(child.stdout);
if (!Array.isArray(theirs)) throw new TypeError("python3 answered no list");
const differing = texts.filter((text, index) => toPythonText(text) !== theirs[index]);
for (const text of differing.slice(0, 10))
  console.error(JSON.stringify(text), JSON.stringify(readJson(text)));
console.log(`${count} texts, ${differing.length} read differently`);
process.exitCode = differing.length === 0 ? 0 : 1;

function toPythonText(text: string): string | null {
  const reading = readJson(text);
  return reading.ok ? printValue(reading.value) : null;
}

function printValue(value: Json): string {
  if (value instanceof JsonNumber) return `{"number":"${value.token}"}`;
  if (isJsonArray(value)) return `[${value.map(printValue).join(",")}]`;
  if (!isJsonObject(value)) return ascii(JSON.stringify(value));
  return `{${[...value].map(([name, member]) => `${ascii(JSON.stringify(name))}:${printValue(member)}`).join(",")}}`;
}

function ascii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
