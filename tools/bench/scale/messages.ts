/** Curve: size of a message, over HTTP, in turns through the built sidecar and directly to the server. The sidecar's share is the difference. */

import { type Call, timeCall, toolCall } from "./caller.ts";
import { type Curve, median, type Point } from "./curve.ts";
import { type BuiltSidecar, withSidecar } from "./processes.ts";

const KIB = 1_024;
const MIB = KIB * KIB;
/** Time for one direction at one size. */
const FOR_MS = 3_000;
const LEAST_TURNS = 4;
const MOST_TURNS = 1_000;
const LINE_BYTES = 1_000;
const CONFIG = { bounds: { "message-bytes": 32 * MIB } };

export const MESSAGES: Curve = {
  name: "messages",
  axis: "bytes of a message",
  points: [KIB, 10 * KIB, 100 * KIB, MIB, 10 * MIB, 20 * MIB],
  quickPoints: [KIB, 10 * KIB],
  columns: [
    { key: "asked", label: "call of that size", unit: "ms" },
    { key: "askedAdded", label: "of that, added", unit: "ms" },
    { key: "askedByte", label: "processor time for a byte of it", unit: "ns" },
    { key: "askedPeak", label: "most memory", unit: "MiB" },
    { key: "told", label: "result of that size", unit: "ms" },
    { key: "toldAdded", label: "of that, added", unit: "ms" },
    { key: "toldByte", label: "processor time for a byte of it", unit: "ns" },
    { key: "toldPeak", label: "most memory", unit: "MiB" },
  ],
  panels: [
    { title: "Time", lines: { asked: "call", told: "result" } },
    { title: "Processor time of a byte", lines: { askedByte: "call", toldByte: "result" } },
    { title: "Most memory", lines: { askedPeak: "call", toldPeak: "result" } },
  ],
  measure,
};

async function measure(at: number): Promise<Point> {
  const lines = Array.from({ length: Math.ceil(at / LINE_BYTES) }, () => "x".repeat(LINE_BYTES - 3));
  const last = at % LINE_BYTES;
  const asked = await oneWay(
    at,
    toolCall({ lines: last === 0 ? lines : [...lines.slice(1), "x".repeat(last)] }),
  );
  const told = await oneWay(at, toolCall({ resultBytes: at }));
  return {
    at,
    figures: {
      asked: asked.throughMs,
      askedAdded: asked.addedMs,
      askedByte: asked.cpuNsPerByte,
      askedPeak: asked.peakMiB,
      told: told.throughMs,
      toldAdded: told.addedMs,
      toldByte: told.cpuNsPerByte,
      toldPeak: told.peakMiB,
    },
  };
}

interface OneWay {
  readonly throughMs: number;
  readonly addedMs: number | null;
  readonly cpuNsPerByte: number;
  readonly peakMiB: number;
}

/** Sends one message at a time, every second one directly to the server. */
function oneWay(bytes: number, body: Buffer): Promise<OneWay> {
  return withSidecar({ config: CONFIG }, async (sidecar, stub) => {
    const [through, past]: [Call, Call] = [
      { url: sidecar.url, body },
      { url: stub.url, body },
    ];
    await alternate(through, past, FOR_MS / 3);
    const before = await sidecar.readProbe({ isCollected: true });
    const { throughMs, pastMs } = await alternate(through, past, FOR_MS);
    const { cpuUs } = await sidecar.readProbe();
    const added = median(throughMs) - median(pastMs);
    return {
      throughMs: median(throughMs),
      addedMs: added > 0 ? added : null,
      cpuNsPerByte: ((cpuUs - before.cpuUs) * 1_000) / throughMs.length / bytes,
      peakMiB: peakMiB(sidecar),
    };
  });
}

async function alternate(
  through: Call,
  past: Call,
  forMs: number,
): Promise<{ throughMs: number[]; pastMs: number[] }> {
  const startedMs = performance.now();
  const [throughMs, pastMs]: [number[], number[]] = [[], []];
  const isTime = (): boolean => performance.now() - startedMs < forMs && throughMs.length < MOST_TURNS;
  while (isTime() || throughMs.length < LEAST_TURNS) {
    throughMs.push(await timeCall(through));
    pastMs.push(await timeCall(past));
  }
  return { throughMs, pastMs };
}

function peakMiB({ peakBytes }: BuiltSidecar): number {
  return peakBytes() / MIB;
}
