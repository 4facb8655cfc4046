/** The scanner's reader against four others on texts that are JSON or nearly so. */

import { resolve } from "node:path";

import type { Json } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { randomJsonText } from "../../fixtures/json/generate.ts";
import { meansTheSame } from "../../fixtures/json/meaning.ts";
import type { Figure, Section } from "../figure.ts";
import { canonical } from "./canonical.ts";
import { ReaderProcess } from "./reader-process.ts";

const DOCUMENTS = 1_500_000;
const BATCH = 5_000;
const PARSER = resolve(import.meta.dirname, "../servers/python/parse.py");

/** Reasons of refusals that are intended; other readers may accept such a text. */
const ON_PURPOSE: ReadonlySet<string> = new Set(["duplicate_key", "encoding", "number", "depth", "nodes"]);
/** To a reader that knows integers `-0` is 0. */
const MINUS_ZERO = /8000000000000000/g;

export const FUZZ: Section = {
  name: "fuzz",
  run: async ({ toolchain }) => {
    const python = new ReaderProcess(toolchain.python, [PARSER]);
    const go = new ReaderProcess(toolchain.goProgram, ["parse"]);
    const tally: Tally = { accepted: 0, refused: 0, replaced: 0, onPurpose: new Map(), faults: [] };
    for (let from = 0; from < DOCUMENTS; from += BATCH) {
      const texts = Array.from(
        { length: BATCH },
        (_, at) => randomJsonText(Math.imul(from + at, 0x9e37_79b1)).text,
      );
      const lines = texts.map((text) => `${Buffer.from(text).toString("base64")}\n`).join("");
      const [byPython, byGo] = await Promise.all([python.read(lines, BATCH), go.read(lines, BATCH)]);
      for (const [at, text] of texts.entries()) {
        const [byJson = "", byPydantic = ""] = (byPython[at] ?? "").split(" ");
        compare(tally, text, { byJson, byPydantic, byGo: byGo[at] ?? "" });
      }
    }
    await Promise.all([python.end(), go.end()]);
    return [describe(tally)];
  },
};

interface Tally {
  accepted: number;
  refused: number;
  /** Read with a lone surrogate in a value. */
  replaced: number;
  readonly onPurpose: Map<string, number>;
  readonly faults: string[];
}

interface Others {
  readonly byJson: string;
  readonly byPydantic: string;
  readonly byGo: string;
}

function compare(tally: Tally, text: string, { byJson, byPydantic, byGo }: Others): void {
  const ours = readJson(text, { allowsLoneSurrogates: true });
  const parsed = parse(text);
  const fault = (who: string): void =>
    void tally.faults.push(`${who}: ${JSON.stringify(text.slice(0, 120))}`);
  if (ours.ok) {
    tally.accepted += 1;
    if (parsed === undefined || !meansTheSame(ours.value, parsed.value)) fault("JSON.parse");
    if (ours.hasLoneSurrogate)
      return compareReplaced(tally, ours.value, byGo, () => fault("Go encoding/json"));
    const form = canonical(ours.value);
    if (byJson !== form) fault("Python json");
    if (byPydantic.replace(MINUS_ZERO, "0".repeat(16)) !== form.replace(MINUS_ZERO, "0".repeat(16)))
      fault("pydantic_core");
    if (byGo !== form) fault("Go encoding/json");
  } else if (ON_PURPOSE.has(ours.cause)) {
    tally.onPurpose.set(ours.cause, (tally.onPurpose.get(ours.cause) ?? 0) + 1);
  } else {
    tally.refused += 1;
    if (parsed !== undefined) fault("JSON.parse accepts");
    if (byJson !== "!") fault("Python json accepts");
    if (byPydantic !== "!") fault("pydantic_core accepts");
    if (byGo !== "!") fault("Go encoding/json accepts");
  }
}

/** Go reads U+FFFD for a lone surrogate, and pydantic_core refuses it: conditions on such a value deny for that reason. */
function compareReplaced(tally: Tally, value: Json, byGo: string, fault: () => void): void {
  tally.replaced += 1;
  if (byGo !== canonical(value, (text) => text.toWellFormed())) fault();
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function describe({ accepted, refused, replaced, onPurpose, faults }: Tally): Figure {
  const stricter = Array.from(onPurpose, ([cause, times]) => `${times} ${cause}`).join(", ");
  return {
    name: "scanner fuzz against JSON.parse, Python json, pydantic_core (jiter, Rust) and Go encoding/json",
    figure: `${faults.length} disagreements in ${DOCUMENTS} documents: ${accepted} read the same by all, ${refused} refused by all, ${replaced} with a lone surrogate that Go replaces, refused on purpose ${stricter}`,
    bar: "0",
    isMet: faults.length === 0 && accepted > 0 && refused > 0,
    details: faults,
  };
}
