/** Times the scanner against JSON.parse on calls of three sizes: `node bench/scan.ts`. Prints figures, asserts none. */

import { Buffer } from "node:buffer";

import { scan } from "../src/transport/scan.ts";

interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
  readonly rounds: number;
}

function call(args: unknown): Buffer {
  const meta = { progressToken: 7, traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" };
  const params = { name: "StartAHORunBatch", arguments: args, _meta: meta };
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 42, method: "tools/call", params }));
}

const run = {
  runName: "sample-1",
  parameters: { input: "s3://bucket/prefix/sample-1.fastq.gz", threads: 4 },
};
const samples: readonly Sample[] = [
  {
    name: "350 B",
    rounds: 400_000,
    bytes: call({
      reason: "rerun of the samples that failed last night",
      workflowId: "1234567",
      batch: { size: 20, runs: [{ runName: "a" }, { runName: "b" }] },
    }),
  },
  { name: "4 KB", rounds: 40_000, bytes: call({ batch: { runs: Array.from({ length: 37 }, () => run) } }) },
  {
    name: "1 MB of objects",
    rounds: 60,
    bytes: call({ batch: { runs: Array.from({ length: 10_000 }, () => run) } }),
  },
  {
    name: "1 MB of text",
    rounds: 200,
    bytes: call({ text: "a line of text, and then some more of it\n".repeat(25_000) }),
  },
];

function nanosecondsOf(work: (bytes: Buffer) => unknown, { bytes, rounds }: Sample): number {
  const startedAt = process.hrtime.bigint();
  for (let round = 0; round < rounds; round += 1) {
    if (work(bytes) === undefined) throw new Error("the work was not done");
  }
  return Number(process.hrtime.bigint() - startedAt) / rounds;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function scanned(bytes: Buffer): unknown {
  const result = scan(bytes);
  return result.ok ? result.text : undefined;
}

for (const sample of samples) {
  const rounds = Array.from({ length: 5 }, () => ({
    ours: nanosecondsOf(scanned, sample),
    theirs: nanosecondsOf((bytes) => JSON.parse(bytes.toString("utf8")), sample),
  }));
  // The first round warms up.
  const ours = median(rounds.slice(1).map((round) => round.ours));
  const theirs = median(rounds.slice(1).map((round) => round.theirs));
  const perByte = ours / sample.bytes.length;
  console.log(
    `${sample.name.padEnd(16)} ${String(sample.bytes.length).padStart(8)} B  scan ${ours.toFixed(0).padStart(9)} ns  ${perByte.toFixed(2)} ns/B  JSON.parse ${theirs.toFixed(0).padStart(9)} ns  ratio ${(ours / theirs).toFixed(2)}`,
  );
}
