/** Bytes from upstream to downstream, as they come, no faster than the client reads, aborted from both ends. */

import type { ServerResponse } from "node:http";
import type { StreamedResponse, UpstreamResponse } from "../upstream.ts";

/** `complete`; `broken`: the upstream died within its answer; `refused`: what came may not pass; `gone`: the client left; `left`: we are leaving. */
export type PumpEnd = "complete" | "broken" | "refused" | "gone" | "left";

export interface Filter {
  /** What goes downstream for these bytes; undefined refuses the rest of the answer. */
  readonly pass: (chunk: Buffer) => Buffer | undefined;
  /** What is left at the end; undefined refuses the answer as incomplete. */
  readonly flush: () => Buffer | undefined;
  /** Is given the way to end the answer in good order, though the upstream has more to say. */
  readonly onOpen?: (leave: () => void) => void;
}

export interface Pumped {
  readonly end: PumpEnd;
  readonly bytes: number;
}

/** Pumps until either side ends, `held` first. Never rejects. */
export async function pump(
  upstream: UpstreamResponse,
  downstream: ServerResponse,
  filter: Filter,
  held?: Buffer,
): Promise<Pumped> {
  if (upstream.bufferedBody === undefined) return pumpStream(upstream, downstream, filter, held);
  if (downstream.destroyed) return { end: "gone", bytes: 0 };
  const passed = held ?? filter.pass(upstream.bufferedBody);
  const rest = passed === undefined ? undefined : filter.flush();
  if (passed === undefined || rest === undefined) {
    // What was cut must not look like what has ended.
    downstream.destroy();
    return { end: "refused", bytes: 0 };
  }
  const body = rest.byteLength === 0 ? passed : Buffer.concat([passed, rest]);
  downstream.end(body);
  return { end: "complete", bytes: body.byteLength };
}

function pumpStream(
  upstream: StreamedResponse,
  downstream: ServerResponse,
  filter: Filter,
  held: Buffer | undefined,
): Promise<Pumped> {
  const { promise, resolve } = Promise.withResolvers<Pumped>();
  let bytes = 0;
  let isOver = false;
  const finish = (end: PumpEnd): void => {
    if (isOver) return;
    isOver = true;
    if (end === "complete" || end === "left") downstream.end();
    // A stream that broke must not look like one that ended.
    else downstream.destroy();
    if (end !== "complete") upstream.destroy();
    resolve({ end, bytes });
  };
  const write = (chunk: Buffer | undefined): void => {
    if (chunk === undefined) return finish("refused");
    if (chunk.byteLength === 0) return;
    bytes += chunk.byteLength;
    if (!downstream.write(chunk)) upstream.pause();
  };
  upstream.on("data", (chunk: Buffer) => {
    if (!isOver) write(filter.pass(chunk));
  });
  downstream.on("drain", () => upstream.resume());
  upstream.once("end", () => {
    write(filter.flush());
    finish(upstream.complete ? "complete" : "broken");
  });
  upstream.once("error", () => finish("broken"));
  upstream.once("close", () => finish("broken"));
  downstream.once("close", () => finish("gone"));
  if (downstream.destroyed) finish("gone");
  filter.onOpen?.(() => finish("left"));
  if (held !== undefined) write(held);
  if (!downstream.writableNeedDrain) upstream.resume();
  return promise;
}

/** The whole body when it has at most `maxBytes`; else what was read so far, with the rest still to come. */
export function hold(upstream: UpstreamResponse, maxBytes: number): Held | Promise<Held> {
  if (upstream.bufferedBody === undefined) return holdStream(upstream, maxBytes);
  return {
    end: upstream.bufferedBody.byteLength > maxBytes ? "more" : "complete",
    body: [upstream.bufferedBody],
  };
}

function holdStream(upstream: StreamedResponse, maxBytes: number): Promise<Held> {
  const { promise, resolve } = Promise.withResolvers<Held>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const settle = (end: Held["end"]): void => {
    upstream.off("data", take);
    upstream.off("end", onEnd);
    upstream.off("error", onBroken);
    upstream.off("close", onBroken);
    resolve({ end, body: chunks });
  };
  const take = (chunk: Buffer): void => {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) return;
    upstream.pause();
    settle("more");
  };
  const onEnd = (): void => settle(upstream.complete ? "complete" : "broken");
  const onBroken = (): void => settle("broken");
  upstream.on("data", take);
  upstream.once("end", onEnd);
  upstream.once("error", onBroken);
  upstream.once("close", onBroken);
  return promise;
}

export interface Held {
  readonly end: "complete" | "more" | "broken";
  /** As it came. */
  readonly body: readonly Buffer[];
}
