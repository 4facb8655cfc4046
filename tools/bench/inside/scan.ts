/** Times the scanner on calls of four sizes, against JSON.parse, in nanoseconds per message. */

import { parseMessage } from "../../../src/mcp/parse-message.ts";
import { bodyOf, SMALL_CALL } from "../load/request.ts";
import { medianNanoseconds, requestedRounds, printFigures } from "./figures.ts";

const ROUND_BYTES = 40_000_000;
const RUN = {
  runName: "sample-1",
  parameters: { input: "s3://bucket/prefix/sample-1.fastq.gz", threads: 4 },
};

function callOf(args: object): Buffer {
  return Buffer.from(bodyOf({ method: "tools/call", params: { name: "StartAHORunBatch", arguments: args } }));
}

function ofRuns(count: number): Buffer {
  return callOf({ batch: { runs: Array.from({ length: count }, () => RUN) } });
}

const samples = {
  small: Buffer.from(bodyOf(SMALL_CALL)),
  fourKb: ofRuns(37),
  megabyte: ofRuns(10_000),
  megabyteOfText: callOf({ text: "a line of text, and then some more of it\n".repeat(25_000) }),
};

const figures: Record<string, number> = {};
for (const [name, bytes] of Object.entries(samples)) {
  const times = Math.ceil(ROUND_BYTES / bytes.length);
  figures[`${name}Bytes`] = bytes.length;
  figures[`${name}Ns`] = medianNanoseconds(() => scanned(bytes), times, requestedRounds());
  figures[`${name}ParseNs`] = medianNanoseconds(() => parsed(bytes), times, requestedRounds());
}
printFigures(figures);

function scanned(bytes: Buffer): string | undefined {
  const result = parseMessage(bytes);
  return result.ok ? result.message.text : undefined;
}

function parsed(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString("utf8"));
}
