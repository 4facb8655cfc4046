/** Pumps bytes from upstream to downstream as they come, no faster than the client reads; either end may abort. */

import type { ClientResponse } from "../../http/client-response.ts";
import type { StreamedResponse, UpstreamResponse } from "../../upstream.ts";

/** `broken`: the upstream ended within its response; `refused`: the filter refused it; `gone`: the client left; `ended`: Tollgate ended it, while draining. */
export type PumpEnd = "complete" | "broken" | "refused" | "gone" | "ended";

export interface Filter {
  /** The bytes that go downstream in place of these; undefined refuses the rest of the response. */
  readonly pass: (chunk: Buffer) => Buffer | undefined;
  /** The bytes that are left at the end; undefined refuses the response as incomplete. */
  readonly flush: () => Buffer | undefined;
  /** Called before a response that has arrived whole is written. */
  readonly begin?: () => void;
  /** The last bytes of a response that the upstream broke, before it is broken, too. */
  readonly onBroken?: () => Buffer | undefined;
  /** Ends the downstream after a refusal; false when it cannot, so that the connection must be broken. */
  readonly onRefused?: () => boolean;
  /** Receives a function that ends the response in good order, though the upstream has not. */
  readonly onOpen?: (end: () => void) => void;
}

export interface Pumped {
  readonly end: PumpEnd;
  readonly bytes: number;
}

/** Pumps until either side ends, `start` first. Never rejects. */
export async function pump(
  upstream: UpstreamResponse,
  downstream: ClientResponse,
  filter: Filter,
  start?: Buffer,
): Promise<Pumped> {
  if (upstream.bufferedBody === undefined) return pumpStream(upstream, downstream, filter, start);
  if (downstream.destroyed) return { end: "gone", bytes: 0 };
  const passed = start ?? filter.pass(upstream.bufferedBody);
  const rest = passed === undefined ? undefined : filter.flush();
  if (passed === undefined || rest === undefined) {
    // A body that was cut must not look like one that has ended.
    if (filter.onRefused?.() !== true) downstream.destroy();
    return { end: "refused", bytes: 0 };
  }
  filter.begin?.();
  const body = rest.byteLength === 0 ? passed : Buffer.concat([passed, rest]);
  downstream.end(body);
  return { end: "complete", bytes: body.byteLength };
}

function pumpStream(
  upstream: StreamedResponse,
  downstream: ClientResponse,
  filter: Filter,
  start: Buffer | undefined,
): Promise<Pumped> {
  const { promise, resolve } = Promise.withResolvers<Pumped>();
  let bytes = 0;
  let isOver = false;
  const finish = (end: PumpEnd): void => {
    if (isOver) return;
    isOver = true;
    const last = end === "broken" ? filter.onBroken?.() : undefined;
    if (end === "complete" || end === "ended") downstream.end();
    // A stream that broke must not look like one that ended.
    else if (last !== undefined) downstream.write(last, () => downstream.destroy());
    else if (end !== "refused" || filter.onRefused?.() !== true) downstream.destroy();
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
  filter.onOpen?.(() => finish("ended"));
  if (start !== undefined) write(start);
  if (!downstream.writableNeedDrain) upstream.resume();
  return promise;
}

/** Reads the whole body when it has at most `maxBytes`; else its start, with the rest still to come. */
export function buffered(
  upstream: UpstreamResponse,
  maxBytes: number,
): BufferedStart | Promise<BufferedStart> {
  if (upstream.bufferedBody === undefined) return bufferStream(upstream, maxBytes);
  return {
    end: upstream.bufferedBody.byteLength > maxBytes ? "more" : "complete",
    chunks: [upstream.bufferedBody],
  };
}

function bufferStream(upstream: StreamedResponse, maxBytes: number): Promise<BufferedStart> {
  const { promise, resolve } = Promise.withResolvers<BufferedStart>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const settle = (end: BufferedStart["end"]): void => {
    upstream.off("data", take);
    upstream.off("end", onEnd);
    upstream.off("error", onBroken);
    upstream.off("close", onBroken);
    resolve({ end, chunks });
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
  upstream.resume();
  return promise;
}

export interface BufferedStart {
  readonly end: "complete" | "more" | "broken";
  readonly chunks: readonly Buffer[];
}
