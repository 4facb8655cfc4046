/** Figures measured within one process on functions of src/: decide and charge, arguments, the scanner, limiter keys. */

import { fileURLToPath } from "node:url";
import { runForFigures } from "../load/run-program.ts";
import { NODE_FLAGS, type Testbed } from "../testbed.ts";
import { type Measurement, type Row, verdictOf } from "./row.ts";

export const DECIDE: Measurement = {
  name: "decide",
  measures: "decide and charge with 805 and 50,000 rules, and with 200 patterns of names",
  run: async (testbed) => {
    const keys = ["ns805", "ns50000", "nsPatterns"] as const;
    const { ns805, ns50000, nsPatterns } = await runInsideProgram(testbed, "decide", keys);
    const flat = ns50000 / ns805;
    return [
      timeRow("decide and charge, 805 rules", ns805, 1_000),
      timeRow("decide and charge, 50,000 rules", ns50000, 1_000),
      timeRow("decide and charge, 50,000 rules and 200 patterns", nsPatterns, 1_000),
      {
        figure: "decide and charge, 50,000 rules against 805",
        target: "<= 1.2, flat",
        value: flat.toFixed(3),
        verdict: verdictOf(flat, { atMost: 1.2 }),
      },
    ];
  },
};

export const ARGUMENTS: Measurement = {
  name: "arguments",
  measures: "arguments of the demo's calls against the schemas of their tools",
  run: async (testbed) => {
    const { ns } = await runInsideProgram(testbed, "arguments", ["ns"]);
    return [timeRow("arguments against the schema, calls of the demo", ns, 2_000)];
  },
};

export const SCAN: Measurement = {
  name: "scan",
  measures: "the scanner: a small call, and how it grows",
  run: async (testbed) => {
    const { smallBytes, smallNs, ...larger } = await runInsideProgram(testbed, "scan", SCAN_FIGURES);
    const small = larger.fourKbNs / larger.fourKbBytes;
    const large = larger.megabyteNs / larger.megabyteBytes;
    const againstParse = [
      ["small", smallNs / larger.smallParseNs],
      ["1 MB of objects", larger.megabyteNs / larger.megabyteParseNs],
      ["1 MB of text", larger.megabyteOfTextNs / larger.megabyteOfTextParseNs],
    ] as const;
    const ratios = againstParse.map(([name, ratio]) => `${name} ${ratio.toFixed(1)}`).join(", ");
    return [
      {
        ...timeRow(`scan of a call of ${smallBytes} bytes`, smallNs, 3_000),
        note: `scan against JSON.parse: ${ratios}`,
      },
      {
        figure: "scan: time per byte, 1 MB against 4 KB",
        target: "<= 1.5, linear",
        value: `${(large / small).toFixed(3)} (${large.toFixed(2)} to ${small.toFixed(2)} ns/B)`,
        verdict: verdictOf(large / small, { atMost: 1.5 }),
      },
    ];
  },
};

const SCAN_FIGURES = [
  "smallBytes",
  "smallNs",
  "smallParseNs",
  "fourKbBytes",
  "fourKbNs",
  "megabyteBytes",
  "megabyteNs",
  "megabyteParseNs",
  "megabyteOfTextNs",
  "megabyteOfTextParseNs",
] as const;

function timeRow(figure: string, ns: number, atMostNs: number): Row {
  return {
    figure,
    target: `< ${atMostNs / 1_000} us`,
    value: `${(ns / 1_000).toFixed(3)} us`,
    verdict: verdictOf(ns, { atMost: atMostNs }),
  };
}

export const LIMITER_KEYS: Measurement = {
  name: "limiter-keys",
  measures: "memory for one agent in one limit",
  run: async (testbed) => {
    const { bytes, bytesWithName } = await runInsideProgram(testbed, "limiter-keys", [
      "bytes",
      "bytesWithName",
    ]);
    return [
      {
        figure: "memory per limiter key",
        target: "< 60 B",
        value: `${bytes.toFixed(1)} B`,
        verdict: verdictOf(bytes, { atMost: 60 }),
        note: `limiter key: ${bytesWithName.toFixed(1)} B with the agent's name of 19 characters, where nothing else holds it`,
      },
    ];
  },
};

/** Runs a program of the folder `inside` on the core of the subject. */
export function runInsideProgram<const Name extends string>(
  testbed: Testbed,
  program: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const file = fileURLToPath(new URL(`../inside/${program}.ts`, import.meta.url));
  const rounds = String(testbed.effort.isQuick ? 1 : testbed.effort.rounds);
  const command = [process.execPath, ...NODE_FLAGS, "--expose-gc", file, rounds];
  return runForFigures(testbed.onSubjectCore(command), names);
}
