/** The demo on a busy machine: which errors it waits out. */

import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ErrorCode, McpError } from "@modelcontextprotocol/sdk/types.js";
import { describe, expect, it } from "vitest";
import { whenServed } from "../../../src/commands/demo/busy.ts";

const ABORTED = AbortSignal.abort();

function cutConnection(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error("cut"), { code }) });
}

/** Work that fails with each of these errors, then succeeds. */
function failing(...errors: readonly Error[]): () => Promise<string> {
  const left = [...errors];
  return () => {
    const error = left.shift();
    return error === undefined ? Promise.resolve("done") : Promise.reject(error);
  };
}

describe("whenServed", () => {
  it("repeats work until it is done, and says when it waits", async () => {
    const waits: boolean[] = [];
    const patience = {
      signal: new AbortController().signal,
      onWait: (isWaiting: boolean) => waits.push(isWaiting),
    };
    const busy = new StreamableHTTPError(503, "Tollgate is busy");
    expect(await whenServed(failing(busy), patience)).toBe("done");
    expect(waits).toEqual([true, false]);
  });

  it.each([
    ["a 502", new StreamableHTTPError(502, "")],
    ["a 504", new StreamableHTTPError(504, "")],
    ["a request that took too long", new McpError(ErrorCode.RequestTimeout, "")],
    ["a connection that was cut", cutConnection("ECONNRESET")],
  ])("gives up quietly after %s when the demo ends", async (_case, error) => {
    expect(await whenServed(failing(error), { signal: ABORTED, onWait: () => undefined })).toBeUndefined();
  });

  it.each([
    ["a 401", new StreamableHTTPError(401, "")],
    ["a refused connection", cutConnection("ECONNREFUSED")],
    ["a JSON-RPC error", new McpError(ErrorCode.InvalidParams, "")],
    ["a fault of its own", new RangeError("x")],
  ])("passes on %s", async (_case, error) => {
    const patience = { signal: ABORTED, onWait: () => undefined };
    await expect(whenServed(failing(error), patience)).rejects.toBe(error);
  });
});
