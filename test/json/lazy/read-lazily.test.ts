/** The lazy reading against the whole one: the same values, the same text, and values only when they are asked for. */

import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { isJsonObject } from "../../../src/json/json.ts";
import { LazyObject } from "../../../src/json/lazy/lazy-object.ts";
import { printJson } from "../../../src/json/print-json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { encoded, readLazily } from "../../../src/json/lazy/read-lazily.ts";
import { randomJsonText } from "../../fixtures/json/generate.ts";

const numRuns = Number(process.env["FUZZ_RUNS"] ?? 600);
const seeds = integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const BOUNDS = {
  maxDepth: 64,
  maxNodes: 200_000,
  maxKeys: 100_000,
  maxNumberLength: 64,
  allowsLoneSurrogates: true,
};
const PATH = ["params", "arguments"] as const;
/** So long that the text is not short. */
const PAD = `"pad":"${"x".repeat(4_096)}"`;

function lazily(text: string, bounds: Partial<typeof BOUNDS> = {}) {
  return readLazily(encoded(Buffer.from(text)), { ...BOUNDS, ...bounds }, PATH);
}

function message(args: string, more = ""): string {
  return `{"id":1,"params":{"name":"t","arguments":${args}${more}},"z":"ü"}`;
}

function argumentsOf(value: Json | undefined): JsonObject {
  const params = isJsonObject(value) ? value.get("params") : undefined;
  const args = isJsonObject(params) ? params.get("arguments") : undefined;
  if (!isJsonObject(args)) throw new Error("no arguments");
  return args;
}

describe("a lazy reading", () => {
  it("is the whole reading, for every text that it takes", () => {
    let taken = 0;
    const claim = property(seeds, (seed) => {
      const text = message(
        `{${PAD},"v":${randomJsonText(seed).text.toWellFormed()},"é😀€":"a"}`,
        `,"w":${randomJsonText(seed ^ 77).text.toWellFormed()}`,
      );
      const [lazy, whole] = [lazily(text), readJson(text, BOUNDS)];
      if (lazy === undefined) return true;
      taken += 1;
      return (
        whole.ok &&
        lazy.minified === whole.minified &&
        printJson(lazy.value) === printJson(whole.value) &&
        printJson(lazy.value) === printJson(whole.value) &&
        (lazy.hasLoneSurrogate || !whole.hasLoneSurrogate) &&
        argumentsOf(lazy.value).get("é😀€") === "a"
      );
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
    expect(taken).toBeGreaterThan(numRuns / 10);
  }, 600_000);

  it("is left to the reader for a short text, a fault, a text without the object, and one that becomes short", () => {
    expect(lazily(message("{}"))).toBeUndefined();
    expect(lazily(message(`{${PAD},}`))).toBeUndefined();
    expect(lazily(`{"params":{${PAD}}}`)).toBeUndefined();
    expect(lazily(message(`{${" ".repeat(4_096)}}`))).toBeUndefined();
    const shortest = message(`{"p":"${"x".repeat(4_096 - Buffer.byteLength(message('{"p":""}')))}"}`);
    expect(lazily(shortest)?.minified).toBe(shortest);
    expect(lazily(shortest.replace("x", ""))).toBeUndefined();
  });

  it("has the whole reading's faults beside the object", () => {
    const text = message(`{${PAD}}`, ',"w":"\\ud800"');
    expect(lazily(text)?.hasLoneSurrogate).toBe(true);
    expect(lazily(text, { allowsLoneSurrogates: false })).toBeUndefined();
    expect(lazily(message(`{${PAD}}`))?.hasLoneSurrogate).toBe(false);
    expect(lazily(message(`{${PAD},"v":"\\ud800"}`))?.hasLoneSurrogate).toBe(true);
  });

  it("reads the parts of a larger buffer alone", () => {
    const text = message(`{${PAD},"é":[1]}`);
    const whole = Buffer.from(`"${text}"`);
    const reading = readLazily(encoded(whole.subarray(1, whole.length - 1)), BOUNDS, PATH);
    expect(reading?.minified).toBe(text);
  });
});

describe("a lazy object", () => {
  const text = `{${PAD},"a":1,"é":{"b":[true,null]},"n":null,"😀":"z"}`;
  const readBoth = (): readonly [JsonObject, JsonObject] => [
    argumentsOf(lazily(message(text))?.value),
    new Map(argumentsOf(readWhole(message(text)))),
  ];

  it("answers as the Map of its members does", () => {
    const [lazy, whole] = readBoth();
    expect(lazy).toBeInstanceOf(LazyObject);
    expect(lazy.size).toBe(5);
    expect([...lazy.keys()]).toEqual([...whole.keys()]);
    expect(["a", "n", "b", "__proto__"].map((name) => lazy.has(name))).toEqual([true, true, false, false]);
    expect(lazy.get("none")).toBeUndefined();
    expect(lazy.get("n")).toBeNull();
    for (const name of whole.keys()) expect(lazy.get(name)).toEqual(whole.get(name));
    expect([...lazy.values()]).toEqual([...whole.values()]);
    expect([...lazy.entries()]).toEqual([...whole.entries()]);
    expect([...lazy]).toEqual([...whole]);
    expect(new Map(lazy)).toEqual(whole);
    expect(Array.from(lazy, ([name]) => name)).toEqual([...whole.keys()]);
    const visited: unknown[] = [];
    lazy.forEach((value, name, object) => visited.push([name, value, object === lazy]));
    expect(visited).toEqual(Array.from(whole, ([name, value]) => [name, value, true]));
    expect(lazy instanceof LazyObject && lazy.text).toBe(text);
  });

  it("reads a value once, and only when it is asked for", () => {
    const bad = new LazyObject('{"a":[1],"b":x}', { start: 0, end: 15 }, [
      { nameStart: 2, nameEnd: 3, start: 5, end: 8 },
      { nameStart: 10, nameEnd: 11, start: 13, end: 14 },
    ]);
    expect(bad.get("a")).toBe(bad.get("a"));
    expect(bad.size).toBe(2);
    expect([...bad.keys()]).toEqual(["a", "b"]);
    expect(() => bad.get("b")).toThrow("a value that was checked cannot be read: syntax");
  });
});

function readWhole(json: string): Json {
  const reading = readJson(json, BOUNDS);
  if (!reading.ok) throw new Error(reading.detail);
  return reading.value;
}
