/** The reader against other readers of JSON, on texts that are JSON or nearly so. FUZZ_RUNS says how many. */

import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";

import { readJson } from "../../src/json/read-json.ts";
import type { JsonFaultCause } from "../../src/json/json-reading.ts";
import { randomJsonText } from "../fixtures/json/generate.ts";
import { meansTheSame, withoutWhitespace } from "../fixtures/json/meaning.ts";

const numRuns = Number(process.env["FUZZ_RUNS"] ?? 30_000);
const seeds = integer({ min: -0x8000_0000, max: 0x7fff_ffff });

function parseOrUndefined(parse: () => unknown): { readonly value: unknown } | undefined {
  try {
    return { value: parse() };
  } catch {
    return undefined;
  }
}

/** Whether a text that is JSON has what the cause says. */
const EVIDENCE: Readonly<Record<JsonFaultCause, (text: string) => boolean>> = {
  syntax: () => false,
  nodes: () => false,
  // JSON.stringify escapes lone surrogates, and nothing else with this beginning.
  encoding: (text) => !text.isWellFormed() || hasEscapedSurrogate(text),
  depth: (text) => text.split(/[[{]/).length > 65,
  number: (text) => /[eE]\+?\d|[\d.eE+-]{65}/.test(text),
  // A name twice: the shortest form of what JSON.parse made of it has fewer colons.
  duplicate_key: (text) => colons(JSON.stringify(JSON.parse(text))) < colons(text),
};

function hasEscapedSurrogate(text: string): boolean {
  return /\\ud[89a-f]/i.test(text);
}

function colons(text: string): number {
  return withoutWhitespace(text)
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .split(":").length;
}

describe("on texts that are JSON or nearly so", () => {
  it("accepts nothing that JSON.parse refuses, and reads the same in what both accept", () => {
    const claim = property(seeds, (seed) => {
      const { text, isUntouched } = randomJsonText(seed);
      // Every other text as a message is read, whose values may hold a lone surrogate: JSON.parse keeps it too.
      const allowsLoneSurrogates = seed % 2 === 0;
      const ours = readJson(text, { allowsLoneSurrogates });
      const theirs = parseOrUndefined(() => JSON.parse(text));
      if (ours.ok && ours.hasLoneSurrogate && !(allowsLoneSurrogates && hasEscapedSurrogate(text)))
        return false;
      if (isUntouched && theirs === undefined) throw new Error(`the generator wrote no JSON: ${text}`);
      if (ours.ok)
        return (
          theirs !== undefined &&
          meansTheSame(ours.value, theirs.value) &&
          ours.minified === withoutWhitespace(text)
        );
      return theirs === undefined ? ours.offset <= text.length : EVIDENCE[ours.cause](text);
    });
    expect(() => assert(claim, { numRuns })).not.toThrow();
  }, 600_000);

  it("reads as a YAML reader does, which knows nothing of JSON.parse", () => {
    const claim = property(seeds, (seed) => {
      const { text } = randomJsonText(seed);
      const ours = readJson(text);
      if (!ours.ok) return true;
      const theirs = parseOrUndefined(() =>
        parseYaml(ours.minified, { schema: "json", uniqueKeys: true, version: "1.2" }),
      );
      return theirs !== undefined && meansTheSame(ours.value, theirs.value);
    });
    expect(() => assert(claim, { numRuns: Math.min(numRuns, 3_000) })).not.toThrow();
  }, 600_000);

  it("minifies to a text that it reads the same way and minifies no further", () => {
    const claim = property(seeds, (seed) => {
      const first = readJson(randomJsonText(seed).text);
      if (!first.ok) return true;
      const second = readJson(first.minified);
      return second.ok && Object.is(second.minified, first.minified);
    });
    expect(() => assert(claim, { numRuns: Math.min(numRuns, 100_000) })).not.toThrow();
  }, 600_000);
});
